#include "server/senctl/client_file.h"

#include "server/oidc/client_metadata.h"

static const char *const file_members[] = { "client_id", "platform", "home_url", "secret_file" };

static struct str take_text(struct op *op, json_t *json, const char *name)
{
	struct str value = arena_dup(op->arena, json_get_str(json, name));

	json_object_del(json, name);
	return value;
}

int client_file_read(struct op *op, struct str text, struct client_file *ret_client)
{
	const char *reason = "not a JSON object";
	_json_ json_t *json = json_read(text, CLIENT_METADATA_DEPTH, &reason);
	_json_ json_t *metadata = NULL;
	struct client_file f = { .secret_file = STR_NULL };
	int r;

	if (!json_is_object(json))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, reason);
	for (size_t i = 0; i < ARRAY_LEN(file_members); i++)
		if (json_object_get(json, file_members[i]) && !json_is_string(json_object_get(json, file_members[i])))
			return op_fail(op, ERR_INVALID_CLIENT_METADATA, "client_id, platform, home_url and secret_file must be texts");
	f.form.id = take_text(op, json, "client_id");
	f.form.platform = take_text(op, json, "platform");
	f.form.home_url = take_text(op, json, "home_url");
	f.secret_file = take_text(op, json, "secret_file");
	r = client_form_check(op, json, &f.form);
	if (r < 0)
		return r;
	metadata = f.form.metadata;
	if (f.form.has_secret == str_is_null(f.secret_file))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA,
		               "secret_file is needed with client_secret_basic, client_secret_post and client_secret_jwt, and only there");
	f.form.metadata = TAKE_PTR(metadata);
	*ret_client = f;
	return 0;
}
