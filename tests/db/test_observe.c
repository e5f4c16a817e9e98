/* What the observer finds, against PostgreSQL: drift, access behind our back, accounts that are not ours, what a platform says itself. */
#include "provisioning/observe/follow_store.h"
#include "provisioning/observe/notices.h"
#include "tests/db/observed.h"

static void all_as_wanted_changes_nothing(void **state)
{
	struct shown *s = show(*state);

	assert_int_equal(s->n, N_ACCOUNTS);
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("situation = 'linked' AND equal_to IS NOT NULL AND diff IS NULL"), N_ACCOUNTS);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(LAST_RUN("CASE WHEN state = 'complete' AND linked = 40 AND known = 0 AND drifted = 0 THEN 1 ELSE 0 END"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_item"), 0);
	/* The second time not even a row is written. */
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("last_run = (SELECT max(id) FROM sen.observe_run)"), 0);
}

static void a_foreign_change_is_repaired(void **state)
{
	struct shown *s = show(*state);

	rename_to(*state, s, "nv5", "Ai Đó Khác");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 4 AND seen_hash <> want_hash AND account_id = (SELECT id FROM sen.account WHERE login = 'nv5')"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
	assert_int_equal(COUNT_SHADOWS("diff->'displayName'->>'seen' = 'Ai Đó Khác' AND diff->'displayName'->>'rule' = 'enforce'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE op = 'observe' AND outcome = 'drift' AND detail LIKE '%displayName%'"), 1);
	/* Until it is repaired it is not judged again; then it is forgotten. */
	observe(s, -1);
	assert_int_equal(LAST_RUN("repaired"), 0);
	side("SELECT settle()");
	observe(show(*state), -1);
	assert_int_equal(COUNT_SHADOWS("diff IS NOT NULL"), 0);
}

static void a_policy_reports_or_ignores(void **state)
{
	struct shown *s = show(*state);

	side("DELETE FROM sen.op_log; INSERT INTO sen.attribute_policy VALUES (2, 'displayName', 'report'), (2, 'name.formatted', 'ignore')");
	rename_to(*state, s, "nv5", "Ai Đó Khác");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("diff->'displayName'->>'rule' = 'report' AND diff->'name.formatted' IS NULL"), 1);
	assert_int_equal(LAST_RUN("drifted * 10 + repaired"), 10);
	side("DELETE FROM sen.attribute_policy WHERE attribute = 'displayName'");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1"), 1);
}

static void access_behind_our_back_goes_first(void **state)
{
	struct shown *s;

	side("SELECT take('nv7')");
	plan_all(*state);
	side("SELECT settle()");
	/* Reporting is no way to keep access that shall not be. */
	side("INSERT INTO sen.attribute_policy VALUES (2, 'active', 'report'), (2, 'roles', 'ignore')");
	s = show(*state);
	assert_false(of_login(s, "nv7")->active);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	of_login(s, "nv7")->active = true;
	/* Off against our will: only told. */
	of_login(s, "nv8")->active = false;
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_active AND NOT want_active"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
	assert_int_equal(COUNT_SHADOWS("diff->'active'->>'rule' = 'report' AND owner_account = (SELECT id FROM sen.account WHERE login = 'nv8')"), 1);
	/* A role that was left to somebody without access. */
	side("SELECT settle()");
	s = show(*state);
	of_login(s, "nv7")->document = STR("{\"roles\":[\"MC\"]}");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND NOT want_active"), 1);
}

/* An account that is off and waits to be deleted, or that was deleted, is looked at like any other. */
static void access_that_comes_back_after_it_ended_is_ended(void **state)
{
	struct shown *s;

	side("SELECT take('nv7')");
	plan_all(*state);
	side("SELECT settle(); UPDATE sen.binding SET state = 7, delete_at = now() + interval '30 days' WHERE " NV7);
	s = show(*state);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 7"), 1);
	of_login(s, "nv7")->active = true;
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_active AND " NV7), 1);
	side("SELECT settle(); UPDATE sen.binding SET state = 7 WHERE " NV7);
	s = show(*state);
	of_login(s, "nv7")->document = STR("{\"roles\":[\"MC\"]}");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND " NV7), 1);
	/* Restored from somebody's backup. */
	side("SELECT settle(); UPDATE sen.binding SET state = 8, ext_id = NULL WHERE " NV7);
	s = show(*state);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 8"), 1);
	of_login(s, "nv7")->active = true;
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_active AND ext_id = 'e-nv7'"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
}

