#include "server/http/metrics.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_text) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
