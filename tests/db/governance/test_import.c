/* import.h on PostgreSQL: whole or not at all, twice is once, and what contradicts the record is told by line. */
#include "server/governance/import.h"

#include "common/crypto/aead.h"
#include "tests/db/governance/govdb.h"

#define PERSONS "employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n"
#define UNITS "code,name,kind,parent_code,valid_from\n"
#define UNITS_TO "code,name,kind,parent_code,valid_from,valid_to\n"
#define UNITS_IDENT "code,name,kind,parent_code,valid_from,valid_to,ident_new\n"
#define UNITS_OLD "code,name,kind,parent_code,valid_from,ident_old\n"

static int create(_unused_ void **state)
{
	return gov_create("import");
}

static int run(const char *kind, const char *csv, bool dry_run, struct import_report *report)
{
	const struct import_request request = { .kind = kind, .csv = str_c(csv), .actor = STR("operator:test"), .dry_run = dry_run };
	struct op op;
	int r;

	gov_begin(&op, gov_owner);
	r = import_run(&op, &request, report);
	if (r < 0 && r != ERR_IMPORT)
		print_message("%s %.*s\n", op.error.text, STR_ARG(op.error.detail));
	gov_end(&op);
	return r;
}

static void assert_counts(const struct import_count *count, size_t created, size_t changed, size_t unchanged)
{
	assert_int_equal(count->created, created);
	assert_int_equal(count->changed, changed);
	assert_int_equal(count->unchanged, unchanged);
}

