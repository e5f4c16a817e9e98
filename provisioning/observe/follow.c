#include "provisioning/observe/follow_impl.h"

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/random.h"

#include <time.h>

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define ROW_BYTES ((size_t)256 * 1024)
/* After the first change, others that come with it are awaited so long. */
#define GATHER_MS 100
#define WAIT_MS 1000
#define KEEP_EVERY_MS 3000
#define CLAIM_EVERY_MS 1000
#define BACKOFF_FIRST_MS 500
#define BACKOFF_MAX_MS 60000
/* What can be told in one go, with room for what waits. */
#define GATHER_MAX (CLUES_MAX / 2)

bool follower_is_wanted(const struct connector_config *config)
{
	const struct connector *connector = connector_find(config->kind);

	return connector && connector->follow && !str_is_empty(config->follow_dn);
}

static bool is_stopping(const struct follower *w)
{
	return atomic_load(w->observer->is_stopping);
}

static void pause_for(const struct follower *w, int64_t ms)
{
	int64_t until_ms = clock_mono_ms() + ms;

	while (!is_stopping(w) && clock_mono_ms() < until_ms)
		nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000 }, NULL);
}

static struct listed keep_listed(struct arena *a, const struct listed *l)
{
	return (struct listed){ arena_dup(a, l->ext_id), arena_dup(a, l->account_id), arena_dup(a, l->login), STR_NULL, l->active, arena_dup(a, l->document),
	                        arena_dup(a, l->stable_id) };
}

/* What waits goes on in the other arena. */
static void turn_arena(struct following *f)
{
	struct arena *old = f->arena;

	for (size_t i = 0; i < f->n_clues; i++)
		f->clues[i].listed = keep_listed(f->next_arena, &f->clues[i].listed);
	f->arena = f->next_arena;
	f->next_arena = old;
	arena_reset(old);
}

static void take_news(struct following *f, const struct news *news)
{
	struct clue clue = { .kind = news->what == TOLD_GONE ? CLUE_GONE : CLUE_ACCOUNT, .listed = news->account, .since_ms = clock_mono_ms() };

	f->mark.is_unsure = f->mark.is_unsure || news->is_unsure;
	f->mark.is_current = f->mark.is_current || news->is_current;
	if (news->what == TOLD_NOTHING)
		return;
	f->mark.n_told++;
	atomic_fetch_add(&f->follower->stats.told, 1);
	if (news->what != TOLD_GROUP) {
		/* Too long to be told apart. */
		if (clue.listed.ext_id.len <= EXT_ID_MAX_BYTES)
			following_add(f, &clue);
		return;
	}
	for (size_t i = 0; i < f->n_groups; i++)
		if (f->groups[i].is_unit == news->group.is_unit && str_equal(f->groups[i].name, news->group.name))
			return;
	f->groups[f->n_groups++] = news->group;
}

/* What comes within a short while of the first change, or nothing for a second. */
static enum verdict gather(struct following *f, struct call *call)
{
	int64_t until_ms = clock_mono_ms() + (f->n_clues > 0 ? GATHER_MS : WAIT_MS);
	bool is_first = true;
	enum verdict verdict = VERDICT_DONE;

	while (verdict == VERDICT_DONE && f->n_clues < GATHER_MAX && f->n_groups < GATHER_MAX && !is_stopping(f->follower)) {
		int64_t left_ms = until_ms - clock_mono_ms();
		struct news news;

		verdict = f->connector->follow_next(call, f->session, left_ms > 0 ? (int)left_ms : 0, &news);
		if (verdict != VERDICT_DONE)
			break;
		take_news(f, &news);
		if (is_first && news.what != TOLD_NOTHING) {
			is_first = false;
			until_ms = clock_mono_ms() + GATHER_MS;
		}
		if (clock_mono_ms() >= until_ms)
			break;
	}
	/* Those that wait for the end of an operation fill the batch: let it end. */
	if (f->n_clues >= GATHER_MAX)
		pause_for(f->follower, GATHER_MS);
	return verdict;
}

/*
 * Where it stands now.  What waits must be told again, should we die over it; and of several searches one may go on where another is
 * refused or has not answered yet, so a session says nothing of where it stands before all of them are current.
 */
static struct str cursor_of(struct following *f, struct arena *a)
{
	return f->mark.is_current && f->n_clues == 0 ? f->connector->follow_cursor(a, f->session) : STR_NULL;
}

static int judge_and_keep(struct following *f, struct op *op)
{
	bool had_clues = f->n_clues > 0 || f->n_groups > 0;
	int err = had_clues ? following_judge(f, op) : 0;

	if (err < 0 || (!had_clues && clock_mono_ms() - f->kept_ms < KEEP_EVERY_MS))
		return err;
	/* It is in this batch's memory, and is not kept beyond. */
	f->mark.cursor = cursor_of(f, op->arena);
	err = follow_keep(op, &f->row, &f->mark);
	f->mark.cursor = STR_NULL;
	if (err == 0)
		err = follow_list(op, &f->row);
	if (err < 0)
		return err;
	f->kept_ms = clock_mono_ms();
	f->mark.is_unsure = false;
	f->mark.n_told = 0;
	return 0;
}

