#include "common/crypto/digest.h"
#include "common/crypto/keyring.h"
#include "tests/unit/crypto/crypto_test.h"

#include <string.h>

static const struct str master = STR("a master secret of 32 bytes and more");

static struct keyring *test_ring(struct op *op)
{
	struct keyring *k = NULL;

	assert_int_equal(keyring_new(op, master, &k), 0);
	return k;
}

static void test_master_secret(void **state)
{
	struct op op = test_op(*state);
	struct keyring *k = NULL;

	assert_int_equal(keyring_new(&op, str_n(master.p, 31), &k), ERR_CONFIG);
	assert_null(k);
	assert_null(keyring_free(NULL));
	op_forgive(&op);
	assert_int_equal(keyring_new(&op, str_n(master.p, 32), &k), 0);
	keyring_free(k);
}

static void test_purposes(void **state)
{
	struct op op = test_op(*state);
	struct keyring *k = test_ring(&op), *same = test_ring(&op), *other = NULL;
	uint8_t expected[AEAD_KEY_LEN];

	assert_int_equal(keyring_new(&op, STR("another master secret of 32 bytes"), &other), 0);
	for (int i = 0; i < KEY_PURPOSE_COUNT; i++) {
		const uint8_t *key = keyring_key(k, (enum keyring_purpose)i);

		assert_memory_equal(key, keyring_key(same, (enum keyring_purpose)i), AEAD_KEY_LEN);
		assert_memory_not_equal(key, keyring_key(other, (enum keyring_purpose)i), AEAD_KEY_LEN);
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(key, keyring_key(k, (enum keyring_purpose)j), AEAD_KEY_LEN);
	}
	/* A change would make stored values unreadable. */
	hkdf_sha256(master, "sen at rest 1", expected, sizeof(expected));
	assert_memory_equal(keyring_key(k, KEY_AT_REST), expected, sizeof(expected));
	keyring_free(k);
	keyring_free(same);
	keyring_free(other);
}

static void test_mac_and_hash(void **state)
{
	struct op op = test_op(*state);
	struct keyring *k = test_ring(&op);
	const struct str parts[] = { STR("one"), STR("two") };
	struct str mac = keyring_mac(*state, k, KEY_REFRESH, "use", parts, 2);
	struct str hash = keyring_hash(*state, k, KEY_HANDLE, "session", STR("value"));

	assert_int_equal(mac.len, SHA256_LEN);
	assert_true(str_equal(mac, keyring_mac(*state, k, KEY_REFRESH, "use", parts, 2)));
	assert_false(str_equal(mac, keyring_mac(*state, k, KEY_CSRF, "use", parts, 2)));
	assert_false(str_equal(mac, keyring_mac(*state, k, KEY_REFRESH, "usf", parts, 2)));
	assert_false(str_equal(mac, keyring_mac(*state, k, KEY_REFRESH, "use", parts, 1)));
	assert_false(str_equal(hash, keyring_hash(*state, k, KEY_HANDLE, "code", STR("value"))));
	assert_false(str_equal(hash, keyring_hash(*state, k, KEY_CLIENT, "session", STR("value"))));
	assert_true(str_equal(hash, keyring_mac(*state, k, KEY_HANDLE, "session", &STR("value"), 1)));
	keyring_free(k);
}

static void test_signing_keys(void **state)
{
	struct op op = test_op(*state);
	struct keyring *k = test_ring(&op);
	struct jwk *first = test_key(&op), *second = test_key(&op);
	struct str token, payload;

	assert_null(keyring_signing(k, JWS_ES256));
	assert_null(keyring_find(k, STR_NULL, JWS_ES256));
	keyring_add_signing(k, first, true);
	assert_ptr_equal(keyring_signing(k, JWS_ES256), first);
	assert_int_equal(jws_sign(&op, keyring_signing(k, JWS_ES256), "at+jwt", STR("{}"), &token), 0);
	keyring_add_signing(k, second, true);
	assert_ptr_equal(keyring_signing(k, JWS_ES256), second);

	/* The earlier one still verifies. */
	assert_ptr_equal(keyring_find(k, jwk_kid(first), JWS_ES256), first);
	assert_ptr_equal(keyring_find(k, jwk_kid(second), JWS_ES256), second);
	assert_null(keyring_find(k, STR(""), JWS_ES256));
	assert_null(keyring_find(k, STR_NULL, JWS_ES256));
	assert_null(keyring_find(k, STR("unknown"), JWS_ES256));
	assert_null(keyring_find(k, jwk_kid(first), JWS_EDDSA));
	assert_true(jws_verify(&op, token, "at+jwt", keyring_find, k, &payload));
	keyring_free(k);
}

static void test_one_active_key_for_each_algorithm(void **state)
{
	struct op op = test_op(*state);
	struct keyring *k = test_ring(&op);
	struct jwk *ec = test_key(&op), *ed = test_key_of(&op, JWS_EDDSA), *next = test_key_of(&op, JWS_EDDSA);

	keyring_add_signing(k, ec, true);
	assert_null(keyring_signing(k, JWS_EDDSA));
	keyring_add_signing(k, ed, true);
	keyring_add_signing(k, next, false);
	assert_ptr_equal(keyring_signing(k, JWS_ES256), ec);
	assert_ptr_equal(keyring_signing(k, JWS_EDDSA), ed);
	assert_ptr_equal(keyring_find(k, jwk_kid(next), JWS_EDDSA), next);
	keyring_free(k);
}

static void test_jwks(void **state)
{
	struct op op = test_op(*state);
	struct keyring *k = test_ring(&op);
	struct jwk *key = test_key(&op), *same = NULL;
	_json_ json_t *set = keyring_jwks(k);
	struct str der;

	assert_str_equal(json_write(*state, set, true), "{\"keys\":[]}");
	assert_int_equal(jwk_private_der(&op, key, &der), 0);
	assert_int_equal(jwk_from_private_der(&op, JWS_ES256, der, &same), 0);
	keyring_add_signing(k, key, true);
	keyring_add_signing(k, test_key(&op), false);
	/* FAPI 2.0 §5.4.2: no kid twice. */
	keyring_add_signing(k, same, true);
	assert_ptr_equal(keyring_signing(k, JWS_ES256), same);
	json_decref(set);
	set = keyring_jwks(k);
	assert_int_equal(json_array_size(json_object_get(set, "keys")), 2);
	assert_true(str_contains(json_write(*state, set, true), jwk_kid(same)));
	assert_false(str_contains(json_write(*state, set, true), STR("\"d\"")));
	keyring_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_master_secret),
		UNIT_TEST(test_purposes),
		UNIT_TEST(test_mac_and_hash),
		UNIT_TEST(test_signing_keys),
		UNIT_TEST(test_one_active_key_for_each_algorithm),
		UNIT_TEST(test_jwks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
