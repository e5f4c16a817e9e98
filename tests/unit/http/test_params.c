#include "server/http/params.h"

#include "tests/unit/http/http_test.h"

enum { P_A, P_B, P_QUERY, P_BODY, P_WISH, P_LAST };

static const struct param_spec specs[] = {
	[P_A] = { "a", 8, PARAM_REQUIRED },
	[P_B] = { "b", 8, PARAM_PRINTABLE },
	[P_QUERY] = { "query_only", 8, PARAM_QUERY_ONLY },
	[P_BODY] = { "body_only", 8, PARAM_BODY_ONLY | PARAM_SECRET },
	[P_WISH] = { "wish", 8, PARAM_PRINTABLE | PARAM_WISH },
};

static const struct route form_route = { .name = "f", .params = specs, .n_params = P_LAST, .body = BODY_FORM };
static const struct route both_route = { .name = "b", .params = specs, .n_params = P_LAST, .body = BODY_FORM, .post_query = true };
static const struct route json_route = { .name = "j", .params = specs, .n_params = P_LAST, .body = BODY_JSON };
static const struct route none_route = { .name = "n", .params = specs, .n_params = P_LAST, .body = BODY_NONE };

static const struct route telling_route = { .name = "t", .params = specs, .n_params = P_LAST, .body = BODY_FORM, .tells_param_faults = true };

#define FORM_TYPE STR("application/x-www-form-urlencoded")
#define JSON_TYPE STR("application/json")

static int read_form(struct request *rq, const char *body)
{
	rq->body = str_c(body);
	return params_read(rq, FORM_TYPE);
}

static int read_query(struct request *rq, struct str query)
{
	rq->method = HTTP_GET;
	rq->raw_query = query;
	return params_read(rq, STR_NULL);
}

#define NEW(route) request_new(*state, (route), NULL, 0)

static void test_form(void **state)
{
	struct request *rq = NEW(&form_route);

	assert_int_equal(read_form(rq, "a=x+y&b=%21&unknown=1&unknown=2&body_only=z"), 0);
	assert_str_equal(rq->params[P_A], "x y");
	assert_str_equal(rq->params[P_B], "!");
	assert_str_equal(rq->params[P_BODY], "z");
	assert_str_null(rq->params[P_QUERY]);
}

static void test_empty_counts_as_absent(void **state)
{
	struct request *rq = NEW(&form_route);

	assert_int_equal(read_form(rq, "a=1&b="), 0);
	assert_str_null(rq->params[P_B]);
	rq = NEW(&form_route);
	assert_int_equal(read_form(rq, "a="), ERR_INVALID_REQUEST);
	assert_string_equal(rq->op.error.text, "missing parameter: a");
}

static void test_bad_forms(void **state)
{
	static const struct {
		const char *body, *text;
	} cases[] = {
		{ "", "missing parameter: a" },
		{ "b=1", "missing parameter: a" },
		{ "a=1&a=1", "repeated parameter: a" },
		{ "a=&a=1", "repeated parameter: a" },
		{ "a=1&a=", "repeated parameter: a" },
		{ "a=1&%61=1", "repeated parameter: a" },
		{ "a=123456789", "parameter is too long: a" },
		{ "a=1&b=%c3%a9", "parameter has characters that are not allowed: b" },
		{ "a=1&b=x%0ay", "parameter has characters that are not allowed: b" },
		{ "a=1&query_only=1", "parameter in the wrong place: query_only" },
		{ "a=%", "parameters are badly encoded" },
		{ "a=1&z=%zz", "parameters are badly encoded" },
		{ "a=1&%ff=1", "parameters are badly encoded" },
		{ "a=%c0%af", "parameters are badly encoded" },
		{ "a=1%00", "parameters are badly encoded" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct request *rq = NEW(&form_route);

		assert_int_equal(read_form(rq, cases[i].body), ERR_INVALID_REQUEST);
		assert_string_equal(rq->op.error.text, cases[i].text);
	}
}

/* OIDC Core §3.1.2.1 of ui_locales: "An error SHOULD NOT result if some or all of the requested locales are not supported". */
static void test_wishes(void **state)
{
	static const struct {
		const char *body, *wish;
	} cases[] = { { "a=1&wish=12345678", "12345678" }, { "a=1&wish=123456789", NULL }, { "wish=%c3%a9&a=1", NULL }, { "wish=x%0ay&a=1", NULL } };
	struct request *rq = NEW(&form_route);

	assert_int_equal(read_form(rq, "a=1&wish=123456789&wish=1"), ERR_INVALID_REQUEST);
	assert_string_equal(rq->op.error.text, "repeated parameter: wish");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		rq = NEW(&form_route);
		assert_int_equal(read_form(rq, cases[i].body), 0);
		assert_true(str_equal(rq->params[P_WISH], cases[i].wish ? str_c(cases[i].wish) : STR_NULL));
	}
}

