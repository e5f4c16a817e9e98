#include "common/plan/facts_words.h"

#include "common/db/columns.h"

#include <stdlib.h>

/* Roles, then units; each in the order in which an account's grants stand. */
DB_QUERY(prov_facts_words, DB_READ,
	"SELECT true, r.id, r.platform_id, p.code, r.code COLLATE \"C\" AS word, r.name, sen.platform_is_open(p.state) FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id"
	" WHERE r.id = ANY ($1::integer[])"
	" UNION ALL SELECT false, u.id, NULL, NULL, u.code COLLATE \"C\", NULL, NULL FROM sen.unit u WHERE u.id = ANY ($2::integer[])"
	" ORDER BY 1 DESC, 3, word, 2");

#define SLOTS_FIRST 256
#define ABSENT UINT32_MAX
#define CLOSED (-1)

/* A set of numbers, each with its place in the order of names: open addressing, never more than half full. */
struct numbers {
	struct arena *arena;
	uint32_t *keys;   /* 0: free */
	uint32_t *places;
	size_t n_slots, n;
};

static struct numbers numbers_new(struct arena *a)
{
	return (struct numbers){ a, ARENA_ARRAY(a, uint32_t, SLOTS_FIRST), ARENA_ARRAY(a, uint32_t, SLOTS_FIRST), SLOTS_FIRST, 0 };
}

static size_t slot_of(const struct numbers *s, uint32_t key)
{
	size_t at = (key * UINT32_C(2654435769) >> 7) & (s->n_slots - 1);

	while (s->keys[at] != 0 && s->keys[at] != key)
		at = (at + 1) & (s->n_slots - 1);
	return at;
}

static void add(struct numbers *s, uint32_t key)
{
	size_t at = slot_of(s, key);

	if (s->keys[at] == key)
		return;
	if (s->n * 2 >= s->n_slots) {
		struct numbers larger = { s->arena, ARENA_ARRAY(s->arena, uint32_t, s->n_slots * 2), ARENA_ARRAY(s->arena, uint32_t, s->n_slots * 2),
			                  s->n_slots * 2, s->n };

		for (size_t i = 0; i < s->n_slots; i++)
			if (s->keys[i] != 0)
				larger.keys[slot_of(&larger, s->keys[i])] = s->keys[i];
		*s = larger;
		at = slot_of(s, key);
	}
	s->keys[at] = key;
	s->n++;
}

static struct db_param numbers_param(struct numbers *s)
{
	struct columns c = columns_new(s->arena, s->n, 1);
	size_t at = 0;

	for (size_t i = 0; i < s->n_slots; i++) {
		s->places[i] = ABSENT;
		if (s->keys[i] != 0)
			columns_int(&c, 0, at++, s->keys[i]);
	}
	return columns_param(&c, 0);
}

int facts_numbers(struct op *op, struct str cell, const uint64_t **ret_numbers, size_t *ret_n)
{
	uint64_t *numbers = ARENA_ARRAY(op->arena, uint64_t, cell.len / 2 + 1);
	uint64_t number = 0;
	size_t n = 0;

	for (size_t i = 1; i < cell.len; i++) {
		char c = cell.p[i];

		if (c >= '0' && c <= '9') {
			number = number * 10 + (uint64_t)(c - '0');
		} else if (number > 0 && (c == ',' || c == '}')) {
			numbers[n++] = number;
			number = 0;
		} else if (cell.len != 2) {
			return op_fail_detail(op, ERR_INTERNAL, "facts", "no array of numbers");
		}
	}
	*ret_numbers = numbers;
	*ret_n = n;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* What the numbers of a batch mean: places are rows. */
struct words {
	struct numbers roles, units;
	struct db_rows rows;
	const int64_t *platforms; /* of the roles; CLOSED: nothing is live there */
};

static bool is_same(const struct fact_grant *a, const struct fact_grant *b)
{
	return a->platform_id == b->platform_id && str_equal(a->role_code, b->role_code) && str_equal(a->role_name, b->role_name) &&
	       str_equal(a->unit_code, b->unit_code);
}

/* keys: room for as many numbers as there are grants. */
static bool name_account(const struct words *w, const struct granted *g, uint64_t *keys, struct fact_grant *grants, size_t *ret_n)
{
	size_t n = 0, n_open = 0;

	for (size_t i = 0; i < g->n; i++) {
		uint32_t role = w->roles.places[slot_of(&w->roles, (uint32_t)(g->list[i] >> 32))];
		uint32_t unit = w->units.places[slot_of(&w->units, (uint32_t)g->list[i])];

		if (role == ABSENT || unit == ABSENT)
			return false;
		if (w->platforms[role] != CLOSED)
			keys[n_open++] = (uint64_t)role << 32 | unit;
	}
	qsort(keys, n_open, sizeof(*keys), by_value);
	for (size_t i = 0; i < n_open; i++) {
		size_t role = keys[i] >> 32, unit = keys[i] & UINT32_MAX;

		grants[n] = (struct fact_grant){
			.platform_id = w->platforms[role],
			.platform_code = db_str(&w->rows, role, 3),
			.role_code = db_str(&w->rows, role, 4),
			.role_name = db_str(&w->rows, role, 5),
			.unit_code = db_str(&w->rows, unit, 4),
		};
		n += n == 0 || !is_same(&grants[n], &grants[n - 1]);
	}
	*ret_n = n;
	return true;
}

static int read_words(struct op *op, const struct granted *granted, size_t n, struct words *w)
{
	int64_t *platforms;
	int err;

	w->roles = numbers_new(op->arena);
	w->units = numbers_new(op->arena);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < granted[i].n; k++) {
			add(&w->roles, (uint32_t)(granted[i].list[k] >> 32));
			add(&w->units, (uint32_t)granted[i].list[k]);
		}
	}
	if (w->roles.n == 0)
		return 0;
	err = db_run(op, &prov_facts_words, &w->rows, numbers_param(&w->roles), numbers_param(&w->units));
	if (err < 0)
		return err;
	platforms = ARENA_ARRAY(op->arena, int64_t, w->rows.n + 1);
	for (size_t i = 0; i < w->rows.n; i++) {
		struct numbers *s = db_bool(&w->rows, i, 0) ? &w->roles : &w->units;
		size_t slot = slot_of(s, (uint32_t)db_i64(&w->rows, i, 1));

		platforms[i] = db_is_null(&w->rows, i, 6) || db_bool(&w->rows, i, 6) ? db_i64(&w->rows, i, 2) : CLOSED;
		if (s->keys[slot] != 0)
			s->places[slot] = (uint32_t)i;
	}
	w->platforms = platforms;
	return 0;
}

int facts_name_grants(struct op *op, const struct granted *granted, struct account_facts *facts, size_t n)
{
	struct words w;
	size_t most = 0;
	uint64_t *keys;
	int err = read_words(op, granted, n, &w);

	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++)
		most = granted[i].n > most ? granted[i].n : most;
	keys = ARENA_ARRAY(op->arena, uint64_t, most + 1);
	for (size_t i = 0; i < n; i++) {
		struct fact_grant *grants = ARENA_ARRAY(op->arena, struct fact_grant, granted[i].n + 1);

		/* What is granted is never deleted; so this is the moment between two statements. */
		if (!name_account(&w, &granted[i], keys, grants, &facts[i].n_grants))
			return op_fail(op, ERR_UNAVAILABLE, "a role or unit was changed meanwhile");
		facts[i].grants = grants;
	}
	return 0;
}
