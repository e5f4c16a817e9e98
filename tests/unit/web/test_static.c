#include "server/web/page.h"

#include "tests/unit/unit.h"

static void test_files(void **state)
{
	const char *path = page_static_path("sen.css");
	const struct page_static *file;

	(void)state;
	assert_non_null(path);
	assert_true(str_starts(str_c(path), STR("/static/sen.")) && str_ends(str_c(path), STR(".css")));
	file = page_static_find(str_c(path));
	assert_non_null(file);
	assert_string_equal(file->type, "text/css; charset=utf-8");
	assert_true(file->body.len > 1000);
}

static void test_unknown_files(void **state)
{
	static const struct str bad[] = { STR("/static/sen.css"), STR("/static/"), STR(""), STR("/static/../sen.css") };

	(void)state;
	assert_null(page_static_path("sen.js"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(page_static_find(bad[i]));
}

/* Nothing is fetched from elsewhere, and the policy of the pages needs no exception. */
static void test_css_stands_alone(void **state)
{
	struct str css = page_static_find(str_c(page_static_path("sen.css")))->body;

	(void)state;
	assert_false(str_contains(css, STR("url(")));
	assert_false(str_contains(css, STR("@import")));
	assert_false(str_contains(css, STR("@font-face")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_files),
		UNIT_TEST(test_unknown_files),
		UNIT_TEST(test_css_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
