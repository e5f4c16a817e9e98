/*
 * router.h: the static table of routes.  First match in the table's order wins; a path that
 * is known under other methods gives 405 with their list.  Pure.
 */
#pragma once

#include "common/base/arena.h"
#include "server/http/request.h"

struct route_match {
	const struct route *route;     /* NULL: none */
	struct str path_args[PATH_ARGS_MAX];
	bool is_preflight;             /* OPTIONS on a route with cors */
	unsigned allowed;              /* enum http_method of all routes with this path; 0: path unknown */
	const struct route *same_path; /* for the form of a 405 */
};

struct route_match route_match(const struct route *routes, size_t n_routes, enum http_method method, struct str path);
/* "GET, HEAD, POST" */
struct str route_allow(struct arena *a, unsigned methods);
const char *method_name(enum http_method method);
/* NULL, or what is wrong with a table: for the start of a server. */
const char *route_table_fault(const struct route *routes, size_t n_routes, const struct route **ret_route);
