/* list_diff.h: what differs between two promulgated lists. */
#include "server/governance/list_diff.h"
#include "tests/unit/unit.h"

#include <string.h>

static json_t *parse(const char *text)
{
	json_t *json = json_read(str_c(text), 8, NULL);

	assert_non_null(json);
	return json;
}

static void test_diff(_unused_ void **state)
{
	static const struct {
		const char *before, *after, *expected;
	} rows[] = {
		{ "[]", "[]", "{'added':[],'changed':[],'removed':[]}" },
		{ "[]", "[{'code':'P01','name':'a'}]", "{'added':[{'code':'P01','name':'a'}],'changed':[],'removed':[]}" },
		{ "[{'code':'P01','name':'a'}]", "[]", "{'added':[],'changed':[],'removed':[{'code':'P01','name':'a'}]}" },
		{ "[{'code':'P01','name':'a'}]", "[{'code':'P01','name':'a'}]", "{'added':[],'changed':[],'removed':[]}" },
		{ "[{'code':'P01','name':'a','state':'x'}]", "[{'code':'P01','name':'b','state':'x'}]",
		  "{'added':[],'changed':[{'code':'P01','fields':[{'after':'b','before':'a','field':'name'}],'name':'b'}],'removed':[]}" },
		/* A member that only one of the two has; arrays in their order; a null that was absent is no change. */
		{ "[{'code':'P01','name':'a','functions':['x']}]", "[{'code':'P01','name':'a','functions':['x','y'],'level':3,'note':null}]",
		  "{'added':[],'changed':[{'code':'P01','fields':[{'after':['x','y'],'before':['x'],'field':'functions'},"
		  "{'after':3,'before':null,'field':'level'}],'name':'a'}],'removed':[]}" },
		{ "[{'code':'P01','name':'a','level':3}]", "[{'code':'P01','name':'a'}]",
		  "{'added':[],'changed':[{'code':'P01','fields':[{'after':null,'before':3,'field':'level'}],'name':'a'}],'removed':[]}" },
		/* In between, at the ends, one a prefix of the other. */
		{ "[{'code':'P01'},{'code':'P03'},{'code':'P1'}]", "[{'code':'P02'},{'code':'P03'},{'code':'P10'}]",
		  "{'added':[{'code':'P02'},{'code':'P10'}],'changed':[],'removed':[{'code':'P01'},{'code':'P1'}]}" },
	};
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char texts[3][1000];
		const char *sources[3] = { rows[i].before, rows[i].after, rows[i].expected };

		print_message("row %zu\n", i);
		for (size_t k = 0; k < 3; k++) {
			size_t len = strlen(sources[k]);

			assert_true(len < sizeof(texts[k]));
			for (size_t c = 0; c <= len; c++)
				texts[k][c] = sources[k][c] == '\'' ? '"' : sources[k][c];
		}
		_json_ json_t *before = parse(texts[0]);
		_json_ json_t *after = parse(texts[1]);
		_json_ json_t *diff = list_diff(before, after);

		assert_str_equal(json_write(a, diff, true), texts[2]);
	}
}

/* There was no list before. */
static void test_against_nothing(_unused_ void **state)
{
	_json_ json_t *after = parse("[{\"code\":\"P01\"}]");
	_json_ json_t *diff = list_diff(NULL, after);

	assert_int_equal(json_array_size(json_object_get(diff, "added")), 1);
	assert_int_equal(json_array_size(json_object_get(diff, "removed")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_diff), cmocka_unit_test(test_against_nothing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
