#include "provisioning/scim/mapped.h"

#include "common/base/text.h"

static struct str text_of(const json_t *json)
{
	return json_is_string(json) ? str_n(json_string_value(json), json_string_length(json)) : STR_NULL;
}

/* The element of a multi-valued attribute that the filter names. */
static json_t *element(const json_t *list, const char *type)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (str_equal_nocase(json_get_str(item, "type"), str_c(type)))
			return item;
	return NULL;
}

static json_t *container(const json_t *user, const struct scim_path *p)
{
	return p->schema ? json_object_get(user, p->schema) : (json_t *)user;
}

static json_t *value_at(const json_t *user, const struct scim_path *p)
{
	json_t *value = json_object_get(container(user, p), p->attribute);

	if (p->type)
		value = element(value, p->type);
	return p->sub ? json_object_get(value, p->sub) : value;
}

static json_t *json_of(const struct mapping_value *v)
{
	json_t *list;

	if (v->type != MAPPING_LIST)
		return mapping_value_json(v);
	list = json_new_array();
	for (size_t i = 0; i < v->n; i++) {
		json_t *item = json_new_object();

		json_set_str(item, "value", v->items[i]);
		json_array_append_new(list, item);
	}
	return list;
}

static bool is_nothing(const json_t *json)
{
	return !json || json_is_null(json) || (json_is_string(json) && json_string_length(json) == 0) ||
	       (json_is_array(json) && json_array_size(json) == 0);
}

static bool list_has(const json_t *list, struct str text)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (text_equal_nfc(json_is_string(item) ? text_of(item) : json_get_str(item, "value"), text))
			return true;
	return false;
}

static bool same_list(const json_t *list, const struct mapping_value *v)
{
	if (!json_is_array(list) || json_array_size(list) != v->n)
		return false;
	for (size_t i = 0; i < v->n; i++)
		if (!list_has(list, v->items[i]))
			return false;
	return true;
}

/* Some keep booleans and numbers as text. */
static bool same(const json_t *now, const struct mapping_value *v)
{
	char digits[STR_I64_MAX];

	if (mapping_value_is_empty(v))
		return is_nothing(now);
	switch (v->type) {
	case MAPPING_BOOLEAN:
		return json_is_boolean(now) ? json_is_true(now) == (v->number != 0)
		                            : str_equal_nocase(text_of(now), v->number ? STR("true") : STR("false"));
	case MAPPING_INTEGER:
		return json_is_integer(now) ? json_integer_value(now) == v->number : str_equal(text_of(now), str_of_i64(v->number, digits));
	case MAPPING_LIST:
		return same_list(now, v);
	default:
		return json_is_string(now) && text_equal_nfc(text_of(now), v->text);
	}
}

/* An object or list that is not one is made anew. */
static json_t *child(json_t *parent, const char *name, bool is_list)
{
	json_t *found = json_object_get(parent, name);

	if (is_list ? json_is_array(found) : json_is_object(found))
		return found;
	found = is_list ? json_new_array() : json_new_object();
	json_set_take(parent, name, found);
	return found;
}

static json_t *element_made(json_t *list, const char *type)
{
	json_t *found = element(list, type);

	if (found)
		return found;
	found = json_new_object();
	json_set_str(found, "type", str_c(type));
	json_array_append_new(list, found);
	return found;
}

static void set_value(json_t *user, const struct scim_path *p, const struct mapping_value *v)
{
	json_t *parent = p->schema ? child(user, p->schema, false) : user;
	const char *name = p->attribute;

	if (p->type)
		parent = element_made(child(parent, name, true), p->type);
	else if (p->sub)
		parent = child(parent, name, false);
	json_set_take(parent, p->sub ? p->sub : name, json_of(v));
}

static void remove_value(json_t *user, const struct scim_path *p)
{
	json_t *parent = container(user, p);
	size_t i;
	json_t *item;

	if (p->type) {
		json_array_foreach(json_object_get(parent, p->attribute), i, item)
			if (str_equal_nocase(json_get_str(item, "type"), str_c(p->type))) {
				json_array_remove(json_object_get(parent, p->attribute), i);
				return;
			}
		return;
	}
	if (p->sub)
		parent = json_object_get(parent, p->attribute);
	json_object_del(parent, p->sub ? p->sub : p->attribute);
}

