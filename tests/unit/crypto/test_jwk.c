#include "common/base/base64.h"
#include "tests/unit/crypto/crypto_test.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <pthread.h>
#include <string.h>

#define X "\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\""
#define Y "\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\""
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\""

static int read_key(struct arena *a, const char *text, struct jwk **ret_key)
{
	struct op op = test_op(a);
	_json_ json_t *object = json_read(str_c(text), 4, NULL);

	assert_non_null(object);
	return jwk_from_json(&op, object, JWS_ALG_NONE_, ret_key);
}

static void assert_refused(struct arena *a, const char *text)
{
	struct jwk *key = NULL;

	if (read_key(a, text, &key) != ERR_INVALID_VALUE)
		fail_msg("accepted: %s", text);
	assert_null(key);
}

static void assert_kid(struct arena *a, const char *text, const char *kid)
{
	_cleanup_(jwk_freep) struct jwk *key = NULL;

	assert_int_equal(read_key(a, text, &key), 0);
	assert_str_equal(jwk_kid(key), kid);
	assert_false(jwk_has_private(key));
}

/* RFC 9449 §6.1 gives the thumbprint of its key. */
static void test_thumbprint_rfc_9449(void **state)
{
	assert_kid(*state, "{" EC "," X "," Y "}", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
	/* RFC 7638 §3.2.2: nothing but the required members counts. */
	assert_kid(*state, "{" Y ",\"kid\":\"mine\",\"use\":\"sig\",\"alg\":\"ES256\",\"key_ops\":[\"verify\"]," X "," EC "}",
	           "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

static void test_public_json(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = test_key(&op), *again = NULL;
	_json_ json_t *object = jwk_public_json(key);

	assert_int_equal(json_object_size(object), 7);
	assert_str_equal(json_get_str(object, "kty"), "EC");
	assert_str_equal(json_get_str(object, "crv"), "P-256");
	assert_str_equal(json_get_str(object, "use"), "sig");
	assert_str_equal(json_get_str(object, "alg"), "ES256");
	assert_true(str_equal(json_get_str(object, "kid"), jwk_kid(key)));
	assert_int_equal(json_get_str(object, "x").len, 43);
	assert_int_equal(json_get_str(object, "y").len, 43);
	assert_int_equal(jwk_from_json(&op, object, JWS_ALG_NONE_, &again), 0);
	assert_true(str_equal(jwk_kid(again), jwk_kid(key)));
	/* The caller's copy: changing it changes no key. */
	json_set_str(object, "d", STR("x"));
	json_decref(object);
	object = jwk_public_json(key);
	assert_null(json_object_get(object, "d"));
}

static void test_from_json_refuses(void **state)
{
	static const char *const texts[] = {
		"[]",
		"\"EC\"",
		"{}",
		"{" EC "," X "}",
		"{" EC "," Y "}",
		"{\"crv\":\"P-256\"," X "," Y "}",
		"{\"kty\":\"EC\"," X "," Y "}",
		"{\"kty\":\"ec\",\"crv\":\"P-256\"," X "," Y "}",
		"{\"kty\":\"EC\",\"crv\":\"P-384\"," X "," Y "}",
		"{\"kty\":\"EC\",\"crv\":\"secp256k1\"," X "," Y "}",
		"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
		"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\"}",
		"{" EC ",\"x\":1,\"y\":2}",
		"{" EC "," X ",\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA=\"}",
		/* one byte too few, one too many, other characters, other spelling of the last bits */
		"{" EC "," X ",\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRA\"}",
		"{" EC "," X ",\"y\":\"AAVROI3_zpP6OuM2005XLjSWox5rer_Uw1a1NAnbxkQw\"}",
		"{" EC "," X ",\"y\":\"9VE4jf/Ok/o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\"}",
		"{" EC "," X ",\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDB\"}",
		/* meant for something else */
		"{" EC "," X "," Y ",\"use\":\"enc\"}",
		"{" EC "," X "," Y ",\"use\":1}",
		"{" EC "," X "," Y ",\"key_ops\":[\"sign\"]}",
		"{" EC "," X "," Y ",\"key_ops\":[]}",
		"{" EC "," X "," Y ",\"key_ops\":\"verify\"}",
		"{" EC "," X "," Y ",\"alg\":\"ES384\"}",
		"{" EC "," X "," Y ",\"alg\":\"none\"}",
		"{" EC "," X "," Y ",\"alg\":\"HS256\"}",
		"{" EC "," X "," Y ",\"alg\":null}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_refused(*state, texts[i]);
}

static void test_from_json_refuses_private_members(void **state)
{
	static const char *const names[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_refused(*state, arena_printf(*state, "{" EC "," X "," Y ",\"%s\":\"AQAB\"}", names[i]).p);
	assert_refused(*state, "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"}");
}

/* CVE-2015-7940: points of another, weak curve were taken for points of this one. */
static void test_cve_2015_7940_point_off_the_curve(void **state)
{
	/* y + 1; x and y exchanged; both zero; both 2^256 - 1; x = the prime, so zero in disguise */
	assert_refused(*state, "{" EC "," X ",\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDE\"}");
	assert_refused(*state, "{" EC ",\"y\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\","
	                       "\"x\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\"}");
	assert_refused(*state, "{" EC ",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	                       "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}");
	assert_refused(*state, "{" EC ",\"x\":\"__________________________________________8\","
	                       "\"y\":\"__________________________________________8\"}");
	assert_refused(*state, "{" EC ",\"x\":\"_____wAAAAEAAAAAAAAAAAAAAAD_______________8\","
	                       "\"y\":\"ZkhcgJTEKXIzVLMp-4t7LfVJ7rEbeXt7YZpMUtR_yrY\"}");
}

static void test_private_der_round_trip(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = test_key(&op), *again = NULL;
	struct str der, signature = STR_NULL;

	assert_true(jwk_has_private(key));
	assert_int_equal(jwk_private_der(&op, key, &der), 0);
	assert_int_equal(jwk_from_private_der(&op, JWS_ES256, der, &again), 0);
	assert_true(jwk_has_private(again));
	assert_true(str_equal(jwk_kid(key), jwk_kid(again)));
	assert_int_equal(jwk_sign(&op, again, STR("message"), &signature), 0);
	assert_true(jwk_verify(key, STR("message"), signature));
	assert_false(jwk_verify(key, STR("messagf"), signature));
}

static void assert_der_refused(struct arena *a, struct str der)
{
	struct op op = test_op(a);
	struct jwk *key = NULL;

	assert_int_equal(jwk_from_private_der(&op, JWS_ES256, der, &key), ERR_CRYPTO);
	assert_null(key);
	assert_int_equal(op.error.code, ERR_CRYPTO);
}

static void test_private_der_damaged(void **state)
{
	struct arena *a = *state;
	struct op op = test_op(a);
	_cleanup_(jwk_freep) struct jwk *key = test_key(&op);
	struct str der;
	char *changed;

	assert_int_equal(jwk_private_der(&op, key, &der), 0);
	for (size_t len = 0; len < der.len; len += 7)
		assert_der_refused(a, str_n(der.p, len));
	assert_der_refused(a, arena_printf(a, "%s", ""));
	changed = arena_alloc(a, der.len + 1);
	memcpy(changed, der.p, der.len);
	assert_der_refused(a, str_n(changed, der.len + 1)); /* something follows */
	changed[der.len - 1] = (char)(changed[der.len - 1] ^ 1); /* the public half of another key */
	assert_der_refused(a, str_n(changed, der.len));
}

static void test_private_der_of_another_family(void **state)
{
	static const char *const kinds[] = { "P-384", "secp256k1" };

	for (size_t i = 0; i < ARRAY_LEN(kinds) + 1; i++) {
		EVP_PKEY *pkey = i < ARRAY_LEN(kinds) ? EVP_EC_gen(kinds[i]) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		struct jwk foreign = { .family = &jwk_family_es256, .pkey = pkey, .has_private = true };
		struct op op = test_op(*state);
		struct str der;

		assert_non_null(pkey);
		assert_int_equal(jwk_private_der(&op, &foreign, &der), 0);
		assert_der_refused(*state, der);
		EVP_PKEY_free(pkey);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(jws_alg_name(JWS_ES256), "ES256");
	assert_string_equal(jws_alg_name(JWS_ALG_NONE_), "none");
	for (int alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++)
		assert_int_equal(jws_alg_from_name(str_c(jws_alg_name((enum jws_alg)alg))), alg);
	assert_string_equal(jws_alg_name(JWS_PS256), "PS256");
	assert_string_equal(jws_alg_name(JWS_RS256), "RS256");
	assert_string_equal(jws_alg_name(JWS_EDDSA), "EdDSA");
	assert_int_equal(jws_alg_from_name(STR("es256")), JWS_ALG_NONE_);
	assert_int_equal(jws_alg_from_name(STR("none")), JWS_ALG_NONE_);
	assert_int_equal(jws_alg_from_name(STR("HS256")), JWS_ALG_NONE_);
	assert_int_equal(jws_alg_from_name(STR_NULL), JWS_ALG_NONE_);
	assert_null(jwk_free(NULL));
}

/* Threads come and go while a key lives, and keys while threads live. */
static void test_threads_share_a_key(void **state)
{
	pthread_t threads[8];

	for (int round = 0; round < 3; round++) {
		struct op op = test_op(*state);
		struct jwk *key = test_key(&op);

		for (size_t i = 0; i < ARRAY_LEN(threads); i++)
			assert_int_equal(pthread_create(&threads[i], NULL, test_sign_many, key), 0);
		for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
			void *n_bad = NULL;

			pthread_join(threads[i], &n_bad);
			assert_null(n_bad);
		}
		jwk_free(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_thumbprint_rfc_9449),
		UNIT_TEST(test_public_json),
		UNIT_TEST(test_from_json_refuses),
		UNIT_TEST(test_from_json_refuses_private_members),
		UNIT_TEST(test_cve_2015_7940_point_off_the_curve),
		UNIT_TEST(test_private_der_round_trip),
		UNIT_TEST(test_private_der_damaged),
		UNIT_TEST(test_private_der_of_another_family),
		UNIT_TEST(test_names),
		UNIT_TEST(test_threads_share_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
