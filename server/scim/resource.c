#include "server/scim/resource.h"

#include "common/base/text.h"
#include "server/scim/filter.h"

static struct str text_of(const json_t *json)
{
	return str_n(json_string_value(json), json_string_length(json));
}

static int bad_value(struct op *op)
{
	return scim_fail(op, SCIM_INVALID_VALUE, "a value is not of its attribute's type, or too long");
}

static int read_text(struct op *op, const struct scim_attr *attr, struct str text, json_t **ret)
{
	bool is_blob = attr->kind == SCIM_REFERENCE || attr->kind == SCIM_BINARY;
	int64_t us;

	if (text.len > (is_blob ? SCIM_BLOB_MAX : SCIM_TEXT_MAX) || !text_normalise(op->arena, text, &text))
		return bad_value(op);
	if (attr->kind == SCIM_DATETIME && !scim_moment_read(text, &us))
		return bad_value(op);
	if (text.len > 0 && attr->closed && !scim_is_listed(attr->canonical, text))
		return scim_fail(op, SCIM_INVALID_VALUE, "a value is none of those that its attribute can have");
	*ret = text.len > 0 ? json_from_str(text) : NULL;
	return 0;
}

static int read_boolean(struct op *op, const json_t *value, json_t **ret)
{
	if (json_is_string(value) && str_equal_nocase(text_of(value), STR("true")))
		*ret = json_true();
	else if (json_is_string(value) && str_equal_nocase(text_of(value), STR("false")))
		*ret = json_false();
	else if (json_is_boolean(value))
		*ret = json_is_true(value) ? json_true() : json_false();
	else
		return bad_value(op);
	return 0;
}

static int read_subs(struct op *op, const struct scim_attr *attr, const json_t *value, json_t *place)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		const struct scim_attr *sub = scim_find_sub(attr, str_c(name));
		json_t *read = NULL;
		int r;

		if (!sub || sub->mutability == SCIM_READ_ONLY)
			continue;
		if (json_object_get(place, sub->name))
			return scim_fail(op, SCIM_INVALID_SYNTAX, "a name stands twice");
		r = scim_value_read(op, sub, member, &read);
		if (r < 0)
			return r;
		if (read)
			json_set_take(place, sub->name, read);
	}
	return 0;
}

/* Some clients send the plain value where an object with "value" belongs. */
static int read_complex(struct op *op, const struct scim_attr *attr, const json_t *value, json_t **ret)
{
	_json_ json_t *place = json_new_object(), *wrapped = NULL;
	int r;

	if (json_is_string(value) && scim_find_sub(attr, STR("value"))) {
		wrapped = json_new_object();
		json_set_str(wrapped, "value", text_of(value));
		value = wrapped;
	}
	if (!json_is_object(value))
		return bad_value(op);
	r = read_subs(op, attr, value, place);
	if (r < 0)
		return r;
	*ret = json_object_size(place) > 0 ? json_incref(place) : NULL;
	return 0;
}

/* A value that is there has what its attribute requires. */
static bool is_complete(const struct scim_attr *attr, const json_t *element)
{
	for (size_t i = 0; i < attr->n_subs; i++)
		if (attr->subs[i].required && !json_object_get(element, attr->subs[i].name))
			return false;
	return true;
}

int scim_element_read(struct op *op, const struct scim_attr *attr, const json_t *value, json_t **ret)
{
	*ret = NULL;
	if (json_is_null(value))
		return 0;
	switch (attr->kind) {
	case SCIM_COMPLEX:
		return read_complex(op, attr, value, ret);
	case SCIM_BOOLEAN:
		return read_boolean(op, value, ret);
	case SCIM_INTEGER:
		if (!json_is_integer(value))
			return bad_value(op);
		*ret = json_integer(json_integer_value(value));
		return 0;
	default:
		return json_is_string(value) ? read_text(op, attr, text_of(value), ret) : bad_value(op);
	}
}

