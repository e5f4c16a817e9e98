#include "common/base/base64.h"
#include "tests/unit/unit.h"

struct vector {
	struct str bytes;
	struct str text;
};

/* RFC 4648 §10 */
static const struct vector rfc4648[] = {
	{ STR(""), STR("") },
	{ STR("f"), STR("Zg==") },
	{ STR("fo"), STR("Zm8=") },
	{ STR("foo"), STR("Zm9v") },
	{ STR("foob"), STR("Zm9vYg==") },
	{ STR("fooba"), STR("Zm9vYmE=") },
	{ STR("foobar"), STR("Zm9vYmFy") },
};

static void test_rfc4648_vectors(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rfc4648); i++) {
		const struct vector *v = &rfc4648[i];
		struct str text = base64_encode(*state, v->bytes), bytes;

		assert_true(str_equal(text, v->text));
		assert_true(base64_decode(*state, text, &bytes));
		assert_true(str_equal(bytes, v->bytes));

		/* The same without padding is base64url: these have no '+' and no '/'. */
		struct str bare = v->text;

		while (str_ends(bare, STR("=")))
			bare.len--;
		assert_true(str_equal(base64url_encode(*state, v->bytes), bare));
		assert_true(base64url_decode(*state, bare, &bytes));
		assert_true(str_equal(bytes, v->bytes));
	}
}

static void test_alphabets(void **state)
{
	struct str bytes = STR("\xfb\xff\xbf"), back;

	assert_str_equal(base64_encode(*state, bytes), "+/+/");
	assert_str_equal(base64url_encode(*state, bytes), "-_-_");
	assert_true(base64_decode(*state, STR("+/+/"), &back));
	assert_true(str_equal(back, bytes));
	assert_true(base64url_decode(*state, STR("-_-_"), &back));
	assert_true(str_equal(back, bytes));
	assert_false(base64_decode(*state, STR("-_-_"), &back));
	assert_false(base64url_decode(*state, STR("+/+/"), &back));
}

static void test_every_byte_and_length_round_trips(void **state)
{
	char bytes[256];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 167 + 13);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct str s = str_n(bytes, len), back;

		arena_reset(*state);
		assert_true(base64url_decode(*state, base64url_encode(*state, s), &back));
		assert_true(str_equal(back, s));
		assert_true(base64_decode(*state, base64_encode(*state, s), &back));
		assert_true(str_equal(back, s));
		assert_true(hex_decode(*state, hex_encode(*state, s), &back));
		assert_true(str_equal(back, s));
	}
}

static void test_base64url_refuses(void **state)
{
	static const struct str bad[] = {
		STR("Zg=="),  STR("Zm8="), STR("="),    STR("A"),     STR("Zm9vY"), STR("Zm 9v"), STR("Zm9v\n"),
		STR("Zm9v "), STR("Zm\0v"), STR("Zm9\xc3"),
		STR("Zh"),   /* "f" with a bit set behind it */
		STR("Zm9"),  /* "fo" with a bit set behind it */
	};
	struct str bytes = STR("untouched");

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(base64url_decode(*state, bad[i], &bytes));
	assert_str_equal(bytes, "untouched");
}

static void test_base64_refuses(void **state)
{
	static const struct str bad[] = {
		STR("Zg"),   STR("Zg="),  STR("Zg==="), STR("===="), STR("Z==="),     STR("Zh=="),
		STR("Zm9="), STR("=Zg="), STR("Z=g="),  STR("Zg\n="), STR("Zg==Zg=="),
	};
	struct str bytes;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(base64_decode(*state, bad[i], &bytes));
}

static void test_hex(void **state)
{
	struct str bytes;

	assert_str_equal(hex_encode(*state, STR("\x00\xff\x1a")), "00ff1a");
	assert_true(hex_decode(*state, STR("00Ff1A"), &bytes));
	assert_true(str_equal(bytes, STR("\x00\xff\x1a")));
	assert_false(hex_decode(*state, STR("0"), &bytes));
	assert_false(hex_decode(*state, STR("0g"), &bytes));
	assert_false(hex_decode(*state, STR("g0"), &bytes));
	assert_false(hex_decode(*state, STR(" 0"), &bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_rfc4648_vectors),
		UNIT_TEST(test_alphabets),
		UNIT_TEST(test_every_byte_and_length_round_trips),
		UNIT_TEST(test_base64url_refuses),
		UNIT_TEST(test_base64_refuses),
		UNIT_TEST(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
