#include "server/governance/reorg_internal.h"

static const char *const op_names[] = {
	[REORG_UNIT_ADD] = "unit_add",       [REORG_UNIT_RENAME] = "unit_rename", [REORG_UNIT_MOVE] = "unit_move",
	[REORG_POST_MOVE] = "post_move",     [REORG_POST_END] = "post_end",       [REORG_GRANT_MOVE] = "grant_move",
	[REORG_GRANT_MERGE] = "grant_merge", [REORG_GRANT_END] = "grant_end",     [REORG_SCOPE_MOVE] = "scope_move",
	[REORG_SCOPE_ADD] = "scope_add",     [REORG_SCOPE_END] = "scope_end",     [REORG_UNIT_END] = "unit_end",
	[REORG_SUCCESSOR] = "successor",
};

static const struct {
	const char *name;
	bool blocks;
} finding_codes[REORG_N_FINDINGS_] = {
	[REORG_STEP_INVALID] = { "step_invalid", true },   [REORG_CODE_TAKEN] = { "code_taken", true },
	[REORG_TOO_DEEP] = { "too_deep", true },           [REORG_UNIT_TOO_NEW] = { "unit_too_new", true },
	[REORG_UNASSIGNED] = { "unassigned", true },       [REORG_MAIN_OVERLAP] = { "main_overlap", true },
	[REORG_NO_MAIN] = { "no_main", true },             [REORG_GRANT_GAP] = { "grant_gap", true },
	[REORG_SEPARATION] = { "separation", true },       [REORG_PERSON_LEAVES] = { "person_leaves", false },
	[REORG_POST_SHORTENED] = { "post_shortened", false }, [REORG_GRANT_ENDS] = { "grant_ends", false },
	[REORG_SCOPE_FALLS] = { "scope_falls", false },    [REORG_SCOPE_FURTHER] = { "scope_further", false },
	[REORG_RULE_FALLS] = { "rule_falls", false },      [REORG_RULE_FURTHER] = { "rule_further", false },
};

const char *reorg_op_name(enum reorg_op_kind kind)
{
	return op_names[kind];
}

const char *reorg_finding_name(enum reorg_finding_code code)
{
	return finding_codes[code].name;
}

bool reorg_finding_blocks(enum reorg_finding_code code)
{
	return finding_codes[code].blocks;
}

void *reorg_grow(struct arena *a, void *p, size_t n, size_t *max, size_t size)
{
	size_t old = *max;

	if (n < old)
		return p;
	*max = old > 0 ? 2 * old : 64;
	return arena_grow(a, p, old * size, *max * size);
}

void reorg_add_op(struct reorg_planner *p, const struct reorg_op *op)
{
	p->ops = reorg_grow(p->arena, p->ops, p->n_ops, &p->max_ops, sizeof(*p->ops));
	p->ops[p->n_ops++] = *op;
}

void reorg_add_finding(struct reorg_planner *p, const struct reorg_finding *f)
{
	p->findings = reorg_grow(p->arena, p->findings, p->n_findings, &p->max_findings, sizeof(*p->findings));
	p->findings[p->n_findings++] = *f;
}

static int depth_of(const struct reorg_planner *p, int node)
{
	int depth = 0;

	for (; node >= 0 && depth <= 2 * REORG_DEPTH_MAX; node = p->nodes[node].parent)
		depth++;
	return depth;
}

/* A unit that is new or has moved stands under one that is there, and not too deep. */
static void check_tree(struct reorg_planner *p)
{
	for (size_t i = 0; i < p->n_nodes; i++) {
		const struct reorg_node *n = &p->nodes[i];
		struct reorg_finding f = { .code = REORG_TOO_DEEP, .unit_code = n->as.code };

		if (!n->is_alive)
			continue;
		if (depth_of(p, (int)i) > REORG_DEPTH_MAX)
			reorg_add_finding(p, &f);
		f.code = REORG_STEP_INVALID;
		if (n->parent >= 0 && reorg_node_is_gone(&p->nodes[n->parent]))
			reorg_add_finding(p, &f);
	}
}

