/*
 * The chores: what is due every so often, each in its turn.  What somebody waits for (a judgement of the guard, a lease that ended)
 * does not stand behind what reads all that waits: that is the counter's, on a thread of its own.
 */
#include "provisioning/loops.h"

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/model/outbox_store.h"
#include "common/model/personnel_due.h"
#include "common/plan/mapping_store.h"
#include "provisioning/alarms.h"
#include "provisioning/binding_store.h"
#include "provisioning/deletion_store.h"
#include "provisioning/expiry_store.h"
#include "provisioning/form/keeper.h"
#include "provisioning/guard_store.h"
#include "provisioning/health_store.h"
#include "provisioning/keeping_store.h"
#include "provisioning/metrics.h"
#include "provisioning/trace_store.h"

#include <inttypes.h>
#include <string.h>

#define POLL_MS 250
#define HOUSEKEEPER_BYTES ((size_t)16 * 1024 * 1024)
#define EXPIRE_EVERY_MS 1000
#define COUNT_EVERY_MS 5000
/* The part of the time that one count may take. */
#define COUNT_PART 20
#define SWEEP_EVERY_MS 60000
#define SESSIONS_EVERY_MS 1000
/* Batches of one round; the rest waits for the next one, so that other chores get their turn. */
#define SESSIONS_BATCHES 20
#define GIVE_UP_EVERY_MS 10000
#define DUE_EVERY_MS 500
#define FORMS_EVERY_MS 1000
/* At most 10,000 accounts a second are planned again for a new mapping, behind whoever waits. */
#define MAPPING_EVERY_MS 500
#define MAPPING_BATCH 5000
#define MAPPING_CEILING 10000
#define UNUSED_EVERY_MS ((int64_t)60 * 1000)
#define NOTICES_EVERY_MS ((int64_t)60 * 1000)
#define REVIEWS_EVERY_MS ((int64_t)60 * 1000)
#define GUARD_EVERY_MS 300
/* Platforms judged in one round; the rest waits for the next one, so that other chores get their turn. */
#define GUARD_BATCHES 8
#define DELETIONS_EVERY_MS 1000
#define FORGET_EVERY_MS ((int64_t)600 * 1000)
#define PARTITIONS_EVERY_MS ((int64_t)3600 * 1000)

static void publish(struct app *app, char *place, const struct buf *b)
{
	pthread_mutex_lock(&app->lock);
	memcpy(place, b->len > 0 ? b->p : "", b->len);
	place[b->len] = '\0';
	pthread_mutex_unlock(&app->lock);
}

static int count_waiting(struct app *app, struct op *op)
{
	static const char *const states[] = { "idle", "due", "leased", "in_doubt", "retry", "blocked", "held", "grace", "gone", "waiting" };
	const struct binding_count *counts;
	struct buf b = buf_new(op->arena, sizeof(app->counts) - 1);
	size_t n;
	int err = binding_counts(op, &counts, &n);

	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		struct str code = app_platform_code(app, counts[i].platform_id);

		/* Platforms without a connector here wait for ever, which is no fault. */
		if (str_is_null(code) || counts[i].state < 0 || counts[i].state >= (int64_t)ARRAY_LEN(states))
			continue;
		buf_printf(&b, "sen_provisioner_bindings{platform=\"%.*s\",state=\"%s\"} %" PRId64 "\n", STR_ARG(code),
		           states[counts[i].state], counts[i].n);
		buf_printf(&b, "sen_provisioner_oldest_seconds{platform=\"%.*s\",state=\"%s\"} %" PRId64 "\n",
		           STR_ARG(code), states[counts[i].state], counts[i].oldest_s);
	}
	publish(app, app->counts, &b);
	return 0;
}

/* For those who look at the platform's health. */
static int count_health(struct app *app, struct op *op)
{
	return health_count(op, app_platforms(app, op->arena), app->n_workers);
}

static int expire(struct app *app, struct op *op)
{
	size_t n = 0;
	int err = binding_expire(op, &n);

	atomic_fetch_add(&app->n_expired, n);
	if (n > 0)
		log_event(LOG_LEVEL_WARN, "lease.expired", L_INT("n", (int64_t)n));
	return err;
}

static int sweep(struct app *app, struct op *op)
{
	size_t n = 0;
	int err = binding_sweep(op, &n);

	atomic_fetch_add(&app->n_swept, n);
	return err;
}

static int end_sessions(struct app *app, struct op *op)
{
	size_t n_seen = EXPIRY_BATCH, n_ended;
	int err = 0;

	for (int i = 0; err == 0 && i < SESSIONS_BATCHES && n_seen == EXPIRY_BATCH; i++) {
		err = session_expire(op, &n_seen, &n_ended);
		if (err == 0)
			atomic_fetch_add(&app->n_sessions_expired, n_ended);
	}
	return err;
}

