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
	struct str v[N];
	struct db_param params[N + 2] = { P_STR(api_new_id(rq)), ME };
	int r = api_read(rq, fields, N, v);

	for (size_t i = 0; i < N; i++)
		params[i + 2] = P_STR(v[i]);
	return r < 0 ? r : api_governed(rq, &request_file, params, N + 2, 201);
}

static int read_text(struct request *rq, bool required, struct str *ret_text)
{
	const struct api_field fields[] = { { "text", API_PROSE, 1000, required } };

	return api_read(rq, fields, 1, ret_text);
}

static int decide(struct request *rq, const struct governed_kind *kind, bool needs_text)
{
	struct str id, text;
	int64_t version;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = read_text(rq, needs_text, &text);
	return r < 0 ? r : api_governed(rq, kind, (const struct db_param[]){ P_STR(id), ME, P_I64(version), P_STR(text) }, 4, 200);
}

int h_api_requests_approve(struct request *rq)
{
	return decide(rq, &request_approve, false);
}

/* Whoever is refused is told why. */
int h_api_requests_refuse(struct request *rq)
{
	return decide(rq, &request_refuse, true);
}

static int talk(struct request *rq, const struct governed_kind *kind, bool needs_text, int status)
{
	struct str id, text;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = read_text(rq, needs_text, &text);
	return r < 0 ? r : api_governed(rq, kind, (const struct db_param[]){ P_STR(id), ME, P_STR(text) }, 3, status);
}

int h_api_requests_withdraw(struct request *rq)
{
	return talk(rq, &request_withdraw, false, 200);
}

int h_api_requests_comment(struct request *rq)
{
	return talk(rq, &request_comment, true, 201);
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
	struct str v[N];
	struct db_param params[N + 2] = { P_STR(api_new_id(rq)), ME };
	int r = api_read(rq, fields, N, v);

	for (size_t i = 0; i < N; i++)
		params[i + 2] = P_STR(v[i]);
	return r < 0 ? r : api_governed(rq, &deputy_add, params, N + 2, 201);
}

int h_api_deputies_end(struct request *rq)
{
	struct str id;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_read_nothing(rq);
	return r < 0 ? r : api_governed(rq, &deputy_end, (const struct db_param[]){ P_STR(id), ME }, 2, 200);
}
