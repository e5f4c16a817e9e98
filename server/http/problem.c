#include "server/http/problem.h"

#include "server/http/auth_header.h"

#define RETRY_AFTER_S "2"

struct problem {
	int code;
	int status;
	const char *oauth; /* RFC 6749 §4.1.2.1 and §5.2, OIDC Core §3.1.2.6, RFC 6750 §3.1 */
	const char *title;
};

static const struct problem problems[] = {
	{ ERR_BAD_REQUEST, 400, "invalid_request", "Bad request" },
	{ ERR_LIMIT, 413, "invalid_request", "Too large" },
	{ ERR_NOT_FOUND, 404, "invalid_request", "Not found" },
	{ ERR_METHOD_NOT_ALLOWED, 405, "invalid_request", "Method not allowed" },
	{ ERR_UNSUPPORTED_MEDIA_TYPE, 415, "invalid_request", "Unsupported media type" },
	{ ERR_MISDIRECTED, 421, "invalid_request", "Misdirected request" },
	{ ERR_CSRF, 403, "access_denied", "The form was not sent from our page" },
	{ ERR_TOO_MANY_REQUESTS, 429, "temporarily_unavailable", "Too many requests" },

	{ ERR_INVALID_REQUEST, 400, "invalid_request", "Invalid request" },
	{ ERR_INVALID_CLIENT, 401, "invalid_client", "Client authentication failed" },
	{ ERR_INVALID_GRANT, 400, "invalid_grant", "Invalid grant" },
	{ ERR_UNAUTHORIZED_CLIENT, 400, "unauthorized_client", "Client is not authorized for this" },
	{ ERR_UNSUPPORTED_GRANT_TYPE, 400, "unsupported_grant_type", "Unsupported grant type" },
	{ ERR_UNSUPPORTED_RESPONSE_TYPE, 400, "unsupported_response_type", "Unsupported response type" },
	{ ERR_UNSUPPORTED_RESPONSE_MODE, 400, "invalid_request", "Unsupported response mode" },
	{ ERR_INVALID_SCOPE, 400, "invalid_scope", "Invalid scope" },
	{ ERR_ACCESS_DENIED, 403, "access_denied", "Access denied" },
	{ ERR_LOGIN_REQUIRED, 401, "login_required", "Sign-in required" },
	{ ERR_INTERACTION_REQUIRED, 400, "interaction_required", "Interaction required" },
	{ ERR_REQUEST_NOT_SUPPORTED, 400, "request_not_supported", "Request objects are not supported" },
	{ ERR_REQUEST_URI_NOT_SUPPORTED, 400, "request_uri_not_supported", "Request URIs are not supported" },
	{ ERR_REGISTRATION_NOT_SUPPORTED, 400, "registration_not_supported", "Registration is not supported" },
	{ ERR_CONSENT_REQUIRED, 400, "consent_required", "Consent required" },
	{ ERR_UNMET_AUTHENTICATION, 400, "unmet_authentication_requirements", "The sign-in is not strong enough" },
	{ ERR_INSUFFICIENT_USER_AUTHENTICATION, 401, "insufficient_user_authentication", "A stronger or newer sign-in is needed" },
	{ ERR_INVALID_REQUEST_OBJECT, 400, "invalid_request_object", "Invalid request object" },
	{ ERR_INVALID_REQUEST_URI, 400, "invalid_request_uri", "Invalid request URI" },
	{ ERR_INVALID_TARGET, 400, "invalid_target", "Invalid target" },
	{ ERR_INVALID_AUTHORIZATION_DETAILS, 400, "invalid_authorization_details", "Invalid authorization details" },
	{ ERR_INVALID_DPOP_PROOF, 400, "invalid_dpop_proof", "Invalid DPoP proof" },
	{ ERR_USE_DPOP_NONCE, 400, "use_dpop_nonce", "A DPoP nonce is needed" },
	{ ERR_AUTHORIZATION_PENDING, 400, "authorization_pending", "Not decided yet" },
	{ ERR_SLOW_DOWN, 400, "slow_down", "Asked too often" },
	{ ERR_EXPIRED_TOKEN, 400, "expired_token", "Expired" },
	{ ERR_INVALID_CLIENT_METADATA, 400, "invalid_client_metadata", "Invalid client metadata" },
	{ ERR_INVALID_REDIRECT_URI, 400, "invalid_redirect_uri", "Invalid redirect URI" },
	{ ERR_INVALID_SOFTWARE_STATEMENT, 400, "invalid_software_statement", "Invalid software statement" },
	{ ERR_UNAPPROVED_SOFTWARE_STATEMENT, 400, "unapproved_software_statement", "Software statement of an unknown issuer" },
	{ ERR_UNKNOWN_USER_ID, 400, "unknown_user_id", "Unknown user" },
	{ ERR_INVALID_BINDING_MESSAGE, 400, "invalid_binding_message", "Invalid binding message" },
	{ ERR_UNKNOWN_ENTITY, 404, "not_found", "Unknown entity" },
	{ ERR_INVALID_TRUST_ANCHOR, 404, "invalid_trust_anchor", "Unknown trust anchor" },
	{ ERR_INVALID_TRUST_CHAIN, 400, "invalid_trust_chain", "Invalid trust chain" },
	{ ERR_INVALID_METADATA, 400, "invalid_metadata", "Invalid metadata" },
	{ ERR_UNSUPPORTED_PARAMETER, 400, "unsupported_parameter", "Unsupported parameter" },
	{ ERR_INVALID_TOKEN, 401, "invalid_token", "Invalid token" },
	{ ERR_INSUFFICIENT_SCOPE, 403, "insufficient_scope", "Insufficient scope" },
	{ ERR_UNTRUSTED_REDIRECT, 400, "invalid_request", "Unknown client or redirect URI" },

	{ ERR_SIGN_IN_FAILED, 401, "access_denied", "Sign-in failed" },
	{ ERR_FLOW_EXPIRED, 400, "invalid_request", "The sign-in has expired" },
	{ ERR_ACTIVATION_FAILED, 400, "access_denied", "Activation failed" },
	{ ERR_PASSWORD_POLICY, 422, "invalid_request", "The password does not follow the rules" },
	{ ERR_NO_PLATFORM_ACCESS, 403, "access_denied", "No access to this platform" },

	{ ERR_OUT_OF_SCOPE, 403, "access_denied", "Outside your scope of administration" },
	{ ERR_SELF_GRANT, 403, "access_denied", "Nobody grants rights to themselves" },
	{ ERR_PLATFORM_CLOSED, 409, "invalid_request", "The platform admits no accounts in its state" },
	{ ERR_CONFLICT, 409, "invalid_request", "Conflict with the present state" },
	{ ERR_PRECONDITION_REQUIRED, 428, "invalid_request", "A change needs If-Match" },
	{ ERR_PRECONDITION_FAILED, 412, "invalid_request", "Changed by somebody else meanwhile" },
	{ ERR_KEY_REUSED, 422, "invalid_request", "Idempotency-Key was used for another request" },
	{ ERR_KEY_IN_USE, 409, "invalid_request", "A request with this Idempotency-Key is at work" },
	{ ERR_ANSWER_NOT_KEPT, 409, "invalid_request", "Carried out before; the answer is not kept" },
	{ ERR_WRONG_STATE, 409, "invalid_request", "Not possible in the present state" },
	{ ERR_BLOCKED, 409, "invalid_request", "Something must be settled first" },
	{ ERR_FOUR_EYES, 403, "access_denied", "Another person has to do this" },
	{ ERR_APPROVAL_NEEDED, 403, "access_denied", "Given by request and approval only" },
	{ ERR_SEPARATION_OF_DUTIES, 409, "access_denied", "Against the separation of duties" },
	{ ERR_NO_DRY_RUN, 422, "invalid_request", "Cannot be tried without being carried out" },
	{ ERR_HELD, 409, "invalid_request", "Held until a second person releases it" },
	{ ERR_INVALID_VALUE, 422, "invalid_request", "Invalid value" },
	{ ERR_UNKNOWN_PERSON, 404, "invalid_request", "Unknown person" },
	{ ERR_UNKNOWN_UNIT, 404, "invalid_request", "Unknown unit" },
	{ ERR_UNKNOWN_PLATFORM, 404, "invalid_request", "Unknown platform" },
	{ ERR_UNKNOWN_ROLE, 404, "invalid_request", "Unknown role" },
	{ ERR_UNKNOWN_POST, 404, "invalid_request", "Unknown post" },
	{ ERR_UNKNOWN_CERTIFICATE, 404, "invalid_request", "Unknown certificate" },
	{ ERR_UNKNOWN_ACCOUNT, 404, "invalid_request", "Unknown account" },
	{ ERR_ACCOUNT_STATE, 409, "invalid_request", "Not possible in the account's present state" },
	{ ERR_IMPORT, 422, "invalid_request", "The file has a row that cannot be read" },

	{ ERR_UNAVAILABLE, 503, "temporarily_unavailable", "Temporarily unavailable" },
	{ ERR_OUTCOME_UNKNOWN, 503, "temporarily_unavailable", "Temporarily unavailable" },
	{ ERR_OVERLOADED, 503, "temporarily_unavailable", "Overloaded" },
	{ ERR_TARGET, 502, "server_error", "A platform refused the operation" },
	{ ERR_CONFIG, 500, "server_error", "Internal error" },
	{ ERR_CRYPTO, 500, "server_error", "Internal error" },
	/* The last: also for what is not listed. */
	{ ERR_INTERNAL, 500, "server_error", "Internal error" },
};

