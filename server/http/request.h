/*
 * request.h: a request, its route and its response: all that handlers know of HTTP.
 *
 * A request lives from the listener's first call until its log line, in its own arena.
 * Handlers run on a worker thread, straight-line: params are checked against the route's
 * list before they see them; they fill rq->response or return a negative enum err, which
 * problem.c turns into the route's form of error.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

struct app;       /* server/app.h: const after start */
struct session;   /* server/session: set by the session guard */
struct principal; /* server/governance: set by the bearer guard of the administration API */
struct client;    /* server/oidc: set by the client authentication guard */
struct snapshot;  /* server/oidc: clients and keys of this moment, held until the request ends */
struct scim_feed; /* server/scim: set by the guard of its endpoints */
struct idempotency; /* server/handlers/api: the claim of an Idempotency-Key */
struct dpop_proof; /* server/oidc */
struct request;

#define PARAMS_MAX 40     /* declared parameters of one route */
#define PATH_ARGS_MAX 3

enum http_method { HTTP_GET = 1, HTTP_HEAD = 2, HTTP_POST = 4, HTTP_PUT = 8, HTTP_PATCH = 16, HTTP_DELETE = 32, HTTP_OPTIONS = 64 };

enum body_kind {
	BODY_NONE, /* a body is refused */
	BODY_FORM, /* application/x-www-form-urlencoded, into params */
	BODY_JSON, /* application/json, an object, into rq->json */
};

enum route_pool {
	POOL_INLINE, /* on the I/O thread: must not block or touch the database */
	POOL_LIGHT,  /* lanes of the database and what fiber_block() knows, no transactions: on a fiber */
	POOL_FAST,   /* database only */
	POOL_SLOW,   /* LDAP, password hashing, outgoing HTTP */
};

/* How errors of a route look (problem.c). */
enum error_style {
	ERRORS_PLAIN,   /* text/plain one-liner: static files, health */
	ERRORS_OAUTH,   /* RFC 6749 §5.2 JSON; 401 with WWW-Authenticate when the client tried Basic */
	ERRORS_BEARER,  /* RFC 6750 §3: WWW-Authenticate, JSON body */
	ERRORS_PROBLEM, /* RFC 9457 application/problem+json */
	ERRORS_SCIM,    /* RFC 7644 §3.12; 401 with WWW-Authenticate */
	ERRORS_PAGE,    /* an HTML page in the user's language */
};

enum { PARAM_REQUIRED = 1, PARAM_SECRET = 2 /* never in a log or an error, wiped first */,
       PARAM_PRINTABLE = 4 /* bytes 0x20..0x7E only */, PARAM_QUERY_ONLY = 8, PARAM_BODY_ONLY = 16,
       PARAM_MANY = 32 /* may be repeated: the values, which hold no space, stand joined by SP */,
       PARAM_WISH = 64 /* nobody need fulfil it: a value that is too long or has other characters is as absent */ };

/* Declared parameter: its place in the list is its index in rq->params. */
struct param_spec {
	const char *name;
	uint16_t max_bytes;
	uint8_t flags;
};

struct route {
	const char *name;   /* label in log and metrics */
	unsigned methods;   /* of enum http_method; HEAD comes with GET, OPTIONS with cors */
	const char *path;   /* "/api/v1/grants/{id}/revoke": {x} is one segment, into rq->path_args in order */
	const struct param_spec *params;
	size_t n_params;
	enum body_kind body;
	size_t max_body;
	enum route_pool pool;
	enum error_style errors;
	bool quiet;         /* the same to everybody, probes among them: what went well is counted, and logged at level debug only */
	bool cors;          /* any origin, no credentials: discovery, JWKS, token, userinfo */
	bool by_ciba;       /* ERRORS_OAUTH by CIBA: access_denied has status 403 (§13); assertions may name the endpoint (§7.1) */
	unsigned needs;     /* for the guards; of the administration API: any of these rights (enum admin_right); 0: any administrator */
	bool creates;       /* POST that makes something: honours Idempotency-Key */
	bool secret_answer; /* of a route that creates: the answer holds a secret and is never stored */
	const char *no_dry_run; /* of a route that changes something: why it is not tried; NULL: ?dry_run=all is */
	bool personal;      /* answers with data of persons: each call is recorded in the audit */
	bool post_query;    /* POST may carry parameters in its query too (authorization, logout) */
	bool tells_param_faults; /* its handler tells of them, to whom it sees fit: rq->param_fault */
	/* Run in order; the first negative result, or a response that one sets, ends the request.  NULL-terminated. */
	int (*const *guards)(struct request *rq);
	int (*handle)(struct request *rq);
};

