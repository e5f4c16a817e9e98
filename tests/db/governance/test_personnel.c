/* Persons and their posts on PostgreSQL, with the rights of the server's role: who joins, who may move whom, what is corrected. */
#include "server/governance/person_admin.h"
#include "server/governance/scoping.h"
#include "tests/db/governance/staffing.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

static void test_join(void **state)
{
	static const struct movement_person who = { .employee_code = STR("NEW1"), .kind = STR("vien_chuc"), .ho = STR("Lầu"), .dem = STR("Bá"),
		                                    .ten = STR("Tu"), .birth_date = STR("1990-05-06"), .sex = STR("female"), .national_id = STR("040090001212") };
	struct fixture *f = *state;
	struct movement_request m = request(f, LC_TRANSFER, "NEW1", 3);
	struct movement_result result;
	struct person_record record;
	struct str number;
	int64_t audited = side_i64("SELECT count(*) FROM sen.audit WHERE action = 'person.unmask'");

	m.kind = LC_JOIN;
	m.person = &who;
	m.is_preview = true;
	assert_int_equal(apply(f, &f->admin, &m), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person WHERE employee_code = 'NEW1'"), 0);
	m.is_preview = false;
	assert_int_equal(movement_apply(&f->op, &f->admin, &m, &result), 0);
	json_decref(result.consequences);
	assert_str_equal(result.login, "tulb");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'tulb' AND status = 'pending' AND kind = 'operational'"), 1);
	assert_int_equal(apply(f, &f->admin, &m), ERR_CONFLICT);
	op_forgive(&f->op);
	assert_int_equal(person_admin_get(&f->op, &f->admin, STR("NEW1"), &record), 0);
	assert_str_equal(record.national_id, "040•••••••12");
	assert_str_equal(record.state, "working");
	assert_int_equal(national_id_warnings(who.national_id, who.sex, who.birth_date), NATIONAL_ID_SEX);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person p WHERE p::text LIKE '%040090001212%'"), 0);
	assert_int_equal(person_admin_unmask(&f->op, &f->admin, STR("NEW1"), STR("Đối chiếu hồ sơ"), &number), 0);
	assert_str_equal(number, "040090001212");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'person.unmask'"), audited + 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE data::text LIKE '%040090001212%'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit x JOIN sen.account a ON a.id = x.account_id AND a.login = 'tulb'"
	                          " WHERE x.object = 'NEW1' AND x.action IN ('movement.join', 'person.unmask')"), 2);
	side("DELETE FROM sen.movement; DELETE FROM sen.access_grant; DELETE FROM sen.account WHERE login = 'tulb'; DELETE FROM sen.post o USING sen.person p"
	     " WHERE p.id = o.person_id AND p.employee_code = 'NEW1'; DELETE FROM sen.post_version; DELETE FROM sen.person WHERE employee_code = 'NEW1'");
}

/* For threads: what they cannot ask for when all connections are busy. */
static const struct principal *shared_admin;

static void *join_once(void *code)
{
	struct movement_person who = { .employee_code = str_c(code), .kind = STR("cong_chuc"), .ho = STR("Hồ"), .dem = STR("Đình"), .ten = STR("Quý") };
	struct fixture f;
	struct movement_request m;

	gov_begin(&f.op, gov_server);
	m = request(&f, LC_TRANSFER, code, 0);
	m.kind = LC_JOIN;
	m.person = &who;
	/* What found all connections busy, or lost to another, was not done: the caller repeats it. */
	for (int tries = 0; tries < 200 && apply(&f, shared_admin, &m) < 0; tries++)
		;
	gov_end(&f.op);
	return NULL;
}

