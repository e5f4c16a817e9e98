#include "server/governance/reorg_internal.h"

static void arrive(struct reorg_planner *p, int from, int to, int share)
{
	for (size_t i = 0; i < p->n_arrivals; i++) {
		if (p->arrivals[i].from == from && p->arrivals[i].to == to) {
			p->arrivals[i].share += share;
			return;
		}
	}
	p->arrivals = reorg_grow(p->arena, p->arrivals, p->n_arrivals, &p->max_arrivals, sizeof(*p->arrivals));
	p->arrivals[p->n_arrivals++] = (struct reorg_arrival){ .from = from, .to = to, .share = share };
}

static int64_t persons_of(const struct reorg_planner *p, int node, size_t *ret_n)
{
	int64_t persons = 0;

	*ret_n = 0;
	for (size_t i = 0; i < p->n_copies; i++) {
		if (p->copies[i].from == node) {
			persons += p->copies[i].n_persons;
			(*ret_n)++;
		}
	}
	return persons;
}

/* Every unit of the tree as it will be into which a part of node goes.  An abolished unit has no successor. */
static void find_heirs(struct reorg_planner *p, int origin, struct reorg_arrival at, int depth)
{
	const struct reorg_node *n = &p->nodes[at.to];
	int64_t persons;
	size_t parts;

	if (depth > (int)(2 * p->steps->n))
		return;
	if (!reorg_node_is_gone(n)) {
		arrive(p, origin, at.to, at.share);
		return;
	}
	if (n->heir >= 0) {
		at.to = n->heir;
		find_heirs(p, origin, at, depth + 1);
		return;
	}
	if (p->steps->p[n->parting].kind != REORG_SPLIT)
		return;
	persons = persons_of(p, at.to, &parts);
	for (size_t i = 0; i < p->n_copies; i++) {
		const struct reorg_copy *c = &p->copies[i];
		struct reorg_arrival next = { .to = c->to };

		if (c->from != at.to)
			continue;
		next.share = persons > 0 ? (int)(at.share * c->n_persons / persons) : at.share / (int)parts;
		find_heirs(p, origin, next, depth + 1);
	}
}

void reorg_arrivals(struct reorg_planner *p)
{
	for (size_t i = 0; i < p->facts->n_units; i++) {
		if (reorg_node_is_gone(&p->nodes[i]))
			find_heirs(p, (int)i, (struct reorg_arrival){ .to = (int)i, .share = 1000 }, 0);
		else if (p->nodes[i].is_moved)
			arrive(p, (int)i, (int)i, 1000);
	}
}

void reorg_successors(struct reorg_planner *p)
{
	for (size_t i = 0; i < p->n_arrivals; i++) {
		const struct reorg_arrival *a = &p->arrivals[i];

		if (reorg_node_is_gone(&p->nodes[a->from]))
			reorg_add_op(p, &(struct reorg_op){ .kind = REORG_SUCCESSOR, .unit_from = a->from, .unit_to = a->to,
				.share = a->share > 1000 ? 1000 : a->share });
	}
}

bool reorg_others_arrive(const struct reorg_planner *p, int to, int from)
{
	if (!p->nodes[to].is_new && !reorg_tree_was_under(p, to, from))
		return true;
	for (size_t i = 0; i < p->n_arrivals; i++)
		if (reorg_tree_is_under(p, p->arrivals[i].to, to) && !reorg_tree_was_under(p, p->arrivals[i].from, from))
			return true;
	return false;
}
