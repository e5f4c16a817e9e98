/*
 * The lives of signing keys against PostgreSQL: one program at a time, a record of each step, and what a
 * key signed verifies until it has expired.
 */
#include "common/crypto/jws.h"
#include "common/model/signing_keys.h"
#include "tests/db/migrated.h"
#include "tests/support/softhsm.h"
#include "tests/unit/at_once.h"

#define MASTER STR("a master secret of 32 bytes and more")
#define N_THREADS 6

static const struct key_policy policy = {
	JWS_ALG_BIT(JWS_ES256) | JWS_ALG_BIT(JWS_EDDSA), 90 * 86400, SIGNING_KEY_PUBLISH_S, SIGNING_KEY_RETIRE_MIN_S,
};

static int setup(_unused_ void **state)
{
	return migrated_open("keys", NULL, N_THREADS);
}

static int forget_keys(void **state)
{
	unit_arena_setup(state);
	side("DELETE FROM sen.signing_key");
	return 0;
}

/* An op with a key ring that has no signing keys yet; freed by op_done(). */
static struct op *op_new(struct arena *a, struct str master)
{
	struct op *op = ARENA_NEW(a, struct op);
	struct keyring *ring;

	op_init(op, a, migrated_db, NULL);
	assert_int_equal(keyring_new(op, master, &ring), 0);
	op->keys = ring;
	return op;
}

static struct keyring *ring_of(const struct op *op)
{
	return (struct keyring *)(uintptr_t)op->keys;
}

static void op_done(struct op *op)
{
	db_op_done(op);
	keyring_free(ring_of(op));
}

static size_t maintain(struct arena *a)
{
	struct op *op = op_new(a, MASTER);
	size_t n = 0;

	if (signing_keys_maintain(op, &policy, &n, NULL) < 0)
		fail_msg("%s %.*s", op->error.text, STR_ARG(op->error.detail));
	op_done(op);
	return n;
}

static struct op *loaded(struct arena *a)
{
	struct op *op = op_new(a, MASTER);

	if (signing_keys_load(op, ring_of(op)) < 0)
		fail_msg("%s %.*s", op->error.text, STR_ARG(op->error.detail));
	return op;
}

static size_t n_in_jwks(const struct op *op)
{
	_json_ json_t *jwks = keyring_jwks(op->keys);

	return json_array_size(json_object_get(jwks, "keys"));
}

static int64_t n_records(void)
{
	return side_i64("SELECT count(*) FROM sen.audit WHERE action LIKE 'key.%'");
}

static void test_first_keys(void **state)
{
	struct op *op = op_new(*state, MASTER), *other = op_new(*state, STR("another master secret of 32 bytes"));
	int64_t n_before = n_records();

	assert_int_equal(signing_keys_load(op, ring_of(op)), 0);
	assert_null(keyring_signing(op->keys, JWS_ES256)); /* none yet */
	op_done(op);
	assert_int_equal(maintain(*state), 2);
	assert_int_equal(maintain(*state), 0);
	op = loaded(*state);
	assert_int_equal(n_in_jwks(op), 2);
	assert_non_null(keyring_signing(op->keys, JWS_ES256));
	assert_non_null(keyring_signing(op->keys, JWS_EDDSA));
	assert_null(keyring_signing(op->keys, JWS_PS256));
	assert_int_equal(n_records() - n_before, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit a JOIN sen.signing_key k ON k.kid = a.object"
	                          " WHERE a.action = 'key.activate' AND a.actor = 'system' AND a.data->>'alg' = k.alg"), 2);
	assert_int_equal(signing_keys_load(other, ring_of(other)), ERR_CONFIG);
	op_done(other);
	op_done(op);
}

static bool verifies(struct op *op, struct str token)
{
	struct str payload;

	return jws_verify(op, token, "JWT", keyring_find, ring_of(op), &payload);
}

static struct str sign(struct op *op)
{
	struct str token = STR_NULL;

	assert_int_equal(jws_sign(op, keyring_signing(op->keys, JWS_ES256), "JWT", STR("{}"), &token), 0);
	return token;
}

