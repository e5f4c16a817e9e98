/*
 * What provisioners of one platform share, against PostgreSQL: one of them probes, all of them spend one budget, and what
 * takes access away goes where other operations wait.
 */
#include "provisioning/binding_store.h"
#include "provisioning/completion_store.h"
#include "provisioning/gate.h"
#include "tests/db/migrated.h"

#define N_THREADS 8
#define PLATFORM 2

static struct db *db;

static const char facts_sql[] =
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified)"
	" VALUES ('40', 'Nghệ An', 'nghe an', 'province', '2025-07-01', true);"
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified)"
	" VALUES (2, 'P02', 'Hai', 'hai', 'central', 'operating', true), (3, 'P03', 'Ba', 'ba', 'central', 'operating', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" VALUES (gen_random_uuid(), 'NV1', 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an');"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, 'nv1' FROM sen.person;";

static int setup(void **state)
{
	(void)state;
	migrated_create("health");
	side(facts_sql);
	db = dbtest_open((struct db_config){ .pool_size = N_THREADS + 2, .statement_timeout_ms = 20000 });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_close(db);
	return dbtest_drop();
}

static int begin(void **state)
{
	unit_arena_setup(state);
	side("DELETE FROM sen.binding; DELETE FROM sen.platform_health; DELETE FROM sen.platform_limit; DELETE FROM sen.platform_worker");
	return 0;
}

/* n bindings of that priority that are due; tries as given. */
static void due(int64_t n, int64_t prio, int64_t tries)
{
	struct arena *a = arena_new(4096);

	side(arena_printf(a, "INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen, state, prio, due_at, tries)"
	                  " SELECT gen_random_uuid(), 2, gen_random_uuid(), %s, 1, 1, %ld, now() - interval '1 s', %ld FROM generate_series(1, %ld)",
	                  prio == 0 ? "false" : "true", (long)prio, (long)tries, (long)n).p);
	arena_free(a);
}

/* What an administrator says: members of the row, as SQL. */
static void limit(const char *set)
{
	struct arena *a = arena_new(4096);

	side("INSERT INTO sen.platform_limit (platform_id, changed_by) SELECT 2, id FROM sen.account ON CONFLICT DO NOTHING");
	side(arena_printf(a, "UPDATE sen.platform_limit SET %s", set).p);
	arena_free(a);
}

static struct gate new_gate(void)
{
	struct gate g;

	gate_init(&g, &(struct gate_config){ .platform_id = PLATFORM, .platform = STR("P02"), .lease_s = 60, .concurrency = 8 });
	return g;
}

static struct op begin_op(struct arena *a)
{
	struct op op;

	op_init(&op, a, db, NULL);
	return op;
}

/* Reads anew, whatever was read a moment ago. */
static struct admission admit(struct gate *g, struct arena *a, int64_t wanted, int64_t in_flight)
{
	struct op op = begin_op(a);
	struct admission admission;

	g->read_ms = g->read_ms > 0 ? 1 : 0;
	assert_int_equal(gate_admit(g, &op, wanted, in_flight, &admission), 0);
	db_op_done(&op);
	return admission;
}

static void used(struct gate *g, struct arena *a, struct admission admission, int64_t n)
{
	struct op op = begin_op(a);

	assert_int_equal(gate_used(g, &op, &admission, n), 0);
	db_op_done(&op);
}

static bool note(struct gate *g, struct arena *a, struct gate_event event)
{
	struct op op = begin_op(a);
	bool is_closed;

	gate_note(g, &event, clock_mono_ms());
	assert_int_equal(gate_flush(g, &op, &is_closed), 0);
	db_op_done(&op);
	return is_closed;
}

#define UNREACHABLE ((struct gate_event){ .is_event = true, .event = BREAKER_UNREACHABLE, .class = "down" })
#define ANSWERED ((struct gate_event){ .is_event = true, .event = BREAKER_ANSWERED })

static void open_breaker(struct gate *g, struct arena *a)
{
	for (int i = 0; i < BREAKER_THRESHOLD; i++)
		(void)note(g, a, UNREACHABLE);
}

static void one_breaker_for_all_and_one_probe(void **state)
{
	struct gate one = new_gate(), two = new_gate();
	struct admission probe;

	due(5, 2, 0);
	assert_int_equal(admit(&one, *state, 8, 0).limit, 8);
	assert_int_equal(admit(&two, *state, 8, 0).limit, 8);
	open_breaker(&one, *state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_health WHERE state = 1 AND err_class = 'down' AND opened_at IS NOT NULL"), 1);
	assert_int_equal(admit(&two, *state, 8, 0).limit, 0);
	side("UPDATE sen.platform_health SET failed_at = now() - interval '31 s', opened_at = now() - interval '31 s', epoch = epoch + 1");
	/* Both may think that it is their turn; the row says whose it is. */
	probe = admit(&one, *state, 8, 0);
	assert_true(probe.limit == 1 && probe.is_probe);
	assert_int_equal(admit(&two, *state, 8, 0).limit, 0);
	used(&one, *state, probe, 1);
	(void)note(&one, *state, UNREACHABLE);
	assert_int_equal(side_i64("SELECT openings FROM sen.platform_health WHERE probe_until IS NULL"), 1);
	/* Back again: the first who gets an answer says so to all. */
	side("UPDATE sen.platform_health SET failed_at = now() - interval '61 s', epoch = epoch + 1");
	probe = admit(&two, *state, 8, 0);
	assert_int_equal(probe.limit, 1);
	used(&two, *state, probe, 1);
	assert_true(note(&two, *state, ANSWERED));
	assert_int_equal(admit(&one, *state, 8, 0).limit, 8);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_health WHERE state = 0 AND opened_at IS NULL AND openings = 0"), 1);
	gate_done(&one);
	gate_done(&two);
}

static void who_slept_through_its_probe_changes_nothing(void **state)
{
	struct gate paused = new_gate(), other = new_gate();
	struct admission probe;

	due(5, 2, 0);
	(void)admit(&paused, *state, 8, 0);
	(void)admit(&other, *state, 8, 0);
	open_breaker(&paused, *state);
	side("UPDATE sen.platform_health SET failed_at = now() - interval '31 s', epoch = epoch + 1");
	probe = admit(&paused, *state, 8, 0);
	assert_int_equal(probe.limit, 1);
	/* Its lease ends; another one looks, and the platform is back. */
	side("UPDATE sen.platform_health SET probe_until = now() - interval '1 s'");
	probe = admit(&other, *state, 8, 0);
	assert_int_equal(probe.limit, 1);
	used(&other, *state, probe, 1);
	assert_true(note(&other, *state, ANSWERED));
	assert_false(note(&paused, *state, UNREACHABLE));
	assert_int_equal(side_i64("SELECT state FROM sen.platform_health"), BREAKER_CLOSED);
	assert_int_equal(admit(&paused, *state, 8, 0).limit, 8);
	gate_done(&paused);
	gate_done(&other);
}

static void quarantine_is_told_once_a_day(void **state)
{
	static const int64_t ids[] = { PLATFORM };
	struct gate g = new_gate();
	const struct health_alarm *alarms, *other;
	struct op op = begin_op(*state);
	struct admission probe;
	size_t n;

	due(1, 2, 0);
	(void)admit(&g, *state, 8, 0);
	open_breaker(&g, *state);
	assert_int_equal(health_alarms(&op, ids, 1, &alarms, &n), 0);
	assert_int_equal(n, 0);
	side("UPDATE sen.platform_health SET opened_at = now() - interval '16 min', failed_at = now() - interval '16 min', epoch = epoch + 1");
	probe = admit(&g, *state, 8, 0);
	assert_int_equal(probe.limit, 1);
	used(&g, *state, probe, 1);
	(void)note(&g, *state, UNREACHABLE);
	assert_int_equal(side_i64("SELECT state FROM sen.platform_health"), BREAKER_QUARANTINE);
	assert_int_equal(health_alarms(&op, ids, 1, &alarms, &n), 0);
	assert_int_equal(n, 1);
	/* Nobody else's. */
	assert_int_equal(health_alarms(&op, (const int64_t[]){ 3 }, 1, &other, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(alarms[0].state, BREAKER_QUARANTINE);
	assert_int_equal(health_alarms(&op, ids, 1, &alarms, &n), 0);
	assert_int_equal(n, 0);
	side("UPDATE sen.platform_health SET alarm_at = now() - interval '25 h'");
	assert_int_equal(health_alarms(&op, ids, 1, &alarms, &n), 0);
	assert_int_equal(n, 1);
	db_op_done(&op);
	/* Never given up, and at once when somebody's access must end. */
	assert_int_equal(admit(&g, *state, 8, 0).limit, 0);
	side("UPDATE sen.platform_health SET failed_at = now() - interval '3601 s', epoch = epoch + 1");
	assert_int_equal(admit(&g, *state, 8, 0).limit, 1);
	gate_done(&g);
}

static void a_revocation_makes_probes_quick(void **state)
{
	struct gate g = new_gate();

	due(1, 2, 0);
	(void)admit(&g, *state, 8, 0);
	open_breaker(&g, *state);
	side("UPDATE sen.platform_health SET failed_at = now() - interval '6 s', epoch = epoch + 1");
	assert_int_equal(admit(&g, *state, 8, 0).limit, 0);
	due(1, 0, 0);
	assert_int_equal(admit(&g, *state, 8, 0).limit, 1);
	gate_done(&g);
}

static void a_refusal_cuts_once_a_second_for_all(void **state)
{
	struct gate one = new_gate(), two = new_gate();
	struct gate_event limited = { .is_limited = true, .pause_ms = 700, .is_event = true, .event = BREAKER_ANSWERED };

	limit("rate_count = 200, rate_seconds = 1");
	(void)admit(&one, *state, 8, 0);
	(void)admit(&two, *state, 8, 0);
	(void)note(&one, *state, limited);
	assert_int_equal(side_i64("SELECT rate_milli FROM sen.platform_health"), 100000);
	limited.pause_ms = 300;
	(void)note(&two, *state, limited);
	assert_int_equal(side_i64("SELECT rate_milli FROM sen.platform_health"), 100000);
	assert_int_equal(side_i64("SELECT limited_n FROM sen.platform_health"), 2);
	/* The longer pause counts, for both. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_health WHERE pause_until > now() + interval '350 ms'"), 1);
	assert_int_equal(admit(&two, *state, 8, 0).limit, 0);
	/* What was under way tells the same once more. */
	(void)note(&two, *state, limited);
	assert_int_equal(side_i64("SELECT rate_milli FROM sen.platform_health"), 100000);
	side("UPDATE sen.platform_health SET pause_until = now(), rate_at = now() - interval '2 s', filled_at = now() - interval '1 s'");
	assert_true(admit(&two, *state, 8, 0).limit > 0);
	assert_in_range(gate_rate_milli(&two, clock_mono_ms()), 106000, 120000);
	(void)note(&two, *state, limited);
	assert_in_range(side_i64("SELECT rate_milli FROM sen.platform_health"), 53000, 60000);
	/* A pause of its own accord changes no rate. */
	(void)note(&two, *state, (struct gate_event){ .pause_ms = 5000, .is_event = true, .event = BREAKER_ANSWERED });
	assert_int_equal(side_i64("SELECT limited_n FROM sen.platform_health"), 4);
	gate_done(&one);
	gate_done(&two);
}

static void *take_all(void *arg)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	int64_t *sum = arg, taken;

	for (int i = 0; i < 50; i++) {
		struct op op;

		arena_reset(a);
		op = begin_op(a);
		if (health_take(&op, &(struct health_budget){ PLATFORM, 7, 0, 100, 100 }, &taken) < 0)
			abort();
		*sum += taken;
		db_op_done(&op);
	}
	arena_free(a);
	return NULL;
}

/* 0.1 a second, a hundred at once: nobody gets more out of it by being many. */
static void the_budget_is_the_platforms(void **state)
{
	pthread_t threads[N_THREADS];
	int64_t sums[N_THREADS] = { 0 }, sum = 0, taken;
	struct op op = begin_op(*state);

	assert_int_equal(health_alive(&op, PLATFORM, STR("00000000-0000-4000-8000-000000000001")), 0);
	for (int i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_all, &sums[i]), 0);
	for (int i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += sums[i];
	}
	assert_in_range(sum, 100, 102);
	/* What was overdrawn is paid before anything else goes. */
	side("UPDATE sen.platform_health SET credit_milli = 10000");
	assert_int_equal(health_take(&op, &(struct health_budget){ PLATFORM, 5, 25, 100, 100 }, &taken), 0);
	assert_int_equal(taken, 0);
	assert_in_range(side_i64("SELECT -credit_milli FROM sen.platform_health"), 14000, 15000);
	db_op_done(&op);
}

static void a_revocation_needs_no_budget(void **state)
{
	struct gate g = new_gate();
	struct admission a;

	limit("rate_count = 1, rate_seconds = 60, burst = 2");
	due(10, 2, 0);
	a = admit(&g, *state, 8, 0);
	assert_true(a.limit == 2 && a.max_prio == PRIO_LAST);
	used(&g, *state, a, 2);
	assert_int_equal(admit(&g, *state, 8, 0).limit, 0);
	due(1, 0, 0);
	a = admit(&g, *state, 8, 0);
	assert_true(a.limit > 0 && a.max_prio == PRIO_REVOCATION);
	used(&g, *state, a, 1);
	assert_int_equal(g.credit, -1);
	side("DELETE FROM sen.binding WHERE prio = 0");
	assert_int_equal(admit(&g, *state, 8, 0).limit, 0);
	assert_in_range(side_i64("SELECT -credit_milli FROM sen.platform_health"), 900, 1000);
	gate_done(&g);
}

static void in_a_window_only_revocations_go(void **state)
{
	struct gate g = new_gate();

	limit("windows = jsonb_build_array(jsonb_build_object('from_s', extract(epoch FROM now())::bigint - 60, 'to_s', extract(epoch FROM now())::bigint + 60))");
	assert_int_equal(admit(&g, *state, 8, 0).max_prio, PRIO_REVOCATION);
	limit("windows = jsonb_set(windows, '{0,revocations}', 'false')");
	assert_int_equal(admit(&g, *state, 8, 0).limit, 0);
	limit("windows = jsonb_set(windows, '{0,to_s}', to_jsonb(extract(epoch FROM now())::bigint - 1))");
	assert_int_equal(admit(&g, *state, 8, 0).max_prio, PRIO_LAST);
	/* Nobody knows what was meant: as careful as in a window. */
	limit("windows = '[{\"days\": [9]}]'");
	assert_int_equal(admit(&g, *state, 8, 0).max_prio, PRIO_REVOCATION);
	gate_done(&g);
}

static void in_a_pause_one_revocation_may_try(void **state)
{
	struct gate g = new_gate();
	struct admission a;

	due(3, 2, 0);
	(void)admit(&g, *state, 8, 0);
	side("UPDATE sen.platform_health SET pause_until = now() + interval '1 hour'");
	assert_int_equal(admit(&g, *state, 8, 0).limit, 0);
	due(3, 0, 0);
	a = admit(&g, *state, 8, 0);
	assert_true(a.limit == 1 && a.max_prio == PRIO_REVOCATION);
	assert_int_equal(admit(&g, *state, 8, 0).limit, 0);
	gate_done(&g);
}

static void what_is_at_a_time_is_shared(void **state)
{
	struct gate one = new_gate(), two = new_gate();

	limit("concurrency = 6");
	assert_int_equal(admit(&one, *state, 8, 0).limit, 6);
	assert_int_equal(admit(&one, *state, 8, 4).limit, 2);
	(void)admit(&two, *state, 8, 0);
	assert_int_equal(admit(&one, *state, 8, 0).limit, 3);
	/* It is gone without a word. */
	side("UPDATE sen.platform_worker SET seen_at = now() - interval '6 s'");
	assert_int_equal(admit(&one, *state, 8, 6).limit, 0);
	one.alive_ms = 0;
	assert_int_equal(admit(&one, *state, 8, 0).limit, 6);
	limit("concurrency = NULL");
	assert_int_equal(admit(&one, *state, 8, 0).limit, 8);
	gate_done(&one);
	gate_done(&two);
}

static size_t claim(struct arena *a, struct claim how, const struct work **ret)
{
	struct op op = begin_op(a);
	size_t n = 0;

	assert_int_equal(binding_claim(&op, &how, ret, &n), 0);
	db_op_done(&op);
	return n;
}

static void claims_keep_to_the_priority_and_probes_to_who_failed_least(void **state)
{
	const struct work *work;

	due(1, 0, 9);
	due(2, 2, 0);
	due(1, 2, 3);
	/* The revocation that never works does not decide whether the platform is back. */
	assert_int_equal(claim(*state, (struct claim){ PLATFORM, 1, 60, PRIO_LAST, true }, &work), 1);
	assert_int_equal(work[0].tries, 0);
	assert_int_equal(claim(*state, (struct claim){ PLATFORM, 5, 60, PRIO_REVOCATION, false }, &work), 1);
	assert_int_equal(work[0].tries, 9);
	assert_int_equal(claim(*state, (struct claim){ PLATFORM, 1, 60, PRIO_REVOCATION, true }, &work), 0);
	assert_int_equal(claim(*state, (struct claim){ PLATFORM, 5, 60, PRIO_LAST, false }, &work), 2);
}

/* What readers are told is what the engine does. */
static void the_rate_is_the_same_in_words_and_deeds(void **state)
{
	static const struct {
		int64_t milli, base, passed_s, cap;
	} cases[] = {
		{ 0, 0, 5, 0 }, { 0, 0, 5, 7000 }, { 12500, 25000, 0, 40000 }, { 12500, 25000, 17, 40000 }, { 12500, 25000, 3600, 40000 },
		{ 12500, 25000, 17, 0 }, { 12500, 25000, 89, 0 }, { 12500, 25000, 90, 0 }, { 100, 100, 7, 50 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rate r = { cases[i].milli, cases[i].base };
		int64_t told = side_i64(arena_printf(*state, "SELECT coalesce(sen.platform_rate(h, nullif(%ld, 0)), 0) FROM (SELECT (jsonb_populate_record("
		                                     "NULL::sen.platform_health, jsonb_build_object('rate_milli', %ld, 'rate_base', %ld, 'rate_at', now() - interval"
		                                     " '%ld s'))).*) h", (long)cases[i].cap, (long)cases[i].milli, (long)cases[i].base, (long)cases[i].passed_s).p);

		assert_int_equal(told, rate_in_force(&r, cases[i].passed_s * 1000, cases[i].cap));
	}
}

static void counts_are_told(void **state)
{
	const int64_t ids[] = { PLATFORM, 3 };
	const struct binding_count *counts;
	struct op op = begin_op(*state);
	size_t n = 0, seen = 0;

	due(3, 2, 0);
	side("UPDATE sen.binding SET state = 5 WHERE account_id IN (SELECT account_id FROM sen.binding LIMIT 1)");
	assert_int_equal(health_alive(&op, PLATFORM, STR("00000000-0000-4000-8000-000000000001")), 0);
	assert_int_equal(health_count(&op, ids, 2), 0);
	assert_int_equal(side_i64("SELECT (counts ->> 'due')::int * 10 + (counts ->> 'blocked')::int FROM sen.platform_health WHERE oldest_due < now()"), 21);
	/* So is what waits for no provisioner: n of each state, and those who alarm on them see the same. */
	side("INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen, state)"
	     " SELECT gen_random_uuid(), 2, gen_random_uuid(), false, 1, s FROM generate_series(6, 9) s, generate_series(1, s)");
	side("UPDATE sen.platform_health SET counted_at = NULL");
	assert_int_equal(health_count(&op, ids, 2), 0);
	assert_int_equal(side_i64("SELECT 1000 * (counts ->> 'held')::int + 100 * (counts ->> 'grace')::int + 10 * (counts ->> 'gone')::int"
	                          " + (counts ->> 'waiting')::int FROM sen.platform_health"), 6789);
	assert_int_equal(binding_counts(&op, &counts, &n), 0);
	for (size_t i = 0; i < n; i++)
		seen += counts[i].state >= 6 && counts[i].n == counts[i].state;
	assert_int_equal(seen, 4);
	db_op_done(&op);
}

static void the_log_says_what_changed(void **state)
{
	const struct attr_change changes[] = {
		{ "title", STR("Chuyên viên"), STR("Trưởng phòng \"A\"") }, { "role", STR("MC"), STR_NULL }, { "role", STR_NULL, STR("TK") },
	};
	const struct result r = { .outcome = OUTCOME_OK, .op = "update", .ext_id = STR("e1"), .status = 200, .changes = changes, .n_changes = 3 };
	const struct work *work;
	struct completion done = { .result = &r, .task_id = STR("changes") };
	struct op op = begin_op(*state);

	due(1, 2, 0);
	assert_int_equal(claim(*state, (struct claim){ PLATFORM, 1, 60, PRIO_LAST, false }, &work), 1);
	done.work = work;
	done.sent_hash = work->want_hash;
	assert_int_equal(completion_add(&op, &done, 1), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE task_id = 'changes' AND status = 200 AND id > 0"
	                          " AND changes = '{\"title\": [\"Chuyên viên\", \"Trưởng phòng \\\"A\\\"\"], \"role\": [\"MC\", \"\", \"\", \"TK\"]}'"), 1);
	db_op_done(&op);
}

/* gate_ask(), and gate_used() where it passes. */
static const char *ask(struct gate *g, struct arena *a, bool takes_away)
{
	struct op op = begin_op(a);
	struct admission admission;
	const char *why = "";

	g->read_ms = g->read_ms > 0 ? 1 : 0;
	assert_int_equal(gate_ask(g, &op, takes_away, 0, &admission, &why), 0);
	if (!why)
		assert_int_equal(gate_used(g, &op, &admission, 1), 0);
	db_op_done(&op);
	return why;
}

static void who_asks_by_name_is_told_why_it_cannot_go(void **state)
{
	static const char always[] = "windows = '[{\"days\": [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"], \"from\": \"00:00\","
	                             " \"to\": \"00:00\", \"revocations\": false}]'";
	struct gate one = new_gate(), two = new_gate();

	assert_null(ask(&one, *state, false));
	limit("rate_count = 1, rate_seconds = 60, burst = 1");
	assert_null(ask(&one, *state, false));
	/* The budget is everybody's; what takes access away is paid for later. */
	assert_string_equal(ask(&one, *state, false), "budget");
	assert_string_equal(ask(&two, *state, false), "budget");
	assert_null(ask(&two, *state, true));
	limit("rate_count = NULL, rate_seconds = NULL, burst = NULL");
	limit(always);
	assert_string_equal(ask(&one, *state, false), "window");
	assert_null(ask(&one, *state, true));
	limit("windows = '[]'");
	open_breaker(&one, *state);
	assert_string_equal(ask(&one, *state, false), "open");
	assert_string_equal(ask(&two, *state, true), "open");
	side("UPDATE sen.platform_health SET failed_at = now() - interval '31 s', opened_at = now() - interval '31 s', epoch = epoch + 1");
	/* It is the one that tries, although nothing else is due. */
	assert_null(ask(&one, *state, false));
	assert_string_equal(ask(&two, *state, false), "open");
	gate_done(&one);
	gate_done(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_breaker_for_all_and_one_probe, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(who_slept_through_its_probe_changes_nothing, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(quarantine_is_told_once_a_day, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(a_revocation_makes_probes_quick, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(a_refusal_cuts_once_a_second_for_all, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(the_budget_is_the_platforms, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(a_revocation_needs_no_budget, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(in_a_window_only_revocations_go, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(who_asks_by_name_is_told_why_it_cannot_go, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(in_a_pause_one_revocation_may_try, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(what_is_at_a_time_is_shared, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(claims_keep_to_the_priority_and_probes_to_who_failed_least, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(the_rate_is_the_same_in_words_and_deeds, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(counts_are_told, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(the_log_says_what_changed, begin, unit_arena_teardown),
	};

	return cmocka_run_group_tests_name("db/platform_health", tests, setup, teardown);
}
