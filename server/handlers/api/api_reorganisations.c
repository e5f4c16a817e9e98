/* api_reorganisations.c: /api/v1/reorganisations: drawing up, planning, approving, withdrawing. */

#include "common/base/random.h"
#include "server/governance/reorganising.h"
#include "server/handlers/api/organise.h"

#define QUERY_ONLY (PARAM_PRINTABLE | PARAM_QUERY_ONLY)
#define STEPS_DEPTH 8

const struct param_spec api_reorgs_params[N_REORGS_PARAMS] = {
	[P_REORGS_STATE] = { "state", 10, QUERY_ONLY },
	[P_REORGS_AFTER] = { "after", API_AFTER_MAX, QUERY_ONLY },
	[P_REORGS_LIMIT] = { "limit", 3, QUERY_ONLY },
};

static json_t *reorg_json(const struct reorg *r, bool whole)
{
	json_t *json = json_new_object();

	api_set(json, "id", r->id);
	api_set(json, "title", r->title);
	api_set(json, "decision_no", r->decision_no);
	api_set(json, "decision_on", r->decision_on);
	api_set(json, "effective_on", r->effective_on);
	api_set(json, "execute_at", r->execute_at);
	api_set(json, "state", r->state);
	json_set_int(json, "version", r->version);
	api_set(json, "drawn_up_by", r->drawn_up_by);
	api_set(json, "drawn_up_at", r->drawn_up_at);
	api_set(json, "planned_by", r->planned_by);
	api_set(json, "planned_at", r->planned_at);
	api_set(json, "plan_hash", r->plan_hash);
	json_set_int(json, "operations", r->n_ops);
	json_set_int(json, "blocking", r->n_blocking);
	json_set_int(json, "done", r->done_n);
	api_set(json, "approved_by", r->approved_by);
	api_set(json, "approved_at", r->approved_at);
	api_set(json, "started_at", r->started_at);
	api_set(json, "ended_at", r->ended_at);
	if (whole) {
		json_set_take(json, "steps", json_read(r->steps, STEPS_DEPTH, NULL));
		json_set_take(json, "report", json_read(r->report, STEPS_DEPTH, NULL));
	}
	return json;
}

static int respond_reorg(struct request *rq, int status, const struct reorg *r)
{
	_json_ json_t *body = reorg_json(r, true);

	api_etag(rq, r->version);
	return respond_json(rq, status, body);
}

/* The one in the path, as far as the principal may see it. */
static int find(struct request *rq, struct reorg *ret)
{
	if (!uuid_is_valid(rq->path_args[0]))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such reorganisation");
	return reorg_get(&rq->op, rq->path_args[0], rq->principal->account_id, ret);
}

/* The same for a change, in the version that the caller saw. */
static int find_seen(struct request *rq, struct reorg *ret)
{
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = find(rq, ret);
	if (r < 0)
		return r;
	return ret->version == version ? 0 : api_changed_meanwhile(&rq->op);
}

static int read_draft(struct request *rq, struct reorg_draft *draft, struct reorg_steps *steps)
{
	enum { TITLE, DECISION_NO, DECISION_ON, EFFECTIVE_ON, EXECUTE_AT, STEPS, N };
	static const struct api_field fields[N] = {
		[TITLE] = { "title", API_TEXT, 600, true },
		[DECISION_NO] = { "decision_no", API_TEXT, 80, true },
		[DECISION_ON] = { "decision_on", API_DATE, 10, true },
		[EFFECTIVE_ON] = { "effective_on", API_DATE, 10, false },
		[EXECUTE_AT] = { "execute_at", API_STAMP, 25, true },
		[STEPS] = { "steps", API_OBJECTS, 0, true },
	};
	const json_t *array;
	struct str v[N];
	size_t n;
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = api_objects(rq, "steps", REORG_STEPS_MAX, &array, &n);
	if (r == 0)
		r = reorg_steps_read(&rq->op, array, steps);
	if (r < 0)
		return r;
	*draft = (struct reorg_draft){ .title = v[TITLE], .decision_no = v[DECISION_NO], .decision_on = v[DECISION_ON],
		.effective_on = v[EFFECTIVE_ON], .execute_at = v[EXECUTE_AT], .steps_json = json_write(rq->op.arena, array, false), .steps = steps };
	return 0;
}

