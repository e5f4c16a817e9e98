/* routes_dump.c: the route table as JSON, for tests and for those who document it. */

#include "server/handlers/handlers.h"
#include "server/handlers/api/api.h"
#include "server/handlers/routes.h"

#include "server/governance/principal_store.h"
#include "server/http/router.h"

static const char *guard_name(int (*guard)(struct request *rq))
{
	static const struct {
		int (*guard)(struct request *rq);
		const char *name;
	} guards[] = {
		{ guard_admin, "admin" }, { guard_official, "official" }, { guard_client, "client" }, { guard_confidential_client, "confidential_client" },
		{ guard_dpop, "dpop" }, { guard_same_origin, "same_origin" },
	};

	for (size_t i = 0; i < ARRAY_LEN(guards); i++)
		if (guards[i].guard == guard)
			return guards[i].name;
	return "other";
}

static json_t *methods_json(unsigned methods)
{
	json_t *list = json_new_array();

	for (unsigned m = HTTP_GET; m <= HTTP_DELETE; m <<= 1)
		if (methods & m)
			json_array_append_new(list, json_from_str(str_c(method_name((enum http_method)m))));
	return list;
}

static json_t *params_json(const struct route *route)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < route->n_params; i++) {
		const struct param_spec *spec = &route->params[i];
		json_t *param = json_new_object();

		json_set_str(param, "name", str_c(spec->name));
		json_set_int(param, "max", spec->max_bytes);
		json_set_bool(param, "required", spec->flags & PARAM_REQUIRED);
		json_set_bool(param, "many", spec->flags & PARAM_MANY);
		json_array_append_new(list, param);
	}
	return list;
}

static json_t *needs_json(unsigned needs)
{
	json_t *list = json_new_array();

	for (unsigned right = 1; right <= RIGHT_ALL_; right <<= 1)
		if (needs & right)
			json_array_append_new(list, json_from_str(admin_right_name(right)));
	return list;
}

static json_t *route_json(const struct route *route)
{
	static const char *const bodies[] = { [BODY_NONE] = "none", [BODY_FORM] = "form", [BODY_JSON] = "json" };
	json_t *json = json_new_object();
	json_t *guards = json_new_array();

	json_set_str(json, "name", str_c(route->name));
	json_set_take(json, "methods", methods_json(route->methods));
	json_set_str(json, "path", str_c(route->path));
	json_set_take(json, "params", params_json(route));
	json_set_str(json, "body", str_c(bodies[route->body]));
	json_set_int(json, "max_body", (int64_t)route->max_body);
	/* Rights are those of the administration API; elsewhere "needs" is of other guards. */
	json_set_take(json, "needs", route->errors == ERRORS_PROBLEM ? needs_json(route->needs) : json_new_array());
	json_set_bool(json, "creates", route->creates);
	json_set_bool(json, "no_dry_run", route->no_dry_run);
	json_set_bool(json, "personal", route->personal);
	json_set_bool(json, "secret_answer", route->secret_answer);
	for (size_t i = 0; route->guards && route->guards[i]; i++)
		json_array_append_new(guards, json_from_str(str_c(guard_name(route->guards[i]))));
	json_set_take(json, "guards", guards);
	return json;
}

json_t *routes_json(struct arena *a)
{
	json_t *list = json_new_array();
	size_t n;
	const struct route *routes = service_routes(a, &n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, route_json(&routes[i]));
	return list;
}
