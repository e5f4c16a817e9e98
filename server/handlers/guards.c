/* guards.c: checks that several endpoints share, run in table order before a handler. */

#include "server/handlers/handlers.h"

/* The method used must be the one registered (RFC 6749 §2.3: exactly one per request). */
static int authenticate(struct request *rq, const struct client *client, enum client_auth_method used, struct str secret)
{
	struct op *op = &rq->op;

	if (!client)
		return op_fail_detail(op, ERR_INVALID_CLIENT, "client authentication failed", "unknown client");
	if (client->auth_method != used)
		return op_fail_detail(op, ERR_INVALID_CLIENT, "client authentication failed", "method is not the registered one");
	if (used != CLIENT_AUTH_NONE && !client_secret_matches(op, client, secret))
		return op_fail_detail(op, ERR_INVALID_CLIENT, "client authentication failed", "wrong secret");
	rq->client = (struct client *)(uintptr_t)client;
	return 0;
}

int guard_client(struct request *rq)
{
	struct str id = rq_param(rq, P_CLIENT_ID), secret = rq_param(rq, P_CLIENT_SECRET);
	struct str basic_id, basic_secret;
	enum client_auth_method used = str_is_null(secret) ? CLIENT_AUTH_NONE : CLIENT_AUTH_POST;

	if (!str_is_null(rq_header(rq, "Authorization"))) {
		if (!rq_basic(rq, &basic_id, &basic_secret))
			return op_fail(&rq->op, ERR_INVALID_CLIENT, "the Authorization header is not valid Basic authentication");
		if (!str_is_null(secret) || (!str_is_null(id) && !str_equal(id, basic_id)))
			return op_fail(&rq->op, ERR_INVALID_REQUEST, "more than one way of client authentication");
		id = basic_id;
		secret = basic_secret;
		used = CLIENT_AUTH_BASIC;
	}
	if (str_is_null(id))
		return op_fail(&rq->op, ERR_INVALID_CLIENT, "client authentication is missing");
	/* Only an id that names a client reaches the log. */
	const struct client *client = snapshot_client(rq->snapshot, id);

	if (client)
		rq->log_client_id = client->id;
	return authenticate(rq, client, used, secret);
}

int guard_confidential_client(struct request *rq)
{
	int r = guard_client(rq);

	if (r >= 0 && rq->client->auth_method == CLIENT_AUTH_NONE)
		return op_fail(&rq->op, ERR_INVALID_CLIENT, "public clients may not use this endpoint");
	return r;
}

int guard_same_origin(struct request *rq)
{
	struct str origin = rq_header(rq, "Origin"), site = rq_header(rq, "Sec-Fetch-Site");

	/* Under our Referrer-Policy browsers send "null" with our own forms too: it says nothing. */
	if (!str_is_null(origin) && !str_equal(origin, STR("null")) && !str_equal(origin, rq->app->oidc.issuer))
		return op_fail_detail(&rq->op, ERR_CSRF, "the form was not sent by this site", "origin");
	if (!str_is_null(site) && !str_equal(site, STR("same-origin")) && !str_equal(site, STR("none")))
		return op_fail_detail(&rq->op, ERR_CSRF, "the form was not sent by this site", "sec-fetch-site");
	return 0;
}
