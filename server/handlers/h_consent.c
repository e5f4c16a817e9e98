/*
 * POST /consent: the official's answer to what a client asks for.
 * GET /consents, POST /consents/take-back: what was agreed to before.
 *
 * Only clients that are not the province's own ask at all (sen_consent); the province's platforms come with
 * the account.  OIDC Core §3.1.2.4; RFC 9396 §5 for authorization details.
 */
#include "server/handlers/pages.h"

#include "server/session/csrf.h"

#define FORM "consent"
#define DETAILS_DEPTH_MAX 8

enum { P_FLOW, P_CSRF, P_DECISION };
const struct param_spec consent_params[] = {
	[P_FLOW] = { "flow", FLOW_SEALED_MAX, PARAM_BODY_ONLY },
	[P_CSRF] = { "csrf", 64, PARAM_SECRET | PARAM_BODY_ONLY },
	[P_DECISION] = { "decision", 8, PARAM_REQUIRED | PARAM_BODY_ONLY },
};
const size_t n_consent_params = ARRAY_LEN(consent_params);

enum { P_TAKE_CSRF, P_TAKE_CLIENT };
const struct param_spec take_back_params[] = {
	[P_TAKE_CSRF] = { "csrf", 64, PARAM_SECRET | PARAM_BODY_ONLY },
	[P_TAKE_CLIENT] = { "client_id", 64, PARAM_REQUIRED | PARAM_PRINTABLE | PARAM_BODY_ONLY },
};
const size_t n_take_back_params = ARRAY_LEN(take_back_params);

/* What each scope means, in words; a scope without words is shown by its name. */
json_t *page_scopes(struct request *rq, struct str scope)
{
	json_t *list = json_new_array();
	struct str part;

	while (str_split(&scope, ' ', &part)) {
		const char *key = arena_printf(rq->op.arena, "scope.%.*s", STR_ARG(part)).p;
		json_t *item;

		if (str_is_empty(part))
			continue;
		item = json_new_object();
		json_set_str(item, "text", page_text_exists(key) ? page_say(rq, key) : part);
		json_array_append_new(list, item);
	}
	return list;
}

/* Type by type as the client wrote it; the platform knows what it means. */
json_t *page_details(struct request *rq, struct str details)
{
	_json_ json_t *all = str_is_null(details) ? NULL : json_read(details, DETAILS_DEPTH_MAX, NULL);
	json_t *list = json_new_array();
	const json_t *detail;
	size_t i;

	json_array_foreach(all, i, detail) {
		json_t *item = json_new_object();

		json_set_str(item, "type", json_get_str(detail, "type"));
		json_set_str(item, "text", json_write(rq->op.arena, detail, true));
		json_array_append_new(list, item);
	}
	return list;
}

int consent_page(struct request *rq, const struct flow *flow, const struct client *client, struct str scope)
{
	struct op *op = &rq->op;
	_json_ json_t *model = json_new_object();
	struct page_policy policy = page_client(rq, model, client, flow->request.redirect_uri);

	json_set_str(model, "flow", flow_seal(op, flow_cookie(rq), flow));
	json_set_str(model, "csrf", csrf_token(op, FORM, rq->session_cookie));
	json_set_str(model, "name", rq->session->full_name);
	json_set_bool(model, "external", client->must_consent);
	json_set_take(model, "scopes", page_scopes(rq, scope));
	json_set_take(model, "details", page_details(rq, flow->request.authorization_details));
	return page_respond_by(rq, 200, "consent", model, &policy);
}

int h_consent(struct request *rq)
{
	struct op *op = &rq->op;
	const struct client *client;
	struct flow flow;
	struct str scope;
	int r = session_of_request(rq);

	if (r < 0)
		return r;
	if (!rq->session || !flow_open(op, rq_cookie(rq, FLOW_COOKIE), rq_param(rq, P_FLOW), &flow) || !flow.has_request ||
	    flow_is_stale(op, &flow))
		return op_fail(op, ERR_FLOW_EXPIRED, "the page does not belong to this browser any more");
	r = csrf_check(op, FORM, rq->session_cookie, rq_param(rq, P_CSRF));
	if (r < 0)
		return r;
	client = snapshot_client(rq->snapshot, flow.request.client_id);
	r = authorize_check_target(op, &flow.request, client);
	if (r < 0)
		return r;
	if (!str_equal(rq_param(rq, P_DECISION), STR("allow"))) {
		(void)op_fail(op, ERR_ACCESS_DENIED, "the user did not consent");
		return authorization_refuse(rq, &flow.request, client);
	}
	scope = client_narrow_scope(op->arena, client, flow.request.scope);
	if (client->must_consent)
		r = consent_give(op, rq->session->account_id, client->id, scope);
	return r < 0 ? r : authorization_continue(rq, &flow.request, STAGE_CONSENTED);
}

static json_t *consent_json(struct request *rq, const struct consent *c)
{
	json_t *item = json_new_object();

	json_set_str(item, "client_id", c->client_id);
	json_set_str(item, "client_name", c->client_name);
	json_set_str(item, "given_on", c->given_on);
	json_set_take(item, "scopes", page_scopes(rq, c->scope));
	return item;
}

int h_consents(struct request *rq)
{
	struct op *op = &rq->op;
	const struct consent *list;
	_json_ json_t *model = json_new_object();
	json_t *items = json_new_array();
	size_t n = 0;
	int r = session_of_request(rq);

	json_set_take(model, "consents", items);
	if (r < 0)
		return r;
	if (!rq->session)
		return respond_redirect(rq, STR("/"));
	r = consent_list(op, rq->session->account_id, &list, &n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, consent_json(rq, &list[i]));
	json_set_str(model, "csrf", csrf_token(op, FORM, rq->session_cookie));
	json_set_str(model, "lang_url", page_in_other_language(rq, STR("/consents")));
	return page_respond(rq, 200, "consents", model);
}

int h_consent_take_back(struct request *rq)
{
	struct op *op = &rq->op;
	int r = session_of_request(rq);

	if (r < 0)
		return r;
	if (!rq->session)
		return respond_redirect(rq, STR("/"));
	r = csrf_check(op, FORM, rq->session_cookie, rq_param(rq, P_TAKE_CSRF));
	if (r >= 0)
		r = consent_take_back(op, rq->session->account_id, rq_param(rq, P_TAKE_CLIENT));
	return r < 0 ? r : respond_redirect(rq, STR("/consents"));
}
