#include "common/base/base64.h"
#include "common/crypto/aead.h"
#include "tests/unit/unit.h"

#include <string.h>

static const uint8_t key[AEAD_KEY_LEN] = { 1, 2, 3 };
static const uint8_t other_key[AEAD_KEY_LEN] = { 1, 2, 4 };

static bool opens(struct arena *a, struct str sealed)
{
	struct str plain;

	return aead_open(a, key, "flow", STR("bound"), sealed, &plain);
}

static void test_round_trip(void **state)
{
	struct arena *a = *state;

	for (size_t len = 0; len < 100; len++) {
		char *text = arena_alloc(a, len + 1);
		struct str plain = STR_NULL, sealed;

		memset(text, (int)len, len);
		sealed = aead_seal(a, key, "flow", STR("bound"), str_n(text, len));
		assert_int_equal(sealed.len, ((len + 28) * 4 + 2) / 3);
		assert_true(aead_open(a, key, "flow", STR("bound"), sealed, &plain));
		assert_int_equal(plain.len, len);
		assert_memory_equal(plain.p, text, len);
	}
}

/* Sealed with another implementation of AES-256-GCM: stored values must stay readable. */
static void test_format(void **state)
{
	uint8_t k[AEAD_KEY_LEN];
	struct str plain;

	memset(k, 'k', sizeof(k));
	assert_true(aead_open(*state, k, "flow", STR("bound"),
	                      STR("AAECAwQFBgcICQoLGrGVR2rw8hA77xuWHGS0CEqy3yyksqS6VeE"), &plain));
	assert_str_equal(plain, "plain text");
}

static void test_every_byte_counts(void **state)
{
	struct arena *a = *state;
	struct str bytes;

	assert_true(base64url_decode(a, aead_seal(a, key, "flow", STR("bound"), STR("plain text")), &bytes));
	for (size_t i = 0; i < bytes.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			char *changed = (char *)(uintptr_t)arena_dup(a, bytes).p;

			changed[i] = (char)(changed[i] ^ (1 << bit));
			assert_false(opens(a, base64url_encode(a, str_n(changed, bytes.len))));
		}
	}
	assert_true(opens(a, base64url_encode(a, bytes)));
}

/* CVE-2023-37464 (cjose): the length of the tag was taken from the input. */
static void test_cve_2023_37464_short_tag(void **state)
{
	struct arena *a = *state;
	struct str bytes;

	assert_true(base64url_decode(a, aead_seal(a, key, "flow", STR("bound"), STR("")), &bytes));
	for (size_t len = 0; len < bytes.len; len++)
		assert_false(opens(a, base64url_encode(a, str_n(bytes.p, len))));
	assert_false(opens(a, base64url_encode(a, arena_printf(a, "%.*sx", STR_ARG(bytes)))));
}

static void test_wrong_binding(void **state)
{
	struct arena *a = *state;
	struct str sealed = aead_seal(a, key, "flow", STR("bound"), STR("plain")), plain = STR("untouched");

	assert_false(aead_open(a, other_key, "flow", STR("bound"), sealed, &plain));
	assert_false(aead_open(a, key, "code", STR("bound"), sealed, &plain));
	assert_false(aead_open(a, key, "flow", STR("bounc"), sealed, &plain));
	assert_false(aead_open(a, key, "flow", STR_NULL, sealed, &plain));
	/* The same bytes, divided elsewhere. */
	assert_false(aead_open(a, key, "flowb", STR("ound"), sealed, &plain));
	assert_false(aead_open(a, key, "flo", STR("wbound"), sealed, &plain));
	assert_str_equal(plain, "untouched");
	assert_true(aead_open(a, key, "flow", STR("bound"), sealed, &plain));
}

static void test_not_sealed(void **state)
{
	assert_false(opens(*state, STR("")));
	assert_false(opens(*state, STR_NULL));
	assert_false(opens(*state, STR("AAAA")));
	assert_false(opens(*state, STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")));
	assert_false(opens(*state, STR("\xff\x00\x01 not base64url, and as long as a sealed value")));
}

static void test_two_seals_differ(void **state)
{
	struct str a = aead_seal(*state, key, "flow", STR("bound"), STR("plain"));
	struct str b = aead_seal(*state, key, "flow", STR("bound"), STR("plain"));

	assert_false(str_equal(a, b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_round_trip),
		UNIT_TEST(test_format),
		UNIT_TEST(test_every_byte_counts),
		UNIT_TEST(test_cve_2023_37464_short_tag),
		UNIT_TEST(test_wrong_binding),
		UNIT_TEST(test_not_sealed),
		UNIT_TEST(test_two_seals_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
