/* app_tick.c: what a running server does besides answering: signing keys, checkpoints, imports, sweeping. */

#include "server/app.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/workq.h"
#include "common/model/audit_checkpoint.h"
#include "common/model/signing_keys.h"
#include "server/governance/idempotency_store.h"
#include "server/governance/import_work.h"
#include "server/oidc/pushed_request.h"

#define TASK_BYTES (4u << 20)
#define KEYS_EVERY_MS 10000
#define SWEEP_EVERY_MS 15000
#define AUDIT_EVERY_MS 1000
#define IMPORT_EVERY_MS 500
#define IMPORT_ARENA ((size_t)768 << 20)

static void tick_keys(struct app *app, struct op *op)
{
	struct snapshot *snapshot;
	size_t n = 0;
	int r;

	if (clock_mono_ms() < app->keys_due_ms)
		return;
	app->keys_due_ms = clock_mono_ms() + KEYS_EVERY_MS;
	snapshot = snapshot_take(app->snapshots);
	op->keys = snapshot_keys(snapshot);
	r = signing_keys_maintain(op, &app->key_policy, &n, NULL);
	op->keys = NULL;
	snapshot_release(snapshot);
	if (r < 0)
		log_event(LOG_LEVEL_WARN, "keys", L_C("error", err_name(op->error.code)), L_STR("detail", op->error.detail));
	else if (n > 0)
		log_event(LOG_LEVEL_INFO, "keys", L_INT("steps", (int64_t)n));
	op_forgive(op);
}

/* On its own thread: until nothing is left to do. */
void app_work_imports(void *context, _unused_ void *item)
{
	struct app *app = context;
	const struct import_work work = { .db = app->import_db, .progress_db = app->db };
	bool worked = true;

	while (worked && !app->draining) {
		_cleanup_(arena_freep) struct arena *arena = arena_new(IMPORT_ARENA);
		struct snapshot *snapshot = snapshot_take(app->snapshots);
		struct op op;

		op_init(&op, arena, app->import_db, snapshot_keys(snapshot));
		if (import_work_once(&op, &work, &worked) < 0) {
			log_event(LOG_LEVEL_WARN, "import", L_C("error", err_name(op.error.code)), L_STR("detail", op.error.detail));
			worked = false;
		}
		db_op_done(&op);
		snapshot_release(snapshot);
	}
	atomic_store(&app->importing, false);
}

static void tick_imports(struct app *app)
{
	if (clock_mono_ms() < app->import_due_ms || atomic_exchange(&app->importing, true))
		return;
	app->import_due_ms = clock_mono_ms() + IMPORT_EVERY_MS;
	if (!workq_push(app->imports, app))
		atomic_store(&app->importing, false);
}

static void tick_audit(struct app *app, struct op *op)
{
	const struct audit_checkpoint_rule rule = { app->config.checkpoint_s, app->config.checkpoint_records };
	struct snapshot *snapshot;
	bool made;

	if (clock_mono_ms() < app->audit_due_ms)
		return;
	app->audit_due_ms = clock_mono_ms() + AUDIT_EVERY_MS;
	snapshot = snapshot_take(app->snapshots);
	op->keys = snapshot_keys(snapshot);
	if (audit_checkpoint_maintain(op, &rule, &made) < 0)
		log_event(LOG_LEVEL_WARN, "audit.checkpoint", L_C("error", err_name(op->error.code)), L_STR("detail", op->error.detail));
	op->keys = NULL;
	snapshot_release(snapshot);
	op_forgive(op);
}

/* Keys of repeated requests are looked at for a day; requests that nobody came for, until nobody can. */
static void tick_sweep(struct app *app, struct op *op)
{
	if (clock_mono_ms() < app->sweep_due_ms)
		return;
	app->sweep_due_ms = clock_mono_ms() + SWEEP_EVERY_MS;
	if (idempotency_sweep(op) < 0 || import_sweep(op) < 0 || pushed_request_sweep(op) < 0)
		log_event(LOG_LEVEL_WARN, "sweep", L_C("error", err_name(op->error.code)), L_STR("detail", op->error.detail));
	op_forgive(op);
}

void app_tick(struct app *app)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(TASK_BYTES);
	struct op op;

	op_init(&op, arena, app->db, NULL);
	tick_keys(app, &op);
	tick_sweep(app, &op);
	tick_audit(app, &op);
	tick_imports(app);
	if (snapshot_refresh(&op, app->snapshots) < 0)
		log_event(LOG_LEVEL_WARN, "snapshot.refresh", L_C("error", err_name(op.error.code)), L_STR("detail", op.error.detail));
	db_op_done(&op);
}
