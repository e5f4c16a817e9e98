#include "server/governance/reorg_steps.h"

#include "common/base/text.h"
#include "server/governance/unit_rules.h"

#include <stdlib.h>

#define CODE_MAX 35
#define NAME_MAX_BYTES 400

static const char *const kinds[] = { "merge", "split", "rename", "move", "abolish" };

const char *reorg_step_name(enum reorg_step_kind kind)
{
	return kinds[kind];
}

/* What is read, and where a fault in it is. */
struct reader {
	struct op *op;
	int step;
};

static int invalid(const struct reader *r, const char *field, const char *text)
{
	(void)op_fail(r->op, ERR_INVALID_VALUE, text);
	(void)op_fail_arg(r->op, "field", str_c(field));
	return op_fail_arg(r->op, "step", arena_printf(r->op->arena, "%d", r->step));
}

static bool is_code(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
			return false;
	}
	return s.len > 0 && s.len <= CODE_MAX;
}

static struct str text_of(const json_t *value)
{
	return json_is_string(value) ? str_n(json_string_value(value), json_string_length(value)) : STR_NULL;
}

static int read_code(const struct reader *r, const json_t *value, const char *field, struct str *ret)
{
	struct str s = text_of(value);

	if (!is_code(s))
		return invalid(r, field, "a code has letters, digits, dot and hyphen only");
	*ret = arena_dup(r->op->arena, s);
	return 0;
}

/* Members that are not known are refused: a misspelt rule is no rule. */
static int check_members(const struct reader *r, const json_t *object, const char *const *names, size_t n)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		bool known = false;

		for (size_t i = 0; i < n && !known; i++)
			known = str_equal(str_c(names[i]), str_c(name));
		if (!known)
			return invalid(r, "steps", "a step has a member that is not known");
	}
	return 0;
}

static int read_name(const struct reader *r, const json_t *object, const char *name, struct str *ret)
{
	const json_t *value = json_object_get(object, name);

	*ret = STR_NULL;
	if (!value)
		return 0;
	if (!json_is_string(value) || json_string_length(value) > NAME_MAX_BYTES ||
	    !text_normalise(r->op->arena, text_of(value), ret) || str_is_empty(*ret) || utf8_length(*ret) > 200)
		return invalid(r, name, "a name has 1 to 200 characters");
	return 0;
}

static int read_ident(const struct reader *r, const json_t *object, const char *name, bool (*is_valid)(struct str), struct str *ret)
{
	const json_t *value = json_object_get(object, name);

	*ret = STR_NULL;
	if (!value)
		return 0;
	if (!json_is_string(value) || !is_valid(text_of(value)))
		return invalid(r, name, "an identifier of an agency has groups of 0-9 A-Z");
	*ret = arena_dup(r->op->arena, text_of(value));
	return 0;
}

static int read_target(const struct reader *r, const json_t *object, struct reorg_target *t)
{
	static const char *const names[] = { "code", "name", "name_en", "kind", "parent", "ident_new", "ident_old" };
	struct arena *a = r->op->arena;
	int e;

	if (!json_is_object(object))
		return invalid(r, "into", "a target is an object");
	e = check_members(r, object, names, ARRAY_LEN(names));
	if (e == 0)
		e = read_code(r, json_object_get(object, "code"), "code", &t->code);
	if (e == 0)
		e = read_name(r, object, "name", &t->name);
	if (e == 0)
		e = read_name(r, object, "name_en", &t->name_en);
	if (e == 0)
		e = read_ident(r, object, "ident_new", unit_ident_new_is_valid, &t->ident_new);
	if (e == 0)
		e = read_ident(r, object, "ident_old", unit_ident_old_is_valid, &t->ident_old);
	if (e == 0 && json_object_get(object, "parent"))
		e = read_code(r, json_object_get(object, "parent"), "parent", &t->parent);
	if (e < 0)
		return e;
	if (!unit_idents_agree(t->ident_new, t->ident_old))
		return invalid(r, "ident_old", "both identifiers name the same agency");
	t->name_fold = str_is_null(t->name) ? STR_NULL : text_fold(a, t->name);
	t->kind = STR_NULL;
	if (json_object_get(object, "kind")) {
		t->kind = arena_dup(a, text_of(json_object_get(object, "kind")));
		if (!unit_kind_is_valid(t->kind))
			return invalid(r, "kind", "no such kind of unit");
		if (!unit_code_fits(t->code, t->kind))
			return invalid(r, "code", "communes and wards have a code of 5 digits");
	}
	return 0;
}

