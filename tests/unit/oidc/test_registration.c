/* registration_policy.h and sector.h: what becomes of what a client sends. */
#include "server/oidc/client_metadata.h"
#include "server/oidc/registration_policy.h"
#include "server/oidc/sector.h"
#include "tests/unit/unit.h"

#define URIS "\"redirect_uris\":[\"https://x.example/cb\"]"

static struct op *op_new(void **state)
{
	struct op *op = ARENA_NEW(*state, struct op);

	op_init(op, *state, NULL, NULL);
	return op;
}

static void test_policies(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{ "{}", true },
		{ "{\"scope\":\"openid profile\",\"sen_consent\":false,\"sen_pkce\":\"optional\"}", true },
		/* Valid only together with what a client will bring. */
		{ "{\"token_endpoint_auth_method\":\"private_key_jwt\",\"sen_profile\":\"fapi2\"}", true },
		{ "{\"scope\":\"openid admin\"}", false },
		{ "{\"scope\":\"\"}", false },
		{ "{\"scope\":null}", false },
		{ "{\"sen_pkce\":\"never\"}", false },
		{ "{\"grant_types\":[\"password\"]}", false },
		{ "{\"client_id\":\"x\"}", false },
		{ "{\"redirect_uris\":[\"http://x.example/\"]}", false },
		{ "[]", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_json_ json_t *policy = json_read(str_c(rows[i].text), CLIENT_METADATA_DEPTH, NULL);

		print_message("%s\n", rows[i].text);
		assert_non_null(policy);
		assert_int_equal(registration_policy_check(op_new(state), policy) == 0, rows[i].ok);
	}
}

static const struct {
	const char *policy, *sent;
	const char *scope; /* NULL: refused */
	bool consent, pkce;
} rows[] = {
	{ "{}", "{" URIS "}", "openid profile email", true, true },
	{ "{}", "{" URIS ",\"scope\":\"openid roles admin\"}", "openid", true, true },
	{ "{}", "{" URIS ",\"scope\":\"roles\"}", NULL, true, true },
	{ "{}", "{" URIS ",\"sen_consent\":false,\"sen_pkce\":\"optional\"}", "openid profile email", true, true },
	{ "{\"sen_consent\":false}", "{" URIS ",\"sen_consent\":true}", "openid profile email", false, true },
	{ "{\"sen_pkce\":\"optional\",\"scope\":\"openid roles\"}", "{" URIS "}", "openid roles", true, false },
	{ "{\"sen_pkce\":\"optional\",\"scope\":\"openid roles\"}", "{" URIS ",\"scope\":\"roles profile openid roles\"}", "roles openid", true, false },
	/* What the policy demands does not fit a public client: the client is refused, not weakened. */
	{ "{\"sen_pkce\":\"optional\"}", "{" URIS ",\"token_endpoint_auth_method\":\"none\"}", NULL, true, false },
	{ "{\"sen_profile\":\"fapi2\"}", "{" URIS "}", NULL, true, true },
	/* Demands stand, whatever the client asked for. */
	{ "{\"token_endpoint_auth_method\":\"client_secret_post\"}", "{" URIS ",\"token_endpoint_auth_method\":\"none\"}", "openid profile email", true, true },
	{ "{}", "{" URIS ",\"scope\":7}", NULL, true, true },
	{ "{}", "{}", NULL, true, true },
	{ "{}", "[]", NULL, true, true },
};

static void test_apply(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct op *op = op_new(state);
		_json_ json_t *policy = json_read(str_c(rows[i].policy), CLIENT_METADATA_DEPTH, NULL);
		_json_ json_t *sent = json_read(str_c(rows[i].sent), CLIENT_METADATA_DEPTH, NULL);
		_json_ json_t *normal = NULL;
		struct client c = { 0 };

		print_message("%s %s\n", rows[i].policy, rows[i].sent);
		if (!rows[i].scope) {
			assert_int_equal(registration_policy_apply(op, policy, sent, &normal), ERR_INVALID_CLIENT_METADATA);
			assert_null(normal);
			continue;
		}
		assert_int_equal(registration_policy_apply(op, policy, sent, &normal), 0);
		assert_int_equal(client_metadata_read(op, normal, &c), 0);
		assert_str_equal(c.scope, rows[i].scope);
		assert_int_equal(c.must_consent, rows[i].consent);
		assert_int_equal(c.pkce_required, rows[i].pkce);
		assert_true(c.auth_method != CLIENT_AUTH_NONE);
	}
}

/* Clients list every grant that they know; what is not offered falls away, unless nothing else is there. */
static void test_types_fall_away(void **state)
{
	struct op *op = op_new(state);
	_json_ json_t *sent = json_read(STR("{" URIS ",\"grant_types\":[\"implicit\",\"authorization_code\",\"password\"],"
	                                    "\"response_types\":[\"token\",\"code\",\"code token\"]}"), CLIENT_METADATA_DEPTH, NULL);
	_json_ json_t *bad = json_read(STR("{" URIS ",\"grant_types\":[\"authorization_code\",7]}"), CLIENT_METADATA_DEPTH, NULL);
	_json_ json_t *normal = NULL;

	assert_int_equal(client_metadata_check(op, sent, REGISTRANT_CLIENT, &normal), 0);
	assert_int_equal(json_array_size(json_object_get(normal, "grant_types")), 1);
	assert_int_equal(json_array_size(json_object_get(normal, "response_types")), 1);
	json_decref(normal);
	normal = NULL;
	assert_int_equal(client_metadata_check(op, sent, REGISTRANT_OPERATOR, &normal), ERR_INVALID_CLIENT_METADATA);
	op_forgive(op);
	assert_int_equal(client_metadata_check(op, bad, REGISTRANT_CLIENT, &normal), ERR_INVALID_CLIENT_METADATA);
	assert_string_equal(op->error.text, "grant_types: must be a text that is not empty and not too long");
}

static void test_sector_document(_unused_ void **state)
{
	static const struct str uris[] = { { "https://a.example/cb", 20 }, { "https://b.example/cb", 20 } };
	const struct str_list two = { uris, 2 };

	assert_true(sector_lists(STR("[\"https://b.example/cb\",\"https://c.example/\",\"https://a.example/cb\"]"), two));
	assert_false(sector_lists(STR("[\"https://a.example/cb\"]"), two));
	assert_false(sector_lists(STR("[\"https://a.example/cb\",\"https://b.example/cb/\"]"), two));
	assert_false(sector_lists(STR("[\"https://A.example/cb\",\"https://b.example/cb\"]"), two));
	assert_false(sector_lists(STR("[\"https://a.example/cb\\u0000\",\"https://b.example/cb\"]"), two));
	assert_false(sector_lists(STR("{\"https://a.example/cb\":\"https://b.example/cb\"}"), two));
	assert_false(sector_lists(STR("[[\"https://a.example/cb\",\"https://b.example/cb\"]]"), two));
	assert_false(sector_lists(STR("\"https://a.example/cb\""), two));
	assert_false(sector_lists(STR(""), two));
	/* Nothing to list is no excuse for a document that is none. */
	assert_false(sector_lists(STR("<html>"), (struct str_list){ NULL, 0 }));
	assert_true(sector_lists(STR("[]"), (struct str_list){ NULL, 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_policies), UNIT_TEST(test_apply), UNIT_TEST(test_types_fall_away), UNIT_TEST(test_sector_document),
	};

	return cmocka_run_group_tests_name("oidc/registration", tests, NULL, NULL);
}