struct response {
	int status;             /* 0: not set */
	struct str content_type;
	struct str body;
	struct { const char *name; struct str value; } headers[16];
	size_t n_headers;
	bool body_is_static;    /* body outlives the request: not copied */
	bool is_shared;         /* on this route every answer with this body is this answer: it is kept ready */
	bool cacheable;         /* otherwise Cache-Control: no-store is added */
};

struct request {
	struct op op;
	const struct app *app;
	const struct route *route;      /* NULL until routed */
	enum http_method method;        /* HEAD comes as HTTP_GET */
	struct str path;                /* decoded, validated; without query */
	struct str raw_query;           /* without '?', or STR_NULL */
	struct str path_args[PATH_ARGS_MAX];
	struct str params[PARAMS_MAX];  /* STR_NULL: absent; a present empty value is as absent (RFC 6749 §3.1) */
	struct error param_fault;       /* tells_param_faults: of parameters that are STR_NULL for it; code 0: none */
	json_t *json;                   /* BODY_JSON; freed with the request */
	struct str body;
	struct str client_ip;           /* of the peer, or what a trusted proxy says */
	struct str client_certificate;  /* as the proxy for mutual TLS hands it on; STR_NULL: none, or another listener */
	bool https;                     /* as the user's browser sees it: from the configured issuer */
	struct str lang;                /* "vi" or "en": ui_locales, cookie, Accept-Language */
	struct snapshot *snapshot;
	struct session *session;
	struct str session_cookie;      /* its cookie: the browser's, or the one that this answer gives it */
	struct principal *principal;
	struct idempotency *idempotency;
	const struct scim_feed *feed;
	struct client *client;
	bool has_form_token;            /* an access token came in the form: a challenge says what is wrong with it */
	struct str proved_jkt, proved_x5t; /* keys whose possession this request proved: RFC 9449, RFC 8705 */
	const struct dpop_proof *proof; /* to be used up before the answer; NULL: none */
	struct response response;
	/* For the log line only: set by handlers when known. */
	struct str log_client_id;
	struct str log_account_id;
	struct error log_error; /* told to somebody else than the caller: in a redirect */
	void *transport;                /* the listener's own */
};

/* A request header (name without case), the first of them; STR_NULL when absent.  The gate has refused repeated ones that frame or authorize. */
struct str rq_header(struct request *rq, const char *name);
size_t rq_header_count(struct request *rq, const char *name);
struct str rq_cookie(struct request *rq, const char *name); /* STR_NULL when absent or sent twice with different values */
static inline struct str rq_param(const struct request *rq, size_t index)
{
	return rq->params[index];
}
/* Token of the Authorization header by scheme Bearer (RFC 6750 §2.1) or DPoP (RFC 9449 §7.1), or STR_NULL. */
struct str rq_bearer(struct request *rq);
struct str rq_dpop_token(struct request *rq);
bool rq_lacks_token(struct request *rq); /* one of the two schemes, but no token behind it */
/* Credentials of Basic (RFC 7617 with RFC 6749 §2.3.1 decoding). */
bool rq_basic(struct request *rq, struct str *ret_user, struct str *ret_password) _must_check_;

/* Responses.  Each returns 0, so that a handler ends with "return respond_…". */
int respond_json(struct request *rq, int status, const json_t *json);       /* no-store */
int respond_json_text(struct request *rq, int status, struct str json);     /* the same of text in the request's arena */
int respond_bytes(struct request *rq, int status, const char *content_type, struct str body);
/* 200, body not copied, "immutable": for files whose name carries their hash. */
int respond_static(struct request *rq, const char *content_type, struct str body);
/*
 * 200, body not copied, the same for whoever asks: no header of its own but "Cache-Control: public, max-age=…".  The body may
 * change from one answer to the next; it stands until the request is released.
 */
int respond_shared(struct request *rq, const char *content_type, struct str body, struct str cache_control);
int respond_redirect(struct request *rq, struct str location);             /* 303 (RFC 9700 §4.12) */
int respond_empty(struct request *rq, int status);
/* name: static storage. Asserts: no CR, LF, NUL in value. A later error response drops what was set before. */
void response_header(struct request *rq, const char *name, struct str value);
/* Set-Cookie.  Name "__Host-…", Secure, HttpOnly, Path=/, SameSite=Lax. max_age_s < 0: session cookie; 0: removed. */
void response_cookie(struct request *rq, const char *name, struct str value, int64_t max_age_s);
