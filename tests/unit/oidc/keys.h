/* keys.h: an op with a key ring, as requests have. */
#pragma once

#include "common/crypto/keyring.h"
#include "tests/unit/unit.h"

/* Everything a test's op needs; lives in the test's arena. */
_unused_ static struct op *op_with_keys(struct arena *a, const char *secret)
{
	struct op *op = ARENA_NEW(a, struct op);
	struct keyring *ring;
	struct jwk *key;

	op_init(op, a, NULL, NULL);
	assert_int_equal(keyring_new(op, str_c(secret), &ring), 0);
	assert_int_equal(jwk_generate(op, JWS_ES256, &key), 0);
	keyring_add_signing(ring, key, true);
	op->keys = ring;
	return op;
}

_unused_ static void op_keys_done(struct op *op)
{
	keyring_free((struct keyring *)(uintptr_t)op->keys);
}

#define SECRET_A "0123456789abcdef0123456789abcdef-A"
#define SECRET_B "0123456789abcdef0123456789abcdef-B"
