/*
 * The guard against PostgreSQL: what takes access away from many is held before anybody is harmed, however many planners there
 * are; a revocation by name never is; and what becomes of accounts that are off.
 */
#include "common/plan/facts_store.h"
#include "common/model/wake_cause.h"
#include "provisioning/binding_store.h"
#include "provisioning/completion_store.h"
#include "provisioning/deletion_store.h"
#include "provisioning/guard_store.h"
#include "provisioning/reconcile.h"
#include "tests/db/migrated.h"

#define N_THREADS 50
#define MAIL_DOMAIN STR("nghean.example")
#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

static struct db *db;

DB_QUERY(test_take, DB_WRITE, "SELECT public.take($1, 'MC'), public.take($1, 'TK')");

/* Accounts nv000 … nv299: roles MC for all and TK for every second one; the first 100 in unit 40.1, the others in 40. */
static const char facts_sql[] =
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified) VALUES ('40', 'Nghệ An', 'nghe an', 'province', '2025-07-01', true);"
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified, parent_id)"
	" SELECT '40.1', 'Sở', 'so', 'department', '2025-07-01', true, id FROM sen.unit;"
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified) VALUES (2, 'P02', 'Hai', 'hai', 'central', 'operating', true);"
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (2, 'MC', 'Một cửa', 'normal', true), (2, 'TK', 'Tra cứu', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), 'NV' || to_char(i, 'FM000'), 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(0, 299) i;"
	"INSERT INTO sen.post SELECT id, gen_random_uuid(), (SELECT id FROM sen.unit WHERE code = CASE WHEN employee_code < 'NV100' THEN '40.1' ELSE '40' END),"
	" 'Chuyên viên', 'main', '[2025-07-01,)', 'QĐ 1' FROM sen.person;"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person;"
	"CREATE FUNCTION give(who text, what text) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT a.id, gen_random_uuid(), r.id, 1, 'QĐ', now() - interval '2 hours', (SELECT g.id FROM sen.account g WHERE g.login = CASE WHEN a.login = 'nv299' THEN 'nv298' ELSE 'nv299' END) FROM sen.account a, sen.role r WHERE a.login ~ who AND r.code = what $$;"
	"CREATE FUNCTION take(who text, what text) RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.access_grant SET revoked_at = now(), revoked_by = (SELECT id FROM sen.account WHERE login = 'nv000')"
	" WHERE account_id IN (SELECT id FROM sen.account WHERE login ~ who) AND role_id = (SELECT id FROM sen.role WHERE code = what) AND revoked_at IS NULL $$;"
	/* As if a worker had brought all of it there. */
	"CREATE FUNCTION settle() RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.binding SET state = 0, seen_hash = want_hash, seen_active = want_active, seen_gen = want_gen, ext_id = coalesce(ext_id, 'x'), due_at = NULL"
	" WHERE state = 1 $$;"
	"CREATE VIEW on_p02 AS SELECT b.*, a.login FROM sen.binding b JOIN sen.account a ON a.id = b.account_id WHERE b.platform_id = 2;";

static int setup(void **state)
{
	(void)state;
	migrated_create("guard");
	side(facts_sql);
	db = dbtest_open((struct db_config){ .pool_size = N_THREADS + 1, .statement_timeout_ms = 60000 });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_close(db);
	return dbtest_drop();
}

static size_t plan_all(struct arena *a)
{
	size_t n_changed = 0;

	for (;;) {
		struct reconcile_report report = { 0 };
		struct op op;

		op_init(&op, a, db, NULL);
		assert_int_equal(reconcile_batch(&op, MAIL_DOMAIN, &report), 0);
		db_op_done(&op);
		n_changed += report.n_changed;
		if (report.n_accounts == 0)
			return n_changed;
	}
}

static struct guard_opened judge_all(struct arena *a)
{
	struct guard_opened opened, first = { 0 };
	bool judged = true;
	struct op op;

	op_init(&op, a, db, NULL);
	while (judged) {
		assert_int_equal(guard_run(&op, &judged, &opened), 0);
		if (opened.id > 0 && str_equal(opened.platform, STR("P02")))
			first = opened;
	}
	db_op_done(&op);
	return first;
}

