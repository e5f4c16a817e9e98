/*
 * The guard against PostgreSQL: what takes access away from many is held before anybody is harmed, however many planners there
 * are; a revocation by name never is.
 */
#include "common/model/wake_cause.h"
#include "tests/db/guarded.h"
#include "tests/unit/at_once.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

DB_QUERY(test_take, DB_WRITE, "SELECT public.take($1, 'MC'), public.take($1, 'TK')");

static void a_few_pass_at_once(void **state)
{
	side("SELECT take('nv00[1-5]', 'MC'), take('nv00[1-5]', 'TK')");
	plan_all(*state);
	assert_int_equal(side_i64(HELD), 0);
	assert_int_equal(side_i64(HARMED), 5);
}

static void up_to_the_limit_pass_when_counted(void **state)
{
	side("SELECT take('nv2[01].', 'MC'), take('nv2[01].', 'TK')");
	plan_all(*state);
	assert_int_equal(side_i64(HARMED), 0);
	assert_int_equal(side_i64(HELD), 20);
	assert_int_equal(judge_all(*state).id, 0);
	assert_int_equal(side_i64(HELD), 0);
	assert_int_equal(side_i64(HARMED), 20);
	assert_int_equal(side_i64("SELECT n_passed FROM sen.hold WHERE platform_id = 2 AND state = 'passed'"), 20);
	/* The next ones within the hour are too many together with these. */
	side("SELECT settle(); SELECT take('nv22[0-5]', 'MC'), take('nv22[0-5]', 'TK')");
	plan_all(*state);
	assert_string_equal(judge_all(*state).reason, "platform");
	assert_int_equal(side_i64(HELD), 6);
	assert_int_equal(side_i64(HARMED), 0);
}

static void many_are_held_and_nobody_is_harmed(void **state)
{
	struct guard_opened opened;

	side("SELECT take('nv1..', 'MC'), take('nv1..', 'TK')");
	plan_all(*state);
	assert_int_equal(side_i64(HARMED), 0);
	opened = judge_all(*state);
	assert_string_equal(opened.reason, "platform");
	assert_int_equal(opened.n_disable, 100);
	assert_int_equal(side_i64(HELD), 100);
	assert_int_equal(side_i64(HARMED), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold_author o JOIN sen.account a ON a.id = o.account_id JOIN sen.hold h ON h.id = o.hold_id"
	                          " WHERE a.login = 'nv000' AND h.platform_id = 2"), 1);
	/* One who leaves now, by name: at once, whether held or not. */
	side("UPDATE sen.account SET status = 'disabled' WHERE login = 'nv150'");
	side("UPDATE sen.account SET status = 'disabled' WHERE login = 'nv250'");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login IN ('nv150', 'nv250') AND state = 1 AND prio = 0"), 2);
	assert_int_equal(side_i64(HELD), 99);
	/* What comes later joins, however few it is. */
	side("BEGIN; SET LOCAL sen.cause = 'feed'; SELECT take('nv200', 'MC'), take('nv200', 'TK'); COMMIT");
	plan_all(*state);
	judge_all(*state);
	assert_int_equal(side_i64(HELD), 100);
	assert_int_equal(side_i64("SELECT n_disable FROM sen.hold WHERE platform_id = 2 AND state = 'open'"), 100);
	/* Granted again: never kept from it. */
	side("SELECT give('nv1[0-4].', 'MC')");
	plan_all(*state);
	judge_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login ~ 'nv1[0-4].' AND state = 1 AND want_active AND hold_id IS NULL"), 50);
	assert_int_equal(side_i64(HELD), 50);
}

