/* mapping_eval.c: every node once, in order; nothing here can fail. */
#include "common/base/text.h"
#include "common/plan/mapping_impl.h"

const struct mapping_fact_kind mapping_facts[MAPPING_FACTS_] = {
	[FACT_ACCOUNT] = { STR("account"), MAPPING_STRING, false },
	[FACT_LOGIN] = { STR("login"), MAPPING_STRING, false },
	[FACT_STATUS] = { STR("status"), MAPPING_STRING, false },
	[FACT_EMPLOYEE_CODE] = { STR("employee_code"), MAPPING_STRING, false },
	[FACT_HO] = { STR("ho"), MAPPING_STRING, true },
	[FACT_DEM] = { STR("dem"), MAPPING_STRING, true },
	[FACT_TEN] = { STR("ten"), MAPPING_STRING, false },
	[FACT_FULL_NAME] = { STR("full_name"), MAPPING_STRING, false },
	[FACT_MAIL] = { STR("mail"), MAPPING_STRING, false },
	[FACT_PERSON_KIND] = { STR("person.kind"), MAPPING_STRING, false },
	[FACT_UNIT_CODE] = { STR("unit.code"), MAPPING_STRING, true },
	[FACT_UNIT_NAME] = { STR("unit.name"), MAPPING_STRING, true },
	[FACT_UNIT_KIND] = { STR("unit.kind"), MAPPING_STRING, true },
	[FACT_UNIT_PATH] = { STR("unit.path"), MAPPING_LIST, false },
	[FACT_POST_TITLE] = { STR("post.title"), MAPPING_STRING, true },
	[FACT_POST_RANK] = { STR("post.rank"), MAPPING_STRING, true },
	[FACT_POST_SINCE] = { STR("post.since"), MAPPING_DATE, true },
	[FACT_ROLES] = { STR("roles"), MAPPING_LIST, false },
	[FACT_ROLE_NAMES] = { STR("role_names"), MAPPING_LIST, false },
	[FACT_ROLE_UNITS] = { STR("role_units"), MAPPING_LIST, false },
};

const char *mapping_type_name(enum mapping_type type)
{
	static const char *const names[] = { "null", "string", "boolean", "integer", "date", "list" };

	return names[type];
}

struct mapping_value mapping_null(void)
{
	return (struct mapping_value){ .type = MAPPING_NULL };
}

struct mapping_value mapping_text(struct str text)
{
	return (struct mapping_value){ .type = MAPPING_STRING, .text = str_is_null(text) ? STR("") : text };
}

struct str mapping_cut(struct str s)
{
	if (s.len <= MAPPING_TEXT_MAX)
		return s;
	s.len = MAPPING_TEXT_MAX;
	while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xC0) == 0x80)
		s.len--;
	return s;
}

/* Marks that join what stands before them are met from U+0300 on; letters of Vietnamese and Latin never begin so. */
static bool may_join(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == 0xCC || c == 0xCD || (c >= 0xD6 && c != 0xE1 && c != 0xE2) || (c == 0xE1 && i + 1 < s.len && ((unsigned char)s.p[i + 1] < 0xB8)) ||
		    (c == 0xE2 && i + 1 < s.len && (unsigned char)s.p[i + 1] != 0x80))
			return true;
	}
	return false;
}

struct str mapping_nfc(struct arena *a, struct str s)
{
	struct str composed = may_join(s) ? text_compose(a, s) : s;

	return mapping_cut(str_is_null(composed) ? STR("") : composed);
}

static int64_t rank_of(const struct mapping_value *a, const struct mapping_value *b)
{
	if (a->type == MAPPING_INTEGER || a->type == MAPPING_BOOLEAN)
		return (a->number > b->number) - (a->number < b->number);
	return str_compare(a->text, b->text);
}

bool mapping_values_equal(const struct mapping_value *a, const struct mapping_value *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == MAPPING_NULL)
		return true;
	if (a->type != MAPPING_LIST)
		return rank_of(a, b) == 0;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

bool mapping_value_is_empty(const struct mapping_value *v)
{
	return v->type == MAPPING_NULL || (v->type == MAPPING_STRING && v->text.len == 0) || (v->type == MAPPING_LIST && v->n == 0);
}

struct machine {
	struct arena *arena;
	const struct mapping_program *p;
	const struct mapping_input *in;
	struct mapping_value *values;
};

static const struct mapping_value *arg(const struct machine *m, const struct node *n, size_t i)
{
	return &m->values[m->p->args[n->first + i]];
}

static struct mapping_value boolean(bool is_true)
{
	return (struct mapping_value){ .type = MAPPING_BOOLEAN, .number = is_true };
}

/* null is false. */
static bool is_true(const struct mapping_value *v)
{
	return v->number != 0;
}

/* What is cut would break a text; long ones end with a whole character. */
static struct mapping_value fact(const struct machine *m, enum mapping_fact f)
{
	struct mapping_value v = m->in->facts[f];

