#include "tests/db/governance/acting.h"

#include "common/base/random.h"
#include "server/governance/duties.h"
#include "server/governance/granting.h"
#include "tests/unit/at_once.h"

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

int acting_create(_unused_ void **state)
{
	gov_create("governed");
	gov_import("persons", persons, NULL);
	side(scopes);
	return 0;
}

int acting_set_up(void **state)
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

int acting_tear_down(void **state)
{
	struct fixture *f = *state;

	json_decref(f->body);
	gov_end(&f->op);
	test_free(f);
	return 0;
}

struct str account_of(struct op *op, const char *code)
{
	return gov_principal(op, arena_cstr(op->arena, gov_login(op, code))).account_id;
}

struct principal principal_of(struct fixture *f, const char *code)
{
	return gov_principal(&f->op, arena_cstr(f->op.arena, gov_login(&f->op, code)));
}

struct str fresh_id(struct op *op)
{
	char uuid[UUID_TEXT_LEN + 1];

	random_uuid(uuid);
	return arena_dup_c(op->arena, uuid);
}

int as(struct fixture *f, const char *code, const struct governed_kind *kind, struct db_param *params, size_t n, size_t actor)
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

struct str member(struct fixture *f, const char *name)
{
	return arena_dup(f->op.arena, json_get_str(f->body, name));
}

int file(struct fixture *f, const char *who, const char *whom, const char *role, struct str *ret_id)
{
	*ret_id = fresh_id(&f->op);
	return AS(f, who, request_file, P_STR(*ret_id), P_NULL, P_C(whom), S("P02"), P_C(role), P_NULL, S("Tờ trình 1"), S("Cần xử lý hồ sơ"), P_NULL, P_NULL);
}

int decide(struct fixture *f, const char *who, const struct governed_kind *kind, struct str id, int64_t version)
{
	return AS(f, who, *kind, P_STR(id), P_NULL, P_I64(version), S("đồng ý"));
}

struct str day(struct fixture *f, int offset)
{
	time_t at = (time_t)f->op.now_s + 7 * 3600 + offset * 86400;
	struct tm tm;

	gmtime_r(&at, &tm);
	return arena_printf(f->op.arena, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

int stand_in(struct fixture *f, const char *who, const char *principal, const char *deputy)
{
	return AS(f, who, deputy_add, P_STR(fresh_id(&f->op)), P_NULL, P_STR(gov_login(&f->op, principal)), P_STR(gov_login(&f->op, deputy)), P_STR(day(f, -1)),
	          P_STR(day(f, 20)), S("Nghỉ phép"));
}

int64_t live_grants(void)
{
	return side_i64("SELECT count(*) FROM sen.live_grant");
}

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

int run_race(struct racer *racers)
{
	int won = 0;

	at_once(race, racers, N_PARALLEL, sizeof(racers[0]));
	for (int i = 0; i < N_PARALLEL; i++) {
		won += racers[i].result == 0;
		if (racers[i].result != 0 && racers[i].result != ERR_WRONG_STATE && racers[i].result != ERR_PRECONDITION_FAILED && racers[i].result != ERR_CONFLICT)
			fail_msg("a racer ended with %d", racers[i].result);
	}
	return won;
}

int add_duty(struct fixture *f, const char *severity, const char *within)
{
	return AS(f, "P2", duty_add, P_STR(fresh_id(&f->op)), P_NULL, S("TN1"), S("Tiếp nhận và theo dõi"), S("P02"), S("MC"), S("P02"), S("TK"), P_C(within),
	          P_C(severity), S("Quy chế 1"));
}

int grant_direct(struct fixture *f, const char *whom, const char *role)
{
	struct principal p = gov_principal(&f->op, "annv");
	struct granting_request request = { .employee_code = str_c(whom), .platform = STR("P02"), .role = str_c(role), .basis = STR("QĐ") };
	struct grant grant;
	bool added;

	op_forgive(&f->op);
	return granting_add(&f->op, &p, &request, &grant, &added);
}
