/* Rules, requests, deputies, emergencies, duties and reviews on PostgreSQL, with the rights of the server's role. */
#include "common/base/random.h"
#include "server/governance/access_reviews.h"
#include "server/governance/account_admin.h"
#include "server/governance/duties.h"
#include "server/governance/emergencies.h"
#include "server/governance/explain.h"
#include "server/governance/granting.h"
#include "server/governance/notices.h"
#include "server/governance/requests.h"
#include "server/governance/rules.h"
#include "tests/db/governance/govdb.h"

#include <stdio.h>

#define N_PARALLEL 50
#define S(text) P_STR(STR(text))

static const char persons[] =
	"employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n"
	"P2,Hoàng Văn Cường,cong_chuc,,40,Phó Chánh Văn phòng,main,2025-07-01,,5/QĐ,\n"
	"P3,Phan Thị Dung,cong_chuc,,40,Chuyên viên chính,main,2025-07-01,,6/QĐ,\n"
	"W2,Lê Văn Giang,cong_chuc,,16681,Phó Chủ tịch,main,2025-07-01,,7/QĐ,\n";

/* An administrator in each place, by SQL: what is tested is what they may do, not how they came to it. */
static const char scopes[] =
	"SELECT sen.accounts_ensure(ARRAY(SELECT id FROM sen.person));"
	" UPDATE sen.account SET status = 'active', activated_at = now();"
	" INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights) SELECT a.id, gen_random_uuid(), u.id, p.id, v.rights"
	" FROM (VALUES ('P2', '40', NULL, ARRAY['read', 'grant', 'approve', 'rules', 'review', 'delegate', 'revoke']),"
	"  ('P3', '40', NULL, ARRAY['read', 'approve', 'review', 'rules']),"
	"  ('WA', '16681', NULL, ARRAY['read', 'grant', 'approve', 'review', 'rules', 'revoke']), ('W2', '16681', NULL, ARRAY['read', 'approve', 'grant']),"
	"  ('OTHER', '16690', NULL, ARRAY['read', 'grant', 'approve', 'rules', 'review', 'revoke'])) v (code, unit, platform, rights)"
	" JOIN sen.person n ON n.employee_code = v.code JOIN sen.account a ON a.person_id = n.id JOIN sen.unit u ON u.code = v.unit"
	" LEFT JOIN sen.platform p ON p.code = v.platform";

static int create(_unused_ void **state)
{
	gov_create("governed");
	gov_import("persons", persons, NULL);
	side(scopes);
	return 0;
}

struct fixture {
	struct op op;
	json_t *body;
};

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	side("DELETE FROM sen.request_event; DELETE FROM sen.review_item; DELETE FROM sen.review_campaign; DELETE FROM sen.access_grant; DELETE FROM sen.access_request;"
	     " DELETE FROM sen.emergency; DELETE FROM sen.deputy; DELETE FROM sen.duty_exception; DELETE FROM sen.duty_rule; DELETE FROM sen.birthright_version;"
	     " DELETE FROM sen.birthright_rule; DELETE FROM sen.position_class; UPDATE sen.account SET status = 'active', epoch = 1;"
	     " UPDATE sen.role SET sensitivity = 'normal' WHERE code = 'MC'");
	gov_begin(&f->op, gov_server);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	json_decref(f->body);
	gov_end(&f->op);
	test_free(f);
	return 0;
}

static struct str account_of(struct op *op, const char *code)
{
	return gov_principal(op, arena_cstr(op->arena, gov_login(op, code))).account_id;
}

static struct str fresh_id(struct op *op)
{
	char uuid[UUID_TEXT_LEN + 1];

	random_uuid(uuid);
	return arena_dup_c(op->arena, uuid);
}

/* Runs kind as the person with that code: params[1] (params[0] where nothing has an id) becomes the actor. */
static int as(struct fixture *f, const char *code, const struct governed_kind *kind, struct db_param *params, size_t n, size_t actor)
{
	struct principal p = gov_principal(&f->op, arena_cstr(f->op.arena, gov_login(&f->op, code)));
	int r;

	op_forgive(&f->op);
	params[actor] = P_STR(p.account_id);
	json_decref(f->body);
	f->body = NULL;
	r = governed_write(&f->op, &p, kind, params, n, &f->body);
	if (r < 0)
		print_message("  %s: %s (%.*s)\n", kind->action, f->op.error.text, STR_ARG(f->op.error.detail));
	return r;
}
#define AS(f, code, kind, ...)                                                                                             \
	as((f), (code), &(kind), (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param), 1)

static struct str member(struct fixture *f, const char *name)
{
	return arena_dup(f->op.arena, json_get_str(f->body, name));
}

static int file(struct fixture *f, const char *who, const char *whom, const char *role, struct str *ret_id)
{
	*ret_id = fresh_id(&f->op);
	return AS(f, who, request_file, P_STR(*ret_id), P_NULL, P_C(whom), S("P02"), P_C(role), P_NULL, S("Tờ trình 1"), S("Cần xử lý hồ sơ"), P_NULL, P_NULL);
}

static int decide(struct fixture *f, const char *who, const struct governed_kind *kind, struct str id, int64_t version)
{
	return AS(f, who, *kind, P_STR(id), P_NULL, P_I64(version), S("đồng ý"));
}

/* A day in Việt Nam, so many from today. */
static struct str day(struct fixture *f, int offset)
{
	time_t at = (time_t)f->op.now_s + 7 * 3600 + offset * 86400;
	struct tm tm;

