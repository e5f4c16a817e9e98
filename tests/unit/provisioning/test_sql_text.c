/* Statements of operators: what is a parameter and what is not, by dialect. */
#include "common/sql/sql_text.h"
#include "tests/unit/unit.h"

static const struct str names[] = { STR("login"), STR("role"), STR("ho") };

struct row {
	enum sql_dialect dialect;
	const char *source;
	const char *text;    /* NULL: refused */
	const char *params;  /* indexes as digits */
};

static const struct row rows[] = {
	{ SQL_POSTGRESQL, "SELECT :login, :role, :login", "SELECT $1, $2, $1", "01" },
	{ SQL_MARIADB, "SELECT :login, :role, :login", "SELECT ?, ?, ?", "010" },
	{ SQL_POSTGRESQL, "SELECT :login::text", "SELECT $1::text", "0" },
	{ SQL_POSTGRESQL, "SELECT ':login', \":role\"", "SELECT ':login', \":role\"", "" },
	{ SQL_POSTGRESQL, "SELECT 'it''s :login' || :ho", "SELECT 'it''s :login' || $1", "2" },
	/* A backslash is an escape in E'' and in MariaDB, and nothing in a plain string of PostgreSQL. */
	{ SQL_POSTGRESQL, "SELECT '\\' || :ho || '\\'", "SELECT '\\' || $1 || '\\'", "2" },
	{ SQL_POSTGRESQL, "SELECT E'\\' :ho' || :ho", "SELECT E'\\' :ho' || $1", "2" },
	{ SQL_POSTGRESQL, "SELECT someE'\\' || :ho", "SELECT someE'\\' || $1", "2" },
	{ SQL_MARIADB, "SELECT '\\' :ho', :ho", "SELECT '\\' :ho', ?", "2" },
	{ SQL_MARIADB, "SELECT \"\\\" :ho\", :ho", "SELECT \"\\\" :ho\", ?", "2" },
	{ SQL_MARIADB, "SELECT `:ho\\`, :ho", "SELECT `:ho\\`, ?", "2" },
	{ SQL_POSTGRESQL, "SELECT 1 -- :nothing\n, :ho", "SELECT 1 -- :nothing\n, $1", "2" },
	{ SQL_MARIADB, "SELECT 1 # :nothing\n, :ho", "SELECT 1 # :nothing\n, ?", "2" },
	{ SQL_POSTGRESQL, "SELECT 1 # :ho", "SELECT 1 # $1", "2" },
	{ SQL_POSTGRESQL, "SELECT /* :a /* :b */ :c */ :ho", "SELECT /* :a /* :b */ :c */ $1", "2" },
	{ SQL_MARIADB, "SELECT /* :a /* :b */ :ho", "SELECT /* :a /* :b */ ?", "2" },
	{ SQL_POSTGRESQL, "SELECT $$ :a ; $$, $t$ :b $$ $t$, :ho", "SELECT $$ :a ; $$, $t$ :b $$ $t$, $1", "2" },
	{ SQL_POSTGRESQL, "SELECT a$b, :ho", "SELECT a$b, $1", "2" },
	{ SQL_MARIADB, "SET @x := :ho", "SET @x := ?", "2" },
	{ SQL_POSTGRESQL, "SELECT j ? 'k', a[1:2], :ho", "SELECT j ? 'k', a[1:2], $1", "2" },
	{ SQL_POSTGRESQL, "SELECT :ho; \n", "SELECT $1", "2" },

	{ SQL_POSTGRESQL, "", NULL, NULL },
	{ SQL_POSTGRESQL, " \n", NULL, NULL },
	{ SQL_POSTGRESQL, "SELECT :nobody", NULL, NULL },
	{ SQL_POSTGRESQL, "SELECT :loginx", NULL, NULL },
	{ SQL_POSTGRESQL, "SELECT 1; DROP TABLE users", NULL, NULL },
	{ SQL_MARIADB, "SELECT 1; DROP TABLE users", NULL, NULL },
	{ SQL_POSTGRESQL, "SELECT 1;;", NULL, NULL },
	{ SQL_POSTGRESQL, "SELECT $1", NULL, NULL },
	{ SQL_MARIADB, "SELECT ?", NULL, NULL },
	{ SQL_POSTGRESQL, "SELECT 'a", NULL, NULL },
	{ SQL_POSTGRESQL, "SELECT E'a\\'", NULL, NULL },
	{ SQL_POSTGRESQL, "SELECT /* a", NULL, NULL },
	{ SQL_POSTGRESQL, "SELECT $a$ b", NULL, NULL },
	{ SQL_MARIADB, "SELECT /*! :ho */ 1", NULL, NULL },
	{ SQL_MARIADB, "SELECT /*M! 1 */", NULL, NULL },
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct sql_text t;
		struct str reason = STR_NULL;
		bool ok = sql_text_compile(*state, r->dialect, str_c(r->source), names, ARRAY_LEN(names), &t, &reason);

		if (ok != (r->text != NULL))
			fail_msg("%s: %.*s", r->source, STR_ARG(reason));
		if (!ok) {
			assert_true(reason.len > 0);
			continue;
		}
		assert_str_equal(t.text, r->text);
		assert_int_equal(t.text.p[t.text.len], '\0');
		assert_int_equal(t.n_params, str_c(r->params).len);
		for (size_t k = 0; k < t.n_params; k++)
			assert_int_equal(t.params[k], r->params[k] - '0');
	}
}

static void test_limits(void **state)
{
	struct str names_many[SQL_PARAMS_MAX + 1];
	char text[8 * (SQL_PARAMS_MAX + 2)] = "SELECT 1";
	struct sql_text t;
	struct str reason;

	for (size_t i = 0; i <= SQL_PARAMS_MAX; i++) {
		char *end = text + str_c(text).len;

		names_many[i] = arena_printf(*state, "p%zu", i);
		end[0] = ',';
		end[1] = ':';
		for (size_t k = 0; k <= names_many[i].len; k++)
			end[2 + k] = k < names_many[i].len ? names_many[i].p[k] : '\0';
		assert_int_equal(sql_text_compile(*state, SQL_POSTGRESQL, str_c(text), names_many, i + 1, &t, &reason), i < SQL_PARAMS_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_rows), UNIT_TEST(test_limits) };

	return cmocka_run_group_tests_name("sql text", tests, NULL, NULL);
}
