/*
 * claims_request.h: the "claims" parameter (OIDC Core §5.5): single claims by name, for the ID
 * token and for userinfo.  Pure.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

#define CLAIMS_REQUEST_DEPTH 6

/* A new reference; NULL for a request without the parameter.  ERR_INVALID_REQUEST. */
int claims_request_read(struct op *op, struct str text, json_t **ret_claims) _must_check_;
/* part: "id_token" or "userinfo". */
bool claims_request_has(const json_t *claims, const char *part, const char *name);
/* The values demanded of an essential claim of the ID token, space-separated; STR_NULL when it is not essential. */
struct str claims_request_essential(struct arena *a, const json_t *claims, const char *name);
/* The one value demanded of a claim of the ID token ("sub"), or STR_NULL. */
struct str claims_request_value(const json_t *claims, const char *name);
