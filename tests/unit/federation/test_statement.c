#include "tests/unit/crypto/crypto_test.h"
#include "tests/unit/federation/federation_test.h"

#define SELF "https://e.example"
#define ABOVE "https://up.example"

static int read_one(struct op *op, struct str compact, const struct jwk *signer)
{
	struct statement s = { 0 };
	_json_ json_t *jwks = jwks_of(signer);
	struct jwk_set *keys = NULL;
	int r = statement_read(op, compact, &s);

	if (r < 0) {
		assert_null(s.claims);
		return r;
	}
	assert_int_equal(federation_keys_read(op, jwks, &keys), 0);
	r = statement_is_signed_by(op, &s, keys) ? 0 : ERR_CRYPTO;
	jwk_set_free(keys);
	statement_clear(&s);
	return r;
}

/* Each claim that a statement may not have as it is, alone. */
static const struct {
	const char *sub, *claims;
	int r;
} claims[] = {
	{ SELF, "{}", 0 },
	{ ABOVE, "{}", 0 },
	{ SELF, "{'iss':'http://e.example','sub':'http://e.example'}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'iss':null}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'sub':'https://e.example?x'}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'iat':null}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'iat':1795000061}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'iat':1795000059}", 0 },
	{ SELF, "{'iat':'1795000000'}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'exp':null}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'exp':1795000000}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'exp':1795000001}", 0 },
	{ SELF, "{'nbf':1795000100}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'jwks':null}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'jwks':{'keys':[]}}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'crit':['x']}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'crit':[]}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'not_known':1}", 0 },
	{ SELF, "{'metadata':{'openid_provider':{'issuer':'x'}}}", 0 },
	{ SELF, "{'metadata':{'openid_provider':{'issuer':null}}}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'metadata':{'openid_provider':[]}}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'metadata':[]}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'authority_hints':['https://up.example']}", 0 },
	{ SELF, "{'authority_hints':[]}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'authority_hints':['up.example']}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'authority_hints':['https://up.example','https://up.example']}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'authority_hints':'https://up.example'}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'trust_anchor_hints':[]}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'trust_marks':[{'trust_mark_type':'m','trust_mark':'e30.eyJ0cnVzdF9tYXJrX3R5cGUiOiJtIn0.AA'}]}", 0 },
	{ SELF, "{'trust_marks':[{'trust_mark_type':'n','trust_mark':'e30.eyJ0cnVzdF9tYXJrX3R5cGUiOiJtIn0.AA'}]}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'trust_marks':[{'trust_mark_type':'m'}]}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'trust_marks':{}}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'trust_mark_issuers':[]}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'trust_mark_owners':[]}", ERR_INVALID_TRUST_CHAIN },
	/* Of the other kind. */
	{ SELF, "{'metadata_policy':{}}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'constraints':{}}", ERR_INVALID_TRUST_CHAIN },
	{ SELF, "{'source_endpoint':'https://e.example/f'}", ERR_INVALID_TRUST_CHAIN },
	{ ABOVE, "{'authority_hints':['https://up.example']}", ERR_INVALID_TRUST_CHAIN },
	{ ABOVE, "{'trust_marks':[]}", ERR_INVALID_TRUST_CHAIN },
	{ ABOVE, "{'metadata_policy':{'t':{'p':{'value':1}}},'constraints':{'max_path_length':0}}", 0 },
	{ ABOVE, "{'metadata_policy':{'t':{'p':{'add':1}}}}", ERR_INVALID_METADATA },
	{ ABOVE, "{'metadata_policy':[]}", ERR_INVALID_METADATA },
	{ ABOVE, "{'metadata_policy_crit':['regexp']}", ERR_INVALID_TRUST_CHAIN },
	{ ABOVE, "{'constraints':{'max_path_length':-1}}", ERR_INVALID_TRUST_CHAIN },
	{ ABOVE, "{'source_endpoint':'x'}", ERR_INVALID_TRUST_CHAIN },
};

