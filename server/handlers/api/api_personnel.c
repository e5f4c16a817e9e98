/* api_personnel.c: /api/v1/persons/{employee_code}: the record, its correction, the personal number. */

#include "server/governance/national_id.h"
#include "server/governance/person_admin.h"
#include "server/handlers/api/personnel.h"

#define KINDS "can_bo|cong_chuc|vien_chuc|khong_chuyen_trach"

int personnel_check_word(struct op *op, const char *field, struct str value, const char *words)
{
	struct str rest = str_c(words), word;

	if (str_is_null(value))
		return 0;
	while (str_split(&rest, '|', &word))
		if (str_equal(word, value))
			return 0;
	return api_invalid(op, field, "not one of the words that are known here");
}

static json_t *warnings_json(unsigned warnings)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = { { NATIONAL_ID_PLACE, "national_id_place" }, { NATIONAL_ID_SEX, "national_id_sex" }, { NATIONAL_ID_YEAR, "national_id_year" } };
	json_t *list = json_new_array();

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((warnings & names[i].bit) != 0)
			json_array_append_new(list, json_from_str(str_c(names[i].name)));
	return list;
}

static json_t *record_json(const struct person_record *record)
{
	const struct person *p = &record->person;
	json_t *json = json_new_object();

	api_set(json, "employee_code", p->employee_code);
	json_set_int(json, "version", record->version);
	api_set(json, "kind", p->kind);
	api_set(json, "full_name", p->full_name);
	api_set(json, "ho", p->ho);
	api_set(json, "dem", p->dem);
	api_set(json, "ten", p->ten);
	api_set(json, "birth_date", p->birth_date);
	api_set(json, "sex", record->sex);
	api_set(json, "national_id", record->national_id);
	api_set(json, "state", record->state);
	json_set_bool(json, "legal_hold", record->legal_hold);
	return json;
}

int h_api_personnel_get(struct request *rq)
{
	struct person_record record;
	int r = person_admin_get(&rq->op, rq->principal, rq->path_args[0], &record);

	if (r < 0)
		return r;

	_json_ json_t *body = record_json(&record);

	api_etag(rq, record.version);
	return respond_json(rq, 200, body);
}

int h_api_personnel_edit(struct request *rq)
{
	enum { KIND, HO, DEM, TEN, BIRTH_DATE, SEX, NATIONAL_ID, N };
	static const struct api_field fields[N] = {
		[KIND] = { "kind", API_CODE, 20, false },
		[HO] = { "ho", API_TEXT, 60, false },
		[DEM] = { "dem", API_TEXT, 60, false },
		[TEN] = { "ten", API_TEXT, 60, false },
		[BIRTH_DATE] = { "birth_date", API_DATE, 10, false },
		[SEX] = { "sex", API_CODE, 6, false },
		[NATIONAL_ID] = { "national_id", API_CODE, 12, false },
	};
	struct person_record record;
	struct person_edit edit = { 0 };
	struct str v[N];
	unsigned warnings;
	int r = api_if_match(rq, &edit.version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = personnel_check_word(&rq->op, "kind", v[KIND], KINDS);
	if (r == 0)
		r = personnel_check_word(&rq->op, "sex", v[SEX], "male|female");
	if (r == 0 && !str_is_null(v[NATIONAL_ID]) && !national_id_is_valid(v[NATIONAL_ID]))
		r = api_invalid(&rq->op, "national_id", "a personal number has 12 digits");
	if (r < 0)
		return r;
	edit.kind = v[KIND];
	edit.ho = v[HO];
	edit.dem = v[DEM];
	edit.ten = v[TEN];
	edit.birth_date = v[BIRTH_DATE];
	edit.sex = v[SEX];
	edit.national_id = v[NATIONAL_ID];
	r = person_admin_edit(&rq->op, rq->principal, rq->path_args[0], &edit, &record, &warnings);
	if (r < 0)
		return r;

	_json_ json_t *body = record_json(&record);

	json_set_take(body, "warnings", warnings_json(warnings));
	api_etag(rq, record.version);
	return respond_json(rq, 200, body);
}

static int read_reason(struct request *rq, struct str *ret_reason)
{
	static const struct api_field fields[] = { { "reason", API_TEXT, 300, true } };

	return api_read(rq, fields, ARRAY_LEN(fields), ret_reason);
}

int h_api_personnel_unmask(struct request *rq)
{
	struct str reason, number;
	int r = read_reason(rq, &reason);

	if (r == 0)
		r = person_admin_unmask(&rq->op, rq->principal, rq->path_args[0], reason, &number);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "employee_code", rq->path_args[0]);
	api_set(body, "national_id", number);
	return respond_json(rq, 200, body);
}

int h_api_personnel_lift_hold(struct request *rq)
{
	struct hold_lifting lifting = { .employee_code = rq->path_args[0] };
	bool changed;
	int r = api_if_match(rq, &lifting.version);

	if (r == 0)
		r = read_reason(rq, &lifting.reason);
	if (r == 0)
		r = person_admin_lift_hold(&rq->op, rq->principal, &lifting, &changed);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	json_set_bool(body, "changed", changed);
	return respond_json(rq, 200, body);
}
