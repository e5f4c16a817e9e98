/* api_persons.c: /api/v1/persons: search within the administrator's scope. */

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/model/person_search.h"
#include "server/handlers/api/api.h"

#define QUERY_MIN_CHARS 2

const struct param_spec api_persons_params[N_PERSONS_PARAMS] = {
	[P_PERSONS_Q] = { "q", 200, PARAM_REQUIRED | PARAM_QUERY_ONLY },
	[P_PERSONS_AFTER] = { "after", 36, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_persons(struct request *rq)
{
	struct op *op = &rq->op;
	struct str q, after = rq_param(rq, P_PERSONS_AFTER);
	struct person_page page;
	int r;

	if (!text_normalise(op->arena, rq_param(rq, P_PERSONS_Q), &q) || utf8_length(q) < QUERY_MIN_CHARS)
		return api_invalid(op, "q", "at least two characters are needed");
	if (!str_is_null(after) && !uuid_is_valid(after))
		return api_invalid(op, "after", "not a value of next");
	r = person_search(op, rq->principal->account_id, q, after, &page);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();

	for (size_t i = 0; i < page.n; i++) {
		const struct person_hit *hit = &page.hits[i];
		json_t *item = json_new_object();

		api_set(item, "employee_code", hit->employee_code);
		api_set(item, "full_name", hit->full_name);
		api_set(item, "kind", hit->kind);
		api_set(item, "login", hit->login);
		api_set(item, "status", hit->status);
		api_set(item, "unit", hit->unit_code);
		api_set(item, "unit_name", hit->unit_name);
		api_set(item, "title", hit->title);
		json_array_append_new(list, item);
	}
	json_set_take(body, "persons", list);
	api_set(body, "next", page.has_more ? page.hits[page.n - 1].id : STR_NULL);
	return respond_json(rq, 200, body);
}