static size_t apply(struct arena *a)
{
	struct op op;
	size_t n;

	op_init(&op, a, db, NULL);
	assert_int_equal(guard_apply(&op, &n), 0);
	db_op_done(&op);
	return n;
}

static void run_deletions(struct arena *a)
{
	struct op op;
	size_t n;

	op_init(&op, a, db, NULL);
	assert_int_equal(deletion_run(&op, &n), 0);
	db_op_done(&op);
}

/* 300 accounts, all on P02 and settled. */
static int everybody_is_there(void **state)
{
	unit_arena_setup(state);
	side("UPDATE sen.person SET legal_hold = false WHERE legal_hold; UPDATE sen.account SET status = 'pending' WHERE status <> 'pending';"
	     " UPDATE sen.platform SET state = 'operating' WHERE id = 2 AND state <> 'operating'; DELETE FROM sen.access_grant; DELETE FROM sen.dirty_account;"
	     " DELETE FROM sen.binding; DELETE FROM sen.hold_author; DELETE FROM sen.hold; DELETE FROM sen.guard_size; DELETE FROM sen.provisioning_policy;"
	     " SELECT give('.', 'MC'); SELECT give('[02468]$', 'TK')");
	plan_all(*state);
	side("SELECT settle()");
	return 0;
}

/* From the beginning, within a test. */
static void everybody_again(void **state)
{
	unit_arena_teardown(state);
	everybody_is_there(state);
}

#define HELD "SELECT count(*) FROM on_p02 WHERE state = 6"
#define HARMED "SELECT count(*) FROM on_p02 WHERE NOT want_active AND state = 1"

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

/* All roles of these accounts, in one transaction. */
static void take_for(struct arena *a, enum wake_cause cause, struct str logins)
{
	struct db_rows rows;
	struct op op;

	op_init(&op, a, db, NULL);
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
	op_init(&op, *state, db, NULL);
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
	pthread_t threads[N_THREADS];
	int numbers[N_THREADS];

	for (int t = 0; t < N_THREADS; t++) {
		numbers[t] = t;
		assert_int_equal(pthread_create(&threads[t], NULL, take_plan_judge, &numbers[t]), 0);
	}
	for (size_t t = 0; t < N_THREADS; t++)
		assert_int_equal(pthread_join(threads[t], NULL), 0);
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
	op_init(&op, *state, db, NULL);
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
	pthread_t threads[N_THREADS];
	size_t n[N_THREADS] = { 0 }, sum = 0;

	side("SELECT take('nv1..', 'MC'), take('nv1..', 'TK')");
	plan_all(*state);
	judge_all(*state);
	side("UPDATE sen.hold SET state = 'released', decision = 'x' WHERE platform_id = 2");
	for (size_t t = 0; t < N_THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, apply_side_by_side, &n[t]), 0);
	for (size_t t = 0; t < N_THREADS; t++) {
		assert_int_equal(pthread_join(threads[t], NULL), 0);
		sum += n[t];
	}
	assert_int_equal(sum, 100);
	assert_int_equal(side_i64(HARMED), 100);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE applied_at IS NULL AND state = 'released'"), 0);
}

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

static bool complete(struct arena *a, const struct work *work, const struct result *result)
{
	struct completion done = { .work = work, .result = result, .sent_hash = work->want_hash, .sent_active = work->want_active, .task_id = STR("test") };
	struct op op;

	op_init(&op, a, db, NULL);
	assert_int_equal(completion_add(&op, &done, 1), 0);
	db_op_done(&op);
	return !done.was_fenced;
}

static size_t claim(struct arena *a, const struct work **ret_work)
{
	struct op op;
	size_t n = 0;

	op_init(&op, a, db, NULL);
	assert_int_equal(binding_claim(&op, &(struct claim){ 2, 10, 60, INT16_MAX, false }, ret_work, &n), 0);
	db_op_done(&op);
	return n;
}

