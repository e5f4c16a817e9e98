/*
 * The observer against PostgreSQL: situations, drift, who is missing, and that nothing follows from a listing that is not
 * whole, from a binding that changed meanwhile, or from a run that somebody else has taken over.
 */
#include "common/plan/facts_store.h"
#include "provisioning/connectors/registry.h"
#include "provisioning/observe/follow_store.h"
#include "provisioning/observe/notices.h"
#include "provisioning/observe/run.h"
#include "provisioning/reconcile.h"
#include "provisioning/scim/map.h"
#include "tests/db/migrated.h"

#include <stdio.h>

#define N_ACCOUNTS 40
#define MAIL_DOMAIN STR("nghean.example")
#define MANY 60000

static struct db *db;
static atomic_bool is_stopping;
static const struct observed_platform platform = { 2, true, 3600, -1 };
static const struct connector_config config = { .platform = { "P02", 3 }, .kind = { "scim", 4 } };
static const struct observed_connector of = { &config, 2, NULL };
static struct observer observer;

DB_QUERY(test_accounts, DB_READ, "SELECT a.id FROM sen.account a WHERE EXISTS (SELECT FROM sen.binding b WHERE b.account_id = a.id AND b.platform_id = 2) ORDER BY login");
DB_QUERY(test_take, DB_WRITE, "UPDATE sen.observe_run SET lease_token = lease_token + 1 WHERE id = $1::bigint");

static const char facts_sql[] =
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified)"
	" VALUES ('40', 'Nghệ An', 'nghe an', 'province', '2025-07-01', true);"
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified)"
	" VALUES (2, 'P02', 'Hai', 'hai', 'central', 'operating', true);"
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (2, 'MC', 'Một cửa', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), 'NV' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(0, 40) i;"
	"INSERT INTO sen.post SELECT id, gen_random_uuid(), 1, 'Chuyên viên', 'main', '[2025-07-01,)', 'QĐ 1' FROM sen.person;"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person;"
	"CREATE FUNCTION give(who text) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT a.id, gen_random_uuid(), 1, 1, 'QĐ', now(), g.id FROM sen.account a, sen.account g"
	" WHERE a.login LIKE who AND g.login = 'nv0' AND a.login <> 'nv0' $$;"
	"CREATE FUNCTION take(who text) RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.access_grant SET revoked_at = now(), revoked_by = (SELECT id FROM sen.account WHERE login = 'nv0')"
	" WHERE account_id IN (SELECT id FROM sen.account WHERE login LIKE who) AND revoked_at IS NULL $$;"
	/* Everything due was brought there an hour ago. */
	"CREATE FUNCTION settle() RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.binding b SET state = 0, seen_hash = want_hash, seen_active = want_active, seen_gen = want_gen, due_at = NULL,"
	" ext_id = coalesce(ext_id, 'e-' || a.login), seen_at = now() - interval '1 h' FROM sen.account a WHERE a.id = b.account_id $$;";

static int setup(void **state)
{
	(void)state;
	migrated_create("observe");
	side(facts_sql);
	db = dbtest_open((struct db_config){ .pool_size = 4, .statement_timeout_ms = 20000 });
	observer = (struct observer){ .db = db, .connectors = &of, .n_connectors = 1, .mail_domain = MAIL_DOMAIN, .is_stopping = &is_stopping };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_close(db);
	return dbtest_drop();
}

static void plan_all(struct arena *a)
{
	struct reconcile_report report = { .n_accounts = 1 };

	while (report.n_accounts > 0) {
		struct op op;

		report = (struct reconcile_report){ 0 };
		op_init(&op, a, db, NULL);
		assert_int_equal(reconcile_batch(&op, MAIL_DOMAIN, &report), 0);
		db_op_done(&op);
	}
}

static int world(void **state)
{
	*state = arena_new((size_t)64 * 1024 * 1024);
	side("DELETE FROM sen.access_grant; DELETE FROM sen.dirty_account; DELETE FROM sen.binding; DELETE FROM sen.observe_run;"
	     " DELETE FROM sen.observe_item; DELETE FROM sen.shadow; DELETE FROM sen.attribute_policy; DELETE FROM sen.observe_plan;"
	     " DELETE FROM sen.dirty_account; SELECT give('nv%')");
	plan_all(*state);
	side("SELECT settle()");
	return 0;
}

