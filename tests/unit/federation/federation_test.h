/* federation_test.h: entities that sign statements. */
#pragma once

#include "common/crypto/keyring.h"
#include "server/federation/trust_chain.h"
#include "tests/unit/json_text.h"

#define NOW_S 1795000000

_unused_ static struct op *op_at_now(struct arena *a)
{
	struct op *op = ARENA_NEW(a, struct op);

	op_init(op, a, NULL, NULL);
	op->now_s = NOW_S;
	return op;
}

/* {"keys":[the public key]} */
_unused_ static json_t *jwks_of(const struct jwk *key)
{
	json_t *jwks = json_new_object(), *keys = json_new_array();

	json_array_append_new(keys, jwk_public_json(key));
	json_set_take(jwks, "keys", keys);
	return jwks;
}

/* iss, sub, times and keys as they should be, and on top what claims says; null takes a claim away. */
_unused_ static struct str statement_by(struct op *op, const struct jwk *signer, const char *iss, const char *sub, const struct jwk *key,
                                        const char *claims)
{
	json_t *all = json_new_object(), *more = json_of(op->arena, claims), *value;
	struct str compact;
	const char *name;

	json_set_str(all, "iss", str_c(iss));
	json_set_str(all, "sub", str_c(sub));
	json_set_int(all, "iat", NOW_S - 10);
	json_set_int(all, "exp", NOW_S + 1000);
	json_set_take(all, "jwks", jwks_of(key));
	json_object_foreach(more, name, value) {
		if (json_is_null(value))
			json_object_del(all, name);
		else
			json_object_set(all, name, value);
	}
	assert_int_equal(jws_sign_document(op, signer, STATEMENT_TYP, json_write(op->arena, all, false), &compact), 0);
	json_decref(all);
	json_decref(more);
	return compact;
}
