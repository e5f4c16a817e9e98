/* authorization.c: the way from an authorization request to its answer, shared by the endpoints on it. */

#include "server/handlers/pages.h"

#include "server/oidc/authorize_response.h"
#include "server/oidc/code.h"
#include "server/oidc/id_token.h"
#include "server/oidc/official.h"

/* OAuth 2.0 Form Post Response Mode: a page whose form goes to the client; its button serves without JavaScript. */
static int form_post_page(struct request *rq, const struct authorize_request *request, const struct authorize_response *response)
{
	_json_ json_t *model = json_new_object();
	json_t *fields = json_new_array();

	for (size_t i = 0; i < response->params.n; i++) {
		json_t *field = json_new_object();

		json_set_str(field, "name", str_c(response->params.list[i].name));
		json_set_str(field, "value", response->params.list[i].value);
		json_array_append_new(fields, field);
	}
	json_set_str(model, "action_url", request->redirect_uri);
	json_set_take(model, "fields", fields);
	/* The one page with a script: it submits the form at once, and has no other purpose. */
	return page_respond_by(rq, 200, "form_post", model,
	                       &(struct page_policy){ .forms = uri_origin(rq->op.arena, request->redirect_uri), .script = true });
}

static int answer(struct request *rq, const struct authorize_request *request, const struct client *client, struct response_params *params)
{
	struct authorize_response response;
	int r = authorize_response_make(&rq->op, &rq->app->oidc, client, request, params, &response);

	if (r < 0)
		return r;
	return response.mode.carrier == CARRY_FORM_POST ? form_post_page(rq, request, &response) : respond_redirect(rq, response.location);
}

int authorization_refuse(struct request *rq, const struct authorize_request *request, const struct client *client)
{
	struct op *op = &rq->op;
	int code = op->error.code == ERR_UNSUPPORTED_RESPONSE_MODE ? ERR_INVALID_REQUEST : op->error.code;
	struct response_params params = { 0 };

	response_params_add(&params, "error", str_c(err_name(code)));
	response_params_add(&params, "error_description", str_c(op->error.text));
	/* The error is the client's answer, not this request's: it stays for the log line only. */
	rq->log_error = op->error;
	op_forgive(op);
	return answer(rq, request, client, &params);
}

int no_access_page(struct request *rq, const struct client *client, struct str back_url)
{
	_json_ json_t *model = json_new_object();

	json_set_str(model, "name", rq->session->full_name);
	json_set_str(model, "platform_name", client->platform_name);
	json_set_str(model, "back_url", back_url);
	json_set_str(model, "trace", str_c(rq->op.id));
	return page_respond(rq, 403, "no_access", model);
}

int official_may_use(struct request *rq, const struct client *client, bool *ret_may)
{
	if (client->platform_id >= 0)
		return official_has_platform(&rq->op, rq->session->account_id, client->platform_id, ret_may);
	*ret_may = true;
	return 0;
}

static int refuse_without_access(struct request *rq, const struct authorize_request *request, const struct client *client)
{
	struct response_params denied = { 0 };
	struct authorize_response back;
	int r;

	response_params_add(&denied, "error", STR("access_denied"));
	r = authorize_response_make(&rq->op, &rq->app->oidc, client, request, &denied, &back);
	/* No address by form: then the page alone says it. */
	return r < 0 ? r : no_access_page(rq, client, back.location);
}

/* The ID token of an answer that leaves through the browser: no access token beside it. */
static int front_id_token(struct request *rq, const struct authorize_request *request, const struct client *client,
                          struct str scope, struct response_params *params)
{
	struct authorization auth = {
		.account_id = rq->session->account_id,
		.scope = scope,
		.nonce = request->nonce,
		.session_id = rq->session->id,
		.auth_time_s = rq->session->auth_time_s,
		.level = rq->session->level,
		.amr = rq->session->amr,
		.extra = { .claims = request->claims },
	};
	struct id_token_company company = { .code = params->n > 0 ? params->list[0].value : STR_NULL };
	struct str id_token;
	int r = id_token_make(&rq->op, &rq->app->oidc, client, &auth, &company, &id_token);

	if (r >= 0)
		response_params_add(params, "id_token", id_token);
	return r;
}

static int issue(struct request *rq, const struct authorize_request *request, const struct client *client, struct str scope)
{
	struct op *op = &rq->op;
	enum client_response type = authorize_response_type(request, client);
	struct response_params params = { 0 };
	struct str code = STR_NULL;
	bool has;
	int r;

	/* A code also for a pushed request that wants none: it uses the request up, and nobody learns it. */
	if (type != RESPONSE_ID_TOKEN || !str_is_null(request->request_uri)) {
		const struct code_wish wish = { request, client->platform_id, scope, rq->session };

		r = code_issue(op, &rq->app->oidc, &wish, &code);
		has = !str_is_null(code);
	} else {
		r = official_may_use(rq, client, &has);
	}
	if (r < 0)
		return r;
	if (!has && !scope_has(request->prompt, STR("none")))
		return refuse_without_access(rq, request, client);
	if (!has) {
		(void)op_fail(op, ERR_ACCESS_DENIED, "the user has no role on this platform");
		return authorization_refuse(rq, request, client);
	}
	if (type != RESPONSE_ID_TOKEN)
		response_params_add(&params, "code", code);
	if (type != RESPONSE_CODE)
		r = front_id_token(rq, request, client, scope, &params);
	return r < 0 ? r : answer(rq, request, client, &params);
}

static void read_hint(struct request *rq, const struct authorize_request *request, struct authorize_user *user)
{
	struct id_token_hint hint;

	if (str_is_null(request->id_token_hint))
		return;
	user->hint_bad = !id_token_hint_read(&rq->op, rq->app->oidc.issuer, request->id_token_hint, &hint);
	user->hint_sub = user->hint_bad ? STR_NULL : hint.sub;
}

int authorization_continue(struct request *rq, const struct authorize_request *request, enum authorization_stage stage)
{
	struct op *op = &rq->op;
	const struct client *client = snapshot_client(rq->snapshot, request->client_id);
	struct authorize_user user = { .session = rq->session, .fresh = stage != STAGE_BEGIN, .consented = stage == STAGE_CONSENTED };
	struct authorize_decision decision;
	struct flow flow = { .has_request = true, .request = *request, .begun_s = op->now_s };
	int r = authorize_check_target(op, request, client);

	if (r < 0)
		return r;
	rq->log_client_id = client->id;
	read_hint(rq, request, &user);
	if (client->must_consent && rq->session) {
		r = consent_get(op, rq->session->account_id, client->id, &user.consented_scope);
		if (r < 0)
			return r;
	}
	decision = authorize_decide(op, request, client, &user);
	switch (decision.step) {
	case AUTHORIZE_ISSUE:
		return issue(rq, request, client, decision.scope);
	case AUTHORIZE_CONSENT:
		return consent_page(rq, &flow, client, decision.scope);
	case AUTHORIZE_LOGIN:
		return login_page(rq, 200, &flow, request->login_hint, STR_NULL);
	case AUTHORIZE_ERROR:
	default:
		return authorization_refuse(rq, request, client);
	}
}
