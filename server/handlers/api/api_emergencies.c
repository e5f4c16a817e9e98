/* api_emergencies.c: /api/v1/emergency-grants. */

#include "server/governance/emergencies.h"
#include "server/handlers/api/granting.h"

#define ME P_STR(rq->principal->account_id)

int h_api_emergencies_list(struct request *rq)
{
	const struct db_param params[] = { ME, P_STR(rq_param(rq, P_LIST_STATE)) };

	return api_governed_page(rq, &(struct api_governed_page){ "emergency_grants", emergency_list, params, ARRAY_LEN(params), 2, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_emergencies_add(struct request *rq)
{
	enum { EMPLOYEE_CODE, PLATFORM, ROLE, UNIT, REASON, HOURS, N };
	static const struct api_field fields[N] = {
		[EMPLOYEE_CODE] = { "employee_code", API_CODE, 32, true },
		[PLATFORM] = { "platform", API_CODE, 16, true },
		[ROLE] = { "role", API_CODE, 32, true },
		[UNIT] = { "unit", API_CODE, 35, false },
		[REASON] = { "reason", API_PROSE, 1000, true },
		[HOURS] = { "hours", API_INT, 0, true },
	};
	struct str v[N];
	struct db_param params[N + 2] = { P_STR(api_new_id(rq)), ME };
	int r = api_read(rq, fields, N, v);

	for (size_t i = 0; i < N; i++)
		params[i + 2] = P_STR(v[i]);
	return r < 0 ? r : api_governed(rq, &emergency_ask, params, N + 2, 201);
}

int h_api_emergencies_release(struct request *rq)
{
	struct str id;
	int64_t version;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = api_read_nothing(rq);
	return r < 0 ? r : api_governed(rq, &emergency_release, (const struct db_param[]){ P_STR(id), ME, P_I64(version) }, 3, 200);
}

int h_api_emergencies_review(struct request *rq)
{
	enum { CONCLUSION, NOTE, N };
	static const struct api_field fields[N] = {
		[CONCLUSION] = { "conclusion", API_CODE, 16, true },
		[NOTE] = { "note", API_PROSE, 1000, true },
	};
	struct str v[N], id;
	int64_t version;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r < 0)
		return r;
	return api_governed(rq, &emergency_review,
	                    (const struct db_param[]){ P_STR(id), ME, P_I64(version), P_STR(v[CONCLUSION]), P_STR(v[NOTE]) }, 5, 200);
}