/* What the platform shows: all accounts that should be there, as they should be. */
struct shown {
	struct listed accounts[N_ACCOUNTS + 10];
	struct desired wants[N_ACCOUNTS + 10];
	size_t n;
};

static struct listed listed_of(struct arena *a, const struct desired *want)
{
	_json_ json_t *user = scim_user(want);
	_json_ json_t *document = scim_attributes(a, user);

	return (struct listed){ arena_printf(a, "e-%.*s", STR_ARG(want->login)), want->account_id, want->login, STR_NULL, want->active,
		                json_write(a, document, true) };
}

static struct shown *show(struct arena *a)
{
	struct shown *s = ARENA_NEW(a, struct shown);
	const struct account_facts *facts;
	struct str accounts[N_ACCOUNTS + 1];
	struct db_rows rows;
	struct op op;

	op_init(&op, a, db, NULL);
	assert_int_equal(db_run(&op, &test_accounts, &rows), 0);
	assert_true(rows.n <= N_ACCOUNTS);
	for (size_t i = 0; i < rows.n; i++)
		accounts[i] = db_str(&rows, i, 0);
	assert_int_equal(facts_read(&op, accounts, rows.n, &facts, &s->n), 0);
	for (size_t i = 0; i < s->n; i++) {
		plan_platform(a, &facts[i], 2, MAIL_DOMAIN, &s->wants[i]);
		s->accounts[i] = listed_of(a, &s->wants[i]);
	}
	db_op_done(&op);
	return s;
}

static struct listed *of_login(struct shown *s, const char *login)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_equal(s->accounts[i].login, str_c(login)))
			return &s->accounts[i];
	fail_msg("no %s", login);
	return NULL;
}

static void hide(struct shown *s, const char *login)
{
	*of_login(s, login) = s->accounts[--s->n];
}

static void add(struct shown *s, const char *ext_id, struct str account_id, const char *login)
{
	s->accounts[s->n++] = (struct listed){ str_c(ext_id), account_id, str_c(login), STR_NULL, true, STR("{\"displayName\":\"Ai\"}") };
}

/* The same account, with another name. */
static void rename_to(struct arena *a, struct shown *s, const char *login, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_equal(s->accounts[i].login, str_c(login))) {
			struct desired want = s->wants[i];

			want.full_name = str_c(name);
			s->accounts[i] = listed_of(a, &want);
		}
}

static struct observe_run *begin(struct op *op)
{
	struct observe_run *run;

	assert_int_equal(observe_plan_add(op, &platform, 1), 0);
	side("UPDATE sen.observe_run SET created_at = created_at - interval '2 h'");
	assert_int_equal(observe_run_due(op, &platform, 1), 0);
	assert_int_equal(observe_run_claim(op, &platform, 1, &run), 0);
	assert_non_null(run);
	return run;
}

static void put(struct op *op, struct observe_run *run, const struct shown *s, int64_t total)
{
	for (size_t at = 0; at < s->n; at += 15) {
		size_t n = s->n - at < 15 ? s->n - at : 15, n_new = 0;
		struct list_page page = { .accounts = (struct listed *)(uintptr_t)&s->accounts[at], .n = n, .total = total, .proof = LIST_BY_COUNT,
			                  .next = at + n < s->n ? STR("pi200:16") : STR_NULL };

		assert_int_equal(observe_run_page(op, run, &page, 5, &n_new), 0);
		(void)listing_goes_on(&run->listing, &page, n_new);
	}
}

static struct run held_by_us(struct observe_run *row, struct arena *a)
{
	return (struct run){ .observer = &observer, .of = &of, .connector = connector_find(STR("scim")), .row = row, .arena = a };
}

/* A whole run; total: as the platform says, -1: as many as there are. */
static void observe(const struct shown *s, int64_t total)
{
	_cleanup_(arena_freep) struct arena *rows = arena_new((size_t)8 * 1024 * 1024);
	_cleanup_(arena_freep) struct arena *pages = arena_new((size_t)32 * 1024 * 1024);
	struct observe_run *row;
	struct run run;
	struct op op;

	op_init(&op, rows, db, NULL);
	row = begin(&op);
	put(&op, row, s, total < 0 ? (int64_t)s->n : total);
	assert_int_equal(observe_run_listed(&op, row, listing_fault(&row->listing, LIST_BY_COUNT)), 0);
	run = held_by_us(row, pages);
	assert_int_equal(run_judge(&run), 0);
	db_op_done(&op);
}

