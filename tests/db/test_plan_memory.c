/*
 * The planner's memory against PostgreSQL: who has not changed is not planned, and nobody who has changed is missed.
 *
 * Facts are changed at random and without waking anybody; then all are looked at, with the memory; then all without it,
 * which must find nothing more to do.
 */
#include "common/plan/facts_store.h"
#include "tests/db/planned.h"

#include <stdlib.h>
#include <string.h>

#define N_ACCOUNTS 60
#define ROUNDS 66

static const char facts_sql[] =
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified)"
	" SELECT '40.' || i, 'Đơn vị ' || i, 'don vi', 'department', '2025-07-01', true FROM generate_series(1, 4) i;"
	"UPDATE sen.unit SET path = id || '.';"
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified)"
	" SELECT i, 'P0' || i, 'Nền tảng', 'nen tang', 'central', 'operating', true FROM generate_series(2, 5) i;"
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified)"
	" SELECT p, 'R' || r, 'Vai trò ' || r, 'normal', true FROM generate_series(2, 5) p, generate_series(1, 3) r;"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), 'NV' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An ' || i, 'le an' FROM generate_series(0, 60) i;"
	"INSERT INTO sen.post SELECT id, gen_random_uuid(), 1 + abs(hashtext(employee_code)) % 4, 'Chuyên viên', 'main', '[2025-07-01,)', 'QĐ 1' FROM sen.person;"
	"INSERT INTO sen.account (id, person_id, login, status) SELECT gen_random_uuid(), id, lower(employee_code), 'active' FROM sen.person;"
	"INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT a.id, gen_random_uuid(), r.id, 1, 'QĐ', now(), g.id FROM sen.account a, sen.account g, sen.role r"
	" WHERE g.login = 'nv0' AND a.login <> 'nv0' AND r.code = 'R1' AND random() < 0.7;"
	"INSERT INTO sen.mapping (platform_id, number, state, document, authors, activated_at) SELECT 5, 1, 'active',"
	" '{\"kind\": \"scim\", \"attributes\": [{\"path\": \"userName\", \"value\": \"login\"}, {\"path\": \"title\", \"value\": \"post.title\"},"
	" {\"path\": \"nickName\", \"value\": \"unit.name\"}]}', ARRAY[id], now() FROM sen.account WHERE login = 'nv0';"
	/* One of each table, at random. */
	"CREATE FUNCTION lot() RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM sen.account WHERE login <> 'nv0' ORDER BY random() LIMIT 1 $$;"
	"CREATE FUNCTION who() RETURNS uuid LANGUAGE sql AS $$ SELECT person_id FROM sen.account WHERE id = lot() $$;";

