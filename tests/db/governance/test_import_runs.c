/* import_work.h: what is applied is what was looked at, and a second person looks at what takes much away. */
#include "server/governance/import_work.h"

#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "server/governance/import_run_store.h"
#include "tests/db/governance/staffing.h"

#define PERSONS "employee_code,full_name,kind,unit_code,title,post_kind,valid_from,valid_to,decision_no\n"
#define POSTS "employee_code,unit_code,title,post_kind,valid_from,valid_to,decision_no\n"
#define AD "AD,Nguyễn Văn An,cong_chuc,40,Chánh Văn phòng,main,2025-07-01,,1/QĐ\n"
#define AD2 "AD2,Phạm Thị Hoa,cong_chuc,40,Phó Chánh Văn phòng,main,2025-07-01,,9/QĐ\n"
#define WA "WA,Lê Thị Bình,cong_chuc,16681,Chuyên viên,main,2025-07-01,,2/QĐ\n"
#define OTHER "OTHER,Trần Thị Thuỷ,vien_chuc,16690,Chuyên viên,main,2025-07-01,,4/QĐ\n"

static void work(void)
{
	const struct import_work context = { gov_server, gov_owner };
	struct op op;
	bool worked;

	gov_begin(&op, gov_server);
	assert_int_equal(import_work_once(&op, &context, &worked), 0);
	assert_true(worked);
	gov_end(&op);
}

static struct import_row look(struct fixture *f, struct str id)
{
	struct import_row row;

	assert_int_equal(import_run_get(&f->op, f->admin.account_id, id, &row), 0);
	return row;
}

/* Staged by the administrator and checked. */
static struct str stage(struct fixture *f, const char *kind, const char *csv, bool complete)
{
	const struct import_new new = { str_c(kind), STR("x"), STR("40"), complete };
	struct import_step step = { .actor = f->admin.account_id };
	struct str id;
	bool done;

	assert_int_equal(import_run_add(&f->op, f->admin.account_id, &new, &id), 0);
	assert_int_equal(import_part_put(&f->op, f->admin.account_id, id, 0, aead_seal(f->op.arena, keyring_key(gov_keys, KEY_AT_REST), "import", id, str_c(csv)), &done), 0);
	assert_true(done);
	step.id = id;
	step.version = look(f, id).version;
	assert_int_equal(import_step_check(&f->op, &step, hex_encode(f->op.arena, sha256_str(f->op.arena, str_c(csv))), &done), 0);
	assert_true(done);
	work();
	return id;
}

static struct import_row take(struct fixture *f, struct str id, const struct principal *who, bool is_release)
{
	const struct import_step step = { who->account_id, id, look(f, id).version };
	bool done;

	assert_int_equal(is_release ? import_step_release(&f->op, &step, &done) : import_step_apply(&f->op, &step, &done), 0);
	assert_true(done);
	if (str_equal(look(f, id).state, STR("applying")))
		work();
	if (str_equal(look(f, id).state, STR("checking")))
		work();
	return look(f, id);
}

static void policy(const char *values)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "UPDATE sen.personnel_policy SET (vanished_max_n, vanished_max_percent) = %s", values);
	side(sql);
}

#define assert_state(row, wanted) assert_str_equal((row).state, wanted)

static void test_changed_since(void **state)
{
	struct fixture *f = *state;
	struct import_row row;
	struct str id;

	policy("(1000, 100)");
	give(f, "WA", "P02", "MC", "16681");
	id = stage(f, "persons", PERSONS AD AD2 WA OTHER "NEW,Hồ Thị Mới,cong_chuc,16690,CV,main,2025-07-01,,11/QĐ\n", true);
	assert_state(look(f, id), "ready");
	assert_int_equal(look(f, id).n_vanished, 0);
	/* Meanwhile somebody joins, who was not in that file. */
	give(f, "VP", "P02", "MC", "16681.VP");
	row = take(f, id, &f->admin, false);
	assert_state(row, "ready");
	assert_int_equal(row.n_vanished, 1);
	assert_str_null(row.applied_by);
	assert_true(str_contains(row.report, STR("changed since the check")));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.import_row WHERE action = 'vanish' AND key = 'VP'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'suspended'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'NEW'"), 0);
	/* Guarded anew, and by whom it is let through is said anew. */
	policy("(0, 100)");
	row = take(f, id, &f->admin, false);
	assert_state(row, "held");
	side("UPDATE sen.person SET full_name = 'Lê Thị Bình An' WHERE employee_code = 'WA'");
	row = take(f, id, &f->second, true);
	assert_state(row, "ready");
	assert_str_null(row.released_by);
	row = take(f, id, &f->admin, false);
	assert_state(row, "held");
	row = take(f, id, &f->second, true);
	assert_state(row, "applied");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'suspended'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'NEW'"), 1);
	side("UPDATE sen.person SET full_name = 'Lê Thị Bình' WHERE employee_code = 'WA'");
}

