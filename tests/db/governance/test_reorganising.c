/*
 * reorganising.h and reorg_run.h on PostgreSQL: the 130 communes of the province become 65 in one batch, drawn up by one
 * person, approved by another, carried out step by step with crashes in between.
 */
#include "server/governance/unit_book.h"
#include "tests/db/governance/reorgdb.h"
#include "tests/unit/at_once.h"

#define N_PARALLEL 50

/* Scopes that were lost with the post they rest on, though that only moved. */
#define LOST_SCOPES                                                                                                        \
	"SELECT count(*) FROM sen.admin_scope s WHERE s.revoked_at IS NULL AND s.post_id IS NOT NULL AND NOT EXISTS (SELECT FROM sen.live_scope l WHERE l.account_id = s.account_id AND l.id = s.id)"

static void test_130_communes(_unused_ void **state)
{
	int64_t n_ms = clock_mono_ms(), n_batches = 0;
	struct reorg r;
	struct op op;

	gov_begin(&op, gov_server);
	draw_up(&op, merges_of(op.arena, N_COMMUNES), &r);
	plan(&op, &r);
	assert_int_equal(r.n_blocking, 0);
	assert_int_equal(approve_as(&op, "second", &r), 0);
	assert_str_equal(r.state, "approved");
	gov_end(&op);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit WHERE code ~ '^30'"), 0);

	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_scope l JOIN sen.admin_scope s ON s.account_id = l.account_id AND s.id = l.id WHERE s.post_id IS NOT NULL"), 132);
	while (advance(1000)) {
		assert_int_equal(side_i64(LOST_SCOPES), 0);
		if (++n_batches % 8 == 0)
			check_access();
	}
	print_message("%lld steps in %lld ms, checks included\n", (long long)n_batches, (long long)(clock_mono_ms() - n_ms));
	check_end(N_COMMUNES);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation WHERE state = 'done'"), 1);
	assert_true(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'reorganisation.batch'") > 15);
}

/* A process of its own: a byte for each step that is done, the end of the pipe when nothing is due. */
_noreturn_ static void run_until_killed(int fd)
{
	struct db *db = open_as_provisioner();

	for (;;) {
		struct reorg_step_done done;
		struct op run;

		gov_begin(&run, db);
		if (reorg_run_step(&run, 500, &done) < 0 || str_is_null(done.id) || write(fd, "x", 1) != 1)
			_exit(0);
		gov_end(&run);
	}
}

/* Each of the steps is done about twice. */
#define N_KILLED 32

/* Killed in the middle of whatever it does, again and again; what is left always holds, and the end is the same. */
static void test_killed_in_the_middle(_unused_ void **state)
{
	struct reorg r;
	struct op op;
	int64_t n_killed = 0;

	gov_begin(&op, gov_server);
	draw_up(&op, merges_of(op.arena, N_KILLED), &r);
	plan(&op, &r);
	assert_int_equal(approve_as(&op, "second", &r), 0);
	gov_end(&op);
	while (side_i64("SELECT count(*) FROM sen.reorganisation WHERE state = 'done'") == 0) {
		int ends[2];
		char step;

		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		if (child == 0)
			run_until_killed(ends[1]);
		close(ends[1]);
		/* One step is committed, the next one is under way or begins; or the one before still ends in the server. */
		(void)!read(ends[0], &step, 1);
		usleep((useconds_t)(n_killed % 5) * 10000);
		n_killed += kill(child, SIGKILL) == 0;
		assert_int_equal(waitpid(child, NULL, 0), child);
		close(ends[0]);
		if (n_killed % 4 == 0)
			check_access();
	}
	print_message("killed %lld times\n", (long long)n_killed);
	assert_true(n_killed > 15);
	check_end(N_KILLED);
}

static void test_four_eyes_and_states(_unused_ void **state)
{
	struct reorg r, seen;
	struct op op;

	side("UPDATE sen.admin_scope SET rights = ARRAY['organise', 'approve'] WHERE account_id = (SELECT id FROM sen.account WHERE login = 'r0')");
	gov_begin(&op, gov_server);
	draw_up(&op, STR("[{\"kind\": \"merge\", \"from\": [\"20000\", \"20001\"], \"into\": [{\"code\": \"30000\", \"name\": \"Xã mới\"}]}]"), &r);
	assert_int_equal(approve_as(&op, "second", &r), ERR_WRONG_STATE);
	plan(&op, &r);
	assert_int_equal(approve_as(&op, "annv", &r), ERR_FOUR_EYES);
	/* A commune's administrator does not see it at all. */
	struct principal commune = gov_principal(&op, "r0");

	op_forgive(&op);
	assert_int_equal(reorg_get(&op, r.id, commune.account_id, &seen), ERR_NOT_FOUND);
	op_forgive(&op);
	assert_int_equal(reorganising_approve(&op, &commune, &r, r.plan_hash, &seen), ERR_NOT_FOUND);
	struct reorg_draft draft = draft_of(&op, STR("[{\"kind\": \"merge\", \"from\": [\"20000\", \"20001\"], \"into\": [{\"code\": \"30000\", \"name\": \"X\"}]}]"));

	op_forgive(&op);
	assert_int_equal(reorganising_draw_up(&op, &commune, &draft, &seen), ERR_OUT_OF_SCOPE);
	/* Another plan than the one looked at. */
	struct principal second = gov_principal(&op, "second");

	op_forgive(&op);
	assert_int_equal(reorganising_approve(&op, &second, &r, STR("0"), &seen), ERR_PRECONDITION_FAILED);
	/* A fact changes after planning. */
	side("UPDATE sen.post SET title = 'Phó Chủ tịch' WHERE unit_id = (SELECT id FROM sen.unit WHERE code = '20001')");
	assert_int_equal(approve_as(&op, "second", &r), ERR_WRONG_STATE);
	op_forgive(&op);
	assert_int_equal(reorg_get(&op, r.id, gov_principal(&op, "annv").account_id, &r), 0);
	assert_str_equal(r.state, "stale");
	plan(&op, &r);
	assert_int_equal(approve_as(&op, "second", &r), 0);
	/* And after approval: nothing is carried out. */
	side("UPDATE sen.post SET title = 'Chuyên viên' WHERE unit_id = (SELECT id FROM sen.unit WHERE code = '20001')");
	assert_string_equal(advance(100), "stale");
	assert_null(advance(100));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit WHERE code = '30000'"), 0);
	gov_end(&op);
}

static void test_unassigned_blocks(_unused_ void **state)
{
	struct reorg r;
	struct op op;

	gov_begin(&op, gov_server);
	draw_up(&op, STR("[{\"kind\": \"split\", \"from\": [\"20002\"], \"into\": [{\"code\": \"30001\", \"name\": \"Một\"}, {\"code\": \"30002\", \"name\": \"Hai\"}],"
	                 " \"divisions\": {\"20002.VP\": \"30001\", \"20002.KT\": \"30002\", \"20002.HCC\": \"30002\"}}]"), &r);
	plan(&op, &r);
	assert_true(r.n_blocking > 0);
	assert_int_equal(approve_as(&op, "second", &r), ERR_BLOCKED);
	gov_end(&op);
}

/* Nothing new comes into a unit that is about to end; elsewhere it does. */
static void test_closed_while_running(_unused_ void **state)
{
	struct reorg r;
	struct op op;

	gov_begin(&op, gov_server);
	draw_up(&op, STR("[{\"kind\": \"merge\", \"from\": [\"20000\", \"20001\"], \"into\": [{\"code\": \"30000\", \"name\": \"Xã mới\"}]}]"), &r);
	plan(&op, &r);
	assert_int_equal(approve_as(&op, "second", &r), 0);
	assert_string_equal(advance(10), "begin");
	side("DO $$ BEGIN INSERT INTO sen.post SELECT person_id, gen_random_uuid(), (SELECT id FROM sen.unit WHERE code = '20001'), 'Kiêm nhiệm', 'concurrent',"
	     " daterange('2026-01-01', NULL), 'x' FROM sen.post LIMIT 1; RAISE 'taken'; EXCEPTION WHEN exclusion_violation THEN NULL; END $$");
	side("INSERT INTO sen.post SELECT person_id, gen_random_uuid(), (SELECT id FROM sen.unit WHERE code = '20005'), 'Kiêm nhiệm', 'concurrent',"
	     " daterange('2026-01-01', NULL), 'x' FROM sen.post LIMIT 1");
	while (advance(10))
		continue;
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation WHERE state = 'done'"), 1);
	check_access();
	gov_end(&op);
}

struct race {
	const struct reorg *seen;
	int result;
};

static void *race_main(void *arg)
{
	struct race *race = arg;
	struct reorg now;
	struct op op;

	gov_begin(&op, gov_server);
	struct principal p = gov_principal(&op, "second");
	race->result = reorganising_approve(&op, &p, race->seen, race->seen->plan_hash, &now);
	gov_end(&op);
	return NULL;
}

static void assert_name_on(struct op *op, const char *code, const char *day, const char *name)
{
	struct unit_entry unit;

	assert_int_equal(unit_book_get(op, str_c(code), gov_principal(op, "annv").account_id, day ? str_c(day) : STR_NULL, &unit), 0);
	assert_str_equal(unit.name, name);
}

static void test_approved_once(_unused_ void **state)
{
	struct race races[N_PARALLEL];
	struct unit_entry unit;
	struct reorg r;
	struct op op;
	int n = 0;

	gov_begin(&op, gov_server);
	draw_up(&op, STR("[{\"kind\": \"rename\", \"from\": [\"20004\"], \"into\": [{\"code\": \"20004\", \"name\": \"Tên mới\"}]}]"), &r);
	plan(&op, &r);
	for (size_t i = 0; i < N_PARALLEL; i++)
		races[i] = (struct race){ .seen = &r };
	AT_ONCE(race_main, races);
	for (size_t i = 0; i < N_PARALLEL; i++) {
		n += races[i].result == 0;
		assert_true(races[i].result == 0 || races[i].result == ERR_PRECONDITION_FAILED);
	}
	assert_int_equal(n, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'reorganisation.approve' AND object LIKE '%' || (SELECT id FROM sen.reorganisation)"), 1);
	/* A new name changes no access, and no id. */
	while (advance(10))
		continue;
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit WHERE code = '20004' AND name = 'Tên mới' AND name_fold = 'ten moi'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM (SELECT account_id, id, unit_id, revoked_at FROM sen.access_grant EXCEPT"
	                          " SELECT account_id, id, unit_id, revoked_at FROM kept.access_grant) t"), 0);
	assert_name_on(&op, "20004", NULL, "Tên mới");
	assert_name_on(&op, "20004", "2026-01-01", "Xã 4");
	/* What was said and taken back within a day was never so. */
	side("UPDATE sen.unit SET name = 'Tên khác' WHERE code = '20004'");
	assert_name_on(&op, "20004", "2026-01-01", "Xã 4");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_was"), 2);
	/* And the unit above it. */
	side("UPDATE sen.unit SET parent_id = (SELECT id FROM sen.unit WHERE code = '20005') WHERE code = '20004.VP'");
	assert_int_equal(unit_book_get(&op, STR("20004.VP"), gov_principal(&op, "annv").account_id, STR("2026-01-01"), &unit), 0);
	assert_str_equal(unit.parent_code, "20004");
	assert_int_equal(unit_book_get(&op, STR("20004.VP"), gov_principal(&op, "annv").account_id, STR_NULL, &unit), 0);
	assert_str_equal(unit.parent_code, "20005");
	gov_end(&op);
}

/* Two roles that nobody holds both of in one unit, held in two that become one; and a rule that was not there when it was planned. */
static void test_duties_meet(_unused_ void **state)
{
	struct reorg r;
	struct op op;

	gov_begin(&op, gov_server);
	draw_up(&op, merges_of(op.arena, N_COMMUNES), &r);
	plan(&op, &r);
	assert_int_equal(r.n_blocking, 0);
	side("INSERT INTO sen.duty_rule (id, code, name, role_a, role_b, within, severity, basis, made_by) SELECT gen_random_uuid(), 'MCTK', 'x', 'MC', 'TK', 'unit', 'block', 'b', id"
	     " FROM sen.account WHERE login = 'annv'");
	assert_true(approve_as(&op, "second", &r) < 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation WHERE state = 'stale'"), 1);
	op_forgive(&op);
	assert_int_equal(reorg_get(&op, r.id, gov_principal(&op, "annv").account_id, &r), 0);
	plan(&op, &r);
	assert_true(r.n_blocking > 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation_finding WHERE code <> 'separation' AND blocking"), 0);
	assert_true(approve_as(&op, "second", &r) < 0);
	/* With an exception for each of them. */
	side("INSERT INTO sen.duty_exception (id, duty_id, person_id, reason, valid_to, asked_by, approved_by, approved_at) SELECT gen_random_uuid(), d.id, f.person_id, 'x',"
	     " '2099-01-01', (SELECT id FROM sen.account WHERE login = 'annv'), (SELECT id FROM sen.account WHERE login = 'second'), now()"
	     " FROM sen.duty_rule d, (SELECT DISTINCT person_id FROM sen.reorganisation_finding WHERE code = 'separation') f");
	op_forgive(&op);
	plan(&op, &r);
	assert_int_equal(r.n_blocking, 0);
	side("DELETE FROM sen.duty_exception; DELETE FROM sen.duty_rule");
	gov_end(&op);
}

#define RULE_20000 "(SELECT id FROM sen.birthright_rule WHERE code = 'X20000')"
#define FOUND_OF_RULE(what) "SELECT count(*) FROM sen.reorganisation_finding WHERE code = '" what "' AND subject = " RULE_20000
/* Persons of commune 20000 as it was, with and without what its rule gives them. */
#define HAVE_NOT_BY_RULE                                                                                                              \
	"SELECT count(DISTINCT a.id) FROM kept.post o JOIN kept.unit u ON u.id = o.unit_id AND u.code ~ '^20000' JOIN sen.account a ON a.person_id = o.person_id" \
	" WHERE NOT EXISTS (SELECT FROM sen.live_grant l JOIN sen.access_grant g ON g.account_id = l.account_id AND g.id = l.id WHERE l.account_id = a.id AND g.rule_id = " RULE_20000 ")"

/* What is given in a unit is given in what becomes of it, at every moment; whoever else gains by that is said before. */
static void test_rules_go_on(_unused_ void **state)
{
	struct reorg r;
	struct op op;

	side("INSERT INTO sen.birthright_rule (id, code) VALUES (gen_random_uuid(), 'X20000')");
	side("INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) SELECT id, 'XR', 'x', 'normal', false FROM sen.platform WHERE code = 'P02'");
	side("INSERT INTO sen.birthright_version (rule_id, number, name, basis, unit_id, role_ids, valid, drawn_by, released_by, released_at) SELECT " RULE_20000 ", 1, 'x', 'x', u.id,"
	     " ARRAY[(SELECT id FROM sen.role WHERE code = 'XR')], daterange('2025-07-01', NULL), a.id, b.id, now() FROM sen.unit u, sen.account a, sen.account b"
	     " WHERE u.code = '20000' AND a.login = 'annv' AND b.login = 'second'");
	side("SELECT sen.rule_apply(" RULE_20000 ", NULL)");
	assert_int_equal(side_i64(HAVE_NOT_BY_RULE), 0);
	side("UPDATE sen.platform SET managing_unit = '20001' WHERE code = 'P02'");
	side("INSERT INTO sen.feed (id, code, name, account_id, unit_id, default_unit, authority, basis, token_hash, token_until, created_by) SELECT gen_random_uuid(), 'hr', 'hr', b.id, u.id,"
	     " u.id, '{}', 'x', '\\x00', now(), a.id FROM sen.unit u, sen.account a, sen.account b WHERE u.code = '20001' AND a.login = 'annv' AND b.login = 'second'");
	/* The same person asks for the same role in both. */
	side("INSERT INTO sen.access_request (id, person_id, role_id, unit_id, basis, reason, stages, stage_days, expires_at, requested_by) SELECT gen_random_uuid(), b.person_id, x.id, u.id,"
	     " 'x', 'x', 1, 5, now() + interval '9 days', a.id"
	     " FROM sen.unit u, sen.account a, sen.account b, sen.role x WHERE u.code IN ('20000', '20001') AND a.login = 'annv' AND b.login = 'r7' AND x.code = 'XR'");
	gov_begin(&op, gov_server);
	draw_up(&op, STR("[{\"kind\": \"merge\", \"from\": [\"20000\", \"20001\"], \"into\": [{\"code\": \"30000\", \"name\": \"Xã mới\"}]}]"), &r);
	plan(&op, &r);
	assert_int_equal(side_i64(FOUND_OF_RULE("rule_further") " AND unit_code = '30000'"), 1);
	assert_int_equal(side_i64(FOUND_OF_RULE("rule_falls")), 0);
	assert_int_equal(approve_as(&op, "second", &r), 0);
	while (advance(50))
		assert_int_equal(side_i64(HAVE_NOT_BY_RULE), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation WHERE state = 'done'"), 1);
	/* As was said: of 20001 too. */
	assert_int_equal(side_i64("SELECT count(DISTINCT o.person_id) FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id AND u.code ~ '^30000' WHERE o.valid @> sen.today()"
	                          " AND NOT EXISTS (SELECT FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id WHERE a.person_id = o.person_id AND g.rule_id = " RULE_20000
	                          " AND g.revoked_at IS NULL)"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform p JOIN sen.unit u ON u.id = p.managing_unit_id WHERE p.code = 'P02' AND p.managing_unit = '30000' AND u.code = '30000'"), 1);
	/* Nobody's reach is widened. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.feed f JOIN sen.unit u ON u.id = f.unit_id JOIN sen.unit d ON d.id = f.default_unit WHERE u.code = '20001' AND d.code = '30000'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation WHERE report -> 'left' = '{\"feeds\": 1, \"requests\": 1}'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request q JOIN sen.unit u ON u.id = q.unit_id WHERE u.code = '30000'"), 1);
	gov_end(&op);
	side("UPDATE sen.platform SET managing_unit = '' WHERE code = 'P02'; DELETE FROM sen.feed; DELETE FROM sen.access_request");
	side("SET session_replication_role = replica; DELETE FROM sen.access_grant WHERE rule_id IS NOT NULL; DELETE FROM sen.birthright_version; DELETE FROM sen.birthright_rule; DELETE FROM sen.role WHERE code = 'XR';"
	     " SET session_replication_role = DEFAULT");
}

#define SCOPE_OF_R0 "FROM sen.admin_scope s JOIN sen.account a ON a.id = s.account_id AND a.login = 'r0' JOIN sen.unit u ON u.id = s.unit_id WHERE s.revoked_at IS NULL"

/* Who was given some roles up to a cap in a unit has them in what becomes of it, and no others. */
static void test_limited_scopes(_unused_ void **state)
{
	struct reorg r;
	struct op op;

	side("UPDATE sen.admin_scope SET role_ids = ARRAY[(SELECT min(id) FROM sen.role WHERE code = 'MC')], max_rank = 1 WHERE account_id = (SELECT id FROM sen.account WHERE login = 'r0')"
	     " AND unit_id = (SELECT id FROM sen.unit WHERE code = '20000')");
	/* Everybody stands in a division, which is assigned. */
	side("UPDATE sen.post SET unit_id = (SELECT id FROM sen.unit WHERE code = '20000.VP') WHERE unit_id = (SELECT id FROM sen.unit WHERE code = '20000')");
	side("UPDATE sen.access_grant SET revoked_at = now() WHERE unit_id = (SELECT id FROM sen.unit WHERE code = '20000')");
	gov_begin(&op, gov_server);
	draw_up(&op, STR("[{\"kind\": \"split\", \"from\": [\"20000\"], \"into\": [{\"code\": \"30001\", \"name\": \"Một\"}, {\"code\": \"30002\", \"name\": \"Hai\"}],"
	                 " \"divisions\": {\"20000.VP\": \"30001\", \"20000.KT\": \"30002\", \"20000.HCC\": \"30002\"}}]"), &r);
	plan(&op, &r);
	assert_int_equal(r.n_blocking, 0);
	assert_int_equal(approve_as(&op, "second", &r), 0);
	while (advance(1000))
		continue;
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation WHERE state = 'done'"), 1);
	assert_int_equal(side_i64("SELECT count(*) " SCOPE_OF_R0 " AND u.code IN ('30001', '30002')"), 2);
	assert_int_equal(side_i64("SELECT count(*) " SCOPE_OF_R0 " AND u.code IN ('30001', '30002') AND cardinality(s.role_ids) = 1 AND s.max_rank = 1"), 2);
	gov_end(&op);
}

/* A few roles over the neighbour are not all of them: what may be more is said to those who approve. */
static void test_a_limited_scope_is_less(_unused_ void **state)
{
	struct reorg r;
	struct op op;

	gov_begin(&op, gov_server);
	draw_up(&op, STR("[{\"kind\": \"merge\", \"from\": [\"20001\"], \"into\": [{\"code\": \"20000\"}]}]"), &r);
	plan(&op, &r);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation_finding f JOIN sen.account a ON a.id = f.account_id WHERE f.code = 'scope_further' AND a.login = 'r0'"), 0);
	/* Approved while it was one thing, it is not carried out as another. */
	assert_int_equal(approve_as(&op, "second", &r), 0);
	side("UPDATE sen.admin_scope SET max_rank = 1 WHERE account_id = (SELECT id FROM sen.account WHERE login = 'r0') AND unit_id = (SELECT id FROM sen.unit WHERE code = '20001')");
	assert_string_equal(advance(100), "stale");
	op_forgive(&op);
	assert_int_equal(reorg_get(&op, r.id, gov_principal(&op, "annv").account_id, &r), 0);
	plan(&op, &r);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation_finding f JOIN sen.account a ON a.id = f.account_id WHERE f.code = 'scope_further' AND a.login = 'r0'"), 1);
	gov_end(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REORG_TEST(test_130_communes),
		REORG_TEST(test_killed_in_the_middle),
		REORG_TEST(test_four_eyes_and_states),
		REORG_TEST(test_unassigned_blocks),
		REORG_TEST(test_closed_while_running),
		REORG_TEST(test_approved_once),
		REORG_TEST(test_duties_meet),
		REORG_TEST(test_rules_go_on),
		REORG_TEST(test_limited_scopes),
		REORG_TEST(test_a_limited_scope_is_less),
	};

	return cmocka_run_group_tests(tests, reorgdb_create, reorgdb_drop);
}