/* Until the connection ends (call->fault says why), the lease is lost, or the program stops. */
static int stay(struct following *f, struct call *call, enum verdict *ret_verdict)
{
	int err = 0;

	*ret_verdict = VERDICT_DONE;
	while (err == 0 && *ret_verdict == VERDICT_DONE && !is_stopping(f->follower)) {
		struct op op;

		turn_arena(f);
		op_init(&op, f->arena, f->follower->observer->db, NULL);
		call->op = &op;
		*ret_verdict = gather(f, call);
		/* What it says of the fault must outlive the batch. */
		call->fault.detail = str_is_null(call->fault.detail) ? STR("") : arena_dup(f->next_arena, call->fault.detail);
		op_forgive(&op);
		err = judge_and_keep(f, &op);
		db_op_done(&op);
	}
	return err;
}

static void tell_fault(const struct follower *w, const struct fault *fault)
{
	log_event(LOG_LEVEL_WARN, "follow", L_STR("platform", w->of->config->platform), L_C("fault", fault->class ? fault->class : "fault"),
	          L_STR("detail", fault->detail));
}

/* true: it was connected, so that the next attempt need not wait long. */
static bool follow_once(struct following *f, struct op *op)
{
	struct follower *w = f->follower;
	struct connector_config config = *w->of->config;
	struct call call = { .op = op, .fault = { .retry_after_s = -1 } };
	enum verdict verdict = VERDICT_DONE;
	bool was_connected = false;
	int err = 0;

	config.concurrency = 1;
	if (f->connector->open(op, &config, &f->instance) < 0) {
		call_fault(&call, VERDICT_REFUSED, "config", "%.*s", STR_ARG(op->error.detail));
		verdict = VERDICT_REFUSED;
	} else {
		call.instance = f->instance;
		verdict = f->connector->follow(&call, f->row.cursor, &f->session);
		op_forgive(op);
		if (verdict == VERDICT_DONE) {
			was_connected = true;
			atomic_store(&w->stats.is_connected, true);
			log_event(LOG_LEVEL_INFO, "follow", L_STR("platform", config.platform), L_C("from", str_is_empty(f->row.cursor) ? "the beginning" : "a cursor"));
			err = stay(f, &call, &verdict);
			atomic_store(&w->stats.is_connected, false);
			f->connector->follow_end(f->session);
		}
		f->connector->close(f->instance);
	}
	call.op = op;
	if (err < 0 && err != ERR_CONFLICT)
		call_fault(&call, VERDICT_DOWN, "database", "%s", err_name(err));
	if (verdict != VERDICT_DONE || (err < 0 && err != ERR_CONFLICT)) {
		atomic_fetch_add(&w->stats.faults, 1);
		tell_fault(w, &call.fault);
	}
	atomic_fetch_add(&w->stats.restarts, verdict == VERDICT_ABSENT);
	if (err != ERR_CONFLICT && follow_end(op, &f->row, verdict == VERDICT_DONE ? NULL : call.fault.class, call.fault.detail, verdict == VERDICT_ABSENT) < 0)
		op_forgive(op);
	return was_connected || verdict == VERDICT_ABSENT;
}

static int64_t backoff_ms(int64_t n_failed)
{
	int64_t ms = BACKOFF_FIRST_MS;

	for (int64_t i = 0; i < n_failed && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	ms = ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
	return ms / 2 + random_below((uint32_t)ms / 2 + 1);
}

/* One claim, and what comes of it. */
static void turn(struct follower *w, struct arena *row_arena, struct arena *arenas[2], int64_t *n_failed)
{
	struct following *f = ARENA_NEW(row_arena, struct following);
	bool is_ours = false;
	struct op op;

	*f = (struct following){ .follower = w, .connector = connector_find(w->of->config->kind), .arena = arenas[0], .next_arena = arenas[1],
		                 .mark = { .is_connected = true } };
	op_init(&op, row_arena, w->observer->db, NULL);
	if (follow_claim(&op, w->of->platform_id, &f->row, &is_ours) < 0 || !is_ours) {
		db_op_done(&op);
		pause_for(w, CLAIM_EVERY_MS);
		return;
	}
	*n_failed = follow_once(f, &op) ? 0 : *n_failed + 1;
	db_op_done(&op);
	pause_for(w, backoff_ms(*n_failed));
}

void *follower_main(void *arg)
{
	struct follower *w = arg;
	_cleanup_(arena_freep) struct arena *row_arena = arena_new(ROW_BYTES);
	_cleanup_(arena_freep) struct arena *first = arena_new(ARENA_BYTES);
	_cleanup_(arena_freep) struct arena *second = arena_new(ARENA_BYTES);
	struct arena *arenas[] = { first, second };
	int64_t n_failed = 0;

	while (!is_stopping(w)) {
		arena_reset(row_arena);
		turn(w, row_arena, arenas, &n_failed);
	}
	return NULL;
}