static const struct problem *problem_find(int code)
{
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(problems) && problems[i].code != code)
		i++;
	return &problems[i];
}

int problem_status(int code)
{
	return problem_find(code)->status;
}

const char *problem_oauth_error(int code)
{
	return problem_find(code)->oauth;
}

const char *problem_title(int code)
{
	return problem_find(code)->title;
}

bool problem_is_listed(int code)
{
	return problem_find(code)->code == code;
}

static void respond_plain(struct request *rq, int status, const char *title)
{
	respond_bytes(rq, status, "text/plain; charset=utf-8", arena_printf(rq->op.arena, "%s\n", title));
}

/* RFC 6749 §5.2 */
static void respond_oauth_body(struct request *rq, const struct problem *p, int status)
{
	_json_ json_t *body = json_new_object();

	json_set_str(body, "error", str_c(p->oauth));
	json_set_str(body, "error_description", str_c(rq->op.error.text));
	respond_json(rq, status, body);
}

static void respond_oauth(struct request *rq, const struct problem *p)
{
	/* access_denied (RFC 8628 §3.5, CIBA §11) is an answer as any other here: 400. */
	respond_oauth_body(rq, p, p->status == 403 && !rq->route->by_ciba ? 400 : p->status);
	/* "MUST … include the WWW-Authenticate response header field matching the scheme used by the client" */
	if (p->status == 401 && auth_is_basic(rq_header(rq, "Authorization")))
		response_header(rq, "WWW-Authenticate", STR("Basic realm=\"sen\", charset=\"UTF-8\""));
}

