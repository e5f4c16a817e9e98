#include "server/http/router.h"

#include "common/base/buf.h"

/* "{x}" matches one segment that is not empty; anything else itself. */
static bool segment_matches(struct str pattern, struct str segment, struct str *args, size_t *n_args)
{
	if (!str_starts(pattern, STR("{")))
		return str_equal(pattern, segment);
	if (str_is_empty(segment))
		return false;
	assert(*n_args < PATH_ARGS_MAX);
	args[(*n_args)++] = segment;
	return true;
}

/* The text before "{" first, which most paths differ in already. */
static bool path_matches(const char *pattern_path, struct str path, struct str args[PATH_ARGS_MAX])
{
	struct str patterns, segments = path;
	struct str pattern, segment;
	size_t n_args = 0, i = 0;

	for (size_t k = 0; k < PATH_ARGS_MAX; k++)
		args[k] = STR_NULL;
	for (; pattern_path[i] != '\0' && pattern_path[i] != '{'; i++)
		if (i >= path.len || path.p[i] != pattern_path[i])
			return false;
	if (pattern_path[i] == '\0')
		return i == path.len;
	patterns = str_c(pattern_path);
	while (str_split(&patterns, '/', &pattern))
		if (!str_split(&segments, '/', &segment) || !segment_matches(pattern, segment, args, &n_args))
			return false;
	return str_is_null(segments);
}

static unsigned route_methods(const struct route *route)
{
	unsigned methods = route->methods;

	if (methods & HTTP_GET)
		methods |= HTTP_HEAD;
	if (route->cors)
		methods |= HTTP_OPTIONS;
	return methods;
}

/* By the first segment. */
static size_t bucket_of(struct str path)
{
	size_t hash = 0;

	for (size_t i = 1; i < path.len && path.p[i] != '/'; i++)
		hash = hash * 31 + (unsigned char)path.p[i];
	return hash % ROUTER_BUCKETS;
}

void router_init(struct router *r, const struct route *routes, size_t n_routes, size_t *order)
{
	size_t at = 0;

	*r = (struct router){ .routes = routes, .order = order };
	for (size_t bucket = 0; bucket < ROUTER_BUCKETS; bucket++) {
		r->starts[bucket] = at;
		for (size_t i = 0; i < n_routes; i++)
			if (bucket_of(str_c(routes[i].path)) == bucket)
				order[at++] = i;
	}
	r->starts[ROUTER_BUCKETS] = at;
}

struct route_match route_match(const struct router *r, enum http_method method, struct str path)
{
	struct route_match match = { .route = NULL };
	size_t bucket = bucket_of(path);

	for (size_t at = r->starts[bucket]; at < r->starts[bucket + 1]; at++) {
		const struct route *route = &r->routes[r->order[at]];
		struct str args[PATH_ARGS_MAX];
		unsigned methods;

		if (!path_matches(route->path, path, args))
			continue;
		methods = route_methods(route);
		match.allowed |= methods;
		if (!match.same_path)
			match.same_path = route;
		if (match.route || !(methods & method))
			continue;
		match.route = route;
		match.is_preflight = method == HTTP_OPTIONS && !(route->methods & HTTP_OPTIONS);
		for (size_t k = 0; k < PATH_ARGS_MAX; k++)
			match.path_args[k] = args[k];
	}
	return match;
}

static const struct {
	enum http_method method;
	const char *name;
} method_names[] = {
	{ HTTP_GET, "GET" },     { HTTP_HEAD, "HEAD" },     { HTTP_POST, "POST" },       { HTTP_PUT, "PUT" },
	{ HTTP_PATCH, "PATCH" }, { HTTP_DELETE, "DELETE" }, { HTTP_OPTIONS, "OPTIONS" },
};

const char *method_name(enum http_method method)
{
	for (size_t i = 0; i < ARRAY_LEN(method_names); i++)
		if (method_names[i].method == method)
			return method_names[i].name;
	return "-";
}

struct str route_allow(struct arena *a, unsigned methods)
{
	struct buf b = buf_new(a, 64);

	for (size_t i = 0; i < ARRAY_LEN(method_names); i++)
		if (methods & method_names[i].method) {
			buf_add_c(&b, b.len > 0 ? ", " : "");
			buf_add_c(&b, method_names[i].name);
		}
	return buf_str(&b);
}

static const char *route_fault(const struct route *r)
{
	struct str rest = str_c(r->path), segment;
	size_t n_args = 0;

	if (!r->name || !r->path || r->path[0] != '/')
		return "route without name or path";
	if (!r->handle || r->methods == 0)
		return "route without handler or method";
	if (r->n_params > PARAMS_MAX)
		return "route with too many parameters";
	while (str_split(&rest, '/', &segment))
		n_args += str_starts(segment, STR("{"));
	if (r->path[1] == '{')
		return "route whose first segment is an argument";
	if (n_args > PATH_ARGS_MAX)
		return "route with too many path arguments";
	if (r->body != BODY_NONE && r->max_body == 0)
		return "route with a body but without max_body";
	return NULL;
}

const char *route_table_fault(const struct route *routes, size_t n_routes, const struct route **ret_route)
{
	for (size_t i = 0; i < n_routes; i++) {
		const char *fault = route_fault(&routes[i]);

		if (fault) {
			*ret_route = &routes[i];
			return fault;
		}
	}
	return NULL;
}
