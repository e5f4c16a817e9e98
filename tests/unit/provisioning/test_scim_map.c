#include "provisioning/scim/map.h"
#include "tests/unit/unit.h"

#include <string.h>

#define ID "11111111-1111-4111-8111-111111111111"

#define LIT(text) { text, sizeof(text) - 1 }

static const struct desired_role roles[] = { { LIT("MC"), LIT("Một cửa") }, { LIT("TP"), LIT("") } };

static struct desired wanted(void)
{
	return (struct desired){
		.active = true,
		.account_id = STR(ID),
		.login = STR("annv"),
		.employee_code = STR("NV1"),
		.ho = STR("Nguyễn"),
		.dem = STR(""),
		.ten = STR("An"),
		.full_name = STR("Nguyễn An"),
		.mail = STR("annv@nghean.example"),
		.unit_name = STR("Xã \"Một\""),
		.post = STR(""),
		.roles = roles,
		.n_roles = 2,
	};
}

static json_t *parse(const char *text)
{
	json_t *json = json_read(str_c(text), 16, NULL);

	assert_non_null(json);
	return json;
}

static void a_new_user_leaves_out_what_is_empty(void **state)
{
	struct desired want = wanted();
	_json_ json_t *user = scim_user(&want);

	assert_str_equal(json_write(*state, user, true),
	                 "{\"active\":true,\"displayName\":\"Nguyễn An\",\"emails\":[{\"primary\":true,\"type\":\"work\","
	                 "\"value\":\"annv@nghean.example\"}],\"externalId\":\"" ID "\",\"name\":{\"familyName\":\"Nguyễn\","
	                 "\"formatted\":\"Nguyễn An\",\"givenName\":\"An\"},\"roles\":[{\"display\":\"Một cửa\",\"value\":\"MC\"},"
	                 "{\"value\":\"TP\"}],\"schemas\":[\"" SCIM_USER "\",\"" SCIM_ENTERPRISE "\"],\"" SCIM_ENTERPRISE
	                 "\":{\"department\":\"Xã \\\"Một\\\"\",\"employeeNumber\":\"NV1\"},\"userName\":\"annv\"}");
	assert_true(scim_user_matches(user, &want));
	assert_int_equal(scim_user_hit(user, &want), SCIM_HIT_OURS);
	assert_null(scim_patch(user, &want));
}

/* Each: what the platform has, and the paths of the PATCH that follows. */
static void a_patch_says_only_what_differs(void **state)
{
	static const char same[] = "\"externalId\":\"" ID "\",\"userName\":\"ANNV\",\"displayName\":\"Nguyễn An\","
	                           "\"name\":{\"formatted\":\"Nguyễn An\",\"familyName\":\"Nguyễn\",\"givenName\":\"An\"},"
	                           "\"emails\":[{\"value\":\"Annv@NgheAn.example\"}],\"" SCIM_ENTERPRISE
	                           "\":{\"department\":\"Xã \\\"Một\\\"\",\"employeeNumber\":\"NV1\"}";
	static const struct {
		const char *rest, *want;
	} cases[] = {
		{ ",\"active\":true,\"roles\":[{\"value\":\"TP\"},{\"value\":\"MC\",\"display\":\"x\"}]", "" },
		{ ",\"active\":true,\"roles\":[\"TP\",\"MC\"],\"title\":null", "" },
		{ ",\"active\":true,\"roles\":[{\"value\":\"TP\"}]", "replace roles" },
		{ ",\"active\":true,\"roles\":null", "replace roles" },
		{ ",\"active\":true,\"roles\":[{\"value\":\"TP\"},{\"value\":\"mc\"}]", "replace roles" },
		{ ",\"active\":false,\"roles\":[{\"value\":\"TP\"},{\"value\":\"MC\"}]", "replace active" },
		{ ",\"active\":\"False\",\"roles\":[\"TP\",\"MC\"]", "replace active" },
		{ ",\"active\":true,\"title\":\"Chủ tịch\",\"roles\":[\"TP\",\"MC\"]", "remove title" },
	};
	struct desired want = wanted();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_json_ json_t *user = parse(arena_printf(*state, "{%s%s}", same, cases[i].rest).p);
		_json_ json_t *patch = scim_patch(user, &want);
		struct str said = STR("");
		size_t k;
		json_t *operation;

		json_array_foreach(json_object_get(patch, "Operations"), k, operation)
			said = arena_printf(*state, "%.*s%s%.*s %.*s", STR_ARG(said), k ? ", " : "",
			                    STR_ARG(json_get_str(operation, "op")),
			                    STR_ARG(json_get_str(operation, "path")));
		assert_str_equal(said, cases[i].want);
		assert_int_equal(patch == NULL, cases[i].want[0] == '\0');
	}
}

