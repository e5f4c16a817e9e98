/*
 * A grant refers to an account, a role and a unit that are there, as by foreign keys (decision 0017): in no order of events is one left
 * without.
 *
 *   known   one row: account, role and unit which the tests remove; account0, role0 and unit0, which stay
 */
#include "tests/db/migrated.h"

#include <stdio.h>

DB_QUERY(test_give, DB_WRITE, "SELECT count(public.give($1))");
DB_QUERY(test_give_slowly, DB_WRITE, "SELECT count(public.give_slowly($1))");
DB_QUERY(test_move, DB_WRITE, "SELECT count(public.move($1))");
DB_QUERY(test_remove, DB_WRITE, "SELECT count(public.remove($1))");

static const char *const kinds[] = { "account", "role", "unit" };

/* gate() in a select of its own: a row is written before it is asked. */
#define GRANT_OF(more)                                                                                                     \
	" INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"                      \
	" SELECT CASE what WHEN 'account' THEN k.account ELSE k.account0 END, gen_random_uuid(), CASE what WHEN 'role' THEN k.role ELSE k.role0 END," \
	" CASE what WHEN 'unit' THEN k.unit ELSE k.unit0 END, 'QĐ', now(), k.granter FROM public.known k" more

static const char facts_sql[] =
	FACT_UNIT FACT_P02 DBTEST_GATE
	/* Nobody is told: a notice holds on to its account by itself. */
	"ALTER TABLE sen.access_grant DISABLE TRIGGER notice_given, DISABLE TRIGGER notice_taken;"
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified) VALUES ('41', 'Xã', 'xa', 'commune', '2025-07-01', true);"
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified)"
	" VALUES (2, 'MC', 'Một cửa', 'normal', true), (2, 'TP', 'Thu phí', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), c, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM unnest(ARRAY['ADM', 'A1', 'A2']) c;"
	"INSERT INTO sen.account (id, person_id, login, status) SELECT gen_random_uuid(), id, lower(employee_code), 'active' FROM sen.person;"
	"CREATE TABLE known AS SELECT a.id AS account, r.id AS role, u.id AS unit, a0.id AS account0, r0.id AS role0, u0.id AS unit0, g.id AS granter"
	" FROM sen.account a, sen.role r, sen.unit u, sen.account a0, sen.role r0, sen.unit u0, sen.account g"
	" WHERE a.login = 'a2' AND r.code = 'TP' AND u.code = '41' AND a0.login = 'a1' AND r0.code = 'MC' AND u0.code = '40' AND g.login = 'adm';"
	"CREATE FUNCTION give(what text) RETURNS void LANGUAGE sql AS $$" GRANT_OF("") "$$;"
	"CREATE FUNCTION give_all() RETURNS void LANGUAGE sql AS $$" GRANT_OF(" CROSS JOIN unnest(ARRAY['account', 'role', 'unit', '']) x (what)") "$$;"
	"CREATE FUNCTION give_slowly(what text) RETURNS void LANGUAGE sql AS $$" GRANT_OF(" CROSS JOIN LATERAL (SELECT 1 UNION ALL SELECT sen.gate()) x")
	/* The same grant twice is none: the second of them is another's. */
	" ON CONFLICT DO NOTHING $$;"
	"CREATE FUNCTION move(what text) RETURNS void LANGUAGE sql AS $$ UPDATE sen.access_grant g SET"
	" account_id = CASE what WHEN 'account' THEN k.account ELSE g.account_id END, role_id = CASE what WHEN 'role' THEN k.role ELSE g.role_id END,"
	" unit_id = CASE what WHEN 'unit' THEN k.unit ELSE g.unit_id END FROM public.known k $$;"
	"CREATE FUNCTION remove(what text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
	" EXECUTE format('DELETE FROM sen.%I x USING public.known k WHERE x.id = k.%I', what, what); END $$;"
	"CREATE FUNCTION restore() RETURNS void LANGUAGE sql AS $$ DELETE FROM sen.access_grant;"
	" INSERT INTO sen.account (id, person_id, login, status) SELECT k.account, p.id, 'a2', 'active' FROM public.known k, sen.person p"
	"  WHERE p.employee_code = 'A2' ON CONFLICT DO NOTHING;"
	" INSERT INTO sen.role (id, platform_id, code, name, sensitivity, verified) OVERRIDING SYSTEM VALUE"
	"  SELECT k.role, 2, 'TP', 'Thu phí', 'normal', true FROM public.known k ON CONFLICT DO NOTHING;"
	" INSERT INTO sen.unit (id, code, name, name_fold, kind, valid_from, verified) OVERRIDING SYSTEM VALUE"
	"  SELECT k.unit, '41', 'Xã', 'xa', 'commune', '2025-07-01', true FROM public.known k ON CONFLICT DO NOTHING $$;"
	/* SQLSTATE of what a statement is refused with, which leaves nothing; empty: it was carried out. */
	"CREATE FUNCTION refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE state text; BEGIN EXECUTE statement; RETURN '';"
	" EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE; RETURN state; END $$;";