#define COUNT_BINDINGS(where) side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND " where)
#define COUNT_SHADOWS(where) side_i64("SELECT count(*) FROM sen.shadow WHERE platform_id = 2 AND " where)
#define LAST_RUN(column) side_i64("SELECT (" column ")::bigint FROM sen.observe_run ORDER BY id DESC LIMIT 1")

static void all_as_wanted_changes_nothing(void **state)
{
	struct shown *s = show(*state);

	assert_int_equal(s->n, N_ACCOUNTS);
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("situation = 'linked' AND equal_to IS NOT NULL AND diff IS NULL"), N_ACCOUNTS);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(LAST_RUN("CASE WHEN state = 'complete' AND linked = 40 AND known = 0 AND drifted = 0 THEN 1 ELSE 0 END"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_item"), 0);
	/* The second time not even a row is written. */
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("last_run = (SELECT max(id) FROM sen.observe_run)"), 0);
}

static void a_foreign_change_is_repaired(void **state)
{
	struct shown *s = show(*state);

	rename_to(*state, s, "nv5", "Ai Đó Khác");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 4 AND seen_hash <> want_hash AND account_id = (SELECT id FROM sen.account WHERE login = 'nv5')"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
	assert_int_equal(COUNT_SHADOWS("diff->'displayName'->>'seen' = 'Ai Đó Khác' AND diff->'displayName'->>'rule' = 'enforce'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE op = 'observe' AND outcome = 'drift' AND detail LIKE '%displayName%'"), 1);
	/* Until it is repaired it is not judged again; then it is forgotten. */
	observe(s, -1);
	assert_int_equal(LAST_RUN("repaired"), 0);
	side("SELECT settle()");
	observe(show(*state), -1);
	assert_int_equal(COUNT_SHADOWS("diff IS NOT NULL"), 0);
}

static void a_policy_reports_or_ignores(void **state)
{
	struct shown *s = show(*state);

	side("DELETE FROM sen.op_log; INSERT INTO sen.attribute_policy VALUES (2, 'displayName', 'report'), (2, 'name.formatted', 'ignore')");
	rename_to(*state, s, "nv5", "Ai Đó Khác");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("diff->'displayName'->>'rule' = 'report' AND diff->'name.formatted' IS NULL"), 1);
	assert_int_equal(LAST_RUN("drifted * 10 + repaired"), 10);
	side("DELETE FROM sen.attribute_policy WHERE attribute = 'displayName'");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1"), 1);
}

static void access_behind_our_back_goes_first(void **state)
{
	struct shown *s;

	side("SELECT take('nv7')");
	plan_all(*state);
	side("SELECT settle()");
	/* Reporting is no way to keep access that shall not be. */
	side("INSERT INTO sen.attribute_policy VALUES (2, 'active', 'report'), (2, 'roles', 'ignore')");
	s = show(*state);
	assert_false(of_login(s, "nv7")->active);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	of_login(s, "nv7")->active = true;
	/* Off against our will: only told. */
	of_login(s, "nv8")->active = false;
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_active AND NOT want_active"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
	assert_int_equal(COUNT_SHADOWS("diff->'active'->>'rule' = 'report' AND owner_account = (SELECT id FROM sen.account WHERE login = 'nv8')"), 1);
	/* A role that was left to somebody without access. */
	side("SELECT settle()");
	s = show(*state);
	of_login(s, "nv7")->document = STR("{\"roles\":[\"MC\"]}");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND NOT want_active"), 1);
}

#define NV7 "account_id = (SELECT id FROM sen.account WHERE login = 'nv7')"

