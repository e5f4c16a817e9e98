#include "server/governance/reorg_internal.h"

#include "server/governance/unit_rules.h"

#include <stdlib.h>
#include <string.h>

#define CODE_MAX 35

/* ---- finding ---- */

static int compare_code(const struct reorg_planner *p, int node, struct str code)
{
	return str_compare(p->facts->units[node].code, code);
}

int reorg_tree_find(const struct reorg_planner *p, struct str code)
{
	size_t lo = 0, hi = p->facts->n_units;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = compare_code(p, p->by_code[mid], code);

		if (c == 0)
			return p->by_code[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = p->facts->n_units; i < p->n_nodes; i++)
		if (str_equal(p->nodes[i].as.code, code))
			return (int)i;
	return -1;
}

int reorg_tree_of_id(const struct reorg_planner *p, int64_t id)
{
	size_t lo = 0, hi = p->facts->n_units;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->facts->units[mid].id == id)
			return (int)mid;
		if (p->facts->units[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

static int find_alive(const struct reorg_planner *p, struct str code)
{
	int node = reorg_tree_find(p, code);

	return node >= 0 && p->nodes[node].is_alive ? node : -1;
}

bool reorg_tree_is_under(const struct reorg_planner *p, int node, int above)
{
	for (int depth = 0; node >= 0 && depth <= 2 * REORG_DEPTH_MAX; depth++, node = p->nodes[node].parent)
		if (node == above)
			return true;
	return false;
}

bool reorg_tree_was_under(const struct reorg_planner *p, int node, int above)
{
	for (int depth = 0; node >= 0 && depth <= 2 * REORG_DEPTH_MAX; depth++, node = p->nodes[node].was_parent)
		if (node == above)
			return true;
	return false;
}

static int find_child(const struct reorg_planner *p, int parent, const struct reorg_unit_change *like)
{
	for (size_t i = 0; i < p->n_nodes; i++) {
		const struct reorg_node *n = &p->nodes[i];

		if (n->is_alive && n->parent == parent && str_equal(n->as.name_fold, like->name_fold) && str_equal(n->as.kind, like->kind))
			return (int)i;
	}
	return -1;
}

static void fault(struct reorg_planner *p, enum reorg_finding_code code, size_t step, struct str unit_code)
{
	reorg_add_finding(p, &(struct reorg_finding){ .code = code, .step = (int)step + 1, .unit_code = unit_code });
}

/* ---- changing ---- */

static int add_node(struct reorg_planner *p, const struct reorg_unit_change *as, int parent, size_t step)
{
	if (reorg_tree_find(p, as->code) >= 0 || as->code.len > CODE_MAX)
		fault(p, REORG_CODE_TAKEN, step, as->code);
	p->nodes = reorg_grow(p->arena, p->nodes, p->n_nodes, &p->max_nodes, sizeof(*p->nodes));
	p->nodes[p->n_nodes] = (struct reorg_node){ .as = *as, .parent = parent, .was_parent = -1, .is_new = true, .is_alive = true,
		.is_older = true, .heir = -1, .parting = -1, .step = -1 };
	return (int)p->n_nodes++;
}

/* "16681.VP" below 16681 becomes "16700.VP" below 16700. */
static int add_child(struct reorg_planner *p, int parent, int like, size_t step)
{
	struct reorg_unit_change as = p->nodes[like].as;
	struct str above = p->nodes[p->nodes[like].parent].as.code, code = p->nodes[parent].as.code, suffix = as.code;

	if (str_starts(suffix, above) && suffix.len > above.len + 1 && suffix.p[above.len] == '.')
		suffix = str_skip(suffix, above.len + 1);
	as.code = arena_printf(p->arena, "%.*s.%.*s", STR_ARG(code), STR_ARG(suffix));
	as.ident_new = as.ident_old = STR_NULL;
	return add_node(p, &as, parent, step);
}

static void mark_gone(struct reorg_planner *p, int node, size_t step)
{
	struct reorg_node *n = &p->nodes[node];

	n->is_alive = false;
	n->step = (int)step;
	if (!n->is_older)
		fault(p, REORG_UNIT_TOO_NEW, step, n->as.code);
}

/* s and what is below it become one with t and what is below that. */
static void absorb(struct reorg_planner *p, int s, int t, size_t step)
{
	mark_gone(p, s, step);
	p->nodes[s].heir = t;
	for (size_t i = 0; i < p->n_nodes; i++) {
		if (!p->nodes[i].is_alive || p->nodes[i].parent != s)
			continue;
		int child = find_child(p, t, &p->nodes[i].as);

		absorb(p, (int)i, child >= 0 ? child : add_child(p, t, (int)i, step), step);
	}
}

static void take_names(struct reorg_planner *p, int node, const struct reorg_target *t)
{
	struct reorg_unit_change *as = &p->nodes[node].as;
	struct reorg_unit_change was = *as;

	if (!str_is_null(t->name)) {
		as->name = t->name;
		as->name_fold = t->name_fold;
	}
	as->name_en = str_is_null(t->name_en) ? as->name_en : t->name_en;
	as->ident_new = str_is_null(t->ident_new) ? as->ident_new : t->ident_new;
	as->ident_old = str_is_null(t->ident_old) ? as->ident_old : t->ident_old;
	if (!str_equal(was.name, as->name) || !str_equal(was.name_en, as->name_en) || !str_equal(was.ident_new, as->ident_new) ||
	    !str_equal(was.ident_old, as->ident_old))
		p->nodes[node].is_renamed = true;
}

/* The unit that a target is, there already or new; -1 with a finding. */
static int take_target(struct reorg_planner *p, const struct reorg_target *t, int like, size_t step)
{
	int node = find_alive(p, t->code), parent = p->nodes[like].parent;
	struct reorg_unit_change as;

	if (node >= 0) {
		take_names(p, node, t);
		return node;
	}
	if (!str_is_null(t->parent))
		parent = find_alive(p, t->parent);
	as = (struct reorg_unit_change){ .code = t->code, .name = t->name, .name_en = t->name_en, .name_fold = t->name_fold,
		.kind = str_is_null(t->kind) ? p->nodes[like].as.kind : t->kind, .ident_new = t->ident_new, .ident_old = t->ident_old,
		.verified = p->nodes[like].as.verified };
	if (str_is_null(t->name) || (!str_is_null(t->parent) && parent < 0) || (parent >= 0 && !p->nodes[parent].is_alive) ||
	    !unit_code_fits(as.code, as.kind)) {
		fault(p, REORG_STEP_INVALID, step, t->code);
		return -1;
	}
	return add_node(p, &as, parent, step);
}

/* Units of the step, all there, none below another; NULL with a finding. */
static const int *take_sources(struct reorg_planner *p, const struct reorg_step *s, size_t step)
{
	int *nodes = ARENA_ARRAY(p->arena, int, s->n_from);

	for (size_t i = 0; i < s->n_from; i++) {
		nodes[i] = find_alive(p, s->from[i]);
		for (size_t k = 0; nodes[i] >= 0 && k < i; k++)
			if (reorg_tree_is_under(p, nodes[i], nodes[k]) || reorg_tree_is_under(p, nodes[k], nodes[i]))
				nodes[i] = -1;
		if (nodes[i] < 0) {
			fault(p, REORG_STEP_INVALID, step, s->from[i]);
			return NULL;
		}
	}
	return nodes;
}

/* ---- the steps ---- */

static void merge(struct reorg_planner *p, const struct reorg_step *s, size_t step)
{
	const int *from = take_sources(p, s, step);
	int target = from ? take_target(p, &s->into[0], from[0], step) : -1;

	if (target < 0)
		return;
	for (size_t i = 0; i < s->n_from; i++) {
		if (from[i] != target && reorg_tree_is_under(p, target, from[i])) {
			fault(p, REORG_STEP_INVALID, step, s->from[i]);
			return;
		}
	}
	for (size_t i = 0; i < s->n_from; i++)
		if (from[i] != target)
			absorb(p, from[i], target, step);
}

static void reparent(struct reorg_planner *p, int node, int parent, size_t step)
{
	if (parent < 0 || reorg_tree_is_under(p, parent, node)) {
		fault(p, REORG_STEP_INVALID, step, p->nodes[node].as.code);
		return;
	}
	if (p->nodes[node].parent == parent)
		return;
	p->nodes[node].parent = parent;
	p->nodes[node].is_moved = true;
}

static void move(struct reorg_planner *p, const struct reorg_step *s, size_t step)
{
	const int *from = take_sources(p, s, step);
	int parent = find_alive(p, s->parent);

	for (size_t i = 0; from && i < s->n_from; i++)
		reparent(p, from[i], parent, step);
}

static void part(struct reorg_planner *p, int node, size_t step)
{
	mark_gone(p, node, step);
	p->nodes[node].parting = (int)step;
	for (size_t i = 0; i < p->n_nodes; i++)
		if (p->nodes[i].is_alive && p->nodes[i].parent == node)
			part(p, (int)i, step);
}

static bool is_target(const struct reorg_step *s, struct str code)
{
	for (size_t i = 0; i < s->n_into; i++)
		if (str_equal(s->into[i].code, code))
			return true;
	return false;
}

static void split(struct reorg_planner *p, const struct reorg_step *s, size_t step)
{
	const int *from = take_sources(p, s, step);

	if (!from)
		return;
	for (size_t i = 0; i < s->n_into; i++) {
		int target = take_target(p, &s->into[i], from[0], step);

		if (target < 0 || reorg_tree_is_under(p, target, from[0])) {
			if (target >= 0)
				fault(p, REORG_STEP_INVALID, step, s->into[i].code);
			return;
		}
	}
	for (size_t i = 0; i < s->n_divisions; i++) {
		int division = find_alive(p, s->divisions[i].who);

		if (division < 0 || division == from[0] || !reorg_tree_is_under(p, division, from[0]) || !is_target(s, s->divisions[i].code))
			fault(p, REORG_STEP_INVALID, step, s->divisions[i].who);
		else
			reparent(p, division, find_alive(p, s->divisions[i].code), step);
	}
	for (size_t i = 0; i < s->n_persons; i++)
		if (!is_target(s, s->persons[i].code))
			fault(p, REORG_STEP_INVALID, step, s->persons[i].code);
	part(p, from[0], step);
	for (size_t i = 0; i < s->n_into; i++)
		(void)reorg_tree_copy(p, from[0], reorg_tree_find(p, s->into[i].code));
}

static void abolish(struct reorg_planner *p, const struct reorg_step *s, size_t step)
{
	const int *from = take_sources(p, s, step);

	if (!from)
		return;
	part(p, from[0], step);
	for (size_t i = 0; i < s->n_persons; i++)
		if (find_alive(p, s->persons[i].code) < 0)
			fault(p, REORG_STEP_INVALID, step, s->persons[i].code);
}

static void rename_unit(struct reorg_planner *p, const struct reorg_step *s, size_t step)
{
	const int *from = take_sources(p, s, step);

	if (from)
		take_names(p, from[0], &s->into[0]);
}

void reorg_tree_apply(struct reorg_planner *p)
{
	static void (*const apply[])(struct reorg_planner *, const struct reorg_step *, size_t) = {
		[REORG_MERGE] = merge, [REORG_SPLIT] = split, [REORG_RENAME] = rename_unit, [REORG_MOVE] = move, [REORG_ABOLISH] = abolish,
	};

	for (size_t i = 0; i < p->steps->n; i++)
		apply[p->steps->p[i].kind](p, &p->steps->p[i], i);
}

struct reorg_copy *reorg_tree_copy(struct reorg_planner *p, int x, int target)
{
	int step = p->nodes[x].parting, above = p->nodes[x].parent, to = target;

	for (size_t i = 0; i < p->n_copies; i++)
		if (p->copies[i].from == x && p->copies[i].target == target)
			return &p->copies[i];
	/* The unit that the step split is the target itself; what was below it stands below that. */
	if (p->steps->p[step].kind == REORG_SPLIT && above >= 0 && p->nodes[above].parting == step &&
	    !str_equal(p->nodes[x].as.code, p->steps->p[step].from[0])) {
		int base = reorg_tree_copy(p, above, target)->to;

		while (p->nodes[base].heir >= 0)
			base = p->nodes[base].heir;
		to = find_child(p, base, &p->nodes[x].as);
		if (to < 0)
			to = add_child(p, base, x, (size_t)step);
	}
	p->copies = reorg_grow(p->arena, p->copies, p->n_copies, &p->max_copies, sizeof(*p->copies));
	p->copies[p->n_copies] = (struct reorg_copy){ .from = x, .target = target, .to = to };
	return &p->copies[p->n_copies++];
}

/* ---- the beginning ---- */

static int compare_by_code(const void *a, const void *b, void *planner)
{
	const struct reorg_planner *p = planner;

	return str_compare(p->facts->units[*(const int *)a].code, p->facts->units[*(const int *)b].code);
}

void reorg_tree_begin(struct reorg_planner *p)
{
	size_t n = p->facts->n_units;
	int *by_code = ARENA_ARRAY(p->arena, int, n);

	p->max_nodes = n + 64;
	p->nodes = ARENA_ARRAY(p->arena, struct reorg_node, p->max_nodes);
	p->n_nodes = n;
	for (size_t i = 0; i < n; i++) {
		const struct reorg_unit *u = &p->facts->units[i];

		by_code[i] = (int)i;
		p->nodes[i] = (struct reorg_node){ .is_alive = u->is_valid, .is_older = u->is_older, .heir = -1, .parting = -1, .step = -1,
			.as = { .ref = u->id, .parent_ref = u->parent_id, .code = u->code, .name = u->name, .name_en = u->name_en,
			        .name_fold = u->name_fold, .kind = u->kind, .ident_new = u->ident_new, .ident_old = u->ident_old,
			        .verified = u->verified } };
		p->nodes[i].parent = p->nodes[i].was_parent = u->parent_id == 0 ? -1 : reorg_tree_of_id(p, u->parent_id);
	}
	if (n > 0)
		qsort_r(by_code, n, sizeof(*by_code), compare_by_code, p);
	p->by_code = by_code;
}