static void others_accounts_are_told_and_not_touched(void **state)
{
	struct shown *s = show(*state);
	struct str nv1 = of_login(s, "nv1")->account_id, nv2 = of_login(s, "nv2")->account_id, nv3 = of_login(s, "nv3")->account_id;

	/* Nobody's; named as one of ours, which has its own; carrying the id of one that has its own; carrying an id of nobody's. */
	add(s, "x1", STR_NULL, "khach");
	add(s, "x2", STR_NULL, "nv1");
	add(s, "x3", nv2, "nv2b");
	add(s, "x4", STR("11111111-1111-4111-8111-111111111111"), "ai");
	add(s, "x5", STR("no uuid"), "");
	/* The binding of nv4 says this is its account; the account says it is that of nv3. */
	of_login(s, "nv4")->account_id = nv3;
	/* Its id was taken away there. */
	of_login(s, "nv6")->account_id = STR_NULL;
	/* One of ours without access, by name. */
	add(s, "x6", STR_NULL, "NV0");
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("ext_id IN ('x1', 'x4', 'x5') AND situation = 'unmatched' AND owner_account IS NULL"), 3);
	assert_int_equal(COUNT_SHADOWS("ext_id IN ('x2', 'x3') AND situation = 'disputed'"), 2);
	assert_int_equal(COUNT_SHADOWS("ext_id = 'e-nv4' AND situation = 'collision'"), 1);
	assert_int_equal(COUNT_SHADOWS("ext_id IN ('x6', 'e-nv6') AND situation = 'unlinked'"), 2);
	assert_int_equal(COUNT_SHADOWS("ext_id IN ('e-nv1', 'e-nv2', 'e-nv3') AND situation = 'linked'"), 3);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(LAST_RUN("unmatched * 1000 + disputed * 100 + collisions * 10 + unlinked"), 3212);
	assert_true(str_equal(nv1, of_login(s, "nv1")->account_id));
}

static void an_identifier_that_changed_is_taken_over(void **state)
{
	struct shown *s = show(*state);

	of_login(s, "nv5")->ext_id = STR("E-NV5");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("ext_id = 'E-NV5' AND state = 0"), 1);
	assert_int_equal(COUNT_SHADOWS("situation = 'linked'"), N_ACCOUNTS);
}

/* What the platform knows it by, whatever else somebody has changed. */
static void an_account_is_known_without_our_id(void **state)
{
	struct shown *s = show(*state);
	struct str nv3 = of_login(s, "nv3")->account_id;

	for (size_t i = 0; i < s->n; i++)
		s->accounts[i].stable_id = arena_printf(*state, "u-%.*s", STR_ARG(s->accounts[i].login));
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("stable_id = 'u-nv7' AND " NV7), 1);
	assert_int_equal(COUNT_BINDINGS("stable_id IS NOT NULL"), N_ACCOUNTS);
	/* Our id, name and place are others; and it is on, which it should not be. */
	side("SELECT take('nv7')");
	plan_all(*state);
	side("SELECT settle()");
	of_login(s, "nv4")->account_id = nv3;
	*of_login(s, "nv7") = (struct listed){ .ext_id = STR("elsewhere"), .login = STR("khach"), .active = true, .document = STR("{}"), .stable_id = STR("u-nv7") };
	/* Our id is on another one: what we know stays as it is. */
	of_login(s, "nv8")->stable_id = STR("u-other");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_active AND ext_id = 'elsewhere' AND " NV7), 1);
	assert_int_equal(COUNT_SHADOWS("ext_id = 'elsewhere' AND situation = 'linked'"), 1);
	assert_int_equal(COUNT_SHADOWS("ext_id = 'e-nv4' AND situation = 'collision'"), 1);
	assert_int_equal(COUNT_BINDINGS("stable_id = 'u-nv8'"), 1);
}

static int64_t noticed(struct op *op, struct str ext_id, struct str account_id, struct str etag)
{
	struct notice notice = { ext_id, account_id, etag };
	int64_t n = -1;

	assert_int_equal(observe_noticed(op, 2, &notice, &n), 0);
	return n;
}

