/*
 * router.h: the static table of routes.  First match in the table's order wins; a path that
 * is known under other methods gives 405 with their list.  Pure.
 *
 * Routes stand in buckets by the first segment of their path, which is a literal (route_table_fault()): the few that
 * everything hangs on are not compared with the hundreds of the API.
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

#define ROUTER_BUCKETS 64

struct router {
	const struct route *routes;
	size_t *order;                     /* indexes of routes: bucket by bucket, in each in the table's order */
	size_t starts[ROUTER_BUCKETS + 1]; /* of each bucket in order */
};

/* order: room for n_routes, which outlives the router as routes do. */
void router_init(struct router *r, const struct route *routes, size_t n_routes, size_t *order);
struct route_match route_match(const struct router *r, enum http_method method, struct str path);
/* "GET, HEAD, POST" */
struct str route_allow(struct arena *a, unsigned methods);
const char *method_name(enum http_method method);
/* NULL, or what is wrong with a table: for the start of a server. */
const char *route_table_fault(const struct route *routes, size_t n_routes, const struct route **ret_route);
