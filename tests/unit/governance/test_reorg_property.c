/*
 * reorg_plan.h on random authorities and random batches: what a plan that nothing blocks leads to, applied in memory.
 *
 * Everybody who had one main post has one in a unit that is there; no grant is lost, none stands twice, none loses its basis;
 * no scope reaches a person whom its account did not reach, unless the plan says so.
 */
#include "server/governance/reorg_plan.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define N_COMMUNES 8
#define N_DIVISIONS 3
#define N_PERSONS 60
#define N_SCOPES 25
#define N_ROUNDS 3000
#define DAY 20000
#define AT_S ((int64_t)DAY * 86400)

static uint32_t state_;
static unsigned draw(unsigned n)
{
	state_ = state_ * 1664525u + 1013904223u;
	return (state_ >> 8) % n;
}

struct world {
	struct arena *a;
	struct reorg_unit units[1 + N_COMMUNES * (1 + N_DIVISIONS)];
	struct reorg_post posts[N_PERSONS * 3];
	struct reorg_grant grants[N_PERSONS * 6];
	struct reorg_scope scopes[N_SCOPES];
	struct reorg_facts facts;
	struct reorg_step steps[6];
	size_t n_steps;
};

#define text(w, ...) arena_printf((w)->a, __VA_ARGS__)

static void make_units(struct world *w)
{
	static const char *const names[] = { "van phong", "phong kinh te", "phong van hoa" };
	size_t n = 0;

	w->units[n++] = (struct reorg_unit){ .id = 1, .code = STR("40"), .name = STR("Tỉnh"), .name_fold = STR("tinh"), .kind = STR("province"),
		.is_valid = true, .is_older = true };
	for (unsigned c = 0; c < N_COMMUNES; c++) {
		int64_t id = (int64_t)n + 1;

		w->units[n++] = (struct reorg_unit){ .id = id, .parent_id = 1, .code = text(w, "%05u", c), .name = text(w, "Xã %u", c),
			.name_fold = text(w, "xa %u", c), .kind = STR("commune"), .is_valid = draw(40) > 0, .is_older = true };
		for (unsigned d = 0; d < N_DIVISIONS; d++, n++)
			w->units[n] = (struct reorg_unit){ .id = (int64_t)n + 1, .parent_id = id, .code = text(w, "%05u.%c", c, 'A' + (int)d),
				.name = str_c(names[d]), .name_fold = str_c(names[d]), .kind = STR("division"), .is_valid = true, .is_older = draw(300) > 0 };
	}
	w->facts.units = w->units;
	w->facts.n_units = n;
}

static int64_t any_unit(struct world *w)
{
	return w->units[draw((unsigned)w->facts.n_units)].id;
}

static const struct reorg_unit *unit_of(const struct world *w, int64_t id)
{
	return &w->units[id - 1];
}

static bool was_under(const struct world *w, int64_t unit, int64_t above)
{
	for (; unit != 0; unit = unit_of(w, unit)->parent_id)
		if (unit == above)
			return true;
	return false;
}

/* One main post, and others that are not the same one twice. */
static void make_posts(struct world *w)
{
	size_t n = 0;

	for (unsigned i = 0; i < N_PERSONS; i++) {
		unsigned more = draw(4) == 0 ? 1 + draw(2) : 0;

		for (unsigned k = 0; k <= more; k++) {
			struct reorg_post post = { .person_id = text(w, "p%03u", i), .employee_code = text(w, "E%03u", i), .id = text(w, "post%04u", (unsigned)n),
				.unit_id = any_unit(w), .title = draw(3) ? STR("Chuyên viên") : STR("Trưởng phòng"), .is_main = k == 0,
				.from_day = DAY - 100 + (int64_t)draw(120), .to_day = draw(4) ? REORG_OPEN : DAY + 150 };
			bool twice = false;

			for (size_t j = 0; j < n; j++)
				twice |= str_equal(w->posts[j].person_id, post.person_id) && w->posts[j].unit_id == post.unit_id && str_equal(w->posts[j].title, post.title);
			if (!twice)
				w->posts[n++] = post;
		}
	}
	w->facts.posts = w->posts;
	w->facts.n_posts = n;
}

static void make_grants(struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->facts.n_posts; i++) {
		const struct reorg_post *post = &w->posts[i];

		/* Both lists are by persons: the grants of a post's person directly behind each other. */
		for (unsigned k = draw(3); k > 0; k--) {
			struct reorg_grant g = { .person_id = post->person_id, .employee_code = post->employee_code, .account_id = post->person_id,
				.id = text(w, "g%04u", (unsigned)n), .role_id = 1 + (int64_t)draw(3), .platform_id = 1, .unit_id = post->unit_id,
				.from_s = AT_S - (int64_t)draw(1000), .to_s = draw(5) ? REORG_OPEN : AT_S - 500 + (int64_t)draw(1000) };
			bool twice = false;

			if (g.to_s <= g.from_s)
				g.to_s = g.from_s + 1;
			if (draw(4) == 0 && unit_of(w, g.unit_id)->parent_id != 0)
				g.unit_id = unit_of(w, g.unit_id)->parent_id;
			for (size_t j = 0; j < n; j++)
				twice |= str_equal(w->grants[j].account_id, g.account_id) && w->grants[j].unit_id == g.unit_id && w->grants[j].role_id == g.role_id;
			if (!twice)
				w->grants[n++] = g;
		}
	}
	w->facts.grants = w->grants;
	w->facts.n_grants = n;
}

