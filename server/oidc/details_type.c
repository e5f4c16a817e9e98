#include "server/oidc/details_type.h"

/* Of a description; what is described may be as deep as authorization_details may (DETAILS_DEPTH). */
#define LEVELS_MAX 4
#define FIELDS_MAX 50
#define VALUES_MAX 100
#define NAME_MAX 64

enum kind { KIND_TEXT, KIND_INTEGER, KIND_NUMBER, KIND_BOOLEAN, KIND_LIST, KIND_OBJECT, KIND_ANY };

struct details_field {
	struct str name;
	enum kind kind;
	bool is_required, has_others;
	int64_t min, max;
	struct str_list values;             /* none: any text */
	const struct details_field *fields; /* of an object; of a list the one that each item is */
	size_t n_fields;
};

static const char *const kinds[] = { "text", "integer", "number", "boolean", "list", "object", "any" };

static int bad(struct op *op, struct str where, const char *what)
{
	return op_fail(op, ERR_INVALID_VALUE, arena_printf(op->arena, "%.*s: %s", STR_ARG(where), what).p);
}

static bool read_kind(const json_t *json, enum kind *ret)
{
	struct str name = json_get_str(json, "kind");

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_equal(name, str_c(kinds[i]))) {
			*ret = (enum kind)i;
			return true;
		}
	return false;
}

/* Which members a description may have, by kind: a misspelt one would say nothing, unnoticed. */
static bool is_known(enum kind kind, struct str name)
{
	static const struct {
		const char *name;
		unsigned kinds;
	} members[] = {
		{ "kind", ~0u },
		{ "required", ~0u },
		{ "title", ~0u },
		{ "values", 1u << KIND_TEXT },
		{ "min", 1u << KIND_TEXT | 1u << KIND_INTEGER | 1u << KIND_NUMBER | 1u << KIND_LIST },
		{ "max", 1u << KIND_TEXT | 1u << KIND_INTEGER | 1u << KIND_NUMBER | 1u << KIND_LIST },
		{ "of", 1u << KIND_LIST },
		{ "fields", 1u << KIND_OBJECT },
		{ "others", 1u << KIND_OBJECT },
	};

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (str_equal(name, str_c(members[i].name)))
			return members[i].kinds >> kind & 1;
	return false;
}

static bool is_int_or_none(const json_t *value)
{
	return !value || json_is_integer(value);
}

static int check_members(struct op *op, struct str where, enum kind kind, const json_t *json)
{
	const char *name;
	const json_t *value;

	json_object_foreach((json_t *)(uintptr_t)json, name, value)
		if (!is_known(kind, str_c(name)))
			return bad(op, where, arena_printf(op->arena, "%s does not belong there", name).p);
	if ((json_object_get(json, "required") && !json_is_boolean(json_object_get(json, "required"))) ||
	    (json_object_get(json, "others") && !json_is_boolean(json_object_get(json, "others"))))
		return bad(op, where, "required and others are true or false");
	if (!is_int_or_none(json_object_get(json, "min")) || !is_int_or_none(json_object_get(json, "max")))
		return bad(op, where, "min and max are whole numbers");
	return 0;
}

static int read_values(struct op *op, struct str where, const json_t *json, struct str_list *ret)
{
	const json_t *values = json_object_get(json, "values"), *item;
	struct str *list;
	size_t i;

	if (!values)
		return 0;
	if (!json_is_array(values) || json_array_size(values) == 0 || json_array_size(values) > VALUES_MAX)
		return bad(op, where, "values must be an array of texts");
	list = ARENA_ARRAY(op->arena, struct str, json_array_size(values));
	json_array_foreach(values, i, item) {
		if (!json_is_string(item))
			return bad(op, where, "values must be an array of texts");
		list[i] = arena_dup(op->arena, str_n(json_string_value(item), json_string_length(item)));
	}
	*ret = (struct str_list){ list, json_array_size(values) };
	return 0;
}

static int read_field(struct op *op, struct str where, const json_t *json, size_t level, struct details_field *ret);

