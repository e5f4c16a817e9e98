/* reorg_steps.h and reorg_plan.h: what each kind of step does, and what stands in its way. */
#include "server/governance/reorg_plan.h"
#include "tests/unit/unit.h"

#include <string.h>

#define DAY 20000
#define AT_S ((int64_t)DAY * 86400)

#define UNIT(id_, parent_, code_, name_, kind_) \
	{ .id = (id_), .parent_id = (parent_), .code = { code_, sizeof(code_) - 1 }, .name = { name_, sizeof(name_) - 1 }, \
	  .name_fold = { name_, sizeof(name_) - 1 }, .kind = { kind_, sizeof(kind_) - 1 }, .is_valid = true, .is_older = true }

/* 40 ─ 10001 (A) ─ .VP .KT      10002 (B) ─ .VP      10003 (C)      S1, a department ─ S1.A */
static const struct reorg_unit units[] = {
	UNIT(1, 0, "40", "tinh", "province"),          UNIT(2, 1, "10001", "a", "commune"),
	UNIT(3, 2, "10001.VP", "van phong", "division"), UNIT(4, 2, "10001.KT", "kinh te", "division"),
	UNIT(5, 1, "10002", "b", "commune"),           UNIT(6, 5, "10002.VP", "van phong", "division"),
	UNIT(7, 1, "10003", "c", "commune"),           UNIT(8, 1, "S1", "so", "department"),
	UNIT(9, 8, "S1.A", "phong", "division"),
};

struct test {
	struct arena *a;
	struct reorg_post posts[4];
	struct reorg_grant grants[4];
	struct reorg_scope scopes[4];
	struct reorg_facts facts;
	struct reorg_plan plan;
};

static struct reorg_post post(const char *id, int64_t unit, const char *title, bool is_main)
{
	return (struct reorg_post){ .person_id = STR("p1"), .employee_code = STR("E1"), .id = str_c(id), .unit_id = unit, .title = str_c(title),
		.is_main = is_main, .from_day = DAY - 100, .to_day = REORG_OPEN };
}

static struct reorg_grant grant(const char *id, int64_t unit)
{
	return (struct reorg_grant){ .person_id = STR("p1"), .employee_code = STR("E1"), .account_id = STR("acc1"), .id = str_c(id), .role_id = 1,
		.platform_id = 2, .unit_id = unit, .from_s = AT_S - 1000, .to_s = REORG_OPEN };
}

static struct reorg_scope scope(const char *account, const char *id, int64_t unit)
{
	return (struct reorg_scope){ .account_id = str_c(account), .id = str_c(id), .unit_id = unit, .platform_id = REORG_EVERY_PLATFORM,
		.rights = STR("{grant,read}"), .to_s = REORG_OPEN };
}

static struct reorg_scope shaped(const char *account, const char *id, int64_t unit)
{
	struct reorg_scope s = scope(account, id, unit);

	s.shape = STR("{7}");
	s.rights = STR("{grant,read}|{7}");
	return s;
}

/* Empty lists are what the test has not filled. */
static void run(struct test *t, const char *json)
{
	_json_ json_t *steps_json = json_read(str_c(json), 8, NULL);
	struct reorg_steps steps;
	struct op op;

	op_init(&op, t->a, NULL, NULL);
	if (reorg_steps_read(&op, steps_json, &steps) < 0)
		fail_msg("%s", op.error.text);
	t->facts = (struct reorg_facts){ .units = units, .n_units = ARRAY_LEN(units), .posts = t->posts, .grants = t->grants, .scopes = t->scopes,
		.rules = t->facts.rules, .n_rules = t->facts.n_rules, .pairs = t->facts.pairs, .n_pairs = t->facts.n_pairs, .excepted = t->facts.excepted, .n_excepted = t->facts.n_excepted, .effective_day = DAY, .execute_at_s = AT_S };
	while (t->facts.n_posts < 4 && !str_is_null(t->posts[t->facts.n_posts].id))
		t->facts.n_posts++;
	while (t->facts.n_grants < 4 && !str_is_null(t->grants[t->facts.n_grants].id))
		t->facts.n_grants++;
	while (t->facts.n_scopes < 4 && !str_is_null(t->scopes[t->facts.n_scopes].id))
		t->facts.n_scopes++;
	reorg_plan(t->a, &t->facts, &steps, &t->plan);
}

