#include "server/governance/reorg_internal.h"

/* Of one person: posts and grants, and what becomes of them. */
struct person {
	struct str id, employee_code;
	const struct reorg_post *posts;
	size_t n_posts;
	const struct reorg_grant *grants;
	size_t n_grants;
	int *post_from, *post_to;   /* nodes, or REORG_NOBODY_SAID, REORG_ENDS */
	bool *post_is_dropped;      /* it would be held twice */
	int *grant_from, *grant_to;
	size_t max_posts, max_grants;
};

static struct reorg_finding finding_of(const struct person *x, enum reorg_finding_code code)
{
	return (struct reorg_finding){ .code = code, .person_id = x->id };
}

/* ---- where something goes ---- */

/* Nobody named the person: where its posts went tells for which part a grant for the whole is. */
static int target_by_posts(const struct reorg_planner *p, const struct person *x, const struct reorg_step *step)
{
	for (size_t i = 0; i < x->n_posts; i++) {
		for (size_t k = 0; x->post_to[i] >= 0 && k < step->n_into; k++) {
			int target = reorg_tree_find(p, step->into[k].code);

			while (target >= 0 && p->nodes[target].heir >= 0)
				target = p->nodes[target].heir;
			if (target >= 0 && reorg_tree_is_under(p, x->post_to[i], target))
				return reorg_tree_find(p, step->into[k].code);
		}
	}
	return -1;
}

/* by_posts: the posts are placed already. */
static int place(struct reorg_planner *p, const struct person *x, int node, bool by_posts)
{
	for (size_t hops = 0; hops <= 2 * p->steps->n && reorg_node_is_gone(&p->nodes[node]); hops++) {
		const struct reorg_step *step;
		struct str code;
		int target;

		if (p->nodes[node].heir >= 0) {
			node = p->nodes[node].heir;
			continue;
		}
		step = &p->steps->p[p->nodes[node].parting];
		code = reorg_assigned(step->persons, step->n_persons, x->employee_code);
		target = str_is_null(code) ? -1 : reorg_tree_find(p, code);
		if (target < 0 && by_posts && step->kind == REORG_SPLIT)
			target = target_by_posts(p, x, step);
		if (target < 0)
			return step->rest_ends ? REORG_ENDS : REORG_NOBODY_SAID;
		struct reorg_copy *copy = reorg_tree_copy(p, node, target);

		copy->n_persons += by_posts ? 0 : 1;
		node = copy->to;
	}
	return reorg_node_is_gone(&p->nodes[node]) ? REORG_NOBODY_SAID : node;
}

static void say_unassigned(struct reorg_planner *p, const struct person *x, int node)
{
	struct reorg_finding f = finding_of(x, REORG_UNASSIGNED);

	f.unit_code = p->nodes[node].as.code;
	f.step = p->nodes[node].step + 1;
	reorg_add_finding(p, &f);
}

/* ---- posts ---- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Both are held on one day, from the effective one on. */
static bool posts_overlap(const struct reorg_planner *p, const struct reorg_post *a, const struct reorg_post *b)
{
	int64_t day = p->facts->effective_day;

	return later(a->from_day, day) < b->to_day && later(b->from_day, day) < a->to_day;
}

static bool post_stays(const struct person *x, size_t i)
{
	return x->post_to[i] >= 0 && !x->post_is_dropped[i];
}

/* Of two posts that become one, the main one stays; else the longer; else the one that stands there already. */
static bool is_better_post(const struct person *x, size_t a, size_t b)
{
	if (x->posts[a].is_main != x->posts[b].is_main)
		return x->posts[a].is_main;
	if (x->posts[a].to_day != x->posts[b].to_day)
		return x->posts[a].to_day > x->posts[b].to_day;
	return (x->post_from[a] == x->post_to[a]) >= (x->post_from[b] == x->post_to[b]);
}

