/* json_read: what it accepts and writes, it accepts again and writes as the same text. */
#include "common/base/json.h"
#include "common/base/text.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define DEPTH 8

static size_t depth_of(const json_t *json)
{
	size_t deepest = 0, index, depth;
	const char *name;
	json_t *member;

	if (json_is_array(json)) {
		json_array_foreach(json, index, member) {
			depth = depth_of(member);
			deepest = depth > deepest ? depth : deepest;
		}
		return deepest + 1;
	}
	if (json_is_object(json)) {
		json_object_foreach((json_t *)(uintptr_t)json, name, member) {
			depth = depth_of(member);
			deepest = depth > deepest ? depth : deepest;
		}
		return deepest + 1;
	}
	return 0;
}

FUZZ_TARGET(a, input)
{
	const char *reason = NULL;
	_json_ json_t *json = json_read(input, DEPTH, &reason);

	CHECK(!json == (reason != NULL));
	if (!json)
		return;
	CHECK(utf8_is_valid(input));
	CHECK(depth_of(json) <= DEPTH);

	struct str text = json_write(a, json, true);
	_json_ json_t *again = json_read(text, DEPTH, NULL);

	CHECK(!str_contains(text, STR("\\u0000")) || strstr(text.p, "\\\\u0000"));
	CHECK(again && json_equal(json, again));
	CHECK(str_equal(text, json_write(a, again, true)));

	/* It needs its whole depth and no more. */
	size_t depth = depth_of(json);
	_json_ json_t *exact = json_read(input, depth, NULL);

	CHECK(exact);
	if (depth > 0)
		CHECK(!json_read(input, depth - 1, NULL));
}
