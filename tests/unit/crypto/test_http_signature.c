/* RFC 9421 appendix B, RFC 9530; what is random in a signature is verified with the key. */
#include "common/base/base64.h"
#include "common/crypto/http_signature.h"
#include "common/crypto/jwk_family.h"
#include "tests/unit/unit.h"

static const struct http_component request[] = {
	{ "date", { "Tue, 20 Apr 2021 02:07:55 GMT", 29 } },
	{ "@authority", { "example.com", 11 } },
	{ "content-type", { "application/json", 16 } },
};

/* B.2.5 */
static void the_hmac_of_the_rfc(void **state)
{
	struct http_signer signer = { .key_id = STR("test-shared-secret"), .leaves_out_alg = true };
	struct http_signature s;
	struct op op;

	op_init(&op, *state, NULL, NULL);
	assert_true(base64_decode(*state, STR("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="), &signer.secret));
	assert_int_equal(http_signature_make(&op, &signer, request, 3, 1618884473, &s), 0);
	assert_str_equal(s.input, "sen=(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"");
	assert_str_equal(s.signature, "sen=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:");
}

static void a_key_signs_the_base(void **state)
{
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	struct http_signer signer = { .tag = "sen-webhook" };
	struct http_signature s;
	struct str base, bytes;
	struct op op;

	op_init(&op, *state, NULL, NULL);
	assert_int_equal(jwk_generate(&op, JWS_ES256, &key), 0);
	signer.key = key;
	assert_int_equal(http_signature_make(&op, &signer, request, 2, 7, &s), 0);
	base = arena_printf(*state, "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@authority\": example.com\n\"@signature-params\": "
	                    "(\"date\" \"@authority\");created=7;keyid=\"%.*s\";alg=\"ecdsa-p256-sha256\";tag=\"sen-webhook\"",
	                    STR_ARG(jwk_kid(key)));
	assert_true(str_ends(base, str_skip(s.input, 4)));
	assert_true(str_starts(s.signature, STR("sen=:")) && str_ends(s.signature, STR(":")));
	assert_true(base64_decode(*state, str_n(s.signature.p + 5, s.signature.len - 6), &bytes));
	assert_true(jwk_verify(key, base, bytes));
	assert_false(jwk_verify(key, str_skip(base, 1), bytes));
}

static void nothing_is_signed_without_a_key(void **state)
{
	struct http_signer signer = { .secret = STR("short"), .key_id = STR("p05") };
	struct http_signature s;
	struct op op;

	op_init(&op, *state, NULL, NULL);
	assert_int_equal(http_signature_make(&op, &signer, request, 3, 7, &s), ERR_UNAVAILABLE);
}

static void a_value_cannot_make_a_line(void **state)
{
	const struct http_component forged[] = { { "date", STR("x\n\"@method\": GET") } };
	struct http_signer signer = { .secret = STR("a secret of 32 bytes, or of more."), .key_id = STR("p05") };
	struct http_signature s;
	struct op op;

	op_init(&op, *state, NULL, NULL);
	assert_int_equal(http_signature_make(&op, &signer, forged, 1, 7, &s), ERR_BAD_REQUEST);
	op_forgive(&op);
	signer.key_id = STR("p\"05");
	assert_int_equal(http_signature_make(&op, &signer, request, 1, 7, &s), ERR_BAD_REQUEST);
}

static void the_digest_of_the_rfc(void **state)
{
	assert_str_equal(http_content_digest(*state, STR("{\"hello\": \"world\"}")), "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(the_hmac_of_the_rfc),
		UNIT_TEST(a_key_signs_the_base),
		UNIT_TEST(nothing_is_signed_without_a_key),
		UNIT_TEST(a_value_cannot_make_a_line),
		UNIT_TEST(the_digest_of_the_rfc),
	};

	return cmocka_run_group_tests_name("crypto/http_signature", tests, NULL, NULL);
}