/* Who was to be added, and is there by now with another name. */
static void test_newcomer_no_more(void **state)
{
	struct fixture *f = *state;
	struct import_row row;
	struct str id = stage(f, "persons", PERSONS "NEW2,Hồ Thị Mới,cong_chuc,16690,CV,main,2025-07-01,,11/QĐ\n", false);

	gov_import("persons", PERSONS "NEW2,Hồ Thị Cũ,cong_chuc,16690,CV,main,2025-07-01,,11/QĐ\n", NULL);
	row = take(f, id, &f->admin, false);
	assert_state(row, "ready");
	assert_true(str_contains(row.report, STR("changed since the check")));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE full_name = 'Hồ Thị Cũ'"), 1);
	assert_state(take(f, id, &f->admin, false), "applied");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'NEW2' AND full_name = 'Hồ Thị Mới'"), 1);
	/* And one who is new still. */
	assert_state(take(f, stage(f, "persons", PERSONS "NEW3,Hồ Thị Mới,cong_chuc,16690,CV,main,2025-07-01,,11/QĐ\n", false), &f->admin, false), "applied");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'NEW3'"), 1);
}

/* A file that ends what people stand on takes as much away as one in which they are missing. */
static void test_posts_that_end(void **state)
{
	static const char csv[] = POSTS "WA,16681,Chuyên viên,main,2025-07-01,2099-01-01,2/QĐ\n"
	                                "OTHER,16690,Chuyên viên,main,2025-07-01,2026-02-01,4/QĐ\nOTHER,16681,Chuyên viên,main,2026-02-01,,15/QĐ\n"
	                                "VP,16681.VP,Văn thư,main,2025-07-01,2026-02-01,3/QĐ\n";
	struct fixture *f = *state;
	struct import_row row;
	struct str id;

	give(f, "WA", "P02", "MC", "16681");
	give(f, "VP", "P02", "MC", "16681.VP");
	give(f, "OTHER", "P02", "MC", "16690");
	policy("(1, 100)");
	id = stage(f, "posts", csv, false);
	row = look(f, id);
	assert_state(row, "ready");
	/* Not whom the file gives another post. */
	assert_int_equal(row.n_vanished, 2);
	assert_int_equal(row.n_base, 5);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.import_row WHERE action = 'end' AND key IN ('WA', 'VP')"), 2);
	row = take(f, id, &f->admin, false);
	assert_state(row, "held");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post WHERE upper(valid) = '2099-01-01'"), 0);
	row = take(f, id, &f->second, true);
	assert_state(row, "applied");
	/* By share; and let through where the policy says so. */
	policy("(1000, 19)");
	id = stage(f, "posts", POSTS "WA,16681,Chuyên viên,main,2025-07-01,2098-01-01,2/QĐ\n", false);
	assert_state(take(f, id, &f->admin, false), "held");
	policy("(1000, 50)");
	id = stage(f, "posts", POSTS "WA,16681,Chuyên viên,main,2025-07-01,2098-01-01,2/QĐ\n", false);
	assert_state(take(f, id, &f->admin, false), "applied");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAFFING_TEST(test_changed_since),
		STAFFING_TEST(test_newcomer_no_more),
		STAFFING_TEST(test_posts_that_end),
	};

	return cmocka_run_group_tests(tests, staffing_create, gov_drop);
}
