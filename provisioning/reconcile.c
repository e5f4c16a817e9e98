#include "provisioning/reconcile.h"

#include "common/db/db.h"
#include "common/plan/facts_store.h"

#include <stdlib.h>

/* Documents of one account on all platforms: only their hashes are kept. */
#define ACCOUNT_BYTES ((size_t)16 * 1024 * 1024)

/* One batch, on its way from the dirty set to the bindings. */
struct batch {
	struct str mail_domain;
	const struct woken *woken; /* by account */
	size_t n_woken;
	const struct account_facts *facts;
	size_t n_facts;
	/* What is to be remembered. */
	struct str *planned, *digests;
	size_t n_planned;
};

static int by_account(const void *a, const void *b)
{
	return str_compare(((const struct woken *)a)->account_id, ((const struct woken *)b)->account_id);
}

static const struct woken *woken_of(const struct batch *b, struct str account_id)
{
	static const struct woken nobody = { .prio = 4 };
	const struct woken key = { .account_id = account_id };
	const struct woken *found = bsearch(&key, b->woken, b->n_woken, sizeof(key), by_account);

	return found ? found : &nobody;
}

/*
 * The plan is what it was.  Whom somebody decided about by name is planned in full: what is held of that account is set free
 * though nothing changes.
 */
static bool is_as_planned(struct arena *scratch, const struct batch *b, const struct account_facts *f, const struct woken *woken)
{
	char digest[UUID_TEXT_LEN + 1];

	if (woken->by_name || str_is_null(f->digest))
		return false;
	plan_digest(scratch, f, f->bound, f->n_bound, b->mail_domain, digest);
	return str_equal(f->digest, str_c(digest));
}

/* After a revocation an account goes off, or may lose a role.  A creation, and what is granted, is no business of the guard. */
static enum plan_guard guard_of(const struct woken *woken, const struct desired *d)
{
	if (woken->by_name)
		return woken->prio == 0 ? GUARD_FREES : GUARD_FREE;
	if (!d->active)
		return GUARD_COUNTS;
	if (!d->is_bound || woken->prio == 2)
		return GUARD_FREE;
	return woken->prio <= 1 ? GUARD_COUNTS : GUARD_KEEPS;
}

/* As it will be next time: then there is a binding for all that was planned. */
static void remember(struct op *op, struct arena *scratch, struct batch *b, const struct account_facts *f, const struct desired *all, size_t n_all)
{
	int64_t *bound = ARENA_ARRAY(scratch, int64_t, f->n_bound + n_all + 1);
	char digest[UUID_TEXT_LEN + 1];
	size_t n = 0, i = 0, k = 0;

	while (i < f->n_bound || k < n_all) {
		bool is_planned = i == f->n_bound || (k < n_all && all[k].platform_id <= f->bound[i]);
		int64_t platform_id = is_planned ? all[k].platform_id : f->bound[i];

		i += i < f->n_bound && f->bound[i] == platform_id;
		k += is_planned;
		bound[n++] = platform_id;
	}
	plan_digest(scratch, f, bound, n, b->mail_domain, digest);
	b->planned[b->n_planned] = f->account_id;
	b->digests[b->n_planned++] = arena_dup_c(op->arena, digest);
}

static size_t most_plans(const struct batch *b)
{
	size_t n = 1;

	for (size_t i = 0; i < b->n_facts; i++)
		n += 1 + b->facts[i].n_grants + b->facts[i].n_bound;
	return n;
}

/* *ret_plans: what the bindings of these accounts shall be, but of those who are as planned. */
static size_t plan(struct op *op, struct batch *b, struct binding_plan **ret_plans)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(ACCOUNT_BYTES);
	struct binding_plan *plans = NULL;
	size_t n = 0;

	b->planned = ARENA_ARRAY(op->arena, struct str, b->n_facts);
	b->digests = ARENA_ARRAY(op->arena, struct str, b->n_facts);
	for (size_t i = 0; i < b->n_facts; i++) {
		const struct account_facts *f = &b->facts[i];
		const struct woken *woken = woken_of(b, f->account_id);
		const struct desired *all;
		size_t n_all;

		arena_reset(scratch);
		if (is_as_planned(scratch, b, f, woken))
			continue;
		if (!plans)
			plans = ARENA_ARRAY(op->arena, struct binding_plan, most_plans(b));
		plan_account(scratch, f, b->mail_domain, &all, &n_all);
		for (size_t k = 0; k < n_all; k++)
			plans[n++] = (struct binding_plan){ f->account_id, all[k].platform_id, arena_dup_c(op->arena, all[k].hash).p,
				                            all[k].active, plan_priority(&all[k], woken->prio), guard_of(woken, &all[k]) };
		remember(op, scratch, b, f, all, n_all);
	}
	*ret_plans = plans;
	return n;
}

static int write_plans(struct op *op, struct batch *b, struct reconcile_report *report)
{
	struct binding_plan *plans;
	size_t n = plan(op, b, &plans);
	int err = n == 0 ? 0 : binding_plan_add(op, plans, n, &report->changes);

	report->n_changed = report->changes.n;
	report->n_as_planned = b->n_facts - b->n_planned;
	if (err == 0)
		err = plan_remember(op, b->planned, b->digests, b->n_planned);
	return err < 0 ? err : facts_set_next_eval(op, b->facts, b->n_facts);
}

static int take(struct op *op, struct batch *b)
{
	const struct woken *woken;
	struct woken *sorted;
	int err = plan_is_repeatable(op);

	if (err == 0)
		err = dirty_take(op, FACTS_BATCH, &woken, &b->n_woken);
	if (err < 0 || b->n_woken == 0)
		return err;
	sorted = ARENA_ARRAY(op->arena, struct woken, b->n_woken);
	for (size_t i = 0; i < b->n_woken; i++)
		sorted[i] = woken[i];
	qsort(sorted, b->n_woken, sizeof(*sorted), by_account);
	b->woken = sorted;
	return 0;
}

static int reconcile(struct op *op, struct str mail_domain, struct reconcile_report *report)
{
	struct batch b = { .mail_domain = mail_domain };
	struct str *accounts;
	int err = take(op, &b);

	if (err < 0 || b.n_woken == 0)
		return err;
	report->n_accounts = b.n_woken;
	accounts = ARENA_ARRAY(op->arena, struct str, b.n_woken);
	for (size_t i = 0; i < b.n_woken; i++)
		accounts[i] = b.woken[i].account_id;
	err = facts_read(op, accounts, b.n_woken, &b.facts, &b.n_facts);
	return err < 0 || b.n_facts == 0 ? err : write_plans(op, &b, report);
}

int reconcile_batch(struct op *op, struct str mail_domain, struct reconcile_report *ret)
{
	struct reconcile_report report = { 0 };
	int err = db_begin(op);

	if (err < 0)
		return err;
	err = reconcile(op, mail_domain, &report);
	if (err < 0) {
		db_rollback(op);
		return err;
	}
	err = db_commit(op);
	if (err == 0)
		*ret = report;
	return err;
}
