/*
 * Every statement that is linked is prepared and explained against the migrated schema, with
 * the rights of the program's own database role: a column that is gone, a type that does
 * not fit or a missing GRANT is found here, not by a user.
 *
 *   test_queries ROLE [PREFIX…]    statements whose names begin so are the operator's: not explained as ROLE
 */
#include "tests/db/governance/govdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQL_MAX 512
#define PLAN_MAX 65536

static const char *role;
static char **operators;
static PGconn *pg;

static int create(_unused_ void **state)
{
	gov_create("queries");
	pg = PQconnectdb(dbtest_conninfo());
	assert_int_equal(PQstatus(pg), CONNECTION_OK);
	/* As db.c sets it. */
	PQclear(PQexec(pg, "SET search_path = sen, pg_temp"));
	return 0;
}

static int drop(void **state)
{
	PQfinish(pg);
	return gov_drop(state);
}

static bool is_operators(const char *name)
{
	for (char **prefix = operators; *prefix; prefix++)
		if (strncmp(name, *prefix, strlen(*prefix)) == 0)
			return true;
	return false;
}

static void expect(PGresult *res, ExecStatusType status, const struct query *q)
{
	if (PQresultStatus(res) != status)
		fail_msg("%s: %s", q->name, PQresultErrorMessage(res));
	PQclear(res);
}

static int count_params(const struct query *q)
{
	PGresult *res = PQdescribePrepared(pg, q->name);
	int n = PQnparams(res);

	expect(res, PGRES_COMMAND_OK, q);
	return n;
}

/* Of the prepared statement, with NULL for each parameter. */
static void write_explain(const struct query *q, char sql[SQL_MAX])
{
	size_t len = (size_t)snprintf(sql, SQL_MAX, "EXPLAIN (COSTS off) EXECUTE %s", q->name);
	int n = count_params(q);

	assert_in_range(n, 0, 40);
	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(sql + len, SQL_MAX - len, "%sNULL", i == 0 ? "(" : ", ");
	(void)snprintf(sql + len, SQL_MAX - len, "%s", n > 0 ? ")" : "");
}

static void explain(const struct query *q)
{
	char sql[SQL_MAX];

	expect(PQprepare(pg, q->name, q->sql, 0, NULL), PGRES_COMMAND_OK, q);
	write_explain(q, sql);
	expect(PQexec(pg, is_operators(q->name) ? "RESET ROLE" : role), PGRES_COMMAND_OK, q);
	expect(PQexec(pg, sql), PGRES_TUPLES_OK, q);
	expect(PQexec(pg, "RESET ROLE"), PGRES_COMMAND_OK, q);
}

static void test_every_statement(_unused_ void **state)
{
	size_t n = 0;

	for (const struct query *const *q = __start_db_queries; q < __stop_db_queries; q++, n++)
		explain(*q);
	print_message("%zu statements\n", n);
	assert_true(n > 10);
}

static void test_names_are_unique(_unused_ void **state)
{
	for (const struct query *const *q = __start_db_queries; q < __stop_db_queries; q++)
		for (const struct query *const *other = __start_db_queries; other < q; other++)
			assert_string_not_equal((*q)->name, (*other)->name);
}

static bool next_line_has(const char *line, const char *word)
{
	const char *next = strchr(line, '\n');
	size_t len = next ? strcspn(next + 1, "\n") : 0;
	const char *found = next ? strstr(next + 1, word) : NULL;

	return found && found < next + 1 + len;
}

static void assert_by_key(const struct query *q, const char *plan)
{
	static const char *const wrong[] = { "Seq Scan", "Hash Join", "Merge Join", "Hash Semi Join", "Hash Left Join" };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (strstr(plan, wrong[i]))
			fail_msg("%s has a %s:\n%s", q->name, wrong[i], plan);
	for (const char *scan = strstr(plan, "Index "); scan; scan = strstr(scan + 1, "Index "))
		if ((strncmp(scan, "Index Scan", 10) == 0 || strncmp(scan, "Index Only Scan", 15) == 0) && !next_line_has(scan, "Index Cond"))
			fail_msg("%s reads a whole index:\n%s", q->name, plan);
}

