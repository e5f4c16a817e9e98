/* pages.h: answers that are pages, and the cookies that go with them. */
#pragma once

#include "server/handlers/handlers.h"
#include "server/login/flow.h"
#include "server/oidc/consent.h"
#include "server/web/page.h"

int page_respond(struct request *rq, int status, const char *template_name, const json_t *model);
/* The same, where the page may do more. */
int page_respond_by(struct request *rq, int status, const char *template_name, const json_t *model, const struct page_policy *policy);
/*
 * What a client says of itself (OpenID Connect Registration §2), into the model of a page that speaks of it: name, links and logo.
 * Only https is shown.  Returns what such a page may do: show that logo, lead a form to redirect_uri.
 */
struct page_policy page_client(struct request *rq, json_t *model, const struct client *client, struct str redirect_uri);
/* A sentence in the user's language. */
struct str page_say(struct request *rq, const char *key);

/* path with ui_locales of the language that is not in use. */
struct str page_in_other_language(struct request *rq, struct str path);

/* path?flow=… in the other language, STR_NULL when the flow is too long for an address. */
struct str page_flow_link(struct request *rq, const char *path, struct str sealed);

/* The browser's flow secret: the cookie's, or a new one that is set with this answer. */
struct str flow_cookie(struct request *rq);

/* The sign-in page for a flow; error: sentence, or STR_NULL. */
int login_page(struct request *rq, int status, const struct flow *flow, struct str typed_name, struct str error);

/* The live session of the cookie into rq->session; no session is no error. */
int session_of_request(struct request *rq) _must_check_;

enum authorization_stage {
	STAGE_BEGIN,
	STAGE_SIGNED_IN, /* for this very request */
	STAGE_CONSENTED, /* the same, and the official agreed */
};
/*
 * Goes on with an authorization request: answers with a code or an error, or shows the sign-in page, the
 * consent page or the page that says that access is missing.
 */
int authorization_continue(struct request *rq, const struct authorize_request *request, enum authorization_stage stage);
/* The error in rq->op goes to the client, whose address has been checked. */
int authorization_refuse(struct request *rq, const struct authorize_request *request, const struct client *client);
/* Asks the official whether the client may have what it asks for. */
int consent_page(struct request *rq, const struct flow *flow, const struct client *client, struct str scope);
/* Signed in, but without a role on the client's platform; back_url: STR_NULL, or the answer that refuses. */
int no_access_page(struct request *rq, const struct client *client, struct str back_url);
/* Has the official who is signed in a role on the client's platform?  Clients of no platform are open to all. */
int official_may_use(struct request *rq, const struct client *client, bool *ret_may) _must_check_;
/* For models: what each scope means, in words; authorization details as text. */
json_t *page_scopes(struct request *rq, struct str scope);
json_t *page_details(struct request *rq, struct str details);
/* For models: requests of platforms that wait for the official who is signed in; a new reference. */
int page_requests(struct request *rq, json_t **ret_list) _must_check_;
/* After a sign-in: back to the pending request, or to a page of ours. */
int flow_continue(struct request *rq, const struct flow *flow, const struct session *session, struct str cookie);
