#include "provisioning/webhook/message.h"
#include "tests/unit/unit.h"

#define ID "8f14e45f-ea4a-4f6c-9f3b-2b3c5a0d7e11"

static const struct desired_role roles[] = { { { "MC", 2 }, { "Một cửa", sizeof("Một cửa") - 1 } }, { { "TK", 2 }, { "Thống kê", sizeof("Thống kê") - 1 } } };

static struct desired official(void)
{
	return (struct desired){
		.active = true, .account_id = STR(ID), .login = STR("annth"), .ho = STR("Nguyễn"), .dem = STR(""), .ten = STR("An"),
		.full_name = STR("Nguyễn An"), .mail = STR("annth@nghean.example"), .employee_code = STR("NV-1"), .unit_code = STR("16681"),
		.unit_name = STR("Phường Trường Vinh"), .post = STR_NULL, .roles = roles, .n_roles = 2,
	};
}

static struct call call_of(struct op *op, struct arena *a, const struct desired *want)
{
	op_init(op, a, NULL, NULL);
	return (struct call){ .op = op, .want = want, .gen = 3, .ext_id = STR_NULL };
}

static void a_document_says_all(void **state)
{
	struct desired want = official();
	struct op op;
	struct call c = call_of(&op, *state, &want);

	assert_str_equal(webhook_body(*state, 17, webhook_document(&c, "create")),
	                 "{\"sequence\":17,\"operation\":\"create\",\"account_id\":\"" ID "\",\"login\":\"annth\",\"generation\":3,\"active\":true,"
	                 "\"roles\":[{\"code\":\"MC\",\"name\":\"Một cửa\"},{\"code\":\"TK\",\"name\":\"Thống kê\"}],"
	                 "\"full_name\":\"Nguyễn An\",\"family_name\":\"Nguyễn\",\"middle_name\":\"\",\"given_name\":\"An\","
	                 "\"mail\":\"annth@nghean.example\",\"employee_code\":\"NV-1\",\"unit_code\":\"16681\","
	                 "\"unit_name\":\"Phường Trường Vinh\",\"post\":\"\"}");
}

static void one_who_is_taken_down_is_not_described(void **state)
{
	struct desired want = official();
	struct op op;
	struct call c = call_of(&op, *state, &want);

	want.active = false;
	c.ext_id = STR("77");
	assert_str_equal(webhook_document(&c, "disable"),
	                 "{\"operation\":\"disable\",\"account_id\":\"" ID "\",\"login\":\"annth\",\"ext_id\":\"77\",\"generation\":3,"
	                 "\"active\":false,\"roles\":[]}");
	assert_str_equal(webhook_question(&c), "{\"operation\":\"look_up\",\"account_id\":\"" ID "\",\"login\":\"annth\",\"ext_id\":\"77\"}");
}

#define WHO "\"ext_id\":\"7\",\"account_id\":\"" ID "\""

