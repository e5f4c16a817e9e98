/*
 * Keys in a token, with SoftHSM: made there, never readable, signing; and what becomes of a signature
 * when the token goes away.  Each test has a token of its own.
 */
#include "common/crypto/pkcs11_impl.h"
#include "tests/support/softhsm.h"
#include "tests/unit/crypto/crypto_test.h"

#include <pthread.h>

#define N_THREADS 40 /* more than there may be sessions */

static int make_token(void **state)
{
	unit_arena_setup(state);
	softhsm_make();
	return 0;
}

static int drop_token(void **state)
{
	softhsm_drop();
	return unit_arena_teardown(state);
}

static struct jwk *key_in(struct op *op, struct pkcs11_token *t, enum jws_alg alg)
{
	struct jwk *key = NULL;

	if (jwk_generate_in_token(op, alg, t, &key) < 0)
		fail_msg("%s: %s %.*s", jws_alg_name(alg), op->error.text, STR_ARG(op->error.detail));
	return key;
}

static void test_signs_with_every_algorithm(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_token *t = softhsm_open(&op);

	for (enum jws_alg alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++) {
		struct jwk *key = key_in(&op, t, alg), *again = NULL, *public = NULL;
		_json_ json_t *object = jwk_public_json(key);
		struct str one = STR_NULL, two = STR_NULL;

		assert_true(jwk_has_private(key));
		assert_int_equal(jws_sign(&op, key, "at+jwt", STR("{}"), &one), 0);
		/* Verified by a key that knows the public half only, not by the one that signed. */
		assert_int_equal(jwk_from_json(&op, object, alg, &public), 0);
		assert_true(test_verifies(&op, public, one));
		/* Found again by its label, as after a start. */
		assert_int_equal(jwk_from_token(&op, alg, t, jwk_token_label(key), object, &again), 0);
		assert_int_equal(jws_sign(&op, again, "at+jwt", STR("{}"), &two), 0);
		assert_true(test_verifies(&op, public, two));
		jwk_free(key);
		jwk_free(again);
		jwk_free(public);
	}
	pkcs11_close(t);
}

static void test_private_halves_cannot_be_read(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_token *t = softhsm_open(&op);
	struct jwk *key = key_in(&op, t, JWS_ES256);
	struct str label = jwk_token_label(key);
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_LABEL, (void *)(uintptr_t)label.p, label.len } };
	CK_BYTE value[256];
	CK_ATTRIBUTE secret = { CKA_VALUE, value, sizeof(value) };
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	CK_ULONG n = 0;

	assert_int_equal(pkcs11_take(&op, t, &session), 0);
	assert_int_equal(t->f->C_FindObjectsInit(session, template, 2), CKR_OK);
	assert_int_equal(t->f->C_FindObjects(session, &object, 1, &n), CKR_OK);
	t->f->C_FindObjectsFinal(session);
	assert_int_equal(n, 1);
	assert_int_equal(t->f->C_GetAttributeValue(session, object, &secret, 1), CKR_ATTRIBUTE_SENSITIVE);
	pkcs11_give(t, session);
	jwk_free(key);
	pkcs11_close(t);
}

static void assert_refused(struct arena *a, const char *module, const char *label, const char *pin, int code)
{
	struct op op = test_op(a);
	struct pkcs11_config config = { str_c(module), str_c(label), str_c(pin) };
	struct pkcs11_token *t = NULL;

	assert_int_equal(pkcs11_open(&op, &config, &t), code);
	assert_null(t);
}

static void test_wrong_configuration(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_config none = { STR(""), STR(""), STR("") };
	struct pkcs11_token *t = NULL;

	assert_refused(*state, "/nonexistent.so", "sen", SOFTHSM_PIN, ERR_CONFIG);
	assert_refused(*state, "/lib/x86_64-linux-gnu/libm.so.6", "sen", SOFTHSM_PIN, ERR_CONFIG);
	assert_refused(*state, SOFTHSM_MODULE, "other", SOFTHSM_PIN, ERR_CONFIG);
	assert_refused(*state, SOFTHSM_MODULE, "sen", "99999999", ERR_CONFIG);
	assert_int_equal(pkcs11_open(&op, &none, &t), 0);
	assert_null(t);
}

