/* How an account is found at a platform whose answers are not to be trusted (http.h). */
#include "provisioning/scim/groups.h"

#include "common/base/buf.h"
#include "common/base/url.h"

#include <inttypes.h>

#define URL_MAX_BYTES 2048
#define CURSOR_MAX_BYTES 4096
#define PAGES_MAX 1000
#define RESTARTS_MAX 2
#define PAGE_BYTES ((size_t)4 * 1024 * 1024)

/* What look-ups found so far. */
struct hits {
	const json_t *ours; /* as a search showed it; NULL: a list did */
	struct str our_id;
	json_t *ids;        /* object: every id seen; owned */
	json_t *kept;       /* array that keeps users alive; owned */
	size_t n_ours;
	bool has_foreign;
	bool is_proof;      /* what was not found is not there */
};

static void hits_done(struct hits *h)
{
	json_decref(h->ids);
	json_decref(h->kept);
}

/* Every user of an answer is looked at, whatever was asked for.  *ret_filter_held: none but those. */
static void hits_take(struct arena *a, struct hits *h, const json_t *list, const struct desired *want, bool *ret_filter_held)
{
	size_t i;
	json_t *user;

	*ret_filter_held = true;
	json_array_foreach(json_object_get(list, "Resources"), i, user) {
		enum scim_hit hit = scim_user_hit(user, want);
		struct str id = scim_user_id(a, user);

		*ret_filter_held = *ret_filter_held && hit != SCIM_HIT_NONE;
		if (str_is_null(id) || json_object_get(h->ids, id.p))
			continue;
		json_set_bool(h->ids, id.p, true);
		h->has_foreign = h->has_foreign || hit == SCIM_HIT_FOREIGN;
		if (hit != SCIM_HIT_OURS)
			continue;
		json_array_append(h->kept, user);
		h->ours = user;
		h->our_id = id;
		h->n_ours++;
	}
}

static void judge_list(struct call *c, struct hits *h, const json_t *list)
{
	bool filter_held;
	size_t n = json_array_size(json_object_get(list, "Resources"));

	hits_take(c->op->arena, h, list, c->want, &filter_held);
	/* A server that ignores the filter shows the beginning of everything: proof only if that is all. */
	if (filter_held || scim_is_whole(c->instance, list, n))
		h->is_proof = true;
}

/* By filter in the URL: for what is no personal datum. */
static enum verdict find_by_id(struct call *c, struct hits *h)
{
	struct buf path = buf_new(c->op->arena, URL_MAX_BYTES);
	_exchange_ struct scim_exchange x = { .kind = SCIM_READ, .method = "GET" };
	enum verdict verdict;

	buf_add_c(&path, "/Users?filter=");
	url_escape(&path, scim_filter_eq(c->op->arena, "externalId", c->want->account_id));
	buf_printf(&path, "&startIndex=1&count=%" PRId64, scim_page_size(c->instance));
	x.path = buf_str(&path);
	verdict = scim_exchange(c, &x);
	if (verdict == VERDICT_DONE && scim_is_list(x.json))
		judge_list(c, h, x.json);
	return verdict;
}

/* User names are personal: in the body of a search (RFC 7644 §3.4.3). */
static enum verdict find_by_name(struct call *c, struct hits *h)
{
	_exchange_ struct scim_exchange x = { .kind = SCIM_READ };
	enum verdict verdict = scim_search(c, scim_filter_eq(c->op->arena, "userName", c->want->login), 1, &x);

	if (verdict == VERDICT_DONE && scim_is_list(x.json))
		judge_list(c, h, x.json);
	return verdict;
}

/* How many of a page were new. */
static size_t take_page(struct arena *a, struct hits *h, const struct list_page *page, const struct desired *want)
{
	size_t n_new = 0;

	for (size_t i = 0; i < page->n; i++) {
		const struct listed *l = &page->accounts[i];

		if (json_object_get(h->ids, l->ext_id.p))
			continue;
		json_set_bool(h->ids, l->ext_id.p, true);
		n_new++;
		if (str_equal(l->account_id, want->account_id)) {
			h->our_id = arena_dup(a, l->ext_id);
			h->n_ours++;
		} else if (str_equal_nocase(l->login, want->login)) {
			h->has_foreign = true;
		}
	}
	return n_new;
}