	gmtime_r(&at, &tm);
	return arena_printf(f->op.arena, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static int stand_in(struct fixture *f, const char *who, const char *principal, const char *deputy)
{
	return AS(f, who, deputy_add, P_STR(fresh_id(&f->op)), P_NULL, P_STR(gov_login(&f->op, principal)), P_STR(gov_login(&f->op, deputy)), P_STR(day(f, -1)),
	          P_STR(day(f, 20)), S("Nghỉ phép"));
}

static int64_t live_grants(void)
{
	return side_i64("SELECT count(*) FROM sen.live_grant");
}

static void test_request_one_stage(void **state)
{
	struct fixture *f = *state;
	struct str id, again;

	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(file(f, "WA", "VP", "MC", &again), ERR_CONFLICT);
	/* Not who asked, not from beside, not whom it profits. */
	assert_int_equal(decide(f, "WA", &request_approve, id, 1), ERR_FOUR_EYES);
	assert_int_equal(decide(f, "OTHER", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	assert_int_equal(decide(f, "VP", &request_approve, id, 1), ERR_SELF_GRANT);
	assert_int_equal(decide(f, "W2", &request_approve, id, 2), ERR_PRECONDITION_FAILED);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_str_equal(member(f, "state"), "granted");
	assert_int_equal(live_grants(), 1);
	assert_int_equal(decide(f, "P2", &request_approve, id, 2), ERR_WRONG_STATE);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.access_request q ON q.grant_id = g.id AND q.id = g.request_id WHERE g.origin = 'request'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.request_event"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'request.approve'"), 1);
	/* For oneself, beyond one's scope, on a closed platform. */
	assert_int_equal(file(f, "WA", "WA", "MC", &id), ERR_SELF_GRANT);
	assert_int_equal(file(f, "OTHER", "VP", "TK", &id), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "AD", request_file, P_STR(fresh_id(&f->op)), P_NULL, S("VP"), S("D01"), S("NHAP"), P_NULL, S("b"), S("r"), P_NULL, P_NULL),
	                 ERR_PLATFORM_CLOSED);
}

static void test_request_two_stages(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side("UPDATE sen.role SET sensitivity = 'high' WHERE code = 'MC'");
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_str_equal(member(f, "state"), "open");
	assert_int_equal(live_grants(), 0);
	/* Stage 2 is the platform's: P02 is managed by unit 40.  And nobody approves twice. */
	assert_int_equal(decide(f, "W2", &request_approve, id, 2), ERR_FOUR_EYES);
	assert_int_equal(decide(f, "OTHER", &request_approve, id, 2), ERR_OUT_OF_SCOPE);
	assert_int_equal(decide(f, "P3", &request_approve, id, 2), 0);
	assert_str_equal(member(f, "state"), "granted");
	assert_int_equal(live_grants(), 1);
	assert_int_equal(file(f, "WA", "W2", "TK", &id), 0);
	assert_int_equal(decide(f, "P3", &request_refuse, id, 1), 0);
	assert_int_equal(decide(f, "P2", &request_approve, id, 2), ERR_WRONG_STATE);
	assert_int_equal(live_grants(), 1);
}

/* What was true when it was asked for need not be when it is approved. */
static void test_approval_asks_again(void **state)
{
	struct fixture *f = *state;
	struct str id;

	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	side("UPDATE sen.platform SET state = 'stopped' WHERE code = 'P02'");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_PLATFORM_CLOSED);
	side("UPDATE sen.platform SET state = 'operating' WHERE code = 'P02'; UPDATE sen.account SET status = 'disabled' WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_ACCOUNT_STATE);
	side("UPDATE sen.account SET status = 'active'; UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_UNKNOWN_POST);
	side("UPDATE sen.post SET valid = daterange(lower(valid), NULL) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP');"
	     " UPDATE sen.admin_scope SET rights = ARRAY['read', 'approve'] WHERE account_id IN (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'WA')");
	/* Who asked may not any more. */
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	side("UPDATE sen.admin_scope SET rights = ARRAY['read', 'grant', 'approve', 'review', 'rules', 'revoke'] WHERE account_id IN (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'WA');"
	     " UPDATE sen.access_request SET expires_at = now() - interval '1 day'");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_WRONG_STATE);
	assert_int_equal(live_grants(), 0);
	/* One that has run out makes room for the next. */
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), 0);
}

