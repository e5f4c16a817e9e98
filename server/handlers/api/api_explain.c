/* api_explain.c: /api/v1/explain: why, why not, and what would change if. */

#include "common/base/text.h"
#include "common/model/account_store.h"
#include "server/governance/explain.h"
#include "server/governance/rules.h"
#include "server/handlers/api/granting.h"

#define ME P_STR(rq->principal->account_id)

const struct param_spec api_explain_params[N_EXPLAIN_PARAMS] = {
	[P_EXPLAIN_LOGIN] = { "login", 32, PARAM_REQUIRED | PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_EXPLAIN_PLATFORM] = { "platform", 16, PARAM_REQUIRED | PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_EXPLAIN_ROLE] = { "role", 32, PARAM_REQUIRED | PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_EXPLAIN_ON] = { "on", 10, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_explain(struct request *rq)
{
	struct op *op = &rq->op;
	struct account account;
	struct str at;
	bool visible;
	int r = account_find(op, rq_param(rq, P_EXPLAIN_LOGIN), &account);

	if (r == 0)
		r = account_is_visible(op, rq->principal->account_id, account.person_id, &visible);
	if (r < 0)
		return r;
	if (!visible)
		return op_fail(op, ERR_UNKNOWN_ACCOUNT, "no such account");
	r = api_day_end(rq, rq_param(rq, P_EXPLAIN_ON), &at);
	if (r < 0)
		return r;
	return api_one(rq, explain_role, (const struct db_param[]){ ME, P_STR(account.id), P_STR(rq_param(rq, P_EXPLAIN_PLATFORM)),
	                                                            P_STR(rq_param(rq, P_EXPLAIN_ROLE)), P_STR(at) }, 5);
}

int h_api_explain_post(struct request *rq)
{
	enum { EMPLOYEE_CODE, END_POST, ENDS_ON, UNIT, TITLE, KIND, VALID_FROM, VALID_TO, N };
	static const struct api_field fields[N] = {
		[EMPLOYEE_CODE] = { "employee_code", API_CODE, 32, true },
		[END_POST] = { "end_post", API_UUID, 36, false },
		[ENDS_ON] = { "ends_on", API_DATE, 10, false },
		[UNIT] = { "unit", API_CODE, 35, false },
		[TITLE] = { "title", API_TEXT, 400, false },
		[KIND] = { "kind", API_CODE, 16, false },
		[VALID_FROM] = { "valid_from", API_DATE, 10, false },
		[VALID_TO] = { "valid_to", API_DATE, 10, false },
	};
	struct str v[N];
	struct db_param params[N + 1] = { ME };
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	if (!str_is_null(v[UNIT]) && str_is_null(v[TITLE]))
		return api_invalid(&rq->op, "title", "a post has a title");
	for (size_t i = 0; i < N; i++)
		params[i + 1] = P_STR(v[i]);
	return api_supposed(rq, &post_supposed, params, N + 1);
}

int h_api_explain_unit(struct request *rq)
{
	enum { UNIT, KIND, PARENT, N };
	static const struct api_field fields[N] = {
		[UNIT] = { "unit", API_CODE, 35, true },
		[KIND] = { "kind", API_CODE, 16, false },
		[PARENT] = { "parent", API_CODE, 35, false },
	};
	struct str v[N];
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	return api_supposed(rq, &unit_supposed, (const struct db_param[]){ ME, P_STR(v[UNIT]), P_STR(v[KIND]), P_STR(v[PARENT]) }, 4);
}
