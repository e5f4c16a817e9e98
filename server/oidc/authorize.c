#include "server/oidc/authorize.h"

#include "common/base/base64.h"

#define FIELD(name_, max) { #name_, offsetof(struct authorize_request, name_), max }

const struct authorize_field authorize_fields[] = {
	FIELD(client_id, 64),
	FIELD(redirect_uri, 512),
	FIELD(response_type, 64),
	FIELD(response_mode, 32),
	FIELD(scope, 1000),
	FIELD(state, 2048),
	FIELD(nonce, 1024),
	FIELD(code_challenge, 128),
	FIELD(code_challenge_method, 16),
	FIELD(prompt, 64),
	FIELD(max_age, 10),
	FIELD(login_hint, 128),
	FIELD(ui_locales, 64),
	FIELD(id_token_hint, 4096),
	FIELD(request, 4096),
	FIELD(request_uri, 512),
	FIELD(registration, 4096),
};
const size_t n_authorize_fields = ARRAY_LEN(authorize_fields);

#define S256_CHALLENGE_LEN 43 /* base64url of 32 bytes, RFC 7636 §4.2 */
#define MAX_AGE_LIMIT_S 1000000000

struct str *authorize_field_of(struct authorize_request *rq, size_t i)
{
	return (struct str *)(void *)((char *)rq + authorize_fields[i].offset);
}

int authorize_check_target(struct op *op, const struct authorize_request *rq, const struct client *client)
{
	if (!client)
		return op_fail(op, ERR_UNTRUSTED_REDIRECT, "client_id is missing or unknown");
	if (str_is_null(rq->redirect_uri))
		return op_fail(op, ERR_UNTRUSTED_REDIRECT, "redirect_uri is missing");
	if (!client_has_redirect_uri(client, rq->redirect_uri))
		return op_fail(op, ERR_UNTRUSTED_REDIRECT, "redirect_uri is not registered for this client");
	return 0;
}

static int check_unsupported(struct op *op, const struct authorize_request *rq)
{
	if (!str_is_null(rq->request))
		return op_fail(op, ERR_REQUEST_NOT_SUPPORTED, "request objects are not supported");
	if (!str_is_null(rq->request_uri))
		return op_fail(op, ERR_REQUEST_URI_NOT_SUPPORTED, "request_uri is not supported");
	if (!str_is_null(rq->registration))
		return op_fail(op, ERR_REGISTRATION_NOT_SUPPORTED, "registration parameter is not supported");
	if (str_is_null(rq->response_type))
		return op_fail(op, ERR_INVALID_REQUEST, "response_type is missing");
	if (!str_equal(rq->response_type, STR("code")))
		return op_fail(op, ERR_UNSUPPORTED_RESPONSE_TYPE, "response_type must be code");
	if (!str_is_null(rq->response_mode) && !str_equal(rq->response_mode, STR("query")))
		return op_fail(op, ERR_UNSUPPORTED_RESPONSE_MODE, "response_mode must be query");
	return 0;
}

/* RFC 7636 §4.3, §4.4.1: S256 only; plain, or a method without a challenge, is an error. */
static int check_pkce(struct op *op, const struct authorize_request *rq, const struct client *client)
{
	struct str bytes;

	if (str_is_null(rq->code_challenge)) {
		if (!str_is_null(rq->code_challenge_method))
			return op_fail(op, ERR_INVALID_REQUEST, "code_challenge is missing");
		if (client->pkce_required)
			return op_fail(op, ERR_INVALID_REQUEST, "code_challenge is required for this client");
		return 0;
	}
	if (!str_equal(rq->code_challenge_method, STR("S256")))
		return op_fail(op, ERR_INVALID_REQUEST, "code_challenge_method must be S256");
	if (rq->code_challenge.len != S256_CHALLENGE_LEN || !base64url_decode(op->arena, rq->code_challenge, &bytes))
		return op_fail(op, ERR_INVALID_REQUEST, "code_challenge is not the base64url of a SHA-256 digest");
	return 0;
}

static int check_prompt(struct op *op, struct str prompt)
{
	static const char *const known[] = { "none", "login", "consent", "select_account" };
	struct str rest = prompt, part;
	bool none = false;
	size_t n = 0;

	while (str_split(&rest, ' ', &part)) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			found |= str_equal(part, str_c(known[i]));
		if (!found)
			return op_fail(op, ERR_INVALID_REQUEST, "prompt has an unknown value");
		none |= str_equal(part, STR("none"));
		n++;
	}
	if (none && n > 1)
		return op_fail(op, ERR_INVALID_REQUEST, "prompt none excludes other values");
	return 0;
}

static int check_request(struct op *op, const struct authorize_request *rq, const struct client *client)
{
	uint64_t max_age;
	int r = check_unsupported(op, rq);

	if (r >= 0)
		r = check_pkce(op, rq, client);
	if (r >= 0)
		r = check_prompt(op, rq->prompt);
	if (r < 0)
		return r;
	if (!scope_has(rq->scope, STR("openid")))
		return op_fail(op, ERR_INVALID_SCOPE, "scope must contain openid");
	if (!str_is_null(rq->max_age) && !str_to_u64(rq->max_age, MAX_AGE_LIMIT_S, &max_age))
		return op_fail(op, ERR_INVALID_REQUEST, "max_age is not a number of seconds");
	return 0;
}

/* Does the present session answer what the request demands of it? */
static bool session_suffices(struct op *op, const struct authorize_request *rq, const struct client *client,
                             const struct authorize_user *user)
{
	uint64_t max_age;

	if (!user->session)
		return false;
	if (!str_is_null(user->hint_sub) &&
	    !str_equal(user->hint_sub, client_subject(op, client, user->session->account_id)))
		return false;
	if (user->fresh)
		return true;
	if (scope_has(rq->prompt, STR("login")) || scope_has(rq->prompt, STR("select_account")))
		return false;
	if (!str_is_null(rq->max_age) && str_to_u64(rq->max_age, MAX_AGE_LIMIT_S, &max_age))
		/* max_age=0 equals prompt=login. */
		return max_age > 0 && op->now_s - user->session->auth_time_s <= (int64_t)max_age;
	return true;
}

struct authorize_decision authorize_decide(struct op *op, const struct authorize_request *rq, const struct client *client,
                                           const struct authorize_user *user)
{
	struct authorize_decision d = { .step = AUTHORIZE_ERROR };

	if (check_request(op, rq, client) < 0)
		return d;
	if (user->hint_bad) {
		(void)op_fail(op, ERR_INVALID_REQUEST, "id_token_hint is not an ID token of this issuer");
		return d;
	}
	if (!session_suffices(op, rq, client, user)) {
		if (scope_has(rq->prompt, STR("none"))) {
			(void)op_fail(op, ERR_LOGIN_REQUIRED, "the user is not signed in");
			return d;
		}
		/* Signed in as somebody else than the hint says, for this very request. */
		if (user->fresh) {
			(void)op_fail(op, ERR_LOGIN_REQUIRED, "signed in as another user than id_token_hint names");
			return d;
		}
		d.step = AUTHORIZE_LOGIN;
		return d;
	}
	d.step = AUTHORIZE_ISSUE;
	d.scope = client_narrow_scope(op->arena, client, rq->scope);
	return d;
}
