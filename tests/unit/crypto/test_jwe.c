/* What is encrypted can be read by the owner of the key, decrypted here with OpenSSL step by step. */
#include "common/crypto/digest.h"
#include "common/crypto/jwe.h"
#include "common/crypto/jwe_impl.h"
#include "common/crypto/rsa_key.h"
#include "tests/unit/crypto/crypto_test.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <string.h>

#define PAYLOAD STR("{\"sub\":\"Nguyễn\"}")

/* RFC 7518 appendix C. */
static void test_rfc_7518_appendix_c(void **state)
{
	static const uint8_t z[] = { 158, 86, 217, 29,  129, 113, 53,  211, 114, 131, 66,  131, 191, 132, 38,  156,
		                     251, 49, 110, 163, 218, 128, 106, 72,  246, 218, 167, 121, 140, 254, 144, 196 };
	struct kdf_info info = { STR("A128GCM"), STR("Alice"), STR("Bob") };
	uint8_t key[16];

	jwe_concat_kdf(*state, str_n(z, sizeof(z)), &info, key, sizeof(key));
	assert_str_equal(base64url_encode(*state, str_n(key, sizeof(key))), "VqqN6vgjbSBcIijNcacQGg");
}

static struct str bytes_of(struct arena *a, struct str text)
{
	struct str bytes = STR_NULL;

	assert_true(base64url_decode(a, text, &bytes));
	return bytes;
}

/* RFC 7520 §5.2: the content encryption. */
static void test_rfc_7520_5_2_content(void **state)
{
	struct str plain = STR("You can trust us to stick with you through thick and thin–to the bitter end. And you can trust us to keep any "
	                       "secret of yours–closer than you keep it yourself. But you cannot trust us to let you face trouble alone, "
	                       "and go off without a word. We are your friends, Frodo.");
	struct str aad = STR("eyJhbGciOiJSU0EtT0FFUCIsImtpZCI6InNhbXdpc2UuZ2FtZ2VlQGhvYmJpdG9uLmV4YW1wbGUiLCJlbmMiOiJBMjU2R0NNIn0");
	struct str cek = bytes_of(*state, STR("mYMfsggkTAm0TbvtlFh2hyoXnbEzJQjMxmgLN3d8xXA"));
	struct str iv = bytes_of(*state, STR("-nBoKLH0YkLZPSI9"));
	uint8_t cipher[512], tag[JWE_TAG_LEN];

	assert_true(jwe_seal(cek, (const uint8_t *)iv.p, aad, plain, cipher, tag));
	assert_str_equal(base64url_encode(*state, str_n(tag, sizeof(tag))), "UCGiqJxhBI3IFVdPalHHvA");
	assert_true(str_starts(base64url_encode(*state, str_n(cipher, plain.len)), STR("o4k2cnGN8rSSw3IDo1YuySkqeS_t2m1GXklSgqBdpACm6UJuJowOHC5y")));
}

/* RFC 3394 §4.6: 256 bits of key data with a 256-bit key. */
static void test_rfc_3394_4_6(void **state)
{
	struct str kek = STR_NULL, key = STR_NULL, wrapped = STR_NULL;

	assert_true(hex_decode(*state, STR("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), &kek));
	assert_true(hex_decode(*state, STR("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"), &key));
	assert_true(jwe_wrap_aes(*state, (const uint8_t *)kek.p, key, &wrapped));
	assert_str_equal(hex_encode(*state, wrapped), "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
}

/* ---- the recipient ---- */

struct recipient {
	EVP_PKEY *pkey;
	struct str jwks;
};

static json_t *public_of(struct arena *a, EVP_PKEY *pkey)
{
	uint8_t x[32];
	size_t len = sizeof(x);
	json_t *object;

	if (EVP_PKEY_is_a(pkey, "RSA"))
		return rsa_key_to_json(a, pkey);
	if (EVP_PKEY_is_a(pkey, "EC"))
		return jwk_family_es256.to_json(a, pkey);
	assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, x, &len), 1);
	object = json_new_object();
	json_set_str(object, "kty", STR("OKP"));
	json_set_str(object, "crv", STR("X25519"));
	json_set_str(object, "x", base64url_encode(a, str_n(x, len)));
	return object;
}

static struct recipient recipient_new(struct arena *a, EVP_PKEY *pkey)
{
	_json_ json_t *object = public_of(a, pkey);

	json_set_str(object, "kid", STR("k\"1"));
	json_set_str(object, "use", STR("enc"));
	return (struct recipient){ pkey, arena_printf(a, "{\"keys\":[%.*s]}", STR_ARG(json_write(a, object, true))) };
}

static struct str unwrap_rsa(struct arena *a, EVP_PKEY *pkey, struct str wrapped)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	size_t len = 512;
	uint8_t *cek = arena_alloc(a, len);

	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_decrypt(ctx, cek, &len, (const uint8_t *)wrapped.p, wrapped.len), 1);
	EVP_PKEY_CTX_free(ctx);
	return str_n(cek, len);
}

