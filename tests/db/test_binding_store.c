/*
 * The bindings against PostgreSQL: no wake-up is lost, no row is claimed twice, a worker that
 * lost its lease changes nothing, the newest desired state wins.
 */
#include "provisioning/binding_store.h"
#include "provisioning/completion_store.h"
#include "common/plan/facts_store.h"
#include "provisioning/reconcile.h"
#include "tests/db/migrated.h"

#define N_ACCOUNTS 400
#define N_THREADS 8
#define MAIL_DOMAIN STR("nghean.example")

static struct db *db;

DB_QUERY(test_waiting, DB_READ,
	"SELECT count(*) FROM pg_locks l JOIN pg_stat_activity s USING (pid)"
	" WHERE NOT l.granted AND s.datname = current_database()");
DB_QUERY(test_hold, DB_WRITE, "UPDATE sen.account SET epoch = epoch + 1 WHERE login = 'nv1'");
DB_QUERY(test_of_nv1, DB_READ, "SELECT id FROM sen.account WHERE login = 'nv1'");

static const char facts_sql[] =
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified)"
	" VALUES ('40', 'Nghệ An', 'nghe an', 'province', '2025-07-01', true);"
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified)"
	" VALUES (2, 'P02', 'Hai', 'hai', 'central', 'operating', true);"
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (2, 'MC', 'Một cửa', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), 'NV' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(0, 400) i;"
	"INSERT INTO sen.post SELECT id, gen_random_uuid(), 1, 'Chuyên viên', 'main', '[2025-07-01,)', 'QĐ 1' FROM sen.person;"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person;"
	"CREATE FUNCTION give(who text) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT a.id, gen_random_uuid(), 1, 1, 'QĐ', now(), g.id FROM sen.account a, sen.account g"
	" WHERE a.login LIKE who AND g.login = 'nv0' AND a.login <> 'nv0' $$;"
	"CREATE FUNCTION take(who text) RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.access_grant SET revoked_at = now(), revoked_by = (SELECT id FROM sen.account WHERE login = 'nv0')"
	" WHERE account_id IN (SELECT id FROM sen.account WHERE login LIKE who) AND revoked_at IS NULL $$;";

static int setup(void **state)
{
	(void)state;
	migrated_create("binding");
	side(facts_sql);
	db = dbtest_open((struct db_config){ .pool_size = N_THREADS + 1, .statement_timeout_ms = 20000 });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_close(db);
	return dbtest_drop();
}

static int forget_bindings(void **state)
{
	unit_arena_setup(state);
	side("DELETE FROM sen.access_grant; DELETE FROM sen.dirty_account; DELETE FROM sen.binding;"
	     " UPDATE sen.account SET status = 'pending', next_eval_at = NULL WHERE status <> 'pending' OR next_eval_at IS NOT NULL;"
	     " DELETE FROM sen.dirty_account");
	return 0;
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

static size_t claim(struct arena *a, int64_t limit, int64_t lease_s, const struct work **ret_work)
{
	struct op op;
	size_t n = 0;

	op_init(&op, a, db, NULL);
	assert_int_equal(binding_claim(&op, &(struct claim){ 2, limit, lease_s, INT16_MAX, false }, ret_work, &n), 0);
	db_op_done(&op);
	return n;
}

/* Ends one operation; false when it had been fenced off. */
static bool complete(struct arena *a, const struct work *work, const struct result *result)
{
	struct completion done = {
		.work = work,
		.result = result,
		.sent_hash = work->want_hash,
		.sent_active = work->want_active,
		.is_charged = true,
		.task_id = STR("test"),
	};
	struct op op;

	op_init(&op, a, db, NULL);
	assert_int_equal(completion_add(&op, &done, 1), 0);
	db_op_done(&op);
	return !done.was_fenced;
}

static const struct result ok = { .outcome = OUTCOME_OK, .op = "create", .ext_id = { "e1", 2 }, .was_created = true };

static void a_grant_becomes_bindings_and_ends_idle(void **state)
{
	const struct work *work;

	side("SELECT give('nv1')");
	assert_int_equal(plan_all(*state), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 1 AND want_active"), 2);
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	assert_true(work[0].want_active);
	assert_false(work[0].in_doubt);
	assert_str_null(work[0].ext_id);
	assert_int_equal(claim(*state, 10, 60, &work), 0);
}

static void a_completion_writes_log_and_audit(void **state)
{
	const struct work *work;

	side("SELECT give('nv1')");
	plan_all(*state);
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	assert_true(complete(*state, work, &ok));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 0 AND seen_hash = want_hash"
	                          " AND seen_active AND seen_gen = want_gen AND ext_id = 'e1' AND due_at IS NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE op = 'create' AND outcome = 'ok' AND task_id = 'test'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'platform_account.create' AND object = 'P02'"), 1);
	/* Planned again without a change: not written. */
	side("SELECT sen.wake(ARRAY(SELECT account_id FROM sen.binding), 3::smallint)");
	assert_int_equal(plan_all(*state), 0);
}