/* Both before it is planned: somebody decided about this one. */
static void by_name_and_in_mass_is_by_name(void **state)
{
	side("UPDATE sen.account SET status = 'disabled' WHERE login = 'nv110'");
	side("SELECT take('nv1..', 'MC'), take('nv1..', 'TK')");
	side("UPDATE sen.account SET status = 'disabled' WHERE login = 'nv120'");
	/* Who only looks again decides nothing. */
	side("SELECT sen.wake_again(ARRAY(SELECT id FROM sen.account WHERE login IN ('nv130', 'nv110')), 1::smallint)");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE state = 1 AND login IN ('nv110', 'nv120')"), 2);
	assert_int_equal(side_i64(HELD), 98);
	/* Account by account in one transaction is a mass as well. */
	everybody_again(state);
	side("DO $$ DECLARE who text; BEGIN FOR who IN SELECT login FROM sen.account WHERE login ~ 'nv1..' LOOP"
	     " PERFORM take(who, 'MC'); PERFORM take(who, 'TK'); END LOOP; END $$");
	plan_all(*state);
	assert_int_equal(side_i64(HELD), 100);
}

static void a_unit_and_a_role_are_counted(void **state)
{
	struct guard_opened opened;

	/* 11 of the 100 of 40.1, and not 21 of the platform. */
	side("SELECT take('nv0[01][0-5]', 'MC'), take('nv0[01][0-5]', 'TK')");
	plan_all(*state);
	opened = judge_all(*state);
	assert_string_equal(opened.reason, "unit");
	assert_str_equal(opened.about, "40.1");
	assert_int_equal(side_i64(HELD), 12);
	everybody_again(state);
	side("INSERT INTO sen.provisioning_policy SELECT platform_id, true, true, true, false, 20, 2, 20, 10, 100, 30, 30, 30, 'ask' FROM sen.provisioning_rule WHERE platform_id = 2");
	side("SELECT take('nv[12].[02468]', 'TK')");
	plan_all(*state);
	opened = judge_all(*state);
	assert_string_equal(opened.reason, "role");
	assert_str_equal(opened.about, "TK");
	assert_int_equal(opened.n_change, 100);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE state = 6 AND want_active"), 100);
	/* A name changes for all of the province meanwhile: what is held stays, the others go on. */
	side("UPDATE sen.unit SET name = 'Tỉnh Nghệ An' WHERE code = '40'");
	plan_all(*state);
	assert_int_equal(side_i64(HELD), 100);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE state = 1"), 100);
	side("UPDATE sen.unit SET name = 'Nghệ An' WHERE code = '40'");
}

/* No role has 200 members of whom 30 % lose it, and everybody keeps an account: all roles together are counted. */
static void memberships_are_counted(void **state)
{
	struct guard_opened opened;

	side("INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (2, 'XX', 'Khác', 'normal', true) ON CONFLICT DO NOTHING");
	/* 40 of 450. */
	side("SELECT take('nv0[0-7][02468]', 'TK')");
	plan_all(*state);
	assert_int_equal(side_i64(HELD), 40);
	assert_int_equal(judge_all(*state).id, 0);
	assert_int_equal(side_i64(HELD), 0);
	assert_int_equal(side_i64("SELECT n_passed_roles FROM sen.hold WHERE platform_id = 2"), 40);
	/* Who loses one and gains another is no loss. */
	side("SELECT settle(); SELECT take('nv1[0-2][02468]', 'TK'); SELECT give('nv1[0-2][02468]', 'XX');"
	     " UPDATE sen.access_grant SET valid_from = now() WHERE role_id = (SELECT id FROM sen.role WHERE code = 'XX')");
	plan_all(*state);
	assert_int_equal(judge_all(*state).id, 0);
	assert_int_equal(side_i64(HELD), 0);
	/* The next ones within the hour are too many together with the first 40. */
	side("SELECT settle(); SELECT take('nv2[0-1][02468]', 'TK')");
	plan_all(*state);
	opened = judge_all(*state);
	assert_string_equal(opened.reason, "memberships");
	assert_true(str_is_null(opened.about));
	assert_int_equal(opened.n_change, 10);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE state = 6 AND want_active"), 10);
	/* One of them by name: at once. */
	side("SELECT take('nv200', 'MC')");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login = 'nv200' AND state = 1"), 1);
}