static void drop_doubles(struct reorg_planner *p, struct person *x)
{
	for (size_t i = 0; i < x->n_posts; i++) {
		for (size_t k = i + 1; k < x->n_posts && post_stays(x, i); k++) {
			if (!post_stays(x, k) || x->post_to[i] != x->post_to[k] || !str_equal(x->posts[i].title, x->posts[k].title) ||
			    !posts_overlap(p, &x->posts[i], &x->posts[k]))
				continue;
			size_t keep = is_better_post(x, i, k) ? i : k, drop = keep == i ? k : i;

			x->post_is_dropped[drop] = true;
			if (x->posts[drop].to_day > x->posts[keep].to_day || x->posts[drop].from_day < x->posts[keep].from_day) {
				struct reorg_finding f = finding_of(x, REORG_POST_SHORTENED);

				f.subject = x->posts[drop].id;
				reorg_add_finding(p, &f);
			}
		}
	}
}

static void check_main(struct reorg_planner *p, const struct person *x)
{
	size_t n_before = 0, n_after = 0, n_open = 0, n_mains = 0;
	bool overlap = false;

	for (size_t i = 0; i < x->n_posts; i++) {
		n_before += x->posts[i].is_main;
		n_open += x->post_to[i] == REORG_NOBODY_SAID;
		if (!post_stays(x, i))
			continue;
		n_after++;
		n_mains += x->posts[i].is_main;
		for (size_t k = 0; k < i; k++)
			overlap |= post_stays(x, k) && x->posts[i].is_main && x->posts[k].is_main && posts_overlap(p, &x->posts[i], &x->posts[k]);
	}
	if (overlap)
		reorg_add_finding(p, &(struct reorg_finding){ .code = REORG_MAIN_OVERLAP, .person_id = x->id });
	if (n_before > 0 && n_mains == 0 && n_open == 0)
		reorg_add_finding(p, &(struct reorg_finding){ .code = n_after > 0 ? REORG_NO_MAIN : REORG_PERSON_LEAVES, .person_id = x->id });
}

static void place_posts(struct reorg_planner *p, struct person *x)
{
	for (size_t i = 0; i < x->n_posts; i++) {
		int node = reorg_tree_of_id(p, x->posts[i].unit_id);

		x->post_from[i] = node;
		x->post_is_dropped[i] = false;
		x->post_to[i] = node < 0 ? REORG_ENDS : place(p, x, node, false);
		if (x->post_to[i] == REORG_NOBODY_SAID)
			say_unassigned(p, x, node);
	}
	drop_doubles(p, x);
	check_main(p, x);
}

static void emit_posts(struct reorg_planner *p, const struct person *x)
{
	for (size_t i = 0; i < x->n_posts; i++) {
		struct reorg_op op = { .person_id = x->id, .subject = x->posts[i].id, .unit_from = x->post_from[i], .unit_to = x->post_to[i] };

		if (x->post_to[i] == REORG_NOBODY_SAID || x->post_from[i] < 0)
			continue;
		op.kind = post_stays(x, i) ? REORG_POST_MOVE : REORG_POST_END;
		if (op.kind == REORG_POST_END)
			op.unit_to = REORG_NOBODY_SAID;
		if (op.kind == REORG_POST_END || op.unit_from != op.unit_to)
			reorg_add_op(p, &op);
	}
}

/* ---- grants ---- */

/* Which post was the grant's basis, and is there one for it at a unit now? -1: none was. */
static int basis_post(const struct reorg_planner *p, const struct person *x, int was_unit, int unit, bool *ret_holds)
{
	int basis = -1;

	*ret_holds = false;
	for (size_t i = 0; i < x->n_posts; i++) {
		if (post_stays(x, i) && unit >= 0 && reorg_tree_is_under(p, x->post_to[i], unit))
			*ret_holds = true;
		if (x->post_from[i] < 0 || !reorg_tree_was_under(p, x->post_from[i], was_unit))
			continue;
		if (basis < 0 || (post_stays(x, i) && (!post_stays(x, (size_t)basis) || (x->posts[i].is_main && !x->posts[basis].is_main))))
			basis = (int)i;
	}
	return basis;
}

/*
 * A grant stays with the post that it hangs on: where the unit that it is for does not stand above that any more, it becomes one
 * for the post's own unit, which reaches no further.
 */
