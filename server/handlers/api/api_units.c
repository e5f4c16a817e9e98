/* api_units.c: /api/v1/units: the tree of units as it is on a day; making and changing one. */

#include "common/base/text.h"
#include "server/governance/unit_book.h"
#include "server/handlers/api/organise.h"

#define QUERY_ONLY (PARAM_PRINTABLE | PARAM_QUERY_ONLY)

const struct param_spec api_units_params[N_UNITS_PARAMS] = {
	[P_UNITS_Q] = { "q", 200, PARAM_QUERY_ONLY },
	[P_UNITS_ON] = { "on", 10, QUERY_ONLY },
	[P_UNITS_UNDER] = { "under", 35, QUERY_ONLY },
	[P_UNITS_KIND] = { "kind", 20, QUERY_ONLY },
	[P_UNITS_STATE] = { "state", 10, QUERY_ONLY },
	[P_UNITS_ORDER] = { "order", 10, QUERY_ONLY },
	[P_UNITS_AFTER] = { "after", API_AFTER_MAX, QUERY_ONLY },
	[P_UNITS_LIMIT] = { "limit", 3, QUERY_ONLY },
};
const struct param_spec api_unit_params[N_UNIT_PARAMS] = { [P_UNIT_ON] = { "on", 10, QUERY_ONLY } };

static json_t *unit_json(const struct unit_entry *u)
{
	json_t *json = json_new_object();

	api_set(json, "code", u->code);
	api_set(json, "name", u->name);
	api_set(json, "name_en", u->name_en);
	api_set(json, "kind", u->kind);
	api_set(json, "parent", u->parent_code);
	api_set(json, "ident_new", u->ident_new);
	api_set(json, "ident_old", u->ident_old);
	api_set(json, "valid_from", u->valid_from);
	api_set(json, "valid_to", u->valid_to);
	api_set(json, "state", u->state);
	json_set_bool(json, "verified", u->verified);
	json_set_int(json, "version", u->version);
	return json;
}

static int read_day(struct request *rq, size_t param, struct str *ret)
{
	*ret = rq_param(rq, param);
	if (!str_is_null(*ret) && !text_is_iso_date(*ret))
		return api_invalid(&rq->op, "on", "a date has the form 2026-11-24");
	return 0;
}

static int one_of(struct request *rq, size_t param, const char *name, const char *const *words, size_t n)
{
	struct str value = rq_param(rq, param);

	for (size_t i = 0; i < n; i++)
		if (str_is_null(value) || str_equal(value, str_c(words[i])))
			return 0;
	return api_invalid(&rq->op, name, "not a word that is known here");
}

static int read_query(struct request *rq, struct unit_query *q)
{
	static const char *const kinds[] = { "central", "province", "department", "commune", "ward", "division" };
	static const char *const states[] = { "valid", "future", "ended" };
	static const char *const orders[] = { "code", "tree" };
	int r = read_day(rq, P_UNITS_ON, &q->on);

	if (r == 0)
		r = one_of(rq, P_UNITS_KIND, "kind", kinds, ARRAY_LEN(kinds));
	if (r == 0)
		r = one_of(rq, P_UNITS_STATE, "state", states, ARRAY_LEN(states));
	if (r == 0)
		r = one_of(rq, P_UNITS_ORDER, "order", orders, ARRAY_LEN(orders));
	if (r == 0)
		r = api_limit(rq, P_UNITS_LIMIT, &q->limit);
	if (r == 0)
		r = api_after(rq, P_UNITS_AFTER, &q->after, 1);
	if (r < 0)
		return r;
	q->viewer = rq->principal->account_id;
	q->under = rq_param(rq, P_UNITS_UNDER);
	q->kind = rq_param(rq, P_UNITS_KIND);
	q->state = rq_param(rq, P_UNITS_STATE);
	q->by_tree = str_equal(rq_param(rq, P_UNITS_ORDER), STR("tree"));
	q->words = STR_NULL;
	if (!str_is_null(rq_param(rq, P_UNITS_Q)) && (!text_normalise(rq->op.arena, rq_param(rq, P_UNITS_Q), &q->words) || str_is_empty(q->words)))
		return api_invalid(&rq->op, "q", "a search needs characters");
	return 0;
}

