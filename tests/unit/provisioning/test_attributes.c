/* What differs between an account and what it should be. */
#include "provisioning/attributes.h"
#include "tests/unit/unit.h"

/* The names of what differs, with commas. */
static struct str diff_of(struct arena *a, const char *want, const char *seen)
{
	_json_ json_t *w = json_read(str_c(want), 4, NULL);
	_json_ json_t *s = json_read(str_c(seen), 4, NULL);
	_json_ json_t *diff = NULL;
	struct str names = STR("");
	const char *name;
	json_t *value;

	assert_non_null(w);
	assert_non_null(s);
	diff = attributes_diff(a, w, s);
	json_object_foreach(diff, name, value)
		names = arena_printf(a, "%.*s%s%s", STR_ARG(names), names.len > 0 ? "," : "", name);
	return names;
}

static void test_diff(void **state)
{
	static const struct {
		const char *want, *seen, *names;
	} cases[] = {
		{ "{\"n\":\"An\"}", "{\"n\":\"An\"}", "" },
		{ "{\"n\":\"An\"}", "{\"n\":\"Ba\"}", "n" },
		/* Not kept there; empty there. */
		{ "{\"n\":\"An\"}", "{}", "" },
		{ "{\"n\":\"An\"}", "{\"n\":\"\"}", "n" },
		{ "{\"n\":\"\"}", "{\"n\":\"An\"}", "n" },
		/* None of ours. */
		{ "{\"n\":\"An\"}", "{\"n\":\"An\",\"phone\":\"1\"}", "" },
		/* Forms of Unicode. */
		{ "{\"n\":\"Ánh\"}", "{\"n\":\"A\\u0301nh\"}", "" },
		{ "{\"r\":[\"A\",\"B\"]}", "{\"r\":[\"B\",\"A\"]}", "" },
		{ "{\"r\":[\"A\"]}", "{\"r\":[\"A\",\"B\"]}", "r" },
		{ "{\"r\":[\"A\",\"B\"]}", "{\"r\":[\"A\"]}", "r" },
		{ "{\"r\":[]}", "{\"r\":[]}", "" },
		{ "{\"r\":[]}", "{\"r\":\"A\"}", "r" },
		{ "{\"m\":{\"any\":\"a@b\"}}", "{\"m\":[\"c@d\",\"a@b\"]}", "" },
		{ "{\"m\":{\"any\":\"a@b\"}}", "{\"m\":[\"c@d\"]}", "m" },
		{ "{\"n\":\"An\"}", "{\"n\":7}", "n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str names = diff_of(*state, cases[i].want, cases[i].seen);

		if (!str_equal(names, str_c(cases[i].names)))
			fail_msg("case %zu: \"%.*s\"", i, STR_ARG(names));
	}
}

static void test_lists_are_sets(void **state)
{
	const struct str values[] = { STR("b"), STR(""), STR("a"), STR("b") };
	_json_ json_t *document = json_new_object();

	attributes_list(*state, document, "r", values, ARRAY_LEN(values));
	attributes_text(*state, document, "u", STR("AnNV"), true);
	attributes_text(*state, document, "e", STR_NULL, false);
	assert_str_equal(json_write(*state, document, true), "{\"e\":\"\",\"r\":[\"a\",\"b\"],\"u\":\"annv\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_diff), UNIT_TEST(test_lists_are_sets) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