static int compare_assignments(const void *a, const void *b)
{
	return str_compare(((const struct reorg_assignment *)a)->who, ((const struct reorg_assignment *)b)->who);
}

static int read_assignments(const struct reader *r, const json_t *step, const char *name, const struct reorg_assignment **ret, size_t *ret_n)
{
	const json_t *object = json_object_get(step, name);
	size_t n = json_object_size(object), i = 0;
	struct reorg_assignment *all;
	const char *who;
	json_t *code;

	if (object && (!json_is_object(object) || n > REORG_PERSONS_MAX))
		return invalid(r, name, "an object of codes, not too many");
	all = ARENA_ARRAY(r->op->arena, struct reorg_assignment, n);
	json_object_foreach((json_t *)(uintptr_t)object, who, code) {
		int e = read_code(r, code, name, &all[i].code);

		if (e < 0)
			return e;
		if (!is_code(str_c(who)))
			return invalid(r, name, "an object of codes");
		all[i++].who = arena_dup_c(r->op->arena, who);
	}
	/* The order of members is the writer's; that of the plan is not. */
	if (n > 0)
		qsort(all, n, sizeof(*all), compare_assignments);
	*ret = all;
	*ret_n = n;
	return 0;
}

struct str reorg_assigned(const struct reorg_assignment *all, size_t n, struct str who)
{
	const struct reorg_assignment key = { .who = who };
	const struct reorg_assignment *found = n > 0 ? bsearch(&key, all, n, sizeof(*all), compare_assignments) : NULL;

	return found ? found->code : STR_NULL;
}

static int read_units(const struct reader *r, const json_t *step, struct reorg_step *s)
{
	const json_t *from = json_object_get(step, "from"), *into = json_object_get(step, "into");
	struct reorg_target *targets;
	struct str *codes;
	int e = 0;

	s->n_from = json_array_size(from);
	s->n_into = json_array_size(into);
	if (s->n_from == 0 || s->n_from > REORG_STEP_UNITS_MAX)
		return invalid(r, "from", "units that the step is about are needed");
	if ((into && !json_is_array(into)) || s->n_into > REORG_STEP_UNITS_MAX)
		return invalid(r, "into", "an array of units");
	codes = ARENA_ARRAY(r->op->arena, struct str, s->n_from);
	targets = ARENA_ARRAY(r->op->arena, struct reorg_target, s->n_into);
	for (size_t i = 0; i < s->n_from && e == 0; i++)
		e = read_code(r, json_array_get(from, i), "from", &codes[i]);
	for (size_t i = 0; i < s->n_into && e == 0; i++)
		e = read_target(r, json_array_get(into, i), &targets[i]);
	s->from = codes;
	s->into = targets;
	return e;
}

static int read_choice(const struct reader *r, const json_t *step, const char *name, struct str yes, struct str no, bool *ret)
{
	const json_t *value = json_object_get(step, name);

	*ret = value && str_equal(text_of(value), yes);
	return !value || *ret || str_equal(text_of(value), no) ? 0 : invalid(r, name, "a word that is not known here");
}

