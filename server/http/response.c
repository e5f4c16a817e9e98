/* response.c: what handlers read of a request's header and write to its response. */
#include "server/http/auth_header.h"
#include "server/http/cookie.h"
#include "server/http/exchange.h"

static const struct fields *fields_of(struct request *rq)
{
	const struct exchange *ex = rq->transport;

	return &ex->fields;
}

struct str rq_header(struct request *rq, const char *name)
{
	return field_get(fields_of(rq), str_c(name));
}

size_t rq_header_count(struct request *rq, const char *name)
{
	return field_count(fields_of(rq), str_c(name));
}

struct str rq_cookie(struct request *rq, const char *name)
{
	return cookie_find(fields_of(rq), str_c(name));
}

struct str rq_bearer(struct request *rq)
{
	return auth_bearer(rq_header(rq, "Authorization"));
}

struct str rq_dpop_token(struct request *rq)
{
	return auth_dpop(rq_header(rq, "Authorization"));
}

bool rq_lacks_token(struct request *rq)
{
	return auth_lacks_token(rq_header(rq, "Authorization"));
}

bool rq_basic(struct request *rq, struct str *ret_user, struct str *ret_password)
{
	return auth_basic(rq->op.arena, rq_header(rq, "Authorization"), ret_user, ret_password);
}

int respond_json(struct request *rq, int status, const json_t *json)
{
	return respond_json_text(rq, status, json_write(rq->op.arena, json, false));
}

int respond_json_text(struct request *rq, int status, struct str json)
{
	struct response *response = &rq->response;

	response->status = status;
	response->content_type = STR("application/json");
	response->body = json;
	return 0;
}

int respond_bytes(struct request *rq, int status, const char *content_type, struct str body)
{
	struct response *response = &rq->response;

	response->status = status;
	response->content_type = str_c(content_type);
	response->body = response->body_is_static ? body : arena_dup(rq->op.arena, body);
	return 0;
}

int respond_static(struct request *rq, const char *content_type, struct str body)
{
	struct response *response = &rq->response;

	response->status = 200;
	response->content_type = str_c(content_type);
	response->body = body;
	response->body_is_static = true;
	response->cacheable = true;
	response_header(rq, "Cache-Control", STR("public, max-age=31536000, immutable"));
	return 0;
}

int respond_shared(struct request *rq, const char *content_type, struct str body, struct str cache_control)
{
	struct response *response = &rq->response;

	assert(response->n_headers == 0);
	response->status = 200;
	response->content_type = str_c(content_type);
	response->body = body;
	response->body_is_static = response->cacheable = response->is_shared = true;
	response_header(rq, "Cache-Control", cache_control);
	return 0;
}

int respond_redirect(struct request *rq, struct str location)
{
	rq->response.status = 303;
	response_header(rq, "Location", location);
	return 0;
}

int respond_empty(struct request *rq, int status)
{
	rq->response.status = status;
	return 0;
}

void response_header(struct request *rq, const char *name, struct str value)
{
	struct response *response = &rq->response;

	assert(!str_is_null(value));
	assert(str_index(value, '\r') < 0 && str_index(value, '\n') < 0 && str_index(value, '\0') < 0);
	assert(response->n_headers < ARRAY_LEN(response->headers));
	response->headers[response->n_headers].name = name;
	response->headers[response->n_headers].value = arena_dup(rq->op.arena, value);
	response->n_headers++;
}

void response_cookie(struct request *rq, const char *name, struct str value, int64_t max_age_s)
{
	assert(str_starts(str_c(name), STR("__Host-")));
	response_header(rq, "Set-Cookie", cookie_format(rq->op.arena, name, value, max_age_s));
}
