/* GET, POST /activate: the first sign-in with a one-time code. */

#include "server/handlers/pages.h"
#include "server/login/activation.h"

enum { P_FLOW, P_USERNAME, P_CODE, P_PASSWORD, P_PASSWORD_AGAIN };
const struct param_spec activate_params[] = {
	[P_FLOW] = { "flow", FLOW_SEALED_MAX, 0 },
	[P_USERNAME] = { "username", 256, PARAM_BODY_ONLY },
	[P_CODE] = { "code", 64, PARAM_SECRET | PARAM_BODY_ONLY },
	[P_PASSWORD] = { "password", 1024, PARAM_SECRET | PARAM_BODY_ONLY },
	[P_PASSWORD_AGAIN] = { "password_again", 1024, PARAM_SECRET | PARAM_BODY_ONLY },
};
const size_t n_activate_params = ARRAY_LEN(activate_params);

static int activate_page(struct request *rq, int status, const struct flow *flow, struct str error)
{
	struct op *op = &rq->op;
	struct str origin = flow->has_request ? uri_origin(op->arena, flow->request.redirect_uri) : STR_NULL;
	_json_ json_t *model = json_new_object();
	struct str sealed = flow_seal(op, flow_cookie(rq), flow);

	json_set_str(model, "flow", sealed);
	json_set_str(model, "lang_url", page_flow_link(rq, "/activate", sealed));
	json_set_str(model, "username", rq_param(rq, P_USERNAME));
	json_set_str(model, "error", error);
	return page_respond_by(rq, status, "activate", model, &(struct page_policy){ .forms = origin });
}

int h_activate_page(struct request *rq)
{
	struct flow flow;

	/* Opened from a bookmark or in another browser: an activation without a pending request. */
	if (!flow_open(&rq->op, rq_cookie(rq, FLOW_COOKIE), rq_param(rq, P_FLOW), &flow))
		flow = (struct flow){ 0 };
	flow.begun_s = rq->op.now_s;
	return activate_page(rq, 200, &flow, STR_NULL);
}

static struct str flaw_message(struct request *rq)
{
	struct str flaw = rq->op.error.n_args > 0 ? rq->op.error.args[0].value : STR("guessable");

	return page_say(rq, arena_printf(rq->op.arena, "password.%.*s", STR_ARG(flaw)).p);
}

int h_activate(struct request *rq)
{
	struct op *op = &rq->op;
	struct activation_attempt attempt = {
		.name = rq_param(rq, P_USERNAME),
		.code = rq_param(rq, P_CODE),
		.password = rq_param(rq, P_PASSWORD),
		.password_again = rq_param(rq, P_PASSWORD_AGAIN),
		.ip = rq->client_ip,
	};
	struct session session;
	struct str cookie;
	struct flow flow;
	int r;

	if (!flow_open(op, rq_cookie(rq, FLOW_COOKIE), rq_param(rq, P_FLOW), &flow))
		return op_fail(op, ERR_FLOW_EXPIRED, "the page does not belong to this browser any more");
	flow.begun_s = op->now_s;
	/* The button of the sign-in page: it only brings the pending request along. */
	if (str_is_null(attempt.name) && str_is_null(attempt.code) && str_is_null(attempt.password))
		return activate_page(rq, 200, &flow, STR_NULL);
	if (str_is_empty(attempt.name) || str_is_empty(attempt.code) || str_is_empty(attempt.password))
		return activate_page(rq, 403, &flow, page_say(rq, "activate.incomplete"));
	r = activate(op, &rq->app->sign_in, &attempt, &session, &cookie);
	if (r == ERR_PASSWORD_POLICY)
		return activate_page(rq, 403, &flow, flaw_message(rq));
	if (r == ERR_ACTIVATION_FAILED)
		return activate_page(rq, 403, &flow, page_say(rq, "err.activation_failed"));
	if (r == ERR_NOT_FOUND) {
		op_forgive(op);
		return op_fail_detail(op, ERR_UNAVAILABLE, "the account is still being created", "no directory entry yet");
	}
	if (r < 0)
		return r;
	return flow_continue(rq, &flow, &session, cookie);
}
