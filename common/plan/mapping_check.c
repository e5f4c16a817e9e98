/* mapping_check.c: types, null or not, and how many steps at worst; and what programs tell about themselves. */
#include "common/plan/mapping_impl.h"

struct checker {
	struct mapping_program *p;
	struct mapping_fault *fault;
};

static bool fail(struct checker *c, size_t at, const char *text)
{
	*c->fault = (struct mapping_fault){ at, text };
	return false;
}

static const struct node *arg(const struct checker *c, const struct node *n, size_t i)
{
	return &c->p->nodes[c->p->args[n->first + i]];
}

/* null goes with every type. */
static bool fits(const struct node *n, enum mapping_type type)
{
	return n->type == type || n->type == MAPPING_NULL;
}

static bool is_text_or_list(const struct node *n)
{
	return fits(n, MAPPING_STRING) || n->type == MAPPING_LIST;
}

/* The one type of both; MAPPING_NULL when both are null. */
static bool unify(struct checker *c, const struct node *n, const struct node *a, const struct node *b, enum mapping_type *ret)
{
	*ret = a->type == MAPPING_NULL ? b->type : a->type;
	return fits(a, *ret) && fits(b, *ret) ? true : fail(c, n->at, "the two are of different types");
}

static bool check_if(struct checker *c, struct node *n)
{
	if (!fits(arg(c, n, 0), MAPPING_BOOLEAN))
		return fail(c, n->at, "the condition is not a boolean");
	if (!unify(c, n, arg(c, n, 1), arg(c, n, 2), &n->type))
		return false;
	n->may_be_null = arg(c, n, 1)->may_be_null || arg(c, n, 2)->may_be_null;
	return true;
}

static bool check_booleans(struct checker *c, struct node *n)
{
	for (size_t i = 0; i < n->n_args; i++)
		if (!fits(arg(c, n, i), MAPPING_BOOLEAN))
			return fail(c, arg(c, n, i)->at, "not a boolean");
	n->type = MAPPING_BOOLEAN;
	return true;
}

static bool check_comparison(struct checker *c, struct node *n)
{
	enum mapping_type type;

	if (!unify(c, n, arg(c, n, 0), arg(c, n, 1), &type))
		return false;
	if (type == MAPPING_LIST)
		return fail(c, n->at, "lists are not compared");
	if (n->kind > NODE_UNEQUAL && type == MAPPING_BOOLEAN)
		return fail(c, n->at, "booleans have no order");
	n->type = MAPPING_BOOLEAN;
	c->p->steps += MAPPING_TEXT_MAX / 64;
	return true;
}

static bool check_sum(struct checker *c, struct node *n)
{
	for (size_t i = 0; i < 2; i++)
		if (!fits(arg(c, n, i), MAPPING_STRING))
			return fail(c, arg(c, n, i)->at, "not a string");
	n->type = MAPPING_STRING;
	n->may_be_null = arg(c, n, 0)->may_be_null || arg(c, n, 1)->may_be_null;
	return true;
}

static bool check_map(struct checker *c, struct node *n)
{
	const struct table *t = &n->u.table;
	const struct node *of = arg(c, n, 0);

	if (!is_text_or_list(of))
		return fail(c, n->at, "map takes a string or a list");
	n->type = of->type == MAPPING_LIST ? MAPPING_LIST : MAPPING_STRING;
	n->may_be_null = of->may_be_null || (n->type == MAPPING_STRING && str_is_null(t->other) && !t->is_same);
	for (size_t i = 0; n->type == MAPPING_STRING && i < t->n; i++)
		n->may_be_null = n->may_be_null || str_is_null(t->entries[i].value);
	c->p->steps += n->type == MAPPING_LIST ? (t->n + MAPPING_LIST_MAX / 2) * MAPPING_LIST_MAX : t->n;
	return true;
}

static bool check_argument(struct checker *c, struct node *n, size_t i)
{
	const struct mapping_function *f = n->u.function;
	const struct node *a = arg(c, n, i);
	enum mapping_type want = f->args[i < FUNCTION_ARGS_MAX ? i : FUNCTION_ARGS_MAX - 1];

	if (want == MAPPING_NULL ? !f->mixed || !is_text_or_list(a) : !fits(a, want))
		return fail(c, a->at, "an argument is of another type");
	if (!f->takes_null)
		n->may_be_null = n->may_be_null || a->may_be_null;
	return true;
}

/* What of a function must be written there, so that it is known to be right. */
static bool check_literal(struct checker *c, const struct node *n)
{
	const struct node *pattern = n->n_args > 1 ? arg(c, n, 1) : NULL;

	if (!str_equal(n->u.function->name, STR("format")))
		return true;
	if (!pattern || pattern->kind != NODE_CONSTANT || pattern->type != MAPPING_STRING || !mapping_format_is_valid(pattern->u.constant.text))
		return fail(c, n->at, "the format is a string of dd, MM, yyyy and signs");
	return true;
}

