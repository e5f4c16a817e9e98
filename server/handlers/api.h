/*
 * api.h: the administration API, /api/v1: JSON in and out, errors as problem+json, with an
 * administrator's own access token (scope "admin").
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

/* One endpoint each; parameters of queries are numbered beside their lists. */
enum { P_GRANTS_LOGIN, N_GRANTS_PARAMS };
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

int h_api_platforms(struct request *rq);

/* api_fields.c: declared members of a JSON body. */
enum api_field_kind {
	API_TEXT,  /* NFC, trimmed, not empty */
	API_CODE,  /* A-Z a-z 0-9 . _ - */
	API_STAMP, /* "2026-11-24" (midnight in Việt Nam) or RFC 3339, into a timestamp text */
	API_LIST,  /* array of at most 16 codes: left to api_list() */
};
struct api_field {
	const char *name;
	enum api_field_kind kind;
	size_t max_bytes;
	bool required;
};
/* values[i] for fields[i]; STR_NULL: absent.  ERR_BAD_REQUEST, or ERR_INVALID_VALUE with the argument field. */
int api_read(struct request *rq, const struct api_field *fields, size_t n, struct str *ret_values) _must_check_;
/* The body is {}. */
int api_read_nothing(struct request *rq) _must_check_;
int api_list(struct request *rq, const char *name, const struct str **ret_values, size_t *ret_n) _must_check_;
/* A value of kind API_STAMP as seconds since 1970. */
int64_t api_stamp_seconds(struct str stamp);
/* ERR_INVALID_VALUE naming a field. */
int api_invalid(struct op *op, const char *field, const char *text) _must_check_;

/* null for STR_NULL. */
void api_set(json_t *object, const char *name, struct str value);