static int place_grant(struct reorg_planner *p, const struct person *x, size_t i)
{
	int node = x->grant_from[i], to = place(p, x, node, true), basis;
	bool holds;

	if (to == REORG_NOBODY_SAID) {
		say_unassigned(p, x, node);
		return to;
	}
	basis = basis_post(p, x, node, to, &holds);
	if (basis < 0 || holds)
		return to;
	if (post_stays(x, (size_t)basis))
		return x->post_to[basis];
	return x->post_to[basis] == REORG_NOBODY_SAID ? REORG_NOBODY_SAID : REORG_ENDS;
}

static bool same_place(const struct person *x, size_t a, size_t b)
{
	return x->grant_to[a] >= 0 && x->grant_to[a] == x->grant_to[b] && x->grants[a].role_id == x->grants[b].role_id &&
	       str_equal(x->grants[a].account_id, x->grants[b].account_id);
}

/* Of several that become one, the one that stands there stays; else the longest; else the oldest. */
static bool is_better_grant(const struct person *x, size_t a, size_t b)
{
	bool a_there = x->grant_from[a] == x->grant_to[a], b_there = x->grant_from[b] == x->grant_to[b];

	if (a_there != b_there)
		return a_there;
	if (x->grants[a].to_s != x->grants[b].to_s)
		return x->grants[a].to_s > x->grants[b].to_s;
	if (x->grants[a].from_s != x->grants[b].from_s)
		return x->grants[a].from_s < x->grants[b].from_s;
	return a < b;
}

/* A time between two of them in which none is valid would be covered by the one that stays. */
static bool has_gap(const struct person *x, size_t keep)
{
	int64_t covered = x->grants[keep].to_s, from = x->grants[keep].from_s;
	bool grows = true;

	while (grows) {
		grows = false;
		for (size_t i = 0; i < x->n_grants; i++) {
			const struct reorg_grant *g = &x->grants[i];

			if (!same_place(x, keep, i) || g->from_s > covered || g->to_s < from)
				continue;
			grows |= g->to_s > covered || g->from_s < from;
			covered = later(covered, g->to_s);
			from = from < g->from_s ? from : g->from_s;
		}
	}
	for (size_t i = 0; i < x->n_grants; i++)
		if (same_place(x, keep, i) && (x->grants[i].from_s < from || x->grants[i].to_s > covered))
			return true;
	return false;
}

static size_t keeper_of(const struct person *x, size_t i)
{
	size_t keep = i;

	for (size_t k = 0; k < x->n_grants; k++)
		if (k != keep && same_place(x, i, k) && is_better_grant(x, k, keep))
			keep = k;
	return keep;
}

static void emit_grant(struct reorg_planner *p, struct person *x, size_t i)
{
	const struct reorg_grant *g = &x->grants[i];
	struct reorg_op op = { .person_id = x->id, .account_id = g->account_id, .subject = g->id, .unit_from = x->grant_from[i], .unit_to = x->grant_to[i] };
	struct reorg_finding f = { .person_id = x->id, .account_id = g->account_id, .subject = g->id };
	size_t keep;

	if (x->grant_to[i] == REORG_ENDS) {
		op.kind = REORG_GRANT_END;
		f.code = REORG_GRANT_ENDS;
		reorg_add_op(p, &op);
		reorg_add_finding(p, &f);
		return;
	}
	if (x->grant_to[i] < 0)
		return;
	keep = keeper_of(x, i);
	if (keep != i) {
		op.kind = REORG_GRANT_MERGE;
		op.other = x->grants[keep].id;
		reorg_add_op(p, &op);
		return;
	}
	f.code = REORG_GRANT_GAP;
	if (has_gap(x, i))
		reorg_add_finding(p, &f);
	op.kind = REORG_GRANT_MOVE;
	if (op.unit_from != op.unit_to)
		reorg_add_op(p, &op);
}

static bool is_excepted(const struct reorg_facts *f, struct str person_id, struct str duty)
{
	for (size_t i = 0; i < f->n_excepted; i++)
		if (str_equal(f->excepted[i].person_id, person_id) && str_equal(f->excepted[i].duty, duty))
			return true;
	return false;
}

