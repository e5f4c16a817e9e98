/* granting.h, scoping.h and account_admin.h on PostgreSQL, with the rights of the server's role. */
#include "server/governance/granting.h"

#include "server/governance/account_admin.h"
#include "server/governance/scoping.h"
#include "tests/db/governance/govdb.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define N_PARALLEL 50

static int create(_unused_ void **state)
{
	return gov_create("granting");
}

/* A fresh op as the server's, and the province's administrator. */
struct fixture {
	struct op op;
	struct principal admin;
};

static int set_up(void **state)
{
	struct fixture *f = test_malloc(sizeof(*f));

	side("DELETE FROM sen.access_grant; DELETE FROM sen.admin_scope WHERE granted_by IS NOT NULL; DELETE FROM sen.activation;"
	     " UPDATE sen.account SET status = 'active', epoch = 1");
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	gov_end(&f->op);
	test_free(f);
	return 0;
}

static struct granting_request request_for(const char *employee_code, const char *platform, const char *role)
{
	return (struct granting_request){
		.employee_code = str_c(employee_code), .platform = str_c(platform), .role = str_c(role), .basis = STR("Quyết định 15/QĐ-UBND") };
}

static int add(struct fixture *f, const struct principal *p, const struct granting_request *request, struct grant *grant, bool *added)
{
	op_forgive(&f->op);
	return granting_add(&f->op, p, request, grant, added);
}

static void test_grant_and_again(void **state)
{
	struct fixture *f = *state;
	struct granting_request request = request_for("VP", "P02", "MC");
	struct grant first, again;
	bool added;
	int64_t audited = side_i64("SELECT count(*) FROM sen.audit WHERE action = 'grant.add'");

	assert_int_equal(add(f, &f->admin, &request, &first, &added), 0);
	assert_true(added);
	assert_str_equal(first.login, "phuongdt");
	assert_str_equal(first.unit_code, "16681.VP");
	assert_str_equal(first.granted_by, "annv");
	assert_str_equal(first.state, "live");
	assert_int_equal(add(f, &f->admin, &request, &again, &added), 0);
	assert_false(added);
	assert_true(str_equal(first.id, again.id));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'grant.add'"), audited + 1);
	/* The unit above the post is one too; the one beside it is not. */
	request.unit = STR("16681");
	assert_int_equal(add(f, &f->admin, &request, &again, &added), 0);
	request.unit = STR("16690");
	assert_int_equal(add(f, &f->admin, &request, &again, &added), ERR_INVALID_VALUE);
}

static void test_dates(void **state)
{
	struct fixture *f = *state;
	struct granting_request request = request_for("VP", "P02", "MC");
	struct grant first, again;
	bool added;

	request.valid_to = STR("2099-01-01T00:00:00+07:00");
	assert_int_equal(add(f, &f->admin, &request, &first, &added), 0);
	assert_int_equal(add(f, &f->admin, &request, &again, &added), 0);
	assert_false(added);
	request.valid_to = STR("2098-01-01T00:00:00+07:00");
	assert_int_equal(add(f, &f->admin, &request, &again, &added), ERR_CONFLICT);
	/* One that has run out is no obstacle. */
	side("UPDATE sen.access_grant SET valid_from = now() - interval '2 days', valid_to = now() - interval '1 day'");
	assert_int_equal(add(f, &f->admin, &request, &again, &added), 0);
	assert_true(added);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoke_reason = 'expired'"), 1);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *employee_code, *platform, *role;
		int expected;
	} rows[] = {
		{ "NOBODY", "P02", "MC", ERR_UNKNOWN_PERSON },
		{ "VP", "P99", "MC", ERR_UNKNOWN_PLATFORM },
		{ "VP", "DIR", "MC", ERR_UNKNOWN_PLATFORM },
		{ "VP", "P02", "ND", ERR_UNKNOWN_ROLE },
		{ "AD", "P02", "MC", ERR_SELF_GRANT },
		{ "VP", "D01", "NHAP", ERR_PLATFORM_CLOSED },
		{ "VP", "D01", "NOROLE", ERR_PLATFORM_CLOSED },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct granting_request request = request_for(rows[i].employee_code, rows[i].platform, rows[i].role);
		struct grant grant;
		bool added;

		print_message("row %zu\n", i);
		assert_int_equal(add(f, &f->admin, &request, &grant, &added), rows[i].expected);
	}
	assert_int_equal(f->op.error.n_args, 3);
	assert_str_equal(f->op.error.args[0].value, "Nền tảng khoa học và công nghệ");
	assert_str_equal(f->op.error.args[1].value, "Đề xuất");
	assert_str_equal(f->op.error.args[2].value, "12/2025");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant"), 0);
}

