#include "common/db/migrate.h"

#include "tests/db/dbtest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct arena *arena;
	struct op op;
	char folder[64];
	struct migrate_report report;
};

static void clear_folder(const struct fixture *f)
{
	DIR *d = opendir(f->folder);
	const struct dirent *e;
	char path[512];

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", f->folder, e->d_name);
		assert_int_equal(unlink(path), 0);
	}
	closedir(d);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	side("DROP SCHEMA IF EXISTS sen CASCADE");
	side("DROP SCHEMA IF EXISTS sen_meta CASCADE");
	f->arena = arena_new(UNIT_ARENA_BYTES);
	op_init(&f->op, f->arena, NULL, NULL);
	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/sen-migrate-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	clear_folder(f);
	assert_int_equal(rmdir(f->folder), 0);
	arena_free(f->arena);
	free(f);
	return 0;
}

static void put_bytes(const struct fixture *f, const char *name, struct str text)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", f->folder, name);

	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text.p, 1, text.len, file), text.len);
	assert_int_equal(fclose(file), 0);
}

static void put(const struct fixture *f, const char *name, const char *text)
{
	put_bytes(f, name, str_c(text));
}

static int run(struct fixture *f, bool dry_run)
{
	op_forgive(&f->op);
	f->report = (struct migrate_report){ 0 };
	return migrate_run(&f->op, str_c(dbtest_conninfo()), STR(""), f->folder, dry_run, &f->report);
}

/* Refused as configuration, with text in the detail, and no report. */
static void assert_refused(struct fixture *f, const char *text)
{
	assert_int_equal(run(f, false), ERR_CONFIG);
	if (!str_contains(f->op.error.detail, str_c(text)))
		fail_msg("\"%.*s\" does not say \"%s\"", STR_ARG(f->op.error.detail), text);
	assert_int_equal(f->report.n_known, 0);
}

static void put_two(const struct fixture *f)
{
	put(f, "0001_first.sql", "CREATE SCHEMA sen;\nCREATE TABLE sen.one (id int);\n");
	put(f, "0002_second.sql", "CREATE TABLE two (id int);\nINSERT INTO two VALUES (2);\n");
	put(f, "README.md", "none of ours");
}

static int64_t n_recorded(void)
{
	return side_i64("SELECT count(*) FROM sen_meta.migration");
}

static void test_applies_in_order_and_once(void **state)
{
	struct fixture *f = *state;

	put_two(f);
	assert_int_equal(run(f, false), 0);
	assert_int_equal(f->report.n_applied, 2);
	assert_int_equal(f->report.n_known, 2);
	assert_str_equal(f->report.last, "0002_second");
	assert_int_equal(n_recorded(), 2);
	assert_int_equal(side_i64("SELECT id FROM sen.two"), 2);

	assert_int_equal(run(f, false), 0);
	assert_int_equal(f->report.n_applied, 0);
	assert_str_equal(f->report.last, "0002_second");

	put(f, "0003_third.sql", "INSERT INTO two VALUES (3);");
	assert_int_equal(run(f, false), 0);
	assert_int_equal(f->report.n_applied, 1);
	assert_int_equal(f->report.n_known, 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.two"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen_meta.migration WHERE sha256 = sha256('INSERT INTO two VALUES (3);')"
	                          " AND name = '0003_third' AND version = 3 AND applied_at <= now()"), 1);
}