static struct str code_of(const struct test *t, int64_t ref)
{
	if (ref > 0)
		return units[ref - 1].code;
	for (size_t i = 0; i < t->plan.n_units; i++)
		if (ref < 0 && t->plan.units[i].ref == ref)
			return t->plan.units[i].code;
	return STR("-");
}

/* "post_move post1 10001.VP>10009.VP"; of persons and scopes, each on its line. */
static struct str told(const struct test *t)
{
	struct str s = STR("");

	for (size_t i = t->plan.people_from; i < t->plan.n_ops; i++) {
		const struct reorg_op *o = &t->plan.ops[i];

		if (o->kind == REORG_UNIT_END || o->kind == REORG_SUCCESSOR)
			continue;
		s = arena_printf(t->a, "%.*s%s %.*s %.*s>%.*s\n", STR_ARG(s), reorg_op_name(o->kind), STR_ARG(o->subject),
		                 STR_ARG(code_of(t, o->unit_from)), STR_ARG(code_of(t, o->unit_to)));
	}
	for (size_t i = 0; i < t->plan.n_findings; i++)
		s = arena_printf(t->a, "%.*s%s%s\n", STR_ARG(s), reorg_finding_blocks(t->plan.findings[i].code) ? "!" : "", reorg_finding_name(t->plan.findings[i].code));
	return s;
}

#define MERGE_AB "[{\"kind\": \"merge\", \"from\": [\"10001\", \"10002\"], \"into\": [{\"code\": \"10009\", \"name\": \"Mới\"}]}]"

struct row {
	const char *steps;
	struct test t;
	const char *expected;
};

static void run_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
		struct test t = rows[i].t;

		print_message("row %zu %s\n", i, rows[i].steps);
		t.a = a;
		run(&t, rows[i].steps);
		assert_str_equal(told(&t), rows[i].expected);
	}
}

static void test_merge(_unused_ void **state)
{
	const struct row rows[] = {
		/* To the division of the same name; a grant for the whole commune to the whole new one. */
		{ MERGE_AB, { .posts = { post("post1", 3, "CV", true) }, .grants = { grant("g1", 2), grant("g2", 3) } },
		  "post_move post1 10001.VP>10009.VP\ngrant_move g1 10001>10009\ngrant_move g2 10001.VP>10009.VP\n" },
		/* The same post in both becomes one, the main one; so does the grant. */
		{ MERGE_AB, { .posts = { post("post1", 3, "CV", false), post("post2", 6, "CV", true) }, .grants = { grant("g1", 3), grant("g2", 6) } },
		  "post_end post1 10001.VP>-\npost_move post2 10002.VP>10009.VP\ngrant_move g1 10001.VP>10009.VP\ngrant_merge g2 10002.VP>10009.VP\n" },
		/* Another title is another post. */
		{ MERGE_AB, { .posts = { post("post1", 3, "CV", false), post("post2", 6, "TP", true) } },
		  "post_move post1 10001.VP>10009.VP\npost_move post2 10002.VP>10009.VP\n" },
		/* One becomes part of the other, which stays what it is. */
		{ "[{\"kind\": \"merge\", \"from\": [\"10001\", \"10002\"], \"into\": [{\"code\": \"10001\"}]}]",
		  { .posts = { post("post1", 3, "CV", true), post("post2", 6, "TP", false) } }, "post_move post2 10002.VP>10001.VP\n" },
		/* Who administers one of the two administers nothing afterwards; who has both, or what is above, keeps it. */
		{ MERGE_AB, { .scopes = { scope("adm1", "s1", 2) } }, "scope_end s1 10001>-\nscope_falls\n" },
		{ MERGE_AB, { .scopes = { scope("adm1", "s1", 2), scope("adm1", "s2", 5) } }, "scope_move s1 10001>10009\nscope_end s2 10002>-\n" },
		{ MERGE_AB, { .scopes = { scope("adm1", "s1", 1), scope("adm1", "s2", 5) } }, "scope_move s2 10002>10009\n" },
		/* For other roles it is another scope. */
		{ MERGE_AB, { .scopes = { scope("adm1", "s1", 2), shaped("adm1", "s2", 2), scope("adm1", "s3", 5), shaped("adm1", "s4", 5) } },
		  "scope_move s1 10001>10009\nscope_move s2 10001>10009\nscope_end s3 10002>-\nscope_end s4 10002>-\n" },
		{ MERGE_AB, { .scopes = { scope("adm1", "s1", 4) } }, "scope_move s1 10001.KT>10009.KT\n" },
		/* Unless the step says so, and then the plan does. */
		{ "[{\"kind\": \"merge\", \"from\": [\"10001\", \"10002\"], \"into\": [{\"code\": \"10009\", \"name\": \"Mới\"}], \"scopes\": \"follow\"}]",
		  { .scopes = { scope("adm1", "s1", 2) } }, "scope_move s1 10001>10009\nscope_further\n" },
		{ "[{\"kind\": \"merge\", \"from\": [\"10001\", \"10002\"], \"into\": [{\"code\": \"10001\"}]}]", { .scopes = { scope("adm1", "s1", 2) } },
		  "scope_further\n" },
	};

	run_rows(rows, ARRAY_LEN(rows));
}