/* Whatever a plan may rest on. */
static const char *const changes[] = {
	"UPDATE sen.person SET ten = ten || 'h' WHERE id = (SELECT who())",
	"UPDATE sen.person SET full_name = full_name || 'h' WHERE id = (SELECT who())",
	"UPDATE sen.person SET employee_code = 'X' || employee_code WHERE id = (SELECT who())",
	"UPDATE sen.person SET kind = 'vien_chuc' WHERE id = (SELECT who())",
	"UPDATE sen.account SET status = (ARRAY['active', 'suspended', 'disabled', 'pending'])[1 + (random() * 3)::integer] WHERE id = (SELECT lot())",
	"UPDATE sen.account SET login = login || 'x' WHERE id = (SELECT lot()) AND length(login) < 30",
	"UPDATE sen.post SET title = title || '.' WHERE person_id = (SELECT who())",
	"UPDATE sen.post SET unit_id = 1 + (random() * 3)::integer WHERE person_id = (SELECT who())",
	"UPDATE sen.post SET valid = daterange('2025-07-01', '2026-01-01') WHERE person_id = (SELECT who())",
	"UPDATE sen.post SET valid = daterange('2025-07-01', NULL), rank = 'division_head' WHERE person_id = (SELECT who())",
	"UPDATE sen.unit SET name = name || '.' WHERE id = 1 + (random() * 3)::integer",
	"UPDATE sen.unit SET code = code || '1' WHERE id = 1 + (random() * 3)::integer",
	"UPDATE sen.role SET name = name || '.' WHERE id = (SELECT id FROM sen.role ORDER BY random() LIMIT 1)",
	"UPDATE sen.role SET code = code || '1' WHERE id = (SELECT id FROM sen.role ORDER BY random() LIMIT 1)",
	"UPDATE sen.platform SET code = code || '1' WHERE id = 2 + (random() * 3)::integer AND length(code) < 8",
	"UPDATE sen.platform SET state = CASE state WHEN 'operating' THEN 'approved' ELSE 'operating' END WHERE id = 2 + (random() * 3)::integer",
	"UPDATE sen.access_grant SET revoked_at = now() WHERE (account_id, id) IN (SELECT account_id, id FROM sen.access_grant WHERE revoked_at IS NULL ORDER BY random() LIMIT 3)",
	"UPDATE sen.access_grant SET suspended_at = now() WHERE id = (SELECT id FROM sen.access_grant WHERE revoked_at IS NULL ORDER BY random() LIMIT 1)",
	"UPDATE sen.access_grant SET valid_to = now() + interval '1 day' WHERE id = (SELECT id FROM sen.access_grant WHERE revoked_at IS NULL ORDER BY random() LIMIT 1)",
	"INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by) SELECT lot(), gen_random_uuid(), r.id, 1 + (random() * 3)::integer,"
	" 'QĐ', now() + (random() * 2)::integer * interval '1 day' - interval '1 day', a.id FROM sen.account a, (SELECT id FROM sen.role ORDER BY random() LIMIT 1) r"
	" WHERE a.login = 'nv0' ON CONFLICT DO NOTHING",
	"INSERT INTO sen.admin_scope (account_id, id, unit_id, rights) SELECT lot(), gen_random_uuid(), 1, ARRAY['read'] ON CONFLICT DO NOTHING",
	"UPDATE sen.admin_scope SET revoked_at = now() WHERE random() < 0.3",
	"INSERT INTO sen.account_stop (account_id, id, platform_id, kind, valid_from, movement_id) SELECT lot(), gen_random_uuid(), nullif(1 + (random() * 4)::integer, 1),"
	" 'suspend', now(), gen_random_uuid()",
	"UPDATE sen.account_stop SET valid_to = now() WHERE random() < 0.3 AND valid_to IS NULL",
	"UPDATE sen.mapping SET version = version + 1, document = jsonb_set(document, '{attributes,1,value}', '\"post.title + \\\"!\\\"\"')",
	"UPDATE sen.mapping SET state = CASE state WHEN 'active' THEN 'retired' ELSE 'active' END",
	/* What hangs on posts: held, over, in a hand-over; what ended by its date, and lives on in grace. */
	"INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by, post_id, handover_days) SELECT l.id, gen_random_uuid(), r.id, 2,"
	" 'QĐ', now(), a.id, o.id, (random() * 1.2)::integer * 20 FROM sen.account a, (SELECT id FROM sen.role ORDER BY random() LIMIT 1) r,"
	" (SELECT id, person_id FROM sen.account WHERE login <> 'nv0' ORDER BY random() LIMIT 6) l JOIN sen.post o ON o.person_id = l.person_id"
	" WHERE a.login = 'nv0' ON CONFLICT DO NOTHING",
	"UPDATE sen.post SET valid = daterange('2025-07-01', sen.today() - (random() * 25)::integer) WHERE person_id IN (SELECT a.person_id FROM sen.account a"
	" JOIN sen.access_grant g ON g.account_id = a.id AND g.post_id IS NOT NULL ORDER BY random() LIMIT 2)",
	"DELETE FROM sen.post WHERE person_id = (SELECT who())",
	"INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, post_id, origin, rule_id, rule_version) SELECT l.id, gen_random_uuid(),"
	" r.id, 3, 'QĐ', now() - interval '2 days', now() - interval '1 day', o.id, 'rule', gen_random_uuid(), 1 FROM (SELECT id FROM sen.role ORDER BY random() LIMIT 1) r,"
	" (SELECT id, person_id FROM sen.account WHERE login <> 'nv0' ORDER BY random() LIMIT 5) l JOIN sen.post o ON o.person_id = l.person_id",
	"INSERT INTO sen.account_grace (account_id, stop_id, role_id, until_at) SELECT g.account_id, coalesce((SELECT s.id FROM sen.account_stop s WHERE s.account_id = g.account_id"
	" LIMIT 1), gen_random_uuid()), g.role_id, now() + interval '1 day' FROM sen.access_grant g WHERE g.valid_to <= now() OR g.post_id IS NOT NULL OR random() < 0.02"
	" ON CONFLICT DO NOTHING",
	/* One that is not there any more is made again where it is wanted. */
	"DELETE FROM sen.binding WHERE (account_id, platform_id) IN (SELECT account_id, platform_id FROM sen.binding ORDER BY random() LIMIT 1)",
};