static void a_paused_worker_changes_nothing(void **state)
{
	const struct work *paused, *other;
	size_t n = 0;
	struct op op;

	side("SELECT give('nv1')");
	plan_all(*state);
	assert_int_equal(claim(*state, 10, 1, &paused), 1);
	side("UPDATE sen.binding SET lease_until = now() - interval '1 s' WHERE state = 2");
	op_init(&op, *state, db, NULL);
	assert_int_equal(binding_expire(&op, &n), 0);
	db_op_done(&op);
	assert_int_equal(n, 1);
	/* Awake again before anybody else took it. */
	assert_false(complete(*state, paused, &ok));
	assert_int_equal(side_i64("SELECT state FROM sen.binding WHERE platform_id = 2"), BINDING_IN_DOUBT);
	/* And after. */
	assert_int_equal(claim(*state, 10, 60, &other), 1);
	assert_true(other[0].in_doubt);
	assert_int_equal(other[0].lease_token, paused[0].lease_token + 1);
	assert_false(complete(*state, paused, &ok));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 2 AND ext_id IS NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE outcome = 'lease_lost'"), 2);
	assert_true(complete(*state, other, &ok));
	assert_int_equal(side_i64("SELECT state FROM sen.binding WHERE platform_id = 2"), BINDING_IDLE);
}

static void the_newest_state_wins(void **state)
{
	const struct work *first, *second;

	side("SELECT give('nv1')");
	plan_all(*state);
	assert_int_equal(claim(*state, 10, 60, &first), 1);
	/* Revoked while the creation is under way. */
	side("SELECT take('nv1')");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT state FROM sen.binding WHERE platform_id = 2"), BINDING_LEASED);
	assert_true(complete(*state, first, &ok));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 1 AND prio = 0"
	                          " AND seen_active AND NOT want_active"), 1);
	assert_int_equal(claim(*state, 10, 60, &second), 1);
	assert_false(second[0].want_active);
	assert_str_equal(second[0].ext_id, "e1");
}

static void a_failure_does_not_hide_a_newer_state(void **state)
{
	static const struct result retry = { .outcome = OUTCOME_RETRY, .op = "create", .fault = { .class = "server" } };
	static const struct result doubt = { .outcome = OUTCOME_IN_DOUBT, .op = "create", .fault = { .class = "timeout" } };
	static const struct result blocked = { .outcome = OUTCOME_BLOCKED, .op = "create", .fault = { .class = "data" } };
	static const struct {
		const struct result *result;
		int64_t plain, changed_meanwhile, changed_after;
	} cases[] = {
		{ &retry, BINDING_RETRY, BINDING_DUE, BINDING_DUE },
		/* A doubt is never forgotten: a blind create would follow. */
		{ &doubt, BINDING_IN_DOUBT, BINDING_IN_DOUBT, BINDING_IN_DOUBT },
		{ &blocked, BINDING_BLOCKED, BINDING_IN_DOUBT, BINDING_IN_DOUBT },
	};
	const struct work *work;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		side("DELETE FROM sen.access_grant; DELETE FROM sen.dirty_account; DELETE FROM sen.binding; SELECT give('nv1')");
		plan_all(*state);
		assert_int_equal(claim(*state, 10, 60, &work), 1);
		assert_true(complete(*state, work, cases[i].result));
		assert_int_equal(side_i64("SELECT state FROM sen.binding WHERE platform_id = 2"), cases[i].plain);
		side("SELECT take('nv1')");
		plan_all(*state);
		assert_int_equal(side_i64("SELECT state FROM sen.binding WHERE platform_id = 2"), cases[i].changed_after);
		assert_int_equal(claim(*state, 10, 60, &work), 1);
		side("SELECT give('nv1')");
		plan_all(*state);
		assert_true(complete(*state, work, cases[i].result));
		assert_int_equal(side_i64("SELECT state FROM sen.binding WHERE platform_id = 2"), cases[i].changed_meanwhile);
	}
}