static struct str agree(struct arena *a, EVP_PKEY *pkey, const json_t *epk)
{
	struct str x = bytes_of(a, json_get_str(epk, "x"));
	bool is_x25519 = EVP_PKEY_is_a(pkey, "X25519");
	EVP_PKEY *peer = is_x25519 ? EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, (const uint8_t *)x.p, x.len)
	                           : jwk_family_es256.from_json(a, epk);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	size_t len = 32;
	uint8_t *secret = arena_alloc(a, len);

	assert_non_null(peer);
	assert_int_equal(json_object_size(epk), is_x25519 ? 3 : 4); /* no private member */
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, secret, &len), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return str_n(secret, len);
}

static struct str unwrap_aes(struct arena *a, const uint8_t *kek, struct str wrapped)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *cek = arena_alloc(a, wrapped.len);
	int n = 0;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_wrap(), NULL, kek, NULL), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, cek, &n, (const uint8_t *)wrapped.p, (int)wrapped.len), 1);
	EVP_CIPHER_CTX_free(ctx);
	return str_n(cek, (size_t)n);
}

static struct str content_key(struct arena *a, const struct recipient *r, const json_t *header, struct str wrapped)
{
	struct str alg = json_get_str(header, "alg"), enc = json_get_str(header, "enc");
	bool is_direct = str_equal(alg, STR("ECDH-ES"));
	struct kdf_info info = { is_direct ? enc : alg, STR(""), STR("") };
	size_t len = is_direct && str_equal(enc, STR("A128GCM")) ? 16 : 32;
	uint8_t *derived = arena_alloc(a, 32);

	if (str_equal(alg, STR("RSA-OAEP-256")))
		return unwrap_rsa(a, r->pkey, wrapped);
	jwe_concat_kdf(a, agree(a, r->pkey, json_object_get(header, "epk")), &info, derived, len);
	if (!is_direct)
		return unwrap_aes(a, derived, wrapped);
	assert_true(str_is_empty(wrapped));
	return str_n(derived, len);
}

/* STR_NULL: the tag is not right. */
static struct str open_content(struct arena *a, struct str cek, const struct str parts[5])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct str iv = bytes_of(a, parts[2]), cipher = bytes_of(a, parts[3]), tag = bytes_of(a, parts[4]);
	uint8_t *plain = arena_alloc(a, cipher.len + 1);
	int n = 0, result;

	assert_int_equal(iv.len, JWE_IV_LEN);
	assert_int_equal(tag.len, JWE_TAG_LEN);
	assert_int_equal(EVP_DecryptInit_ex(ctx, cek.len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), NULL, (const uint8_t *)cek.p,
	                                    (const uint8_t *)iv.p), 1);
	EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)parts[0].p, (int)parts[0].len);
	EVP_DecryptUpdate(ctx, plain, &n, (const uint8_t *)cipher.p, (int)cipher.len);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, JWE_TAG_LEN, (void *)(uintptr_t)tag.p);
	result = EVP_DecryptFinal_ex(ctx, plain + n, &n);
	EVP_CIPHER_CTX_free(ctx);
	return result == 1 ? str_n(plain, cipher.len) : STR_NULL;
}

static void split(struct str compact, struct str parts[5])
{
	for (size_t i = 0; i < 5; i++)
		assert_true(str_split(&compact, '.', &parts[i]));
	assert_true(str_is_null(compact));
}

