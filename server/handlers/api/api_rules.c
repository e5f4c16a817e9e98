/* api_rules.c: /api/v1/rules and /api/v1/position-classes. */

#include "server/governance/rules.h"
#include "server/handlers/api/granting.h"

#define ME P_STR(rq->principal->account_id)

const struct param_spec api_rule_preview_params[N_PREVIEW_PARAMS] = {
	[P_PREVIEW_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_PREVIEW_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_PREVIEW_RETIRE] = { "retire", 5, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_rules_list(struct request *rq)
{
	const struct db_param params[] = { ME };

	return api_governed_page(rq, &(struct api_governed_page){ "rules", rule_list, params, ARRAY_LEN(params), 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_rules_get(struct request *rq)
{
	struct str id;
	int r = api_path_id(rq, 0, &id);

	return r < 0 ? r : api_one(rq, rule_versions, (const struct db_param[]){ ME, P_STR(id) }, 2);
}

enum { CODE, NAME, BASIS, UNIT, UNIT_KINDS, TITLES, CLASSES, POST_KINDS, PERSON_KINDS, ROLES, VALID_FROM, VALID_TO, N };

/* What a draft says; the code only for a new rule, and which rule would change only where that is asked. */
static int read_fields(struct request *rq, struct str *v, bool with_code, bool with_rule)
{
	struct api_field fields[N + 1] = {
		[CODE] = { "code", API_CODE, 40, with_code },
		[NAME] = { "name", API_TEXT, 400, !with_rule },
		[BASIS] = { "basis", API_TEXT, 300, !with_rule },
		[UNIT] = { "unit", API_CODE, 35, true },
		[UNIT_KINDS] = { "unit_kinds", API_LIST, 0, false },
		[TITLES] = { "titles", API_LIST, 0, false },
		[CLASSES] = { "classes", API_LIST, 0, false },
		[POST_KINDS] = { "post_kinds", API_LIST, 0, false },
		[PERSON_KINDS] = { "person_kinds", API_LIST, 0, false },
		[ROLES] = { "roles", API_LIST, 0, true },
		[VALID_FROM] = { "valid_from", API_DATE, 10, false },
		[VALID_TO] = { "valid_to", API_DATE, 10, false },
		[N] = { "rule", API_UUID, 36, false },
	};
	size_t first = with_code ? CODE : NAME, behind = with_rule ? N + 1 : N;
	int r = api_read(rq, fields + first, behind - first, v + first);

	for (size_t i = UNIT_KINDS; i <= ROLES && r == 0; i++)
		r = api_texts(rq, fields[i].name, &v[i]);
	return r;
}

static int read_draft(struct request *rq, bool with_code, struct str *v)
{
	return read_fields(rq, v, with_code, false);
}

static int draft(struct request *rq, const struct governed_kind *kind, struct str id, struct db_param third, const struct str *v, int status)
{
	struct db_param params[N + 2] = { P_STR(id), ME, third };

	for (size_t i = NAME; i < N; i++)
		params[i + 2] = P_STR(v[i]);
	return api_governed(rq, kind, params, N + 2, status);
}

/* Of what is not drawn up yet: a new rule, or what one that is there would say. */
int h_api_explain_rule(struct request *rq)
{
	enum { RULE = N, M };
	struct str v[M];
	struct db_param params[N + 2];
	int r = read_fields(rq, v, false, true);

	if (r < 0)
		return r;
	params[0] = P_STR(str_is_null(v[RULE]) ? api_new_id(rq) : v[RULE]);
	params[1] = ME;
	params[2] = str_is_null(v[RULE]) ? P_NULL : P_STR(v[RULE]);
	for (size_t i = NAME; i < N; i++)
		params[i + 2] = P_STR(v[i]);
	return api_supposed(rq, &rule_supposed, params, N + 2);
}

int h_api_rules_add(struct request *rq)
{
	struct str v[N];
	int r = read_draft(rq, true, v);

	return r < 0 ? r : draft(rq, &rule_draft, api_new_id(rq), P_STR(v[CODE]), v, 201);
}

int h_api_rules_change(struct request *rq)
{
	struct str v[N], id;
	int64_t version;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = read_draft(rq, false, v);
	return r < 0 ? r : draft(rq, &rule_redraft, id, P_I64(version), v, 200);
}

int h_api_rules_release(struct request *rq)
{
	return api_governed_change(rq, &rule_release, NULL, 0);
}

int h_api_rules_retire(struct request *rq)
{
	return api_governed_change(rq, &rule_retire, NULL, 0);
}

/* Exact differences before saving: of the draft, or of retiring the rule. */
int h_api_rules_preview(struct request *rq)
{
	bool retire = str_equal(rq_param(rq, P_PREVIEW_RETIRE), STR("true"));
	struct str id;
	int r = api_path_id(rq, 0, &id);

	if (r < 0)
		return r;
	return api_supposed(rq, retire ? &rule_retire_supposed : &rule_release_supposed,
	                    (const struct db_param[]){ P_STR(id), ME, P_NULL }, 3);
}

int h_api_classes_list(struct request *rq)
{
	return api_governed_page(rq, &(struct api_governed_page){ "position_classes", class_list, NULL, 0, 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_classes_set(struct request *rq)
{
	enum { TITLE, CLASS, M };
	static const struct api_field fields[M] = {
		[TITLE] = { "title", API_TEXT, 400, true },
		[CLASS] = { "class", API_CODE, 40, true },
	};
	struct str v[M];
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read(rq, fields, M, v);
	return r < 0 ? r : api_governed(rq, &class_set, (const struct db_param[]){ ME, P_STR(v[TITLE]), P_STR(v[CLASS]), P_I64(version) }, 4, 200);
}