static int setup(_unused_ void **state)
{
	return migrated_open("plan_memory", facts_sql, 2);
}

static struct reconcile_report plan_everybody(void)
{
	struct reconcile_report sum = { 0 };
	bool goes_on = true;

	while (goes_on) {
		_cleanup_(arena_freep) struct arena *a = arena_new(64 * UNIT_ARENA_BYTES);

		goes_on = plan_batch(a, &sum);
	}
	return sum;
}

/* As a change of much does: nobody by name. */
static struct reconcile_report look_at_all(void)
{
	side("DELETE FROM sen.dirty_account; SELECT sen.wake(ARRAY(SELECT id FROM sen.account), 3::smallint)");
	return plan_everybody();
}

static struct reconcile_report look_at_all_anew(void)
{
	side("DELETE FROM sen.account_plan");
	return look_at_all();
}

DB_QUERY(test_all_grants, DB_READ,
	"SELECT a.id, coalesce((SELECT string_agg(x.w, '' ORDER BY x.w COLLATE \"C\") FROM (SELECT DISTINCT format('%s|%s|%s|%s|%s;', g.platform_id, p.code, g.role_code,"
	" g.role_name, u.code) AS w FROM sen.live_grant g JOIN sen.platform p ON p.id = g.platform_id JOIN sen.unit u ON u.id = g.unit_id WHERE g.account_id = a.id) x), ''),"
	" coalesce((SELECT min(t.at) FROM sen.account_moments(a.id, a.person_id) t (at) WHERE t.at > now())::text, '') FROM sen.account a ORDER BY a.id");

static int by_text(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static const char *grants_of(struct arena *a, const struct account_facts *f, int64_t platform)
{
	struct str *words = ARENA_ARRAY(a, struct str, f->n_grants + 1), all = STR("");
	size_t n = 0;

	for (size_t i = 0; i < f->n_grants; i++) {
		const struct fact_grant *g = &f->grants[i];

		if (platform == 0 || g->platform_id == platform)
			words[n++] = arena_printf(a, "%d|%.*s|%.*s|%.*s|%.*s;", (int)g->platform_id, STR_ARG(g->platform_code), STR_ARG(g->role_code),
			                          STR_ARG(g->role_name), STR_ARG(g->unit_code));
	}
	qsort(words, n, sizeof(*words), by_text);
	for (size_t i = 0; i < n; i++)
		all = arena_printf(a, "%.*s%.*s", STR_ARG(all), STR_ARG(words[i]));
	return arena_cstr(a, all);
}

static const struct account_facts *facts_of(const struct account_facts *facts, size_t n, struct str id)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(facts[i].account_id, id))
			return &facts[i];
	fail_msg("no facts of %.*s", STR_ARG(id));
	return NULL;
}

/* The short way through an index says what the views say; and of one platform the same as of all. */
static void assert_facts_are_the_views(void)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(64 * UNIT_ARENA_BYTES);
	const struct account_facts *all, *on;
	struct db_rows rows;
	struct str *ids;
	size_t n, n_on;
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(db_run(&op, &test_all_grants, &rows), 0);
	ids = ARENA_ARRAY(a, struct str, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		ids[i] = db_str(&rows, i, 0);
	assert_int_equal(facts_read(&op, ids, rows.n, &all, &n), 0);
	for (int64_t platform = 0; platform <= 5; platform++) {
		assert_int_equal(facts_read_on(&op, platform, ids, rows.n, &on, &n_on), 0);
		for (size_t i = 0; i < rows.n; i++) {
			const struct account_facts *f = facts_of(all, n, ids[i]), *g = facts_of(on, n_on, ids[i]);

			assert_string_equal(grants_of(a, g, 0), grants_of(a, f, platform));
			if (platform == 0) {
				assert_string_equal(grants_of(a, f, 0), arena_cstr(a, db_str(&rows, i, 1)));
				assert_str_equal(db_str(&rows, i, 2), str_is_null(f->next_eval) ? "" : arena_cstr(a, f->next_eval));
			}
		}
	}
	db_op_done(&op);
}

