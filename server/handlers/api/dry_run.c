#include "server/handlers/api/dry_run.h"

#include "common/base/url.h"
#include "common/model/audit.h"
#include "server/app.h"
#include "server/governance/dry_run_report.h"
#include "server/handlers/api/read_audit.h"
#include "server/http/problem.h"
#include "server/http/router.h"

#define ANSWER_DEPTH 16

static bool is_declared(const struct route *route, struct str name)
{
	for (size_t i = 0; i < route->n_params; i++)
		if (str_equal(str_c(route->params[i].name), name))
			return true;
	return false;
}

/* Parameters of a changing request; *ret_all: it is a dry run, *ret_after: of which this is another page. */
static int read_query(struct request *rq, bool *ret_all, struct str *ret_after)
{
	struct str rest = str_is_null(rq->raw_query) ? STR("") : rq->raw_query, name, value;

	*ret_all = false;
	*ret_after = STR_NULL;
	while (form_next(rq->op.arena, &rest, &name, &value) > 0) {
		bool is_ours = str_equal(name, STR("dry_run"));

		if (is_ours && str_equal(value, STR("all")) && !*ret_all)
			*ret_all = true;
		else if (str_equal(name, STR("dry_run_after")) && str_is_null(*ret_after) && dry_run_after_is_good(value))
			*ret_after = value;
		else if (!is_declared(rq->route, name))
			return op_fail(&rq->op, ERR_INVALID_REQUEST, is_ours ? "dry_run is all, once" : "a change takes no parameter that it does not know");
	}
	if (!str_is_null(*ret_after) && !*ret_all)
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "dry_run_after goes with dry_run=all");
	return 0;
}

/* A route with a preview of its own under that name has not been asked for it. */
static void forget_own_preview(struct request *rq)
{
	for (size_t i = 0; i < rq->route->n_params; i++)
		if (str_equal(str_c(rq->route->params[i].name), STR("dry_run")))
			rq->params[i] = STR_NULL;
}

static int record(struct request *rq)
{
	struct audit_record record = {
		.actor = arena_printf(rq->op.arena, "account:%.*s", STR_ARG(rq->principal->account_id)),
		.action = "dry_run",
		.object = arena_printf(rq->op.arena, "%s %.*s", method_name(rq->method), STR_ARG(rq->path)),
	};
	int r = read_audit_whom(rq, &record.account_id);

	return r < 0 ? r : audit_add(&rq->op, &record);
}

int dry_run_begin(struct request *rq)
{
	bool all = false;
	struct str after;
	int r = rq->method == HTTP_GET ? 0 : read_query(rq, &all, &after);

	if (r < 0 || !all)
		return r;
	if (rq->route->no_dry_run) {
		(void)op_fail(&rq->op, ERR_NO_DRY_RUN, "this request cannot be tried without being carried out");
		return op_fail_arg(&rq->op, "because", str_c(rq->route->no_dry_run));
	}
	forget_own_preview(rq);
	r = record(rq);
	return r < 0 ? r : db_dry_run(&rq->op);
}

/* What the request would have been answered.  A secret that was never valid is nobody's business. */
static json_t *answer_of(const struct request *rq)
{
	json_t *answer = json_new_object(), *body = NULL;

	if (!rq->route->secret_answer && !str_is_empty(rq->response.body))
		body = json_read(rq->response.body, ANSWER_DEPTH, NULL);
	json_set_int(answer, "status", rq->response.status);
	json_set_take(answer, "body", body ? body : json_null());
	return answer;
}

void dry_run_end(struct request *rq, const struct http_hooks *hooks)
{
	struct op *op = &rq->op;
	struct dry_question question = { .mail_domain = rq->app->oidc.mail_domain };
	_json_ json_t *report = NULL;
	bool all;
	int r;

	if (!op->dry)
		return;
	if (op->error.code < 0) {
		db_dry_run_end(op);
		return;
	}
	report = json_new_object();
	json_set_bool(report, "dry_run", true);
	json_set_take(report, "answer", answer_of(rq));
	rq->response = (struct response){ .status = 0 };
	/* It was read before, when it was found to be good. */
	(void)read_query(rq, &all, &question.after);
	r = dry_run_report(op, rq->principal, &question, report);
	if (r < 0)
		problem_respond(rq, hooks);
	else
		(void)respond_bytes(rq, 200, DRY_RUN_TYPE, json_write(op->arena, report, false));
}
