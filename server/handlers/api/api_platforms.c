/* api_platforms.c: /api/v1/platforms: the catalogue; what is not verified always says so. */

#include "common/base/text.h"
#include "server/governance/catalogue.h"
#include "server/handlers/api/catalogue.h"

const struct param_spec api_platforms_params[N_PLATFORMS_PARAMS] = {
	[P_PLATFORMS_KIND] = { "kind", 20, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_PLATFORMS_STATE] = { "state", 20, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_PLATFORMS_UNIT] = { "unit", 35, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_PLATFORMS_OVERDUE] = { "overdue", 5, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_PLATFORMS_Q] = { "q", 200, PARAM_QUERY_ONLY },
	[P_PLATFORMS_AFTER] = PARAM_AFTER,
	[P_PLATFORMS_LIMIT] = PARAM_LIMIT,
};

static int read_filter(struct request *rq, struct catalogue_filter *f)
{
	struct str q = rq_param(rq, P_PLATFORMS_Q);
	bool overdue;
	int r = api_limit(rq, P_PLATFORMS_LIMIT, &f->limit);

	if (r == 0)
		r = api_after(rq, P_PLATFORMS_AFTER, &f->after, 1);
	if (r == 0)
		r = catalogue_flag(rq, "overdue", rq_param(rq, P_PLATFORMS_OVERDUE), &overdue);
	if (r == 0 && !str_is_null(q) && !text_normalise(rq->op.arena, q, &q))
		r = api_invalid(&rq->op, "q", "not a text to look for");
	f->words = str_is_null(q) ? STR_NULL : text_fold(rq->op.arena, q);
	f->kind = rq_param(rq, P_PLATFORMS_KIND);
	f->state = rq_param(rq, P_PLATFORMS_STATE);
	f->unit = rq_param(rq, P_PLATFORMS_UNIT);
	f->overdue = rq_param(rq, P_PLATFORMS_OVERDUE);
	/* There were no pages once: the whole of a province's catalogue is one. */
	if (str_is_null(rq_param(rq, P_PLATFORMS_LIMIT)))
		f->limit = API_LIMIT_MAX;
	return r;
}

int h_api_platforms(struct request *rq)
{
	struct catalogue_filter filter;
	json_t *list, *entry;
	size_t i;
	int r = read_filter(rq, &filter);

	if (r == 0)
		r = catalogue_list(&rq->op, &filter, &list);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	json_array_foreach(list, i, entry)
		catalogue_describe(rq, entry);
	catalogue_page(rq, body, "platforms", list, filter.limit, (const char *[2]){ "code", NULL });
	r = catalogue_announced(&rq->op, &list);
	if (r < 0)
		return r;
	json_set_take(body, "announced", list);
	return respond_json(rq, 200, body);
}

static int respond_entry(struct request *rq, int status, struct str code)
{
	_json_ json_t *entry = NULL;
	int64_t version;
	int r = catalogue_get(&rq->op, code, &entry, &version);

	if (r < 0)
		return r;
	catalogue_describe(rq, entry);
	api_etag(rq, version);
	return respond_json(rq, status, entry);
}

int h_api_platform_get(struct request *rq)
{
	return respond_entry(rq, 200, rq->path_args[0]);
}

enum { NAME, NAME_EN, KIND, MANAGING_UNIT, OWNER, CONTACT_NAME, CONTACT, SECTOR, DESCRIPTION, LEGAL_BASIS, NOTE, HOME_URL, FUNCTIONS, SCOPES,
       SECURITY_LEVEL, EXPECTED_ON, COMPLETED_ON, TARGET_SCOPE, CODE, N_ENTRY };
/* The code last: it comes in the path when an entry is edited. */
static const struct api_field entry_fields[N_ENTRY] = {
	[NAME] = { "name", API_TEXT, 600, true },
	[NAME_EN] = { "name_en", API_TEXT, 600, false },
	[KIND] = { "kind", API_CODE, 20, true },
	[MANAGING_UNIT] = { "managing_unit", API_TEXT, 300, true },
	[OWNER] = { "owner", API_TEXT, 300, false },
	[CONTACT_NAME] = { "contact_name", API_TEXT, 200, false },
	[CONTACT] = { "contact", API_TEXT, 300, false },
	[SECTOR] = { "sector", API_TEXT, 200, false },
	[DESCRIPTION] = { "description", API_PROSE, 4000, false },
	[LEGAL_BASIS] = { "legal_basis", API_PROSE, 2000, false },
	[NOTE] = { "note", API_PROSE, 2000, false },
	[HOME_URL] = { "home_url", API_TEXT, 300, false },
	[FUNCTIONS] = { "functions", API_LIST, 0, false },
	[SCOPES] = { "scopes", API_LIST, 0, false },
	[SECURITY_LEVEL] = { "security_level", API_INT, 0, false },
	[EXPECTED_ON] = { "expected_on", API_DATE, 10, false },
	[COMPLETED_ON] = { "completed_on", API_DATE, 10, false },
	[TARGET_SCOPE] = { "target_scope", API_CODE, 10, false },
	[CODE] = { "code", API_CODE, 16, true },
};