static void assert_round_trip(struct arena *a, const struct recipient *r, const char *alg, const char *enc)
{
	struct op op = test_op(a);
	struct jwe_recipient to = { r->jwks, str_c(alg), str_c(enc) };
	struct str compact = STR_NULL, parts[5], cek;
	_json_ json_t *header = NULL;

	assert_int_equal(jwe_encrypt(&op, &to, "JWT", PAYLOAD, &compact), 0);
	split(compact, parts);
	header = json_read(bytes_of(a, parts[0]), 4, NULL);
	assert_str_equal(json_get_str(header, "alg"), alg);
	assert_str_equal(json_get_str(header, "enc"), enc);
	assert_str_equal(json_get_str(header, "cty"), "JWT");
	assert_str_equal(json_get_str(header, "kid"), "k\"1");
	cek = content_key(a, r, header, bytes_of(a, parts[1]));
	assert_int_equal(cek.len, str_equal(str_c(enc), STR("A128GCM")) ? 16 : 32);
	assert_true(str_equal(open_content(a, cek, parts), PAYLOAD));
	/* The header is covered too. */
	parts[0].len--;
	assert_str_null(open_content(a, cek, parts));
}

static void test_round_trips(void **state)
{
	static const char *const encs[] = { "A256GCM", "A128GCM" };
	struct recipient rsa = recipient_new(*state, EVP_RSA_gen(2048));
	struct recipient ec = recipient_new(*state, EVP_EC_gen("P-256"));
	struct recipient x25519 = recipient_new(*state, EVP_PKEY_Q_keygen(NULL, NULL, "X25519"));

	for (size_t i = 0; i < ARRAY_LEN(encs); i++) {
		assert_round_trip(*state, &rsa, "RSA-OAEP-256", encs[i]);
		assert_round_trip(*state, &ec, "ECDH-ES", encs[i]);
		assert_round_trip(*state, &ec, "ECDH-ES+A256KW", encs[i]);
		assert_round_trip(*state, &x25519, "ECDH-ES", encs[i]);
		assert_round_trip(*state, &x25519, "ECDH-ES+A256KW", encs[i]);
	}
	EVP_PKEY_free(rsa.pkey);
	EVP_PKEY_free(ec.pkey);
	EVP_PKEY_free(x25519.pkey);
}

/* Nothing is the same twice: neither the key nor the vector (a repeated one breaks GCM). */
static void test_fresh_each_time(void **state)
{
	struct op op = test_op(*state);
	struct recipient r = recipient_new(*state, EVP_EC_gen("P-256"));
	struct jwe_recipient to = { r.jwks, STR("ECDH-ES+A256KW"), STR("A256GCM") };
	struct str one = STR_NULL, two = STR_NULL, a[5], b[5];

	assert_int_equal(jwe_encrypt(&op, &to, NULL, PAYLOAD, &one), 0);
	assert_int_equal(jwe_encrypt(&op, &to, NULL, PAYLOAD, &two), 0);
	split(one, a);
	split(two, b);
	for (size_t i = 0; i < 5; i++)
		assert_false(str_equal(a[i], b[i]));
	assert_false(str_contains(bytes_of(*state, a[0]), STR("cty")));
	EVP_PKEY_free(r.pkey);
}

/* ---- which key, and what is refused ---- */

#define EC_1 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\",\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\""
#define EC_2 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define X25519 "\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\""

static const char *kid_of_chosen(struct arena *a, const char *jwks, const char *alg)
{
	struct op op = test_op(a);
	struct jwe_recipient to = { str_c(jwks), str_c(alg), STR("A256GCM") };
	struct str compact = STR_NULL, parts[5];
	_json_ json_t *header = NULL;

	if (jwe_encrypt(&op, &to, NULL, PAYLOAD, &compact) < 0) {
		assert_int_equal(op.error.code, ERR_INVALID_VALUE);
		return "refused";
	}
	split(compact, parts);
	header = json_read(bytes_of(a, parts[0]), 4, NULL);
	if (!json_object_get(header, "kid"))
		return "none";
	return arena_dup(a, json_get_str(header, "kid")).p;
}

