#include "server/handlers/api/read_audit.h"

#include "common/model/audit.h"
#include "server/governance/audit_list.h"
#include "server/governance/principal.h"

/* The value of a part of the path or of a parameter, by its name. */
static struct str named(const struct request *rq, struct str wanted)
{
	struct str rest = str_c(rq->route->path), segment;
	size_t at = 0;

	while (str_split(&rest, '/', &segment)) {
		if (segment.len < 2 || segment.p[0] != '{')
			continue;
		if (str_equal(str_n(segment.p + 1, segment.len - 2), wanted))
			return rq->path_args[at];
		at++;
	}
	for (size_t i = 0; i < rq->route->n_params; i++)
		if (str_equal(str_c(rq->route->params[i].name), wanted))
			return rq_param(rq, i);
	return STR_NULL;
}

static json_t *params_json(const struct request *rq)
{
	json_t *json = json_new_object();

	for (size_t i = 0; i < rq->route->n_params; i++)
		if (!(rq->route->params[i].flags & PARAM_SECRET))
			json_set_str(json, rq->route->params[i].name, rq_param(rq, i));
	return json;
}

/* Of a route that previews what it would do, only the preview is a reading: what is done has a record of its own. */
static bool is_act(const struct request *rq)
{
	for (size_t i = 0; i < rq->route->n_params; i++)
		if (strcmp(rq->route->params[i].name, "dry_run") == 0)
			return !str_equal(rq_param(rq, i), STR("true"));
	return false;
}

int read_audit_whom(struct request *rq, struct str *ret_account_id)
{
	struct str login = named(rq, STR("login")), employee_code = named(rq, STR("employee_code"));

	if (!str_is_null(login))
		return audit_account_of(&rq->op, login, ret_account_id);
	if (str_is_null(employee_code) && rq->json)
		employee_code = json_get_str(rq->json, "employee_code");
	*ret_account_id = STR_NULL;
	if (str_is_null(employee_code))
		return 0;
	return audit_account_of_employee(&rq->op, employee_code, ret_account_id);
}

int read_audit(struct request *rq)
{
	_json_ json_t *params = NULL;
	struct audit_record record;
	int r;

	if (!rq->route->personal || is_act(rq))
		return 0;
	params = params_json(rq);
	record = (struct audit_record){
		.actor = arena_printf(rq->op.arena, "account:%.*s", STR_ARG(rq->principal->account_id)),
		.action = "read",
		.object = rq->path,
		.data = params,
	};
	r = read_audit_whom(rq, &record.account_id);
	return r < 0 ? r : audit_add(&rq->op, &record);
}
