/*
 * mapping_parse.c: operator precedence with stacks of its own: no recursion, whatever is written.
 *
 * Nodes come out in the order of evaluation: behind all that they are made of.
 */
#include "common/plan/mapping_impl.h"

/* What stands on the stack of operators.  Frames wait for their sign; the others bind, the looser first. */
enum pending_kind { FRAME_GROUP, FRAME_CALL, FRAME_IF, FRAME_THEN, BIND_ELSE, BIND_COALESCE, BIND_OR, BIND_AND, BIND_NOT, BIND_COMPARE, BIND_SUM };

struct pending {
	enum pending_kind kind;
	enum node_kind node;
	size_t at;
	size_t n_values;                         /* of a call: on the stack of values before its arguments */
	const struct mapping_function *function; /* NULL: map */
};

struct parser {
	struct arena *arena;
	struct lexer lx;
	struct token token;
	struct pending pending[MAPPING_DEPTH_MAX];
	size_t n_pending;
	uint16_t values[MAPPING_NODES_MAX];
	size_t n_values;
	size_t n_entries;
	struct mapping_program *program;
	struct mapping_fault *fault;
};

static bool fail(struct parser *p, size_t at, const char *text)
{
	*p->fault = (struct mapping_fault){ at, text };
	return false;
}

static bool next(struct parser *p)
{
	if (mapping_lex(&p->lx, &p->token))
		return true;
	*p->fault = p->lx.fault;
	return false;
}

static bool push(struct parser *p, struct pending pending)
{
	if (p->n_pending == MAPPING_DEPTH_MAX)
		return fail(p, pending.at, "too deep");
	p->pending[p->n_pending++] = pending;
	return true;
}

static const struct pending *top(const struct parser *p)
{
	return p->n_pending > 0 ? &p->pending[p->n_pending - 1] : NULL;
}

/* A node of the last n values, which it takes the place of. */
static bool emit(struct parser *p, struct node node, size_t n)
{
	struct mapping_program *program = p->program;

	if (program->n == MAPPING_NODES_MAX)
		return fail(p, node.at, "too long: more than 256 parts");
	node.first = (uint16_t)program->n_args;
	node.n_args = (uint16_t)n;
	p->n_values -= n;
	for (size_t i = 0; i < n; i++)
		program->args[program->n_args++] = p->values[p->n_values + i];
	p->values[p->n_values++] = (uint16_t)program->n;
	program->nodes[program->n++] = node;
	return true;
}

/* Operators that bind at least as tight as level become nodes, up to the nearest frame. */
static bool reduce(struct parser *p, enum pending_kind level)
{
	while (p->n_pending > 0 && top(p)->kind >= level && top(p)->kind >= BIND_ELSE) {
		struct pending done = p->pending[--p->n_pending];
		size_t n = 2;

		if (done.kind == BIND_NOT)
			n = 1;
		else if (done.kind == BIND_ELSE)
			n = 3;
		if (!emit(p, (struct node){ .kind = done.node, .at = done.at }, n))
			return false;
	}
	return true;
}

static bool reduce_to(struct parser *p, enum pending_kind frame, const char *text)
{
	if (!reduce(p, BIND_ELSE))
		return false;
	return p->n_pending > 0 && top(p)->kind == frame ? true : fail(p, p->token.at, text);
}

static bool constant(struct parser *p, struct mapping_value value)
{
	return emit(p, (struct node){ .kind = NODE_CONSTANT, .at = p->token.at, .u.constant = value }, 0) && next(p);
}

static bool take_path(struct parser *p, struct token name)
{
	for (int i = 0; i < MAPPING_FACTS_; i++)
		if (str_equal(mapping_facts[i].name, name.text))
			return emit(p, (struct node){ .kind = NODE_FACT, .at = name.at, .u.fact = (enum mapping_fact)i }, 0);
	return fail(p, name.at, "there is no such fact");
}

/* *ret_is_done: a value stands there, an operator may follow. */
static bool take_name(struct parser *p, bool *ret_is_done)
{
	struct token name = p->token;
	struct pending call = { .kind = FRAME_CALL, .at = name.at, .n_values = p->n_values };

	if (!next(p))
		return false;
	*ret_is_done = p->token.kind != TOKEN_OPEN;
	if (*ret_is_done)
		return take_path(p, name);
	/* has_role("X") is has(roles, "X"). */
	if (str_equal(name.text, STR("has_role"))) {
		call.function = mapping_function_find(STR("has"));
		return emit(p, (struct node){ .kind = NODE_FACT, .at = name.at, .u.fact = FACT_ROLES }, 0) && push(p, call) && next(p);
	}
	call.function = mapping_function_find(name.text);
	if (!call.function && !str_equal(name.text, STR("map")))
		return fail(p, name.at, "there is no such function");
	return push(p, call) && next(p);
}