static void an_empty_account_is_filled(void **state)
{
	struct desired want = wanted();
	_json_ json_t *user = parse("{\"id\":7,\"userName\":\"annv\"}");
	_json_ json_t *patch = scim_patch(user, &want);

	assert_int_equal(json_array_size(json_object_get(patch, "Operations")), 10);
	assert_str_equal(scim_user_id(*state, user), "7");
	assert_int_equal(scim_user_hit(user, &want), SCIM_HIT_FOREIGN);
}

static void taking_down_touches_access_only(void **state)
{
	struct desired want = { .active = false, .account_id = STR(ID), .login = STR("annv") };
	_json_ json_t *on = parse("{\"active\":true,\"displayName\":\"X\",\"roles\":[{\"value\":\"MC\"}]}");
	_json_ json_t *off = parse("{\"active\":false,\"displayName\":\"X\"}");
	_json_ json_t *patch = scim_patch(on, &want);
	_json_ json_t *put = scim_user_over(on, &want);

	assert_str_equal(json_write(*state, json_object_get(patch, "Operations"), true),
	                 "[{\"op\":\"replace\",\"path\":\"active\",\"value\":false},{\"op\":\"remove\",\"path\":\"roles\"}]");
	assert_str_equal(json_write(*state, put, true), "{\"active\":false,\"displayName\":\"X\"}");
	assert_null(scim_patch(off, &want));
	assert_true(scim_user_matches(off, &want));
	assert_false(scim_user_matches(on, &want));
}

/* PUT replaces: what we do not know must go back as it came. */
static void a_put_keeps_what_is_not_ours(void **state)
{
	struct desired want = wanted();
	_json_ json_t *now = parse("{\"id\":\"1\",\"meta\":{\"version\":\"x\"},\"groups\":[{\"value\":\"g\"}],\"nickName\":\"An\","
	                           "\"title\":\"cũ\",\"emails\":[{\"value\":\"old@x\",\"type\":\"work\",\"primary\":true},"
	                           "{\"value\":\"home@x\",\"type\":\"home\",\"primary\":true}],\"urn:x\":{\"a\":1}}");
	_json_ json_t *put = scim_user_over(now, &want);

	assert_null(json_object_get(put, "id"));
	assert_null(json_object_get(put, "meta"));
	assert_null(json_object_get(put, "groups"));
	assert_null(json_object_get(put, "title"));
	assert_str_equal(json_get_str(put, "nickName"), "An");
	assert_int_equal(json_get_int(json_object_get(put, "urn:x"), "a", 0), 1);
	assert_str_equal(json_write(*state, json_object_get(put, "emails"), true),
	                 "[{\"primary\":true,\"type\":\"work\",\"value\":\"annv@nghean.example\"},"
	                 "{\"type\":\"home\",\"value\":\"home@x\"}]");
}

static void answers_are_compared_not_believed(void **state)
{
	static const struct {
		const char *user;
		enum scim_hit hit;
	} cases[] = {
		{ "{\"externalId\":\"" ID "\",\"userName\":\"other\"}", SCIM_HIT_OURS },
		{ "{\"externalId\":\"11111111-1111-4111-8111-111111111112\",\"userName\":\"AnnV\"}", SCIM_HIT_FOREIGN },
		{ "{\"userName\":\"annv\"}", SCIM_HIT_FOREIGN },
		{ "{\"userName\":\"annv2\"}", SCIM_HIT_NONE },
		{ "{\"externalId\":[\"" ID "\"]}", SCIM_HIT_NONE },
		{ "[]", SCIM_HIT_NONE },
	};
	struct desired want = wanted();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_json_ json_t *user = parse(cases[i].user);

		assert_int_equal(scim_user_hit(user, &want), cases[i].hit);
		assert_null(scim_user_id(*state, user).p);
	}
}

