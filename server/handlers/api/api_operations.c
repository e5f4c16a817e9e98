/* api_operations.c: /api/v1/operations: what was done on platforms to accounts within scope, newest first. */

#include "server/governance/operation_list.h"
#include "server/handlers/api/overlap.h"
#include "server/handlers/api/engine.h"

#define OUTCOMES "ok|retry|in_doubt|blocked|lease_lost"

const struct param_spec api_operations_params[N_OPERATIONS_PARAMS] = {
	[P_OPERATIONS_PLATFORM] = { "platform", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	/* "login" by that name, so that the audit of reads says whose data they were. */
	[P_OPERATIONS_LOGIN] = { "login", 32, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_OPERATIONS_OUTCOME] = { "outcome", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_OPERATIONS_SINCE] = { "since", 25, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_OPERATIONS_UNTIL] = { "until", 25, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_OPERATIONS_AFTER] = PARAM_AFTER,
	[P_OPERATIONS_LIMIT] = PARAM_LIMIT,
};

static int read_stamp(struct request *rq, size_t param, struct str *ret)
{
	*ret = rq_param(rq, param);
	if (str_is_null(*ret) || api_stamp_read(rq->op.arena, *ret, ret))
		return 0;
	return api_invalid(&rq->op, rq->route->params[param].name, "a time is a date or RFC 3339 date-time");
}

/* "next" is not a secret: what it says is read as strictly as any input. */
static int read_after(struct request *rq, struct str keys[2])
{
	uint64_t number;
	int r = api_after(rq, P_OPERATIONS_AFTER, keys, 2);

	if (r < 0 || str_is_null(keys[0]))
		return r;
	if (!api_moment_is_valid(rq->op.arena, keys[0]) || !str_to_u64(keys[1], INT64_MAX, &number))
		return api_invalid(&rq->op, "after", "not a value of next");
	return 0;
}

int h_api_operation_list(struct request *rq)
{
	struct str after[2];
	struct operation_filter f = {
		.platform = rq_param(rq, P_OPERATIONS_PLATFORM), .login = rq_param(rq, P_OPERATIONS_LOGIN),
		.outcome = rq_param(rq, P_OPERATIONS_OUTCOME), .after = after,
	};
	struct json_page page;
	int r = api_limit(rq, P_OPERATIONS_LIMIT, &f.limit);

	if (r == 0)
		r = read_after(rq, after);
	if (r == 0)
		r = read_stamp(rq, P_OPERATIONS_SINCE, &f.since);
	if (r == 0)
		r = read_stamp(rq, P_OPERATIONS_UNTIL, &f.until);
	if (r == 0)
		r = api_one_of(rq, "outcome", f.outcome, OUTCOMES);
	if (r == 0)
		r = operation_list(&rq->op, rq->principal, &f, &page);
	return r < 0 ? r : api_page(rq, "operations", &page, 2);
}
