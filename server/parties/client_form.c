#include "server/parties/client_form.h"

#include "server/oidc/client_metadata.h"
#include "server/oidc/oidc.h"

static bool id_is_plain(struct str id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return id.len > 0 && id.len <= 64;
}

static bool has_secret(const struct client *c)
{
	return c->auth_method == CLIENT_AUTH_BASIC || c->auth_method == CLIENT_AUTH_POST || c->auth_method == CLIENT_AUTH_SECRET_JWT;
}

int client_form_check(struct op *op, const json_t *sent, struct client_form *form)
{
	_json_ json_t *normal = NULL;
	struct client client = { 0 };
	int r;

	if (!id_is_plain(form->id))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "client_id must be 1 to 64 letters, digits and . _ -");
	if (!str_is_null(form->home_url) && !client_redirect_uri_is_plain(form->home_url))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "home_url must be https (or http to a loopback address literal)");
	r = client_metadata_check(op, sent, REGISTRANT_OPERATOR, &normal);
	if (r >= 0)
		r = client_metadata_read(op, normal, &client);
	if (r < 0)
		return r;
	if (str_is_null(client.name))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "client_name is missing");
	form->has_secret = has_secret(&client);
	form->secret_is_used = client.auth_method == CLIENT_AUTH_SECRET_JWT;
	form->administers = scope_has(client.scope, STR(SCOPE_ADMIN));
	form->metadata = TAKE_PTR(normal);
	return 0;
}
