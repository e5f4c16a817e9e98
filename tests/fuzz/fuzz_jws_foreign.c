/*
 * jws_verify_hs256, jws_verify_embedded, jws_peek_unverified: no input verifies with a secret that its
 * author does not know, and a key in a header is whole and public.  The input is a token as it is; and
 * a header and payload (divided at the first newline) with a true MAC.
 */
#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "common/crypto/jws.h"
#include "tests/fuzz/fuzz.h"

#define SECRET STR("a secret that no input can know of")

static void try_mac(struct op *op, struct str header, struct str payload)
{
	struct arena *a = op->arena;
	struct str token, verified = STR_NULL;
	uint8_t mac[SHA256_LEN];

	token = arena_printf(a, "%.*s.%.*s", STR_ARG(base64url_encode(a, header)), STR_ARG(base64url_encode(a, payload)));
	hmac_sha256(SECRET, token, mac);
	token = arena_printf(a, "%.*s.%.*s", STR_ARG(token), STR_ARG(base64url_encode(a, str_n(mac, sizeof(mac)))));
	if (!jws_verify_hs256(op, token, JWS_TYP_JWT_OR_NONE, SECRET, &verified))
		return;

	_json_ json_t *object = json_read(header, 4, NULL);

	CHECK(str_equal(verified, payload) && token.len <= JWS_MAX_LEN);
	CHECK(str_equal(json_get_str(object, "alg"), STR("HS256")) && !json_object_get(object, "crit"));
}

FUZZ_TARGET(a, input)
{
	struct op op;
	struct str payload = STR_NULL, header = STR_NULL, rest = input;
	struct jws_embedded proof = { STR_NULL, STR_NULL };

	op_init(&op, a, NULL, NULL);
	CHECK(!jws_verify_hs256(&op, input, JWS_TYP_JWT_OR_NONE, SECRET, &payload));
	if (jws_peek_unverified(&op, input, &payload))
		CHECK(payload.len > 0 && payload.len < input.len);
	if (jws_verify_embedded(&op, input, "dpop+jwt", JWS_ALGS_ALL, &proof))
		CHECK(proof.thumbprint.len == 43 && str_equal(proof.payload, payload));
	CHECK(op.error.code == 0);
	if (str_split(&rest, '\n', &header) && !str_is_null(rest) && input.len <= JWS_MAX_LEN)
		try_mac(&op, header, rest);
	CHECK(op.error.code == 0);
}
