#include "server/oidc/authorize.h"

#include "common/base/base64.h"
#include "server/oidc/acr.h"
#include "server/oidc/authorization_details.h"
#include "server/oidc/claims_request.h"
#include "server/oidc/resource.h"
#include "server/oidc/response_mode.h"

#define FIELD(name_, max) { #name_, offsetof(struct authorize_request, name_), max, false, false }
#define FIELD_MANY(name_, max) { #name_, offsetof(struct authorize_request, name_), max, true, false }
#define FIELD_WISH(name_, max) { #name_, offsetof(struct authorize_request, name_), max, false, true }

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
	FIELD_WISH(acr_values, 256),
	FIELD(claims, 4096),
	FIELD_WISH(login_hint, 256),
	FIELD_WISH(ui_locales, 256),
	FIELD(id_token_hint, 8192),
	FIELD_MANY(resource, 2048),
	FIELD(authorization_details, 8192),
	FIELD(dpop_jkt, 64),
	FIELD(request, 16384),
	FIELD(request_uri, 512),
	FIELD(registration, 4096),
};
const size_t n_authorize_fields = ARRAY_LEN(authorize_fields);

#define SHA256_TEXT_LEN 43 /* base64url of 32 bytes: RFC 7636 §4.2, RFC 7638 */
#define MAX_AGE_LIMIT_S 1000000000
#define REQUEST_MAX_BYTES 10000

struct str *authorize_field_of(struct authorize_request *rq, size_t i)
{
	return (struct str *)(void *)((char *)rq + authorize_fields[i].offset);
}

