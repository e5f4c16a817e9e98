/* replacement.h on PostgreSQL, with the rights of the server's role: accounts are carried over whole, once, and end on the old platform. */
#include "tests/db/governance/replacing.h"
#include "tests/unit/at_once.h"

#define N_PARALLEL 50

static void test_whole(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of(NULL, "2020-01-01");
	struct replacement_run r;

	approved(f, &plan);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'P02' AND state = 'replacing'"), 1);
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 100, &r), ERR_BLOCKED);
	assert_int_equal(run(f, REPLACEMENT_READ_ONLY, 100, &r), ERR_BLOCKED);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 25, &r), 0);
	assert_int_equal(r.done, 25);
	assert_int_equal(r.left.to_grant, N_PERSONS - 25);
	assert_int_equal(side_i64(LIVE_ON("P03")), 25);
	assert_int_equal(side_i64(LIVE_ON("P02")), N_PERSONS);
	while (r.left.to_grant > 0)
		assert_int_equal(run(f, REPLACEMENT_GRANT, 25, &r), 0);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 25, &r), 0);
	assert_int_equal(r.done, 0);
	assert_int_equal(side_i64(LIVE_ON("P03")), N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant"), 2 * N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE epoch > 1"), 0);
	/* Read only: the old role gives way to another of the old platform, sessions end. */
	assert_int_equal(run(f, REPLACEMENT_READ_ONLY, 1000, &r), 0);
	assert_int_equal(r.done, N_PERSONS);
	assert_int_equal(r.left.to_read_only, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE role_code = 'XEM'"), N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE role_code = 'MC'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE epoch = 2"), N_PERSONS);
	/* Nobody loses the old before the new platform has them. */
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_int_equal(r.done, 0);
	assert_int_equal(r.left.waiting, N_PERSONS);
	side("DELETE FROM sen.dirty_account; INSERT INTO sen.binding (account_id, platform_id, want_active, seen_active)"
	     " SELECT DISTINCT account_id, platform_id, true, account_id <> (SELECT min(account_id::text)::uuid FROM sen.access_grant) FROM sen.live_grant"
	     " WHERE role_code = 'ND'");
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_int_equal(r.done, N_PERSONS - 1);
	assert_int_equal(r.left.waiting, 1);
	assert_false(r.is_finished);
	assert_int_equal(side_i64(LIVE_ON("P02")), 1);
	side("UPDATE sen.binding SET seen_active = true; DELETE FROM sen.dirty_account");
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_true(r.is_finished);
	assert_int_equal(side_i64(LIVE_ON("P02")), 0);
	assert_int_equal(side_i64(LIVE_ON("P03")), N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform p ON p.id = r.platform_id"
	                          " WHERE p.code = 'P02' AND g.revoked_at IS NULL"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'P02' AND state = 'stopped'"), 1);
	/* Each step of each grant has its record; nobody granted to themself. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement_item i WHERE (SELECT count(DISTINCT a.action) FROM sen.audit a WHERE a.account_id = i.account_id"
	                          " AND a.action LIKE 'replacement.%' AND a.data ->> 'old_grant' = i.old_grant_id::text) <> 3"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE granted_by = account_id"), 0);
}

static void test_cutover_day(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("40", "2099-01-01");
	struct replacement_run r;

	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), ERR_BLOCKED);
	assert_int_equal(f->op.error.n_args, 1);
	assert_str_equal(f->op.error.args[0].value, "cutover");
	assert_int_equal(side_i64(LIVE_ON("P02")), N_PERSONS);
}

/* Only below the unit; who comes late is carried over as well; without the step that is not planned. */
static void test_part(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("16681", "2020-01-01");
	struct replacement_run r;

	plan.read_only_role = STR_NULL;
	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	assert_int_equal(r.done, N_PERSONS / 2);
	assert_int_equal(run(f, REPLACEMENT_READ_ONLY, 1000, &r), ERR_WRONG_STATE);
	side("DELETE FROM sen.dirty_account");
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_true(r.is_finished);
	assert_int_equal(side_i64(LIVE_ON("P02")), N_PERSONS / 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'P02' AND state = 'reviewing'"), 1);
	op_forgive(&f->op);
	grant(f, "VP", "P02", "MC");
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), ERR_BLOCKED);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	assert_int_equal(r.done, 1);
	side("DELETE FROM sen.dirty_account");
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_int_equal(r.done, 1);
	assert_int_equal(side_i64(LIVE_ON("P02")), N_PERSONS / 2);
}

