#include "common/base/random.h"
#include "common/base/text.h"
#include "server/governance/rules.h"
#include "server/handlers/api/granting.h"

#define PARAMS_OF_LIST_MAX 12
#define JSON_DEPTH 12
#define TEXTS_MAX 64
#define TEXT_MAX_BYTES 400

#define QUERY_TEXT (PARAM_PRINTABLE | PARAM_QUERY_ONLY)
const struct param_spec api_list_params[N_LIST_PARAMS] = {
	[P_LIST_AFTER] = { "after", API_AFTER_MAX, QUERY_TEXT },
	[P_LIST_LIMIT] = { "limit", 3, QUERY_TEXT },
	[P_LIST_STATE] = { "state", 16, QUERY_TEXT },
	[P_LIST_MINE] = { "mine", 5, QUERY_TEXT },
};

static void set_etag(struct request *rq, const json_t *body)
{
	int64_t version = json_get_int(body, "version", -1);

	if (version >= 0)
		api_etag(rq, version);
}

int api_governed(struct request *rq, const struct governed_kind *kind, const struct db_param *params, size_t n, int status)
{
	_json_ json_t *body = NULL;
	int r = governed_write(&rq->op, rq->principal, kind, params, n, &body);

	if (r < 0)
		return r;
	set_etag(rq, body);
	return respond_json(rq, status, body);
}

int api_governed_make(struct request *rq, const struct governed_kind *kind, const struct api_field *fields, size_t n)
{
	struct str v[API_GOVERNED_FIELDS];
	struct db_param params[API_GOVERNED_FIELDS + 2] = { P_STR(api_new_id(rq)), P_STR(rq->principal->account_id) };
	int r;

	assert(n <= API_GOVERNED_FIELDS);
	r = api_read(rq, fields, n, v);
	for (size_t i = 0; i < n && r == 0; i++)
		params[i + 2] = P_STR(v[i]);
	return r < 0 ? r : api_governed(rq, kind, params, n + 2, 201);
}

int api_governed_change(struct request *rq, const struct governed_kind *kind, const struct api_field *fields, size_t n)
{
	struct str id, v[API_GOVERNED_FIELDS];
	struct db_param params[API_GOVERNED_FIELDS + 3];
	int64_t version;
	int r = api_path_id(rq, 0, &id);

	assert(n <= API_GOVERNED_FIELDS);
	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = n ? api_read(rq, fields, n, v) : api_read_nothing(rq);
	if (r < 0)
		return r;
	params[0] = P_STR(id);
	params[1] = P_STR(rq->principal->account_id);
	params[2] = P_I64(version);
	for (size_t i = 0; i < n; i++)
		params[i + 3] = P_STR(v[i]);
	return api_governed(rq, kind, params, n + 3, 200);
}

int api_governed_act(struct request *rq, const struct governed_kind *kind)
{
	struct str id;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_read_nothing(rq);
	return r < 0 ? r : api_governed(rq, kind, (const struct db_param[]){ P_STR(id), P_STR(rq->principal->account_id) }, 2, 200);
}

static int add_rows(struct request *rq, const struct db_rows *rows, size_t limit, size_t n_keys, const char *name, json_t *body)
{
	json_t *list = json_new_array();

	json_set_take(body, name, list);
	for (size_t i = 0; i < rows->n && i < limit; i++) {
		json_t *item = json_read(db_str(rows, i, 0), JSON_DEPTH, NULL);

		if (!item)
			return op_fail_detail(&rq->op, ERR_INTERNAL, "internal error", "a list answered no JSON");
		json_array_append_new(list, item);
	}
	api_next(rq, body, rows->n > limit ? &rows->cells[(limit - 1) * rows->n_cols + 1] : NULL, n_keys);
	return 0;
}