/* As it is planned on its lane, for any values, while most tables are empty: such a plan may live until they are large. */
static const char *plan_by_key(const struct query *q, const char *settings)
{
	static char plan[PLAN_MAX];
	char sql[SQL_MAX];
	size_t len = 0;

	expect(PQexec(pg, "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"),
	       PGRES_COMMAND_OK, q);
	expect(PQexec(pg, settings), PGRES_COMMAND_OK, q);
	write_explain(q, sql);

	PGresult *res = PQexec(pg, sql);

	for (int row = 0; row < PQntuples(res); row++)
		len += (size_t)snprintf(plan + len, len < PLAN_MAX ? PLAN_MAX - len : 0, "%s\n", PQgetvalue(res, row, 0));
	assert_in_range(len, 1, PLAN_MAX - 1);
	expect(res, PGRES_TUPLES_OK, q);
	expect(PQexec(pg, "RESET ALL; SET search_path = sen, pg_temp"), PGRES_COMMAND_OK, q);
	return plan;
}

static void test_gathered_statements_look_up_by_key(_unused_ void **state)
{
	size_t n = 0;

	for (const struct query *const *q = __start_db_queries; q < __stop_db_queries; q++) {
		if (!(*q)->is_gathered)
			continue;
		assert_by_key(*q, plan_by_key(*q, "SET enable_sort = on"));
		n++;
	}
	print_message("%zu gathered\n", n);
}

/* Lists of what grows with one thing: in their own order, and of that thing alone. */
static void test_lists_follow_an_index(_unused_ void **state)
{
	static const struct {
		const char *query, *index;
	} lists[] = {
		{ "gate_list_q", "platform_gate_order" },
		{ "guidance_list_q", "platform_guidance_order" },
		{ "form_upload_list_q", "form_upload_order" },
		{ "shared_uses_q", "shared_use_order" },
		{ "movement_list_q", "movement_drawn" },
		{ "mapping_versions_q", "mapping_pkey" },
		{ "health_list_q", "platform_code_key" },
		{ "platform_review_reminders_q", "platform_review_reminder_day" },
	};
	const size_t n_pairs = (size_t)(__stop_db_queries - __start_db_queries) * ARRAY_LEN(lists);
	size_t n_found = 0;

	for (size_t i = 0; i < n_pairs; i++) {
		const struct query *q = __start_db_queries[i / ARRAY_LEN(lists)];
		const char *index = lists[i % ARRAY_LEN(lists)].index, *plan;

		if (strcmp(q->name, lists[i % ARRAY_LEN(lists)].query) != 0)
			continue;
		plan = plan_by_key(q, "SET enable_sort = off");
		if (!strstr(plan, index) || strstr(plan, "Seq Scan"))
			fail_msg("%s does not follow %s:\n%s", q->name, index, plan);
		n_found++;
	}
	/* None of them are the provisioner's. */
	assert_int_equal(n_found, strstr(role, "sen_server") ? ARRAY_LEN(lists) : 0);
}

/* Else a session that ends at the same moment would not tell the new family's relying party (schema/migrations: outbox). */
static void test_whoever_begins_a_family_holds_its_session(_unused_ void **state)
{
	for (const struct query *const *q = __start_db_queries; q < __stop_db_queries; q++)
		if (strstr((*q)->sql, "INSERT INTO sen.token_family") && !strstr((*q)->sql, "FOR SHARE OF s"))
			fail_msg("%s begins a token family without FOR SHARE OF its session", (*q)->name);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_statement),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_gathered_statements_look_up_by_key),
		cmocka_unit_test(test_lists_follow_an_index),
		cmocka_unit_test(test_whoever_begins_a_family_holds_its_session),
	};
	char set_role[64];

	if (argc < 2)
		return 2;
	(void)snprintf(set_role, sizeof(set_role), "SET ROLE %s", argv[1]);
	role = set_role;
	operators = argv + 2;
	return cmocka_run_group_tests(tests, create, drop);
}
