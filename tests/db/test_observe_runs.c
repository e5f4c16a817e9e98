/*
 * Whole listings, against PostgreSQL: what follows from one, who is missing, and that nothing follows from a listing that is not
 * whole, from a binding that changed meanwhile, or from a run that somebody else has taken over.
 */
#include "tests/db/observed.h"

#define MANY 60000

#define PROOFS(what) side_i64("SELECT count(*) FROM sen.access_proof p JOIN sen.account a ON a.id = p.account_id WHERE p.platform_id = 2 AND " what)

static void a_whole_listing_proves_that_access_has_ended(void **state)
{
	struct shown *s;

	side("SELECT take('nv7'); SELECT take('nv8'); DELETE FROM sen.access_proof");
	plan_all(*state);
	side("SELECT settle()");
	s = show(*state);
	hide(s, "nv8");
	/* Not whole: it proves nothing. */
	observe(s, (int64_t)s->n + 1);
	assert_int_equal(PROOFS("true"), 0);
	observe(s, -1);
	assert_int_equal(PROOFS("p.kind = 'listed' AND p.what = 'inactive' AND a.login = 'nv7' AND NOT p.took_down AND p.ext_id = 'e-nv7'"), 1);
	assert_int_equal(PROOFS("p.kind = 'listed' AND p.what = 'absent' AND a.login = 'nv8'"), 1);
	/* Once is enough. */
	observe(s, -1);
	assert_int_equal(PROOFS("true"), 2);
	side("DELETE FROM sen.access_proof");
	add(s, "another", STR_NULL, "nv7");
	observe(s, -1);
	assert_int_equal(PROOFS("a.login = 'nv7'"), 0);
	assert_int_equal(PROOFS("a.login = 'nv8'"), 1);
	/* What stands at its place is said to be another's: that proves nothing of ours. */
	side("DELETE FROM sen.access_proof");
	s->n--;
	of_login(s, "nv7")->account_id = of_login(s, "nv9")->account_id;
	observe(s, -1);
	assert_int_equal(PROOFS("a.login = 'nv7'"), 0);
	assert_int_equal(PROOFS("a.login = 'nv8'"), 1);
}

static void who_is_missing_twice_is_made_again(void **state)
{
	struct shown *s = show(*state);

	observe(s, -1);
	hide(s, "nv9");
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing' AND missing_runs = 1"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	/* Not whole: as if it had not been. */
	observe(s, (int64_t)s->n + 1);
	assert_int_equal(LAST_RUN("CASE WHEN state = 'incomplete' AND fault = 'count' THEN 1 ELSE 0 END"), 1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing' AND missing_runs = 1"), 1);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND seen_hash IS NULL AND NOT seen_active AND want_active"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
	/* Made again, under another identifier. */
	side("SELECT settle(); UPDATE sen.binding SET ext_id = 'new' WHERE account_id = (SELECT id FROM sen.account WHERE login = 'nv9')");
	s = show(*state);
	of_login(s, "nv9")->ext_id = STR("new");
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing'"), 0);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
}

static void back_again_is_not_missing(void **state)
{
	struct shown *all = show(*state), *s = show(*state);

	hide(s, "nv9");
	observe(s, -1);
	observe(all, -1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing'"), 0);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing' AND missing_runs = 1"), 1);
}

static void a_short_list_waits_for_a_person(void **state)
{
	struct shown *s = show(*state);

	observe(s, -1);
	s->n -= 5;
	observe(s, -1);
	observe(s, -1);
	assert_int_equal(LAST_RUN("CASE WHEN state = 'held' AND fault = 'short' THEN 1 ELSE 0 END"), 1);
	/* The newer one stands for both. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_run WHERE state = 'superseded'"), 1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing'"), 0);
	/* Released: it counts as one complete listing, and what it lacks is no surprise to the next one. */
	side("UPDATE sen.observe_run SET state = 'concluding' WHERE state = 'held'");
	{
		_cleanup_(arena_freep) struct arena *a = arena_new((size_t)8 * 1024 * 1024);
		struct observe_run *row;
		struct run run;
		struct op op;

		op_init(&op, *state, migrated_db, NULL);
		assert_int_equal(observe_run_claim(&op, &observed_p02, 1, &row), 0);
		assert_non_null(row);
		run = held_by_us(row, a);
		assert_int_equal(run_judge(&run), 0);
	}
	assert_int_equal(COUNT_SHADOWS("situation = 'missing' AND missing_runs = 1"), 5);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	observe(s, -1);
	assert_int_equal(LAST_RUN("CASE WHEN state = 'complete' THEN 1 ELSE 0 END"), 1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND want_active"), 5);
}

static void what_changed_meanwhile_is_not_judged(void **state)
{
	struct shown *s = show(*state);
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)8 * 1024 * 1024);
	struct observe_run *row;
	struct run run;
	struct op op;

	rename_to(*state, s, "nv5", "Ai Đó Khác");
	of_login(s, "nv6")->active = false;
	hide(s, "nv7");
	op_init(&op, *state, migrated_db, NULL);
	row = begin_run(&op);
	put(&op, row, s, (int64_t)s->n);
	assert_int_equal(observe_run_listed(&op, row, NULL), 0);
	/* All three by a worker, after their pages were asked for. */
	side("UPDATE sen.binding b SET seen_at = now() FROM sen.account a WHERE a.id = b.account_id AND a.login IN ('nv5', 'nv6', 'nv7')");
	run = held_by_us(row, a);
	assert_int_equal(run_judge(&run), 0);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("diff IS NOT NULL OR situation = 'missing'"), 0);
}

