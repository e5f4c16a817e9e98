/* api_reviews.c: /api/v1/access-reviews. */

#include "server/governance/access_reviews.h"
#include "server/handlers/api/granting.h"

#define ME P_STR(rq->principal->account_id)

int h_api_reviews_list(struct request *rq)
{
	const struct db_param params[] = { ME };

	return api_governed_page(rq, &(struct api_governed_page){ "access_reviews", review_list, params, 1, 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_reviews_get(struct request *rq)
{
	struct str id;
	int r = api_path_id(rq, 0, &id);

	return r < 0 ? r : api_one(rq, review_one, (const struct db_param[]){ ME, P_STR(id) }, 2);
}

int h_api_reviews_items(struct request *rq)
{
	struct str id;
	int r = api_path_id(rq, 0, &id);

	if (r < 0)
		return r;
	const struct db_param params[] = { ME, P_STR(id), P_STR(rq_param(rq, P_LIST_STATE)) };

	return api_governed_page(rq, &(struct api_governed_page){ "items", review_items, params, ARRAY_LEN(params), 2, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_reviews_overdue(struct request *rq)
{
	const struct db_param params[] = { ME };

	return api_governed_page(rq, &(struct api_governed_page){ "overdue", review_overdue, params, 1, 1, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_reviews_add(struct request *rq)
{
	enum { CODE, NAME, KIND, UNIT, PLATFORM, MIN_SENSITIVITY, DEADLINE, NO_ANSWER, N };
	static const struct api_field fields[N] = {
		[CODE] = { "code", API_CODE, 40, true },
		[NAME] = { "name", API_TEXT, 400, true },
		[KIND] = { "kind", API_CODE, 16, true },
		[UNIT] = { "unit", API_CODE, 35, true },
		[PLATFORM] = { "platform", API_CODE, 16, false },
		[MIN_SENSITIVITY] = { "min_sensitivity", API_CODE, 16, false },
		[DEADLINE] = { "deadline", API_STAMP, 25, true },
		[NO_ANSWER] = { "no_answer", API_CODE, 16, false },
	};
	struct str v[N];
	struct db_param params[N + 2] = { P_STR(api_new_id(rq)), ME };
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	if (str_is_null(v[NO_ANSWER]))
		v[NO_ANSWER] = STR("suspend");
	if (str_is_null(v[MIN_SENSITIVITY]))
		v[MIN_SENSITIVITY] = STR("low");
	for (size_t i = 0; i < N; i++)
		params[i + 2] = P_STR(v[i]);
	return api_governed(rq, &review_begin, params, N + 2, 201);
}

int h_api_reviews_advance(struct request *rq)
{
	return api_governed_act(rq, &review_advance);
}

int h_api_reviews_decide(struct request *rq)
{
	enum { DECISION, NOTE, ROLE, N };
	static const struct api_field fields[N] = {
		[DECISION] = { "decision", API_CODE, 16, true },
		[NOTE] = { "note", API_PROSE, 1000, false },
		[ROLE] = { "role", API_CODE, 32, false },
	};
	struct str v[N], id, item;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_path_id(rq, 1, &item);
	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r < 0)
		return r;
	return api_governed(rq, &review_decide, (const struct db_param[]){ P_STR(id), ME, P_STR(item), P_STR(v[DECISION]), P_STR(v[NOTE]), P_STR(v[ROLE]) },
	                    6, 200);
}
