/* import.h in somebody's name: nobody changes by a file whom they may not change otherwise, nor suspends them by leaving them out. */
#include "server/governance/import.h"

#include "tests/db/governance/staffing.h"

#define PERSONS "employee_code,full_name,kind,unit_code,title,post_kind,valid_from,valid_to,decision_no\n"
#define POSTS "employee_code,unit_code,title,post_kind,valid_from,valid_to,decision_no\n"
/* As they are on record. */
#define AD "AD,Nguyễn Văn An,cong_chuc,40,Chánh Văn phòng,main,2025-07-01,,1/QĐ\n"
#define AD2 "AD2,Phạm Thị Hoa,cong_chuc,40,Phó Chánh Văn phòng,main,2025-07-01,,9/QĐ\n"
#define WA "WA,Lê Thị Bình,cong_chuc,16681,Chuyên viên,main,2025-07-01,,2/QĐ\n"
#define VP "VP,Đặng Thị Phượng,cong_chuc,16681.VP,Văn thư,main,2025-07-01,,3/QĐ\n"
#define OTHER "OTHER,Trần Thị Thuỷ,vien_chuc,16690,Chuyên viên,main,2025-07-01,,4/QĐ\n"

DB_QUERY(root_q, DB_READ, "SELECT path FROM sen.unit WHERE code = '40'");

/* By the second administrator, who has fewer rights than the first. */
static int bring(struct fixture *f, const char *kind, const char *csv, bool complete, struct import_report *report)
{
	struct import_watch watch = { .n_vanished = 0 };
	struct import_request request = {
		.kind = kind, .csv = str_c(csv), .principal = &f->second, .complete = complete, .source = STR("import x"), .watch = &watch,
		.actor = arena_printf(f->op.arena, "account:%.*s", STR_ARG(f->second.account_id)),
	};
	struct db_rows rows;
	int r;

	op_forgive(&f->op);
	assert_int_equal(db_run(&f->op, &root_q, &rows), 0);
	request.within = db_str(&rows, 0, 0);
	r = import_run(&f->op, &request, report);
	if (r < 0 && r != ERR_IMPORT)
		fail_msg("%s %.*s", f->op.error.text, STR_ARG(f->op.error.detail));
	return r;
}

static void assert_counts(const struct import_count *count, size_t created, size_t changed, size_t unchanged)
{
	assert_int_equal(count->created, created);
	assert_int_equal(count->changed, changed);
	assert_int_equal(count->unchanged, unchanged);
}

static void test_as_for_one(void **state)
{
	struct fixture *f = *state;

	/* Under a cap, of one platform, of a commune, and a person without a post. */
	(void)gov_login(&f->op, "WA");
	(void)gov_login(&f->op, "VP");
	(void)gov_login(&f->op, "OTHER");
	give(f, "VP", "P02", "MC", "16681.VP");
	side("UPDATE sen.account SET status = 'active', activated_at = now();"
	     " INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights, max_rank, granted_by)"
	     " SELECT a.id, gen_random_uuid(), u.id, p.id, v.rights, v.rank, (SELECT id FROM sen.account WHERE login = 'annv')"
	     " FROM (VALUES ('WA', '16681', NULL, ARRAY['read', 'import'], NULL::smallint), ('OTHER', '40', NULL, ARRAY['read', 'import'], 0::smallint),"
	     "  ('VP', '40', 'P02', ARRAY['read', 'import'], NULL)) v (code, unit, platform, rights, rank)"
	     " JOIN sen.person n ON n.employee_code = v.code JOIN sen.account a ON a.person_id = n.id JOIN sen.unit u ON u.code = v.unit"
	     " LEFT JOIN sen.platform p ON p.code = v.platform");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account a CROSS JOIN sen.person p WHERE sen.home_unit(p.id) IS NOT NULL"
	                          " AND sen.may_manage_person(a.id, 'import', p.id)"
	                          " = (p.id IN (SELECT sen.persons_beyond(a.id, 'import', ARRAY(SELECT id FROM sen.person))))"), 0);
	/* Both answers occur. */
	assert_true(side_i64("SELECT count(*) FROM sen.account a CROSS JOIN sen.person p WHERE sen.may_manage_person(a.id, 'import', p.id)") > 4);
	assert_true(side_i64("SELECT count(*) FROM sen.account a CROSS JOIN sen.person p WHERE NOT sen.may_manage_person(a.id, 'import', p.id)") > 4);
}