static void test_twice_and_dry(_unused_ void **state)
{
	static const char csv[] = PERSONS "T1,Vũ Hải,cong_chuc,1985-06-30,16681,CV,main,2025-07-01,,1/QĐ,040085000777\n"
	                                  "T1,,,,16690,CV,concurrent,2025-08-01,,2/QĐ,\n"
	                                  "T2,Moong,vien_chuc,,16681,CV,main,2025-07-01,,1/QĐ,\n";
	static const char changed[] = PERSONS "T1,Vũ Hải,can_bo,1985-06-30,16681,CV,main,2025-07-01,2026-07-01,1/QĐ,\n"
	                                      "T1,,,,16690,CV,concurrent,2025-08-01,,2/QĐ,\n"
	                                      "T1,,,,16690,Trưởng phòng,main,2026-07-01,,5/QĐ,\n"
	                                      "T2,Moong,vien_chuc,,16681,CV,main,2025-07-01,,1/QĐ,\n";
	struct import_report report;
	int64_t audited = side_i64("SELECT count(*) FROM sen.audit WHERE action = 'import'");

	assert_int_equal(run("persons", csv, true, &report), 0);
	assert_counts(&report.counts[0], 2, 0, 0);
	assert_counts(&report.counts[1], 3, 0, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code LIKE 'T_'"), 0);
	assert_int_equal(run("persons", csv, false, &report), 0);
	assert_counts(&report.counts[0], 2, 0, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code LIKE 'T_'"), 2);
	assert_int_equal(run("persons", csv, false, &report), 0);
	assert_counts(&report.counts[0], 0, 0, 2);
	assert_counts(&report.counts[1], 0, 0, 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'import'"), audited + 1);
	/* A post that ends makes room for the next; what the file leaves empty stays. */
	assert_int_equal(run("persons", changed, false, &report), 0);
	assert_counts(&report.counts[0], 0, 1, 1);
	assert_counts(&report.counts[1], 1, 1, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'T1' AND national_id_hash IS NOT NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'T1' AND ho = 'Vũ' AND dem = '' AND ten = 'Hải'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'T2' AND ho = '' AND dem = '' AND ten = 'Moong'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'AD' AND ho = 'Nguyễn' AND dem = 'Văn' AND ten = 'An'"), 1);
}

/* Rank, decision, sex and the parts of a name: taken when said, left when not. */
static void test_optional_columns(_unused_ void **state)
{
	static const char csv[] = "employee_code,full_name,kind,unit_code,title,post_kind,valid_from,decision_no,sex,ho,dem,ten,rank,decision_on,signer,national_id\n"
	                          "O1,Lầu Bá Tu,can_bo,16681,Trưởng phòng,main,2025-07-01,1/QĐ,male,,Lầu,Bá Tu,division_head,2025-06-20,Trần Văn Bình,040080000021\n";
	static const char plain[] = PERSONS "O1,Lầu Bá Tu,can_bo,,16681,Trưởng phòng,main,2025-07-01,,1/QĐ,\n";
	static const char decided[] = PERSONS "O1,Lầu Bá Tư,can_bo,,16681,Trưởng phòng,main,2025-07-01,,2/QĐ,\n";
	struct import_report report;

	assert_int_equal(run("persons", csv, false, &report), 0);
	assert_int_equal(report.n_warnings, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'O1' AND (sex, ho, dem, ten) = ('male', '', 'Lầu', 'Bá Tu')"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post o JOIN sen.person p ON p.id = o.person_id WHERE p.employee_code = 'O1' AND o.rank = 'division_head'"
	                          " AND o.decision_on = '2025-06-20' AND o.signer = 'Trần Văn Bình'"), 1);
	assert_int_equal(run("persons", csv, false, &report), 0);
	assert_counts(&report.counts[0], 0, 0, 1);
	assert_counts(&report.counts[1], 0, 0, 1);
	/* A file without them neither divides the name anew nor takes the rank away. */
	side("UPDATE sen.person SET ho = 'Lầu Bá', dem = '', ten = 'Tu' WHERE employee_code = 'O1'");
	assert_int_equal(run("persons", plain, false, &report), 0);
	assert_counts(&report.counts[0], 0, 0, 1);
	assert_counts(&report.counts[1], 0, 0, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'O1' AND (sex, ho, ten) = ('male', 'Lầu Bá', 'Tu')"), 1);
	/* Another name is; another decision has neither the day nor the signer of the first. */
	assert_int_equal(run("persons", decided, false, &report), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'O1' AND (ho, dem, ten) = ('Lầu', 'Bá', 'Tư')"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post o JOIN sen.person p ON p.id = o.person_id WHERE p.employee_code = 'O1' AND o.rank = 'division_head'"
	                          " AND o.decision_no = '2/QĐ' AND o.decision_on IS NULL AND o.signer IS NULL"), 1);
	/* Even centuries are men's before 2000. */
	assert_int_equal(run("persons", "employee_code,full_name,kind,unit_code,title,post_kind,valid_from,decision_no,sex,national_id\n"
	                                "O2,Lê Thị Hai,can_bo,16681,CV,main,2025-07-01,1/QĐ,female,040080000022\n", false, &report), 0);
	assert_int_equal(report.n_warnings, 1);
	assert_int_equal(report.warnings[0].fault, IMPORT_NATIONAL_ID_SEX);
}

static void test_national_id(_unused_ void **state)
{
	struct import_report report;

	/* Nowhere in the clear. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person p WHERE p::text LIKE '%040080000001%'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit a WHERE a::text LIKE '%040080000001%'"), 0);
	assert_int_equal(run("persons", PERSONS "N1,Lê Ba,cong_chuc,,40,CV,main,2025-07-01,,1/QĐ,040080000001\n", false, &report), ERR_IMPORT);
	assert_int_equal(report.n_errors, 1);
	assert_int_equal(report.errors[0].fault, IMPORT_NATIONAL_ID_TAKEN);
	assert_int_equal(report.errors[0].line, 2);
	assert_str_null(report.errors[0].value);
	/* What does not match is a warning. */
	assert_int_equal(run("persons", PERSONS "N2,Lê Ba,cong_chuc,1999-01-01,40,CV,main,2025-07-01,,1/QĐ,099080000009\n", false, &report), 0);
	assert_int_equal(report.n_warnings, 2);
}

static void test_nfd_becomes_nfc(_unused_ void **state)
{
	struct import_report report;

	assert_int_equal(run("persons", PERSONS "F1,Đa\xCC\xA3\xCC\x86ng  An,cong_chuc,,40,CV,main,2025-07-01,,1/QĐ,\n", false, &report), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'F1' AND full_name = 'Đặng An' AND name_fold = 'dang an'"), 1);
}

static void test_against_the_record(_unused_ void **state)
{
	static const struct {
		const char *kind, *csv;
		enum import_fault fault;
		unsigned line;
	} rows[] = {
		{ "persons", PERSONS "R1,Lê Ba,cong_chuc,,40,CV,main,2025-07-01,,1/QĐ,\nR2,Lê Tư,cong_chuc,,99999,CV,main,2025-07-01,,1/QĐ,\n",
		  IMPORT_UNKNOWN_UNIT, 3 },
		{ "persons", PERSONS "AD,Nguyễn Văn An,cong_chuc,,40,Giám đốc,main,2026-01-01,,9/QĐ,\n", IMPORT_MAIN_OVERLAP, 2 },
		{ "persons", PERSONS "R1,Lê Ba,cong_chuc,,40,CV,main,2025-07-01,,1/QĐ,\nR1,,,,16690,CV,main,2025-09-01,,2/QĐ,\n", IMPORT_MAIN_OVERLAP, 3 },
		{ "persons", PERSONS "AD,Nguyễn Văn An,cong_chuc,,40,Chánh Văn phòng,concurrent,2025-09-01,,9/QĐ,\n", IMPORT_POST_OVERLAP, 2 },
		{ "units", UNITS "U1,A,division,40,2025-07-01\nU2,B,division,NOWHERE,2025-07-01\n", IMPORT_UNKNOWN_UNIT, 3 },
		{ "units", UNITS "40,Tỉnh Nghệ An,province,16681.VP,2025-07-01\n", IMPORT_UNIT_CYCLE, 2 },
		{ "units", UNITS "U1,A,division,U2,2025-07-01\nU2,B,division,U1,2025-07-01\n", IMPORT_UNIT_CYCLE, 2 },
		{ "roles", "platform_code,code,name,sensitivity\nP02,NEW,A,low\nP77,X,A,low\n", IMPORT_UNKNOWN_PLATFORM, 3 },
		{ "roles", "platform_code,code,name,sensitivity\nDIR,X,A,low\n", IMPORT_UNKNOWN_PLATFORM, 2 },
	};
	int64_t before = side_i64("SELECT (SELECT count(*) FROM sen.person) + (SELECT count(*) FROM sen.post) + (SELECT count(*) FROM sen.unit)"
	                          " + (SELECT count(*) FROM sen.role) + (SELECT sum(length(path)) FROM sen.unit)");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct import_report report;

		print_message("%s", rows[i].csv);
		assert_int_equal(run(rows[i].kind, rows[i].csv, false, &report), ERR_IMPORT);
		assert_int_equal(report.errors[0].fault, rows[i].fault);
		assert_int_equal(report.errors[0].line, rows[i].line);
	}
	/* All or nothing: good rows beside bad ones left no trace. */
	assert_int_equal(side_i64("SELECT (SELECT count(*) FROM sen.person) + (SELECT count(*) FROM sen.post) + (SELECT count(*) FROM sen.unit)"
	                          " + (SELECT count(*) FROM sen.role) + (SELECT sum(length(path)) FROM sen.unit)"), before);
}

/* While nobody is there; else only a reorganisation gives a unit another place, kind or end. */
static void test_units_move(_unused_ void **state)
{
	struct import_report report;

	assert_int_equal(run("units", UNITS "M2,Phòng,division,10001,2025-07-01\n10001,Xã,commune,40,2025-07-01\n", false, &report), 0);
	assert_counts(&report.counts[0], 2, 0, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit u JOIN sen.unit m ON m.code = '10001' WHERE u.code = 'M2' AND u.path = m.path || u.id || '.'"), 1);
	assert_int_equal(run("units", UNITS "10001,Xã mới,commune,16690,2025-07-01\n", false, &report), 0);
	assert_counts(&report.counts[0], 0, 1, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit u JOIN sen.unit w ON w.code = '16690' WHERE u.code = 'M2' AND starts_with(u.path, w.path)"), 1);
	/* An empty one ends with what is below it, not without. */
	assert_int_equal(run("units", UNITS_TO "10001,Xã mới,commune,16690,2025-07-01,2026-02-01\n", false, &report), ERR_IMPORT);
	assert_int_equal(report.errors[0].fault, IMPORT_BY_REORGANISATION);
	assert_int_equal(run("units", UNITS_TO "10001,Xã mới,commune,16690,2025-07-01,2026-02-01\nM2,Phòng,division,10001,2025-07-01,2026-02-01\n", false, &report), 0);
	/* And nothing is put below it afterwards. */
	assert_int_equal(run("units", UNITS "M3,Tổ,division,10001,2025-07-01\n", false, &report), ERR_IMPORT);
	assert_int_equal(report.errors[0].fault, IMPORT_UNIT_ENDED);
}

static void test_units_in_use(_unused_ void **state)
{
	static const struct {
		const char *csv, *column;
	} rows[] = {
		{ UNITS_TO "16681.VP,Văn phòng,division,16690,2025-07-01,\n", "parent_code" },
		/* Nobody works in it, but below it. */
		{ UNITS_TO "10002,Xã,commune,16690,2025-07-01,\n", "parent_code" },
		{ UNITS_TO "16681.VP,Văn phòng,department,16681,2025-07-01,\n", "kind" },
		{ UNITS_TO "16681.VP,Văn phòng,division,16681,2099-07-01,\n", "kind" },
		{ UNITS_TO "16681.VP,Văn phòng,division,16681,2025-07-01,2026-02-01\n", "valid_to" },
		{ UNITS_TO "10003,Xã cũ,commune,40,2025-07-01,\n", "valid_to" },
	};
	struct import_report report;
	int64_t before;

	gov_import("units", UNITS "10002,Xã,commune,40,2025-07-01\nM4,Tổ,division,10002,2025-07-01\n", NULL);
	gov_import("units", UNITS_TO "10003,Xã cũ,commune,40,2025-07-01,2026-02-01\n", NULL);
	gov_import("persons", PERSONS "U1,Lê Ba,cong_chuc,,M4,CV,main,2025-07-01,,1/QĐ,\n", NULL);
	side("WITH r AS (INSERT INTO sen.reorganisation (id, title, decision_no, decision_on, effective_on, execute_at, steps, drawn_up_by, edited_by)"
	     "  SELECT gen_random_uuid(), 'x', '1/NQ', '2026-01-01', '2026-02-01', now(), '[]', a.id, a.id FROM sen.account a RETURNING id)"
	     " INSERT INTO sen.unit_successor (old_unit, new_unit, reorganisation_id, share) SELECT o.id, n.id, r.id, 1 FROM r, sen.unit o, sen.unit n"
	     " WHERE o.code = '10003' AND n.code = '10002'");
	before = side_i64("SELECT sum(length(path)) + count(valid_to) FROM sen.unit");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s", rows[i].csv);
		assert_int_equal(run("units", rows[i].csv, false, &report), ERR_IMPORT);
		assert_int_equal(report.n_errors, 1);
		assert_int_equal(report.errors[0].fault, IMPORT_BY_REORGANISATION);
		assert_string_equal(report.errors[0].column, rows[i].column);
	}
	assert_int_equal(side_i64("SELECT sum(length(path)) + count(valid_to) FROM sen.unit"), before);
	/* Its name is another matter. */
	assert_int_equal(run("units", UNITS "16681.VP,Văn phòng Đảng uỷ,division,16681,2025-07-01\n", false, &report), 0);
	assert_counts(&report.counts[0], 0, 1, 0);
}

/* Of one live unit at a time, in the file and on record. */
static void test_identifiers(_unused_ void **state)
{
	struct import_report report;

	assert_int_equal(run("units", UNITS_IDENT "16681,Phường Thành Vinh,ward,40,2025-07-01,,H41.21\n16690,Phường Trường Vinh,ward,40,2025-07-01,,H41.22\n", false, &report), 0);
	assert_int_equal(run("units", UNITS_IDENT "10004,Xã,commune,40,2025-07-01,,H41.21\n", false, &report), ERR_IMPORT);
	assert_int_equal(report.errors[0].fault, IMPORT_IDENT_TAKEN);
	assert_string_equal(report.errors[0].column, "ident_new");
	assert_int_equal(run("units", UNITS_IDENT "10004,Xã,commune,40,2025-07-01,,H41.23\n10005,Xã,commune,40,2025-07-01,,H41.23\n", false, &report), ERR_IMPORT);
	assert_int_equal(report.n_errors, 2);
	assert_int_equal(run("units", UNITS_OLD "10004,Xã,commune,40,2025-07-01,000.00.23.H41\n10005,Xã,commune,40,2025-07-01,000.00.23.H41\n", false, &report), ERR_IMPORT);
	assert_string_equal(report.errors[0].column, "ident_old");
	/* Exchanged in one file; that of a unit which has ended is free again. */
	assert_int_equal(run("units", UNITS_IDENT "16681,Phường Thành Vinh,ward,40,2025-07-01,,H41.22\n16690,Phường Trường Vinh,ward,40,2025-07-01,,H41.21\n", false, &report), 0);
	assert_int_equal(run("units", UNITS_IDENT "10006,Xã,commune,40,2025-07-01,2026-01-01,H41.24\n10007,Xã,commune,40,2026-01-01,,H41.24\n", false, &report), 0);
}

/* Who is imported anew with another post is looked at again by the provisioner. */
static void test_wakes_accounts(_unused_ void **state)
{
	struct import_report report;

	side("DELETE FROM sen.dirty_account");
	assert_int_equal(run("persons", PERSONS "AD,Nguyễn Văn An,cong_chuc,,16690,Uỷ viên,concurrent,2026-01-01,,9/QĐ,\n", false, &report), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 1);
}

/* Identifiers in both forms, and what the catalogue says beyond names; left out, it stays. */
static void test_later_columns(_unused_ void **state)
{
	static const char units[] = "code,name,kind,parent_code,valid_from,ident_new,ident_old\n40,Tỉnh Nghệ An,province,,2025-07-01,H41,000.00.00.H41\n";
	static const char platforms[] = "code,name,kind,state,functions,scopes,security_level,sector,legal_basis,target_scope,contact\n"
	                                "P02,Một cửa,provincial,operating,motcua.tiepnhan; motcua.traketqua,tinh;xa,3,Hành chính công,NĐ 61/2018,many,02383\n";
	struct import_report report;

	assert_int_equal(run("units", units, false, &report), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit WHERE code = '40' AND ident_new = 'H41' AND ident_old = '000.00.00.H41'"), 1);
	assert_int_equal(run("units", units, false, &report), 0);
	assert_counts(&report.counts[0], 0, 0, 1);
	assert_int_equal(run("units", UNITS "40,Tỉnh Nghệ An,province,,2025-07-01\n", false, &report), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit WHERE code = '40' AND ident_new = 'H41'"), 1);
	/* Of another agency; not in a form. */
	assert_int_equal(run("units", "code,name,kind,parent_code,valid_from,ident_new,ident_old\n40,Tỉnh Nghệ An,province,,2025-07-01,H41.01,000.00.01.H42\n", false, &report), ERR_IMPORT);
	assert_int_equal(report.errors[0].fault, IMPORT_BAD_IDENT);
	assert_int_equal(run("units", "code,name,kind,parent_code,valid_from,ident_new\n40,Tỉnh Nghệ An,province,,2025-07-01,h41-5\n", false, &report), ERR_IMPORT);
	assert_int_equal(report.errors[0].fault, IMPORT_BAD_IDENT);

	assert_int_equal(run("platforms", platforms, false, &report), 0);
	assert_counts(&report.counts[0], 0, 1, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'P02' AND functions = ARRAY['motcua.tiepnhan', 'motcua.traketqua'] AND scopes = ARRAY['tinh', 'xa']"
	                          " AND security_level = 3 AND sector = 'Hành chính công' AND legal_basis = 'NĐ 61/2018' AND target_scope = 'many' AND contact = '02383'"), 1);
	assert_int_equal(run("platforms", platforms, false, &report), 0);
	assert_counts(&report.counts[0], 0, 0, 1);
	assert_int_equal(run("platforms", "code,name,kind,state\nP02,Một cửa,provincial,operating\n", false, &report), 0);
	assert_int_equal(side_i64("SELECT cardinality(functions) FROM sen.platform WHERE code = 'P02'"), 2);
	assert_int_equal(run("platforms", "code,name,kind,state,functions\nP02,Một cửa,provincial,operating,một cửa\n", false, &report), ERR_IMPORT);
	assert_int_equal(report.errors[0].fault, IMPORT_BAD_TAG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twice_and_dry),
		cmocka_unit_test(test_optional_columns),
		cmocka_unit_test(test_national_id),
		cmocka_unit_test(test_nfd_becomes_nfc),
		cmocka_unit_test(test_against_the_record),
		cmocka_unit_test(test_units_move),
		cmocka_unit_test(test_units_in_use),
		cmocka_unit_test(test_identifiers),
		cmocka_unit_test(test_wakes_accounts),
		cmocka_unit_test(test_later_columns),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