static int read_item(struct op *op, struct str where, const json_t *json, size_t level, struct details_field *f)
{
	struct details_field *item = ARENA_ARRAY(op->arena, struct details_field, 1);
	const json_t *of = json_object_get(json, "of");

	if (!of)
		return 0;
	f->fields = item;
	f->n_fields = 1;
	return read_field(op, arena_printf(op->arena, "%.*s[]", STR_ARG(where)), of, level + 1, item);
}

static int read_fields(struct op *op, struct str where, const json_t *json, size_t level, struct details_field *f)
{
	json_t *members = json_object_get(json, "fields");
	struct details_field *fields;
	const char *name;
	const json_t *member;

	if (!members)
		return 0;
	if (!json_is_object(members) || json_object_size(members) > FIELDS_MAX)
		return bad(op, where, "fields must be an object with the description of each");
	fields = ARENA_ARRAY(op->arena, struct details_field, json_object_size(members));
	f->fields = fields;
	json_object_foreach(members, name, member) {
		struct str own = arena_dup(op->arena, str_c(name));
		struct str at = str_is_empty(where) ? own : arena_printf(op->arena, "%.*s.%s", STR_ARG(where), name);
		int r;

		if (str_is_empty(own) || own.len > NAME_MAX)
			return bad(op, where, "a field's name is empty or too long");
		r = read_field(op, at, member, level + 1, &fields[f->n_fields]);
		if (r < 0)
			return r;
		fields[f->n_fields++].name = own;
	}
	return 0;
}

static int read_body(struct op *op, struct str where, const json_t *json, size_t level, struct details_field *ret)
{
	int r = check_members(op, where, ret->kind, json);

	if (r < 0)
		return r;
	ret->is_required = json_get_bool(json, "required", false);
	ret->has_others = json_get_bool(json, "others", false);
	ret->min = json_get_int(json, "min", INT64_MIN);
	ret->max = json_get_int(json, "max", INT64_MAX);
	if (ret->min > ret->max)
		return bad(op, where, "min is above max");
	r = read_values(op, where, json, &ret->values);
	if (r >= 0 && ret->kind == KIND_LIST)
		r = read_item(op, where, json, level, ret);
	if (r >= 0 && ret->kind == KIND_OBJECT)
		r = read_fields(op, where, json, level, ret);
	return r;
}

static int read_field(struct op *op, struct str where, const json_t *json, size_t level, struct details_field *ret)
{
	*ret = (struct details_field){ .kind = KIND_OBJECT };
	if (level > LEVELS_MAX)
		return bad(op, where, "it is described too deep");
	if (!json_is_object(json) || !read_kind(json, &ret->kind))
		return bad(op, where, "kind must be one of text, integer, number, boolean, list, object, any");
	return read_body(op, where, json, level, ret);
}

int details_type_read(struct op *op, struct str type, const json_t *description, struct details_type *ret)
{
	struct details_field *body = ARENA_ARRAY(op->arena, struct details_field, 1);
	int r;

	if (str_is_empty(type) || type.len > DETAILS_TYPE_MAX || !str_is_printable_ascii(type))
		return op_fail(op, ERR_INVALID_VALUE, "type must be 1 to 255 characters of ASCII");
	if (!json_is_object(json_object_get(description, "fields")) || json_object_get(description, "kind") || json_object_get(description, "required"))
		return op_fail(op, ERR_INVALID_VALUE, "a type is described by its fields");
	if (json_object_get(json_object_get(description, "fields"), "type"))
		return op_fail(op, ERR_INVALID_VALUE, "the field type is always there");
	*body = (struct details_field){ .kind = KIND_OBJECT };
	r = read_body(op, STR(""), description, 1, body);
	if (r >= 0)
		*ret = (struct details_type){ arena_dup(op->arena, type), body };
	return r;
}

struct details_type details_type_closed(struct arena *a, struct str type)
{
	struct details_field *body = ARENA_ARRAY(a, struct details_field, 1);

	*body = (struct details_field){ .kind = KIND_OBJECT };
	return (struct details_type){ arena_dup(a, type), body };
}

