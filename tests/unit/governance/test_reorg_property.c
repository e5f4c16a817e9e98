/*
 * reorg_plan.h on random authorities and random batches: what a plan that nothing blocks leads to, applied in memory.
 *
 * Everybody who had one main post has one in a unit that is there; no grant is lost, none stands twice, none loses its basis;
 * no scope reaches a person whom its account did not reach, unless the plan says so.
 */
#include "tests/unit/governance/random_authority.h"

#include <string.h>

#define N_ROUNDS 3000

static bool was_under(const struct world *w, int64_t unit, int64_t above)
{
	for (; unit != 0; unit = unit_of(w, unit)->parent_id)
		if (unit == above)
			return true;
	return false;
}

/* ---- the state afterwards ---- */

#define REFS 400
static struct {
	int64_t parent[2 * REFS]; /* of a ref + REFS */
	bool there[2 * REFS];
	int64_t post_unit[N_PERSONS * 3];   /* 0: ended */
	int64_t grant_unit[N_PERSONS * 6];  /* 0: ended */
	int64_t merged_into[N_PERSONS * 6]; /* index + 1 */
	struct { struct str account, id; struct reorg_scope like; int64_t unit; bool further; } scopes[N_SCOPES * 8];
	size_t n_scopes;
} after;

#define AT(ref) ((size_t)((ref) + REFS))

static size_t post_index(const struct world *w, struct str id)
{
	for (size_t i = 0; i < w->facts.n_posts; i++)
		if (str_equal(w->posts[i].id, id))
			return i;
	fail_msg("%s", "an operation on a post that is not there");
	return 0;
}

static size_t grant_index(const struct world *w, struct str id)
{
	for (size_t i = 0; i < w->facts.n_grants; i++)
		if (str_equal(w->grants[i].id, id))
			return i;
	fail_msg("%s", "an operation on a grant that is not there");
	return 0;
}

static size_t scope_index(struct str id)
{
	for (size_t i = 0; i < after.n_scopes; i++)
		if (str_equal(after.scopes[i].id, id))
			return i;
	fail_msg("%s", "an operation on a scope that is not there");
	return 0;
}

static bool is_under(int64_t unit, int64_t above)
{
	for (int depth = 0; unit != 0; unit = after.parent[AT(unit)]) {
		assert_true(depth++ < 40);
		if (unit == above)
			return true;
	}
	return false;
}

static void begin_state(const struct world *w)
{
	memset(&after, 0, sizeof(after));
	for (size_t i = 0; i < w->facts.n_units; i++) {
		after.parent[AT(w->units[i].id)] = w->units[i].parent_id;
		after.there[AT(w->units[i].id)] = w->units[i].is_valid;
	}
	for (size_t i = 0; i < w->facts.n_posts; i++)
		after.post_unit[i] = w->posts[i].unit_id;
	for (size_t i = 0; i < w->facts.n_grants; i++)
		after.grant_unit[i] = w->grants[i].unit_id;
	for (size_t i = 0; i < w->facts.n_scopes; i++, after.n_scopes++) {
		after.scopes[i].account = w->scopes[i].account_id;
		after.scopes[i].id = w->scopes[i].id;
		after.scopes[i].like = w->scopes[i];
		after.scopes[i].unit = w->scopes[i].unit_id;
	}
}

static void apply_op(const struct world *w, const struct reorg_op *op)
{
	size_t i;

	switch (op->kind) {
	case REORG_POST_MOVE:
	case REORG_POST_END:
		i = post_index(w, op->subject);
		assert_int_equal(after.post_unit[i], op->unit_from);
		assert_int_not_equal(op->unit_from, op->unit_to);
		after.post_unit[i] = op->unit_to;
		break;
	case REORG_GRANT_MOVE:
	case REORG_GRANT_END:
	case REORG_GRANT_MERGE:
		i = grant_index(w, op->subject);
		assert_int_equal(after.grant_unit[i], op->unit_from);
		after.grant_unit[i] = op->kind == REORG_GRANT_MOVE ? op->unit_to : 0;
		if (op->kind == REORG_GRANT_MERGE)
			after.merged_into[i] = (int64_t)grant_index(w, op->other) + 1;
		break;
	case REORG_SCOPE_ADD:
		i = scope_index(op->subject);
		after.scopes[after.n_scopes] = after.scopes[i];
		after.scopes[after.n_scopes].unit = op->unit_to;
		after.scopes[after.n_scopes].id = STR("added");
		after.scopes[after.n_scopes++].further = op->is_further;
		break;
	case REORG_SCOPE_MOVE:
	case REORG_SCOPE_END:
		i = scope_index(op->subject);
		after.scopes[i].unit = op->kind == REORG_SCOPE_MOVE ? op->unit_to : 0;
		after.scopes[i].further = op->is_further;
		break;
	case REORG_UNIT_END:
		after.there[AT(op->unit_from)] = false;
		break;
	default:
		break;
	}
}

