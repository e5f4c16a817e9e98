/* crypto_test.h: an op, keys and forged tokens for the tests of common/crypto. */
#pragma once

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/crypto/jwk_family.h"
#include "common/crypto/jws.h"
#include "tests/unit/unit.h"

_unused_ static struct op test_op(struct arena *a)
{
	struct op op;

	op_init(&op, a, NULL, NULL);
	return op;
}

_unused_ static struct jwk *test_key(struct op *op)
{
	struct jwk *key = NULL;

	assert_int_equal(jwk_generate(op, JWS_ES256, &key), 0);
	return key;
}

_unused_ static struct jwk *test_key_of(struct op *op, enum jws_alg alg)
{
	struct jwk *key = NULL;

	assert_int_equal(jwk_generate(op, alg, &key), 0);
	return key;
}

/* A public key from its JWK, for any algorithm that fits. */
_unused_ static struct jwk *test_public_key(struct op *op, const char *text, enum jws_alg alg)
{
	_json_ json_t *object = json_read(str_c(text), 4, NULL);
	struct jwk *key = NULL;

	assert_non_null(object);
	assert_int_equal(jwk_from_json(op, object, alg, &key), 0);
	return key;
}

/* A find function that knows one key and gives it for any kid. */
_unused_ static const struct jwk *test_find_any(void *context, struct str kid, enum jws_alg alg)
{
	(void)kid;
	(void)alg;
	return context;
}

/* header and payload as they are, with a true signature of key: what a dishonest or odd signer could make. */
_unused_ static struct str test_forge(struct op *op, const struct jwk *key, struct str header, struct str payload)
{
	struct arena *a = op->arena;
	struct str signature = STR_NULL, head;

	head = arena_printf(a, "%.*s.%.*s", STR_ARG(base64url_encode(a, header)), STR_ARG(base64url_encode(a, payload)));
	assert_int_equal(jwk_sign(op, key, head, &signature), 0);
	return arena_printf(a, "%.*s.%.*s", STR_ARG(head), STR_ARG(base64url_encode(a, signature)));
}

_unused_ static bool test_verifies(struct op *op, const struct jwk *key, struct str token)
{
	struct str payload = STR_NULL;
	bool is_good = jws_verify(op, token, "at+jwt", test_find_any, (void *)(uintptr_t)key, &payload);

	assert_int_equal(op->error.code, 0);
	assert_true(is_good || str_is_null(payload));
	return is_good;
}

/* What a thread does with a key that others use too: how many signatures were none. */
_unused_ static void *test_sign_many(void *key)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024);
	size_t n_bad = 0;

	for (int i = 0; i < 50; i++) {
		struct op op;
		struct str signature = STR_NULL, message;

		arena_reset(a);
		op_init(&op, a, NULL, NULL);
		message = arena_printf(a, "message %d", i);
		if (jwk_sign(&op, key, message, &signature) < 0 || !jwk_verify(key, message, signature))
			n_bad++;
	}
	return (void *)n_bad;
}
