#include "provisioning/reconcile.h"

#include "common/db/db.h"
#include "provisioning/binding_store.h"
#include "common/plan/facts_store.h"

/* Documents of one account on all platforms: only their hashes are kept. */
#define ACCOUNT_BYTES ((size_t)16 * 1024 * 1024)

/* One batch, on its way from the dirty set to the bindings. */
struct batch {
	struct str mail_domain;
	const struct woken *woken;
	size_t n_woken;
	const struct account_facts *facts;
	size_t n_facts;
};

static const struct woken *woken_of(const struct batch *b, struct str account_id)
{
	static const struct woken nobody = { .prio = 4 };

	for (size_t i = 0; i < b->n_woken; i++)
		if (str_equal(b->woken[i].account_id, account_id))
			return &b->woken[i];
	return &nobody;
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

static int write_plans(struct op *op, const struct batch *b, size_t *ret_n_changed)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(ACCOUNT_BYTES);
	struct binding_plan *plans;
	size_t n = 0, n_max = 0;

	for (size_t i = 0; i < b->n_facts; i++)
		n_max += 1 + b->facts[i].n_grants + b->facts[i].n_bound;
	plans = ARENA_ARRAY(op->arena, struct binding_plan, n_max + 1);
	for (size_t i = 0; i < b->n_facts; i++) {
		const struct account_facts *f = &b->facts[i];
		const struct woken *woken = woken_of(b, f->account_id);
		const struct desired *all;
		size_t n_all;

		arena_reset(scratch);
		plan_account(scratch, f, b->mail_domain, &all, &n_all);
		for (size_t k = 0; k < n_all; k++)
			plans[n++] = (struct binding_plan){ f->account_id, all[k].platform_id, arena_dup_c(op->arena, all[k].hash).p,
				                            all[k].active, plan_priority(&all[k], woken->prio), guard_of(woken, &all[k]) };
	}
	*ret_n_changed = 0;
	return n == 0 ? 0 : binding_plan_add(op, plans, n, ret_n_changed);
}

static int reconcile(struct op *op, struct str mail_domain, struct reconcile_report *report)
{
	struct batch b = { .mail_domain = mail_domain };
	struct str *accounts;
	int err = dirty_take(op, FACTS_BATCH, &b.woken, &b.n_woken);

	if (err < 0 || b.n_woken == 0)
		return err;
	report->n_accounts = b.n_woken;
	accounts = ARENA_ARRAY(op->arena, struct str, b.n_woken);
	for (size_t i = 0; i < b.n_woken; i++)
		accounts[i] = b.woken[i].account_id;
	err = facts_read(op, accounts, b.n_woken, &b.facts, &b.n_facts);
	if (err < 0 || b.n_facts == 0)
		return err;
	err = write_plans(op, &b, &report->n_changed);
	if (err < 0)
		return err;
	return facts_set_next_eval(op, b.facts, b.n_facts);
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