static void test_fifty_of_one_name(void **state)
{
	static char codes[N_PARALLEL][8];
	struct fixture *f = *state;

	shared_admin = &f->admin;

	for (int i = 0; i < N_PARALLEL; i++)
		(void)snprintf(codes[i], sizeof(codes[i]), "Q%d", i);
	AT_ONCE(join_once, codes);
	assert_int_equal(side_i64("SELECT count(DISTINCT login) FROM sen.account WHERE login ~ '^quyhd[0-9]*$'"), N_PARALLEL);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post o JOIN sen.person p ON p.id = o.person_id WHERE p.employee_code ~ '^Q[0-9]+$'"), N_PARALLEL);
	staffing_reset();
	side("DELETE FROM sen.post_version; DELETE FROM sen.post o USING sen.person p WHERE p.id = o.person_id AND p.employee_code ~ '^Q[0-9]+$';"
	     " DELETE FROM sen.post_version; DELETE FROM sen.person WHERE employee_code ~ '^Q[0-9]+$'");
}

static void test_scope(void **state)
{
	static const struct str rights[] = { STR("read"), STR("personnel") };
	struct fixture *f = *state;
	struct scoping_request gift = { .unit = STR("16681"), .rights = rights, .n_rights = 2 };
	struct movement_request outside = request(f, LC_SUSPEND, "OTHER", 0), up = request(f, LC_SUSPEND, "AD", 0), self = request(f, LC_SUSPEND, "WA", 0);
	struct movement_request away = request(f, LC_TRANSFER, "VP", 1), inside = request(f, LC_LEAVE, "VP", 1);
	struct person_record record;
	struct scope scope;
	bool added;

	gift.login = gov_login(&f->op, "WA");
	gov_login(&f->op, "OTHER");
	assert_int_equal(scoping_add(&f->op, &f->admin, &gift, &scope, &added), 0);
	struct principal ward = gov_principal(&f->op, arena_cstr(f->op.arena, gift.login));
	assert_int_equal(apply(f, &ward, &outside), ERR_UNKNOWN_PERSON);
	assert_int_equal(apply(f, &ward, &up), ERR_UNKNOWN_PERSON);
	assert_int_equal(apply(f, &ward, &self), ERR_SELF_GRANT);
	/* Another unit is not given one's people. */
	assert_int_equal(apply(f, &ward, &away), ERR_OUT_OF_SCOPE);
	assert_int_equal(apply(f, &ward, &inside), 0);
	op_forgive(&f->op);
	assert_int_equal(person_admin_get(&f->op, &ward, STR("OTHER"), &record), ERR_UNKNOWN_PERSON);
	/* Whoever administers more than oneself is not shut out by oneself. */
	gift.login = gov_login(&f->op, "VP");
	gift.unit = STR("40");
	op_forgive(&f->op);
	assert_int_equal(scoping_add(&f->op, &f->admin, &gift, &scope, &added), 0);
	inside.kind = LC_SUSPEND;
	inside.effective_on = STR_NULL;
	assert_int_equal(apply(f, &ward, &inside), ERR_OUT_OF_SCOPE);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement WHERE kind <> 'leave'"), 0);
}

struct corrector {
	struct str id;
	int64_t version;
	int result;
};

static void *correct_once(void *arg)
{
	struct corrector *c = arg;
	struct post_change change = { .id = c->id, .version = c->version, .reason = STR("Sửa số quyết định") };
	struct post_fields fields = { .decision_no = STR("8/QĐ") };
	struct post_record post;
	struct fixture f;

	gov_begin(&f.op, gov_server);
	do {
		op_forgive(&f.op);
		c->result = post_admin_correct(&f.op, shared_admin, STR("VP"), &change, &fields, &post);
	} while (c->result == ERR_OVERLOADED);
	gov_end(&f.op);
	return NULL;
}