static void test_which_key(void **state)
{
	static const struct {
		const char *jwks, *alg, *kid;
	} cases[] = {
		{ "{\"keys\":[{" EC_1 ",\"kid\":\"1\"},{" EC_2 ",\"kid\":\"2\",\"use\":\"enc\"}]}", "ECDH-ES", "2" },
		{ "{\"keys\":[{" EC_1 ",\"kid\":\"1\",\"use\":\"sig\"},{" EC_2 ",\"kid\":\"2\"}]}", "ECDH-ES", "2" },
		{ "{\"keys\":[{" EC_1 ",\"kid\":\"1\",\"alg\":\"ECDH-ES+A256KW\"},{" EC_2 ",\"kid\":\"2\"}]}", "ECDH-ES", "2" },
		{ "{\"keys\":[{" EC_1 ",\"kid\":\"1\",\"alg\":\"ES256\"}]}", "ECDH-ES", "refused" },
		{ "{\"keys\":[{" EC_1 ",\"kid\":\"1\",\"key_ops\":[\"verify\"]},{" EC_2 ",\"kid\":\"2\",\"key_ops\":[\"deriveKey\"]}]}", "ECDH-ES", "2" },
		{ "{\"keys\":[{" X25519 ",\"kid\":\"x\"}]}", "ECDH-ES", "x" },
		{ "{\"keys\":[{" EC_1 "}]}", "ECDH-ES", "none" },
		{ "{\"keys\":[{" EC_1 ",\"kid\":\"\xc3\xa9\"}]}", "ECDH-ES", "none" },
		{ "{\"keys\":[{" EC_1 ",\"use\":\"enc\"}]}", "RSA-OAEP-256", "refused" },
		{ "{\"keys\":[{" EC_1 ",\"use\":\"enc\",\"d\":\"AA\"}]}", "ECDH-ES", "refused" },
		{ "{\"keys\":[{" EC_1 ",\"use\":\"enc\"}]}", "RSA1_5", "refused" },
		{ "{\"keys\":[{" EC_1 ",\"use\":\"enc\"}]}", "dir", "refused" },
		{ "{\"keys\":[{" EC_1 ",\"use\":\"enc\"}]}", "|", "refused" },
		{ "{\"keys\":[{" EC_1 ",\"use\":\"enc\"}]}", "", "refused" },
		{ "{\"keys\":[]}", "ECDH-ES", "refused" },
		{ "{}", "ECDH-ES", "refused" },
		{ "", "ECDH-ES", "refused" },
		/* 1024 bits; a point off the curve; an X25519 point of order 1, 4 and 8: the shared secret would be zero */
		{ "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\"}]}", "RSA-OAEP-256", "refused" },
		{ "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\",\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDE\"}]}", "ECDH-ES", "refused" },
		{ "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}", "ECDH-ES", "refused" },
		{ "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}", "ECDH-ES", "refused" },
		{ "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA\"}]}", "ECDH-ES", "refused" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *kid = kid_of_chosen(*state, cases[i].jwks, cases[i].alg);

		if (strcmp(kid, cases[i].kid) != 0)
			fail_msg("%s instead of %s: %s", kid, cases[i].kid, cases[i].jwks);
	}
}

static void test_limits(void **state)
{
	struct op op = test_op(*state);
	struct jwe_recipient to = { STR("{\"keys\":[{" X25519 "}]}"), STR("ECDH-ES"), STR("A256GCM") };
	struct str compact, payload = { arena_alloc(*state, JWE_PAYLOAD_MAX_LEN + 1), JWE_PAYLOAD_MAX_LEN };

	assert_int_equal(jwe_encrypt(&op, &to, NULL, payload, &compact), 0);
	payload.len++;
	assert_int_equal(jwe_encrypt(&op, &to, NULL, payload, &compact), ERR_LIMIT);
	op_forgive(&op);
	assert_int_equal(jwe_encrypt(&op, &to, NULL, STR(""), &compact), ERR_LIMIT);
	op_forgive(&op);
	to.enc = STR("A128CBC-HS256");
	assert_int_equal(jwe_encrypt(&op, &to, NULL, PAYLOAD, &compact), ERR_INVALID_VALUE);
	assert_true(jwe_enc_is_offered(STR("A128GCM")) && !jwe_enc_is_offered(STR("A192GCM")) && !jwe_enc_is_offered(STR_NULL));
	assert_true(jwe_alg_is_offered(STR("RSA-OAEP-256")) && !jwe_alg_is_offered(STR("RSA-OAEP")) && !jwe_alg_is_offered(STR_NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_rfc_7518_appendix_c),
		UNIT_TEST(test_rfc_7520_5_2_content),
		UNIT_TEST(test_rfc_3394_4_6),
		UNIT_TEST(test_round_trips),
		UNIT_TEST(test_fresh_each_time),
		UNIT_TEST(test_which_key),
		UNIT_TEST(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