static bool take_prefix(struct parser *p)
{
	bool is_if = p->token.kind == TOKEN_IF;
	const struct pending *before = top(p);
	struct pending pending = { .kind = is_if ? FRAME_IF : BIND_NOT, .node = is_if ? NODE_IF : NODE_NOT, .at = p->token.at };

	if (before && before->kind > (is_if ? BIND_ELSE : BIND_NOT))
		return fail(p, p->token.at, "if and not stand in brackets here");
	return push(p, pending) && next(p);
}

static bool operand(struct parser *p, bool *ret_is_done)
{
	const struct token t = p->token;

	*ret_is_done = true;
	switch (t.kind) {
	case TOKEN_NAME:
		return take_name(p, ret_is_done);
	case TOKEN_STRING:
		return constant(p, mapping_text(t.text));
	case TOKEN_INTEGER:
		return constant(p, (struct mapping_value){ .type = MAPPING_INTEGER, .number = t.number });
	case TOKEN_TRUE:
	case TOKEN_FALSE:
		return constant(p, (struct mapping_value){ .type = MAPPING_BOOLEAN, .number = t.kind == TOKEN_TRUE });
	case TOKEN_NULL:
		return constant(p, mapping_null());
	case TOKEN_IF:
	case TOKEN_NOT:
		*ret_is_done = false;
		return take_prefix(p);
	case TOKEN_OPEN:
		*ret_is_done = false;
		return push(p, (struct pending){ .kind = FRAME_GROUP, .at = t.at }) && next(p);
	default:
		return fail(p, t.at, "a value is expected here");
	}
}

static bool binary(struct parser *p)
{
	static const struct {
		enum pending_kind kind;
		enum node_kind node;
	} operators[] = {
		[TOKEN_PLUS] = { BIND_SUM, NODE_SUM },
		[TOKEN_EQUAL] = { BIND_COMPARE, NODE_EQUAL },
		[TOKEN_UNEQUAL] = { BIND_COMPARE, NODE_UNEQUAL },
		[TOKEN_LESS] = { BIND_COMPARE, NODE_LESS },
		[TOKEN_LESS_EQUAL] = { BIND_COMPARE, NODE_LESS_EQUAL },
		[TOKEN_MORE] = { BIND_COMPARE, NODE_MORE },
		[TOKEN_MORE_EQUAL] = { BIND_COMPARE, NODE_MORE_EQUAL },
		[TOKEN_COALESCE] = { BIND_COALESCE, NODE_COALESCE },
		[TOKEN_AND] = { BIND_AND, NODE_AND },
		[TOKEN_OR] = { BIND_OR, NODE_OR },
	};
	struct pending pending = { .at = p->token.at };

	if (p->token.kind >= ARRAY_LEN(operators) || operators[p->token.kind].kind < BIND_COALESCE)
		return fail(p, p->token.at, "an operator is expected here");
	pending.kind = operators[p->token.kind].kind;
	pending.node = operators[p->token.kind].node;
	if (!reduce(p, pending.kind == BIND_COMPARE ? BIND_SUM : pending.kind))
		return false;
	if (top(p) && top(p)->kind == BIND_COMPARE && pending.kind == BIND_COMPARE)
		return fail(p, p->token.at, "comparisons do not follow each other");
	return push(p, pending) && next(p);
}

static bool expect(struct parser *p, enum token_kind kind, const char *text)
{
	return p->token.kind == kind ? next(p) : fail(p, p->token.at, text);
}

static bool table_value(struct parser *p, struct str *ret)
{
	if (p->token.kind != TOKEN_STRING && p->token.kind != TOKEN_NULL)
		return fail(p, p->token.at, "a string or null is expected here");
	*ret = p->token.kind == TOKEN_STRING ? p->token.text : STR_NULL;
	return next(p);
}

static bool table_entry(struct parser *p, struct table_entry *ret)
{
	if (p->token.kind != TOKEN_STRING)
		return fail(p, p->token.at, "a string is expected here");
	if (++p->n_entries > MAPPING_ENTRIES_MAX)
		return fail(p, p->token.at, "more than 128 entries");
	ret->key = p->token.text;
	return next(p) && expect(p, TOKEN_COLON, "a colon is expected here") && table_value(p, &ret->value);
}