int authorize_check_size(struct op *op, const struct authorize_request *rq)
{
	struct authorize_request copy = *rq;
	size_t total = 0;

	for (size_t i = 0; i < n_authorize_fields; i++)
		total += authorize_field_of(&copy, i)->len;
	return total <= REQUEST_MAX_BYTES ? 0 : op_fail(op, ERR_LIMIT, "the authorization request is too large");
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

int authorize_check_origin(struct op *op, const struct client *client, const struct authorize_origin *origin)
{
	if (client->must_push && !origin->is_pushed)
		return op_fail(op, ERR_INVALID_REQUEST, "this client must push its authorization requests");
	if (client->must_sign_request && !origin->is_signed)
		return op_fail(op, ERR_INVALID_REQUEST, "this client must send signed request objects");
	return 0;
}

enum client_response authorize_response_type(const struct authorize_request *rq, const struct client *client)
{
	static const struct {
		const char *name, *alias; /* the order of the words does not matter (OAuth 2.0 Multiple Response Types §4) */
		enum client_response type;
	} types[] = {
		{ "code", NULL, RESPONSE_CODE },
		{ "id_token", NULL, RESPONSE_ID_TOKEN },
		{ "code id_token", "id_token code", RESPONSE_CODE_ID_TOKEN },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_equal(rq->response_type, str_c(types[i].name)) ||
		    (types[i].alias && str_equal(rq->response_type, str_c(types[i].alias))))
			return (client->responses & types[i].type) ? types[i].type : 0;
	return 0;
}

static int check_response(struct op *op, const struct authorize_request *rq, const struct client *client)
{
	enum client_response type = authorize_response_type(rq, client);
	struct response_mode mode;

	if (!str_is_null(rq->registration))
		return op_fail(op, ERR_REGISTRATION_NOT_SUPPORTED, "registration parameter is not supported");
	if (str_is_null(rq->response_type))
		return op_fail(op, ERR_INVALID_REQUEST, "response_type is missing");
	if (type == 0)
		return op_fail(op, ERR_UNSUPPORTED_RESPONSE_TYPE, "response_type is not offered to this client");
	if (!response_mode_read(rq, client, &mode))
		return op_fail(op, ERR_UNSUPPORTED_RESPONSE_MODE, type == RESPONSE_ID_TOKEN ?
		                       "response_type id_token is offered with response_mode form_post only" :
		                       "response_mode is not offered for this response_type");
	/* OIDC Core §3.2.2.1, §3.3.2.11: a token that leaves through the browser is bound to the request. */
	if (type != RESPONSE_CODE && str_is_null(rq->nonce))
		return op_fail(op, ERR_INVALID_REQUEST, "nonce is required for this response_type");
	return 0;
}

static bool is_sha256_text(struct op *op, struct str s)
{
	struct str bytes;

	return s.len == SHA256_TEXT_LEN && base64url_decode(op->arena, s, &bytes);
}

/* RFC 7636 §4.3, §4.4.1: S256 only; plain, or a method without a challenge, is an error. */
static int check_pkce(struct op *op, const struct authorize_request *rq, const struct client *client)
{
	if (str_is_null(rq->code_challenge)) {
		if (!str_is_null(rq->code_challenge_method))
			return op_fail(op, ERR_INVALID_REQUEST, "code_challenge is missing");
		if (client->pkce_required && authorize_response_type(rq, client) != RESPONSE_ID_TOKEN)
			return op_fail(op, ERR_INVALID_REQUEST, "code_challenge is required for this client");
		return 0;
	}
	if (!str_equal(rq->code_challenge_method, STR("S256")))
		return op_fail(op, ERR_INVALID_REQUEST, "code_challenge_method must be S256");
	if (!is_sha256_text(op, rq->code_challenge))
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

/* scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) (RFC 6749 §3.3); a space too many is not worth a refusal. */
static int check_scope(struct op *op, const struct authorize_request *rq, const struct client *client)
{
	struct str scope = rq->scope;

	if (!str_is_printable_ascii(scope) || str_index(scope, '"') >= 0 || str_index(scope, '\\') >= 0)
		return op_fail(op, ERR_INVALID_SCOPE, "scope has characters that are not allowed");
	if (scope_has(scope, STR("openid")))
		return 0;
	/* OIDC Core §3.1.2.1: without openid it is a request of OAuth, and gets no ID token; who sends these waits for one. */
	if (authorize_response_type(rq, client) != RESPONSE_CODE || !str_is_null(rq->nonce) || !str_is_null(rq->claims))
		return op_fail(op, ERR_INVALID_SCOPE, "scope must contain openid where an ID token, nonce or claims are asked for");
	if (str_is_empty(client_narrow_scope(op->arena, client, scope)))
		return op_fail(op, ERR_INVALID_SCOPE, "scope names nothing that this client may have");
	return 0;
}

static int check_claims(struct op *op, const struct authorize_request *rq)
{
	_json_ json_t *claims = NULL;

	return claims_request_read(op, rq->claims, &claims);
}

int authorize_check(struct op *op, const struct authorize_request *rq, const struct client *client)
{
	uint64_t max_age;
	int r = check_response(op, rq, client);

	if (r >= 0)
		r = check_pkce(op, rq, client);
	if (r >= 0)
		r = check_prompt(op, rq->prompt);
	if (r >= 0)
		r = check_claims(op, rq);
	if (r >= 0)
		r = resource_check(op, client, rq->resource);
	if (r >= 0)
		r = authorization_details_check(op, client, rq->authorization_details);
	if (r >= 0)
		r = check_scope(op, rq, client);
	if (r < 0)
		return r;
	if (!str_is_null(rq->max_age) && !str_to_u64(rq->max_age, MAX_AGE_LIMIT_S, &max_age))
		return op_fail(op, ERR_INVALID_REQUEST, "max_age is not a number of seconds");
	if (!str_is_null(rq->dpop_jkt) && !is_sha256_text(op, rq->dpop_jkt))
		return op_fail(op, ERR_INVALID_REQUEST, "dpop_jkt is not a JWK thumbprint");
	return 0;
}

static int64_t max_age_of(const struct authorize_request *rq, const struct client *client)
{
	uint64_t max_age;

	if (!str_is_null(rq->max_age) && str_to_u64(rq->max_age, MAX_AGE_LIMIT_S, &max_age))
		return (int64_t)max_age;
	return client->default_max_age_s;
}

/* The user that the request names: by hint, or as a claim of the ID token (OIDC Core §3.1.2.1, §5.5.1). */
static bool is_named_user(struct op *op, const struct authorize_request *rq, const struct client *client,
                          const struct authorize_user *user)
{
	struct str sub = client_subject(op, client, user->session->account_id), named;
	_json_ json_t *claims = NULL;

	if (!str_is_null(user->hint_sub) && !str_equal(user->hint_sub, sub))
		return false;
	if (claims_request_read(op, rq->claims, &claims) < 0)
		return false;
	named = claims_request_value(claims, "sub");
	return str_is_null(named) || str_equal(named, sub);
}

/* Does the present session answer what the request demands of it? */
static bool session_suffices(struct op *op, const struct authorize_request *rq, const struct client *client,
                             const struct authorize_user *user)
{
	int64_t max_age = max_age_of(rq, client);

	if (!user->session || !is_named_user(op, rq, client, user))
		return false;
	if (user->fresh)
		return true;
	if (scope_has(rq->prompt, STR("login")) || scope_has(rq->prompt, STR("select_account")))
		return false;
	/* max_age=0 equals prompt=login. */
	return max_age < 0 || (max_age > 0 && op->now_s - user->session->auth_time_s <= max_age);
}

/* Only an essential acr is a demand (OIDC Core §5.5.1.1); acr_values are a wish. */
static bool level_suffices(struct op *op, const struct authorize_request *rq, const struct session *session)
{
	_json_ json_t *claims = NULL;
	struct str demanded;

	if (claims_request_read(op, rq->claims, &claims) < 0)
		return false;
	demanded = claims_request_essential(op->arena, claims, "acr");
	if (str_is_empty(demanded))
		return true;
	return acr_least_level(demanded) > 0 && session->level >= acr_least_level(demanded);
}

static bool scope_is_within(struct str scope, struct str consented)
{
	struct str part;

	while (str_split(&scope, ' ', &part))
		if (!scope_has(consented, part))
			return false;
	return true;
}

/* The province's own platforms need no consent; authorization details are always shown (RFC 9396 §5). */
static bool must_ask(const struct authorize_request *rq, const struct client *client, const struct authorize_user *user, struct str scope)
{
	if (user->consented)
		return false;
	if (scope_has(rq->prompt, STR("consent")))
		return client->must_consent;
	if (!str_is_null(rq->authorization_details))
		return true;
	return client->must_consent && (str_is_null(user->consented_scope) || !scope_is_within(scope, user->consented_scope));
}

static struct authorize_decision refuse(struct op *op, enum err code, const char *text)
{
	(void)op_fail(op, code, text);
	return (struct authorize_decision){ .step = AUTHORIZE_ERROR };
}

static struct authorize_decision without_session(struct op *op, const struct authorize_request *rq, const struct authorize_user *user)
{
	if (scope_has(rq->prompt, STR("none")))
		return refuse(op, ERR_LOGIN_REQUIRED, "the user is not signed in");
	/* Signed in as somebody else than the request names, for this very request. */
	if (user->fresh)
		return refuse(op, ERR_LOGIN_REQUIRED, "signed in as another user than the request names");
	return (struct authorize_decision){ .step = AUTHORIZE_LOGIN };
}

struct authorize_decision authorize_decide(struct op *op, const struct authorize_request *rq, const struct client *client,
                                           const struct authorize_user *user)
{
	struct authorize_decision d = { .step = AUTHORIZE_ISSUE };

	if (authorize_check(op, rq, client) < 0)
		return (struct authorize_decision){ .step = AUTHORIZE_ERROR };
	if (user->hint_bad)
		return refuse(op, ERR_INVALID_REQUEST, "id_token_hint is not an ID token of this issuer");
	if (!session_suffices(op, rq, client, user))
		return without_session(op, rq, user);
	if (!level_suffices(op, rq, user->session))
		return refuse(op, ERR_UNMET_AUTHENTICATION, "the demanded acr cannot be reached");
	d.scope = client_narrow_scope(op->arena, client, rq->scope);
	if (must_ask(rq, client, user, d.scope)) {
		if (scope_has(rq->prompt, STR("none")))
			return refuse(op, ERR_CONSENT_REQUIRED, "the user has not consented");
		d.step = AUTHORIZE_CONSENT;
	}
	return d;
}
