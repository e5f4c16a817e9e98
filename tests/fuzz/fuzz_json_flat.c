/*
 * json_flat.h: of what is JSON it says what the strict reader says, member for member, or that it is odd; of what is none it says
 * anything, within the text.
 */
#include "common/base/json.h"
#include "common/base/json_flat.h"
#include "tests/fuzz/fuzz.h"

#define DEPTH 10

static bool is_within(struct str part, struct str text)
{
	return part.p >= text.p && part.p + part.len <= text.p + text.len;
}

static void check_member(struct arena *a, const json_t *tree, const struct json_flat_member *m)
{
	json_t *value = json_object_get(tree, arena_dup(a, m->name).p);
	_json_ json_t *alone = NULL;

	CHECK(value);
	if (m->type == JSON_FLAT_TEXT) {
		CHECK(json_is_string(value) && str_equal(m->value, str_n(json_string_value(value), json_string_length(value))));
		return;
	}
	alone = json_read(arena_printf(a, "[%.*s]", STR_ARG(m->value)), DEPTH + 1, NULL);
	CHECK(json_array_size(alone) == 1 && json_equal(json_array_get(alone, 0), value));
}

FUZZ_TARGET(a, input)
{
	_json_ json_t *tree = json_read(input, DEPTH, NULL);
	struct json_flat f = json_flat_of(input);
	struct json_flat_member m;
	size_t n = 0;

	while (json_flat_next(&f, &m)) {
		CHECK(is_within(m.name, input) && is_within(m.value, input));
		if (tree)
			check_member(a, tree, &m);
		n++;
	}
	CHECK(f.is_odd != f.is_done || (f.is_odd && f.rest.len > 0));
	if (tree && !f.is_odd)
		CHECK(json_is_object(tree) && json_object_size(tree) == n);
}