static void test_split(_unused_ void **state)
{
	const struct row rows[] = {
		/* Nobody said where. */
		{ "[{\"kind\": \"split\", \"from\": [\"10001\"], \"into\": [{\"code\": \"10008\", \"name\": \"X\"}, {\"code\": \"10009\", \"name\": \"Y\"}],"
		  " \"divisions\": {\"10001.KT\": \"10008\"}}]", { .posts = { post("post1", 3, "CV", true) } }, "!unassigned\n" },
		/* By name, and by division: a grant for the whole goes where the post went. */
		{ "[{\"kind\": \"split\", \"from\": [\"10001\"], \"into\": [{\"code\": \"10008\", \"name\": \"X\"}, {\"code\": \"10009\", \"name\": \"Y\"}],"
		  " \"persons\": {\"E1\": \"10009\"}}]", { .posts = { post("post1", 3, "CV", true) }, .grants = { grant("g1", 2) } },
		  "post_move post1 10001.VP>10009.VP\ngrant_move g1 10001>10009\n" },
		{ "[{\"kind\": \"split\", \"from\": [\"10001\"], \"into\": [{\"code\": \"10008\", \"name\": \"X\"}, {\"code\": \"10009\", \"name\": \"Y\"}],"
		  " \"divisions\": {\"10001.KT\": \"10008\", \"10001.VP\": \"10009\"}}]", { .posts = { post("post1", 3, "CV", true) }, .grants = { grant("g1", 2), grant("g2", 3) } },
		  "grant_move g1 10001>10009\n" },
		{ "[{\"kind\": \"split\", \"from\": [\"10001\"], \"into\": [{\"code\": \"10008\", \"name\": \"X\"}, {\"code\": \"10009\", \"name\": \"Y\"}]}]",
		  { .scopes = { scope("adm1", "s1", 2) } }, "scope_move s1 10001>10008\nscope_add s1 10001>10009\n" },
	};

	run_rows(rows, ARRAY_LEN(rows));
}

static void test_rename_and_move(_unused_ void **state)
{
	const struct row rows[] = {
		/* A new name is nothing to anybody. */
		{ "[{\"kind\": \"rename\", \"from\": [\"10001\"], \"into\": [{\"code\": \"10001\", \"name\": \"Mới\"}]}]",
		  { .posts = { post("post1", 3, "CV", true) }, .grants = { grant("g1", 2) }, .scopes = { scope("adm1", "s1", 2) } }, "" },
		/* What is granted for what was above stays with the post, for its own unit. */
		{ "[{\"kind\": \"move\", \"from\": [\"S1.A\"], \"parent\": \"10003\"}]",
		  { .posts = { post("post1", 9, "CV", true) }, .grants = { grant("g1", 8), grant("g2", 9) } }, "grant_merge g1 S1>S1.A\n" },
		{ "[{\"kind\": \"move\", \"from\": [\"S1.A\"], \"parent\": \"10003\"}]", { .posts = { post("post1", 9, "CV", true) }, .scopes = { scope("adm1", "s1", 7) } },
		  "scope_further\n" },
		{ "[{\"kind\": \"move\", \"from\": [\"10001\"], \"parent\": \"10001.VP\"}]", { .posts = { post("post1", 3, "CV", true) } }, "!step_invalid\n" },
	};

	run_rows(rows, ARRAY_LEN(rows));
}

