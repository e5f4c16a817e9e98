/* Movements of officials on PostgreSQL, with the rights of the server's role: what each does to posts, accounts and access, and when. */
#include "common/model/personnel_due.h"
#include "server/governance/account_admin.h"
#include "server/governance/account_kind.h"
#include "server/governance/person_admin.h"
#include "tests/db/governance/staffing.h"

#include <stdio.h>

static void sign_in(const char *login)
{
	char sql[600];

	(void)snprintf(sql, sizeof(sql), "INSERT INTO sen.session (account_id, issued_on, id, handle_hash, epoch, idle_s, expires_at, ip)"
	               " SELECT id, current_date, gen_random_uuid(), '\\x00', epoch, 900, now() + interval '1 hour', '127.0.0.1' FROM sen.account WHERE login = '%s'", login);
	side(sql);
}

static void run_due(struct fixture *f)
{
	size_t n;

	op_forgive(&f->op);
	assert_int_equal(account_due_run(&f->op, &n), 0);
}

static void test_suspension(void **state)
{
	struct fixture *f = *state;
	struct movement_request m = request(f, LC_SUSPEND, "VP", 0);
	bool changed;

	give(f, "VP", "P02", "MC", "16681.VP");
	sign_in("phuongdt");
	m.is_preview = true;
	assert_int_equal(apply(f, &f->admin, &m), 0);
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
	move(f, LC_SUSPEND, "VP", 0);
	assert_int_equal(side_i64(LIVE("phuongdt")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.session WHERE ended_at IS NULL"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'phuongdt' AND status = 'suspended' AND epoch > 1"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account d JOIN sen.account a ON a.id = d.account_id WHERE a.login = 'phuongdt' AND d.prio = 0"), 1);
	/* Not opened again by the back door, nor archived while the hold stands. */
	assert_int_equal(account_admin_enable(&f->op, &f->admin, &(struct account_enabling){ STR("phuongdt"), STR("x"), EPOCH_ANY }, &changed), 0);
	assert_false(changed);
	assert_int_equal(account_admin_disable(&f->op, &f->admin, STR("phuongdt"), STR("x"), &changed), 0);
	op_forgive(&f->op);
	assert_int_equal(account_kind_archive(&f->op, &f->admin, STR("phuongdt"), STR("x"), &changed), ERR_BLOCKED);
	struct principal self = gov_principal(&f->op, "phuongdt");
	op_forgive(&f->op);
	struct hold_lifting lifting = { STR("VP"), STR("Kết thúc xác minh"), side_i64("SELECT version FROM sen.person WHERE employee_code = 'VP'") };
	assert_int_equal(person_admin_lift_hold(&f->op, &self, &lifting, &changed), ERR_SELF_GRANT);
	op_forgive(&f->op);
	/* A hold that came after the one that was looked at. */
	side("UPDATE sen.person SET legal_hold = false WHERE employee_code = 'VP'; UPDATE sen.person SET legal_hold = true WHERE employee_code = 'VP'");
	assert_int_equal(person_admin_lift_hold(&f->op, &f->second, &lifting, &changed), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	lifting.version += 2;
	assert_int_equal(person_admin_lift_hold(&f->op, &f->second, &lifting, &changed), 0);
	assert_true(changed);
	assert_int_equal(account_kind_archive(&f->op, &f->admin, STR("phuongdt"), STR("x"), &changed), 0);
	assert_true(changed);
}

static void test_return(void **state)
{
	struct fixture *f = *state;

	give(f, "VP", "P02", "MC", "16681.VP");
	move(f, LC_SUSPEND, "VP", 0);
	move(f, LC_RETURN, "VP", 0);
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'phuongdt' AND status = 'active'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person p WHERE p.employee_code = 'VP' AND sen.person_state(p.id) = 'working'"), 1);
}

static void test_transfer(void **state)
{
	struct fixture *f = *state;

	side("INSERT INTO sen.handover_rule SELECT id, 10 FROM sen.platform WHERE code = 'P02'");
	give(f, "VP", "P02", "MC", "16681.VP");
	give(f, "VP", "P03", "ND", "16681.VP");
	move(f, LC_TRANSFER, "VP", 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post o JOIN sen.person p ON p.id = o.person_id WHERE p.employee_code = 'VP' AND o.kind = 'main'"
	                          " AND o.valid @> sen.today()"), 1);
	/* The platform's ten days, and none elsewhere. */
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant g WHERE g.role_code = 'MC'"), 1);
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today() - 9) WHERE upper(valid) = sen.today()");
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today() - 10) WHERE upper(valid) = sen.today() - 9");
	assert_int_equal(side_i64(LIVE("phuongdt")), 0);
	/* Asked for anew, it hangs on the new post. */
	give(f, "VP", "P02", "MC", "16690");
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
}

