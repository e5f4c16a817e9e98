#include "server/http/problem.h"

#include "tests/unit/http/http_test.h"

static const struct route plain = { .name = "plain", .errors = ERRORS_PLAIN };
static const struct route oauth = { .name = "oauth", .errors = ERRORS_OAUTH };
static const struct route bearer = { .name = "bearer", .errors = ERRORS_BEARER };
static const struct route problem = { .name = "problem", .errors = ERRORS_PROBLEM };
static const struct route page = { .name = "page", .errors = ERRORS_PAGE };

static const struct http_hooks no_hooks = { .begin = NULL };
static const struct field basic_field[] = { { STR("Authorization"), STR("Basic YTpi") } };
static const struct field html_field[] = { { STR("Accept"), STR("text/html,*/*") } };

static struct request *failed(struct arena *a, const struct route *route, enum err code)
{
	struct request *rq = request_new(a, route, NULL, 0);

	op_fail(&rq->op, code, "public text");
	return rq;
}

static void test_each_code_is_listed(void **state)
{
	(void)state;
	for (int code = ERR_FIRST_ + 1; code < ERR_END_; code++) {
		assert_true(problem_is_listed(code));
		assert_in_range(problem_status(code), 400, 599);
		assert_true(problem_oauth_error(code)[0] != '\0');
		assert_true(problem_title(code)[0] != '\0');
	}
	assert_false(problem_is_listed(ERR_NONE));
	assert_int_equal(problem_status(ERR_NONE), 500);
}

/* What is an OAuth error by its name is that error on the wire. */
static void test_oauth_names_are_kept(void **state)
{
	static const int same[] = { ERR_INVALID_REQUEST, ERR_INVALID_CLIENT, ERR_INVALID_GRANT, ERR_UNAUTHORIZED_CLIENT,
		                    ERR_UNSUPPORTED_GRANT_TYPE, ERR_UNSUPPORTED_RESPONSE_TYPE, ERR_INVALID_SCOPE,
		                    ERR_ACCESS_DENIED, ERR_LOGIN_REQUIRED, ERR_INTERACTION_REQUIRED,
		                    ERR_REQUEST_NOT_SUPPORTED, ERR_REQUEST_URI_NOT_SUPPORTED,
		                    ERR_REGISTRATION_NOT_SUPPORTED, ERR_INVALID_TOKEN, ERR_INSUFFICIENT_SCOPE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		assert_string_equal(problem_oauth_error(same[i]), err_name(same[i]));
}

static void test_oauth(void **state)
{
	struct request *rq = failed(*state, &oauth, ERR_INVALID_GRANT);

	problem_respond(rq, &no_hooks);
	assert_int_equal(rq->response.status, 400);
	assert_false(rq->response.cacheable);
	assert_str_equal(rq->response.content_type, "application/json");
	assert_str_equal(rq->response.body, "{\"error\":\"invalid_grant\",\"error_description\":\"public text\"}");
	assert_int_equal(rq->response.n_headers, 0);
}

static void test_oauth_challenge_only_after_basic(void **state)
{
	struct request *rq = request_new(*state, &oauth, basic_field, 1);

	op_fail(&rq->op, ERR_INVALID_CLIENT, "x");
	problem_respond(rq, &no_hooks);
	assert_int_equal(rq->response.status, 401);
	assert_true(str_starts(response_header_of(rq, "WWW-Authenticate"), STR("Basic realm=")));
	rq = failed(*state, &oauth, ERR_INVALID_CLIENT);
	problem_respond(rq, &no_hooks);
	assert_str_null(response_header_of(rq, "WWW-Authenticate"));
}

/* RFC 6750 §3.1: no error code for a request without credentials, or with some of another kind. */
static void test_bearer_challenge(void **state)
{
	static const struct field tried[] = { { STR("Authorization"), STR("Bearer x") } };
	struct request *rq = failed(*state, &bearer, ERR_INVALID_TOKEN);

	problem_respond(rq, &no_hooks);
	assert_int_equal(rq->response.status, 401);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"), "Bearer");
	rq = request_new(*state, &bearer, basic_field, 1);
	op_fail(&rq->op, ERR_INVALID_TOKEN, "x");
	problem_respond(rq, &no_hooks);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"), "Bearer");
	rq = request_new(*state, &bearer, tried, 1);
	op_fail(&rq->op, ERR_INVALID_TOKEN, "x");
	problem_respond(rq, &no_hooks);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"), "Bearer error=\"invalid_token\", error_description=\"x\"");
	rq = failed(*state, &bearer, ERR_INVALID_TOKEN);
	rq->has_form_token = true;
	problem_respond(rq, &no_hooks);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"), "Bearer error=\"invalid_token\", error_description=\"public text\"");
	rq = request_new(*state, &bearer, tried, 1);
	op_fail(&rq->op, ERR_INSUFFICIENT_SCOPE, "needs openid");
	problem_respond(rq, &no_hooks);
	assert_int_equal(rq->response.status, 403);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"),
	                 "Bearer error=\"insufficient_scope\", error_description=\"needs openid\"");
}