static struct str arg_of(const struct error *error, const char *name)
{
	for (size_t i = 0; i < error->n_args; i++)
		if (str_equal(str_c(error->args[i].name), str_c(name)))
			return error->args[i].value;
	return STR_NULL;
}

/* RFC 9449 §7.1: at a resource a proof that is not good is an authentication that failed. */
static int status_at_resource(const struct problem *p)
{
	return p->code == ERR_INVALID_DPOP_PROOF || p->code == ERR_USE_DPOP_NONCE ? 401 : p->status;
}

/*
 * RFC 6750 §3.1: without a token, or by a scheme that is none of ours, there is no error code, only the
 * challenge.  RFC 9449 §7.1; RFC 9470 §3 for a sign-in that is too old; RFC 9728 §5.1.
 */
static struct str bearer_challenge(struct request *rq, const struct problem *p, const struct http_hooks *hooks)
{
	struct str header = rq_header(rq, "Authorization"), max_age = arg_of(&rq->op.error, "max_age");
	bool is_dpop = hooks->dpop_algs && auth_is_dpop(header);
	struct str challenge = is_dpop ? arena_printf(rq->op.arena, "DPoP algs=\"%s\"", hooks->dpop_algs) : STR("Bearer");
	struct str metadata = hooks->resource_metadata ? hooks->resource_metadata(rq) : STR_NULL;

	if (status_at_resource(p) == 401 && !is_dpop && !auth_is_bearer(header) && !rq->has_form_token)
		return str_is_null(metadata) ? challenge : arena_printf(rq->op.arena, "Bearer resource_metadata=\"%.*s\"", STR_ARG(metadata));
	challenge = arena_printf(rq->op.arena, "%.*s%s error=\"%s\", error_description=\"%s\"", STR_ARG(challenge), is_dpop ? "," : "", p->oauth,
	                         rq->op.error.text);
	if (!str_is_null(metadata))
		challenge = arena_printf(rq->op.arena, "%.*s, resource_metadata=\"%.*s\"", STR_ARG(challenge), STR_ARG(metadata));
	return str_is_null(max_age) ? challenge : arena_printf(rq->op.arena, "%.*s, max_age=%.*s", STR_ARG(challenge), STR_ARG(max_age));
}

static void respond_bearer(struct request *rq, const struct problem *p, const struct http_hooks *hooks)
{
	int code = rq->op.error.code, status = status_at_resource(p);

	respond_oauth_body(rq, p, status);
	/* What is wrong with metadata (RFC 7591 §3.2.2) says nothing of the token. */
	if (code == ERR_INVALID_CLIENT_METADATA || code == ERR_INVALID_REDIRECT_URI || code == ERR_INVALID_SOFTWARE_STATEMENT ||
	    code == ERR_UNAPPROVED_SOFTWARE_STATEMENT)
		return;
	if (status == 401 || status == 403 || status == 400)
		response_header(rq, "WWW-Authenticate", bearer_challenge(rq, p, hooks));
}

