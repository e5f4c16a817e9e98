/* What a good token is.  What is none: test_jws_attacks.c. */
#include "tests/unit/crypto/crypto_test.h"

#include <string.h>

/* RFC 7515 §A.3: the key and the token. */
#define RFC_KEY                                                     \
	"{\"kty\":\"EC\",\"crv\":\"P-256\","                        \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","    \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define RFC_SIGNATURE "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define RFC_TOKEN                                                                                 \
	"eyJhbGciOiJFUzI1NiJ9."                                                                   \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." \
	RFC_SIGNATURE

static struct jwk *rfc_key(struct op *op)
{
	return test_public_key(op, RFC_KEY, JWS_ES256);
}

static void test_rfc_7515_a_3(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = rfc_key(&op);
	struct str payload;

	/* It has no typ, so where one is expected it is refused. */
	assert_false(jws_verify(&op, STR(RFC_TOKEN), "JWT", test_find_any, key, &payload));
	assert_true(jws_verify(&op, STR(RFC_TOKEN), NULL, test_find_any, key, &payload));
	assert_str_equal(payload, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

/*
 * The signature of the RFC has its s in the upper half, and n - s is as good: whoever refused
 * one of both would refuse half of all honest signers (RFC 7518 §3.4 knows no low-S rule).
 */
static void test_high_s_and_low_s(void **state)
{
	static const uint8_t n[] = {
		0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
	};
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = rfc_key(&op);
	struct str raw, message = str_n(RFC_TOKEN, strlen(RFC_TOKEN) - strlen(RFC_SIGNATURE) - 1);
	uint8_t *s;
	int borrow = 0;

	assert_true(base64url_decode(*state, STR(RFC_SIGNATURE), &raw));
	assert_true(jwk_verify(key, message, raw));
	s = (uint8_t *)(uintptr_t)raw.p + 32;
	assert_true(s[0] >= 0x80);
	for (int i = 31; i >= 0; i--) {
		int difference = n[i] - s[i] - borrow;

		borrow = difference < 0;
		s[i] = (uint8_t)(difference & 0xff);
	}
	assert_true(s[0] < 0x80);
	assert_true(jwk_verify(key, message, raw));
}

static void test_round_trip(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = test_key(&op);
	struct str token, payload, header, rest, part;

	assert_int_equal(jws_sign(&op, key, "at+jwt", STR("{\"sub\":\"Nguyễn\"}"), &token), 0);
	assert_true(jws_verify(&op, token, "at+jwt", test_find_any, key, &payload));
	assert_str_equal(payload, "{\"sub\":\"Nguyễn\"}");
	rest = token;
	assert_true(str_split(&rest, '.', &part));
	assert_true(base64url_decode(*state, part, &header));
	assert_true(str_equal(header, arena_printf(*state, "{\"alg\":\"ES256\",\"kid\":\"%.*s\",\"typ\":\"at+jwt\"}",
	                                           STR_ARG(jwk_kid(key)))));
}

static const struct jwk *note_kid(void *context, struct str kid, enum jws_alg alg)
{
	assert_int_equal(alg, JWS_ES256);
	*(struct str *)context = kid;
	return NULL;
}

static void test_kid_is_handed_to_find(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = test_key(&op);
	struct str token, payload, kid = STR("nothing");

	assert_int_equal(jws_sign(&op, key, "JWT", STR("{}"), &token), 0);
	assert_false(jws_verify(&op, token, "JWT", note_kid, &kid, &payload));
	assert_int_equal(kid.len, JWK_KID_LEN);
	assert_false(jws_verify(&op, STR(RFC_TOKEN), NULL, note_kid, &kid, &payload));
	assert_true(str_is_null(kid));
	assert_int_equal(op.error.code, 0); /* the caller says what it means */
}

static void test_limits_of_signing(void **state)
{
	struct arena *a = *state;
	struct op op = test_op(a);
	_cleanup_(jwk_freep) struct jwk *key = test_key(&op);
	struct str token, verified, payload = { arena_alloc(a, 20000), 12000 };

	memset((char *)(uintptr_t)payload.p, ' ', 20000);
	assert_int_equal(jws_sign(&op, key, "JWT", payload, &token), 0);
	assert_true(token.len <= JWS_MAX_LEN);
	assert_true(jws_verify(&op, token, "JWT", test_find_any, key, &verified));
	assert_true(str_equal(verified, payload));

	payload.len = 12200; /* too long once it is signed */
	assert_int_equal(jws_sign(&op, key, "JWT", payload, &token), ERR_LIMIT);
	op_forgive(&op);
	payload.len = 20000;
	assert_int_equal(jws_sign(&op, key, "JWT", payload, &token), ERR_LIMIT);
	op_forgive(&op);
	assert_int_equal(jws_sign(&op, key, "JWT", STR(""), &token), ERR_LIMIT);
}

static void sign_with_quote(void *argument)
{
	struct op *op = argument;
	struct str token;

	if (jws_sign(op, test_key(op), "a\"b", STR("{}"), &token) < 0)
		return;
}

static void sign_with_public(void *argument)
{
	struct op *op = argument;
	struct str token;

	if (jws_sign(op, rfc_key(op), "JWT", STR("{}"), &token) < 0)
		return;
}

static void test_slips_of_the_caller_abort(void **state)
{
	struct op op = test_op(*state);

	assert_aborts(sign_with_quote, &op);
	assert_aborts(sign_with_public, &op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_rfc_7515_a_3),
		UNIT_TEST(test_high_s_and_low_s),
		UNIT_TEST(test_round_trip),
		UNIT_TEST(test_kid_is_handed_to_find),
		UNIT_TEST(test_limits_of_signing),
		UNIT_TEST(test_slips_of_the_caller_abort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
