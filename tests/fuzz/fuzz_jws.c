/*
 * jws_verify: no input verifies.  The input is a token as it is; and a header and payload
 * (divided at the first newline) below a true signature, for what comes after the signature:
 * then what is accepted has the form that the rules demand.
 */
#include "common/base/base64.h"
#include "common/crypto/jwk_family.h"
#include "common/crypto/jws.h"
#include "tests/fuzz/fuzz.h"

static struct jwk *signer; /* lives as long as the process */

static const struct jwk *find(void *context, struct str kid, enum jws_alg alg)
{
	CHECK(str_is_null(kid) || (kid.len > 0 && kid.len <= 128 && str_is_printable_ascii(kid)));
	CHECK(alg != JWS_ALG_NONE_);
	return context;
}

static void check_header(struct str text)
{
	_json_ json_t *header = json_read(text, 4, NULL);

	CHECK(json_is_object(header));
	CHECK(str_equal(json_get_str(header, "alg"), STR("ES256")));
	CHECK(str_equal(json_get_str(header, "typ"), STR("at+jwt")));
	CHECK(!json_object_get(header, "crit") && !json_object_get(header, "b64") && !json_object_get(header, "zip"));
}

FUZZ_TARGET(a, input)
{
	struct op op;
	struct str payload = STR_NULL, header = STR_NULL, rest = input, signature = STR_NULL, token;

	op_init(&op, a, NULL, NULL);
	if (!signer && jwk_generate(&op, JWS_ES256, &signer) < 0)
		abort();
	CHECK(!jws_verify(&op, input, "at+jwt", find, signer, &payload));
	CHECK(str_is_null(payload) && op.error.code == 0);

	if (!str_split(&rest, '\n', &header) || str_is_null(rest) || input.len > JWS_MAX_LEN)
		return;
	token = arena_printf(a, "%.*s.%.*s", STR_ARG(base64url_encode(a, header)), STR_ARG(base64url_encode(a, rest)));
	CHECK(jwk_sign(&op, signer, token, &signature) == 0);
	token = arena_printf(a, "%.*s.%.*s", STR_ARG(token), STR_ARG(base64url_encode(a, signature)));
	if (!jws_verify(&op, token, "at+jwt", find, signer, &payload))
		return;
	CHECK(str_equal(payload, rest) && token.len <= JWS_MAX_LEN);
	check_header(header);
}
