/* The file of statements: blocks, roles, and what must be there. */
#include "provisioning/sql/script.h"
#include "tests/unit/unit.h"

#define NEEDED \
	"-- name: find\nSELECT id AS ext_id, on_ AS active FROM u WHERE sen = :account_id\n" \
	"-- name: create\nINSERT INTO u (login) VALUES (:login)\n" \
	"-- name: update\nUPDATE u SET name = :full_name WHERE id = :ext_id\n"
#define ROLES "-- name: roles\nSELECT role FROM r WHERE u = :ext_id\n"

static bool read_script(struct arena *a, const char *file, struct sql_script *ret, struct str *ret_reason)
{
	*ret_reason = STR_NULL;
	return sql_script_read(a, SQL_POSTGRESQL, str_c(file), ret, ret_reason);
}

static void test_good(void **state)
{
	struct sql_script s;
	struct str reason;

	assert_true(read_script(*state,
	                 "-- Accounts of the archive\n\n" NEEDED "--name: create \r\nINSERT INTO p (id) VALUES (:account_id);\r\n" ROLES
	                 "-- name: role_add\nINSERT INTO r VALUES (:ext_id, :role)\n"
	                 "-- name: role_add   ADMIN\nINSERT INTO admins VALUES (:ext_id)\n"
	                 "-- name: role_remove\nDELETE FROM r WHERE u = :ext_id AND role = :role\n",
	                 &s, &reason));
	assert_int_equal(s.n, 8);
	assert_int_equal(s.blocks[1].verb, SQL_CREATE);
	assert_int_equal(s.blocks[3].verb, SQL_CREATE);
	assert_str_equal(s.blocks[3].text.text, "\nINSERT INTO p (id) VALUES ($1)");
	assert_false(sql_script_has(&s, SQL_DISABLE));
	/* What names a role is for that role alone; the rest is for the others. */
	assert_false(sql_script_is_for(&s, &s.blocks[5], SQL_ROLE_ADD, STR("ADMIN")));
	assert_true(sql_script_is_for(&s, &s.blocks[6], SQL_ROLE_ADD, STR("ADMIN")));
	assert_true(sql_script_is_for(&s, &s.blocks[5], SQL_ROLE_ADD, STR("CLERK")));
	assert_false(sql_script_is_for(&s, &s.blocks[6], SQL_ROLE_ADD, STR("CLERK")));
	assert_true(sql_script_is_for(&s, &s.blocks[7], SQL_ROLE_REMOVE, STR("ADMIN")));
}

static void test_bad(void **state)
{
	static const struct {
		const char *file, *reason;
	} rows[] = {
		{ "", "find, create and update are needed" },
		{ "-- name: find\nSELECT 1\n", "find, create and update are needed" },
		{ "SELECT 1\n" NEEDED, "line 1: a statement before" },
		{ "\n-- name: fnid\nSELECT 1\n", "line 2: the name is none of" },
		{ "-- name: find ADMIN\nSELECT 1\n", "line 1: only role_add" },
		{ "-- name: role_add A B\nSELECT 1\n", "line 1: only role_add" },
		{ NEEDED "-- name: find\nSELECT 1\n", "line 7: this block is there twice" },
		{ NEEDED "-- name: disable\n", "line 7: a statement is empty" },
		{ NEEDED "-- name: disable\nUPDATE u SET x = :role\n", "line 7: there is no parameter :role" },
		{ NEEDED ROLES, "roles, role_add and role_remove are needed together" },
		{ NEEDED "-- name: disable\nSELECT 1; SELECT 2\n", "line 7: one block holds one statement" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sql_script s;
		struct str reason;

		assert_false(read_script(*state, rows[i].file, &s, &reason));
		if (!str_starts(reason, str_c(rows[i].reason)))
			fail_msg("\"%s\" is told as \"%.*s\"", rows[i].reason, STR_ARG(reason));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_good), UNIT_TEST(test_bad) };

	return cmocka_run_group_tests_name("sql script", tests, NULL, NULL);
}
