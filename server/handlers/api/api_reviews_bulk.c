/* api_reviews_bulk.c: POST /api/v1/access-reviews/{id}/items/bulk: many items answered in one transaction, each with a result of its own. */

#include "common/base/random.h"
#include "server/governance/access_reviews.h"
#include "server/handlers/api/bulk.h"
#include "server/handlers/api/granting.h"

static int read_row(struct request *rq, const json_t *object, struct review_answer *ret)
{
	enum { ITEM, DECISION, NOTE, ROLE, N };
	static const struct api_field fields[N] = {
		[ITEM] = { "item", API_UUID, 36, true },
		[DECISION] = { "decision", API_CODE, 16, true },
		[NOTE] = { "note", API_PROSE, 1000, false },
		[ROLE] = { "role", API_CODE, 32, false },
	};
	struct str v[N];
	int r = api_read_object(rq, object, fields, N, v);

	*ret = (struct review_answer){ .item = v[ITEM], .decision = v[DECISION], .note = v[NOTE], .role = v[ROLE] };
	return r;
}

/* Takes over the bodies. */
static int respond(struct request *rq, struct review_answered *answered, size_t n, bool committed)
{
	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	size_t n_refused = 0;

	for (size_t i = 0; i < n; i++) {
		bool is_refused = answered[i].error.code < 0;
		json_t *json = json_new_object();

		n_refused += is_refused;
		json_set_str(json, "result", is_refused ? STR("refused") : committed ? STR("decided") : STR("not_done"));
		json_set_take(json, "item", answered[i].body ? answered[i].body : json_null());
		json_set_take(json, "problem", is_refused ? api_row_problem(rq->op.arena, &answered[i].error) : json_null());
		json_array_append_new(list, json);
	}
	json_set_bool(body, "committed", committed);
	json_set_int(body, "decided", committed ? (int64_t)(n - n_refused) : 0);
	json_set_int(body, "refused", (int64_t)n_refused);
	json_set_take(body, "results", list);
	return respond_json(rq, 200, body);
}

/* Rows that cannot be read are refused as the others are; where[i]: the row of the i-th answer. */
static size_t read_rows(struct request *rq, const json_t *rows, struct review_answer *answers, size_t *where, struct review_answered *answered)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		if (read_row(rq, json_array_get(rows, i), &answers[n]) == 0) {
			where[n++] = i;
			continue;
		}
		answered[i].error = rq->op.error;
		op_forgive(&rq->op);
	}
	return n;
}

int h_api_reviews_bulk(struct request *rq)
{
	static const struct api_field fields[] = { { "items", API_OBJECTS, 0, true }, { "all_or_nothing", API_BOOL, 0, false } };
	struct review_answered *answered, *of_rows;
	struct review_answers all = { 0 };
	struct review_answer *answers;
	const json_t *rows;
	struct str v[ARRAY_LEN(fields)];
	size_t n, *where;
	bool committed = false;
	int r = api_path_id(rq, 0, &all.campaign);

	if (r == 0)
		r = api_read(rq, fields, ARRAY_LEN(fields), v);
	if (r == 0)
		r = api_objects(rq, "items", BULK_MAX, &rows, &n);
	if (r < 0)
		return r;
	answered = ARENA_ARRAY(rq->op.arena, struct review_answered, n);
	of_rows = ARENA_ARRAY(rq->op.arena, struct review_answered, n);
	answers = ARENA_ARRAY(rq->op.arena, struct review_answer, n);
	where = ARENA_ARRAY(rq->op.arena, size_t, n);
	all.rows = answers;
	all.all_or_nothing = str_equal(v[1], STR("true"));
	all.n = read_rows(rq, rows, answers, where, answered);
	if (all.n > 0 && !(all.all_or_nothing && all.n < n))
		r = review_decide_bulk(&rq->op, rq->principal, &all, of_rows, &committed);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++)
		answered[where[i]] = of_rows[i];
	return respond(rq, answered, n, committed);
}
