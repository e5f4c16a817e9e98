#include "common/base/json.h"

#include "common/base/buf.h"
#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>

/* The arena's own limit comes long before. */
#define WRITE_MAX_BYTES ((size_t)1 << 30)

/* jansson recurses once per level: counted before it starts. */
static bool is_too_deep(struct str text, size_t max_depth)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '[' || c == '{') && ++depth > max_depth)
			return true;
		else if (!in_string && (c == ']' || c == '}') && depth > 0)
			depth--;
	}
	return false;
}

static const char *reason_of(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_out_of_memory:
		abort();
	case json_error_duplicate_key:
		return "duplicate member name";
	case json_error_numeric_overflow:
		return "number out of range";
	case json_error_end_of_input_expected:
		return "something follows the value";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "NUL in a string";
	case json_error_premature_end_of_input:
		return "incomplete";
	default:
		return "not JSON";
	}
}

static const char *refuse_before_parsing(struct str text, size_t max_depth)
{
	if (text.len == 0)
		return "empty";
	if (!utf8_is_valid(text))
		return "not UTF-8";
	return is_too_deep(text, max_depth) ? "too deeply nested" : NULL;
}

json_t *json_read(struct str text, size_t max_depth, const char **ret_reason)
{
	json_error_t error;
	json_t *json = NULL;
	const char *reason = refuse_before_parsing(text, max_depth);

	if (!reason) {
		json = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
		if (json)
			return json;
		reason = reason_of(&error);
	}
	if (ret_reason)
		*ret_reason = reason;
	return NULL;
}

static int append(const char *text, size_t len, void *b)
{
	buf_add(b, str_n(text, len));
	return 0;
}

struct str json_write(struct arena *a, const json_t *json, bool canonical)
{
	size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | (canonical ? JSON_SORT_KEYS : 0);

	if (!json)
		return STR_NULL;

	/* Written once into a buffer that grows: to ask for the length first would be to write twice. */
	struct buf b = buf_new(a, WRITE_MAX_BYTES);

	/* A value that cannot be written is a cycle or no memory. */
	if (json_dump_callback(json, append, &b, flags) != 0 || !buf_ok(&b))
		abort();
	return buf_str(&b);
}

struct str json_tidy(struct arena *a, struct str text, size_t max_depth)
{
	_json_ json_t *json = str_is_null(text) ? NULL : json_read(text, max_depth, NULL);

	return json_write(a, json, false);
}

struct str json_get_str(const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);

	return json_is_string(member) ? str_n(json_string_value(member), json_string_length(member)) : STR_NULL;
}

int64_t json_get_int(const json_t *object, const char *name, int64_t fallback)
{
	const json_t *member = json_object_get(object, name);

	return json_is_integer(member) ? json_integer_value(member) : fallback;
}

bool json_get_bool(const json_t *object, const char *name, bool fallback)
{
	const json_t *member = json_object_get(object, name);

	return json_is_boolean(member) ? json_is_true(member) : fallback;
}

static json_t *must(json_t *json)
{
	if (!json)
		abort();
	return json;
}

json_t *json_from_str(struct str s)
{
	return must(str_is_null(s) ? json_null() : json_stringn(s.p, s.len));
}

void json_set_take(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) != 0)
		abort();
}

void json_set_str(json_t *object, const char *name, struct str value)
{
	if (!str_is_null(value))
		json_set_take(object, name, json_from_str(value));
}

void json_set_int(json_t *object, const char *name, int64_t value)
{
	json_set_take(object, name, must(json_integer(value)));
}

void json_set_bool(json_t *object, const char *name, bool value)
{
	json_set_take(object, name, json_boolean(value));
}

json_t *json_new_object(void)
{
	return must(json_object());
}

json_t *json_new_array(void)
{
	return must(json_array());
}
