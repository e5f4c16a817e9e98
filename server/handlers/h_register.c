/*
 * POST /register: a client registers itself.  OpenID Connect Registration 1.0, RFC 7591.
 * GET, PUT, DELETE /register/{client_id}: it looks at, replaces, removes its registration.  RFC 7592.
 *
 * What was changed holds at this node when the answer leaves, at others within their next poll.
 */
#include "server/handlers/handlers.h"
#include "server/oidc/registration.h"

static int token_of(struct request *rq, const char *missing, struct str *ret_token)
{
	*ret_token = rq_bearer(rq);
	if (rq_lacks_token(rq))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "the Authorization header holds no token");
	return str_is_null(*ret_token) ? op_fail(&rq->op, ERR_INVALID_TOKEN, missing) : 0;
}

/* The change is durable by now: that this node does not see it yet is no reason to answer otherwise. */
static void show_change(struct request *rq)
{
	if (snapshot_refresh(&rq->op, rq->app->snapshots) < 0)
		op_forgive(&rq->op);
}

int h_register(struct request *rq)
{
	_json_ json_t *answer = NULL;
	struct str token;
	int r = token_of(rq, "an initial access token is needed", &token);

	if (r >= 0)
		r = registration_add(&rq->op, &rq->app->oidc, token, rq->body, &answer);
	if (r < 0)
		return r;
	show_change(rq);
	return respond_json(rq, 201, answer);
}

int h_register_get(struct request *rq)
{
	_json_ json_t *answer = NULL;
	struct str token;
	int r = token_of(rq, "the registration access token is needed", &token);

	if (r >= 0)
		r = registration_get(&rq->op, &rq->app->oidc, rq->path_args[0], token, &answer);
	return r < 0 ? r : respond_json(rq, 200, answer);
}

int h_register_put(struct request *rq)
{
	struct registration_update update = { .id = rq->path_args[0], .body = rq->body };
	_json_ json_t *answer = NULL;
	int r = token_of(rq, "the registration access token is needed", &update.token);

	if (r >= 0)
		r = registration_replace(&rq->op, &rq->app->oidc, &update, &answer);
	if (r < 0)
		return r;
	show_change(rq);
	return respond_json(rq, 200, answer);
}

int h_register_delete(struct request *rq)
{
	struct str token;
	int r = token_of(rq, "the registration access token is needed", &token);

	if (r >= 0)
		r = registration_remove(&rq->op, rq->path_args[0], token);
	if (r < 0)
		return r;
	show_change(rq);
	return respond_empty(rq, 204);
}
