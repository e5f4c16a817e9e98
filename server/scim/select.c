/* select.c: which attributes an answer shows. */

#include "server/scim/resource.h"

/* The names of a list, one after the other. */
static bool next(struct str *rest, struct str *ret_name)
{
	while (str_split(rest, ',', ret_name)) {
		*ret_name = str_trim(*ret_name);
		if (ret_name->len > 0)
			return true;
	}
	return false;
}

static struct str list_of(const struct scim_selection *s)
{
	return str_is_null(s->attributes) ? s->excluded : s->attributes;
}

int scim_selection_check(struct op *op, const struct scim_selection *s)
{
	struct str rest = list_of(s), name;
	size_t n = 0;

	if (!str_is_null(s->attributes) && !str_is_null(s->excluded))
		return scim_fail(op, SCIM_INVALID_VALUE, "attributes and excludedAttributes exclude each other");
	while (next(&rest, &name))
		n++;
	return n <= SCIM_SELECTED_MAX ? 0 : scim_fail(op, SCIM_INVALID_VALUE, "more than 100 names of attributes");
}

static void aim(struct arena *a, const struct scim_type *type, struct scim_selection *s)
{
	struct str rest = list_of(s), name;
	struct scim_ref *refs;

	if (s->type == type)
		return;
	refs = ARENA_ARRAY(a, struct scim_ref, SCIM_SELECTED_MAX);
	s->type = type;
	s->refs = refs;
	s->n_refs = 0;
	while (s->n_refs < SCIM_SELECTED_MAX && next(&rest, &name))
		s->n_refs += scim_resolve(type, name, &refs[s->n_refs]);
}

enum match { NONE, PART, WHOLE };

/* Whether the list names the attribute (WHOLE) or something within it. */
static enum match named(const struct scim_selection *s, const struct scim_schema *schema, const struct scim_attr *attr, const struct scim_attr *sub)
{
	enum match found = NONE;

	for (size_t i = 0; i < s->n_refs; i++) {
		const struct scim_ref *ref = &s->refs[i];

		if (ref->schema != schema || (ref->attr && ref->attr != attr))
			continue;
		if (!ref->attr || !ref->sub || (sub && ref->sub == sub))
			return WHOLE;
		if (!sub)
			found = PART;
	}
	return found;
}

static bool is_shown(const struct scim_selection *s, const struct scim_schema *schema, const struct scim_attr *attr, const struct scim_attr *sub)
{
	const struct scim_attr *target = sub ? sub : attr;

	if (attr->returned == SCIM_ALWAYS || target->returned == SCIM_ALWAYS)
		return true;
	if (target->returned == SCIM_NEVER)
		return false;
	if (!str_is_null(s->attributes))
		return named(s, schema, attr, sub) != NONE;
	if (target->returned == SCIM_REQUEST)
		return false;
	return str_is_null(s->excluded) || named(s, schema, attr, sub) != WHOLE;
}

static void select_subs(const struct scim_selection *s, const struct scim_schema *schema, const struct scim_attr *attr, json_t *value)
{
	for (size_t i = 0; i < attr->n_subs; i++)
		if (!is_shown(s, schema, attr, &attr->subs[i]))
			json_object_del(value, attr->subs[i].name);
}

static void select_in(const struct scim_selection *s, const struct scim_schema *schema, const struct scim_schema *attrs, json_t *place)
{
	for (size_t i = 0; i < attrs->n_attrs; i++) {
		const struct scim_attr *attr = &attrs->attrs[i];
		json_t *value = json_object_get(place, attr->name);

		if (!value)
			continue;
		if (!is_shown(s, schema, attr, NULL)) {
			json_object_del(place, attr->name);
			continue;
		}
		if (json_is_object(value))
			select_subs(s, schema, attr, value);
		for (size_t k = 0; k < json_array_size(value); k++)
			select_subs(s, schema, attr, json_array_get(value, k));
	}
}

void scim_select(struct arena *a, const struct scim_type *type, struct scim_selection *selection, json_t *resource)
{
	aim(a, type, selection);
	select_in(selection, NULL, type->core, resource);
	select_in(selection, NULL, &scim_common, resource);
	for (size_t i = 0; i < type->n_extensions; i++) {
		json_t *place = json_object_get(resource, type->extensions[i]->urn);

		select_in(selection, type->extensions[i], type->extensions[i], place);
		if (place && json_object_size(place) == 0)
			json_object_del(resource, type->extensions[i]->urn);
	}
}

bool scim_selects(struct arena *a, const struct scim_type *type, struct scim_selection *selection, const char *attribute)
{
	struct scim_ref ref;

	aim(a, type, selection);
	return scim_resolve(type, str_c(attribute), &ref) && ref.attr && is_shown(selection, ref.schema, ref.attr, NULL);
}
