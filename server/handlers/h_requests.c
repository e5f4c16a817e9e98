/*
 * GET /requests: what platforms ask of the official who is signed in (OpenID Connect CIBA Core 1.0 §8).
 * POST /requests: the answer to one of them.
 */
#include "server/handlers/pages.h"

#include "server/oidc/ciba.h"
#include "server/session/csrf.h"

const struct param_spec requests_page_params[] = { { "ui_locales", 256, PARAM_PRINTABLE | PARAM_WISH } };
const size_t n_requests_page_params = ARRAY_LEN(requests_page_params);

enum { P_ID, P_CSRF, P_DECISION };
const struct param_spec requests_params[] = {
	[P_ID] = { "id", 36, PARAM_REQUIRED | PARAM_PRINTABLE | PARAM_BODY_ONLY },
	[P_CSRF] = { "csrf", 64, PARAM_SECRET | PARAM_BODY_ONLY },
	[P_DECISION] = { "decision", 8, PARAM_REQUIRED | PARAM_BODY_ONLY },
};
const size_t n_requests_params = ARRAY_LEN(requests_params);

/* One token for each request. */
static const char *form_of(struct request *rq, struct str id)
{
	return arena_printf(rq->op.arena, "requests %.*s", STR_ARG(id)).p;
}

static json_t *request_json(struct request *rq, const struct ciba_pending *p, const struct client *client)
{
	json_t *item = json_new_object();

	json_set_str(item, "id", p->id);
	json_set_str(item, "csrf", csrf_token(&rq->op, form_of(rq, p->id), rq->session_cookie));
	json_set_str(item, "client_name", client_title(client));
	json_set_str(item, "binding_message", p->binding_message);
	json_set_str(item, "asked_at", p->asked_at);
	json_set_bool(item, "external", client->must_consent);
	json_set_take(item, "scopes", page_scopes(rq, p->scope));
	json_set_take(item, "details", page_details(rq, p->details));
	return item;
}

int page_requests(struct request *rq, json_t **ret_list)
{
	const struct ciba_pending *pending;
	json_t *list;
	size_t n;
	int r = ciba_list(&rq->op, rq->session->account_id, &pending, &n);

	if (r < 0)
		return r;
	list = json_new_array();
	for (size_t i = 0; i < n; i++) {
		const struct client *client = snapshot_client(rq->snapshot, pending[i].client_id);

		if (client)
			json_array_append_new(list, request_json(rq, &pending[i], client));
	}
	*ret_list = list;
	return 0;
}

static int list_page(struct request *rq, int status, const char *error_key)
{
	_json_ json_t *model = json_new_object();
	json_t *list;
	int r = page_requests(rq, &list);

	if (r < 0)
		return r;
	json_set_take(model, "requests", list);
	json_set_str(model, "lang_url", page_in_other_language(rq, STR("/requests")));
	if (error_key)
		json_set_str(model, "error", page_say(rq, error_key));
	return page_respond(rq, status, "requests", model);
}

static int sign_in_first(struct request *rq)
{
	const struct flow flow = { .begun_s = rq->op.now_s, .return_to = STR("/requests") };

	return login_page(rq, 200, &flow, STR_NULL, STR_NULL);
}

int h_requests_page(struct request *rq)
{
	int r = session_of_request(rq);

	if (r < 0)
		return r;
	return rq->session ? list_page(rq, 200, NULL) : sign_in_first(rq);
}

static int decide(struct request *rq, struct str id, bool allowed)
{
	struct op *op = &rq->op;
	const struct client *client;
	struct ciba_pending pending;
	bool may = true;
	int r = ciba_find(op, rq->session->account_id, id, &pending);

	if (r < 0)
		return r;
	client = snapshot_client(rq->snapshot, pending.client_id);
	if (!client)
		return op_fail(op, ERR_NOT_FOUND, "the client is gone");
	rq->log_client_id = client->id;
	/* Looked at when it was asked for, but a role may have gone since. */
	if (allowed)
		r = official_may_use(rq, client, &may);
	if (r >= 0 && allowed && may && client->must_consent)
		r = consent_give(op, rq->session->account_id, client->id, pending.scope);
	if (r >= 0)
		r = ciba_decide(op, rq->session, id, allowed && may);
	if (r < 0)
		return r;
	return may ? respond_redirect(rq, STR("/requests")) : no_access_page(rq, client, STR_NULL);
}

int h_requests(struct request *rq)
{
	struct op *op = &rq->op;
	struct str id = rq_param(rq, P_ID);
	int r = session_of_request(rq);

	if (r < 0)
		return r;
	if (!rq->session)
		return respond_redirect(rq, STR("/requests"));
	r = csrf_check(op, form_of(rq, id), rq->session_cookie, rq_param(rq, P_CSRF));
	if (r >= 0)
		r = decide(rq, id, str_equal(rq_param(rq, P_DECISION), STR("allow")));
	if (r != ERR_NOT_FOUND)
		return r;
	rq->log_error = op->error;
	op_forgive(op);
	return list_page(rq, 404, "requests.gone");
}