int api_governed_page(struct request *rq, const struct api_governed_page *page)
{
	struct db_param params[PARAMS_OF_LIST_MAX];
	struct str keys[3];
	struct db_rows rows;
	size_t limit, n = page->n_params;
	int r = api_limit(rq, page->limit, &limit);

	if (r == 0)
		r = api_after(rq, page->after, keys, page->n_keys);
	if (r < 0)
		return r;
	assert(n + page->n_keys < PARAMS_OF_LIST_MAX);
	for (size_t i = 0; i < n; i++)
		params[i] = page->params[i];
	for (size_t i = 0; i < page->n_keys; i++)
		params[n++] = P_STR(keys[i]);
	params[n++] = P_I64((int64_t)limit + 1);
	r = db_run_params(&rq->op, page->query, params, n, &rows);
	/* A key that is not what this list's keys are. */
	if (r == ERR_INVALID_VALUE) {
		op_forgive(&rq->op);
		return api_invalid(&rq->op, "after", "not a value of next, or a filter that cannot be");
	}
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	r = add_rows(rq, &rows, limit, page->n_keys, page->name, body);
	return r < 0 ? r : respond_json(rq, 200, body);
}

int api_one(struct request *rq, const struct query *q, const struct db_param *params, size_t n)
{
	struct db_rows rows;
	int r = db_run_params(&rq->op, q, params, n, &rows);

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such thing");

	_json_ json_t *body = json_read(db_str(&rows, 0, 0), JSON_DEPTH, NULL);

	if (!body)
		return op_fail_detail(&rq->op, ERR_INTERNAL, "internal error", "a statement answered no JSON");
	set_etag(rq, body);
	return respond_json(rq, 200, body);
}

int api_supposed(struct request *rq, const struct governed_kind *kind, const struct db_param *params, size_t n)
{
	struct str after;
	struct db_rows rows;
	size_t limit;
	_json_ json_t *body = NULL;
	int r = api_limit(rq, P_PREVIEW_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_PREVIEW_AFTER, &after, 1);
	if (r < 0)
		return r;
	const struct db_param list_params[] = { P_STR(after), P_I64((int64_t)limit + 1) };
	const struct governed_list list = { .query = supposed_list, .params = list_params, .n_params = ARRAY_LEN(list_params) };
	r = governed_suppose(&rq->op, kind, params, n, &list, &body, &rows);
	if (r == 0)
		r = add_rows(rq, &rows, limit, 1, "changes", body);
	return r < 0 ? r : respond_json(rq, 200, body);
}

int api_day_end(struct request *rq, struct str day, struct str *ret_at)
{
	struct str stamp;

	*ret_at = STR_NULL;
	if (str_is_null(day))
		return 0;
	if (!text_is_iso_date(day))
		return api_invalid(&rq->op, "on", "a date has the form 2026-11-24");
	stamp = arena_printf(rq->op.arena, "%.*sT23:59:59+07:00", STR_ARG(day));
	if (api_stamp_seconds(stamp) - 86400 > rq->op.now_s)
		return api_invalid(&rq->op, "on", "that day is still to come");
	*ret_at = api_stamp_seconds(stamp) > rq->op.now_s ? STR_NULL : stamp;
	return 0;
}

struct str api_new_id(struct request *rq)
{
	char uuid[UUID_TEXT_LEN + 1];

	random_uuid(uuid);
	return arena_dup_c(rq->op.arena, uuid);
}

int api_path_id(struct request *rq, size_t at, struct str *ret_id)
{
	if (!uuid_is_valid(rq->path_args[at]))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such thing");
	*ret_id = rq->path_args[at];
	return 0;
}

int api_texts(struct request *rq, const char *name, struct str *ret_array)
{
	const json_t *array = json_object_get(rq->json, name);
	size_t n = json_array_size(array);
	struct str texts[TEXTS_MAX];

	*ret_array = STR_NULL;
	if (!array)
		return 0;
	if (n == 0 || n > TEXTS_MAX)
		return api_invalid(&rq->op, name, "a member must be an array of 1 to 64 texts");
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(array, i);
		struct str text = str_n(json_string_value(item), json_string_length(item));

		if (!json_is_string(item) || text.len > TEXT_MAX_BYTES || !text_normalise(rq->op.arena, text, &texts[i]) || str_is_empty(texts[i]))
			return api_invalid(&rq->op, name, "a member must be an array of 1 to 64 texts");
	}
	*ret_array = db_array(rq->op.arena, texts, n);
	return 0;
}