/* New units by depth, so that parents come first; then those that change. */
static void emit_units(struct reorg_planner *p, struct reorg_plan *plan)
{
	struct reorg_unit_change *units = NULL;
	size_t n = 0, max = 0;
	int64_t ref = 0;

	for (int depth = 1; depth <= REORG_DEPTH_MAX; depth++)
		for (size_t i = p->facts->n_units; i < p->n_nodes; i++)
			if (p->nodes[i].is_alive && depth_of(p, (int)i) == depth) {
				p->nodes[i].as.ref = --ref;
				units = reorg_grow(p->arena, units, n, &max, sizeof(*units));
				units[n++] = p->nodes[i].as;
			}
	for (size_t i = 0; i < p->facts->n_units; i++)
		if (p->nodes[i].is_alive && (p->nodes[i].is_renamed || p->nodes[i].is_moved)) {
			units = reorg_grow(p->arena, units, n, &max, sizeof(*units));
			units[n++] = p->nodes[i].as;
		}
	for (size_t i = 0; i < n; i++) {
		int node = reorg_tree_find(p, units[i].code);
		int parent = p->nodes[node].parent;

		units[i].parent_ref = parent < 0 ? 0 : p->nodes[parent].as.ref;
	}
	plan->units = units;
	plan->n_units = n;
}

static void emit_unit_ops(struct reorg_planner *p)
{
	for (size_t i = 0; i < p->n_nodes; i++) {
		const struct reorg_node *n = &p->nodes[i];

		if (!n->is_alive)
			continue;
		if (n->is_new)
			reorg_add_op(p, &(struct reorg_op){ .kind = REORG_UNIT_ADD, .unit_from = -1, .unit_to = (int64_t)i });
		if (!n->is_new && n->is_renamed)
			reorg_add_op(p, &(struct reorg_op){ .kind = REORG_UNIT_RENAME, .unit_from = (int64_t)i, .unit_to = (int64_t)i });
		if (!n->is_new && n->is_moved)
			reorg_add_op(p, &(struct reorg_op){ .kind = REORG_UNIT_MOVE, .unit_from = (int64_t)i, .unit_to = n->parent });
	}
}

static int64_t ref_of(const struct reorg_planner *p, int64_t node)
{
	return node < 0 ? 0 : p->nodes[node].as.ref;
}

/* The units first, though which of them there are is known only after the persons: parts of split units are made for those who need them. */
static void assemble(struct reorg_planner *p, struct reorg_plan *plan, size_t n_people, size_t n_rest)
{
	size_t n_units = p->n_ops - n_people - n_rest;
	struct reorg_op *ops = ARENA_ARRAY(p->arena, struct reorg_op, p->n_ops);
	size_t at = 0;

	for (size_t i = n_people + n_rest; i < p->n_ops; i++)
		ops[at++] = p->ops[i];
	for (size_t i = 0; i < n_people + n_rest; i++)
		ops[at++] = p->ops[i];
	for (size_t i = 0; i < at; i++) {
		ops[i].unit_from = ref_of(p, ops[i].unit_from);
		ops[i].unit_to = ref_of(p, ops[i].unit_to);
	}
	plan->ops = ops;
	plan->n_ops = at;
	plan->people_from = n_units;
	plan->people_to = n_units + n_people;
}

void reorg_plan(struct arena *a, const struct reorg_facts *facts, const struct reorg_steps *steps, struct reorg_plan *ret_plan)
{
	struct reorg_planner p = { .arena = a, .facts = facts, .steps = steps };
	struct reorg_plan plan = { 0 };
	size_t n_people, n_rest;

	reorg_tree_begin(&p);
	reorg_tree_apply(&p);
	reorg_people(&p);
	n_people = p.n_ops;
	reorg_arrivals(&p);
	reorg_scopes(&p);
	reorg_successors(&p);
	reorg_rules(&p);
	reorg_ends(&p);
	n_rest = p.n_ops - n_people;
	check_tree(&p);
	emit_units(&p, &plan);
	emit_unit_ops(&p);
	assemble(&p, &plan, n_people, n_rest);
	plan.findings = p.findings;
	plan.n_findings = p.n_findings;
	for (size_t i = 0; i < p.n_findings; i++)
		plan.n_blocking += reorg_finding_blocks(p.findings[i].code);
	*ret_plan = plan;
}