const struct details_type *details_type_find(const struct details_types *types, struct str type)
{
	for (size_t i = 0; types && i < types->n; i++)
		if (str_equal(types->p[i].type, type))
			return &types->p[i];
	return NULL;
}

/* ---- what a request says ---- */

static const char *find_fault(struct arena *a, const struct details_field *f, struct str where, const json_t *value);

static const char *fault(struct arena *a, struct str where, const char *what)
{
	return arena_printf(a, "authorization_details: %.*s %s", STR_ARG(where), what).p;
}

static bool is_of_kind(enum kind kind, const json_t *value)
{
	switch (kind) {
	case KIND_TEXT:
		return json_is_string(value);
	case KIND_INTEGER:
		return json_is_integer(value);
	case KIND_NUMBER:
		return json_is_number(value);
	case KIND_BOOLEAN:
		return json_is_boolean(value);
	case KIND_LIST:
		return json_is_array(value);
	case KIND_OBJECT:
		return json_is_object(value);
	default:
		return true;
	}
}

static bool is_within(const struct details_field *f, const json_t *value)
{
	int64_t size;

	if (json_is_real(value))
		return json_real_value(value) >= (double)f->min && json_real_value(value) <= (double)f->max;
	switch (f->kind) {
	case KIND_TEXT:
		size = (int64_t)json_string_length(value);
		break;
	case KIND_LIST:
		size = (int64_t)json_array_size(value);
		break;
	case KIND_INTEGER:
	case KIND_NUMBER:
		size = json_integer_value(value);
		break;
	default:
		return true;
	}
	return size >= f->min && size <= f->max;
}

static const struct details_field *field_of(const struct details_field *f, struct str name)
{
	for (size_t i = 0; i < f->n_fields; i++)
		if (str_equal(f->fields[i].name, name))
			return &f->fields[i];
	return NULL;
}

/* is_top: the type itself stands there too. */
static const char *find_object_fault(struct arena *a, const struct details_field *f, struct str where, const json_t *object, bool is_top)
{
	struct str prefix = is_top ? STR("") : arena_printf(a, "%.*s.", STR_ARG(where));
	const char *name, *found;
	const json_t *value;

	for (size_t i = 0; i < f->n_fields; i++)
		if (f->fields[i].is_required && !json_object_get(object, f->fields[i].name.p))
			return fault(a, arena_printf(a, "%.*s%.*s", STR_ARG(prefix), STR_ARG(f->fields[i].name)), "is missing");
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		const struct details_field *field = field_of(f, str_c(name));

		if (is_top && str_equal(str_c(name), STR("type")))
			continue;
		if (!field && !f->has_others)
			return fault(a, is_top ? STR("an object") : where, "has a member that this type does not know");
		found = field ? find_fault(a, field, arena_printf(a, "%.*s%.*s", STR_ARG(prefix), STR_ARG(field->name)), value) : NULL;
		if (found)
			return found;
	}
	return NULL;
}

static const char *find_item_fault(struct arena *a, const struct details_field *f, struct str where, const json_t *array)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item) {
		const char *found = f->n_fields > 0 ? find_fault(a, &f->fields[0], where, item) : NULL;

		if (found)
			return found;
	}
	return NULL;
}

static const char *find_fault(struct arena *a, const struct details_field *f, struct str where, const json_t *value)
{
	if (!is_of_kind(f->kind, value))
		return fault(a, where, arena_printf(a, "must be of the kind %s", kinds[f->kind]).p);
	if (!is_within(f, value))
		return fault(a, where, "is out of bounds");
	if (f->kind == KIND_TEXT && f->values.n > 0 && !str_list_has(f->values, str_n(json_string_value(value), json_string_length(value))))
		return fault(a, where, "is none of the values of this type");
	if (f->kind == KIND_LIST)
		return find_item_fault(a, f, where, value);
	return f->kind == KIND_OBJECT ? find_object_fault(a, f, where, value, false) : NULL;
}

const char *details_type_fault(struct arena *a, const struct details_type *type, const json_t *detail)
{
	return find_object_fault(a, type->body, STR(""), detail, true);
}
