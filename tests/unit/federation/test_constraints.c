#include "server/federation/constraints.h"
#include "tests/unit/federation/federation_test.h"

static void test_entity_ids(void **state)
{
	static const struct {
		const char *id;
		bool is_good;
	} rows[] = {
		{ "https://a.example", true }, { "https://a.example/", true }, { "https://a.example:8443/x/y", true },
		{ "http://127.0.0.1:5000", true }, { "http://[::1]:5000/a", true }, { "http://a.example", false },
		{ "http://localhost:5000", false }, { "http://10.0.0.1", false }, { "ftp://a.example", false }, { "https://a.example?x=1", false },
		{ "https://a.example#f", false }, { "https://u@a.example", false }, { "https://", false }, { "a.example", false }, { "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (entity_id_is_valid(str_c(rows[i].id)) != rows[i].is_good)
			fail_msg("%s", rows[i].id);
	assert_str_equal(entity_configuration_url(*state, STR("https://a.example")), "https://a.example/.well-known/openid-federation");
	assert_str_equal(entity_configuration_url(*state, STR("https://a.example/x/")), "https://a.example/x/.well-known/openid-federation");
}

static void test_shape(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} rows[] = {
		{ "{}", true }, { "{'max_path_length':0}", true }, { "{'max_path_length':-1}", false }, { "{'max_path_length':1.5}", false },
		{ "{'max_path_length':'1'}", false }, { "{'naming_constraints':{'permitted':['.a.example'],'excluded':[]}}", true },
		{ "{'naming_constraints':[]}", false }, { "{'naming_constraints':{'permitted':'x'}}", false },
		{ "{'naming_constraints':{'excluded':[1]}}", false }, { "{'allowed_entity_types':[]}", true },
		{ "{'allowed_entity_types':['openid_provider']}", true }, { "{'allowed_entity_types':['federation_entity']}", false },
		{ "{'allowed_entity_types':{}}", false }, { "{'not_known':5}", true }, { "[]", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_json_ json_t *json = json_of(*state, rows[i].text);

		if (constraints_are_valid(json) != rows[i].is_good)
			fail_msg("%s", rows[i].text);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *names, *id;
		bool is_allowed;
	} rows[] = {
		{ "{'permitted':['.a.example']}", "https://x.a.example", true },
		{ "{'permitted':['.a.example']}", "https://y.x.A.example:8443/p", true },
		{ "{'permitted':['.a.example']}", "https://a.example", false },
		{ "{'permitted':['.a.example']}", "https://xa.example", false },
		{ "{'permitted':['a.example']}", "https://a.example", true },
		{ "{'permitted':['a.example']}", "https://x.a.example", false },
		{ "{'permitted':[]}", "https://a.example", false },
		{ "{'excluded':['.a.example']}", "https://x.a.example", false },
		{ "{'excluded':['.a.example']}", "https://b.example", true },
		{ "{'permitted':['.a.example'],'excluded':['x.a.example']}", "https://x.a.example", false },
		{ "{'permitted':['.a.example'],'excluded':['x.a.example']}", "https://y.a.example", true },
		{ "{'excluded':['a.example']}", "https://192.0.2.1", false },
		{ "{'excluded':['a.example']}", "https://[2001:db8::1]", false },
		{ "{}", "https://192.0.2.1", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_json_ json_t *json = json_of(*state, arena_printf(*state, "{'naming_constraints':%s}", rows[i].names).p);

		if (constraints_allow_name(json, str_c(rows[i].id)) != rows[i].is_allowed)
			fail_msg("%s: %s", rows[i].names, rows[i].id);
	}
	assert_true(constraints_allow_name(NULL, STR("https://192.0.2.1")));
}

static void test_path_and_types(void **state)
{
	_json_ json_t *one = json_of(*state, "{'max_path_length':1,'allowed_entity_types':['openid_provider']}");
	_json_ json_t *metadata = json_of(*state, "{'openid_provider':{},'openid_relying_party':{},'federation_entity':{}}");
	_json_ json_t *left = json_of(*state, "{'openid_provider':{},'federation_entity':{}}");

	assert_true(constraints_allow_path(one, 1));
	assert_false(constraints_allow_path(one, 2));
	assert_true(constraints_allow_path(NULL, 5));
	constraints_strip_types(NULL, metadata);
	assert_int_equal(json_object_size(metadata), 3);
	constraints_strip_types(one, metadata);
	assert_true(json_equal(metadata, left));
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_entity_ids), UNIT_TEST(test_shape), UNIT_TEST(test_names), UNIT_TEST(test_path_and_types) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
