#include "server/senctl/client_file.h"

#include "server/oidc/client_metadata.h"

static const char *const file_members[] = { "client_id", "platform", "home_url", "secret_file" };

static struct str take_text(struct op *op, json_t *json, const char *name)
{
	struct str value = arena_dup(op->arena, json_get_str(json, name));

	json_object_del(json, name);
	return value;
}

static bool id_is_plain(struct str id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return id.len > 0 && id.len <= 64;
}

static int check_file(struct op *op, const struct client_file *f, const struct client *c)
{
	bool has_secret = c->auth_method == CLIENT_AUTH_BASIC || c->auth_method == CLIENT_AUTH_POST || c->auth_method == CLIENT_AUTH_SECRET_JWT;

	if (!id_is_plain(f->id))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "client_id must be 1 to 64 letters, digits and . _ -");
	if (str_is_null(c->name))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "client_name is missing");
	if (has_secret == str_is_null(f->secret_file))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA,
		               "secret_file is needed with client_secret_basic, client_secret_post and client_secret_jwt, and only there");
	if (!str_is_null(f->home_url) && !client_redirect_uri_is_plain(f->home_url))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "home_url must be https (or http to a loopback address literal)");
	return 0;
}

int client_file_read(struct op *op, struct str text, struct client_file *ret_client)
{
	const char *reason = "not a JSON object";
	_json_ json_t *json = json_read(text, CLIENT_METADATA_DEPTH, &reason);
	_json_ json_t *normal = NULL;
	struct client client = { 0 };
	struct client_file f = { 0 };
	int r;

	if (!json_is_object(json))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, reason);
	for (size_t i = 0; i < ARRAY_LEN(file_members); i++)
		if (json_object_get(json, file_members[i]) && !json_is_string(json_object_get(json, file_members[i])))
			return op_fail(op, ERR_INVALID_CLIENT_METADATA, "client_id, platform, home_url and secret_file must be texts");
	f.id = take_text(op, json, "client_id");
	f.platform = take_text(op, json, "platform");
	f.home_url = take_text(op, json, "home_url");
	f.secret_file = take_text(op, json, "secret_file");
	r = client_metadata_check(op, json, REGISTRANT_OPERATOR, &normal);
	if (r >= 0)
		r = client_metadata_read(op, normal, &client);
	if (r >= 0)
		r = check_file(op, &f, &client);
	if (r < 0)
		return r;
	f.secret_is_used = client.auth_method == CLIENT_AUTH_SECRET_JWT;
	f.metadata = TAKE_PTR(normal);
	*ret_client = f;
	return 0;
}