static int give_up(struct app *app, struct op *op)
{
	size_t n = 0;
	int err = outbox_give_up(op, &n);

	atomic_fetch_add(&app->n_given_up, n);
	if (n > 0)
		log_event(LOG_LEVEL_WARN, "outbox.given_up", L_INT("n", (int64_t)n));
	return err;
}

static int count_outbox(struct app *app, struct op *op)
{
	const struct outbox_count *counts;
	struct buf b = buf_new(op->arena, sizeof(app->outbox_counts) - 1);
	size_t n;
	int err = outbox_counts(op, &counts, &n);

	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "sen_provisioner_outbox_waiting{kind=\"%.*s\",destination=\"%.*s\"} %" PRId64 "\n", STR_ARG(counts[i].kind),
		           STR_ARG(counts[i].destination), counts[i].n);
		buf_printf(&b, "sen_provisioner_outbox_oldest_seconds{kind=\"%.*s\",destination=\"%.*s\"} %" PRId64 "\n",
		           STR_ARG(counts[i].kind), STR_ARG(counts[i].destination), counts[i].oldest_s);
	}
	publish(app, app->outbox_counts, &b);
	return 0;
}

static int count_findings(struct app *app, struct op *op)
{
	const struct observe_counts *counts;
	struct buf b = buf_new(op->arena, sizeof(app->observe_counts) - 1);
	size_t n;
	int err = observe_counts(op, &counts, &n);

	for (size_t i = 0; err == 0 && i < n; i++)
		metrics_write_findings(&b, &counts[i]);
	if (err == 0)
		publish(app, app->observe_counts, &b);
	return err;
}

static int partitions(struct app *app, struct op *op)
{
	(void)app;
	return partitions_maintain(op);
}

/* Movements that take effect, roles that nothing stands against any more, check-outs that run out. */
static int run_due(struct app *app, struct op *op)
{
	size_t n = 0, n_uses = 0, n_again = 0;
	int err = account_due_run(op, &n);

	(void)app;
	if (n > 0)
		log_event(LOG_LEVEL_INFO, "movement.due", L_INT("n", (int64_t)n));
	if (err == 0)
		err = rules_again_run(op, &n_again);
	return err < 0 ? err : shared_use_expire(op, &n_uses);
}

static int disable_unused(struct app *app, struct op *op)
{
	size_t n = 0;
	int err = unused_run(op, &n);

	(void)app;
	if (n > 0)
		log_event(LOG_LEVEL_INFO, "account.unused", L_INT("n", (int64_t)n));
	return err;
}

static int review(struct app *app, struct op *op)
{
	size_t n_begun = 0, n_batches = 0;
	int err = reviews_run(op, &n_begun, &n_batches);

	(void)app;
	if (n_begun > 0 || n_batches > 0)
		log_event(LOG_LEVEL_INFO, "review", L_INT("begun", (int64_t)n_begun), L_INT("batches", (int64_t)n_batches));
	return err;
}

static int tell(struct app *app, struct op *op)
{
	size_t n = 0;
	int err = notices_run(op, &n);

	(void)app;
	if (n > 0)
		log_event(LOG_LEVEL_INFO, "notice", L_INT("n", (int64_t)n));
	return err;
}

/* What the planner left for it to count, and what was decided on since. */
static int guard(struct app *app, struct op *op)
{
	struct guard_opened opened;
	bool judged = true;
	size_t n = 0;
	int err = 0;

	for (int i = 0; err == 0 && judged && i < GUARD_BATCHES; i++) {
		err = guard_run(op, &judged, &opened);
		if (err == 0 && opened.id > 0)
			log_event(LOG_LEVEL_WARN, "guard.held", L_STR("platform", opened.platform), L_INT("hold", opened.id), L_C("reason", opened.reason),
			          L_STR("about", opened.about), L_INT("disable", opened.n_disable), L_INT("delete", opened.n_delete),
			          L_INT("change", opened.n_change));
		if (judged)
			app_nudge(app);
	}
	if (err == 0)
		err = guard_apply(op, &n);
	if (n > 0)
		app_nudge(app);
	return err;
}

static int delete_due(struct app *app, struct op *op)
{
	size_t n;

	(void)app;
	return deletion_run(op, &n);
}

/* Batches of one round; the rest waits for the next one. */
#define KEEPING_BATCHES 20

static int forget(struct app *app, struct op *op)
{
	size_t n = 1, n_all = 0;
	int err = guard_forget(op);

	(void)app;
	for (int i = 0; err == 0 && n > 0 && i < KEEPING_BATCHES; i++) {
		err = keeping_run(op, &n);
		n_all += n;
	}
	if (n_all > 0)
		log_event(LOG_LEVEL_INFO, "records.deleted", L_INT("n", (int64_t)n_all));
	return err;
}