void scim_mapped_set(json_t *user, const struct desired *want, bool is_new)
{
	for (size_t i = 0; i < want->n_values; i++) {
		const struct desired_value *w = &want->values[i];

		if ((w->row->owner == MAPPING_INITIAL || desired_leaves(want, w->row->path.p)) && !is_new)
			continue;
		if (!mapping_value_is_empty(&w->value))
			set_value(user, &w->row->scim, &w->value);
		else if (!is_new)
			remove_value(user, &w->row->scim);
	}
}

/* Takes over value; NULL: none. */
static void operation(json_t *operations, const char *op, struct str path, json_t *value)
{
	json_t *json = json_new_object();

	json_set_str(json, "op", str_c(op));
	json_set_str(json, "path", path);
	if (value)
		json_set_take(json, "value", value);
	json_array_append_new(operations, json);
}

/* The path of the list, or of the element, that a path with a filter leads through. */
static struct str until(struct str path, char last, bool with_it)
{
	ptrdiff_t at = str_index(path, last);

	return at < 0 ? path : str_n(path.p, (size_t)at + with_it);
}

static void patch_row(json_t *operations, const json_t *current, const struct desired_value *w)
{
	const struct scim_path *p = &w->row->scim;

	if (mapping_value_is_empty(&w->value)) {
		operation(operations, "remove", p->type ? until(w->row->path, ']', true) : w->row->path, NULL);
	} else if (p->type && !element(json_object_get(container(current, p), p->attribute), p->type)) {
		json_t *list = json_new_array();

		json_set_take(element_made(list, p->type), p->sub, json_of(&w->value));
		operation(operations, "add", until(w->row->path, '[', false), list);
	} else {
		operation(operations, "replace", w->row->path, json_of(&w->value));
	}
}

void scim_mapped_patch(json_t *operations, const json_t *current, const struct desired *want)
{
	for (size_t i = 0; i < want->n_values; i++) {
		const struct desired_value *w = &want->values[i];

		if (w->row->owner == MAPPING_OURS && !desired_leaves(want, w->row->path.p) && !same(value_at(current, &w->row->scim), &w->value))
			patch_row(operations, current, w);
	}
}

bool scim_mapped_matches(const json_t *user, const struct desired *want)
{
	for (size_t i = 0; i < want->n_values; i++) {
		const struct desired_value *w = &want->values[i];
		const json_t *now = value_at(user, &w->row->scim);

		if (w->row->owner == MAPPING_OURS && !desired_leaves(want, w->row->path.p) && !is_nothing(now) && !same(now, &w->value))
			return false;
	}
	return true;
}

void scim_mapped_schemas(json_t *schemas, const struct desired *want)
{
	for (size_t i = 0; i < want->n_values; i++) {
		const char *schema = want->values[i].row->scim.schema;

		if (schema && !list_has(schemas, str_c(schema)))
			json_array_append_new(schemas, json_from_str(str_c(schema)));
	}
}

struct str scim_path_text(const json_t *user, const struct scim_path *path)
{
	const json_t *value = json_object_get(container(user, path), path->attribute);
	const json_t *first = json_is_array(value) ? json_array_get(value, 0) : value;

	if (json_is_object(first))
		first = json_object_get(first, path->sub ? path->sub : "value");
	return text_of(first);
}

static bool is_text(const json_t *json, struct str text, bool nocase)
{
	struct str now = text_of(json);

	return !str_is_null(now) && (nocase ? str_equal_nocase(now, text) : text_equal_nfc(now, text));
}

bool scim_path_has(const json_t *user, const struct scim_path *path, struct str text, bool nocase)
{
	const json_t *value = json_object_get(container(user, path), path->attribute);
	size_t i;
	json_t *item;

	if (!json_is_array(value))
		return is_text(path->sub ? json_object_get(value, path->sub) : value, text, nocase);
	json_array_foreach((json_t *)value, i, item)
		if (is_text(json_is_string(item) ? item : json_object_get(item, path->sub ? path->sub : "value"), text, nocase))
			return true;
	return false;
}
