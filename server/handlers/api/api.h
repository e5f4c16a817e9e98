/*
 * api.h: the administration API, /api/v1: JSON in and out, errors as problem+json, with an
 * administrator's own access token (scope "admin"; "admin.read" for what only looks).
 *
 * Members of a body are declared per endpoint; one that is not declared, missing or not what
 * it should be is an error: a misspelt "valid_to" must not grant for ever.
 */
#pragma once

#include "common/model/grant_store.h"
#include "server/governance/principal.h"
#include "server/http/request.h"

/* guard_admin.c: bearer token -> rq->principal with its scopes of this moment. */
int guard_admin(struct request *rq);
/* The same for what every official may do: no scope is asked for. */
int guard_official(struct request *rq);

/* One endpoint each; parameters of queries are numbered beside their lists. */
enum {
	P_GRANTS_LOGIN, P_GRANTS_ON, P_GRANTS_PLATFORM, P_GRANTS_ROLE, P_GRANTS_UNIT, P_GRANTS_ORIGIN, P_GRANTS_AFTER, P_GRANTS_LIMIT, N_GRANTS_PARAMS
};
extern const struct param_spec api_grants_params[N_GRANTS_PARAMS];
int h_api_grants_list(struct request *rq);
int h_api_grants_add(struct request *rq);
int h_api_grants_revoke_one(struct request *rq);
int h_api_grants_revoke(struct request *rq);

int h_api_account_get(struct request *rq);
int h_api_account_activation(struct request *rq);
int h_api_account_unlock(struct request *rq);
int h_api_account_disable(struct request *rq);
int h_api_account_enable(struct request *rq);

enum { P_PERSONS_Q, P_PERSONS_AFTER, N_PERSONS_PARAMS };
extern const struct param_spec api_persons_params[N_PERSONS_PARAMS];
int h_api_persons(struct request *rq);

int h_api_scopes_add(struct request *rq);
int h_api_scopes_revoke(struct request *rq);

int h_api_openapi(struct request *rq);

/* api_fields.c: declared members of a JSON body. */
enum api_field_kind {
	API_TEXT,  /* NFC, trimmed, not empty */
	API_CODE,  /* A-Z a-z 0-9 . _ - */
	API_STAMP, /* "2026-11-24" (midnight in Việt Nam) or RFC 3339, into a timestamp text */
	API_LIST,  /* array of at most 16 codes: left to api_list() */
	API_PROSE, /* as API_TEXT, with line breaks */
	API_DATE,  /* "2026-11-24" */
	API_UUID,
	API_INT,   /* JSON integer >= 0, as its digits */
	API_BOOL,  /* JSON true or false, as "true" or "false" */
	API_OBJECTS, /* array of objects: left to api_objects() */
	API_OBJECT, /* an object: left to whoever knows what is in it */
};
struct api_field {
	const char *name;
	enum api_field_kind kind;
	size_t max_bytes;
	bool required;
};
/* values[i] for fields[i]; STR_NULL: absent.  ERR_BAD_REQUEST, or ERR_INVALID_VALUE with the argument field. */
int api_read(struct request *rq, const struct api_field *fields, size_t n, struct str *ret_values) _must_check_;
/* The same for an object within the body. */
int api_read_object(struct request *rq, const json_t *object, const struct api_field *fields, size_t n, struct str *ret_values) _must_check_;
/* *ret_n 1..max_n; each an object, for api_read_object(). */
int api_objects(struct request *rq, const char *name, size_t max_n, const json_t **ret_array, size_t *ret_n) _must_check_;
/* The body is {}. */
int api_read_nothing(struct request *rq) _must_check_;
int api_list(struct request *rq, const char *name, const struct str **ret_values, size_t *ret_n) _must_check_;
/* What is written as API_STAMP admits, for parameters; false: it is not. */
bool api_stamp_read(struct arena *a, struct str text, struct str *ret_stamp) _must_check_;
/* A value of kind API_STAMP as seconds since 1970. */
int64_t api_stamp_seconds(struct str stamp);
/* ERR_INVALID_VALUE naming a field. */
int api_invalid(struct op *op, const char *field, const char *text) _must_check_;

/*
 * api_conventions.c: what every endpoint does alike.
 *
 * Versions: a thing that can be changed has a version that each change raises.  GET answers with
 * ETag: "7"; a change needs If-Match: "7" (RFC 9110 §13.1.1) and is made by a statement with "version = 7"
 * among its conditions; when that finds nothing, the answer is api_changed_meanwhile().
 *
 * Lists: keyset paging.  Parameters "after" (what "next" of the page before said) and "limit"; statements order by
 * the key, ask for the rows behind it and for one more than the limit.
 */
/* ERR_PRECONDITION_REQUIRED, ERR_BAD_REQUEST ("*", weak or several tags: the change would not be against one state). */
int api_if_match(struct request *rq, int64_t *ret_version) _must_check_;
void api_etag(struct request *rq, int64_t version);
int api_changed_meanwhile(struct op *op) _must_check_; /* ERR_PRECONDITION_FAILED */

#define API_LIMIT_DEFAULT 50
#define API_LIMIT_MAX 200
#define API_AFTER_MAX 600
#define PARAM_AFTER { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY }
#define PARAM_LIMIT { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY }
/* Of lists that have no other parameter. */
enum { P_PAGE_AFTER, P_PAGE_LIMIT, N_PAGE_PARAMS };
extern const struct param_spec api_page_params[N_PAGE_PARAMS];
/* ERR_INVALID_VALUE. */
int api_limit(struct request *rq, size_t param, size_t *ret_limit) _must_check_;
/* The n key values of the last row of the page before; all STR_NULL when the parameter is absent. */
int api_after(struct request *rq, size_t param, struct str *ret_keys, size_t n) _must_check_;
/* The same where the key is one number up to max. */
int api_after_number(struct request *rq, size_t param, uint64_t max, struct str *ret_key) _must_check_;
/* A moment as keys have it: 2026-11-26T18:57:53.123456Z. */
bool api_moment_is_valid(struct arena *a, struct str s);
/* Sets "next": a text that api_after() reads; keys NULL: the list ends here (null). */
void api_next(struct request *rq, json_t *body, const struct str *keys, size_t n);

/* null for STR_NULL. */
void api_set(json_t *object, const char *name, struct str value);