static void test_claims(void **state)
{
	struct op *op = op_at_now(*state);
	struct jwk *key;

	assert_int_equal(jwk_generate(op, JWS_ES256, &key), 0);
	for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
		int r = read_one(op, statement_by(op, key, SELF, claims[i].sub, key, claims[i].claims), key);

		if (r != claims[i].r)
			fail_msg("row %zu %s: %d %s", i, claims[i].claims, r, r < 0 ? op->error.text : "");
		op_forgive(op);
	}
	jwk_free(key);
}

static void test_keys(void **state)
{
	struct op *op = op_at_now(*state);
	struct jwk *key, *other;
	struct jwk_set *keys = NULL;
	struct str unnamed;

	assert_int_equal(jwk_generate(op, JWS_ES256, &key), 0);
	assert_int_equal(jwk_generate(op, JWS_EDDSA, &other), 0);
	for (int i = 0; i < 4; i++) {
		_json_ json_t *jwks = jwks_of(key);
		json_t *list = json_object_get(jwks, "keys");
		int r;

		if (i == 1)
			json_object_del(json_array_get(list, 0), "kid");
		if (i == 2) {
			json_array_append_new(list, jwk_public_json(other));
			json_set_str(json_array_get(list, 1), "kid", jwk_kid(key));
		}
		if (i == 3)
			json_set_str(json_array_get(list, 0), "d", STR("AAAA"));
		r = federation_keys_read(op, jwks, &keys);
		assert_int_equal(r, i == 0 ? 0 : ERR_INVALID_TRUST_CHAIN);
		if (i == 0)
			keys = jwk_set_free(keys);
		op_forgive(op);
	}
	/* Another key than the one that signed, another algorithm, a typ of something else. */
	assert_int_equal(read_one(op, statement_by(op, key, SELF, SELF, key, "{}"), key), 0);
	assert_int_equal(read_one(op, statement_by(op, other, SELF, SELF, key, "{}"), key), ERR_CRYPTO);
	assert_int_equal(read_one(op, statement_by(op, other, SELF, SELF, key, "{}"), other), 0);
	assert_int_equal(jws_sign(op, key, "JWT", STR("{\"iss\":\"https://e.example\"}"), &unnamed), 0);
	assert_int_equal(read_one(op, unnamed, key), ERR_INVALID_TRUST_CHAIN);
	jwk_free(key);
	jwk_free(other);
}

/* typ and kid are the header's: with the claims of a good statement. */
static void test_header(void **state)
{
	struct op *op = op_at_now(*state);
	struct statement s = { 0 };
	struct str good, payload, wrong;
	struct jwk *key;

	assert_int_equal(jwk_generate(op, JWS_ES256, &key), 0);
	good = statement_by(op, key, SELF, SELF, key, "{}");
	assert_true(jws_peek_unverified(op, good, &payload));
	assert_int_equal(jws_sign_document(op, key, "JWT", payload, &wrong), 0);
	assert_int_equal(read_one(op, wrong, key), ERR_CRYPTO);
	assert_int_equal(jws_sign_document(op, key, "resolve-response+jwt", payload, &wrong), 0);
	assert_int_equal(read_one(op, wrong, key), ERR_CRYPTO);
	/* A key is never guessed, not even the only one. */
	assert_int_equal(read_one(op, test_forge(op, key, STR("{\"alg\":\"ES256\",\"typ\":\"" STATEMENT_TYP "\"}"), payload), key), ERR_CRYPTO);
	wrong = arena_printf(*state, "{\"alg\":\"ES256\",\"typ\":\"" STATEMENT_TYP "\",\"kid\":\"%.*s\"}", STR_ARG(jwk_kid(key)));
	assert_int_equal(read_one(op, test_forge(op, key, wrong, payload), key), 0);
	/* A statement that is read and then not verified is nothing: another's keys. */
	assert_int_equal(statement_read(op, good, &s), 0);
	assert_true(statement_is_configuration(&s));
	assert_false(statement_is_signed_by(op, &s, NULL));
	statement_clear(&s);
	/* Longer than anybody needs. */
	wrong = arena_printf(*state, "%.*s%0*d", STR_ARG(good), STATEMENT_MAX_LEN, 0);
	assert_int_equal(statement_read(op, wrong, &s), ERR_INVALID_TRUST_CHAIN);
	jwk_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_claims), UNIT_TEST(test_keys), UNIT_TEST(test_header) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
