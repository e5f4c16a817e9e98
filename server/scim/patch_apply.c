/* patch_apply.c: operations on a canonical resource. */

#include "server/scim/patch_impl.h"

static bool has_value(const json_t *array, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (json_equal(json_array_get(array, i), value))
			return true;
	return false;
}

/* What was primary is so no more when something new is (RFC 7644 §3.5.2). */
static void yield_primary(json_t *array, const json_t *new)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *old = json_array_get(array, i);

		if (old != new && json_get_bool(old, "primary", false))
			json_set_bool(old, "primary", false);
	}
}

static int add_values(struct patch *p, json_t *array, json_t *values)
{
	for (size_t i = 0; i < json_array_size(values); i++) {
		json_t *value = json_array_get(values, i);
		int r = patch_spend(p, json_array_size(array) / 16 + 1);

		if (r < 0)
			return r;
		if (has_value(array, value))
			continue;
		if (json_get_bool(value, "primary", false))
			yield_primary(array, value);
		json_array_append(array, value);
	}
	return json_array_size(array) > SCIM_VALUES_MAX ? scim_fail(p->op, SCIM_TOO_MANY, "too many values in one attribute") : 0;
}

/* Sub-attributes that are given; the others stay. */
static void merge(json_t *into, json_t *from)
{
	(void)json_object_update(into, from);
}

/* What is immutable may be given once. */
static bool may_write(const struct scim_attr *attr, const json_t *old, const json_t *new)
{
	if (attr->mutability == SCIM_READ_ONLY)
		return false;
	return attr->mutability != SCIM_IMMUTABLE || !old || (new && json_equal(old, new));
}

static int write_attr(struct patch *p, enum scim_verb verb, const struct scim_ref *ref, const json_t *value)
{
	const struct scim_attr *attr = ref->attr;
	_json_ json_t *new = NULL;
	json_t *place, *old;
	int r = attr->mutability == SCIM_READ_ONLY ? patch_refuse(p) : scim_value_read(p->op, attr, value, &new);

	if (r < 0)
		return r;
	place = patch_place(p, ref, true);
	old = json_object_get(place, attr->name);
	if (!may_write(attr, old, new))
		r = patch_refuse(p);
	else if (new && old && attr->multi && verb == SCIM_ADD)
		r = add_values(p, old, new);
	else if (new && old && attr->kind == SCIM_COMPLEX && !attr->multi)
		merge(old, new);
	else if (new)
		json_set_take(place, attr->name, json_incref(new));
	else if (verb == SCIM_REPLACE)
		json_object_del(place, attr->name);
	patch_drop_if_empty(p, ref);
	return r;
}

/* attr.sub without brackets: of the one value, or of every value there is. */
static int write_sub(struct patch *p, enum scim_verb verb, const struct scim_ref *ref, const json_t *value)
{
	_json_ json_t *new = NULL;
	json_t *place, *old;
	int r = ref->sub->mutability == SCIM_READ_ONLY || ref->attr->mutability == SCIM_READ_ONLY ? patch_refuse(p) :
	                                                                                        scim_value_read(p->op, ref->sub, value, &new);

	if (r < 0)
		return r;
	place = patch_place(p, ref, true);
	old = json_object_get(place, ref->attr->name);
	if (ref->attr->multi)
		return json_array_size(old) == 1 ? (new ? json_object_set(json_array_get(old, 0), ref->sub->name, new) :
		                                          json_object_del(json_array_get(old, 0), ref->sub->name), 0) :
		                                   scim_fail(p->op, SCIM_NO_TARGET, "brackets have to say which of the values");
	if (!old && new) {
		old = json_new_object();
		json_set_take(place, ref->attr->name, old);
	}
	if (!may_write(ref->sub, json_object_get(old, ref->sub->name), new))
		return patch_refuse(p);
	if (new)
		json_object_set(old, ref->sub->name, new);
	else if (verb == SCIM_REPLACE)
		json_object_del(old, ref->sub->name);
	if (old && json_object_size(old) == 0)
		json_object_del(place, ref->attr->name);
	patch_drop_if_empty(p, ref);
	return 0;
}

/* "type eq "work" and primary eq true" describes a value; false: it does not. */
static bool describe(const struct scim_filter *f, json_t *into)
{
	if (f->op == SCIM_AND)
		return describe(f->left, into) && describe(f->right, into);
	if (f->op != SCIM_EQ || !f->ref.sub)
		return false;
	if (f->ref.sub->kind == SCIM_BOOLEAN)
		json_set_bool(into, f->ref.sub->name, str_equal(f->text, STR("true")));
	else
		json_set_str(into, f->ref.sub->name, f->text);
	return true;
}

