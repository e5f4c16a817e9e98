/*
 * platforms.csv in somebody's name, on PostgreSQL with the rights of the server's role: a file does nothing to the catalogue that its
 * importer could not do entry by entry.  The operator's file says what is so.
 */
#include "common/base/buf.h"
#include "server/governance/lifecycle_move.h"
#include "server/governance/overlap_finding.h"
#include "tests/db/governance/cataloguing.h"

#include <stdio.h>

#define N_MANY 300
#define HEADER "code,name,kind,state,managing_unit,functions,scopes,description,contact_name,completed_on\n"

static int import_kind(struct fixture *f, const struct principal *p, const char *kind, const char *csv, struct import_report *report)
{
	const struct import_request request = {
		.kind = kind, .csv = str_c(csv), .principal = p,
		.actor = arena_printf(f->op.arena, "account:%.*s", STR_ARG(p->account_id)),
	};

	op_forgive(&f->op);
	return import_run(&f->op, &request, report);
}

static int import(struct fixture *f, const struct principal *p, const char *csv, struct import_report *report)
{
	return import_kind(f, p, "platforms", csv, report);
}

static int64_t catalogue_digest(void)
{
	return side_i64("SELECT hashtextextended(string_agg(p::text, ' ' ORDER BY p.id), 0) & 9223372036854775807 FROM sen.platform p");
}

static void test_no_way_around(void **state)
{
	static const struct {
		const char *row;
		bool by_ward;
		enum import_fault fault;
	} rows[] = {
		/* Accounts at once; past appraisal and approval; closed without a decision. */
		{ "N02,Nền tảng mới,provincial,operating,40,,,,,\n", false, IMPORT_STATE_MOVES },
		{ "N02,Nền tảng mới,central,completed,,,,,,\n", false, IMPORT_STATE_MOVES },
		{ "N01,Nền tảng thử nghiệm,provincial,approved,40,,,,,\n", false, IMPORT_STATE_MOVES },
		{ "P02,Hệ thống thủ tục hành chính,provincial,stopped,40,,,,,\n", false, IMPORT_STATE_MOVES },
		/* A commune, or a part of one; nobody; no unit. */
		{ "N02,Nền tảng mới,provincial,proposed,16690,,,,,\n", false, IMPORT_NOT_YOUR_PLATFORM },
		{ "N02,Nền tảng mới,proposed,proposed,16681.VP,,,,,\n", false, IMPORT_NOT_YOUR_PLATFORM },
		{ "N01,Nền tảng thử nghiệm,provincial,proposed,16690,,,,,\n", false, IMPORT_NOT_YOUR_PLATFORM },
		{ "N02,Nền tảng mới,provincial,proposed,,,,,,\n", false, IMPORT_UNKNOWN_UNIT },
		{ "N02,Nền tảng mới,sector,proposed,Bộ Công an,,,,,\n", false, IMPORT_UNKNOWN_UNIT },
		/* A ministry's, and none is named. */
		{ "N02,Nền tảng mới,central,proposed,40,,,,,\n", false, IMPORT_NO_OWNER },
		/* Beyond the importer's right over the catalogue, whatever the import itself may touch. */
		{ "N02,Nền tảng mới,provincial,proposed,40,,,,,\n", true, IMPORT_NOT_YOUR_PLATFORM },
		{ "N02,Nền tảng mới,central,proposed,,,,,,\n", true, IMPORT_NOT_YOUR_PLATFORM },
		{ "N01,Tên khác,provincial,proposed,40,,,,,\n", true, IMPORT_NOT_YOUR_PLATFORM },
		/* What was decided on. */
		{ "N03,Nền tảng thử nghiệm,central,completed,40,,,,,\n", false, IMPORT_KIND_DECIDED },
		{ "N03,Nền tảng thử nghiệm,proposed,completed,40,,,,,\n", false, IMPORT_KIND_DECIDED },
		{ "N04,Nền tảng trung ương,central,completed,,,,,,\n", false, IMPORT_EMPTIED },
		{ "N01,Nền tảng thử nghiệm,provincial,proposed,40,,,,,2099-01-01\n", false, IMPORT_DAY_TO_COME },
	};
	struct fixture *f = *state;
	struct catalogue_entry entry = entry_for("N03");
	int64_t before;

	add(f, "N01");
	entry.functions = (struct str_list){ NULL, 0 };
	entry.description = STR("Sổ thú y");
	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), 0);
	entry.code = STR("N04");
	entry.kind = STR("central");
	entry.owner = STR("Bộ Nông nghiệp và Môi trường");
	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), 0);
	side("UPDATE sen.platform SET state = 'completed' WHERE code IN ('N03', 'N04')");
	before = catalogue_digest();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct import_report report;
		char csv[400];

		print_message("%s", rows[i].row);
		(void)snprintf(csv, sizeof(csv), HEADER "%s", rows[i].row);
		assert_int_equal(import(f, rows[i].by_ward ? &f->ward : &f->admin, csv, &report), ERR_IMPORT);
		assert_int_equal(report.errors[0].fault, rows[i].fault);
		assert_int_equal(report.errors[0].line, 2);
		assert_int_equal(catalogue_digest(), before);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_transition"), 0);
}

