/* list_diff.h: what differs between two promulgated lists. */
#include "server/governance/list_diff.h"
#include "tests/unit/json_text.h"

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
		_json_ json_t *before = json_of(a, rows[i].before), *after = json_of(a, rows[i].after), *diff = list_diff(before, after);

		print_message("row %zu\n", i);
		assert_str_equal(json_write(a, diff, true), quoted(a, rows[i].expected).p);
	}
}

/* There was no list before. */
static void test_against_nothing(void **state)
{
	_json_ json_t *after = json_of(*state, "[{'code':'P01'}]");
	_json_ json_t *diff = list_diff(NULL, after);

	assert_int_equal(json_array_size(json_object_get(diff, "added")), 1);
	assert_int_equal(json_array_size(json_object_get(diff, "removed")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_diff), UNIT_TEST(test_against_nothing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
