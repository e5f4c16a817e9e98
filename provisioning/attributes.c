#include "provisioning/attributes.h"

#include "common/base/text.h"

#include <stdlib.h>

static struct str json_text(const json_t *value)
{
	return json_is_string(value) ? str_n(json_string_value(value), json_string_length(value)) : STR_NULL;
}

struct str attributes_lower(struct arena *a, struct str value)
{
	char *p = arena_alloc(a, value.len + 1);

	for (size_t i = 0; i < value.len; i++)
		p[i] = value.p[i] >= 'A' && value.p[i] <= 'Z' ? (char)(value.p[i] - 'A' + 'a') : value.p[i];
	return str_n(p, value.len);
}

static json_t *folded(struct arena *a, struct str value, bool nocase)
{
	if (nocase)
		return json_from_str(attributes_lower(a, value));
	return json_from_str(str_is_null(value) ? STR("") : value);
}

void attributes_text(struct arena *a, json_t *document, const char *name, struct str value, bool nocase)
{
	json_set_take(document, name, folded(a, value, nocase));
}

void attributes_any(struct arena *a, json_t *document, const char *name, struct str value, bool nocase)
{
	json_t *any = json_new_object();

	json_set_take(any, "any", folded(a, value, nocase));
	json_set_take(document, name, any);
}

static int by_text(const void *x, const void *y)
{
	return str_compare(*(const struct str *)x, *(const struct str *)y);
}

void attributes_list(struct arena *a, json_t *document, const char *name, const struct str *values, size_t n)
{
	struct str *sorted = ARENA_ARRAY(a, struct str, n + 1);
	json_t *list = json_new_array();
	size_t n_sorted = 0;

	for (size_t i = 0; i < n; i++)
		if (!str_is_empty(values[i]))
			sorted[n_sorted++] = values[i];
	if (n_sorted > 1)
		qsort(sorted, n_sorted, sizeof(*sorted), by_text);
	for (size_t i = 0; i < n_sorted; i++)
		if (i == 0 || !str_equal(sorted[i], sorted[i - 1]))
			json_array_append_new(list, json_from_str(sorted[i]));
	json_set_take(document, name, list);
}

static bool same_text(struct arena *a, struct str want, struct str seen)
{
	struct str normal;

	return str_equal(want, seen) || (text_normalise(a, seen, &normal) && str_equal(want, normal));
}

static bool list_has(struct arena *a, const json_t *list, struct str want)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (same_text(a, want, json_text(item)))
			return true;
	return false;
}

static bool same_list(struct arena *a, const json_t *want, const json_t *seen)
{
	const json_t *item;
	size_t i;

	if (json_array_size(want) != json_array_size(seen))
		return false;
	json_array_foreach(want, i, item)
		if (!list_has(a, seen, json_text(item)))
			return false;
	return true;
}

static bool same(struct arena *a, const json_t *want, const json_t *seen)
{
	const json_t *any = json_object_get(want, "any");

	if (any)
		return json_is_array(seen) ? list_has(a, seen, json_text(any)) : same_text(a, json_text(any), json_text(seen));
	if (json_is_array(want))
		return json_is_array(seen) && same_list(a, want, seen);
	return json_is_string(seen) && same_text(a, json_text(want), json_text(seen));
}

json_t *attributes_diff(struct arena *a, const json_t *want, const json_t *seen)
{
	json_t *diff = json_new_object();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)want, name, value) {
		const json_t *there = json_object_get(seen, name);
		json_t *both;

		if (!there || same(a, value, there))
			continue;
		both = json_new_object();
		json_set_take(both, "want", json_deep_copy(json_object_get(value, "any") ? json_object_get(value, "any") : value));
		json_set_take(both, "seen", json_deep_copy(there));
		json_set_take(diff, name, both);
	}
	return diff;
}

json_t *attributes_roles(const struct desired *want)
{
	json_t *roles = json_new_array();

	for (size_t i = 0; want->active && i < want->n_roles; i++) {
		json_t *role = json_new_object();

		json_set_str(role, "code", want->roles[i].code);
		json_set_str(role, "name", want->roles[i].name);
		json_array_append_new(roles, role);
	}
	return roles;
}