static void test_deputies(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side("UPDATE sen.admin_scope SET rights = ARRAY['read'] WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'W2')");
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	/* WA is on leave, but asked for it: its deputy may not decide that either. */
	assert_int_equal(stand_in(f, "WA", "WA", "W2"), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	/* What somebody else asked for, it may; under the principal's authority, and it shows. */
	assert_int_equal(file(f, "P2", "VP", "TK", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.request_event WHERE kind = 'approved' AND instead_of IS NOT NULL"), 1);
	/* Dated. */
	side("UPDATE sen.deputy SET valid = daterange(sen.today() - 5, sen.today())");
	assert_int_equal(file(f, "P2", "VP", "MC", &id), ERR_CONFLICT);
	assert_int_equal(file(f, "AD", "W2", "TK", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), ERR_SELF_GRANT);
	assert_int_equal(file(f, "P2", "WA", "TK", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	/* Within the principal's own scope, and not for a stranger. */
	assert_int_equal(stand_in(f, "WA", "WA", "OTHER"), ERR_OUT_OF_SCOPE);
	assert_int_equal(stand_in(f, "W2", "WA", "W2"), ERR_SELF_GRANT);
	assert_int_equal(stand_in(f, "OTHER", "WA", "W2"), ERR_OUT_OF_SCOPE);
	side("UPDATE sen.admin_scope SET rights = ARRAY['read', 'approve', 'grant'] WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'W2')");
}

static struct principal principal_of(struct fixture *f, const char *code)
{
	return gov_principal(&f->op, arena_cstr(f->op.arena, gov_login(&f->op, code)));
}

struct racer {
	struct str id;
	struct principal who; /* found before: an assertion in another thread would end the program */
	const struct governed_kind *kind;
	struct str item;
	int result;
	pthread_t thread;
};

static void *race(void *argument)
{
	struct racer *r = argument;
	struct db_param decision[] = { P_STR(r->id), P_STR(r->who.account_id), P_I64(1), S("đồng ý") };
	struct db_param answer[] = { P_STR(r->id), P_STR(r->who.account_id), P_STR(r->item), S("keep"), P_NULL, P_NULL };
	bool is_answer = !str_is_null(r->item);
	json_t *body = NULL;
	struct op op;

	gov_begin(&op, gov_server);
	r->result = governed_write(&op, &r->who, r->kind, is_answer ? answer : decision, is_answer ? ARRAY_LEN(answer) : ARRAY_LEN(decision), &body);
	json_decref(body);
	gov_end(&op);
	return NULL;
}

static int run_race(struct racer *racers)
{
	int won = 0;

	for (int i = 0; i < N_PARALLEL; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (int i = 0; i < N_PARALLEL; i++) {
		pthread_join(racers[i].thread, NULL);
		won += racers[i].result == 0;
		if (racers[i].result != 0 && racers[i].result != ERR_WRONG_STATE && racers[i].result != ERR_PRECONDITION_FAILED && racers[i].result != ERR_CONFLICT)
			fail_msg("a racer ended with %d", racers[i].result);
	}
	return won;
}

static void test_fifty_approvals_are_one_grant(void **state)
{
	static const char *const who[] = { "P2", "P3", "W2", "AD" };
	struct fixture *f = *state;
	struct racer racers[N_PARALLEL] = { 0 };
	struct str id;

	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	for (size_t i = 0; i < N_PARALLEL; i++)
		racers[i] = (struct racer){ .id = id, .who = principal_of(f, who[i % ARRAY_LEN(who)]), .kind = &request_approve };
	assert_int_equal(run_race(racers), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.request_event WHERE kind = 'approved'"), 1);
}

static int add_duty(struct fixture *f, const char *severity, const char *within)
{
	return AS(f, "P2", duty_add, P_STR(fresh_id(&f->op)), P_NULL, S("TN1"), S("Tiếp nhận và theo dõi"), S("P02"), S("MC"), S("P02"), S("TK"), P_C(within),
	          P_C(severity), S("Quy chế 1"));
}

static int grant_direct(struct fixture *f, const char *whom, const char *role)
{
	struct principal p = gov_principal(&f->op, "annv");
	struct granting_request request = { .employee_code = str_c(whom), .platform = STR("P02"), .role = str_c(role), .basis = STR("QĐ") };
	struct grant grant;
	bool added;

	op_forgive(&f->op);
	return granting_add(&f->op, &p, &request, &grant, &added);
}

static void test_duties(void **state)
{
	struct fixture *f = *state;
	struct str id, exception = fresh_id(&f->op);

	assert_int_equal(AS(f, "WA", duty_add, P_STR(fresh_id(&f->op)), P_NULL, S("X"), S("X"), S("P02"), S("MC"), S("P02"), S("TK"), S("unit"), S("block"), S("b")),
	                 ERR_OUT_OF_SCOPE);
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(file(f, "WA", "VP", "TK", &id), 0);
	assert_int_equal(add_duty(f, "block", "unit"), 0);
	assert_int_equal(grant_direct(f, "VP", "TK"), ERR_SEPARATION_OF_DUTIES);
	assert_str_equal(f->op.error.args[0].value, "TN1");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_SEPARATION_OF_DUTIES);
	assert_int_equal(file(f, "WA", "VP", "TK", &id), ERR_SEPARATION_OF_DUTIES);
	/* A dated exception, by a second person. */
	struct str duty;
	struct db_rows rows;
	assert_int_equal(db_run(&f->op, duty_list, &rows, P_NULL, P_I64(10)), 0);
	json_t *json = json_read(db_str(&rows, 0, 0), 4, NULL);
	duty = arena_dup(f->op.arena, json_get_str(json, "id"));
	json_decref(json);
	assert_int_equal(AS(f, "WA", duty_except, P_STR(exception), P_NULL, P_STR(duty), S("VP"), S("Thiếu người"), S("2099-01-01T00:00:00Z")), 0);
	assert_int_equal(grant_direct(f, "VP", "TK"), ERR_SEPARATION_OF_DUTIES);
	assert_int_equal(AS(f, "WA", duty_except_approve, P_STR(exception), P_NULL), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "OTHER", duty_except_approve, P_STR(exception), P_NULL), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "P2", duty_except_approve, P_STR(exception), P_NULL), 0);
	assert_int_equal(grant_direct(f, "VP", "TK"), 0);
	/* It is no violation while it lasts. */
	struct str p2 = account_of(&f->op, "P2");
	assert_int_equal(db_run(&f->op, duty_violations, &rows, P_STR(p2), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 0);
	side("UPDATE sen.duty_exception SET valid_to = now()");
	assert_int_equal(db_run(&f->op, duty_violations, &rows, P_STR(p2), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(db_run(&f->op, duty_violations, &rows, P_STR(account_of(&f->op, "OTHER")), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 0);
}

static struct str one_of(struct fixture *f, const char *text)
{
	const struct str texts[] = { str_c(text) };

	return db_array(f->op.arena, texts, 1);
}

static int draft(struct fixture *f, const char *who, struct str id, const char *code, const char *unit, const char *title, const char *role)
{
	return AS(f, who, rule_draft, P_STR(id), P_NULL, P_C(code), S("Chuyên viên"), S("QĐ 1"), P_C(unit), P_NULL,
	          title ? P_STR(one_of(f, title)) : P_NULL, P_NULL, P_NULL, P_NULL,
	          P_STR(one_of(f, role)), P_NULL, P_NULL);
}

static void test_rules(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(draft(f, "WA", fresh_id(&f->op), "R0", "40", NULL, "P02/MC"), ERR_OUT_OF_SCOPE);
	assert_int_equal(draft(f, "P2", id, "R1", "40", "Chuyên viên", "P02/NO"), ERR_UNKNOWN_ROLE);
	assert_int_equal(draft(f, "P2", id, "R1", "40", "Chuyên viên", "P02/MC"), 0);
	assert_int_equal(live_grants(), 0);
	/* The author sees what would come of it, and nothing of it stays. */
	struct db_param preview[] = { P_STR(id), P_STR(account_of(&f->op, "P2")), P_NULL }, page[] = { P_NULL, P_I64(10) };
	struct governed_list list = { .query = supposed_list, .params = page, .n_params = 2 };
	struct db_rows rows;
	json_decref(f->body);
	f->body = NULL;
	assert_int_equal(governed_suppose(&f->op, &rule_release_supposed, preview, 3, &list, &f->body, &rows), 0);
	assert_int_equal(json_get_int(f->body, "added", -1), 2);
	assert_int_equal(rows.n, 2);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(AS(f, "P2", rule_release, P_STR(id), P_NULL, P_I64(1)), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(7)), ERR_PRECONDITION_FAILED);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(json_get_int(f->body, "added", -1), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant g JOIN sen.access_grant x ON x.id = g.id WHERE x.origin = 'rule' AND x.granted_by IS NULL AND x.rule_version = 1"), 2);
	/* The same from two sources: one goes, the other stays. */
	assert_int_equal(grant_direct(f, "WA", "MC"), 0);
	assert_int_equal(live_grants(), 3);
	/* With the post it goes, with the post it comes; the epoch ends what was signed in. */
	side("UPDATE sen.post SET title = 'Trưởng phòng' WHERE person_id IN (SELECT id FROM sen.person WHERE employee_code IN ('WA', 'OTHER'))");
	assert_int_equal(live_grants(), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoke_reason = 'rule' AND revoked_by IS NULL"), 2);
	side("UPDATE sen.post SET title = 'Chuyên viên' WHERE person_id IN (SELECT id FROM sen.person WHERE employee_code IN ('WA', 'OTHER'))");
	assert_int_equal(live_grants(), 3);
	/* A closed platform has none; an open one again. */
	side("UPDATE sen.platform SET state = 'stopped' WHERE code = 'P02'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'rule' AND revoked_at IS NULL"), 0);
	side("UPDATE sen.platform SET state = 'operating' WHERE code = 'P02'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'rule' AND revoked_at IS NULL"), 2);
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(id), P_NULL, P_I64(2)), 0);
	assert_int_equal(json_get_int(f->body, "removed", -1), 2);
	assert_int_equal(live_grants(), 1);
}

static void test_rules_and_dates(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(draft(f, "P2", id, "R1", "16681", NULL, "P02/TK"), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(live_grants(), 3);
	/* The post's end is the grant's end, a post to come gives what is to come. */
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today() + 3) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL AND valid_to = sen.midnight(sen.today() + 3)"), 1);
	side("INSERT INTO sen.post SELECT id, gen_random_uuid(), (SELECT id FROM sen.unit WHERE code = '16681.VP'), 'Kiêm nhiệm', 'concurrent', daterange(sen.today() + 10, sen.today() + 20), '9/QĐ'"
	     " FROM sen.person WHERE employee_code = 'OTHER'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL AND valid_from = sen.midnight(sen.today() + 10)"), 1);
	assert_int_equal(live_grants(), 3);
	side("DELETE FROM sen.post WHERE title = 'Kiêm nhiệm'; UPDATE sen.post SET valid = daterange(lower(valid), NULL)");
	/* What duties forbid is not added. */
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(add_duty(f, "block", "unit"), 0);
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today() + 3) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.person n ON n.id = a.person_id"
	                          " WHERE n.employee_code = 'VP' AND g.revoked_at IS NULL AND g.origin = 'rule'"), 0);
	side("UPDATE sen.post SET valid = daterange(lower(valid), NULL)");
	side("UPDATE sen.unit SET kind = 'commune' WHERE code = '16681'; UPDATE sen.unit SET kind = 'ward' WHERE code = '16681'");
}

/* What a transfer hands over and a retirement leaves in grace, of a rule's grant too. */
static void test_rules_and_movements(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(draft(f, "P2", id, "R1", "16681", NULL, "P02/TK"), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(live_grants(), 3);
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today()), handover = (SELECT jsonb_build_object(id, 5) FROM sen.platform WHERE code = 'P02')"
	     " WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(live_grants(), 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL AND valid_to = sen.midnight(sen.today() + 5) AND handover_days = 5"), 1);
	side("UPDATE sen.post SET handover = '{}' WHERE handover <> '{}'");
	assert_int_equal(live_grants(), 2);
	/* As a retirement of today writes it. */
	side("INSERT INTO sen.account_grace SELECT a.id, '11111111-1111-4111-8111-111111111111', r.id, now() + interval '1 month' FROM sen.account a"
	     " JOIN sen.person p ON p.id = a.person_id AND p.employee_code = 'WA', sen.role r WHERE r.code = 'TK';"
	     "UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'WA');"
	     "INSERT INTO sen.account_stop (account_id, id, kind, valid_from, movement_id) SELECT a.id, '11111111-1111-4111-8111-111111111111', 'end', now(), gen_random_uuid()"
	     " FROM sen.account a JOIN sen.person p ON p.id = a.person_id AND p.employee_code = 'WA'");
	assert_int_equal(live_grants(), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant g JOIN sen.account_grace c USING (account_id, role_id)"), 1);
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(id), P_NULL, P_I64(2)), 0);
	assert_int_equal(live_grants(), 1);
	side("UPDATE sen.account_grace SET until_at = now()");
	assert_int_equal(live_grants(), 0);
	side("DELETE FROM sen.account_grace; DELETE FROM sen.account_stop; UPDATE sen.post SET valid = daterange(lower(valid), NULL)");
}

