#include "tests/db/governance/reorgdb.h"

#include <stdio.h>

/* Communes 20000…20129 with three divisions each, officials with grants, administrators of single communes; a second administrator. */
static const char facts_sql[] =
	"SET search_path = sen, public;"
	"INSERT INTO unit (code, name, name_fold, kind, parent_id, valid_from, verified)"
	" SELECT (20000 + n)::text, 'Xã ' || n, 'xa ' || n, 'commune', (SELECT id FROM unit WHERE code = '40'), '2025-07-01', true FROM generate_series(0, 129) n;"
	"INSERT INTO unit (code, name, name_fold, kind, parent_id, valid_from, verified)"
	" SELECT c.code || d.s, d.name, lower(d.name), 'division', c.id, '2025-07-01', true FROM unit c,"
	" (VALUES ('.VP', 'Van phong'), ('.KT', 'Phong kinh te'), ('.HCC', 'Trung tam')) d (s, name) WHERE c.kind = 'commune';"
	"SELECT unit_repath();"
	"INSERT INTO person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), 'R' || n, 'cong_chuc', 'Nguyễn', 'Văn', 'An', 'Nguyễn Văn An', 'nguyen van an' FROM generate_series(0, 5999) n;"
	"INSERT INTO post (person_id, id, unit_id, title, kind, valid, decision_no)"
	" SELECT p.id, gen_random_uuid(), u.id, 'Chuyên viên', 'main', daterange('2025-07-01', NULL), '1/QĐ'"
	" FROM (SELECT id, row_number() OVER (ORDER BY employee_code) - 1 AS n FROM person WHERE employee_code ~ '^R') p"
	" JOIN (SELECT id, row_number() OVER (ORDER BY code) - 1 AS n FROM unit WHERE code ~ '^20') u ON u.n = p.n % 520;"
	/* Every seventh holds the same post in the neighbouring commune too: it becomes one with the first. */
	"INSERT INTO post (person_id, id, unit_id, title, kind, valid, decision_no)"
	" SELECT o.person_id, gen_random_uuid(), v.id, 'Chuyên viên', 'concurrent', daterange('2025-07-01', CASE WHEN random() < 0.5 THEN DATE '2030-01-01' END), '2/QĐ'"
	" FROM post o JOIN unit u ON u.id = o.unit_id JOIN unit v ON v.code = (left(u.code, 5)::integer # 1)::text || substr(u.code, 6)"
	" JOIN person p ON p.id = o.person_id WHERE p.employee_code ~ '^R' AND hashtext(p.employee_code) % 7 = 0;"
	"INSERT INTO account (id, person_id, login, status) SELECT gen_random_uuid(), id, 'r' || substr(employee_code, 2), 'active' FROM person WHERE employee_code ~ '^R';"
	"INSERT INTO access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, granted_by, post_id)"
	" SELECT a.id, gen_random_uuid(), r.id, CASE WHEN r.code = 'TK' THEN coalesce(c.id, u.id) ELSE u.id END, 'x', now() - interval '1 day',"
	" CASE WHEN hashtext(a.login) % 5 = 0 THEN now() + interval '90 days' END, g.id,"
	" CASE WHEN hashtext(a.login || r.code) % 4 <> 0 THEN o.id END"
	" FROM account a JOIN post o ON o.person_id = a.person_id AND a.login ~ '^r[0-9]' JOIN unit u ON u.id = o.unit_id"
	" LEFT JOIN unit c ON c.id = u.parent_id AND c.kind = 'commune' CROSS JOIN role r CROSS JOIN (SELECT id FROM account WHERE login = 'annv') g"
	" WHERE r.code IN ('MC', 'TK', 'ND') ON CONFLICT DO NOTHING;"
	"INSERT INTO admin_scope (account_id, id, unit_id, rights, granted_by)"
	" SELECT a.id, gen_random_uuid(), u.id, ARRAY['read', 'grant'], (SELECT id FROM account WHERE login = 'annv')"
	" FROM unit u JOIN account a ON a.login = 'r' || substr(u.code, 2, 4)::integer % 1000 WHERE u.kind = 'commune' AND u.code ~ '^20';"
	/* The administrator of 20000 has 20001 too: what he has follows to the unit that both become. */
	"INSERT INTO admin_scope (account_id, id, unit_id, rights, granted_by) SELECT s.account_id, gen_random_uuid(), v.id, s.rights, s.granted_by"
	" FROM admin_scope s JOIN unit u ON u.id = s.unit_id AND u.code = '20000' JOIN unit v ON v.code = '20001';"
	"INSERT INTO account (id, person_id, login, status) SELECT gen_random_uuid(), id, 'second', 'active' FROM person WHERE employee_code = 'OTHER';"
	"INSERT INTO admin_scope (account_id, id, unit_id, rights, granted_by) SELECT a.id, gen_random_uuid(), u.id, s.rights, s.account_id"
	" FROM account a, unit u, admin_scope s WHERE a.login = 'second' AND u.code = '40' AND s.granted_by IS NULL;"
	"ANALYZE";

