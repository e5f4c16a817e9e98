/* evaluate.c: whether a filter holds of a resource in canonical form. */

#include "server/scim/filter.h"

#include "common/base/text.h"

static bool of_order(enum scim_op op, int order)
{
	switch (op) {
	case SCIM_EQ:
		return order == 0;
	case SCIM_GT:
		return order > 0;
	case SCIM_GE:
		return order >= 0;
	case SCIM_LT:
		return order < 0;
	case SCIM_LE:
	default:
		return order <= 0;
	}
}

static bool text_holds(enum scim_op op, struct str value, struct str wanted)
{
	switch (op) {
	case SCIM_CO:
		return str_contains(value, wanted);
	case SCIM_SW:
		return str_starts(value, wanted);
	case SCIM_EW:
		return str_ends(value, wanted);
	default:
		return of_order(op, str_compare(value, wanted));
	}
}

static bool number_holds(enum scim_op op, int64_t value, int64_t wanted)
{
	return of_order(op, (value > wanted) - (value < wanted));
}

static bool value_holds(struct arena *a, const struct scim_filter *f, const json_t *value)
{
	const struct scim_attr *attr = scim_target(&f->ref);
	struct str text;
	int64_t us;

	switch (attr->kind) {
	case SCIM_BOOLEAN:
		return json_is_boolean(value) && json_is_true(value) == str_equal(f->text, STR("true"));
	case SCIM_INTEGER:
		return json_is_integer(value) && number_holds(f->op, json_integer_value(value), f->number);
	default:
		break;
	}
	if (!json_is_string(value))
		return false;
	text = str_n(json_string_value(value), json_string_length(value));
	if (attr->kind == SCIM_DATETIME)
		return scim_moment_read(text, &us) && number_holds(f->op, us, f->number);
	return text_holds(f->op, attr->exact ? text : text_lower(a, text), f->text);
}

static bool is_present(const json_t *value)
{
	if (json_is_array(value) || json_is_object(value))
		return json_array_size(value) + json_object_size(value) > 0;
	return value && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0);
}

/* One value of the attribute, or its sub-attribute. */
static bool one_holds(struct arena *a, const struct scim_filter *f, const json_t *value)
{
	if (f->ref.sub)
		value = json_object_get(value, f->ref.sub->name);
	return f->op == SCIM_PR ? is_present(value) : value_holds(a, f, value);
}

static bool any_holds(struct arena *a, const struct scim_filter *f, const json_t *value)
{
	if (!json_is_array(value))
		return value && one_holds(a, f, value);
	for (size_t i = 0; i < json_array_size(value); i++)
		if (one_holds(a, f, json_array_get(value, i)))
			return true;
	return false;
}

static const json_t *attribute(const json_t *resource, const struct scim_ref *ref)
{
	const json_t *place = ref->schema ? json_object_get(resource, ref->schema->urn) : resource;

	return json_object_get(place, ref->attr->name);
}

static bool holds(struct arena *a, const struct scim_filter *f, const json_t *json, bool is_value);

static bool compare(struct arena *a, const struct scim_filter *f, const json_t *json, bool is_value)
{
	const json_t *value = is_value ? json : attribute(json, &f->ref);
	struct scim_filter equal = *f;

	if (f->op != SCIM_NE)
		return any_holds(a, f, value);
	equal.op = SCIM_EQ;
	return !any_holds(a, &equal, value);
}

static bool value_path_holds(struct arena *a, const struct scim_filter *f, const json_t *resource)
{
	const json_t *value = attribute(resource, &f->ref);

	if (!json_is_array(value))
		return value && holds(a, f->left, value, true);
	for (size_t i = 0; i < json_array_size(value); i++)
		if (holds(a, f->left, json_array_get(value, i), true))
			return true;
	return false;
}

/* As deep as the filter was allowed to be. */
static bool holds(struct arena *a, const struct scim_filter *f, const json_t *json, bool is_value)
{
	switch (f->op) {
	case SCIM_AND:
		return holds(a, f->left, json, is_value) && holds(a, f->right, json, is_value);
	case SCIM_OR:
		return holds(a, f->left, json, is_value) || holds(a, f->right, json, is_value);
	case SCIM_NOT:
		return !holds(a, f->left, json, is_value);
	case SCIM_VALUE:
		return value_path_holds(a, f, json);
	default:
		return compare(a, f, json, is_value);
	}
}

bool scim_filter_holds(struct arena *a, const struct scim_filter *filter, const json_t *resource)
{
	return holds(a, filter, resource, false);
}

bool scim_filter_holds_of(struct arena *a, const struct scim_filter *filter, const json_t *value)
{
	return holds(a, filter, value, true);
}
