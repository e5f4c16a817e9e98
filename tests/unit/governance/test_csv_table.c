/* csv_table.h: bytes into rows. */
#include "common/base/buf.h"
#include "server/governance/csv_table.h"
#include "tests/unit/unit.h"

static const struct import_column columns[] = {
	{ "code", CELL_TEXT, 10, true, true, false, NULL },
	{ "name", CELL_TEXT, 10, true, false, false, NULL },
	{ "note", CELL_TEXT, 10, false, false, false, NULL },
};

static struct csv_table read_table(struct arena *a, struct str csv, struct import_report *report)
{
	struct csv_table table = { .columns = columns, .n_columns = ARRAY_LEN(columns) };

	*report = (struct import_report){ .n_errors = 0 };
	csv_table_read(a, csv, &table, report);
	return table;
}

static void test_shapes(void **state)
{
	static const char *const same[] = {
		"code,name,note\nA,\"x, y\",z\nB,,\n",
		"\xEF\xBB\xBF" "code;name;note\r\nA;x, y;z\r\nB;;\r\n",
		"note\tcode\tname\rz\tA\tx, y\r\tB\t\r",
		"Code,NAME,note\n\nA,\"x, y\",z\n\n,,\nB,,",
		"name,code,note,,\n\"x, y\",A,z,,\n,B,,,\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct import_report report;
		struct csv_table t = read_table(*state, str_c(same[i]), &report);

		print_message("shape %zu\n", i);
		assert_int_equal(report.n_errors, 0);
		assert_int_equal(t.n_rows, 2);
		assert_str_equal(t.rows[0].cells[0], "A");
		assert_str_equal(t.rows[0].cells[1], "x, y");
		assert_str_equal(t.rows[0].cells[2], "z");
		assert_str_equal(t.rows[1].cells[0], "B");
		assert_str_null(t.rows[1].cells[1]);
		assert_str_null(t.rows[1].cells[2]);
	}
}

static void test_lines(void **state)
{
	struct import_report report;
	struct csv_table t = read_table(*state, STR("code,name\n\nA,\"two\nlines\"\nB,x\r\n\r\nC,y\n"), &report);

	assert_int_equal(report.n_errors, 0);
	assert_int_equal(t.n_rows, 3);
	assert_int_equal(t.rows[0].line, 3);
	assert_str_equal(t.rows[0].cells[1], "two\nlines");
	assert_int_equal(t.rows[1].line, 5);
	assert_int_equal(t.rows[2].line, 7);
}

static void test_faults(void **state)
{
	static const struct {
		struct str csv;
		enum import_fault fault;
		unsigned line;
	} rows[] = {
		{ { "", 0 }, IMPORT_EMPTY, 0 },
		{ { "\n\n", 2 }, IMPORT_EMPTY, 0 },
		{ { "\xFF\xFE" "c\0o\0", 6 }, IMPORT_UTF16, 1 },
		{ { "code,other\n", 11 }, IMPORT_COLUMN_UNKNOWN, 1 },
		{ { "code,name,code\n", 15 }, IMPORT_COLUMN_TWICE, 1 },
		{ { "\ncode\n", 6 }, IMPORT_COLUMN_MISSING, 2 },
		{ { "code,name\nA,b,c\n", 16 }, IMPORT_TOO_MANY_CELLS, 2 },
		{ { "code,name\nA,\"b\"c\n", 17 }, IMPORT_QUOTING, 2 },
		{ { "code,name\nA,b\nB,\"c\n", 19 }, IMPORT_QUOTING, 3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct import_report report;

		print_message("fault %zu\n", i);
		read_table(*state, rows[i].csv, &report);
		assert_true(report.n_errors > 0);
		assert_int_equal(report.errors[0].fault, rows[i].fault);
		assert_int_equal(report.errors[0].line, rows[i].line);
	}
}

/* A quotation mark that is never closed is told at its line, not after the whole file. */
static void test_unclosed_quote_is_found_early(void **state)
{
	struct buf b = buf_new(*state, 1 << 20);
	struct import_report report;

	buf_add_c(&b, "code,name\nA,ok\nB,\"open\n");
	for (int i = 0; i < 2000; i++)
		buf_add_c(&b, "C,fine\n");
	read_table(*state, buf_str(&b), &report);
	assert_int_equal(report.n_errors, 1);
	assert_int_equal(report.errors[0].fault, IMPORT_QUOTING);
	assert_int_equal(report.errors[0].line, 3);
}

static void test_long_field(void **state)
{
	struct buf b = buf_new(*state, 1 << 20);
	struct import_report report;

	buf_add_c(&b, "code,name\nA,");
	for (int i = 0; i < IMPORT_FIELD_MAX_BYTES + 1; i++)
		buf_add_char(&b, 'x');
	buf_add_c(&b, "\nB,y\n");
	read_table(*state, buf_str(&b), &report);
	assert_int_equal(report.n_errors, 1);
	assert_int_equal(report.errors[0].fault, IMPORT_FIELD_TOO_LONG);
	assert_int_equal(report.errors[0].line, 2);
}

static void test_many_rows(_unused_ void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)256 << 20);
	struct buf b = buf_new(a, 1 << 22);
	struct import_report report;

	buf_add_c(&b, "code,name\n");
	for (int i = 0; i < IMPORT_ROWS_MAX + 1; i++)
		buf_add_c(&b, "A,b\n");
	read_table(a, buf_str(&b), &report);
	assert_int_equal(report.n_errors, 1);
	assert_int_equal(report.errors[0].fault, IMPORT_TOO_MANY_ROWS);
	assert_int_equal(report.errors[0].line, IMPORT_ROWS_MAX + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_shapes),
		UNIT_TEST(test_lines),
		UNIT_TEST(test_faults),
		UNIT_TEST(test_unclosed_quote_is_found_early),
		UNIT_TEST(test_long_field),
		cmocka_unit_test(test_many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