static int close_forms(struct app *app, struct op *op)
{
	(void)app;
	return forms_close_due(op);
}

static int remind_of_forms(struct app *app, struct op *op)
{
	struct buf b = buf_new(op->arena, sizeof(app->form_counts) - 1);
	int r = forms_remind_due(op);

	if (r == 0)
		r = forms_metrics(op, &b);
	if (r == 0)
		publish(app, app->form_counts, &b);
	return r;
}

static int watch_revocations(struct app *app, struct op *op)
{
	struct buf b = buf_new(op->arena, sizeof(app->late_counts) - 1);
	int err = alarm_revocations(app, op, &b);

	if (err == 0)
		publish(app, app->late_counts, &b);
	return err;
}

/* Accounts of a mapping that was activated, a batch at a time, as long as few others wait. */
static int wake_mapped(struct app *app, struct op *op)
{
	size_t n = 0;

	(void)app;
	return mapping_wake_step(op, MAPPING_BATCH, MAPPING_CEILING, &n);
}

static int forget_traces(struct app *app, struct op *op)
{
	(void)app;
	return trace_sweep(op);
}

struct chore {
	const char *event;
	int64_t every_ms;
	int (*run)(struct app *app, struct op *op);
};

static const struct chore chores[] = {
	{ "housekeeper.expire", EXPIRE_EVERY_MS, expire },
	{ "housekeeper.alarm", COUNT_EVERY_MS, alarm_quarantine },
	{ "housekeeper.late", COUNT_EVERY_MS, watch_revocations },
	{ "housekeeper.end_sessions", SESSIONS_EVERY_MS, end_sessions },
	{ "housekeeper.give_up", GIVE_UP_EVERY_MS, give_up },
	{ "housekeeper.forms", FORMS_EVERY_MS, close_forms },
	{ "housekeeper.remind", COUNT_EVERY_MS, remind_of_forms },
	{ "housekeeper.due", DUE_EVERY_MS, run_due },
	{ "housekeeper.guard", GUARD_EVERY_MS, guard },
	{ "housekeeper.delete", DELETIONS_EVERY_MS, delete_due },
	{ "housekeeper.forget", FORGET_EVERY_MS, forget },
	{ "housekeeper.mapping", MAPPING_EVERY_MS, wake_mapped },
	{ "housekeeper.traces", UNUSED_EVERY_MS, forget_traces },
};

/* These may take seconds where millions wait. */
static const struct chore counts[] = {
	{ "housekeeper.count", COUNT_EVERY_MS, count_waiting },
	{ "housekeeper.health", COUNT_EVERY_MS, count_health },
	{ "housekeeper.count_outbox", COUNT_EVERY_MS, count_outbox },
	{ "housekeeper.count_findings", 6 * (int64_t)COUNT_EVERY_MS, count_findings },
	{ "housekeeper.sweep", SWEEP_EVERY_MS, sweep },
	{ "housekeeper.unused", UNUSED_EVERY_MS, disable_unused },
	{ "housekeeper.reviews", REVIEWS_EVERY_MS, review },
	{ "housekeeper.notices", NOTICES_EVERY_MS, tell },
	{ "housekeeper.partitions", PARTITIONS_EVERY_MS, partitions },
};
#define CHORES_MAX 16
static_assert(ARRAY_LEN(chores) <= CHORES_MAX && ARRAY_LEN(counts) <= CHORES_MAX, "times of all chores");

/* Not more often than it may cost. */
static int64_t pause_of(const struct chore *c, int64_t took_ms)
{
	return COUNT_PART * took_ms > c->every_ms ? COUNT_PART * took_ms : c->every_ms;
}

static void go_round(struct app *app, const struct chore *list, size_t n, bool is_sparing)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(HOUSEKEEPER_BYTES);
	int64_t due_ms[CHORES_MAX] = { 0 };

	while (!atomic_load(&app->is_stopping)) {
		for (size_t i = 0; i < n; i++) {
			int64_t from_ms = clock_mono_ms();
			struct op op;

			if (from_ms < due_ms[i])
				continue;
			arena_reset(arena);
			op_init(&op, arena, app->db, NULL);
			if (list[i].run(app, &op) < 0)
				app_complain(list[i].event, &op);
			db_op_done(&op);
			due_ms[i] = from_ms + (is_sparing ? pause_of(&list[i], clock_mono_ms() - from_ms) : list[i].every_ms);
		}
		app_pause(app, POLL_MS);
	}
}

void *housekeeper_main(void *arg)
{
	go_round(arg, chores, ARRAY_LEN(chores), false);
	return NULL;
}

void *counter_main(void *arg)
{
	go_round(arg, counts, ARRAY_LEN(counts), true);
	return NULL;
}
