#include "server/oidc/consent.h"
#include "server/oidc/family.h"
#include "server/oidc/grants.h"

/*
 * A client that is not the province's own has what the official agreed to, also where it became one after he had signed in there.
 * A question of its own, so that the claim of every refresh does not name a table that few need.
 */
static int limit_to_consent(struct op *op, const struct client *client, struct authorization *auth)
{
	struct str consented;
	int r;

	if (!client->must_consent)
		return 0;
	r = consent_get(op, auth->account_id, client->id, &consented);
	if (r < 0)
		return r;
	if (str_is_null(consented))
		return op_fail(op, ERR_INVALID_GRANT, "the official has not agreed to give this client anything");
	auth->scope = scope_narrow(op->arena, consented, auth->scope);
	return 0;
}

int grant_refresh(struct op *op, const struct token_request *rq, struct authorization *ret)
{
	const struct refresh_request request = { .token = rq->refresh_token, .jkt = rq->jkt };
	int r;

	if (str_is_null(rq->refresh_token))
		return op_fail(op, ERR_INVALID_REQUEST, "refresh_token is missing");
	r = family_refresh(op, rq->settings, rq->client, &request, ret);
	if (r >= 0)
		r = limit_to_consent(op, rq->client, ret);
	return r < 0 ? r : grant_narrow(op, rq, ret);
}
