/*
 * GET, POST /logout.  OpenID Connect RP-Initiated Logout 1.0, Front-Channel Logout 1.0.
 *
 * Without a confirmation only when an id_token_hint of this very session says that the
 * request comes from a relying party of it, and names no address that is not its own; else the user is
 * asked, so that no foreign page ends a session.  Redirected to is only an exact registered URI of an
 * identified client: at once, or from a page whose frames tell relying parties.
 */

#include "server/handlers/pages.h"

#include "common/base/url.h"
#include "server/oidc/frontchannel.h"
#include "server/oidc/id_token.h"
#include "server/session/csrf.h"

enum { P_ID_TOKEN_HINT, P_CLIENT_ID_, P_POST_LOGOUT_REDIRECT_URI, P_STATE, P_UI_LOCALES, P_LOGOUT_HINT, P_CSRF };
const struct param_spec logout_params[] = {
	[P_ID_TOKEN_HINT] = { "id_token_hint", 8192, PARAM_PRINTABLE },
	[P_CLIENT_ID_] = { "client_id", 64, PARAM_PRINTABLE },
	[P_POST_LOGOUT_REDIRECT_URI] = { "post_logout_redirect_uri", 512, 0 },
	[P_STATE] = { "state", 2048, 0 },
	[P_UI_LOCALES] = { "ui_locales", 256, PARAM_PRINTABLE | PARAM_WISH },
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

/* A hint that is there but bad, or that contradicts client_id, identifies nobody (§2). */
static const struct client *client_of(struct request *rq, struct id_token_hint *hint)
{
	struct str text = rq_param(rq, P_ID_TOKEN_HINT), client_id = rq_param(rq, P_CLIENT_ID_);

	if (str_is_null(text))
		return snapshot_client(rq->snapshot, client_id);
	if (!id_token_hint_read(&rq->op, rq->app->oidc.issuer, text, hint) || (!str_is_null(client_id) && !str_equal(client_id, hint->aud)))
		return NULL;
	return snapshot_client(rq->snapshot, hint->aud);
}

/* Only what is registered is followed; anything else ends on our own page. */
static void read_logout(struct request *rq, struct logout *l)
{
	struct str uri = rq_param(rq, P_POST_LOGOUT_REDIRECT_URI);
	struct id_token_hint hint = { .sid = STR_NULL };

	*l = (struct logout){ .client = client_of(rq, &hint) };
	if (!l->client)
		return;
	rq->log_client_id = l->client->id;
	if (!str_is_null(uri) && client_has_post_logout_uri(l->client, uri))
		l->redirect_uri = uri;
	l->from_this_session = rq->session && str_equal(hint.sid, rq->session->id) && (str_is_null(uri) || !str_is_null(l->redirect_uri));
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

static json_t *frames_json(const struct frontchannel *told)
{
	json_t *frames = json_new_array();

	for (size_t i = 0; i < told->urls.n; i++) {
		json_t *frame = json_new_object();

		json_set_str(frame, "url", told->urls.p[i]);
		json_array_append_new(frames, frame);
	}
	return frames;
}

/* ended: clients of the session that has just ended. */
static int finish(struct request *rq, const struct logout *l, struct str_list ended)
{
	struct frontchannel told = { { NULL, 0 }, STR_NULL };
	_json_ json_t *model = NULL;

	if (ended.n > 0)
		told = frontchannel_of(&rq->op, rq->snapshot, rq->app->oidc.issuer, ended, rq->session->id);
	response_cookie(rq, SESSION_COOKIE, STR(""), 0);
	response_cookie(rq, FLOW_COOKIE, STR(""), 0);
	if (!str_is_null(l->redirect_uri) && told.urls.n == 0)
		return respond_redirect(rq, redirect_target(rq, l));
	model = json_new_object();
	json_set_take(model, "frames", frames_json(&told));
	if (!str_is_null(l->redirect_uri)) {
		json_set_str(model, "next_url", redirect_target(rq, l));
		json_set_str(model, "refresh_url", redirect_target(rq, l));
		json_set_str(model, "platform_name", client_title(l->client));
	}
	return page_respond_by(rq, 200, "logged_out", model, &(struct page_policy){ .frames = told.origins });
}

/* A hint or an address was sent, and is not believed. */
static bool does_not_fit(const struct request *rq, const struct logout *l)
{
	return (!str_is_null(rq_param(rq, P_ID_TOKEN_HINT)) && !l->client) ||
	       (!str_is_empty(rq_param(rq, P_POST_LOGOUT_REDIRECT_URI)) && str_is_null(l->redirect_uri));
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
	json_set_bool(model, "does_not_fit", does_not_fit(rq, l));
	if (l->client)
		json_set_str(model, "platform_name", client_title(l->client));
	return page_respond_by(rq, 200, "logout", model,
	                       &(struct page_policy){ .forms = str_is_null(l->redirect_uri) ? STR_NULL : uri_origin(rq->op.arena, l->redirect_uri) });
}

/* ui_locales of a form; that of an address has been looked at already. */
static void choose_language(struct request *rq)
{
	struct str lang = page_lang_choose(rq_param(rq, P_UI_LOCALES));

	if (!str_is_null(lang))
		rq->lang = lang;
}

int h_logout(struct request *rq)
{
	struct str_list ended = { NULL, 0 };
	struct logout l;
	int r = session_of_request(rq);

	if (r < 0)
		return r;
	choose_language(rq);
	read_logout(rq, &l);
	/* An expired session is no error: there is nothing left to end. */
	if (!rq->session)
		return finish(rq, &l, ended);
	if (!str_is_null(rq_param(rq, P_CSRF))) {
		r = csrf_check(&rq->op, "logout", rq->session_cookie, rq_param(rq, P_CSRF));
		if (r < 0)
			return r;
	} else if (!l.from_this_session) {
		return ask(rq, &l);
	}
	r = session_end(&rq->op, rq->session, "logout", &ended);
	return r < 0 ? r : finish(rq, &l, ended);
}
