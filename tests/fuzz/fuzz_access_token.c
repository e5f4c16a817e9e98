/*
 * Access tokens: no input is one; and whatever claims were sealed by us, the quick way of reading them says what the strict
 * reader says of the same text.
 */
#include "common/crypto/keyring.h"
#include "server/oidc/access_token.h"
#include "tests/fuzz/fuzz.h"

#define ISSUER STR("https://sso.example")

/* As access_token.c seals the tokens that only this server reads. */
static struct str seal(struct op *op, struct str claims)
{
	struct str sealed = aead_seal(op->arena, keyring_key(op->keys, KEY_SEAL), "access-token", STR_NULL, claims);

	return arena_printf(op->arena, "sna_%.*s", STR_ARG(sealed));
}

static void check_same(const json_t *tree, const char *name, struct str read)
{
	CHECK(str_equal(json_get_str(tree, name), read) && str_is_null(json_get_str(tree, name)) == str_is_null(read));
}

static void check_claims(const json_t *tree, const struct access_claims *c)
{
	check_same(tree, "iss", ISSUER);
	check_same(tree, "sub", c->sub);
	check_same(tree, "aud", c->aud);
	check_same(tree, "client_id", c->client_id);
	check_same(tree, "scope", c->scope);
	check_same(tree, "jti", c->jti);
	check_same(json_object_get(tree, "cnf"), "jkt", c->jkt);
	check_same(json_object_get(tree, "cnf"), "x5t#S256", c->x5t);
	check_same(json_object_get(tree, "may_act"), "sub", c->may_act);
	CHECK(c->iat_s == json_get_int(tree, "iat", 0) && c->exp_s == json_get_int(tree, "exp", 0));
	CHECK(str_is_null(c->act) == !json_object_get(tree, "act"));
	CHECK(str_is_null(c->details) == !json_object_get(tree, "authorization_details"));
	/* Nobody's handle was sealed here: a client's own token is all that there is. */
	CHECK(!c->has_account && str_equal(c->sub, c->client_id));
}

FUZZ_TARGET(a, input)
{
	_json_ json_t *tree = json_read(input, 10, NULL);
	struct access_claims claims;
	struct keyring *keys;
	struct op op;

	op_init(&op, a, NULL, NULL);
	CHECK(keyring_new(&op, STR("0123456789abcdef0123456789abcdef"), &keys) == 0);
	op.keys = keys;
	CHECK(!access_token_read(&op, ISSUER, input, &claims));
	/* Were it sealed in another way by now, nothing below would be looked at. */
	CHECK(access_token_read(&op, ISSUER, seal(&op, STR("{\"iss\":\"https://sso.example\",\"sub\":\"rp\",\"client_id\":\"rp\",\"jti\":\"snj_1\"}")), &claims));
	if (input.len > 0 && input.len < 8000 && access_token_read(&op, ISSUER, seal(&op, input), &claims) && tree)
		check_claims(tree, &claims);
	CHECK(op.error.code == 0);
	keyring_free(keys);
}