static void test_abolish_and_one_after_the_other(_unused_ void **state)
{
	const struct row rows[] = {
		/* Abolished: somebody says where, or that it ends. */
		{ "[{\"kind\": \"abolish\", \"from\": [\"10001.VP\"]}]", { .posts = { post("post1", 3, "CV", true) }, .grants = { grant("g1", 3) } },
		  "!unassigned\n!unassigned\n" },
		{ "[{\"kind\": \"abolish\", \"from\": [\"10001.VP\"], \"persons\": {\"E1\": \"10003\"}}]", { .posts = { post("post1", 3, "CV", true) }, .grants = { grant("g1", 3) } },
		  "post_move post1 10001.VP>10003\ngrant_move g1 10001.VP>10003\n" },
		{ "[{\"kind\": \"abolish\", \"from\": [\"10001.VP\"], \"rest\": \"end\"}]", { .posts = { post("post1", 3, "CV", true) }, .grants = { grant("g1", 3) } },
		  "post_end post1 10001.VP>-\ngrant_end g1 10001.VP>-\nperson_leaves\ngrant_ends\n" },
		{ "[{\"kind\": \"abolish\", \"from\": [\"10001.VP\"], \"rest\": \"end\"}]", { .posts = { post("post1", 3, "CV", true), post("post2", 7, "CV", false) } },
		  "post_end post1 10001.VP>-\n!no_main\n" },
		/* One step after the other: what became of A goes on. */
		{ "[{\"kind\": \"merge\", \"from\": [\"10001\", \"10002\"], \"into\": [{\"code\": \"10009\", \"name\": \"Mới\"}]},"
		  " {\"kind\": \"merge\", \"from\": [\"10009\", \"10003\"], \"into\": [{\"code\": \"10003\"}]}]", { .posts = { post("post1", 2, "CV", true) } },
		  "post_move post1 10001>10003\n" },
		{ "[{\"kind\": \"merge\", \"from\": [\"10001\"], \"into\": [{\"code\": \"10009\", \"name\": \"Mới\"}]}, {\"kind\": \"rename\", \"from\": [\"10001\"],"
		  " \"into\": [{\"code\": \"10001\", \"name\": \"X\"}]}]", { .posts = { post("post1", 2, "CV", true) } }, "post_move post1 10001>10009\n!step_invalid\n" },
		{ "[{\"kind\": \"merge\", \"from\": [\"99999\", \"10001\"], \"into\": [{\"code\": \"10009\", \"name\": \"Mới\"}]}]", { .posts = { post("post1", 2, "CV", true) } },
		  "!step_invalid\n" },
	};

	run_rows(rows, ARRAY_LEN(rows));
}

static void test_time(void **state)
{
	struct test t = { .a = *state, .posts = { post("post1", 3, "CV", true), post("post2", 6, "TP", false) }, .grants = { grant("g1", 3), grant("g2", 6) } };

	/* One ends before the other begins: together they would be more than both. */
	t.grants[0].to_s = AT_S + 100;
	t.grants[1].from_s = AT_S + 200;
	run(&t, MERGE_AB);
	assert_int_equal(t.plan.n_blocking, 1);
	assert_string_equal(reorg_finding_name(t.plan.findings[0].code), "grant_gap");
	t.grants[1].from_s = AT_S + 100;
	run(&t, MERGE_AB);
	assert_int_equal(t.plan.n_blocking, 0);
	/* What has run out by then is left alone. */
	t.grants[0].to_s = AT_S;
	run(&t, MERGE_AB);
	assert_str_equal(told(&t), "post_move post1 10001.VP>10009.VP\npost_move post2 10002.VP>10009.VP\ngrant_move g2 10002.VP>10009.VP\n");
}

