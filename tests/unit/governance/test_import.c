/* import.h: every kind of bad file is refused by line and column, before the database is asked. */
#include "server/governance/import.h"

#include "common/base/buf.h"
#include "tests/unit/unit.h"

#define UNITS "code,name,kind,parent_code,valid_from,valid_to\n"
#define UNIT_OK "40,Tỉnh Nghệ An,province,,2025-07-01,\n"
#define PLATFORMS "code,name,kind,state,expected_on,verified\n"
#define ROLES "platform_code,code,name,sensitivity\n"
#define PERSONS "employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n"
#define NAMED "employee_code,full_name,kind,unit_code,title,post_kind,valid_from,decision_no,sex,ho,dem,ten,rank,decision_on,signer\n"
#define PERSON_OK "NV1,Lê An,cong_chuc,1985-06-30,40,Chuyên viên,main,2025-07-01,,1/QĐ,040085001234\n"

struct bad {
	const char *kind, *csv;
	enum import_fault fault;
	unsigned line;
	const char *column;
};

static const struct bad bad_files[] = {
	/* encodings */
	{ "units", UNITS UNIT_OK "41,Ngh\xE1\xBB An,commune,40,2025-07-01,\n", IMPORT_NOT_UTF8, 3, "name" },
	{ "units", UNITS "41,NguyÔn V¨n Phó,commune,,2025-07-01,\n", IMPORT_TCVN3, 2, "name" },
	{ "units", UNITS "41,Nguy\xD4n V\xA8n Ph\xF3,commune,,2025-07-01,\n", IMPORT_TCVN3, 2, "name" },
	{ "units", UNITS "41,Tên\x01 xấu,commune,,2025-07-01,\n", IMPORT_CONTROL, 2, "name" },
	/* values */
	{ "units", UNITS "4_1,A,commune,,2025-07-01,\n", IMPORT_BAD_CODE, 2, "code" },
	{ "units", UNITS ",A,commune,,2025-07-01,\n", IMPORT_MISSING, 2, "code" },
	{ "units", UNITS "41,,commune,,2025-07-01,\n", IMPORT_MISSING, 2, "name" },
	{ "units", UNITS "41,A,district,,2025-07-01,\n", IMPORT_NOT_LISTED, 2, "kind" },
	{ "units", UNITS "41,A,commune,,2025-02-30,\n", IMPORT_BAD_DATE, 2, "valid_from" },
	{ "units", UNITS "41,A,commune,,01/07/2025,\n", IMPORT_BAD_DATE, 2, "valid_from" },
	{ "units", UNITS "16681,A,commune,,2025-07-01,2025-07-01\n", IMPORT_DATE_ORDER, 2, "valid_to" },
	{ "units", UNITS UNIT_OK "1668,A,commune,40,2025-07-01,\n", IMPORT_BAD_UNIT_CODE, 3, "code" },
	{ "units", UNITS UNIT_OK "PHUONG,A,ward,40,2025-07-01,\n", IMPORT_BAD_UNIT_CODE, 3, "code" },
	{ "units", UNITS "0123456789012345678901234567890123456789,A,commune,,2025-07-01,\n", IMPORT_TOO_LONG, 2, "code" },
	{ "platforms", PLATFORMS "p02,A,central,operating,,\n", IMPORT_BAD_SYMBOL, 2, "code" },
	{ "platforms", PLATFORMS "DIR,A,central,operating,,\n", IMPORT_RESERVED, 2, "code" },
	{ "platforms", PLATFORMS "P02,A,directory,operating,,\n", IMPORT_NOT_LISTED, 2, "kind" },
	{ "platforms", PLATFORMS "P02,A,central,open,,\n", IMPORT_NOT_LISTED, 2, "state" },
	{ "platforms", PLATFORMS "P02,A,central,proposed,2025-13,\n", IMPORT_BAD_MONTH, 2, "expected_on" },
	{ "platforms", PLATFORMS "P02,A,central,proposed,12/2025,\n", IMPORT_BAD_MONTH, 2, "expected_on" },
	{ "platforms", PLATFORMS "P02,A,central,proposed,,maybe\n", IMPORT_NOT_LISTED, 2, "verified" },
	{ "roles", ROLES "P02,MC-1,A,normal\n", IMPORT_BAD_SYMBOL, 2, "code" },
	{ "roles", ROLES "P02,MC,A,huge\n", IMPORT_NOT_LISTED, 2, "sensitivity" },
	{ "persons", PERSONS "NV1,Lê An,cong_chuc,1985-06-30,40,CV,main,2025-07-01,,1/QĐ,04008500123\n", IMPORT_NATIONAL_ID_FORM, 2, "national_id" },
	{ "persons", PERSONS "NV1,Lê An,cong_chuc,1985-06-31,40,CV,main,2025-07-01,,1/QĐ,\n", IMPORT_BAD_DATE, 2, "birth_date" },
	{ "persons", PERSONS "NV1,,cong_chuc,,40,CV,main,2025-07-01,,1/QĐ,\n", IMPORT_MISSING, 2, "full_name" },
	{ "persons", PERSONS "NV1,Lê An,,,40,CV,main,2025-07-01,,1/QĐ,\n", IMPORT_MISSING, 2, "kind" },
	{ "persons", PERSONS "NV1,Lê An,cong_chuc,,40,CV,substitute,2025-07-01,,1/QĐ,\n", IMPORT_NOT_LISTED, 2, "post_kind" },
	{ "persons", PERSONS "NV1,Lê An,cong_chuc,,40,CV,acting,2025-07-01,,1/QĐ,\n", IMPORT_MISSING, 2, "valid_to" },
	{ "persons", PERSONS "NV1,Lê An,cong_chuc,,40,CV,main,2025-07-01,,,\n", IMPORT_MISSING, 2, "decision_no" },
	{ "persons", NAMED "NV1,Lê An,cong_chuc,40,CV,main,2025-07-01,1/QĐ,man,,,,,,\n", IMPORT_NOT_LISTED, 2, "sex" },
	{ "persons", NAMED "NV1,Lê An,cong_chuc,40,CV,main,2025-07-01,1/QĐ,,,,,chief,,\n", IMPORT_NOT_LISTED, 2, "rank" },
	{ "persons", NAMED "NV1,Lê An,cong_chuc,40,CV,main,2025-07-01,1/QĐ,,,,,,20/06/2025,\n", IMPORT_BAD_DATE, 2, "decision_on" },
	{ "persons", NAMED "NV1,Lê An,cong_chuc,40,CV,main,2025-07-01,1/QĐ,,Lê,,,,,\n", IMPORT_MISSING, 2, "ten" },
	{ "persons", NAMED "NV1,Lê An,cong_chuc,40,CV,main,2025-07-01,1/QĐ,,Lê,Văn,An,,,\n", IMPORT_NAME_PARTS, 2, "ten" },
	/* between rows */
	{ "persons", NAMED "NV1,Lê An,cong_chuc,40,CV,main,2025-07-01,1/QĐ,male,,,,,,\nNV1,,,40,Khác,concurrent,2025-07-01,2/QĐ,female,,,,,,\n", IMPORT_PERSON_DIFFERS, 3, "sex" },
	{ "units", UNITS UNIT_OK "16681,A,commune,40,2025-07-01,\n40,B,province,,2025-07-01,\n", IMPORT_DUPLICATE, 4, "code" },
	{ "platforms", PLATFORMS "P02,A,central,operating,,\nP02,B,central,operating,,\n", IMPORT_DUPLICATE, 3, "code" },
	{ "roles", ROLES "P02,MC,A,normal\nP03,MC,A,normal\nP02,MC,B,normal\n", IMPORT_DUPLICATE, 4, "platform_code" },
	{ "persons", PERSONS PERSON_OK "NV1,,,,40,Chuyên viên,concurrent,2025-07-01,,2/QĐ,\n", IMPORT_DUPLICATE, 3, "title" },
	{ "persons", PERSONS PERSON_OK "NV1,Lê Anh,,,40,Khác,concurrent,2025-07-01,,2/QĐ,\n", IMPORT_PERSON_DIFFERS, 3, "full_name" },
	{ "persons", PERSONS PERSON_OK "NV2,Lê Ba,cong_chuc,,40,Khác,main,2025-07-01,,2/QĐ,040085001234\n", IMPORT_DUPLICATE, 3, "national_id" },
};

