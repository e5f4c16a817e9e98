/* api_observe.c: /api/v1/platforms/{code}/observations, …/observation-plan and …/findings; /api/v1/observations/{id}. */
#include "server/governance/observations.h"
#include "server/handlers/api/observe.h"
#include "server/handlers/api/overlap.h"

#define SITUATIONS "unlinked|unmatched|disputed|collision|missing|differing"
#define DECISIONS "ignore|adopt|remove"
#define ATTRIBUTES_MAX 100

const struct param_spec api_findings_params[N_FINDINGS_PARAMS] = {
	[P_FINDINGS_SITUATION] = { "situation", 10, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_FINDINGS_DECISION] = { "decision", 10, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_FINDINGS_AFTER] = PARAM_AFTER,
	[P_FINDINGS_LIMIT] = PARAM_LIMIT,
};

static int number_or_not_found(struct request *rq, struct str text)
{
	uint64_t id;

	return str_to_u64(text, INT64_MAX, &id) ? 0 : op_fail(&rq->op, ERR_NOT_FOUND, "no such thing");
}

static int respond(struct request *rq, int r, int status, json_t *body)
{
	_json_ json_t *owned = r < 0 ? NULL : body;

	return r < 0 ? r : respond_json(rq, status, owned);
}

int h_api_observation_list(struct request *rq)
{
	struct json_page page;
	struct str after;
	size_t limit;
	int r = api_limit(rq, P_PAGE_LIMIT, &limit);

	if (r == 0)
		r = api_after_number(rq, P_PAGE_AFTER, INT64_MAX, &after);
	if (r == 0)
		r = observation_list(&rq->op, rq->principal, rq->path_args[0], after, limit, &page);
	return r < 0 ? r : api_page(rq, "observations", &page, 1);
}

int h_api_observation_request(struct request *rq)
{
	json_t *run = NULL;
	int r = api_read_nothing(rq);

	if (r == 0)
		r = observation_request(&rq->op, rq->principal, rq->path_args[0], &run);
	return respond(rq, r, 201, run);
}

static int decide(struct request *rq, bool is_released)
{
	static const struct api_field fields[] = { { "reason", API_TEXT, 1000, true } };
	struct str reason;
	json_t *run = NULL;
	int r = number_or_not_found(rq, rq->path_args[0]);

	if (r == 0)
		r = api_read(rq, fields, ARRAY_LEN(fields), &reason);
	if (r == 0)
		r = observation_decide(&rq->op, rq->principal, rq->path_args[0], is_released, reason, &run);
	return respond(rq, r, 200, run);
}

int h_api_observation_release(struct request *rq)
{
	return decide(rq, true);
}

int h_api_observation_reject(struct request *rq)
{
	return decide(rq, false);
}

static int respond_plan(struct request *rq)
{
	json_t *body;
	int64_t version;
	int r = observe_plan_get(&rq->op, rq->principal, rq->path_args[0], &body, &version);

	return r < 0 ? r : api_thing(rq, 200, body, version);
}

int h_api_observe_plan_get(struct request *rq)
{
	return respond_plan(rq);
}

/* Every one declared, each once. */
static int read_attributes(struct request *rq, json_t **ret)
{
	static const struct api_field fields[] = { { "attribute", API_TEXT, 200, true }, { "rule", API_CODE, 10, true } };
	const json_t *given = json_object_get(rq->json, "attributes");
	const json_t *item;
	size_t i;

	*ret = NULL;
	if (!given)
		return 0;
	if (!json_is_array(given) || json_array_size(given) > ATTRIBUTES_MAX)
		return api_invalid(&rq->op, "attributes", "a list of at most 100");
	*ret = json_new_object();
	json_array_foreach(given, i, item) {
		struct str v[2];
		int r = json_is_object(item) ? api_read_object(rq, item, fields, 2, v) : api_invalid(&rq->op, "attributes", "objects are needed");

		if (r == 0)
			r = api_one_of(rq, "rule", v[1], "enforce|report|ignore");
		if (r < 0)
			return r;
		if (json_object_get(*ret, arena_cstr(rq->op.arena, v[0])))
			return api_invalid(&rq->op, "attributes", "one is there twice");
		json_set_str(*ret, arena_cstr(rq->op.arena, v[0]), v[1]);
	}
	return 0;
}

static json_t *as_rows(const json_t *rules)
{
	json_t *list = json_new_array();
	const char *name;
	json_t *rule;

	json_object_foreach((json_t *)(uintptr_t)rules, name, rule)
		json_array_append_new(list, json_pack("{s:s, s:O}", "attribute", name, "rule", rule));
	return list;
}

