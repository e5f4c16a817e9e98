/*
 * request_object.h: authorization requests as signed JWTs (RFC 9101; OIDC Core §6; FAPI 2.0 Message
 * Signing §5.3).
 *
 * Only what is inside counts; outside, client_id alone must be the same.  Signed with a key of the client in the
 * algorithm that it registered; never unsigned.  With the profile the object names its times.
 */
#pragma once

#include "common/base/json.h"
#include "server/oidc/authorize.h"
#include "server/oidc/oidc.h"

/* What a use of request objects demands beside a good signature. */
struct request_object_rules {
	enum jws_alg alg;  /* that the client registered for it; JWS_ALG_NONE_: any that is offered */
	bool names_times;  /* exp, nbf and aud must be there, and the life be an hour at most */
	bool is_unique;    /* jti and iat must be there too (CIBA §7.1.1) */
	enum err code;     /* what a fault is */
};
/* The claims of the object in compact, checked: a new reference. */
int request_object_open(struct op *op, const struct oidc_settings *settings, const struct client *client, struct str compact,
                        const struct request_object_rules *rules, json_t **ret_claims) _must_check_;
/* A parameter of it as text: text as it is, a number in digits, JSON as JSON; STR_NULL when absent or of another kind. */
struct str request_object_param(struct op *op, const json_t *claims, const char *name, bool many);

/*
 * By reference (RFC 9101 §5.2): fetches the object at rq->request_uri into rq->request.  Only from an address
 * that the client registered (without its fragment, OIDC Core §6.2), and where the provider offers it.
 * ERR_REQUEST_URI_NOT_SUPPORTED, ERR_INVALID_REQUEST_URI.
 */
int request_object_fetch(struct op *op, const struct oidc_settings *settings, const struct client *client,
                         struct authorize_request *rq) _must_check_;

/*
 * Replaces *rq by the content of rq->request, when there is one.  ERR_INVALID_REQUEST_OBJECT; the text says
 * which rule was broken, for the client's developer.
 */
int request_object_resolve(struct op *op, const struct oidc_settings *settings, const struct client *client,
                           struct authorize_request *rq, struct authorize_origin *ret_origin) _must_check_;