/* An account that is off and waits to be deleted, or that was deleted, is looked at like any other. */
static void access_that_comes_back_after_it_ended_is_ended(void **state)
{
	struct shown *s;

	side("SELECT take('nv7')");
	plan_all(*state);
	side("SELECT settle(); UPDATE sen.binding SET state = 7, delete_at = now() + interval '30 days' WHERE " NV7);
	s = show(*state);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 7"), 1);
	of_login(s, "nv7")->active = true;
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_active AND " NV7), 1);
	side("SELECT settle(); UPDATE sen.binding SET state = 7 WHERE " NV7);
	s = show(*state);
	of_login(s, "nv7")->document = STR("{\"roles\":[\"MC\"]}");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND " NV7), 1);
	/* Restored from somebody's backup. */
	side("SELECT settle(); UPDATE sen.binding SET state = 8, ext_id = NULL WHERE " NV7);
	s = show(*state);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 8"), 1);
	of_login(s, "nv7")->active = true;
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_active AND ext_id = 'e-nv7'"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
}

#define PROOFS(what) side_i64("SELECT count(*) FROM sen.access_proof p JOIN sen.account a ON a.id = p.account_id WHERE p.platform_id = 2 AND " what)

static void a_whole_listing_proves_that_access_has_ended(void **state)
{
	struct shown *s;

	side("SELECT take('nv7'); SELECT take('nv8'); DELETE FROM sen.access_proof");
	plan_all(*state);
	side("SELECT settle()");
	s = show(*state);
	hide(s, "nv8");
	/* Not whole: it proves nothing. */
	observe(s, (int64_t)s->n + 1);
	assert_int_equal(PROOFS("true"), 0);
	observe(s, -1);
	assert_int_equal(PROOFS("p.kind = 'listed' AND p.what = 'inactive' AND a.login = 'nv7' AND NOT p.took_down AND p.ext_id = 'e-nv7'"), 1);
	assert_int_equal(PROOFS("p.kind = 'listed' AND p.what = 'absent' AND a.login = 'nv8'"), 1);
	/* Once is enough. */
	observe(s, -1);
	assert_int_equal(PROOFS("true"), 2);
	side("DELETE FROM sen.access_proof");
	add(s, "another", STR_NULL, "nv7");
	observe(s, -1);
	assert_int_equal(PROOFS("a.login = 'nv7'"), 0);
	assert_int_equal(PROOFS("a.login = 'nv8'"), 1);
	/* What stands at its place is said to be another's: that proves nothing of ours. */
	side("DELETE FROM sen.access_proof");
	s->n--;
	of_login(s, "nv7")->account_id = of_login(s, "nv9")->account_id;
	observe(s, -1);
	assert_int_equal(PROOFS("a.login = 'nv7'"), 0);
	assert_int_equal(PROOFS("a.login = 'nv8'"), 1);
}