static void test_rules_make_accounts(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	gov_import("persons",
	           "employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n"
	           "N1,Ngô Thị Hoa,cong_chuc,,16690,Kế toán,main,2025-07-01,,8/QĐ,\n"
	           "N2,Ngô Thị Hoà,cong_chuc,,16690,Kế toán,main,2025-07-01,,9/QĐ,\n", NULL);
	assert_int_equal(draft(f, "P2", id, "KT", "40", "Kế toán", "P02/TK"), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(json_get_int(f->body, "added", -1), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login IN ('hoant', 'hoant2')"), 2);
	side("DELETE FROM sen.access_grant; DELETE FROM sen.account a USING sen.person n WHERE n.id = a.person_id AND n.employee_code IN ('N1', 'N2');"
	     " DELETE FROM sen.birthright_version; DELETE FROM sen.birthright_rule; DELETE FROM sen.post WHERE title = 'Kế toán'; DELETE FROM sen.post_version; DELETE FROM sen.person WHERE employee_code IN ('N1', 'N2')");
}

static void test_emergency(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op), late = fresh_id(&f->op);

#define ASK(who, id_, hours) AS(f, who, emergency_ask, P_STR(id_), P_NULL, S("VP"), S("P02"), S("MC"), P_NULL, S("Hệ thống hỏng"), P_I64(hours))
	assert_int_equal(ASK("WA", id, 73), ERR_INVALID_VALUE);
	assert_int_equal(ASK("OTHER", id, 5), ERR_OUT_OF_SCOPE);
	assert_int_equal(ASK("WA", id, 5), 0);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(AS(f, "WA", emergency_release, P_STR(id), P_NULL, P_I64(1)), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "OTHER", emergency_release, P_STR(id), P_NULL, P_I64(1)), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(AS(f, "P2", emergency_release, P_STR(id), P_NULL, P_I64(2)), ERR_WRONG_STATE);
	assert_int_equal(live_grants(), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'emergency.release' AND data ->> 'alarm' = 'true'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE valid_to <= granted_at + interval '72 hours'"), 1);
	assert_int_equal(AS(f, "WA", emergency_review, P_STR(id), P_NULL, P_I64(2), S("justified"), S("đã xem")), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "P3", emergency_review, P_STR(id), P_NULL, P_I64(2), S("unjustified"), S("đã xem")), 0);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(ASK("WA", late, 5), 0);
	side("UPDATE sen.emergency SET asked_at = now() - interval '25 hours' WHERE released_at IS NULL");
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(late), P_NULL, P_I64(1)), ERR_WRONG_STATE);
}

