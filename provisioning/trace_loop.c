/* trace_loop.c: runs on demand: planned here, served by the workers. */
#include "provisioning/loops.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "provisioning/trace_store.h"

#include <time.h>

#define POLL_MS 250
#define TRACER_BYTES ((size_t)16 * 1024 * 1024)
/* At once; a person waits for each. */
#define TARGETS_MAX 32
/* A target waits for its dispatcher before its binding is claimed, so its lease outlives the binding's. */
#define TARGET_LEASE_S(lease_s) (2 * (lease_s) + 5)

static void hand_over(struct app *app, const struct trace_target *target)
{
	for (size_t i = 0; i < app->n_workers; i++)
		/* Of one that has no room the lease ends, and it is claimed again. */
		if (worker_platform_id(app->workers[i]) == target->platform_id && !worker_ask(app->workers[i], target))
			log_event(LOG_LEVEL_INFO, "tracer.busy", L_STR("platform", worker_platform(app->workers[i])));
}

/* True when there may be more. */
static bool trace_once(struct app *app, struct op *op)
{
	int64_t *platforms = ARENA_ARRAY(op->arena, int64_t, app->n_workers + 1);
	const struct trace_target *targets = NULL;
	size_t n = 0;
	bool planned = false;
	int err = trace_plan_run(op, app->config.mail_domain, &planned);

	for (size_t i = 0; i < app->n_workers; i++)
		platforms[i] = worker_platform_id(app->workers[i]);
	if (err == 0)
		err = trace_targets_claim(op, platforms, app->n_workers, TARGET_LEASE_S(app->config.lease_s), TARGETS_MAX, &targets, &n);
	if (err < 0) {
		log_event(LOG_LEVEL_WARN, "tracer", L_C("error", err_name(op->error.code)), L_STR("detail", op->error.detail));
		return false;
	}
	for (size_t i = 0; i < n; i++)
		hand_over(app, &targets[i]);
	return planned;
}

void *tracer_main(void *arg)
{
	struct app *app = arg;
	_cleanup_(arena_freep) struct arena *arena = arena_new(TRACER_BYTES);

	while (!atomic_load(&app->is_stopping)) {
		struct op op;
		bool more;

		arena_reset(arena);
		op_init(&op, arena, app->db, NULL);
		more = trace_once(app, &op);
		db_op_done(&op);
		if (!more)
			nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000L }, NULL);
	}
	return NULL;
}
