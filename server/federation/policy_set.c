#include "server/federation/policy_set.h"

#include "common/base/buf.h"

bool policy_is_words(const char *parameter)
{
	return str_equal(str_c(parameter), STR("scope"));
}

static json_t *split_words(const json_t *text)
{
	struct str rest = str_n(json_string_value(text), json_string_length(text)), word;
	json_t *set = json_new_array();

	while (str_split(&rest, ' ', &word))
		if (!str_is_empty(word))
			json_array_append_new(set, json_from_str(word));
	return set;
}

json_t *policy_set_of(const char *parameter, const json_t *value)
{
	if (json_is_null(value))
		return json_new_array();
	if (json_is_array(value))
		return json_incref((json_t *)(uintptr_t)value);
	return policy_is_words(parameter) && json_is_string(value) ? split_words(value) : NULL;
}

json_t *policy_set_written(const char *parameter, json_t *set)
{
	_cleanup_(arena_freep) struct arena *a = NULL;
	struct buf text;
	json_t *item;
	size_t i;

	if (!policy_is_words(parameter))
		return json_incref(set);
	a = arena_new(1 << 20);
	text = buf_new(a, 1 << 18);
	json_array_foreach(set, i, item) {
		if (text.len > 0)
			buf_add_char(&text, ' ');
		buf_add(&text, json_is_string(item) ? str_n(json_string_value(item), json_string_length(item)) : STR(""));
	}
	return json_from_str(buf_ok(&text) && text.p ? buf_str(&text) : STR(""));
}

bool policy_set_has(const json_t *set, const json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach(set, i, item)
		if (json_equal(item, value))
			return true;
	return false;
}

bool policy_is_subset(const json_t *part, const json_t *whole)
{
	const json_t *item;
	size_t i;

	json_array_foreach(part, i, item)
		if (!policy_set_has(whole, item))
			return false;
	return true;
}

json_t *policy_union(const json_t *a, const json_t *b)
{
	json_t *set = json_new_array();
	const json_t *const both[] = { a, b };

	for (size_t k = 0; k < ARRAY_LEN(both); k++) {
		json_t *item;
		size_t i;

		json_array_foreach(both[k], i, item)
			if (!policy_set_has(set, item))
				json_array_append(set, item);
	}
	return set;
}

json_t *policy_intersection(const json_t *a, const json_t *b)
{
	json_t *set = json_new_array(), *item;
	size_t i;

	json_array_foreach(a, i, item)
		if (policy_set_has(b, item) && !policy_set_has(set, item))
			json_array_append(set, item);
	return set;
}
