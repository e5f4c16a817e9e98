/*
 * What provisioners of one platform may do together, against PostgreSQL: they spend one budget and keep its windows and pauses,
 * and what takes access away goes where other operations wait.
 */
#include "tests/db/healthy.h"
#include "tests/unit/at_once.h"

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
	int64_t sums[N_THREADS] = { 0 }, sum = 0, taken;
	struct op op = begin_op(*state);

	assert_int_equal(health_alive(&op, PLATFORM, STR("00000000-0000-4000-8000-000000000001")), 0);
	AT_ONCE(take_all, sums);
	for (int i = 0; i < N_THREADS; i++)
		sum += sums[i];
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		HEALTH_TEST(a_refusal_cuts_once_a_second_for_all),
		HEALTH_TEST(the_budget_is_the_platforms),
		HEALTH_TEST(a_revocation_needs_no_budget),
		HEALTH_TEST(in_a_window_only_revocations_go),
		HEALTH_TEST(who_asks_by_name_is_told_why_it_cannot_go),
		HEALTH_TEST(in_a_pause_one_revocation_may_try),
		HEALTH_TEST(what_is_at_a_time_is_shared),
		HEALTH_TEST(the_rate_is_the_same_in_words_and_deeds),
	};

	return cmocka_run_group_tests_name("db/platform_budget", tests, healthy_create, migrated_drop);
}
