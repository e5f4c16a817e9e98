/* Who had what on a day is the same ever after, on PostgreSQL with the rights of the server's role: grants, accounts and platforms that change. */
#include "server/governance/explain.h"
#include "server/governance/rules.h"
#include "tests/db/governance/acting.h"

DB_QUERY(test_moment_q, DB_WRITE, "SELECT clock_timestamp()::text");

#define FORGET "DELETE FROM sen.grant_was; DELETE FROM sen.account_was; DELETE FROM sen.platform_was"
#define UNIT(code) "(SELECT id FROM sen.unit WHERE code = '" code "')"
#define VP "(SELECT a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id AND p.employee_code = 'VP')"

static struct str moment(struct fixture *f)
{
	struct db_rows rows;

	assert_int_equal(db_run(&f->op, &test_moment_q, &rows), 0);
	return arena_dup(f->op.arena, db_str(&rows, 0, 0));
}

/* The unit for which VP had the one role, as somebody sees it; "": nothing. */
static struct str unit_at(struct fixture *f, const char *who, struct str at)
{
	struct db_rows rows;

	assert_int_equal(db_run(&f->op, grants_on, &rows, P_STR(account_of(&f->op, who)), P_STR(at), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_I64(10)), 0);
	assert_in_range(rows.n, 0, 1);
	if (rows.n == 0)
		return STR("");

	_json_ json_t *grant = json_read(db_str(&rows, 0, 0), 4, NULL);

	assert_str_equal(json_get_str(grant, "state"), "live");
	return arena_dup(f->op.arena, json_get_str(grant, "unit"));
}

/* Whether VP had it, and that the list says the same. */
static bool had(struct fixture *f, struct str at, const char *why_not)
{
	struct str vp = account_of(&f->op, "VP");
	struct db_rows rows;

	assert_int_equal(db_run(&f->op, explain_role, &rows, P_STR(account_of(&f->op, "P2")), P_STR(vp), S("P02"), S("MC"), P_STR(at)), 0);

	_json_ json_t *said = json_read(db_str(&rows, 0, 0), 8, NULL);
	bool has = json_is_true(json_object_get(said, "has"));

	assert_int_equal(has, !str_is_empty(unit_at(f, "P2", at)));
	if (why_not)
		assert_true(str_contains(db_str(&rows, 0, 0), str_c(why_not)));
	return has;
}

/* As a reorganisation moves it. */
static void test_a_grant_moves(void **state)
{
	struct fixture *f = *state;
	struct str before, between;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side(FORGET);
	before = moment(f);
	side("UPDATE sen.access_grant SET unit_id = " UNIT("16681"));
	between = moment(f);
	side("UPDATE sen.access_grant SET unit_id = " UNIT("16690") ", post_id = NULL, valid_from = now(), valid_to = now() + interval '1 year'");
	assert_str_equal(unit_at(f, "P2", before), "16681.VP");
	assert_str_equal(unit_at(f, "P2", between), "16681");
	assert_str_equal(unit_at(f, "P2", STR_NULL), "16690");
	/* Who saw it where it was sees it there on that day; who sees it now, from now on. */
	assert_str_equal(unit_at(f, "WA", before), "16681.VP");
	assert_str_equal(unit_at(f, "WA", STR_NULL), "");
	assert_str_equal(unit_at(f, "OTHER", before), "");
	assert_str_equal(unit_at(f, "OTHER", STR_NULL), "16690");
	assert_true(had(f, before, NULL) && had(f, between, NULL) && had(f, STR_NULL, NULL));
	/* And what ends it later. */
	side("UPDATE sen.access_grant SET revoked_at = now(), revoked_by = granted_by, revoke_reason = 'x'");
	assert_false(had(f, STR_NULL, NULL));
	assert_true(had(f, before, NULL));
}

