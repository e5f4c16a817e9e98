#include "tests/db/governance/overlapping.h"

#include "server/governance/scoping.h"

int overlapping_create(_unused_ void **state)
{
	int r = gov_create("overlap");

	side("INSERT INTO sen.platform (code, name, name_fold, kind, state, managing_unit, verified, description) VALUES"
	     " ('C01', 'Hệ thống thư điện tử quốc gia', 'x', 'central', 'operating', '', true, 'Hộp thư công vụ cho cán bộ, công chức'),"
	     " ('P05', 'Phần mềm truyền thanh thông minh', 'x', 'provincial', 'operating', '40', true, 'Bản tin cơ sở'),"
	     " ('D10', 'Hộp thư công vụ tỉnh', 'x', 'proposed', 'proposed', '40', true, 'Cấp hộp thư cho cán bộ'),"
	     " ('D11', 'Hệ thống quản lý rừng', 'x', 'proposed', 'proposed', '40', true, 'Cảnh báo cháy rừng'),"
	     " ('D12', 'Đài truyền thanh ứng dụng viễn thông', 'x', 'proposed', 'proposed', '40', true, 'Truyền thanh, bản tin cơ sở')");
	return r;
}

struct principal second_admin(struct op *op, const struct principal *admin, const char *employee, const char *unit)
{
	static const struct str rights[] = { STR("read"), STR("catalogue"), STR("appraise"), STR("review") };
	struct scoping_request request = { .login = gov_login(op, employee), .unit = str_c(unit), .rights = rights, .n_rights = ARRAY_LEN(rights) };
	struct scope scope;
	bool added;

	assert_int_equal(scoping_add(op, admin, &request, &scope, &added), 0);
	return gov_principal(op, arena_cstr(op->arena, request.login));
}

int overlapping_set_up(void **state)
{
	struct fixture *f = test_malloc(sizeof(*f));

	side("DELETE FROM sen.overlap_finding; DELETE FROM sen.overlap_author; UPDATE sen.overlap_check SET stale = true;"
	     " DELETE FROM sen.local_software; DELETE FROM sen.software_need; DELETE FROM sen.platform_review_reminder; DELETE FROM sen.platform_review_task;"
	     " DELETE FROM sen.platform_review; UPDATE sen.platform SET state = 'proposed' WHERE code LIKE 'D1%';"
	     " UPDATE sen.platform SET description = 'Cấp hộp thư cho cán bộ' WHERE code = 'D10'");
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	f->second = second_admin(&f->op, &f->admin, "OTHER", "40");
	*state = f;
	return 0;
}

int overlapping_tear_down(void **state)
{
	struct fixture *f = *state;

	gov_end(&f->op);
	test_free(f);
	return 0;
}