/* RFC 9449 §7.1: the same at resources of either form, and by the scheme that was tried. */
static void test_dpop_challenge(void **state)
{
	static const struct http_hooks hooks = { .dpop_algs = "ES256" };
	static const struct field tried[] = { { STR("Authorization"), STR("DPoP x") } };
	static const struct route *const routes[] = { &bearer, &problem };

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		struct request *rq = request_new(*state, routes[i], tried, 1);

		op_fail(&rq->op, ERR_INVALID_DPOP_PROOF, "x");
		problem_respond(rq, &hooks);
		assert_int_equal(rq->response.status, 401);
		assert_str_equal(response_header_of(rq, "WWW-Authenticate"),
		                 "DPoP algs=\"ES256\", error=\"invalid_dpop_proof\", error_description=\"x\"");
	}
}

static struct str metadata_of(struct request *rq)
{
	(void)rq;
	return STR("https://sso.example/.well-known/oauth-protected-resource/api/v1");
}

/* RFC 9728 §5.1: with a token and without one. */
static void test_resource_metadata(void **state)
{
#define METADATA "resource_metadata=\"https://sso.example/.well-known/oauth-protected-resource/api/v1\""
	static const struct field tried[] = { { STR("Authorization"), STR("Bearer x") } };
	static const struct http_hooks hooks = { .resource_metadata = metadata_of };
	struct request *rq = failed(*state, &problem, ERR_INVALID_TOKEN);

	problem_respond(rq, &hooks);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"), "Bearer " METADATA);
	rq = request_new(*state, &problem, tried, 1);
	op_fail(&rq->op, ERR_INVALID_TOKEN, "x");
	problem_respond(rq, &hooks);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"),
	                 "Bearer error=\"invalid_token\", error_description=\"x\", " METADATA);
}

static void test_problem_challenge(void **state)
{
	static const struct field tried[] = { { STR("Authorization"), STR("Bearer x") } };
	static const struct field malformed[] = { { STR("Authorization"), STR("Bearer a b") } };
	struct request *rq = failed(*state, &problem, ERR_INVALID_TOKEN);

	problem_respond(rq, &no_hooks);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"), "Bearer");
	rq = request_new(*state, &problem, tried, 1);
	op_fail(&rq->op, ERR_INSUFFICIENT_USER_AUTHENTICATION, "x");
	op_fail_arg(&rq->op, "max_age", STR("3"));
	problem_respond(rq, &no_hooks);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"),
	                 "Bearer error=\"insufficient_user_authentication\", error_description=\"x\", max_age=3");
	rq = request_new(*state, &problem, malformed, 1);
	op_fail(&rq->op, ERR_INVALID_REQUEST, "x");
	problem_respond(rq, &no_hooks);
	assert_int_equal(rq->response.status, 400);
	assert_str_equal(response_header_of(rq, "WWW-Authenticate"), "Bearer error=\"invalid_request\", error_description=\"x\"");
	rq = failed(*state, &problem, ERR_INVALID_REQUEST);
	problem_respond(rq, &no_hooks);
	assert_str_null(response_header_of(rq, "WWW-Authenticate"));
}

static struct str localised(struct request *rq)
{
	(void)rq;
	return STR("câu tiếng Việt");
}

