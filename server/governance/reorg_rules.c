/*
 * A rule of a unit that ends goes on in what it becomes (sen.rule_wants() follows sen.unit_successor), for everybody there: who gains
 * a role by that, and who loses one by going elsewhere, is said to those who approve.
 */
#include "server/governance/reorg_internal.h"

static void rule_finding(struct reorg_planner *p, enum reorg_finding_code code, const struct reorg_rule *r, int node)
{
	reorg_add_finding(p, &(struct reorg_finding){ .code = code, .subject = r->id, .unit_code = p->nodes[node].as.code });
}

/* Is the unit below one that the rule's became? */
static bool is_still_reached(const struct reorg_planner *p, int unit, int rule_unit)
{
	if (!reorg_node_is_gone(&p->nodes[rule_unit]))
		return reorg_tree_is_under(p, unit, rule_unit);
	for (size_t i = 0; i < p->n_arrivals; i++)
		if (p->arrivals[i].from == rule_unit && reorg_tree_is_under(p, unit, p->arrivals[i].to))
			return true;
	return false;
}

static void look_at_rule(struct reorg_planner *p, const struct reorg_rule *r, int node)
{
	bool is_gone = reorg_node_is_gone(&p->nodes[node]), has_heir = !is_gone;

	if (!is_gone && reorg_others_arrive(p, node, node))
		rule_finding(p, REORG_RULE_FURTHER, r, node);
	for (size_t i = 0; i < p->n_arrivals; i++) {
		const struct reorg_arrival *a = &p->arrivals[i];

		if (a->from == node && is_gone) {
			has_heir = true;
			if (reorg_others_arrive(p, a->to, node))
				rule_finding(p, REORG_RULE_FURTHER, r, a->to);
		} else if (reorg_tree_was_under(p, a->from, node) && !is_still_reached(p, a->to, node)) {
			rule_finding(p, REORG_RULE_FALLS, r, a->from);
		}
	}
	if (!has_heir)
		rule_finding(p, REORG_RULE_FALLS, r, node);
}

void reorg_rules(struct reorg_planner *p)
{
	for (size_t i = 0; i < p->facts->n_rules; i++) {
		int node = reorg_tree_of_id(p, p->facts->rules[i].unit_id);

		if (node >= 0)
			look_at_rule(p, &p->facts->rules[i], node);
	}
}