static void answers_are_compared(void **state)
{
	static const struct {
		const char *text;
		bool is_good, matches;
	} cases[] = {
		{ "{" WHO ",\"active\":true,\"roles\":[\"TK\",\"MC\"]}", true, true },
		{ "{" WHO ",\"active\":true,\"roles\":[\"MC\",\"TK\"],\"login\":\"ANNTH\",\"post\":\"\",\"other\":1}", true, true },
		{ "{" WHO ",\"active\":true,\"roles\":[\"MC\",\"MC\"]}", true, false },
		{ "{" WHO ",\"active\":true,\"roles\":[\"MC\",\"TK\",\"LD\"]}", true, false },
		{ "{" WHO ",\"active\":true,\"roles\":[\"MC\",\"TK\"],\"full_name\":\"Khác\"}", true, false },
		{ "{" WHO ",\"active\":true,\"roles\":[\"MC\",\"TK\"],\"login\":\"khac\"}", true, false },
		{ "{" WHO ",\"active\":\"true\",\"roles\":[\"MC\",\"TK\"]}", false, false },
		{ "{" WHO ",\"active\":true,\"roles\":[{\"code\":\"MC\"}]}", false, false },
		{ "{" WHO ",\"active\":true}", false, false },
		{ "{\"account_id\":\"" ID "\",\"active\":true,\"roles\":[]}", false, false },
		{ "{\"ext_id\":\"7\",\"account_id\":\"" ID "0\",\"active\":true,\"roles\":[\"MC\",\"TK\"]}", false, false },
		{ "[]", false, false },
	};
	struct desired want = official();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_json_ json_t *json = json_read(str_c(cases[i].text), 8, NULL);
		struct webhook_answer answer;
		const char *reason = NULL;

		assert_int_equal(webhook_answer_read(*state, json, &want, &answer, &reason), cases[i].is_good);
		assert_int_equal(reason == NULL, cases[i].is_good);
		assert_int_equal(answer.seen.matches, cases[i].matches);
	}
}

static void absent_is_said_in_words(void **state)
{
	_json_ json_t *json = json_read(STR("{\"error\":\"absent\",\"replay_from\":5}"), 8, NULL);
	struct desired want = official();
	struct webhook_answer answer;
	const char *class = NULL, *reason = NULL;

	assert_true(webhook_answer_read(*state, json, &want, &answer, &reason));
	assert_true(answer.is_absent);
	assert_int_equal(answer.replay_from, 5);
	assert_int_equal(webhook_verdict(WEBHOOK_CHANGE, 404, STR("absent"), &class), VERDICT_ABSENT);
	/* A server that knows nothing of accounts. */
	assert_int_equal(webhook_verdict(WEBHOOK_CHANGE, 404, STR_NULL, &class), VERDICT_NOT_DONE);
	assert_string_equal(class, "config");
}

static void a_status_means_different_things(void **state)
{
	static const struct {
		int status;
		enum verdict on_read, on_create, on_change;
		bool is_decided;
	} cases[] = {
		{ 200, VERDICT_DONE, VERDICT_DONE, VERDICT_DONE, true },
		{ 302, VERDICT_NOT_DONE, VERDICT_NOT_DONE, VERDICT_NOT_DONE, true },
		{ 401, VERDICT_AUTH, VERDICT_AUTH, VERDICT_AUTH, false },
		{ 408, VERDICT_NOT_DONE, VERDICT_IN_DOUBT, VERDICT_NOT_DONE, false },
		{ 409, VERDICT_CONFLICT, VERDICT_CONFLICT, VERDICT_REFUSED, true },
		{ 422, VERDICT_REFUSED, VERDICT_REFUSED, VERDICT_REFUSED, true },
		{ 429, VERDICT_LIMITED, VERDICT_LIMITED, VERDICT_LIMITED, false },
		{ 502, VERDICT_NOT_DONE, VERDICT_IN_DOUBT, VERDICT_NOT_DONE, false },
	};
	const char *class;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(webhook_verdict(WEBHOOK_READ, cases[i].status, STR_NULL, &class), cases[i].on_read);
		assert_int_equal(webhook_verdict(WEBHOOK_CREATE, cases[i].status, STR_NULL, &class), cases[i].on_create);
		assert_int_equal(webhook_verdict(WEBHOOK_CHANGE, cases[i].status, STR_NULL, &class), cases[i].on_change);
		assert_int_equal(webhook_is_decided(cases[i].status), cases[i].is_decided);
	}
	assert_false(webhook_is_decided(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(a_document_says_all),
		UNIT_TEST(one_who_is_taken_down_is_not_described),
		UNIT_TEST(answers_are_compared),
		UNIT_TEST(absent_is_said_in_words),
		UNIT_TEST(a_status_means_different_things),
	};

	return cmocka_run_group_tests_name("provisioning/webhook_message", tests, NULL, NULL);
}