/* Units meet when one lies in the other.  What stood against it before is somebody else's finding. */
static bool pair_hits(const struct reorg_planner *p, const struct person *x, const struct reorg_pair *pair, size_t a, size_t b)
{
	int to_a = x->grant_to[a], to_b = x->grant_to[b], from_a = x->grant_from[a], from_b = x->grant_from[b];

	if (x->grants[a].role_id != pair->role_a || x->grants[b].role_id != pair->role_b || to_a < 0 || to_b < 0 || !pair->within_unit)
		return false;
	return (reorg_tree_is_under(p, to_a, to_b) || reorg_tree_is_under(p, to_b, to_a)) && !reorg_tree_was_under(p, from_a, from_b) &&
	       !reorg_tree_was_under(p, from_b, from_a) && !is_excepted(p->facts, x->id, pair->duty);
}

static void check_separation(struct reorg_planner *p, const struct person *x)
{
	for (size_t i = 0; i < p->facts->n_pairs; i++)
		for (size_t a = 0; a < x->n_grants; a++)
			for (size_t b = 0; b < x->n_grants; b++)
				if (pair_hits(p, x, &p->facts->pairs[i], a, b))
					reorg_add_finding(p, &(struct reorg_finding){ .code = REORG_SEPARATION, .person_id = x->id,
						.account_id = x->grants[a].account_id, .subject = x->grants[a].id,
						.unit_code = p->nodes[x->grant_to[a]].as.code });
}

static void place_grants(struct reorg_planner *p, struct person *x)
{
	for (size_t i = 0; i < x->n_grants; i++) {
		x->grant_from[i] = reorg_tree_of_id(p, x->grants[i].unit_id);
		/* What has run out by then is nobody's business. */
		if (x->grant_from[i] < 0 || x->grants[i].to_s <= p->facts->execute_at_s)
			x->grant_to[i] = REORG_NOBODY_SAID;
		else
			x->grant_to[i] = place_grant(p, x, i);
	}
	check_separation(p, x);
	for (size_t i = 0; i < x->n_grants; i++)
		emit_grant(p, x, i);
}

/* ---- everybody ---- */

static void make_room(struct reorg_planner *p, struct person *x)
{
	if (x->n_posts > x->max_posts) {
		x->max_posts = 2 * x->n_posts;
		x->post_from = ARENA_ARRAY(p->arena, int, x->max_posts);
		x->post_to = ARENA_ARRAY(p->arena, int, x->max_posts);
		x->post_is_dropped = ARENA_ARRAY(p->arena, bool, x->max_posts);
	}
	if (x->n_grants > x->max_grants) {
		x->max_grants = 2 * x->n_grants;
		x->grant_from = ARENA_ARRAY(p->arena, int, x->max_grants);
		x->grant_to = ARENA_ARRAY(p->arena, int, x->max_grants);
	}
}

/* Both lists are in the order of persons. */
static bool next_person(const struct reorg_facts *f, size_t *post, size_t *grant, struct person *x)
{
	bool has_post = *post < f->n_posts, has_grant = *grant < f->n_grants;

	if (!has_post && !has_grant)
		return false;
	if (has_post && (!has_grant || str_compare(f->posts[*post].person_id, f->grants[*grant].person_id) <= 0)) {
		x->id = f->posts[*post].person_id;
		x->employee_code = f->posts[*post].employee_code;
	} else {
		x->id = f->grants[*grant].person_id;
		x->employee_code = f->grants[*grant].employee_code;
	}
	x->posts = f->posts + *post;
	x->grants = f->grants + *grant;
	for (x->n_posts = 0; *post < f->n_posts && str_equal(f->posts[*post].person_id, x->id); (*post)++)
		x->n_posts++;
	for (x->n_grants = 0; *grant < f->n_grants && str_equal(f->grants[*grant].person_id, x->id); (*grant)++)
		x->n_grants++;
	return true;
}

void reorg_people(struct reorg_planner *p)
{
	size_t post = 0, grant = 0;
	struct person x = { 0 };

	while (next_person(p->facts, &post, &grant, &x)) {
		make_room(p, &x);
		place_posts(p, &x);
		emit_posts(p, &x);
		place_grants(p, &x);
	}
}
