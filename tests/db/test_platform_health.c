/* What provisioners know of a platform together, against PostgreSQL: one breaker, one probe, who goes first, what is counted and told. */
#include "provisioning/binding_store.h"
#include "provisioning/completion_store.h"
#include "tests/db/healthy.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		HEALTH_TEST(one_breaker_for_all_and_one_probe),
		HEALTH_TEST(who_slept_through_its_probe_changes_nothing),
		HEALTH_TEST(quarantine_is_told_once_a_day),
		HEALTH_TEST(a_revocation_makes_probes_quick),
		HEALTH_TEST(claims_keep_to_the_priority_and_probes_to_who_failed_least),
		HEALTH_TEST(counts_are_told),
		HEALTH_TEST(the_log_says_what_changed),
	};

	return cmocka_run_group_tests_name("db/platform_health", tests, healthy_create, migrated_drop);
}