static void apply(const struct world *w, const struct reorg_plan *plan)
{
	begin_state(w);
	for (size_t i = 0; i < plan->n_units; i++) {
		assert_true(plan->units[i].parent_ref == 0 || plan->units[i].parent_ref > 0 || after.there[AT(plan->units[i].parent_ref)]);
		after.parent[AT(plan->units[i].ref)] = plan->units[i].parent_ref;
		after.there[AT(plan->units[i].ref)] = true;
	}
	for (size_t i = 0; i < plan->n_ops; i++)
		apply_op(w, &plan->ops[i]);
	for (size_t i = 0; i < plan->n_findings; i++)
		if (plan->findings[i].code == REORG_SCOPE_FURTHER)
			for (size_t k = 0; k < after.n_scopes; k++)
				if (str_equal(after.scopes[k].id, plan->findings[i].subject))
					after.scopes[k].further = true;
}

/* ---- invariants ---- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool has_finding(const struct reorg_plan *plan, enum reorg_finding_code code, struct str person, struct str subject)
{
	for (size_t i = 0; i < plan->n_findings; i++)
		if (plan->findings[i].code == code && str_equal(plan->findings[i].person_id, person) &&
		    (str_is_null(subject) || str_equal(plan->findings[i].subject, subject)))
			return true;
	return false;
}

/* A unit that was not valid before is none of the plan's business. */
static bool is_fine(const struct world *w, int64_t unit, int64_t before)
{
	return after.there[AT(unit)] || (unit == before && !unit_of(w, before)->is_valid);
}

static void check_posts(const struct world *w, const struct reorg_plan *plan)
{
	for (size_t i = 0; i < w->facts.n_posts; i++) {
		const struct reorg_post *p = &w->posts[i];
		int mains = 0;

		if (after.post_unit[i] != 0)
			assert_true(is_fine(w, after.post_unit[i], p->unit_id));
		for (size_t k = 0; k < w->facts.n_posts; k++) {
			if (!str_equal(w->posts[k].person_id, p->person_id) || after.post_unit[k] == 0)
				continue;
			mains += w->posts[k].is_main;
			if (k != i && after.post_unit[k] == after.post_unit[i] && str_equal(p->title, w->posts[k].title))
				assert_false(later(later(p->from_day, w->posts[k].from_day), DAY) <
				             (p->to_day < w->posts[k].to_day ? p->to_day : w->posts[k].to_day));
		}
		if (p->is_main && !has_finding(plan, REORG_PERSON_LEAVES, p->person_id, STR_NULL))
			assert_int_equal(mains, 1);
	}
}

static bool had_basis(const struct world *w, const struct reorg_grant *g)
{
	for (size_t i = 0; i < w->facts.n_posts; i++)
		if (str_equal(w->posts[i].person_id, g->person_id) && was_under(w, w->posts[i].unit_id, g->unit_id))
			return true;
	return false;
}

static bool has_basis(const struct world *w, const struct reorg_grant *g, int64_t unit)
{
	for (size_t i = 0; i < w->facts.n_posts; i++)
		if (str_equal(w->posts[i].person_id, g->person_id) && after.post_unit[i] != 0 && is_under(after.post_unit[i], unit))
			return true;
	return false;
}

