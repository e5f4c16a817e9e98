/*
 * reorg_steps_read on any JSON, and a plan of what it takes over a small province: what an operation speaks of is there, and the same
 * steps give the same plan.
 */
#include "server/governance/reorg_plan.h"
#include "tests/fuzz/fuzz.h"

#define U(id_, parent_, code_, kind_) \
	{ .id = (id_), .parent_id = (parent_), .code = { code_, sizeof(code_) - 1 }, .name = { code_, sizeof(code_) - 1 }, \
	  .name_fold = { code_, sizeof(code_) - 1 }, .kind = { kind_, sizeof(kind_) - 1 }, .is_valid = true, .is_older = true }

static const struct reorg_unit units[] = {
	U(1, 0, "40", "province"), U(2, 1, "10001", "commune"), U(3, 2, "10001.VP", "division"), U(4, 1, "10002", "commune"),
	U(5, 4, "10002.VP", "division"), U(6, 1, "10003", "commune"),
};
static const struct reorg_post posts[] = {
	{ STR("p1"), STR("E1"), STR("a"), 3, STR("CV"), true, 1, REORG_OPEN },
	{ STR("p1"), STR("E1"), STR("b"), 5, STR("CV"), false, 1, REORG_OPEN },
	{ STR("p2"), STR("E2"), STR("c"), 2, STR("CT"), true, 1, REORG_OPEN },
};
static const struct reorg_grant grants[] = {
	{ STR("p1"), STR("E1"), STR("x"), STR("g1"), 1, 1, 3, 1, REORG_OPEN },
	{ STR("p1"), STR("E1"), STR("x"), STR("g2"), 1, 1, 5, 1, REORG_OPEN },
	{ STR("p2"), STR("E2"), STR("y"), STR("g3"), 1, 1, 2, 1, REORG_OPEN },
};
static const struct reorg_scope scopes[] = {
	{ STR("x"), STR("s1"), 2, REORG_EVERY_PLATFORM, STR("{read}"), STR(""), REORG_OPEN },
	{ STR("x"), STR("s2"), 4, REORG_EVERY_PLATFORM, STR("{read}"), STR(""), REORG_OPEN },
};

static void check_ref(const struct reorg_plan *plan, int64_t ref)
{
	CHECK(ref <= (int64_t)ARRAY_LEN(units) && -ref <= (int64_t)plan->n_units);
}

FUZZ_TARGET(a, input)
{
	static const struct reorg_rule rules[] = { { STR("1"), 1 }, { STR("2"), 2 }, { STR("3"), 3 } };
	static const struct reorg_facts facts = { units, ARRAY_LEN(units), posts, ARRAY_LEN(posts), grants, ARRAY_LEN(grants), scopes, ARRAY_LEN(scopes),
		rules, ARRAY_LEN(rules), NULL, 0, NULL, 0, 100, 100 };
	_json_ json_t *json = json_read(input, 8, NULL);
	struct reorg_plan plan, again;
	struct reorg_steps steps;
	struct op op;

	op_init(&op, a, NULL, NULL);
	if (!json || reorg_steps_read(&op, json, &steps) < 0)
		return;
	CHECK(steps.n > 0 && steps.n <= REORG_STEPS_MAX);
	reorg_plan(a, &facts, &steps, &plan);
	reorg_plan(a, &facts, &steps, &again);
	CHECK(str_equal(reorg_plan_hash(a, &plan), reorg_plan_hash(a, &again)));
	CHECK(plan.people_from <= plan.people_to && plan.people_to <= plan.n_ops && plan.n_blocking <= plan.n_findings);
	for (size_t i = 0; i < plan.n_ops; i++) {
		check_ref(&plan, plan.ops[i].unit_from);
		check_ref(&plan, plan.ops[i].unit_to);
		CHECK(plan.ops[i].share >= 0 && plan.ops[i].share <= 1000);
	}
}
