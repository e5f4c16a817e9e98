/* api_guidance.c: /api/v1/platforms/{code}/guidance: published by the authority, acknowledged by units. */

#include "common/base/random.h"
#include "server/governance/rollout.h"
#include "server/handlers/api/catalogue.h"
#include "server/handlers/api/overlap.h"

const struct param_spec api_guidance_params[N_GUIDANCE_PARAMS] = {
	[P_GUIDANCE_ALL] = { "all", 5, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_GUIDANCE_AFTER] = PARAM_AFTER,
	[P_GUIDANCE_LIMIT] = PARAM_LIMIT,
};
const struct param_spec api_acknowledged_params[N_ACKNOWLEDGED_PARAMS] = {
	[P_ACKNOWLEDGED_AFTER] = PARAM_AFTER,
	[P_ACKNOWLEDGED_LIMIT] = PARAM_LIMIT,
	[P_ACKNOWLEDGED_MISSING] = { "missing", 5, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_platform_guidance(struct request *rq)
{
	struct page_ask ask;
	struct json_page page;
	bool all;
	int r = api_page_ask(rq, P_GUIDANCE_AFTER, P_GUIDANCE_LIMIT, 2, &ask);

	if (r == 0)
		r = catalogue_flag(rq, "all", rq_param(rq, P_GUIDANCE_ALL), &all);
	if (r == 0)
		r = api_page_read(rq, guidance_list(&rq->op, rq->path_args[0], all, &ask, &page));
	return r < 0 ? r : api_page(rq, "guidance", &page, 2);
}

int h_api_platform_guidance_publish(struct request *rq)
{
	enum { CODE, ROLE, KIND, TITLE, URL, TEXT, N };
	static const struct api_field fields[N] = {
		[CODE] = { "code", API_CODE, 32, true },
		[ROLE] = { "role", API_CODE, 32, false },
		[KIND] = { "kind", API_CODE, 20, true },
		[TITLE] = { "title", API_TEXT, 600, true },
		[URL] = { "url", API_TEXT, 500, false },
		[TEXT] = { "text", API_PROSE, 8000, false },
	};
	struct str v[N], id;
	int64_t version = 0;
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = catalogue_one_of(rq, "kind", v[KIND], "document|video|contact");
	if (r == 0)
		r = catalogue_url(rq, "url", v[URL]);
	if (r < 0)
		return r;
	if (str_is_null(v[URL]) && str_is_null(v[TEXT]))
		return api_invalid(&rq->op, "text", "guidance has an address or a text");
	const struct guidance guidance = {
		.platform = rq->path_args[0],
		.code = v[CODE],
		.role = v[ROLE],
		.kind = v[KIND],
		.title = v[TITLE],
		.url = v[URL],
		.body = v[TEXT],
	};
	r = guidance_publish(&rq->op, rq->principal, &guidance, &id, &version);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "id", id);
	api_set(body, "code", v[CODE]);
	json_set_int(body, "version", version);
	return respond_json(rq, 201, body);
}

int h_api_platform_guidance_acknowledge(struct request *rq)
{
	static const struct api_field fields[] = { { "unit", API_CODE, 35, true } };
	struct str unit;
	bool added = false;
	int r = api_read(rq, fields, 1, &unit);

	if (r < 0)
		return r;
	if (!uuid_is_valid(rq->path_args[1]))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such guidance");
	r = guidance_acknowledge(&rq->op, rq->principal, rq->path_args[0], rq->path_args[1], unit, &added);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "unit", unit);
	json_set_bool(body, "changed", added);
	return respond_json(rq, added ? 201 : 200, body);
}

int h_api_platform_guidance_report(struct request *rq)
{
	struct str after;
	size_t limit;
	bool missing;
	json_t *list;
	int r = api_limit(rq, P_ACKNOWLEDGED_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_ACKNOWLEDGED_AFTER, &after, 1);
	if (r == 0)
		r = catalogue_flag(rq, "missing", rq_param(rq, P_ACKNOWLEDGED_MISSING), &missing);
	if (r == 0 && !uuid_is_valid(rq->path_args[1]))
		r = op_fail(&rq->op, ERR_NOT_FOUND, "no such guidance");
	if (r == 0)
		r = guidance_report(&rq->op, rq->principal, rq->path_args[0], rq->path_args[1], missing, after, limit, &list);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	catalogue_page(rq, body, "units", list, limit, (const char *[2]){ "unit", NULL });
	return respond_json(rq, 200, body);
}