static void who_is_missing_twice_is_made_again(void **state)
{
	struct shown *s = show(*state);

	observe(s, -1);
	hide(s, "nv9");
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing' AND missing_runs = 1"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	/* Not whole: as if it had not been. */
	observe(s, (int64_t)s->n + 1);
	assert_int_equal(LAST_RUN("CASE WHEN state = 'incomplete' AND fault = 'count' THEN 1 ELSE 0 END"), 1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing' AND missing_runs = 1"), 1);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND seen_hash IS NULL AND NOT seen_active AND want_active"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
	/* Made again, under another identifier. */
	side("SELECT settle(); UPDATE sen.binding SET ext_id = 'new' WHERE account_id = (SELECT id FROM sen.account WHERE login = 'nv9')");
	s = show(*state);
	of_login(s, "nv9")->ext_id = STR("new");
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing'"), 0);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
}

static void back_again_is_not_missing(void **state)
{
	struct shown *all = show(*state), *s = show(*state);

	hide(s, "nv9");
	observe(s, -1);
	observe(all, -1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing'"), 0);
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing' AND missing_runs = 1"), 1);
}

static void a_short_list_waits_for_a_person(void **state)
{
	struct shown *s = show(*state);

	observe(s, -1);
	s->n -= 5;
	observe(s, -1);
	observe(s, -1);
	assert_int_equal(LAST_RUN("CASE WHEN state = 'held' AND fault = 'short' THEN 1 ELSE 0 END"), 1);
	/* The newer one stands for both. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_run WHERE state = 'superseded'"), 1);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing'"), 0);
	/* Released: it counts as one complete listing, and what it lacks is no surprise to the next one. */
	side("UPDATE sen.observe_run SET state = 'concluding' WHERE state = 'held'");
	{
		_cleanup_(arena_freep) struct arena *a = arena_new((size_t)8 * 1024 * 1024);
		struct observe_run *row;
		struct run run;
		struct op op;

		op_init(&op, *state, db, NULL);
		assert_int_equal(observe_run_claim(&op, &platform, 1, &row), 0);
		assert_non_null(row);
		run = held_by_us(row, a);
		assert_int_equal(run_judge(&run), 0);
	}
	assert_int_equal(COUNT_SHADOWS("situation = 'missing' AND missing_runs = 1"), 5);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	observe(s, -1);
	assert_int_equal(LAST_RUN("CASE WHEN state = 'complete' THEN 1 ELSE 0 END"), 1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND want_active"), 5);
}

static void others_accounts_are_told_and_not_touched(void **state)
{
	struct shown *s = show(*state);
	struct str nv1 = of_login(s, "nv1")->account_id, nv2 = of_login(s, "nv2")->account_id, nv3 = of_login(s, "nv3")->account_id;

	/* Nobody's; named as one of ours, which has its own; carrying the id of one that has its own; carrying an id of nobody's. */
	add(s, "x1", STR_NULL, "khach");
	add(s, "x2", STR_NULL, "nv1");
	add(s, "x3", nv2, "nv2b");
	add(s, "x4", STR("11111111-1111-4111-8111-111111111111"), "ai");
	add(s, "x5", STR("no uuid"), "");
	/* The binding of nv4 says this is its account; the account says it is that of nv3. */
	of_login(s, "nv4")->account_id = nv3;
	/* Its id was taken away there. */
	of_login(s, "nv6")->account_id = STR_NULL;
	/* One of ours without access, by name. */
	add(s, "x6", STR_NULL, "NV0");
	observe(s, -1);
	assert_int_equal(COUNT_SHADOWS("ext_id IN ('x1', 'x4', 'x5') AND situation = 'unmatched' AND owner_account IS NULL"), 3);
	assert_int_equal(COUNT_SHADOWS("ext_id IN ('x2', 'x3') AND situation = 'disputed'"), 2);
	assert_int_equal(COUNT_SHADOWS("ext_id = 'e-nv4' AND situation = 'collision'"), 1);
	assert_int_equal(COUNT_SHADOWS("ext_id IN ('x6', 'e-nv6') AND situation = 'unlinked'"), 2);
	assert_int_equal(COUNT_SHADOWS("ext_id IN ('e-nv1', 'e-nv2', 'e-nv3') AND situation = 'linked'"), 3);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(LAST_RUN("unmatched * 1000 + disputed * 100 + collisions * 10 + unlinked"), 3212);
	assert_true(str_equal(nv1, of_login(s, "nv1")->account_id));
}

static void an_identifier_that_changed_is_taken_over(void **state)
{
	struct shown *s = show(*state);

	of_login(s, "nv5")->ext_id = STR("E-NV5");
	observe(s, -1);
	assert_int_equal(COUNT_BINDINGS("ext_id = 'E-NV5' AND state = 0"), 1);
	assert_int_equal(COUNT_SHADOWS("situation = 'linked'"), N_ACCOUNTS);
}

static void what_changed_meanwhile_is_not_judged(void **state)
{
	struct shown *s = show(*state);
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)8 * 1024 * 1024);
	struct observe_run *row;
	struct run run;
	struct op op;

	rename_to(*state, s, "nv5", "Ai Đó Khác");
	of_login(s, "nv6")->active = false;
	hide(s, "nv7");
	op_init(&op, *state, db, NULL);
	row = begin(&op);
	put(&op, row, s, (int64_t)s->n);
	assert_int_equal(observe_run_listed(&op, row, NULL), 0);
	/* All three by a worker, after their pages were asked for. */
	side("UPDATE sen.binding b SET seen_at = now() FROM sen.account a WHERE a.id = b.account_id AND a.login IN ('nv5', 'nv6', 'nv7')");
	run = held_by_us(row, a);
	assert_int_equal(run_judge(&run), 0);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("diff IS NOT NULL OR situation = 'missing'"), 0);
}

