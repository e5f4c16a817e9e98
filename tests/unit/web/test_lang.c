/* The build refuses languages that differ (embed.py); here the same is asked of what was built. */
#include "common/base/err.h"
#include "common/base/text.h"
#include "server/web/embedded.h"
#include "tests/unit/unit.h"

/* Appends each {name} of the text. */
static void add_placeholders(struct buf *b, struct str text)
{
	ptrdiff_t open;

	while ((open = str_index(text, '{')) >= 0) {
		ptrdiff_t close = str_index(text, '}');

		assert_true(close > open);
		buf_add(b, str_n(text.p + open, (size_t)(close - open) + 1));
		text = str_skip(text, (size_t)close + 1);
	}
}

static void test_both_languages(void **state)
{
	for (size_t i = 0; i < n_embedded_strings; i++) {
		const struct lang_entry *e = &embedded_strings[i];
		struct buf vi = buf_new(*state, 1024), en = buf_new(*state, 1024);

		assert_true(e->vi.len > 0 && e->en.len > 0);
		add_placeholders(&vi, e->vi);
		add_placeholders(&en, e->en);
		assert_true(str_equal(buf_str(&vi), buf_str(&en)));
	}
}

static void test_text_is_nfc(void **state)
{
	for (size_t i = 0; i < n_embedded_strings; i++) {
		struct str vi;

		assert_true(text_normalise(*state, embedded_strings[i].vi, &vi));
		assert_true(str_equal(vi, embedded_strings[i].vi));
	}
}

static void test_keys_are_sorted(void **state)
{
	(void)state;
	for (size_t i = 1; i < n_embedded_strings; i++)
		assert_true(str_compare(str_c(embedded_strings[i - 1].key), str_c(embedded_strings[i].key)) < 0);
}

static void test_each_error_has_words(void **state)
{
	for (int code = ERR_FIRST_ + 1; code < ERR_END_; code++) {
		const char *key = arena_printf(*state, "err.%s", err_name(code)).p;

		if (!page_text_exists(key))
			fail_msg("no string %s", key);
	}
}

static void test_each_page_has_a_title(void **state)
{
	for (size_t i = 0; i < n_embedded_templates; i++) {
		const char *name = embedded_templates[i].name;

		/* The frame, and parts of several pages. */
		if (!str_equal(str_c(name), STR("layout")) && !str_starts(str_c(name), STR("client_")))
			assert_true(page_text_exists(arena_printf(*state, "title.%s", name).p));
	}
}

static void test_text(void **state)
{
	assert_str_equal(page_text(*state, STR("vi"), "login.submit", NULL, 0), "Đăng nhập");
	assert_str_equal(page_text(*state, STR("en"), "login.submit", NULL, 0), "Log in");
	assert_str_equal(page_text(*state, STR("fr"), "login.submit", NULL, 0), "Đăng nhập");
	assert_str_equal(page_text(*state, STR("vi"), "no.such.key", NULL, 0), "no.such.key");
	assert_false(page_text_exists("no.such.key"));
	assert_false(page_text_exists(""));
}

static void test_arguments(void **state)
{
	const struct page_arg args[] = { { "field", STR("{n}") }, { "n", STR("5") }, { "gone", STR_NULL } };

	assert_str_equal(lang_fill(*state, STR("{field} {n}{n}{gone}."), args, 3), "{n} 55.");
	assert_str_equal(lang_fill(*state, STR("{ n} {m} {{n}} {n"), args, 3), "{ n} {m} {5} {n");
	assert_str_equal(lang_fill(*state, STR(""), args, 3), "");
	assert_str_equal(page_text(*state, STR("en"), "login.submit", args, 3), "Log in");
}

static void test_language_choice(void **state)
{
	static const struct {
		struct str accept;
		const char *lang;
	} cases[] = {
		{ STR("vi"), "vi" },
		{ STR("vi-VN,vi;q=0.9,en;q=0.8"), "vi" },
		{ STR("en-US,en;q=0.9,vi;q=0.8"), "en" },
		{ STR("fr, en;q=0.2, vi;q=0.3"), "vi" },
		{ STR("en;q=0, vi;q=0.001"), "vi" },
		{ STR("EN"), "en" },
		{ STR("en vi"), "en" },
		{ STR("fr vi en"), "vi" },
		{ STR("en ; q=0.5 , vi ; q=0.6"), "vi" },
		{ STR("en;q=1.5,vi;q=0.1"), "vi" },
		{ STR("en;q=x,vi;q=0.1"), "vi" },
	};
	static const struct str none[] = { STR_NULL, STR(""), STR("fr"), STR("*"), STR("en;q=0"), STR("english"), STR(",,;;") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_str_equal(page_lang_choose(cases[i].accept), cases[i].lang);
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_str_null(page_lang_choose(none[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_both_languages),
		UNIT_TEST(test_text_is_nfc),
		UNIT_TEST(test_keys_are_sorted),
		UNIT_TEST(test_each_error_has_words),
		UNIT_TEST(test_each_page_has_a_title),
		UNIT_TEST(test_text),
		UNIT_TEST(test_arguments),
		UNIT_TEST(test_language_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