static void test_a_dry_run_only_counts(void **state)
{
	struct fixture *f = *state;

	put_two(f);
	assert_int_equal(run(f, true), 0);
	assert_int_equal(f->report.n_applied, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM pg_namespace WHERE nspname IN ('sen', 'sen_meta')"), 0);
	assert_int_equal(run(f, false), 0);
	put(f, "0003_third.sql", "DROP TABLE two;");
	assert_int_equal(run(f, true), 0);
	assert_int_equal(f->report.n_applied, 1);
	assert_int_equal(side_i64("SELECT id FROM sen.two"), 2);
}

static void test_what_was_applied_must_not_change(void **state)
{
	struct fixture *f = *state;

	put_two(f);
	assert_int_equal(run(f, false), 0);
	put(f, "0001_first.sql", "CREATE SCHEMA sen;\nCREATE TABLE sen.one (id bigint);\n");
	put(f, "0003_third.sql", "DROP TABLE two;");
	assert_refused(f, "0001_first");
	assert_int_equal(n_recorded(), 2);
	put_two(f);
	assert_int_equal(run(f, false), 0);
	assert_int_equal(n_recorded(), 3);

	/* Another name is another file. */
	clear_folder(f);
	put(f, "0001_other.sql", "CREATE SCHEMA sen;\nCREATE TABLE sen.one (id int);\n");
	assert_refused(f, "0001_other");
	clear_folder(f);
	put(f, "0001_first.sql", "CREATE SCHEMA sen;\nCREATE TABLE sen.one (id int);\n");
	assert_refused(f, "0002_second");
}

static void test_a_broken_file_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	put_two(f);
	put(f, "0003_third.sql", "CREATE TABLE three (id int);\n-- Việt\nINSERT INTO three VALUES (1);\nINSERT INTO nowhere VALUES (1);\n");
	put(f, "0004_fourth.sql", "CREATE TABLE four (id int);");
	assert_refused(f, "0003_third line 4: 42P01 ");
	assert_int_equal(n_recorded(), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM pg_tables WHERE schemaname = 'sen'"), 2);
	put(f, "0003_third.sql", "CREATE TABLE three (id int);");
	assert_int_equal(run(f, false), 0);
	assert_int_equal(f->report.n_applied, 2);
}

static void test_a_file_stays_in_its_transaction(void **state)
{
	struct fixture *f = *state;

	put_two(f);
	put(f, "0003_third.sql", "CREATE TABLE three (id int); COMMIT; CREATE TABLE four (id int);");
	assert_refused(f, "0003_third");
	assert_int_equal(n_recorded(), 2);
	/* What one file SETs is not there for the next. */
	put(f, "0003_third.sql", "SET search_path = public; CREATE TABLE three (id int);");
	put(f, "0004_fourth.sql", "CREATE TABLE five (id int);");
	assert_int_equal(run(f, false), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = 'three'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM pg_tables WHERE schemaname = 'sen' AND tablename = 'five'"), 1);
	side("DROP TABLE public.three");
}

static void test_names_and_numbers(void **state)
{
	static const struct {
		const char *name, *message;
	} wrong[] = {
		{ "0004_gap.sql", "0004_gap.sql: expected number 0003" },
		{ "0002_twice.sql", "0002_twice.sql: expected number 0003" },
		{ "0000_zero.sql", "0000_zero.sql: not NNNN_name.sql" },
		{ "0003.sql", "0003.sql" },
		{ "0003_.sql", "0003_.sql" },
		{ "003_short.sql", "003_short.sql" },
		{ "00003_long.sql", "00003_long.sql" },
		{ "0003_Upper.sql", "0003_Upper.sql" },
		{ "0003_a-b.sql", "0003_a-b.sql" },
		{ ".sql", ".sql" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char path[512];

		put_two(f);
		put(f, wrong[i].name, "CREATE TABLE three (id int);");
		assert_refused(f, wrong[i].message);
		(void)snprintf(path, sizeof(path), "%s/%s", f->folder, wrong[i].name);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM pg_namespace WHERE nspname = 'sen_meta'"), 0);
}

static void test_what_is_no_text(void **state)
{
	struct fixture *f = *state;

	put_bytes(f, "0001_nul.sql", STR("CREATE SCHEMA sen;\0DROP TABLE x;"));
	assert_refused(f, "0001_nul.sql: not UTF-8 text");
	clear_folder(f);
	put(f, "0001_latin.sql", "-- \xe9\n");
	assert_refused(f, "0001_latin.sql");
	op_forgive(&f->op);
	assert_int_equal(migrate_run(&f->op, str_c(dbtest_conninfo()), STR(""), "/nowhere", false, &f->report), ERR_CONFIG);
	op_forgive(&f->op);
	assert_int_equal(migrate_run(&f->op, STR("host=/nowhere"), STR("hush"), f->folder, false, &f->report), ERR_CONFIG);
	clear_folder(f);
	op_forgive(&f->op);
	assert_int_equal(migrate_run(&f->op, STR("host=/nowhere"), STR("hush"), f->folder, false, &f->report), ERR_UNAVAILABLE);
	assert_false(str_contains(f->op.error.detail, STR("hush")));
	/* An empty folder has nothing to apply. */
	assert_int_equal(run(f, false), 0);
	assert_int_equal(f->report.n_known, 0);
}

static void *run_beside(void *arg)
{
	struct fixture *f = arg;

	return (void *)(intptr_t)run(f, false);
}

static void test_two_at_once_apply_each_file_once(void **state)
{
	struct fixture *f = *state, other = *f;
	pthread_t thread;
	void *code;

	put_two(f);
	put(f, "0003_slow.sql", "SELECT pg_sleep(0.3); INSERT INTO two VALUES (3);");
	other.arena = arena_new(UNIT_ARENA_BYTES);
	op_init(&other.op, other.arena, NULL, NULL);
	assert_int_equal(pthread_create(&thread, NULL, run_beside, &other), 0);
	assert_int_equal(run(f, false), 0);
	pthread_join(thread, &code);
	assert_int_equal((intptr_t)code, 0);
	assert_int_equal(f->report.n_applied + other.report.n_applied, 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.two"), 2);
	arena_free(other.arena);
}

/* The schema of this release, on an empty database; roles belong to the whole cluster. */
static void test_the_projects_own_migrations(void **state)
{
	const char *folder = getenv("SEN_TEST_MIGRATIONS");
	struct fixture *f = *state;

	if (!folder)
		fail_msg("%s", "SEN_TEST_MIGRATIONS must name the folder schema/migrations");
	dbtest_roles();
	for (int round = 0; round < 2; round++) {
		int r = migrate_run(&f->op, str_c(dbtest_conninfo()), STR(""), folder, false, &f->report);

		if (r < 0)
			fail_msg("%.*s", STR_ARG(f->op.error.detail));
		assert_int_equal(f->report.n_applied, round == 0 ? f->report.n_known : 0);
	}
	assert_true(f->report.n_known > 0);
	assert_int_equal(n_recorded(), (int64_t)f->report.n_known);
}

static int create(void **state)
{
	(void)state;
	return dbtest_create("migrate", "SELECT 1");
}

static int drop(void **state)
{
	(void)state;
	return dbtest_drop();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_applies_in_order_and_once),
		TEST(test_a_dry_run_only_counts),
		TEST(test_what_was_applied_must_not_change),
		TEST(test_a_broken_file_leaves_nothing),
		TEST(test_a_file_stays_in_its_transaction),
		TEST(test_names_and_numbers),
		TEST(test_what_is_no_text),
		TEST(test_two_at_once_apply_each_file_once),
		TEST(test_the_projects_own_migrations),
	};

	return cmocka_run_group_tests_name("migrate", tests, create, drop);
}
