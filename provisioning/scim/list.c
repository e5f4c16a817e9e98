/*
 * All users of a platform, page by page (RFC 7644 §3.4.2.4; RFC 9865).
 *
 * By the search request where it is known, else by GET; by cursors where the platform says so or sends one unasked.
 * Servers ignore paging, overlap, repeat: what was received is counted by whoever asks, never believed here.
 *
 * Our cursor: "<p|g><i|c><count>:<startIndex or their cursor>".
 */
#include "provisioning/scim/groups.h"

#include "common/base/buf.h"
#include "common/base/url.h"
#include "provisioning/attributes.h"

#include <inttypes.h>

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

/* Groups are worth reading only where they are our roles, and shown there. */
static bool shows_groups(struct scim *s)
{
	return scim_has_groups(s) && s->switches.of[SCIM_SW_MEMBERSHIP] == SCIM_MEMBERSHIP_USER;
}

static struct str search_path(struct arena *a, const struct place *p, bool with_groups)
{
	struct buf path = buf_new(a, PATH_MAX_BYTES);

	buf_printf(&path, "/Users?%scount=%" PRId64, with_groups ? "" : "excludedAttributes=groups&", p->count);
	if (p->by_cursor) {
		buf_add_c(&path, "&cursor=");
		url_escape(&path, p->at);
	} else {
		buf_printf(&path, "&startIndex=%" PRId64, p->start);
	}
	return buf_str(&path);
}

static json_t *search_body(const struct place *p, bool with_groups)
{
	json_t *search = json_new_object();

	json_set_take(search, "schemas", json_pack("[s]", "urn:ietf:params:scim:api:messages:2.0:SearchRequest"));
	if (!with_groups)
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
	bool with_groups = shows_groups(c->instance);
	_json_ json_t *body = p->by_get ? NULL : search_body(p, with_groups);
	enum verdict verdict;

	*x = (struct scim_exchange){ .kind = SCIM_READ, .method = p->by_get ? "GET" : "POST", .body = body };
	x->path = p->by_get ? search_path(c->op->arena, p, with_groups) : STR("/Users/.search");
	verdict = scim_exchange(c, x);
	x->body = NULL;
	return verdict;
}

/* RFC 9865 §5: the server says how it pages, or the configuration does. */
static enum verdict first_place(struct call *c, struct place *ret)
{
	struct scim *s = c->instance;
	enum verdict verdict = scim_discover(c);

	*ret = (struct place){ .count = scim_page_size(s), .start = 1, .at = STR("") };
	if (verdict != VERDICT_DONE)
		return verdict;
	ret->count = scim_page_size(s);
	ret->by_cursor = scim_has_cursors(s);
	ret->by_get = ret->by_cursor || !scim_can(s, SCIM_SW_SEARCH);
	return VERDICT_DONE;
}

static struct str or_null(struct arena *a, struct str s)
{
	return str_is_empty(s) ? STR_NULL : arena_dup(a, s);
}

/* The user's roles where these are not an attribute: by its groups, if all of them have names; else nothing is known. */
static void take_roles(struct arena *a, struct scim *s, const json_t *user, json_t *document)
{
	const json_t *groups = json_object_get(user, "groups");
	struct str *roles = ARENA_ARRAY(a, struct str, json_array_size(groups) + 1);
	size_t i, n = 0;
	json_t *group;

	if (scim_roles_in(s) == SCIM_ROLES_ATTRIBUTE)
		return;
	json_object_del(document, "roles");
	if (!shows_groups(s))
		return;
	json_array_foreach((json_t *)(uintptr_t)groups, i, group) {
		struct str name = json_get_str(group, "display"), role = scim_group_role(s, name);

		if (str_is_empty(name))
			return;
		if (!str_is_null(role))
			roles[n++] = role;
	}
	attributes_list(a, document, "roles", roles, n);
}

static void take_user(struct arena *a, struct scim *s, const json_t *user, struct list_page *page)
{
	_json_ json_t *document = NULL;
	struct listed l = { .ext_id = scim_user_id(a, user) };

	/* Received, but not to be told from another: the count will not be right. */
	if (str_is_null(l.ext_id))
		return;
	document = scim_attributes(a, user);
	take_roles(a, s, user, document);
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

	if (!scim_is_list(x->json) || n > JSON_USERS_MAX)
		return call_fault(c, VERDICT_NOT_DONE, "answer", "%d without a list of users", x->status);
	page->accounts = ARENA_ARRAY(c->op->arena, struct listed, n + 1);
	page->n = 0;
	for (size_t i = 0; i < n; i++)
		take_user(c->op->arena, c->instance, json_array_get(users, i), page);
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
		(void)scim_learn_half(&((struct scim *)c->instance)->page, p->count, COUNT_MIN);
		p->count = scim_page_size(c->instance);
		return true;
	}
	if (!is_first || (verdict != VERDICT_REFUSED && verdict != VERDICT_ABSENT))
		return false;
	if (!p->by_get) {
		if (x->status == 404 || x->status == 405 || x->status == 501)
			atomic_store(&((struct scim *)c->instance)->no_search, true);
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
