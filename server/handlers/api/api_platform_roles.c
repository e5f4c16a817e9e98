/* api_platform_roles.c: /api/v1/platforms/{code}/roles. */

#include "server/governance/catalogue.h"
#include "server/handlers/api/catalogue.h"

enum { NAME, LEVEL, SENSITIVITY, CODE, N };
static const struct api_field fields[N] = {
	[NAME] = { "name", API_TEXT, 400, true },
	[LEVEL] = { "level", API_TEXT, 100, false },
	[SENSITIVITY] = { "sensitivity", API_CODE, 20, true },
	[CODE] = { "code", API_CODE, 32, true },
};

static int read_role(struct request *rq, struct str code, struct catalogue_role *ret)
{
	struct str v[N];
	int r = api_read(rq, fields, str_is_null(code) ? N : N - 1, v);

	if (r == 0)
		r = catalogue_one_of(rq, "sensitivity", v[SENSITIVITY], "low|normal|high|privileged");
	if (r < 0)
		return r;
	*ret = (struct catalogue_role){
		.platform = rq->path_args[0],
		.code = str_is_null(code) ? v[CODE] : code,
		.name = v[NAME],
		.level = v[LEVEL],
		.sensitivity = v[SENSITIVITY],
	};
	return 0;
}

static int respond_role(struct request *rq, int status, struct str code, int64_t n_ended)
{
	_json_ json_t *role = NULL;
	int64_t version;
	int r = catalogue_role_get(&rq->op, rq->path_args[0], code, &role, &version);

	if (r < 0)
		return r;
	if (n_ended >= 0)
		json_set_int(role, "grants_ended", n_ended);
	api_etag(rq, version);
	return respond_json(rq, status, role);
}

int h_api_platform_role_get(struct request *rq)
{
	return respond_role(rq, 200, rq->path_args[1], -1);
}

int h_api_platform_role_add(struct request *rq)
{
	struct catalogue_role role;
	int r = read_role(rq, STR_NULL, &role);

	if (r == 0)
		r = catalogue_role_add(&rq->op, rq->principal, &role);
	return r < 0 ? r : respond_role(rq, 201, role.code, -1);
}

int h_api_platform_role_edit(struct request *rq)
{
	struct catalogue_role role;
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = read_role(rq, rq->path_args[1], &role);
	if (r == 0)
		r = catalogue_role_edit(&rq->op, rq->principal, &role, version);
	return r < 0 ? r : respond_role(rq, 200, role.code, -1);
}

int h_api_platform_role_retire(struct request *rq)
{
	enum { REASON, END_GRANTS, N_RETIRE };
	static const struct api_field retire_fields[N_RETIRE] = {
		[REASON] = { "reason", API_TEXT, 300, true },
		[END_GRANTS] = { "end_grants", API_BOOL, 0, false },
	};
	const struct catalogue_role role = { .platform = rq->path_args[0], .code = rq->path_args[1] };
	struct str v[N_RETIRE];
	int64_t version, n_ended = 0;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read(rq, retire_fields, N_RETIRE, v);
	if (r == 0)
		r = catalogue_role_retire(&rq->op, rq->principal, &role, version, str_equal(v[END_GRANTS], STR("true")), v[REASON], &n_ended);
	return r < 0 ? catalogue_say(rq, r) : respond_role(rq, 200, role.code, n_ended);
}