static void test_separation(void **state)
{
	static const struct reorg_pair pairs[] = { { .role_a = 1, .role_b = 2, .within_unit = true, .duty = STR("d1") } };
	static const struct reorg_excepted others[] = { { STR("p1"), STR("d2") }, { STR("somebody"), STR("d1") } };
	static const struct reorg_excepted excepted[] = { { STR("p1"), STR("d1") } };
	struct test t = { .a = *state, .posts = { post("post1", 3, "CV", true), post("post2", 6, "TP", false) }, .grants = { grant("g1", 3), grant("g2", 6) } };

	t.grants[1].role_id = 2;
	run(&t, MERGE_AB);
	assert_int_equal(t.plan.n_blocking, 0);
	t.facts.pairs = pairs;
	t.facts.n_pairs = 1;
	run(&t, MERGE_AB);
	assert_int_equal(t.plan.n_blocking, 1);
	assert_string_equal(reorg_finding_name(t.plan.findings[0].code), "separation");
	/* Units meet also when one lies in the other. */
	t.grants[1] = grant("g2", 5);
	t.grants[1].role_id = 2;
	t.posts[1] = post("post2", 5, "TP", false);
	run(&t, MERGE_AB);
	assert_int_equal(t.plan.n_blocking, 1);
	/* An exception is for one person, from one duty. */
	t.facts.excepted = others;
	t.facts.n_excepted = ARRAY_LEN(others);
	run(&t, MERGE_AB);
	assert_int_equal(t.plan.n_blocking, 1);
	t.facts.excepted = excepted;
	t.facts.n_excepted = 1;
	run(&t, MERGE_AB);
	assert_int_equal(t.plan.n_blocking, 0);
}

