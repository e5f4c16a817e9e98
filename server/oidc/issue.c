#include "server/oidc/issue.h"

#include "server/oidc/access_token.h"
#include "server/oidc/id_token.h"
#include "server/session/handle.h"

static int64_t lifetime_s(const struct oidc_settings *settings, const struct client *client, const struct authorization *auth)
{
	if (auth->may_grant && settings->admin_token_s < client->access_token_s)
		return settings->admin_token_s;
	return client->access_token_s;
}

int issue_tokens(struct op *op, const struct oidc_settings *settings, const struct client *client,
                 const struct authorization *auth, json_t **ret_response)
{
	struct access_token_request access = {
		.issuer = settings->issuer,
		.client = client,
		.authorization = auth,
		.lifetime_s = lifetime_s(settings, client, auth),
	};
	struct str access_token, id_token;
	json_t *response;
	int r = access_token_make(op, &access, &access_token);

	if (r >= 0)
		r = id_token_make(op, settings, client, auth, access_token, &id_token);
	if (r < 0)
		return r;
	response = json_new_object();
	json_set_str(response, "access_token", access_token);
	json_set_str(response, "token_type", STR("Bearer"));
	json_set_int(response, "expires_in", access.lifetime_s);
	json_set_str(response, "scope", auth->scope);
	json_set_str(response, "refresh_token",
	             handle_refresh(op, auth->account_id, auth->family_on, auth->family_id, auth->generation));
	json_set_str(response, "id_token", id_token);
	*ret_response = response;
	return 0;
}
