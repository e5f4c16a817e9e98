/* GET, POST /login: the sign-in form; GET shows a pending one again, in the other language. */

#include "server/handlers/pages.h"

enum { P_FLOW, P_USERNAME, P_PASSWORD };
const struct param_spec login_params[] = {
	[P_FLOW] = { "flow", FLOW_SEALED_MAX, 0 },
	[P_USERNAME] = { "username", 256, PARAM_BODY_ONLY },
	[P_PASSWORD] = { "password", 1024, PARAM_SECRET | PARAM_BODY_ONLY },
};
const size_t n_login_params = ARRAY_LEN(login_params);

int h_login_page(struct request *rq)
{
	struct flow flow;

	/* From a bookmark or another browser: a sign-in without a pending request. */
	if (!flow_open(&rq->op, rq_cookie(rq, FLOW_COOKIE), rq_param(rq, P_FLOW), &flow))
		flow = (struct flow){ 0 };
	flow.begun_s = rq->op.now_s;
	return login_page(rq, 200, &flow, flow.has_request ? flow.request.login_hint : STR_NULL, STR_NULL);
}

int h_login(struct request *rq)
{
	struct op *op = &rq->op;
	struct sign_in_attempt attempt = {
		.name = rq_param(rq, P_USERNAME),
		.password = rq_param(rq, P_PASSWORD),
		.ip = rq->client_ip,
	};
	struct session session;
	struct str cookie;
	struct flow flow;
	int r;

	if (!flow_open(op, rq_cookie(rq, FLOW_COOKIE), rq_param(rq, P_FLOW), &flow))
		return op_fail(op, ERR_FLOW_EXPIRED, "the sign-in page does not belong to this browser any more");
	if (flow_is_stale(op, &flow)) {
		flow.begun_s = op->now_s;
		return login_page(rq, 403, &flow, attempt.name, page_say(rq, "login.stale"));
	}
	if (str_is_empty(str_trim(attempt.name)) || str_is_empty(attempt.password))
		return login_page(rq, 403, &flow, attempt.name, page_say(rq, "login.incomplete"));
	r = sign_in(op, &rq->app->sign_in, &attempt, &session, &cookie);
	if (r == ERR_SIGN_IN_FAILED)
		return login_page(rq, 403, &flow, attempt.name, page_say(rq, "err.sign_in_failed"));
	if (r < 0)
		return r;
	return flow_continue(rq, &flow, &session, cookie);
}