static void test_reviews(void **state)
{
	struct fixture *f = *state;
	struct racer racers[N_PARALLEL] = { 0 };
	struct str id = fresh_id(&f->op), item;
	struct db_rows rows;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(grant_direct(f, "OTHER", "MC"), 0);
	assert_int_equal(AS(f, "WA", review_begin, P_STR(id), P_NULL, S("R2026"), S("Rà soát"), S("grants"), S("40"), P_NULL, S("low"), S("2099-01-01T00:00:00Z"), S("suspend")),
	                 ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "P2", review_begin, P_STR(id), P_NULL, S("R2026"), S("Rà soát"), S("grants"), S("40"), P_NULL, S("low"), S("2099-01-01T00:00:00Z"), S("suspend")), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_str_equal(member(f, "state"), "open");
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), ERR_WRONG_STATE);
	assert_int_equal(db_run(&f->op, review_items, &rows, P_STR(account_of(&f->op, "WA")), P_STR(id), P_NULL, P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	item = db_str(&rows, 0, 2);
	assert_int_equal(AS(f, "OTHER", review_decide, P_STR(id), P_NULL, P_STR(item), S("keep"), P_NULL, P_NULL), ERR_NOT_FOUND);
	/* The deadline passes: what nobody answered for does not count any more, without anybody's doing. */
	side("UPDATE sen.review_campaign SET deadline = now(); UPDATE sen.access_grant SET suspended_at = now()");
	assert_int_equal(live_grants(), 0);
	for (size_t i = 0; i < N_PARALLEL; i++)
		racers[i] = (struct racer){ .id = id, .item = item, .who = principal_of(f, i % 2 == 0 ? "WA" : "P3"), .kind = &review_decide };
	assert_int_equal(run_race(racers), 1);
	assert_int_equal(live_grants(), 1);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_str_equal(member(f, "state"), "closed");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item WHERE decision = 'none'"), 1);
	/* A change: the old goes, the new is asked for. */
	id = fresh_id(&f->op);
	assert_int_equal(AS(f, "P2", review_begin, P_STR(id), P_NULL, S("R2"), S("Rà soát"), S("grants"), S("16681"), P_NULL, S("low"), S("2099-01-01T00:00:00Z"), S("keep")), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(db_run(&f->op, review_items, &rows, P_STR(account_of(&f->op, "WA")), P_STR(id), P_NULL, P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(AS(f, "WA", review_decide, P_STR(id), P_NULL, P_STR(db_str(&rows, 0, 2)), S("change"), S("đổi"), S("TK")), 0);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request WHERE state = 'open'"), 1);
}

static void test_review_of_accounts(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(AS(f, "P2", review_begin, P_STR(id), P_NULL, S("A1"), S("Tài khoản"), S("accounts"), S("16690"), P_NULL, S("low"), S("2099-01-01T00:00:00Z"), S("suspend")), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item"), 1);
	side("UPDATE sen.review_campaign SET deadline = now()");
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'suspended' AND epoch = 2"), 1);
	struct db_rows rows;
	assert_int_equal(db_run(&f->op, review_items, &rows, P_STR(account_of(&f->op, "P3")), P_STR(id), P_NULL, P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(AS(f, "P3", review_decide, P_STR(id), P_NULL, P_STR(db_str(&rows, 0, 2)), S("keep"), P_NULL, P_NULL), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'suspended'"), 0);
}

static void test_explain(void **state)
{
	struct fixture *f = *state;
	struct str id, p2 = account_of(&f->op, "P2"), vp = account_of(&f->op, "VP");
	struct db_rows rows;

#define EXPLAIN(actor, at) assert_int_equal(db_run(&f->op, explain_role, &rows, P_STR(actor), P_STR(vp), S("P02"), S("MC"), at), 0)
	EXPLAIN(p2, P_NULL);
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"never_granted\"")));
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	EXPLAIN(p2, P_NULL);
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"request_open\"")));
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	EXPLAIN(p2, P_NULL);
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"has\": true")));
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"kind\": \"approved\"")));
	EXPLAIN(p2, S("2026-01-01T00:00:00Z"));
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"has\": false")));
	EXPLAIN(account_of(&f->op, "OTHER"), P_NULL);
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"has\": false")));
	/* Who had what: past and present, within scope. */
#define ON(who, at) assert_int_equal(db_run(&f->op, grants_on, &rows, P_STR(account_of(&f->op, who)), at, P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_I64(10)), 0)
	ON("P2", P_NULL);
	assert_int_equal(rows.n, 1);
	ON("OTHER", P_NULL);
	assert_int_equal(rows.n, 0);
	side("UPDATE sen.access_grant SET granted_at = now() - interval '5 days', valid_from = now() - interval '5 days', revoked_at = now() - interval '2 days',"
	     " revoked_by = granted_by, revoke_reason = 'x'");
	ON("P2", P_NULL);
	assert_int_equal(rows.n, 0);
	side("UPDATE sen.access_grant SET granted_at = '2026-01-01', valid_from = '2026-01-01', revoked_at = '2026-02-01'");
	ON("P2", S("2026-01-15T00:00:00Z"));
	assert_int_equal(rows.n, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
static const char whole_cap[] = "UPDATE sen.admin_scope SET max_rank = NULL";

static int64_t covered(struct fixture *f, const char *who, const char *right, const char *platform)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.unit u WHERE u.code = '16681' AND sen.scope_covers('%.*s', '%s', u.path, (SELECT id FROM sen.platform WHERE code = '%s'))",
	               STR_ARG(account_of(&f->op, who)), right, platform);
	return side_i64(sql);
}

