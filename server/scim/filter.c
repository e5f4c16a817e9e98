#include "server/scim/filter_impl.h"

#include "common/base/text.h"

static const char *const ops[SCIM_OP_COUNT_] = { "and", "or", "not", "value", "pr", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le" };

const char *scim_op_name(enum scim_op op)
{
	return ops[op];
}

static const struct scim_filter *bad(struct scim_reader *r, const char *text)
{
	(void)scim_fail(r->op, SCIM_INVALID_FILTER, text);
	return NULL;
}

void scim_skip_space(struct scim_reader *r)
{
	while (r->rest.len > 0 && r->rest.p[0] == ' ')
		r->rest = str_skip(r->rest, 1);
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == ':' || c == '.' || c == '$';
}

struct str scim_read_name(struct scim_reader *r)
{
	struct str name = str_n(r->rest.p, 0);

	while (name.len < r->rest.len && is_name_char(r->rest.p[name.len]))
		name.len++;
	r->rest = str_skip(r->rest, name.len);
	return name;
}

static bool take(struct scim_reader *r, char c)
{
	scim_skip_space(r);
	if (r->rest.len == 0 || r->rest.p[0] != c)
		return false;
	r->rest = str_skip(r->rest, 1);
	return true;
}

/* A word as a whole: "or" of "orange" is none. */
static bool take_word(struct scim_reader *r, const char *word)
{
	struct scim_reader before = *r;

	scim_skip_space(r);
	if (str_equal_nocase(scim_read_name(r), str_c(word)))
		return true;
	*r = before;
	return false;
}

static const struct scim_filter *node_of(struct scim_reader *r, enum scim_op op, const struct scim_filter *left, const struct scim_filter *right)
{
	struct scim_filter *node = ARENA_NEW(r->op->arena, struct scim_filter);

	*node = (struct scim_filter){ .op = op, .left = left, .right = right };
	return node;
}

static bool resolve(struct scim_reader *r, struct str name, struct scim_ref *ref)
{
	if (!r->within)
		return scim_resolve(r->type, name, ref) && ref->attr;
	*ref = (struct scim_ref){ .schema = r->within_schema, .attr = r->within, .sub = scim_find_sub(r->within, name) };
	return ref->sub != NULL;
}

static bool read_op(struct scim_reader *r, enum scim_op *ret_op)
{
	struct str word;

	scim_skip_space(r);
	word = scim_read_name(r);
	for (int i = SCIM_PR; i < SCIM_OP_COUNT_; i++)
		if (str_equal_nocase(word, str_c(ops[i]))) {
			*ret_op = (enum scim_op)i;
			return true;
		}
	return false;
}

/* Compared without a sub-attribute, a complex attribute means its "value" (RFC 7643 §2.4). */
static bool aim(struct scim_ref *ref)
{
	const struct scim_attr *target = scim_target(ref);

	if (target->kind != SCIM_COMPLEX)
		return true;
	ref->sub = scim_find_sub(target, STR("value"));
	return ref->sub != NULL;
}

/* Which comparisons a type knows. */
static bool knows(const struct scim_attr *attr, enum scim_op op)
{
	switch (attr->kind) {
	case SCIM_STRING:
	case SCIM_REFERENCE:
		return true;
	case SCIM_BOOLEAN:
	case SCIM_BINARY:
		return op == SCIM_EQ || op == SCIM_NE;
	case SCIM_INTEGER:
	case SCIM_DATETIME:
		return op != SCIM_CO && op != SCIM_SW && op != SCIM_EW;
	case SCIM_COMPLEX:
	default:
		return false;
	}
}

static bool take_null(struct scim_reader *r)
{
	struct scim_reader before = *r;

	scim_skip_space(r);
	if (str_equal(scim_read_name(r), STR("null")))
		return true;
	*r = before;
	return false;
}

static const struct scim_filter *read_comparison(struct scim_reader *r, struct scim_ref ref)
{
	struct scim_filter *node = ARENA_NEW(r->op->arena, struct scim_filter);
	enum scim_op op;

	if (++r->terms > SCIM_FILTER_MAX_TERMS)
		return bad(r, "the filter has too many comparisons");
	if (!read_op(r, &op))
		return bad(r, "the filter has no operator where one has to be");
	*node = (struct scim_filter){ .op = op, .ref = ref };
	if (op == SCIM_PR)
		return node;
	if ((op == SCIM_EQ || op == SCIM_NE) && take_null(r)) {
		node->op = SCIM_PR;
		return op == SCIM_NE ? node : node_of(r, SCIM_NOT, node, NULL);
	}
	if (!aim(&node->ref) || !knows(scim_target(&node->ref), op))
		return bad(r, "the attribute cannot be compared so");
	scim_skip_space(r);
	return scim_read_value(r, node) < 0 ? NULL : node;
}

static const struct scim_filter *read_brackets(struct scim_reader *r, const struct scim_ref *ref)
{
	struct scim_filter *node = ARENA_NEW(r->op->arena, struct scim_filter);

	if (r->within || ref->sub || ref->attr->kind != SCIM_COMPLEX)
		return bad(r, "brackets stand behind an attribute that has sub-attributes");
	if (++r->depth > SCIM_FILTER_MAX_DEPTH)
		return bad(r, "the filter is too deep");
	r->within = ref->attr;
	r->within_schema = ref->schema;
	*node = (struct scim_filter){ .op = SCIM_VALUE, .ref = *ref, .left = scim_read_or(r) };
	r->within = NULL;
	r->depth--;
	if (!node->left)
		return NULL;
	return take(r, ']') ? node : bad(r, "a bracket is not closed");
}

static const struct scim_filter *read_group(struct scim_reader *r)
{
	const struct scim_filter *inner;

	if (++r->depth > SCIM_FILTER_MAX_DEPTH)
		return bad(r, "the filter is too deep");
	inner = scim_read_or(r);
	r->depth--;
	if (!inner)
		return NULL;
	return take(r, ')') ? inner : bad(r, "a bracket is not closed");
}

static const struct scim_filter *read_term(struct scim_reader *r)
{
	struct scim_reader before;
	struct scim_ref ref;
	struct str name;

	if (take(r, '('))
		return read_group(r);
	before = *r;
	if (take_word(r, "not") && take(r, '(')) {
		const struct scim_filter *inner = read_group(r);

		return inner ? node_of(r, SCIM_NOT, inner, NULL) : NULL;
	}
	*r = before;
	scim_skip_space(r);
	name = scim_read_name(r);
	if (name.len == 0)
		return bad(r, "the filter lacks an attribute");
	if (!resolve(r, name, &ref))
		return bad(r, "the filter names an attribute that there is not");
	if (r->rest.len > 0 && r->rest.p[0] == '[') {
		r->rest = str_skip(r->rest, 1);
		return read_brackets(r, &ref);
	}
	if (r->rest.len == 0 || r->rest.p[0] != ' ')
		return bad(r, "the filter has no operator where one has to be");
	return read_comparison(r, ref);
}

static const struct scim_filter *read_and(struct scim_reader *r)
{
	const struct scim_filter *left = read_term(r);

	while (left && take_word(r, "and")) {
		const struct scim_filter *right = read_term(r);

		left = right ? node_of(r, SCIM_AND, left, right) : NULL;
	}
	return left;
}

const struct scim_filter *scim_read_or(struct scim_reader *r)
{
	const struct scim_filter *left = read_and(r);

	while (left && take_word(r, "or")) {
		const struct scim_filter *right = read_and(r);

		left = right ? node_of(r, SCIM_OR, left, right) : NULL;
	}
	return left;
}

int scim_filter_read(struct op *op, const struct scim_type *type, struct str text, const struct scim_filter **ret_filter)
{
	struct scim_reader r = { .op = op, .type = type, .rest = text };

	if (!utf8_is_valid(text) || utf8_length(text) > SCIM_FILTER_MAX_CHARS)
		return scim_fail(op, SCIM_INVALID_FILTER, "the filter is longer than 2048 characters, or not UTF-8");
	*ret_filter = scim_read_or(&r);
	if (!*ret_filter)
		return op->error.code;
	scim_skip_space(&r);
	return r.rest.len == 0 ? 0 : scim_fail(op, SCIM_INVALID_FILTER, "something stands behind the end of the filter");
}

static int bad_path(struct op *op)
{
	return scim_fail(op, SCIM_INVALID_PATH, "the path names nothing that can be changed");
}

static int read_sub(struct scim_reader *r, struct scim_path *path)
{
	struct str name;

	if (r->rest.len == 0)
		return 0;
	if (r->rest.p[0] != '.')
		return bad_path(r->op);
	r->rest = str_skip(r->rest, 1);
	name = r->rest;
	path->ref.sub = scim_find_sub(path->ref.attr, name);
	return path->ref.sub ? 0 : bad_path(r->op);
}

int scim_path_read(struct op *op, const struct scim_type *type, struct str text, struct scim_path *ret_path)
{
	struct scim_reader r = { .op = op, .type = type, .rest = text };
	const struct scim_filter *value;

	*ret_path = (struct scim_path){ .filter = NULL };
	if (!utf8_is_valid(text) || utf8_length(text) > SCIM_FILTER_MAX_CHARS || !scim_resolve(type, scim_read_name(&r), &ret_path->ref))
		return bad_path(op);
	if (r.rest.len == 0)
		return 0;
	if (r.rest.p[0] != '[' || !ret_path->ref.attr || ret_path->ref.sub || !ret_path->ref.attr->multi || ret_path->ref.attr->kind != SCIM_COMPLEX)
		return bad_path(op);
	r.rest = str_skip(r.rest, 1);
	value = read_brackets(&r, &ret_path->ref);
	if (!value)
		return op->error.code;
	ret_path->filter = value->left;
	return read_sub(&r, ret_path);
}