DB_QUERY(test_take, DB_WRITE, "UPDATE sen.observe_run SET lease_token = lease_token + 1 WHERE id = $1::bigint");

static void who_lost_the_lease_changes_nothing(void **state)
{
	struct shown *s = show(*state);
	struct list_page page = { .accounts = s->accounts, .n = 1, .total = 1 };
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)8 * 1024 * 1024);
	struct observe_run *row;
	struct db_rows rows;
	struct run run;
	size_t n_new;
	struct op op;

	rename_to(*state, s, "nv5", "Ai Đó Khác");
	of_login(s, "nv6")->active = false;
	op_init(&op, *state, migrated_db, NULL);
	row = begin_run(&op);
	put(&op, row, s, (int64_t)s->n);
	assert_int_equal(db_run(&op, &test_take, &rows, P_I64(row->id)), 0);
	assert_int_equal(observe_run_page(&op, row, &page, 5, &n_new), ERR_CONFLICT);
	op_forgive(&op);
	assert_int_equal(observe_run_listed(&op, row, NULL), ERR_CONFLICT);
	op_forgive(&op);
	side("UPDATE sen.observe_run SET state = 'judging'");
	run = held_by_us(row, a);
	assert_int_equal(run_judge(&run), ERR_CONFLICT);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("true"), 0);
	/* And only one has it. */
	{
		struct observe_run *none;

		assert_int_equal(observe_run_claim(&op, &observed_p02, 1, &none), 0);
		assert_null(none);
	}
}

