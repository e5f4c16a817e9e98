#include "tests/unit/federation/federation_test.h"

#define LEAF "https://leaf.p.example"
#define MIDDLE "https://middle.p.example"
#define UPPER "https://upper.example"
#define ANCHOR "https://anchor.example"

/* Four entities with their keys, and one that belongs to nobody. */
struct cast {
	struct op *op;
	struct jwk *leaf, *middle, *upper, *anchor, *stranger;
	struct trust_anchor trust;
};

/* A chain of five, as claims of each statement; what a row changes. */
struct change {
	const char *leaf, *by_middle, *by_upper, *by_anchor, *anchor;
};

static void cast_begin(struct cast *c, struct arena *a)
{
	struct jwk **keys[] = { &c->leaf, &c->middle, &c->upper, &c->anchor, &c->stranger };
	_json_ json_t *jwks = NULL;

	c->op = op_at_now(a);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		assert_int_equal(jwk_generate(c->op, i % 2 ? JWS_EDDSA : JWS_ES256, keys[i]), 0);
	jwks = jwks_of(c->anchor);
	c->trust.id = STR(ANCHOR);
	assert_int_equal(federation_keys_read(c->op, jwks, &c->trust.keys), 0);
}

static void cast_end(struct cast *c)
{
	struct jwk *keys[] = { c->leaf, c->middle, c->upper, c->anchor, c->stranger };

	jwk_set_free(c->trust.keys);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		jwk_free(keys[i]);
}

#define OR(text, other) ((text) ? (text) : (other))
#define LEAF_CLAIMS "{'authority_hints':['" MIDDLE "'],'metadata':{'openid_relying_party':{'scope':'openid email','a':1},'federation_entity':{}}}"

static void texts_of(struct cast *c, const struct change *ch, struct str text[5])
{
	text[0] = statement_by(c->op, c->leaf, LEAF, LEAF, c->leaf, OR(ch->leaf, LEAF_CLAIMS));
	text[1] = statement_by(c->op, c->middle, MIDDLE, LEAF, c->leaf, OR(ch->by_middle, "{}"));
	text[2] = statement_by(c->op, c->upper, UPPER, MIDDLE, c->middle, OR(ch->by_upper, "{}"));
	text[3] = statement_by(c->op, c->anchor, ANCHOR, UPPER, c->upper, OR(ch->by_anchor, "{}"));
	text[4] = statement_by(c->op, c->anchor, ANCHOR, ANCHOR, c->anchor, OR(ch->anchor, "{}"));
}

static int judge(struct cast *c, const struct str *text, size_t n, struct trust_verdict *ret)
{
	struct statement chain[TRUST_CHAIN_MAX + 2] = { 0 };
	int r = 0;

	op_forgive(c->op);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(statement_read(c->op, text[i], &chain[i]), 0);
	r = trust_chain_judge(c->op, &c->trust, chain, n, ret);
	for (size_t i = 0; i < n; i++)
		statement_clear(&chain[i]);
	return r;
}

static void refused(struct cast *c, const struct str *text, size_t n, int code, const char *why)
{
	struct trust_verdict v = { 0 };
	int r = judge(c, text, n, &v);

	if (r != code || !str_contains(str_c(c->op->error.text), str_c(why)))
		fail_msg("%d \"%s\", not \"%s\"", r, r < 0 ? c->op->error.text : "", why);
	assert_null(v.metadata);
}

static void test_good(void **state)
{
	const struct change none = { .by_upper = "{'exp':1795000500}" };
	_json_ json_t *expected = json_of(*state, "{'openid_relying_party':{'scope':'openid email','a':1},'federation_entity':{}}");
	struct trust_verdict v = { 0 };
	struct str text[5];
	struct cast c;

	cast_begin(&c, *state);
	texts_of(&c, &none, text);
	assert_int_equal(judge(&c, text, 5, &v), 0);
	assert_int_equal(v.exp_s, 1795000500);
	assert_true(json_equal(v.metadata, expected));
	json_decref(v.metadata);
	/* The anchor's own. */
	assert_int_equal(judge(&c, text + 4, 1, &v), 0);
	json_decref(v.metadata);
	cast_end(&c);
}