/* A platform's words are foreign: one that is not text must not keep a batch from being written. */
static void foreign_words_do_not_stop_the_batch(void **state)
{
	static const struct result odd = {
		.outcome = OUTCOME_RETRY,
		.op = "update",
		.ext_id = { "\xff\xfe", 2 },
		.etag = { "\xc3", 1 },
		.fault = { .class = "server", .detail = { "L\xe4nge", 5 } },
	};
	const struct work *work;

	side("SELECT give('nv1')");
	plan_all(*state);
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	assert_true(complete(*state, work, &odd));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 4 AND err_class = 'server'"
	                          " AND err_detail = '(not UTF-8)' AND ext_id IS NULL"), 1);
}

/* What was sent may still arrive: a change does not bring the look-up forward. */
static void a_doubt_keeps_its_time(void **state)
{
	const struct work *work;

	side("SELECT give('nv1')");
	plan_all(*state);
	side("UPDATE sen.binding SET state = 3, due_at = now() + interval '1 h' WHERE platform_id = 2");
	side("SELECT take('nv1')");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 3 AND NOT want_active AND due_at > now()"), 1);
	assert_int_equal(claim(*state, 10, 60, &work), 0);
}

/*
 * A planner has taken the account out of the set while the fact of somebody else is not yet
 * committed: the wake-up waits for the planner and is there afterwards.
 */
static void *wake_in_a_transaction(void *arg)
{
	(void)arg;
	side("BEGIN; SELECT give('nv1'); COMMIT");
	return NULL;
}

static void no_wake_up_is_lost(void **state)
{
	const struct woken *woken;
	struct op op;
	pthread_t thread;
	size_t n;

	side("SELECT sen.wake(ARRAY(SELECT id FROM sen.account WHERE login = 'nv1'), 3::smallint)");
	op_init(&op, *state, db, NULL);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(dirty_take(&op, 10, &woken, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(pthread_create(&thread, NULL, wake_in_a_transaction, NULL), 0);
	for (int i = 0; i < 500; i++) {
		struct db_rows rows;

		assert_int_equal(db_run(&op, &test_waiting, &rows), 0);
		if (db_i64(&rows, 0, 0) > 0)
			break;
		usleep(10000);
	}
	assert_int_equal(db_commit(&op), 0);
	db_op_done(&op);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 1);
	assert_int_equal(plan_all(*state), 2);
}


/* Claims until nothing is left. */
static void *claim_all(void *arg)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES * 4);
	size_t *total = arg;

	for (;;) {
		const struct work *work;
		size_t n = claim(a, 7, 60, &work);

		if (n == 0)
			return NULL;
		*total += n;
		for (size_t i = 0; i < n; i++)
			assert_true(complete(a, &work[i], &ok));
	}
}

static void no_row_is_claimed_twice(void **state)
{
	pthread_t threads[N_THREADS];
	size_t totals[N_THREADS] = { 0 }, sum = 0;

	side("SELECT give('nv%')");
	plan_all(*state);
	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, claim_all, &totals[i]), 0);
	for (size_t i = 0; i < N_THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		sum += totals[i];
	}
	assert_int_equal(sum, N_ACCOUNTS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 0 AND lease_token = 1"),
	                 N_ACCOUNTS);
}

static void *reconcile_all(void *arg)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024 * 1024);

	(void)arg;
	plan_all(a);
	return NULL;
}

/* Planners side by side, and facts that change under them: the end state is that of the facts. */
static void planners_do_not_undo_each_other(void **state)
{
	pthread_t threads[4];

	side("SELECT give('nv%')");
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reconcile_all, NULL), 0);
	side("SELECT take('nv1%')");
	side("SELECT take('nv2%')");
	side("SELECT give('nv1%')");
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding b JOIN sen.account a ON a.id = b.account_id WHERE"
	                          " b.want_active <> EXISTS (SELECT FROM sen.live_grant g WHERE g.account_id = b.account_id)"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant g WHERE NOT EXISTS (SELECT FROM sen.binding b"
	                          " WHERE b.account_id = g.account_id AND b.platform_id = 2 AND b.want_active)"), 0);
}

static void a_grant_that_ends_by_its_date_wakes(void **state)
{
	size_t n = 0;
	struct op op;

	side("SELECT give('nv1'); UPDATE sen.access_grant SET valid_to = now() + interval '1 s'");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account a JOIN sen.access_grant g ON g.account_id = a.id"
	                          " WHERE a.next_eval_at = g.valid_to"), 1);
	op_init(&op, *state, db, NULL);
	assert_int_equal(dirty_add_due(&op, &n), 0);
	assert_int_equal(n, 0);
	side("SELECT pg_sleep(1.1)");
	assert_int_equal(dirty_add_due(&op, &n), 0);
	assert_int_equal(n, 1);
	/* Once is enough. */
	assert_int_equal(dirty_add_due(&op, &n), 0);
	assert_int_equal(n, 0);
	db_op_done(&op);
	assert_int_equal(plan_all(*state), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE NOT want_active AND prio = 0 OR state <> 1"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE next_eval_at IS NOT NULL"), 0);
}

