/* api_outbox.c: /api/v1/outbox and /platforms/{code}/replay: what is on its way to relying parties, and what platforms were told. */

#include "common/base/random.h"
#include "server/governance/catalogue_common.h"
#include "server/handlers/api/parties.h"

#define QUERY_TEXT (PARAM_PRINTABLE | PARAM_QUERY_ONLY)
#define ME P_STR(rq->principal->account_id)

const struct param_spec api_outbox_params[N_OUTBOX_PARAMS] = {
	[P_OUTBOX_DESTINATION] = { "destination", 64, QUERY_TEXT },
	/* "login" by that name, so that the audit of reads says whose data they were. */
	[P_OUTBOX_LOGIN] = { "login", 32, QUERY_TEXT },
	[P_OUTBOX_AFTER] = PARAM_AFTER,
	[P_OUTBOX_LIMIT] = PARAM_LIMIT,
};

const struct param_spec api_replay_params[N_REPLAY_PARAMS] = {
	[P_REPLAY_FROM] = { "from", 19, QUERY_TEXT },
	[P_REPLAY_AFTER] = PARAM_AFTER,
	[P_REPLAY_LIMIT] = PARAM_LIMIT,
};

int h_api_outbox_list(struct request *rq)
{
	struct str login = rq_param(rq, P_OUTBOX_LOGIN);
	const struct db_param params[] = { ME, P_STR(rq_param(rq, P_OUTBOX_DESTINATION)), P_STR(login) };
	struct api_governed_page page = { "messages", outbox_of_account, params, ARRAY_LEN(params), 2, P_OUTBOX_AFTER, P_OUTBOX_LIMIT };
	int r = parties_reach(&rq->op, rq->principal);

	if (str_is_null(login)) {
		page.query = outbox_waiting;
		page.n_params--;
	}
	return r < 0 ? r : api_governed_page(rq, &page);
}

int h_api_outbox_retry(struct request *rq)
{
	static const struct api_field fields[] = { { "id", API_UUID, UUID_TEXT_LEN, false }, { "destination", API_TEXT, 64, false } };
	struct str v[ARRAY_LEN(fields)];
	int r = api_read(rq, fields, ARRAY_LEN(fields), v);

	if (r == 0 && str_is_null(v[0]) == str_is_null(v[1]))
		r = api_invalid(&rq->op, "id", "either a message or a destination");
	return r < 0 ? r : api_governed(rq, &outbox_retry, (const struct db_param[]){ P_STR(v[0]), ME, P_STR(v[1]) }, 3, 200);
}

int h_api_platform_replay(struct request *rq)
{
	struct str from = rq_param(rq, P_REPLAY_FROM);
	const struct db_param params[] = { ME, P_STR(rq->path_args[0]), P_STR(str_is_null(from) ? STR("0") : from) };
	struct catalogue_place place;
	uint64_t number;
	int r = catalogue_find(&rq->op, rq->principal, "catalogue", rq->path_args[0], &place);

	if (r == 0)
		r = catalogue_check(&rq->op, &place, -1);
	if (r == 0 && !str_is_null(from) && !str_to_u64(from, INT64_MAX, &number))
		r = api_invalid(&rq->op, "from", "a whole number");
	return r < 0 ? r : api_governed_page(rq, &(struct api_governed_page){ "messages", webhook_replay, params, ARRAY_LEN(params), 1, P_REPLAY_AFTER, P_REPLAY_LIMIT });
}
