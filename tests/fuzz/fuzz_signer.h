/*
 * fuzz_signer.h: for targets whose input stands below a true signature of the other side: its key, and the set by which it
 * is known here.  Both live as long as the process.
 */
#pragma once

#include "common/base/base64.h"
#include "common/crypto/jwk_family.h"
#include "common/crypto/jwk_set.h"
#include "common/crypto/jws.h"
#include "tests/fuzz/fuzz.h"

struct fuzz_signer {
	struct jwk *key;
	struct jwk_set *keys;
};

_unused_ static const struct fuzz_signer *fuzz_signer(struct op *op)
{
	static struct fuzz_signer signer;
	_json_ json_t *set = NULL;
	json_t *list;

	if (signer.key)
		return &signer;
	set = json_new_object();
	list = json_new_array();
	if (jwk_generate(op, JWS_ES256, &signer.key) < 0)
		abort();
	json_array_append_new(list, jwk_public_json(signer.key));
	json_set_take(set, "keys", list);
	if (jwk_set_read(op, json_write(op->arena, set, false), &signer.keys) < 0)
		abort();
	return &signer;
}

/* header and payload as they are, below a true signature. */
_unused_ static struct str fuzz_sign(struct op *op, const struct jwk *key, struct str header, struct str payload)
{
	struct arena *a = op->arena;
	struct str head, signature;

	head = arena_printf(a, "%.*s.%.*s", STR_ARG(base64url_encode(a, header)), STR_ARG(base64url_encode(a, payload)));
	if (jwk_sign(op, key, head, &signature) < 0)
		abort();
	return arena_printf(a, "%.*s.%.*s", STR_ARG(head), STR_ARG(base64url_encode(a, signature)));
}
