#include "common/crypto/jws_memory.h"
#include "tests/unit/oidc/keys.h"

static void test_has_what_was_added(void **state)
{
	struct jws_memory *m = jws_memory_new();
	struct jws_digest a = jws_digest_of("at+jwt", STR("a.b.c")), other = jws_digest_of("at+jwt", STR("a.b.d"));
	struct jws_digest kind = jws_digest_of("JWT", STR("a.b.c")), shifted = jws_digest_of("at+jw", STR("ta.b.c"));

	(void)state;
	assert_false(jws_memory_has(m, &a));
	jws_memory_add(m, &a);
	assert_true(jws_memory_has(m, &a));
	assert_false(jws_memory_has(m, &other));
	assert_false(jws_memory_has(m, &kind));
	assert_false(jws_memory_has(m, &shifted));
	jws_memory_free(m);
}

/* What the key ring remembers of one kind and one set of keys is nothing to another. */
static void test_key_ring(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A), *other = op_with_keys(*state, SECRET_A);
	struct str token, payload;

	assert_int_equal(jws_sign(op, keyring_signing(op->keys, JWS_ES256), "at+jwt", STR("{}"), &token), 0);
	for (int i = 0; i < 3; i++)
		assert_true(keyring_verify(op, token, "at+jwt", &payload));
	assert_str_equal(payload, "{}");
	assert_false(keyring_verify(op, token, "JWT", &payload));
	assert_false(keyring_verify(other, token, "at+jwt", &payload));
	for (size_t i = 0; i < token.len; i++) {
		struct str changed = arena_dup(*state, token);

		((char *)(uintptr_t)changed.p)[i] ^= 1;
		assert_false(keyring_verify(op, changed, "at+jwt", &payload));
	}
	op_keys_done(op);
	op_keys_done(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_has_what_was_added), UNIT_TEST(test_key_ring) };

	return cmocka_run_group_tests_name("crypto/jws_memory", tests, NULL, NULL);
}
