#include "server/governance/reorganising.h"

#include "server/governance/governance_audit.h"

#define PLAN_BYTES ((size_t)512 << 20)
/* Of a statement: facts of a whole province take longer to read than a page. */
#define TIME_MS 120000

static struct str object_of(struct op *op, struct str id)
{
	return arena_printf(op->arena, "reorganisation:%.*s", STR_ARG(id));
}

/* The end of each change: its record, commit, and what it looks like now. */
static int finish(struct op *op, const struct principal *p, int r, const char *action, struct str id, json_t *data, struct reorg *ret)
{
	const struct governance_act act = { .action = action, .object = object_of(op, id) };

	if (r == 0)
		r = governance_audit(op, p, &act, data);
	else
		json_decref(data);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	r = db_commit(op);
	return r < 0 ? r : reorg_get(op, id, p->account_id, ret);
}

static int wrong_state(struct op *op, const struct reorg *r, const char *wanted)
{
	(void)op_fail(op, ERR_WRONG_STATE, "not possible in the state of the reorganisation");
	(void)op_fail_arg(op, "state", r->state);
	return op_fail_arg(op, "wanted", str_c(wanted));
}

/* The statement changed nothing: why? */
static int refuse(struct op *op, const struct principal *p, const struct reorg *seen, const char *wanted, bool fits)
{
	struct reorg now;
	int r = reorg_get(op, seen->id, p->account_id, &now);

	if (r < 0)
		return r;
	if (now.version != seen->version)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	if (!fits)
		return wrong_state(op, &now, wanted);
	return op_fail(op, ERR_OUT_OF_SCOPE, "not every unit of the reorganisation is within your scope");
}

int reorganising_draw_up(struct op *op, const struct principal *p, const struct reorg_draft *draft, struct reorg *ret)
{
	json_t *data = json_new_object();
	struct str id = STR_NULL;
	int r = db_begin(op);

	if (r == 0)
		r = reorg_add(op, draft, p->account_id, &id);
	json_set_str(data, "title", draft->title);
	json_set_str(data, "decision", draft->decision_no);
	return finish(op, p, r, "reorganisation.add", id, data, ret);
}

int reorganising_edit(struct op *op, const struct principal *p, const struct reorg *seen, const struct reorg_draft *draft, struct reorg *ret)
{
	bool changed = false;
	json_t *data;
	int r = db_begin(op);

	if (r == 0)
		r = reorg_edit(op, seen, draft, p->account_id, &changed);
	if (r == 0 && !changed)
		r = refuse(op, p, seen, "draft, planned, stale", reorg_may_be_edited(seen->state));
	data = json_new_object();
	json_set_int(data, "version", seen->version);
	json_set_str(data, "title", draft->title);
	return finish(op, p, r, "reorganisation.edit", seen->id, data, ret);
}

static int read_steps(struct op *op, const struct reorg *r, struct reorg_steps *ret_steps)
{
	_json_ json_t *json = json_read(r->steps, 8, NULL);

	return reorg_steps_read(op, json, ret_steps);
}

/* The base is read in the same snapshot as the facts, or it would vouch for others. */
static int make_plan(struct op *op, const struct principal *p, const struct reorg *seen, struct reorg_plan *plan, bool *ret_changed)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(PLAN_BYTES);
	struct reorg_facts facts;
	struct reorg_steps steps;
	struct str before, after;
	int r = db_take_time(op, TIME_MS);

	if (r == 0)
		r = read_steps(op, seen, &steps);
	if (r == 0)
		r = reorg_base(op, seen, &before);
	if (r == 0)
		r = reorg_facts_load(op, scratch, seen, &facts);
	if (r == 0)
		r = reorg_base(op, seen, &after);
	if (r < 0)
		return r;
	if (!str_equal(before, after))
		return op_fail(op, ERR_UNAVAILABLE, "units, posts or grants changed while the plan was made; try again");
	reorg_plan(scratch, &facts, &steps, plan);
	if (arena_overflowed(scratch))
		return op_fail(op, ERR_LIMIT, "the reorganisation is too large for one batch");
	return reorg_set_plan(op, seen, plan, after, p->account_id, ret_changed);
}

