#include "provisioning/loops.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/model/reorg_run.h"
#include "common/plan/facts_store.h"
#include "provisioning/binding_store.h"
#include "provisioning/gate.h"
#include "provisioning/reconcile.h"
#include "provisioning/trace_store.h"

#include <time.h>

/* Whoever is revoked waits for it. */
#define POLL_MS 40
#define DUE_EVERY_MS 250
#define FAULT_PAUSE_MS 1000
#define PLANNER_BYTES ((size_t)64 * 1024 * 1024)
#define REORGANISER_BYTES ((size_t)1024 * 1024)
#define REORGANISE_POLL_MS 1000

void app_pause(struct app *app, int64_t ms)
{
	int64_t until_ms = clock_mono_ms() + ms;

	while (!atomic_load(&app->is_stopping) && clock_mono_ms() < until_ms)
		nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000 }, NULL);
}

void app_complain(const char *event, const struct op *op)
{
	log_event(LOG_LEVEL_WARN, event, L_C("error", err_name(op->error.code)), L_STR("detail", op->error.detail));
}

struct str app_platform_code(const struct app *app, int64_t platform_id)
{
	for (size_t i = 0; i < app->n_workers; i++)
		if (worker_platform_id(app->workers[i]) == platform_id)
			return worker_platform(app->workers[i]);
	return STR_NULL;
}

const int64_t *app_platforms(const struct app *app, struct arena *a)
{
	int64_t *ids = ARENA_ARRAY(a, int64_t, app->n_workers);

	for (size_t i = 0; i < app->n_workers; i++)
		ids[i] = worker_platform_id(app->workers[i]);
	return ids;
}

void app_nudge(struct app *app)
{
	for (size_t i = 0; i < app->n_workers; i++)
		worker_nudge(app->workers[i], false);
}

/* The platforms where something is due now. */
static void nudge(struct app *app, const struct plan_changes *changes)
{
	for (size_t i = 0; i < changes->n_platforms; i++) {
		const struct plan_change *c = &changes->list[i];

		if (c->prio == PRIO_REVOCATION)
			urgency_expect(&app->urgency);
		for (size_t k = 0; k < app->n_workers; k++)
			if (worker_platform_id(app->workers[k]) == c->platform_id)
				worker_nudge(app->workers[k], c->prio == PRIO_REVOCATION);
	}
}

/* *due_ms: when those whose time has come are looked for again. */
static int plan(struct app *app, struct op *op, int64_t *due_ms, struct reconcile_report *report)
{
	bool any = false;
	size_t n_due;
	int err = 0;

	if (clock_mono_ms() >= *due_ms) {
		*due_ms = clock_mono_ms() + DUE_EVERY_MS;
		err = dirty_add_due(op, &n_due);
	}
	if (err == 0)
		err = dirty_waits(op, &any);
	return err < 0 || !any ? err : reconcile_batch(op, app->config.mail_domain, report);
}

/* One batch; true when there may be more. */
static bool plan_once(struct app *app, struct arena *arena, int64_t *due_ms)
{
	struct reconcile_report report = { 0 };
	struct op op;
	int err;

	arena_reset(arena);
	op_init(&op, arena, app->hot, NULL);
	err = plan(app, &op, due_ms, &report);
	db_op_done(&op);
	if (err < 0) {
		app_complain("planner", &op);
		app_pause(app, FAULT_PAUSE_MS);
		return false;
	}
	atomic_store(&app->planner_beat_ms, clock_mono_ms());
	atomic_fetch_add(&app->n_planned, report.n_accounts);
	atomic_fetch_add(&app->n_as_planned, report.n_as_planned);
	atomic_fetch_add(&app->n_changed, report.n_changed);
	nudge(app, &report.changes);
	return report.n_accounts == FACTS_BATCH;
}

void *planner_main(void *arg)
{
	struct app *app = arg;
	_cleanup_(arena_freep) struct arena *arena = arena_new(PLANNER_BYTES);

	int64_t due_ms = 0;

	while (!atomic_load(&app->is_stopping))
		if (!plan_once(app, arena, &due_ms))
			app_pause(app, POLL_MS);
	return NULL;
}

/* One step; true when there may be more. */
static bool reorganise_once(struct app *app, struct arena *arena)
{
	struct reorg_step_done done;
	struct op op;
	int err;

	arena_reset(arena);
	op_init(&op, arena, app->db, NULL);
	err = reorg_run_step(&op, REORG_BATCH, &done);
	if (err < 0) {
		app_complain("reorganiser", &op);
		app_pause(app, FAULT_PAUSE_MS);
	} else if (!str_is_null(done.id)) {
		log_event(LOG_LEVEL_INFO, "reorganisation", L_STR("id", done.id), L_STR("step", done.step), L_INT("to", done.n_to));
	}
	db_op_done(&op);
	return err == 0 && !str_is_null(done.id);
}

void *reorganiser_main(void *arg)
{
	struct app *app = arg;
	_cleanup_(arena_freep) struct arena *arena = arena_new(REORGANISER_BYTES);

	while (!atomic_load(&app->is_stopping))
		if (!reorganise_once(app, arena))
			app_pause(app, REORGANISE_POLL_MS);
	return NULL;
}
