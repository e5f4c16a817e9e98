/*
 * The client acts for itself: no account, no refresh token, no ID token.  sub is the client's id, which
 * is never a person's (RFC 9700 §4.15.1): those are UUIDs, and no client may be called by one.
 */
#include "server/oidc/authorization_details.h"
#include "server/oidc/grants.h"
#include "server/oidc/resource.h"

/* Scopes that speak of a person. */
static const char *const personal[] = { "openid", "profile", "email", "unit", "roles", SCOPE_OFFLINE, SCOPE_ADMIN, SCOPE_ADMIN_READ };

static struct str without_personal(struct op *op, const struct client *client, struct str requested)
{
	struct str scope = client_narrow_scope(op->arena, client, str_is_null(requested) ? client->scope : requested), part;
	struct str kept = STR_NULL;

	while (str_split(&scope, ' ', &part)) {
		bool is_personal = str_is_empty(part);

		for (size_t i = 0; i < ARRAY_LEN(personal); i++)
			is_personal |= str_equal(part, str_c(personal[i]));
		if (!is_personal)
			kept = str_is_null(kept) ? part : arena_printf(op->arena, "%.*s %.*s", STR_ARG(kept), STR_ARG(part));
	}
	return kept;
}

int grant_client_credentials(struct op *op, const struct token_request *rq, struct authorization *ret)
{
	struct authorization auth = {
		.scope = without_personal(op, rq->client, rq->scope),
		.extra = { .resource = rq->resource, .details = rq->authorization_details },
	};
	int r;

	/* Asked for, and nothing of it may be had: said, instead of a token that is good for nothing. */
	if (!str_is_null(rq->scope) && str_is_null(auth.scope))
		return op_fail(op, ERR_INVALID_SCOPE, "none of these scopes is the client's own");
	r = resource_check(op, rq->client, rq->resource);
	if (r >= 0)
		r = resource_narrow(op, rq->resource, rq->resource, &auth.audience);
	if (r >= 0)
		r = authorization_details_check(op, rq->client, rq->authorization_details);
	if (r < 0)
		return r;
	*ret = auth;
	return 0;
}
