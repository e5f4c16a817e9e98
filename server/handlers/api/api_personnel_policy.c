/* api_personnel_policy.c: /api/v1/personnel-policy, and /api/v1/vanished: persons that the personnel feed lost. */

#include "server/governance/personnel_policy.h"
#include "server/governance/vanished.h"
#include "server/handlers/api/personnel.h"

static json_t *policy_json(const struct personnel_rules *rules)
{
	const struct personnel_policy *p = &rules->policy;
	json_t *json = json_new_object(), *handovers = json_new_array(), *graces = json_new_array();

	json_set_int(json, "version", p->version);
	json_set_bool(json, "admin_accounts_only", p->admin_accounts_only);
	json_set_int(json, "unused_report_days", p->unused_report_days);
	json_set_int(json, "unused_disable_days", p->unused_disable_days);
	json_set_int(json, "reapprove_after_days", p->reapprove_after_days);
	json_set_int(json, "vanished_max_n", p->vanished_max_n);
	json_set_int(json, "vanished_max_percent", p->vanished_max_percent);
	json_set_int(json, "checkout_max_minutes", p->checkout_max_minutes);
	json_set_bool(json, "review_automatic", p->review_automatic);
	json_set_bool(json, "review_suspends", p->review_suspends);
	json_set_int(json, "review_accounts_months", p->review_accounts_months);
	json_set_int(json, "review_answer_days", p->review_answer_days);
	for (size_t i = 0; i < rules->n_handovers; i++) {
		json_t *item = json_new_object();

		api_set(item, "platform", rules->handovers[i].platform);
		json_set_int(item, "days", rules->handovers[i].days);
		json_array_append_new(handovers, item);
	}
	for (size_t i = 0; i < rules->n_graces; i++) {
		json_t *item = json_new_object();

		api_set(item, "platform", rules->graces[i].platform);
		api_set(item, "role", rules->graces[i].role);
		api_set(item, "rank", rules->graces[i].rank);
		json_set_int(item, "months", rules->graces[i].months);
		json_array_append_new(graces, item);
	}
	json_set_take(json, "handover", handovers);
	json_set_take(json, "grace", graces);
	return json;
}

int h_api_personnel_policy(struct request *rq)
{
	struct personnel_rules rules;
	int r = personnel_rules_get(&rq->op, &rules);

	if (r < 0)
		return r;

	_json_ json_t *body = policy_json(&rules);

	api_etag(rq, rules.policy.version);
	return respond_json(rq, 200, body);
}

/* STR_NULL leaves the number as it is. */
static int number(struct op *op, const char *field, struct str text, uint64_t max, int64_t *value)
{
	uint64_t n;

	if (str_is_null(text))
		return 0;
	if (!str_to_u64(text, max, &n))
		return api_invalid(op, field, "the number is too large");
	*value = (int64_t)n;
	return 0;
}

static void flag(struct str text, bool *value)
{
	if (!str_is_null(text))
		*value = str_equal(text, STR("true"));
}

int h_api_personnel_policy_set(struct request *rq)
{
	enum { ADMIN, REVIEWS, SUSPENDS, REPORT, DISABLE, REAPPROVE, MAX_N, MAX_PERCENT, CHECKOUT, REVIEW_MONTHS, REVIEW_DAYS, N };
	static const struct api_field fields[N] = {
		[ADMIN] = { "admin_accounts_only", API_BOOL, 0, false },
		[REVIEWS] = { "review_automatic", API_BOOL, 0, false },
		[SUSPENDS] = { "review_suspends", API_BOOL, 0, false },
		[REPORT] = { "unused_report_days", API_INT, 0, false },
		[DISABLE] = { "unused_disable_days", API_INT, 0, false },
		[REAPPROVE] = { "reapprove_after_days", API_INT, 0, false },
		[MAX_N] = { "vanished_max_n", API_INT, 0, false },
		[MAX_PERCENT] = { "vanished_max_percent", API_INT, 0, false },
		[CHECKOUT] = { "checkout_max_minutes", API_INT, 0, false },
		[REVIEW_MONTHS] = { "review_accounts_months", API_INT, 0, false },
		[REVIEW_DAYS] = { "review_answer_days", API_INT, 0, false },
	};
	static const uint64_t max[N] = { [REPORT] = 3650, [DISABLE] = 3650, [REAPPROVE] = 3650, [MAX_N] = 1000000, [MAX_PERCENT] = 100,
		                         [CHECKOUT] = 1440, [REVIEW_MONTHS] = 12, [REVIEW_DAYS] = 90 };
	struct personnel_rules rules;
	int64_t seen;
	struct str v[N];
	int r = api_if_match(rq, &seen);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = personnel_rules_get(&rq->op, &rules);
	if (r < 0)
		return r;
	int64_t *const values[N] = { [REPORT] = &rules.policy.unused_report_days, [DISABLE] = &rules.policy.unused_disable_days,
		                     [REAPPROVE] = &rules.policy.reapprove_after_days, [MAX_N] = &rules.policy.vanished_max_n,
		                     [MAX_PERCENT] = &rules.policy.vanished_max_percent, [CHECKOUT] = &rules.policy.checkout_max_minutes,
		                     [REVIEW_MONTHS] = &rules.policy.review_accounts_months, [REVIEW_DAYS] = &rules.policy.review_answer_days };
	for (size_t i = REPORT; i < N && r == 0; i++)
		r = number(&rq->op, fields[i].name, v[i], max[i], values[i]);
	if (r == 0 && rules.policy.unused_disable_days < rules.policy.unused_report_days)
		r = api_invalid(&rq->op, "unused_disable_days", "not before the report");
	flag(v[ADMIN], &rules.policy.admin_accounts_only);
	flag(v[REVIEWS], &rules.policy.review_automatic);
	flag(v[SUSPENDS], &rules.policy.review_suspends);
	if (r == 0 && (rules.policy.review_accounts_months < 1 || rules.policy.review_answer_days < 7))
		r = api_invalid(&rq->op, rules.policy.review_accounts_months < 1 ? "review_accounts_months" : "review_answer_days", "the number is too small");
	rules.policy.version = seen;
	if (r == 0)
		r = personnel_policy_set(&rq->op, rq->principal, &rules.policy);
	return r < 0 ? r : h_api_personnel_policy(rq);
}