#define STATE_OF_NV1 "SELECT state FROM on_p02 WHERE login = 'nv001'"
#define LET_DELETE "INSERT INTO sen.provisioning_policy SELECT platform_id, true, true, true, true, 20, 2, 20, 10, 200, 30, 30, 30, 'ask' FROM sen.provisioning_rule WHERE platform_id = 2"

static void off_then_grace_then_gone(void **state)
{
	static const struct result deleted = { .outcome = OUTCOME_OK, .op = "delete", .was_deleted = true };
	const struct work *work;

	side(LET_DELETE "; SELECT take('nv001', 'MC')");
	plan_all(*state);
	side("SELECT settle()");
	run_deletions(*state);
	assert_int_equal(side_i64(STATE_OF_NV1), BINDING_GRACE);
	assert_int_equal(side_i64("SELECT round(extract(epoch FROM delete_at - now()) / 86400) FROM on_p02 WHERE login = 'nv001'"), 30);
	/* Back within the grace: enabled, with the identifier it had. */
	side("SELECT give('nv001', 'MC')");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login = 'nv001' AND state = 1 AND ext_id = 'x' AND delete_at IS NULL"), 1);
	side("SELECT settle(); SELECT take('nv001', 'MC')");
	plan_all(*state);
	side("SELECT settle()");
	run_deletions(*state);
	side("UPDATE sen.binding SET delete_at = now() WHERE state = 7");
	run_deletions(*state);
	judge_all(*state);
	assert_int_equal(claim(*state, &work), 1);
	assert_true(work->is_deletion);
	assert_int_equal(work->ops_allowed, 15);
	assert_true(complete(*state, work, &deleted));
	assert_int_equal(side_i64("SELECT count(*) FROM on_p02 WHERE login = 'nv001' AND state = 8 AND ext_id IS NULL AND delete_at > now() + interval '29 days'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'platform_account.delete' AND object = 'P02'"), 1);
	/* Back again: looked for, then created. */
	side("SELECT give('nv001', 'MC')");
	plan_all(*state);
	assert_int_equal(claim(*state, &work), 1);
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

	side(LET_DELETE "; SELECT take('nv001', 'MC')");
	plan_all(*state);
	side("SELECT settle()");
	run_deletions(*state);
	side("UPDATE sen.binding SET delete_at = now() WHERE state = 7");
	run_deletions(*state);
	judge_all(*state);
	assert_int_equal(claim(*state, &work), 1);
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
	assert_int_equal(claim(*state, &work), 1);
	assert_int_equal(work->ops_allowed, 3);
	side("UPDATE sen.binding SET state = 5, err_class = 'not_allowed' WHERE state = 2");
	side("UPDATE sen.provisioning_policy SET may_disable = true");
	assert_int_equal(claim(*state, &work), 1);
	assert_int_equal(work->ops_allowed, 7);
}

#define GUARD_TEST(f) cmocka_unit_test_setup_teardown(f, everybody_is_there, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GUARD_TEST(a_few_pass_at_once),
		GUARD_TEST(up_to_the_limit_pass_when_counted),
		GUARD_TEST(many_are_held_and_nobody_is_harmed),
		GUARD_TEST(by_name_and_in_mass_is_by_name),
		GUARD_TEST(a_unit_and_a_role_are_counted),
		GUARD_TEST(what_was_approved_is_not_held_again),
		GUARD_TEST(a_program_that_goes_row_by_row_is_counted),
		GUARD_TEST(what_is_under_way_is_held_at_its_end),
		GUARD_TEST(fifty_planners_do_not_slip_past),
		GUARD_TEST(a_platform_is_judged_by_one_at_a_time),
		GUARD_TEST(a_release_is_carried_out_once),
		GUARD_TEST(a_platform_that_closes_is_asked_about),
		GUARD_TEST(off_then_grace_then_gone),
		GUARD_TEST(a_return_while_it_is_deleted_is_looked_for),
		GUARD_TEST(deletions_are_guarded_and_stop),
		GUARD_TEST(what_is_discarded_stays_as_it_is),
		GUARD_TEST(what_is_allowed_again_goes_on),
	};

	return cmocka_run_group_tests_name("provisioning/guard_store", tests, setup, teardown);
}
