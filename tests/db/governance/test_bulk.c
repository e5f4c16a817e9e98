/* Many changes in one transaction, each with a result of its own (bulk_rows.h), on PostgreSQL with the rights of the server's role. */
#include "server/governance/bulk_rows.h"
#include "server/governance/granting.h"
#include "tests/db/governance/govdb.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define N_PARALLEL 50
#define LIVE "SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL"
#define RECORDS "SELECT count(*) FROM sen.audit WHERE action = 'grant.revoke'"

struct fixture {
	struct op op;
	struct principal admin;
};

static int create(_unused_ void **state)
{
	return gov_create("bulk");
}

static void give(struct fixture *f, const char *employee_code, const char *platform, const char *role)
{
	const struct granting_request request = { .employee_code = str_c(employee_code), .platform = str_c(platform), .role = str_c(role), .basis = STR("QĐ") };
	struct grant grant;
	bool added;

	assert_int_equal(granting_add(&f->op, &f->admin, &request, &grant, &added), 0);
}

static int set_up(void **state)
{
	struct fixture *f = test_malloc(sizeof(*f));

	side("DELETE FROM sen.access_grant; UPDATE sen.account SET status = 'active', epoch = 1");
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	give(f, "VP", "P02", "MC");
	give(f, "VP", "P02", "TK");
	give(f, "OTHER", "P02", "MC");
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

static int revoke_rows(struct op *op, const struct principal *p, const struct granting_revocation *rows, size_t n, struct granting_revoke_result *ret)
{
	bool committed;
	int r = granting_revoke_bulk(op, p, &(struct granting_revocations){ .rows = rows, .n = n }, ret, &committed);

	assert_true(r < 0 || committed);
	return r;
}

static void test_each_row_by_itself(void **state)
{
	struct fixture *f = *state;
	const struct granting_revocation rows[] = {
		{ .login = STR("phuongdt"), .platform = STR("P02"), .role = STR("MC"), .reason = STR("Thôi") },
		{ .login = STR("khongco"), .reason = STR("Thôi") },
		{ .login = STR("annv"), .reason = STR("Thôi") },
		{ .login = STR("phuongdt"), .platform = STR("P02"), .role = STR("MC"), .reason = STR("Thôi") },
		{ .login = STR("phuongdt"), .id = STR("11111111-1111-4111-8111-111111111111"), .reason = STR("Thôi") },
		{ .login = gov_login(&f->op, "OTHER"), .reason = STR("Thôi") },
	};
	struct granting_revoke_result results[ARRAY_LEN(rows)] = { 0 };
	bool committed = true;
	int64_t records = side_i64(RECORDS);

	/* All or nothing, with rows that are refused. */
	assert_int_equal(granting_revoke_bulk(&f->op, &f->admin, &(struct granting_revocations){ rows, ARRAY_LEN(rows), true }, results, &committed), 0);
	assert_false(committed);
	assert_int_equal(results[1].error.code, ERR_UNKNOWN_ACCOUNT);
	assert_int_equal(side_i64(LIVE), 3);
	assert_int_equal(side_i64(RECORDS), records);

	assert_int_equal(revoke_rows(&f->op, &f->admin, rows, ARRAY_LEN(rows), results), 0);
	assert_int_equal(results[0].revoked.done.n, 1);
	assert_str_equal(results[0].revoked.done.grants[0].role_code, "MC");
	assert_int_equal(results[1].error.code, ERR_UNKNOWN_ACCOUNT);
	assert_int_equal(results[2].error.code, ERR_SELF_GRANT);
	assert_int_equal(results[3].error.code, 0);
	assert_int_equal(results[3].revoked.done.n, 0);
	assert_int_equal(results[4].error.code, ERR_NOT_FOUND);
	assert_int_equal(results[5].revoked.done.n, 1);
	assert_int_equal(side_i64(LIVE), 1);
	assert_int_equal(side_i64(RECORDS), records + 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'phuongdt' AND epoch > 1"), 1);
}

/* Whose scope does not reach it is told so, and nothing of it is taken. */
static void test_beyond_the_scope(void **state)
{
	struct fixture *f = *state;
	struct granting_revocation row = { .login = STR("phuongdt"), .reason = STR("Thôi") };
	struct granting_revoke_result result = { 0 };
	struct principal nobody = f->admin;

	nobody.account_id = STR("11111111-1111-4111-8111-111111111111");
	assert_int_equal(revoke_rows(&f->op, &nobody, &row, 1, &result), 0);
	assert_int_equal(result.error.code, ERR_OUT_OF_SCOPE);
	assert_int_equal(side_i64(LIVE), 3);
}

static const struct principal *shared_admin;

struct revoker {
	int result;
	size_t n_taken;
};

static void *revoke_once(void *arg)
{
	static const struct granting_revocation rows[] = { { .login = STR("phuongdt"), .platform = STR("P02"), .reason = STR("Thôi") } };
	struct granting_revoke_result results[ARRAY_LEN(rows)] = { 0 };
	struct revoker *t = arg;
	struct op op;

	gov_begin(&op, gov_server);
	do {
		op_forgive(&op);
		t->result = revoke_rows(&op, shared_admin, rows, ARRAY_LEN(rows), results);
	} while (t->result == ERR_OVERLOADED);
	t->n_taken = results[0].revoked.done.n;
	gov_end(&op);
	return NULL;
}

/* Of 50 at once: each grant is taken by one, and recorded once. */
static void test_at_once(void **state)
{
	struct fixture *f = *state;
	struct revoker t[N_PARALLEL] = { 0 };
	int64_t records = side_i64(RECORDS);
	size_t n_taken = 0, n_took = 0;

	shared_admin = &f->admin;
	AT_ONCE(revoke_once, t);
	for (size_t i = 0; i < N_PARALLEL; i++) {
		assert_int_equal(t[i].result, 0);
		n_taken += t[i].n_taken;
		n_took += t[i].n_taken > 0;
	}
	assert_int_equal(n_taken, 2);
	assert_int_equal(side_i64(LIVE), 1);
	assert_int_equal(side_i64(RECORDS), records + (int64_t)n_took);
}

/* The second row loses the database. */
static int lose_row(struct op *op, const struct principal *p, void *context, size_t i)
{
	const struct account *account = context;
	const struct grant_choice choice = { .account_id = account->id, .platform_code = STR("P02") };
	struct grant_revoked_list done;
	int r;

	if (i == 1)
		side("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'");
	r = grant_revoke(op, &choice, p->account_id, STR("Thôi"), &done);
	if (r == 0)
		assert_int_equal(done.n, i == 0 ? 2 : 0);
	return r;
}

static int record_nothing(_unused_ struct op *op, _unused_ const struct principal *p, _unused_ void *context)
{
	return 0;
}

static void test_nothing_is_half_done(void **state)
{
	struct fixture *f = *state;
	struct error errors[3];
	struct account account;
	bool committed = true;

	assert_int_equal(account_find(&f->op, STR("phuongdt"), &account), 0);
	const struct bulk_rows rows = { .n = ARRAY_LEN(errors), .row = lose_row, .record = record_nothing, .context = &account, .errors = errors };
	assert_true(bulk_rows_run(&f->op, &f->admin, &rows, &committed) < 0);
	assert_false(committed);
	op_forgive(&f->op);
	assert_int_equal(side_i64(LIVE), 3);
}

/* As a check in SQL refuses: with a name and a value that are in the memory of the rows. */
static int refuse_row(struct op *op, _unused_ const struct principal *p, _unused_ void *context, _unused_ size_t i)
{
	(void)op_fail(op, ERR_WRONG_STATE, "not possible in this state");
	return op_fail_arg(op, arena_cstr(op->arena, STR("state")), arena_dup(op->arena, STR("closed")));
}

static void test_what_a_refusal_says_outlives_the_rows(void **state)
{
	struct fixture *f = *state;
	struct error errors[2];
	bool committed = false;
	const struct bulk_rows rows = { .n = ARRAY_LEN(errors), .row = refuse_row, .record = record_nothing, .errors = errors };

	assert_int_equal(bulk_rows_run(&f->op, &f->admin, &rows, &committed), 0);
	assert_true(committed);
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		assert_int_equal(errors[i].code, ERR_WRONG_STATE);
		assert_string_equal(errors[i].args[0].name, "state");
		assert_str_equal(errors[i].args[0].value, "closed");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_row_by_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_beyond_the_scope, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_is_half_done, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_a_refusal_says_outlives_the_rows, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