static int read_tags(struct request *rq, const char *name, struct str_list *ret)
{
	*ret = (struct str_list){ NULL, 0 };
	return json_object_get(rq->json, name) ? api_list(rq, name, &ret->p, &ret->n) : 0;
}

static int check_entry(struct request *rq, const struct catalogue_entry *e)
{
	int r = catalogue_one_of(rq, "kind", e->kind, "central|provincial|sector|proposed");

	if (r == 0)
		r = catalogue_one_of(rq, "target_scope", e->target_scope, "all|many|sector");
	if (r == 0)
		r = catalogue_one_of(rq, "security_level", e->security_level, "1|2|3|4|5");
	return r < 0 ? r : catalogue_url(rq, "home_url", e->home_url);
}

static int read_entry(struct request *rq, struct str code, struct catalogue_entry *ret)
{
	struct str v[N_ENTRY];
	int r = api_read(rq, entry_fields, str_is_null(code) ? N_ENTRY : N_ENTRY - 1, v);

	if (r < 0)
		return r;
	*ret = (struct catalogue_entry){
		.code = str_is_null(code) ? v[CODE] : code,
		.name = v[NAME],
		.name_en = v[NAME_EN],
		.kind = v[KIND],
		.managing_unit = v[MANAGING_UNIT],
		.owner = v[OWNER],
		.contact_name = v[CONTACT_NAME],
		.contact = v[CONTACT],
		.sector = v[SECTOR],
		.description = v[DESCRIPTION],
		.legal_basis = v[LEGAL_BASIS],
		.note = v[NOTE],
		.home_url = v[HOME_URL],
		.security_level = v[SECURITY_LEVEL],
		.expected_on = v[EXPECTED_ON],
		.completed_on = v[COMPLETED_ON],
		.target_scope = str_is_null(v[TARGET_SCOPE]) ? STR("all") : v[TARGET_SCOPE],
	};
	r = check_entry(rq, ret);
	if (r == 0)
		r = read_tags(rq, "functions", &ret->functions);
	return r < 0 ? r : read_tags(rq, "scopes", &ret->scopes);
}

int h_api_platform_add(struct request *rq)
{
	struct catalogue_entry entry;
	int r = read_entry(rq, STR_NULL, &entry);

	if (r == 0)
		r = catalogue_add(&rq->op, rq->principal, &entry);
	return r < 0 ? r : respond_entry(rq, 201, entry.code);
}

int h_api_platform_edit(struct request *rq)
{
	struct catalogue_entry entry;
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = read_entry(rq, rq->path_args[0], &entry);
	if (r == 0)
		r = catalogue_edit(&rq->op, rq->principal, &entry, version);
	return r < 0 ? r : respond_entry(rq, 200, entry.code);
}

/* Codes of units, as many as a province has. */
static int read_target_units(struct request *rq, const json_t *array, struct str_list *ret)
{
	size_t n = json_array_size(array);
	struct str *codes = ARENA_ARRAY(rq->op.arena, struct str, n + 1);

	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(array, i);

		if (n > MILESTONE_UNITS_MAX || !json_is_string(item) || json_string_length(item) > 35)
			return api_invalid(&rq->op, "target_units", "codes of units, at most 500");
		codes[i] = str_n(json_string_value(item), json_string_length(item));
	}
	*ret = (struct str_list){ codes, n };
	return 0;
}

static int read_milestone(struct request *rq, const json_t *object, struct milestone *ret)
{
	enum { M_NAME, UNITS, DUE_ON, DONE_ON, RESPONSIBLE, TARGET_UNITS, N };
	static const struct api_field fields[N] = {
		[M_NAME] = { "name", API_TEXT, 300, true },
		[UNITS] = { "units", API_TEXT, 300, false },
		[DUE_ON] = { "due_on", API_DATE, 10, true },
		[DONE_ON] = { "done_on", API_DATE, 10, false },
		[RESPONSIBLE] = { "responsible", API_TEXT, 200, true },
		[TARGET_UNITS] = { "target_units", API_LIST, 0, false },
	};
	struct str v[N];
	int r = api_read_object(rq, object, fields, N, v);

	if (r == 0)
		*ret = (struct milestone){ .name = v[M_NAME], .units = v[UNITS], .due_on = v[DUE_ON], .done_on = v[DONE_ON], .responsible = v[RESPONSIBLE] };
	return r < 0 ? r : read_target_units(rq, json_object_get(object, "target_units"), &ret->target_units);
}

int h_api_platform_plan(struct request *rq)
{
	static const struct api_field fields[] = { { "milestones", API_OBJECTS, 0, true } };
	struct milestone milestones[MILESTONES_MAX];
	const json_t *array;
	struct str unused;
	int64_t version;
	size_t n = 0;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read(rq, fields, 1, &unused);
	if (r == 0)
		r = api_objects(rq, "milestones", MILESTONES_MAX, &array, &n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = read_milestone(rq, json_array_get(array, i), &milestones[i]);
	if (r == 0)
		r = catalogue_plan_set(&rq->op, rq->principal, rq->path_args[0], version, milestones, n);
	return r < 0 ? r : respond_entry(rq, 200, rq->path_args[0]);
}
