/*
 * DPoP proofs: no input is one; and as the claims below a true signature by the key in the header, what is accepted is
 * for this method and address, of this time, with a number and the hash of the token that it stands beside; and where
 * a nonce is wanted, no other than ours does.
 */
#include "common/crypto/digest.h"
#include "common/crypto/keyring.h"
#include "server/oidc/dpop.h"
#include "tests/fuzz/fuzz_signer.h"

#define NOW_S 1700000000
#define URL STR("https://sso.example/token")
#define ACCESS_TOKEN STR("snA_a-token")

static struct str header_of(struct op *op, const struct jwk *key)
{
	_json_ json_t *header = json_new_object();

	json_set_str(header, "alg", STR("ES256"));
	json_set_str(header, "typ", STR("dpop+jwt"));
	json_set_take(header, "jwk", jwk_public_json(key));
	return json_write(op->arena, header, false);
}

static bool is_good(struct op *op, bool wants_nonce, struct str access_token, struct str proof, struct dpop_proof *ret)
{
	const struct oidc_settings settings = { .dpop_nonce = wants_nonce };
	const struct dpop_request rq = { .proof = proof, .method = "POST", .url = URL, .access_token = access_token };
	int r = dpop_check(op, &settings, &rq, ret);

	CHECK(r == 0 || r == ERR_INVALID_DPOP_PROOF || r == ERR_USE_DPOP_NONCE);
	op_forgive(op);
	return r == 0;
}

static void check_claims(const struct jwk *key, struct str input, const struct dpop_proof *proof)
{
	_json_ json_t *claims = json_read(input, 4, NULL);
	int64_t iat_s = json_get_int(claims, "iat", 0);

	CHECK(json_is_object(claims) && str_equal(json_get_str(claims, "htm"), STR("POST")));
	CHECK(str_contains(json_get_str(claims, "htu"), STR("/token")));
	CHECK(iat_s == proof->iat_s && iat_s >= NOW_S - 60 && iat_s <= NOW_S + 10);
	CHECK(proof->jti.len > 0 && proof->jti.len <= 256 && str_equal(proof->jti, json_get_str(claims, "jti")));
	CHECK(str_equal(proof->jkt, jwk_kid(key)));
	CHECK(str_is_null(json_get_str(claims, "nonce")));
}

static void check_hash(struct op *op, struct str input)
{
	_json_ json_t *claims = json_read(input, 4, NULL);

	CHECK(str_equal(json_get_str(claims, "ath"), base64url_encode(op->arena, sha256_str(op->arena, ACCESS_TOKEN))));
}

FUZZ_TARGET(a, input)
{
	const struct fuzz_signer *signer;
	struct keyring *keys;
	struct dpop_proof proof;
	struct str token;
	struct op op;

	op_init(&op, a, NULL, NULL);
	op.now_s = NOW_S;
	CHECK(keyring_new(&op, STR("0123456789abcdef0123456789abcdef"), &keys) == 0);
	op.keys = keys;
	signer = fuzz_signer(&op);
	CHECK(!is_good(&op, false, STR_NULL, input, &proof));
	if (input.len > 0 && input.len < 8000) {
		token = fuzz_sign(&op, signer->key, header_of(&op, signer->key), input);
		if (is_good(&op, false, STR_NULL, token, &proof)) {
			check_claims(signer->key, input, &proof);
			CHECK(!is_good(&op, true, STR_NULL, token, &proof));
		}
		if (is_good(&op, false, ACCESS_TOKEN, token, &proof))
			check_hash(&op, input);
	}
	keyring_free(keys);
}