static int write_element(struct patch *p, const struct scim_path *path, json_t *element, const json_t *value)
{
	_json_ json_t *new = NULL;
	int r;

	if (path->ref.sub) {
		r = path->ref.sub->mutability == SCIM_READ_ONLY ? patch_refuse(p) : scim_value_read(p->op, path->ref.sub, value, &new);
		if (r == 0 && new)
			json_object_set(element, path->ref.sub->name, new);
		else if (r == 0)
			json_object_del(element, path->ref.sub->name);
		return r;
	}
	r = scim_element_read(p->op, path->ref.attr, value, &new);
	if (r == 0 && new)
		merge(element, new);
	return r;
}

static int make_element(struct patch *p, const struct scim_path *path, json_t *place, const json_t *value)
{
	_json_ json_t *described = json_new_object(), *element = NULL;
	json_t *array = json_object_get(place, path->ref.attr->name);
	int r;

	if (!describe(path->filter, described))
		return scim_fail(p->op, SCIM_NO_TARGET, "no value is described by the brackets");
	r = scim_element_read(p->op, path->ref.attr, described, &element);
	if (r == 0 && !element)
		element = json_new_object();
	if (r == 0)
		r = write_element(p, path, element, value);
	if (r < 0)
		return r;
	if (!array) {
		array = json_new_array();
		json_set_take(place, path->ref.attr->name, array);
	}
	if (json_get_bool(element, "primary", false))
		yield_primary(array, element);
	json_array_append(array, element);
	return 0;
}

static int write_filtered(struct patch *p, enum scim_verb verb, const struct scim_path *path, const json_t *value)
{
	json_t *place = patch_place(p, &path->ref, verb == SCIM_ADD), *array = json_object_get(place, path->ref.attr->name);
	json_t *primary = NULL;
	size_t n = 0;

	if (path->ref.attr->mutability == SCIM_READ_ONLY)
		return patch_refuse(p);
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *element = json_array_get(array, i);
		int r = patch_holds(p, path->filter, element);

		if (r == 0)
			continue;
		n++;
		if (r > 0)
			r = write_element(p, path, element, value);
		if (r < 0)
			return r;
		if (json_get_bool(element, "primary", false))
			primary = primary ? primary : element;
	}
	if (primary)
		yield_primary(array, primary);
	if (n > 0)
		return 0;
	return verb == SCIM_ADD ? make_element(p, path, place, value) : scim_fail(p->op, SCIM_NO_TARGET, "no value is described by the brackets");
}

static int apply_pathless(struct patch *p, enum scim_verb verb, const struct scim_schema *within, const json_t *value);

static int apply_at(struct patch *p, enum scim_verb verb, const struct scim_path *path, const json_t *value)
{
	if (verb == SCIM_REMOVE)
		return patch_remove(p, path, value);
	if (!path->ref.attr)
		return apply_pathless(p, verb, path->ref.schema, value);
	if (path->filter)
		return write_filtered(p, verb, path, value);
	return path->ref.sub ? write_sub(p, verb, &path->ref, value) : write_attr(p, verb, &path->ref, value);
}

/* What a client sends along without meaning to change it. */
static bool is_along(struct str name)
{
	return str_equal_nocase(name, STR("id")) || str_equal_nocase(name, STR("schemas")) || str_equal_nocase(name, STR("meta"));
}

static int apply_pathless(struct patch *p, enum scim_verb verb, const struct scim_schema *within, const json_t *value)
{
	const char *name;
	json_t *one;

	if (!json_is_object(value))
		return scim_fail(p->op, SCIM_INVALID_VALUE, "without a path the value is an object");
	json_object_foreach((json_t *)(uintptr_t)value, name, one) {
		struct str full = within ? arena_printf(p->op->arena, "%s:%s", within->urn, name) : str_c(name);
		struct scim_path path;
		int r;

		if (within ? str_equal_nocase(str_c(name), STR("schemas")) : is_along(full))
			continue;
		r = scim_path_read(p->op, p->type, full, &path);
		if (r == 0 && !path.ref.attr && within)
			r = scim_fail(p->op, SCIM_INVALID_PATH, "the path names nothing that can be changed");
		if (r == 0)
			r = apply_at(p, verb, &path, one);
		if (r < 0)
			return r;
	}
	return 0;
}

int scim_patch_apply(struct op *op, const struct scim_type *type, json_t *resource, const json_t *body)
{
	struct patch p = { .op = op, .type = type, .resource = resource };
	const struct scim_patch_op *ops;
	size_t n;
	int r = scim_patch_read(op, body, &ops, &n);

	for (size_t i = 0; i < n && r == 0; i++) {
		struct scim_path path;

		if (str_is_null(ops[i].path)) {
			r = apply_pathless(&p, ops[i].verb, NULL, ops[i].value);
			continue;
		}
		r = scim_path_read(op, type, ops[i].path, &path);
		if (r == 0)
			r = apply_at(&p, ops[i].verb, &path, ops[i].value);
	}
	arena_free(p.scratch);
	return r == 0 ? scim_check_required(op, type, resource) : r;
}
