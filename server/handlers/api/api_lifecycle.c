/* api_lifecycle.c: /api/v1/platforms/{code}/transitions: the life cycle, with what may follow and what it needs. */

#include "common/model/platform_store.h"
#include "server/governance/catalogue.h"
#include "server/governance/lifecycle_move.h"
#include "server/handlers/api/catalogue.h"

static int respond_outlook(struct request *rq, int status, struct str before, size_t limit)
{
	struct op *op = &rq->op;
	_json_ json_t *entry = NULL;
	_json_ json_t *body = json_new_object();
	json_t *next, *history, *item;
	int64_t version;
	size_t i;
	int r = catalogue_get(op, rq->path_args[0], &entry, &version);

	if (r == 0)
		r = lifecycle_outlook(op, rq->principal, rq->path_args[0], &next);
	if (r < 0)
		return r;
	json_array_foreach(next, i, item)
		api_set(item, "to_word", platform_state_word(json_get_str(item, "to")));
	json_set_take(body, "possible", next);
	r = lifecycle_history(op, rq->path_args[0], before, limit, &history);
	if (r < 0)
		return r;
	api_set(body, "state", json_get_str(entry, "state"));
	api_set(body, "state_word", platform_state_word(json_get_str(entry, "state")));
	json_set_bool(body, "open", json_get_bool(entry, "open", false));
	catalogue_page(rq, body, "history", history, limit, (const char *[2]){ "id", NULL });
	api_etag(rq, version);
	return respond_json(rq, status, body);
}

int h_api_platform_transitions(struct request *rq)
{
	struct str before;
	size_t limit;
	int r = api_limit(rq, P_PAGE_LIMIT, &limit);

	if (r == 0)
		r = api_after_number(rq, P_PAGE_AFTER, INT64_MAX, &before);
	return r < 0 ? r : respond_outlook(rq, 200, before, limit);
}

int h_api_platform_move(struct request *rq)
{
	enum { TO, DECISION_NO, DECISION_ON, REASON, COMPLETED_ON, REPLACEMENT, N };
	static const struct api_field fields[N] = {
		[TO] = { "to", API_CODE, 20, true },
		[DECISION_NO] = { "decision_no", API_TEXT, 80, false },
		[DECISION_ON] = { "decision_on", API_DATE, 10, false },
		[REASON] = { "reason", API_PROSE, 1000, false },
		[COMPLETED_ON] = { "completed_on", API_DATE, 10, false },
		[REPLACEMENT] = { "replacement", API_CODE, 16, false },
	};
	struct str v[N];
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r < 0)
		return r;
	const struct lifecycle_request request = {
		.platform = rq->path_args[0],
		.to = v[TO],
		.version = version,
		.decision_no = v[DECISION_NO],
		.decision_on = v[DECISION_ON],
		.reason = v[REASON],
		.completed_on = v[COMPLETED_ON],
		.replacement = v[REPLACEMENT],
	};
	r = lifecycle_move(&rq->op, rq->principal, &request);
	return r < 0 ? catalogue_say(rq, r) : respond_outlook(rq, 200, STR_NULL, 1);
}
