/* api_provisioning.c: /api/v1/platforms/{code}/provisioning, /api/v1/holds. */

#include "server/governance/provisioning_rules.h"
#include "server/handlers/api/catalogue.h"
#include "server/handlers/api/provisioning.h"

#define ME P_STR(rq->principal->account_id)

const struct param_spec api_holds_params[N_HOLDS_PARAMS] = {
	[P_HOLDS_AFTER] = PARAM_AFTER,
	[P_HOLDS_LIMIT] = PARAM_LIMIT,
	[P_HOLDS_PLATFORM] = { "platform", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_HOLDS_STATE] = { "state", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_provisioning_get(struct request *rq)
{
	return api_one(rq, provisioning_rules_get, (const struct db_param[]){ ME, P_STR(rq->path_args[0]) }, 2);
}

enum { OPERATIONS, MAX_N, MAX_PERCENT, UNIT_MIN, UNIT_PERCENT, ROLE_MIN, ROLE_PERCENT, GRACE, GONE, ON_REMOVAL, MEMBERSHIP_PERCENT, N };

/* Numbers that are there, within what the table takes. */
static int check_numbers(struct request *rq, const struct api_field *fields, const struct str *v)
{
	static const struct {
		uint64_t min, max;
	} limits[N] = {
		[MAX_N] = { 0, 1000000 }, [MAX_PERCENT] = { 0, 100 }, [UNIT_MIN] = { 1, 1000000 }, [UNIT_PERCENT] = { 0, 100 },
		[ROLE_MIN] = { 1, 1000000 }, [ROLE_PERCENT] = { 0, 100 }, [GRACE] = { 0, 3650 }, [GONE] = { 1, 3650 },
		[MEMBERSHIP_PERCENT] = { 0, 100 },
	};
	uint64_t n;

	for (size_t i = MAX_N; i < N; i++)
		if (i != ON_REMOVAL && !str_is_null(v[i]) && (!str_to_u64(v[i], limits[i].max, &n) || n < limits[i].min))
			return api_invalid(&rq->op, fields[i].name, "the number is too large or too small");
	return 0;
}

int h_api_provisioning_set(struct request *rq)
{
	static const struct api_field fields[N] = {
		[OPERATIONS] = { "operations", API_LIST, 0, false },    [MAX_N] = { "max_n", API_INT, 0, false },
		[MAX_PERCENT] = { "max_percent", API_INT, 0, false },   [UNIT_MIN] = { "unit_min", API_INT, 0, false },
		[UNIT_PERCENT] = { "unit_percent", API_INT, 0, false }, [ROLE_MIN] = { "role_min", API_INT, 0, false },
		[ROLE_PERCENT] = { "role_percent", API_INT, 0, false }, [GRACE] = { "grace_days", API_INT, 0, false },
		[GONE] = { "gone_days", API_INT, 0, false },            [ON_REMOVAL] = { "on_removal", API_CODE, 8, false },
		[MEMBERSHIP_PERCENT] = { "membership_percent", API_INT, 0, false },
	};
	struct db_param params[N + 3];
	struct str v[N];
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = check_numbers(rq, fields, v);
	if (r == 0)
		r = catalogue_one_of(rq, "on_removal", v[ON_REMOVAL], "ask|leave|disable|delete");
	if (r == 0)
		r = api_texts(rq, "operations", &v[OPERATIONS]);
	if (r < 0)
		return r;
	params[0] = P_STR(rq->path_args[0]);
	params[1] = ME;
	params[2] = P_I64(version);
	for (size_t i = 0; i < N; i++)
		params[i + 3] = P_STR(v[i]);
	return api_governed(rq, &provisioning_rules_set, params, ARRAY_LEN(params), 200);
}

int h_api_holds_list(struct request *rq)
{
	const struct db_param params[] = { ME, P_STR(rq_param(rq, P_HOLDS_PLATFORM)), P_STR(rq_param(rq, P_HOLDS_STATE)) };
	int r = catalogue_one_of(rq, "state", rq_param(rq, P_HOLDS_STATE), "open|released|discarded");

	if (r < 0)
		return r;
	return api_governed_page(rq, &(struct api_governed_page){ "holds", hold_list, params, ARRAY_LEN(params), 1, P_HOLDS_AFTER, P_HOLDS_LIMIT });
}

static int read_id(struct request *rq, int64_t *ret)
{
	uint64_t id;

	if (!str_to_u64(rq->path_args[0], INT64_MAX, &id))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such hold");
	*ret = (int64_t)id;
	return 0;
}

int h_api_holds_get(struct request *rq)
{
	int64_t id;
	int r = read_id(rq, &id);

	return r < 0 ? r : api_one(rq, hold_get, (const struct db_param[]){ ME, P_I64(id) }, 2);
}

static int list_held(struct request *rq, const char *name, const struct query *query)
{
	struct db_param params[] = { ME, P_NULL };
	int64_t id;
	int r = read_id(rq, &id);

	if (r < 0)
		return r;
	params[1] = P_I64(id);
	return api_governed_page(rq, &(struct api_governed_page){ name, query, params, ARRAY_LEN(params), 1, P_PAGE_AFTER, P_PAGE_LIMIT });
}

int h_api_holds_accounts(struct request *rq)
{
	return list_held(rq, "accounts", hold_accounts);
}

int h_api_holds_units(struct request *rq)
{
	return list_held(rq, "units", hold_units);
}

static int decide(struct request *rq, const struct governed_kind *kind)
{
	static const struct api_field fields[] = { { "reason", API_TEXT, 300, true } };
	struct str reason;
	int64_t id, version;
	int r = read_id(rq, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = api_read(rq, fields, ARRAY_LEN(fields), &reason);
	if (r < 0)
		return r;
	return api_governed(rq, kind, (const struct db_param[]){ P_I64(id), ME, P_I64(version), P_STR(reason) }, 4, 200);
}

int h_api_holds_release(struct request *rq)
{
	return decide(rq, &hold_release);
}

int h_api_holds_discard(struct request *rq)
{
	return decide(rq, &hold_discard);
}
