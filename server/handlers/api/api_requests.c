/* api_requests.c: /api/v1/requests, /approvals, /deputies. */

#include "server/governance/requests.h"
#include "server/handlers/api/granting.h"

#define ME P_STR(rq->principal->account_id)

int h_api_requests_list(struct request *rq)
{
	const struct db_param params[] = { ME, P_STR(rq_param(rq, P_LIST_STATE)), P_BOOL(str_equal(rq_param(rq, P_LIST_MINE), STR("true"))) };

	return api_governed_page(rq, &(struct api_governed_page){ "requests", request_list, params, ARRAY_LEN(params), 2, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_requests_get(struct request *rq)
{
	struct str id;
	int r = api_path_id(rq, 0, &id);

	return r < 0 ? r : api_one(rq, request_one, (const struct db_param[]){ ME, P_STR(id) }, 2);
}

int h_api_requests_add(struct request *rq)
{
	enum { EMPLOYEE_CODE, PLATFORM, ROLE, UNIT, BASIS, REASON, VALID_FROM, VALID_TO, N };
	static const struct api_field fields[N] = {
		[EMPLOYEE_CODE] = { "employee_code", API_CODE, 32, true },
		[PLATFORM] = { "platform", API_CODE, 16, true },
		[ROLE] = { "role", API_CODE, 32, true },
		[UNIT] = { "unit", API_CODE, 35, false },
		[BASIS] = { "basis", API_TEXT, 300, true },
		[REASON] = { "reason", API_PROSE, 1000, true },
		[VALID_FROM] = { "valid_from", API_STAMP, 25, false },
		[VALID_TO] = { "valid_to", API_STAMP, 25, false },
	};

	return api_governed_make(rq, &request_file, fields, N);
}

/* Whoever is refused is told why. */
static const struct api_field text_field = { "text", API_PROSE, 1000, false }, needed_text_field = { "text", API_PROSE, 1000, true };

int h_api_requests_approve(struct request *rq)
{
	return api_governed_change(rq, &request_approve, &text_field, 1);
}

int h_api_requests_refuse(struct request *rq)
{
	return api_governed_change(rq, &request_refuse, &needed_text_field, 1);
}

static int talk(struct request *rq, const struct governed_kind *kind, const struct api_field *field, int status)
{
	struct str id, text;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_read(rq, field, 1, &text);
	return r < 0 ? r : api_governed(rq, kind, (const struct db_param[]){ P_STR(id), ME, P_STR(text) }, 3, status);
}

int h_api_requests_withdraw(struct request *rq)
{
	return talk(rq, &request_withdraw, &text_field, 200);
}

int h_api_requests_comment(struct request *rq)
{
	return talk(rq, &request_comment, &needed_text_field, 201);
}

int h_api_approvals_list(struct request *rq)
{
	const struct db_param params[] = { ME };

	return api_governed_page(rq, &(struct api_governed_page){ "approvals", request_inbox, params, ARRAY_LEN(params), 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_deputies_list(struct request *rq)
{
	const struct db_param params[] = { ME };

	return api_governed_page(rq, &(struct api_governed_page){ "deputies", deputy_list, params, ARRAY_LEN(params), 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_deputies_add(struct request *rq)
{
	enum { PRINCIPAL, DEPUTY, VALID_FROM, VALID_TO, BASIS, N };
	static const struct api_field fields[N] = {
		[PRINCIPAL] = { "principal", API_CODE, 32, true },
		[DEPUTY] = { "deputy", API_CODE, 32, true },
		[VALID_FROM] = { "valid_from", API_DATE, 10, true },
		[VALID_TO] = { "valid_to", API_DATE, 10, true },
		[BASIS] = { "basis", API_TEXT, 300, true },
	};

	return api_governed_make(rq, &deputy_add, fields, N);
}

int h_api_deputies_end(struct request *rq)
{
	return api_governed_act(rq, &deputy_end);
}
