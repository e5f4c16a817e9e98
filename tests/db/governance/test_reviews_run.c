/* Reviews that nobody has to think of, on PostgreSQL with the rights of the server's role: they begin, are built, concluded; many at once are held. */
#include "common/model/personnel_due.h"
#include "server/governance/access_reviews.h"
#include "server/governance/duties.h"
#include "tests/db/governance/acting.h"
#include "tests/unit/at_once.h"

#include <stdio.h>
#include <string.h>

static int set_up(void **state)
{
	side("DELETE FROM sen.notice; DELETE FROM sen.notice_round; DELETE FROM sen.grant_policy WHERE role_id IS NOT NULL; UPDATE sen.role SET sensitivity = 'low' WHERE code = 'TK';"
	     " UPDATE sen.personnel_policy SET review_automatic = true, review_suspends = true, review_since = now(), vanished_max_n = 20, vanished_max_percent = 2");
	return acting_set_up(state);
}

struct run {
	int result;
	size_t n_begun, n_batches;
};

static void *run(void *arg)
{
	struct run *r = arg;
	struct op op;

	gov_begin(&op, gov_server);
	r->result = reviews_run(&op, &r->n_begun, &r->n_batches);
	gov_end(&op);
	return NULL;
}

/* How many campaigns began, and no more, however many are at it. */
static size_t run_at_once(void)
{
	struct run runs[N_PARALLEL] = { 0 };
	size_t n = 0;

	AT_ONCE(run, runs);
	for (size_t i = 0; i < N_PARALLEL; i++) {
		assert_int_equal(runs[i].result, 0);
		n += runs[i].n_begun;
	}
	return n;
}

static void run_once(void)
{
	struct run one = { 0 };

	run(&one);
	assert_int_equal(one.result, 0);
}

static int64_t campaigns(const char *condition)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.review_campaign c WHERE %s", condition);
	return side_i64(sql);
}

static int64_t told(const char *kind, const char *code)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.notice t JOIN sen.account a ON a.id = t.account_id JOIN sen.person n ON n.id = a.person_id"
	               " WHERE t.kind = '%s' AND n.employee_code = '%s'", kind, code);
	return side_i64(sql);
}

static void tell(struct fixture *f)
{
	size_t n;

	assert_int_equal(notices_run(&f->op, &n), 0);
}

