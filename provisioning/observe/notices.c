#include "provisioning/observe/notices.h"

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/random.h"

#include <time.h>

#define ROUND_BYTES ((size_t)8 * 1024 * 1024)
#define KEPT_BYTES ((size_t)256 * 1024)
#define POLL_MS 1000
#define FAULT_MS 30000
#define SLICE_MS 20

/* By our id or theirs; a binding that is in hand, or due anyway, is looked at as it is. */
DB_QUERY(obs_noticed, DB_WRITE,
	"WITH who AS (SELECT account_id FROM sen.binding WHERE account_id = nullif($2, '')::uuid AND platform_id = $1::smallint"
	"  UNION SELECT s.owner_account FROM sen.shadow s WHERE s.platform_id = $1::smallint AND s.ext_id = nullif($3, '') AND s.situation = 'linked'),"
	" due AS (UPDATE sen.binding b SET seen_hash = NULL, state = 1, due_at = now(), tries = 0, prio = CASE WHEN b.want_active THEN 4 ELSE 0 END FROM who"
	"  WHERE b.account_id = who.account_id AND b.platform_id = $1::smallint AND b.state IN (0, 7) AND b.ext_id IS NOT NULL"
	"  AND ($4 = '' OR b.etag IS DISTINCT FROM $4) RETURNING b.account_id, b.want_gen),"
	" logged AS (INSERT INTO sen.op_log (platform_id, account_id, op, gen, outcome, ms, detail, task_id)"
	"  SELECT $1::smallint, account_id, 'observe', want_gen, 'drift', 0, 'noticed', $5 FROM due)"
	" SELECT count(*) FROM due");

/* A platform that says something, in the hands of the one thread. */
struct source {
	const struct observed_connector *of;
	const struct connector *connector;
	struct connector_config config;
	void *instance;
	struct arena *kept;      /* of notices.acks, from round to round */
	struct notices notices;
	int64_t again_ms;
};

static struct str or_empty(struct str s)
{
	return str_is_null(s) ? STR("") : s;
}

int observe_noticed(struct op *op, int64_t platform_id, const struct notice *notice, int64_t *ret_n)
{
	struct str account = uuid_is_valid(notice->account_id) ? notice->account_id : STR("");
	struct db_rows rows;
	int err = db_run(op, &obs_noticed, &rows, P_I64(platform_id), P_STR(account), P_STR(or_empty(notice->ext_id)), P_STR(or_empty(notice->etag)), P_C(op->id));

	*ret_n = err == 0 && rows.n > 0 ? db_i64(&rows, 0, 0) : 0;
	return err;
}

static bool says_something(const struct observed_connector *c)
{
	const struct connector *connector = connector_find(c->config->kind);

	return connector && connector->notices && !str_is_empty(c->config->events_url);
}

bool notices_come(const struct observer *o)
{
	for (size_t i = 0; i < o->n_connectors; i++)
		if (says_something(&o->connectors[i]))
			return true;
	return false;
}

static void source_open(struct op *op, const struct observed_connector *of, struct source *s)
{
	*s = (struct source){ .of = of, .connector = connector_find(of->config->kind), .config = *of->config };
	s->config.concurrency = 1;
	if (s->connector->open(op, &s->config, &s->instance) < 0) {
		log_event(LOG_LEVEL_WARN, "notices", L_STR("platform", s->config.platform), L_STR("detail", op->error.detail));
		op_forgive(op);
		s->instance = NULL;
		return;
	}
	s->kept = arena_new(KEPT_BYTES);
}

static void source_close(struct source *s)
{
	if (s->instance)
		s->connector->close(s->instance);
	arena_free(s->kept);
}

/* What is written down now is acknowledged with the next question. */
static void keep_acks(struct source *s)
{
	struct str *acks;

	arena_reset(s->kept);
	acks = ARENA_ARRAY(s->kept, struct str, s->notices.n_acks + 1);
	for (size_t i = 0; i < s->notices.n_acks; i++)
		acks[i] = arena_dup(s->kept, s->notices.acks[i]);
	s->notices.acks = acks;
}

static int take_notices(struct op *op, struct source *s)
{
	int64_t n_due = 0, n = 0;
	int err = 0;

	for (size_t i = 0; err == 0 && i < s->notices.n; i++) {
		err = observe_noticed(op, s->of->platform_id, &s->notices.items[i], &n);
		n_due += n;
	}
	if (err == 0 && s->notices.is_about_all)
		err = observe_run_request(op, s->of->platform_id, "noticed");
	if (n_due > 0 && s->of->worker)
		worker_nudge(s->of->worker, true);
	return err;
}

/* One question to one platform; when the next may be. */
static int64_t ask(struct observer *o, struct arena *arena, struct source *s)
{
	struct call call = { .instance = s->instance, .deadline_ms = clock_mono_ms() + 4 * s->config.timeout_ms };
	enum verdict verdict;
	struct op op;
	int err;

	arena_reset(arena);
	op_init(&op, arena, o->db, NULL);
	call.op = &op;
	verdict = s->connector->notices(&call, &s->notices);
	op_forgive(&op);
	if (verdict != VERDICT_DONE) {
		log_event(LOG_LEVEL_INFO, "notices", L_STR("platform", s->config.platform), L_C("fault", call.fault.class), L_STR("detail", call.fault.detail));
		s->notices = (struct notices){ .n_acks = 0 };
		return FAULT_MS;
	}
	err = take_notices(&op, s);
	db_op_done(&op);
	if (err < 0) {
		log_event(LOG_LEVEL_WARN, "notices", L_STR("platform", s->config.platform), L_C("error", err_name(err)));
		s->notices = (struct notices){ .n_acks = 0 };
		return FAULT_MS;
	}
	keep_acks(s);
	return s->notices.has_more ? 0 : POLL_MS;
}

void *notices_main(void *arg)
{
	struct observer *o = arg;
	_cleanup_(arena_freep) struct arena *arena = arena_new(ROUND_BYTES), *own = arena_new(KEPT_BYTES);
	struct source *sources = ARENA_ARRAY(own, struct source, o->n_connectors + 1);
	size_t n = 0;
	struct op op;

	op_init(&op, own, o->db, NULL);
	for (size_t i = 0; i < o->n_connectors; i++)
		if (says_something(&o->connectors[i]))
			source_open(&op, &o->connectors[i], &sources[n++]);
	while (!atomic_load(o->is_stopping)) {
		for (size_t i = 0; i < n && !atomic_load(o->is_stopping); i++)
			if (sources[i].instance && clock_mono_ms() >= sources[i].again_ms)
				sources[i].again_ms = clock_mono_ms() + ask(o, arena, &sources[i]);
		nanosleep(&(struct timespec){ .tv_nsec = SLICE_MS * 1000000L }, NULL);
	}
	for (size_t i = 0; i < n; i++)
		source_close(&sources[i]);
	db_op_done(&op);
	return NULL;
}