/* An empty list that says "0" is whole; "0" on a list of some is a lie. */
static bool is_whole(const struct hits *h, const struct list_page *page)
{
	int64_t n = (int64_t)json_object_size(h->ids);

	if (page->proof == LIST_BY_END && page->total < 0)
		return true;
	return page->total == 0 ? n == 0 : page->total > 0 && n >= page->total;
}

static void begin_again(struct hits *h)
{
	json_object_clear(h->ids);
	h->n_ours = 0;
	h->has_foreign = false;
}

/* *cursor: of this page, then of the next, empty behind the last. */
static enum verdict read_page(struct call *c, struct hits *h, struct arena *page_arena, char *cursor)
{
	struct list_page page = { .cursor = *cursor ? str_c(cursor) : STR_NULL };
	struct call page_call = *c;
	struct op page_op;
	enum verdict verdict;
	size_t n_new, len;

	arena_reset(page_arena);
	op_init(&page_op, page_arena, NULL, NULL);
	page_call.op = &page_op;
	page_call.trace = NULL;
	verdict = scim_list(&page_call, &page);
	c->status = page_call.status;
	c->fault = page_call.fault;
	c->fault.detail = arena_dup(c->op->arena, page_call.fault.detail);
	if (verdict != VERDICT_DONE)
		return verdict;
	n_new = take_page(c->op->arena, h, &page, c->want);
	/* An empty or repeated page: the rest cannot be had. */
	len = (n_new > 0 || page.proof == LIST_BY_END) && page.next.len < CURSOR_MAX_BYTES ? page.next.len : 0;
	h->is_proof = str_is_empty(page.next) && is_whole(h, &page);
	if (len > 0)
		memcpy(cursor, page.next.p, len);
	cursor[len] = '\0';
	return VERDICT_DONE;
}

/* Filters are worth nothing there: the whole list. */
static enum verdict find_in_all(struct call *c, struct hits *h)
{
	_cleanup_(arena_freep) struct arena *page_arena = arena_new(PAGE_BYTES);
	char cursor[CURSOR_MAX_BYTES + 1] = "";
	enum verdict verdict = VERDICT_DONE;
	int restarts = 0;

	begin_again(h);
	for (int page = 0; page < PAGES_MAX; page++) {
		verdict = read_page(c, h, page_arena, cursor);
		if (verdict == VERDICT_ABSENT && restarts++ < RESTARTS_MAX) {
			begin_again(h);
			cursor[0] = '\0';
		} else if (verdict != VERDICT_DONE || !cursor[0]) {
			break;
		}
	}
	return verdict;
}

/* An answer that says "not this way" is no end of the search; anything else is. */
static bool goes_on(enum verdict verdict)
{
	return verdict == VERDICT_DONE || verdict == VERDICT_REFUSED || verdict == VERDICT_ABSENT;
}

/* Which one is ours: as it is seen here, unless that needs more than a list shows. */
static enum verdict found(struct call *c, const struct hits *h, struct observed *ret)
{
	if (h->n_ours > 1)
		return call_fault(c, VERDICT_REFUSED, "disputed", "%zu accounts carry our id", h->n_ours);
	*ret = (struct observed){ .ext_id = h->our_id };
	if (h->ours && !scim_has_groups(c->instance))
		scim_observe(c, h->ours, STR_NULL, ret);
	return VERDICT_DONE;
}

enum verdict scim_look_up(struct call *c, struct observed *ret)
{
	_cleanup_(hits_done) struct hits h = { .ids = json_new_object(), .kept = json_new_array() };
	enum verdict verdict = find_by_id(c, &h);

	if (goes_on(verdict) && h.n_ours == 0)
		verdict = find_by_name(c, &h);
	if (goes_on(verdict) && h.n_ours == 0 && !h.has_foreign && !h.is_proof)
		verdict = find_in_all(c, &h);
	if (!goes_on(verdict))
		return verdict;
	if (h.n_ours > 0)
		return found(c, &h, ret);
	if (h.has_foreign)
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the user name belongs to an account that is not ours");
	if (!h.is_proof)
		return call_fault(c, VERDICT_REFUSED, "unprovable", "the platform can neither search nor list its users");
	return VERDICT_ABSENT;
}