/* Two old roles that become one, one that is there with a shorter time, one without a post, one dropped, one in the future. */
static void test_kinds_of_grants(void **state)
{
	struct fixture *f = *state;
	struct replacement_role both[] = { { STR("MC"), STR("ND") }, { STR("TK"), STR("ND") }, { STR("XEM"), { NULL, 0 } } };
	struct replacement_new plan = plan_of("40", "2020-01-01");
	struct replacement_run r;

	plan.roles = both;
	side("DELETE FROM sen.access_grant WHERE account_id NOT IN (SELECT a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
	     " WHERE p.employee_code IN ('E1', 'E2', 'E3', 'E4', 'E5'))");
	grant(f, "E1", "P02", "TK");
	grant(f, "E2", "P03", "ND");
	side("UPDATE sen.access_grant g SET valid_to = now() + interval '1 hour' FROM sen.role r WHERE r.id = g.role_id AND r.code = 'ND'");
	grant(f, "E4", "P02", "XEM");
	side("UPDATE sen.access_grant g SET valid_from = now() + interval '1 day', valid_to = now() + interval '2 days' FROM sen.account a, sen.person p"
	     " WHERE a.id = g.account_id AND p.id = a.person_id AND p.employee_code = 'E5';"
	     " UPDATE sen.post o SET valid = daterange(lower(o.valid), sen.today()) FROM sen.person p WHERE p.id = o.person_id AND p.employee_code = 'E3'");
	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	assert_int_equal(r.done, 7);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id WHERE r.code = 'ND' AND g.revoked_at IS NULL"), 4);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id WHERE r.code = 'ND' AND g.valid_to IS NOT NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id WHERE r.code = 'ND' AND g.valid_from > now()"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement_item WHERE carry = 'no_post'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement_item WHERE carry = 'dropped'"), 1);
	side("DELETE FROM sen.dirty_account");
	assert_int_equal(run(f, REPLACEMENT_READ_ONLY, 2, &r), 0);
	assert_int_equal(run(f, REPLACEMENT_READ_ONLY, 1000, &r), 0);
	assert_int_equal(r.left.to_read_only, 0);
	side("DELETE FROM sen.dirty_account");
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_true(r.is_finished);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform p ON p.id = r.platform_id"
	                          " WHERE p.code = 'P02' AND g.revoked_at IS NULL"), 0);
	side("UPDATE sen.post o SET valid = daterange(lower(o.valid), NULL) FROM sen.person p WHERE p.id = o.person_id AND p.employee_code = 'E3'");
}

