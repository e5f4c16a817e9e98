#include "tests/unit/governance/random_authority.h"

static uint32_t state_;
static unsigned draw(unsigned n)
{
	state_ = state_ * 1664525u + 1013904223u;
	return (state_ >> 8) % n;
}

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

const struct reorg_unit *unit_of(const struct world *w, int64_t id)
{
	return &w->units[id - 1];
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

struct world *random_authority(struct arena *a, uint32_t seed)
{
	struct world *w = ARENA_NEW(a, struct world);

	state_ = seed;
	*w = (struct world){ .a = a, .facts = { .effective_day = DAY, .execute_at_s = AT_S } };
	make_units(w);
	make_posts(w);
	make_grants(w);
	make_scopes(w);
	w->n_steps = 1 + draw(4);
	for (unsigned i = 0; i < w->n_steps; i++)
		make_step(w, i);
	return w;
}