static int read_all(struct op *op, const struct scim_attr *attr, const json_t *values, json_t *array)
{
	size_t n = json_is_array(values) ? json_array_size(values) : 1;

	if (n > SCIM_VALUES_MAX)
		return scim_fail(op, SCIM_TOO_MANY, "too many values in one attribute");
	for (size_t i = 0; i < n; i++) {
		json_t *element;
		int r = scim_element_read(op, attr, json_is_array(values) ? json_array_get(values, i) : values, &element);

		if (r < 0)
			return r;
		if (element && !is_complete(attr, element)) {
			json_decref(element);
			return scim_fail(op, SCIM_INVALID_VALUE, "a value lacks what its attribute requires");
		}
		if (element)
			json_array_append_new(array, element);
	}
	return scim_has_two_primaries(array) ? scim_fail(op, SCIM_INVALID_VALUE, "two values are the primary one") : 0;
}

int scim_value_read(struct op *op, const struct scim_attr *attr, const json_t *value, json_t **ret)
{
	_json_ json_t *array = NULL;
	int r;

	*ret = NULL;
	if (json_is_null(value))
		return 0;
	/* Entra ID sends a manager as a list of one. */
	if (!attr->multi && attr->kind == SCIM_COMPLEX && json_array_size(value) == 1)
		value = json_array_get(value, 0);
	if (!attr->multi)
		return scim_element_read(op, attr, value, ret);
	array = json_new_array();
	r = read_all(op, attr, value, array);
	if (r == 0 && json_array_size(array) > 0)
		*ret = json_incref(array);
	return r;
}

bool scim_has_two_primaries(const json_t *values)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(values); i++)
		n += json_get_bool(json_array_get(values, i), "primary", false);
	return n > 1;
}

static const struct scim_attr *attr_in(const struct scim_schema *schema, struct str name)
{
	for (size_t i = 0; i < schema->n_attrs; i++)
		if (str_equal_nocase(str_c(schema->attrs[i].name), name))
			return &schema->attrs[i];
	return NULL;
}

static int read_member(struct op *op, const struct scim_attr *attr, const json_t *value, json_t *place)
{
	json_t *read;
	int r;

	if (attr->mutability == SCIM_READ_ONLY)
		return 0;
	if (json_object_get(place, attr->name))
		return scim_fail(op, SCIM_INVALID_SYNTAX, "a name stands twice");
	r = scim_value_read(op, attr, value, &read);
	if (r == 0 && read)
		json_set_take(place, attr->name, read);
	return r;
}

static int read_extension(struct op *op, const struct scim_schema *schema, const json_t *value, json_t *resource)
{
	_json_ json_t *place = json_new_object();
	const char *name;
	json_t *member;

	if (json_is_null(value))
		return 0;
	if (!json_is_object(value) || json_object_get(resource, schema->urn))
		return scim_fail(op, SCIM_INVALID_SYNTAX, "an extension is one object");
	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		const struct scim_attr *attr = attr_in(schema, str_c(name));
		int r = attr ? read_member(op, attr, member, place) : 0;

		if (r < 0)
			return r;
	}
	if (json_object_size(place) > 0)
		json_set_take(resource, schema->urn, json_incref(place));
	return 0;
}

static bool names_schema(const json_t *body, const char *urn)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)body, name, member)
		if (str_equal_nocase(str_c(name), STR("schemas")))
			for (size_t i = 0; i < json_array_size(member); i++)
				if (json_is_string(json_array_get(member, i)) && str_equal_nocase(text_of(json_array_get(member, i)), str_c(urn)))
					return true;
	return false;
}