int h_api_personnel_handover_set(struct request *rq)
{
	enum { PLATFORM, DAYS, N };
	static const struct api_field fields[N] = {
		[PLATFORM] = { "platform", API_CODE, 16, true },
		[DAYS] = { "days", API_INT, 0, true },
	};
	struct handover_rule rule;
	struct str v[N];
	int r = api_if_match(rq, &rule.version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = number(&rq->op, "days", v[DAYS], 30, &rule.days);
	if (r < 0)
		return r;
	rule.platform = v[PLATFORM];
	r = handover_rule_set(&rq->op, rq->principal, &rule);
	return r < 0 ? r : h_api_personnel_policy(rq);
}

int h_api_personnel_grace_set(struct request *rq)
{
	enum { PLATFORM, ROLE, RANK, MONTHS, N };
	static const struct api_field fields[N] = {
		[PLATFORM] = { "platform", API_CODE, 16, true },
		[ROLE] = { "role", API_CODE, 32, true },
		[RANK] = { "rank", API_CODE, 20, true },
		[MONTHS] = { "months", API_INT, 0, true },
	};
	struct grace_rule rule;
	struct str v[N];
	enum lc_rank rank;
	int r = api_if_match(rq, &rule.version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = number(&rq->op, "months", v[MONTHS], 36, &rule.months);
	if (r == 0 && !lc_rank_from_name(v[RANK], &rank))
		r = api_invalid(&rq->op, "rank", "no such rank");
	if (r < 0)
		return r;
	rule.platform = v[PLATFORM];
	rule.role = v[ROLE];
	rule.rank = v[RANK];
	r = grace_rule_set(&rq->op, rq->principal, &rule);
	return r < 0 ? r : h_api_personnel_policy(rq);
}

int h_api_personnel_vanished(struct request *rq)
{
	struct vanished_page page;
	struct str after[2], keys[2];
	size_t limit;
	int r = api_limit(rq, P_PAGE_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_PAGE_AFTER, after, 2);
	if (r == 0)
		r = vanished_list(&rq->op, rq->principal, after, limit, &page);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();

	for (size_t i = 0; i < page.n; i++) {
		const struct vanished_entry *e = &page.entries[i];
		json_t *item = json_new_object();

		api_set(item, "employee_code", e->employee_code);
		api_set(item, "full_name", e->full_name);
		api_set(item, "unit", e->unit_code);
		api_set(item, "feed", e->feed);
		api_set(item, "marked_at", e->marked_at);
		api_set(item, "movement", e->movement_id);
		json_array_append_new(list, item);
		keys[0] = e->marked_at;
		keys[1] = e->employee_code;
	}
	json_set_take(body, "vanished", list);
	api_next(rq, body, page.has_more ? keys : NULL, 2);
	return respond_json(rq, 200, body);
}

int h_api_personnel_vanished_decide(struct request *rq)
{
	enum { DECISION, REASON, N };
	static const struct api_field fields[N] = {
		[DECISION] = { "decision", API_CODE, 8, true },
		[REASON] = { "reason", API_TEXT, 300, true },
	};
	struct str v[N];
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = personnel_check_word(&rq->op, "decision", v[DECISION], "keep|left");
	if (r == 0)
		r = vanished_decide(&rq->op, rq->principal, rq->path_args[0], str_equal(v[DECISION], STR("keep")), v[REASON]);
	return r < 0 ? r : respond_empty(rq, 204);
}
