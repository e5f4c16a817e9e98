#include "provisioning/observe/run.h"

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"

#include <time.h>

/* A page of large users, or a batch of facts. */
#define PAGE_BYTES ((size_t)32 * 1024 * 1024)
/* And an answer of a platform about one account. */
#define ROW_BYTES ((size_t)4 * 1024 * 1024)
#define POLL_MS 500
#define HOUR_S 3600
#define NIGHT_MINUTE 90 /* 01:30 */
#define DAY_S 86400

void run_op(struct run *r, struct op *op)
{
	arena_reset(r->arena);
	op_init(op, r->arena, r->observer->db, NULL);
}

bool run_is_stopping(const struct run *r)
{
	return atomic_load(r->observer->is_stopping);
}

/* Over HTTP a whole list costs the platform more than a directory or a database: by night. */
static struct observed_platform platform_of(const struct observed_connector *c)
{
	const struct connector *connector = connector_find(c->config->kind);
	bool is_nightly = str_equal(c->config->kind, STR("scim"));

	return (struct observed_platform){ c->platform_id, connector && connector->list, is_nightly ? DAY_S : HOUR_S, is_nightly ? NIGHT_MINUTE : -1 };
}

static const struct observed_platform *platforms_of(struct arena *a, const struct observer *o)
{
	struct observed_platform *all = ARENA_ARRAY(a, struct observed_platform, o->n_connectors + 1);

	for (size_t i = 0; i < o->n_connectors; i++)
		all[i] = platform_of(&o->connectors[i]);
	return all;
}

int observer_prepare(struct op *op, const struct observer *o)
{
	return observe_plan_add(op, platforms_of(op->arena, o), o->n_connectors);
}

static const struct observed_connector *connector_of(const struct observer *o, int64_t platform_id)
{
	for (size_t i = 0; i < o->n_connectors; i++)
		if (o->connectors[i].platform_id == platform_id)
			return &o->connectors[i];
	return NULL;
}

/* With connections of its own: a list shall not take those of operations. */
static int carry_on(struct run *r, struct op *op)
{
	struct connector_config config = *r->of->config;
	int err;

	config.concurrency = 1;
	r->connector = connector_find(config.kind);
	if (r->connector->open(op, &config, &r->instance) < 0)
		return observe_run_fail(op, r->row, "config", op->error.detail);
	if (!r->connector->list)
		r->row->is_sample = true;
	err = !r->row->is_sample && str_equal(r->row->state, STR("listing")) ? run_list(r) : 0;
	if (err == 0)
		err = r->row->is_sample ? run_sample(r) : run_judge(r);
	r->connector->close(r->instance);
	return err;
}

/* What persons have decided to be ours gets our id; the worker does the rest. */
static int adopt_one(struct observer *o, struct op *op, const struct adoption *a)
{
	const struct observed_connector *of = connector_of(o, a->platform_id);
	const struct connector *connector = connector_find(of->config->kind);
	const struct desired want = { .platform_id = a->platform_id, .account_id = a->account_id };
	struct call call = { .op = op, .want = &want, .ext_id = a->ext_id, .deadline_ms = clock_mono_ms() + OBSERVE_LEASE_S * 1000 };
	struct connector_config config = *of->config;
	struct observed seen;
	enum verdict verdict;

	config.concurrency = 1;
	if (!connector->adopt)
		return adoption_end(op, a, "cannot_adopt");
	if (connector->open(op, &config, &call.instance) < 0)
		return adoption_end(op, a, "config");
	verdict = connector->adopt(&call, &seen);
	connector->close(call.instance);
	op_forgive(op);
	log_event(LOG_LEVEL_INFO, "adopt", L_STR("platform", config.platform), L_STR("account", a->account_id),
	          L_C("fault", verdict == VERDICT_DONE ? "" : call.fault.class ? call.fault.class : "fault"));
	/* It goes again by itself, once it is taken for dead. */
	if (verdict == VERDICT_DOWN || verdict == VERDICT_IN_DOUBT || verdict == VERDICT_LIMITED)
		return 0;
	return adoption_end(op, a, verdict == VERDICT_DONE ? NULL : call.fault.class ? call.fault.class : "fault");
}

int observer_step(struct observer *o, struct arena *arena, bool *ret_did)
{
	_cleanup_(arena_freep) struct arena *row_arena = arena_new(ROW_BYTES);
	const struct observed_platform *platforms = platforms_of(row_arena, o);
	struct run r = { .observer = o, .arena = arena };
	struct adoption *adoption = NULL;
	struct op op;
	int err;

	*ret_did = false;
	op_init(&op, row_arena, o->db, NULL);
	err = adoption_take(&op, platforms, o->n_connectors, &adoption);
	if (err == 0 && adoption)
		err = adopt_one(o, &op, adoption);
	if (err == 0)
		err = observe_run_due(&op, platforms, o->n_connectors);
	if (err == 0)
		err = observe_run_claim(&op, platforms, o->n_connectors, &r.row);
	if (err == 0 && r.row) {
		*ret_did = true;
		r.of = connector_of(o, r.row->platform_id);
		err = carry_on(&r, &op);
	}
	db_op_done(&op);
	if (err == ERR_CONFLICT) {
		atomic_fetch_add(&o->stats.lost, 1);
		return 0;
	}
	if (err < 0)
		log_event(LOG_LEVEL_WARN, "observer", L_C("error", err_name(err)), L_INT("run", r.row ? r.row->id : 0));
	return err < 0 ? err : 0;
}

void *observer_main(void *arg)
{
	struct observer *o = arg;
	_cleanup_(arena_freep) struct arena *arena = arena_new(PAGE_BYTES);

	while (!atomic_load(o->is_stopping)) {
		bool did = false;
		int err = observer_step(o, arena, &did);
		int64_t until_ms = clock_mono_ms() + (err < 0 ? 4 * POLL_MS : did ? 0 : POLL_MS);

		while (!atomic_load(o->is_stopping) && clock_mono_ms() < until_ms)
			nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000 }, NULL);
	}
	return NULL;
}
