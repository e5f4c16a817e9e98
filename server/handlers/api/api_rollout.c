/* api_rollout.c: /api/v1/platforms/{code}/rollout and /api/v1/rollout: the matrix platform × unit. */

#include "server/governance/rollout.h"
#include "server/handlers/api/catalogue.h"

#define STATES "planned|in_progress|done|not_applicable"

const struct param_spec api_rollout_params[N_ROLLOUT_PARAMS] = {
	[P_ROLLOUT_AFTER] = PARAM_AFTER,
	[P_ROLLOUT_LIMIT] = PARAM_LIMIT,
	[P_ROLLOUT_STATE] = { "state", 20, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

static int read_filter(struct request *rq, struct rollout_filter *f)
{
	int r = api_limit(rq, P_ROLLOUT_LIMIT, &f->limit);

	f->state = STR_NULL;
	return r < 0 ? r : api_after(rq, P_ROLLOUT_AFTER, &f->after, 1);
}

int h_api_platform_rollout(struct request *rq)
{
	_json_ json_t *body = json_new_object();
	struct rollout_filter filter;
	json_t *summary, *list;
	int r = read_filter(rq, &filter);

	if (r < 0)
		return r;
	filter.state = rq_param(rq, P_ROLLOUT_STATE);
	r = catalogue_one_of(rq, "state", filter.state, "none|" STATES);
	if (r == 0)
		r = rollout_summary(&rq->op, rq->path_args[0], &summary);
	if (r < 0)
		return r;
	json_set_take(body, "summary", summary);
	r = rollout_of_platform(&rq->op, rq->principal, rq->path_args[0], &filter, &list);
	if (r < 0)
		return r;
	catalogue_page(rq, body, "units", list, filter.limit, (const char *[2]){ "unit", NULL });
	return respond_json(rq, 200, body);
}

int h_api_platform_rollout_plan(struct request *rq)
{
	enum { UNIT_KIND, PLANNED_ON, N };
	static const struct api_field fields[N] = {
		[UNIT_KIND] = { "unit_kind", API_CODE, 20, true },
		[PLANNED_ON] = { "planned_on", API_DATE, 10, false },
	};
	struct str v[N];
	int64_t n;
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = catalogue_one_of(rq, "unit_kind", v[UNIT_KIND], "department|commune|ward|division");
	if (r == 0)
		r = rollout_plan(&rq->op, rq->principal, rq->path_args[0], v[UNIT_KIND], v[PLANNED_ON], &n);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	json_set_int(body, "planned", n);
	return respond_json(rq, 201, body);
}

enum { STATE, PLANNED_ON, STARTED_ON, DONE_ON, NOTE, N_CELL };

int h_api_platform_rollout_set(struct request *rq)
{
	static const struct api_field fields[N_CELL] = {
		[STATE] = { "state", API_CODE, 20, true },
		[PLANNED_ON] = { "planned_on", API_DATE, 10, false },
		[STARTED_ON] = { "started_on", API_DATE, 10, false },
		[DONE_ON] = { "done_on", API_DATE, 10, false },
		[NOTE] = { "note", API_PROSE, 1000, false },
	};
	struct str v[N_CELL];
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read(rq, fields, N_CELL, v);
	if (r == 0)
		r = catalogue_one_of(rq, "state", v[STATE], STATES);
	if (r < 0)
		return r;
	if (str_equal(v[STATE], STR("done")) == str_is_null(v[DONE_ON]))
		return api_invalid(&rq->op, "done_on", "the date belongs to the state done");
	const struct rollout_cell cell = {
		.platform = rq->path_args[0],
		.unit = rq->path_args[1],
		.state = v[STATE],
		.planned_on = v[PLANNED_ON],
		.started_on = v[STARTED_ON],
		.done_on = v[DONE_ON],
		.note = v[NOTE],
	};
	r = rollout_set(&rq->op, rq->principal, &cell, version, &version);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "platform", cell.platform);
	api_set(body, "unit", cell.unit);
	api_set(body, "state", cell.state);
	json_set_int(body, "version", version);
	api_etag(rq, version);
	return respond_json(rq, 200, body);
}

int h_api_rollout(struct request *rq)
{
	struct rollout_filter filter;
	json_t *list;
	int r = read_filter(rq, &filter);

	if (r == 0)
		r = rollout_by_unit(&rq->op, rq->principal, &filter, &list);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	catalogue_page(rq, body, "units", list, filter.limit, (const char *[2]){ "unit", NULL });
	return respond_json(rq, 200, body);
}

int h_api_rollout_platforms(struct request *rq)
{
	struct rollout_filter filter;
	json_t *list;
	int r = read_filter(rq, &filter);

	if (r == 0)
		r = rollout_by_platform(&rq->op, filter.after, filter.limit, &list);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	catalogue_page(rq, body, "platforms", list, filter.limit, (const char *[2]){ "platform", NULL });
	return respond_json(rq, 200, body);
}

int h_api_rollout_unit(struct request *rq)
{
	json_t *list;
	int r = rollout_of_unit(&rq->op, rq->principal, rq->path_args[0], &list);

	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "unit", rq->path_args[0]);
	json_set_take(body, "platforms", list);
	return respond_json(rq, 200, body);
}
