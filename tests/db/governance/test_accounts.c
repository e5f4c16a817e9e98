/* Accounts of other kinds, that several share, that nobody uses, whose person is gone from a feed; on PostgreSQL with the rights of the server's role. */
#include "common/model/personnel_due.h"
#include "server/governance/account_admin.h"
#include "server/governance/account_kind.h"
#include "server/governance/granting.h"
#include "server/governance/scoping.h"
#include "server/governance/vanished.h"
#include "tests/db/governance/staffing.h"
#include "tests/unit/at_once.h"

static void test_kinds(void **state)
{
	struct fixture *f = *state;
	struct account_new admin = { STR("administrator"), STR("VP"), STR_NULL, STR("Quản trị một cửa"), STR_NULL };
	struct account_new service = { STR("service"), STR("VP"), STR("dv.dongbo"), STR("Đồng bộ dữ liệu"), STR_NULL };
	struct scoping_request gift = { .unit = STR("16681"), .rights = &STR("read"), .n_rights = 1 };
	struct account_filter filter = { .kind = STR("service"), .limit = 10 };
	const struct account_entry *entries;
	struct activation_code code;
	struct scope scope;
	struct str login;
	size_t n;
	bool added, more;

	gov_login(&f->op, "VP");
	assert_int_equal(account_kind_add(&f->op, &f->admin, &admin, &login), 0);
	assert_str_equal(login, "phuongdt.qt");
	assert_int_equal(account_kind_add(&f->op, &f->admin, &admin, &login), ERR_CONFLICT);
	op_forgive(&f->op);
	assert_int_equal(account_kind_add(&f->op, &f->admin, &service, &login), 0);
	assert_int_equal(account_admin_activation(&f->op, &f->admin, STR("dv.dongbo"), &code), ERR_ACCOUNT_STATE);
	op_forgive(&f->op);
	/* A technique administers nothing; a service may, as which a source of personnel data acts. */
	service.kind = STR("technical");
	service.login = STR("kt.dongbo");
	assert_int_equal(account_kind_add(&f->op, &f->admin, &service, &login), 0);
	gift.login = login;
	assert_int_equal(scoping_add(&f->op, &f->admin, &gift, &scope, &added), ERR_BLOCKED);
	side("UPDATE sen.personnel_policy SET admin_accounts_only = true");
	gift.login = STR("phuongdt");
	op_forgive(&f->op);
	assert_int_equal(scoping_add(&f->op, &f->admin, &gift, &scope, &added), ERR_BLOCKED);
	gift.login = STR("phuongdt.qt");
	op_forgive(&f->op);
	assert_int_equal(scoping_add(&f->op, &f->admin, &gift, &scope, &added), 0);
	assert_int_equal(account_list(&f->op, &f->admin, &filter, &entries, &n, &more), 0);
	assert_int_equal(n, 1);
	assert_str_equal(entries[0].full_name, "Đặng Thị Phượng");
	/* Whose manager leaves is stopped, until somebody else answers for it. */
	move(f, LC_RESIGN, "VP", 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'dv.dongbo' AND status = 'suspended'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_scope s JOIN sen.account a ON a.id = s.account_id WHERE a.login = 'phuongdt.qt'"), 0);
	struct account_handing_over over = { STR("dv.dongbo"), STR("OTHER"), STR("Bàn giao"), side_i64("SELECT epoch FROM sen.account WHERE login = 'dv.dongbo'") };
	assert_int_equal(account_kind_hand_over(&f->op, &f->admin, &over), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'dv.dongbo' AND status = 'active'"), 1);
	/* Whoever saw it with its former manager is told, and hands nothing over. */
	assert_int_equal(account_kind_hand_over(&f->op, &f->admin, &over), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	filter.kind = STR_NULL;
	filter.limit = 2;
	assert_int_equal(account_list(&f->op, &f->admin, &filter, &entries, &n, &more), 0);
	assert_true(more && n == 2);
}

/* It hangs on no post: what it is given says when it ends, or the role's policy does. */
static void test_grants_of_no_person_end(void **state)
{
	struct fixture *f = *state;
	struct account_new technical = { .employee_code = STR("VP"), .kind = STR("technical"), .login = STR("kt.dongbo"), .reason = STR("Đồng bộ") };
	struct granting_request request = { .login = STR("kt.dongbo"), .platform = STR("P02"), .role = STR("TK"), .basis = STR("QĐ") };
	struct grant grant;
	struct str login;
	bool added;

	assert_int_equal(account_kind_add(&f->op, &f->admin, &technical, &login), 0);
	assert_int_equal(granting_add(&f->op, &f->admin, &request, &grant, &added), ERR_INVALID_VALUE);
	assert_str_equal(f->op.error.args[0].value, "valid_to");
	op_forgive(&f->op);
	request.valid_to = STR("2099-01-01T00:00:00+07:00");
	assert_int_equal(granting_add(&f->op, &f->admin, &request, &grant, &added), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE valid_to IS NULL AND revoked_at IS NULL"), 0);
	side("DELETE FROM sen.access_grant; UPDATE sen.grant_policy SET max_days = 30 WHERE num_nonnulls(role_id, platform_id, sensitivity) = 0");
	request.valid_to = STR_NULL;
	assert_int_equal(granting_add(&f->op, &f->admin, &request, &grant, &added), 0);
	assert_false(str_is_null(grant.valid_to));
	side("UPDATE sen.grant_policy SET max_days = NULL");
}

struct taker {
	struct str member;
	int result;
};

static void *take_once(void *arg)
{
	struct taker *t = arg;
	struct shared_checkout out = { STR("truc.motcua"), t->member, STR("Trực"), 60 };
	struct shared_use use;
	struct str code;
	struct op op;

	gov_begin(&op, gov_server);
	do {
		op_forgive(&op);
		t->result = shared_use_begin(&op, &out, &use, &code);
	} while (t->result == ERR_OVERLOADED);
	gov_end(&op);
	return NULL;
}

static void test_shared(void **state)
{
	struct fixture *f = *state;
	struct account_new shared = { STR("shared"), STR("WA"), STR("truc.motcua"), STR("Trực một cửa"), STR_NULL };
	struct taker takers[N_PARALLEL] = { 0 };
	struct account vp, other;
	struct shared_use use;
	struct str login, code;
	bool changed, ok;
	int taken = 0, lost = 0;
	size_t n;

	gov_login(&f->op, "WA");
	assert_int_equal(account_find(&f->op, gov_login(&f->op, "VP"), &vp), 0);
	assert_int_equal(account_find(&f->op, gov_login(&f->op, "OTHER"), &other), 0);
	side("UPDATE sen.account SET status = 'active', activated_at = now()");
	assert_int_equal(account_kind_add(&f->op, &f->admin, &shared, &login), 0);
	assert_int_equal(shared_member(&f->op, &f->admin, login, vp.login, false, &changed), 0);
	assert_int_equal(shared_member(&f->op, &f->admin, login, other.login, false, &changed), 0);
	struct shared_checkout out = { login, vp.id, STR("Trực"), 60 };
	assert_int_equal(shared_use_begin(&f->op, &out, &use, &code), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(shared_approve(&f->op, &f->admin, login), ERR_FOUR_EYES);
	op_forgive(&f->op);
	assert_int_equal(shared_approve(&f->op, &f->second, login), 0);
	for (int i = 0; i < N_PARALLEL; i++)
		takers[i].member = i % 2 == 0 ? vp.id : other.id;
	AT_ONCE(take_once, takers);
	for (int i = 0; i < N_PARALLEL; i++) {
		taken += takers[i].result == 0;
		lost += takers[i].result == ERR_CONFLICT;
	}
	assert_int_equal(taken, 1);
	assert_int_equal(lost, N_PARALLEL - 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.shared_use"), 1);
	/* What has run out makes room, and its code is worth nothing. */
	side("UPDATE sen.shared_use SET until_at = now() - interval '1 second'");
	assert_int_equal(shared_use_begin(&f->op, &out, &use, &code), 0);
	assert_int_equal(shared_use_check(&f->op, use.account_id, code, &ok), 0);
	assert_true(ok);
	side("UPDATE sen.shared_use SET until_at = now() - interval '1 second' WHERE in_at IS NULL");
	assert_int_equal(shared_use_check(&f->op, use.account_id, code, &ok), 0);
	assert_false(ok);
	assert_int_equal(shared_use_expire(&f->op, &n), 0);
	assert_int_equal(n, 1);
	/* A member who is suspended uses it no more. */
	assert_int_equal(shared_use_begin(&f->op, &out, &use, &code), 0);
	move(f, LC_SUSPEND, "VP", 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.shared_use WHERE in_at IS NULL"), 0);
	assert_int_equal(shared_use_begin(&f->op, &out, &use, &code), ERR_OUT_OF_SCOPE);
}

static void test_unused(void **state)
{
	struct fixture *f = *state;
	size_t n;
	bool changed;

	gov_login(&f->op, "VP");
	gov_login(&f->op, "OTHER");
	side("UPDATE sen.account SET status = 'active', activated_at = now();"
	     " ALTER TABLE sen.account DISABLE TRIGGER USER; UPDATE sen.account SET created_at = now() - interval '1 year', status_since = now() - interval '1 year';"
	     " ALTER TABLE sen.account ENABLE TRIGGER USER; INSERT INTO sen.account_use SELECT id, sen.today() FROM sen.account");
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(n, 0);
	side("UPDATE sen.account_use SET used_on = sen.today() - 29 WHERE account_id = (SELECT id FROM sen.account WHERE login = 'phuongdt')");
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(n, 0);
	side("UPDATE sen.account_use SET used_on = used_on - 1 WHERE used_on < sen.today()");
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(n, 0);
	side("UPDATE sen.account_use SET used_on = sen.today() - 44 WHERE used_on < sen.today()");
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'disabled'"), 0);
	side("UPDATE sen.account_use SET used_on = sen.today() - 45 WHERE used_on < sen.today()");
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'disabled' AND login = 'phuongdt'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'disabled'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account_notice WHERE kind = 'unused_disable'"), 1);
	/* Enabled again it has its days anew. */
	assert_int_equal(account_admin_enable(&f->op, &f->admin, &(struct account_enabling){ STR("phuongdt"), STR("x"), EPOCH_ANY }, &changed), 0);
	assert_true(changed);
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(n, 0);
}

/* Of accounts that are no person's own: a shared one is used when it is checked out, a service when its source speaks; a technical one we do not see. */
static void test_unused_of_others(void **state)
{
	static const char n_told[] = "SELECT count(*) FROM sen.notice t JOIN sen.account a ON a.id = t.account_id WHERE a.login = 'phuongdt' AND t.kind = 'account_unused'";
	struct fixture *f = *state;
	struct account_new new[] = {
		{ STR("shared"), STR("VP"), STR("truc.motcua"), STR("Trực một cửa"), STR_NULL },
		{ STR("service"), STR("VP"), STR("dv.dongbo"), STR("Đồng bộ dữ liệu"), STR_NULL },
		{ STR("technical"), STR("VP"), STR("kt.sao"), STR("Sao lưu"), STR_NULL },
	};
	struct str login;
	size_t n;

	gov_login(&f->op, "VP");
	for (size_t i = 0; i < ARRAY_LEN(new); i++)
		assert_int_equal(account_kind_add(&f->op, &f->admin, &new[i], &login), 0);
	side("DELETE FROM sen.notice; UPDATE sen.account SET status = 'active', activated_at = now();"
	     " INSERT INTO sen.feed (id, code, name, account_id, unit_id, default_unit, authority, basis, token_hash, token_until, created_by, created_at, seen_at) SELECT gen_random_uuid(),"
	     " 'hr', 'hr', b.id, u.id, u.id, '{}', 'x', '\\x00', now(), a.id, now() - interval '1 year', now() FROM sen.unit u, sen.account a, sen.account b"
	     " WHERE u.code = '40' AND a.login = 'annv' AND b.login = 'dv.dongbo';"
	     " INSERT INTO sen.shared_use (account_id, id, member_id, purpose, code_hash, until_at, in_at) SELECT b.id, gen_random_uuid(), a.id, 'x', '\\x00', now(), now()"
	     " FROM sen.account a, sen.account b WHERE a.login = 'annv' AND b.login = 'truc.motcua';"
	     " ALTER TABLE sen.account DISABLE TRIGGER USER; UPDATE sen.account SET created_at = now() - interval '1 year', status_since = now() - interval '1 year';"
	     " ALTER TABLE sen.account ENABLE TRIGGER USER; INSERT INTO sen.account_use SELECT id, sen.today() FROM sen.account WHERE kind IN ('operational', 'administrator')");
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(n, 0);
	side("UPDATE sen.shared_use SET out_at = now() - interval '31 days'; UPDATE sen.feed SET seen_at = now() - interval '31 days'");
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(n, 2);
	/* Whoever answers for it is told: nobody reads what is told to the account. */
	assert_int_equal(side_i64(n_told), 2);
	side("UPDATE sen.shared_use SET out_at = now() - interval '46 days'; UPDATE sen.feed SET seen_at = now() - interval '46 days'");
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'disabled' AND login IN ('truc.motcua', 'dv.dongbo')"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'active' AND login = 'kt.sao'"), 1);
	side("DELETE FROM sen.feed");
}

static int mark(struct fixture *f, const struct vanished_feed *feed, size_t *ret_n)
{
	int r;

	op_forgive(&f->op);
	assert_int_equal(db_begin(&f->op), 0);
	r = vanished_mark(&f->op, &f->admin, feed, ret_n);
	if (r == 0)
		return db_commit(&f->op);
	db_rollback(&f->op);
	return r;
}

static void test_vanished(void **state)
{
	static const struct str missing[] = { STR("VP"), STR("OTHER"), STR("AD") };
	struct fixture *f = *state;
	struct vanished_feed feed = { .name = STR("HR"), .employee_codes = missing, .n = 3, .n_known = 1000 };
	struct vanished_page page;
	struct str after[2] = { STR_NULL, STR_NULL };
	size_t n;

	give(f, "VP", "P02", "MC", "16681.VP");
	side("UPDATE sen.personnel_policy SET vanished_max_n = 2, vanished_max_percent = 0");
	assert_int_equal(mark(f, &feed, &n), ERR_HELD);
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
	feed.released_by = f->admin.account_id;
	assert_int_equal(mark(f, &feed, &n), ERR_FOUR_EYES);
	feed.released_by = f->second.account_id;
	assert_int_equal(mark(f, &feed, &n), 0);
	/* Not the one who brings the feed. */
	assert_int_equal(n, 2);
	assert_int_equal(side_i64(LIVE("phuongdt")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'phuongdt' AND status = 'suspended'"), 1);
	assert_int_equal(mark(f, &feed, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(vanished_list(&f->op, &f->second, after, 10, &page), 0);
	assert_int_equal(page.n, 2);
	assert_int_equal(vanished_decide(&f->op, &f->second, STR("VP"), true, STR("Lỗi dữ liệu")), 0);
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
	assert_int_equal(vanished_decide(&f->op, &f->second, STR("VP"), true, STR("Lỗi dữ liệu")), ERR_WRONG_STATE);
	op_forgive(&f->op);
	assert_int_equal(vanished_decide(&f->op, &f->second, STR("OTHER"), false, STR("Đã nghỉ")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person p WHERE p.employee_code = 'OTHER' AND sen.person_state(p.id) = 'left'"), 1);
	side("UPDATE sen.personnel_policy SET vanished_max_n = 20, vanished_max_percent = 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAFFING_TEST(test_kinds), STAFFING_TEST(test_grants_of_no_person_end),
		STAFFING_TEST(test_shared),
		STAFFING_TEST(test_unused), STAFFING_TEST(test_unused_of_others),
		STAFFING_TEST(test_vanished),
	};

	return cmocka_run_group_tests(tests, staffing_create, gov_drop);
}
