#include "server/oidc/registration_policy.h"

#include "server/oidc/client_metadata.h"
#include "server/oidc/oidc.h"

int registration_policy_check(struct op *op, const json_t *policy)
{
	struct str scope = json_get_str(policy, "scope");
	int r = client_metadata_check_members(op, policy);

	if (r >= 0 && (scope_has(scope, STR(SCOPE_ADMIN)) || scope_has(scope, STR(SCOPE_ADMIN_READ))))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "a client that registers itself never gets the scope of administrators");
	return r;
}

static int limit_scope(struct op *op, const json_t *policy, const json_t *sent, json_t *client)
{
	struct str limit = json_get_str(policy, "scope"), wanted = json_get_str(sent, "scope"), scope;

	if (str_is_null(limit))
		limit = STR(REGISTRATION_SCOPE);
	scope = str_is_null(wanted) ? limit : client_narrow_scope(op->arena, &(struct client){ .scope = limit }, wanted);
	if (str_is_empty(scope))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "none of these scopes may be registered");
	json_set_str(client, "scope", scope);
	return 0;
}

int registration_policy_apply(struct op *op, const json_t *policy, const json_t *sent, json_t **ret_normal)
{
	_json_ json_t *client = NULL;
	const char *name;
	json_t *value;
	int r = client_metadata_check(op, sent, REGISTRANT_CLIENT, &client);

	if (r < 0)
		return r;
	json_set_bool(client, "sen_consent", true);
	json_object_foreach((json_t *)(uintptr_t)policy, name, value)
		json_set_take(client, name, json_deep_copy(value));
	r = limit_scope(op, policy, sent, client);
	return r < 0 ? r : client_metadata_check(op, client, REGISTRANT_OPERATOR, ret_normal);
}