static json_t *problem_args(const struct error *error)
{
	json_t *args = json_new_object();

	for (size_t i = 0; i < error->n_args; i++)
		json_set_str(args, error->args[i].name, error->args[i].value);
	return args;
}

/* RFC 9457 §3 */
static void respond_problem(struct request *rq, const struct problem *p, const struct http_hooks *hooks)
{
	const struct error *error = &rq->op.error;
	const char *name = err_name(error->code);
	int status = status_at_resource(p);
	struct str detail = hooks->error_text ? hooks->error_text(rq) : STR_NULL;
	_json_ json_t *body = json_new_object();

	json_set_str(body, "type", arena_printf(rq->op.arena, "urn:sen:error:%s", name));
	json_set_str(body, "title", str_c(p->title));
	json_set_int(body, "status", status);
	json_set_str(body, "code", str_c(name));
	json_set_str(body, "detail", str_is_null(detail) ? str_c(error->text) : detail);
	if (error->n_args > 0)
		json_set_take(body, "args", problem_args(error));
	json_set_str(body, "traceId", str_c(rq->op.id));
	respond_json(rq, status, body);
	rq->response.content_type = STR("application/problem+json");
	if (status == 401 || rq_lacks_token(rq))
		response_header(rq, "WWW-Authenticate", bearer_challenge(rq, p, hooks));
}

/* SCIM knows no 422: a value that cannot be is 400 (RFC 7644 §3.12, table 8). */
static int status_in_scim(int code)
{
	int status = problem_status(code);

	return status == 422 ? 400 : status;
}

json_t *problem_scim_json(const struct error *error)
{
	json_t *json = json_new_object(), *schemas = json_new_array();
	struct str type = arg_of(error, "scimType");
	char text[STR_I64_MAX];

	if (str_is_null(type) && error->code == ERR_BAD_REQUEST)
		type = STR("invalidSyntax");
	else if (str_is_null(type) && status_in_scim(error->code) == 400)
		type = STR("invalidValue");
	json_array_append_new(schemas, json_from_str(STR("urn:ietf:params:scim:api:messages:2.0:Error")));
	json_set_take(json, "schemas", schemas);
	json_set_str(json, "status", str_of_i64(status_in_scim(error->code), text));
	json_set_str(json, "scimType", type);
	json_set_str(json, "detail", str_c(error->text));
	return json;
}

static void respond_scim(struct request *rq, const struct problem *p, const struct http_hooks *hooks)
{
	_json_ json_t *body = problem_scim_json(&rq->op.error);
	int status = status_in_scim(p->code);

	respond_json(rq, status, body);
	rq->response.content_type = STR("application/scim+json");
	/* Not in the body: there are clients that take no member which the RFC does not name. */
	response_header(rq, "X-Request-Id", str_c(rq->op.id));
	if (status == 401)
		response_header(rq, "WWW-Authenticate", bearer_challenge(rq, p, hooks));
}

static void respond_page(struct request *rq, const struct problem *p, const struct http_hooks *hooks)
{
	if (hooks->error_page)
		hooks->error_page(rq, p->status);
	if (rq->response.status == 0)
		respond_plain(rq, p->status, p->title);
}

static enum error_style style_of(struct request *rq)
{
	if (rq->route)
		return rq->route->errors;
	return str_contains(rq_header(rq, "Accept"), STR("text/html")) ? ERRORS_PAGE : ERRORS_PLAIN;
}

/* What an error tells in a header of its own. */
static void add_headers(struct request *rq, int status)
{
	struct str seconds = arg_of(&rq->op.error, "retry_after_s"), nonce = arg_of(&rq->op.error, "dpop_nonce");

	if (status == 503 && str_is_null(seconds))
		seconds = STR(RETRY_AFTER_S);
	if ((status == 503 || status == 429 || status == 409) && !str_is_null(seconds))
		response_header(rq, "Retry-After", seconds);
	if (!str_is_null(nonce))
		response_header(rq, "DPoP-Nonce", nonce);
}

void problem_respond(struct request *rq, const struct http_hooks *hooks)
{
	const struct problem *p = problem_find(rq->op.error.code);

	assert(rq->op.error.code < 0 && rq->op.error.text);
	rq->response = (struct response){ .status = 0 };
	switch (style_of(rq)) {
	case ERRORS_OAUTH:
		respond_oauth(rq, p);
		break;
	case ERRORS_BEARER:
		respond_bearer(rq, p, hooks);
		break;
	case ERRORS_PROBLEM:
		respond_problem(rq, p, hooks);
		break;
	case ERRORS_SCIM:
		respond_scim(rq, p, hooks);
		break;
	case ERRORS_PAGE:
		respond_page(rq, p, hooks);
		break;
	case ERRORS_PLAIN:
	default:
		respond_plain(rq, p->status, p->title);
		break;
	}
	add_headers(rq, p->status);
}
