/* Deputies while their principal is on leave, and scopes that end with the post they rest on, on PostgreSQL with the rights of the server's role. */
#include "server/governance/movement.h"
#include "server/governance/rules.h"
#include "server/governance/scoping.h"
#include "tests/db/governance/acting.h"

DB_QUERY(post_q, DB_READ, "SELECT id FROM sen.post WHERE title = 'Kiêm nhiệm'");

static int set_up(void **state)
{
	int r = acting_set_up(state);

	side("DELETE FROM sen.account_due; DELETE FROM sen.account_grace; DELETE FROM sen.account_stop; DELETE FROM sen.movement; DELETE FROM sen.admin_scope WHERE granted_by IS NOT NULL;"
	     " DELETE FROM sen.post WHERE kind <> 'main' OR decision_no !~ '^[1-9]/QĐ$'; UPDATE sen.post SET valid = daterange('2025-07-01', NULL); UPDATE sen.account SET status = 'active';"
	     " UPDATE sen.person SET legal_hold = false");
	return r;
}

static int happens(struct fixture *f, enum lc_event_kind kind, const char *code, bool is_preview, json_t **ret_consequences)
{
	struct principal admin = principal_of(f, "AD");
	struct movement_request m = { .kind = kind, .employee_code = str_c(code), .decision_no = STR("15/QĐ-UBND"), .decision_on = day(f, 0), .signer = STR("Trần Văn Bình"),
		                      .reason = STR("Theo quyết định"), .is_preview = is_preview };
	struct movement_result result = { 0 };
	int r;

	op_forgive(&f->op);
	if (!lc_event_is_at_once(kind))
		m.effective_on = day(f, 0);
	if (kind == LC_LEAVE)
		m.until = day(f, 30);
	if (kind == LC_TRANSFER)
		m.post = (struct post_fields){ .unit = STR("16690"), .title = STR("Chuyên viên"), .kind = STR("main"), .decision_no = m.decision_no, .decision_on = m.decision_on,
			                       .signer = m.signer };
	r = movement_apply(&f->op, &admin, &m, &result);
	if (r < 0)
		print_message("  %s: %s (%.*s)\n", lc_event_name(kind), f->op.error.text, STR_ARG(f->op.error.detail));
	if (ret_consequences)
		*ret_consequences = result.consequences;
	else
		json_decref(result.consequences);
	return r;
}

static size_t inbox(struct fixture *f, const char *code)
{
	struct db_rows rows;

	assert_int_equal(db_run(&f->op, request_inbox, &rows, P_STR(account_of(&f->op, code)), P_NULL, P_I64(10)), 0);
	return rows.n;
}

#define ASKED(code) "SELECT count(*) FROM sen.access_request q CROSS JOIN LATERAL sen.request_asked(q.id) x (id) JOIN sen.account a ON a.id = x.id" \
	" JOIN sen.person n ON n.id = a.person_id WHERE q.state = 'open' AND n.employee_code = '" code "'"

