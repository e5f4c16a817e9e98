#include "common/base/base64.h"
#include "common/base/json.h"
#include "common/crypto/digest.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct str unhex(struct arena *a, const char *hex)
{
	struct str bytes;

	assert_true(hex_decode(a, str_c(hex), &bytes));
	return bytes;
}

static struct str repeated(struct arena *a, char c, size_t n)
{
	char *p = arena_alloc(a, n);

	memset(p, c, n);
	return str_n(p, n);
}

static void assert_sha256(struct arena *a, struct str data, const char *hex)
{
	assert_str_equal(hex_encode(a, sha256_str(a, data)), hex);
}

/* FIPS 180-4 examples. */
static void test_sha256(void **state)
{
	assert_sha256(*state, STR("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_sha256(*state, STR(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_sha256(*state, STR_NULL, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_sha256(*state, repeated(*state, 'a', 1000000),
	              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void assert_hmac(struct arena *a, struct str key, struct str data, const char *hex)
{
	uint8_t mac[SHA256_LEN];

	hmac_sha256(key, data, mac);
	assert_str_equal(hex_encode(a, str_n(mac, sizeof(mac))), hex);
}

/* RFC 4231 §4.2 to §4.8; §4.6 is about truncation, which is not offered. */
static void test_hmac_rfc_4231(void **state)
{
	struct arena *a = *state;

	assert_hmac(a, repeated(a, '\x0b', 20), STR("Hi There"),
	            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_hmac(a, STR("Jefe"), STR("what do ya want for nothing?"),
	            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	assert_hmac(a, repeated(a, '\xaa', 20), repeated(a, '\xdd', 50),
	            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	assert_hmac(a, unhex(a, "0102030405060708090a0b0c0d0e0f10111213141516171819"), repeated(a, '\xcd', 50),
	            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
	assert_hmac(a, repeated(a, '\xaa', 131), STR("Test Using Larger Than Block-Size Key - Hash Key First"),
	            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_hmac(a, repeated(a, '\xaa', 131),
	            STR("This is a test using a larger than block-size key and a larger than block-size data. "
	                "The key needs to be hashed before being used by the HMAC algorithm."),
	            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

/* RFC 6234 has no vector for the empty key; this one is well known. */
static void test_hmac_empty_key(void **state)
{
	assert_hmac(*state, STR(""), STR(""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	/* A key before must not be left over. */
	assert_hmac(*state, STR("Jefe"), STR("what do ya want for nothing?"),
	            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	assert_hmac(*state, STR_NULL, STR_NULL, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* Computed with another implementation: what is stored with it must stay readable. */
static void test_hmac_parts_format(void **state)
{
	const struct str parts[] = { STR("a"), STR("bc") };

	assert_str_equal(hex_encode(*state, hmac_parts(*state, repeated(*state, 'k', 32), "use", parts, 2)),
	                 "3334566d6cf7c67e00f91de6816f649bcea8913486b1d0195a51f12f27d91c01");
}

static void test_hmac_parts_is_unambiguous(void **state)
{
	struct arena *a = *state;
	const struct str variants[][2] = {
		{ STR("ab"), STR("c") },  { STR("a"), STR("bc") }, { STR("abc"), STR("") },
		{ STR(""), STR("abc") },  { STR("abc"), STR_NULL }, { STR_NULL, STR("abc") },
	};
	struct str macs[ARRAY_LEN(variants) + 3];
	size_t n = 0;

	for (; n < ARRAY_LEN(variants); n++)
		macs[n] = hmac_parts(a, STR("key"), "use", variants[n], 2);
	macs[n++] = hmac_parts(a, STR("key"), "use", &STR("abc"), 1);
	macs[n++] = hmac_parts(a, STR("key"), "us", variants[0], 2);
	macs[n++] = hmac_parts(a, STR("kez"), "use", variants[0], 2);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(str_equal(macs[i], macs[k]));
	assert_true(str_equal(macs[0], hmac_parts(a, STR("key"), "use", variants[0], 2)));
}

/* RFC 5869 §A.3: the case without salt and info, which is how we use it. */
static void test_hkdf_rfc_5869(void **state)
{
	uint8_t key[42];

	hkdf_sha256(repeated(*state, '\x0b', 22), "", key, sizeof(key));
	assert_str_equal(hex_encode(*state, str_n(key, sizeof(key))),
	                 "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

/* RFC 5869 §2.2, §2.3 by hand: PRK = HMAC(zeros, secret), T(1) = HMAC(PRK, info | 1). */
static void test_hkdf_info_is_the_purpose(void **state)
{
	struct arena *a = *state;
	struct str secret = repeated(a, 'm', 32);
	uint8_t prk[SHA256_LEN], first[SHA256_LEN], key[SHA256_LEN], other[SHA256_LEN];

	hmac_sha256(repeated(a, 0, 32), secret, prk);
	hmac_sha256(str_n(prk, sizeof(prk)), STR("sen flow 1\x01"), first);
	hkdf_sha256(secret, "sen flow 1", key, sizeof(key));
	hkdf_sha256(secret, "sen flow 2", other, sizeof(other));
	assert_memory_equal(key, first, sizeof(key));
	assert_memory_not_equal(key, other, sizeof(key));
}

/* RFC 7638 §3.1, with our canonical JSON. */
static void test_rfc_7638_thumbprint_of_rsa(void **state)
{
	static const char text[] =
		"{\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\","
		"\"kty\":\"RSA\",\"e\":\"AQAB\"}";
	_json_ json_t *key = json_read(str_c(text), 1, NULL);

	assert_non_null(key);
	assert_str_equal(base64url_encode(*state, sha256_str(*state, json_write(*state, key, true))),
	                 "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_sha256),
		UNIT_TEST(test_hmac_rfc_4231),
		UNIT_TEST(test_hmac_empty_key),
		UNIT_TEST(test_hmac_parts_format),
		UNIT_TEST(test_hmac_parts_is_unambiguous),
		UNIT_TEST(test_hkdf_rfc_5869),
		UNIT_TEST(test_hkdf_info_is_the_purpose),
		UNIT_TEST(test_rfc_7638_thumbprint_of_rsa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
