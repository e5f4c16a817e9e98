/* Runs on demand in a worker: an ordinary claim of one binding, with a trace (worker_impl.h). */
#include "provisioning/worker_impl.h"

#include "common/base/clock.h"
#include "common/base/log.h"

static void copy_id(char ret[UUID_TEXT_LEN + 1], struct str id)
{
	size_t n = id.len < UUID_TEXT_LEN ? id.len : UUID_TEXT_LEN;

	for (size_t i = 0; i < n; i++)
		ret[i] = id.p[i];
	ret[n] = '\0';
}

bool worker_ask(struct worker *w, const struct trace_target *target)
{
	size_t at = 0;
	bool has_room;

	pthread_mutex_lock(&w->lock);
	/* One that still waits has lost its lease to this one. */
	while (at < w->n_asked && !str_equal(str_c(w->asked[at].run_id), target->run_id))
		at++;
	has_room = at < WORKER_ASKED_MAX;
	if (has_room) {
		struct asked *a = &w->asked[at];

		w->n_asked += at == w->n_asked;

		copy_id(a->run_id, target->run_id);
		copy_id(a->account_id, target->account_id);
		a->lease_token = target->lease_token;
		a->attempt = target->attempt;
		w->is_nudged = true;
		pthread_cond_signal(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return has_room;
}

static bool take(struct worker *w, struct asked *ret)
{
	bool any;

	pthread_mutex_lock(&w->lock);
	any = w->n_asked > 0 && w->n_free > 0;
	if (any)
		*ret = w->asked[--w->n_asked];
	pthread_mutex_unlock(&w->lock);
	return any;
}

static int serve(struct worker *w, struct op *op, const struct trace_target *target)
{
	int64_t deadline_ms = clock_mono_ms() + w->config.lease_s * 1000;
	const struct work *work;
	bool is_leased;
	int err = binding_claim_one(op, target->platform_id, target->account_id, w->config.lease_s, &work, &is_leased);

	if (err < 0)
		return err;
	if (work)
		return worker_send(w, op, work, 1, deadline_ms, target);
	return trace_target_end(op, &(struct trace_end){ .target = *target, .outcome = is_leased ? "leased" : "skipped", .op = "none",
	                                                 .operation_id = STR_NULL, .fault = STR_NULL, .again = is_leased });
}

/* What fails here ends with the target's lease, and is tried again. */
void worker_serve_asked(struct worker *w)
{
	struct asked a;

	while (take(w, &a)) {
		const struct trace_target target = { str_c(a.run_id), str_c(a.account_id), w->config.platform_id, a.lease_token, a.attempt };
		struct op op;

		arena_reset(w->arena);
		op_init(&op, w->arena, w->config.db, NULL);
		if (serve(w, &op, &target) < 0)
			log_event(LOG_LEVEL_WARN, "worker.trace", L_STR("platform", w->config.connector->platform), L_C("error", err_name(op.error.code)),
			          L_STR("detail", op.error.detail));
		db_op_done(&op);
	}
}

static void end_trace(struct worker *w, const struct task *t, bool was_fenced)
{
	const struct result *r = &t->result;
	struct op op;
	struct trace_end end = {
		.target = { t->trace->run_id, t->work.account_id, w->config.platform_id, t->trace->lease_token, t->trace->attempt },
		.outcome = was_fenced ? "lease_lost" : outcome_name(r->outcome),
		.op = r->op,
		.operation_id = str_c(t->op.id),
		.fault = str_c(r->fault.class),
		.again = r->outcome == OUTCOME_RELEASED,
		.trace = r->outcome == OUTCOME_RELEASED ? NULL : t->trace,
	};

	arena_reset(w->arena);
	op_init(&op, w->arena, w->config.db, NULL);
	if (trace_target_end(&op, &end) < 0)
		log_event(LOG_LEVEL_WARN, "worker.trace", L_STR("platform", w->config.connector->platform), L_C("error", err_name(op.error.code)),
		          L_STR("detail", op.error.detail));
	db_op_done(&op);
}

void worker_end_traces(struct worker *w, const struct task *done, const struct completion *completions)
{
	size_t i = 0;

	for (const struct task *t = done; t; t = t->next, i++)
		if (t->trace)
			end_trace(w, t, completions[i].was_fenced);
}
