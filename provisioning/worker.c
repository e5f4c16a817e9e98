#include "provisioning/worker_impl.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "provisioning/binding_store.h"
#include "provisioning/match_store.h"
#include "common/plan/facts_store.h"

#include <errno.h>
#include <stdlib.h>

#define POLL_MS 250
#define FAULT_PAUSE_MS 1000
/* One in the hand of each thread, one waiting: threads do not starve, and few revocations queue behind. */
#define TASKS_PER_THREAD 2
/* An answer of the platform and what is made of it. */
#define TASK_BYTES ((size_t)4 * 1024 * 1024)
#define DISPATCHER_BYTES ((size_t)8 * 1024 * 1024)

static void finish_task(struct worker *w, struct task *t)
{
	pthread_mutex_lock(&w->lock);
	t->next = w->done;
	w->done = t;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void release(struct task *t, const char *class)
{
	t->result = (struct result){
		.outcome = OUTCOME_RELEASED,
		.op = "none",
		.ext_id = t->work.ext_id,
		.fault = { .class = class, .retry_after_s = -1 },
	};
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
	int64_t start_ms = clock_mono_ms();

	if (atomic_load(&w->is_stopping))
		release(t, "stopping");
	else
		operate(w->connector, w->config.connector->ops_allowed & t->work.ops_allowed, &call, &t->work, &t->result);
	t->ms = clock_mono_ms() - start_ms;
	finish_task(w, t);
}

/* Roles and access follow what was decided; what others did to them since is theirs where the policy says so. */
static bool is_access(struct str attribute)
{
	static const struct str names[] = { STR("active"), STR("roles"), STR("senRole"), STR("senStatus") };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_equal_nocase(attribute, names[i]))
			return true;
	return false;
}

static void take_left(struct task *t, const struct health *h)
{
	t->n_left = 0;
	t->left = ARENA_ARRAY(t->arena, struct str, h->n_left);
	for (size_t i = 0; i < h->n_left; i++)
		if (t->work.is_repair || !is_access(h->left[i]))
			t->left[t->n_left++] = arena_dup(t->arena, h->left[i]);
}

static struct task *take_task(struct worker *w, const struct work *work)
{
	struct task *t = w->free_tasks;

	w->free_tasks = t->next;
	w->n_free--;
	arena_reset(t->arena);
	op_init(&t->op, t->arena, NULL, NULL);
	t->next = NULL;
	t->work = *work;
	t->work.account_id = arena_dup(t->arena, work->account_id);
	t->work.want_hash = arena_dup(t->arena, work->want_hash);
	t->work.seen_hash = arena_dup(t->arena, work->seen_hash);
	t->work.ext_id = arena_dup(t->arena, work->ext_id);
	t->n_words = w->gate.health.n_words;
	t->words = ARENA_ARRAY(t->arena, struct str, t->n_words);
	for (size_t i = 0; i < t->n_words; i++)
		t->words[i] = arena_dup(t->arena, w->gate.health.words[i]);
	take_left(t, &w->gate.health);
	t->ms = 0;
	t->trace = NULL;
	return t;
}

static const struct account_facts *facts_of(const struct account_facts *facts, size_t n, struct str account_id)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(facts[i].account_id, account_id))
			return &facts[i];
	return NULL;
}

/*
 * Only what the planner wanted is sent: when the facts have moved on since, the account is
 * planned again first, so that there is one author of desired states.
 */
static int send_or_replan(struct worker *w, struct op *op, struct task *t, const struct account_facts *facts)
{
	struct str account_id = t->work.account_id;

	if (facts)
		plan_platform(t->arena, facts, w->config.platform_id, w->config.mail_domain, &t->want);
	t->want.left = t->left;
	t->want.n_left = t->n_left;
	/* A mapping that cannot be read has no author at all: it is blocked, with its reason. */
	if (facts && (str_equal(str_c(t->want.hash), t->work.want_hash) || (!t->want.mapping && !str_is_null(t->want.fault)))) {
		if (workq_push(w->queue, t))
			return 0;
		release(t, "queue");
		finish_task(w, t);
		return 0;
	}
	release(t, "outdated");
	finish_task(w, t);
	return dirty_add(op, &account_id, 1, 1);
}

