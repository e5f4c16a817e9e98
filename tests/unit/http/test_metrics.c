#include "server/http/metrics.h"
#include "server/http/server.h"

#include "tests/unit/unit.h"

static const struct route routes[] = { { .name = "one" }, { .name = "two" }, { .name = "one" } };

static void test_text(void **state)
{
	struct metrics *m = metrics_new(routes, ARRAY_LEN(routes));
	struct buf b = buf_new(*state, 100000);

	metrics_count(m, &routes[0], HTTP_GET, 200, 900);
	metrics_count(m, &routes[2], HTTP_POST, 503, 30000000);
	metrics_count(m, &routes[2], HTTP_GET, 204, 1001);
	metrics_count(m, NULL, (enum http_method)0, 400, 0);
	metrics_write(m, &b);
	assert_true(str_contains(buf_str(&b), STR("sen_http_requests_total{route=\"one\",method=\"GET\",code=\"2xx\"} 2\n")));
	assert_true(str_contains(buf_str(&b), STR("sen_http_requests_total{route=\"one\",method=\"POST\",code=\"5xx\"} 1\n")));
	assert_true(str_contains(buf_str(&b), STR("sen_http_requests_total{route=\"none\",method=\"-\",code=\"4xx\"} 1\n")));
	assert_true(str_contains(buf_str(&b), STR("_bucket{route=\"one\",le=\"0.001\"} 1\n")));
	assert_true(str_contains(buf_str(&b), STR("_bucket{route=\"one\",le=\"0.0025\"} 2\n")));
	assert_true(str_contains(buf_str(&b), STR("_bucket{route=\"one\",le=\"+Inf\"} 3\n")));
	assert_true(str_contains(buf_str(&b), STR("_count{route=\"one\"} 3\n")));
	assert_false(str_contains(buf_str(&b), STR("two")));
	metrics_free(m);
}

/* As large as the table may become, each route asked for by two methods with three kinds of answers. */
static void test_room(void **state)
{
	enum { N = 400 };
	static const int statuses[] = { 200, 404, 500 };
	struct route *many = ARENA_ARRAY(*state, struct route, N);
	struct arena *a = arena_new(METRICS_MAX + 4096);

	for (size_t i = 0; i < N; i++)
		many[i].name = arena_cstr(*state, arena_printf(*state, "api_a_route_with_a_rather_long_name_%zu", i));

	struct metrics *m = metrics_new(many, N);
	struct buf b = buf_new_sized(a, METRICS_MAX, METRICS_MAX);

	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < ARRAY_LEN(statuses); k++) {
			metrics_count(m, &many[i], HTTP_GET, statuses[k], 123456);
			metrics_count(m, &many[i], HTTP_POST, statuses[k], 123456789);
		}
	metrics_write(m, &b);
	assert_true(buf_ok(&b));
	metrics_free(m);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_text), UNIT_TEST(test_room) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
