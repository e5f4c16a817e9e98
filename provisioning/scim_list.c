/*
 * All users of a platform, page by page (RFC 7644 §3.4.2.4; RFC 9865).
 *
 * By the search request where it is known, else by GET; by cursors where the platform says so or sends one unasked.
 * Servers ignore paging, overlap, repeat: what was received is counted by whoever asks, never believed here.
 *
 * Our cursor: "<p|g><i|c><count>:<startIndex or their cursor>".
 */
#include "provisioning/scim_http.h"

#include "common/base/buf.h"
#include "common/base/url.h"

#include <inttypes.h>

#define COUNT_DEFAULT 200
#define COUNT_MIN 10
#define CURSOR_MAX_BYTES 2048
#define PATH_MAX_BYTES 8192
#define JSON_USERS_MAX 5000

struct place {
	bool by_get, by_cursor;
	int64_t count;
	struct str at; /* their cursor; of an index: as start */
	int64_t start;
};

static bool place_read(struct str cursor, struct place *ret)
{
	struct str rest = cursor, head;
	uint64_t count, start = 0;

	if (cursor.len < 4 || !str_split(&rest, ':', &head) || !str_to_u64(str_skip(head, 2), 1000, &count))
		return false;
	*ret = (struct place){ .by_get = head.p[0] == 'g', .by_cursor = head.p[1] == 'c', .count = (int64_t)count };
	ret->at = str_is_null(rest) ? STR("") : rest;
	if (!ret->by_cursor && !str_to_u64(ret->at, INT32_MAX, &start))
		return false;
	ret->start = (int64_t)start;
	return true;
}

static struct str place_write(struct arena *a, const struct place *p)
{
	if (p->by_cursor)
		return arena_printf(a, "%cc%" PRId64 ":%.*s", p->by_get ? 'g' : 'p', p->count, STR_ARG(p->at));
	return arena_printf(a, "%ci%" PRId64 ":%" PRId64, p->by_get ? 'g' : 'p', p->count, p->start);
}

static struct str search_path(struct arena *a, const struct place *p)
{
	struct buf path = buf_new(a, PATH_MAX_BYTES);

	buf_printf(&path, "/Users?excludedAttributes=groups&count=%" PRId64, p->count);
	if (p->by_cursor) {
		buf_add_c(&path, "&cursor=");
		url_escape(&path, p->at);
	} else {
		buf_printf(&path, "&startIndex=%" PRId64, p->start);
	}
	return buf_str(&path);
}

static json_t *search_body(const struct place *p)
{
	json_t *search = json_new_object();

	json_set_take(search, "schemas", json_pack("[s]", "urn:ietf:params:scim:api:messages:2.0:SearchRequest"));
	json_set_take(search, "excludedAttributes", json_pack("[s]", "groups"));
	json_set_int(search, "count", p->count);
	if (p->by_cursor)
		json_set_str(search, "cursor", p->at);
	else
		json_set_int(search, "startIndex", p->start);
	return search;
}

static enum verdict ask(struct call *c, const struct place *p, struct scim_exchange *x)
{
	_json_ json_t *body = p->by_get ? NULL : search_body(p);
	enum verdict verdict;

	*x = (struct scim_exchange){ .kind = SCIM_READ, .method = p->by_get ? "GET" : "POST", .body = body };
	x->path = p->by_get ? search_path(c->op->arena, p) : STR("/Users/.search");
	verdict = scim_exchange(c, x);
	x->body = NULL;
	return verdict;
}

/* RFC 9865 §5: the configuration says how it pages; one that cannot be had says nothing. */
static enum verdict first_place(struct call *c, struct place *ret)
{
	_exchange_ struct scim_exchange x = { .kind = SCIM_READ, .method = "GET", .path = STR("/ServiceProviderConfig") };
	enum verdict verdict = scim_exchange(c, &x);
	const json_t *paging;
	int64_t max;

	*ret = (struct place){ .count = COUNT_DEFAULT, .start = 1, .at = STR("") };
	if (verdict == VERDICT_DOWN || verdict == VERDICT_AUTH || verdict == VERDICT_LIMITED)
		return verdict;
	paging = verdict == VERDICT_DONE ? json_object_get(x.json, "pagination") : NULL;
	max = json_get_int(paging, "maxPageSize", COUNT_DEFAULT);
	ret->by_cursor = ret->by_get = json_get_bool(paging, "cursor", false);
	if (max > 0 && max < ret->count)
		ret->count = max;
	op_forgive(c->op);
	return VERDICT_DONE;
}

static bool is_list(const json_t *json)
{
	return json_is_array(json_object_get(json, "Resources")) || json_get_int(json, "totalResults", -1) == 0;
}

static struct str or_null(struct arena *a, struct str s)
{
	return str_is_empty(s) ? STR_NULL : arena_dup(a, s);
}

