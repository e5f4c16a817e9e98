#include "server/governance/list_diff.h"

static void add_field(json_t *fields, const char *name, json_t *before, json_t *after)
{
	json_t *field = json_new_object();

	json_set_str(field, "field", str_c(name));
	json_set_take(field, "before", json_incref(before));
	json_set_take(field, "after", json_incref(after));
	json_array_append_new(fields, field);
}

/* Members that are not the same; one that only one of the two has is null in the other. */
static json_t *changed_fields(json_t *before, json_t *after)
{
	json_t *fields = json_new_array(), *value, *other;
	const char *name;

	json_object_foreach(before, name, value) {
		other = json_object_get(after, name);
		if (!other)
			other = json_null();
		if (!json_equal(value, other))
			add_field(fields, name, value, other);
	}
	json_object_foreach(after, name, value)
		if (!json_object_get(before, name) && !json_is_null(value))
			add_field(fields, name, json_null(), value);
	return fields;
}

static void compare(json_t *changed, json_t *before, json_t *after)
{
	json_t *fields = changed_fields(before, after), *item;

	if (json_array_size(fields) == 0) {
		json_decref(fields);
		return;
	}
	item = json_new_object();
	json_set_str(item, "code", json_get_str(after, "code"));
	json_set_str(item, "name", json_get_str(after, "name"));
	json_set_take(item, "fields", fields);
	json_array_append_new(changed, item);
}

static int order(const json_t *a, const json_t *b)
{
	if (!a || !b)
		return a ? -1 : 1;
	return str_compare(json_get_str(a, "code"), json_get_str(b, "code"));
}

json_t *list_diff(const json_t *before, const json_t *after)
{
	json_t *added = json_new_array(), *removed = json_new_array(), *changed = json_new_array(), *diff = json_new_object();
	size_t i = 0, k = 0;

	while (i < json_array_size(before) || k < json_array_size(after)) {
		json_t *old = json_array_get(before, i), *new = json_array_get(after, k);
		int which = order(old, new);

		if (which == 0)
			compare(changed, old, new);
		else if (which < 0)
			json_array_append(removed, old);
		else
			json_array_append(added, new);
		i += which <= 0;
		k += which >= 0;
	}
	json_set_take(diff, "added", added);
	json_set_take(diff, "removed", removed);
	json_set_take(diff, "changed", changed);
	return diff;
}
