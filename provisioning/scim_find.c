/* How an account is found at a platform whose answers are not to be trusted (scim_http.h). */
#include "provisioning/scim_http.h"

#include "common/base/buf.h"
#include "common/base/url.h"

#define URL_MAX_BYTES 2048
#define PAGE_SIZE 100
#define PAGES_MAX 1000
#define PAGE_BYTES ((size_t)4 * 1024 * 1024)

/* What look-ups found so far. */
struct hits {
	const json_t *ours;
	json_t *ids;       /* object: every id seen; owned */
	json_t *kept;      /* array that keeps users alive; owned */
	size_t n_ours;
	bool has_foreign;
	bool is_proof;     /* what was not found is not there */
};

static void hits_done(struct hits *h)
{
	json_decref(h->ids);
	json_decref(h->kept);
}

static bool is_list(const json_t *json)
{
	return json_is_array(json_object_get(json, "Resources")) || json_get_int(json, "totalResults", -1) == 0;
}

/* Every user of an answer is looked at, whatever was asked for.  Returns how many were new. */
static size_t hits_take(struct arena *a, struct hits *h, const json_t *list, const struct desired *want,
                        bool *ret_filter_held)
{
	size_t i, n_new = 0;
	json_t *user;

	*ret_filter_held = true;
	json_array_foreach(json_object_get(list, "Resources"), i, user) {
		enum scim_hit hit = scim_user_hit(user, want);
		struct str id = scim_user_id(a, user);

		*ret_filter_held = *ret_filter_held && hit != SCIM_HIT_NONE;
		if (str_is_null(id) || json_object_get(h->ids, id.p))
			continue;
		json_set_bool(h->ids, id.p, true);
		n_new++;
		if (hit == SCIM_HIT_FOREIGN)
			h->has_foreign = true;
		if (hit != SCIM_HIT_OURS)
			continue;
		json_array_append(h->kept, user);
		h->ours = user;
		h->n_ours++;
	}
	return n_new;
}

static void judge_list(struct call *c, struct hits *h, const json_t *list)
{
	bool filter_held;
	size_t n = json_array_size(json_object_get(list, "Resources"));

	hits_take(c->op->arena, h, list, c->want, &filter_held);
	/* A server that ignores the filter shows the beginning of everything: proof only if that is all. */
	if (filter_held || scim_list_is_whole(list, n))
		h->is_proof = true;
}

static json_t *search_request(struct str filter, int64_t start)
{
	json_t *search = json_new_object();

	json_set_take(search, "schemas", json_pack("[s]", "urn:ietf:params:scim:api:messages:2.0:SearchRequest"));
	if (!str_is_null(filter))
		json_set_str(search, "filter", filter);
	json_set_int(search, "startIndex", start);
	json_set_int(search, "count", PAGE_SIZE);
	return search;
}

/* By filter in the URL: for what is no personal datum. */
static enum verdict find_by_id(struct call *c, struct hits *h)
{
	struct buf path = buf_new(c->op->arena, URL_MAX_BYTES);
	_exchange_ struct scim_exchange x = { .kind = SCIM_READ, .method = "GET" };
	enum verdict verdict;

	buf_add_c(&path, "/Users?filter=");
	url_escape(&path, scim_filter_eq(c->op->arena, "externalId", c->want->account_id));
	buf_printf(&path, "&startIndex=1&count=%d", PAGE_SIZE);
	x.path = buf_str(&path);
	verdict = scim_exchange(c, &x);
	if (verdict == VERDICT_DONE && is_list(x.json))
		judge_list(c, h, x.json);
	return verdict;
}

/* User names are personal: in the body of a search (RFC 7644 §3.4.3). */
static enum verdict find_by_name(struct call *c, struct hits *h)
{
	struct str filter = scim_filter_eq(c->op->arena, "userName", c->want->login);
	_json_ json_t *body = search_request(filter, 1);
	_exchange_ struct scim_exchange x = {
		.kind = SCIM_READ, .method = "POST", .path = STR("/Users/.search"), .body = body
	};
	struct buf path;
	enum verdict verdict = scim_exchange(c, &x);

	if (verdict == VERDICT_REFUSED || verdict == VERDICT_ABSENT) {
		path = buf_new(c->op->arena, URL_MAX_BYTES);
		buf_add_c(&path, "/Users?filter=");
		url_escape(&path, filter);
		x.method = "GET";
		x.path = buf_str(&path);
		x.body = NULL;
		verdict = scim_exchange(c, &x);
	}
	if (verdict == VERDICT_DONE && is_list(x.json))
		judge_list(c, h, x.json);
	return verdict;
}

/* One page in memory of its own.  *ret_is_last: there is nothing behind it, or nothing to be had. */
static enum verdict read_page(struct call *c, struct hits *h, bool *ret_is_last)
{
	_json_ json_t *body = search_request(STR_NULL, (int64_t)json_object_size(h->ids) + 1);
	_exchange_ struct scim_exchange x = {
		.kind = SCIM_READ, .method = "POST", .path = STR("/Users/.search"), .body = body
	};
	enum verdict verdict = scim_exchange(c, &x);
	bool filter_held;
	size_t n_new;

	*ret_is_last = true;
	if (verdict != VERDICT_DONE || !is_list(x.json))
		return verdict;
	n_new = hits_take(c->op->arena, h, x.json, c->want, &filter_held);
	h->is_proof = scim_list_is_whole(x.json, json_object_size(h->ids));
	/* An empty or repeated page: the rest cannot be had. */
	*ret_is_last = h->is_proof || n_new == 0;
	return verdict;
}

/* Filters are worth nothing there: the whole list, by the number of users received. */
static enum verdict find_in_all(struct call *c, struct hits *h)
{
	_cleanup_(arena_freep) struct arena *page_arena = arena_new(PAGE_BYTES);
	struct call page_call = *c;
	struct op page_op;
	enum verdict verdict = VERDICT_DONE;
	bool is_last = false;

	json_object_clear(h->ids);
	h->n_ours = 0;
	page_call.op = &page_op;
	for (int page = 0; page < PAGES_MAX && !is_last; page++) {
		arena_reset(page_arena);
		op_init(&page_op, page_arena, NULL, NULL);
		verdict = read_page(&page_call, h, &is_last);
	}
	c->fault = page_call.fault;
	c->fault.detail = arena_dup(c->op->arena, page_call.fault.detail);
	return verdict;
}

/* An answer that says "not this way" is no end of the search; anything else is. */
static bool goes_on(enum verdict verdict)
{
	return verdict == VERDICT_DONE || verdict == VERDICT_REFUSED || verdict == VERDICT_ABSENT;
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
	if (h.n_ours > 1)
		return call_fault(c, VERDICT_REFUSED, "disputed", "%zu accounts carry our id", h.n_ours);
	if (h.n_ours == 1) {
		scim_observe(c, h.ours, STR_NULL, ret);
		return VERDICT_DONE;
	}
	if (h.has_foreign)
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the user name belongs to an account that is not ours");
	if (!h.is_proof)
		return call_fault(c, VERDICT_REFUSED, "unprovable", "the platform can neither search nor list its users");
	return VERDICT_ABSENT;
}