static void who_lost_the_lease_changes_nothing(void **state)
{
	struct shown *s = show(*state);
	struct list_page page = { .accounts = s->accounts, .n = 1, .total = 1 };
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)8 * 1024 * 1024);
	struct observe_run *row;
	struct db_rows rows;
	struct run run;
	size_t n_new;
	struct op op;

	rename_to(*state, s, "nv5", "Ai Đó Khác");
	of_login(s, "nv6")->active = false;
	op_init(&op, *state, db, NULL);
	row = begin(&op);
	put(&op, row, s, (int64_t)s->n);
	assert_int_equal(db_run(&op, &test_take, &rows, P_I64(row->id)), 0);
	assert_int_equal(observe_run_page(&op, row, &page, 5, &n_new), ERR_CONFLICT);
	op_forgive(&op);
	assert_int_equal(observe_run_listed(&op, row, NULL), ERR_CONFLICT);
	op_forgive(&op);
	side("UPDATE sen.observe_run SET state = 'judging'");
	run = held_by_us(row, a);
	assert_int_equal(run_judge(&run), ERR_CONFLICT);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("true"), 0);
	/* And only one has it. */
	{
		struct observe_run *none;

		assert_int_equal(observe_run_claim(&op, &platform, 1, &none), 0);
		assert_null(none);
	}
}

