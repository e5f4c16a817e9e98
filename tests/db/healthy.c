#include "tests/db/healthy.h"

static const char facts_sql[] =
	FACT_UNIT FACT_P02 FACT_P03
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" VALUES (gen_random_uuid(), 'NV1', 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an');"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, 'nv1' FROM sen.person;";

int healthy_create(_unused_ void **state)
{
	return migrated_open("health", facts_sql, N_THREADS + 2);
}

int healthy_begin(void **state)
{
	unit_arena_setup(state);
	side("DELETE FROM sen.binding; DELETE FROM sen.platform_health; DELETE FROM sen.platform_limit; DELETE FROM sen.platform_worker");
	return 0;
}

void due(int64_t n, int64_t prio, int64_t tries)
{
	struct arena *a = arena_new(4096);

	side(arena_printf(a, "INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen, state, prio, due_at, tries)"
	                  " SELECT gen_random_uuid(), 2, gen_random_uuid(), %s, 1, 1, %ld, now() - interval '1 s', %ld FROM generate_series(1, %ld)",
	                  prio == 0 ? "false" : "true", (long)prio, (long)tries, (long)n).p);
	arena_free(a);
}

void limit(const char *set)
{
	struct arena *a = arena_new(4096);

	side("INSERT INTO sen.platform_limit (platform_id, changed_by) SELECT 2, id FROM sen.account ON CONFLICT DO NOTHING");
	side(arena_printf(a, "UPDATE sen.platform_limit SET %s", set).p);
	arena_free(a);
}

struct gate new_gate(void)
{
	struct gate g;

	gate_init(&g, &(struct gate_config){ .platform_id = PLATFORM, .platform = STR("P02"), .lease_s = 60, .concurrency = 8 });
	return g;
}

struct op begin_op(struct arena *a)
{
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	return op;
}

struct admission admit(struct gate *g, struct arena *a, int64_t wanted, int64_t in_flight)
{
	struct op op = begin_op(a);
	struct admission admission;

	g->read_ms = g->read_ms > 0 ? 1 : 0;
	assert_int_equal(gate_admit(g, &op, wanted, in_flight, &admission), 0);
	db_op_done(&op);
	return admission;
}

void used(struct gate *g, struct arena *a, struct admission admission, int64_t n)
{
	struct op op = begin_op(a);

	assert_int_equal(gate_used(g, &op, &admission, n), 0);
	db_op_done(&op);
}

bool note(struct gate *g, struct arena *a, struct gate_event event)
{
	struct op op = begin_op(a);
	bool is_closed;

	gate_note(g, &event, clock_mono_ms());
	assert_int_equal(gate_flush(g, &op, &is_closed), 0);
	db_op_done(&op);
	return is_closed;
}

void open_breaker(struct gate *g, struct arena *a)
{
	for (int i = 0; i < BREAKER_THRESHOLD; i++)
		(void)note(g, a, UNREACHABLE);
}