static void test_not_themself_nor_who_administers_more(void **state)
{
	static const struct {
		const char *kind, *csv;
		unsigned line;
	} refused[] = {
		{ "persons", PERSONS WA "AD,Nguyễn Văn Ân,cong_chuc,40,Chánh Văn phòng,main,2025-07-01,,1/QĐ\n", 3 },
		{ "persons", PERSONS AD "AD,,,40,Quản trị,concurrent,2026-01-01,,7/QĐ\n", 3 },
		{ "persons", PERSONS AD2 "AD2,,,40,Quản trị,concurrent,2026-01-01,,7/QĐ\n", 3 },
		{ "persons", PERSONS "AD,Nguyễn Văn An,cong_chuc,40,Chánh Văn phòng,main,2025-07-01,2026-02-01,1/QĐ\n", 2 },
		{ "posts", POSTS "WA,40,Thư ký,concurrent,2026-01-01,,7/QĐ\nAD2,40,Quản trị,concurrent,2026-01-01,,7/QĐ\n", 3 },
		{ "posts", POSTS "AD,40,Chánh Văn phòng,main,2025-07-01,2026-02-01,1/QĐ\n", 2 },
	};
	struct fixture *f = *state;
	struct import_report report;
	int64_t posts = side_i64("SELECT count(*) FROM sen.post WHERE upper_inf(valid)");

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		print_message("%s", refused[i].csv);
		assert_int_equal(bring(f, refused[i].kind, refused[i].csv, false, &report), ERR_IMPORT);
		assert_int_equal(report.n_errors, 1);
		assert_int_equal(report.errors[0].fault, IMPORT_NOT_YOURS);
		assert_int_equal(report.errors[0].line, refused[i].line);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post WHERE upper_inf(valid)"), posts);
	/* A file of the whole authority names them too: what does not change is no act. */
	assert_int_equal(bring(f, "persons", PERSONS AD AD2 WA VP OTHER "WA,,,16681,Trưởng nhóm,concurrent,2026-01-01,,7/QĐ\n", false, &report), 0);
	assert_int_equal(report.counts[1].created, 1);
}

static void test_left_out(void **state)
{
	struct fixture *f = *state;
	struct import_report report;

	give(f, "WA", "P02", "MC", "16681");
	give(f, "VP", "P02", "MC", "16681.VP");
	give(f, "OTHER", "P02", "MC", "16690");
	/* On leave, and expected back; resigning, and to be taken on again. */
	move(f, LC_LEAVE, "WA", 0);
	move(f, LC_RETURN, "WA", 5);
	move(f, LC_RESIGN, "VP", 3);
	move(f, LC_REHIRE, "VP", 9);
	assert_int_equal(bring(f, "persons", PERSONS OTHER, true, &report), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'suspended'"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.vanished v JOIN sen.person p ON p.id = v.person_id WHERE p.employee_code IN ('WA', 'VP')"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'annv' AND status = 'active'"), 1);
	assert_int_equal(report.n_warnings, 2);
	assert_int_equal(report.warnings[0].fault, IMPORT_VANISHED_NOT_YOURS);
	/* Nothing of it opens by itself again. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement WHERE kind IN ('return', 'rehire') AND void_by IN (SELECT movement_id FROM sen.vanished)"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement WHERE kind = 'resign' AND void_by IS NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account_due WHERE done_at IS NULL AND status IN ('active', 'pending')"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post WHERE lower(valid) > sen.today()"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement m CROSS JOIN jsonb_array_elements(m.consequences) c WHERE m.kind = 'vanish'"
	                          " AND c ->> 'act' IN ('movement_void', 'post_cancel')"), 3);
	/* Of the leave its stop alone would end with the return; now none has an end. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account_stop s JOIN sen.account a ON a.id = s.account_id JOIN sen.person p ON p.id = a.person_id"
	                          " WHERE p.employee_code = 'WA' AND s.valid_to IS NOT NULL"), 0);
}

/* Who is moved by a file is moved as by a decision drawn up for one. */
static void test_transfer(void **state)
{
	static const char csv[] = POSTS "VP,16681.VP,Văn thư,main,2025-07-01,2099-01-01,3/QĐ\nVP,16690,Chuyên viên,main,2099-01-01,,15/QĐ\n"
	                                "WA,16681,Tổ trưởng,concurrent,2025-08-01,,16/QĐ\n";
	struct fixture *f = *state;
	struct import_report report;

	side("INSERT INTO sen.handover_rule SELECT id, 10 FROM sen.platform WHERE code = 'P02'");
	give(f, "VP", "P02", "MC", "16681.VP");
	give(f, "VP", "P03", "ND", "16681.VP");
	assert_int_equal(bring(f, "posts", csv, false, &report), 0);
	assert_counts(&report.counts[1], 2, 1, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement m JOIN sen.person p ON p.id = m.person_id WHERE p.employee_code = 'VP' AND m.kind = 'transfer'"
	                          " AND m.decision_no = '15/QĐ' AND m.effective_at = '2099-01-01T00:00:00+07:00'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement"), 1);
	/* Both grants end with the old post, one ten days later, and are to be asked for anew. */
	assert_int_equal(side_i64("SELECT sum(g.handover_days) FROM sen.access_grant g JOIN sen.post o ON o.id = g.post_id WHERE upper(o.valid) = '2099-01-01'"), 10);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post o WHERE upper(o.valid) = '2099-01-01' AND o.handover = (SELECT jsonb_build_object(id, 10) FROM sen.platform WHERE code = 'P02')"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement m CROSS JOIN jsonb_array_elements(m.consequences) c WHERE c ->> 'act' IN ('grant_end', 'grant_reapprove')"
	                          " AND c ->> 'what' IN ('P02:MC', 'P03:ND')"), 4);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement m CROSS JOIN jsonb_array_elements(m.consequences) c WHERE c ->> 'act' = 'grant_end'"
	                          " AND c ->> 'what' = 'P02:MC' AND c ->> 'until' = '2099-01-11' AND c ->> 'handover_days' = '10'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'movement.transfer' AND object = 'VP' AND data ->> 'decision_no' = '15/QĐ'"), 1);
	assert_int_equal(side_i64(LIVE("phuongdt")), 2);
	/* Once. */
	assert_int_equal(bring(f, "posts", csv, false, &report), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement"), 1);
}

