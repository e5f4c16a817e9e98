/* What holds for keys of every algorithm, and what only one of them has to refuse. */
#include "tests/unit/crypto/crypto_test.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <string.h>

#define FOR_EACH_ALG(alg) for (enum jws_alg alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++)

/* RSA keys take long to make: once for all tests. */
static struct jwk *keys[JWS_ALG_COUNT];

static int make_keys(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	struct op op = test_op(a);

	(void)state;
	FOR_EACH_ALG(alg)
		keys[alg] = test_key_of(&op, alg);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	FOR_EACH_ALG(alg)
		jwk_free(keys[alg]);
	return 0;
}

static void test_signs_and_verifies(void **state)
{
	struct op op = test_op(*state);

	FOR_EACH_ALG(alg) {
		struct str token = STR_NULL;

		assert_int_equal(jwk_alg(keys[alg]), alg);
		assert_int_equal(jws_sign(&op, keys[alg], "at+jwt", STR("{\"sub\":\"a\"}"), &token), 0);
		FOR_EACH_ALG(other)
			assert_int_equal(test_verifies(&op, keys[other], token), other == alg);
		((char *)(uintptr_t)token.p)[token.len - 3] ^= 1;
		assert_false(test_verifies(&op, keys[alg], token));
	}
}

static void test_survives_being_stored(void **state)
{
	struct op op = test_op(*state);

	FOR_EACH_ALG(alg) {
		_cleanup_(jwk_freep) struct jwk *again = NULL, *public = NULL;
		_json_ json_t *object = jwk_public_json(keys[alg]);
		struct str der, signature = STR_NULL;

		assert_int_equal(jwk_private_der(&op, keys[alg], &der), 0);
		assert_int_equal(jwk_from_private_der(&op, alg, der, &again), 0);
		assert_int_equal(jwk_from_json(&op, object, JWS_ALG_NONE_, &public), 0);
		assert_int_equal(jwk_alg(public), alg);
		assert_true(str_equal(jwk_kid(public), jwk_kid(again)));
		assert_int_equal(jwk_sign(&op, again, STR("message"), &signature), 0);
		assert_true(jwk_verify(public, STR("message"), signature));
		assert_false(jwk_verify(public, STR("messagf"), signature));
		assert_false(jwk_verify(public, STR("message"), str_n(signature.p, signature.len - 1)));
	}
}

/* A key is for the algorithm that it names; one that names none, for the one that the caller wants. */
static void test_algorithm_of_a_public_key(void **state)
{
	struct op op = test_op(*state);

	FOR_EACH_ALG(alg) {
		_json_ json_t *named = jwk_public_json(keys[alg]), *plain = jwk_public_json(keys[alg]);

		json_object_del(plain, "alg");
		FOR_EACH_ALG(wanted) {
			_cleanup_(jwk_freep) struct jwk *key = NULL, *same = NULL;
			bool both_rsa = (alg == JWS_PS256 || alg == JWS_RS256) && (wanted == JWS_PS256 || wanted == JWS_RS256);

			assert_int_equal(jwk_from_json(&op, named, wanted, &key) == 0, wanted == alg);
			op_forgive(&op);
			assert_int_equal(jwk_from_json(&op, plain, wanted, &same) == 0, wanted == alg || both_rsa);
			op_forgive(&op);
			assert_true(!same || jwk_alg(same) == wanted);
		}
	}
}

static void test_private_der_of_another_family(void **state)
{
	struct op op = test_op(*state);

	FOR_EACH_ALG(alg) {
		struct str der;

		assert_int_equal(jwk_private_der(&op, keys[alg], &der), 0);
		FOR_EACH_ALG(other) {
			_cleanup_(jwk_freep) struct jwk *key = NULL;
			bool is_rsa = (alg == JWS_PS256 && other == JWS_RS256) || (alg == JWS_RS256 && other == JWS_PS256);

			assert_int_equal(jwk_from_private_der(&op, other, der, &key) == 0, alg == other || is_rsa);
			op_forgive(&op);
		}
	}
}

static void assert_rsa(struct op *op, struct str n, struct str e, bool is_good)
{
	_json_ json_t *object = json_new_object();
	_cleanup_(jwk_freep) struct jwk *key = NULL;

	json_set_str(object, "kty", STR("RSA"));
	json_set_str(object, "n", base64url_encode(op->arena, n));
	json_set_str(object, "e", base64url_encode(op->arena, e));
	for (enum jws_alg alg = JWS_PS256; alg <= JWS_RS256; alg++) {
		assert_int_equal(jwk_from_json(op, object, alg, &key), is_good ? 0 : ERR_INVALID_VALUE);
		op_forgive(op);
		key = jwk_free(key);
	}
}

