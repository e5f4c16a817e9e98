/*
 * jwk_from_json, jwk_from_private_der: what is read is written again as the same key, a public
 * one has no private part, and one that is accepted works.
 */
#include "common/crypto/jwk_family.h"
#include "tests/fuzz/fuzz.h"

/* The required members of all key types. */
static const char *const members[] = { "kty", "crv", "x", "y", "n", "e" };

static void try_json(struct op *op, struct str input)
{
	_json_ json_t *object = json_read(input, 4, NULL);
	_cleanup_(jwk_freep) struct jwk *key = NULL, *again = NULL;
	static const char zeros[512];

	if (!object || jwk_from_json(op, object, JWS_ALG_NONE_, &key) < 0)
		return;

	_json_ json_t *written = jwk_public_json(key);

	CHECK(!jwk_has_private(key) && !json_object_get(object, "d"));
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		CHECK(!json_object_get(written, members[i]) ||
		      str_equal(json_get_str(object, members[i]), json_get_str(written, members[i])));
	CHECK(jwk_from_json(op, written, JWS_ALG_NONE_, &again) == 0);
	CHECK(str_equal(jwk_kid(key), jwk_kid(again)));
	CHECK(!jwk_verify(key, input, str_n(zeros, key->signature_len)));
}

static void try_der(struct op *op, enum jws_alg alg, struct str input)
{
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	struct str signature = STR_NULL;

	if (jwk_from_private_der(op, alg, input, &key) < 0)
		return;
	CHECK(jwk_has_private(key));
	CHECK(jwk_sign(op, key, STR("message"), &signature) == 0);
	CHECK(jwk_verify(key, STR("message"), signature));
}

FUZZ_TARGET(a, input)
{
	struct op op;

	op_init(&op, a, NULL, NULL);
	try_json(&op, input);
	for (int alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++) {
		op_forgive(&op);
		try_der(&op, (enum jws_alg)alg, input);
	}
}
