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
	return route_match(routes, ARRAY_LEN(routes), method, str_c(path));
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

static void test_table_faults(void **state)
{
	static const struct route bad[] = {
		{ .name = "x", .methods = HTTP_GET, .path = "x", .handle = handle },
		{ .name = "x", .methods = HTTP_GET, .path = "/", .handle = NULL },
		{ .name = "x", .methods = 0, .path = "/", .handle = handle },
		{ .name = "x", .methods = HTTP_GET, .path = "/{a}/{b}/{c}/{d}", .handle = handle },
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
		UNIT_TEST(test_table_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
