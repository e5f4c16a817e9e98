/* api_imports.c: /api/v1/imports: begun, uploaded in parts, looked at. */

#include "common/base/base64.h"
#include "common/base/random.h"
#include "common/crypto/keyring.h"
#include "server/governance/governance_audit.h"
#include "server/governance/import_run_store.h"
#include "server/handlers/api/api.h"
#include "server/handlers/api/imports_internal.h"

#define REPORT_DEPTH 8

const struct param_spec api_imports_params[N_IMPORTS_PARAMS] = {
	[P_IMPORTS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_IMPORTS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};
const struct param_spec api_import_rows_params[N_IMPORT_ROWS_PARAMS] = {
	[P_IMPORT_ROWS_ACTION] = { "action", 8, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_IMPORT_ROWS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_IMPORT_ROWS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

static json_t *import_json(const struct import_row *row)
{
	json_t *json = json_new_object();
	json_t *report = json_read(row->report, REPORT_DEPTH, NULL);

	api_set(json, "id", row->id);
	api_set(json, "kind", row->kind);
	api_set(json, "name", row->name);
	api_set(json, "unit", row->unit);
	json_set_bool(json, "complete", row->complete);
	api_set(json, "state", row->state);
	api_set(json, "sha256", row->sha256);
	json_set_take(json, "report", report ? report : json_new_object());
	json_set_int(json, "vanished", row->n_vanished);
	json_set_int(json, "vanished_of", row->n_base);
	json_set_int(json, "done_rows", row->done_rows);
	json_set_int(json, "total_rows", row->total_rows);
	api_set(json, "error", row->error);
	api_set(json, "created_by", row->created_by);
	api_set(json, "created_at", row->created_at);
	api_set(json, "applied_by", row->applied_by);
	api_set(json, "released_by", row->released_by);
	api_set(json, "finished_at", row->finished_at);
	json_set_int(json, "version", row->version);
	return json;
}

int api_import_find(struct request *rq, struct import_row *ret_row)
{
	if (!uuid_is_valid(rq->path_args[0]))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such import");
	return import_run_get(&rq->op, rq->principal->account_id, rq->path_args[0], ret_row);
}

int api_import_respond(struct request *rq, int status, struct str id)
{
	struct import_row row;
	int r = import_run_get(&rq->op, rq->principal->account_id, id, &row);

	if (r < 0)
		return r;

	_json_ json_t *body = import_json(&row);

	api_etag(rq, row.version);
	return respond_json(rq, status, body);
}

int h_api_imports_list(struct request *rq)
{
	const struct import_row *rows;
	struct str after[2], stamp;
	size_t limit, n;
	int r = api_limit(rq, P_IMPORTS_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_IMPORTS_AFTER, after, ARRAY_LEN(after));
	if (r == 0 && !str_is_null(after[0]) && (!api_stamp_read(rq->op.arena, after[0], &stamp) || !uuid_is_valid(after[1])))
		r = api_invalid(&rq->op, "after", "not a value of next");
	if (r == 0)
		r = import_run_list(&rq->op, rq->principal->account_id, after, limit, &rows, &n);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	size_t shown = n > limit ? limit : n;

	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list, import_json(&rows[i]));
	json_set_take(body, "imports", list);
	if (n > limit)
		api_next(rq, body, (const struct str[]){ rows[shown - 1].created_at, rows[shown - 1].id }, 2);
	else
		api_next(rq, body, NULL, 0);
	return respond_json(rq, 200, body);
}

static bool is_kind(struct str kind)
{
	static const char *const kinds[] = { "units", "platforms", "roles", "persons", "posts", "grants" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_equal(kind, str_c(kinds[i])))
			return true;
	return false;
}

static int add(struct request *rq, const struct import_new *new, struct str *ret_id)
{
	struct op *op = &rq->op;
	struct governance_act act = { .action = "import.begin", .account_id = STR_NULL };
	json_t *data;
	int r = db_begin(op);

	if (r == 0)
		r = import_run_add(op, rq->principal->account_id, new, ret_id);
	if (r == 0) {
		act.object = arena_printf(op->arena, "import:%.*s", STR_ARG(*ret_id));
		data = json_new_object();
		json_set_str(data, "kind", new->kind);
		json_set_str(data, "unit", new->unit);
		json_set_bool(data, "complete", new->complete);
		r = governance_audit(op, rq->principal, &act, data);
	}
	return audit_commit(op, r, NULL);
}

int h_api_imports_add(struct request *rq)
{
	enum { KIND, NAME, UNIT, COMPLETE, N };
	static const struct api_field fields[N] = {
		[KIND] = { "kind", API_CODE, 16, true },
		[NAME] = { "name", API_TEXT, 200, true },
		[UNIT] = { "unit", API_CODE, 35, true },
		[COMPLETE] = { "complete", API_BOOL, 0, false },
	};
	struct str v[N], id;
	struct import_new new;
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	new = (struct import_new){ .kind = v[KIND], .name = v[NAME], .unit = v[UNIT], .complete = str_equal(v[COMPLETE], STR("true")) };
	if (!is_kind(new.kind))
		return api_invalid(&rq->op, "kind", "kind is units, platforms, roles, persons, posts or grants");
	if (new.complete && !str_equal(new.kind, STR("persons")))
		return api_invalid(&rq->op, "complete", "only a file of persons can be complete");
	r = add(rq, &new, &id);
	return r < 0 ? r : api_import_respond(rq, 201, id);
}

int h_api_imports_get(struct request *rq)
{
	struct import_row row;
	int r = api_import_find(rq, &row);

	return r < 0 ? r : api_import_respond(rq, 200, row.id);
}

int h_api_imports_part(struct request *rq)
{
	static const struct api_field fields[] = { { "data", API_CODE, IMPORT_PART_MAX_CHARS, true } };
	struct op *op = &rq->op;
	struct import_row row;
	struct str data, bytes, sealed;
	uint64_t n;
	bool done;
	int r = api_read(rq, fields, ARRAY_LEN(fields), &data);

	if (r == 0)
		r = api_import_find(rq, &row);
	if (r < 0)
		return r;
	if (!str_to_u64(rq->path_args[1], IMPORT_PARTS_MAX - 1, &n))
		return op_fail(op, ERR_NOT_FOUND, "parts are numbered from 0 to 399");
	if (!base64url_decode(op->arena, data, &bytes))
		return api_invalid(op, "data", "a part is base64url without padding");
	sealed = aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), "import", row.id, bytes);
	r = import_part_put(op, rq->principal->account_id, row.id, (int64_t)n, sealed, &done);
	if (r < 0)
		return r;
	if (done)
		return respond_empty(rq, 204);
	(void)op_fail(op, ERR_WRONG_STATE, "parts are taken from whoever began the import, while it is uploading");
	(void)op_fail_arg(op, "state", row.state);
	return op_fail_arg(op, "wanted", STR("uploading"));
}

