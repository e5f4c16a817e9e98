#include "server/federation/subordinate.h"

#include "server/federation/metadata_policy.h"
#include "server/federation/statement.h"

#define FILE_DEPTH 10

DB_QUERY(federation_find_q, DB_READ,
         "SELECT entity_id, jwks, metadata_policy FROM sen.federation_subordinate WHERE entity_id = $1::text AND enabled");
DB_QUERY(federation_list_q, DB_READ,
         "SELECT coalesce(json_agg(entity_id ORDER BY entity_id), '[]') FROM sen.federation_subordinate WHERE enabled");

static int bad(struct op *op, const char *text)
{
	return op_fail(op, ERR_INVALID_VALUE, text);
}

static int check_members(struct op *op, const json_t *json)
{
	static const struct str known[] = { STR("entity_id"), STR("jwks"), STR("metadata_policy"), STR("enabled") };
	const struct str_list list = { known, ARRAY_LEN(known) };
	const json_t *enabled = json_object_get(json, "enabled");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)json, name, value)
		if (!str_list_has(list, str_c(name)))
			return bad(op, "the members of the file are entity_id, jwks, metadata_policy and enabled");
	if (enabled && !json_is_boolean(enabled))
		return bad(op, "enabled must be true or false");
	return 0;
}

static int check_content(struct op *op, const json_t *json)
{
	const json_t *policy = json_object_get(json, "metadata_policy");
	_cleanup_(jwk_set_freep) struct jwk_set *keys = NULL;
	int r;

	if (!entity_id_is_valid(json_get_str(json, "entity_id")))
		return bad(op, "entity_id must be an https address without query and fragment (http to a loopback address literal)");
	r = federation_keys_read(op, json_object_get(json, "jwks"), &keys);
	if (r >= 0 && policy)
		r = metadata_policy_check(op, policy);
	return r;
}

int subordinate_read(struct op *op, struct str text, struct subordinate *ret)
{
	const char *reason = "not a JSON object";
	_json_ json_t *json = json_read(text, FILE_DEPTH, &reason);
	int r;

	if (!json_is_object(json))
		return op_fail_detail(op, ERR_INVALID_VALUE, "the file is not a JSON object", "%s", reason);
	r = check_members(op, json);
	if (r >= 0)
		r = check_content(op, json);
	if (r < 0)
		return r;
	*ret = (struct subordinate){
		.entity_id = arena_dup(op->arena, json_get_str(json, "entity_id")),
		.jwks = json_write(op->arena, json_object_get(json, "jwks"), true),
		.metadata_policy = json_write(op->arena, json_object_get(json, "metadata_policy"), true),
		.enabled = json_get_bool(json, "enabled", true),
	};
	return 0;
}

int subordinate_find(struct op *op, struct str entity_id, struct subordinate *ret)
{
	struct db_rows rows;
	int r = db_run(op, &federation_find_q, &rows, P_STR(entity_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_ENTITY, "there is no subordinate of this identifier");
	*ret = (struct subordinate){
		.entity_id = db_str(&rows, 0, 0),
		.jwks = db_str(&rows, 0, 1),
		.metadata_policy = db_str(&rows, 0, 2),
		.enabled = true,
	};
	return 0;
}

int subordinate_list(struct op *op, json_t **ret_list)
{
	struct db_rows rows;
	int r = db_run(op, &federation_list_q, &rows);

	if (r < 0)
		return r;
	*ret_list = json_read(db_str(&rows, 0, 0), 2, NULL);
	return *ret_list ? 0 : op_fail(op, ERR_INTERNAL, "the list of subordinates cannot be read");
}