/* Each rule, one refusal. */
static void test_constraints_and_metadata(void **state)
{
	static const struct {
		struct change change;
		const char *result; /* resolved metadata, NULL: refused */
		const char *why;
	} rows[] = {
		{ { .by_anchor = "{'constraints':{'max_path_length':2}}" }, "{'openid_relying_party':{'scope':'openid email','a':1},'federation_entity':{}}", "" },
		{ { .by_anchor = "{'constraints':{'max_path_length':1}}" }, NULL, "longer than a superior allows" },
		{ { .by_upper = "{'constraints':{'max_path_length':0}}" }, NULL, "longer than a superior allows" },
		{ { .by_middle = "{'constraints':{'max_path_length':0}}" }, "{'openid_relying_party':{'scope':'openid email','a':1},'federation_entity':{}}", "" },
		{ { .by_anchor = "{'constraints':{'naming_constraints':{'permitted':['.p.example']}}}" }, NULL, "the name of an entity" },
		{ { .by_upper = "{'constraints':{'naming_constraints':{'permitted':['.p.example']}}}" },
		  "{'openid_relying_party':{'scope':'openid email','a':1},'federation_entity':{}}", "" },
		{ { .by_anchor = "{'constraints':{'naming_constraints':{'excluded':['leaf.p.example']}}}" }, NULL, "the name of an entity" },
		{ { .by_anchor = "{'constraints':{'allowed_entity_types':['openid_provider']}}" }, "{'federation_entity':{}}", "" },
		/* A superior's metadata over the entity's own, of types that it has; then policies, from the top. */
		{ { .by_middle = "{'metadata':{'openid_relying_party':{'a':2},'openid_provider':{'a':3}}}" },
		  "{'openid_relying_party':{'scope':'openid email','a':2},'federation_entity':{}}", "" },
		{ { .by_upper = "{'metadata':{'openid_relying_party':{'a':2}}}" },
		  "{'openid_relying_party':{'scope':'openid email','a':1},'federation_entity':{}}", "" },
		{ { .by_middle = "{'metadata':{'openid_relying_party':{'a':2}},'metadata_policy':{'openid_relying_party':{'a':{'one_of':[1,2]}}}}",
		    .by_anchor = "{'metadata_policy':{'openid_relying_party':{'a':{'one_of':[2,3]},'scope':{'subset_of':['openid']}}}}" },
		  "{'openid_relying_party':{'scope':'openid','a':2},'federation_entity':{}}", "" },
		{ { .by_middle = "{'metadata_policy':{'openid_relying_party':{'a':{'value':7}}}}" },
		  "{'openid_relying_party':{'scope':'openid email','a':7},'federation_entity':{}}", "" },
		{ { .by_upper = "{'metadata_policy':{'openid_relying_party':{'a':{'one_of':[5]}}}}" }, NULL, "does not allow" },
		{ { .by_upper = "{'metadata_policy':{'openid_relying_party':{'a':{'value':5}}}}",
		    .by_anchor = "{'metadata_policy':{'openid_relying_party':{'a':{'value':6}}}}" }, NULL, "contradicts" },
	};
	struct cast c;

	cast_begin(&c, *state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct trust_verdict v = { 0 };
		_json_ json_t *expected = rows[i].result ? json_of(*state, rows[i].result) : NULL;
		struct str text[5];
		int r;

		texts_of(&c, &rows[i].change, text);
		r = judge(&c, text, 5, &v);
		if ((r < 0) != !expected || (expected && !json_equal(v.metadata, expected)))
			fail_msg("row %zu: %d %s %.*s", i, r, r < 0 ? c.op->error.text : "", STR_ARG(json_write(*state, v.metadata, true)));
		if (r < 0)
			assert_true(str_contains(str_c(c.op->error.text), str_c(rows[i].why)));
		json_decref(v.metadata);
	}
	cast_end(&c);
}

