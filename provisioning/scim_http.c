#include "provisioning/scim_http.h"

#include "common/base/buf.h"
#include "common/base/url.h"
#include "provisioning/http_fault.h"

#define URL_MAX_BYTES 2048
#define JSON_DEPTH_MAX 16
#define CHANGE_MAX_BYTES 8192

void scim_exchange_done(struct scim_exchange *x)
{
	json_decref(x->json);
}

static enum verdict send_once(struct call *c, struct scim_exchange *x)
{
	struct scim *s = c->instance;
	struct arena *a = c->op->arena;
	struct http_header headers[4] = {
		{ STR("X-Request-Id"), str_c(c->op->id) },
		{ STR("Authorization"), str_c(s->authorization) },
		{ STR("Accept"), STR("application/scim+json, application/json;q=0.9") },
		{ STR("Content-Type"),
		  atomic_load(&s->plain_json) ? STR("application/json") : STR("application/scim+json") },
	};
	struct http_call call = {
		.method = x->method,
		.url = arena_printf(a, "%.*s%.*s", STR_ARG(s->base), STR_ARG(x->path)),
		.headers = headers,
		.n_headers = x->body ? 4 : 3,
		.body = json_write(a, x->body, false),
	};

	int64_t began_us = trace_begin(c);

	op_forgive(c->op);
	if (http_client_call(c->op, s->http, &call, &x->answer) < 0) {
		trace_http(c, began_us, x->method, x->path, x->body, 0, NULL);
		return http_fault(c, x->kind == SCIM_READ ? HTTP_READS : x->kind == SCIM_CREATE ? HTTP_CREATES : HTTP_CHANGES);
	}
	x->status = x->answer.status;
	http_note(c, &x->answer);
	json_decref(x->json);
	x->json = str_is_empty(x->answer.body) ? NULL : json_read(x->answer.body, JSON_DEPTH_MAX, NULL);
	trace_http(c, began_us, x->method, x->path, x->body, x->status, x->json);
	return VERDICT_DONE;
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

enum verdict scim_exchange(struct call *c, struct scim_exchange *x)
{
	struct scim *s = c->instance;
	const char *class = NULL;
	enum verdict verdict;

	if (!call_has_time(c, s->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	verdict = send_once(c, x);
	if (verdict != VERDICT_DONE)
		return verdict;
	/* Certainly not done, so another media type may be tried (RFC 7644 §8.1 wants both known). */
	if (x->status == 415 && x->body && !atomic_exchange(&s->plain_json, true)) {
		verdict = send_once(c, x);
		if (verdict != VERDICT_DONE)
			return verdict;
	}
	verdict = scim_verdict(x->kind, x->status, x->json, &class);
	if (x->status >= 400 && call_says_too_fast(c, x->answer.body)) {
		verdict = VERDICT_LIMITED;
		class = "limited";
	}
	return verdict == VERDICT_DONE ? verdict : refused(c, x, verdict, class ? class : "absent");
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
	*ret = (struct observed){
		.ext_id = scim_user_id(c->op->arena, user),
		.etag = etag,
		.is_known = json_is_object(json_object_get(user, "meta")) || json_object_get(user, "userName"),
		.active = scim_user_is_active(user),
		.matches = scim_user_matches(user, c->want),
	};
}
