/* dpop.h: what is said of a proof before it is remembered; whether it was used before is asked of the database. */
#include "server/oidc/dpop.h"

#include "tests/unit/crypto/crypto_test.h"
#include "tests/unit/oidc/keys.h"

#define URL "https://sso.example/token"
#define NOW_S 1700000000
#define NONCE_LIFE_S 300

struct prover {
	struct op *op;
	struct jwk *key;
	struct str header;
};

static struct prover prover_new(void **state)
{
	struct prover p = { .op = op_with_keys(*state, SECRET_A) };
	_json_ json_t *header = json_new_object();

	p.op->now_s = NOW_S;
	p.key = test_key(p.op);
	json_set_str(header, "alg", STR("ES256"));
	json_set_str(header, "typ", STR("dpop+jwt"));
	json_set_take(header, "jwk", jwk_public_json(p.key));
	p.header = json_write(*state, header, false);
	return p;
}

static void prover_done(struct prover *p)
{
	jwk_free(p->key);
	op_keys_done(p->op);
}

/* Of this moment, with a nonce or none. */
static int check(struct prover *p, bool wants_nonce, struct str nonce, struct dpop_proof *ret_proof)
{
	const struct oidc_settings settings = { .dpop_nonce = wants_nonce };
	struct dpop_request rq = { .method = "POST", .url = STR(URL) };
	_json_ json_t *claims = json_new_object();

	json_set_str(claims, "htm", STR("POST"));
	json_set_str(claims, "htu", STR(URL));
	json_set_str(claims, "jti", STR("one"));
	json_set_int(claims, "iat", p->op->now_s);
	json_set_str(claims, "nonce", nonce);
	rq.proof = test_forge(p->op, p->key, p->header, json_write(p->op->arena, claims, false));
	op_forgive(p->op);
	return dpop_check(p->op, &settings, &rq, ret_proof);
}

static void test_proof(void **state)
{
	struct prover p = prover_new(state);
	struct dpop_proof proof;

	assert_int_equal(check(&p, false, STR_NULL, &proof), 0);
	assert_true(str_equal(proof.jkt, jwk_kid(p.key)));
	assert_str_equal(proof.jti, "one");
	assert_int_equal(proof.iat_s, NOW_S);
	prover_done(&p);
}

/* RFC 9449 §8: what is offered is taken, for as long as it lives; the refusal always offers one that is good. */
static void test_nonce(void **state)
{
	struct prover p = prover_new(state);
	struct dpop_proof proof;
	struct str nonce = dpop_nonce(p.op), offered;

	for (int wants = 0; wants < 2; wants++) {
		assert_int_equal(check(&p, wants, nonce, &proof), 0);
		assert_int_equal(check(&p, wants, STR("x"), &proof), ERR_USE_DPOP_NONCE);
		assert_int_equal(check(&p, wants, str_n(nonce.p, nonce.len - 1), &proof), ERR_USE_DPOP_NONCE);
	}
	assert_int_equal(check(&p, true, STR_NULL, &proof), ERR_USE_DPOP_NONCE);
	assert_string_equal(p.op->error.args[0].name, "dpop_nonce");
	offered = p.op->error.args[0].value;
	assert_int_equal(check(&p, true, offered, &proof), 0);
	p.op->now_s += NONCE_LIFE_S;
	assert_int_equal(check(&p, true, nonce, &proof), 0);
	p.op->now_s++;
	assert_int_equal(check(&p, false, nonce, &proof), ERR_USE_DPOP_NONCE);
	offered = p.op->error.args[0].value;
	assert_int_equal(check(&p, true, offered, &proof), 0);
	prover_done(&p);
}

/* What another installation made, or what we sealed for another purpose, is no nonce. */
static void test_foreign_nonces(void **state)
{
	struct prover p = prover_new(state);
	struct op *other = op_with_keys(*state, SECRET_B);
	struct dpop_proof proof;
	struct str now = arena_printf(*state, "%d", NOW_S);

	other->now_s = NOW_S;
	assert_int_equal(check(&p, true, dpop_nonce(other), &proof), ERR_USE_DPOP_NONCE);
	assert_int_equal(check(&p, true, aead_seal(*state, keyring_key(p.op->keys, KEY_SEAL), "pushed-request", STR_NULL, now), &proof), ERR_USE_DPOP_NONCE);
	assert_int_equal(check(&p, true, aead_seal(*state, keyring_key(p.op->keys, KEY_SEAL), "dpop-nonce", STR_NULL, now), &proof), 0);
	op_keys_done(other);
	prover_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_proof), UNIT_TEST(test_nonce), UNIT_TEST(test_foreign_nonces) };

	return cmocka_run_group_tests_name("oidc/dpop", tests, NULL, NULL);
}
