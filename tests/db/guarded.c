#include "tests/db/guarded.h"

#include "provisioning/deletion_store.h"

static const char facts_sql[] =
	FACT_UNIT
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified, parent_id)"
	" SELECT '40.1', 'Sở', 'so', 'department', '2025-07-01', true, id FROM sen.unit;"
	FACT_P02
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (2, 'MC', 'Một cửa', 'normal', true), (2, 'TK', 'Tra cứu', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), 'NV' || to_char(i, 'FM000'), 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(0, 299) i;"
	"INSERT INTO sen.post SELECT id, gen_random_uuid(), (SELECT id FROM sen.unit WHERE code = CASE WHEN employee_code < 'NV100' THEN '40.1' ELSE '40' END),"
	" 'Chuyên viên', 'main', '[2025-07-01,)', 'QĐ 1' FROM sen.person;"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person;"
	"CREATE FUNCTION give(who text, what text) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT a.id, gen_random_uuid(), r.id, 1, 'QĐ', now() - interval '2 hours', (SELECT g.id FROM sen.account g WHERE g.login = CASE WHEN a.login = 'nv299' THEN 'nv298' ELSE 'nv299' END) FROM sen.account a, sen.role r WHERE a.login ~ who AND r.code = what $$;"
	"CREATE FUNCTION take(who text, what text) RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.access_grant SET revoked_at = now(), revoked_by = (SELECT id FROM sen.account WHERE login = 'nv000')"
	" WHERE account_id IN (SELECT id FROM sen.account WHERE login ~ who) AND role_id = (SELECT id FROM sen.role WHERE code = what) AND revoked_at IS NULL $$;"
	/* As if a worker had brought all of it there. */
	"CREATE FUNCTION settle() RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.binding SET state = 0, seen_hash = want_hash, seen_active = want_active, seen_gen = want_gen, ext_id = coalesce(ext_id, 'x'), due_at = NULL"
	" WHERE state = 1 $$;"
	"CREATE VIEW on_p02 AS SELECT b.*, a.login FROM sen.binding b JOIN sen.account a ON a.id = b.account_id WHERE b.platform_id = 2;";

int guarded_create(_unused_ void **state)
{
	return migrated_open("guard", facts_sql, N_THREADS + 1);
}

struct guard_opened judge_all(struct arena *a)
{
	struct guard_opened opened, first = { 0 };
	bool judged = true;
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	while (judged) {
		assert_int_equal(guard_run(&op, &judged, &opened), 0);
		if (opened.id > 0 && str_equal(opened.platform, STR("P02")))
			first = opened;
	}
	db_op_done(&op);
	return first;
}

size_t apply(struct arena *a)
{
	struct op op;
	size_t n;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(guard_apply(&op, &n), 0);
	db_op_done(&op);
	return n;
}

void run_deletions(struct arena *a)
{
	struct op op;
	size_t n;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(deletion_run(&op, &n), 0);
	db_op_done(&op);
}

int guarded_begin(void **state)
{
	unit_arena_setup(state);
	side("UPDATE sen.person SET legal_hold = false WHERE legal_hold; UPDATE sen.account SET status = 'pending' WHERE status <> 'pending';"
	     " UPDATE sen.platform SET state = 'operating' WHERE id = 2 AND state <> 'operating'; DELETE FROM sen.access_grant; DELETE FROM sen.dirty_account;"
	     " DELETE FROM sen.binding; DELETE FROM sen.hold_author; DELETE FROM sen.hold; DELETE FROM sen.guard_size; DELETE FROM sen.provisioning_policy;"
	     " SELECT give('.', 'MC'); SELECT give('[02468]$', 'TK')");
	plan_all(*state);
	side("SELECT settle()");
	return 0;
}

void everybody_again(void **state)
{
	unit_arena_teardown(state);
	guarded_begin(state);
}