/* The same as movement_apply() says of the same transfer. */
static void test_transfer_as_drawn_up(void **state)
{
	struct fixture *f = *state;
	struct import_report report;
	char csv[300];

	side("INSERT INTO sen.handover_rule SELECT id, 10 FROM sen.platform WHERE code = 'P02'");
	give(f, "VP", "P02", "MC", "16681.VP");
	give(f, "OTHER", "P02", "MC", "16690");
	move(f, LC_TRANSFER, "VP", 3);
	snprintf(csv, sizeof(csv), POSTS "OTHER,16690,Chuyên viên,main,2025-07-01,%s,4/QĐ\nOTHER,16690,Chuyên viên,main,%s,,15/QĐ\n", on_day(f, 3).p, on_day(f, 3).p);
	assert_int_equal(bring(f, "posts", csv, false, &report), 0);
	assert_int_equal(side_i64("SELECT count(DISTINCT (m.effective_at, (SELECT jsonb_agg((c - 'id' - 'what' - 'status' - 'at_once') ORDER BY c ->> 'act')"
	                          " FROM jsonb_array_elements(m.consequences) c))) FROM sen.movement m"), 1);
	assert_int_equal(side_i64("SELECT count(DISTINCT (o.handover, upper(o.valid), g.handover_days)) FROM sen.access_grant g JOIN sen.post o ON o.id = g.post_id"), 1);
}

static void test_not_there_any_more(void **state)
{
	struct fixture *f = *state;
	struct import_report report;
	const struct {
		const char *csv;
		enum import_fault fault;
	} rows[] = {
		{ POSTS "OTHER,10009,Chuyên viên,concurrent,2026-03-01,,15/QĐ\n", IMPORT_UNIT_ENDED },
		{ POSTS "OTHER,10009,Chuyên viên,concurrent,2025-08-01,,15/QĐ\n", IMPORT_UNIT_ENDED },
		{ POSTS "WA,16681,Tổ phó,concurrent,2025-08-01,,15/QĐ\n", IMPORT_HAS_LEFT },
		{ POSTS "VP,16681.VP,Văn thư,main,2025-07-01,,3/QĐ\n", IMPORT_MOVEMENT_PLANNED },
	};

	(void)gov_login(&f->op, "WA");
	(void)gov_login(&f->op, "VP");
	gov_import("units", "code,name,kind,parent_code,valid_from,valid_to\n10009,Xã cũ,commune,40,2025-07-01,2026-02-01\n", NULL);
	move(f, LC_RETIRE, "WA", 0);
	move(f, LC_RESIGN, "VP", 5);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s", rows[i].csv);
		assert_int_equal(bring(f, "posts", rows[i].csv, false, &report), ERR_IMPORT);
		assert_int_equal(report.n_errors, 1);
		assert_int_equal(report.errors[0].fault, rows[i].fault);
	}
	/* What was is another matter. */
	assert_int_equal(bring(f, "posts", POSTS "OTHER,10009,Chuyên viên,concurrent,2025-08-01,2026-01-01,15/QĐ\n"
	                                         "WA,16681,Tổ trưởng,concurrent,2025-08-01,2026-01-01,15/QĐ\n", false, &report), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAFFING_TEST(test_as_for_one),
		STAFFING_TEST(test_not_themself_nor_who_administers_more),
		STAFFING_TEST(test_left_out),
		STAFFING_TEST(test_transfer),
		STAFFING_TEST(test_transfer_as_drawn_up),
		STAFFING_TEST(test_not_there_any_more),
	};

	return cmocka_run_group_tests(tests, staffing_create, gov_drop);
}
