#include "provisioning/outbox_answer.h"
#include "tests/unit/unit.h"

/* Back-Channel Logout 1.0 §2.8. */
static void test_statuses(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum outbox_outcome outcome;
		const char *detail;
	} cases[] = {
		{ 200, "", OUTBOX_DELIVERED, NULL },
		{ 200, "<html>whatever</html>", OUTBOX_DELIVERED, NULL },
		{ 204, "", OUTBOX_DELIVERED, NULL },
		{ 400, "{\"error\":\"invalid_request\",\"error_description\":\"no such session\"}", OUTBOX_REFUSED, "answered 400 invalid_request" },
		/* Not the relying party's own words. */
		{ 400, "", OUTBOX_RETRY, "answered 400" },
		{ 400, "<html>Bad Request</html>", OUTBOX_RETRY, "answered 400" },
		{ 400, "[\"invalid_request\"]", OUTBOX_RETRY, "answered 400" },
		{ 400, "{\"error\":17}", OUTBOX_RETRY, "answered 400" },
		{ 400, "{\"error\":\"\"}", OUTBOX_RETRY, "answered 400" },
		{ 400, "{\"error\":\"a\\nb\"}", OUTBOX_RETRY, "answered 400" },
		{ 500, "{\"error\":\"invalid_request\"}", OUTBOX_RETRY, "answered 500" },
		{ 201, "", OUTBOX_RETRY, "answered 201" },
		{ 302, "", OUTBOX_RETRY, "answered 302 (redirects are not followed)" },
		{ 401, "", OUTBOX_RETRY, "answered 401" },
		{ 404, "", OUTBOX_RETRY, "answered 404" },
		{ 501, "", OUTBOX_RETRY, "answered 501" },
	};
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct http_answer answer = { .status = cases[i].status, .body = str_c(cases[i].body), .retry_after_s = -1 };
		struct outbox_answer a = outbox_answer_read(&op, 0, &answer, OUTBOX_LOGOUT);

		if (a.outcome != cases[i].outcome)
			fail_msg("case %zu: outcome %d", i, a.outcome);
		assert_int_equal(a.event, BREAKER_ANSWERED);
		assert_int_equal(a.pause_s, -1);
		assert_false(a.tells_nothing);
		if (cases[i].detail)
			assert_str_equal(a.detail, cases[i].detail);
		else
			assert_str_null(a.detail);
	}
}

/* RFC 8935 §2.2 to §2.4. */
static void test_events(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum outbox_outcome outcome;
		enum breaker_event event;
	} cases[] = {
		{ 202, "", OUTBOX_DELIVERED, BREAKER_ANSWERED },
		{ 400, "{\"err\":\"invalid_issuer\",\"description\":\"no\"}", OUTBOX_REFUSED, BREAKER_ANSWERED },
		{ 400, "{\"error\":\"invalid_issuer\"}", OUTBOX_RETRY, BREAKER_ANSWERED },
		{ 401, "", OUTBOX_RETRY, BREAKER_UNAUTHORIZED },
		{ 403, "", OUTBOX_RETRY, BREAKER_UNAUTHORIZED },
		{ 503, "", OUTBOX_RETRY, BREAKER_ANSWERED },
	};
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct http_answer answer = { .status = cases[i].status, .body = str_c(cases[i].body), .retry_after_s = -1 };
		struct outbox_answer a = outbox_answer_read(&op, 0, &answer, OUTBOX_SSF);

		if (a.outcome != cases[i].outcome || a.event != cases[i].event)
			fail_msg("case %zu", i);
	}
}

/* CIBA Core 1.0 §10.2. */
static void test_pings(void **state)
{
	static const struct {
		int status;
		enum outbox_outcome outcome;
	} cases[] = {
		{ 200, OUTBOX_DELIVERED }, { 204, OUTBOX_DELIVERED }, { 302, OUTBOX_REFUSED }, { 400, OUTBOX_REFUSED },
		{ 401, OUTBOX_REFUSED }, { 403, OUTBOX_REFUSED }, { 404, OUTBOX_REFUSED }, { 429, OUTBOX_RETRY },
		{ 500, OUTBOX_RETRY }, { 503, OUTBOX_RETRY },
	};
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct http_answer answer = { .status = cases[i].status, .retry_after_s = -1 };

		if (outbox_answer_read(&op, 0, &answer, OUTBOX_CIBA).outcome != cases[i].outcome)
			fail_msg("case %zu", i);
	}
}

static void test_pauses(void **state)
{
	static const struct {
		int status;
		int64_t retry_after_s, pause_s;
	} cases[] = { { 429, 7, 7 }, { 503, 60, 60 }, { 503, -1, -1 }, { 503, 1000000, 3600 }, { 500, 7, -1 } };
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct http_answer answer = { .status = cases[i].status, .retry_after_s = cases[i].retry_after_s };
		struct outbox_answer a = outbox_answer_read(&op, 0, &answer, OUTBOX_LOGOUT);

		assert_int_equal(a.outcome, OUTBOX_RETRY);
		assert_int_equal(a.pause_s, cases[i].pause_s);
	}
}

static void test_no_answer(void **state)
{
	static const struct {
		enum err err;
		enum breaker_event event;
		bool tells_nothing;
	} cases[] = {
		{ ERR_UNAVAILABLE, BREAKER_UNREACHABLE, false },
		{ ERR_OUTCOME_UNKNOWN, BREAKER_UNREACHABLE, false },
		{ ERR_LIMIT, BREAKER_ANSWERED, false },
		/* Our own list does not allow the address. */
		{ ERR_CONFIG, BREAKER_ANSWERED, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct outbox_answer a;
		struct op op;
		int r;

		op_init(&op, *state, NULL, NULL);
		r = op_fail_detail(&op, cases[i].err, "no answer", "curl 7");
		a = outbox_answer_read(&op, r, NULL, OUTBOX_LOGOUT);
		assert_int_equal(a.outcome, OUTBOX_RETRY);
		assert_int_equal(a.event, cases[i].event);
		assert_int_equal(a.tells_nothing, cases[i].tells_nothing);
		assert_str_equal(a.detail, "no answer: curl 7");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_statuses),
		UNIT_TEST(test_events),
		UNIT_TEST(test_pings),
		UNIT_TEST(test_pauses),
		UNIT_TEST(test_no_answer),
	};

	return cmocka_run_group_tests_name("provisioning/outbox_answer", tests, NULL, NULL);
}
