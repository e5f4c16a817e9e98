#include "tests/db/governance/replacing.h"

#include "server/governance/granting.h"
#include "server/governance/scoping.h"

#include <stdio.h>

int replacing_create(_unused_ void **state)
{
	char persons[16384];
	size_t n;
	int r = gov_create("replacement");

	n = (size_t)snprintf(persons, sizeof(persons), "employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n");
	for (int i = 0; i < N_PERSONS; i++)
		n += (size_t)snprintf(persons + n, sizeof(persons) - n, "E%d,Trần Văn Nam %d,cong_chuc,,%s,Chuyên viên,main,2025-07-01,,9/QĐ,\n", i, i,
		                      i % 2 ? "16681" : "16690");
	gov_import("persons", persons, NULL);
	gov_import("roles", "platform_code,code,name,level,sensitivity,verified\nP02,XEM,Chỉ xem,,low,chưa xác minh\nP03,QT,Quản trị,,high,chưa xác minh\n", NULL);
	/* This authority gives it, and scopes over it, without a request. */
	side("UPDATE sen.grant_policy SET direct = true WHERE sensitivity = 'high'");
	return r;
}

struct principal administrator(struct op *op, const struct principal *by, const char *employee, const char *unit)
{
	static const struct str rights[] = { STR("read"), STR("grant"), STR("revoke"), STR("catalogue"), STR("approve"), STR("appraise") };
	struct scoping_request request = { .login = gov_login(op, employee), .unit = str_c(unit), .rights = rights, .n_rights = ARRAY_LEN(rights) };
	struct scope scope;
	bool added;

	assert_int_equal(scoping_add(op, by, &request, &scope, &added), 0);
	return gov_principal(op, arena_cstr(op->arena, request.login));
}

void grant(struct fixture *f, const char *employee, const char *platform, const char *role)
{
	struct granting_request request = { .employee_code = str_c(employee), .platform = str_c(platform), .role = str_c(role), .basis = STR("1/QĐ") };
	struct grant granted;
	bool added;

	assert_int_equal(granting_add(&f->op, &f->admin, &request, &granted, &added), 0);
}

int replacing_set_up(void **state)
{
	struct fixture *f = test_malloc(sizeof(*f));
	char employee[16];

	side("DELETE FROM sen.replacement_item; DELETE FROM sen.replacement_change; DELETE FROM sen.replacement_role; DELETE FROM sen.replacement;"
	     " DELETE FROM sen.access_grant; DELETE FROM sen.birthright_version; DELETE FROM sen.birthright_rule; DELETE FROM sen.binding;"
	     " DELETE FROM sen.platform_transition; UPDATE sen.account SET epoch = 1;"
	     " UPDATE sen.platform SET state = CASE code WHEN 'P02' THEN 'reviewing' ELSE 'operating' END, replaced_by = NULL, moved_by = NULL"
	     " WHERE code IN ('P02', 'P03')");
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	f->second = administrator(&f->op, &f->admin, "OTHER", "40");
	for (int i = 0; i < N_PERSONS; i++) {
		(void)snprintf(employee, sizeof(employee), "E%d", i);
		grant(f, employee, "P02", "MC");
	}
	side("DELETE FROM sen.dirty_account; UPDATE sen.account SET status = 'active'");
	*state = f;
	return 0;
}

int replacing_tear_down(void **state)
{
	struct fixture *f = *state;

	gov_end(&f->op);
	test_free(f);
	return 0;
}

const struct replacement_decision the_decision = { STR("77/QĐ-UBND"), STR("2026-01-05") };

static const struct replacement_role map[] = { { STR("MC"), STR("ND") }, { STR("TK"), { NULL, 0 } }, { STR("XEM"), { NULL, 0 } } };

struct replacement_new plan_of(const char *unit, const char *cutover)
{
	return (struct replacement_new){ .old_platform = STR("P02"), .new_platform = STR("P03"), .unit = str_c(unit), .cutover_on = str_c(cutover),
		                         .basis = STR("Quyết định 77/QĐ-UBND"), .read_only_role = STR("XEM"), .roles = map, .n_roles = ARRAY_LEN(map),
		                         .no_handover = unit ? STR_NULL : STR("Không có dữ liệu riêng"), .is_automatic = true };
}

void approved(struct fixture *f, const struct replacement_new *plan)
{
	assert_int_equal(replacement_draw(&f->op, &f->admin, plan, &f->id), 0);
	assert_int_equal(replacement_submit(&f->op, &f->admin, f->id, 1), 0);
	assert_int_equal(replacement_approve(&f->op, &f->second, f->id, 2, &the_decision), 0);
}

int run(struct fixture *f, enum replacement_step step, size_t limit, struct replacement_run *ret)
{
	op_forgive(&f->op);
	return replacement_run(&f->op, &f->second, f->id, step, limit, ret);
}

void all_seen(void)
{
	side("DELETE FROM sen.dirty_account; INSERT INTO sen.binding (account_id, platform_id, want_active, seen_active)"
	     " SELECT DISTINCT account_id, platform_id, true, true FROM sen.live_grant WHERE role_code = 'ND' ON CONFLICT DO NOTHING");
}
