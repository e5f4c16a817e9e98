/* scim_answers.c: who asks, what is asked, and how it is answered: the same for every kind of resource. */

#include "server/handlers/scim/scim.h"

#include "common/base/url.h"

#define TEXT(name_, max) { name_, max, PARAM_QUERY_ONLY }

const struct param_spec scim_params[N_SCIM_PARAMS] = {
	[P_ATTRIBUTES] = TEXT("attributes", 4000), [P_EXCLUDED] = TEXT("excludedAttributes", 4000), [P_FILTER] = TEXT("filter", 8192),
	[P_SORT_BY] = TEXT("sortBy", 400), [P_SORT_ORDER] = TEXT("sortOrder", 20), [P_START_INDEX] = TEXT("startIndex", 20), [P_COUNT] = TEXT("count", 20),
};

int guard_feed(struct request *rq)
{
	struct scim_feed *feed = ARENA_NEW(rq->op.arena, struct scim_feed);
	struct str token = rq_bearer(rq);
	int r;

	if (str_is_null(token))
		return op_fail(&rq->op, ERR_INVALID_TOKEN, "a bearer token is needed");
	r = scim_feed_enter(&rq->op, token, feed);
	if (r < 0)
		return r;
	feed->base = arena_printf(rq->op.arena, "%.*s" SCIM_PATH, STR_ARG(rq->app->oidc.issuer));
	rq->feed = feed;
	rq->log_client_id = feed->code;
	/* Searches: no sign-in, no token waits for them. */
	rq->op.off_read_lane = true;
	return 0;
}

int scim_call_of(struct request *rq, struct scim_call *ret_call)
{
	*ret_call = (struct scim_call){
		.op = &rq->op, .feed = rq->feed, .if_match = rq_header(rq, "If-Match"), .if_none_match = rq_header(rq, "If-None-Match"),
		.selection = { .attributes = rq_param(rq, P_ATTRIBUTES), .excluded = rq_param(rq, P_EXCLUDED) },
	};
	return scim_selection_check(&rq->op, &ret_call->selection);
}

int scim_respond(struct request *rq, int status, const json_t *body)
{
	respond_json(rq, status, body);
	rq->response.content_type = STR(SCIM_CONTENT_TYPE);
	return 0;
}

int scim_answer(struct request *rq, struct scim_answer *answer)
{
	_json_ json_t *body = answer->body;

	if (body)
		(void)scim_respond(rq, answer->status, body);
	else
		(void)respond_empty(rq, answer->status);
	if (!str_is_null(answer->etag))
		response_header(rq, "ETag", answer->etag);
	/* Of what was made it is the address (RFC 7644 §3.3), of others it says where the answer is from. */
	if (!str_is_null(answer->location))
		response_header(rq, answer->status == 201 ? "Location" : "Content-Location", answer->location);
	return 0;
}

int scim_get(struct request *rq, const struct scim_service *service)
{
	struct scim_answer answer = { 0 };
	struct scim_call call;
	int r = scim_call_of(rq, &call);

	if (r == 0)
		r = service->get(&call, rq->path_args[0], &answer);
	if (r == 0)
		r = scim_record_one(rq, service == &scim_users ? rq->path_args[0] : STR_NULL);
	if (r == 0)
		return scim_answer(rq, &answer);
	json_decref(answer.body);
	return r;
}

int scim_create(struct request *rq, const struct scim_service *service)
{
	struct scim_answer answer = { 0 };
	struct scim_call call;
	int r = scim_call_of(rq, &call);

	if (r == 0)
		r = service->create(&call, rq->json, &answer);
	return r < 0 ? r : scim_answer(rq, &answer);
}

int scim_replace(struct request *rq, const struct scim_service *service)
{
	struct scim_answer answer = { 0 };
	struct scim_call call;
	int r = scim_call_of(rq, &call);

	if (r == 0)
		r = service->replace(&call, rq->path_args[0], rq->json, &answer);
	return r < 0 ? r : scim_answer(rq, &answer);
}

int scim_patch(struct request *rq, const struct scim_service *service)
{
	struct scim_answer answer = { 0 };
	struct scim_call call;
	int r = scim_call_of(rq, &call);

	if (r == 0)
		r = service->patch(&call, rq->path_args[0], rq->json, &answer);
	return r < 0 ? r : scim_answer(rq, &answer);
}

int scim_remove(struct request *rq, const struct scim_service *service)
{
	struct scim_answer answer = { 0 };
	struct scim_call call;
	int r = scim_call_of(rq, &call);

	if (r == 0)
		r = service->remove(&call, rq->path_args[0], &answer);
	return r < 0 ? r : scim_answer(rq, &answer);
}

/* "cursor" without a value asks for the first page (RFC 9865 §2.1): a parameter that is empty is not one that is absent. */
static int cursor_of(struct request *rq, struct str *ret_cursor)
{
	struct str rest = rq->raw_query, name, value;
	int got;

	*ret_cursor = STR_NULL;
	if (str_is_null(rest))
		return 0;
	while ((got = form_next(rq->op.arena, &rest, &name, &value)) != 0) {
		if (got < 0 || !str_equal(name, STR("cursor")))
			continue;
		if (!str_is_null(*ret_cursor))
			return scim_fail(&rq->op, SCIM_INVALID_CURSOR, "cursor stands twice");
		*ret_cursor = value.len > 0 ? value : STR("");
	}
	return 0;
}

int scim_query(struct request *rq, const struct scim_service *service)
{
	struct scim_query_texts texts = {
		.filter = rq_param(rq, P_FILTER), .sort_by = rq_param(rq, P_SORT_BY), .sort_order = rq_param(rq, P_SORT_ORDER),
		.start_index = rq_param(rq, P_START_INDEX), .count = rq_param(rq, P_COUNT),
	};
	_json_ json_t *body = NULL;
	struct scim_query query;
	struct scim_call call;
	int r = scim_call_of(rq, &call);

	if (r == 0)
		r = cursor_of(rq, &texts.cursor);
	if (r == 0)
		r = scim_query_read(&rq->op, &texts, &query);
	if (r == 0)
		r = scim_list(&call, &service, 1, &query, &body);
	if (r == 0)
		r = scim_record_list(rq, &query, body);
	return r < 0 ? r : scim_respond(rq, 200, body);
}

int scim_search(struct request *rq, const struct scim_service *const *services, size_t n)
{
	_json_ json_t *body = NULL;
	struct scim_query query;
	struct scim_call call;
	int r = scim_call_of(rq, &call);

	if (r == 0)
		r = scim_search_read(&rq->op, rq->json, &query, &call.selection);
	if (r == 0)
		r = scim_list(&call, services, n, &query, &body);
	if (r == 0)
		r = scim_record_list(rq, &query, body);
	return r < 0 ? r : scim_respond(rq, 200, body);
}
