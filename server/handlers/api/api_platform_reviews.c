/* api_platform_reviews.c: /api/v1/platform-reviews: campaigns of review, their tasks and conclusions. */

#include "server/governance/platform_review.h"
#include "server/handlers/api/overlap.h"

const struct param_spec api_reviews_params[N_REVIEWS_PARAMS] = {
	[P_REVIEWS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_REVIEWS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};
const struct param_spec api_tasks_params[N_TASKS_PARAMS] = {
	[P_TASKS_REVIEW] = { "review", 36, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_TASKS_STATE] = { "state", 12, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_TASKS_UNIT] = { "unit", 35, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_TASKS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_TASKS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_platform_review_list(struct request *rq)
{
	struct json_page page;
	struct str after[2];
	size_t limit;
	int r = api_limit(rq, P_REVIEWS_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_REVIEWS_AFTER, after, 2);
	if (r == 0)
		r = platform_review_list(&rq->op, rq->principal, after, limit, &page);
	return r < 0 ? r : api_page(rq, "reviews", &page, 2);
}

static int respond_review(struct request *rq, int status, struct str id)
{
	json_t *body;
	int64_t version;
	int r = platform_review_get(&rq->op, rq->principal, id, &body, &version);

	return r < 0 ? r : api_thing(rq, status, body, version);
}

static int read_months(struct request *rq, struct str text, uint64_t min, uint64_t *ret)
{
	*ret = 0;
	if (!str_is_null(text) && (!str_to_u64(text, PLATFORM_REVIEW_PERIOD_MAX, ret) || *ret < min))
		return api_invalid(&rq->op, "period_months", "a review comes again after 1 to 60 months");
	return 0;
}

int h_api_platform_review_add(struct request *rq)
{
	enum { TITLE, UNIT, DUE_ON, PERIOD, N };
	static const struct api_field fields[N] = {
		[TITLE] = { "title", API_TEXT, 400, true }, [UNIT] = { "unit", API_CODE, 35, true }, [DUE_ON] = { "due_on", API_DATE, 10, true },
		[PERIOD] = { "period_months", API_INT, 0, false } };
	struct str v[N], id;
	uint64_t months;
	int64_t tasks;
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = read_months(rq, v[PERIOD], 1, &months);
	if (r < 0)
		return r;
	const struct platform_review review = { .title = v[TITLE], .unit = v[UNIT], .due_on = v[DUE_ON], .period_months = v[PERIOD] };
	r = platform_review_begin(&rq->op, rq->principal, &review, &id, &tasks);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "id", id);
	api_set(body, "title", v[TITLE]);
	api_set(body, "unit", v[UNIT]);
	api_set(body, "due_on", v[DUE_ON]);
	json_set_int(body, "tasks", tasks);
	if (!str_is_null(v[PERIOD]))
		json_set_int(body, "period_months", (int64_t)months);
	return respond_json(rq, 201, body);
}

int h_api_platform_review(struct request *rq)
{
	struct str id;
	int r = api_path_uuid(rq, 0, &id);

	return r < 0 ? r : respond_review(rq, 200, id);
}

int h_api_platform_review_period(struct request *rq)
{
	static const struct api_field fields[] = { { "period_months", API_INT, 0, true } };
	struct str id, text;
	int64_t version;
	uint64_t months;
	int r = api_path_uuid(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = api_read(rq, fields, 1, &text);
	if (r == 0)
		r = read_months(rq, text, 0, &months);
	if (r == 0)
		r = platform_review_period(&rq->op, rq->principal, id, version, (int64_t)months);
	return r < 0 ? r : respond_review(rq, 200, id);
}

int h_api_platform_review_tasks(struct request *rq)
{
	struct str after[3];
	struct platform_review_filter filter = {
		.review_id = rq_param(rq, P_TASKS_REVIEW), .unit = rq_param(rq, P_TASKS_UNIT), .state = rq_param(rq, P_TASKS_STATE), .after = after };
	struct json_page page;
	int r = api_limit(rq, P_TASKS_LIMIT, &filter.limit);

	if (r == 0)
		r = api_after(rq, P_TASKS_AFTER, after, 3);
	if (r == 0)
		r = api_one_of(rq, "state", filter.state, "open|answered|concluded|overdue");
	if (r == 0)
		r = platform_review_tasks(&rq->op, rq->principal, &filter, &page);
	return r < 0 ? r : api_page(rq, "tasks", &page, 3);
}

int h_api_platform_review_reminders(struct request *rq)
{
	struct page_ask ask;
	struct json_page page;
	int r = api_page_ask(rq, P_PAGE_AFTER, P_PAGE_LIMIT, 3, &ask);

	if (r == 0)
		r = api_page_read(rq, platform_review_reminders(&rq->op, rq->principal, &ask, &page));
	return r < 0 ? r : api_page(rq, "reminders", &page, 3);
}

static int respond_task(struct request *rq, struct str review_id, struct str platform)
{
	json_t *body;
	int64_t version;
	int r = platform_review_task_get(&rq->op, rq->principal, review_id, platform, &body, &version);

	return r < 0 ? r : api_thing(rq, 200, body, version);
}

int h_api_platform_review_task(struct request *rq)
{
	struct str id;
	int r = api_path_uuid(rq, 0, &id);

	return r < 0 ? r : respond_task(rq, id, rq->path_args[1]);
}

int h_api_platform_review_answer(struct request *rq)
{
	enum { FEATURES, FUNCTIONS, OPERATION, SCOPE, N };
	static const struct api_field fields[N] = {
		[FEATURES] = { "features", API_PROSE, 6000, true },
		[FUNCTIONS] = { "functions", API_PROSE, 6000, true },
		[OPERATION] = { "operation", API_PROSE, 6000, true },
		[SCOPE] = { "scope", API_PROSE, 6000, true },
	};
	struct platform_review_form form = { .platform = rq->path_args[1] };
	struct str v[N];
	int r = api_path_uuid(rq, 0, &form.review_id);

	if (r == 0)
		r = api_if_match(rq, &form.version);
	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r < 0)
		return r;
	form.features = v[FEATURES];
	form.functions = v[FUNCTIONS];
	form.operation = v[OPERATION];
	form.scope = v[SCOPE];
	r = platform_review_answer(&rq->op, rq->principal, &form);
	return r < 0 ? r : respond_task(rq, form.review_id, form.platform);
}

int h_api_platform_review_conclude(struct request *rq)
{
	enum { CONCLUSION, TARGET, BECAUSE, N };
	static const struct api_field fields[N] = {
		[CONCLUSION] = { "conclusion", API_CODE, 12, true },
		[TARGET] = { "target", API_CODE, 16, false },
		[BECAUSE] = { "because", API_PROSE, 4000, true },
	};
	struct platform_review_conclusion c = { .platform = rq->path_args[1] };
	struct str v[N];
	bool needs_target;
	int r = api_path_uuid(rq, 0, &c.review_id);

	if (r == 0)
		r = api_if_match(rq, &c.version);
	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = api_one_of(rq, "conclusion", v[CONCLUSION], "keep|integrate|replace|stop");
	if (r < 0)
		return r;
	needs_target = str_equal(v[CONCLUSION], STR("integrate")) || str_equal(v[CONCLUSION], STR("replace"));
	if (needs_target == str_is_null(v[TARGET]) || str_equal(v[TARGET], c.platform))
		return api_invalid(&rq->op, "target", "another platform is named with integrate and replace, and with no other");
	c.conclusion = v[CONCLUSION];
	c.target = v[TARGET];
	c.because = v[BECAUSE];
	r = platform_review_conclude(&rq->op, rq->principal, &c);
	return r < 0 ? r : respond_task(rq, c.review_id, c.platform);
}