/* A scope under a cap hands out no role beyond it: neither one by one, nor all at once by what concerns a whole account or platform. */
static void test_cap_is_not_got_around(void **state)
{
	struct fixture *f = *state;
	struct principal ward;
	struct activation_code code;
	struct str id, seen;
	struct db_rows rows;
	bool changed;

	side("UPDATE sen.admin_scope SET max_rank = 0, rights = rights || ARRAY['activate', 'catalogue'] WHERE account_id ="
	     " (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'WA')");
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	ward = principal_of(f, "WA");
	/* Who makes an account's password can be it. */
	op_forgive(&f->op);
	assert_int_equal(account_admin_activation(&f->op, &ward, gov_login(&f->op, "VP"), &code), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(account_admin_unlock(&f->op, &ward, gov_login(&f->op, "VP")), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(account_admin_disable(&f->op, &ward, gov_login(&f->op, "VP"), STR("x"), &changed), ERR_OUT_OF_SCOPE);
	/* One that holds nothing beyond the cap is in reach. */
	op_forgive(&f->op);
	side("UPDATE sen.role SET sensitivity = 'low' WHERE code = 'MC'");
	assert_int_equal(account_admin_activation(&f->op, &ward, gov_login(&f->op, "VP"), &code), 0);
	side("UPDATE sen.role SET sensitivity = 'normal' WHERE code = 'MC'");
	/* Silence would suspend what lies beyond; a plan would carry it over; an exception would let two duties meet. */
	assert_int_equal(AS(f, "WA", review_begin, P_STR(fresh_id(&f->op)), P_NULL, S("R1"), S("R1"), S("grants"), S("16681"), S("P02"), S("low"), S("2099-01-01"), S("suspend")),
	                 ERR_OUT_OF_SCOPE);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(covered(f, "WA", (const char *const[]){ "grant", "revoke", "approve", "review", "rules" }[i], "P02"), 0);
	assert_int_equal(covered(f, "WA", "read", "P02"), 1);
	/* What it does not read one by one, it does not read in lists. */
	assert_int_equal(file(f, "P2", "VP", "MC", &id), 0);
	assert_int_equal(db_run(&f->op, request_list, &rows, P_STR(ward.account_id), P_NULL, P_BOOL(false), P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 0);
	side("UPDATE sen.admin_scope SET max_rank = 1 WHERE max_rank = 0");
	assert_int_equal(db_run(&f->op, request_list, &rows, P_STR(ward.account_id), P_NULL, P_BOOL(false), P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	seen = db_str(&rows, 0, 2);
	assert_true(str_equal(seen, id));
	/* Nor does it change what holds for roles beyond it. */
	side("UPDATE sen.admin_scope SET max_rank = 0 WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P2')");
	assert_int_equal(add_duty(f, "block", "unit"), ERR_OUT_OF_SCOPE);
	side(whole_cap);
	side("UPDATE sen.admin_scope SET rights = array_remove(array_remove(rights, 'activate'), 'catalogue') WHERE granted_by IS NULL AND account_id ="
	     " (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'WA')");
}

static struct str told(struct fixture *f, const char *name)
{
	for (size_t i = 0; i < f->op.error.n_args; i++)
		if (str_equal(str_c(f->op.error.args[i].name), str_c(name)))
			return f->op.error.args[i].value;
	return STR_NULL;
}

/* Whoever is told that a state is the wrong one is told which it is. */
static void test_wrong_states_are_named(void **state)
{
	struct fixture *f = *state;
	struct str id, duty = fresh_id(&f->op), exception = fresh_id(&f->op), rule = fresh_id(&f->op), deputy;
	struct str titles = STR("{Chuyên viên}"), rule_roles = STR("{P02/TK}");
	struct db_rows rows;

	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_refuse, id, 1), 0);
	assert_int_equal(decide(f, "P2", &request_approve, id, 2), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "refused");
	assert_int_equal(decide(f, "P2", &request_refuse, id, 2), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "refused");
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	side("UPDATE sen.access_request SET expires_at = now() - interval '1 day' WHERE state = 'open'");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "expired");

	assert_int_equal(AS(f, "WA", emergency_ask, P_STR((id = fresh_id(&f->op))), P_NULL, S("VP"), S("P02"), S("MC"), P_NULL, S("Bão"), P_I64(6)), 0);
	assert_int_equal(AS(f, "P2", emergency_review, P_STR(id), P_NULL, P_I64(1), S("justified"), P_NULL), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "asked");
	side("UPDATE sen.emergency SET asked_at = now() - interval '25 hours'");
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(id), P_NULL, P_I64(1)), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "lapsed");

	assert_int_equal(AS(f, "P2", duty_add, P_STR(duty), P_NULL, S("TN9"), S("x"), S("P02"), S("MC"), S("P02"), S("TK"), S("unit"), S("warn"), S("b")), 0);
	assert_int_equal(AS(f, "P2", duty_except, P_STR(exception), P_NULL, P_STR(duty), S("VP"), S("r"), S("2099-01-01")), 0);
	assert_int_equal(AS(f, "P3", duty_except_approve, P_STR(exception), P_NULL), 0);
	assert_int_equal(AS(f, "P3", duty_except_approve, P_STR(exception), P_NULL), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "approved");
	assert_int_equal(AS(f, "P2", duty_retire, P_STR(duty), P_NULL, P_I64(1)), 0);
	assert_int_equal(AS(f, "P2", duty_except, P_STR(fresh_id(&f->op)), P_NULL, P_STR(duty), S("VP"), S("r"), S("2099-01-01")), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "retired");

	assert_int_equal(stand_in(f, "WA", "WA", "W2"), 0);
	assert_int_equal(db_run(&f->op, deputy_list, &rows, P_STR(account_of(&f->op, "WA")), P_NULL, P_I64(5)), 0);
	deputy = db_str(&rows, 0, 1);
	assert_int_equal(AS(f, "WA", deputy_end, P_STR(deputy), P_NULL), 0);
	assert_int_equal(AS(f, "WA", deputy_end, P_STR(deputy), P_NULL), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "ended");

	assert_int_equal(AS(f, "P2", rule_draft, P_STR(rule), P_NULL, S("CV"), S("x"), S("b"), S("16681"), P_NULL, P_STR(titles), P_NULL, P_NULL, P_NULL, P_STR(rule_roles), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(1)), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(2)), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "released");
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(rule), P_NULL, P_I64(2)), 0);
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(rule), P_NULL, P_I64(3)), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "retired");
	/* And whoever is told something else is not told a state. */
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(rule), P_NULL, P_I64(1)), ERR_PRECONDITION_FAILED);
	assert_true(str_is_null(told(f, "state")));
}