static void pages_that_repeat_count_once(void **state)
{
	struct shown *s = show(*state);
	struct list_page page = { .accounts = s->accounts, .n = 15, .total = 40, .next = STR("pi200:16") };
	struct observe_run *row, *again;
	size_t n_new = 0;
	struct op op;

	op_init(&op, *state, db, NULL);
	row = begin(&op);
	assert_int_equal(observe_run_page(&op, row, &page, 5, &n_new), 0);
	assert_int_equal(n_new, 15);
	/* Its holder dies here; another one goes on where it stood. */
	side("UPDATE sen.observe_run SET lease_until = now() - interval '1 s'");
	assert_int_equal(observe_run_claim(&op, &platform, 1, &again), 0);
	assert_non_null(again);
	assert_str_equal(again->cursor, "pi200:16");
	assert_int_equal(again->listing.listed, 15);
	assert_int_equal(observe_run_page(&op, again, &page, 5, &n_new), 0);
	assert_int_equal(n_new, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_item"), 15);
}

static void rows_lost_in_a_crash_are_noticed(void **state)
{
	struct shown *s = show(*state);
	struct observe_run *row;
	struct op op;

	op_init(&op, *state, db, NULL);
	row = begin(&op);
	put(&op, row, s, (int64_t)s->n);
	side("TRUNCATE sen.observe_item");
	assert_int_equal(observe_run_listed(&op, row, NULL), 0);
	assert_string_equal(row->listing.fault, "lost");
}

/* A listing of 60,000 against 60,000 bindings; most are as they were. */
static void many(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024 * 1024);
	const struct suspect *suspects;
	struct observe_run *row;
	int64_t start_ms, first_ms, second_ms;
	struct str after = STR_NULL;
	size_t n = 0, n_all = 0;
	struct op op;

	(void)state;
	side("INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	     " SELECT gen_random_uuid(), 'M' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(1, 60000) i;"
	     " INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person WHERE employee_code LIKE 'M%';"
	     " DELETE FROM sen.dirty_account; DELETE FROM sen.binding; DELETE FROM sen.shadow;"
	     " INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen, seen_hash, seen_active, seen_gen, ext_id, seen_at)"
	     " SELECT id, p, h, true, 1, h, true, 1, 'e-' || login, now() - interval '1 h' FROM (SELECT id, login, md5(login)::uuid AS h FROM sen.account WHERE login LIKE 'm%') x,"
	     " generate_series(2, 4) p;"
	     " INSERT INTO sen.observe_plan (platform_id, can_list, every_s) VALUES (2, true, 3600);"
	     " ANALYZE sen.binding; ANALYZE sen.account");
	op_init(&op, a, db, NULL);
	row = begin(&op);
	side("INSERT INTO sen.observe_item (run_id, ext_id, asked_at, account_id, login, active, attrs, attrs_hash)"
	     " SELECT (SELECT max(id) FROM sen.observe_run), 'e-' || login, now(), id, login, true, '{}', md5(login)::uuid FROM sen.account WHERE login LIKE 'm%';"
	     " UPDATE sen.observe_run SET state = 'judging', listed = 60000");
	start_ms = clock_mono_ms();
	assert_int_equal(judge_accounts(&op, row), 0);
	first_ms = clock_mono_ms() - start_ms;
	assert_int_equal(COUNT_SHADOWS("situation = 'linked'"), MANY);
	side("UPDATE sen.shadow SET equal_to = md5(substr(ext_id, 3))::uuid");
	start_ms = clock_mono_ms();
	assert_int_equal(judge_accounts(&op, row), 0);
	assert_int_equal(judge_suspects(&op, row, &after, &suspects, &n), 0);
	second_ms = clock_mono_ms() - start_ms;
	assert_int_equal(n, 0);
	assert_int_equal(COUNT_SHADOWS("changed_at > now() - interval '1 ms'"), 0);
	print_message("60,000: %ld ms at first, %ld ms when nothing has changed\n", (long)first_ms, (long)second_ms);
	/* A window of it costs the same whatever else there is, also before anybody has counted rows. */
	side("UPDATE sen.shadow SET equal_to = NULL;"
	     "CREATE OR REPLACE FUNCTION plan_of(q text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE line text; all_lines text := '';"
	     " BEGIN FOR line IN EXECUTE 'EXPLAIN ' || q LOOP all_lines := all_lines || line; END LOOP; RETURN all_lines; END $$");
	assert_int_equal(side_i64("SELECT CASE WHEN p LIKE '%observe_item_pkey%' AND p LIKE '%binding_pkey%' AND p LIKE '%shadow_pkey%' AND p NOT LIKE '%Seq Scan%'"
	                          " THEN 1 ELSE 0 END FROM plan_of('WITH w AS MATERIALIZED (SELECT * FROM sen.observe_item WHERE run_id = '"
	                          " || (SELECT max(id) FROM sen.observe_run) || ' AND ext_id > ''e-m3'' ORDER BY ext_id LIMIT 500)"
	                          " SELECT w.ext_id, w.owner, b.want_hash FROM w LEFT JOIN LATERAL (SELECT * FROM sen.binding x WHERE x.account_id = w.owner AND x.platform_id = 2 OFFSET 0) b ON true"
	                          " LEFT JOIN LATERAL (SELECT * FROM sen.shadow x WHERE x.platform_id = 2 AND x.ext_id = w.ext_id OFFSET 0) s ON true') p"), 1);
	after = STR_NULL;
	start_ms = clock_mono_ms();
	do {
		assert_int_equal(judge_suspects(&op, row, &after, &suspects, &n), 0);
		n_all += n;
	} while (!str_is_null(after));
	print_message("60,000: %ld ms to read all of them as suspects\n", (long)(clock_mono_ms() - start_ms));
	assert_int_equal(n_all, MANY);
	db_op_done(&op);
}

static int64_t noticed(struct op *op, struct str ext_id, struct str account_id, struct str etag)
{
	struct notice notice = { ext_id, account_id, etag };
	int64_t n = -1;

	assert_int_equal(observe_noticed(op, 2, &notice, &n), 0);
	return n;
}

