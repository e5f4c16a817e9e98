/* What a worker takes on, and when (worker_impl.h). */
#include "provisioning/worker_impl.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/plan/facts_store.h"
#include "provisioning/binding_store.h"
#include "provisioning/match_store.h"

#define FAULT_PAUSE_MS 1000
#define AHEAD_US 500000

/* Roles and access follow what was decided; what others did to them since is theirs where the policy says so. */
static bool is_access(struct str attribute)
{
	static const struct str names[] = { STR("active"), STR("roles"), STR("units"), STR("senRole"), STR("senStatus") };

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
	t->work.stable_id = arena_dup(t->arena, work->stable_id);
	t->work.platform_code = w->config.connector->platform;
	t->n_words = w->gate.health.n_words;
	t->words = ARENA_ARRAY(t->arena, struct str, t->n_words);
	for (size_t i = 0; i < t->n_words; i++)
		t->words[i] = arena_dup(t->arena, w->gate.health.words[i]);
	take_left(t, &w->gate.health);
	t->trace = NULL;
	t->is_urgent = work->prio == PRIO_REVOCATION;
	if (t->is_urgent)
		urgency_begin(w->config.urgency);
	return t;
}

static const struct account_facts *facts_of(const struct account_facts *facts, size_t n, struct str account_id)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(facts[i].account_id, account_id))
			return &facts[i];
	return NULL;
}

static bool enqueue(struct worker *w, struct task *t)
{
	if (!t->is_urgent)
		return workq_push(w->queue, t);
	/* Before it is there: a thread may end it before this one goes on, and t is not ours any more. */
	atomic_fetch_add(&w->n_urgent, 1);
	if (workq_push_first(w->queue, t)) {
		urgency_call(w->config.urgency);
		return true;
	}
	atomic_fetch_sub(&w->n_urgent, 1);
	return false;
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
		if (enqueue(w, t))
			return 0;
		worker_release(t, "queue");
		worker_end(t, 0);
		return 0;
	}
	worker_release(t, "outdated");
	worker_end(t, 0);
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
	return err < 0 || n == 0 ? err : worker_send(w, op, &(struct claimed){ work, n, deadline_ms, a->is_probe, NULL });
}

int worker_send(struct worker *w, struct op *op, const struct claimed *c)
{
	const struct account_facts *facts = NULL;
	const struct str *chosen = NULL;
	struct str *accounts;
	size_t n_facts = 0;
	bool has_doubt = false;
	int err;

	accounts = ARENA_ARRAY(op->arena, struct str, c->n);
	for (size_t i = 0; i < c->n; i++) {
		accounts[i] = c->work[i].account_id;
		has_doubt = has_doubt || c->work[i].in_doubt;
	}
	err = facts_read_on(op, w->config.platform_id, accounts, c->n, &facts, &n_facts);
	/* Only then may a person have said something. */
	if (err == 0 && has_doubt)
		err = match_chosen_read(op, w->config.platform_id, accounts, c->n, &chosen);
	for (size_t i = 0; i < c->n; i++) {
		struct task *t = take_task(w, &c->work[i]);

		t->deadline_ms = c->deadline_ms;
		t->is_probe = c->is_probe;
		t->work.chosen = chosen ? arena_dup(t->arena, chosen[i]) : STR_NULL;
		if (c->passed)
			worker_begin_trace(w, t, c->passed);
		if (err == 0) {
			err = send_or_replan(w, op, t, facts_of(facts, n_facts, c->work[i].account_id));
			continue;
		}
		worker_release(t, "database");
		worker_end(t, 0);
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

/* How many may be in hand beside what takes access away. */
static int64_t ahead(const struct worker *w)
{
	int64_t threads = w->config.connector->concurrency, most = (int64_t)w->n_tasks - RESERVE * threads;
	int64_t n = threads * AHEAD_US / (w->mean_us > 0 ? w->mean_us : 1);

	n = n < AHEAD_MIN * threads ? AHEAD_MIN * threads : n;
	return n < most ? n : most;
}

/* wanted: so many; only_urgent: of those that take access away.  *ret_n: how many there were. */
static int claim_some(struct worker *w, struct op *op, int64_t wanted, bool only_urgent, int64_t *ret_n)
{
	struct admission a;
	int64_t n = 0;
	int err = gate_admit(&w->gate, op, wanted, (int64_t)(w->n_tasks - w->n_free), &a);

	if (only_urgent && a.max_prio > PRIO_REVOCATION)
		a.max_prio = PRIO_REVOCATION;
	if (err == 0 && a.limit > 0)
		err = dispatch(w, op, &a, &n);
	if (a.limit > 0) {
		int err_used = gate_used(&w->gate, op, &a, n);

		err = err < 0 ? err : err_used;
	}
	*ret_n = n;
	return err;
}

static bool take_urge(struct worker *w)
{
	bool is_urged;

	pthread_mutex_lock(&w->lock);
	is_urged = w->is_urged;
	w->is_urged = false;
	pthread_mutex_unlock(&w->lock);
	return is_urged;
}

/*
 * What takes access away, and nothing else, when somebody says so.  Else many at a time: not before half of what was claimed is
 * done, and not while somewhere access is being taken away; but that is looked for then, too: another program may have planned it.
 */
static int claim_in_turn(struct worker *w, struct op *op, int64_t now_ms)
{
	int64_t most = ahead(w), in_hand = (int64_t)(w->n_tasks - w->n_free);
	bool is_urged = take_urge(w) || w->has_more_urgent;
	int64_t n;
	int err;

	if (!is_urged && in_hand <= most / 2 && !urgency_is_there(w->config.urgency))
		return claim_some(w, op, most - in_hand, false, &n);
	if (!is_urged && now_ms - w->urgent_ms < WORKER_POLL_MS)
		return 0;
	w->urgent_ms = now_ms;
	err = claim_some(w, op, (int64_t)w->n_free, true, &n);
	w->has_more_urgent = n > 0;
	return err;
}

void worker_claim(struct worker *w)
{
	int64_t now_ms = clock_mono_ms();
	struct op op;
	int err;

	if (now_ms < w->quiet_until_ms || w->n_free == 0)
		return;
	arena_reset(w->arena);
	op_init(&op, w->arena, w->config.db, NULL);
	err = claim_in_turn(w, &op, now_ms);
	db_op_done(&op);
	if (err < 0) {
		log_event(LOG_LEVEL_WARN, "worker.claim", L_STR("platform", w->config.connector->platform),
		          L_C("error", err_name(err)), L_STR("detail", op.error.detail));
		w->quiet_until_ms = now_ms + FAULT_PAUSE_MS;
	}
	atomic_store(&w->is_down, w->gate.breaker.state != BREAKER_CLOSED);
	note_gate(w);
}
