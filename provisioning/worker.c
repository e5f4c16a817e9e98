#include "provisioning/worker_impl.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <errno.h>
#include <stdlib.h>

#define MEAN_FIRST_US 500000
/* An answer of the platform and what is made of it. */
#define TASK_BYTES ((size_t)4 * 1024 * 1024)
#define DISPATCHER_BYTES ((size_t)8 * 1024 * 1024)

void worker_release(struct task *t, const char *class)
{
	t->result = (struct result){
		.outcome = OUTCOME_RELEASED,
		.op = "none",
		.ext_id = t->work.ext_id,
		.stable_id = t->work.stable_id,
		.fault = { .class = class, .retry_after_s = -1 },
	};
}

/* What other operations need not begin for. */
static const char *hindrance(const struct worker *w, const struct task *t)
{
	if (atomic_load(&w->is_stopping))
		return "stopping";
	return atomic_load(&w->is_down) && !t->is_probe && !t->is_urgent && !t->trace ? "down" : NULL;
}

/* On a thread of the queue. */
static void serve(void *context, void *item)
{
	struct worker *w = context;
	struct task *t = item;
	struct call call = {
		.op = &t->op, .instance = w->instance, .want = &t->want, .deadline_ms = t->deadline_ms, .words = t->words, .n_words = t->n_words,
		.trace = t->trace,
	};
	const char *hindered;
	int64_t start_ms;

	/* Behind what is urgent here, which is the first of the queue; else it would wait for this thread. */
	if (!t->is_urgent && !t->trace && urgency_yield(w->config.urgency, &w->n_urgent) && workq_push(w->queue, t))
		return;
	if (t->is_urgent)
		atomic_fetch_sub(&w->n_urgent, 1);
	start_ms = clock_mono_ms();
	hindered = hindrance(w, t);
	if (hindered)
		worker_release(t, hindered);
	else
		operate(w->connector, w->config.connector->ops_allowed & t->work.ops_allowed, &call, &t->work, &t->result);
	worker_end(t, clock_mono_ms() - start_ms);
}

/* Until something is done, a nudge, or the next poll. */
static struct task *wait_for_done(struct worker *w)
{
	struct timespec until;
	int64_t until_us = clock_mono_us() + WORKER_POLL_MS * 1000;
	struct task *done;

	until.tv_sec = (time_t)(until_us / 1000000);
	until.tv_nsec = (long)(until_us % 1000000) * 1000;
	pthread_mutex_lock(&w->lock);
	while (!w->done && !w->is_nudged && (!atomic_load(&w->is_stopping) || w->n_free < w->n_tasks))
		if (pthread_cond_timedwait(&w->changed, &w->lock, &until) == ETIMEDOUT)
			break;
	done = w->done;
	w->done = NULL;
	w->is_nudged = false;
	pthread_mutex_unlock(&w->lock);
	return done;
}

static void *dispatcher_main(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		if (!atomic_load(&w->is_stopping)) {
			worker_serve_asked(w);
			worker_claim(w);
		} else if (w->n_free == w->n_tasks) {
			return NULL;
		}

		struct task *done = wait_for_done(w);

		if (done)
			worker_complete(w, done);
	}
}

static void make_tasks(struct worker *w)
{
	size_t threads = (size_t)w->config.connector->concurrency, most = AHEAD_MAX_ALL > AHEAD_MIN * threads ? AHEAD_MAX_ALL : AHEAD_MIN * threads;

	w->n_tasks = (AHEAD_MAX * threads < most ? AHEAD_MAX * threads : most) + RESERVE * threads;
	w->tasks = calloc(w->n_tasks, sizeof(*w->tasks));
	if (!w->tasks)
		abort();
	for (size_t i = 0; i < w->n_tasks; i++) {
		w->tasks[i].arena = arena_new(TASK_BYTES);
		w->tasks[i].worker = w;
		w->tasks[i].next = w->free_tasks;
		w->free_tasks = &w->tasks[i];
	}
	w->n_free = w->n_tasks;
}

static void make_condition(struct worker *w)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
}

int worker_start(struct op *op, const struct worker_config *config, struct worker **ret_worker)
{
	const struct connector *connector = connector_find(config->connector->kind);
	struct worker *w;
	void *instance;

	if (!connector)
		return op_fail(op, ERR_CONFIG, "no connector of that kind");
	if (connector->open(op, config->connector, &instance) < 0)
		return op->error.code;
	w = calloc(1, sizeof(*w));
	if (!w)
		abort();
	w->config = *config;
	w->connector = connector;
	w->instance = instance;
	w->arena = arena_new(DISPATCHER_BYTES);
	w->mean_us = MEAN_FIRST_US;
	make_tasks(w);
	make_condition(w);
	gate_init(&w->gate, &(struct gate_config){
		.platform_id = config->platform_id,
		.platform = config->connector->platform,
		.lease_s = config->lease_s,
		.concurrency = config->connector->concurrency,
		.rate_per_s = config->connector->rate_per_s,
	});
	w->queue = workq_new("platform", (size_t)config->connector->concurrency, w->n_tasks, serve, w);
	if (pthread_create(&w->dispatcher, NULL, dispatcher_main, w) != 0)
		abort();
	*ret_worker = w;
	return 0;
}

void worker_nudge(struct worker *w, bool is_urgent)
{
	pthread_mutex_lock(&w->lock);
	w->is_nudged = true;
	w->is_urged = w->is_urged || is_urgent;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

void worker_stop(struct worker *w)
{
	atomic_store(&w->is_stopping, true);
	worker_nudge(w, false);
}

static void leave(struct worker *w)
{
	struct op op;

	arena_reset(w->arena);
	op_init(&op, w->arena, w->config.db, NULL);
	if (health_leave(&op, w->config.platform_id, str_c(w->gate.worker_id)) < 0)
		log_event(LOG_LEVEL_INFO, "worker.leave", L_C("error", err_name(op.error.code)));
	db_op_done(&op);
}

void worker_join(struct worker *w)
{
	pthread_join(w->dispatcher, NULL);
	workq_close(w->queue);
	leave(w);
	gate_done(&w->gate);
	w->connector->close(w->instance);
	for (size_t i = 0; i < w->n_tasks; i++)
		arena_free(w->tasks[i].arena);
	free(w->tasks);
	arena_free(w->arena);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int64_t worker_take(struct worker *w)
{
	int64_t now_ms = clock_mono_ms();
	bool may;

	pthread_mutex_lock(&w->lock);
	may = w->stats.breaker == BREAKER_CLOSED && now_ms >= w->take_ms;
	if (may && w->stats.rate_milli > 0)
		w->take_ms = now_ms + 1000000 / w->stats.rate_milli;
	pthread_mutex_unlock(&w->lock);
	return may;
}

struct str worker_platform(const struct worker *w)
{
	return w->config.connector->platform;
}

int64_t worker_platform_id(const struct worker *w)
{
	return w->config.platform_id;
}

void worker_stats_get(struct worker *w, struct worker_stats *ret)
{
	pthread_mutex_lock(&w->lock);
	*ret = w->stats;
	pthread_mutex_unlock(&w->lock);
}
