/* api_needs.c: /api/v1/needs: what units would like to have, answered with what exists. */

#include "server/governance/software_need.h"
#include "server/handlers/api/overlap.h"

const struct param_spec api_needs_params[N_NEEDS_PARAMS] = {
	[P_NEEDS_UNIT] = { "unit", 35, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_NEEDS_STATE] = { "state", 12, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_NEEDS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_NEEDS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_need_list(struct request *rq)
{
	struct str after[2];
	struct software_need_filter filter = { .unit = rq_param(rq, P_NEEDS_UNIT), .state = rq_param(rq, P_NEEDS_STATE), .after = after };
	struct json_page page;
	int r = api_limit(rq, P_NEEDS_LIMIT, &filter.limit);

	if (r == 0)
		r = api_after(rq, P_NEEDS_AFTER, after, 2);
	if (r == 0)
		r = api_one_of(rq, "state", filter.state, "open|answered");
	if (r == 0)
		r = software_need_list(&rq->op, rq->principal, &filter, &page);
	return r < 0 ? r : api_page(rq, "needs", &page, 2);
}

static int respond_one(struct request *rq, int status, struct str id)
{
	json_t *body;
	int64_t version;
	int r = software_need_get(&rq->op, rq->principal, id, &body, &version);

	return r < 0 ? r : api_thing(rq, status, body, version);
}

int h_api_need_get(struct request *rq)
{
	struct str id;
	int r = api_path_uuid(rq, 0, &id);

	return r < 0 ? r : respond_one(rq, 200, id);
}

int h_api_need_add(struct request *rq)
{
	enum { UNIT, NAME, DESCRIPTION, FUNCTIONS, N };
	static const struct api_field fields[N] = {
		[UNIT] = { "unit", API_CODE, 35, true },
		[NAME] = { "name", API_TEXT, 600, true },
		[DESCRIPTION] = { "description", API_PROSE, 6000, true },
		[FUNCTIONS] = { "functions", API_LIST, 0, false },
	};
	struct software_need need;
	struct str v[N], id;
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	need = (struct software_need){ .unit = v[UNIT], .name = v[NAME], .description = v[DESCRIPTION] };
	r = api_tags(rq, "functions", &need.functions);
	if (r == 0)
		r = software_need_propose(&rq->op, rq->principal, &need, &id);
	return r < 0 ? r : respond_one(rq, 201, id);
}

int h_api_need_answer(struct request *rq)
{
	enum { ANSWER, PLATFORM, TEXT, N };
	static const struct api_field fields[N] = {
		[ANSWER] = { "answer", API_CODE, 12, true },
		[PLATFORM] = { "platform", API_CODE, 16, false },
		[TEXT] = { "text", API_PROSE, 2000, true },
	};
	struct software_need_answer answer;
	struct str v[N];
	int r = api_path_uuid(rq, 0, &answer.id);

	if (r == 0)
		r = api_if_match(rq, &answer.version);
	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = api_one_of(rq, "answer", v[ANSWER], "use_common|forwarded|declined");
	if (r < 0)
		return r;
	if (str_equal(v[ANSWER], STR("use_common")) == str_is_null(v[PLATFORM]))
		return api_invalid(&rq->op, "platform", "a platform is named with the answer use_common, and with no other");
	answer.answer = v[ANSWER];
	answer.platform = v[PLATFORM];
	answer.text = v[TEXT];
	r = software_need_answer(&rq->op, rq->principal, &answer);
	return r < 0 ? r : respond_one(rq, 200, answer.id);
}