static int setup(_unused_ void **state)
{
	return migrated_open("grant_references", facts_sql, 2);
}

static void restore(void)
{
	side("SELECT restore()");
}

static int begin(void **state)
{
	restore();
	return unit_arena_setup(state);
}

static void expect_refusal(const char *statement, const char *kind, const char *sqlstate)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "SELECT (refusal($x$%s$x$) = '%s')::int", statement, sqlstate);
	if (side_i64(sql) != 1)
		fail_msg("%s, %s: not %s", kind, statement, sqlstate);
}

static void expect_of(const char *function, const char *kind, const char *sqlstate)
{
	char statement[256];

	(void)snprintf(statement, sizeof(statement), "SELECT %s('%s')", function, kind);
	expect_refusal(statement, kind, sqlstate);
}

/* Grants whose account, role or unit is not there. */
static int64_t orphans(void)
{
	return side_i64("SELECT count(*) FROM sen.access_grant g WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.id = g.account_id)"
	                " OR NOT EXISTS (SELECT FROM sen.role r WHERE r.id = g.role_id) OR NOT EXISTS (SELECT FROM sen.unit u WHERE u.id = g.unit_id)");
}

static int64_t grants(void)
{
	return side_i64("SELECT count(*) FROM sen.access_grant");
}

static void side_of(const char *function, const char *kind)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "SELECT %s('%s')", function, kind);
	side(sql);
}

static struct task task_for(const struct query *query, const char *kind)
{
	return (struct task){ .db = migrated_db, .query = query, .params = { P_C(kind) }, .n_params = 1 };
}

static void start_and_await_lock(struct task *t)
{
	task_start(t);
	for (int64_t until_ms = clock_mono_ms() + 5000; side_i64("SELECT count(*) FROM pg_locks l JOIN pg_stat_activity s USING (pid)"
	                                                                " WHERE NOT l.granted AND s.datname = current_database()") == 0;)
		if (clock_mono_ms() > until_ms)
			fail_msg("%.*s does not wait", STR_ARG(t->params[0].s));
}

static void what_is_not_there_is_not_granted(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		side_of("remove", kinds[i]);
		expect_of("give", kinds[i], "23503");
		side("SELECT give('')");
		expect_of("move", kinds[i], "23503");
		assert_int_equal(grants(), 1);
		/* One among many. */
		side("DELETE FROM sen.access_grant");
		expect_refusal("SELECT give_all()", kinds[i], "23503");
		assert_int_equal(orphans(), 0);
		restore();
		expect_refusal("SELECT give_all()", kinds[i], "");
		assert_int_equal(grants(), 4);
		side("DELETE FROM sen.access_grant; SELECT give('')");
		expect_of("move", kinds[i], "");
		restore();
	}
}