	if (v.type == MAPPING_STRING)
		v.text = mapping_cut(v.text);
	if (v.type == MAPPING_LIST && v.n > MAPPING_LIST_MAX)
		v.n = MAPPING_LIST_MAX;
	return v;
}

static struct mapping_value sum(const struct machine *m, const struct node *n)
{
	const struct mapping_value *a = arg(m, n, 0), *b = arg(m, n, 1);
	char *text;

	if (a->type == MAPPING_NULL || b->type == MAPPING_NULL)
		return mapping_null();
	if (a->text.len == 0 || b->text.len == 0)
		return a->text.len == 0 ? *b : *a;
	text = arena_alloc(m->arena, a->text.len + b->text.len + 1);
	memcpy(text, a->text.p, a->text.len);
	memcpy(text + a->text.len, b->text.p, b->text.len);
	return mapping_text(mapping_nfc(m->arena, str_n(text, a->text.len + b->text.len)));
}

/* STR_NULL: null. */
static struct str translate(const struct table *t, struct str key)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_equal(t->entries[i].key, key))
			return t->entries[i].value;
	return t->is_same ? key : t->other;
}

/* What becomes null is left out; what comes twice comes once. */
static struct mapping_value map(const struct machine *m, const struct node *n)
{
	const struct mapping_value *of = arg(m, n, 0);
	struct mapping_value v = { .type = MAPPING_LIST };
	struct str *items, text;

	if (of->type == MAPPING_NULL)
		return mapping_null();
	if (of->type == MAPPING_STRING) {
		text = translate(&n->u.table, of->text);
		return str_is_null(text) ? mapping_null() : mapping_text(text);
	}
	v.items = items = ARENA_ARRAY(m->arena, struct str, of->n + 1);
	for (size_t i = 0; i < of->n; i++) {
		text = translate(&n->u.table, of->items[i]);
		if (!str_is_null(text) && !str_list_has((struct str_list){ items, v.n }, text))
			items[v.n++] = text;
	}
	return v;
}

static struct mapping_value call(const struct machine *m, const struct node *n)
{
	const struct mapping_value *args[MAPPING_NODES_MAX];

	for (size_t i = 0; i < n->n_args; i++) {
		args[i] = arg(m, n, i);
		if (args[i]->type == MAPPING_NULL && !n->u.function->takes_null)
			return mapping_null();
	}
	return n->u.function->run(m->arena, args, n->n_args);
}

static struct mapping_value compare(const struct machine *m, const struct node *n)
{
	const struct mapping_value *a = arg(m, n, 0), *b = arg(m, n, 1);
	int64_t rank;

	if (n->kind == NODE_EQUAL || n->kind == NODE_UNEQUAL)
		return boolean(mapping_values_equal(a, b) == (n->kind == NODE_EQUAL));
	if (a->type == MAPPING_NULL || b->type == MAPPING_NULL)
		return boolean(false);
	rank = rank_of(a, b);
	switch (n->kind) {
	case NODE_LESS:
		return boolean(rank < 0);
	case NODE_LESS_EQUAL:
		return boolean(rank <= 0);
	case NODE_MORE:
		return boolean(rank > 0);
	default:
		return boolean(rank >= 0);
	}
}

static struct mapping_value value_of(const struct machine *m, const struct node *n)
{
	switch (n->kind) {
	case NODE_CONSTANT:
		return n->u.constant;
	case NODE_FACT:
		return fact(m, n->u.fact);
	case NODE_CALL:
		return call(m, n);
	case NODE_MAP:
		return map(m, n);
	case NODE_IF:
		return *arg(m, n, is_true(arg(m, n, 0)) ? 1 : 2);
	case NODE_COALESCE:
		return *arg(m, n, arg(m, n, 0)->type == MAPPING_NULL ? 1 : 0);
	case NODE_OR:
		return boolean(is_true(arg(m, n, 0)) || is_true(arg(m, n, 1)));
	case NODE_AND:
		return boolean(is_true(arg(m, n, 0)) && is_true(arg(m, n, 1)));
	case NODE_NOT:
		return boolean(!is_true(arg(m, n, 0)));
	case NODE_SUM:
		return sum(m, n);
	default:
		return compare(m, n);
	}
}

struct mapping_value mapping_eval(struct arena *a, const struct mapping_program *p, const struct mapping_input *in)
{
	struct machine m = { .arena = a, .p = p, .in = in };
	struct mapping_value few[8];

	/* Most attributes are one fact, or little more. */
	m.values = p->n <= ARRAY_LEN(few) ? few : ARENA_ARRAY(a, struct mapping_value, p->n);
	for (size_t i = 0; i < p->n; i++)
		m.values[i] = value_of(&m, &p->nodes[i]);
	return m.values[p->n - 1];
}
