/*
 * GET, POST /logout.  OpenID Connect RP-Initiated Logout 1.0.
 *
 * Without a confirmation only when an id_token_hint of this very session says that the
 * request comes from a relying party of it; else the user is asked, so that no foreign page
 * ends a session.  Redirected to is only an exact registered URI of an identified client.
 */

#include "server/handlers/pages.h"

#include "common/base/url.h"
#include "server/oidc/id_token.h"
#include "server/session/csrf.h"

enum { P_ID_TOKEN_HINT, P_CLIENT_ID_, P_POST_LOGOUT_REDIRECT_URI, P_STATE, P_UI_LOCALES, P_LOGOUT_HINT, P_CSRF };
const struct param_spec logout_params[] = {
	[P_ID_TOKEN_HINT] = { "id_token_hint", 4096, PARAM_PRINTABLE },
	[P_CLIENT_ID_] = { "client_id", 64, PARAM_PRINTABLE },
	[P_POST_LOGOUT_REDIRECT_URI] = { "post_logout_redirect_uri", 512, 0 },
	[P_STATE] = { "state", 2048, 0 },
	[P_UI_LOCALES] = { "ui_locales", 64, PARAM_PRINTABLE },
	[P_LOGOUT_HINT] = { "logout_hint", 256, 0 },
	[P_CSRF] = { "csrf", 64, PARAM_SECRET | PARAM_BODY_ONLY },
};
const size_t n_logout_params = ARRAY_LEN(logout_params);

#define LOCATION_MAX 8192

struct logout {
	const struct client *client; /* NULL: not identified */
	struct str redirect_uri;     /* STR_NULL: none that is trusted */
	bool from_this_session;      /* a good hint for the session of the cookie */
};

/* Only what is registered is followed; anything else ends on our own page. */
static void read_logout(struct request *rq, struct logout *l)
{
	struct str hint_text = rq_param(rq, P_ID_TOKEN_HINT), client_id = rq_param(rq, P_CLIENT_ID_);
	struct str uri = rq_param(rq, P_POST_LOGOUT_REDIRECT_URI);
	struct id_token_hint hint = { 0 };
	bool hinted = !str_is_null(hint_text) && id_token_hint_read(&rq->op, rq->app->oidc.issuer, hint_text, &hint);

	*l = (struct logout){ 0 };
	/* A hint that is there but bad, or that contradicts client_id, identifies nobody (§2). */
	if ((!str_is_null(hint_text) && !hinted) || (hinted && !str_is_null(client_id) && !str_equal(client_id, hint.aud)))
		return;
	l->client = snapshot_client(rq->snapshot, hinted ? hint.aud : client_id);
	if (l->client)
		rq->log_client_id = l->client->id;
	if (l->client && !str_is_null(uri) && client_has_post_logout_uri(l->client, uri))
		l->redirect_uri = uri;
	l->from_this_session = hinted && l->client && rq->session && str_equal(hint.sid, rq->session->id);
}

static struct str redirect_target(struct request *rq, const struct logout *l)
{
	struct buf b = buf_new(rq->op.arena, LOCATION_MAX);
	bool first = str_index(l->redirect_uri, '?') < 0;

	buf_add(&b, l->redirect_uri);
	if (!str_is_null(rq_param(rq, P_STATE))) {
		if (first)
			buf_add_char(&b, '?');
		form_append(&b, &first, STR("state"), rq_param(rq, P_STATE));
	}
	return buf_str(&b);
}

static int finish(struct request *rq, const struct logout *l)
{
	_json_ json_t *model = NULL;

	response_cookie(rq, SESSION_COOKIE, STR(""), 0);
	response_cookie(rq, FLOW_COOKIE, STR(""), 0);
	if (!str_is_null(l->redirect_uri))
		return respond_redirect(rq, redirect_target(rq, l));
	model = json_new_object();
	json_set_str(model, "title", page_say(rq, "logout.done_title"));
	json_set_str(model, "text", page_say(rq, "logout.done_text"));
	json_set_str(model, "link_url", STR("/"));
	json_set_str(model, "link_text", page_say(rq, "logout.again"));
	return page_respond(rq, 200, "message", model, STR_NULL);
}

/* The parameters go through the confirmation, to be checked again. */
static int ask(struct request *rq, const struct logout *l)
{
	_json_ json_t *model = json_new_object();

	json_set_str(model, "name", rq->session->full_name);
	json_set_str(model, "csrf", csrf_token(&rq->op, "logout", rq->session_cookie));
	json_set_str(model, "client_id", l->client ? l->client->id : STR_NULL);
	json_set_str(model, "post_logout_redirect_uri", l->redirect_uri);
	json_set_str(model, "state", rq_param(rq, P_STATE));
	if (l->client)
		json_set_str(model, "platform_name", client_title(l->client));
	return page_respond(rq, 200, "logout", model,
	                    str_is_null(l->redirect_uri) ? STR_NULL : uri_origin(rq->op.arena, l->redirect_uri));
}

int h_logout(struct request *rq)
{
	struct logout l;
	int r = session_of_request(rq);

	if (r < 0)
		return r;
	read_logout(rq, &l);
	/* An expired session is no error: there is nothing left to end. */
	if (!rq->session)
		return finish(rq, &l);
	if (!str_is_null(rq_param(rq, P_CSRF))) {
		r = csrf_check(&rq->op, "logout", rq->session_cookie, rq_param(rq, P_CSRF));
		if (r < 0)
			return r;
	} else if (!l.from_this_session) {
		return ask(rq, &l);
	}
	r = session_end(&rq->op, rq->session, "logout");
	return r < 0 ? r : finish(rq, &l);
}
