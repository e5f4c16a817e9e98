/*
 * authorize.h: what an authorization request asks for and what is to be done with it: pure
 * decisions, without HTTP and database.  OIDC Core §3.1.2, RFC 6749 §4.1, RFC 7636, RFC 8707,
 * RFC 9207, RFC 9396, RFC 9449 §10.
 */
#pragma once

#include "server/oidc/client.h"
#include "server/session/session.h"

struct authorize_request {
	struct str client_id;
	struct str redirect_uri;
	struct str response_type;
	struct str response_mode;
	struct str scope;
	struct str state;
	struct str nonce;
	struct str code_challenge;
	struct str code_challenge_method;
	struct str prompt;
	struct str max_age;
	struct str acr_values;
	struct str claims;                /* JSON, OIDC Core §5.5 */
	struct str login_hint;
	struct str ui_locales;
	struct str id_token_hint;
	struct str resource;              /* several: separated by SP */
	struct str authorization_details; /* JSON, RFC 9396 */
	struct str dpop_jkt;
	/* As sent: a request object, or where one is.  As resolved (request_object.h): request is gone, and
	 * request_uri is the pushed request that a code will use up. */
	struct str request, request_uri;
	struct str registration;          /* refused */
};

/* name -> field, for parameters of a request and for the sealed state of a sign-in. */
struct authorize_field {
	const char *name;
	size_t offset;
	uint16_t max_bytes;
	bool many; /* may be repeated */
	bool wish; /* OIDC Core §3.1.2.1: one that means nothing to us is no error, nor is one that is too long to keep */
};
extern const struct authorize_field authorize_fields[];
extern const size_t n_authorize_fields;
struct str *authorize_field_of(struct authorize_request *rq, size_t i);

/* ERR_LIMIT: more than a flow can carry on through a sign-in. */
int authorize_check_size(struct op *op, const struct authorize_request *rq) _must_check_;

/*
 * Is the place to which an answer would go trusted?  ERR_UNTRUSTED_REDIRECT otherwise: the user sees
 * a page, nothing is redirected (RFC 9700 §4.11.2).
 */
int authorize_check_target(struct op *op, const struct authorize_request *rq, const struct client *client) _must_check_;

/* How the request came: what a client's policy may demand of it. */
struct authorize_origin {
	bool is_pushed; /* RFC 9126 */
	bool is_signed; /* RFC 9101 */
};
int authorize_check_origin(struct op *op, const struct client *client, const struct authorize_origin *origin) _must_check_;

/* Everything that does not depend on the user: also what a pushed request is checked for. */
int authorize_check(struct op *op, const struct authorize_request *rq, const struct client *client) _must_check_;

/* The response type asked for, 0 when it is none that the client may use. */
enum client_response authorize_response_type(const struct authorize_request *rq, const struct client *client);

enum authorize_step {
	AUTHORIZE_ERROR,  /* op->error goes to the redirect_uri */
	AUTHORIZE_LOGIN,  /* show the sign-in page */
	AUTHORIZE_CONSENT, /* ask the user */
	AUTHORIZE_ISSUE,
};

struct authorize_decision {
	enum authorize_step step;
	struct str scope; /* AUTHORIZE_CONSENT, AUTHORIZE_ISSUE: what is granted */
};

/* What is known about the user while deciding. */
struct authorize_user {
	const struct session *session; /* NULL: not signed in */
	bool fresh;                    /* signed in for this very request: prompt and max_age are met */
	bool consented;                /* just now, for this very request */
	struct str consented_scope;    /* remembered from before; STR_NULL: none */
	struct str hint_sub;           /* sub of a valid id_token_hint, or STR_NULL */
	bool hint_bad;                 /* there was a hint, but none of ours */
};

/* Everything but the target.  now_s: op->now_s. */
struct authorize_decision authorize_decide(struct op *op, const struct authorize_request *rq, const struct client *client,
                                           const struct authorize_user *user);