static void set_json(json_t *object, const char *name, struct str text)
{
	json_set_take(object, name, str_is_null(text) ? json_null() : json_read(text, REPORT_DEPTH, NULL));
}

int h_api_imports_rows(struct request *rq)
{
	struct str action = rq_param(rq, P_IMPORT_ROWS_ACTION), after;
	const struct import_preview_row *rows;
	struct import_row run;
	uint64_t number;
	size_t limit, n;
	int r = api_limit(rq, P_IMPORT_ROWS_LIMIT, &limit);

	if (r == 0)
		r = api_after_number(rq, P_IMPORT_ROWS_AFTER, INT32_MAX, &after);
	if (r == 0)
		r = api_import_find(rq, &run);
	if (r == 0)
		r = import_preview_list(&rq->op, run.id, action, after, limit, &rows, &n);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	size_t shown = n > limit ? limit : n;

	for (size_t i = 0; i < shown; i++) {
		json_t *item = json_new_object();

		json_set_int(item, "line", str_to_u64(rows[i].line, INT32_MAX, &number) ? (int64_t)number : 0);
		api_set(item, "what", rows[i].what);
		api_set(item, "key", rows[i].key);
		api_set(item, "action", rows[i].action);
		set_json(item, "before", rows[i].before);
		set_json(item, "after", rows[i].after);
		json_array_append_new(list, item);
	}
	json_set_take(body, "rows", list);
	api_next(rq, body, n > limit ? &rows[shown - 1].n : NULL, 1);
	return respond_json(rq, 200, body);
}