static void who_has_not_changed_is_not_planned(void **state)
{
	struct reconcile_report r;

	(void)state;
	assert_true(look_at_all().n_changed > N_ACCOUNTS);
	r = look_at_all();
	assert_int_equal(r.n_as_planned, N_ACCOUNTS + 1);
	assert_int_equal(r.n_changed, 0);
	r = look_at_all_anew();
	assert_int_equal(r.n_as_planned, 0);
	assert_int_equal(r.n_changed, 0);
	/* Of those that change, each; of the others, nobody. */
	side("UPDATE sen.person SET ten = 'Bình' WHERE employee_code IN ('NV1', 'NV2')");
	r = look_at_all();
	assert_int_equal(r.n_as_planned, N_ACCOUNTS + 1 - 2);
	assert_true(r.n_changed >= 2);
}

static void nobody_who_has_changed_is_missed(void **state)
{
	size_t n_changed = 0, n_as_planned = 0;

	(void)state;
	side("SELECT setseed(0.20261126)");
	for (int i = 0; i < ROUNDS; i++) {
		struct reconcile_report r;

		for (int k = 0; k <= i % 3; k++) {
			const char *change = changes[(size_t)(i * 7 + k * 11) % ARRAY_LEN(changes)];

			/* Nobody is woken by it: what is found is found by looking. */
			side("SET session_replication_role = replica");
			side(change);
			side("SET session_replication_role = origin");
		}
		assert_facts_are_the_views();
		r = look_at_all();
		n_changed += r.n_changed;
		n_as_planned += r.n_as_planned;
		r = look_at_all_anew();
		if (r.n_changed != 0)
			fail_msg("round %d: %zu bindings were missed", i, r.n_changed);
		assert_int_equal(side_i64("SELECT count(*) FROM sen.account a WHERE a.next_eval_at IS DISTINCT FROM"
		                          " (SELECT min(t.at) FROM sen.account_moments(a.id, a.person_id) t (at) WHERE t.at > now())"), 0);
	}
	assert_true(n_changed > ROUNDS);
	assert_true(n_as_planned > (size_t)ROUNDS * N_ACCOUNTS / 4);
}

/* A boundary ahead changes nothing now, but when to look again. */
static void a_change_to_come_is_remembered(void **state)
{
	(void)state;
	look_at_all();
	side("UPDATE sen.account SET next_eval_at = NULL; DELETE FROM sen.dirty_account;"
	     "INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	     " SELECT a.id, gen_random_uuid(), 2, 2, 'QĐ', now() + interval '1 hour', g.id FROM sen.account a, sen.account g WHERE g.login = 'nv0' AND a.id = (SELECT lot())");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 1);
	look_at_all();
	assert_true(side_i64("SELECT count(*) FROM sen.account WHERE next_eval_at BETWEEN now() + interval '59 min' AND now() + interval '61 min'") >= 1);
}

/* A worker found that what was planned is not what the facts say: whatever is remembered. */
static void who_is_to_be_looked_at_again_is_planned(void **state)
{
	struct reconcile_report r;

	(void)state;
	look_at_all();
	side("UPDATE sen.binding SET want_hash = gen_random_uuid() WHERE (account_id, platform_id) IN (SELECT account_id, platform_id FROM sen.binding WHERE want_active LIMIT 1)");
	r = look_at_all();
	assert_int_equal(r.n_changed, 0);
	side("SELECT sen.wake_again(ARRAY(SELECT id FROM sen.account), 1::smallint)");
	r = plan_everybody();
	assert_int_equal(r.n_as_planned, 0);
	assert_int_equal(r.n_changed, 1);
}

/* By name: nothing is remembered of what is held. */
static void who_is_named_is_planned(void **state)
{
	struct reconcile_report r;

	(void)state;
	look_at_all();
	side("SELECT sen.wake(ARRAY[lot()], 3::smallint)");
	r = plan_everybody();
	assert_int_equal(r.n_as_planned, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_not_changed_is_not_planned),
		cmocka_unit_test(a_change_to_come_is_remembered),
		cmocka_unit_test(nobody_who_has_changed_is_missed),
		cmocka_unit_test(who_is_to_be_looked_at_again_is_planned),
		cmocka_unit_test(who_is_named_is_planned),
	};

	return cmocka_run_group_tests(tests, setup, migrated_drop);
}
