/*
 * jose_peer: our JOSE as a program that other implementations are tested against.  One JSON object a
 * line on stdin, one on stdout; {"refused":true} where the library says no.
 */
#include "common/base/base64.h"
#include "common/crypto/jwe.h"
#include "common/crypto/jwk_set.h"
#include "common/crypto/jws.h"
#include "common/crypto/x509.h"
#include "tests/support/line_peer.h"

static bool do_generate(struct op *op, const json_t *in, json_t *out)
{
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	struct str der;

	if (jwk_generate(op, jws_alg_from_name(json_get_str(in, "alg")), &key) < 0 || jwk_private_der(op, key, &der) < 0)
		return false;
	json_set_str(out, "der", base64url_encode(op->arena, der));
	json_set_take(out, "jwk", jwk_public_json(key));
	return true;
}

static bool do_sign(struct op *op, const json_t *in, json_t *out)
{
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	struct str der, token;

	if (!base64url_decode(op->arena, json_get_str(in, "der"), &der) ||
	    jwk_from_private_der(op, jws_alg_from_name(json_get_str(in, "alg")), der, &key) < 0 ||
	    jws_sign(op, key, json_string_value(json_object_get(in, "typ")), json_get_str(in, "payload"), &token) < 0)
		return false;
	json_set_str(out, "token", token);
	return true;
}

static bool do_verify(struct op *op, const json_t *in, json_t *out)
{
	_cleanup_(jwk_set_freep) struct jwk_set *set = NULL;
	struct jwk_want want = { .algs = JWS_ALG_BIT(jws_alg_from_name(json_get_str(in, "alg"))) };
	struct str payload;

	if (jwk_set_read(op, json_get_str(in, "jwks"), &set) < 0)
		return false;
	want.set = set;
	if (!jws_verify(op, json_get_str(in, "token"), JWS_TYP_JWT_OR_NONE, jwk_set_find, &want, &payload))
		return false;
	json_set_str(out, "payload", payload);
	return true;
}

static bool do_verify_secret(struct op *op, const json_t *in, json_t *out)
{
	struct str payload;

	if (!jws_verify_hs256(op, json_get_str(in, "token"), JWS_TYP_JWT_OR_NONE, json_get_str(in, "secret"), &payload))
		return false;
	json_set_str(out, "payload", payload);
	return true;
}

static bool do_verify_proof(struct op *op, const json_t *in, json_t *out)
{
	struct jws_embedded proof;

	if (!jws_verify_embedded(op, json_get_str(in, "token"), "dpop+jwt", JWS_ALGS_ALL, &proof))
		return false;
	json_set_str(out, "payload", proof.payload);
	json_set_str(out, "thumbprint", proof.thumbprint);
	return true;
}

static bool do_encrypt(struct op *op, const json_t *in, json_t *out)
{
	struct jwe_recipient to = { json_get_str(in, "jwks"), json_get_str(in, "alg"), json_get_str(in, "enc") };
	struct str token;

	if (jwe_encrypt(op, &to, json_string_value(json_object_get(in, "cty")), json_get_str(in, "payload"), &token) < 0)
		return false;
	json_set_str(out, "token", token);
	return true;
}

static bool do_certificate(struct op *op, const json_t *in, json_t *out)
{
	struct x509_cert cert;

	if (x509_read(op, json_get_str(in, "text"), &cert) < 0)
		return false;
	json_set_str(out, "thumbprint", cert.thumbprint);
	json_set_str(out, "subject", cert.subject);
	json_set_bool(out, "registered", x509_is_registered(op, &cert, json_get_str(in, "jwks")));
	return true;
}

static const struct {
	const char *name;
	bool (*run)(struct op *op, const json_t *in, json_t *out);
} actions[] = {
	{ "generate", do_generate },           { "sign", do_sign },
	{ "verify", do_verify },               { "verify_secret", do_verify_secret },
	{ "verify_proof", do_verify_proof },   { "encrypt", do_encrypt },
	{ "certificate", do_certificate },
};

static void answer(struct op *op, const json_t *in, json_t *out)
{
	struct str name = json_get_str(in, "do");
	bool is_done = false;

	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (str_equal(name, str_c(actions[i].name)))
			is_done = actions[i].run(op, in, out);
	if (!is_done)
		json_set_bool(out, "refused", true);
}

int main(void)
{
	return line_peer(answer);
}
