/*
 * api_grants_bulk.c: POST /api/v1/grants/bulk: many grants in one transaction, each with a result of its own.
 *
 * A row that is refused leaves the others alone, unless all_or_nothing; either way a failure in the middle leaves nothing.
 */

#include "server/handlers/api/bulk.h"
#include "server/handlers/api/grants.h"
#include "server/http/problem.h"

json_t *api_row_problem(struct arena *a, const struct error *error)
{
	json_t *json = json_new_object();
	json_t *args = json_new_object();

	json_set_str(json, "type", arena_printf(a, "urn:sen:error:%s", err_name(error->code)));
	json_set_int(json, "status", problem_status(error->code));
	json_set_str(json, "code", str_c(err_name(error->code)));
	json_set_str(json, "detail", str_c(error->text));
	for (size_t i = 0; i < error->n_args; i++)
		json_set_str(args, error->args[i].name, error->args[i].value);
	json_set_take(json, "args", args);
	return json;
}

static json_t *result_json(struct arena *a, const struct granting_result *result, bool committed)
{
	json_t *json = json_new_object();

	if (result->error.code < 0) {
		json_set_str(json, "result", STR("refused"));
		json_set_take(json, "grant", json_null());
		json_set_take(json, "problem", api_row_problem(a, &result->error));
		return json;
	}
	json_set_str(json, "result", !committed ? STR("not_done") : result->added ? STR("granted") : STR("was_there"));
	json_set_take(json, "grant", committed ? api_grant_json(&result->grant) : json_null());
	json_set_take(json, "problem", json_null());
	return json;
}

/* Rows that cannot be read are refused as the others are; where[i]: the row of the i-th request. */
static size_t read_rows(struct request *rq, const json_t *rows, struct granting_request *requests, size_t *where, struct granting_result *results)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		if (api_grant_read(rq, json_array_get(rows, i), &requests[n]) == 0) {
			where[n++] = i;
			continue;
		}
		results[i].error = rq->op.error;
		op_forgive(&rq->op);
	}
	return n;
}

static int respond(struct request *rq, const struct granting_result *results, size_t n, bool committed)
{
	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	size_t n_refused = 0, n_added = 0;

	for (size_t i = 0; i < n; i++) {
		n_refused += results[i].error.code < 0;
		n_added += committed && results[i].error.code == 0 && results[i].added;
		json_array_append_new(list, result_json(rq->op.arena, &results[i], committed));
	}
	json_set_bool(body, "committed", committed);
	json_set_int(body, "granted", (int64_t)n_added);
	json_set_int(body, "refused", (int64_t)n_refused);
	json_set_take(body, "results", list);
	return respond_json(rq, 200, body);
}

int h_api_grants_bulk(struct request *rq)
{
	static const struct api_field fields[] = { { "grants", API_OBJECTS, 0, true }, { "all_or_nothing", API_BOOL, 0, false } };
	struct granting_result *results, *of_requests;
	struct granting_request *requests;
	const json_t *rows;
	struct str v[ARRAY_LEN(fields)];
	size_t n, n_requests, *where;
	bool committed = false, strict;
	int r = api_read(rq, fields, ARRAY_LEN(fields), v);

	if (r == 0)
		r = api_objects(rq, "grants", BULK_MAX, &rows, &n);
	if (r < 0)
		return r;
	strict = str_equal(v[1], STR("true"));
	results = ARENA_ARRAY(rq->op.arena, struct granting_result, n);
	of_requests = ARENA_ARRAY(rq->op.arena, struct granting_result, n);
	requests = ARENA_ARRAY(rq->op.arena, struct granting_request, n);
	where = ARENA_ARRAY(rq->op.arena, size_t, n);
	n_requests = read_rows(rq, rows, requests, where, results);
	if (n_requests > 0 && !(strict && n_requests < n))
		r = granting_bulk(&rq->op, rq->principal, &(struct granting_bulk){ requests, n_requests, strict }, of_requests, &committed);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n_requests; i++)
		results[where[i]] = of_requests[i];
	return respond(rq, results, n, committed);
}
