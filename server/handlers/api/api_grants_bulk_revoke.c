/* api_grants_bulk_revoke.c: POST /api/v1/grants/bulk-revoke: many revocations in one transaction, each with a result of its own. */

#include "common/base/random.h"
#include "server/handlers/api/bulk.h"
#include "server/handlers/api/grants.h"

static int read_row(struct request *rq, const json_t *object, struct granting_revocation *ret)
{
	enum { LOGIN, GRANT, PLATFORM, ROLE, REASON, N };
	static const struct api_field fields[N] = {
		[LOGIN] = { "login", API_CODE, 32, true },       [GRANT] = { "grant", API_UUID, 36, false }, [PLATFORM] = { "platform", API_CODE, 16, false },
		[ROLE] = { "role", API_CODE, 32, false },        [REASON] = { "reason", API_TEXT, 300, true },
	};
	struct str v[N];
	int r = api_read_object(rq, object, fields, N, v);

	if (r < 0)
		return r;
	if (!str_is_null(v[ROLE]) && str_is_null(v[PLATFORM]))
		return op_fail(&rq->op, ERR_BAD_REQUEST, "a role is named together with its platform");
	if (!str_is_null(v[GRANT]) && !str_is_null(v[PLATFORM]))
		return op_fail(&rq->op, ERR_BAD_REQUEST, "one grant, or those of a platform");
	*ret = (struct granting_revocation){ .login = v[LOGIN], .id = v[GRANT], .platform = v[PLATFORM], .role = v[ROLE], .reason = v[REASON] };
	return 0;
}

static json_t *result_json(struct arena *a, const struct granting_revoke_result *result, bool committed)
{
	const struct grant_revoked_list *done = &result->revoked.done;
	bool is_refused = result->error.code < 0;
	json_t *json = json_new_object(), *list = json_new_array();

	json_set_str(json, "result", is_refused ? STR("refused") : !committed ? STR("not_done") : done->n > 0 ? STR("revoked") : STR("was_gone"));
	for (size_t i = 0; committed && !is_refused && i < done->n; i++) {
		json_t *item = json_new_object();

		api_set(item, "id", done->grants[i].id);
		api_set(item, "platform", done->grants[i].platform_code);
		api_set(item, "role", done->grants[i].role_code);
		api_set(item, "unit", done->grants[i].unit_code);
		json_array_append_new(list, item);
	}
	json_set_take(json, "revoked", list);
	json_set_int(json, "beyond_scope", is_refused ? 0 : (int64_t)result->revoked.n_beyond);
	json_set_take(json, "problem", is_refused ? api_row_problem(a, &result->error) : json_null());
	return json;
}

static int respond(struct request *rq, const struct granting_revoke_result *results, size_t n, bool committed)
{
	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	size_t n_refused = 0, n_revoked = 0;

	for (size_t i = 0; i < n; i++) {
		n_refused += results[i].error.code < 0;
		n_revoked += committed && results[i].error.code == 0 ? results[i].revoked.done.n : 0;
		json_array_append_new(list, result_json(rq->op.arena, &results[i], committed));
	}
	json_set_bool(body, "committed", committed);
	json_set_int(body, "revoked", (int64_t)n_revoked);
	json_set_int(body, "refused", (int64_t)n_refused);
	json_set_take(body, "results", list);
	return respond_json(rq, 200, body);
}

/* Rows that cannot be read are refused as the others are; where[i]: the row of the i-th revocation. */
static size_t read_rows(struct request *rq, const json_t *rows, struct granting_revocation *revocations, size_t *where, struct granting_revoke_result *results)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		if (read_row(rq, json_array_get(rows, i), &revocations[n]) == 0) {
			where[n++] = i;
			continue;
		}
		results[i].error = rq->op.error;
		op_forgive(&rq->op);
	}
	return n;
}

int h_api_grants_bulk_revoke(struct request *rq)
{
	static const struct api_field fields[] = { { "revocations", API_OBJECTS, 0, true }, { "all_or_nothing", API_BOOL, 0, false } };
	struct granting_revoke_result *results, *of_rows;
	struct granting_revocation *revocations;
	const json_t *rows;
	struct str v[ARRAY_LEN(fields)];
	size_t n, n_read, *where;
	bool committed = false, strict;
	int r = api_read(rq, fields, ARRAY_LEN(fields), v);

	if (r == 0)
		r = api_objects(rq, "revocations", BULK_MAX, &rows, &n);
	if (r < 0)
		return r;
	strict = str_equal(v[1], STR("true"));
	results = ARENA_ARRAY(rq->op.arena, struct granting_revoke_result, n);
	of_rows = ARENA_ARRAY(rq->op.arena, struct granting_revoke_result, n);
	revocations = ARENA_ARRAY(rq->op.arena, struct granting_revocation, n);
	where = ARENA_ARRAY(rq->op.arena, size_t, n);
	n_read = read_rows(rq, rows, revocations, where, results);
	if (n_read > 0 && !(strict && n_read < n))
		r = granting_revoke_bulk(&rq->op, rq->principal, &(struct granting_revocations){ revocations, n_read, strict }, of_rows, &committed);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n_read; i++)
		results[where[i]] = of_rows[i];
	return respond(rq, results, n, committed);
}
