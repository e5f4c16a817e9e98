/* json_out against jansson: the same bytes, whatever the text. */
#include "common/base/json_out.h"

#include "common/base/json.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static void assert_same(struct arena *a, struct str value)
{
	_json_ json_t *expected = json_new_object();
	struct json_out o = json_out_begin(a);
	struct str text;

	json_set_str(expected, "first", value);
	json_set_int(expected, "n", INT64_MIN);
	json_set_str(expected, "last", value);
	json_out_str(&o, "first", value);
	json_out_int(&o, "n", INT64_MIN);
	json_out_str(&o, "last", value);
	text = json_out_end(&o);
	if (!str_equal(text, json_write(a, expected, false)))
		fail_msg("%.*s", STR_ARG(text));
}

static void test_every_ascii_character(void **state)
{
	for (int c = 0; c < 0x80; c++) {
		char text[] = { 'a', (char)c, (char)c, 'z' };

		assert_same(*state, str_n(text, sizeof(text)));
		assert_same(*state, str_n(text + 1, 1));
	}
}

static void test_texts(void **state)
{
	static const char *const texts[] = {
		"", "\"", "\\\"\n\t", "Nguyễn Thị Đẹp", "ệ", "a\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "😀\"đ\\",
		"UBND xã Hưng Nguyên – \"Một cửa\"", "/\x7f",
	};
	char long_text[5000];

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_same(*state, str_c(texts[i]));
	memset(long_text, 'x', sizeof(long_text));
	memcpy(long_text + 3000, "\xe1\xbb\x87\n", 4);
	assert_same(*state, str_n(long_text, sizeof(long_text)));
}

static void test_members(void **state)
{
	struct json_out o = json_out_begin(*state);

	assert_true(str_equal(json_out_end(&o), STR("{}")));
	o = json_out_begin(*state);
	json_out_str(&o, "absent", STR_NULL);
	json_out_raw(&o, "absent", STR_NULL);
	json_out_bool(&o, "yes", true);
	json_out_bool(&o, "no", false);
	json_out_words(&o, "none", STR_NULL);
	json_out_words(&o, "amr", STR("pwd \"otp"));
	json_out_raw(&o, "raw", STR("{\"a\": [1]}"));
	json_out_int(&o, "n", -5);
	assert_true(str_equal(json_out_end(&o), STR("{\"yes\":true,\"no\":false,\"none\":[],\"amr\":[\"pwd\",\"\\\"otp\"],\"raw\":{\"a\": [1]},\"n\":-5}")));
}

/* Other allocations come between, as they do when values are made on the way. */
static void test_grows_among_others(void **state)
{
	struct json_out o = json_out_begin(*state);
	_json_ json_t *read = NULL;
	char name[8];

	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "m%d", i);
		json_out_str(&o, name, arena_printf(*state, "value %d, %s", i, "ệ"));
	}
	read = json_read(json_out_end(&o), 1, NULL);
	assert_int_equal(json_object_size(read), 300);
	assert_true(str_equal(json_get_str(read, "m299"), STR("value 299, ệ")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_every_ascii_character),
		UNIT_TEST(test_texts),
		UNIT_TEST(test_members),
		UNIT_TEST(test_grows_among_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
