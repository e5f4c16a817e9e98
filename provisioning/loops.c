#include "provisioning/loops.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/model/reorg_run.h"
#include "common/plan/facts_store.h"
#include "provisioning/binding_store.h"
#include "provisioning/reconcile.h"
#include "provisioning/trace_store.h"

#include <time.h>

#define POLL_MS 250
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

void app_nudge(struct app *app)
{
	for (size_t i = 0; i < app->n_workers; i++)
		worker_nudge(app->workers[i]);
}

/* One batch; true when there may be more. */
static bool plan_once(struct app *app, struct arena *arena)
{
	struct reconcile_report report = { 0 };
	size_t n_due;
	struct op op;
	int err;

	arena_reset(arena);
	op_init(&op, arena, app->db, NULL);
	err = dirty_add_due(&op, &n_due);
	if (err == 0)
		err = reconcile_batch(&op, app->config.mail_domain, &report);
	db_op_done(&op);
	if (err < 0) {
		app_complain("planner", &op);
		app_pause(app, FAULT_PAUSE_MS);
		return false;
	}
	atomic_store(&app->planner_beat_ms, clock_mono_ms());
	atomic_fetch_add(&app->n_planned, report.n_accounts);
	atomic_fetch_add(&app->n_changed, report.n_changed);
	if (report.n_changed > 0)
		app_nudge(app);
	return report.n_accounts == FACTS_BATCH;
}

void *planner_main(void *arg)
{
	struct app *app = arg;
	_cleanup_(arena_freep) struct arena *arena = arena_new(PLANNER_BYTES);

	while (!atomic_load(&app->is_stopping))
		if (!plan_once(app, arena))
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
