/*
 * jwk_set_read: what is accepted has no private part anywhere, and finds only keys of the algorithm
 * asked for; nothing that is found verifies a signature of zeros.
 */
#include "common/crypto/jwk_family.h"
#include "common/crypto/jwk_set.h"
#include "tests/fuzz/fuzz.h"

static void try_kid(const struct jwk_set *set, struct str kid)
{
	static const char zeros[512];

	for (enum jws_alg alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++) {
		struct jwk_want want = { set, JWS_ALGS_ALL }, none = { set, JWS_ALGS_ALL & ~JWS_ALG_BIT(alg) };
		const struct jwk *key = jwk_set_find(&want, kid, alg);

		CHECK(!jwk_set_find(&none, kid, alg));
		if (!key)
			continue;
		CHECK(jwk_alg(key) == alg && !jwk_has_private(key));
		CHECK(!jwk_verify(key, STR("message"), str_n(zeros, key->signature_len)));
	}
}

FUZZ_TARGET(a, input)
{
	_cleanup_(jwk_set_freep) struct jwk_set *set = NULL;
	_json_ json_t *document = NULL;
	const json_t *object;
	struct op op;
	size_t i;

	op_init(&op, a, NULL, NULL);
	if (jwk_set_read(&op, input, &set) < 0) {
		CHECK(op.error.code == ERR_INVALID_VALUE && !set);
		return;
	}
	CHECK(op.error.code == 0);
	document = json_read(input, 6, NULL);
	CHECK(document);
	try_kid(set, STR_NULL);
	json_array_foreach(json_object_get(document, "keys"), i, object) {
		CHECK(!jwk_has_private_member(object));
		try_kid(set, json_get_str(object, "kid"));
	}
}