static void identifiers_that_would_walk_are_none(void **state)
{
	static const char *const bad[] = { "{\"id\":\"..\"}", "{\"id\":\".\"}", "{\"id\":\"\"}", "{\"id\":null}", "{\"id\":true}" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_json_ json_t *user = parse(bad[i]);

		assert_str_null(scim_user_id(*state, user));
	}
	assert_str_equal(scim_id_of_location(STR("https://x/scim/v2/Users/2819c223?x=/y")), "2819c223");
	assert_str_equal(scim_id_of_location(STR("Users/7/")), "7");
	assert_str_null(scim_id_of_location(STR("///")));
}

static void filters_quote_their_value(void **state)
{
	assert_str_equal(scim_filter_eq(*state, "userName", STR("a\"b\\c")), "userName eq \"a\\\"b\\\\c\"");
}

static void a_status_means_different_things(void **state)
{
	static const struct {
		int status;
		enum verdict on_read, on_create, on_change;
	} cases[] = {
		{ 200, VERDICT_DONE, VERDICT_DONE, VERDICT_DONE },
		{ 202, VERDICT_DONE, VERDICT_DONE, VERDICT_DONE },
		{ 204, VERDICT_DONE, VERDICT_DONE, VERDICT_DONE },
		{ 302, VERDICT_REFUSED, VERDICT_REFUSED, VERDICT_REFUSED },
		{ 400, VERDICT_REFUSED, VERDICT_REFUSED, VERDICT_REFUSED },
		{ 401, VERDICT_AUTH, VERDICT_AUTH, VERDICT_AUTH },
		{ 403, VERDICT_AUTH, VERDICT_AUTH, VERDICT_AUTH },
		{ 404, VERDICT_ABSENT, VERDICT_REFUSED, VERDICT_ABSENT },
		{ 408, VERDICT_NOT_DONE, VERDICT_IN_DOUBT, VERDICT_NOT_DONE },
		{ 409, VERDICT_REFUSED, VERDICT_CONFLICT, VERDICT_REFUSED },
		{ 412, VERDICT_NOT_DONE, VERDICT_NOT_DONE, VERDICT_NOT_DONE },
		{ 429, VERDICT_LIMITED, VERDICT_LIMITED, VERDICT_LIMITED },
		/* 500 after the commit: seen in the wild */
		{ 500, VERDICT_NOT_DONE, VERDICT_IN_DOUBT, VERDICT_NOT_DONE },
		{ 501, VERDICT_REFUSED, VERDICT_REFUSED, VERDICT_REFUSED },
		{ 504, VERDICT_NOT_DONE, VERDICT_IN_DOUBT, VERDICT_NOT_DONE },
	};
	_json_ json_t *limited = parse("{\"detail\":\"REQUEST_LIMIT_EXCEEDED: slow down\"}");
	const char *class;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(scim_verdict(SCIM_READ, cases[i].status, NULL, &class), cases[i].on_read);
		assert_int_equal(scim_verdict(SCIM_CREATE, cases[i].status, NULL, &class), cases[i].on_create);
		assert_int_equal(scim_verdict(SCIM_CHANGE, cases[i].status, NULL, &class), cases[i].on_change);
	}
	assert_int_equal(scim_verdict(SCIM_CREATE, 500, limited, &class), VERDICT_LIMITED);
	assert_string_equal(class, "limited");
}

static void a_list_is_whole_or_not(void **state)
{
	_json_ json_t *none = parse("{\"totalResults\":0,\"Resources\":[]}");
	_json_ json_t *some = parse("{\"totalResults\":21}");
	_json_ json_t *silent = parse("{\"Resources\":[]}");

	(void)state;
	assert_true(scim_list_is_whole(none, 0));
	assert_false(scim_list_is_whole(none, 1));
	assert_false(scim_list_is_whole(some, 20));
	assert_true(scim_list_is_whole(some, 21));
	assert_false(scim_list_is_whole(silent, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(a_new_user_leaves_out_what_is_empty),
		UNIT_TEST(a_patch_says_only_what_differs),
		UNIT_TEST(an_empty_account_is_filled),
		UNIT_TEST(taking_down_touches_access_only),
		UNIT_TEST(a_put_keeps_what_is_not_ours),
		UNIT_TEST(answers_are_compared_not_believed),
		UNIT_TEST(identifiers_that_would_walk_are_none),
		UNIT_TEST(filters_quote_their_value),
		UNIT_TEST(a_list_is_whole_or_not),
		UNIT_TEST(a_status_means_different_things),
	};

	return cmocka_run_group_tests_name("provisioning/scim_map", tests, NULL, NULL);
}
