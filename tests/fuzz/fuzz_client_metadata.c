/*
 * Client metadata of any JSON.  What is accepted is a normal form: accepted again, unchanged; its addresses
 * are plain ones, and a client that registered itself has nothing that only the operator gives, and all that its policy demands.
 */
#include "server/oidc/client_metadata.h"
#include "server/oidc/registration_policy.h"
#include "tests/fuzz/fuzz.h"

static void check_uris(const struct client *c, struct str_list uris)
{
	for (size_t i = 0; i < uris.n; i++)
		CHECK(client_redirect_uri_is_plain(uris.p[i]) !=
		      (client_redirect_uri_is_private(uris.p[i]) && str_equal(c->application_type, STR("native")) && c->pkce_required));
}

static void check_one(struct arena *a, const json_t *json, enum client_registrant by)
{
	_json_ json_t *normal = NULL, *again = NULL;
	struct client c = { 0 };
	struct op op;

	op_init(&op, a, NULL, NULL);
	if (client_metadata_check(&op, json, by, &normal) < 0) {
		CHECK(op.error.code == ERR_INVALID_CLIENT_METADATA || op.error.code == ERR_INVALID_REDIRECT_URI);
		CHECK(normal == NULL);
		return;
	}
	CHECK(client_metadata_check(&op, normal, REGISTRANT_OPERATOR, &again) == 0);
	CHECK(json_equal(normal, again));
	CHECK(client_metadata_read(&op, normal, &c) == 0);
	CHECK(c.grants != 0 && c.auth_method != 0 && c.access_token_s >= 10);
	CHECK(c.auth_method != CLIENT_AUTH_NONE || c.pkce_required);
	check_uris(&c, c.redirect_uris);
	check_uris(&c, c.post_logout_uris);
	if (by == REGISTRANT_CLIENT)
		CHECK(!c.may_introspect && c.profile == PROFILE_NONE && c.pkce_required && c.resources.n == 0);
}

static void check_policy(struct arena *a, const json_t *json)
{
	_json_ json_t *policy = json_read(STR("{\"scope\":\"openid roles\",\"sen_access_token_s\":60,\"dpop_bound_access_tokens\":true}"), 2, NULL);
	_json_ json_t *normal = NULL;
	struct client c = { 0 };
	struct str scope;
	struct op op;

	op_init(&op, a, NULL, NULL);
	if (registration_policy_apply(&op, policy, json, &normal) < 0)
		return;
	CHECK(client_metadata_read(&op, normal, &c) == 0);
	CHECK(c.access_token_s == 60 && c.dpop_bound && c.must_consent && c.pkce_required);
	scope = c.scope;
	for (struct str part; str_split(&scope, ' ', &part);)
		CHECK(str_equal(part, STR("openid")) || str_equal(part, STR("roles")));
}

FUZZ_TARGET(a, input)
{
	_json_ json_t *json = json_read(input, CLIENT_METADATA_DEPTH, NULL);

	if (!json)
		return;
	check_one(a, json, REGISTRANT_OPERATOR);
	check_one(a, json, REGISTRANT_CLIENT);
	check_policy(a, json);
}