/* A platform's own word is a hint: it makes due what we have there, and nothing else. */
static void test_what_a_platform_says_is_looked_at(void **state)
{
	struct shown *s = show(*state);
	struct listed *l = of_login(s, "nv1");
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	side("UPDATE sen.binding SET etag = 'W/\"1\"' WHERE platform_id = 2");
	/* Our own writing, of which it speaks, too. */
	assert_int_equal(noticed(&op, STR_NULL, l->account_id, STR("W/\"1\"")), 0);
	assert_int_equal(noticed(&op, STR_NULL, l->account_id, STR("W/\"2\"")), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 1 AND seen_hash IS NULL AND prio = 4"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE platform_id = 2 AND op = 'observe' AND detail = 'noticed'"), 1);
	/* It is due already. */
	assert_int_equal(noticed(&op, STR_NULL, l->account_id, STR("W/\"3\"")), 0);
	/* Nobody, nonsense, an identifier that no listing has seen. */
	assert_int_equal(noticed(&op, STR_NULL, STR("11111111-1111-4111-8111-111111111111"), STR_NULL), 0);
	assert_int_equal(noticed(&op, STR_NULL, STR("' OR true"), STR_NULL), 0);
	assert_int_equal(noticed(&op, of_login(s, "nv2")->ext_id, STR_NULL, STR_NULL), 0);
	side("INSERT INTO sen.shadow (platform_id, ext_id, situation, owner_account, last_run) SELECT 2, ext_id, 'linked', account_id, 0 FROM sen.binding WHERE platform_id = 2");
	assert_int_equal(noticed(&op, of_login(s, "nv2")->ext_id, STR_NULL, STR_NULL), 1);
	/* Both words for one account. */
	assert_int_equal(noticed(&op, of_login(s, "nv3")->ext_id, of_login(s, "nv3")->account_id, STR_NULL), 1);
	/* Whose access had ended goes first. */
	side("UPDATE sen.binding SET want_active = false WHERE ext_id = 'e-nv4'");
	assert_int_equal(noticed(&op, of_login(s, "nv4")->ext_id, STR_NULL, STR_NULL), 1);
	assert_int_equal(side_i64("SELECT prio FROM sen.binding WHERE platform_id = 2 AND ext_id = 'e-nv4'"), 0);
	db_op_done(&op);
}

/* What is told of an account in its grace is looked at like that of any other. */
static void in_its_grace_an_account_is_followed(void **state)
{
	struct shown *s;
	struct listed *l;
	struct follow f = { 0 };
	bool is_ours = false;
	size_t n = 0;
	struct op op;

	side("SELECT take('nv7')");
	plan_all(*state);
	side("SELECT settle(); UPDATE sen.binding SET state = 7 WHERE " NV7);
	s = show(*state);
	l = of_login(s, "nv7");
	l->active = true;
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(follow_claim(&op, 2, &f, &is_ours), 0);
	assert_true(is_ours);

	struct sight_row row = { .listed = l, .situation = "linked", .owner = l->account_id };
	const struct due_row gone = { l->account_id, l->ext_id }, look = { l->account_id, STR_NULL };

	for (size_t i = 0; i < s->n; i++)
		if (str_equal(s->wants[i].login, STR("nv7")))
			row.judgement = (struct judgement){ .want_hash = str_c(s->wants[i].hash), .is_enforced = true, .names = STR("active"), .diff = STR("{}") };
	assert_int_equal(follow_write(&op, &f, &row, 1, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_active AND " NV7), 1);
	/* Deleted there: nothing is left to be done. */
	side("SELECT settle(); UPDATE sen.binding SET state = 7 WHERE " NV7);
	assert_int_equal(follow_due(&op, &f, &gone, 1, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(follow_due(&op, &f, &look, 1, &n), 0);
	assert_int_equal(n, 1);
	side("SELECT settle(); UPDATE sen.binding SET state = 7 WHERE " NV7);
	assert_int_equal(noticed(&op, STR_NULL, l->account_id, STR_NULL), 1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND " NV7), 1);
	db_op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OBSERVE_TEST(test_what_a_platform_says_is_looked_at),
		OBSERVE_TEST(in_its_grace_an_account_is_followed),
		OBSERVE_TEST(all_as_wanted_changes_nothing),
		OBSERVE_TEST(a_foreign_change_is_repaired),
		OBSERVE_TEST(a_policy_reports_or_ignores),
		OBSERVE_TEST(access_behind_our_back_goes_first),
		OBSERVE_TEST(access_that_comes_back_after_it_ended_is_ended),
		OBSERVE_TEST(others_accounts_are_told_and_not_touched),
		OBSERVE_TEST(an_identifier_that_changed_is_taken_over),
		OBSERVE_TEST(an_account_is_known_without_our_id),
	};

	return cmocka_run_group_tests_name("observe", tests, observed_create, migrated_drop);
}
