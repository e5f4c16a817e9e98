#include "tests/db/governance/staffing.h"

#include "server/governance/granting.h"
#include "server/governance/scoping.h"

#include <time.h>

int staffing_create(_unused_ void **state)
{
	int r = gov_create("personnel");

	gov_import("persons",
	           "employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n"
	           "AD2,Phạm Thị Hoa,cong_chuc,1980-01-02,40,Phó Chánh Văn phòng,main,2025-07-01,,9/QĐ,\n", NULL);
	return r;
}

void staffing_reset(void)
{
	side("DELETE FROM sen.import_run; DELETE FROM sen.shared_use; DELETE FROM sen.shared_member; DELETE FROM sen.shared_account; DELETE FROM sen.vanished;"
	     " DELETE FROM sen.account_due; DELETE FROM sen.account_grace; DELETE FROM sen.account_stop; DELETE FROM sen.movement;"
	     " DELETE FROM sen.access_grant; DELETE FROM sen.admin_scope WHERE granted_by IS NOT NULL; DELETE FROM sen.account_notice; DELETE FROM sen.notice;"
	     " DELETE FROM sen.account_use; DELETE FROM sen.session; DELETE FROM sen.activation;"
	     " DELETE FROM sen.account WHERE login <> 'annv'; DELETE FROM sen.post WHERE decision_no !~ '^[1-9]/QĐ$' OR kind <> 'main';"
	     " UPDATE sen.post SET valid = daterange('2025-07-01', NULL), rank = 'staff'; UPDATE sen.person SET legal_hold = false;"
	     " DELETE FROM sen.handover_rule; DELETE FROM sen.grace_rule; DELETE FROM sen.post_version;"
	     " UPDATE sen.personnel_policy SET admin_accounts_only = false, unused_report_days = 30, unused_disable_days = 45");
}

int staffing_set_up(void **state)
{
	static const struct str rights[] = { STR("read"), STR("grant"), STR("revoke"), STR("activate"), STR("approve"), STR("personnel"),
		                             STR("import"), STR("rules"), STR("unmask") };
	struct fixture *f = test_malloc(sizeof(*f));
	struct scoping_request gift = { .unit = STR("40"), .rights = rights, .n_rights = ARRAY_LEN(rights) };
	struct scope scope;
	bool added;

	staffing_reset();
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	gift.login = gov_login(&f->op, "AD2");
	assert_int_equal(scoping_add(&f->op, &f->admin, &gift, &scope, &added), 0);
	f->second = gov_principal(&f->op, arena_cstr(f->op.arena, gift.login));
	side("UPDATE sen.account SET status = 'active', activated_at = now()");
	*state = f;
	return 0;
}

int staffing_tear_down(void **state)
{
	struct fixture *f = *state;

	gov_end(&f->op);
	test_free(f);
	return 0;
}

struct str on_day(struct fixture *f, int days)
{
	time_t t = (time_t)f->op.now_s + 7 * 3600 + (time_t)days * 86400;
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(f->op.arena, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

struct movement_request request(struct fixture *f, enum lc_event_kind kind, const char *code, int days)
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

int apply(struct fixture *f, const struct principal *p, const struct movement_request *m)
{
	struct movement_result result;
	int r;

	op_forgive(&f->op);
	r = movement_apply(&f->op, p, m, &result);
	json_decref(result.consequences);
	return r;
}

void move(struct fixture *f, enum lc_event_kind kind, const char *code, int days)
{
	struct movement_request m = request(f, kind, code, days);

	if (apply(f, &f->admin, &m) < 0)
		fail_msg("%s %s: %s %.*s", lc_event_name(kind), code, f->op.error.text, STR_ARG(f->op.error.detail));
}

void give(struct fixture *f, const char *code, const char *platform, const char *role, const char *unit)
{
	struct granting_request g = { .employee_code = str_c(code), .platform = str_c(platform), .role = str_c(role), .basis = STR("QĐ"), .unit = str_c(unit) };
	struct grant grant;
	bool added;

	op_forgive(&f->op);
	if (granting_add(&f->op, &f->admin, &g, &grant, &added) < 0)
		fail_msg("grant: %s %.*s", f->op.error.text, STR_ARG(f->op.error.detail));
	side("UPDATE sen.account SET status = 'active', activated_at = now() WHERE status = 'pending'");
}
