/*
 * An authorization request as form-encoded text: reading, writing, checking and deciding.  Whatever is decided
 * to be issued names a registered address, carries a good PKCE challenge, and leaves by a way that its
 * type allows.
 */
#include "server/oidc/authorize_form.h"
#include "server/oidc/response_mode.h"
#include "tests/fuzz/fuzz.h"

static const struct str uris[] = { { "https://rp.example/cb", 21 } };
static const struct str resources[] = { { "https://api.example/", 20 } };
static const struct str types[] = { { "t", 1 } };
static const struct client client = {
	.id = { "rp", 2 },
	.platform_id = -1,
	.auth_method = CLIENT_AUTH_BASIC,
	.redirect_uris = { uris, 1 },
	.resources = { resources, 1 },
	.details_types = { types, 1 },
	.scope = { "openid profile", 14 },
	.grants = GRANT_CODE,
	.responses = RESPONSE_CODE | RESPONSE_ID_TOKEN | RESPONSE_CODE_ID_TOKEN,
	.default_max_age_s = -1,
	.pkce_required = true,
};
static const struct session session = { .account_id = { "a", 1 }, .auth_time_s = 900, .level = 1 };

static void check_issue(const struct authorize_request *rq, const struct authorize_decision *d)
{
	enum client_response type = authorize_response_type(rq, &client);
	struct response_mode mode;

	CHECK(type != 0 && response_mode_read(rq, &client, &mode));
	CHECK(type == RESPONSE_ID_TOKEN || (rq->code_challenge.len == 43 && str_equal(rq->code_challenge_method, STR("S256"))));
	CHECK(type == RESPONSE_CODE || (mode.carrier != CARRY_QUERY && !str_is_null(rq->nonce)));
	CHECK(type != RESPONSE_ID_TOKEN || mode.carrier == CARRY_FORM_POST);
	CHECK(scope_has(d->scope, STR("openid")) || (type == RESPONSE_CODE && str_is_null(rq->nonce) && str_is_null(rq->claims) && !str_is_empty(d->scope)));
}

FUZZ_TARGET(a, input)
{
	struct authorize_user user = { .session = &session };
	struct authorize_request rq = { 0 }, again = { 0 };
	struct authorize_decision d;
	struct str text;
	struct op op;

	op_init(&op, a, NULL, NULL);
	op.now_s = 1000;
	if (input.len > 20000 || !authorize_form_read(&op, input, &rq))
		return;
	text = authorize_form_write(&op, &rq);
	if (!str_is_null(text)) {
		CHECK(authorize_form_read(&op, text, &again));
		CHECK(str_equal(authorize_form_write(&op, &again), text));
	}
	if (authorize_check_target(&op, &rq, &client) < 0)
		return;
	CHECK(str_equal(rq.redirect_uri, uris[0]));
	d = authorize_decide(&op, &rq, &client, &user);
	CHECK((d.step == AUTHORIZE_ERROR) == (op.error.code < 0));
	if (d.step == AUTHORIZE_ISSUE)
		check_issue(&rq, &d);
}
