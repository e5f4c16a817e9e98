/*
 * request_object.h: authorization requests as signed JWTs (RFC 9101; OIDC Core §6; FAPI 2.0 Message
 * Signing §5.3).
 *
 * Only what is inside counts; outside, client_id alone must be the same.  Signed with a key of the client in the
 * algorithm that it registered; never unsigned.  With the profile the object names its times.
 */
#pragma once

#include "server/oidc/authorize.h"
#include "server/oidc/oidc.h"

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
