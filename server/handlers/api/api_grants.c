/* api_grants.c: /api/v1/grants: granting roles, revoking them, looking at them. */

#include "common/base/random.h"
#include "common/model/account_store.h"
#include "server/governance/explain.h"
#include "server/governance/granting.h"
#include "server/handlers/api/granting.h"
#include "server/handlers/api/grants.h"

const struct param_spec api_grants_params[N_GRANTS_PARAMS] = {
	[P_GRANTS_LOGIN] = { "login", 32, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_GRANTS_ON] = { "on", 10, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_GRANTS_PLATFORM] = { "platform", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_GRANTS_ROLE] = { "role", 32, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_GRANTS_UNIT] = { "unit", 35, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_GRANTS_ORIGIN] = { "origin", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_GRANTS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_GRANTS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

json_t *api_grant_json(const struct grant *g)
{
	json_t *json = json_new_object();

	api_set(json, "id", g->id);
	api_set(json, "login", g->login);
	api_set(json, "platform", g->platform_code);
	api_set(json, "role", g->role_code);
	api_set(json, "role_name", g->role_name);
	api_set(json, "unit", g->unit_code);
	api_set(json, "unit_name", g->unit_name);
	api_set(json, "origin", g->origin);
	api_set(json, "basis", g->basis);
	api_set(json, "valid_from", g->valid_from);
	api_set(json, "valid_to", g->valid_to);
	api_set(json, "granted_by", g->granted_by);
	api_set(json, "granted_at", g->granted_at);
	api_set(json, "state", g->state);
	if (!str_is_null(g->revoked_at)) {
		api_set(json, "revoked_by", g->revoked_by);
		api_set(json, "revoked_at", g->revoked_at);
		api_set(json, "revoke_reason", g->revoke_reason);
	}
	return json;
}

/* Who has what on that day (today: now), unit by unit, as far as the scope reaches. */
static int list_on(struct request *rq)
{
	struct str at;
	int r = api_day_end(rq, rq_param(rq, P_GRANTS_ON), &at);

	if (r < 0)
		return r;
	if (!str_is_null(rq_param(rq, P_GRANTS_ROLE)) && str_is_null(rq_param(rq, P_GRANTS_PLATFORM)))
		return op_fail(&rq->op, ERR_BAD_REQUEST, "a role is named together with its platform");
	const struct db_param params[] = {
		P_STR(rq->principal->account_id), P_STR(at), P_STR(rq_param(rq, P_GRANTS_PLATFORM)), P_STR(rq_param(rq, P_GRANTS_ROLE)),
		P_STR(rq_param(rq, P_GRANTS_UNIT)), P_STR(rq_param(rq, P_GRANTS_ORIGIN)),
	};
	return api_governed_page(rq, &(struct api_governed_page){ "grants", grants_on, params, ARRAY_LEN(params), 2, P_GRANTS_AFTER, P_GRANTS_LIMIT });
}

/* The account in the query, its key to go on behind, and as many rows as hardly any account has unless fewer are wanted. */
static int read_login(struct request *rq, struct grant_filter *f)
{
	struct op *op = &rq->op;
	struct account account;
	bool visible;
	int r = api_limit(rq, P_GRANTS_LIMIT, &f->limit);

	if (r == 0)
		r = api_after(rq, P_GRANTS_AFTER, f->after, 2);
	if (r == 0)
		r = account_find(op, rq_param(rq, P_GRANTS_LOGIN), &account);
	if (r == 0)
		r = account_is_visible(op, rq->principal->account_id, account.person_id, &visible);
	if (r < 0)
		return r;
	if (!visible)
		return op_fail(op, ERR_UNKNOWN_ACCOUNT, "no such account");
	if (str_is_null(rq_param(rq, P_GRANTS_LIMIT)))
		f->limit = API_LIMIT_MAX;
	f->account_id = account.id;
	f->viewer = rq->principal->account_id;
	return 0;
}

/* What narrows the other list must not be taken for done. */
static int list_of_login(struct request *rq)
{
	struct grant_filter filter;
	struct grant_page page;
	int r;

	for (size_t i = 0; i < N_GRANTS_PARAMS; i++)
		if (i != P_GRANTS_LOGIN && i != P_GRANTS_AFTER && i != P_GRANTS_LIMIT && !str_is_null(rq_param(rq, i)))
			return op_fail(&rq->op, ERR_BAD_REQUEST, "login stands alone");
	r = read_login(rq, &filter);
	if (r < 0)
		return r;
	r = grant_list(&rq->op, &filter, &page);
	/* A key that is not what this list's keys are. */
	if (r == ERR_INVALID_VALUE) {
		op_forgive(&rq->op);
		return api_invalid(&rq->op, "after", "not a value of next");
	}
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	const struct grant *last = page.has_more ? &page.grants[page.n - 1] : NULL;

	for (size_t i = 0; i < page.n; i++)
		json_array_append_new(list, api_grant_json(&page.grants[i]));
	json_set_take(body, "grants", list);
	api_next(rq, body, last ? (const struct str[]){ last->order_at, last->id } : NULL, 2);
	return respond_json(rq, 200, body);
}

int h_api_grants_list(struct request *rq)
{
	return str_is_null(rq_param(rq, P_GRANTS_LOGIN)) ? list_on(rq) : list_of_login(rq);
}

int api_grant_read(struct request *rq, const json_t *object, struct granting_request *ret_request)
{
	enum { EMPLOYEE_CODE, LOGIN, PLATFORM, ROLE, UNIT, BASIS, VALID_FROM, VALID_TO, N };
	static const struct api_field fields[N] = {
		[EMPLOYEE_CODE] = { "employee_code", API_CODE, 32, false },
		[LOGIN] = { "login", API_CODE, 32, false },
		[PLATFORM] = { "platform", API_CODE, 16, true },
		[ROLE] = { "role", API_CODE, 32, true },
		[UNIT] = { "unit", API_CODE, 35, false },
		[BASIS] = { "basis", API_TEXT, 300, true },
		[VALID_FROM] = { "valid_from", API_STAMP, 25, false },
		[VALID_TO] = { "valid_to", API_STAMP, 25, false },
	};
	struct str v[N];
	int r = api_read_object(rq, object, fields, N, v);

	if (r < 0)
		return r;
	if (str_is_null(v[EMPLOYEE_CODE]) == str_is_null(v[LOGIN]))
		return op_fail(&rq->op, ERR_BAD_REQUEST, "exactly one of employee_code and login is needed");
	if (!str_is_null(v[VALID_FROM]) && !str_is_null(v[VALID_TO]) &&
	    api_stamp_seconds(v[VALID_TO]) <= api_stamp_seconds(v[VALID_FROM]))
		return api_invalid(&rq->op, "valid_to", "valid_to must be after valid_from");
	if (!str_is_null(v[VALID_TO]) && api_stamp_seconds(v[VALID_TO]) <= rq->op.now_s)
		return api_invalid(&rq->op, "valid_to", "valid_to must be in the future");
	*ret_request = (struct granting_request){
		.employee_code = v[EMPLOYEE_CODE],
		.login = v[LOGIN],
		.platform = v[PLATFORM],
		.role = v[ROLE],
		.unit = v[UNIT],
		.basis = v[BASIS],
		.valid_from = v[VALID_FROM],
		.valid_to = v[VALID_TO],
	};
	return 0;
}

int h_api_grants_add(struct request *rq)
{
	struct granting_request request;
	struct grant grant;
	bool added;
	int r = api_grant_read(rq, rq->json, &request);

	if (r == 0)
		r = granting_add(&rq->op, rq->principal, &request, &grant, &added);
	if (r < 0)
		return r;

	_json_ json_t *body = api_grant_json(&grant);

	return respond_json(rq, added ? 201 : 200, body);
}

static int revoke(struct request *rq, const struct granting_revocation *revocation)
{
	struct granting_revoked revoked;
	int r = granting_revoke(&rq->op, rq->principal, revocation, &revoked);

	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();

	for (size_t i = 0; i < revoked.done.n; i++) {
		const struct grant_revoked *g = &revoked.done.grants[i];
		json_t *item = json_new_object();

		api_set(item, "id", g->id);
		api_set(item, "platform", g->platform_code);
		api_set(item, "role", g->role_code);
		api_set(item, "unit", g->unit_code);
		json_array_append_new(list, item);
	}
	json_set_take(body, "revoked", list);
	json_set_int(body, "beyond_scope", (int64_t)revoked.n_beyond);
	return respond_json(rq, 200, body);
}

int h_api_grants_revoke_one(struct request *rq)
{
	enum { LOGIN, REASON, N };
	static const struct api_field fields[N] = {
		[LOGIN] = { "login", API_CODE, 32, true },
		[REASON] = { "reason", API_TEXT, 300, true },
	};
	struct str v[N];
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	if (!uuid_is_valid(rq->path_args[0]))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such grant");
	return revoke(rq, &(struct granting_revocation){ .login = v[LOGIN], .id = rq->path_args[0], .reason = v[REASON] });
}

int h_api_grants_revoke(struct request *rq)
{
	enum { LOGIN, PLATFORM, ROLE, REASON, N };
	static const struct api_field fields[N] = {
		[LOGIN] = { "login", API_CODE, 32, true },
		[PLATFORM] = { "platform", API_CODE, 16, false },
		[ROLE] = { "role", API_CODE, 32, false },
		[REASON] = { "reason", API_TEXT, 300, true },
	};
	struct str v[N];
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	if (!str_is_null(v[ROLE]) && str_is_null(v[PLATFORM]))
		return op_fail(&rq->op, ERR_BAD_REQUEST, "a role is named together with its platform");
	return revoke(rq, &(struct granting_revocation){
		.login = v[LOGIN], .platform = v[PLATFORM], .role = v[ROLE], .reason = v[REASON] });
}
