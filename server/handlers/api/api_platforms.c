/* api_platforms.c: /api/v1/platforms: the catalogue; what is not verified always says so. */

#include "common/model/platform_store.h"
#include "server/handlers/api/api.h"

#define UNVERIFIED_MARK "chưa xác minh"

static void set_verified(json_t *json, bool verified)
{
	json_set_bool(json, "verified", verified);
	if (!verified)
		api_set(json, "mark", STR(UNVERIFIED_MARK));
}

static json_t *role_json(const struct role *role)
{
	json_t *json = json_new_object();

	api_set(json, "code", role->code);
	api_set(json, "name", role->name);
	api_set(json, "level", role->level);
	api_set(json, "sensitivity", role->sensitivity);
	set_verified(json, role->verified);
	return json;
}

static json_t *platform_json(struct arena *a, const struct platform *p, const struct role *roles, size_t n_roles)
{
	json_t *json = json_new_object();
	json_t *list = json_new_array();

	api_set(json, "code", p->code);
	api_set(json, "name", p->name);
	api_set(json, "name_en", p->name_en);
	api_set(json, "kind", p->kind);
	api_set(json, "state", p->state);
	api_set(json, "state_word", platform_state_word(p->state));
	json_set_bool(json, "open", p->is_open);
	api_set(json, "managing_unit", p->managing_unit);
	api_set(json, "expected", platform_expected_text(a, p));
	api_set(json, "note", p->note);
	set_verified(json, p->verified);
	for (size_t i = 0; i < n_roles; i++)
		if (roles[i].platform_id == p->id)
			json_array_append_new(list, role_json(&roles[i]));
	json_set_take(json, "roles", list);
	return json;
}

int h_api_platforms(struct request *rq)
{
	const struct platform *platforms;
	const struct role *roles;
	size_t n_platforms, n_roles;
	int r = platform_list(&rq->op, &platforms, &n_platforms);

	if (r < 0)
		return r;
	r = role_list(&rq->op, &roles, &n_roles);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();

	for (size_t i = 0; i < n_platforms; i++)
		json_array_append_new(list, platform_json(rq->op.arena, &platforms[i], roles, n_roles));
	json_set_take(body, "platforms", list);
	return respond_json(rq, 200, body);
}