/* What is faulty is gone, what is good stays, wherever it stands; the first fault is told. */
static void test_faults_that_the_handler_tells(void **state)
{
	static const struct {
		const char *body, *text, *a, *b;
	} cases[] = {
		{ "a=1&b=2", NULL, "1", "2" },
		{ "b=1&a=1&b=2", "repeated parameter: b", "1", NULL },
		{ "b=1&b=2&b=3&a=1", "repeated parameter: b", "1", NULL },
		{ "b=&b=2&a=1", "repeated parameter: b", "1", NULL },
		{ "b=123456789&b=1&a=1", "parameter is too long: b", "1", NULL },
		{ "a=1&a=1&b=2", "repeated parameter: a", NULL, "2" },
		{ "b=%&a=1", "parameters are badly encoded", "1", NULL },
		{ "b=1&b=%zz&a=1", "parameters are badly encoded", "1", NULL },
		{ "%=1&a=1&b=2", "parameters are badly encoded", "1", "2" },
		{ "query_only=1&a=1&b=2", "parameter in the wrong place: query_only", "1", "2" },
		{ "b=2", "missing parameter: a", NULL, "2" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct request *rq = NEW(&telling_route);

		assert_int_equal(read_form(rq, cases[i].body), 0);
		assert_int_equal(rq->op.error.code, 0);
		assert_int_equal(rq->param_fault.code, cases[i].text ? ERR_INVALID_REQUEST : 0);
		if (cases[i].text)
			assert_string_equal(rq->param_fault.text, cases[i].text);
		assert_true(str_equal(rq->params[P_A], cases[i].a ? str_c(cases[i].a) : STR_NULL));
		assert_true(str_equal(rq->params[P_B], cases[i].b ? str_c(cases[i].b) : STR_NULL));
	}
}

/* One in the query and one in the form are two, also where the query may not have any. */
static void test_both_places_count(void **state)
{
	struct request *rq = NEW(&telling_route);

	rq->raw_query = STR("a=1");
	assert_int_equal(read_form(rq, "a=1&b=2"), 0);
	assert_string_equal(rq->param_fault.text, "parameter in the wrong place: a");
	assert_str_null(rq->params[P_A]);
	assert_str_equal(rq->params[P_B], "2");
}

/* Beyond the limit nobody knows what is given once. */
static void test_too_many_leave_nothing(void **state)
{
	struct request *rq = NEW(&telling_route);
	struct buf b = buf_new(*state, 4096);

	buf_add_c(&b, "a=1&b=2");
	for (size_t i = 2; i <= PARAMS_PAIRS_MAX; i++)
		buf_add_c(&b, "&u=2");
	assert_int_equal(read_form(rq, b.p), 0);
	assert_int_equal(rq->param_fault.code, ERR_INVALID_REQUEST);
	assert_str_null(rq->params[P_A]);
	assert_str_null(rq->params[P_B]);
}

static void test_number_of_parameters(void **state)
{
	struct buf b = buf_new(*state, 4096);

	buf_add_c(&b, "a=1");
	for (size_t i = 1; i < PARAMS_PAIRS_MAX; i++)
		buf_add_c(&b, "&u=2");
	assert_int_equal(read_form(NEW(&form_route), b.p), 0);
	buf_add_c(&b, "&u=2");
	assert_int_equal(read_form(NEW(&form_route), b.p), ERR_INVALID_REQUEST);
}

static void test_long_names(void **state)
{
	struct buf b = buf_new(*state, 4096);

	buf_add_c(&b, "a=1&");
	for (size_t i = 0; i < PARAM_NAME_MAX; i++)
		buf_add_char(&b, 'n');
	assert_int_equal(read_form(NEW(&form_route), b.p), 0);
	buf_add_char(&b, 'n');
	assert_int_equal(read_form(NEW(&form_route), b.p), ERR_INVALID_REQUEST);
}

static void test_query_of_a_get(void **state)
{
	struct request *rq = NEW(&form_route);

	assert_int_equal(read_query(rq, STR("a=1&query_only=2")), 0);
	assert_str_equal(rq->params[P_QUERY], "2");
	assert_int_equal(read_query(NEW(&none_route), STR("a=1")), 0);
	assert_int_equal(read_query(NEW(&form_route), STR("a=1&body_only=secret")), ERR_INVALID_REQUEST);
	assert_int_equal(read_query(NEW(&form_route), STR_NULL), ERR_INVALID_REQUEST);
}

/* RFC 6749 §2.3.1: credentials "MUST NOT be included in the request URI". */
static void test_query_of_a_post(void **state)
{
	struct request *rq = NEW(&form_route);

	rq->raw_query = STR("a=1");
	assert_int_equal(read_form(rq, "b=2"), ERR_INVALID_REQUEST);
	rq = NEW(&form_route);
	rq->raw_query = STR("unknown=1&query_only=3");
	assert_int_equal(read_form(rq, "a=2"), 0);
	assert_str_equal(rq->params[P_QUERY], "3");
	rq = NEW(&both_route);
	rq->raw_query = STR("a=1");
	assert_int_equal(read_form(rq, "b=2"), 0);
	assert_str_equal(rq->params[P_A], "1");
	rq = NEW(&both_route);
	rq->raw_query = STR("a=1");
	assert_int_equal(read_form(rq, "a=1"), ERR_INVALID_REQUEST);
}

static void test_form_media_types(void **state)
{
	static const struct str good[] = { FORM_TYPE, STR("Application/X-WWW-Form-URLEncoded"),
		                           STR("application/x-www-form-urlencoded; charset=UTF-8"),
		                           STR("application/x-www-form-urlencoded;charset=\"utf-8\"") };
	static const struct str bad[] = { STR("text/plain"), STR(""), STR_NULL, JSON_TYPE,
		                          STR("multipart/form-data; boundary=x"),
		                          STR("application/x-www-form-urlencoded; charset=utf-16") };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct request *rq = NEW(&form_route);

		rq->body = STR("a=1");
		assert_int_equal(params_read(rq, good[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct request *rq = NEW(&form_route);

		rq->body = STR("a=1");
		assert_int_equal(params_read(rq, bad[i]), ERR_UNSUPPORTED_MEDIA_TYPE);
	}
}

static int read_json(struct request *rq, struct str type, struct str body)
{
	int r;

	rq->raw_query = STR("a=1");
	rq->body = body;
	r = params_read(rq, type);
	if (rq->json)
		json_decref(rq->json);
	return r;
}

static void test_json(void **state)
{
	static const struct str bad[] = { STR(""), STR("[]"), STR("1"), STR("{"), STR("{}x"), STR("{\"a\":1,\"a\":2}"),
		                          STR("{\"a\":\"\\u0000\"}"), STR("{\"a\":\"\xff\"}"), STR("nul") };

	assert_int_equal(read_json(NEW(&json_route), JSON_TYPE, STR("{\"x\":[1]}")), 0);
	assert_int_equal(read_json(NEW(&json_route), STR("application/scim+json; charset=utf-8"), STR("{}")), 0);
	assert_int_equal(read_json(NEW(&json_route), STR("text/json"), STR("{}")), ERR_UNSUPPORTED_MEDIA_TYPE);
	assert_int_equal(read_json(NEW(&json_route), STR("application/+json"), STR("{}")), ERR_UNSUPPORTED_MEDIA_TYPE);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(read_json(NEW(&json_route), JSON_TYPE, bad[i]), ERR_BAD_REQUEST);
}

static void test_json_depth(void **state)
{
	struct buf b = buf_new(*state, 1024);

	buf_add_c(&b, "{\"a\":");
	for (int i = 0; i < 15; i++)
		buf_add_char(&b, '[');
	for (int i = 0; i < 15; i++)
		buf_add_char(&b, ']');
	buf_add_char(&b, '}');
	assert_int_equal(read_json(NEW(&json_route), JSON_TYPE, buf_str(&b)), 0);
	assert_int_equal(read_json(NEW(&json_route), JSON_TYPE, arena_printf(*state, "{\"b\":%s}", b.p)), ERR_BAD_REQUEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_form),
		UNIT_TEST(test_empty_counts_as_absent),
		UNIT_TEST(test_bad_forms),
		UNIT_TEST(test_wishes),
		UNIT_TEST(test_faults_that_the_handler_tells),
		UNIT_TEST(test_both_places_count),
		UNIT_TEST(test_too_many_leave_nothing),
		UNIT_TEST(test_number_of_parameters),
		UNIT_TEST(test_long_names),
		UNIT_TEST(test_query_of_a_get),
		UNIT_TEST(test_query_of_a_post),
		UNIT_TEST(test_form_media_types),
		UNIT_TEST(test_json),
		UNIT_TEST(test_json_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