static void make_scopes(struct world *w)
{
	size_t n = 0;

	for (unsigned i = 0; i < N_SCOPES; i++) {
		struct reorg_scope s = { .account_id = text(w, "admin%02u", i / 4), .id = text(w, "s%03u", i), .unit_id = any_unit(w),
			.platform_id = draw(3) ? REORG_EVERY_PLATFORM : 1, .rights = draw(3) ? STR("{read,grant}") : STR("{read}"), .to_s = REORG_OPEN };
		bool twice = false;

		for (size_t j = 0; j < n; j++)
			twice |= str_equal(w->scopes[j].account_id, s.account_id) && w->scopes[j].unit_id == s.unit_id && w->scopes[j].platform_id == s.platform_id;
		if (!twice)
			w->scopes[n++] = s;
	}
	w->facts.scopes = w->scopes;
	w->facts.n_scopes = n;
}

/* ---- steps ---- */

static struct str any_code(struct world *w)
{
	return w->units[1 + draw((unsigned)w->facts.n_units - 1)].code;
}

static const struct reorg_target *target(struct world *w, unsigned i, unsigned k, bool may_be_there)
{
	struct reorg_target *t = ARENA_NEW(w->a, struct reorg_target);

	*t = (struct reorg_target){ .code = text(w, "9%04u", i * 10 + k), .name = text(w, "Xã mới %u", i * 10 + k), .name_fold = text(w, "xa moi %u", i * 10 + k),
		.kind = STR("commune"), .parent = STR("40") };
	if (may_be_there && draw(2))
		*t = (struct reorg_target){ .code = text(w, "%05u", draw(N_COMMUNES)) };
	return t;
}

static const struct reorg_assignment *assign(struct world *w, const struct reorg_target *into, size_t n_into, size_t *ret_n)
{
	struct reorg_assignment *all = ARENA_ARRAY(w->a, struct reorg_assignment, N_PERSONS);
	bool complete = draw(3) > 0;
	size_t n = 0;

	for (unsigned i = 0; i < N_PERSONS; i++)
		if (complete || draw(2))
			all[n++] = (struct reorg_assignment){ text(w, "E%03u", i), n_into > 0 ? into[draw((unsigned)n_into)].code : text(w, "%05u", draw(N_COMMUNES)) };
	*ret_n = n;
	return all;
}

static void make_step(struct world *w, unsigned i)
{
	struct reorg_step *s = &w->steps[i];
	struct str *from = ARENA_ARRAY(w->a, struct str, 3);
	struct reorg_target *into = ARENA_ARRAY(w->a, struct reorg_target, 2);

	*s = (struct reorg_step){ .kind = (enum reorg_step_kind)draw(5), .from = from, .n_from = 1, .scopes_follow = draw(3) == 0 };
	for (unsigned k = 0; k < 3; k++)
		from[k] = draw(3) ? text(w, "%05u", draw(N_COMMUNES)) : any_code(w);
	switch (s->kind) {
	case REORG_MERGE:
		s->n_from = 1 + draw(3);
		s->into = target(w, i, 0, true);
		s->n_into = 1;
		break;
	case REORG_SPLIT:
		into[0] = *target(w, i, 1, false);
		into[1] = *target(w, i, 2, true);
		s->into = into;
		s->n_into = 2;
		if (draw(2)) {
			struct reorg_assignment *d = ARENA_NEW(w->a, struct reorg_assignment);

			*d = (struct reorg_assignment){ arena_printf(w->a, "%.*s.B", STR_ARG(from[0])), into[draw(2)].code };
			s->divisions = d;
			s->n_divisions = 1;
		}
		s->persons = assign(w, into, 2, &s->n_persons);
		break;
	case REORG_RENAME:
		into[0] = (struct reorg_target){ .code = from[0], .name = STR("Tên mới"), .name_fold = STR("ten moi") };
		s->into = into;
		s->n_into = 1;
		break;
	case REORG_MOVE:
		s->parent = any_code(w);
		break;
	default:
		s->persons = assign(w, NULL, 0, &s->n_persons);
		s->rest_ends = draw(2);
	}
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
		struct world *w = ARENA_NEW(a, struct world);
		struct reorg_plan plan, again;
		struct reorg_steps steps;

		state_ = seed;
		*w = (struct world){ .a = a, .facts = { .effective_day = DAY, .execute_at_s = AT_S } };
		make_units(w);
		make_posts(w);
		make_grants(w);
		make_scopes(w);
		w->n_steps = 1 + draw(4);
		for (unsigned i = 0; i < w->n_steps; i++)
			make_step(w, i);
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