static bool table_other(struct parser *p, struct table *t)
{
	if (!next(p) || !expect(p, TOKEN_COLON, "a colon is expected here"))
		return false;
	t->is_same = p->token.kind == TOKEN_NAME && str_equal(p->token.text, STR("same"));
	return t->is_same ? next(p) : table_value(p, &t->other);
}

static bool take_table(struct parser *p, struct table *t)
{
	struct table_entry *entries = ARENA_ARRAY(p->arena, struct table_entry, MAPPING_ENTRIES_MAX);

	t->entries = entries;
	do {
		if (!next(p))
			return false;
		if (p->token.kind == TOKEN_ELSE && t->n > 0) {
			if (!table_other(p, t))
				return false;
			break;
		}
		if (!table_entry(p, &entries[t->n]))
			return false;
		for (size_t i = 0; i < t->n; i++)
			if (str_equal(entries[i].key, entries[t->n].key))
				return fail(p, p->token.at, "an entry is there twice");
		t->n++;
	} while (p->token.kind == TOKEN_COMMA);
	return expect(p, TOKEN_TABLE_CLOSE, "the table has no end");
}

/* Behind "map(x,": the table, and the end. */
static bool take_map(struct parser *p, struct pending call)
{
	struct node node = { .kind = NODE_MAP, .at = call.at };

	if (p->n_values - call.n_values != 1 || !next(p))
		return fail(p, p->token.at, "map has a value and a table");
	if (p->token.kind != TOKEN_TABLE_OPEN)
		return fail(p, p->token.at, "a table is expected here");
	if (!take_table(p, &node.u.table))
		return false;
	if (p->token.kind != TOKEN_CLOSE)
		return fail(p, p->token.at, "map has a value and a table");
	p->n_pending--;
	return emit(p, node, 1) && next(p);
}

static bool close_bracket(struct parser *p)
{
	struct pending frame;

	if (!reduce(p, BIND_ELSE))
		return false;
	if (p->n_pending == 0 || top(p)->kind > FRAME_CALL)
		return fail(p, p->token.at, "a closing bracket without an opening one");
	frame = p->pending[--p->n_pending];
	if (frame.kind == FRAME_GROUP)
		return next(p);
	if (!frame.function)
		return fail(p, frame.at, "map has a value and a table");
	return emit(p, (struct node){ .kind = NODE_CALL, .at = frame.at, .u.function = frame.function }, p->n_values - frame.n_values) && next(p);
}

/* Behind a value.  *ret_is_done: still behind a value. */
static bool behind(struct parser *p, bool *ret_is_done)
{
	*ret_is_done = false;
	switch (p->token.kind) {
	case TOKEN_CLOSE:
		*ret_is_done = true;
		return close_bracket(p);
	case TOKEN_COMMA:
		if (!reduce_to(p, FRAME_CALL, "a comma stands between arguments"))
			return false;
		if (top(p)->function)
			return next(p);
		*ret_is_done = true;
		return take_map(p, *top(p));
	case TOKEN_THEN:
		if (!reduce_to(p, FRAME_IF, "then without if"))
			return false;
		p->pending[p->n_pending - 1].kind = FRAME_THEN;
		return next(p);
	case TOKEN_ELSE:
		if (!reduce_to(p, FRAME_THEN, "else without if and then"))
			return false;
		p->pending[p->n_pending - 1].kind = BIND_ELSE;
		return next(p);
	default:
		return binary(p);
	}
}

static bool parse(struct parser *p)
{
	bool is_done = false;

	if (!next(p))
		return false;
	while (!is_done || p->token.kind != TOKEN_END)
		if (!(is_done ? behind(p, &is_done) : operand(p, &is_done)))
			return false;
	if (!reduce(p, BIND_ELSE))
		return false;
	return p->n_pending == 0 ? true : fail(p, top(p)->at, "this has no end");
}

bool mapping_parse(struct arena *a, struct str source, struct mapping_program *ret, struct mapping_fault *ret_fault)
{
	struct parser *p = ARENA_NEW(a, struct parser);

	*ret = (struct mapping_program){
		.nodes = ARENA_ARRAY(a, struct node, MAPPING_NODES_MAX),
		.args = ARENA_ARRAY(a, uint16_t, MAPPING_NODES_MAX),
	};
	*p = (struct parser){ .arena = a, .lx = { .arena = a, .source = source }, .program = ret, .fault = ret_fault };
	if (source.len > MAPPING_SOURCE_MAX)
		return fail(p, MAPPING_SOURCE_MAX, "too long: more than 4096 bytes");
	return parse(p);
}
