/* The signatures, keys and thumbprints of the RFCs.  RFC 7515 §A.3 is in test_jws.c, RFC 9449 §6.1 in test_jwk.c. */
#include "common/crypto/jwk_set.h"
#include "tests/unit/crypto/crypto_test.h"

#include <string.h>

/* RFC 7515 §A.1, §A.2 */
#define JOE "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
#define A_1_SECRET \
	"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
#define A_1_TOKEN \
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9" \
	"leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define A_2_KEY \
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4q" \
	"PCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kp" \
	"aSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7a" \
	"GhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}"
#define A_2_TOKEN \
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19" \
	"yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt" \
	"_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb" \
	"1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI" \
	"8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"

/* RFC 7520 §4.1, §4.2 and §4.4 */
#define HOBBITON_KEY \
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWT" \
	"DvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqF" \
	"EHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vni" \
	"UFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw\",\"kid\":\"bilbo.baggins@hobbit" \
	"on.example\",\"use\":\"sig\"}"
#define HOBBITON_RS256 \
	"eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ" \
	"1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24" \
	"ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.MRj" \
	"dkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wn" \
	"B-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadn" \
	"HXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ" \
	"41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"
#define HOBBITON_PS384 \
	"eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ" \
	"1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24" \
	"ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.cu2" \
	"2eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo" \
	"6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTr" \
	"xUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTO" \
	"cbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw"
#define HOBBITON_SECRET \
	"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"
#define HOBBITON_HS256 \
	"eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9.SXTigJlzIGEgZGFuZ2V" \
	"yb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHl" \
	"vdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB" \
	"0by4.s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"

/* RFC 7638 §3.1 */
#define THUMB_KEY \
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7a" \
	"PFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGj" \
	"QR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6W" \
	"eZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"alg\":\"RS256\",\"kid\":\"2011-0" \
	"4-29\"}"

/* RFC 8037 §A.1, §A.2, §A.4 */
#define ED_SEED \
	"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define ED_KEY \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define ED_TOKEN \
	"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6" \
	"dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

/* RFC 7517 §A.1 */
#define A_1_SET                                                                                                     \
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," \
	"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"enc\",\"kid\":\"1\"}," THUMB_KEY "]}"

static struct str bytes_of(struct arena *a, const char *text)
{
	struct str bytes = STR_NULL;

	assert_true(base64url_decode(a, str_c(text), &bytes));
	return bytes;
}

static void assert_token(struct op *op, const char *key_text, enum jws_alg alg, const char *token, const char *payload)
{
	_cleanup_(jwk_freep) struct jwk *key = test_public_key(op, key_text, alg);
	struct str verified = STR_NULL;

	assert_true(jws_verify(op, str_c(token), NULL, test_find_any, key, &verified));
	if (payload)
		assert_str_equal(verified, payload);
}

static void test_rfc_7515_a_1_hs256(void **state)
{
	struct op op = test_op(*state);
	struct str secret = bytes_of(*state, A_1_SECRET), payload = STR_NULL;

	assert_true(jws_verify_hs256(&op, STR(A_1_TOKEN), "JWT", secret, &payload));
	assert_str_equal(payload, JOE);
	assert_true(jws_verify_hs256(&op, STR(A_1_TOKEN), JWS_TYP_JWT_OR_NONE, secret, &payload));
	assert_false(jws_verify_hs256(&op, STR(A_1_TOKEN), NULL, secret, &payload));
	assert_false(jws_verify_hs256(&op, STR(A_1_TOKEN), "JWT", str_n(secret.p, 63), &payload));
}

static void test_rfc_7515_a_2_rs256(void **state)
{
	struct op op = test_op(*state);

	assert_token(&op, A_2_KEY, JWS_RS256, A_2_TOKEN, JOE);
}

static void test_rfc_7520(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = test_public_key(&op, HOBBITON_KEY, JWS_PS256);
	struct str payload = STR_NULL;

	assert_token(&op, HOBBITON_KEY, JWS_RS256, HOBBITON_RS256, NULL);
	assert_true(jws_verify_hs256(&op, STR(HOBBITON_HS256), NULL, bytes_of(*state, HOBBITON_SECRET), &payload));
	assert_true(str_starts(payload, STR("It\xe2\x80\x99s a dangerous business, Frodo")));
	/* The key is held for PS256: neither its PKCS#1 signature nor one with another hash is taken. */
	assert_false(jws_verify(&op, STR(HOBBITON_RS256), NULL, test_find_any, key, &payload));
	assert_false(jws_verify(&op, STR(HOBBITON_PS384), NULL, test_find_any, key, &payload));
}

static void test_rfc_7638(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = test_public_key(&op, THUMB_KEY, JWS_RS256);

	assert_str_equal(jwk_kid(key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

static void test_rfc_8037(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = test_public_key(&op, ED_KEY, JWS_EDDSA), *private = NULL;
	static const char prefix[] = { 0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20 };
	struct str seed = bytes_of(*state, ED_SEED), message = STR(ED_TOKEN), signature = STR_NULL, expected;
	char der[sizeof(prefix) + 32];

	assert_token(&op, ED_KEY, JWS_EDDSA, ED_TOKEN, "Example of Ed25519 signing");
	assert_str_equal(jwk_kid(key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
	/* §A.4 the other way round: the signature is deterministic.  The key as PKCS#8 (RFC 8410 §7). */
	memcpy(der, prefix, sizeof(prefix));
	memcpy(der + sizeof(prefix), seed.p, seed.len);
	assert_int_equal(jwk_from_private_der(&op, JWS_EDDSA, str_n(der, sizeof(der)), &private), 0);
	message.len = strlen("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
	assert_int_equal(jwk_sign(&op, private, message, &signature), 0);
	expected = bytes_of(*state, ED_TOKEN + message.len + 1);
	assert_true(str_equal(signature, expected));
}

/* Of both keys one signs; it is called 2011-04-29 and is for RS256. */
static void test_rfc_7517(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_set_freep) struct jwk_set *set = NULL;
	struct jwk_want want = { .algs = JWS_ALGS_ALL };

	assert_int_equal(jwk_set_read(&op, STR(A_1_SET), &set), 0);
	want.set = set;
	assert_non_null(jwk_set_find(&want, STR("2011-04-29"), JWS_RS256));
	assert_null(jwk_set_find(&want, STR("2011-04-29"), JWS_PS256));
	assert_null(jwk_set_find(&want, STR("1"), JWS_ES256));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_rfc_7515_a_1_hs256),
		UNIT_TEST(test_rfc_7515_a_2_rs256),
		UNIT_TEST(test_rfc_7520),
		UNIT_TEST(test_rfc_7638),
		UNIT_TEST(test_rfc_8037),
		UNIT_TEST(test_rfc_7517),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