static void test_fifty_corrections(void **state)
{
	struct fixture *f = *state;
	struct corrector c[N_PARALLEL] = { 0 };
	const struct post_filter filter = { .employee_code = STR("VP"), .limit = 10 };
	struct post_page page;
	int done = 0, stale = 0;

	shared_admin = &f->admin;
	assert_int_equal(post_admin_list(&f->op, &f->admin, &filter, &page), 0);
	for (int i = 0; i < N_PARALLEL; i++) {
		c[i].id = page.posts[0].post.id;
		c[i].version = page.posts[0].version;
	}
	AT_ONCE(correct_once, c);
	for (int i = 0; i < N_PARALLEL; i++) {
		done += c[i].result == 0;
		stale += c[i].result == ERR_PRECONDITION_FAILED;
	}
	assert_int_equal(done, 1);
	assert_int_equal(stale, N_PARALLEL - 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post_version WHERE decision_no = '3/QĐ'"), 1);
	side("UPDATE sen.post SET decision_no = '3/QĐ' WHERE decision_no = '8/QĐ'");
}

static void test_edit(void **state)
{
	struct fixture *f = *state;
	struct person_record record;
	struct person_edit edit = { .ten = STR("Hằng") };
	struct str login = gov_login(&f->op, "VP");
	unsigned warnings;

	assert_int_equal(person_admin_get(&f->op, &f->admin, STR("VP"), &record), 0);
	edit.version = record.version;
	assert_int_equal(person_admin_edit(&f->op, &f->admin, STR("VP"), &edit, &record, &warnings), 0);
	assert_str_equal(record.person.full_name, "Đặng Thị Hằng");
	assert_int_equal(person_admin_edit(&f->op, &f->admin, STR("VP"), &edit, &record, &warnings), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	/* A new name is no new user name. */
	assert_true(str_equal(gov_login(&f->op, "VP"), login));
	edit.ten = STR("Phượng");
	edit.version = record.version;
	assert_int_equal(person_admin_edit(&f->op, &f->admin, STR("VP"), &edit, &record, &warnings), 0);
}

/* A commune's auditor sees what concerns his people: it has to say whom it concerns, not only in words. */
static void test_acts_say_whom(void **state)
{
	struct fixture *f = *state;
	struct post_fields beside = { STR("16690"), STR("Tổ trưởng"), STR("concurrent"), STR_NULL, on_day(f, 0), on_day(f, 90), STR("20/QĐ"), on_day(f, 0),
		                      STR("Trần Văn Bình") };
	struct post_fields corrected = { .decision_no = STR("21/QĐ") };
	struct person_edit edit = { .sex = STR("female") };
	struct person_record record;
	struct post_record post;
	unsigned warnings;
	bool gone;

	gov_login(&f->op, "VP");
	side("DROP TABLE IF EXISTS mark; CREATE TABLE mark AS SELECT clock_timestamp() AS at");
	assert_int_equal(person_admin_get(&f->op, &f->admin, STR("VP"), &record), 0);
	edit.version = record.version;
	assert_int_equal(person_admin_edit(&f->op, &f->admin, STR("VP"), &edit, &record, &warnings), 0);
	assert_int_equal(post_admin_add(&f->op, &f->admin, STR("VP"), &beside, &post), 0);
	struct post_change change = { .id = post.post.id, .version = post.version, .reason = STR("Sửa số quyết định") };
	assert_int_equal(post_admin_correct(&f->op, &f->admin, STR("VP"), &change, &corrected, &post), 0);
	change.version = post.version;
	assert_int_equal(post_admin_end(&f->op, &f->admin, STR("VP"), &change, on_day(f, 30), &gone), 0);
	move(f, LC_SUSPEND, "VP", 0);
	struct hold_lifting lifting = { STR("VP"), STR("Kết thúc xác minh"), side_i64("SELECT version FROM sen.person WHERE employee_code = 'VP'") };
	assert_int_equal(person_admin_lift_hold(&f->op, &f->second, &lifting, &gone), 0);
	assert_int_equal(side_i64("SELECT count(DISTINCT x.action) FROM sen.audit x, mark m WHERE x.at > m.at AND x.object = 'VP'"), 6);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit x JOIN mark m ON x.at > m.at AND x.object = 'VP'"
	                          " LEFT JOIN sen.account a ON a.id = x.account_id WHERE a.login IS DISTINCT FROM 'phuongdt'"), 0);
	side("DROP TABLE mark");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAFFING_TEST(test_acts_say_whom),
		STAFFING_TEST(test_join),
		STAFFING_TEST(test_fifty_of_one_name),
		STAFFING_TEST(test_scope),
		STAFFING_TEST(test_fifty_corrections),
		STAFFING_TEST(test_edit),
	};

	return cmocka_run_group_tests(tests, staffing_create, gov_drop);
}
