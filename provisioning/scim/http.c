#include "provisioning/scim/http.h"

#include "common/base/buf.h"
#include "common/base/url.h"
#include "provisioning/http_fault.h"

#include <inttypes.h>

#define URL_MAX_BYTES 4096
#define JSON_DEPTH_MAX 16
#define CHANGE_MAX_BYTES 8192

void scim_exchange_done(struct scim_exchange *x)
{
	json_decref(x->json);
}

static struct str preference(struct call *c, const struct scim_exchange *x)
{
	struct scim *s = c->instance;

	if (x->kind == SCIM_READ || x->is_plain || !scim_can(s, SCIM_SW_ASYNC))
		return STR_NULL;
	/* Rather at once, if it can be had soon (RFC 7240 §4.3). */
	return arena_printf(c->op->arena, "respond-async, wait=%" PRId64, s->config->timeout_ms / 2000);
}

static size_t add_header(struct http_header *headers, size_t n, struct str name, struct str value)
{
	if (str_is_empty(value))
		return n;
	headers[n] = (struct http_header){ name, value };
	return n + 1;
}

/* What a body says that is an error; 0: it is none. */
static int status_in(const json_t *json)
{
	const json_t *schemas = json_object_get(json, "schemas"), *said = json_object_get(json, "status");
	uint64_t number = 0;

	if (!json_is_array(schemas) || !str_equal_nocase(str_c(json_string_value(json_array_get(schemas, 0))), STR(SCIM_ERROR)))
		return 0;
	if (json_is_integer(said) && json_integer_value(said) > 0 && json_integer_value(said) < 600)
		number = (uint64_t)json_integer_value(said);
	else if (!str_to_u64(json_get_str(json, "status"), 599, &number))
		return 0;
	return number >= 400 ? (int)number : 0;
}

/* Who we are, too fast, a fault there: so it is, whatever the status line says. */
static bool is_of_the_server(int status)
{
	return status == 401 || status == 429 || status >= 500;
}

static void take_answer(struct call *c, struct scim_exchange *x)
{
	json_decref(x->json);
	x->json = str_is_empty(x->answer.body) ? NULL : json_read(x->answer.body, JSON_DEPTH_MAX, NULL);
	x->status = x->answer.status;
	x->contradiction = x->status >= 200 && x->status < 300 ? status_in(x->json) : 0;
	if (is_of_the_server(x->contradiction)) {
		x->status = x->contradiction;
		x->contradiction = 0;
	}
	c->status = x->status;
}

static enum verdict send_once(struct call *c, struct scim_exchange *x, uint64_t *ret_serial)
{
	struct scim *s = c->instance;
	struct arena *a = c->op->arena;
	struct str authorization;
	struct http_header headers[6];
	struct http_call call = {
		.method = x->method,
		.url = str_is_null(x->url) ? arena_printf(a, "%.*s%.*s", STR_ARG(s->base), STR_ARG(x->path)) : x->url,
		.headers = headers,
		.body = json_write(a, x->body, false),
	};
	enum verdict verdict = scim_auth_header(c, &s->auth, &authorization, ret_serial);
	int64_t began_us = trace_begin(c);

	if (verdict != VERDICT_DONE)
		return verdict;
	call.n_headers = add_header(headers, call.n_headers, STR("X-Request-Id"), str_c(c->op->id));
	call.n_headers = add_header(headers, call.n_headers, STR("Authorization"), authorization);
	call.n_headers = add_header(headers, call.n_headers, STR("Accept"), STR("application/scim+json, application/json;q=0.9"));
	call.n_headers = add_header(headers, call.n_headers, STR("If-Match"), x->if_match);
	call.n_headers = add_header(headers, call.n_headers, STR("Prefer"), preference(c, x));
	if (x->body)
		call.n_headers = add_header(headers, call.n_headers, STR("Content-Type"),
		                            x->is_json || atomic_load(&s->plain_json) ? STR("application/json") : STR("application/scim+json"));
	op_forgive(c->op);
	if (http_client_call(c->op, s->http, &call, &x->answer) < 0) {
		trace_http(c, began_us, x->method, x->path, x->body, 0, NULL);
		return http_fault(c, x->kind == SCIM_READ ? HTTP_READS : x->kind == SCIM_CREATE ? HTTP_CREATES : HTTP_CHANGES);
	}
	http_note(c, &x->answer);
	take_answer(c, x);
	trace_http(c, began_us, x->method, x->path, x->body, x->status, x->json);
	return VERDICT_DONE;
}

