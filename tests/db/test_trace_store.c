/*
 * Runs on demand and proofs of ended access against PostgreSQL: one end of a run however many platforms end at once, leases that
 * fence, bindings that are nobody's to claim, and since when access is gone.
 */
#include "provisioning/trace_store.h"
#include "tests/db/planned.h"
#include "tests/unit/at_once.h"

#define N_RUNS 40

DB_QUERY(test_trace_account, DB_READ, "SELECT id FROM sen.account WHERE login = $1");
DB_QUERY(test_trace_ask, DB_WRITE,
         "INSERT INTO sen.provision_run (account_id, id, requested_by) SELECT id, gen_random_uuid(), id FROM sen.account WHERE login = $1");
DB_QUERY(test_trace_gone, DB_READ,
         "SELECT e.kind, e.what, e.operation_id, extract(epoch FROM now() - e.gone_at)::bigint, extract(epoch FROM now() - e.verified_at)::bigint"
         " FROM sen.access_ended($1::uuid, 2::smallint, $2::bigint) e");

static int setup(_unused_ void **state)
{
	return migrated_open("trace", PLANNED_FACTS "SELECT people(2); SELECT give('nv%')", 4);
}

static int forget(void **state)
{
	unit_arena_setup(state);
	side("DELETE FROM sen.provision_run; DELETE FROM sen.binding; DELETE FROM sen.access_proof; DELETE FROM sen.dirty_account");
	return 0;
}

static struct str account(struct op *op, const char *login)
{
	struct db_rows rows;

	assert_int_equal(db_run(op, &test_trace_account, &rows, P_C(login)), 0);
	return db_str(&rows, 0, 0);
}

static void ask_and_plan(struct op *op, const char *login)
{
	struct db_rows rows;
	bool planned = false;

	assert_int_equal(db_run(op, &test_trace_ask, &rows, P_C(login)), 0);
	assert_int_equal(trace_plan_run(op, MAIL_DOMAIN, &planned), 0);
	assert_true(planned);
}

static size_t targets(struct op *op, int64_t lease_s, const struct trace_target **ret)
{
	static const int64_t platforms[] = { 0, 2 };
	size_t n;

	assert_int_equal(trace_targets_claim(op, platforms, 2, lease_s, 10, ret, &n), 0);
	return n;
}

static struct trace_end end_of(const struct trace_target *t)
{
	return (struct trace_end){ .target = *t, .outcome = "ok", .op = "look_up", .operation_id = STR("op-1"), .fault = STR_NULL };
}

static void a_run_is_planned_served_and_ended(void **state)
{
	const struct trace_target *t;
	const struct work *work;
	struct trace_end end;
	bool is_leased, planned = true;
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	ask_and_plan(&op, "nv1");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 1"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.provision_step WHERE platform_id = -1"), 3);
	assert_int_equal(trace_plan_run(&op, MAIL_DOMAIN, &planned), 0);
	assert_false(planned);
	assert_int_equal(targets(&op, 60, &t), 2);
	/* The binding is claimed like any other, and by one only. */
	assert_int_equal(binding_claim_one(&op, 2, t[0].account_id, 60, &work, &is_leased), 0);
	assert_non_null(work);
	assert_int_equal(work->lease_token, 1);
	assert_int_equal(binding_claim_one(&op, 2, t[0].account_id, 60, &work, &is_leased), 0);
	assert_null(work);
	assert_true(is_leased);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(side_i64("SELECT count(*) FROM sen.provision_run WHERE done_at IS NULL"), 1);
		end = end_of(&t[i]);
		assert_int_equal(trace_target_end(&op, &end), 0);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.provision_run WHERE done_at IS NULL"), 0);
	db_op_done(&op);
}

static void who_lost_the_target_ends_nothing(void **state)
{
	const struct trace_target *first, *second;
	struct trace_end end;
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	ask_and_plan(&op, "nv1");
	assert_int_equal(targets(&op, 60, &first), 2);
	assert_int_equal(targets(&op, 60, &second), 0);
	side("UPDATE sen.provision_target SET lease_until = now() - interval '1 s'");
	assert_int_equal(targets(&op, 60, &second), 2);
	assert_int_equal(second[0].attempt, 2);
	end = end_of(&first[0]);
	assert_int_equal(trace_target_end(&op, &end), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.provision_target WHERE state = 'done'"), 0);
	/* Open again at once, when nothing was tried. */
	end = end_of(&second[0]);
	end.again = true;
	assert_int_equal(trace_target_end(&op, &end), 0);
	assert_int_equal(targets(&op, 60, &first), 1);
	assert_int_equal(first[0].attempt, 3);
	db_op_done(&op);
}

static void what_is_held_is_nobodys_to_claim(void **state)
{
	static const struct {
		int64_t binding_state;
		bool claims, in_doubt, is_leased;
	} cases[] = {
		{ 0, true, false, false }, { 1, true, false, false }, { 2, false, false, true }, { 3, true, true, false }, { 4, true, false, false },
		{ 5, true, true, false }, /* blocked, and perhaps there: asked first */
		{ 6, false, false, false }, { 7, false, false, false }, { 8, false, false, false }, { 9, false, false, false },
	};
	const struct work *work;
	bool is_leased;
	struct str id;
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	id = account(&op, "nv1");
	ask_and_plan(&op, "nv1");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		side(arena_printf(*state, "UPDATE sen.binding SET state = %d", (int)cases[i].binding_state).p);
		assert_int_equal(binding_claim_one(&op, 2, id, 60, &work, &is_leased), 0);
		assert_int_equal(work != NULL, cases[i].claims);
		assert_int_equal(is_leased, cases[i].is_leased);
		if (work)
			assert_int_equal(work->in_doubt, cases[i].in_doubt);
	}
	db_op_done(&op);
}