/* The waiting times pass by moving what the row says. */
static void test_a_life(void **state)
{
	struct op *before, *during, *after;
	struct str first, second, kid;

	assert_int_equal(maintain(*state), 2);
	before = loaded(*state);
	first = sign(before);
	kid = jwk_kid(keyring_signing(before->keys, JWS_ES256));
	assert_int_equal(signing_key_publish(before, JWS_ES256, STR("operator:an")), 0);
	assert_int_equal(signing_key_publish(before, JWS_ES256, STR("operator:an")), ERR_CONFLICT);
	op_forgive(before);

	/* Published: in the JWKS, signs nothing, not even a second before its time. */
	assert_int_equal(maintain(*state), 0);
	side("UPDATE sen.signing_key SET published_at = now() - interval '655 s' WHERE state = 'published'");
	assert_int_equal(maintain(*state), 0);
	during = loaded(*state);
	assert_int_equal(n_in_jwks(during), 3);
	assert_true(str_equal(jwk_kid(keyring_signing(during->keys, JWS_ES256)), kid));

	side("UPDATE sen.signing_key SET published_at = now() - interval '661 s' WHERE state = 'published'");
	assert_int_equal(maintain(*state), 2);
	after = loaded(*state);
	second = sign(after);
	assert_false(str_equal(jwk_kid(keyring_signing(after->keys, JWS_ES256)), kid));
	/* Whoever has the older set verifies what the new key signs, and the newer one what the old key signed. */
	assert_true(verifies(during, second));
	assert_true(verifies(after, first));
	assert_false(verifies(before, second));
	/* It verifies, and cannot sign any more. */
	assert_false(jwk_has_private(keyring_find(ring_of(after), kid, JWS_ES256)));
	op_done(after);

	side("UPDATE sen.signing_key SET retiring_at = now() - interval '655 s' WHERE state = 'retiring'");
	assert_int_equal(maintain(*state), 0);
	side("UPDATE sen.signing_key SET retiring_at = now() - interval '661 s' WHERE state = 'retiring'");
	assert_int_equal(maintain(*state), 1);
	after = loaded(*state);
	assert_false(verifies(after, first));
	assert_true(verifies(after, second));
	assert_int_equal(n_in_jwks(after), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.signing_key WHERE state = 'destroyed' AND sealed IS NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'key.publish' AND actor = 'operator:an'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'key.destroy'"), 1);
	op_done(after);
	op_done(during);
	op_done(before);
}

static void test_by_hand(void **state)
{
	struct op *op;
	struct str kid;

	assert_int_equal(maintain(*state), 2);
	op = loaded(*state);
	kid = jwk_kid(keyring_signing(op->keys, JWS_ES256));
	assert_int_equal(signing_key_activate(op, JWS_ES256, STR("operator:an")), ERR_CONFLICT);
	op_forgive(op);
	assert_int_equal(signing_key_destroy(op, kid, STR("operator:an")), ERR_CONFLICT);
	op_forgive(op);
	assert_int_equal(signing_key_destroy(op, STR("nobody"), STR("operator:an")), ERR_NOT_FOUND);
	op_forgive(op);
	assert_int_equal(signing_key_publish(op, JWS_ES256, STR("operator:an")), 0);
	assert_int_equal(signing_key_activate(op, JWS_ES256, STR("operator:an")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.signing_key WHERE alg = 'ES256' AND state = 'active'"), 1);
	assert_int_equal(signing_key_destroy(op, kid, STR("operator:an")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.signing_key WHERE alg = 'ES256'"), 2);
	/* An algorithm without a key so far. */
	assert_int_equal(signing_key_publish(op, JWS_PS256, STR("operator:an")), 0);
	assert_int_equal(signing_key_activate(op, JWS_PS256, STR("operator:an")), 0);
	op_done(op);
	op = loaded(*state);
	assert_non_null(keyring_signing(op->keys, JWS_PS256));
	op_done(op);
}

static void *maintain_thread(void *argument)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	struct op *op = op_new(a, MASTER);
	size_t n = 0;
	bool is_busy = false;
	int r = 0;

	for (int i = 0; r == 0 && i < 5; i++)
		r = signing_keys_maintain(op, &policy, &n, &is_busy);
	*(int *)argument = r;
	op_done(op);
	return NULL;
}

/* All nodes at once: at first, and when a rotation is due. */
static void test_nodes_at_once(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		int results[N_THREADS];

		side("UPDATE sen.signing_key SET published_at = now() - interval '1 h', activated_at = now() - interval '91 d'");
		AT_ONCE(maintain_thread, results);
		for (size_t i = 0; i < N_THREADS; i++)
			assert_int_equal(results[i], 0);
		assert_int_equal(side_i64("SELECT count(*) FROM sen.signing_key WHERE state = 'active'"), 2);
		assert_in_range(side_i64("SELECT count(*) FROM sen.signing_key"), 2, 2 + 2 * round);
	}
}

static void test_only_one_at_a_time(void **state)
{
	struct op *op = op_new(*state, MASTER);
	size_t n = 7;
	bool is_busy = false;

	side("BEGIN");
	side("SELECT pg_advisory_xact_lock(7301993)");
	assert_int_equal(signing_keys_maintain(op, &policy, &n, &is_busy), 0);
	assert_int_equal(n, 0);
	assert_true(is_busy);
	assert_int_equal(signing_key_publish(op, JWS_ES256, STR("operator:an")), ERR_CONFLICT);
	side("COMMIT");
	op_forgive(op);
	assert_int_equal(signing_keys_maintain(op, &policy, &n, &is_busy), 0);
	assert_int_equal(n, 2);
	assert_false(is_busy);
	op_done(op);
}

static struct op *op_with_token(struct arena *a, struct pkcs11_token *token)
{
	struct op *op = ARENA_NEW(a, struct op);
	struct keyring *ring;

	op_init(op, a, migrated_db, NULL);
	assert_int_equal(keyring_open(op, &(struct key_source){ MASTER, token }, &ring), 0);
	op->keys = ring;
	return op;
}

/* Who changes rules for everybody holds no lock that keys wait for. */
static void test_rules_do_not_keep_keys_from_changing(void **state)
{
	struct op *op = op_new(*state, MASTER);
	size_t n = 0;
	bool is_busy = true;

	side("BEGIN");
	side("SELECT sen.rules_lock()");
	assert_int_equal(signing_keys_maintain(op, &policy, &n, &is_busy), 0);
	assert_false(is_busy);
	side("COMMIT");
	assert_int_equal(n, 2);
	op_done(op);
}

/* The same life, with keys that never leave a token. */
static void test_a_life_in_a_token(void **state)
{
	struct op *op, *without;
	struct pkcs11_token *token;
	struct str first, label;
	size_t n = 0;

	softhsm_make();
	without = op_new(*state, MASTER);
	token = softhsm_open(without);
	op = op_with_token(*state, token);
	assert_int_equal(signing_keys_maintain(op, &policy, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.signing_key WHERE sealed LIKE 'pkcs11:%'"), 2);
	assert_int_equal(signing_keys_load(op, ring_of(op)), 0);
	first = sign(op);
	label = jwk_token_label(keyring_signing(op->keys, JWS_ES256));
	assert_int_equal(label.len, 26);

	/* Who has no token configured can neither sign with such a key nor put one of another kind beside it. */
	assert_int_equal(signing_keys_load(without, ring_of(without)), ERR_CONFIG);
	op_forgive(without);
	assert_int_equal(signing_key_publish(without, JWS_ES256, STR("operator:an")), ERR_CONFIG);
	op_done(without);

	assert_int_equal(signing_key_publish(op, JWS_ES256, STR("operator:an")), 0);
	assert_int_equal(signing_key_activate(op, JWS_ES256, STR("operator:an")), 0);
	side("UPDATE sen.signing_key SET retiring_at = now() - interval '1 h' WHERE state = 'retiring'");
	without = op_with_token(*state, token);
	assert_int_equal(signing_keys_load(without, ring_of(without)), 0);
	assert_true(verifies(without, first));
	assert_true(verifies(without, sign(without)));
	op_done(without);
	assert_int_equal(signing_keys_maintain(op, &policy, &n, NULL), 0);
	assert_int_equal(n, 1);
	/* Gone from the token too: whoever still has it in memory cannot sign any more. */
	assert_int_equal(jws_sign(op, keyring_signing(op->keys, JWS_ES256), "JWT", STR("{}"), &first), ERR_UNAVAILABLE);
	op_done(op);
	pkcs11_close(token);
	softhsm_drop();
}

static void test_lists_of_algorithms(void **state)
{
	(void)state;
	assert_int_equal(signing_algs_read(STR("ES256 PS256 RS256 EdDSA")), JWS_ALGS_ALL);
	assert_int_equal(signing_algs_read(STR("EdDSA ES256")), JWS_ALG_BIT(JWS_EDDSA) | JWS_ALG_BIT(JWS_ES256));
	assert_int_equal(signing_algs_read(STR("EdDSA")), 0);
	assert_int_equal(signing_algs_read(STR("ES256 ES256")), 0);
	assert_int_equal(signing_algs_read(STR("ES256,EdDSA")), 0);
	assert_int_equal(signing_algs_read(STR("ES256 none")), 0);
	assert_int_equal(signing_algs_read(STR("")), 0);
}

#define KEYS_TEST(f) cmocka_unit_test_setup_teardown(f, forget_keys, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEYS_TEST(test_first_keys),
		KEYS_TEST(test_a_life),
		KEYS_TEST(test_by_hand),
		KEYS_TEST(test_nodes_at_once),
		KEYS_TEST(test_only_one_at_a_time),
		KEYS_TEST(test_rules_do_not_keep_keys_from_changing),
		KEYS_TEST(test_a_life_in_a_token),
		KEYS_TEST(test_lists_of_algorithms),
	};

	return cmocka_run_group_tests(tests, setup, migrated_drop);
}