static struct db *provisioner;

struct db *open_as_provisioner(void)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	const struct db_config config = { .conninfo = arena_printf(a, "%s options='-c role=sen_provisioner'", dbtest_conninfo()),
		.program = DBTEST_PROGRAM, .pool_size = 4, .statement_timeout_ms = 60000, .audit_chain = 20 };
	struct str message = STR("");
	struct db *db = NULL;

	if (db_open(&config, &db, &message, a) < 0)
		fail_msg("db_open: %.*s", STR_ARG(message));
	return db;
}

int reorgdb_create(_unused_ void **state)
{
	gov_create("reorganising");
	side(facts_sql);
	provisioner = open_as_provisioner();
	return 0;
}

int reorgdb_drop(void **state)
{
	db_close(provisioner);
	return gov_drop(state);
}

/* Back to what it was before each test. */
int reorgdb_set_up(_unused_ void **state)
{
	side("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept;"
	     "CREATE TABLE kept.post AS SELECT * FROM sen.post; CREATE TABLE kept.access_grant AS SELECT * FROM sen.access_grant;"
	     "CREATE TABLE kept.admin_scope AS SELECT * FROM sen.admin_scope; CREATE TABLE kept.unit AS SELECT * FROM sen.unit;"
	     "CREATE TABLE kept.moment AS SELECT clock_timestamp() AS at");
	return 0;
}

int reorgdb_tear_down(_unused_ void **state)
{
	side("TRUNCATE sen.reorganisation, sen.reorganisation_op, sen.reorganisation_root, sen.reorganisation_unit, sen.reorganisation_finding,"
	     " sen.reorganisation_exception, sen.unit_successor, sen.unit_was, sen.grant_was, sen.account_was;"
	     "SET session_replication_role = replica;"
	     "DELETE FROM sen.post; TRUNCATE sen.post_version; INSERT INTO sen.post SELECT * FROM kept.post;"
	     "DELETE FROM sen.access_grant; INSERT INTO sen.access_grant SELECT * FROM kept.access_grant;"
	     "DELETE FROM sen.admin_scope; INSERT INTO sen.admin_scope SELECT * FROM kept.admin_scope;"
	     "DELETE FROM sen.unit u WHERE NOT EXISTS (SELECT FROM kept.unit k WHERE k.id = u.id);"
	     "UPDATE sen.unit u SET code = k.code, name = k.name, parent_id = k.parent_id, valid_to = k.valid_to, path = k.path FROM kept.unit k WHERE k.id = u.id;"
	     "SET session_replication_role = DEFAULT; ANALYZE");
	return 0;
}

struct str merges_of(struct arena *a, int n_communes)
{
	_json_ json_t *steps = json_new_array();

