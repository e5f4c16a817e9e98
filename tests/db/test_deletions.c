/* What becomes of accounts that are off, against PostgreSQL: grace, deletion and its guard, and what a platform allows. */
#include "tests/db/guarded.h"

static void a_platform_that_closes_is_asked_about(void **state)
{
	static const struct {
		const char *policy;
		int64_t held, off;
		const char *hold_state;
	} cases[] = { { "ask", 300, 0, "open" }, { "leave", 300, 0, "discarded" }, { "disable", 0, 300, "passed" }, { "delete", 0, 300, "passed" } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		everybody_again(state);
		side(arena_printf(*state, "INSERT INTO sen.provisioning_policy SELECT platform_id, true, true, true, false, 20, 2, 20, 10, 200, 30, 0, 30, '%s'"
		         " FROM sen.provisioning_rule WHERE platform_id = 2", cases[i].policy).p);
		side("UPDATE sen.platform SET state = 'stopped' WHERE id = 2");
		plan_all(*state);
		judge_all(*state);
		assert_int_equal(side_i64(HELD), cases[i].held);
		assert_int_equal(side_i64(HARMED), cases[i].off);
		assert_int_equal(side_i64(arena_printf(*state, "SELECT count(*) FROM sen.hold WHERE platform_id = 2 AND state = '%s'", cases[i].hold_state).p), 1);
		side("SELECT settle()");
		run_deletions(*state);
		assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE delete_at IS NOT NULL"), i == 3 ? 300 : 0);
	}
}

#define STATE_OF_NV1 "SELECT state FROM on_p02 WHERE login = 'nv001'"
#define LET_DELETE "INSERT INTO sen.provisioning_policy SELECT platform_id, true, true, true, true, 20, 2, 20, 10, 200, 30, 30, 30, 'ask' FROM sen.provisioning_rule WHERE platform_id = 2"

/* Somebody loses their access by this, is off on the platform, and the grace begins. */
static void off(struct arena *a, const char *sql)
{
	side(sql);
	plan_all(a);
	side("SELECT settle()");
	run_deletions(a);
}

static void grace_passes(struct arena *a)
{
	side("UPDATE sen.binding SET delete_at = now() WHERE state = 7");
	run_deletions(a);
	judge_all(a);
}

static void off_then_grace_then_gone(void **state)
{
	static const struct result deleted = { .outcome = OUTCOME_OK, .op = "delete", .was_deleted = true };
	const struct work *work;

	off(*state, LET_DELETE "; SELECT take('nv001', 'MC')");
	assert_int_equal(side_i64(STATE_OF_NV1), BINDING_GRACE);
	assert_int_equal(side_i64("SELECT round(extract(epoch FROM delete_at - now()) / 86400) FROM on_p02 WHERE login = 'nv001'"), 30);
	/* Back within the grace: enabled, with the identifier it had. */
	side("SELECT give('nv001', 'MC')");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login = 'nv001' AND state = 1 AND ext_id = 'x' AND delete_at IS NULL"), 1);
	off(*state, "SELECT settle(); SELECT take('nv001', 'MC')");
	grace_passes(*state);
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	assert_true(work->is_deletion);
	assert_int_equal(work->ops_allowed, 15);
	assert_true(complete(*state, work, &deleted));
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login = 'nv001' AND state = 8 AND ext_id IS NULL AND delete_at > now() + interval '29 days'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'platform_account.delete' AND object = 'P02'"), 1);
	/* Back again: looked for, then created. */
	side("SELECT give('nv001', 'MC')");
	plan_all(*state);
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	assert_true(work->in_doubt);
	assert_false(work->is_deletion);
	/* Or remembered long enough. */
	side("UPDATE sen.binding SET state = 8, want_active = false, delete_at = now() WHERE platform_id = 2 AND state = 2");
	run_deletions(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02"), 299);
}

static void a_return_while_it_is_deleted_is_looked_for(void **state)
{
	static const struct result deleted = { .outcome = OUTCOME_OK, .op = "delete", .was_deleted = true };
	const struct work *work;

	off(*state, LET_DELETE "; SELECT take('nv001', 'MC')");
	grace_passes(*state);
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	side("SELECT give('nv001', 'MC')");
	plan_all(*state);
	assert_true(complete(*state, work, &deleted));
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login = 'nv001' AND state = 3 AND want_active AND ext_id IS NULL AND delete_at IS NULL"), 1);
}

static void deletions_are_guarded_and_stop(void **state)
{
	side(LET_DELETE "; UPDATE sen.binding SET state = 7, want_active = false, seen_active = false, delete_at = now() WHERE account_id IN"
	     " (SELECT id FROM sen.account WHERE login ~ 'nv1..') AND platform_id = 2");
	side("UPDATE sen.person SET legal_hold = true WHERE employee_code = 'NV100'");
	run_deletions(*state);
	assert_int_equal(judge_all(*state).n_delete, 99);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login = 'nv100' AND state = 7"), 1);
	/* Released, and one is put under legal hold before it is done. */
	side("UPDATE sen.hold SET state = 'released', decision = 'x' WHERE platform_id = 2");
	assert_int_equal(apply(*state), 99);
	side("UPDATE sen.person SET legal_hold = true WHERE employee_code = 'NV101'");
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE state = 1 AND delete_at <= now()"), 98);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login = 'nv101' AND state = 7"), 1);
	/* Switched off: those in grace are merely off. */
	side("UPDATE sen.provisioning_policy SET may_delete = false");
	run_deletions(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login IN ('nv100', 'nv101') AND state = 0 AND delete_at IS NULL"), 2);
}