static int run(struct arena *a, const char *kind, const char *csv, struct import_report *report)
{
	const struct import_request request = { .kind = kind, .csv = str_c(csv), .actor = STR("operator:test") };
	struct op op;

	/* Without a database: a file with errors must not get as far. */
	op_init(&op, a, NULL, NULL);
	return import_run(&op, &request, report);
}

static void test_bad_files(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_files); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
		const struct bad *bad = &bad_files[i];
		struct import_report report;

		print_message("%zu: %s", i, bad->csv);
		assert_int_equal(run(a, bad->kind, bad->csv, &report), ERR_IMPORT);
		assert_int_equal(report.n_errors, 1);
		assert_int_equal(report.errors[0].fault, bad->fault);
		assert_int_equal(report.errors[0].line, bad->line);
		assert_str_equal(str_c(report.errors[0].column), bad->column);
	}
}

/* All of them at once, in the order of lines; kept up to 50. */
static void test_collects_errors(void **state)
{
	struct buf b = buf_new(*state, 1 << 16);
	struct import_report report;

	buf_add_c(&b, UNITS);
	for (int i = 0; i < 70; i++)
		buf_printf(&b, "U%d,A,nowhere,,2025-07-01,\n", i);
	assert_int_equal(run(*state, "units", b.p, &report), ERR_IMPORT);
	assert_true(report.n_errors >= IMPORT_NOTES_MAX);
	for (unsigned i = 0; i < IMPORT_NOTES_MAX; i++)
		assert_int_equal(report.errors[i].line, i + 2);
}

/* A personal number stands in no message. */
static void test_secret_values(void **state)
{
	struct import_report report;
	struct str text;

	assert_int_equal(run(*state, "persons", PERSONS "NV1,Lê An,cong_chuc,,40,CV,main,2025-07-01,,1/QĐ,0400850012\n", &report), ERR_IMPORT);
	assert_str_null(report.errors[0].value);
	text = import_note_text(*state, &report.errors[0], STR("vi"));
	assert_false(str_contains(text, STR("0400850012")));
}

static void test_texts(void **state)
{
	for (int fault = 0; fault < IMPORT_FAULT_COUNT_; fault++) {
		const struct import_note note = { .fault = (enum import_fault)fault, .value = STR("x") };

		assert_true(import_note_text(*state, &note, STR("vi")).len > 5);
		assert_true(import_note_text(*state, &note, STR("en")).len > 5);
		assert_false(str_contains(import_note_text(*state, &note, STR("vi")), STR("{}")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_files),
		UNIT_TEST(test_collects_errors),
		UNIT_TEST(test_secret_values),
		UNIT_TEST(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