/* A rule for everybody takes longer than a statement otherwise may; as long as others do. */
static void test_rule_takes_its_time(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	const struct db_config config = { .conninfo = arena_printf(a, "%s options='-c role=sen_server'", dbtest_conninfo()), .program = DBTEST_PROGRAM,
		.pool_size = 2, .statement_timeout_ms = 500, .audit_chain = 11 };
	struct fixture *f = *state;
	struct str rule = fresh_id(&f->op), message = STR("");
	struct db *hasty = NULL;

	assert_int_equal(db_open(&config, &hasty, &message, a), 0);
	side("CREATE FUNCTION sen.test_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$;"
	     " CREATE TRIGGER test_slow AFTER INSERT ON sen.access_grant FOR EACH STATEMENT EXECUTE FUNCTION sen.test_slow()");
	assert_int_equal(AS(f, "P2", rule_draft, P_STR(rule), P_NULL, S("CV"), S("x"), S("b"), S("16681"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/TK}"), P_NULL, P_NULL), 0);
	f->op.db = hasty;
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(1)), 0);
	f->op.db = gov_server;
	db_close(hasty);
	side("DROP TRIGGER test_slow ON sen.access_grant; DROP FUNCTION sen.test_slow()");
	assert_true(live_grants() > 0);
}

/* Deadlines that have passed: the approver a step above sees it too, then the next; whom it was with first still may. */
static void test_escalation(void **state)
{
	static const char *const steps[] = { "0", "3", "6" };
	struct fixture *f = *state;
	struct db_rows rows;
	char sql[160];
	struct str id;

	/* VP's own division, the ward above it, the province above that. */
	side("INSERT INTO sen.admin_scope (account_id, id, unit_id, rights) SELECT a.id, gen_random_uuid(), u.id, ARRAY['approve', 'read'] FROM sen.unit u, sen.account a"
	     " JOIN sen.person n ON n.id = a.person_id AND n.employee_code = 'OTHER' WHERE u.code = '16681.VP'");
	assert_int_equal(file(f, "AD", "VP", "MC", &id), 0);
	for (size_t step = 0; step < ARRAY_LEN(steps); step++) {
		(void)snprintf(sql, sizeof(sql), "UPDATE sen.access_request SET stage_since = now() - interval '%s days 1 minute', stage_days = 3", steps[step]);
		side(sql);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(db_run(&f->op, request_inbox, &rows, P_STR(account_of(&f->op, (const char *const[]){ "OTHER", "W2", "P3" }[i])), P_NULL, P_I64(10)), 0);
			assert_int_equal(rows.n, i <= step);
		}
	}
	/* Not the nearest one, when that is whom it is for. */
	side("UPDATE sen.access_request SET stage_since = now()");
	assert_int_equal(db_run(&f->op, request_inbox, &rows, P_STR(account_of(&f->op, "VP")), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 0);
	side("DELETE FROM sen.admin_scope WHERE unit_id = (SELECT id FROM sen.unit WHERE code = '16681.VP')");
	assert_int_equal(db_run(&f->op, request_inbox, &rows, P_STR(account_of(&f->op, "W2")), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
}

static struct db_rows notices(struct fixture *f, const char *code, const char *state)
{
	struct db_rows rows;

	assert_int_equal(db_run(&f->op, notice_list, &rows, P_STR(account_of(&f->op, code)), state ? P_C(state) : P_NULL, P_NULL, P_NULL, P_I64(50)), 0);
	return rows;
}

static int64_t told_of(const char *kind, const char *code)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.notice n JOIN sen.account a ON a.id = n.account_id JOIN sen.person p ON p.id = a.person_id"
	               " WHERE n.kind = '%s' AND p.employee_code = '%s'", kind, code);
	return side_i64(sql);
}

/* Who has to know is told, once, and nobody else. */
static void test_notices(void **state)
{
	struct fixture *f = *state;
	struct str id, notice;
	struct db_rows rows;

	side("DELETE FROM sen.notice; DELETE FROM sen.notice_round; DELETE FROM sen.account_notice");
	/* What waits: whom it waits for, not who asked, whom it profits, or who is far above. */
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	side("SELECT sen.notices_run(); SELECT sen.notices_run()");
	assert_int_equal(told_of("request_waiting", "W2"), 1);
	assert_int_equal(told_of("request_waiting", "WA") + told_of("request_waiting", "VP") + told_of("request_waiting", "P2") + told_of("request_waiting", "OTHER"), 0);
	side("UPDATE sen.access_request SET stage_since = now() - stage_days * interval '1 day' - interval '1 minute'; SELECT sen.notices_run(); SELECT sen.notices_run()");
	assert_int_equal(told_of("request_escalated", "P2"), 1);
	assert_int_equal(told_of("request_escalated", "OTHER"), 0);

	/* An emergency: at once; to who will have to look at it, who asked, and whose account it is. */
	assert_int_equal(AS(f, "WA", emergency_ask, P_STR((id = fresh_id(&f->op))), P_NULL, S("VP"), S("P02"), S("TK"), P_NULL, S("Bão"), P_I64(6)), 0);
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(told_of("emergency_released", "VP"), 1);
	assert_int_equal(told_of("emergency_released", "WA"), 1);
	assert_int_equal(told_of("emergency_released", "P3"), 1);
	assert_int_equal(told_of("emergency_released", "OTHER"), 0);

	/* What ends by itself, two weeks before. */
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side("SELECT sen.notices_run()");
	assert_int_equal(told_of("grant_expires", "VP"), 0);
	side("UPDATE sen.access_grant SET valid_to = now() + interval '13 days' WHERE origin = 'direct'; SELECT sen.notices_run(); SELECT sen.notices_run()");
	assert_int_equal(told_of("grant_expires", "VP"), 1);
	assert_int_equal(told_of("grant_expires", "AD"), 1);

	/* A review that is about to close. */
	assert_int_equal(AS(f, "P2", review_begin, P_STR((id = fresh_id(&f->op))), P_NULL, S("RN"), S("RN"), S("grants"), S("16681"), S("P02"), S("low"), S("2099-01-01"), S("keep")), 0);
	side("SELECT sen.review_step(id, made_by) FROM sen.review_campaign; SELECT sen.notices_run()");
	assert_int_equal(told_of("review_begun", "WA"), 1);
	assert_int_equal(told_of("review_due", "WA"), 0);
	side("UPDATE sen.review_campaign SET deadline = now() + interval '6 days'; SELECT sen.notices_run()");
	assert_int_equal(told_of("review_due", "WA"), 1);
	assert_int_equal(told_of("review_due", "OTHER"), 0);

	/* Unused: the holder; when it is too late, those who may let them in. */
	side("UPDATE sen.admin_scope SET rights = rights || ARRAY['activate'] WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P2')");
	side("INSERT INTO sen.account_notice (account_id, kind, since) SELECT a.id, 'unused_report', '2026-01-01' FROM sen.account a JOIN sen.person n ON n.id = a.person_id AND n.employee_code = 'VP'");
	assert_int_equal(told_of("account_unused", "VP"), 1);
	assert_int_equal(told_of("account_unused", "P2"), 0);
	side("INSERT INTO sen.account_notice (account_id, kind, since) SELECT a.id, 'unused_disable', '2026-01-01' FROM sen.account a JOIN sen.person n ON n.id = a.person_id AND n.employee_code = 'VP'");
	assert_int_equal(told_of("account_disabled", "P2"), 1);
	side("UPDATE sen.admin_scope SET rights = array_remove(rights, 'activate'); DELETE FROM sen.account_notice");

	/* Read and acknowledged, by whom it is for. */
	rows = notices(f, "W2", "unread");
	assert_true(rows.n > 0);
	notice = arena_dup(f->op.arena, db_str(&rows, 0, 2));
	assert_int_equal(AS(f, "WA", notice_read, P_STR(notice), P_NULL), ERR_NOT_FOUND);
	assert_int_equal(AS(f, "WA", notice_acknowledge, P_STR(notice), P_NULL), ERR_NOT_FOUND);
	assert_int_equal(AS(f, "W2", notice_read, P_STR(notice), P_NULL), 0);
	assert_int_equal(notices(f, "W2", "unread").n, rows.n - 1);
	assert_int_equal(notices(f, "W2", "open").n, rows.n);
	assert_int_equal(AS(f, "W2", notice_acknowledge, P_STR(notice), P_NULL), 0);
	assert_int_equal(AS(f, "W2", notice_acknowledge, P_STR(notice), P_NULL), ERR_WRONG_STATE);
	assert_int_equal(notices(f, "W2", "open").n, rows.n - 1);
}