static void check_grants(const struct world *w, const struct reorg_plan *plan)
{
	for (size_t i = 0; i < w->facts.n_grants; i++) {
		const struct reorg_grant *g = &w->grants[i];

		if (g->to_s <= AT_S)
			continue;
		if (after.merged_into[i] != 0) {
			size_t k = (size_t)after.merged_into[i] - 1;

			assert_true(str_equal(w->grants[k].account_id, g->account_id) && w->grants[k].role_id == g->role_id);
			assert_int_not_equal(after.grant_unit[k], 0);
			continue;
		}
		if (after.grant_unit[i] == 0) {
			assert_true(has_finding(plan, REORG_GRANT_ENDS, g->person_id, g->id));
			continue;
		}
		assert_true(is_fine(w, after.grant_unit[i], g->unit_id));
		if (had_basis(w, g))
			assert_true(has_basis(w, g, after.grant_unit[i]));
		for (size_t k = 0; k < i; k++)
			if (after.grant_unit[k] == after.grant_unit[i] && w->grants[k].to_s > AT_S && w->grants[k].role_id == g->role_id)
				assert_false(str_equal(w->grants[k].account_id, g->account_id));
	}
}

/* Did the account reach the post's person with these rights? */
static bool reached(const struct world *w, const struct reorg_scope *like, const struct reorg_post *p)
{
	for (size_t i = 0; i < w->facts.n_scopes; i++) {
		const struct reorg_scope *s = &w->scopes[i];

		if (str_equal(s->account_id, like->account_id) && str_equal(s->rights, like->rights) &&
		    (s->platform_id == like->platform_id || s->platform_id == REORG_EVERY_PLATFORM) && was_under(w, p->unit_id, s->unit_id))
			return true;
	}
	return false;
}

static void check_scopes(const struct world *w)
{
	for (size_t i = 0; i < after.n_scopes; i++) {
		if (after.scopes[i].unit == 0)
			continue;
		assert_true(is_fine(w, after.scopes[i].unit, after.scopes[i].like.unit_id));
		for (size_t k = 0; k < w->facts.n_posts && !after.scopes[i].further; k++)
			if (after.post_unit[k] != 0 && is_under(after.post_unit[k], after.scopes[i].unit) && is_fine(w, after.post_unit[k], w->posts[k].unit_id))
				assert_true(reached(w, &after.scopes[i].like, &w->posts[k]));
	}
}

/* People who go one by one take no scope of their new unit with them: those who administer it reach them, as after any move. */
static bool people_go_singly(const struct world *w)
{
	for (size_t i = 0; i < w->n_steps; i++)
		if (w->steps[i].kind == REORG_ABOLISH)
			return true;
	return false;
}

static void check_ranges(const struct reorg_plan *plan)
{
	assert_true(plan->people_from <= plan->people_to && plan->people_to <= plan->n_ops);
	for (size_t i = 0; i < plan->n_ops; i++)
		assert_true(str_is_null(plan->ops[i].person_id) == (i < plan->people_from || i >= plan->people_to));
	for (size_t i = plan->people_from + 1; i < plan->people_to; i++)
		assert_true(str_compare(plan->ops[i - 1].person_id, plan->ops[i].person_id) <= 0);
}

static void test_random(_unused_ void **unused)
{
	size_t n_free = 0, n_blocked = 0, n_moves = 0;

	for (uint32_t seed = 1; seed <= N_ROUNDS; seed++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
		struct world *w = random_authority(a, seed);
		struct reorg_plan plan, again;
		struct reorg_steps steps;

		steps = (struct reorg_steps){ w->steps, w->n_steps };
		reorg_plan(a, &w->facts, &steps, &plan);
		reorg_plan(a, &w->facts, &steps, &again);
		assert_true(str_equal(reorg_plan_hash(a, &plan), reorg_plan_hash(a, &again)));
		check_ranges(&plan);
		if (plan.n_blocking > 0) {
			n_blocked++;
			continue;
		}
		n_free++;
		n_moves += plan.n_ops;
		apply(w, &plan);
		check_posts(w, &plan);
		check_grants(w, &plan);
		if (!people_go_singly(w))
			check_scopes(w);
	}
	print_message("%zu plans with %zu operations, %zu blocked\n", n_free, n_moves, n_blocked);
	assert_true(n_free > N_ROUNDS / 10 && n_blocked > N_ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