struct ender {
	struct trace_end end;
	pthread_barrier_t *barrier;
	int code;
};

static void *end_main(void *arg)
{
	struct ender *e = arg;
	_cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
	struct op op;

	op_init(&op, arena, migrated_db, NULL);
	pthread_barrier_wait(e->barrier);
	e->code = trace_target_end(&op, &e->end);
	db_op_done(&op);
	return NULL;
}

/* Neither sees what the other has not committed; still somebody ends the run. */
static void two_platforms_that_end_at_once_end_the_run(void **state)
{
	for (int i = 0; i < N_RUNS; i++) {
		const struct trace_target *t;
		struct ender enders[2];
		pthread_barrier_t barrier;
		struct op op;

		op_init(&op, *state, migrated_db, NULL);
		ask_and_plan(&op, "nv1");
		assert_int_equal(targets(&op, 60, &t), 2);
		pthread_barrier_init(&barrier, NULL, 2);
		for (size_t k = 0; k < 2; k++)
			enders[k] = (struct ender){ .end = end_of(&t[k]), .barrier = &barrier };
		AT_ONCE(end_main, enders);
		for (size_t k = 0; k < 2; k++)
			assert_int_equal(enders[k].code, 0);
		pthread_barrier_destroy(&barrier);
		db_op_done(&op);
		assert_int_equal(side_i64("SELECT count(*) FROM sen.provision_run WHERE done_at IS NULL"), 0);
	}
}

static void old_runs_are_forgotten(void **state)
{
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	ask_and_plan(&op, "nv1");
	ask_and_plan(&op, "nv2");
	side("UPDATE sen.provision_run SET requested_at = now() - interval '15 days' WHERE account_id = (SELECT id FROM sen.account WHERE login = 'nv1')");
	assert_int_equal(trace_sweep(&op), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.provision_run"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.provision_step"), 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.provision_target"), 2);
	db_op_done(&op);
}

static void end_with(struct op *op, const struct work *work, enum sight sight, bool was_disabled, const char *id)
{
	const struct result result = { .outcome = OUTCOME_OK, .op = "disable", .ext_id = STR("e1"), .sight = sight, .was_disabled = was_disabled };
	struct completion done = { .work = work, .result = &result, .sent_hash = work->want_hash, .sent_active = false, .task_id = str_c(id) };

	assert_int_equal(completion_add(op, &done, 1), 0);
}

/* Of the state "off" with number gen: "read_back inactive op-1 60 0", ages in seconds. */
static const char *gone(struct op *op, struct str id, int64_t gen)
{
	struct db_rows rows;

	assert_int_equal(db_run(op, &test_trace_gone, &rows, P_STR(id), P_I64(gen)), 0);
	if (rows.n == 0)
		return "none";
	return arena_printf(op->arena, "%.*s %.*s %.*s %d %d", STR_ARG(db_str(&rows, 0, 0)), STR_ARG(db_str(&rows, 0, 1)), STR_ARG(db_str(&rows, 0, 2)),
	                    (int)db_i64(&rows, 0, 3), (int)db_i64(&rows, 0, 4)).p;
}

static void since_when_access_is_gone(void **state)
{
	const struct work *work;
	bool is_leased;
	struct str id;
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	id = account(&op, "nv1");
	side("INSERT INTO sen.binding (account_id, platform_id, want_hash, want_gen, state)"
	     " SELECT id, 2, gen_random_uuid(), 4, 1 FROM sen.account WHERE login = 'nv1'");
	assert_string_equal(gone(&op, id, 4), "none");
	assert_int_equal(binding_claim_one(&op, 2, id, 60, &work, &is_leased), 0);
	/* Nothing was seen: no proof. */
	end_with(&op, work, SIGHT_NONE, false, "op-0");
	assert_string_equal(gone(&op, id, 4), "none");
	/* A lost lease proves nothing. */
	end_with(&op, work, SIGHT_INACTIVE, true, "op-late");
	assert_string_equal(gone(&op, id, 4), "none");
	assert_int_equal(binding_claim_one(&op, 2, id, 60, &work, &is_leased), 0);
	end_with(&op, work, SIGHT_INACTIVE, true, "op-1");
	assert_string_equal(gone(&op, id, 4), "read_back inactive op-1 0 0");
	assert_string_equal(gone(&op, id, 3), "none");
	/* Looked at again: still gone since then. */
	side("UPDATE sen.access_proof SET proved_at = proved_at - interval '60 s'");
	assert_int_equal(binding_claim_one(&op, 2, id, 60, &work, &is_leased), 0);
	end_with(&op, work, SIGHT_ABSENT, false, "op-2");
	assert_string_equal(gone(&op, id, 4), "read_back absent op-2 60 0");
	/* Somebody had let it in again, and it was ended again: gone only since then. */
	side("UPDATE sen.access_proof SET proved_at = proved_at - interval '60 s'");
	assert_int_equal(binding_claim_one(&op, 2, id, 60, &work, &is_leased), 0);
	end_with(&op, work, SIGHT_INACTIVE, true, "op-3");
	assert_string_equal(gone(&op, id, 4), "read_back inactive op-3 0 0");
	db_op_done(&op);
}

#define TRACE_TEST(f) cmocka_unit_test_setup_teardown(f, forget, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRACE_TEST(a_run_is_planned_served_and_ended),
		TRACE_TEST(who_lost_the_target_ends_nothing),
		TRACE_TEST(what_is_held_is_nobodys_to_claim),
		TRACE_TEST(two_platforms_that_end_at_once_end_the_run),
		TRACE_TEST(old_runs_are_forgotten),
		TRACE_TEST(since_when_access_is_gone),
	};

	return cmocka_run_group_tests_name("provisioning/trace_store", tests, setup, migrated_drop);
}
