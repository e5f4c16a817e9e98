/* api_reorg_views.c: a plan to look at: operations, findings, and what could not be carried out, page by page. */

#include "common/base/random.h"
#include "server/governance/reorg_store.h"
#include "server/governance/reorg_view_store.h"
#include "server/handlers/api/organise.h"

#define QUERY_ONLY (PARAM_PRINTABLE | PARAM_QUERY_ONLY)

const struct param_spec api_reorg_view_params[N_VIEW_PARAMS] = {
	[P_VIEW_KIND] = { "kind", 20, QUERY_ONLY },
	[P_VIEW_EMPLOYEE] = { "employee_code", 32, QUERY_ONLY },
	[P_VIEW_LOGIN] = { "login", 32, QUERY_ONLY },
	[P_VIEW_AFTER] = { "after", API_AFTER_MAX, QUERY_ONLY },
	[P_VIEW_LIMIT] = { "limit", 3, QUERY_ONLY },
};

static int read_view(struct request *rq, struct reorg_view *v)
{
	struct reorg reorg;
	struct str after;
	uint64_t n = 0;
	int r = uuid_is_valid(rq->path_args[0]) ? 0 : op_fail(&rq->op, ERR_NOT_FOUND, "no such reorganisation");

	if (r == 0)
		r = reorg_get(&rq->op, rq->path_args[0], rq->principal->account_id, &reorg);
	if (r == 0)
		r = api_limit(rq, P_VIEW_LIMIT, &v->limit);
	if (r == 0)
		r = api_after(rq, P_VIEW_AFTER, &after, 1);
	if (r < 0)
		return r;
	if (!str_is_null(after) && !str_to_u64(after, INT32_MAX, &n))
		return api_invalid(&rq->op, "after", "not a value of next");
	v->id = rq->path_args[0];
	v->after = (int64_t)n;
	v->kind = rq_param(rq, P_VIEW_KIND);
	v->employee_code = rq_param(rq, P_VIEW_EMPLOYEE);
	v->login = rq_param(rq, P_VIEW_LOGIN);
	return 0;
}

static int respond_page(struct request *rq, const char *name, json_t *list, int64_t last, bool more)
{
	struct str key = arena_printf(rq->op.arena, "%lld", (long long)last);
	_json_ json_t *body = json_new_object();

	json_set_take(body, name, list);
	api_next(rq, body, more ? &key : NULL, 1);
	return respond_json(rq, 200, body);
}

static json_t *op_json(const struct reorg_op_row *o, const char *kind)
{
	json_t *json = json_new_object();

	json_set_int(json, "n", o->n);
	api_set(json, kind, o->kind);
	json_set_str(json, "employee_code", o->employee_code);
	json_set_str(json, "full_name", o->full_name);
	json_set_str(json, "login", o->login);
	json_set_str(json, "platform", o->platform);
	json_set_str(json, "role", o->role);
	json_set_str(json, "title", o->title);
	json_set_str(json, "from", o->from_code);
	json_set_str(json, "from_name", o->from_name);
	json_set_str(json, "to", o->to_code);
	json_set_str(json, "to_name", o->to_name);
	if (o->is_further)
		json_set_bool(json, "further", true);
	if (o->share > 0)
		json_set_int(json, "share_per_mille", o->share);
	return json;
}

static int respond_ops(struct request *rq, bool exceptions)
{
	const struct reorg_op_row *all;
	json_t *list;
	struct reorg_view v;
	size_t n;
	int r = read_view(rq, &v);

	if (r == 0)
		r = exceptions ? reorg_view_exceptions(&rq->op, &v, &all, &n) : reorg_view_ops(&rq->op, &v, &all, &n);
	if (r < 0)
		return r;
	list = json_new_array();
	for (size_t i = 0; i < n && i < v.limit; i++)
		json_array_append_new(list, op_json(&all[i], exceptions ? "why" : "kind"));
	return respond_page(rq, exceptions ? "exceptions" : "operations", list, n > v.limit ? all[v.limit - 1].n : 0, n > v.limit);
}

int h_api_reorgs_operations(struct request *rq)
{
	return respond_ops(rq, false);
}

int h_api_reorgs_exceptions(struct request *rq)
{
	return respond_ops(rq, true);
}

int h_api_reorgs_findings(struct request *rq)
{
	const struct reorg_finding_row *all;
	json_t *list;
	struct reorg_view v;
	size_t n;
	int r = read_view(rq, &v);

	if (r == 0)
		r = reorg_view_findings(&rq->op, &v, &all, &n);
	if (r < 0)
		return r;
	list = json_new_array();
	for (size_t i = 0; i < n && i < v.limit; i++) {
		json_t *item = json_new_object();

		json_set_int(item, "n", all[i].n);
		api_set(item, "code", all[i].code);
		json_set_bool(item, "blocking", all[i].is_blocking);
		if (all[i].step > 0)
			json_set_int(item, "step", all[i].step);
		json_set_str(item, "employee_code", all[i].employee_code);
		json_set_str(item, "full_name", all[i].full_name);
		json_set_str(item, "login", all[i].login);
		json_set_str(item, "unit", all[i].unit_code);
		json_set_str(item, "rule", all[i].rule_code);
		json_array_append_new(list, item);
	}
	return respond_page(rq, "findings", list, n > v.limit ? all[v.limit - 1].n : 0, n > v.limit);
}
