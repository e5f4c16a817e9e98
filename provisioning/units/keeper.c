#include "provisioning/units/keeper.h"

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"

#include <time.h>

#define ARENA_BYTES ((size_t)1024 * 1024)
/* A listing has a connection of its own. */
#define CONNECTIONS 2
#define POLL_MS 500
#define FAULT_PAUSE_MS 1000
#define STATE_EVERY_MS 5000

bool unit_keeper_is_wanted(const struct connector_config *config)
{
	return str_equal(config->kind, STR("directory")) && !str_is_empty(config->units_base);
}

static void pause_for(const struct unit_keeper *k, int64_t ms)
{
	int64_t until_ms = clock_mono_ms() + ms;

	while (!atomic_load(k->is_stopping) && clock_mono_ms() < until_ms)
		nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000 }, NULL);
}

static void tell(const struct unit_keeper *k, const struct units_lease *l, const struct units_done *done)
{
	bool is_news = l->is_whole || done->made + done->changed + done->raced + done->refused > 0;

	if (done->fault)
		log_event(LOG_LEVEL_WARN, "units", L_STR("platform", k->config->platform), L_C("fault", done->fault), L_STR("detail", done->detail));
	else if (is_news)
		log_event(LOG_LEVEL_INFO, "units", L_STR("platform", k->config->platform), L_C("of", l->is_whole ? "all" : "changed"), L_INT("made", done->made),
		          L_INT("changed", done->changed), L_INT("raced", done->raced), L_INT("refused", done->refused));
}

/* true: there may be more right now. */
static bool turn_once(struct unit_keeper *k, struct ldap_pool *pool, struct op *op)
{
	const struct units_keeping of = { k->db, pool, k->config, k->is_stopping };
	struct units_lease lease;
	struct units_hold opened;
	struct units_done done;
	bool is_ours = false;
	int err = units_claim(op, k->platform_id, &lease, &is_ours);

	if (err < 0)
		pause_for(k, FAULT_PAUSE_MS);
	if (err < 0 || !is_ours)
		return false;
	err = units_turn(&of, op->arena, &lease, &done, &opened);
	if (err < 0 && !done.fault)
		done.fault = err == ERR_CONFLICT ? "lease" : err == ERR_LIMIT ? "limit" : "database";
	tell(k, &lease, &done);
	if (opened.id > 0)
		log_event(LOG_LEVEL_WARN, "guard.held", L_STR("platform", k->config->platform), L_INT("hold", opened.id), L_C("reason", "units"),
		          L_INT("close", opened.n_close), L_INT("change", opened.n_change));
	/* After a fault it waits in the database, for all. */
	if (err != ERR_CONFLICT && units_end(op, &lease, &done) < 0)
		pause_for(k, FAULT_PAUSE_MS);
	return !done.fault && done.raced == 0;
}

static void publish(struct unit_keeper *k, struct op *op)
{
	struct unit_keeper_stats *to = &k->stats;
	struct units_state s;

	if (units_state(op, k->platform_id, &s) < 0)
		return;
	atomic_store(&to->age_s, s.age_s);
	atomic_store(&to->waiting, s.waiting);
	atomic_store(&to->failing, s.tries);
	atomic_store(&to->held, s.held);
	atomic_store(&to->entries, s.total.entries);
	atomic_store(&to->strangers, s.total.strangers);
	atomic_store(&to->made, s.total.made);
	atomic_store(&to->changed, s.total.changed);
	atomic_store(&to->raced, s.total.raced);
	atomic_store(&to->refused, s.total.refused);
}

static void prepare(struct unit_keeper *k, struct arena *a)
{
	int err = -1;

	while (err < 0 && !atomic_load(k->is_stopping)) {
		struct op op;

		arena_reset(a);
		op_init(&op, a, k->db, NULL);
		err = units_prepare(&op, k->platform_id);
		db_op_done(&op);
		if (err < 0)
			pause_for(k, FAULT_PAUSE_MS);
	}
}

static void run(struct unit_keeper *k, struct ldap_pool *pool, struct arena *a)
{
	int64_t state_ms = 0;
	bool has_more = false;

	prepare(k, a);
	while (!atomic_load(k->is_stopping)) {
		struct op op;

		arena_reset(a);
		op_init(&op, a, k->db, NULL);
		if (clock_mono_ms() >= state_ms) {
			state_ms = clock_mono_ms() + STATE_EVERY_MS;
			publish(k, &op);
			op_forgive(&op);
		}
		has_more = turn_once(k, pool, &op);
		db_op_done(&op);
		/* What was raced for is not done any sooner by being in a hurry. */
		if (!has_more)
			pause_for(k, POLL_MS);
	}
}

void *unit_keeper_main(void *arg)
{
	struct unit_keeper *k = arg;
	_cleanup_(arena_freep) struct arena *a = arena_new(ARENA_BYTES), *of_pool = arena_new(ARENA_BYTES);
	struct connector_config config = *k->config;
	struct ldap_pool *pool = NULL;
	struct op op;

	atomic_store(&k->stats.age_s, -1);
	config.concurrency = CONNECTIONS;
	op_init(&op, of_pool, NULL, NULL);
	if (ldap_map_open(&op, &config, &pool) < 0) {
		log_event(LOG_LEVEL_ERROR, "units", L_STR("platform", config.platform), L_C("fault", "config"), L_STR("detail", op.error.detail));
		return NULL;
	}
	run(k, pool, a);
	ldap_pool_free(pool);
	return NULL;
}
