/*
 * api_movements.c: /api/v1/persons (joining) and /api/v1/persons/{employee_code}/movements: events, and with
 * dry_run=true what would follow from one.
 */

#include "server/governance/movement.h"
#include "server/governance/national_id.h"
#include "server/governance/person_admin.h"
#include "server/handlers/api/personnel.h"

#define PLATFORMS_MAX 16

const struct param_spec api_movements_params[N_MOVEMENTS_PARAMS] = {
	[P_MOVEMENTS_DRY_RUN] = { "dry_run", 5, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

static int read_dry_run(struct request *rq, bool *ret)
{
	struct str value = rq_param(rq, P_MOVEMENTS_DRY_RUN);

	*ret = str_equal(value, STR("true"));
	if (str_is_null(value) || *ret || str_equal(value, STR("false")))
		return 0;
	return api_invalid(&rq->op, "dry_run", "dry_run is true or false");
}

static int respond_movement(struct request *rq, const struct movement_request *request, unsigned warnings)
{
	struct movement_result result;
	int r = movement_apply(&rq->op, rq->principal, request, &result);

	_json_ json_t *consequences = result.consequences;
	_json_ json_t *body = json_new_object();

	if (r < 0)
		return r;
	api_set(body, "kind", str_c(lc_event_name(request->kind)));
	api_set(body, "employee_code", request->employee_code);
	api_set(body, "state", result.state);
	json_set_bool(body, "dry_run", request->is_preview);
	if (!request->is_preview)
		api_set(body, "id", result.id);
	json_set_str(body, "login", result.login);
	json_set_bool(body, "national_id_warning", warnings != 0);
	json_set_take(body, "consequences", json_incref(consequences));
	return respond_json(rq, request->is_preview ? 200 : 201, body);
}

/* Members of the new main post, beside those of the movement. */
enum { UNIT, TITLE, RANK, EFFECTIVE_ON, DECISION_NO, DECISION_ON, SIGNER, REASON, N_COMMON };
#define COMMON_FIELDS                                                                                             \
	[UNIT] = { "unit", API_CODE, 35, false }, [TITLE] = { "title", API_TEXT, 200, false }, [RANK] = { "rank", API_CODE, 20, false }, \
	[EFFECTIVE_ON] = { "effective_on", API_DATE, 10, false }, [DECISION_NO] = { "decision_no", API_TEXT, 80, false }, \
	[DECISION_ON] = { "decision_on", API_DATE, 10, false }, [SIGNER] = { "signer", API_TEXT, 120, false },        \
	[REASON] = { "reason", API_TEXT, 300, true }

static bool begins_post(enum lc_event_kind kind)
{
	return kind == LC_JOIN || kind == LC_TRANSFER || kind == LC_REHIRE;
}

/* What a kind of event needs and what it cannot have. */
static int fill(struct request *rq, const struct str *v, struct movement_request *m)
{
	static const int of_post[] = { UNIT, TITLE };
	static const char *const names[] = { "unit", "title" };
	static const int of_decision[] = { DECISION_NO, DECISION_ON, SIGNER };
	static const char *const decision_names[] = { "decision_no", "decision_on", "signer" };
	enum lc_rank rank;

	for (size_t i = 0; i < ARRAY_LEN(of_post); i++)
		if (str_is_null(v[of_post[i]]) == begins_post(m->kind))
			return api_invalid(&rq->op, names[i], "needed for a new main post, and for nothing else");
	for (size_t i = 0; i < ARRAY_LEN(of_decision); i++)
		if (str_is_null(v[of_decision[i]]) && m->kind != LC_DEATH && m->kind != LC_RETURN)
			return api_invalid(&rq->op, decision_names[i], "a movement rests on a decision");
	if (!str_is_null(v[RANK]) && !lc_rank_from_name(v[RANK], &rank))
		return api_invalid(&rq->op, "rank", "no such rank");
	if (!str_is_null(v[EFFECTIVE_ON]) && lc_event_is_at_once(m->kind))
		return api_invalid(&rq->op, "effective_on", "this takes effect at once");
	if (str_is_null(v[EFFECTIVE_ON]) && begins_post(m->kind))
		return api_invalid(&rq->op, "effective_on", "a post begins on a day");
	m->effective_on = v[EFFECTIVE_ON];
	m->decision_no = v[DECISION_NO];
	m->decision_on = v[DECISION_ON];
	m->signer = v[SIGNER];
	m->reason = v[REASON];
	m->post = (struct post_fields){ .unit = v[UNIT], .title = v[TITLE], .kind = STR("main"), .rank = v[RANK], .decision_no = v[DECISION_NO],
		                        .decision_on = v[DECISION_ON], .signer = v[SIGNER] };
	return 0;
}

int h_api_personnel_join(struct request *rq)
{
	enum { EMPLOYEE_CODE = N_COMMON, KIND, HO, DEM, TEN, BIRTH_DATE, SEX, NATIONAL_ID, N };
	static const struct api_field fields[N] = {
		COMMON_FIELDS,
		[EMPLOYEE_CODE] = { "employee_code", API_CODE, 32, true },
		[KIND] = { "kind", API_CODE, 20, true },
		[HO] = { "ho", API_TEXT, 60, false },
		[DEM] = { "dem", API_TEXT, 60, false },
		[TEN] = { "ten", API_TEXT, 60, true },
		[BIRTH_DATE] = { "birth_date", API_DATE, 10, false },
		[SEX] = { "sex", API_CODE, 6, false },
		[NATIONAL_ID] = { "national_id", API_CODE, 12, false },
	};
	struct movement_request m = { .kind = LC_JOIN };
	struct str v[N];
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = read_dry_run(rq, &m.is_preview);
	if (r == 0)
		r = personnel_check_word(&rq->op, "kind", v[KIND], "can_bo|cong_chuc|vien_chuc|khong_chuyen_trach");
	if (r == 0)
		r = personnel_check_word(&rq->op, "sex", v[SEX], "male|female");
	if (r == 0 && !str_is_null(v[NATIONAL_ID]) && !national_id_is_valid(v[NATIONAL_ID]))
		r = api_invalid(&rq->op, "national_id", "a personal number has 12 digits");
	if (r == 0)
		r = fill(rq, v, &m);
	if (r < 0)
		return r;
	const struct movement_person person = { v[EMPLOYEE_CODE], v[KIND], v[HO], v[DEM], v[TEN], v[BIRTH_DATE], v[SEX], v[NATIONAL_ID] };
	m.employee_code = v[EMPLOYEE_CODE];
	m.person = &person;
	return respond_movement(rq, &m, national_id_warnings(v[NATIONAL_ID], v[SEX], v[BIRTH_DATE]));
}

int h_api_personnel_move(struct request *rq)
{
	enum { KIND = N_COMMON, UNTIL, PLATFORMS, N };
	static const struct api_field fields[N] = {
		COMMON_FIELDS,
		[KIND] = { "kind", API_CODE, 20, true },
		[UNTIL] = { "until", API_DATE, 10, false },
		[PLATFORMS] = { "platforms", API_LIST, 0, false },
	};
	struct movement_request m = { .employee_code = rq->path_args[0] };
	struct str v[N];
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = read_dry_run(rq, &m.is_preview);
	if (r == 0 && (!lc_event_from_name(v[KIND], &m.kind) || m.kind == LC_VANISH))
		r = api_invalid(&rq->op, "kind", "no such movement");
	if (r == 0)
		r = fill(rq, v, &m);
	if (r == 0 && json_object_get(rq->json, "platforms"))
		r = api_list(rq, "platforms", &m.platforms, &m.n_platforms);
	if (r == 0 && (m.n_platforms > 0 || !str_is_null(v[UNTIL])) && m.kind != LC_LEAVE)
		r = api_invalid(&rq->op, m.n_platforms > 0 ? "platforms" : "until", "only for a leave");
	if (r < 0)
		return r;
	m.until = v[UNTIL];
	return respond_movement(rq, &m, 0);
}

static json_t *movement_json(const struct movement *m)
{
	json_t *json = json_new_object();

	api_set(json, "id", m->id);
	api_set(json, "kind", m->kind);
	api_set(json, "effective_at", m->effective_at);
	api_set(json, "until", m->until_at);
	api_set(json, "decision_no", m->decision_no);
	api_set(json, "decision_on", m->decision_on);
	api_set(json, "signer", m->signer);
	api_set(json, "reason", m->reason);
	api_set(json, "drawn_by", m->drawn_by);
	api_set(json, "drawn_at", m->drawn_at);
	json_set_bool(json, "void", !str_is_null(m->void_by));
	json_set_take(json, "consequences", json_read(m->consequences, 4, NULL));
	return json;
}

int h_api_personnel_movements(struct request *rq)
{
	struct movement_page page;
	struct page_ask ask;
	int r = api_limit(rq, P_PAGE_LIMIT, &ask.limit);

	if (r == 0)
		r = api_after_number(rq, P_PAGE_AFTER, INT64_MAX, ask.after);
	if (r == 0)
		r = movement_list(&rq->op, rq->principal, rq->path_args[0], &ask, &page);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();

	for (size_t i = 0; i < page.n; i++)
		json_array_append_new(list, movement_json(&page.movements[i]));
	json_set_take(body, "movements", list);
	api_next(rq, body, page.has_more ? &page.movements[page.n - 1].seq : NULL, 1);
	return respond_json(rq, 200, body);
}
