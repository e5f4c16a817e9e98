/*
 * The bindings against PostgreSQL: no row is claimed twice, a worker that lost its lease changes nothing, the newest desired
 * state wins.
 */
#include "tests/db/bindings.h"
#include "tests/unit/at_once.h"

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
	assert_true(complete(*state, work, &done_ok));
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
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(binding_expire(&op, &n), 0);
	db_op_done(&op);
	assert_int_equal(n, 1);
	/* Awake again before anybody else took it. */
	assert_false(complete(*state, paused, &done_ok));
	assert_int_equal(side_i64("SELECT state FROM sen.binding WHERE platform_id = 2"), BINDING_IN_DOUBT);
	/* And after. */
	assert_int_equal(claim(*state, 10, 60, &other), 1);
	assert_true(other[0].in_doubt);
	assert_int_equal(other[0].lease_token, paused[0].lease_token + 1);
	assert_false(complete(*state, paused, &done_ok));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 2 AND ext_id IS NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE outcome = 'lease_lost'"), 2);
	assert_true(complete(*state, other, &done_ok));
	assert_int_equal(side_i64("SELECT state FROM sen.binding WHERE platform_id = 2"), BINDING_IDLE);
}

/* Kept from operation to operation, until the account is deleted. */
static void what_it_is_known_by_is_kept(void **state)
{
	static const struct result known = { .outcome = OUTCOME_OK, .op = "update", .ext_id = { "e1", 2 }, .stable_id = { "u1", 2 } };
	static const struct result deleted = { .outcome = OUTCOME_OK, .op = "delete", .was_deleted = true };
	static const struct result *const cases[] = { &known, &done_ok, &deleted };
	const struct work *work;

	side("SELECT give('nv1')");
	plan_all(*state);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		side("UPDATE sen.binding SET state = 1, due_at = now() WHERE platform_id = 2");
		assert_int_equal(claim(*state, 10, 60, &work), 1);
		assert_true(i == 0 ? str_is_null(work[0].stable_id) : str_equal(work[0].stable_id, STR("u1")));
		assert_true(complete(*state, work, cases[i]));
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND stable_id IS NULL AND ext_id IS NULL"), 1);
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
	assert_true(complete(*state, first, &done_ok));
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
			assert_true(complete(a, &work[i], &done_ok));
	}
}

static void no_row_is_claimed_twice(void **state)
{
	size_t totals[N_THREADS] = { 0 }, sum = 0;

	side("SELECT give('nv%')");
	plan_all(*state);
	AT_ONCE(claim_all, totals);
	for (size_t i = 0; i < N_THREADS; i++)
		sum += totals[i];
	assert_int_equal(sum, N_ACCOUNTS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 0 AND lease_token = 1"),
	                 N_ACCOUNTS);
}

static void the_sweep_finds_what_was_missed(void **state)
{
	const struct work *work;
	size_t n = 0;
	struct op op;

	side("SELECT give('nv1')");
	plan_all(*state);
	assert_int_equal(claim(*state, 10, 60, &work), 1);
	assert_true(complete(*state, work, &done_ok));
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(binding_sweep(&op, &n), 0);
	assert_int_equal(n, 0);
	side("UPDATE sen.binding SET want_active = false, want_hash = gen_random_uuid() WHERE platform_id = 2");
	assert_int_equal(binding_sweep(&op, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 1 AND prio = 0"), 1);
	db_op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BINDING_TEST(a_grant_becomes_bindings_and_ends_idle),
		BINDING_TEST(a_completion_writes_log_and_audit),
		BINDING_TEST(a_paused_worker_changes_nothing),
		BINDING_TEST(what_it_is_known_by_is_kept),
		BINDING_TEST(the_newest_state_wins),
		BINDING_TEST(a_failure_does_not_hide_a_newer_state),
		BINDING_TEST(foreign_words_do_not_stop_the_batch),
		BINDING_TEST(a_doubt_keeps_its_time),
		BINDING_TEST(no_row_is_claimed_twice),
		BINDING_TEST(the_sweep_finds_what_was_missed),
	};

	return cmocka_run_group_tests_name("provisioning/binding_store", tests, bindings_create, migrated_drop);
}