/* After a refusal the PIN is not tried again: a token locks itself. */
static void test_a_refused_pin_is_tried_once(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_token *t = softhsm_open(&op);
	struct jwk *key = key_in(&op, t, JWS_ES256);
	struct str signature = STR_NULL;
	CK_SESSION_HANDLE session;

	assert_int_equal(pkcs11_take(&op, t, &session), 0);
	assert_int_equal(t->f->C_Logout(session), CKR_OK);
	pkcs11_give(t, session);
	t->pin = STR("99999999");
	assert_int_equal(jwk_sign(&op, key, STR("message"), &signature), ERR_UNAVAILABLE);
	assert_true(t->pin_was_refused);
	op_forgive(&op);
	/* The right one would work, but is not tried. */
	t->pin = STR(SOFTHSM_PIN);
	assert_int_equal(jwk_sign(&op, key, STR("message"), &signature), ERR_UNAVAILABLE);
	assert_str_null(signature);
	jwk_free(key);
	pkcs11_close(t);
}

/* Sessions end (a network HSM restarts): the next signature opens new ones and logs in again. */
static void test_comes_back_after_its_sessions_were_lost(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_token *t = softhsm_open(&op);
	struct jwk *key = key_in(&op, t, JWS_ES256);
	struct str signature = STR_NULL;
	CK_SLOT_ID slots[8];
	CK_ULONG n = 8;

	assert_int_equal(jwk_sign(&op, key, STR("message"), &signature), 0);
	assert_int_equal(t->f->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++)
		t->f->C_CloseAllSessions(slots[i]);
	assert_int_equal(jwk_sign(&op, key, STR("message"), &signature), 0);
	assert_true(jwk_verify(key, STR("message"), signature));
	jwk_free(key);
	pkcs11_close(t);
}

/* No token, no signature; and no half-made one. */
static void test_token_removed(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_token *t = softhsm_open(&op);
	struct jwk *key = key_in(&op, t, JWS_ES256), *other = NULL;
	struct str token = STR_NULL;

	assert_int_equal(jws_sign(&op, key, "at+jwt", STR("{}"), &token), 0);
	token = STR_NULL;
	softhsm_hide();
	assert_int_equal(jws_sign(&op, key, "at+jwt", STR("{}"), &token), ERR_UNAVAILABLE);
	assert_str_null(token);
	op_forgive(&op);
	assert_int_equal(jwk_generate_in_token(&op, JWS_ES256, t, &other), ERR_UNAVAILABLE);
	op_forgive(&op);
	/* And back. */
	softhsm_show();
	assert_int_equal(jws_sign(&op, key, "at+jwt", STR("{}"), &token), 0);
	assert_true(test_verifies(&op, key, token));
	jwk_free(key);
	pkcs11_close(t);
}

static void test_key_destroyed_or_exchanged_in_the_token(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_token *t = softhsm_open(&op);
	struct jwk *key = key_in(&op, t, JWS_ES256), *other = key_in(&op, t, JWS_ES256), *mixed = NULL;
	_json_ json_t *object = jwk_public_json(key);
	struct str signature = STR_NULL;

	/* The label of one, the public half of another: such a signature must not leave. */
	assert_int_equal(jwk_from_token(&op, JWS_ES256, t, jwk_token_label(other), object, &mixed), 0);
	assert_int_equal(jwk_sign(&op, mixed, STR("message"), &signature), ERR_UNAVAILABLE);
	op_forgive(&op);
	assert_int_equal(pkcs11_destroy(&op, t, jwk_token_label(key)), 0);
	assert_int_equal(jwk_sign(&op, key, STR("message"), &signature), ERR_UNAVAILABLE);
	assert_str_null(signature);
	op_forgive(&op);
	assert_int_equal(pkcs11_destroy(&op, t, jwk_token_label(key)), 0);
	assert_int_equal(jwk_sign(&op, other, STR("message"), &signature), 0);
	jwk_free(mixed);
	jwk_free(key);
	jwk_free(other);
	pkcs11_close(t);
}