/* All roles of these accounts, in one transaction. */
static void take_for(struct arena *a, enum wake_cause cause, struct str logins)
{
	struct db_rows rows;
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(wake_cause_set(&op, cause), 0);
	assert_int_equal(db_run(&op, &test_take, &rows, P_STR(logins)), 0);
	assert_int_equal(db_commit(&op), 0);
	db_op_done(&op);
}

static void what_was_approved_is_not_held_again(void **state)
{
	take_for(*state, WAKE_APPROVED, STR("nv1.."));
	take_for(*state, WAKE_NAMED, STR("nv2.."));
	plan_all(*state);
	assert_int_equal(side_i64(HELD), 0);
	assert_int_equal(side_i64(HARMED), 200);
	/* Movements that are due, all in one transaction; but within a feed, as the feed. */
	everybody_again(state);
	side("INSERT INTO sen.account_due (account_id, due_at, status, revoke, movement_id, actor) SELECT id, now(), 'disabled', false, id, id FROM sen.account WHERE login ~ 'nv1..'");
	assert_int_equal(side_i64("SELECT sen.account_due_run(NULL, 50, 'test')"), 50);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account d JOIN sen.mass_cause m ON m.xid = d.cause"), 0);
	side("BEGIN; SET LOCAL sen.cause = 'feed'; SELECT sen.account_due_run(NULL, 50, 'test'); COMMIT; DELETE FROM sen.account_due");
	plan_all(*state);
	assert_int_equal(side_i64(HELD), 50);
	assert_int_equal(side_i64(HARMED), 50);
}

static void a_program_that_goes_row_by_row_is_counted(void **state)
{
	for (int i = 100; i < 130; i++) {
		take_for(*state, WAKE_FEED, arena_printf(*state, "nv%d", i));
		plan_all(*state);
		judge_all(*state);
	}
	/* 20 within the hour; from then on all wait. */
	assert_int_equal(side_i64(HARMED), 20);
	assert_int_equal(side_i64(HELD), 10);
}

/* An operation is under way, or its end is not known, when the feed takes the account away. */
static void what_is_under_way_is_held_at_its_end(void **state)
{
	static const struct result ok = { .outcome = OUTCOME_OK, .op = "update", .ext_id = { "x", 1 } };
	static const struct result retry = { .outcome = OUTCOME_RETRY, .op = "update", .ext_id = { "x", 1 }, .fault = { .class = "server" } };
	const struct work *work;
	struct op op;
	size_t n;

	side("UPDATE sen.person SET ten = 'Bình', full_name = 'Lê Bình' WHERE employee_code ~ 'NV10[0-3]'");
	plan_all(*state);
	side("UPDATE sen.binding b SET state = 3, ext_id = NULL, due_at = now() + interval '1 h' FROM sen.account a WHERE a.id = b.account_id AND a.login = 'nv103' AND platform_id = 2");
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(binding_claim(&op, &(struct claim){ 2, 3, 60, INT16_MAX, false }, &work, &n), 0);
	assert_int_equal(n, 3);
	side("SELECT take('nv1..', 'MC'), take('nv1..', 'TK')");
	plan_all(*state);
	for (size_t i = 0; i < 2; i++) {
		struct completion done = { .work = &work[i], .result = i == 0 ? &ok : &retry, .sent_hash = work[i].want_hash, .sent_active = true, .task_id = STR("test") };

		assert_int_equal(completion_add(&op, &done, 1), 0);
		assert_false(done.was_fenced);
	}
	side("UPDATE sen.binding SET lease_until = now() - interval '1 s' WHERE state = 2");
	assert_int_equal(binding_expire(&op, &n), 0);
	assert_int_equal(n, 1);
	db_op_done(&op);
	judge_all(*state);
	assert_int_equal(side_i64(HELD), 100);
	assert_int_equal(side_i64(HARMED), 0);
	/* Released: whoever may not be there is looked for first. */
	side("UPDATE sen.hold SET state = 'released', decision = 'x' WHERE platform_id = 2 AND state = 'open'; UPDATE sen.hold SET applied_at = now() WHERE platform_id = 0");
	assert_int_equal(apply(*state), 100);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE state = 3 AND login = 'nv103'"), 1);
	assert_int_equal(side_i64(HARMED), 99);
}

