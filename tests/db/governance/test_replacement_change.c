/* Plans that run by themselves, are changed by two, wait for the data, and move the platform by the rules of its life cycle. */
#include "tests/db/governance/replacing.h"

#include "server/governance/lifecycle_move.h"
#include "server/governance/replacement_work.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define N_PARALLEL 50

static void is_blocked_by(struct fixture *f, int r, const char *by)
{
	assert_int_equal(r, ERR_BLOCKED);
	assert_str_equal(f->op.error.args[0].value, by);
	op_forgive(&f->op);
}

static int64_t version(struct fixture *f)
{
	_json_ json_t *json = NULL;
	int64_t v;

	op_forgive(&f->op);
	assert_int_equal(replacement_get(&f->op, &f->second, f->id, &json, &v), 0);
	return v;
}

/* As the server does, until it finds nothing. */
static void work(struct fixture *f, size_t limit)
{
	const struct str *ids;
	bool worked = true;
	size_t n;

	op_forgive(&f->op);
	assert_int_equal(replacement_work_list(&f->op, &ids, &n), 0);
	while (worked && n > 0)
		assert_int_equal(replacement_work_batch(&f->op, ids[0], limit, &worked), 0);
}

static void test_runs_by_itself(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("40", "2099-12-31");

	plan.read_only_on = STR("2099-06-30");
	approved(f, &plan);
	work(f, 7);
	assert_int_equal(side_i64(LIVE_ON("P03")), N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE role_code = 'MC'"), N_PERSONS);
	/* The day of reading only. */
	side("UPDATE sen.replacement SET read_only_on = sen.today()");
	work(f, 7);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE role_code = 'XEM'"), N_PERSONS);
	all_seen();
	work(f, 7);
	assert_int_equal(side_i64(LIVE_ON("P02")), N_PERSONS);
	/* The day of the cut-over: who has not been seen waits, and then the plan ends. */
	side("UPDATE sen.replacement SET cutover_on = sen.today(); UPDATE sen.binding SET seen_active = false WHERE account_id = (SELECT min(account_id::text)::uuid FROM sen.binding)");
	work(f, 7);
	assert_int_equal(side_i64(LIVE_ON("P02")), 1);
	side("UPDATE sen.binding SET seen_active = true");
	work(f, 7);
	assert_int_equal(side_i64(LIVE_ON("P02")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement WHERE state = 'finished'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE actor = 'system' AND action = 'replacement.finish'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement_item i WHERE (SELECT count(DISTINCT a.action) FROM sen.audit a WHERE a.account_id = i.account_id"
	                          " AND a.actor = 'system' AND a.data ->> 'old_grant' = i.old_grant_id::text) <> 3"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE granted_by = account_id OR granted_by IS NULL"), 0);
}

static void test_only_when_it_is_told_to(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("40", "2020-01-01");
	bool worked = true;

	plan.is_automatic = false;
	approved(f, &plan);
	work(f, 1000);
	assert_int_equal(replacement_work_batch(&f->op, f->id, 1000, &worked), 0);
	assert_false(worked);
	assert_int_equal(side_i64(LIVE_ON("P03")), 0);
}

struct race {
	struct str id;
	const struct principal *second;
	int64_t version;
	int n_worked, result;
};

static void *work_once(void *argument)
{
	struct race *race = argument;
	bool worked = true;
	struct op op;

	gov_begin(&op, gov_server);
	for (int i = 0; i < 100 && worked; i++) {
		race->result = replacement_work_batch(&op, race->id, 5, &worked);
		race->n_worked += worked;
		op_forgive(&op);
	}
	gov_end(&op);
	return NULL;
}

static void test_fifty_servers_are_one(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("40", "2020-01-01");
	struct race races[N_PARALLEL];

	plan.read_only_role = STR_NULL;
	approved(f, &plan);
	for (int i = 0; i < N_PARALLEL; i++)
		races[i] = (struct race){ .id = f->id };
	AT_ONCE(work_once, races);
	side("DELETE FROM sen.dirty_account");
	AT_ONCE(work_once, races);
	side("DELETE FROM sen.dirty_account");
	work(f, 1000);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement_item"), N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant"), 2 * N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit a JOIN sen.replacement x ON a.data ->> 'replacement' = x.id::text WHERE action = 'replacement.grant'"), N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit a JOIN sen.replacement x ON a.data ->> 'replacement' = x.id::text WHERE action = 'replacement.finish'"), 1);
	assert_int_equal(side_i64(LIVE_ON("P02")), 0);
}

static void test_a_role_that_came_late(void **state)
{
	static const struct replacement_role late[] = { { STR("MOI"), STR("ND") } }, done[] = { { STR("MC"), { NULL, 0 } } };
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("40", "2020-01-01");
	struct replacement_change change = { .reason = STR("Có vai trò mới"), .roles = late, .n_roles = 1, .cutover_on = STR("2098-01-01") };
	struct replacement_run r;

	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	gov_import("roles", "platform_code,code,name,level,sensitivity,verified\nP02,MOI,Mới,,low,chưa xác minh\n", NULL);
	grant(f, "E1", "P02", "MOI");
	is_blocked_by(f, run(f, REPLACEMENT_GRANT, 10, &r), "role_map");
	assert_int_equal(replacement_agree(&f->op, &f->second, f->id, version(f)), ERR_WRONG_STATE);
	/* What grants have become is not mapped otherwise. */
	change.roles = done;
	is_blocked_by(f, replacement_ask(&f->op, &f->admin, f->id, version(f), &change), "MC");
	change.roles = late;
	assert_int_equal(replacement_ask(&f->op, &f->admin, f->id, version(f) - 1, &change), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	assert_int_equal(replacement_ask(&f->op, &f->admin, f->id, version(f), &change), 0);
	/* Asked for is not done, nor by the same person. */
	is_blocked_by(f, run(f, REPLACEMENT_GRANT, 10, &r), "role_map");
	assert_int_equal(replacement_agree(&f->op, &f->admin, f->id, version(f)), ERR_FOUR_EYES);
	op_forgive(&f->op);
	assert_int_equal(replacement_agree(&f->op, &f->second, f->id, version(f) - 1), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	assert_int_equal(replacement_agree(&f->op, &f->second, f->id, version(f)), 0);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 10, &r), 0);
	assert_int_equal(r.done, 1);
	is_blocked_by(f, run(f, REPLACEMENT_REVOKE, 10, &r), "cutover");
	side("DELETE FROM sen.replacement_item; DELETE FROM sen.replacement_role; DELETE FROM sen.access_grant; DELETE FROM sen.role WHERE code = 'MOI'");
}

static int back_to_review(struct fixture *f)
{
	const struct lifecycle_request request = { .platform = STR("P02"), .to = STR("reviewing"), .version = LIFECYCLE_ANY_VERSION, .decision_no = STR("78/QĐ"),
		.decision_on = STR("2026-01-06"), .reason = STR("Thôi thay thế") };

	op_forgive(&f->op);
	return lifecycle_move(&f->op, &f->admin, &request);
}

static void *agree_once(void *argument)
{
	struct race *race = argument;
	struct op op;

	gov_begin(&op, gov_server);
	race->result = replacement_agree(&op, race->second, race->id, race->version);
	gov_end(&op);
	return NULL;
}

static void test_given_up_by_two(void **state)
{
	const struct replacement_change giving_up = { .is_cancel = true, .reason = STR("Nền tảng mới không đạt") };
	struct fixture *f = *state;
	struct replacement_new plan = plan_of(NULL, "2020-01-01");
	struct race races[N_PARALLEL];
	struct replacement_run r;
	int n_agreed = 0;

	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 10, &r), 0);
	assert_int_equal(replacement_cancel(&f->op, &f->second, f->id, version(f)), ERR_WRONG_STATE);
	assert_int_equal(replacement_ask(&f->op, &f->admin, f->id, version(f), &giving_up), 0);
	/* Nothing runs meanwhile, by whomever. */
	is_blocked_by(f, run(f, REPLACEMENT_GRANT, 10, &r), "cancellation");
	work(f, 10);
	assert_int_equal(side_i64(LIVE_ON("P03")), 10);
	assert_int_equal(replacement_withdraw(&f->op, &f->second, f->id, version(f)), 0);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 10, &r), 0);
	assert_int_equal(replacement_withdraw(&f->op, &f->second, f->id, version(f)), ERR_WRONG_STATE);
	op_forgive(&f->op);
	assert_int_equal(replacement_ask(&f->op, &f->second, f->id, version(f), &giving_up), 0);
	assert_int_equal(replacement_agree(&f->op, &f->second, f->id, version(f)), ERR_FOUR_EYES);
	assert_int_equal(replacement_ask(&f->op, &f->admin, f->id, version(f), &giving_up), 0);
	is_blocked_by(f, back_to_review(f), "no_plan");
	for (int i = 0; i < N_PARALLEL; i++)
		races[i] = (struct race){ .id = f->id, .version = version(f), .second = &f->second };
	AT_ONCE(agree_once, races);
	for (int i = 0; i < N_PARALLEL; i++)
		n_agreed += races[i].result == 0;
	assert_int_equal(n_agreed, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit a JOIN sen.replacement x ON a.object = x.id::text WHERE action = 'replacement.agree'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement WHERE state = 'cancelled'"), 1);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 10, &r), ERR_WRONG_STATE);
	assert_int_equal(side_i64(LIVE_ON("P03")), 20);
	assert_int_equal(side_i64(LIVE_ON("P02")), N_PERSONS);
	assert_int_equal(back_to_review(f), 0);
	/* The place is free again. */
	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	assert_int_equal(side_i64(LIVE_ON("P03")), N_PERSONS);
}

