#include "provisioning/match.h"

void match_add(struct candidates *all, struct candidate hit)
{
	all->n_hits++;
	for (size_t i = 0; i < all->n; i++)
		if (str_equal(all->items[i].ext_id, hit.ext_id)) {
			all->last_hit = i;
			return;
		}
	if (all->n == CANDIDATES_MAX)
		return;
	all->last_hit = all->n;
	all->items[all->n++] = hit;
}

enum match_end match_judge(const struct match_rule *rule, const struct candidates *all, size_t n_before, size_t n_hits, size_t hit, size_t *ret_index)
{
	if (n_hits == 0)
		return MATCH_NONE;
	/* Rules before it saw another account, or more than this one. */
	if (n_hits > 1 || n_before > 1 || (n_before == 1 && hit != 0) || all->items[hit].is_linked)
		return MATCH_DISPUTED;
	if (!rule->is_strong || all->is_for_a_person)
		return MATCH_NONE;
	*ret_index = hit;
	return MATCH_ONE;
}

enum match_end match_run(const struct connector *connector, struct call *c, struct candidates *all, size_t *ret_index, enum verdict *ret_verdict)
{
	const struct mapping *m = c->want->mapping;
	enum match_end end = MATCH_NONE;

	*ret_verdict = VERDICT_DONE;
	for (size_t i = 0; i < m->n_rules && end == MATCH_NONE; i++) {
		size_t n_before = all->n;

		/* Nothing to look for: an empty value would hit whoever has none. */
		if (mapping_value_is_empty(&c->want->matches[i]))
			continue;
		all->n_hits = 0;
		op_forgive(c->op);
		*ret_verdict = connector->match(c, i, all);
		if (*ret_verdict != VERDICT_DONE)
			return MATCH_FAILED;
		end = match_judge(&m->rules[i], all, n_before, all->n_hits, all->last_hit, ret_index);
	}
	return end == MATCH_NONE && all->n > 0 ? MATCH_DISPUTED : end;
}