	for (int n = 0; n < n_communes; n += 2) {
		json_t *step = json_pack("{s:s, s:[o, o], s:[{s:o, s:o}]}", "kind", "merge", "from",
		                         json_from_str(arena_printf(a, "%d", 20000 + n)), json_from_str(arena_printf(a, "%d", 20001 + n)), "into",
		                         "code", json_from_str(arena_printf(a, "%d", 30000 + n)), "name", json_from_str(arena_printf(a, "Xã mới %d", n)));

		json_array_append_new(steps, step);
	}
	return json_write(a, steps, false);
}

struct reorg_draft draft_of(struct op *op, struct str steps_json)
{
	_json_ json_t *json = json_read(steps_json, 8, NULL);
	struct reorg_steps *steps = ARENA_NEW(op->arena, struct reorg_steps);

	assert_int_equal(reorg_steps_read(op, json, steps), 0);
	return (struct reorg_draft){ .title = STR("Sắp xếp đơn vị hành chính cấp xã"), .decision_no = STR("15/NQ-HĐND"), .decision_on = STR("2026-11-20"),
		.effective_on = STR("2026-11-01"), .execute_at = STR("2026-11-02T00:00:00+07:00"), .steps_json = steps_json, .steps = steps };
}

void draw_up(struct op *op, struct str steps, struct reorg *ret)
{
	struct principal p = gov_principal(op, "annv");
	struct reorg_draft draft = draft_of(op, steps);

	if (reorganising_draw_up(op, &p, &draft, ret) < 0)
		fail_msg("%s %.*s", op->error.text, STR_ARG(op->error.detail));
}

void plan(struct op *op, struct reorg *r)
{
	struct principal p = gov_principal(op, "annv");
	int64_t from_ms = clock_mono_ms();

	if (reorganising_plan(op, &p, r, r) < 0)
		fail_msg("%s %.*s", op->error.text, STR_ARG(op->error.detail));
	print_message("planned %lld operations in %lld ms\n", (long long)r->n_ops, (long long)(clock_mono_ms() - from_ms));
}

int approve_as(struct op *op, const char *login, struct reorg *r)
{
	struct principal p = gov_principal(op, login);

	op_forgive(op);
	return reorganising_approve(op, &p, r, r->plan_hash, r);
}

const char *advance(int64_t batch)
{
	static char step[16];
	struct reorg_step_done done;
	struct op op;

	gov_begin(&op, provisioner);
	if (reorg_run_step(&op, batch, &done) < 0)
		fail_msg("advance: %s %.*s", op.error.text, STR_ARG(op.error.detail));
	(void)snprintf(step, sizeof(step), "%.*s", STR_ARG(done.step));
	gov_end(&op);
	return str_is_null(done.id) ? NULL : step;
}

/* Everybody of before has one main post today, in a unit that is there. */
#define WITHOUT_MAIN \
	"SELECT count(*) FROM (SELECT p.id FROM sen.person p LEFT JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' AND o.valid @> sen.today()" \
	" LEFT JOIN sen.unit u ON u.id = o.unit_id AND u.valid_from <= sen.today() AND (u.valid_to IS NULL OR u.valid_to > sen.today())" \
	" GROUP BY p.id HAVING count(u.id) <> 1) t"
/* Account and role pairs with live access: the same as before, none added. */
#define ROLES_CHANGED \
	"SELECT count(*) FROM (SELECT DISTINCT account_id, role_id FROM kept.access_grant WHERE revoked_at IS NULL AND (valid_to IS NULL OR valid_to > now())) k" \
	" FULL JOIN (SELECT DISTINCT account_id, role_id FROM sen.live_grant) l USING (account_id, role_id) WHERE (k IS NULL) <> (l IS NULL)"
/* A live grant whose holder has no post at or below its unit. */
#define WITHOUT_BASIS \
	"SELECT count(*) FROM sen.live_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.unit u ON u.id = g.unit_id WHERE NOT EXISTS" \
	" (SELECT FROM sen.post o JOIN sen.unit w ON w.id = o.unit_id WHERE o.person_id = a.person_id AND o.valid @> sen.today() AND starts_with(w.path, u.path))"
