/* The catalogue on PostgreSQL, with the rights of the server's role: entries and roles, and who is woken by a change. */
#include "server/governance/granting.h"
#include "tests/db/governance/cataloguing.h"

#include <stdio.h>

static void test_entry(void **state)
{
	struct fixture *f = *state;
	struct catalogue_entry entry = entry_for("N01");
	_json_ json_t *json = NULL;
	int64_t version, audited = side_i64("SELECT count(*) FROM sen.audit WHERE action IN ('platform.add', 'platform.edit')");

	add(f, "N01");
	assert_int_equal(catalogue_get(&f->op, STR("N01"), &json, &version), 0);
	assert_int_equal(version, 1);
	assert_str_equal(json_get_str(json, "state"), "proposed");
	assert_str_equal(json_get_str(json, "expected"), "12/2025");
	assert_str_equal(json_get_str(json, "expected_on"), "2025-12-01");
	assert_true(json_get_bool(json, "overdue", false));
	assert_false(json_get_bool(json, "verified", true));
	assert_str_equal(json_get_str(json_object_get(json, "gates"), "security"), "missing");
	/* Of two who saw the same, one is told. */
	entry.name = STR("Tên mới");
	assert_int_equal(catalogue_edit(&f->op, &f->second, &entry, version), 0);
	assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, version), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	/* A real date: no longer overdue. */
	entry.completed_on = STR("2026-02-01");
	assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, version + 1), 0);
	assert_int_equal(side_i64("SELECT sen.platform_is_overdue(expected_on, completed_on, state)::int FROM sen.platform WHERE code = 'N01'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action IN ('platform.add', 'platform.edit')"), audited + 3);
	/* The code is taken. */
	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), ERR_CONFLICT);
}

static void test_who_may_write(void **state)
{
	static const struct {
		const char *kind, *unit;
		bool by_ward;
		int expected;
	} rows[] = {
		/* A commune never, neither as manager nor as administrator. */
		{ "provincial", "16690", false, ERR_OUT_OF_SCOPE },
		{ "provincial", "16681.VP", false, ERR_OUT_OF_SCOPE },
		{ "provincial", "16690", true, ERR_OUT_OF_SCOPE },
		{ "provincial", "40", true, ERR_OUT_OF_SCOPE },
		{ "central", "Bộ Công an", true, ERR_OUT_OF_SCOPE },
		{ "proposed", "16690", true, ERR_OUT_OF_SCOPE },
		/* Only a ministry is none of our units. */
		{ "provincial", "Bộ Công an", false, ERR_UNKNOWN_UNIT },
		{ "sector", "99999", false, ERR_UNKNOWN_UNIT },
		{ "central", "Bộ Công an", false, 0 },
		{ "central", "40", false, ERR_INVALID_VALUE },
		/* A department owns what is of its sector. */
		{ "sector", "40", false, ERR_INVALID_VALUE },
		{ "sector", "NA-S01", false, 0 },
		{ "sector", "NA-S01.CNTT", false, 0 },
	};
	struct fixture *f = *state;

	add_department();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char code[8];
		struct catalogue_entry entry;

		print_message("row %zu\n", i);
		(void)snprintf(code, sizeof(code), "N%zu", i);
		entry = entry_for(code);
		entry.kind = str_c(rows[i].kind);
		entry.managing_unit = str_c(rows[i].unit);
		op_forgive(&f->op);
		assert_int_equal(catalogue_add(&f->op, rows[i].by_ward ? &f->ward : &f->admin, &entry), rows[i].expected);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code LIKE 'N%'"), 3);
}

/* A milestone names units; each code must be one. */
static void test_plan(void **state)
{
	static const struct str wards[] = { STR("16690"), STR("16681"), STR("16690") }, wrong[] = { STR("16690"), STR("99999") };
	struct milestone m = { .name = STR("Đợt 1"), .units = STR("Các phường"), .due_on = STR("2026-12-31"), .responsible = STR("Lê Thị Bình"), .target_units = { wards, 3 } };
	struct fixture *f = *state;
	_json_ json_t *json = NULL;
	int64_t version;

	add(f, "N01");
	assert_int_equal(catalogue_plan_set(&f->op, &f->admin, STR("N01"), 1, &m, 1), 0);
	m.target_units = (struct str_list){ wrong, 2 };
	assert_int_equal(catalogue_plan_set(&f->op, &f->admin, STR("N01"), 2, &m, 1), ERR_UNKNOWN_UNIT);
	op_forgive(&f->op);
	assert_int_equal(catalogue_get(&f->op, STR("N01"), &json, &version), 0);
	const json_t *units = json_object_get(json_array_get(json_object_get(json, "plan"), 0), "target_units");
	assert_int_equal(json_array_size(units), 2);
	assert_string_equal(json_string_value(json_array_get(units, 0)), "16681");
}