/* How many units, and what else, each kind needs. */
static int check_step(const struct reader *r, const struct reorg_step *s)
{
	static const struct {
		size_t from_min, from_max, into_min, into_max;
		bool has_parent, has_divisions, has_persons, has_rest;
	} needs[] = {
		[REORG_MERGE] = { 1, REORG_STEP_UNITS_MAX, 1, 1, false, false, false, false },
		[REORG_SPLIT] = { 1, 1, 2, REORG_STEP_UNITS_MAX, false, true, true, false },
		[REORG_RENAME] = { 1, 1, 1, 1, false, false, false, false },
		[REORG_MOVE] = { 1, REORG_STEP_UNITS_MAX, 0, 0, true, false, false, false },
		[REORG_ABOLISH] = { 1, 1, 0, 0, false, false, true, true },
	};

	if (s->n_from < needs[s->kind].from_min || s->n_from > needs[s->kind].from_max)
		return invalid(r, "from", "not as many units as this kind of step has");
	if (s->n_into < needs[s->kind].into_min || s->n_into > needs[s->kind].into_max)
		return invalid(r, "into", "not as many units as this kind of step has");
	if (str_is_null(s->parent) == needs[s->kind].has_parent)
		return invalid(r, "parent", "a move names the parent, and nothing else does");
	if (s->n_divisions > 0 && !needs[s->kind].has_divisions)
		return invalid(r, "divisions", "only a split has this");
	if (s->n_persons > 0 && !needs[s->kind].has_persons)
		return invalid(r, "persons", "only a split and an abolition have this");
	if (s->rest_ends && !needs[s->kind].has_rest)
		return invalid(r, "rest", "only an abolition has this");
	if (s->kind == REORG_RENAME && (!str_equal(s->from[0], s->into[0].code) || str_is_null(s->into[0].name)))
		return invalid(r, "into", "a renamed unit keeps its code and has a name");
	return 0;
}

static int read_step(const struct reader *r, const json_t *json, struct reorg_step *s)
{
	static const char *const names[] = { "kind", "from", "into", "parent", "divisions", "persons", "scopes", "rest" };
	struct str kind = json_is_object(json) ? json_get_str(json, "kind") : STR_NULL;
	size_t i = 0;
	int e;

	while (i < ARRAY_LEN(kinds) && !str_equal(kind, str_c(kinds[i])))
		i++;
	if (i == ARRAY_LEN(kinds))
		return invalid(r, "kind", "a step is merge, split, rename, move or abolish");
	s->kind = (enum reorg_step_kind)i;
	e = check_members(r, json, names, ARRAY_LEN(names));
	if (e == 0)
		e = read_units(r, json, s);
	if (e == 0 && json_object_get(json, "parent"))
		e = read_code(r, json_object_get(json, "parent"), "parent", &s->parent);
	if (e == 0)
		e = read_assignments(r, json, "divisions", &s->divisions, &s->n_divisions);
	if (e == 0)
		e = read_assignments(r, json, "persons", &s->persons, &s->n_persons);
	if (e == 0)
		e = read_choice(r, json, "scopes", STR("follow"), STR("fall"), &s->scopes_follow);
	if (e == 0)
		e = read_choice(r, json, "rest", STR("end"), STR("none"), &s->rest_ends);
	return e < 0 ? e : check_step(r, s);
}

int reorg_steps_read(struct op *op, const json_t *json, struct reorg_steps *ret_steps)
{
	size_t n = json_array_size(json);
	struct reorg_step *steps = ARENA_ARRAY(op->arena, struct reorg_step, n);
	struct reader r = { .op = op };

	if (n == 0 || n > REORG_STEPS_MAX)
		return invalid(&r, "steps", "1 to 500 steps are needed");
	for (size_t i = 0; i < n; i++) {
		r.step = (int)i + 1;
		int e = read_step(&r, json_array_get(json, i), &steps[i]);

		if (e < 0)
			return e;
	}
	*ret_steps = (struct reorg_steps){ .p = steps, .n = n };
	return 0;
}
