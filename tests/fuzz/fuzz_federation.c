/*
 * Entity statements and metadata policies of others.  Any text as a statement, any JSON as the claims of one, and
 * {"policy", "below", "metadata", "constraints"}: what was checked and merged still passes the check, does what it does
 * only once, and leaves no null and no type that is not allowed.
 */
#include "common/base/base64.h"
#include "server/federation/constraints.h"
#include "server/federation/metadata_policy.h"
#include "server/federation/statement.h"
#include "tests/fuzz/fuzz.h"

static void check_statement(struct op *op, struct str compact)
{
	struct statement s = { 0 };

	op_forgive(op);
	if (statement_read(op, compact, &s) < 0) {
		CHECK(op->error.code == ERR_INVALID_TRUST_CHAIN || op->error.code == ERR_INVALID_METADATA);
		CHECK(!s.claims && !s.keys);
		return;
	}
	CHECK(entity_id_is_valid(s.iss) && entity_id_is_valid(s.sub) && s.exp_s > op->now_s && s.keys);
	CHECK(!json_object_get(s.claims, "crit") && !json_object_get(s.claims, "metadata_policy_crit"));
	CHECK(!statement_is_signed_by(op, &s, NULL));
	statement_clear(&s);
}

static void check_policy(struct op *op, json_t *policy, const json_t *below, json_t *metadata)
{
	_json_ json_t *once = NULL;

	op_forgive(op);
	if (metadata_policy_check(op, policy) < 0 || (below && metadata_policy_check(op, below) < 0))
		return;
	if (below && metadata_policy_merge(op, policy, below) < 0)
		return;
	CHECK(metadata_policy_check(op, policy) == 0);
	if (!federation_metadata_is_valid(metadata) || metadata_policy_apply(op, policy, metadata) < 0)
		return;
	CHECK(federation_metadata_is_valid(metadata));
	once = json_deep_copy(metadata);
	CHECK(metadata_policy_apply(op, policy, metadata) == 0);
	CHECK(json_equal(once, metadata));
}

static void check_constraints(const json_t *constraints, json_t *metadata)
{
	const json_t *allowed = json_object_get(constraints, "allowed_entity_types");
	const char *type;
	json_t *value;

	if (!constraints_are_valid(constraints) || !json_is_object(metadata))
		return;
	(void)!constraints_allow_name(constraints, STR("https://a.b.example"));
	(void)!constraints_allow_path(constraints, 3);
	constraints_strip_types(constraints, metadata);
	json_object_foreach(metadata, type, value)
		CHECK(!allowed || json_array_has_text(allowed, str_c(type)) || str_equal(str_c(type), STR(FEDERATION_ENTITY)));
}

FUZZ_TARGET(a, input)
{
	_json_ json_t *json = json_read(input, STATEMENT_DEPTH, NULL);
	struct op op;

	op_init(&op, a, NULL, NULL);
	op.now_s = 1795000000;
	check_statement(&op, input);
	check_statement(&op, arena_printf(a, "e30.%.*s.AA", STR_ARG(base64url_encode(a, input))));
	if (!json_is_object(json))
		return;
	check_policy(&op, json_object_get(json, "policy"), json_object_get(json, "below"), json_object_get(json, "metadata"));
	check_constraints(json_object_get(json, "constraints"), json_object_get(json, "metadata"));
}