static bool check_call(struct checker *c, struct node *n)
{
	const struct mapping_function *f = n->u.function;

	if (n->n_args < f->n_min || n->n_args > f->n_max)
		return fail(c, n->at, "the number of arguments is wrong");
	n->may_be_null = f->may_be_null;
	for (size_t i = 0; i < n->n_args; i++)
		if (!check_argument(c, n, i))
			return false;
	n->type = f->result;
	if (f->is_linear)
		c->p->steps += f->result == MAPPING_LIST || f->args[0] == MAPPING_LIST ? MAPPING_LIST_MAX * 4 : MAPPING_TEXT_MAX * 2;
	return check_literal(c, n);
}

static bool check_node(struct checker *c, struct node *n)
{
	switch (n->kind) {
	case NODE_CONSTANT:
		n->type = n->u.constant.type;
		n->may_be_null = n->type == MAPPING_NULL;
		return true;
	case NODE_FACT:
		n->type = mapping_facts[n->u.fact].type;
		n->may_be_null = mapping_facts[n->u.fact].may_be_null;
		c->p->facts |= UINT32_C(1) << n->u.fact;
		return true;
	case NODE_CALL:
		return check_call(c, n);
	case NODE_MAP:
		return check_map(c, n);
	case NODE_IF:
		return check_if(c, n);
	case NODE_COALESCE:
		n->may_be_null = arg(c, n, 0)->may_be_null && arg(c, n, 1)->may_be_null;
		return unify(c, n, arg(c, n, 0), arg(c, n, 1), &n->type);
	case NODE_OR:
	case NODE_AND:
	case NODE_NOT:
		return check_booleans(c, n);
	case NODE_SUM:
		return check_sum(c, n);
	default:
		return check_comparison(c, n);
	}
}

bool mapping_check(struct mapping_program *p, struct mapping_fault *ret_fault)
{
	struct checker c = { p, ret_fault };

	p->steps = p->n;
	for (size_t i = 0; i < p->n; i++)
		if (!check_node(&c, &p->nodes[i]))
			return false;
	return p->steps <= MAPPING_STEPS_MAX ? true : fail(&c, 0, "too many steps: smaller tables, fewer of them");
}

/* What was set aside for the longest program goes back to what this one needs. */
static void shrink(struct arena *a, struct mapping_program *p)
{
	struct node *nodes = ARENA_ARRAY(a, struct node, p->n);
	uint16_t *args = ARENA_ARRAY(a, uint16_t, p->n_args + 1);

	memcpy(nodes, p->nodes, p->n * sizeof(*nodes));
	memcpy(args, p->args, p->n_args * sizeof(*args));
	for (size_t i = 0; i < p->n; i++) {
		struct node *n = &nodes[i];

		if (n->kind == NODE_CONSTANT)
			n->u.constant.text = arena_dup(a, n->u.constant.text);
		if (n->kind != NODE_MAP)
			continue;
		struct table_entry *entries = ARENA_ARRAY(a, struct table_entry, n->u.table.n);

		for (size_t k = 0; k < n->u.table.n; k++)
			entries[k] = (struct table_entry){ arena_dup(a, n->u.table.entries[k].key), arena_dup(a, n->u.table.entries[k].value) };
		n->u.table.entries = entries;
		n->u.table.other = arena_dup(a, n->u.table.other);
	}
	p->nodes = nodes;
	p->args = args;
}

/* Tables and strings as long as the whole source, at worst. */
#define COMPILE_BYTES ((size_t)4 * 1024 * 1024)

const struct mapping_program *mapping_compile(struct arena *a, struct str source, struct mapping_fault *ret_fault)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(COMPILE_BYTES);
	struct mapping_program found, *program;

	if (!mapping_parse(scratch, source, &found, ret_fault) || !mapping_check(&found, ret_fault))
		return NULL;
	program = ARENA_NEW(a, struct mapping_program);
	*program = found;
	shrink(a, program);
	return program;
}

static const struct node *result(const struct mapping_program *p)
{
	return &p->nodes[p->n - 1];
}

enum mapping_type mapping_type_of(const struct mapping_program *p)
{
	return result(p)->type;
}

bool mapping_may_be_null(const struct mapping_program *p)
{
	return result(p)->may_be_null;
}

bool mapping_uses(const struct mapping_program *p, enum mapping_fact fact)
{
	return (p->facts >> fact & 1) != 0;
}

size_t mapping_steps_of(const struct mapping_program *p)
{
	return p->steps;
}
