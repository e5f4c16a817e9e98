/* movement.h, post_admin.h, person_admin.h, account_kind.h, vanished.h on PostgreSQL, with the rights of the server's role. */
#include "server/governance/account_admin.h"
#include "server/governance/account_kind.h"
#include "server/governance/granting.h"
#include "server/governance/movement.h"
#include "server/governance/person_admin.h"
#include "server/governance/personnel_policy.h"
#include "server/governance/scoping.h"
#include "server/governance/vanished.h"
#include "common/model/personnel_due.h"
#include "tests/db/governance/govdb.h"

#include <stdio.h>
#include <time.h>

#define N_PARALLEL 50
#define LIVE(login) "SELECT count(*) FROM sen.live_grant g JOIN sen.account a ON a.id = g.account_id WHERE a.login = '" login "'"

static int create(_unused_ void **state)
{
	int r = gov_create("personnel");

	gov_import("persons",
	           "employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n"
	           "AD2,Phạm Thị Hoa,cong_chuc,1980-01-02,40,Phó Chánh Văn phòng,main,2025-07-01,,9/QĐ,\n", NULL);
	return r;
}

struct fixture {
	struct op op;
	struct principal admin, second;
};

static void reset(void)
{
	side("DELETE FROM sen.shared_use; DELETE FROM sen.shared_member; DELETE FROM sen.shared_account; DELETE FROM sen.vanished;"
	     " DELETE FROM sen.account_due; DELETE FROM sen.account_grace; DELETE FROM sen.account_stop; DELETE FROM sen.movement;"
	     " DELETE FROM sen.access_grant; DELETE FROM sen.admin_scope WHERE granted_by IS NOT NULL; DELETE FROM sen.account_notice; DELETE FROM sen.notice;"
	     " DELETE FROM sen.account_use; DELETE FROM sen.session; DELETE FROM sen.activation;"
	     " DELETE FROM sen.account WHERE login <> 'annv'; DELETE FROM sen.post WHERE decision_no !~ '^[1-9]/QĐ$' OR kind <> 'main';"
	     " UPDATE sen.post SET valid = daterange('2025-07-01', NULL), rank = 'staff'; UPDATE sen.person SET legal_hold = false;"
	     " DELETE FROM sen.handover_rule; DELETE FROM sen.grace_rule; DELETE FROM sen.post_version;"
	     " UPDATE sen.personnel_policy SET admin_accounts_only = false, unused_report_days = 30, unused_disable_days = 45");
}