/* What the principal was believed to hold is gone: the statement itself refuses, and nothing stays of it. */
static void test_statement_asks_again(void **state)
{
	/* The province was the last row of its file. */
	static const struct admin_scope believed = { .unit_path = { "4.", 2 }, .platform_id = -1, .rights = 31 };
	struct fixture *f = *state;
	struct principal p = gov_principal(&f->op, arena_cstr(f->op.arena, gov_login(&f->op, "WA")));
	struct granting_request request = request_for("OTHER", "P02", "MC");
	struct scoping_request gift = { .login = gov_login(&f->op, "VP"), .unit = STR("40"), .rights = &STR("read"), .n_rights = 1 };
	struct activation_code code;
	struct scope scope;
	struct grant grant;
	bool added;
	int64_t accounts = side_i64("SELECT count(*) FROM sen.account");

	assert_int_equal(p.n_scopes, 0);
	p.scopes = &believed;
	p.n_scopes = 1;
	assert_int_equal(add(f, &p, &request, &grant, &added), ERR_OUT_OF_SCOPE);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account"), accounts);
	op_forgive(&f->op);
	assert_int_equal(scoping_add(&f->op, &p, &gift, &scope, &added), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(account_admin_activation(&f->op, &p, gift.login, &code), ERR_OUT_OF_SCOPE);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.activation"), 0);
}

static void *grant_once(void *result)
{
	struct granting_request request = request_for("OTHER", "P02", "MC");
	struct fixture f;
	struct grant grant;
	bool added = false;

	gov_begin(&f.op, gov_server);
	f.admin = gov_principal(&f.op, "annv");
	if (granting_add(&f.op, &f.admin, &request, &grant, &added) == 0)
		*(int *)result = added ? 2 : 1;
	gov_end(&f.op);
	return NULL;
}

static void test_fifty_at_once(_unused_ void **state)
{
	int results[N_PARALLEL] = { 0 }, n_added = 0, n_same = 0;

	AT_ONCE(grant_once, results);
	for (int i = 0; i < N_PARALLEL; i++) {
		n_added += results[i] == 2;
		n_same += results[i] == 1;
	}
	assert_int_equal(n_added, 1);
	assert_int_equal(n_same, N_PARALLEL - 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE p.employee_code = 'OTHER'"), 1);
}

static void test_revoke(void **state)
{
	struct fixture *f = *state;
	struct granting_request requests[] = { request_for("VP", "P02", "MC"), request_for("VP", "P02", "TK"), request_for("VP", "P03", "ND") };
	struct granting_revocation revocation = { .login = STR("phuongdt"), .platform = STR("P02"), .role = STR("MC"), .reason = STR("Chuyển việc") };
	struct granting_revoked revoked;
	struct grant grant;
	bool added;

	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		assert_int_equal(add(f, &f->admin, &requests[i], &grant, &added), 0);
	assert_int_equal(granting_revoke(&f->op, &f->admin, &revocation, &revoked), 0);
	assert_int_equal(revoked.done.n, 1);
	assert_int_equal(side_i64("SELECT epoch FROM sen.account WHERE login = 'phuongdt'"), 2);
	/* Once more changes nothing. */
	assert_int_equal(granting_revoke(&f->op, &f->admin, &revocation, &revoked), 0);
	assert_int_equal(revoked.done.n, 0);
	assert_int_equal(side_i64("SELECT epoch FROM sen.account WHERE login = 'phuongdt'"), 2);
	/* One by its id, then everything that is left. */
	revocation = (struct granting_revocation){ .login = STR("phuongdt"), .id = grant.id, .reason = STR("x") };
	assert_int_equal(granting_revoke(&f->op, &f->admin, &revocation, &revoked), 0);
	assert_int_equal(revoked.done.n, 1);
	assert_str_equal(revoked.done.grants[0].role_code, "ND");
	revocation.id = STR_NULL;
	assert_int_equal(granting_revoke(&f->op, &f->admin, &revocation, &revoked), 0);
	assert_int_equal(revoked.done.n, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL"), 0);
	revocation.login = STR("annv");
	assert_int_equal(granting_revoke(&f->op, &f->admin, &revocation, &revoked), ERR_SELF_GRANT);
}

/* Makes WA administrator of 16681 on P02 with these rights. */
static struct principal ward_admin(struct fixture *f, const struct str *rights, size_t n, const char *platform)
{
	struct scoping_request request = {
		.login = gov_login(&f->op, "WA"), .unit = STR("16681"), .platform = str_c(platform), .rights = rights, .n_rights = n };
	struct scope scope;
	bool added;

	assert_int_equal(scoping_add(&f->op, &f->admin, &request, &scope, &added), 0);
	assert_true(added);
	return gov_principal(&f->op, arena_cstr(f->op.arena, request.login));
}

static void test_delegated(void **state)
{
	static const struct str rights[] = { STR("grant"), STR("revoke"), STR("delegate") };
	struct fixture *f = *state;
	struct principal ward = ward_admin(f, rights, ARRAY_LEN(rights), "P02");
	struct granting_request inside = request_for("VP", "P02", "MC"), platform = request_for("VP", "P03", "ND");
	struct granting_request beside = request_for("OTHER", "P02", "MC");
	struct granting_revocation all = { .login = STR("phuongdt"), .reason = STR("x") };
	struct granting_revoked revoked;
	struct scoping_request gift = { .login = gov_login(&f->op, "VP"), .unit = STR("16681.VP"), .platform = STR("P02"), .rights = rights, .n_rights = 2 };
	struct scope scope;
	struct grant grant;
	bool added;

	assert_int_equal(add(f, &ward, &inside, &grant, &added), 0);
	assert_int_equal(add(f, &ward, &platform, &grant, &added), ERR_OUT_OF_SCOPE);
	assert_int_equal(add(f, &ward, &beside, &grant, &added), ERR_OUT_OF_SCOPE);
	/* Revoking takes what it may and says what is left. */
	assert_int_equal(add(f, &f->admin, &platform, &grant, &added), 0);
	assert_int_equal(granting_revoke(&f->op, &ward, &all, &revoked), 0);
	assert_int_equal(revoked.done.n, 1);
	assert_int_equal(revoked.n_beyond, 1);
	assert_int_equal(granting_revoke(&f->op, &ward, &all, &revoked), ERR_OUT_OF_SCOPE);
	/* Handing on: a part, never more. */
	op_forgive(&f->op);
	assert_int_equal(scoping_add(&f->op, &ward, &gift, &scope, &added), 0);
	assert_int_equal(scoping_add(&f->op, &ward, &gift, &scope, &added), 0);
	assert_false(added);
	gift.unit = STR("40");
	assert_int_equal(scoping_add(&f->op, &ward, &gift, &scope, &added), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	gift.unit = STR("16681.VP");
	gift.platform = STR_NULL;
	assert_int_equal(scoping_add(&f->op, &ward, &gift, &scope, &added), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	gift.rights = &STR("read");
	gift.n_rights = 1;
	gift.platform = STR("P02");
	assert_int_equal(scoping_add(&f->op, &ward, &gift, &scope, &added), ERR_OUT_OF_SCOPE);
}

static void test_scope_is_taken_back(void **state)
{
	static const struct str rights[] = { STR("grant") };
	struct fixture *f = *state;
	struct principal ward = ward_admin(f, rights, 1, "P02");
	struct granting_request inside = request_for("VP", "P02", "MC");
	struct str id = ward.scopes[0].id;
	struct grant grant;
	bool changed, added;

	assert_int_equal(scoping_revoke(&f->op, &ward, id, &changed), ERR_SELF_GRANT);
	op_forgive(&f->op);
	assert_int_equal(scoping_revoke(&f->op, &f->admin, id, &changed), 0);
	assert_true(changed);
	assert_int_equal(scoping_revoke(&f->op, &f->admin, id, &changed), 0);
	assert_false(changed);
	/* The principal of a request that is under way still believes in it; the statement does not. */
	assert_int_equal(add(f, &ward, &inside, &grant, &added), ERR_OUT_OF_SCOPE);
}

static void test_accounts(void **state)
{
	static const struct str rights[] = { STR("activate"), STR("revoke"), STR("read") };
	struct fixture *f = *state;
	struct principal ward = ward_admin(f, rights, ARRAY_LEN(rights), NULL);
	struct str vp = gov_login(&f->op, "VP"), other = gov_login(&f->op, "OTHER");
	struct activation_code code, second;
	bool changed;

	assert_int_equal(account_admin_activation(&f->op, &ward, vp, &code), 0);
	assert_int_equal(code.code.len, 14);
	assert_int_equal(account_admin_activation(&f->op, &ward, vp, &second), 0);
	assert_false(str_equal(code.code, second.code));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.activation WHERE length(code_hash) = 32 AND used_at IS NULL"), 1);
	assert_int_equal(account_admin_activation(&f->op, &ward, other, &code), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(account_admin_activation(&f->op, &ward, STR("annv"), &code), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(account_admin_activation(&f->op, &f->admin, STR("annv"), &code), ERR_SELF_GRANT);
	op_forgive(&f->op);
	assert_int_equal(account_admin_unlock(&f->op, &ward, vp), 0);
	assert_int_equal(account_admin_disable(&f->op, &ward, vp, STR("nghỉ"), &changed), 0);
	assert_true(changed);
	assert_int_equal(account_admin_disable(&f->op, &ward, vp, STR("nghỉ"), &changed), 0);
	assert_false(changed);
	assert_int_equal(account_admin_activation(&f->op, &ward, vp, &code), ERR_ACCOUNT_STATE);
	op_forgive(&f->op);
	/* They were disabled after they were seen. */
	assert_int_equal(account_admin_enable(&f->op, &ward, &(struct account_enabling){ vp, STR("trở lại"), 1 }, &changed), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	assert_int_equal(account_admin_enable(&f->op, &ward, &(struct account_enabling){ vp, STR("trở lại"), 2 }, &changed), 0);
	assert_true(changed);
	assert_int_equal(side_i64("SELECT epoch FROM sen.account WHERE login = 'phuongdt'"), 3);
}

/* An account that administers what one does not is beyond one, even in one's own unit. */
static void test_stronger_account_in_own_unit(void **state)
{
	static const struct str rights[] = { STR("activate"), STR("read") };
	static const struct str more[] = { STR("grant") };
	struct fixture *f = *state;
	struct principal ward = ward_admin(f, rights, ARRAY_LEN(rights), NULL);
	struct scoping_request gift = { .login = gov_login(&f->op, "VP"), .unit = STR("16681.VP"), .rights = more, .n_rights = 1 };
	struct activation_code code;
	struct scope scope;
	bool added;

	assert_int_equal(scoping_add(&f->op, &f->admin, &gift, &scope, &added), 0);
	assert_int_equal(account_admin_activation(&f->op, &ward, gift.login, &code), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(account_admin_activation(&f->op, &f->admin, gift.login, &code), 0);
}

static void *ensure_account(void *employee_code)
{
	struct op op;

	gov_begin(&op, gov_server);
	gov_login(&op, employee_code);
	gov_end(&op);
	return NULL;
}

/* Twenty people of one name, twenty user names, at the same time. */
static void test_user_names(_unused_ void **state)
{
	char codes[20][8], csv[4096];
	size_t len = (size_t)snprintf(csv, sizeof(csv), "employee_code,full_name,kind,unit_code,title,post_kind,valid_from,decision_no\n");

	for (size_t i = 0; i < 20; i++) {
		(void)snprintf(codes[i], sizeof(codes[i]), "SAME%zu", i);
		len += (size_t)snprintf(csv + len, sizeof(csv) - len, "%s,Phan Đình Dũng,cong_chuc,40,CV,main,2025-07-01,1/QĐ\n", codes[i]);
	}
	gov_import("persons", csv, NULL);
	AT_ONCE(ensure_account, codes);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login ~ '^dungpd(|[2-9]|1[0-9]|20)$'"), 20);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_grant_and_again),
		TEST(test_dates),
		TEST(test_refusals),
		TEST(test_statement_asks_again),
		TEST(test_fifty_at_once),
		TEST(test_revoke),
		TEST(test_delegated),
		TEST(test_scope_is_taken_back),
		TEST(test_accounts),
		TEST(test_stronger_account_in_own_unit),
		TEST(test_user_names),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