static void test_more_threads_than_sessions(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_token *t = softhsm_open(&op);
	struct jwk *key = key_in(&op, t, JWS_ES256);
	pthread_t threads[N_THREADS];

	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, test_sign_many, key), 0);
	for (size_t i = 0; i < N_THREADS; i++) {
		void *n_bad = NULL;

		pthread_join(threads[i], &n_bad);
		assert_null(n_bad);
	}
	assert_true(t->n_open <= PKCS11_SESSIONS_MAX && t->n_idle == t->n_open);
	jwk_free(key);
	pkcs11_close(t);
}

/* Others are at work while it goes and comes: some are refused, none gets a wrong one, and in the end all work. */
static void *sign_while_it_moves(void *argument)
{
	const struct jwk *key = argument;
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024);
	size_t n_bad = 0;

	for (int i = 0; i < 60; i++) {
		struct op op;
		struct str signature = STR_NULL;
		int r;

		arena_reset(a);
		op_init(&op, a, NULL, NULL);
		r = jwk_sign(&op, key, STR("message"), &signature);
		if (r != 0 && (r != ERR_UNAVAILABLE || !str_is_null(signature)))
			n_bad++;
		if (r == 0 && !jwk_verify(key, STR("message"), signature))
			n_bad++;
	}
	return (void *)n_bad;
}

static void test_token_moves_under_load(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_token *t = softhsm_open(&op);
	struct jwk *key = key_in(&op, t, JWS_ES256);
	struct str signature = STR_NULL;
	pthread_t threads[8];

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_while_it_moves, key), 0);
	for (int i = 0; i < 5; i++) {
		softhsm_hide();
		usleep(20000);
		softhsm_show();
		usleep(20000);
	}
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *n_bad = NULL;

		pthread_join(threads[i], &n_bad);
		assert_null(n_bad);
	}
	assert_int_equal(jwk_sign(&op, key, STR("message"), &signature), 0);
	jwk_free(key);
	pkcs11_close(t);
}

/* All are taken and none comes back: refused after a second, not waiting for ever. */
static void test_sessions_exhausted(void **state)
{
	struct op op = test_op(*state);
	struct pkcs11_token *t = softhsm_open(&op);
	struct jwk *key = key_in(&op, t, JWS_ES256);
	CK_SESSION_HANDLE sessions[PKCS11_SESSIONS_MAX];
	struct str signature = STR_NULL;

	for (size_t i = 0; i < PKCS11_SESSIONS_MAX; i++)
		assert_int_equal(pkcs11_take(&op, t, &sessions[i]), 0);
	assert_int_equal(jwk_sign(&op, key, STR("message"), &signature), ERR_UNAVAILABLE);
	assert_str_null(signature);
	op_forgive(&op);
	pkcs11_give(t, sessions[0]);
	assert_int_equal(jwk_sign(&op, key, STR("message"), &signature), 0);
	for (size_t i = 1; i < PKCS11_SESSIONS_MAX; i++)
		pkcs11_give(t, sessions[i]);
	jwk_free(key);
	pkcs11_close(t);
}

#define TOKEN_TEST(f) cmocka_unit_test_setup_teardown(f, make_token, drop_token)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOKEN_TEST(test_signs_with_every_algorithm),
		TOKEN_TEST(test_private_halves_cannot_be_read),
		TOKEN_TEST(test_wrong_configuration),
		TOKEN_TEST(test_a_refused_pin_is_tried_once),
		TOKEN_TEST(test_comes_back_after_its_sessions_were_lost),
		TOKEN_TEST(test_token_removed),
		TOKEN_TEST(test_key_destroyed_or_exchanged_in_the_token),
		TOKEN_TEST(test_more_threads_than_sessions),
		TOKEN_TEST(test_token_moves_under_load),
		TOKEN_TEST(test_sessions_exhausted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