/* A platform's own word is a hint: it makes due what we have there, and nothing else. */
static void test_what_a_platform_says_is_looked_at(void **state)
{
	struct shown *s = show(*state);
	struct listed *l = of_login(s, "nv1");
	struct op op;

	op_init(&op, *state, db, NULL);
	side("UPDATE sen.binding SET etag = 'W/\"1\"' WHERE platform_id = 2");
	/* Our own writing, of which it speaks, too. */
	assert_int_equal(noticed(&op, STR_NULL, l->account_id, STR("W/\"1\"")), 0);
	assert_int_equal(noticed(&op, STR_NULL, l->account_id, STR("W/\"2\"")), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 1 AND seen_hash IS NULL AND prio = 4"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE platform_id = 2 AND op = 'observe' AND detail = 'noticed'"), 1);
	/* It is due already. */
	assert_int_equal(noticed(&op, STR_NULL, l->account_id, STR("W/\"3\"")), 0);
	/* Nobody, nonsense, an identifier that no listing has seen. */
	assert_int_equal(noticed(&op, STR_NULL, STR("11111111-1111-4111-8111-111111111111"), STR_NULL), 0);
	assert_int_equal(noticed(&op, STR_NULL, STR("' OR true"), STR_NULL), 0);
	assert_int_equal(noticed(&op, of_login(s, "nv2")->ext_id, STR_NULL, STR_NULL), 0);
	side("INSERT INTO sen.shadow (platform_id, ext_id, situation, owner_account, last_run) SELECT 2, ext_id, 'linked', account_id, 0 FROM sen.binding WHERE platform_id = 2");
	assert_int_equal(noticed(&op, of_login(s, "nv2")->ext_id, STR_NULL, STR_NULL), 1);
	/* Both words for one account. */
	assert_int_equal(noticed(&op, of_login(s, "nv3")->ext_id, of_login(s, "nv3")->account_id, STR_NULL), 1);
	/* Whose access had ended goes first. */
	side("UPDATE sen.binding SET want_active = false WHERE ext_id = 'e-nv4'");
	assert_int_equal(noticed(&op, of_login(s, "nv4")->ext_id, STR_NULL, STR_NULL), 1);
	assert_int_equal(side_i64("SELECT prio FROM sen.binding WHERE platform_id = 2 AND ext_id = 'e-nv4'"), 0);
	db_op_done(&op);
}

/* What is told of an account in its grace is looked at like that of any other. */
static void in_its_grace_an_account_is_followed(void **state)
{
	struct shown *s;
	struct listed *l;
	struct follow f = { 0 };
	bool is_ours = false;
	size_t n = 0;
	struct op op;

	side("SELECT take('nv7')");
	plan_all(*state);
	side("SELECT settle(); UPDATE sen.binding SET state = 7 WHERE " NV7);
	s = show(*state);
	l = of_login(s, "nv7");
	l->active = true;
	op_init(&op, *state, db, NULL);
	assert_int_equal(follow_claim(&op, 2, &f, &is_ours), 0);
	assert_true(is_ours);

	struct sight_row row = { .listed = l, .situation = "linked", .owner = l->account_id };
	const struct due_row gone = { l->account_id, l->ext_id }, look = { l->account_id, STR_NULL };

	for (size_t i = 0; i < s->n; i++)
		if (str_equal(s->wants[i].login, STR("nv7")))
			row.judgement = (struct judgement){ .want_hash = str_c(s->wants[i].hash), .is_enforced = true, .names = STR("active"), .diff = STR("{}") };
	assert_int_equal(follow_write(&op, &f, &row, 1, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_active AND " NV7), 1);
	/* Deleted there: nothing is left to be done. */
	side("SELECT settle(); UPDATE sen.binding SET state = 7 WHERE " NV7);
	assert_int_equal(follow_due(&op, &f, &gone, 1, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(follow_due(&op, &f, &look, 1, &n), 0);
	assert_int_equal(n, 1);
	side("SELECT settle(); UPDATE sen.binding SET state = 7 WHERE " NV7);
	assert_int_equal(noticed(&op, STR_NULL, l->account_id, STR_NULL), 1);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND " NV7), 1);
	db_op_done(&op);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_a_platform_says_is_looked_at), TEST(in_its_grace_an_account_is_followed),
		TEST(all_as_wanted_changes_nothing), TEST(a_foreign_change_is_repaired), TEST(a_policy_reports_or_ignores),
		TEST(access_behind_our_back_goes_first), TEST(access_that_comes_back_after_it_ended_is_ended),
		TEST(a_whole_listing_proves_that_access_has_ended), TEST(who_is_missing_twice_is_made_again), TEST(back_again_is_not_missing),
		TEST(a_short_list_waits_for_a_person), TEST(others_accounts_are_told_and_not_touched), TEST(an_identifier_that_changed_is_taken_over),
		TEST(what_changed_meanwhile_is_not_judged), TEST(who_lost_the_lease_changes_nothing), TEST(pages_that_repeat_count_once),
		TEST(rows_lost_in_a_crash_are_noticed), TEST(many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