static void pages_that_repeat_count_once(void **state)
{
	struct shown *s = show(*state);
	struct list_page page = { .accounts = s->accounts, .n = 15, .total = 40, .next = STR("pi200:16") };
	struct observe_run *row, *again;
	size_t n_new = 0;
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	row = begin_run(&op);
	assert_int_equal(observe_run_page(&op, row, &page, 5, &n_new), 0);
	assert_int_equal(n_new, 15);
	/* Its holder dies here; another one goes on where it stood. */
	side("UPDATE sen.observe_run SET lease_until = now() - interval '1 s'");
	assert_int_equal(observe_run_claim(&op, &observed_p02, 1, &again), 0);
	assert_non_null(again);
	assert_str_equal(again->cursor, "pi200:16");
	assert_int_equal(again->listing.listed, 15);
	assert_int_equal(observe_run_page(&op, again, &page, 5, &n_new), 0);
	assert_int_equal(n_new, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_item"), 15);
}

static void rows_lost_in_a_crash_are_noticed(void **state)
{
	struct shown *s = show(*state);
	struct observe_run *row;
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	row = begin_run(&op);
	put(&op, row, s, (int64_t)s->n);
	side("TRUNCATE sen.observe_item");
	assert_int_equal(observe_run_listed(&op, row, NULL), 0);
	assert_string_equal(row->listing.fault, "lost");
}

/* A listing of 60,000 against 60,000 bindings; most are as they were. */
static void many(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024 * 1024);
	const struct suspect *suspects;
	struct observe_run *row;
	int64_t start_ms, first_ms, second_ms;
	struct str after = STR_NULL;
	size_t n = 0, n_all = 0;
	struct op op;

	(void)state;
	side("INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	     " SELECT gen_random_uuid(), 'M' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(1, 60000) i;"
	     " INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person WHERE employee_code LIKE 'M%';"
	     " DELETE FROM sen.dirty_account; DELETE FROM sen.binding; DELETE FROM sen.shadow;"
	     " INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen, seen_hash, seen_active, seen_gen, ext_id, seen_at)"
	     " SELECT id, p, h, true, 1, h, true, 1, 'e-' || login, now() - interval '1 h' FROM (SELECT id, login, md5(login)::uuid AS h FROM sen.account WHERE login LIKE 'm%') x,"
	     " generate_series(2, 4) p;"
	     " INSERT INTO sen.observe_plan (platform_id, can_list, every_s) VALUES (2, true, 3600);"
	     " ANALYZE sen.binding; ANALYZE sen.account");
	op_init(&op, a, migrated_db, NULL);
	row = begin_run(&op);
	side("INSERT INTO sen.observe_item (run_id, ext_id, asked_at, account_id, login, active, attrs, attrs_hash)"
	     " SELECT (SELECT max(id) FROM sen.observe_run), 'e-' || login, now(), id, login, true, '{}', md5(login)::uuid FROM sen.account WHERE login LIKE 'm%';"
	     " UPDATE sen.observe_run SET state = 'judging', listed = 60000");
	start_ms = clock_mono_ms();
	assert_int_equal(judge_accounts(&op, row), 0);
	first_ms = clock_mono_ms() - start_ms;
	assert_int_equal(COUNT_SHADOWS("situation = 'linked'"), MANY);
	side("UPDATE sen.shadow SET equal_to = md5(substr(ext_id, 3))::uuid");
	start_ms = clock_mono_ms();
	assert_int_equal(judge_accounts(&op, row), 0);
	assert_int_equal(judge_suspects(&op, row, &after, &suspects, &n), 0);
	second_ms = clock_mono_ms() - start_ms;
	assert_int_equal(n, 0);
	assert_int_equal(COUNT_SHADOWS("changed_at > now() - interval '1 ms'"), 0);
	print_message("60,000: %ld ms at first, %ld ms when nothing has changed\n", (long)first_ms, (long)second_ms);
	/* A window of it costs the same whatever else there is, also before anybody has counted rows. */
	side("UPDATE sen.shadow SET equal_to = NULL;"
	     "CREATE OR REPLACE FUNCTION plan_of(q text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE line text; all_lines text := '';"
	     " BEGIN FOR line IN EXECUTE 'EXPLAIN ' || q LOOP all_lines := all_lines || line; END LOOP; RETURN all_lines; END $$");
	assert_int_equal(side_i64("SELECT CASE WHEN p LIKE '%observe_item_pkey%' AND p LIKE '%binding_pkey%' AND p LIKE '%shadow_pkey%' AND p NOT LIKE '%Seq Scan%'"
	                          " THEN 1 ELSE 0 END FROM plan_of('WITH w AS MATERIALIZED (SELECT * FROM sen.observe_item WHERE run_id = '"
	                          " || (SELECT max(id) FROM sen.observe_run) || ' AND ext_id > ''e-m3'' ORDER BY ext_id LIMIT 500)"
	                          " SELECT w.ext_id, w.owner, b.want_hash FROM w LEFT JOIN LATERAL (SELECT * FROM sen.binding x WHERE x.account_id = w.owner AND x.platform_id = 2 OFFSET 0) b ON true"
	                          " LEFT JOIN LATERAL (SELECT * FROM sen.shadow x WHERE x.platform_id = 2 AND x.ext_id = w.ext_id OFFSET 0) s ON true') p"), 1);
	after = STR_NULL;
	start_ms = clock_mono_ms();
	do {
		assert_int_equal(judge_suspects(&op, row, &after, &suspects, &n), 0);
		n_all += n;
	} while (!str_is_null(after));
	print_message("60,000: %ld ms to read all of them as suspects\n", (long)(clock_mono_ms() - start_ms));
	assert_int_equal(n_all, MANY);
	db_op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OBSERVE_TEST(a_whole_listing_proves_that_access_has_ended),
		OBSERVE_TEST(who_is_missing_twice_is_made_again),
		OBSERVE_TEST(back_again_is_not_missing),
		OBSERVE_TEST(a_short_list_waits_for_a_person),
		OBSERVE_TEST(what_changed_meanwhile_is_not_judged),
		OBSERVE_TEST(who_lost_the_lease_changes_nothing),
		OBSERVE_TEST(pages_that_repeat_count_once),
		OBSERVE_TEST(rows_lost_in_a_crash_are_noticed),
		OBSERVE_TEST(many),
	};

	return cmocka_run_group_tests_name("observe_runs", tests, observed_create, migrated_drop);
}
