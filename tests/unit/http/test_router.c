#include "server/http/router.h"

#include "tests/unit/unit.h"

static int handle(struct request *rq)
{
	(void)rq;
	return 0;
}

static const struct route routes[] = {
	{ .name = "home", .methods = HTTP_GET, .path = "/", .handle = handle },
	{ .name = "token", .methods = HTTP_POST, .path = "/token", .cors = true, .handle = handle },
	{ .name = "me", .methods = HTTP_GET, .path = "/grants/me", .handle = handle },
	{ .name = "grant", .methods = HTTP_GET | HTTP_PUT, .path = "/grants/{id}", .handle = handle },
	{ .name = "grant_add", .methods = HTTP_POST, .path = "/grants/{id}", .handle = handle },
	{ .name = "deep", .methods = HTTP_GET, .path = "/a/{x}/b/{y}/{z}", .handle = handle },
};

static struct route_match find(enum http_method method, const char *path)
{
	size_t order[ARRAY_LEN(routes)];
	struct router router;

	router_init(&router, routes, ARRAY_LEN(routes), order);
	return route_match(&router, method, str_c(path));
}

static void assert_route(enum http_method method, const char *path, const char *name)
{
	struct route_match m = find(method, path);

	assert_non_null(m.route);
	assert_string_equal(m.route->name, name);
}

static void test_matches(void **state)
{
	(void)state;
	assert_route(HTTP_GET, "/", "home");
	assert_route(HTTP_HEAD, "/", "home");
	assert_route(HTTP_GET, "/grants/me", "me");
	assert_route(HTTP_GET, "/grants/7", "grant");
	assert_route(HTTP_PUT, "/grants/me", "grant");
	assert_route(HTTP_POST, "/grants/7", "grant_add");
}

static void test_path_args(void **state)
{
	struct route_match m = find(HTTP_GET, "/a/1/b/22/333");

	(void)state;
	assert_str_equal(m.path_args[0], "1");
	assert_str_equal(m.path_args[1], "22");
	assert_str_equal(m.path_args[2], "333");
	m = find(HTTP_GET, "/grants/me");
	assert_str_null(m.path_args[0]);
	m = find(HTTP_PUT, "/grants/me");
	assert_str_equal(m.path_args[0], "me");
}

static void test_unknown_paths(void **state)
{
	static const char *const paths[] = { "/x", "/token/", "//", "/grants", "/grants/", "/grants//", "/grants/a/b",
		                             "/a/1/b/2", "/a/1/b//3", "*", "", "/TOKEN", "/{id}", "/grants/me/" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct route_match m = find(HTTP_GET, paths[i]);

		assert_null(m.route);
		assert_int_equal(m.allowed, 0);
	}
}

static void test_allow_lists_all_methods_of_a_path(void **state)
{
	struct route_match m = find(HTTP_DELETE, "/grants/7");

	assert_null(m.route);
	assert_string_equal(m.same_path->name, "grant");
	assert_str_equal(route_allow(*state, m.allowed), "GET, HEAD, POST, PUT");
	m = find(HTTP_GET, "/token");
	assert_str_equal(route_allow(*state, m.allowed), "POST, OPTIONS");
}

static void test_preflight_only_with_cors(void **state)
{
	struct route_match m = find(HTTP_OPTIONS, "/token");

	(void)state;
	assert_true(m.is_preflight);
	m = find(HTTP_OPTIONS, "/");
	assert_null(m.route);
}

#define N_MANY 200

static void fill_many(struct arena *a, struct route many[N_MANY])
{
	static const char *const tails[] = { "", "/{id}", "/{id}/x", "/x" };

	for (size_t i = 0; i < N_MANY; i++)
		many[i] = (struct route){ .name = "many", .methods = i % 3 ? HTTP_GET : HTTP_GET | HTTP_PUT, .handle = handle,
			                  .path = arena_printf(a, "/s%zu%s", i % 90, tails[i % ARRAY_LEN(tails)]).p };
}

/* Among more first segments than buckets, the same as asking each route alone, in the table's order. */
static void test_buckets_hide_nothing(void **state)
{
	struct route *many = ARENA_ARRAY(*state, struct route, N_MANY);
	size_t order[N_MANY], one_order, n_found = 0;
	struct router router, one;

	fill_many(*state, many);
	router_init(&router, many, N_MANY, order);
	for (size_t i = 0; i < 4 * N_MANY; i++) {
		struct str path = arena_printf(*state, "/s%zu%s", i % 95, i % 4 == 0 ? "" : i % 4 == 1 ? "/7" : i % 4 == 2 ? "/7/x" : "/x");
		struct route_match m = route_match(&router, HTTP_PUT, path), all = { .route = NULL };

		for (size_t k = 0; k < N_MANY; k++) {
			struct route_match alone;

			router_init(&one, &many[k], 1, &one_order);
			alone = route_match(&one, HTTP_PUT, path);
			all.allowed |= alone.allowed;
			all.route = all.route ? all.route : alone.route;
			all.same_path = all.same_path ? all.same_path : alone.same_path;
		}
		assert_ptr_equal(m.route, all.route);
		assert_ptr_equal(m.same_path, all.same_path);
		assert_int_equal(m.allowed, all.allowed);
		n_found += m.route != NULL;
	}
	assert_in_range(n_found, 1, 4 * N_MANY - 1);
}

static void test_table_faults(void **state)
{
	static const struct route bad[] = {
		{ .name = "x", .methods = HTTP_GET, .path = "x", .handle = handle },
		{ .name = "x", .methods = HTTP_GET, .path = "/", .handle = NULL },
		{ .name = "x", .methods = 0, .path = "/", .handle = handle },
		{ .name = "x", .methods = HTTP_GET, .path = "/a/{a}/{b}/{c}/{d}", .handle = handle },
		{ .name = "x", .methods = HTTP_GET, .path = "/{a}", .handle = handle },
		{ .name = "x", .methods = HTTP_POST, .path = "/", .body = BODY_FORM, .handle = handle },
		{ .name = "x", .methods = HTTP_GET, .path = "/", .n_params = PARAMS_MAX + 1, .handle = handle },
	};
	const struct route *at = NULL;

	(void)state;
	assert_null(route_table_fault(routes, ARRAY_LEN(routes), &at));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_non_null(route_table_fault(&bad[i], 1, &at));
		assert_ptr_equal(at, &bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_matches),
		UNIT_TEST(test_path_args),
		UNIT_TEST(test_unknown_paths),
		UNIT_TEST(test_allow_lists_all_methods_of_a_path),
		UNIT_TEST(test_preflight_only_with_cors),
		UNIT_TEST(test_buckets_hide_nothing),
		UNIT_TEST(test_table_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