static int approve(struct fixture *f, const struct replacement_decision *decision)
{
	op_forgive(&f->op);
	return replacement_approve(&f->op, &f->second, f->id, version(f), decision);
}

static void test_no_way_past_the_life_cycle(void **state)
{
	static const char *const early[] = { "completed", "deploying", "operating", "stopped" };
	struct fixture *f = *state;
	struct replacement_new plan = plan_of(NULL, "2020-01-01");
	char sql[128];

	assert_int_equal(replacement_draw(&f->op, &f->admin, &plan, &f->id), 0);
	for (size_t i = 0; i < ARRAY_LEN(early); i++) {
		(void)snprintf(sql, sizeof(sql), "UPDATE sen.platform SET state = '%s' WHERE code = 'P02'", early[i]);
		side(sql);
		assert_int_equal(replacement_submit(&f->op, &f->admin, f->id, 1), ERR_WRONG_STATE);
		op_forgive(&f->op);
	}
	side("UPDATE sen.platform SET state = 'reviewing' WHERE code = 'P02'");
	assert_int_equal(replacement_submit(&f->op, &f->admin, f->id, 1), 0);
	side("UPDATE sen.platform SET state = 'operating' WHERE code = 'P02'");
	assert_int_equal(approve(f, &the_decision), ERR_WRONG_STATE);
	side("UPDATE sen.platform SET state = 'reviewing' WHERE code = 'P02'");
	is_blocked_by(f, approve(f, &(struct replacement_decision){ STR_NULL, STR_NULL }), "decision");
	/* Who put it under review does not decide what follows. */
	side("UPDATE sen.platform SET moved_by = (SELECT a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE p.employee_code = 'OTHER') WHERE code = 'P02'");
	assert_int_equal(approve(f, &the_decision), ERR_FOUR_EYES);
	side("UPDATE sen.platform SET moved_by = NULL WHERE code = 'P02';"
	     " UPDATE sen.admin_scope SET rights = array_remove(rights, 'appraise') WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
	     "  WHERE p.employee_code = 'OTHER')");
	assert_int_equal(approve(f, &the_decision), ERR_OUT_OF_SCOPE);
	/* A refusal leaves the plan as it was. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement WHERE state = 'submitted' AND approved_by IS NULL"), 1);
	side("UPDATE sen.admin_scope SET rights = array_append(rights, 'appraise') WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
	     " WHERE p.employee_code = 'OTHER')");
	assert_int_equal(approve(f, &the_decision), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_transition t JOIN sen.platform p ON p.id = t.platform_id WHERE p.code = 'P02' AND t.from_state = 'reviewing'"
	                          " AND t.to_state = 'replacing' AND t.decision_no = '77/QĐ-UBND' AND t.decision_on = '2026-01-05'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform p JOIN sen.platform w ON w.id = p.replaced_by WHERE p.code = 'P02' AND p.state = 'replacing' AND w.code = 'P03'"), 1);
}

/* Somebody of a ministry works on it too, whom the province's plan does not reach. */
static void test_stops_only_when_it_is_empty(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of(NULL, "2020-01-01");
	struct lifecycle_request stop = { .platform = STR("P02"), .to = STR("stopped"), .version = LIFECYCLE_ANY_VERSION, .decision_no = STR("79/QĐ"), .decision_on = STR("2026-02-01") };

	side("INSERT INTO sen.unit (parent_id, code, name, name_fold, kind, path, valid_from, verified) SELECT NULL, 'TW1', 'Bộ', 'bo', 'central', '', '2020-01-01', true;"
	     " UPDATE sen.unit SET path = id || '.' WHERE code = 'TW1';"
	     " UPDATE sen.access_grant SET unit_id = (SELECT id FROM sen.unit WHERE code = 'TW1') WHERE account_id = (SELECT a.id FROM sen.account a"
	     "  JOIN sen.person p ON p.id = a.person_id WHERE p.employee_code = 'E7')");
	approved(f, &plan);
	work(f, 1000);
	all_seen();
	work(f, 1000);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement WHERE state = 'finished'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'P02' AND state = 'replacing'"), 1);
	assert_int_equal(side_i64(LIVE_ON("P02")), 1);
	is_blocked_by(f, lifecycle_move(&f->op, &f->admin, &stop), "carried");
	side("UPDATE sen.access_grant SET revoked_at = now() WHERE revoked_at IS NULL AND unit_id = (SELECT id FROM sen.unit WHERE code = 'TW1')");
	assert_int_equal(lifecycle_move(&f->op, &f->admin, &stop), 0);
	side("DELETE FROM sen.access_grant WHERE unit_id = (SELECT id FROM sen.unit WHERE code = 'TW1') AND NOT EXISTS (SELECT FROM sen.replacement_item i WHERE i.old_grant_id = id)");
}

static int hand_over(struct fixture *f, const struct principal *p, const char *on)
{
	op_forgive(&f->op);
	return replacement_hand_over(&f->op, p, f->id, version(f), &(struct replacement_handover){ str_c(on), STR("Biên bản 12") });
}

static void test_data_before_accounts(void **state)
{
	struct fixture *f = *state;
	struct principal beside = administrator(&f->op, &f->admin, "VP", "16690");
	struct replacement_new plan = plan_of(NULL, "2020-01-01");
	struct replacement_run r;

	plan.no_handover = plan.read_only_role = STR_NULL;
	assert_int_equal(replacement_draw(&f->op, &f->admin, &plan, &f->id), ERR_INVALID_VALUE);
	op_forgive(&f->op);
	plan.handover_on = STR("2026-01-10");
	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	all_seen();
	is_blocked_by(f, run(f, REPLACEMENT_REVOKE, 1000, &r), "handover");
	work(f, 1000);
	assert_int_equal(side_i64(N_LEFT_ON_OLD), N_PERSONS);
	assert_int_equal(hand_over(f, &f->admin, "2999-01-01"), ERR_INVALID_VALUE);
	assert_int_equal(hand_over(f, &beside, "2026-01-12"), ERR_NOT_FOUND);
	assert_int_equal(hand_over(f, &f->admin, "2026-01-12"), 0);
	assert_int_equal(hand_over(f, &f->admin, "2026-01-13"), ERR_WRONG_STATE);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement WHERE handed_over_on = '2026-01-12' AND handover_evidence = 'Biên bản 12' AND handed_over_by IS NOT NULL"), 1);
	work(f, 1000);
	assert_int_equal(side_i64(N_LEFT_ON_OLD), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'P02' AND state = 'stopped'"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPLACING_TEST(test_runs_by_itself),        REPLACING_TEST(test_only_when_it_is_told_to),    REPLACING_TEST(test_fifty_servers_are_one),
		REPLACING_TEST(test_a_role_that_came_late), REPLACING_TEST(test_given_up_by_two),            REPLACING_TEST(test_no_way_past_the_life_cycle),
		REPLACING_TEST(test_data_before_accounts),  REPLACING_TEST(test_stops_only_when_it_is_empty),
	};

	return cmocka_run_group_tests(tests, replacing_create, gov_drop);
}