int h_api_units_list(struct request *rq)
{
	const struct unit_entry *units;
	struct unit_query q = { .limit = 0 };
	size_t n;
	int r = read_query(rq, &q);

	if (r == 0)
		r = unit_book_list(&rq->op, &q, &units, &n);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	bool more = n > q.limit;

	for (size_t i = 0; i < n && i < q.limit; i++)
		json_array_append_new(list, unit_json(&units[i]));
	json_set_take(body, "units", list);
	api_next(rq, body, more ? (q.by_tree ? &units[q.limit - 1].path : &units[q.limit - 1].code) : NULL, 1);
	return respond_json(rq, 200, body);
}

static json_t *heirs_json(const struct unit_heir *heirs, size_t n, bool is_old)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++) {
		json_t *item;

		if (heirs[i].is_old != is_old)
			continue;
		item = json_new_object();
		api_set(item, "code", heirs[i].code);
		api_set(item, "name", heirs[i].name);
		api_set(item, "share", heirs[i].share);
		api_set(item, "reorganisation", heirs[i].reorganisation_id);
		json_array_append_new(list, item);
	}
	return list;
}

static int respond_unit(struct request *rq, int status, const struct unit_entry *u)
{
	const struct unit_heir *heirs;
	size_t n;
	int r = unit_book_heirs(&rq->op, u->id, &heirs, &n);

	if (r < 0)
		return r;

	_json_ json_t *body = unit_json(u);

	json_set_take(body, "successors", heirs_json(heirs, n, false));
	json_set_take(body, "predecessors", heirs_json(heirs, n, true));
	api_etag(rq, u->version);
	return respond_json(rq, status, body);
}

int h_api_units_get(struct request *rq)
{
	struct unit_entry u;
	struct str on;
	int r = read_day(rq, P_UNIT_ON, &on);

	if (r == 0)
		r = unit_book_get(&rq->op, rq->path_args[0], rq->principal->account_id, on, &u);
	return r < 0 ? r : respond_unit(rq, 200, &u);
}

int h_api_units_add(struct request *rq)
{
	enum { CODE, NAME, NAME_EN, KIND, PARENT, VALID_FROM, VALID_TO, IDENT_NEW, IDENT_OLD, VERIFIED, N };
	static const struct api_field fields[N] = {
		[CODE] = { "code", API_CODE, 35, true },          [NAME] = { "name", API_TEXT, 400, true },
		[NAME_EN] = { "name_en", API_TEXT, 200, false },  [KIND] = { "kind", API_CODE, 20, true },
		[PARENT] = { "parent", API_CODE, 35, true },      [VALID_FROM] = { "valid_from", API_DATE, 10, true },
		[VALID_TO] = { "valid_to", API_DATE, 10, false }, [IDENT_NEW] = { "ident_new", API_CODE, 35, false },
		[IDENT_OLD] = { "ident_old", API_CODE, 35, false }, [VERIFIED] = { "verified", API_BOOL, 0, false },
	};
	struct unit_entry u;
	struct str v[N];
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	const struct unit_new new = { .code = v[CODE], .name = v[NAME], .name_en = v[NAME_EN], .kind = v[KIND], .parent = v[PARENT],
		.valid_from = v[VALID_FROM], .valid_to = v[VALID_TO], .ident_new = v[IDENT_NEW], .ident_old = v[IDENT_OLD],
		.verified = str_equal(v[VERIFIED], STR("true")) };
	r = unit_book_add(&rq->op, rq->principal, &new, &u);
	return r < 0 ? r : respond_unit(rq, 201, &u);
}

int h_api_units_change(struct request *rq)
{
	enum { NAME, NAME_EN, IDENT_NEW, IDENT_OLD, VALID_TO, VERIFIED, N };
	static const struct api_field fields[N] = {
		[NAME] = { "name", API_TEXT, 400, false },          [NAME_EN] = { "name_en", API_TEXT, 200, false },
		[IDENT_NEW] = { "ident_new", API_CODE, 35, false }, [IDENT_OLD] = { "ident_old", API_CODE, 35, false },
		[VALID_TO] = { "valid_to", API_DATE, 10, false },   [VERIFIED] = { "verified", API_BOOL, 0, false },
	};
	struct unit_entry u;
	struct str v[N];
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r < 0)
		return r;
	const struct unit_change change = { .name = v[NAME], .name_en = v[NAME_EN], .ident_new = v[IDENT_NEW], .ident_old = v[IDENT_OLD],
		.valid_to = v[VALID_TO], .verified = v[VERIFIED] };
	r = unit_book_change(&rq->op, rq->principal, rq->path_args[0], version, &change, &u);
	return r < 0 ? r : respond_unit(rq, 200, &u);
}