/* As by POST and PUT: the importer is who wrote it, and it is compared there and then. */
static void test_the_importer_is_the_author(void **state)
{
	static const char csv[] = HEADER "N05,Nền tảng cây xanh,provincial,proposed,40,tiep-nhan; tra-ket-qua,tiep-nhan,Quản lý cây xanh,Nguyễn Văn An,\n"
	                                 "N06,Sổ thú y,sector,proposed,40,tiem-phong,tinh,Tiêm phòng đàn vật nuôi,Nguyễn Văn An,\n";
	static const char again[] = HEADER "N06,Sổ thú y tỉnh,sector,proposed,40,tiem-phong,tinh,Tiêm phòng đàn vật nuôi,Nguyễn Văn An,\n";
	struct fixture *f = *state;
	struct overlap_filter filter = { .platform = STR("N05"), .after = (const struct str[2]){ STR_NULL, STR_NULL }, .limit = 10 };
	struct overlap_closing closing = { .because = STR("Khác vì chỉ phục vụ nội bộ kho vật tư của tỉnh"), .evidence = STR("Báo cáo số 12") };
	struct import_report report;
	struct json_page page;

	side("INSERT INTO sen.platform (code, name, name_fold, kind, state, verified, description, functions, scopes) VALUES ('N9',"
	     " 'Hệ thống cây xanh quốc gia', 'x', 'central', 'operating', true, 'Quản lý cây xanh', '{tiep-nhan,tra-ket-qua}', '{tiep-nhan}')");
	assert_int_equal(import(f, &f->admin, csv, &report), 0);
	assert_int_equal(report.counts[0].created, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform p JOIN sen.account a ON a.id = p.created_by AND a.id = p.changed_by"
	                          " WHERE p.code IN ('N05', 'N06') AND p.state = 'proposed' AND a.login = 'annv'"), 2);
	assert_int_equal(overlap_list(&f->op, &f->second, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 1);
	assert_str_equal(json_get_str(json_array_get(page.items, 0), "kind"), "central");
	closing.id = arena_dup(f->op.arena, json_get_str(json_array_get(page.items, 0), "id"));
	closing.version = json_get_int(json_array_get(page.items, 0), "version", 0);
	json_decref(page.items);
	assert_int_equal(overlap_close(&f->op, &f->admin, &closing), ERR_FOUR_EYES);
	assert_int_equal(move(f, &f->admin, "N06", "appraised"), ERR_FOUR_EYES);
	assert_int_equal(move(f, &f->second, "N05", "appraised"), ERR_BLOCKED);
	assert_blocked_by(f, "overlap");
	/* Twice is once, and makes nobody an author. */
	assert_int_equal(import(f, &f->second, csv, &report), 0);
	assert_int_equal(report.counts[0].unchanged, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.overlap_author"), 2);
	/* Whoever edits by a file has edited. */
	assert_int_equal(import(f, &f->second, again, &report), 0);
	assert_int_equal(report.counts[0].changed, 1);
	assert_int_equal(move(f, &f->second, "N06", "appraised"), ERR_FOUR_EYES);
	assert_int_equal(move(f, &f->third, "N06", "appraised"), 0);
	op_forgive(&f->op);
	assert_int_equal(overlap_close(&f->op, &f->second, &closing), 0);
}

/* Each is compared with all that are there, in one go. */
static void test_a_file_of_many(void **state)
{
	struct fixture *f = *state;
	struct buf csv = buf_new(f->op.arena, 1 << 20);
	struct import_report report;

	side("INSERT INTO sen.platform (code, name, name_fold, kind, state, verified, description, functions, scopes) VALUES ('N9',"
	     " 'Hệ thống cây xanh quốc gia', 'x', 'central', 'operating', true, 'Quản lý cây xanh', '{tiep-nhan}', '{xa}')");
	buf_add_c(&csv, HEADER);
	for (int i = 0; i < N_MANY; i++)
		buf_printf(&csv, "N%d,Nền tảng số %d của tỉnh,provincial,proposed,40,tiep-nhan,xa,Quản lý cây xanh,Nguyễn Văn An,\n", 1000 + i, i);
	assert_int_equal(import(f, &f->admin, arena_cstr(f->op.arena, buf_str(&csv)), &report), 0);
	assert_int_equal(report.counts[0].created, N_MANY);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.overlap_finding WHERE kind = 'central' AND state = 'open'"), N_MANY);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.overlap_check c JOIN sen.platform p ON p.id = c.platform_id WHERE p.code LIKE 'N1%' AND c.stale"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.overlap_author"), N_MANY);
}

/* At installation there are platforms in operation, and nobody who could have moved them there. */
static void test_the_operator_says_what_is_so(void **state)
{
	struct fixture *f = *state;
	struct import_report report;

	gov_import("platforms", HEADER "N07,Nền tảng đang chạy,provincial,operating,40,,,,,\nN08,Cổng quốc gia,central,deploying,Bộ Công an,,,,,\n", &report);
	assert_int_equal(report.counts[0].created, 2);
	gov_import("platforms", HEADER "N07,Nền tảng đang chạy,provincial,stopped,,,,,,\n", &report);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'N07' AND state = 'stopped' AND created_by IS NULL AND changed_by IS NULL"), 1);
	/* And a file that leaves alone what is not the importer's is good. */
	assert_int_equal(import(f, &f->ward, HEADER "N07,Nền tảng đang chạy,provincial,stopped,,,,,,\n", &report), 0);
	assert_int_equal(report.counts[0].unchanged, 1);
}

/* A role's sensitivity bounds who hands it out: whoever has no right over the catalogue there lowers none by a file, nor adds one. */
static void test_roles_are_the_managers(void **state)
{
	static const char *const rows[] = { "P02,MC,Cán bộ Một cửa,xã,low,chưa xác minh\n", "P02,X1,Vai trò mới,,low,chưa xác minh\n" };
	static const char same[] = "platform_code,code,name,level,sensitivity,verified\nP02,MC,Cán bộ Một cửa,xã,normal,chưa xác minh\n";
	struct fixture *f = *state;
	struct import_report report;
	char csv[300];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		(void)snprintf(csv, sizeof(csv), "platform_code,code,name,level,sensitivity,verified\n%s", rows[i]);
		assert_int_equal(import_kind(f, &f->ward, "roles", csv, &report), ERR_IMPORT);
		assert_int_equal(report.errors[0].fault, IMPORT_NOT_YOUR_ROLE);
		assert_int_equal(report.errors[0].line, 2);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id WHERE p.code = 'P02' AND (r.code = 'X1' OR r.code = 'MC' AND r.sensitivity = 'low')"), 0);
	/* What the file leaves as it is needs no right over it; who has it changes it. */
	assert_int_equal(import_kind(f, &f->ward, "roles", same, &report), 0);
	assert_int_equal(report.counts[0].unchanged, 1);
	(void)snprintf(csv, sizeof(csv), "platform_code,code,name,level,sensitivity,verified\n%s", rows[0]);
	assert_int_equal(import_kind(f, &f->admin, "roles", csv, &report), 0);
	assert_int_equal(report.counts[0].changed, 1);
	assert_int_equal(import_kind(f, &f->admin, "roles", same, &report), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CATALOGUING_TEST(test_no_way_around),
		CATALOGUING_TEST(test_the_importer_is_the_author),
		CATALOGUING_TEST(test_a_file_of_many),
		CATALOGUING_TEST(test_the_operator_says_what_is_so),
		CATALOGUING_TEST(test_roles_are_the_managers),
	};

	return cmocka_run_group_tests(tests, cataloguing_create, gov_drop);
}
