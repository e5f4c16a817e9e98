#include "tests/db/governance/cataloguing.h"

#include "server/governance/granting.h"
#include "server/governance/lifecycle_move.h"

#include <stdio.h>

static const struct str tags[] = { STR("tiep-nhan"), STR("tra-ket-qua") };

static void give_scope(const char *employee, const char *unit)
{
	struct op op;
	char sql[1000];

	gov_begin(&op, gov_server);
	(void)snprintf(sql, sizeof(sql),
	               "UPDATE sen.account SET status = 'active' WHERE login = '%.*s';"
	               " INSERT INTO sen.admin_scope (account_id, id, unit_id, rights, granted_by) SELECT a.id, gen_random_uuid(), u.id, s.rights,"
	               " s.account_id FROM sen.account a, sen.unit u, sen.admin_scope s WHERE a.login = '%.*s' AND u.code = '%s' AND s.granted_by IS NULL",
	               STR_ARG(gov_login(&op, employee)), STR_ARG(gov_login(&op, employee)), unit);
	side(sql);
	gov_end(&op);
}

void add_department(void)
{
	side("INSERT INTO sen.unit (code, name, name_fold, kind, parent_id, valid_from, verified) SELECT 'NA-S01', 'Sở', 'so', 'department', id, '2025-07-01', true FROM sen.unit WHERE code = '40';"
	     " INSERT INTO sen.unit (code, name, name_fold, kind, parent_id, valid_from, verified) SELECT 'NA-S01.CNTT', 'Phòng', 'phong', 'division', id, '2025-07-01', true FROM sen.unit WHERE code = 'NA-S01';"
	     " SET search_path = sen, public; SELECT unit_repath(); RESET search_path");
}

int cataloguing_create(_unused_ void **state)
{
	int r = gov_create("catalogue");

	give_scope("WA", "40");
	give_scope("VP", "40");
	give_scope("OTHER", "16690");
	return r;
}

int cataloguing_set_up(void **state)
{
	struct fixture *f = test_malloc(sizeof(*f));

	side("DELETE FROM sen.access_grant; DELETE FROM sen.platform_gate; DELETE FROM sen.reference_document; DELETE FROM sen.platform_transition;"
	     " DELETE FROM sen.platform_milestone; DELETE FROM sen.guidance_acknowledgement; DELETE FROM sen.platform_guidance;"
	     " DELETE FROM sen.platform_rollout; DELETE FROM sen.platform_list_entry; DELETE FROM sen.platform_list;"
	     " DELETE FROM sen.role WHERE platform_id IN (SELECT id FROM sen.platform WHERE code LIKE 'N%'); UPDATE sen.role SET retired_at = NULL, retired_by = NULL;"
	     " UPDATE sen.platform SET replaced_by = NULL; DELETE FROM sen.platform WHERE code LIKE 'N%';"
	     " UPDATE sen.platform SET state = 'operating', moved_by = NULL WHERE code = 'P02'; DELETE FROM sen.dirty_account");
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	f->second = gov_principal(&f->op, "binhlt");
	f->third = gov_principal(&f->op, "phuongdt");
	f->ward = gov_principal(&f->op, "thuytt");
	*state = f;
	return 0;
}

int cataloguing_tear_down(void **state)
{
	struct fixture *f = *state;

	gov_end(&f->op);
	test_free(f);
	return 0;
}

struct catalogue_entry entry_for(const char *code)
{
	return (struct catalogue_entry){
		.code = str_c(code), .name = STR("Nền tảng thử nghiệm"), .kind = STR("provincial"), .managing_unit = STR("40"),
		.contact_name = STR("Nguyễn Văn An"), .description = STR("Quản lý cây xanh"), .functions = { tags, 2 }, .scopes = { tags, 1 },
		.expected_on = STR("2025-12-15"), .security_level = STR("3"), .target_scope = STR("all"),
	};
}

void add(struct fixture *f, const char *code)
{
	struct catalogue_entry entry = entry_for(code);

	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), 0);
}

int64_t version_of(struct fixture *f, const char *code)
{
	_json_ json_t *json = NULL;
	int64_t version;

	assert_int_equal(catalogue_get(&f->op, str_c(code), &json, &version), 0);
	return version;
}

int move(struct fixture *f, const struct principal *p, const char *code, const char *to)
{
	struct lifecycle_request request = {
		.platform = str_c(code), .to = str_c(to), .version = version_of(f, code), .decision_no = STR("12/QĐ-UBND"), .decision_on = STR("2026-01-05"),
		.reason = STR("Theo kết luận"), .completed_on = STR("2026-01-06"), .replacement = STR("P03"),
	};

	op_forgive(&f->op);
	return lifecycle_move(&f->op, p, &request);
}

void assert_blocked_by(struct fixture *f, const char *names)
{
	assert_int_equal(f->op.error.code, ERR_BLOCKED);
	assert_str_equal(f->op.error.args[0].value, names);
}

struct str grant_on(struct fixture *f, const char *employee, const char *platform, const char *role)
{
	const struct granting_request request = { .employee_code = str_c(employee), .platform = str_c(platform), .role = str_c(role), .basis = STR("QĐ 1") };
	struct grant grant;
	bool added;

	assert_int_equal(granting_add(&f->op, &f->admin, &request, &grant, &added), 0);
	return grant.account_id;
}
