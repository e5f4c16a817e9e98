/* Sessions that run out: the sweep ends each once, and reads no more than it must (sessiondb.h). */
#include "provisioning/expiry_store.h"
#include "tests/db/sessiondb.h"
#include "tests/unit/at_once.h"

static void expire(void **state, size_t seen, size_t ended)
{
	size_t n_seen, n_ended;
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(session_expire(&op, &n_seen, &n_ended), 0);
	db_op_done(&op);
	assert_int_equal(n_seen, seen);
	assert_int_equal(n_ended, ended);
}

static void sessions_that_ran_out_end(void **state)
{
	side("SELECT sign_in('a1', ARRAY['p02']), sign_in('a1', ARRAY['p03']), sign_in('a2', ARRAY['p02'])");
	expire(state, 0, 0);
	side("UPDATE sen.session SET sweep_at = now()");
	/* Alive: looked at again when they would run out. */
	expire(state, 3, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.session WHERE sweep_at = last_seen_at + idle_s * interval '1 s'"), 3);
	expire(state, 0, 0);
	/* Idle, absolute, and one whose activity the sweep has not heard of. */
	side("UPDATE sen.session SET sweep_at = now(), last_seen_at = now() - interval '901 s' WHERE account_id = account('a2');"
	     " UPDATE sen.session SET sweep_at = now(), expires_at = now() WHERE id = (SELECT session_id FROM sen.token_family WHERE client_id = 'p03');"
	     " UPDATE sen.session SET sweep_at = now(), last_seen_at = now() WHERE id = (SELECT session_id FROM sen.token_family"
	     "  WHERE client_id = 'p02' AND account_id = account('a1'))");
	expire(state, 3, 2);
	expect_rows(1, 1, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.session WHERE end_reason = 'expired'"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'session.end' AND actor = 'system'"), 2);
	expire(state, 0, 0);
}

static void *expire_all(void *arg)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	size_t n_seen, n_ended, *total = arg;

	do {
		struct op op;

		arena_reset(a);
		op_init(&op, a, migrated_db, NULL);
		assert_int_equal(session_expire(&op, &n_seen, &n_ended), 0);
		db_op_done(&op);
		*total += n_ended;
	} while (n_seen > 0);
	return NULL;
}

static void sweeps_side_by_side_end_each_session_once(void **state)
{
	size_t totals[4] = { 0 }, sum = 0;

	(void)state;
	side("SELECT sign_in('a2', ARRAY['p02']) FROM generate_series(1, 2300);"
	     " UPDATE sen.session SET sweep_at = now(), last_seen_at = now() - interval '1 h'");
	AT_ONCE(expire_all, totals);
	for (size_t i = 0; i < ARRAY_LEN(totals); i++)
		sum += totals[i];
	assert_int_equal(sum, 2300);
	expect_rows(2300, 0, 0);
}

/* What is alive costs the sweep nothing: it reads an index, and activity does not move that. */
static void a_sweep_reads_an_index(void **state)
{
	(void)state;
	side("SELECT sign_in('a2', ARRAY[]::text[]) FROM generate_series(1, 3000); ANALYZE sen.session");
	side("CREATE OR REPLACE FUNCTION plan_of(q text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE line text; all_lines text := '';"
	     " BEGIN FOR line IN EXECUTE 'EXPLAIN ' || q LOOP all_lines := all_lines || line; END LOOP; RETURN all_lines; END $$");
	assert_int_equal(side_i64("SELECT CASE WHEN p LIKE '%_sweep_at_idx%' AND p NOT LIKE '%Seq Scan on session_'"
	                          " || to_char(current_date, 'YYYYMMDD') || '%' THEN 1 ELSE 0 END"
	                          " FROM plan_of('SELECT id FROM sen.session WHERE sweep_at <= now() AND ended_at IS NULL ORDER BY sweep_at LIMIT 500') p"), 1);
}

#define SWEEP_TEST(f) cmocka_unit_test_setup_teardown(f, sessiondb_begin, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP_TEST(sessions_that_ran_out_end),
		SWEEP_TEST(sweeps_side_by_side_end_each_session_once),
		SWEEP_TEST(a_sweep_reads_an_index),
	};

	return cmocka_run_group_tests_name("session sweep", tests, sessiondb_setup, migrated_drop);
}