static void test_rsa_numbers(void **state)
{
	static const char good_e[] = { 1, 0, 1 };
	struct op op = test_op(*state);
	struct str e = str_n(good_e, sizeof(good_e));
	uint8_t n[1024];

	memset(n, 0xff, sizeof(n));
	assert_rsa(&op, str_n(n, 256), e, true);
	assert_rsa(&op, str_n(n, 384), e, true);
	assert_rsa(&op, str_n(n, 512), e, true);
	/* 2047, 1024, 4104 and 8192 bits; one that is no whole number of bytes */
	n[0] = 0x7f;
	assert_rsa(&op, str_n(n, 256), e, false);
	assert_rsa(&op, str_n(n, 257), e, false);
	n[0] = 0xff;
	assert_rsa(&op, str_n(n, 128), e, false);
	assert_rsa(&op, str_n(n, 513), e, false);
	assert_rsa(&op, str_n(n, 1024), e, false);
	assert_rsa(&op, STR(""), e, false);
	/* an even modulus; a leading zero, which gives a number two spellings (RFC 7518 §2) */
	n[255] = 0xfe;
	assert_rsa(&op, str_n(n, 256), e, false);
	n[255] = 0xff;
	n[0] = 0;
	assert_rsa(&op, str_n(n, 257), e, false);
}

/* e = 1 makes every message its own signature; 3 and other small ones made forgeries easy (CVE-2006-4339). */
static void test_rsa_exponents(void **state)
{
	static const struct {
		struct str e;
		bool is_good;
	} cases[] = {
		{ STR(""), false },         { STR("\x01"), false },         { STR("\x03"), false },
		{ STR("\x11"), false },     { STR("\xff\xff"), false },     { STR("\x01\x00\x00"), false },
		{ STR("\x01\x00\x01"), true },  { STR("\x00\x01\x00\x01"), false }, { STR("\x01\x00\x03"), true },
		{ STR("\xff\xff\xff\xff\xff\xff\xff\xff"), true }, { STR("\x01\x00\x00\x00\x00\x00\x00\x00\x01"), false },
	};
	struct op op = test_op(*state);
	uint8_t n[256];

	memset(n, 0xff, sizeof(n));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_rsa(&op, str_n(n, sizeof(n)), cases[i].e, cases[i].is_good);
}

/* Our own: RSA of 3072 bits; a private key whose halves do not match is refused. */
static void test_rsa_private(void **state)
{
	struct op op = test_op(*state);
	_json_ json_t *object = jwk_public_json(keys[JWS_PS256]);
	struct str der, n = STR_NULL;
	struct jwk *key = NULL;
	char *changed;

	assert_true(base64url_decode(*state, json_get_str(object, "n"), &n));
	assert_int_equal(n.len, 3072 / 8);
	assert_str_equal(json_get_str(object, "e"), "AQAB");
	assert_int_equal(jwk_private_der(&op, keys[JWS_PS256], &der), 0);
	changed = (char *)(uintptr_t)der.p;
	changed[100] ^= 1; /* in the modulus */
	assert_int_equal(jwk_from_private_der(&op, JWS_PS256, der, &key), ERR_CRYPTO);
	assert_null(key);
}

static void test_ed25519_points(void **state)
{
	static const char *const refused[] = {
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 0 */
		"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 1, the neutral point */
		"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA", /* and with the other sign */
		"7P_______________________________________38", /* -1 */
		"JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
		"xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
		"7f_______________________________________38", /* the prime: 0 again */
		"7v_______________________________________38",
		"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR", /* a byte short */
		"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURoA",
		"",
	};
	struct op op = test_op(*state);

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		_json_ json_t *object = json_new_object();
		struct jwk *key = NULL;

		json_set_str(object, "kty", STR("OKP"));
		json_set_str(object, "crv", STR("Ed25519"));
		json_set_str(object, "x", str_c(refused[i]));
		assert_int_equal(jwk_from_json(&op, object, JWS_EDDSA, &key), ERR_INVALID_VALUE);
		op_forgive(&op);
	}
}

/* The other salt lengths and hashes that RSASSA-PSS knows are not PS256 (RFC 7518 §3.5). */
static void test_pss_parameters(void **state)
{
	static const struct {
		int salt_len;
		const char *mgf1_hash;
		bool is_good;
	} cases[] = { { 32, "SHA256", true }, { 20, "SHA256", false }, { 0, "SHA256", false }, { 33, "SHA256", false }, { 32, "SHA1", false } };
	struct op op = test_op(*state);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, keys[JWS_PS256]->pkey, NULL);
		uint8_t digest[32], signature[512];
		size_t len = sizeof(signature);

		assert_int_equal(EVP_Digest("message", 7, digest, NULL, EVP_sha256(), NULL), 1);
		assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, cases[i].mgf1_hash, NULL), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, cases[i].salt_len), 1);
		assert_int_equal(EVP_PKEY_sign(ctx, signature, &len, digest, sizeof(digest)), 1);
		assert_int_equal(jwk_verify(keys[JWS_PS256], STR("message"), str_n(signature, len)), cases[i].is_good);
		EVP_PKEY_CTX_free(ctx);
	}
	assert_int_equal(op.error.code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_signs_and_verifies),
		UNIT_TEST(test_survives_being_stored),
		UNIT_TEST(test_algorithm_of_a_public_key),
		UNIT_TEST(test_private_der_of_another_family),
		UNIT_TEST(test_rsa_numbers),
		UNIT_TEST(test_rsa_exponents),
		UNIT_TEST(test_rsa_private),
		UNIT_TEST(test_ed25519_points),
		UNIT_TEST(test_pss_parameters),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