/* Silence suspended it; a late answer lifts that, and has not undone that it was so. */
static void test_a_suspension_is_lifted(void **state)
{
	struct fixture *f = *state;
	struct str before, between;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side("UPDATE sen.access_grant SET granted_at = now() - interval '9 days', valid_from = now() - interval '9 days'; " FORGET);
	before = moment(f);
	side("UPDATE sen.access_grant SET suspended_at = now()");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.grant_was"), 0);
	between = moment(f);
	side("UPDATE sen.access_grant SET suspended_at = NULL");
	assert_true(had(f, before, NULL));
	assert_false(had(f, between, NULL));
	assert_true(had(f, STR_NULL, NULL));
	/* A deadline that had passed when it was written counted from then on, not from itself. */
	before = moment(f);
	side("UPDATE sen.access_grant SET suspended_at = now() - interval '1 day'");
	assert_true(had(f, before, NULL));
	assert_false(had(f, STR_NULL, NULL));
}

static void test_an_account_is_off_and_on(void **state)
{
	struct fixture *f = *state;
	struct str before, off;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side(FORGET);
	before = moment(f);
	side("UPDATE sen.account SET status = 'suspended' WHERE id = " VP);
	off = moment(f);
	assert_false(had(f, STR_NULL, "account_suspended"));
	assert_true(had(f, before, NULL));
	side("UPDATE sen.account SET status = 'active' WHERE id = " VP);
	assert_true(had(f, STR_NULL, NULL));
	assert_false(had(f, off, "account_suspended"));
	/* Who has left since had what was had. */
	side("UPDATE sen.account SET status = 'disabled' WHERE id = " VP);
	assert_true(had(f, before, NULL));
	assert_false(had(f, off, "account_suspended"));
	assert_false(had(f, STR_NULL, "account_disabled"));
}

static void test_a_platform_closes(void **state)
{
	struct fixture *f = *state;
	struct str before;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side(FORGET);
	before = moment(f);
	side("UPDATE sen.platform SET state = 'stopped' WHERE code = 'P02'");
	assert_false(had(f, STR_NULL, "platform_closed"));
	assert_true(had(f, before, NULL));
	side("UPDATE sen.platform SET state = 'operating' WHERE code = 'P02'");
}

/* What rows say themselves is not kept twice: a rule that gives and takes costs nothing here. */
static void test_only_what_is_needed(void **state)
{
	struct fixture *f = *state;
	struct str rule = fresh_id(&f->op), roles = STR("{P02/TK}");

	side(FORGET);
	assert_int_equal(AS(f, "P2", rule_draft, P_STR(rule), P_NULL, S("TC"), S("x"), S("b"), S("40"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_STR(roles), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(1)), 0);
	assert_true(live_grants() > 3);
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(rule), P_NULL, P_I64(2)), 0);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.grant_was"), 0);
	/* Several changes in one transaction are one; what touches nothing of it is none. */
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side("BEGIN; UPDATE sen.access_grant SET valid_to = now() + interval '5 days' WHERE origin = 'direct'; UPDATE sen.access_grant SET unit_id = " UNIT("40")
	     " WHERE origin = 'direct'; COMMIT; UPDATE sen.access_grant SET basis = 'QĐ khác' WHERE origin = 'direct'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.grant_was"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.grant_was WHERE valid_to IS NULL AND unit_id = " UNIT("16681.VP")), 1);
	/* One among many that are revoked is not lost. */
	side("UPDATE sen.access_grant SET revoked_at = CASE origin WHEN 'rule' THEN now() END, valid_to = CASE origin WHEN 'rule' THEN valid_to END");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.grant_was"), 2);
	/* The program itself does not write it. */
	assert_int_equal(side_i64("SELECT count(*) FROM pg_class c WHERE c.relname IN ('grant_was', 'account_was', 'platform_was') AND has_table_privilege('sen_server', c.oid,"
	                          " 'INSERT, UPDATE, DELETE')"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_a_grant_moves),
		ACTING_TEST(test_a_suspension_is_lifted),
		ACTING_TEST(test_an_account_is_off_and_on),
		ACTING_TEST(test_a_platform_closes),
		ACTING_TEST(test_only_what_is_needed),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