static void what_is_discarded_stays_as_it_is(void **state)
{
	side(LET_DELETE "; UPDATE sen.binding SET state = 7, want_active = false, seen_active = false, delete_at = now() WHERE account_id IN"
	     " (SELECT id FROM sen.account WHERE login ~ 'nv0[0-4].') AND platform_id = 2");
	run_deletions(*state);
	side("SELECT take('nv1..', 'MC'), take('nv1..', 'TK')");
	plan_all(*state);
	judge_all(*state);
	assert_int_equal(side_i64(HELD), 150);
	side("UPDATE sen.hold SET state = 'discarded', decision = 'x' WHERE platform_id = 2");
	assert_int_equal(apply(*state), 0);
	/* Deletions begin their grace again; the others wait for the facts. */
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE state = 7 AND delete_at > now() + interval '29 days' AND hold_id IS NULL"), 50);
	assert_int_equal(side_i64(HELD), 100);
	assert_int_equal(apply(*state), 0);
	side("SELECT give('nv1[0-8].', 'MC'), give('nv1[0-8][02468]', 'TK')");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE state = 1 AND want_active AND want_hash = seen_hash"), 90);
	/* Released after all. */
	side("UPDATE sen.hold SET state = 'released', applied_at = NULL WHERE platform_id = 2");
	assert_int_equal(apply(*state), 10);
	assert_int_equal(side_i64(HARMED), 10);
}

static void what_is_allowed_again_goes_on(void **state)
{
	const struct work *work;

	side("INSERT INTO sen.provisioning_policy SELECT platform_id, true, true, false, false, 20, 2, 20, 10, 200, 30, 30, 30, 'ask' FROM sen.provisioning_rule WHERE platform_id = 2;"
	     " SELECT take('nv001', 'MC')");
	plan_all(*state);
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	assert_int_equal(work->ops_allowed, 3);
	side("UPDATE sen.binding SET state = 5, err_class = 'not_allowed' WHERE state = 2");
	side("UPDATE sen.provisioning_policy SET may_disable = true");
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	assert_int_equal(work->ops_allowed, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GUARD_TEST(a_platform_that_closes_is_asked_about),
		GUARD_TEST(off_then_grace_then_gone),
		GUARD_TEST(a_return_while_it_is_deleted_is_looked_for),
		GUARD_TEST(deletions_are_guarded_and_stop),
		GUARD_TEST(what_is_discarded_stays_as_it_is),
		GUARD_TEST(what_is_allowed_again_goes_on),
	};

	return cmocka_run_group_tests_name("provisioning/deletion_store", tests, guarded_create, migrated_drop);
}
