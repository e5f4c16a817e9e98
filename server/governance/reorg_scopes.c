#include "server/governance/reorg_internal.h"

/* They are in the order of accounts. */
static const struct reorg_scope *first_of(const struct reorg_planner *p, const struct reorg_scope *s)
{
	while (s > p->facts->scopes && str_equal(s[-1].account_id, s->account_id))
		s--;
	return s;
}

/* Does the account hold as much over node as scope s gives, by s itself or another of its scopes? */
static bool holds_over(const struct reorg_planner *p, const struct reorg_scope *s, int node)
{
	const struct reorg_scope *end = p->facts->scopes + p->facts->n_scopes;

	for (const struct reorg_scope *t = first_of(p, s); t < end && str_equal(t->account_id, s->account_id); t++) {
		int unit;

		if (!str_equal(t->rights, s->rights) || t->to_s < s->to_s)
			continue;
		if (t->platform_id != REORG_EVERY_PLATFORM && t->platform_id != s->platform_id)
			continue;
		unit = reorg_tree_of_id(p, t->unit_id);
		if (unit >= 0 && reorg_tree_was_under(p, node, unit))
			return true;
	}
	return false;
}

/* Would s, at unit "to", reach persons that its account did not reach so? */
static bool reaches_further(const struct reorg_planner *p, const struct reorg_scope *s, int to)
{
	if (!p->nodes[to].is_new && !holds_over(p, s, to))
		return true;
	for (size_t i = 0; i < p->n_arrivals; i++)
		if (reorg_tree_is_under(p, p->arrivals[i].to, to) && !holds_over(p, s, p->arrivals[i].from))
			return true;
	return false;
}

/* Another scope of the account that has the place already, of the facts or by an operation of this plan (whose share is its number). */
static const struct reorg_scope *find_in_place(const struct reorg_planner *p, const struct reorg_scope *s, int to, size_t ops_from)
{
	const struct reorg_scope *end = p->facts->scopes + p->facts->n_scopes;

	for (const struct reorg_scope *t = first_of(p, s); t < end && str_equal(t->account_id, s->account_id); t++)
		if (t != s && t->platform_id == s->platform_id && str_equal(t->shape, s->shape) && t->unit_id == p->nodes[to].as.ref && !p->nodes[to].is_new)
			return t;
	for (size_t i = ops_from; i < p->n_ops; i++) {
		const struct reorg_scope *t = &p->facts->scopes[p->ops[i].share];

		if (p->ops[i].kind != REORG_SCOPE_END && p->ops[i].unit_to == to && str_equal(t->account_id, s->account_id) && t->platform_id == s->platform_id &&
		    str_equal(t->shape, s->shape))
			return t;
	}
	return NULL;
}

static bool says_as_much(const struct reorg_scope *t, const struct reorg_scope *s)
{
	return str_equal(t->rights, s->rights) && t->to_s >= s->to_s;
}

static void scope_finding(struct reorg_planner *p, enum reorg_finding_code code, const struct reorg_scope *s, int node)
{
	reorg_add_finding(p, &(struct reorg_finding){ .code = code, .account_id = s->account_id, .subject = s->id,
		.unit_code = p->nodes[node].as.code, .step = p->nodes[node].step + 1 });
}

/* The scope of a unit that ends: to each heir where it may; one operation moves it, others add to it. */
static void follow(struct reorg_planner *p, const struct reorg_scope *s, int node, size_t ops_from)
{
	bool may_reach = p->steps->p[p->nodes[node].step].scopes_follow, moved = false, fell = false;

	for (size_t i = 0; i < p->n_arrivals; i++) {
		int to = p->arrivals[i].to;
		struct reorg_op op = { .kind = moved ? REORG_SCOPE_ADD : REORG_SCOPE_MOVE, .account_id = s->account_id, .subject = s->id,
			.unit_from = node, .unit_to = to, .share = (int)(s - p->facts->scopes) };
		const struct reorg_scope *other;

		if (p->arrivals[i].from != node)
			continue;
		other = find_in_place(p, s, to, ops_from);
		if (other) {
			/* It says as much already, or people settle it. */
			fell |= !says_as_much(other, s);
			continue;
		}
		op.is_further = reaches_further(p, s, to);
		if (op.is_further && !may_reach) {
			fell = true;
			continue;
		}
		if (op.is_further)
			scope_finding(p, REORG_SCOPE_FURTHER, s, to);
		reorg_add_op(p, &op);
		moved = true;
	}
	if (!moved)
		reorg_add_op(p, &(struct reorg_op){ .kind = REORG_SCOPE_END, .account_id = s->account_id, .subject = s->id, .unit_from = node,
			.unit_to = -1 });
	if (fell || (!moved && p->nodes[node].heir < 0 && p->steps->p[p->nodes[node].step].kind == REORG_ABOLISH))
		scope_finding(p, REORG_SCOPE_FALLS, s, node);
}

void reorg_scopes(struct reorg_planner *p)
{
	size_t ops_from = p->n_ops;

	for (size_t i = 0; i < p->facts->n_scopes; i++) {
		const struct reorg_scope *s = &p->facts->scopes[i];
		int node = reorg_tree_of_id(p, s->unit_id);

		if (node < 0)
			continue;
		if (reorg_node_is_gone(&p->nodes[node]))
			follow(p, s, node, ops_from);
		else if (reaches_further(p, s, node))
			scope_finding(p, REORG_SCOPE_FURTHER, s, node);
	}
	for (size_t i = ops_from; i < p->n_ops; i++)
		p->ops[i].share = 0;
}

void reorg_ends(struct reorg_planner *p)
{
	for (size_t i = 0; i < p->facts->n_units; i++)
		if (reorg_node_is_gone(&p->nodes[i]))
			reorg_add_op(p, &(struct reorg_op){ .kind = REORG_UNIT_END, .unit_from = (int64_t)i, .unit_to = -1 });
}