/* Recorded as it is in life: the leave suspends the principal's account and stops everything on it. */
static void test_deputy_during_leave(void **state)
{
	struct fixture *f = *state;
	struct str id;

	/* VP administers nothing itself. */
	assert_int_equal(stand_in(f, "WA", "WA", "VP"), 0);
	assert_int_equal(happens(f, LC_LEAVE, "WA", false, NULL), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_scope s JOIN sen.account a ON a.id = s.account_id JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'WA'"), 0);
	assert_int_equal(file(f, "P2", "W2", "MC", &id), 0);
	assert_int_equal(inbox(f, "VP"), 1);
	assert_int_equal(side_i64(ASKED("VP")), 1);
	assert_int_equal(side_i64(ASKED("WA")), 0);
	/* Who is away decides nothing. */
	assert_int_equal(decide(f, "WA", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	assert_int_equal(decide(f, "VP", &request_approve, id, 1), 0);
	assert_int_equal(live_grants(), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.request_event WHERE kind = 'approved' AND instead_of IS NOT NULL"), 1);
	/* Bound as the principal is: nothing for the principal itself, nothing the principal asked for. */
	assert_int_equal(file(f, "P2", "WA", "MC", &id), 0);
	assert_int_equal(decide(f, "VP", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
}

/* Somebody above names one for who is away already, within what they hold themself. */
static void test_deputy_is_named_during_leave(void **state)
{
	struct fixture *f = *state;
	struct str id;

	assert_int_equal(happens(f, LC_LEAVE, "WA", false, NULL), 0);
	assert_int_equal(stand_in(f, "OTHER", "WA", "VP"), ERR_OUT_OF_SCOPE);
	assert_int_equal(stand_in(f, "P2", "WA", "VP"), 0);
	assert_int_equal(file(f, "P2", "W2", "MC", &id), 0);
	assert_int_equal(decide(f, "VP", &request_approve, id, 1), 0);
}

/* A suspension is no leave, neither alone nor upon one. */
static void test_suspension_cuts_deputies(void **state)
{
	struct fixture *f = *state;
	struct str id;

	assert_int_equal(stand_in(f, "WA", "WA", "VP"), 0);
	assert_int_equal(file(f, "P2", "W2", "MC", &id), 0);
	assert_int_equal(inbox(f, "VP"), 1);
	assert_int_equal(happens(f, LC_SUSPEND, "WA", false, NULL), 0);
	assert_int_equal(inbox(f, "VP"), 0);
	assert_int_equal(side_i64(ASKED("VP")), 0);
	assert_int_equal(decide(f, "VP", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	assert_int_equal(live_grants(), 0);
}

static void test_suspension_upon_leave(void **state)
{
	struct fixture *f = *state;
	struct str id;

	assert_int_equal(stand_in(f, "WA", "WA", "VP"), 0);
	assert_int_equal(happens(f, LC_LEAVE, "WA", false, NULL), 0);
	assert_int_equal(file(f, "P2", "W2", "MC", &id), 0);
	assert_int_equal(inbox(f, "VP"), 1);
	assert_int_equal(happens(f, LC_SUSPEND, "WA", false, NULL), 0);
	assert_int_equal(inbox(f, "VP"), 0);
	assert_int_equal(decide(f, "VP", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
}

#define SCOPES(code) "SELECT count(*) FROM sen.live_scope s JOIN sen.account a ON a.id = s.account_id JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = '" code "'"

static struct scope hand_on(struct fixture *f, const char *code, const char *unit)
{
	static const struct str rights[] = { STR("read"), STR("grant") };
	struct principal admin = principal_of(f, "AD");
	struct scoping_request gift = { .login = gov_login(&f->op, code), .unit = str_c(unit), .rights = rights, .n_rights = 2 };
	struct scope scope = { 0 };
	bool added;

	op_forgive(&f->op);
	assert_int_equal(scoping_add(&f->op, &admin, &gift, &scope, &added), 0);
	assert_true(added);
	return scope;
}

static bool names(const json_t *consequences, const char *act, struct str subject)
{
	size_t i;
	json_t *item;

	json_array_foreach(consequences, i, item)
		if (str_equal(json_get_str(item, "act"), str_c(act)) && (str_is_null(subject) || str_equal(json_get_str(item, "subject"), subject)))
			return true;
	return false;
}

static void test_scope_ends_with_its_post(void **state)
{
	struct fixture *f = *state;
	struct scope scope = hand_on(f, "VP", "16681.VP");
	json_t *consequences = NULL;

	assert_int_equal(side_i64(SCOPES("VP")), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.admin_scope WHERE granted_by IS NOT NULL AND post_id IS NOT NULL"), 1);
	assert_int_equal(happens(f, LC_TRANSFER, "VP", true, &consequences), 0);
	assert_true(names(consequences, "scope_end", STR_NULL));
	json_decref(consequences);
	assert_int_equal(side_i64(SCOPES("VP")), 1);
	assert_int_equal(happens(f, LC_TRANSFER, "VP", false, NULL), 0);
	assert_int_equal(side_i64(SCOPES("VP")), 0);
	assert_int_equal(principal_of(f, "VP").n_scopes, 0);
	/* In the new post it is given anew, at the same place too. */
	struct scope again = hand_on(f, "VP", "16681.VP");
	assert_false(str_equal(again.id, scope.id));
	assert_int_equal(side_i64(SCOPES("VP")), 1);
}

/* An acting post ends by its date, and what rests on it; what rests on the main one stays. */
static void test_acting_post(void **state)
{
	struct fixture *f = *state;

	side("INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no) SELECT n.id, gen_random_uuid(), u.id, 'Quyền Chủ tịch', 'acting', daterange(sen.today() - 30, sen.today() + 1), '8/QĐ'"
	     " FROM sen.person n, sen.unit u WHERE n.employee_code = 'VP' AND u.code = '16690'");
	(void)hand_on(f, "VP", "16690");
	(void)hand_on(f, "VP", "16681");
	assert_int_equal(side_i64(SCOPES("VP")), 2);
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE kind = 'acting'");
	assert_int_equal(side_i64(SCOPES("VP")), 1);
	assert_int_equal(side_i64(SCOPES("VP") " AND s.unit_id = (SELECT id FROM sen.unit WHERE code = '16681')"), 1);
	/* Those of the operator and of before rest on none. */
	assert_int_equal(side_i64(SCOPES("AD")), 1);
}

/* What would change if: of whom one may see, in units that one may. */
static void test_what_if_shows_nobody_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct db_param page[] = { P_NULL, P_I64(10) };
	const struct governed_list list = { .query = supposed_list, .params = page, .n_params = 2 };
	static const struct {
		const char *who, *whom, *unit;
		int expected;
	} rows[] = {
		{ "WA", "VP", "16681", 0 },           { "WA", "OTHER", "16681", ERR_OUT_OF_SCOPE }, { "WA", "VP", "16690", ERR_OUT_OF_SCOPE },
		{ "P2", "OTHER", "16681", 0 },        { "OTHER", "VP", "16690", ERR_OUT_OF_SCOPE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct db_param params[] = { P_STR(account_of(&f->op, rows[i].who)), P_C(rows[i].whom), P_NULL, P_NULL, P_C(rows[i].unit), S("Chuyên viên"), S("concurrent"), P_NULL, P_NULL };
		struct db_rows found;
		json_t *body = NULL;

		op_forgive(&f->op);
		print_message("row %zu\n", i);
		assert_int_equal(governed_suppose(&f->op, &post_supposed, params, ARRAY_LEN(params), &list, &body, &found), rows[i].expected);
		json_decref(body);
	}
}

/* Nor of a post elsewhere, be the person at home here. */
static void test_what_if_of_a_post_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct db_param page[] = { P_NULL, P_I64(10) };
	const struct governed_list list = { .query = supposed_list, .params = page, .n_params = 2 };
	struct db_rows found, post;
	json_t *body = NULL;

	side("INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no) SELECT n.id, gen_random_uuid(), u.id, 'Kiêm nhiệm', 'concurrent', daterange(sen.today() - 30, NULL), '8/QĐ'"
	     " FROM sen.person n, sen.unit u WHERE n.employee_code = 'VP' AND u.code = '16690'");
	assert_int_equal(db_run(&f->op, &post_q, &post), 0);
	struct db_param params[] = { P_STR(account_of(&f->op, "WA")), S("VP"), P_STR(arena_dup(f->op.arena, db_str(&post, 0, 0))), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_NULL };
	assert_int_equal(governed_suppose(&f->op, &post_supposed, params, ARRAY_LEN(params), &list, &body, &found), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	params[0] = P_STR(account_of(&f->op, "P2"));
	assert_int_equal(governed_suppose(&f->op, &post_supposed, params, ARRAY_LEN(params), &list, &body, &found), 0);
	json_decref(body);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, acting_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_deputy_during_leave), TEST(test_deputy_is_named_during_leave), TEST(test_suspension_cuts_deputies), TEST(test_suspension_upon_leave),
		TEST(test_scope_ends_with_its_post), TEST(test_acting_post), TEST(test_what_if_shows_nobody_elsewhere), TEST(test_what_if_of_a_post_elsewhere),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