static void what_is_granted_stays(_unused_ void **state)
{
	static const char *const keys[] = { "UPDATE sen.account SET id = gen_random_uuid() WHERE login = 'a2'",
		"UPDATE sen.role SET id = DEFAULT WHERE code = 'TP'", "UPDATE sen.unit SET id = DEFAULT WHERE code = '41'" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		side_of("give", kinds[i]);
		side("UPDATE sen.access_grant SET revoked_at = now(), revoked_by = granted_by");
		expect_of("remove", kinds[i], "23503");
		expect_refusal(keys[i], kinds[i], "23503");
		/* With accounts and units their grants go as well, by the foreign keys that there are. */
		if (i == 1)
			expect_refusal("TRUNCATE sen.role CASCADE", kinds[i], "23503");
		assert_int_equal(grants(), 1);
		/* Another's is nobody's hindrance, nor is one that is gone. */
		expect_of("remove", kinds[(i + 1) % ARRAY_LEN(kinds)], "");
		side("DELETE FROM sen.access_grant");
		expect_of("remove", kinds[i], "");
		restore();
	}
}

/* Given first: who removes waits, and is refused if it is committed. */
static void who_removes_waits_for_who_gives(_unused_ void **state)
{
	for (size_t i = 0; i < 2 * ARRAY_LEN(kinds); i++) {
		const char *kind = kinds[i / 2];
		struct task removal = task_for(&test_remove, kind);

		side("BEGIN");
		side_of("give", kind);
		start_and_await_lock(&removal);
		side(i % 2 ? "COMMIT" : "ROLLBACK");
		task_join(&removal);
		if (removal.code != (i % 2 ? ERR_INVALID_VALUE : 0) || orphans() != 0 || grants() != (int64_t)(i % 2))
			fail_msg("%s: %d, %s", kind, removal.code, removal.detail);
		restore();
	}
}

/* Removed first: who gives, or moves, waits, and is refused if it is committed. */
static void who_gives_waits_for_who_removes(_unused_ void **state)
{
	for (size_t i = 0; i < 4 * ARRAY_LEN(kinds); i++) {
		const char *kind = kinds[i / 4];
		struct task gift = task_for(i % 4 < 2 ? &test_give : &test_move, kind);

		if (i % 4 >= 2)
			side("SELECT give('')");
		side("BEGIN");
		side_of("remove", kind);
		start_and_await_lock(&gift);
		side(i % 2 ? "COMMIT" : "ROLLBACK");
		task_join(&gift);
		if (gift.code != (i % 2 ? ERR_INVALID_VALUE : 0) || orphans() != 0 || grants() != (int64_t)(i % 4 != 1))
			fail_msg("%s: %d, %s, %d", kind, gift.code, gift.detail, (int)i);
		restore();
	}
}

/* The row is written, and what it refers to is removed and committed before the statement is at its end. */
static void who_gives_looks_at_the_end(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct task gift = task_for(&test_give_slowly, kinds[i]);

		gate_close();
		task_start(&gift);
		gate_await(1);
		side_of("remove", kinds[i]);
		gate_open();
		task_join(&gift);
		if (gift.code != ERR_INVALID_VALUE || orphans() != 0 || grants() != 0)
			fail_msg("%s: %d, %s", kinds[i], gift.code, gift.detail);
		restore();
	}
}

/* In an older snapshot: who gives is told of the removal; who removes could not see what was given, and may not. */
static void older_snapshots_are_no_way_around(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct task removal = task_for(&test_remove, kinds[i]), gift = task_for(&test_give, kinds[i]);

		side("BEGIN ISOLATION LEVEL REPEATABLE READ");
		assert_int_equal(grants(), 0);
		task_run(&removal);
		assert_int_equal(removal.code, 0);
		expect_of("give", kinds[i], "40001");
		side("COMMIT");
		restore();

		side("BEGIN ISOLATION LEVEL REPEATABLE READ");
		assert_int_equal(grants(), 0);
		task_run(&gift);
		assert_int_equal(gift.code, 0);
		expect_of("remove", kinds[i], "0A000");
		side("COMMIT");
		assert_int_equal(orphans(), 0);
		restore();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_not_there_is_not_granted, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(what_is_granted_stays, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(who_removes_waits_for_who_gives, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(who_gives_waits_for_who_removes, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(who_gives_looks_at_the_end, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(older_snapshots_are_no_way_around, begin, unit_arena_teardown),
	};

	return cmocka_run_group_tests(tests, setup, migrated_drop);
}
