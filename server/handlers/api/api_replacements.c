/* api_replacements.c: /api/v1/replacements: plans that carry accounts over from one platform to another. */

#include "server/governance/replacement.h"
#include "server/handlers/api/catalogue.h"
#include "server/handlers/api/overlap.h"

#define BATCH_DEFAULT 500

const struct param_spec api_replacements_params[N_REPLACEMENTS_PARAMS] = {
	[P_REPLACEMENTS_STATE] = { "state", 12, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_REPLACEMENTS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_REPLACEMENTS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};
const struct param_spec api_preview_params[N_PREVIEW_PARAMS] = {
	[P_PREVIEW_STEP] = { "step", 12, PARAM_REQUIRED | PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_PREVIEW_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_PREVIEW_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_replacement_list(struct request *rq)
{
	struct json_page page;
	struct str after[2];
	size_t limit;
	int r = api_limit(rq, P_REPLACEMENTS_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_REPLACEMENTS_AFTER, after, 2);
	if (r == 0)
		r = api_one_of(rq, "state", rq_param(rq, P_REPLACEMENTS_STATE), "draft|submitted|approved|finished|cancelled");
	if (r == 0)
		r = replacement_list(&rq->op, rq->principal, rq_param(rq, P_REPLACEMENTS_STATE), after, limit, &page);
	return r < 0 ? r : api_page(rq, "replacements", &page, 2);
}

static int respond_one(struct request *rq, int status, struct str id)
{
	json_t *body;
	int64_t version;
	int r = replacement_get(&rq->op, rq->principal, id, &body, &version);

	return r < 0 ? r : api_thing(rq, status, body, version);
}

/* Each with "old", and "new" or "drop": true: what is dropped is said. */
static int read_roles(struct request *rq, const struct replacement_role **ret_roles, size_t *ret_n)
{
	static const struct api_field fields[] = { { "old", API_CODE, 32, true }, { "new", API_CODE, 32, false }, { "drop", API_BOOL, 0, false } };
	const json_t *array;
	struct replacement_role *roles;
	size_t n;
	int r = api_objects(rq, "roles", REPLACEMENT_ROLES_MAX, &array, &n);

	if (r < 0)
		return r;
	roles = ARENA_ARRAY(rq->op.arena, struct replacement_role, n);
	for (size_t i = 0; i < n; i++) {
		struct str v[ARRAY_LEN(fields)];

		r = api_read_object(rq, json_array_get(array, i), fields, ARRAY_LEN(fields), v);
		if (r < 0)
			return r;
		if (str_is_null(v[1]) != str_equal(v[2], STR("true")))
			return api_invalid(&rq->op, "roles", "each old role has either a new one or drop: true");
		roles[i] = (struct replacement_role){ .old_role = v[0], .new_role = v[1] };
		for (size_t k = 0; k < i; k++)
			if (str_equal(roles[k].old_role, v[0]))
				return api_invalid(&rq->op, "roles", "a role is mapped twice");
	}
	*ret_roles = roles;
	*ret_n = n;
	return 0;
}

int h_api_replacement_add(struct request *rq)
{
	enum { OLD, NEW, UNIT, CUTOVER, BASIS, READ_ONLY, READ_ONLY_ON, HANDOVER_ON, NO_HANDOVER, AUTOMATIC, ROLES, N };
	static const struct api_field fields[N] = {
		[OLD] = { "old", API_CODE, 16, true },         [NEW] = { "new", API_CODE, 16, true },
		[UNIT] = { "unit", API_CODE, 35, false },      [CUTOVER] = { "cutover_on", API_DATE, 10, true },
		[BASIS] = { "basis", API_TEXT, 200, true },    [READ_ONLY] = { "read_only_role", API_CODE, 32, false },
		[READ_ONLY_ON] = { "read_only_on", API_DATE, 10, false },
		[HANDOVER_ON] = { "handover_on", API_DATE, 10, false },
		[NO_HANDOVER] = { "no_handover", API_PROSE, 1000, false },
		[AUTOMATIC] = { "automatic", API_BOOL, 0, false },
		[ROLES] = { "roles", API_OBJECTS, 0, true },
	};
	struct replacement_new plan;
	struct str v[N], id;
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	plan = (struct replacement_new){
		.old_platform = v[OLD],
		.new_platform = v[NEW],
		.unit = v[UNIT],
		.cutover_on = v[CUTOVER],
		.basis = v[BASIS],
		.read_only_role = v[READ_ONLY],
		.read_only_on = v[READ_ONLY_ON],
		.handover_on = v[HANDOVER_ON],
		.no_handover = v[NO_HANDOVER],
		.is_automatic = str_is_null(v[AUTOMATIC]) || str_equal(v[AUTOMATIC], STR("true")),
	};
	r = read_roles(rq, &plan.roles, &plan.n_roles);
	if (r == 0)
		r = replacement_draw(&rq->op, rq->principal, &plan, &id);
	return r < 0 ? r : respond_one(rq, 201, id);
}

int h_api_replacement_get(struct request *rq)
{
	struct str id;
	int r = api_path_uuid(rq, 0, &id);

	return r < 0 ? r : respond_one(rq, 200, id);
}

/* The plan, as it was seen. */
struct replacement_seen {
	struct str id;
	int64_t version;
};

/* What every change of a plan begins with. */
static int read_change(struct request *rq, const struct api_field *fields, size_t n, struct str *v, struct replacement_seen *ret)
{
	int r = api_path_uuid(rq, 0, &ret->id);

	if (r == 0)
		r = api_if_match(rq, &ret->version);
	if (r < 0)
		return r;
	return n == 0 ? api_read_nothing(rq) : api_read(rq, fields, n, v);
}

static int move(struct request *rq, int (*change)(struct op *, const struct principal *, struct str, int64_t))
{
	struct replacement_seen seen;
	int r = read_change(rq, NULL, 0, NULL, &seen);

	if (r == 0)
		r = change(&rq->op, rq->principal, seen.id, seen.version);
	return r < 0 ? r : respond_one(rq, 200, seen.id);
}

int h_api_replacement_submit(struct request *rq)
{
	return move(rq, replacement_submit);
}

int h_api_replacement_cancel(struct request *rq)
{
	return move(rq, replacement_cancel);
}

int h_api_replacement_agree(struct request *rq)
{
	return move(rq, replacement_agree);
}

int h_api_replacement_withdraw(struct request *rq)
{
	return move(rq, replacement_withdraw);
}

int h_api_replacement_approve(struct request *rq)
{
	enum { NO, ON, N };
	static const struct api_field fields[N] = { [NO] = { "decision_no", API_TEXT, 80, false }, [ON] = { "decision_on", API_DATE, 10, false } };
	struct replacement_seen seen;
	struct str v[N];
	int r = read_change(rq, fields, N, v, &seen);

	if (r < 0)
		return r;
	if (str_is_null(v[NO]) != str_is_null(v[ON]))
		return api_invalid(&rq->op, "decision_on", "a decision has a number and a date");
	r = replacement_approve(&rq->op, rq->principal, seen.id, seen.version, &(struct replacement_decision){ v[NO], v[ON] });
	return r < 0 ? catalogue_say(rq, r) : respond_one(rq, 200, seen.id);
}

int h_api_replacement_ask(struct request *rq)
{
	enum { CANCEL, CUTOVER, ROLES, REASON, N };
	static const struct api_field fields[N] = {
		[CANCEL] = { "cancel", API_BOOL, 0, false },
		[CUTOVER] = { "cutover_on", API_DATE, 10, false },
		[ROLES] = { "roles", API_OBJECTS, 0, false },
		[REASON] = { "reason", API_PROSE, 1000, true },
	};
	struct replacement_change change;
	struct replacement_seen seen;
	struct str v[N];
	int r = read_change(rq, fields, N, v, &seen);

	if (r < 0)
		return r;
	change = (struct replacement_change){ .is_cancel = str_equal(v[CANCEL], STR("true")), .cutover_on = v[CUTOVER], .reason = v[REASON] };
	if (json_object_get(rq->json, "roles"))
		r = read_roles(rq, &change.roles, &change.n_roles);
	if (r == 0)
		r = replacement_ask(&rq->op, rq->principal, seen.id, seen.version, &change);
	return r < 0 ? r : respond_one(rq, 200, seen.id);
}

int h_api_replacement_hand_over(struct request *rq)
{
	enum { ON, EVIDENCE, N };
	static const struct api_field fields[N] = { [ON] = { "on", API_DATE, 10, true }, [EVIDENCE] = { "evidence", API_PROSE, 1000, true } };
	struct replacement_seen seen;
	struct str v[N];
	int r = read_change(rq, fields, N, v, &seen);

	if (r == 0)
		r = replacement_hand_over(&rq->op, rq->principal, seen.id, seen.version, &(struct replacement_handover){ v[ON], v[EVIDENCE] });
	return r < 0 ? r : respond_one(rq, 200, seen.id);
}

int h_api_replacement_preview(struct request *rq)
{
	struct json_page page;
	struct str after[2], id;
	size_t limit;
	int r = api_path_uuid(rq, 0, &id);

	if (r == 0)
		r = api_limit(rq, P_PREVIEW_LIMIT, &limit);
	if (r == 0)
		r = api_after(rq, P_PREVIEW_AFTER, after, 2);
	if (r == 0)
		r = api_one_of(rq, "step", rq_param(rq, P_PREVIEW_STEP), "grant|read_only|revoke|waiting");
	if (r == 0)
		r = replacement_preview(&rq->op, rq->principal, id, rq_param(rq, P_PREVIEW_STEP), after, limit, &page);
	return r < 0 ? r : api_page(rq, "grants", &page, 2);
}

static int read_run(struct request *rq, enum replacement_step *ret_step, size_t *ret_limit)
{
	enum { STEP, LIMIT, N };
	static const struct api_field fields[N] = { [STEP] = { "step", API_CODE, 12, true }, [LIMIT] = { "limit", API_INT, 0, false } };
	static const struct str names[] = { [REPLACEMENT_GRANT] = STR("grant"), [REPLACEMENT_READ_ONLY] = STR("read_only"), [REPLACEMENT_REVOKE] = STR("revoke") };
	uint64_t limit = BATCH_DEFAULT;
	struct str v[N];
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	if (!str_is_null(v[LIMIT]) && (!str_to_u64(v[LIMIT], REPLACEMENT_BATCH_MAX, &limit) || limit == 0))
		return api_invalid(&rq->op, "limit", "limit is a number from 1 to 2000");
	*ret_limit = (size_t)limit;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		*ret_step = (enum replacement_step)i;
		if (str_equal(names[i], v[STEP]))
			return 0;
	}
	return api_invalid(&rq->op, "step", "step is grant, read_only or revoke");
}

int h_api_replacement_run(struct request *rq)
{
	struct replacement_run run;
	enum replacement_step step = REPLACEMENT_GRANT;
	struct str id;
	size_t limit = 0;
	int r = api_path_uuid(rq, 0, &id);

	if (r == 0)
		r = read_run(rq, &step, &limit);
	if (r == 0)
		r = replacement_run(&rq->op, rq->principal, id, step, limit, &run);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *left = json_new_object();

	json_set_int(body, "done", run.done);
	json_set_bool(body, "finished", run.is_finished);
	json_set_int(left, "grant", run.left.to_grant);
	json_set_int(left, "read_only", run.left.to_read_only);
	json_set_int(left, "revoke", run.left.to_revoke);
	json_set_int(left, "waiting", run.left.waiting);
	json_set_int(left, "unmapped", run.left.unmapped);
	json_set_take(body, "left", left);
	return respond_json(rq, 200, body);
}