static void test_links(void **state)
{
	const struct change none = { 0 };
	struct str text[5], t[9];
	struct cast c;

	cast_begin(&c, *state);
	texts_of(&c, &none, text);
	refused(&c, text, 0, ERR_INVALID_TRUST_CHAIN, "one statement, or three");
	refused(&c, text + 1, 4, ERR_INVALID_TRUST_CHAIN, "begins and ends with an entity configuration");
	refused(&c, text, 4, ERR_INVALID_TRUST_CHAIN, "begins and ends with an entity configuration");
	refused(&c, text, 1, ERR_INVALID_TRUST_CHAIN, "does not end at the trust anchor");
	/* One is left out. */
	t[0] = text[0], t[1] = text[2], t[2] = text[3], t[3] = text[4];
	refused(&c, t, 4, ERR_INVALID_TRUST_CHAIN, "not by the subject of the next");
	/* The leaf does not know the superior that claims it. */
	t[0] = statement_by(c.op, c.leaf, LEAF, LEAF, c.leaf, "{'authority_hints':['" UPPER "']}");
	memcpy(t + 1, text + 1, 4 * sizeof(*t));
	refused(&c, t, 5, ERR_INVALID_TRUST_CHAIN, "does not name its superior");
	t[0] = statement_by(c.op, c.leaf, LEAF, LEAF, c.leaf, "{}");
	refused(&c, t, 5, ERR_INVALID_TRUST_CHAIN, "does not name its superior");
	/* A configuration in the middle. */
	t[0] = text[0], t[1] = text[1], t[2] = statement_by(c.op, c.middle, MIDDLE, MIDDLE, c.middle, "{}"), t[3] = text[2], t[4] = text[3], t[5] = text[4];
	refused(&c, t, 6, ERR_INVALID_TRUST_CHAIN, "only the ends");
	/* middle below upper below middle. */
	t[2] = text[2], t[3] = statement_by(c.op, c.middle, MIDDLE, UPPER, c.upper, "{}"), t[4] = text[2], t[5] = text[3], t[6] = text[4];
	refused(&c, t, 7, ERR_INVALID_TRUST_CHAIN, "loop");
	t[7] = t[8] = text[4];
	refused(&c, t, 8, ERR_INVALID_TRUST_CHAIN, "three to seven");
	cast_end(&c);
}

static void test_signatures(void **state)
{
	const struct change none = { 0 };
	static const struct {
		const char *iss, *sub;
	} who[] = { { LEAF, LEAF }, { MIDDLE, LEAF }, { UPPER, MIDDLE }, { ANCHOR, UPPER }, { ANCHOR, ANCHOR } };
	struct str text[5];
	struct cast c;

	cast_begin(&c, *state);
	const struct jwk *subject[] = { c.leaf, c.leaf, c.middle, c.upper, c.anchor };
	const struct jwk *signer[] = { c.leaf, c.middle, c.upper, c.anchor, c.anchor };
	for (size_t i = 0; i < 5; i++) {
		const char *claims = i == 0 ? LEAF_CLAIMS : "{}";

		/* Signed by a stranger. */
		texts_of(&c, &none, text);
		text[i] = statement_by(c.op, c.stranger, who[i].iss, who[i].sub, subject[i], claims);
		refused(&c, text, 5, ERR_INVALID_TRUST_CHAIN, "not signed by");
		/* A stranger's key as that of the subject. */
		text[i] = statement_by(c.op, signer[i], who[i].iss, who[i].sub, c.stranger, claims);
		refused(&c, text, 5, ERR_INVALID_TRUST_CHAIN, "not signed by");
		/* Tampered with. */
		texts_of(&c, &none, text);
		text[i] = arena_dup(*state, text[i]);
		((char *)(uintptr_t)text[i].p)[text[i].len - 10] ^= 1;
		refused(&c, text, 5, ERR_INVALID_TRUST_CHAIN, "not signed by");
	}
	/* The anchor with all of its statements by other keys than those that we know. */
	texts_of(&c, &none, text);
	text[3] = statement_by(c.op, c.stranger, ANCHOR, UPPER, c.upper, "{}");
	text[4] = statement_by(c.op, c.stranger, ANCHOR, ANCHOR, c.stranger, "{}");
	refused(&c, text, 5, ERR_INVALID_TRUST_CHAIN, "the trust anchor's configuration is not signed");
	/* A leaf that swaps its keys without its superior. */
	texts_of(&c, &none, text);
	text[0] = statement_by(c.op, c.stranger, LEAF, LEAF, c.stranger, LEAF_CLAIMS);
	refused(&c, text, 5, ERR_INVALID_TRUST_CHAIN, "a key that its superior knows");
	cast_end(&c);
}

/* Between reading and judging a statement may expire. */
static void test_times(void **state)
{
	const struct change none = { .by_anchor = "{'exp':1795000100}" };
	struct statement chain[5];
	struct trust_verdict v;
	struct str text[5];
	struct cast c;

	cast_begin(&c, *state);
	texts_of(&c, &none, text);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(statement_read(c.op, text[i], &chain[i]), 0);
	c.op->now_s = 1795000100;
	assert_int_equal(trust_chain_judge(c.op, &c.trust, chain, 5, &v), ERR_INVALID_TRUST_CHAIN);
	assert_true(str_contains(str_c(c.op->error.text), STR("expired")));
	for (size_t i = 0; i < 5; i++)
		statement_clear(&chain[i]);
	cast_end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_good), UNIT_TEST(test_constraints_and_metadata), UNIT_TEST(test_links), UNIT_TEST(test_signatures), UNIT_TEST(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