static bool is_listed(struct fixture *f)
{
	_json_ json_t *json = NULL;
	int64_t version;

	assert_int_equal(catalogue_get(&f->op, STR("P02"), &json, &version), 0);
	return json_get_bool(json, "listed", false);
}

static int64_t announced(struct fixture *f, const char *name)
{
	_json_ json_t *array = NULL;

	assert_int_equal(catalogue_announced(&f->op, &array), 0);
	assert_int_equal(json_array_size(array), 1);
	assert_str_equal(json_get_str(json_array_get(array, 0), "unit"), "40");
	return json_get_int(json_array_get(array, 0), name, -1);
}

/* In the list of its own province; and the total that was announced is not the number of those that are known. */
static void test_promulgated(void **state)
{
	static const char list[] = "INSERT INTO sen.platform_list (unit_id, title, announced_total, decision_no, signed_on, signer, effective_on, created_by, changed_by, recorded_by)"
		" SELECT u.id, 'x', 45, '9/QĐ-UBND', '2026-01-01', 'y', '2026-01-01', a.id, a.id, a.id FROM sen.unit u, sen.account a WHERE a.login = 'annv' AND u.code = '%s';"
		" INSERT INTO sen.platform_list_entry SELECT id, 'P02', '{}' FROM sen.platform_list";
	struct fixture *f = *state;
	char sql[1000];

	assert_int_equal(announced(f, "total"), 42);
	assert_int_equal(announced(f, "known"), 2);
	assert_false(is_listed(f));
	/* Another province's list says nothing about ours. */
	side("INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified) VALUES ('38', 'Tỉnh khác', 'tinh khac', 'province', '2025-07-01', true);"
	     " SET search_path = sen, public; SELECT unit_repath(); RESET search_path");
	(void)snprintf(sql, sizeof(sql), list, "38");
	side(sql);
	assert_false(is_listed(f));
	side("DELETE FROM sen.platform_list_entry; DELETE FROM sen.platform_list; DELETE FROM sen.unit WHERE code = '38'");
	(void)snprintf(sql, sizeof(sql), list, "40");
	side(sql);
	assert_true(is_listed(f));
	assert_int_equal(announced(f, "total"), 45);
	assert_int_equal(announced(f, "known"), 2);
}

/* An entry cannot be handed to a commune, nor written by somebody whose scope does not hold it. */
static void test_edit_beyond(void **state)
{
	struct fixture *f = *state;
	struct catalogue_entry entry = entry_for("N01");

	add(f, "N01");
	assert_int_equal(catalogue_edit(&f->op, &f->ward, &entry, 1), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	entry.managing_unit = STR("16690");
	assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, 1), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	entry.code = STR("DIR");
	assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, 1), ERR_UNKNOWN_PLATFORM);
	/* What an import left with a commune is not for its administrator either. */
	side("UPDATE sen.platform SET managing_unit = '16690' WHERE code = 'N01'");
	op_forgive(&f->op);
	entry = entry_for("N01");
	assert_int_equal(catalogue_edit(&f->op, &f->ward, &entry, version_of(f, "N01")), ERR_OUT_OF_SCOPE);
}

static void test_editing_wakes_nobody(void **state)
{
	struct fixture *f = *state;

	(void)grant_on(f, "VP", "P02", "MC");
	side("DELETE FROM sen.dirty_account");
	side("UPDATE sen.platform SET contact_name = 'x', description = 'y' WHERE code = 'P02'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 0);
	side("UPDATE sen.platform SET name = name || '.' WHERE code = 'P02'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account WHERE prio = 1"), 1);
}