/*
 * 415 is certainly not done; 500 at the sight of an unknown media type is a bug of some: not after a creation, of which
 * nobody knows, and not once it has taken one.
 */
static bool other_media_type(struct scim *s, const struct scim_exchange *x)
{
	if (!x->body || x->is_json || atomic_load(&s->plain_json))
		return false;
	if (x->status >= 200 && x->status < 300)
		atomic_store(&s->is_scim_json, true);
	return x->status == 415 || (x->status == 500 && x->kind != SCIM_CREATE && !atomic_load(&s->is_scim_json));
}

enum verdict scim_send(struct call *c, struct scim_exchange *x)
{
	struct scim *s = c->instance;
	int64_t timeout_ms = s->config->timeout_ms;
	uint64_t serial = 0;
	enum verdict verdict;

	if (!call_has_time(c, timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	verdict = send_once(c, x, &serial);
	/* Not done, for want of a good token: there may be a new one. */
	if (verdict == VERDICT_DONE && x->status == 401 && scim_auth_refused(&s->auth, serial) && call_has_time(c, 2 * timeout_ms))
		verdict = send_once(c, x, &serial);
	if (verdict != VERDICT_DONE || !other_media_type(s, x) || !call_has_time(c, timeout_ms))
		return verdict;
	int status = x->status;

	atomic_store(&s->plain_json, true);
	verdict = send_once(c, x, &serial);
	/* It was not the media type. */
	if (verdict == VERDICT_DONE && status == 500 && x->status == 500)
		atomic_store(&s->plain_json, false);
	return verdict;
}

static enum verdict refused(struct call *c, const struct scim_exchange *x, enum verdict verdict, const char *class)
{
	struct str said = json_get_str(x->json, "detail");
	int64_t retry_after_s = x->answer.retry_after_s;

	call_fault(c, verdict, class, "%s answered %d %.*s %.*s", x->method, x->status,
	           STR_ARG(json_get_str(x->json, "scimType")), (int)(said.len < 200 ? said.len : 200),
	           said.p ? said.p : "");
	c->fault.retry_after_s = retry_after_s;
	return verdict;
}

static enum verdict send_some_way(struct call *c, struct scim_exchange *x)
{
	bool is_alone = true;
	enum verdict verdict = VERDICT_DONE;

	/* Who loses access waits for nobody. */
	if (!x->is_plain && c->want && c->want->active && scim_bulk_takes(c->instance, x))
		verdict = scim_bulk(c, x, &is_alone);
	if (verdict == VERDICT_DONE && is_alone)
		verdict = scim_send(c, x);
	if (verdict == VERDICT_DONE && x->status == 202 && !x->is_plain && x->kind != SCIM_READ)
		verdict = scim_async_wait(c, x);
	return verdict;
}

enum verdict scim_exchange(struct call *c, struct scim_exchange *x)
{
	const char *class = NULL;
	enum verdict verdict = x->is_plain ? VERDICT_DONE : scim_discover(c);

	if (verdict == VERDICT_DONE)
		verdict = send_some_way(c, x);
	if (verdict != VERDICT_DONE)
		return verdict;
	c->status = x->status;
	/* "200 OK" about a body that says 400: one of them is wrong, and nobody knows which. */
	if (x->contradiction)
		return call_fault(c, x->kind == SCIM_CREATE ? VERDICT_IN_DOUBT : VERDICT_NOT_DONE, "answer", "%s answered %d with an error of %d", x->method,
		                  x->status, x->contradiction);
	verdict = scim_verdict(x->kind, x->status, x->json, &class);
	if (x->status >= 400 && call_says_too_fast(c, x->answer.body)) {
		verdict = VERDICT_LIMITED;
		class = "limited";
	}
	return verdict == VERDICT_DONE ? verdict : refused(c, x, verdict, class ? class : "absent");
}

bool scim_is_list(const json_t *json)
{
	return json_is_array(json_object_get(json, "Resources")) || json_get_int(json, "totalResults", -1) == 0;
}

bool scim_has_cursors(struct scim *s)
{
	int64_t paging = s->switches.of[SCIM_SW_PAGING];

	return paging == SCIM_PAGING_CURSOR || (paging == SCIM_PAGING_AUTO && scim_known(s).cursor);
}

bool scim_is_whole(struct scim *s, const json_t *list, size_t n)
{
	if (json_get_int(list, "totalResults", -1) < 0)
		return scim_has_cursors(s) && str_is_empty(json_get_str(list, "nextCursor"));
	return scim_list_is_whole(list, n);
}

static json_t *search_request(struct str filter, int64_t start, int64_t count)
{
	json_t *search = json_new_object();

	json_set_take(search, "schemas", json_pack("[s]", "urn:ietf:params:scim:api:messages:2.0:SearchRequest"));
	json_set_str(search, "filter", filter);
	json_set_int(search, "startIndex", start);
	json_set_int(search, "count", count);
	return search;
}

static enum verdict search_by_get(struct call *c, struct str filter, int64_t start, int64_t count, struct scim_exchange *x)
{
	struct buf path = buf_new(c->op->arena, URL_MAX_BYTES);

	buf_printf(&path, "/Users?startIndex=%" PRId64 "&count=%" PRId64, start, count);
	if (!str_is_null(filter)) {
		buf_add_c(&path, "&filter=");
		url_escape(&path, filter);
	}
	json_decref(x->json);
	*x = (struct scim_exchange){ .kind = SCIM_READ, .method = "GET", .path = buf_str(&path) };
	return scim_exchange(c, x);
}

enum verdict scim_search(struct call *c, struct str filter, int64_t start, struct scim_exchange *x)
{
	struct scim *s = c->instance;
	int64_t count = scim_page_size(s);
	_json_ json_t *body = search_request(filter, start, count);
	enum verdict verdict;

	if (!scim_can(s, SCIM_SW_SEARCH))
		return search_by_get(c, filter, start, count, x);
	*x = (struct scim_exchange){ .kind = SCIM_READ, .method = "POST", .path = STR("/Users/.search"), .body = body };
	verdict = scim_exchange(c, x);
	x->body = NULL;
	if (verdict != VERDICT_REFUSED && verdict != VERDICT_ABSENT)
		return verdict;
	if (x->status == 404 || x->status == 405 || x->status == 501)
		atomic_store(&s->no_search, true);
	return search_by_get(c, filter, start, count, x);
}

/* Text of a value: roles and addresses by what they are, not how they are written. */
static struct str words_of(struct arena *a, const json_t *value)
{
	struct buf b = buf_new(a, CHANGE_MAX_BYTES);
	const json_t *item;
	size_t i;

	if (json_is_boolean(value))
		return json_is_true(value) ? STR("true") : STR("false");
	if (json_is_string(value))
		return str_n(json_string_value(value), json_string_length(value));
	json_array_foreach(value, i, item) {
		if (i > 0)
			buf_add_c(&b, ",");
		buf_add(&b, json_get_str(item, "value"));
	}
	return buf_str(&b);
}

/* What stands at a path of a PATCH: "name.formatted", "urn:…:User:department". */
static const json_t *at_path(struct arena *a, const json_t *user, struct str path)
{
	struct str urn = STR(SCIM_ENTERPRISE ":"), parent;

	if (str_starts(path, urn))
		return json_object_get(json_object_get(user, SCIM_ENTERPRISE), arena_cstr(a, str_skip(path, urn.len)));
	if (!str_contains(path, STR(".")) || !str_split(&path, '.', &parent))
		return json_object_get(user, arena_cstr(a, path));
	return json_object_get(json_object_get(user, arena_cstr(a, parent)), arena_cstr(a, path));
}

void scim_note_changes(struct call *c, const json_t *current, const json_t *patch)
{
	const json_t *operation;
	size_t i;

	json_array_foreach(json_object_get(patch, "Operations"), i, operation) {
		struct str path = json_get_str(operation, "path");

		call_change(c, arena_cstr(c->op->arena, path), words_of(c->op->arena, at_path(c->op->arena, current, path)),
		            words_of(c->op->arena, json_object_get(operation, "value")));
	}
}

struct str scim_user_path(struct arena *a, struct str ext_id)
{
	struct buf b = buf_new(a, URL_MAX_BYTES);

	buf_add_c(&b, "/Users/");
	url_escape(&b, ext_id);
	return buf_str(&b);
}

void scim_observe(struct call *c, const json_t *user, struct str etag, struct observed *ret)
{
	struct scim *s = c->instance;
	struct scim_shape shape = scim_shape(s);
	struct desired want = scim_shape_want(&shape, c->want);
	_json_ json_t *seen = scim_shape_current(&shape, user, c->want);
	struct str version = json_get_str(json_object_get(user, "meta"), "version");

	*ret = (struct observed){
		.ext_id = scim_user_id(c->op->arena, user),
		.etag = str_is_empty(etag) && !str_is_empty(version) ? arena_dup(c->op->arena, version) : etag,
		.is_known = json_is_object(json_object_get(user, "meta")) || json_object_get(user, "userName"),
		.active = scim_user_is_active(user),
		.matches = scim_user_matches(seen, &want),
	};
}
