/*
 * problem.h: the one table from an error code to HTTP, and the forms of an error response.
 */
#pragma once

#include "server/http/request.h"
#include "server/http/server.h"

/* 500 for a code that is not in the table. */
int problem_status(int code);
/* The OAuth 2.0 / OpenID Connect error string, e.g. for a redirect to the client; never NULL. */
const char *problem_oauth_error(int code);
/* Short English title (RFC 9457 §3.1.4). */
const char *problem_title(int code);
/* All but the last entry, which answers for codes that are not in it. For the test. */
bool problem_is_listed(int code);

/* An error as SCIM tells it (RFC 7644 §3.12), a new reference; "status" is a text. */
json_t *problem_scim_json(const struct error *error);

/*
 * Replaces what stands in rq->response by the error in rq->op.error, in the form of the route.
 * Without a route: a page when the client asks for HTML, else plain text.
 */
void problem_respond(struct request *rq, const struct http_hooks *hooks);