static void test_secondment(void **state)
{
	struct fixture *f = *state;
	struct post_fields host = { STR("16690"), STR("Công chức biệt phái"), STR("seconded"), STR_NULL, on_day(f, 0), on_day(f, 90), STR("20/QĐ"),
		                    on_day(f, 0), STR("Trần Văn Bình") };
	struct post_fields open = host;
	struct post_record post;
	bool gone;

	open.valid_to = STR_NULL;
	assert_int_equal(post_admin_add(&f->op, &f->admin, STR("VP"), &open, &post), ERR_INVALID_VALUE);
	op_forgive(&f->op);
	assert_int_equal(post_admin_add(&f->op, &f->admin, STR("VP"), &host, &post), 0);
	give(f, "VP", "P02", "MC", "16690");
	give(f, "VP", "P03", "ND", "16681.VP");
	assert_int_equal(side_i64(LIVE("phuongdt")), 2);
	struct post_change change = { .id = post.post.id, .version = post.version + 1, .reason = STR("x") };
	assert_int_equal(post_admin_end(&f->op, &f->admin, STR("VP"), &change, on_day(f, 30), &gone), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	change.version = post.version;
	assert_int_equal(post_admin_end(&f->op, &f->admin, STR("VP"), &change, on_day(f, 30), &gone), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post_version WHERE kind = 'seconded'"), 1);
	/* The day has come: what the host gave is gone, what is home's stays. */
	side("UPDATE sen.post SET valid = daterange(lower(valid) - 40, sen.today()) WHERE kind = 'seconded'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE role_code = 'ND'"), 1);
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
}

static void test_retirement(void **state)
{
	struct fixture *f = *state;

	side("INSERT INTO sen.grace_rule SELECT id, 'staff', 6 FROM sen.role WHERE code = 'ND'");
	give(f, "VP", "P02", "MC", "16681.VP");
	give(f, "VP", "P03", "ND", "16681.VP");
	move(f, LC_RETIRE, "VP", 0);
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE role_code = 'ND'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'phuongdt' AND status = 'active'"), 1);
	/* The grace is over: by the view at once, by the loop for good. */
	side("UPDATE sen.account_grace SET until_at = now() - interval '1 second'");
	assert_int_equal(side_i64(LIVE("phuongdt")), 0);
	side("UPDATE sen.account_due SET due_at = now()");
	run_due(f);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'phuongdt' AND status = 'disabled'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id WHERE a.login = 'phuongdt' AND g.revoked_at IS NULL"), 0);
	/* Back: the same account, with nothing of what it had. */
	move(f, LC_REHIRE, "VP", 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE p.employee_code = 'VP'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'phuongdt' AND status = 'pending'"), 1);
	assert_int_equal(side_i64(LIVE("phuongdt")), 0);
	give(f, "VP", "P02", "MC", "16690");
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
}

/* Back before the grace is over: its end must not shut out who works again. */
static void test_rehired_in_grace(void **state)
{
	struct fixture *f = *state;

	side("INSERT INTO sen.grace_rule SELECT id, 'staff', 6 FROM sen.role WHERE code = 'ND'");
	give(f, "VP", "P03", "ND", "16681.VP");
	move(f, LC_RETIRE, "VP", 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account_due WHERE done_at IS NULL AND status = 'disabled'"), 1);
	move(f, LC_REHIRE, "VP", 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account_due WHERE done_at IS NULL"), 0);
}

static void test_future_happens_by_itself(void **state)
{
	struct fixture *f = *state;

	give(f, "VP", "P02", "MC", "16681.VP");
	move(f, LC_RESIGN, "VP", 10);
	run_due(f);
	assert_int_equal(side_i64(LIVE("phuongdt")), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account_moments((SELECT id FROM sen.account WHERE login = 'phuongdt'),"
	                          " (SELECT id FROM sen.person WHERE employee_code = 'VP')) t WHERE t = sen.day_start(sen.today() - DATE '1970-01-01' + 10)"), 2);
	side("UPDATE sen.account_stop SET valid_from = now(); UPDATE sen.account_due SET due_at = now();"
	     " UPDATE sen.movement SET effective_at = now(); UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE upper(valid) > sen.today()");
	assert_int_equal(side_i64(LIVE("phuongdt")), 0);
	run_due(f);
	run_due(f);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'phuongdt' AND status = 'disabled' AND epoch = 2"), 1);
}

static void test_death(void **state)
{
	struct fixture *f = *state;
	struct movement_request back = request(f, LC_REHIRE, "VP", 0);

	give(f, "VP", "P02", "MC", "16681.VP");
	move(f, LC_RESIGN, "VP", 10);
	move(f, LC_DEATH, "VP", 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'phuongdt' AND status = 'archived'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.standing_post o JOIN sen.person p ON p.id = o.person_id WHERE p.employee_code = 'VP'"), 0);
	assert_int_equal(apply(f, &f->admin, &back), ERR_WRONG_STATE);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.movement WHERE kind = 'resign' AND void_by IS NOT NULL"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAFFING_TEST(test_suspension),
		STAFFING_TEST(test_return),
		STAFFING_TEST(test_transfer),
		STAFFING_TEST(test_secondment),
		STAFFING_TEST(test_retirement),
		STAFFING_TEST(test_rehired_in_grace),
		STAFFING_TEST(test_future_happens_by_itself),
		STAFFING_TEST(test_death),
	};

	return cmocka_run_group_tests(tests, staffing_create, gov_drop);
}