static void test_problem_json(void **state)
{
	static const struct http_hooks hooks = { .error_text = localised };
	struct request *rq = failed(*state, &problem, ERR_OUT_OF_SCOPE);
	const char *reason = NULL;

	op_fail_arg(&rq->op, "field", STR("unit"));
	problem_respond(rq, &hooks);
	assert_int_equal(rq->response.status, 403);
	assert_str_equal(rq->response.content_type, "application/problem+json");

	_json_ json_t *body = json_read(rq->response.body, 4, &reason);

	assert_non_null(body);
	assert_str_equal(json_get_str(body, "type"), "urn:sen:error:out_of_scope");
	assert_str_equal(json_get_str(body, "code"), "out_of_scope");
	assert_str_equal(json_get_str(body, "detail"), "câu tiếng Việt");
	assert_str_equal(json_get_str(json_object_get(body, "args"), "field"), "unit");
	assert_int_equal(json_get_int(body, "status", 0), 403);
	assert_true(str_equal(json_get_str(body, "traceId"), str_c(rq->op.id)));
}

static void test_plain_says_no_more_than_the_title(void **state)
{
	struct request *rq = failed(*state, &plain, ERR_NOT_FOUND);

	problem_respond(rq, &no_hooks);
	assert_int_equal(rq->response.status, 404);
	assert_str_equal(rq->response.body, "Not found\n");
}

static void make_page(struct request *rq, int status)
{
	respond_bytes(rq, status, "text/html; charset=utf-8", STR("page"));
}

static void test_page_by_hook(void **state)
{
	static const struct http_hooks hooks = { .error_page = make_page };
	struct request *rq = failed(*state, &page, ERR_FLOW_EXPIRED);

	problem_respond(rq, &hooks);
	assert_int_equal(rq->response.status, 400);
	assert_str_equal(rq->response.body, "page");
	rq = failed(*state, &page, ERR_FLOW_EXPIRED);
	problem_respond(rq, &no_hooks);
	assert_int_equal(rq->response.status, 400);
	/* No route: a page only for who asks for one. */
	rq = request_new(*state, NULL, html_field, 1);
	op_fail(&rq->op, ERR_NOT_FOUND, "x");
	problem_respond(rq, &hooks);
	assert_str_equal(rq->response.body, "page");
	rq = failed(*state, NULL, ERR_NOT_FOUND);
	problem_respond(rq, &hooks);
	assert_str_equal(rq->response.body, "Not found\n");
}

static void test_retry_after(void **state)
{
	static const struct route *const routes[] = { &plain, &oauth, &bearer, &problem, &page };

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		struct request *rq = failed(*state, routes[i], ERR_OVERLOADED);

		problem_respond(rq, &no_hooks);
		assert_int_equal(rq->response.status, 503);
		assert_str_equal(response_header_of(rq, "Retry-After"), "2");
	}

	struct request *rq = failed(*state, &plain, ERR_TOO_MANY_REQUESTS);

	op_fail_arg(&rq->op, "retry_after_s", STR("60"));
	problem_respond(rq, &no_hooks);
	assert_int_equal(rq->response.status, 429);
	assert_str_equal(response_header_of(rq, "Retry-After"), "60");
}

/* A half-made answer, its cookies above all, does not leave with the error. */
static void test_earlier_response_is_dropped(void **state)
{
	struct request *rq = failed(*state, &plain, ERR_INTERNAL);

	respond_bytes(rq, 200, "text/plain", STR("secret"));
	response_cookie(rq, "__Host-s", STR("v"), -1);
	problem_respond(rq, &no_hooks);
	assert_int_equal(rq->response.status, 500);
	assert_str_null(response_header_of(rq, "Set-Cookie"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_each_code_is_listed),
		UNIT_TEST(test_oauth_names_are_kept),
		UNIT_TEST(test_oauth),
		UNIT_TEST(test_oauth_challenge_only_after_basic),
		UNIT_TEST(test_bearer_challenge),
		UNIT_TEST(test_dpop_challenge),
		UNIT_TEST(test_problem_challenge),
		UNIT_TEST(test_resource_metadata),
		UNIT_TEST(test_problem_json),
		UNIT_TEST(test_plain_says_no_more_than_the_title),
		UNIT_TEST(test_page_by_hook),
		UNIT_TEST(test_retry_after),
		UNIT_TEST(test_earlier_response_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