/* A feed of its own, four persons, in a provisioner of its own. */
static void *take_plan_judge(void *arg)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(ARENA_BYTES);
	int first = 100 + 4 * *(const int *)arg;

	take_for(a, WAKE_FEED, arena_printf(a, "nv(%d|%d|%d|%d)", first, first + 1, first + 2, first + 3));
	plan_all(a);
	judge_all(a);
	return NULL;
}

static void fifty_planners_do_not_slip_past(void **state)
{
	int numbers[N_THREADS];

	for (int t = 0; t < N_THREADS; t++)
		numbers[t] = t;
	AT_ONCE(take_plan_judge, numbers);
	plan_all(*state);
	judge_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE NOT want_active"), 200);
	assert_true(side_i64(HARMED) <= 20);
	assert_int_equal(side_i64(HELD) + side_i64(HARMED), 200);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE platform_id = 2 AND state = 'open'"), 1);
	assert_int_equal(side_i64(HARMED), side_i64("SELECT sum(n_passed) FROM sen.hold WHERE platform_id = 2"));
}

static void a_platform_is_judged_by_one_at_a_time(void **state)
{
	struct guard_opened opened;
	bool judged = true;
	struct op op;

	side("SELECT take('nv1..', 'MC'), take('nv1..', 'TK')");
	plan_all(*state);
	judge_all(*state);
	side("UPDATE sen.binding SET hold_id = 0 WHERE state = 6; DELETE FROM sen.hold_author; DELETE FROM sen.hold");
	side("BEGIN; SELECT FROM sen.guard_size FOR UPDATE");
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(guard_run(&op, &judged, &opened), 0);
	assert_false(judged);
	side("COMMIT");
	assert_int_equal(guard_run(&op, &judged, &opened), 0);
	assert_true(judged);
	db_op_done(&op);
}

static void *apply_side_by_side(void *arg)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	size_t *n = arg;

	*n = apply(a);
	return NULL;
}

static void a_release_is_carried_out_once(void **state)
{
	size_t n[N_THREADS] = { 0 }, sum = 0;

	side("SELECT take('nv1..', 'MC'), take('nv1..', 'TK')");
	plan_all(*state);
	judge_all(*state);
	side("UPDATE sen.hold SET state = 'released', decision = 'x' WHERE platform_id = 2");
	AT_ONCE(apply_side_by_side, n);
	for (size_t t = 0; t < N_THREADS; t++)
		sum += n[t];
	assert_int_equal(sum, 100);
	assert_int_equal(side_i64(HARMED), 100);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE applied_at IS NULL AND state = 'released'"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GUARD_TEST(a_few_pass_at_once),
		GUARD_TEST(up_to_the_limit_pass_when_counted),
		GUARD_TEST(many_are_held_and_nobody_is_harmed),
		GUARD_TEST(by_name_and_in_mass_is_by_name),
		GUARD_TEST(a_unit_and_a_role_are_counted),
		GUARD_TEST(memberships_are_counted),
		GUARD_TEST(what_was_approved_is_not_held_again),
		GUARD_TEST(a_program_that_goes_row_by_row_is_counted),
		GUARD_TEST(what_is_under_way_is_held_at_its_end),
		GUARD_TEST(fifty_planners_do_not_slip_past),
		GUARD_TEST(a_platform_is_judged_by_one_at_a_time),
		GUARD_TEST(a_release_is_carried_out_once),
	};

	return cmocka_run_group_tests_name("provisioning/guard_store", tests, guarded_create, migrated_drop);
}