/* A rule goes where its unit goes: by its findings, one after the other, with the unit that each is about. */
static void test_rules(void **state)
{
	static const struct {
		const char *steps;
		int64_t unit; /* of the rule */
		const char *expected;
	} rows[] = {
		{ MERGE_AB, 1, "" },
		{ MERGE_AB, 7, "" },
		{ MERGE_AB, 2, "rule_further 10009\n" },
		{ MERGE_AB, 3, "rule_further 10009.VP\n" },
		{ MERGE_AB, 4, "" }, /* B has no such division: it goes on alone */
		{ "[{\"kind\": \"merge\", \"from\": [\"10001\", \"10002\"], \"into\": [{\"code\": \"10001\"}]}]", 2, "rule_further 10001\n" },
		{ "[{\"kind\": \"merge\", \"from\": [\"10001\", \"10002\"], \"into\": [{\"code\": \"10001\"}]}]", 5, "rule_further 10001\n" },
		{ "[{\"kind\": \"split\", \"from\": [\"10001\"], \"into\": [{\"code\": \"10008\", \"name\": \"X\"}, {\"code\": \"10009\", \"name\": \"Y\"}],"
		  " \"divisions\": {\"10001.VP\": \"10008\", \"10001.KT\": \"10009\"}}]", 2, "" },
		{ "[{\"kind\": \"rename\", \"from\": [\"10001\"], \"into\": [{\"code\": \"10001\", \"name\": \"X\"}]}]", 2, "" },
		{ "[{\"kind\": \"move\", \"from\": [\"S1.A\"], \"parent\": \"10003\"}]", 8, "rule_falls S1.A\n" },
		{ "[{\"kind\": \"move\", \"from\": [\"S1.A\"], \"parent\": \"10003\"}]", 9, "" },
		{ "[{\"kind\": \"move\", \"from\": [\"S1.A\"], \"parent\": \"10003\"}]", 7, "rule_further 10003\n" },
		{ "[{\"kind\": \"abolish\", \"from\": [\"10001.VP\"], \"rest\": \"end\"}]", 3, "rule_falls 10001.VP\n" },
		{ "[{\"kind\": \"abolish\", \"from\": [\"10001.VP\"], \"rest\": \"end\"}]", 2, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct reorg_rule rule = { STR("r1"), rows[i].unit };
		struct test t = { .a = *state, .facts = { .rules = &rule, .n_rules = 1 } };
		struct str all = STR("");

		run(&t, rows[i].steps);
		for (size_t k = 0; k < t.plan.n_findings; k++)
			all = arena_printf(t.a, "%.*s%s %.*s\n", STR_ARG(all), reorg_finding_name(t.plan.findings[k].code), STR_ARG(t.plan.findings[k].unit_code));
		if (!str_equal(all, str_c(rows[i].expected)))
			fail_msg("row %zu: %.*s", i, STR_ARG(all));
	}
}

/* Whatever changes, the hash does. */
static void test_hash(void **state)
{
	struct test t = { .a = *state, .posts = { post("post1", 3, "CV", true) }, .grants = { grant("g1", 3) } };
	struct str first;

	run(&t, MERGE_AB);
	first = reorg_plan_hash(t.a, &t.plan);
	assert_int_equal(first.len, 64);
	run(&t, MERGE_AB);
	assert_true(str_equal(first, reorg_plan_hash(t.a, &t.plan)));
	t.grants[0].unit_id = 2;
	run(&t, MERGE_AB);
	assert_false(str_equal(first, reorg_plan_hash(t.a, &t.plan)));
	t.grants[0].unit_id = 3;
	run(&t, "[{\"kind\": \"merge\", \"from\": [\"10001\", \"10002\"], \"into\": [{\"code\": \"10009\", \"name\": \"Khác\"}]}]");
	assert_false(str_equal(first, reorg_plan_hash(t.a, &t.plan)));
}

static void test_steps_refused(void **state)
{
	static const char *const bad[] = {
		"[]", "{}", "[1]", "[{}]", "[{\"kind\": \"melt\", \"from\": [\"1\"]}]", "[{\"kind\": \"merge\", \"from\": [], \"into\": [{\"code\": \"1\"}]}]",
		"[{\"kind\": \"merge\", \"from\": [\"1\"]}]", "[{\"kind\": \"merge\", \"from\": [\"1\"], \"into\": [{\"code\": \"1\"}], \"parent\": \"2\"}]",
		"[{\"kind\": \"merge\", \"from\": [\"1\"], \"into\": [{\"code\": \"1\"}], \"persons\": {\"E\": \"1\"}}]",
		"[{\"kind\": \"merge\", \"from\": [\"1\"], \"into\": [{\"code\": \"1\"}], \"scope\": \"follow\"}]",
		"[{\"kind\": \"merge\", \"from\": [\"1\"], \"into\": [{\"code\": \"1\"}], \"scopes\": \"all\"}]",
		"[{\"kind\": \"merge\", \"from\": [\"a b\"], \"into\": [{\"code\": \"1\"}]}]", "[{\"kind\": \"merge\", \"from\": [1], \"into\": [{\"code\": \"1\"}]}]",
		"[{\"kind\": \"merge\", \"from\": [\"1\"], \"into\": [{\"code\": \"1\", \"kind\": \"district\"}]}]",
		"[{\"kind\": \"merge\", \"from\": [\"1\"], \"into\": [{\"code\": \"1\", \"name\": \"\"}]}]",
		"[{\"kind\": \"merge\", \"from\": [\"1\"], \"into\": [{\"code\": \"1\", \"ident_new\": \"h41\"}]}]",
		"[{\"kind\": \"split\", \"from\": [\"1\"], \"into\": [{\"code\": \"2\"}]}]", "[{\"kind\": \"split\", \"from\": [\"1\", \"2\"], \"into\": [{\"code\": \"2\"}, {\"code\": \"3\"}]}]",
		"[{\"kind\": \"rename\", \"from\": [\"1\"], \"into\": [{\"code\": \"2\", \"name\": \"x\"}]}]", "[{\"kind\": \"rename\", \"from\": [\"1\"], \"into\": [{\"code\": \"1\"}]}]",
		"[{\"kind\": \"move\", \"from\": [\"1\"]}]", "[{\"kind\": \"abolish\", \"from\": [\"1\"], \"rest\": \"leave\"}]",
		"[{\"kind\": \"abolish\", \"from\": [\"1\"], \"persons\": {\"E\": 5}}]", "[{\"kind\": \"abolish\", \"from\": [\"1\"], \"persons\": [\"E\"]}]",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_json_ json_t *json = json_read(str_c(bad[i]), 8, NULL);
		struct reorg_steps steps;
		struct op op;

		print_message("%s\n", bad[i]);
		op_init(&op, *state, NULL, NULL);
		assert_int_equal(reorg_steps_read(&op, json, &steps), ERR_INVALID_VALUE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge), cmocka_unit_test(test_split), cmocka_unit_test(test_rename_and_move),
		cmocka_unit_test(test_abolish_and_one_after_the_other), UNIT_TEST(test_time), UNIT_TEST(test_separation), UNIT_TEST(test_rules), UNIT_TEST(test_hash), UNIT_TEST(test_steps_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