int reorganising_plan(struct op *op, const struct principal *p, const struct reorg *seen, struct reorg *ret)
{
	struct reorg_plan plan = { 0 };
	bool changed = false;
	json_t *data;
	int r = db_begin(op);

	if (r == 0)
		r = make_plan(op, p, seen, &plan, &changed);
	if (r == 0 && !changed)
		r = refuse(op, p, seen, "draft, planned, stale", reorg_may_be_edited(seen->state));
	data = json_new_object();
	json_set_int(data, "operations", (int64_t)plan.n_ops);
	json_set_int(data, "findings", (int64_t)plan.n_findings);
	json_set_int(data, "blocking", (int64_t)plan.n_blocking);
	return finish(op, p, r, "reorganisation.plan", seen->id, data, ret);
}

static int four_eyes(struct op *op, const struct principal *p, const struct reorg *seen)
{
	bool profits = false;
	int r = 0;

	if (!str_equal(p->account_id, seen->drawn_up_id) && !str_equal(p->account_id, seen->edited_id) && !str_equal(p->account_id, seen->planned_id))
		r = reorg_profits(op, seen->id, p->account_id, &profits);
	else
		profits = true;
	if (r < 0 || !profits)
		return r;
	return op_fail(op, ERR_FOUR_EYES, "not by who drew it up, edited or planned it, or gains by it");
}

/* Before the statement that writes, so that the refusal says why; that one asks all of it again. */
static int may_approve(struct op *op, const struct principal *p, const struct reorg *seen, struct str plan_hash)
{
	int r;

	if (!str_equal(seen->state, STR("planned")))
		return wrong_state(op, seen, "planned");
	r = four_eyes(op, p, seen);
	if (r < 0)
		return r;
	if (!str_equal(seen->plan_hash, plan_hash))
		return op_fail(op, ERR_PRECONDITION_FAILED, "the plan is another one than was looked at");
	if (seen->n_blocking > 0) {
		(void)op_fail(op, ERR_BLOCKED, "findings of the plan must be settled first");
		return op_fail_arg(op, "by", arena_printf(op->arena, "findings: %lld", (long long)seen->n_blocking));
	}
	return 0;
}

/* Facts that changed since: the plan is nobody's any more. */
static int end_stale(struct op *op, const struct principal *p, const struct reorg *seen)
{
	struct reorg now;
	int r = finish(op, p, reorg_mark_stale(op, seen), "reorganisation.stale", seen->id, NULL, &now);

	return r < 0 ? r : wrong_state(op, &now, "planned");
}

int reorganising_approve(struct op *op, const struct principal *p, const struct reorg *seen, struct str plan_hash, struct reorg *ret)
{
	bool changed = false;
	struct str base;
	json_t *data;
	int r = may_approve(op, p, seen, plan_hash);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = db_take_time(op, TIME_MS);
	if (r == 0)
		r = reorg_base(op, seen, &base);
	if (r == 0 && !str_equal(base, seen->base))
		return end_stale(op, p, seen);
	if (r == 0)
		r = reorg_approve(op, seen, plan_hash, p->account_id, &changed);
	if (r == 0 && !changed)
		r = refuse(op, p, seen, "planned", true);
	data = json_new_object();
	json_set_str(data, "plan", plan_hash);
	return finish(op, p, r, "reorganisation.approve", seen->id, data, ret);
}

int reorganising_withdraw(struct op *op, const struct principal *p, const struct reorg *seen, struct str reason, struct reorg *ret)
{
	bool changed = false;
	json_t *data;
	int r = db_begin(op);

	if (r == 0)
		r = reorg_withdraw(op, seen, p->account_id, &changed);
	if (r == 0 && !changed)
		r = refuse(op, p, seen, "draft, planned, stale, approved", reorg_may_be_edited(seen->state) || str_equal(seen->state, STR("approved")));
	data = json_new_object();
	json_set_str(data, "from", seen->state);
	json_set_str(data, "reason", reason);
	return finish(op, p, r, "reorganisation.withdraw", seen->id, data, ret);
}
