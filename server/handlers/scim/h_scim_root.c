/* h_scim_root.c: /scim/v2 and /scim/v2/.search over every kind; /Me; what there is not. */

#include "server/handlers/scim/scim.h"

#include "server/http/problem.h"

static const struct scim_service *const services[] = { &scim_users, &scim_groups };

int h_scim_root_search(struct request *rq)
{
	return scim_search(rq, services, ARRAY_LEN(services));
}

int h_scim_root_query(struct request *rq)
{
	const struct scim_query_texts texts = {
		.filter = rq_param(rq, P_FILTER), .sort_by = rq_param(rq, P_SORT_BY), .sort_order = rq_param(rq, P_SORT_ORDER),
		.start_index = rq_param(rq, P_START_INDEX), .count = rq_param(rq, P_COUNT),
	};
	_json_ json_t *body = NULL;
	struct scim_query query;
	struct scim_call call;
	int r = scim_call_of(rq, &call);

	if (r == 0)
		r = scim_query_read(&rq->op, &texts, &query);
	if (r == 0)
		r = scim_list(&call, services, ARRAY_LEN(services), &query, &body);
	if (r == 0)
		r = scim_record_list(rq, &query, body);
	return r < 0 ? r : scim_respond(rq, 200, body);
}

/* A source is no user (RFC 7644 §3.11: 501 where it is not supported). */
int h_scim_me(struct request *rq)
{
	const struct error error = { .code = ERR_NOT_FOUND, .text = "a source is no user: there is no /Me" };
	_json_ json_t *body = problem_scim_json(&error);

	json_set_str(body, "status", STR("501"));
	return scim_respond(rq, 501, body);
}

int h_scim_nothing(struct request *rq)
{
	return op_fail(&rq->op, ERR_NOT_FOUND, "there is no such resource");
}