static struct db_rows suppose(struct fixture *f, const char *code, const struct governed_kind *kind, struct db_param *params, size_t n, size_t actor)
{
	const struct db_param list_params[] = { P_NULL, P_I64(100) };
	const struct governed_list list = { .query = supposed_list, .params = list_params, .n_params = ARRAY_LEN(list_params) };
	struct db_rows rows = { 0 };

	op_forgive(&f->op);
	json_decref(f->body);
	f->body = NULL;
	params[actor] = P_STR(account_of(&f->op, code));
	assert_int_equal(governed_suppose(&f->op, kind, params, n, &list, &f->body, &rows), 0);
	return rows;
}

/* Before saving: exactly what saving then does; and nothing of it is there before. */
static void test_rule_change_is_foreseen(void **state)
{
	struct fixture *f = *state;
	struct str rule = fresh_id(&f->op);
	struct db_param first[] = { P_STR(rule), P_NULL, P_NULL, P_NULL, P_NULL, S("16681"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/TK}"), P_NULL, P_NULL };
	struct db_param other[] = { P_STR(rule), P_NULL, P_STR(rule), P_NULL, P_NULL, S("16681"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/MC}"), P_NULL, P_NULL };
	struct db_rows rows = suppose(f, "P2", &rule_supposed, first, ARRAY_LEN(first), 1);
	int64_t n = (int64_t)rows.n;

	assert_true(n > 0);
	assert_int_equal(json_get_int(f->body, "added", -1), n);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.birthright_rule"), 0);
	assert_int_equal(AS(f, "P2", rule_draft, P_STR(rule), P_NULL, S("CV"), S("x"), S("b"), S("16681"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/TK}"), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(1)), 0);
	assert_int_equal(live_grants(), n);
	/* The rule that is there with another role: each loses one and gets the other. */
	rows = suppose(f, "P2", &rule_supposed, other, ARRAY_LEN(other), 1);
	assert_int_equal(rows.n, 2 * n);
	assert_int_equal(json_get_int(f->body, "removed", -1), n);
	assert_int_equal(live_grants(), n);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id WHERE r.code = 'MC'"), 0);
	/* Not what is not in reach. */
	assert_int_equal(AS(f, "WA", rule_supposed, P_STR(rule), P_NULL, P_STR(rule), P_NULL, P_NULL, S("16690"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/MC}"), P_NULL, P_NULL),
	                 ERR_OUT_OF_SCOPE);
}

DB_QUERY(post_of_grant_q, DB_READ, "SELECT post_id FROM sen.access_grant");
/* A grant that hangs on a post ends with it, without anything being written to it. */
static void test_post_end_is_foreseen(void **state)
{
	struct fixture *f = *state;
	struct db_rows rows;
	struct str post;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE post_id IS NOT NULL"), 1);
	assert_int_equal(db_run(&f->op, &post_of_grant_q, &rows), 0);
	post = arena_dup(f->op.arena, db_str(&rows, 0, 0));
	struct db_param params[] = { P_NULL, S("VP"), P_STR(post), P_STR(day(f, 5)), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL };
	rows = suppose(f, "P2", &post_supposed, params, ARRAY_LEN(params), 0);
	assert_int_equal(rows.n, 1);
	json_t *json = json_read(db_str(&rows, 0, 0), 4, NULL);
	assert_str_equal(json_get_str(json, "change"), "end");
	assert_str_equal(json_get_str(json, "role"), "MC");
	json_decref(json);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post WHERE NOT upper_inf(valid)"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_request_one_stage),
		TEST(test_request_two_stages),
		TEST(test_approval_asks_again),
		TEST(test_deputies),
		TEST(test_fifty_approvals_are_one_grant),
		TEST(test_duties),
		TEST(test_rules),
		TEST(test_rules_and_dates),
		TEST(test_rules_and_movements),
		TEST(test_rules_make_accounts),
		TEST(test_emergency),
		TEST(test_reviews),
		TEST(test_review_of_accounts),
		TEST(test_explain),
		TEST(test_cap_is_not_got_around),
		TEST(test_wrong_states_are_named),
		TEST(test_rule_takes_its_time),
		TEST(test_escalation),
		TEST(test_notices),
		TEST(test_rule_change_is_foreseen),
		TEST(test_post_end_is_foreseen),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
