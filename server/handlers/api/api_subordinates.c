/* api_subordinates.c: /api/v1/federation-subordinates: whom the province vouches for in a federation. */

#include "server/app.h"
#include "server/federation/subordinate.h"
#include "server/handlers/api/parties.h"

#define ME P_STR(rq->principal->account_id)

const struct param_spec api_subordinates_params[N_SUBORDINATES_PARAMS] = {
	[P_SUBORDINATES_ID] = { "entity_id", 512, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_SUBORDINATES_AFTER] = PARAM_AFTER,
	[P_SUBORDINATES_LIMIT] = PARAM_LIMIT,
};

int h_api_subordinates_list(struct request *rq)
{
	const struct db_param params[] = { ME, P_STR(rq_param(rq, P_SUBORDINATES_ID)) };
	int r = parties_reach(&rq->op, rq->principal);

	return r < 0 ? r : api_governed_page(rq, &(struct api_governed_page){ "subordinates", subordinates_list, params, ARRAY_LEN(params), 1, P_SUBORDINATES_AFTER, P_SUBORDINATES_LIMIT });
}

static int read_subordinate(struct request *rq, struct subordinate *s)
{
	int r = subordinate_read(&rq->op, rq->body, s);

	if (r == 0 && str_equal(s->entity_id, rq->app->oidc.issuer))
		return api_invalid(&rq->op, "entity_id", "the province does not vouch for itself");
	return r;
}

int h_api_subordinates_add(struct request *rq)
{
	struct subordinate s;
	int r = read_subordinate(rq, &s);

	if (r < 0)
		return r;

	const struct db_param params[] = { P_STR(api_new_id(rq)), ME, P_STR(s.entity_id), P_STR(s.jwks), P_STR(s.metadata_policy), P_BOOL(s.enabled) };

	return api_governed(rq, &subordinate_add, params, ARRAY_LEN(params), 201);
}

int h_api_subordinates_change(struct request *rq)
{
	struct subordinate s;
	struct str id;
	int64_t version;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = read_subordinate(rq, &s);
	if (r < 0)
		return r;

	const struct db_param params[] = { P_STR(id), ME, P_I64(version), P_STR(s.entity_id), P_STR(s.jwks), P_STR(s.metadata_policy), P_BOOL(s.enabled) };

	return api_governed(rq, &subordinate_change, params, ARRAY_LEN(params), 200);
}

int h_api_subordinates_remove(struct request *rq)
{
	return api_governed_change(rq, &subordinate_remove, NULL, 0);
}
