/* api_scopes.c: /api/v1/admin-scopes: handing on parts of one's own scope. */

#include "common/base/random.h"
#include "server/governance/scoping.h"
#include "server/handlers/api/granting.h"

static json_t *scope_json(const struct scope *s)
{
	json_t *json = json_new_object();
	json_t *rights = json_new_array();

	for (size_t i = 0; i < s->n_rights; i++)
		json_array_append_new(rights, json_from_str(s->rights[i]));
	api_set(json, "id", s->id);
	api_set(json, "login", s->login);
	api_set(json, "unit", s->unit_code);
	api_set(json, "unit_name", s->unit_name);
	api_set(json, "platform", s->platform_code);
	json_set_take(json, "rights", rights);
	if (s->n_roles > 0) {
		json_t *roles = json_new_array();

		for (size_t i = 0; i < s->n_roles; i++)
			json_array_append_new(roles, json_from_str(s->roles[i]));
		json_set_take(json, "roles", roles);
	}
	api_set(json, "max_sensitivity", s->max_sensitivity);
	api_set(json, "valid_to", s->valid_to);
	if (!str_is_null(s->waits_until)) {
		api_set(json, "asked_by", s->granted_by);
		api_set(json, "expires_at", s->waits_until);
		return json;
	}
	api_set(json, "valid_from", s->valid_from);
	api_set(json, "granted_by", s->granted_by);
	return json;
}

int h_api_scopes_add(struct request *rq)
{
	enum { LOGIN, UNIT, PLATFORM, RIGHTS, ROLES, MAX_SENSITIVITY, VALID_TO, N };
	static const struct api_field fields[N] = {
		[LOGIN] = { "login", API_CODE, 32, true },
		[UNIT] = { "unit", API_CODE, 35, true },
		[PLATFORM] = { "platform", API_CODE, 16, false },
		[RIGHTS] = { "rights", API_LIST, 0, true },
		[ROLES] = { "roles", API_LIST, 0, false },
		[MAX_SENSITIVITY] = { "max_sensitivity", API_CODE, 16, false },
		[VALID_TO] = { "valid_to", API_STAMP, 25, false },
	};
	struct str v[N];
	struct scoping_request request;
	struct scope scope;
	bool added;
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	request = (struct scoping_request){ .login = v[LOGIN], .unit = v[UNIT], .platform = v[PLATFORM], .max_sensitivity = v[MAX_SENSITIVITY], .valid_to = v[VALID_TO] };
	if (!str_is_null(v[VALID_TO])) {
		request.valid_to_s = api_stamp_seconds(v[VALID_TO]);
		if (request.valid_to_s <= rq->op.now_s)
			return api_invalid(&rq->op, "valid_to", "valid_to must be in the future");
	}
	r = api_list(rq, "rights", &request.rights, &request.n_rights);
	if (r < 0)
		return r;
	if (json_object_get(rq->json, "roles"))
		r = api_list(rq, "roles", &request.roles, &request.n_roles);
	if (r < 0)
		return r;
	r = scoping_add(&rq->op, rq->principal, &request, &scope, &added);
	if (r < 0)
		return r;

	_json_ json_t *body = scope_json(&scope);

	if (!str_is_null(scope.waits_until))
		return respond_json(rq, 202, body);
	return respond_json(rq, added ? 201 : 200, body);
}

int h_api_scopes_waiting(struct request *rq)
{
	const struct db_param params[] = { P_STR(rq->principal->account_id) };

	return api_governed_page(rq, &(struct api_governed_page){ "scopes", scoping_waiting, params, 1, 2, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_scopes_revoke(struct request *rq)
{
	bool changed;
	int r = api_read_nothing(rq);

	if (r < 0)
		return r;
	if (!uuid_is_valid(rq->path_args[0]))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such scope");
	r = scoping_revoke(&rq->op, rq->principal, rq->path_args[0], &changed);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	json_set_bool(body, "changed", changed);
	return respond_json(rq, 200, body);
}
