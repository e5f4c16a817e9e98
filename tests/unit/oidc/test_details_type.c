/* details_type.h: descriptions that are none, and what does not fit one (RFC 9396 §5). */
#include "server/oidc/authorization_details.h"
#include "server/oidc/client.h"
#include "server/oidc/details_type.h"
#include "tests/unit/unit.h"

#define ACTIONS "\"actions\":{\"kind\":\"list\",\"required\":true,\"max\":2,\"of\":{\"kind\":\"text\",\"values\":[\"read\",\"write\"]}}"
#define AMOUNT "\"amount\":{\"kind\":\"object\",\"fields\":{\"value\":{\"kind\":\"integer\",\"required\":true,\"min\":1,\"max\":1000},\"currency\":{\"kind\":\"text\",\"max\":3}}}"
#define DESCRIPTION "{\"fields\":{" ACTIONS "," AMOUNT ",\"note\":{\"kind\":\"any\"},\"rate\":{\"kind\":\"number\",\"max\":1},\"fast\":{\"kind\":\"boolean\"}}}"

static struct op op_of(struct arena *a)
{
	struct op op;

	op_init(&op, a, NULL, NULL);
	return op;
}

static struct details_type type_of(struct op *op, const char *description)
{
	_json_ json_t *json = json_read(str_c(description), DETAILS_DESCRIPTION_DEPTH, NULL);
	struct details_type type;

	assert_int_equal(details_type_read(op, STR("payment"), json, &type), 0);
	return type;
}

static void test_descriptions(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"fields\":[]}", "{\"kind\":\"object\",\"fields\":{}}", "{\"fields\":{\"type\":{\"kind\":\"text\"}}}", "{\"fields\":{\"a\":{}}}",
		"{\"fields\":{\"a\":{\"kind\":\"string\"}}}", "{\"fields\":{\"a\":{\"kind\":\"text\",\"maximum\":1}}}",
		"{\"fields\":{\"a\":{\"kind\":\"integer\",\"values\":[\"1\"]}}}", "{\"fields\":{\"a\":{\"kind\":\"text\",\"values\":[]}}}",
		"{\"fields\":{\"a\":{\"kind\":\"text\",\"values\":[1]}}}", "{\"fields\":{\"a\":{\"kind\":\"text\",\"min\":2,\"max\":1}}}",
		"{\"fields\":{\"a\":{\"kind\":\"text\",\"max\":\"1\"}}}", "{\"fields\":{\"a\":{\"kind\":\"text\",\"required\":1}}}", "{\"fields\":{\"\":{\"kind\":\"text\"}}}",
		"{\"fields\":{\"a\":{\"kind\":\"list\",\"of\":\"text\"}}}", "{\"fields\":{\"a\":{\"kind\":\"boolean\",\"max\":1}}}", "{\"fields\":{},\"other\":true}",
		"{\"fields\":{\"a\":{\"kind\":\"list\",\"of\":{\"kind\":\"list\",\"of\":{\"kind\":\"list\",\"of\":{\"kind\":\"text\"}}}}}}",
	};
	struct op op = op_of(*state);
	struct details_type type;

	(void)type_of(&op, DESCRIPTION);
	(void)type_of(&op, "{\"fields\":{},\"others\":true,\"title\":\"Bất kỳ\"}");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_json_ json_t *json = json_read(str_c(bad[i]), DETAILS_DESCRIPTION_DEPTH, NULL);

		if (details_type_read(&op, STR("payment"), json, &type) != ERR_INVALID_VALUE)
			fail_msg("taken: %s", bad[i]);
		op_forgive(&op);
	}
	assert_int_equal(details_type_read(&op, STR(""), NULL, &type), ERR_INVALID_VALUE);
}

static void test_what_fits(void **state)
{
	static const struct {
		const char *detail, *fault;
	} cases[] = {
		{ "{\"type\":\"payment\",\"actions\":[\"read\"]}", NULL },
		{ "{\"type\":\"payment\",\"actions\":[],\"amount\":{\"value\":5,\"currency\":\"VND\"},\"note\":{\"x\":[1]},\"rate\":0.5,\"fast\":true}", NULL },
		{ "{\"type\":\"payment\"}", "actions is missing" },
		{ "{\"type\":\"payment\",\"actions\":\"read\"}", "actions must be of the kind list" },
		{ "{\"type\":\"payment\",\"actions\":[\"delete\"]}", "actions is none of the values" },
		{ "{\"type\":\"payment\",\"actions\":[1]}", "actions must be of the kind text" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\",\"read\",\"read\"]}", "actions is out of bounds" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\"],\"amuont\":1}", "a member that this type does not know" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\"],\"amount\":{}}", "amount.value is missing" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\"],\"amount\":{\"value\":0}}", "amount.value is out of bounds" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\"],\"amount\":{\"value\":1001}}", "amount.value is out of bounds" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\"],\"amount\":{\"value\":1.0}}", "amount.value must be of the kind integer" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\"],\"amount\":{\"value\":1,\"currency\":\"DONG\"}}", "amount.currency is out of bounds" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\"],\"amount\":{\"value\":1,\"type\":\"x\"}}", "amount has a member" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\"],\"rate\":1.5}", "rate is out of bounds" },
		{ "{\"type\":\"payment\",\"actions\":[\"read\"],\"fast\":null}", "fast must be of the kind boolean" },
	};
	struct op op = op_of(*state);
	struct details_type type = type_of(&op, DESCRIPTION), open = type_of(&op, "{\"fields\":{},\"others\":true}"), closed = details_type_closed(*state, STR("payment"));

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_json_ json_t *detail = json_read(str_c(cases[i].detail), DETAILS_DEPTH, NULL);
		const char *fault = details_type_fault(*state, &type, detail);

		if (!fault != !cases[i].fault || (fault && !str_contains(str_c(fault), str_c(cases[i].fault))))
			fail_msg("%s: %s", cases[i].detail, fault ? fault : "fits");
		assert_null(details_type_fault(*state, &open, detail));
		assert_int_equal(details_type_fault(*state, &closed, detail) == NULL, json_object_size(detail) == 1);
	}
}

/* Only what is described is held against a description, and only a type that the client has is asked for. */
static void test_of_a_client(void **state)
{
	struct op op = op_of(*state);
	const struct str has[] = { STR("payment"), STR("print") };
	struct details_type type = type_of(&op, DESCRIPTION);
	const struct details_types types = { &type, 1 };
	const struct client c = { .details_types = { has, 2 }, .details_described = &types }, without = { .details_types = { has + 1, 1 }, .details_described = &types };
	struct str good = STR("[{\"type\":\"payment\",\"actions\":[\"read\"]},{\"type\":\"print\",\"pages\":2}]");
	struct str bad = STR("[{\"type\":\"print\",\"pages\":2},{\"type\":\"payment\",\"actions\":[\"pay\"]}]");

	assert_int_equal(authorization_details_check(&op, &c, good), 0);
	assert_int_equal(authorization_details_check(&op, &c, bad), ERR_INVALID_AUTHORIZATION_DETAILS);
	op_forgive(&op);
	assert_int_equal(authorization_details_check(&op, &without, good), ERR_INVALID_AUTHORIZATION_DETAILS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_descriptions),
		UNIT_TEST(test_what_fits),
		UNIT_TEST(test_of_a_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