static int read_body(struct op *op, const struct scim_type *type, const json_t *body, json_t *resource)
{
	const char *name;
	json_t *member;

	if (!json_is_object(body) || !names_schema(body, type->core->urn))
		return scim_fail(op, SCIM_INVALID_SYNTAX, "schemas has to name the schema of the resource");
	json_object_foreach((json_t *)(uintptr_t)body, name, member) {
		const struct scim_schema *extension = scim_find_extension(type, str_c(name));
		const struct scim_attr *attr = extension ? NULL : attr_in(type->core, str_c(name));
		int r = 0;

		if (!extension && !attr)
			attr = attr_in(&scim_common, str_c(name));
		if (extension)
			r = read_extension(op, extension, member, resource);
		else if (attr)
			r = read_member(op, attr, member, resource);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Of values that are there. */
static int check_complete(struct op *op, const struct scim_schema *schema, const json_t *place)
{
	for (size_t i = 0; i < schema->n_attrs; i++) {
		const json_t *value = json_object_get(place, schema->attrs[i].name);

		if (json_is_object(value) && !is_complete(&schema->attrs[i], value))
			return scim_fail(op, SCIM_INVALID_VALUE, "a value lacks what its attribute requires");
		for (size_t k = 0; k < json_array_size(value); k++)
			if (!is_complete(&schema->attrs[i], json_array_get(value, k)))
				return scim_fail(op, SCIM_INVALID_VALUE, "a value lacks what its attribute requires");
		if (scim_has_two_primaries(value))
			return scim_fail(op, SCIM_INVALID_VALUE, "two values are the primary one");
	}
	return 0;
}

int scim_check_required(struct op *op, const struct scim_type *type, const json_t *resource)
{
	int r = check_complete(op, type->core, resource);

	for (size_t i = 0; i < type->n_extensions && r == 0; i++)
		r = check_complete(op, type->extensions[i], json_object_get(resource, type->extensions[i]->urn));
	for (size_t i = 0; i < type->core->n_attrs && r == 0; i++)
		if (type->core->attrs[i].required && !json_object_get(resource, type->core->attrs[i].name))
			r = scim_fail(op, SCIM_INVALID_VALUE, "an attribute that is required is missing");
	return r;
}

int scim_resource_read(struct op *op, const struct scim_type *type, const json_t *body, json_t **ret_resource)
{
	_json_ json_t *resource = json_new_object();
	int r = read_body(op, type, body, resource);

	if (r == 0)
		r = scim_check_required(op, type, resource);
	if (r == 0)
		*ret_resource = json_incref(resource);
	return r;
}

/* Left out, these stay: what is not said disables nobody, and moves nobody. */
static bool stays(const struct scim_attr *attr)
{
	return attr->mutability != SCIM_READ_WRITE || scim_is_listed("active|posts|title|department|userType|birthDate|sex", str_c(attr->name));
}

static int keep(struct op *op, const struct scim_schema *schema, const json_t *now, json_t *place)
{
	for (size_t i = 0; i < schema->n_attrs; i++) {
		const struct scim_attr *attr = &schema->attrs[i];
		json_t *old = json_object_get(now, attr->name), *new = json_object_get(place, attr->name);

		if (!old || !stays(attr))
			continue;
		if (new && attr->mutability == SCIM_IMMUTABLE && !json_equal(old, new))
			return scim_fail(op, SCIM_MUTABILITY, "an attribute that never changes has another value");
		if (!new)
			json_set_take(place, attr->name, json_incref(old));
	}
	return 0;
}

int scim_resource_replace(struct op *op, const struct scim_type *type, const json_t *now, const json_t *body, json_t **ret_resource)
{
	_json_ json_t *resource = NULL;
	int r = scim_resource_read(op, type, body, &resource);

	if (r == 0)
		r = keep(op, type->core, now, resource);
	if (r == 0)
		r = keep(op, &scim_common, now, resource);
	for (size_t i = 0; i < type->n_extensions && r == 0; i++) {
		const struct scim_schema *schema = type->extensions[i];
		json_t *place = json_object_get(resource, schema->urn), *old = json_object_get(now, schema->urn);

		if (!old)
			continue;
		if (!place)
			json_set_take(resource, schema->urn, place = json_new_object());
		r = keep(op, schema, old, place);
		if (json_object_size(place) == 0)
			json_object_del(resource, schema->urn);
	}
	if (r == 0)
		*ret_resource = json_incref(resource);
	return r;
}

json_t *scim_schemas_of(const struct scim_type *type, const json_t *resource)
{
	json_t *array = json_new_array();

	json_array_append_new(array, json_from_str(str_c(type->core->urn)));
	for (size_t i = 0; i < type->n_extensions; i++)
		if (json_object_get(resource, type->extensions[i]->urn))
			json_array_append_new(array, json_from_str(str_c(type->extensions[i]->urn)));
	return array;
}

bool scim_is_unchanged(const json_t *before, const json_t *after)
{
	_json_ json_t *full = json_deep_copy(after);
	json_t *name = json_object_get(full, "name"), *whole = json_object_get(json_object_get(before, "name"), "formatted");

	if (name && whole && !json_object_get(name, "formatted"))
		json_object_set(name, "formatted", whole);
	return json_equal(before, full);
}
