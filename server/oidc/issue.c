#include "server/oidc/issue.h"

#include "common/base/json_out.h"
#include "server/oidc/access_token.h"
#include "server/oidc/id_token.h"
#include "server/session/handle.h"

#define DETAILS_DEPTH_MAX 8

static int64_t lifetime_s(const struct op *op, const struct oidc_settings *settings, const struct client *client,
                          const struct authorization *auth)
{
	int64_t life_s = client->access_token_s;

	if (auth->may_grant && settings->admin_token_s < life_s)
		life_s = settings->admin_token_s;
	if (auth->not_after_s > 0 && auth->not_after_s - op->now_s < life_s)
		life_s = auth->not_after_s - op->now_s;
	return life_s;
}

int issue_check_binding(struct op *op, const struct client *client, struct str jkt, struct str x5t)
{
	if (client->dpop_bound && str_is_null(jkt))
		return op_fail(op, ERR_INVALID_REQUEST, "this client's tokens are bound by DPoP: a proof is required");
	if (client->tls_bound && str_is_null(x5t))
		return op_fail(op, ERR_INVALID_REQUEST, "this client's tokens are bound by mutual TLS: a client certificate is required");
	return 0;
}

static int add_id_token(struct op *op, const struct oidc_settings *settings, const struct client *client,
                        const struct authorization *auth, struct str access_token, struct json_out *response)
{
	struct id_token_company company = { .access_token = access_token };
	struct str id_token;
	int r;

	if (str_is_null(auth->account_id) || !str_is_null(auth->issued_token_type) || !scope_has(auth->scope, STR("openid")))
		return 0;
	r = id_token_make(op, settings, client, auth, &company, &id_token);
	if (r >= 0)
		json_out_str(response, "id_token", id_token);
	return r;
}

int issue_tokens(struct op *op, const struct oidc_settings *settings, const struct client *client,
                 const struct authorization *auth, struct str *ret_response)
{
	struct access_token_request access = {
		.issuer = settings->issuer,
		.client = client,
		.authorization = auth,
		.lifetime_s = lifetime_s(op, settings, client, auth),
	};
	struct str access_token;
	struct json_out response;
	int r = issue_check_binding(op, client, auth->jkt, auth->x5t);

	if (r >= 0)
		r = access_token_make(op, &access, &access_token);
	if (r < 0)
		return r;
	response = json_out_begin(op->arena);
	json_out_str(&response, "access_token", access_token);
	json_out_str(&response, "token_type", str_is_null(auth->jkt) ? STR("Bearer") : STR("DPoP"));
	json_out_int(&response, "expires_in", access.lifetime_s);
	json_out_str(&response, "scope", auth->scope);
	json_out_str(&response, "issued_token_type", auth->issued_token_type);
	if (auth->may_refresh && client_may(client, GRANT_REFRESH))
		json_out_str(&response, "refresh_token",
		             handle_refresh(op, auth->account_id, auth->family_on, auth->family_id, auth->generation));
	json_out_raw(&response, "authorization_details", json_tidy(op->arena, auth->extra.details, DETAILS_DEPTH_MAX));
	r = add_id_token(op, settings, client, auth, access_token, &response);
	if (r < 0)
		return r;
	*ret_response = json_out_end(&response);
	return 0;
}