static void test_who_may(void **state)
{
	struct fixture *f = *state;
	struct principal ward = administrator(&f->op, &f->admin, "WA", "16681"), beside = administrator(&f->op, &f->admin, "VP", "16690");
	struct replacement_new plan = plan_of("16681", "2020-01-01");
	struct replacement_run r;
	struct json_page page;
	const struct str none[2] = { STR_NULL, STR_NULL };
	int64_t version;
	json_t *json;
	struct str id;

	assert_int_equal(replacement_draw(&f->op, &beside, &plan, &id), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	plan.n_roles = 2;
	assert_int_equal(replacement_draw(&f->op, &ward, &plan, &f->id), 0);
	assert_int_equal(replacement_submit(&f->op, &ward, f->id, 1), ERR_BLOCKED); /* XEM is neither mapped nor dropped */
	assert_str_equal(f->op.error.args[0].value, "XEM");
	op_forgive(&f->op);
	plan.n_roles = 3;
	assert_int_equal(replacement_draw(&f->op, &ward, &plan, &f->id), 0);
	assert_int_equal(replacement_get(&f->op, &beside, f->id, &json, &version), ERR_NOT_FOUND);
	op_forgive(&f->op);
	assert_int_equal(replacement_run(&f->op, &ward, f->id, REPLACEMENT_GRANT, 10, &r), ERR_WRONG_STATE);
	op_forgive(&f->op);
	assert_int_equal(replacement_submit(&f->op, &ward, f->id, 7), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	assert_int_equal(replacement_submit(&f->op, &f->admin, f->id, 1), 0);
	/* Neither who drew it up nor who submitted it. */
	assert_int_equal(replacement_approve(&f->op, &ward, f->id, 2, &the_decision), ERR_FOUR_EYES);
	op_forgive(&f->op);
	assert_int_equal(replacement_approve(&f->op, &f->admin, f->id, 2, &the_decision), ERR_FOUR_EYES);
	op_forgive(&f->op);
	assert_int_equal(replacement_approve(&f->op, &beside, f->id, 2, &the_decision), ERR_NOT_FOUND);
	op_forgive(&f->op);
	assert_int_equal(replacement_approve(&f->op, &f->second, f->id, 2, &the_decision), 0);
	assert_int_equal(replacement_run(&f->op, &beside, f->id, REPLACEMENT_GRANT, 10, &r), ERR_NOT_FOUND);
	op_forgive(&f->op);
	assert_int_equal(replacement_preview(&f->op, &beside, f->id, STR("grant"), none, 50, &page), 0);
	assert_int_equal(json_array_size(page.items), 0);
	json_decref(page.items);
	/* What is previewed is what is done. */
	assert_int_equal(replacement_preview(&f->op, &ward, f->id, STR("grant"), none, 50, &page), 0);
	assert_int_equal(json_array_size(page.items), N_PERSONS / 2);
	json_decref(page.items);
	assert_int_equal(replacement_cancel(&f->op, &f->admin, f->id, 3), ERR_WRONG_STATE);
	op_forgive(&f->op);
	/* A scope that was taken back runs nothing. */
	side("UPDATE sen.admin_scope SET revoked_at = now() WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE p.employee_code = 'WA')");
	assert_int_equal(replacement_run(&f->op, &ward, f->id, REPLACEMENT_GRANT, 10, &r), ERR_NOT_FOUND);
	op_forgive(&f->op);
	/* A role that came after the approval stops everything. */
	gov_import("roles", "platform_code,code,name,level,sensitivity,verified\nP02,MOI,Mới,,low,chưa xác minh\n", NULL);
	grant(f, "E1", "P02", "MOI");
	assert_int_equal(run(f, REPLACEMENT_GRANT, 10, &r), ERR_BLOCKED);
	side("DELETE FROM sen.access_grant WHERE role_id = (SELECT id FROM sen.role WHERE code = 'MOI'); DELETE FROM sen.role WHERE code = 'MOI'");
}

struct race {
	const struct fixture *of;
	int result;
	int64_t done;
};

static void *run_once(void *argument)
{
	struct race *race = argument;
	struct replacement_run r = { 0 };
	struct fixture f = { .id = race->of->id, .second = race->of->second };

	gov_begin(&f.op, gov_server);
	race->result = run(&f, REPLACEMENT_GRANT, 1000, &r);
	race->done = r.done;
	gov_end(&f.op);
	return NULL;
}

static void test_fifty_runs_are_one(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("40", "2020-01-01");
	struct race races[N_PARALLEL];
	int64_t done = 0;
	int n_worked = 0;

	approved(f, &plan);
	for (int i = 0; i < N_PARALLEL; i++)
		races[i] = (struct race){ .of = f };
	AT_ONCE(run_once, races);
	for (int i = 0; i < N_PARALLEL; i++) {
		done += races[i].done;
		n_worked += races[i].done > 0;
		assert_true(races[i].result == 0 || races[i].result == ERR_BLOCKED || races[i].result == ERR_OVERLOADED || races[i].result == ERR_UNAVAILABLE);
	}
	assert_int_equal(n_worked, 1);
	assert_int_equal(done, N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant"), 2 * N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement_item"), N_PERSONS);
}

/* How many grants a preview lists, and how many of them say this. */
static size_t previewed(struct fixture *f, const char *step, const char *member, const char *value)
{
	const struct str from_the_first[2] = { STR_NULL, STR_NULL };
	struct json_page page;
	size_t n = 0;

	op_forgive(&f->op);
	assert_int_equal(replacement_preview(&f->op, &f->second, f->id, str_c(step), from_the_first, 200, &page), 0);
	for (size_t i = 0; i < json_array_size(page.items); i++)
		n += str_equal(json_get_str(json_array_get(page.items, i), member), value ? str_c(value) : STR_NULL);
	json_decref(page.items);
	return n;
}

/* What each step's preview says is what the step then does. */
static void test_previews(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("40", "2020-01-01");
	struct replacement_run r;

	grant(f, "E1", "P02", "TK");
	approved(f, &plan);
	assert_int_equal(previewed(f, "grant", "carry", "mapped"), N_PERSONS);
	assert_int_equal(previewed(f, "grant", "carry", "dropped"), 1);
	assert_int_equal(previewed(f, "grant", "new_role", "ND"), N_PERSONS);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	assert_int_equal(r.done, N_PERSONS + 1);
	assert_int_equal(previewed(f, "grant", "new_role", "ND"), 0);
	assert_int_equal(previewed(f, "read_only", "new_role", "XEM"), N_PERSONS + 1);
	assert_int_equal(run(f, REPLACEMENT_READ_ONLY, 1000, &r), 0);
	assert_int_equal(r.done, N_PERSONS + 1);
	assert_int_equal(previewed(f, "read_only", "new_role", "XEM"), 0);
	/* Two old roles of E1 have become one. */
	assert_int_equal(previewed(f, "revoke", "role", "XEM"), N_PERSONS);
	assert_int_equal(previewed(f, "revoke", "role", "MC"), 0);
	assert_int_equal(previewed(f, "waiting", "role", "XEM"), N_PERSONS);
	all_seen();
	assert_int_equal(previewed(f, "waiting", "role", "XEM"), 0);
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_true(r.is_finished);
	assert_int_equal(previewed(f, "revoke", "role", "XEM"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPLACING_TEST(test_whole), REPLACING_TEST(test_cutover_day), REPLACING_TEST(test_part), REPLACING_TEST(test_kinds_of_grants),
		REPLACING_TEST(test_who_may), REPLACING_TEST(test_fifty_runs_are_one), REPLACING_TEST(test_previews),
	};

	return cmocka_run_group_tests(tests, replacing_create, gov_drop);
}
