#include "server/oidc/grants.h"

#include "server/oidc/authorization_details.h"
#include "server/oidc/issue.h"
#include "server/oidc/resource.h"

static const struct {
	const char *grant_type;
	enum client_grant grant;
	int (*authorize)(struct op *op, const struct token_request *rq, struct authorization *ret);
} grants[] = {
	{ "authorization_code", GRANT_CODE, grant_code },
	{ "refresh_token", GRANT_REFRESH, grant_refresh },
	{ "client_credentials", GRANT_CLIENT_CREDENTIALS, grant_client_credentials },
	{ "urn:ietf:params:oauth:grant-type:device_code", GRANT_DEVICE, grant_device },
	{ "urn:openid:params:grant-type:ciba", GRANT_CIBA, grant_ciba },
	{ "urn:ietf:params:oauth:grant-type:token-exchange", GRANT_EXCHANGE, grant_exchange },
};

int grant_authorize(struct op *op, const struct token_request *rq, struct authorization *ret_authorization)
{
	int r;

	for (size_t i = 0; i < ARRAY_LEN(grants); i++) {
		if (!str_equal(rq->grant_type, str_c(grants[i].grant_type)))
			continue;
		if (!client_may(rq->client, grants[i].grant))
			return op_fail(op, ERR_UNAUTHORIZED_CLIENT, "the client has not registered this grant type");
		r = issue_check_binding(op, rq->client, rq->jkt, rq->x5t);
		if (r >= 0)
			r = grants[i].authorize(op, rq, ret_authorization);
		if (r < 0)
			return r;
		ret_authorization->jkt = rq->jkt;
		/* RFC 8705 §3.4: authenticating by a certificate binds nothing that was not registered to be bound. */
		ret_authorization->x5t = rq->client->tls_bound ? rq->x5t : STR_NULL;
		return 0;
	}
	return op_fail(op, ERR_UNSUPPORTED_GRANT_TYPE, "grant_type is not supported");
}

static int narrow_scope(struct op *op, struct str requested, struct authorization *auth)
{
	struct str rest = requested, part;
	bool any = false;

	while (str_split(&rest, ' ', &part)) {
		if (!str_is_empty(part) && !scope_has(auth->scope, part))
			return op_fail(op, ERR_INVALID_SCOPE, "scope exceeds what was granted");
		any |= !str_is_empty(part);
	}
	if (any)
		auth->scope = requested;
	return 0;
}

/*
 * What was taken from the client since it was granted is not given out any more; what is left goes on without an
 * error, for the client did nothing wrong.
 */
static int limit_to_client(struct op *op, const struct client *client, struct authorization *auth)
{
	struct str granted = auth->extra.resource;

	auth->scope = client_narrow_scope(op->arena, client, auth->scope);
	auth->extra.resource = resource_limit(op->arena, client, granted);
	auth->extra.details = authorization_details_limit(op->arena, client, auth->extra.details);
	/* Without a resource of those granted a token would be for this issuer, which nobody granted. */
	if (str_is_empty(auth->scope) || str_is_null(auth->extra.resource) != str_is_null(granted))
		return op_fail(op, ERR_INVALID_GRANT, "the client may not have what was granted any more");
	return 0;
}

int grant_narrow(struct op *op, const struct token_request *rq, struct authorization *auth)
{
	int r;

	/* Of what was granted, not of what is asked for now: a family that outlives its session ends with the right to have one. */
	if (scope_has(auth->scope, STR(SCOPE_OFFLINE)) && !client_may_scope(rq->client, STR(SCOPE_OFFLINE)))
		return op_fail(op, ERR_INVALID_GRANT, "the client may not have " SCOPE_OFFLINE " any more");
	r = narrow_scope(op, rq->scope, auth);
	if (r >= 0)
		r = limit_to_client(op, rq->client, auth);
	if (r >= 0)
		r = resource_narrow(op, auth->extra.resource, rq->resource, &auth->audience);
	if (r >= 0)
		r = authorization_details_narrow(op, auth->extra.details, rq->authorization_details, &auth->extra.details);
	return r;
}