static int set_up(void **state)
{
	static const struct str rights[] = { STR("read"), STR("grant"), STR("revoke"), STR("activate"), STR("approve"), STR("personnel"),
		                             STR("import"), STR("rules"), STR("unmask") };
	struct fixture *f = test_malloc(sizeof(*f));
	struct scoping_request gift = { .unit = STR("40"), .rights = rights, .n_rights = ARRAY_LEN(rights) };
	struct scope scope;
	bool added;

	reset();
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	gift.login = gov_login(&f->op, "AD2");
	assert_int_equal(scoping_add(&f->op, &f->admin, &gift, &scope, &added), 0);
	f->second = gov_principal(&f->op, arena_cstr(f->op.arena, gift.login));
	side("UPDATE sen.account SET status = 'active', activated_at = now()");
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

static struct str on_day(struct fixture *f, int days)
{
	time_t t = (time_t)f->op.now_s + 7 * 3600 + (time_t)days * 86400;
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(f->op.arena, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static struct movement_request request(struct fixture *f, enum lc_event_kind kind, const char *code, int days)
{
	struct movement_request m = { .kind = kind, .employee_code = str_c(code), .decision_no = STR("15/QĐ-UBND"), .decision_on = on_day(f, 0),
		                      .signer = STR("Trần Văn Bình"), .reason = STR("Theo quyết định"), .effective_on = on_day(f, days) };

	if (lc_event_is_at_once(kind))
		m.effective_on = STR_NULL;
	if (kind == LC_TRANSFER || kind == LC_REHIRE)
		m.post = (struct post_fields){ .unit = STR("16690"), .title = STR("Chuyên viên"), .kind = STR("main"), .decision_no = m.decision_no,
			                       .decision_on = m.decision_on, .signer = m.signer };
	return m;
}

static int apply(struct fixture *f, const struct principal *p, const struct movement_request *m)
{
	struct movement_result result;
	int r;

	op_forgive(&f->op);
	r = movement_apply(&f->op, p, m, &result);
	json_decref(result.consequences);
	return r;
}

static void move(struct fixture *f, enum lc_event_kind kind, const char *code, int days)
{
	struct movement_request m = request(f, kind, code, days);

	if (apply(f, &f->admin, &m) < 0)
		fail_msg("%s %s: %s %.*s", lc_event_name(kind), code, f->op.error.text, STR_ARG(f->op.error.detail));
}

static void give(struct fixture *f, const char *code, const char *platform, const char *role, const char *unit)
{
	struct granting_request g = { .employee_code = str_c(code), .platform = str_c(platform), .role = str_c(role), .basis = STR("QĐ"), .unit = str_c(unit) };
	struct grant grant;
	bool added;

	op_forgive(&f->op);
	if (granting_add(&f->op, &f->admin, &g, &grant, &added) < 0)
		fail_msg("grant: %s %.*s", f->op.error.text, STR_ARG(f->op.error.detail));
	side("UPDATE sen.account SET status = 'active', activated_at = now() WHERE status = 'pending'");
}

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
	pthread_t threads[N_PARALLEL];

	shared_admin = &f->admin;

	for (int i = 0; i < N_PARALLEL; i++) {
		(void)snprintf(codes[i], sizeof(codes[i]), "Q%d", i);
		assert_int_equal(pthread_create(&threads[i], NULL, join_once, codes[i]), 0);
	}
	for (int i = 0; i < N_PARALLEL; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(side_i64("SELECT count(DISTINCT login) FROM sen.account WHERE login ~ '^quyhd[0-9]*$'"), N_PARALLEL);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post o JOIN sen.person p ON p.id = o.person_id WHERE p.employee_code ~ '^Q[0-9]+$'"), N_PARALLEL);
	reset();
	side("DELETE FROM sen.post_version; DELETE FROM sen.post o USING sen.person p WHERE p.id = o.person_id AND p.employee_code ~ '^Q[0-9]+$';"
	     " DELETE FROM sen.post_version; DELETE FROM sen.person WHERE employee_code ~ '^Q[0-9]+$'");
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
	assert_int_equal(account_admin_enable(&f->op, &f->admin, STR("phuongdt"), STR("x"), &changed), 0);
	assert_false(changed);
	assert_int_equal(account_admin_disable(&f->op, &f->admin, STR("phuongdt"), STR("x"), &changed), 0);
	op_forgive(&f->op);
	assert_int_equal(account_kind_archive(&f->op, &f->admin, STR("phuongdt"), STR("x"), &changed), ERR_BLOCKED);
	struct principal self = gov_principal(&f->op, "phuongdt");
	op_forgive(&f->op);
	assert_int_equal(person_admin_lift_hold(&f->op, &self, STR("VP"), STR("x"), &changed), ERR_SELF_GRANT);
	op_forgive(&f->op);
	assert_int_equal(person_admin_lift_hold(&f->op, &f->second, STR("VP"), STR("Kết thúc xác minh"), &changed), 0);
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
	pthread_t thread;
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
	const struct post_record *posts;
	size_t n;
	int done = 0, stale = 0;

	shared_admin = &f->admin;
	assert_int_equal(post_admin_list(&f->op, &f->admin, STR("VP"), false, &posts, &n), 0);
	for (int i = 0; i < N_PARALLEL; i++) {
		c[i].id = posts[0].post.id;
		c[i].version = posts[0].version;
		assert_int_equal(pthread_create(&c[i].thread, NULL, correct_once, &c[i]), 0);
	}
	for (int i = 0; i < N_PARALLEL; i++) {
		pthread_join(c[i].thread, NULL);
		done += c[i].result == 0;
		stale += c[i].result == ERR_PRECONDITION_FAILED;
	}
	assert_int_equal(done, 1);
	assert_int_equal(stale, N_PARALLEL - 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post_version WHERE decision_no = '3/QĐ'"), 1);
	side("UPDATE sen.post SET decision_no = '3/QĐ' WHERE decision_no = '8/QĐ'");
}

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
	assert_int_equal(account_kind_hand_over(&f->op, &f->admin, STR("dv.dongbo"), STR("OTHER"), STR("Bàn giao")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login = 'dv.dongbo' AND status = 'active'"), 1);
	filter.kind = STR_NULL;
	filter.limit = 2;
	assert_int_equal(account_list(&f->op, &f->admin, &filter, &entries, &n, &more), 0);
	assert_true(more && n == 2);
}

struct taker {
	pthread_t thread;
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
	for (int i = 0; i < N_PARALLEL; i++) {
		takers[i].member = i % 2 == 0 ? vp.id : other.id;
		assert_int_equal(pthread_create(&takers[i].thread, NULL, take_once, &takers[i]), 0);
	}
	for (int i = 0; i < N_PARALLEL; i++) {
		pthread_join(takers[i].thread, NULL);
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
	assert_int_equal(account_admin_enable(&f->op, &f->admin, STR("phuongdt"), STR("x"), &changed), 0);
	assert_true(changed);
	assert_int_equal(unused_run(&f->op, &n), 0);
	assert_int_equal(n, 0);
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

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_join), TEST(test_fifty_of_one_name), TEST(test_suspension), TEST(test_return), TEST(test_transfer), TEST(test_secondment),
		TEST(test_retirement), TEST(test_rehired_in_grace), TEST(test_future_happens_by_itself), TEST(test_death), TEST(test_scope), TEST(test_fifty_corrections),
		TEST(test_kinds), TEST(test_shared), TEST(test_unused), TEST(test_vanished), TEST(test_edit),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