int h_api_reorgs_add(struct request *rq)
{
	struct reorg_draft draft;
	struct reorg_steps steps;
	struct reorg now;
	int r = read_draft(rq, &draft, &steps);

	if (r == 0)
		r = reorganising_draw_up(&rq->op, rq->principal, &draft, &now);
	return r < 0 ? r : respond_reorg(rq, 201, &now);
}

int h_api_reorgs_edit(struct request *rq)
{
	struct reorg_draft draft;
	struct reorg_steps steps;
	struct reorg seen, now;
	int r = find_seen(rq, &seen);

	if (r == 0)
		r = read_draft(rq, &draft, &steps);
	if (r == 0)
		r = reorganising_edit(&rq->op, rq->principal, &seen, &draft, &now);
	return r < 0 ? r : respond_reorg(rq, 200, &now);
}

int h_api_reorgs_get(struct request *rq)
{
	struct reorg reorg;
	int r = find(rq, &reorg);

	return r < 0 ? r : respond_reorg(rq, 200, &reorg);
}

static bool is_state(struct str word)
{
	static const struct str states[] = {
		STR("draft"), STR("planned"), STR("approved"), STR("running"), STR("done"), STR("stale"), STR("withdrawn") };
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		found = found || str_equal(states[i], word);
	return found;
}

int h_api_reorgs_list(struct request *rq)
{
	const struct reorg *all;
	struct str after[1], keys[2] = { STR_NULL, STR_NULL };
	size_t limit, n;
	int r = api_limit(rq, P_REORGS_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_REORGS_AFTER, after, 1);
	if (r < 0)
		return r;
	if (!str_is_null(after[0]) && !uuid_is_valid(after[0]))
		return api_invalid(&rq->op, "after", "not a value of next");
	if (!str_is_null(rq_param(rq, P_REORGS_STATE)) && !is_state(rq_param(rq, P_REORGS_STATE)))
		return api_invalid(&rq->op, "state", "no such state");
	keys[0] = keys[1] = after[0];
	r = reorg_list(&rq->op, rq->principal->account_id, rq_param(rq, P_REORGS_STATE), keys, limit + 1, &all, &n);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();

	for (size_t i = 0; i < n && i < limit; i++)
		json_array_append_new(list, reorg_json(&all[i], false));
	json_set_take(body, "reorganisations", list);
	api_next(rq, body, n > limit ? &all[limit - 1].id : NULL, 1);
	return respond_json(rq, 200, body);
}

int h_api_reorgs_plan(struct request *rq)
{
	struct reorg seen, now;
	int r = api_read_nothing(rq);

	if (r == 0)
		r = find_seen(rq, &seen);
	if (r == 0)
		r = reorganising_plan(&rq->op, rq->principal, &seen, &now);
	return r < 0 ? r : respond_reorg(rq, 200, &now);
}

int h_api_reorgs_approve(struct request *rq)
{
	static const struct api_field fields[] = { { "plan_hash", API_CODE, 64, true } };
	struct reorg seen, now;
	struct str hash;
	int r = api_read(rq, fields, ARRAY_LEN(fields), &hash);

	if (r == 0)
		r = find_seen(rq, &seen);
	if (r == 0)
		r = reorganising_approve(&rq->op, rq->principal, &seen, hash, &now);
	return r < 0 ? r : respond_reorg(rq, 200, &now);
}

int h_api_reorgs_withdraw(struct request *rq)
{
	static const struct api_field fields[] = { { "reason", API_TEXT, 300, true } };
	struct reorg seen, now;
	struct str reason;
	int r = api_read(rq, fields, ARRAY_LEN(fields), &reason);

	if (r == 0)
		r = find_seen(rq, &seen);
	if (r == 0)
		r = reorganising_withdraw(&rq->op, rq->principal, &seen, reason, &now);
	return r < 0 ? r : respond_reorg(rq, 200, &now);
}