/* Every six months, and what a policy says after three: accounts and grants, each role in one series, built without anybody. */
static void test_begin_by_themselves(void **state)
{
	struct fixture *f = *state;

	side("UPDATE sen.role SET sensitivity = 'privileged' WHERE code = 'TK'");
	side("INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by) SELECT a.id, gen_random_uuid(), r.id, u.id, 'QĐ', now(), (SELECT id FROM sen.account WHERE login = 'annv')"
	     " FROM sen.account a JOIN sen.person n ON n.id = a.person_id, sen.role r, sen.unit u WHERE n.employee_code = 'VP' AND r.code IN ('MC', 'TK') AND u.code = '16681'");
	assert_int_equal(run_at_once(), 0);
	side("UPDATE sen.personnel_policy SET review_since = now() - interval '3 months'");
	assert_int_equal(run_at_once(), 1);
	assert_int_equal(campaigns("c.kind = 'grants' AND c.period_months = 3 AND c.made_by IS NULL AND c.state = 'open' AND c.no_answer = 'suspend'"
	                           " AND c.deadline = sen.midnight(sen.today() + 30)"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item i JOIN sen.role r ON r.id = i.role_id WHERE r.code = 'TK'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE suspended_at IS NOT NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'review.begin' AND actor = 'system'"), 1);
	side("UPDATE sen.personnel_policy SET review_since = now() - interval '6 months'");
	assert_int_equal(run_at_once(), 2);
	assert_int_equal(campaigns("c.kind = 'accounts' AND c.period_months = 6"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item i JOIN sen.role r ON r.id = i.role_id WHERE r.code = 'MC'"), 1);
	assert_int_equal(run_at_once(), 0);
	/* A role's own policy; the next turn of the one series is not that of the others. */
	assert_int_equal(as(f, "P2", &policy_set, (struct db_param[]){ P_NULL, S("P02"), S("MC"), P_NULL, P_I64(1), P_I64(5), P_NULL, P_BOOL(false), P_NULL, P_I64(13), P_I64(0) }, 11, 0), ERR_INVALID_VALUE);
	assert_int_equal(as(f, "P2", &policy_set, (struct db_param[]){ P_NULL, S("P02"), S("MC"), P_NULL, P_I64(1), P_I64(5), P_NULL, P_BOOL(false), P_NULL, P_I64(1), P_I64(0) }, 11, 0), 0);
	assert_int_equal(json_get_int(f->body, "review_months", 0), 1);
	assert_int_equal(run_at_once(), 1);
	assert_int_equal(campaigns("c.period_months = 1"), 1);
	side("UPDATE sen.review_campaign SET made_at = now() - interval '100 days', code = code || '-1'");
	assert_int_equal(run_at_once(), 2);
	assert_int_equal(campaigns("c.period_months = 6"), 2);
	side("UPDATE sen.role SET sensitivity = 'low' WHERE code = 'TK'; DELETE FROM sen.grant_policy WHERE role_id IS NOT NULL");
}

/* One that somebody began over everything is one. */
static void test_begun_by_hand_counts(void **state)
{
	struct fixture *f = *state;

	side("UPDATE sen.personnel_policy SET review_since = now() - interval '7 months'");
	assert_int_equal(AS(f, "P2", review_begin, P_STR(fresh_id(&f->op)), P_NULL, S("R1"), S("Rà soát"), S("grants"), S("40"), P_NULL, S("low"), S("2099-01-01"), S("keep")), 0);
	assert_int_equal(AS(f, "P2", review_begin, P_STR(fresh_id(&f->op)), P_NULL, S("R2"), S("Rà soát"), S("accounts"), S("16681"), P_NULL, S("low"), S("2099-01-01"), S("keep")), 0);
	assert_int_equal(run_at_once(), 1);
	assert_int_equal(campaigns("c.kind = 'accounts' AND c.made_by IS NULL"), 1);
	/* Who began it may build it at once; after that it is built. */
	assert_int_equal(campaigns("c.code = 'R1' AND c.state = 'building'"), 1);
	side("UPDATE sen.review_campaign SET made_at = made_at - interval '3 minutes' WHERE code = 'R1'");
	run_once();
	assert_int_equal(campaigns("c.code = 'R1' AND c.state = 'open'"), 1);
}

/* Where the authority begins them itself, and has not. */
static void test_none_ran(void **state)
{
	struct fixture *f = *state;

	side("UPDATE sen.personnel_policy SET review_automatic = false, review_since = now() - interval '5 months'");
	assert_int_equal(run_at_once(), 0);
	tell(f);
	assert_int_equal(told("review_missing", "P2"), 0);
	side("UPDATE sen.personnel_policy SET review_since = now() - interval '6 months 2 days'");
	tell(f);
	tell(f);
	assert_int_equal(told("review_missing", "P2"), 2);
	assert_int_equal(told("review_missing", "WA"), 0);
}

static int64_t suspended(void)
{
	return side_i64("SELECT count(*) FROM sen.account WHERE status = 'suspended'");
}

static void begin(struct fixture *f, struct str id, const char *kind, const char *unit)
{
	assert_int_equal(AS(f, "P2", review_begin, P_STR(id), P_NULL, S("R1"), S("Rà soát"), P_C(kind), P_C(unit), P_NULL, S("low"), S("2099-01-01"), S("suspend")), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(campaigns("c.code = 'R1' AND c.state = 'open'"), 1);
}

/* Silence suspends without anybody; the last who could undo it keep their accounts. */
static void test_silence_suspends_accounts(void **state)
{
	struct fixture *f = *state;
	struct db_rows rows;
	struct str id = fresh_id(&f->op);

	begin(f, id, "accounts", "40");
	run_once();
	assert_int_equal(suspended(), 0);
	side("UPDATE sen.review_campaign SET deadline = now()");
	run_once();
	assert_int_equal(campaigns("c.state = 'closed' AND c.closed_at IS NOT NULL"), 1);
	assert_int_equal(suspended(), 4); /* VP, WA, W2, OTHER; not those who review the province */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'account.suspended' AND actor = 'system' AND data ->> 'reason' = 'review'"), 4);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item WHERE decision = 'none'"), 7);
	/* One of them was answered for: the others need not be spared. */
	side("DELETE FROM sen.review_item; DELETE FROM sen.review_campaign; UPDATE sen.account SET status = 'active'");
	begin(f, id, "accounts", "40");
	assert_int_equal(db_run(&f->op, review_items, &rows, P_STR(account_of(&f->op, "P2")), P_STR(id), P_NULL, P_NULL, P_NULL, P_I64(20)), 0);
	for (size_t i = 0; i < rows.n; i++)
		if (strstr(arena_cstr(f->op.arena, db_str(&rows, i, 0)), "Phan Thị Dung"))
			assert_int_equal(AS(f, "P2", review_decide, P_STR(id), P_NULL, P_STR(arena_dup(f->op.arena, db_str(&rows, i, 2))), S("keep"), P_NULL, P_NULL), 0);
	side("UPDATE sen.review_campaign SET deadline = now()");
	run_once();
	assert_int_equal(suspended(), 6);
}

/* More than the guard lets through: nobody is touched until somebody else than who began it says so. */
static void test_many_are_held(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	side("UPDATE sen.personnel_policy SET vanished_max_n = 3");
	begin(f, id, "accounts", "40");
	side("UPDATE sen.review_campaign SET deadline = now()");
	run_once();
	run_once();
	assert_int_equal(campaigns("c.state = 'held'"), 1);
	assert_int_equal(suspended(), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item WHERE decision IS NOT NULL"), 0);
	tell(f);
	tell(f);
	assert_int_equal(told("review_held", "P2"), 0);
	assert_int_equal(told("review_held", "P3"), 1);
	assert_int_equal(told("review_held", "WA"), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "WA", review_advance, P_STR(id), P_NULL), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "P3", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(suspended(), 4);
	run_once();
	assert_int_equal(campaigns("c.state = 'closed' AND c.released_by IS NOT NULL"), 1);
}

/* A grant carries the deadline: what is held is lifted before it passes, and falls with the release. */
static void test_grants_are_held(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	side("UPDATE sen.personnel_policy SET vanished_max_n = 1");
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(grant_direct(f, "OTHER", "MC"), 0);
	begin(f, id, "grants", "40");
	side("UPDATE sen.review_campaign SET deadline = now() + interval '11 minutes'; UPDATE sen.access_grant SET suspended_at = now() + interval '11 minutes'");
	run_once();
	assert_int_equal(campaigns("c.state = 'open' AND c.guarded_at IS NULL"), 1);
	side("UPDATE sen.review_campaign SET deadline = now() + interval '9 minutes'; UPDATE sen.access_grant SET suspended_at = now() + interval '9 minutes'");
	run_once();
	assert_int_equal(campaigns("c.state = 'held'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE suspended_at IS NULL"), 2);
	assert_int_equal(AS(f, "P3", review_advance, P_STR(id), P_NULL), ERR_WRONG_STATE);
	side("UPDATE sen.review_campaign SET deadline = now()");
	run_once();
	assert_int_equal(live_grants(), 2);
	assert_int_equal(AS(f, "P3", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(live_grants(), 0);
	run_once();
	assert_int_equal(campaigns("c.state = 'closed'"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, acting_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_begin_by_themselves), TEST(test_begun_by_hand_counts), TEST(test_none_ran), TEST(test_silence_suspends_accounts),
		TEST(test_many_are_held), TEST(test_grants_are_held),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
