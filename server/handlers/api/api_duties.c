/* api_duties.c: /api/v1/duty-rules, /duty-exceptions, /duty-violations, /grant-policies. */

#include "server/governance/duties.h"
#include "server/governance/principal_store.h"
#include "server/handlers/api/granting.h"

#define ME P_STR(rq->principal->account_id)

int h_api_duties_list(struct request *rq)
{
	return api_governed_page(rq, &(struct api_governed_page){ "duty_rules", duty_list, NULL, 0, 1, P_LIST_AFTER, P_LIST_LIMIT });
}

enum { CODE, NAME, PLATFORM_A, ROLE_A, PLATFORM_B, ROLE_B, WITHIN, SEVERITY, BASIS, RIGHT_A, RIGHT_B, N_SIDES };

static int add_of_roles(struct request *rq, const struct str v[])
{
	return api_governed(rq, &duty_add, (const struct db_param[]){ P_STR(api_new_id(rq)), ME, P_STR(v[CODE]), P_STR(v[NAME]), P_STR(v[PLATFORM_A]), P_STR(v[ROLE_A]),
	                                                              P_STR(v[PLATFORM_B]), P_STR(v[ROLE_B]), P_STR(v[WITHIN]), P_STR(v[SEVERITY]), P_STR(v[BASIS]) }, 11, 201);
}

static int add_of_rights(struct request *rq, const struct str v[])
{
	for (size_t i = RIGHT_A; i <= RIGHT_B; i++)
		if (admin_right_from_name(v[i]) == 0)
			return api_invalid(&rq->op, i == RIGHT_A ? "right_a" : "right_b", "no such right");
	return api_governed(rq, &duty_add_rights, (const struct db_param[]){ P_STR(api_new_id(rq)), ME, P_STR(v[CODE]), P_STR(v[NAME]), P_STR(v[RIGHT_A]), P_STR(v[RIGHT_B]),
	                                                                     P_STR(v[WITHIN]), P_STR(v[SEVERITY]), P_STR(v[BASIS]) }, 9, 201);
}

static size_t n_named(const struct str v[], const int members[], size_t n)
{
	size_t named = 0;

	for (size_t i = 0; i < n; i++)
		named += !str_is_null(v[members[i]]);
	return named;
}

/* Sides are roles, or rights of scopes. */
int h_api_duties_add(struct request *rq)
{
	static const struct api_field fields[N_SIDES] = {
		[CODE] = { "code", API_CODE, 40, true },
		[NAME] = { "name", API_TEXT, 400, true },
		[PLATFORM_A] = { "platform_a", API_CODE, 16, false },
		[ROLE_A] = { "role_a", API_CODE, 32, false },
		[PLATFORM_B] = { "platform_b", API_CODE, 16, false },
		[ROLE_B] = { "role_b", API_CODE, 32, false },
		[WITHIN] = { "within", API_CODE, 16, true },
		[SEVERITY] = { "severity", API_CODE, 16, true },
		[BASIS] = { "basis", API_TEXT, 300, true },
		[RIGHT_A] = { "right_a", API_CODE, 16, false },
		[RIGHT_B] = { "right_b", API_CODE, 16, false },
	};
	struct str v[N_SIDES];
	int r = api_read(rq, fields, N_SIDES, v);

	if (r < 0)
		return r;
	size_t roles = n_named(v, (const int[]){ ROLE_A, ROLE_B }, 2), rights = n_named(v, (const int[]){ RIGHT_A, RIGHT_B }, 2);
	if (roles == 2 && rights == 0)
		return add_of_roles(rq, v);
	if (rights == 2 && roles == 0 && n_named(v, (const int[]){ PLATFORM_A, PLATFORM_B }, 2) == 0)
		return add_of_rights(rq, v);
	return op_fail(&rq->op, ERR_BAD_REQUEST, "two roles, or two rights of scopes");
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