/* Claims what is admitted and sends it off; *ret_n: how many. */
static int dispatch(struct worker *w, struct op *op, const struct admission *a, int64_t *ret_n)
{
	/* Before the statement: our clock may only be ahead of the lease's end. */
	int64_t deadline_ms = clock_mono_ms() + w->config.lease_s * 1000;
	const struct work *work;
	size_t n;
	const struct claim how = { w->config.platform_id, a->limit, w->config.lease_s, a->max_prio, a->is_probe };
	int err = binding_claim(op, &how, &work, &n);

	*ret_n = err < 0 ? 0 : (int64_t)n;
	return err < 0 || n == 0 ? err : worker_send(w, op, work, n, deadline_ms, NULL);
}

int worker_send(struct worker *w, struct op *op, const struct work *work, size_t n, int64_t deadline_ms, const struct passed *passed)
{
	const struct account_facts *facts = NULL;
	const struct str *chosen = NULL;
	struct str *accounts;
	size_t n_facts = 0;
	bool has_doubt = false;
	int err;

	accounts = ARENA_ARRAY(op->arena, struct str, n);
	for (size_t i = 0; i < n; i++) {
		accounts[i] = work[i].account_id;
		has_doubt = has_doubt || work[i].in_doubt;
	}
	err = facts_read(op, accounts, n, &facts, &n_facts);
	/* Only then may a person have said something. */
	if (err == 0 && has_doubt)
		err = match_chosen_read(op, w->config.platform_id, accounts, n, &chosen);
	for (size_t i = 0; i < n; i++) {
		struct task *t = take_task(w, &work[i]);

		t->deadline_ms = deadline_ms;
		t->work.chosen = chosen ? arena_dup(t->arena, chosen[i]) : STR_NULL;
		if (passed)
			worker_begin_trace(w, t, passed);
		if (err == 0) {
			err = send_or_replan(w, op, t, facts_of(facts, n_facts, work[i].account_id));
			continue;
		}
		release(t, "database");
		finish_task(w, t);
	}
	return err;
}

static void note_gate(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->stats.in_flight = w->n_tasks - w->n_free;
	w->stats.breaker = w->gate.breaker.state;
	w->stats.rate_milli = gate_rate_milli(&w->gate, clock_mono_ms());
	pthread_mutex_unlock(&w->lock);
}

static void claim(struct worker *w)
{
	int64_t now_ms = clock_mono_ms();
	struct admission a;
	int64_t n = 0;
	struct op op;
	int err;

	if (now_ms < w->quiet_until_ms || w->n_free == 0)
		return;
	arena_reset(w->arena);
	op_init(&op, w->arena, w->config.db, NULL);
	err = gate_admit(&w->gate, &op, (int64_t)w->n_free, (int64_t)(w->n_tasks - w->n_free), &a);
	if (err == 0 && a.limit > 0)
		err = dispatch(w, &op, &a, &n);
	if (a.limit > 0) {
		int err_used = gate_used(&w->gate, &op, &a, n);

		err = err < 0 ? err : err_used;
	}
	db_op_done(&op);
	if (err < 0) {
		log_event(LOG_LEVEL_WARN, "worker.claim", L_STR("platform", w->config.connector->platform),
		          L_C("error", err_name(err)), L_STR("detail", op.error.detail));
		w->quiet_until_ms = now_ms + FAULT_PAUSE_MS;
	}
	note_gate(w);
}

/* Until something is done, a nudge, or the next poll. */
static struct task *wait_for_done(struct worker *w)
{
	struct timespec until;
	int64_t until_us = clock_mono_us() + POLL_MS * 1000;
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
			claim(w);
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
	w->n_tasks = (size_t)w->config.connector->concurrency * TASKS_PER_THREAD;
	w->tasks = calloc(w->n_tasks, sizeof(*w->tasks));
	if (!w->tasks)
		abort();
	for (size_t i = 0; i < w->n_tasks; i++) {
		w->tasks[i].arena = arena_new(TASK_BYTES);
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

void worker_nudge(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->is_nudged = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

void worker_stop(struct worker *w)
{
	atomic_store(&w->is_stopping, true);
	worker_nudge(w);
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
