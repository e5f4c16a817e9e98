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

	return api_governed_make(rq, &emergency_ask, fields, N);
}

int h_api_emergencies_release(struct request *rq)
{
	return api_governed_change(rq, &emergency_release, NULL, 0);
}

int h_api_emergencies_review(struct request *rq)
{
	enum { CONCLUSION, NOTE, N };
	static const struct api_field fields[N] = {
		[CONCLUSION] = { "conclusion", API_CODE, 16, true },
		[NOTE] = { "note", API_PROSE, 1000, true },
	};

	return api_governed_change(rq, &emergency_review, fields, N);
}