static void take_user(struct arena *a, const json_t *user, struct list_page *page)
{
	_json_ json_t *document = NULL;
	struct listed l = { .ext_id = scim_user_id(a, user) };

	/* Received, but not to be told from another: the count will not be right. */
	if (str_is_null(l.ext_id))
		return;
	document = scim_attributes(a, user);
	l.account_id = or_null(a, json_get_str(user, "externalId"));
	l.login = or_null(a, json_get_str(user, "userName"));
	l.etag = or_null(a, json_get_str(json_object_get(user, "meta"), "version"));
	l.active = scim_user_is_active(user);
	l.document = json_write(a, document, true);
	page->accounts[page->n++] = l;
}

/* What comes behind this page, if anything. */
static void take_next(struct arena *a, const json_t *list, size_t n, struct place p, struct list_page *page)
{
	struct str next = json_get_str(list, "nextCursor");

	page->total = json_get_int(list, "totalResults", -1);
	page->proof = p.by_cursor || !str_is_empty(next) ? LIST_BY_END : LIST_BY_COUNT;
	page->next = STR_NULL;
	if (!str_is_empty(next) && next.len <= CURSOR_MAX_BYTES) {
		p.by_cursor = true;
		p.at = arena_dup(a, next);
		page->next = place_write(a, &p);
		return;
	}
	if (p.by_cursor || n == 0)
		return;
	/* By what was received: a server may give fewer than asked for. */
	p.start += (int64_t)n;
	if (page->total < 0 ? (int64_t)n >= p.count : p.start <= page->total)
		page->next = place_write(a, &p);
}

static enum verdict take_page(struct call *c, const struct scim_exchange *x, const struct place *p, struct list_page *page)
{
	const json_t *users = json_object_get(x->json, "Resources");
	size_t n = json_array_size(users);

	if (!is_list(x->json) || n > JSON_USERS_MAX)
		return call_fault(c, VERDICT_NOT_DONE, "answer", "%d without a list of users", x->status);
	page->accounts = ARENA_ARRAY(c->op->arena, struct listed, n + 1);
	page->n = 0;
	for (size_t i = 0; i < n; i++)
		take_user(c->op->arena, json_array_get(users, i), page);
	take_next(c->op->arena, x->json, n, *p, page);
	return VERDICT_DONE;
}

static bool is_lost_cursor(const struct scim_exchange *x)
{
	struct str type = json_get_str(x->json, "scimType");

	return str_equal(type, STR("invalidCursor")) || str_equal(type, STR("expiredCursor"));
}

static bool is_too_much(const struct call *c, const struct scim_exchange *x, enum verdict verdict)
{
	bool is_large = verdict == VERDICT_NOT_DONE && x->status == 0 && c->fault.class && str_equal(str_c(c->fault.class), STR("answer"));

	return is_large || x->status == 413 || str_equal(json_get_str(x->json, "scimType"), STR("invalidCount"));
}

/* With another method or a smaller page, as long as that may help. */
static bool another_way(struct call *c, const struct scim_exchange *x, enum verdict verdict, struct place *p)
{
	bool is_first = p->by_cursor ? str_is_empty(p->at) : p->start == 1;

	if (is_too_much(c, x, verdict) && p->count > COUNT_MIN) {
		p->count = p->count / 2 > COUNT_MIN ? p->count / 2 : COUNT_MIN;
		return true;
	}
	if (!is_first || (verdict != VERDICT_REFUSED && verdict != VERDICT_ABSENT))
		return false;
	if (!p->by_get) {
		p->by_get = true;
		return true;
	}
	/* It says that it has cursors, and has none. */
	if (p->by_cursor) {
		p->by_cursor = false;
		return true;
	}
	return false;
}

enum verdict scim_list(struct call *c, struct list_page *page)
{
	struct place p;
	enum verdict verdict = VERDICT_DONE;

	if (str_is_null(page->cursor))
		verdict = first_place(c, &p);
	else if (!place_read(page->cursor, &p))
		return call_fault(c, VERDICT_ABSENT, "cursor", "the cursor is not one of ours");
	if (verdict != VERDICT_DONE)
		return verdict;
	for (;;) {
		_exchange_ struct scim_exchange x = { 0 };

		verdict = ask(c, &p, &x);
		if (verdict == VERDICT_DONE)
			return take_page(c, &x, &p, page);
		if (is_lost_cursor(&x))
			return call_fault(c, VERDICT_ABSENT, "cursor", "the platform does not know its cursor any more");
		if (!another_way(c, &x, verdict, &p))
			break;
	}
	/* "Not there" of a list is no answer to go on from. */
	return verdict == VERDICT_ABSENT ? call_fault(c, VERDICT_REFUSED, "config", "there is no list of users") : verdict;
}