/* Whoever holds the account's row is not waited for, and the boundary is not forgotten. */
static void an_account_in_use_is_looked_at_again(void **state)
{
	struct reconcile_report report = { 0 };
	struct db_rows rows;
	struct op op, holder;

	side("SELECT give('nv1'); UPDATE sen.access_grant SET valid_to = now() + interval '1 h'");
	op_init(&holder, *state, db, NULL);
	assert_int_equal(db_begin(&holder), 0);
	assert_int_equal(db_run(&holder, &test_hold, &rows), 0);
	op_init(&op, *state, db, NULL);
	assert_int_equal(reconcile_batch(&op, MAIL_DOMAIN, &report), 0);
	assert_int_equal(report.n_changed, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 1);
	assert_int_equal(db_commit(&holder), 0);
	db_op_done(&holder);
	db_op_done(&op);
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE next_eval_at > now()"), 1);
}

static void the_sweep_finds_what_was_missed(void **state)
{
	const struct work *work;
	size_t n = 0;
	struct op op;

	side("SELECT give('nv1')");
	plan_all(*state);
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	assert_true(complete(*state, work, &ok));
	op_init(&op, *state, db, NULL);
	assert_int_equal(binding_sweep(&op, &n), 0);
	assert_int_equal(n, 0);
	side("UPDATE sen.binding SET want_active = false, want_hash = gen_random_uuid() WHERE platform_id = 2");
	assert_int_equal(binding_sweep(&op, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 1 AND prio = 0"), 1);
	db_op_done(&op);
}

static void a_role_that_is_renamed_wakes_its_holders(void **state)
{
	side("SELECT give('nv1')");
	plan_all(*state);
	side("UPDATE sen.role SET name = name");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 0);
	side("UPDATE sen.role SET name = 'Tiếp nhận'");
	assert_int_equal(plan_all(*state), 1);
	side("UPDATE sen.role SET name = 'Một cửa'");
}

static void facts_say_names_post_and_grants(void **state)
{
	const struct account_facts *f;
	struct str ids[2];
	struct db_rows rows;
	struct op op;
	size_t n;

	side("SELECT give('nv1')");
	op_init(&op, *state, db, NULL);
	assert_int_equal(db_run(&op, &test_of_nv1, &rows), 0);
	ids[0] = db_str(&rows, 0, 0);
	ids[1] = STR("00000000-0000-4000-8000-000000000000");
	assert_int_equal(facts_read(&op, ids, 2, &f, &n), 0);
	assert_int_equal(n, 1);
	assert_str_equal(f->login, "nv1");
	assert_str_equal(f->status, "pending");
	assert_str_equal(f->ho, "Lê");
	assert_str_equal(f->unit_code, "40");
	assert_str_equal(f->post, "Chuyên viên");
	assert_int_equal(f->n_grants, 1);
	assert_str_equal(f->grants[0].platform_code, "P02");
	assert_str_equal(f->grants[0].role_name, "Một cửa");
	assert_int_equal(f->grants[0].platform_id, 2);
	assert_int_equal(f->n_bound, 0);
	assert_str_null(f->next_eval);
	db_op_done(&op);
}

#define BINDING_TEST(f) cmocka_unit_test_setup_teardown(f, forget_bindings, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BINDING_TEST(a_grant_becomes_bindings_and_ends_idle),
		BINDING_TEST(a_completion_writes_log_and_audit),
		BINDING_TEST(a_paused_worker_changes_nothing),
		BINDING_TEST(the_newest_state_wins),
		BINDING_TEST(a_failure_does_not_hide_a_newer_state),
		BINDING_TEST(foreign_words_do_not_stop_the_batch),
		BINDING_TEST(a_doubt_keeps_its_time),
		BINDING_TEST(no_wake_up_is_lost),
		BINDING_TEST(no_row_is_claimed_twice),
		BINDING_TEST(planners_do_not_undo_each_other),
		BINDING_TEST(a_grant_that_ends_by_its_date_wakes),
		BINDING_TEST(an_account_in_use_is_looked_at_again),
		BINDING_TEST(the_sweep_finds_what_was_missed),
		BINDING_TEST(a_role_that_is_renamed_wakes_its_holders),
		BINDING_TEST(facts_say_names_post_and_grants),
	};

	return cmocka_run_group_tests_name("provisioning/binding_store", tests, setup, teardown);
}
