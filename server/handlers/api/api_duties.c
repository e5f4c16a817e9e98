/* api_duties.c: /api/v1/duty-rules, /duty-exceptions, /duty-violations, /grant-policies. */

#include "server/governance/duties.h"
#include "server/handlers/api/granting.h"

#define ME P_STR(rq->principal->account_id)

int h_api_duties_list(struct request *rq)
{
	return api_governed_page(rq, &(struct api_governed_page){ "duty_rules", duty_list, NULL, 0, 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_duties_add(struct request *rq)
{
	enum { CODE, NAME, PLATFORM_A, ROLE_A, PLATFORM_B, ROLE_B, WITHIN, SEVERITY, BASIS, N };
	static const struct api_field fields[N] = {
		[CODE] = { "code", API_CODE, 40, true },
		[NAME] = { "name", API_TEXT, 400, true },
		[PLATFORM_A] = { "platform_a", API_CODE, 16, false },
		[ROLE_A] = { "role_a", API_CODE, 32, true },
		[PLATFORM_B] = { "platform_b", API_CODE, 16, false },
		[ROLE_B] = { "role_b", API_CODE, 32, true },
		[WITHIN] = { "within", API_CODE, 16, true },
		[SEVERITY] = { "severity", API_CODE, 16, true },
		[BASIS] = { "basis", API_TEXT, 300, true },
	};

	return api_governed_make(rq, &duty_add, fields, N);
}

int h_api_duties_retire(struct request *rq)
{
	return api_governed_change(rq, &duty_retire, NULL, 0);
}

int h_api_duties_except(struct request *rq)
{
	enum { EMPLOYEE_CODE, REASON, VALID_TO, N };
	static const struct api_field fields[N] = {
		[EMPLOYEE_CODE] = { "employee_code", API_CODE, 32, true },
		[REASON] = { "reason", API_TEXT, 300, true },
		[VALID_TO] = { "valid_to", API_STAMP, 25, true },
	};
	struct str v[N], id;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r < 0)
		return r;
	if (api_stamp_seconds(v[VALID_TO]) <= rq->op.now_s)
		return api_invalid(&rq->op, "valid_to", "valid_to must be in the future");
	return api_governed(rq, &duty_except, (const struct db_param[]){ P_STR(api_new_id(rq)), ME, P_STR(id), P_STR(v[EMPLOYEE_CODE]),
	                                                                 P_STR(v[REASON]), P_STR(v[VALID_TO]) }, 6, 201);
}

int h_api_exceptions_list(struct request *rq)
{
	const struct db_param params[] = { ME };

	return api_governed_page(rq, &(struct api_governed_page){ "duty_exceptions", duty_exceptions, params, 1, 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_exceptions_approve(struct request *rq)
{
	return api_governed_act(rq, &duty_except_approve);
}

int h_api_violations_list(struct request *rq)
{
	const struct db_param params[] = { ME };

	return api_governed_page(rq, &(struct api_governed_page){ "duty_violations", duty_violations, params, 1, 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_policies_list(struct request *rq)
{
	return api_governed_page(rq, &(struct api_governed_page){ "grant_policies", policy_list, NULL, 0, 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_policies_set(struct request *rq)
{
	enum { PLATFORM, ROLE, SENSITIVITY, STAGES, STAGE_DAYS, MAX_DAYS, END_REQUIRED, DIRECT, REVIEW_MONTHS, N };
	static const struct api_field fields[N] = {
		[PLATFORM] = { "platform", API_CODE, 16, false },
		[ROLE] = { "role", API_CODE, 32, false },
		[SENSITIVITY] = { "sensitivity", API_CODE, 16, false },
		[STAGES] = { "stages", API_INT, 0, true },
		[STAGE_DAYS] = { "stage_days", API_INT, 0, true },
		[MAX_DAYS] = { "max_days", API_INT, 0, false },
		[END_REQUIRED] = { "end_required", API_BOOL, 0, true },
		[DIRECT] = { "direct", API_BOOL, 0, false },
		[REVIEW_MONTHS] = { "review_months", API_INT, 0, false },
	};
	struct str v[N];
	struct db_param params[N + 2] = { ME };
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r < 0)
		return r;
	if (!str_is_null(v[ROLE]) && str_is_null(v[PLATFORM]))
		return op_fail(&rq->op, ERR_BAD_REQUEST, "a role is named together with its platform");
	for (size_t i = 0; i < N; i++)
		params[i + 1] = P_STR(v[i]);
	params[N + 1] = P_I64(version);
	return api_governed(rq, &policy_set, params, N + 2, 200);
}
