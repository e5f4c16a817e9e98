/* authorization.c: the way from an authorization request to its answer, shared by the endpoints on it. */

#include "server/handlers/pages.h"

#include "common/base/url.h"
#include "server/oidc/id_token.h"
#include "server/oidc/official.h"

#define LOCATION_MAX 8192

struct response_param {
	struct str name, value;
	struct str description; /* STR_NULL: none */
};

/* RFC 6749 §4.1.2, §4.1.2.1 with iss of RFC 9207. */
static int answer_address(struct request *rq, const struct authorize_request *request, const struct response_param *param,
                          struct str *ret_address)
{
	struct buf b = buf_new(rq->op.arena, LOCATION_MAX);
	bool first = str_index(request->redirect_uri, '?') < 0;

	buf_add(&b, request->redirect_uri);
	if (first)
		buf_add_char(&b, '?');
	form_append(&b, &first, param->name, param->value);
	if (!str_is_null(param->description))
		form_append(&b, &first, STR("error_description"), param->description);
	if (!str_is_null(request->state))
		form_append(&b, &first, STR("state"), request->state);
	form_append(&b, &first, STR("iss"), rq->app->oidc.issuer);
	if (!buf_ok(&b))
		return op_fail(&rq->op, ERR_LIMIT, "the answer is too long");
	*ret_address = buf_str(&b);
	return 0;
}

static int answer(struct request *rq, const struct authorize_request *request, const struct response_param *param)
{
	struct str address;
	int r = answer_address(rq, request, param, &address);

	return r < 0 ? r : respond_redirect(rq, address);
}

static int answer_error(struct request *rq, const struct authorize_request *request)
{
	struct op *op = &rq->op;
	int code = op->error.code == ERR_UNSUPPORTED_RESPONSE_MODE ? ERR_INVALID_REQUEST : op->error.code;
	struct response_param param = { STR("error"), str_c(err_name(code)), str_c(op->error.text) };

	/* The error is the client's answer, not this request's: it stays for the log line only. */
	rq->log_error = op->error;
	op_forgive(op);
	return answer(rq, request, &param);
}

static int no_access_page(struct request *rq, const struct authorize_request *request, const struct client *client)
{
	struct op *op = &rq->op;
	const struct response_param denied = { STR("error"), STR("access_denied"), STR_NULL };
	_json_ json_t *model = json_new_object();
	struct str back;
	int r = answer_address(rq, request, &denied, &back);

	if (r < 0)
		return r;
	json_set_str(model, "name", rq->session->full_name);
	json_set_str(model, "platform_name", client->platform_name);
	json_set_str(model, "back_url", back);
	json_set_str(model, "trace", str_c(op->id));
	return page_respond(rq, 403, "no_access", model, STR_NULL);
}

static int issue(struct request *rq, const struct authorize_request *request, const struct client *client, struct str scope)
{
	struct op *op = &rq->op;
	struct str code;
	bool has = true;
	int r = 0;

	if (client->platform_id >= 0)
		r = official_has_platform(op, rq->session->account_id, client->platform_id, &has);
	if (r < 0)
		return r;
	if (!has) {
		if (scope_has(request->prompt, STR("none")))
			return answer(rq, request, &(struct response_param){ STR("error"), STR("access_denied"),
			                                                     STR("the user has no role on this platform") });
		return no_access_page(rq, request, client);
	}
	r = code_issue(op, &rq->app->oidc, request, scope, rq->session, &code);
	if (r < 0)
		return r;
	return answer(rq, request, &(struct response_param){ STR("code"), code, STR_NULL });
}

int authorization_continue(struct request *rq, const struct authorize_request *request, bool fresh)
{
	struct op *op = &rq->op;
	const struct client *client = snapshot_client(rq->snapshot, request->client_id);
	struct authorize_user user = { .session = rq->session, .fresh = fresh };
	struct authorize_decision decision;
	struct id_token_hint hint;
	struct flow flow;
	int r = authorize_check_target(op, request, client);

	if (r < 0)
		return r;
	rq->log_client_id = client->id;
	if (!str_is_null(request->id_token_hint)) {
		user.hint_bad = !id_token_hint_read(op, rq->app->oidc.issuer, request->id_token_hint, &hint);
		user.hint_sub = user.hint_bad ? STR_NULL : hint.sub;
	}
	decision = authorize_decide(op, request, client, &user);
	switch (decision.step) {
	case AUTHORIZE_ISSUE:
		return issue(rq, request, client, decision.scope);
	case AUTHORIZE_LOGIN:
		flow = (struct flow){ .has_request = true, .request = *request, .begun_s = op->now_s };
		return login_page(rq, 200, &flow, request->login_hint, STR_NULL);
	case AUTHORIZE_ERROR:
	default:
		return answer_error(rq, request);
	}
}