static bool is_time(struct str s)
{
	uint64_t h, m;

	return s.len == 5 && s.p[2] == ':' && str_to_u64(str_n(s.p, 2), 23, &h) && str_to_u64(str_n(s.p + 3, 2), 59, &m);
}

static int check_times(struct request *rq, struct str every_s, struct str at, struct str short_percent)
{
	uint64_t n;

	if (!str_is_null(every_s) && (!str_to_u64(every_s, 604800, &n) || n < 60))
		return api_invalid(&rq->op, "every_s", "60 to 604800");
	if (!str_is_null(short_percent) && !str_to_u64(short_percent, 100, &n))
		return api_invalid(&rq->op, "short_percent", "0 to 100");
	if (!str_is_null(at) && !str_equal(at, STR("any")) && !is_time(at))
		return api_invalid(&rq->op, "at", "HH:MM, or any");
	return 0;
}

int h_api_observe_plan_set(struct request *rq)
{
	enum { ENABLED, EVERY, AT, SHORT, ATTRIBUTES, N };
	static const struct api_field fields[N] = {
		[ENABLED] = { "enabled", API_BOOL, 5, true },
		[EVERY] = { "every_s", API_INT, 6, false },
		[AT] = { "at", API_TEXT, 8, false },
		[SHORT] = { "short_percent", API_INT, 3, false },
		[ATTRIBUTES] = { "attributes", API_OBJECTS, 0, false },
	};
	struct observe_plan_change change = { .platform = rq->path_args[0] };
	_json_ json_t *rules = NULL;
	_json_ json_t *rows = NULL;
	struct str v[N];
	int r = api_if_match(rq, &change.version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = read_attributes(rq, &rules);
	if (r < 0)
		return r;
	r = check_times(rq, v[EVERY], v[AT], v[SHORT]);
	if (r < 0)
		return r;
	change.enabled = str_equal(v[ENABLED], STR("true"));
	change.every_s = v[EVERY];
	change.at = !str_is_null(v[AT]) && str_equal(v[AT], STR("any")) ? STR("") : v[AT];
	change.short_percent = v[SHORT];
	rows = rules ? as_rows(rules) : NULL;
	change.attributes = rows;
	r = observe_plan_set(&rq->op, rq->principal, &change);
	return r < 0 ? r : respond_plan(rq);
}

int h_api_finding_list(struct request *rq)
{
	struct finding_filter filter = { .platform = rq->path_args[0], .situation = rq_param(rq, P_FINDINGS_SITUATION),
		                         .decision = rq_param(rq, P_FINDINGS_DECISION) };
	struct json_page page;
	int r = api_limit(rq, P_FINDINGS_LIMIT, &filter.limit);

	if (r == 0)
		r = api_after_number(rq, P_FINDINGS_AFTER, INT64_MAX, &filter.after);
	if (r == 0)
		r = api_one_of(rq, "situation", filter.situation, SITUATIONS);
	if (r == 0)
		r = api_one_of(rq, "decision", filter.decision, "none|" DECISIONS);
	if (r == 0)
		r = finding_list(&rq->op, rq->principal, &filter, &page);
	return r < 0 ? r : api_page(rq, "findings", &page, 1);
}

int h_api_finding_decide(struct request *rq)
{
	enum { DECISION, LOGIN, REASON, N };
	static const struct api_field fields[N] = {
		[DECISION] = { "decision", API_CODE, 10, true },
		[LOGIN] = { "login", API_CODE, 32, false },
		[REASON] = { "reason", API_TEXT, 1000, true },
	};
	struct finding_decision d = { .platform = rq->path_args[0], .id = rq->path_args[1] };
	json_t *finding = NULL;
	struct str v[N];
	int r = number_or_not_found(rq, d.id);

	if (r == 0)
		r = api_if_match(rq, &d.version);
	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = api_one_of(rq, "decision", v[DECISION], DECISIONS);
	if (r < 0)
		return r;
	d.decision = v[DECISION];
	d.login = v[LOGIN];
	d.reason = v[REASON];
	r = finding_decide(&rq->op, rq->principal, &d, &finding);
	return respond(rq, r, 200, finding);
}

int h_api_finding_confirm(struct request *rq)
{
	struct finding_confirmation c = { .platform = rq->path_args[0], .id = rq->path_args[1] };
	json_t *finding = NULL;
	int r = number_or_not_found(rq, c.id);

	if (r == 0)
		r = api_if_match(rq, &c.version);
	if (r == 0)
		r = api_read_nothing(rq);
	if (r == 0)
		r = finding_confirm(&rq->op, rq->principal, &c, &finding);
	return respond(rq, r, 200, finding);
}