#define GRANTS_OF_ENDED_UNITS \
	"SELECT count(*) FROM sen.live_grant g JOIN sen.unit u ON u.id = g.unit_id WHERE u.valid_to <= sen.today()"
/* Grants that are said to have been otherwise than they were before it began. */
#define REMEMBERED_WRONGLY \
	"SELECT count(*) FROM (SELECT k.account_id, k.id, k.unit_id, k.post_id, k.valid_from, k.valid_to FROM kept.access_grant k WHERE k.revoked_at IS NULL" \
	" EXCEPT SELECT g.account_id, g.id, CASE WHEN w.grant_id IS NULL THEN g.unit_id ELSE w.unit_id END, CASE WHEN w.grant_id IS NULL THEN g.post_id ELSE w.post_id END," \
	" CASE WHEN w.grant_id IS NULL THEN g.valid_from ELSE w.valid_from END, CASE WHEN w.grant_id IS NULL THEN g.valid_to ELSE w.valid_to END" \
	" FROM sen.access_grant g CROSS JOIN kept.moment m LEFT JOIN LATERAL (SELECT * FROM sen.grant_was x WHERE x.account_id = g.account_id AND x.grant_id = g.id" \
	" AND x.until > m.at ORDER BY x.until LIMIT 1) w ON true WHERE g.revoked_at IS NULL OR g.revoked_at > m.at) t"
/* Who reaches whom by a scope, now and not before. */
#define REACHES_FURTHER \
	"SELECT count(*) FROM (SELECT DISTINCT s.account_id, o.person_id FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id" \
	" JOIN sen.unit w ON starts_with(w.path, u.path) JOIN sen.post o ON o.unit_id = w.id AND o.valid @> sen.today() WHERE s.revoked_at IS NULL" \
	" EXCEPT SELECT DISTINCT s.account_id, o.person_id FROM kept.admin_scope s JOIN kept.unit u ON u.id = s.unit_id" \
	" JOIN kept.unit w ON starts_with(w.path, u.path) JOIN kept.post o ON o.unit_id = w.id AND o.valid @> sen.today() WHERE s.revoked_at IS NULL) t"

void check_access(void)
{
	assert_int_equal(side_i64(WITHOUT_MAIN), 0);
	assert_int_equal(side_i64(ROLES_CHANGED), 0);
	assert_int_equal(side_i64(WITHOUT_BASIS), 0);
	assert_int_equal(side_i64(GRANTS_OF_ENDED_UNITS), 0);
}

void check_end(int n_communes)
{
	check_access();
	assert_int_equal(side_i64(REACHES_FURTHER), 0);
	assert_int_equal(side_i64(REMEMBERED_WRONGLY), 0);
	assert_true(side_i64("SELECT count(*) FROM sen.grant_was") > n_communes * 7);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit WHERE code ~ '^20' AND valid_to = '2026-11-01'"), n_communes * 4);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit WHERE code ~ '^30' AND valid_from = '2026-11-01'"), n_communes / 2 * 4);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit u JOIN sen.unit p ON p.id = u.parent_id WHERE u.path <> p.path || u.id || '.'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_successor"), n_communes * 4);
	/* Grants keep their ids. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g LEFT JOIN kept.access_grant k USING (account_id, id) WHERE k.id IS NULL"), 0);
	/* What was open stays open, what ended later still does: no end came nearer. */
	assert_int_equal(side_i64("SELECT count(*) FROM kept.access_grant k WHERE NOT EXISTS (SELECT FROM sen.live_grant l JOIN sen.access_grant g"
	                          " ON g.account_id = l.account_id AND g.id = l.id WHERE g.account_id = k.account_id AND g.role_id = k.role_id"
	                          " AND coalesce(g.valid_to, 'infinity') >= coalesce(k.valid_to, 'infinity'))"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id WHERE u.code = '30000' AND s.revoked_at IS NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id WHERE u.valid_to = '2026-11-01' AND s.revoked_at IS NULL"), 0);
	assert_int_equal(side_i64("SELECT (report ->> 'exceptions')::bigint FROM sen.reorganisation"), 0);
}