static void test_roles(void **state)
{
	struct fixture *f = *state;
	struct catalogue_role role = { .platform = STR("P02"), .code = STR("NMOI"), .name = STR("Vai trò mới"), .sensitivity = STR("normal") };
	const struct granting_request request = { .employee_code = STR("OTHER"), .platform = STR("P02"), .role = STR("NMOI"), .basis = STR("QĐ 1") };
	struct grant grant;
	int64_t n = 0, epoch;
	bool added;

	side("DELETE FROM sen.role WHERE code = 'NMOI'");
	assert_int_equal(catalogue_role_add(&f->op, &f->ward, &role), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(catalogue_role_add(&f->op, &f->admin, &role), 0);
	role.name = STR("Vai trò đổi tên");
	assert_int_equal(catalogue_role_edit(&f->op, &f->second, &role, 1), 0);
	assert_int_equal(catalogue_role_edit(&f->op, &f->admin, &role, 1), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	(void)grant_on(f, "VP", "P02", "NMOI");
	epoch = side_i64("SELECT epoch FROM sen.account WHERE login = 'phuongdt'");
	/* Not by accident over the heads of those who hold it. */
	assert_int_equal(catalogue_role_retire(&f->op, &f->admin, &role, 2, false, STR("Bỏ"), &n), ERR_BLOCKED);
	op_forgive(&f->op);
	assert_int_equal(catalogue_role_retire(&f->op, &f->admin, &role, 2, true, STR("Bỏ"), &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(side_i64("SELECT epoch FROM sen.account WHERE login = 'phuongdt'"), epoch + 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoke_reason = 'Bỏ'"), 1);
	assert_int_equal(granting_add(&f->op, &f->admin, &request, &grant, &added), ERR_UNKNOWN_ROLE);
	op_forgive(&f->op);
	assert_int_equal(catalogue_role_retire(&f->op, &f->admin, &role, 3, true, STR("Bỏ"), &n), ERR_WRONG_STATE);
}

struct granter {
	const struct principal *p;
	int result;
};

static void *grant_role(void *arg)
{
	const struct granting_request request = { .employee_code = STR("OTHER"), .platform = STR("P02"), .role = STR("NDUA"), .basis = STR("QĐ 1") };
	struct granter *g = arg;
	struct grant grant;
	struct op op;
	bool added;

	do {
		gov_begin(&op, gov_server);
		g->result = granting_add(&op, g->p, &request, &grant, &added);
		gov_end(&op);
	} while (g->result == ERR_UNAVAILABLE);
	return NULL;
}

/* Whoever comes first: no grant of a retired role is left. */
static void test_granting_while_retiring(void **state)
{
	struct fixture *f = *state;
	struct catalogue_role role = { .platform = STR("P02"), .code = STR("NDUA"), .name = STR("Vai trò"), .sensitivity = STR("normal") };

	for (int round = 0; round < 10; round++) {
		struct granter granter = { .p = &f->admin };
		pthread_t thread;
		int64_t n;

		side("DELETE FROM sen.access_grant; DELETE FROM sen.role WHERE code = 'NDUA'");
		op_forgive(&f->op);
		assert_int_equal(catalogue_role_add(&f->op, &f->admin, &role), 0);
		assert_int_equal(pthread_create(&thread, NULL, grant_role, &granter), 0);
		assert_int_equal(catalogue_role_retire(&f->op, &f->admin, &role, 1, true, STR("Bỏ"), &n), 0);
		pthread_join(thread, NULL);
		assert_true(granter.result == 0 || granter.result == ERR_UNKNOWN_ROLE || granter.result == ERR_INVALID_VALUE);
		assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL"), 0);
	}
	/* The database itself refuses, however it is asked. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.role WHERE code = 'NDUA' AND retired_at IS NOT NULL"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CATALOGUING_TEST(test_entry),
		CATALOGUING_TEST(test_who_may_write),
		CATALOGUING_TEST(test_edit_beyond),
		CATALOGUING_TEST(test_plan),
		CATALOGUING_TEST(test_promulgated),
		CATALOGUING_TEST(test_editing_wakes_nobody),
		CATALOGUING_TEST(test_roles),
		CATALOGUING_TEST(test_granting_while_retiring),
	};

	return cmocka_run_group_tests(tests, cataloguing_create, gov_drop);
}
