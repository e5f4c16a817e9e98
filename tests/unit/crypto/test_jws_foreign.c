/* What others sign: with a secret (HS256), with a key in the header (DPoP), and what is read before anything is verified. */
#include "common/crypto/digest.h"
#include "tests/unit/crypto/crypto_test.h"

#define SECRET STR("a client secret that has 32 bytes")
#define PAYLOAD STR("{\"iss\":\"p02\",\"sub\":\"p02\"}")

/* RFC 9449 §4.1 (figure 2), byte for byte. */
#define DPOP_PROOF                                                                                                  \
	"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscE" \
	"JoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19." \
	"eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwi" \
	"aWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"

static struct str hs256(struct arena *a, const char *header, struct str payload, struct str secret)
{
	struct str head = arena_printf(a, "%.*s.%.*s", STR_ARG(base64url_encode(a, str_c(header))), STR_ARG(base64url_encode(a, payload)));
	uint8_t mac[SHA256_LEN];

	hmac_sha256(secret, head, mac);
	return arena_printf(a, "%.*s.%.*s", STR_ARG(head), STR_ARG(base64url_encode(a, str_n(mac, sizeof(mac)))));
}

static bool is_good(struct op *op, struct str token, struct str secret)
{
	struct str payload = STR_NULL;
	bool result = jws_verify_hs256(op, token, JWS_TYP_JWT_OR_NONE, secret, &payload);

	assert_int_equal(op->error.code, 0);
	assert_int_equal(result, !str_is_null(payload));
	return result;
}

static void test_hs256(void **state)
{
	static const char *const good[] = {
		"{\"alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{\"alg\":\"HS256\",\"typ\":\"jwt\",\"kid\":\"any\"}",
	};
	static const char *const bad[] = {
		"{\"alg\":\"none\"}",  "{\"alg\":\"HS384\"}", "{\"alg\":\"ES256\"}", "{\"alg\":\"hs256\"}", "{\"alg\":\"\"}", "{}",
		"{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", "{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}", "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
	};
	struct op op = test_op(*state);
	struct arena *a = *state;
	struct str token = STR_NULL;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(is_good(&op, hs256(a, bad[i], PAYLOAD, SECRET), SECRET));
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		token = hs256(a, good[i], PAYLOAD, SECRET);
		assert_true(is_good(&op, token, SECRET));
	}
	assert_false(is_good(&op, token, STR("b client secret that has 32 bytes")));
	for (size_t i = 0; i < token.len; i++) {
		char *c = (char *)(uintptr_t)token.p + i, was = *c;

		*c = was == 'A' ? 'B' : 'A';
		assert_false(is_good(&op, token, SECRET));
		*c = was;
		assert_false(is_good(&op, str_n(token.p, i), SECRET));
	}
}

/* RFC 7518 §3.2.  An absent secret is no empty key. */
static void test_hs256_needs_a_long_secret(void **state)
{
	struct op op = test_op(*state);
	struct str thirty_one = str_n(SECRET.p, 31), thirty_two = str_n(SECRET.p, 32);

	assert_false(is_good(&op, hs256(*state, "{\"alg\":\"HS256\"}", PAYLOAD, thirty_one), thirty_one));
	assert_true(is_good(&op, hs256(*state, "{\"alg\":\"HS256\"}", PAYLOAD, thirty_two), thirty_two));
	assert_false(is_good(&op, hs256(*state, "{\"alg\":\"HS256\"}", PAYLOAD, STR("")), STR_NULL));
}

static void test_rfc_9449_proof(void **state)
{
	struct op op = test_op(*state);
	struct jws_embedded proof;

	assert_true(jws_verify_embedded(&op, STR(DPOP_PROOF), "dpop+jwt", JWS_ALGS_ALL, &proof));
	assert_str_equal(proof.thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
	assert_true(str_contains(proof.payload, STR("\"htu\":\"https://server.example.com/token\"")));
	/* another kind of token; an algorithm that is not offered */
	assert_false(jws_verify_embedded(&op, STR(DPOP_PROOF), "JWT", JWS_ALGS_ALL, &proof));
	assert_false(jws_verify_embedded(&op, STR(DPOP_PROOF), "dpop+jwt", JWS_ALG_BIT(JWS_PS256), &proof));
	assert_int_equal(op.error.code, 0);
}

static bool proves(struct op *op, const struct jwk *key, const char *alg, struct str jwk)
{
	struct str header = arena_printf(op->arena, "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%.*s}", alg, STR_ARG(jwk));
	struct jws_embedded proof = { STR_NULL, STR_NULL };
	bool result = jws_verify_embedded(op, test_forge(op, key, header, PAYLOAD), "dpop+jwt", JWS_ALGS_ALL, &proof);

	assert_int_equal(op->error.code, 0);
	assert_int_equal(result, !str_is_null(proof.thumbprint));
	assert_true(!result || str_equal(proof.thumbprint, jwk_kid(key)));
	return result;
}

static void test_proofs(void **state)
{
	struct op op = test_op(*state);

	for (enum jws_alg alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++) {
		_cleanup_(jwk_freep) struct jwk *key = test_key_of(&op, alg), *other = test_key_of(&op, JWS_ES256);
		_json_ json_t *object = jwk_public_json(key), *other_object = jwk_public_json(other);
		struct str text = json_write(*state, object, true);
		const char *name = jws_alg_name(alg);

		assert_true(proves(&op, key, name, text));
		assert_false(proves(&op, key, "none", text));
		assert_false(proves(&op, key, "HS256", text));
		assert_false(proves(&op, key, alg == JWS_ES256 ? "EdDSA" : "ES256", text));
		assert_false(proves(&op, key, name, json_write(*state, other_object, true)));
		assert_false(proves(&op, key, name, STR("null")));
		assert_false(proves(&op, key, name, STR("\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"")));
		/* RFC 9449 §4.3, 7: no private key */
		json_set_str(object, "d", STR("AQAB"));
		assert_false(proves(&op, key, name, json_write(*state, object, true)));
	}
}

static void test_peek(void **state)
{
	struct op op = test_op(*state);
	struct str payload = STR_NULL;

	assert_true(jws_peek_unverified(&op, hs256(*state, "{}", PAYLOAD, SECRET), &payload));
	assert_true(str_equal(payload, PAYLOAD));
	assert_false(jws_peek_unverified(&op, STR(""), &payload));
	assert_false(jws_peek_unverified(&op, STR("e30.e30"), &payload));
	assert_false(jws_peek_unverified(&op, STR("e30.e30.e30.e30.e30"), &payload));
	assert_false(jws_peek_unverified(&op, STR("e30.e31.e30"), &payload));
	assert_false(jws_peek_unverified(&op, STR_NULL, &payload));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_hs256),
		UNIT_TEST(test_hs256_needs_a_long_secret),
		UNIT_TEST(test_rfc_9449_proof),
		UNIT_TEST(test_proofs),
		UNIT_TEST(test_peek),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
