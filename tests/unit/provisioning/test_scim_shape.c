#include "provisioning/scim/map.h"
#include "provisioning/scim/shape.h"
#include "tests/unit/unit.h"

#define ID "11111111-1111-4111-8111-111111111111"
#define LIT(text) { text, sizeof(text) - 1 }

static const struct desired_role roles[] = { { LIT("MC"), LIT("Một cửa") }, { LIT("TP"), LIT("") } };
static const struct scim_shape whole = { .has_roles = true, .has_enterprise = true };

static struct desired wanted(void)
{
	return (struct desired){
		.active = true, .account_id = STR(ID), .login = STR("annv"), .employee_code = STR("NV1"), .ho = STR("Nguyễn"), .ten = STR("An"),
		.full_name = STR("Nguyễn An"), .mail = STR("annv@nghean.example"), .unit_name = STR("Xã Một"), .roles = roles, .n_roles = 2,
	};
}

static json_t *parse(const char *text)
{
	json_t *json = json_read(str_c(text), 16, NULL);

	assert_non_null(json);
	return json;
}

/* As it would be sent: what differs between now and what is wanted. */
static struct str patch_of(struct arena *a, const struct scim_shape *shape, enum scim_style style, const char *now)
{
	struct desired all = wanted(), want = scim_shape_want(shape, &all);
	_json_ json_t *current = parse(now), *seen = scim_shape_current(shape, current, &all), *patch = scim_patch(seen, &want), *shaped = NULL;

	if (!patch)
		return STR("");
	shaped = scim_shape_patch(shape, style, patch, seen);
	return json_write(a, json_object_get(shaped, "Operations"), true);
}

#define SAME "\"externalId\":\"" ID "\",\"userName\":\"annv\",\"displayName\":\"Nguyễn An\",\"active\":true,\"name\":{\"formatted\":\"Nguyễn An\"," \
	"\"familyName\":\"Nguyễn\",\"givenName\":\"An\"}"
#define MAIL ",\"emails\":[{\"value\":\"annv@nghean.example\",\"type\":\"work\"}]"
#define WORK ",\"" SCIM_ENTERPRISE "\":{\"department\":\"Xã Một\",\"employeeNumber\":\"NV1\"}"
#define ROLES ",\"roles\":[{\"value\":\"MC\"},{\"value\":\"TP\"}]"

static void what_it_does_not_keep_is_not_sent(void **state)
{
	struct scim_shape poor = { .one_email = true };
	struct desired all = wanted(), want = scim_shape_want(&poor, &all);
	_json_ json_t *user = scim_user(&want);

	scim_shape_user(*state, &poor, user, NULL);
	assert_null(json_object_get(user, "roles"));
	assert_null(json_object_get(user, SCIM_ENTERPRISE));
	assert_str_equal(json_write(*state, json_object_get(user, "schemas"), true), "[\"" SCIM_USER "\"]");
	assert_int_equal(json_array_size(json_object_get(user, "emails")), 1);
	assert_null(json_object_get(user, "password"));
	/* And is not missed. */
	assert_str_equal(patch_of(*state, &poor, SCIM_STYLE_PATH, "{" SAME MAIL "}"), "");
	assert_str_equal(patch_of(*state, &poor, SCIM_STYLE_PATH, "{" SAME MAIL WORK ",\"roles\":[{\"value\":\"theirs\"}]}"), "");
	assert_str_equal(patch_of(*state, &whole, SCIM_STYLE_PATH, "{" SAME MAIL WORK ROLES "}"), "");
	assert_true(patch_of(*state, &whole, SCIM_STYLE_PATH, "{" SAME MAIL "}").len > 0);
}

static void a_put_gives_back_what_is_not_ours(void **state)
{
	struct scim_shape poor = { .one_email = true };
	struct desired all = wanted(), want = scim_shape_want(&poor, &all);
	_json_ json_t *current = parse("{\"id\":\"1\",\"roles\":[{\"value\":\"theirs\"}],\"emails\":[{\"value\":\"x@y\",\"type\":\"home\"}]}");
	_json_ json_t *user = scim_user_over(current, &want);

	scim_shape_user(*state, &poor, user, current);
	assert_str_equal(json_write(*state, json_object_get(user, "roles"), true), "[{\"value\":\"theirs\"}]");
	assert_int_equal(json_array_size(json_object_get(user, "emails")), 1);
	assert_str_equal(json_get_str(json_array_get(json_object_get(user, "emails"), 0), "value"), "annv@nghean.example");
}

static void styles_of_the_same_change(void **state)
{
	static const char now[] = "{" SAME ",\"emails\":[{\"value\":\"old@x\",\"type\":\"work\"}]" WORK ",\"title\":\"x\",\"roles\":[{\"value\":\"TP\"},{\"value\":\"XX\"}]}";
	struct scim_shape capital = whole;

	capital.capital = true;
	assert_str_equal(patch_of(*state, &whole, SCIM_STYLE_VALUE, now),
	                 "[{\"op\":\"remove\",\"path\":\"title\"},{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"annv@nghean.example\"},"
	                 "{\"op\":\"remove\",\"path\":\"roles[value eq \\\"XX\\\"]\"},{\"op\":\"add\",\"path\":\"roles\",\"value\":[{\"display\":\"Một cửa\",\"value\":\"MC\"}]}]");
	assert_str_equal(patch_of(*state, &whole, SCIM_STYLE_PATHLESS, now),
	                 "[{\"op\":\"replace\",\"value\":{\"emails\":[{\"primary\":true,\"type\":\"work\",\"value\":\"annv@nghean.example\"}],"
	                 "\"roles\":[{\"display\":\"Một cửa\",\"value\":\"MC\"},{\"value\":\"TP\"}],\"title\":null}}]");
	assert_true(str_starts(patch_of(*state, &capital, SCIM_STYLE_PATH, now), STR("[{\"op\":\"Remove\",\"path\":\"title\"},{\"op\":\"Replace\"")));
}

static void paths_become_members_of_members(void **state)
{
	static const char now[] = "{\"externalId\":\"" ID "\",\"userName\":\"annv\",\"displayName\":\"Nguyễn An\",\"active\":true,\"name\":{\"formatted\":\"Nguyễn An\","
				  "\"familyName\":\"Lê\",\"givenName\":\"An\"}" MAIL ROLES ",\"" SCIM_ENTERPRISE "\":{\"department\":\"Xã Hai\",\"employeeNumber\":\"NV1\"}}";

	assert_str_equal(patch_of(*state, &whole, SCIM_STYLE_PATHLESS, now),
	                 "[{\"op\":\"replace\",\"value\":{\"name\":{\"familyName\":\"Nguyễn\"},\"" SCIM_ENTERPRISE "\":{\"department\":\"Xã Một\"}}}]");
}

/* Strings are found by no filter: the list as a whole. */
static void roles_that_are_strings(void **state)
{
	assert_str_equal(patch_of(*state, &whole, SCIM_STYLE_VALUE, "{" SAME MAIL WORK ",\"roles\":[\"TP\"]}"),
	                 "[{\"op\":\"replace\",\"path\":\"roles\",\"value\":[{\"display\":\"Một cửa\",\"value\":\"MC\"},{\"value\":\"TP\"}]}]");
}

static void one_address_and_names_of_two_parts(void **state)
{
	struct scim_shape shape = { .has_roles = true, .has_enterprise = true, .one_email = true, .both_names = true };
	struct desired d = wanted(), want;

	assert_str_equal(patch_of(*state, &shape, SCIM_STYLE_PATH, "{" SAME ",\"emails\":[{\"value\":\"x@y\",\"type\":\"home\"}]" WORK ROLES "}"),
	                 "[{\"op\":\"replace\",\"path\":\"emails\",\"value\":[{\"primary\":true,\"type\":\"work\",\"value\":\"annv@nghean.example\"}]}]");
	d.ho = STR("");
	want = scim_shape_want(&shape, &d);
	assert_str_equal(want.ho, "An");
	d.ho = STR("Y");
	d.ten = STR_NULL;
	want = scim_shape_want(&shape, &d);
	assert_str_equal(want.ten, "Y");
	shape.both_names = false;
	want = scim_shape_want(&shape, &d);
	assert_str_null(want.ten);
}

static void a_password_is_new_each_time_and_for_new_accounts(void **state)
{
	struct scim_shape shape = whole;
	struct desired want = wanted();
	_json_ json_t *one = scim_user(&want), *other = scim_user(&want), *old = scim_user(&want);

	shape.has_password = true;
	scim_shape_user(*state, &shape, one, NULL);
	scim_shape_user(*state, &shape, other, NULL);
	scim_shape_user(*state, &shape, old, one);
	assert_true(json_get_str(one, "password").len >= 36);
	assert_false(str_equal(json_get_str(one, "password"), json_get_str(other, "password")));
	assert_null(json_object_get(old, "password"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(what_it_does_not_keep_is_not_sent),
		UNIT_TEST(a_put_gives_back_what_is_not_ours),
		UNIT_TEST(styles_of_the_same_change),
		UNIT_TEST(paths_become_members_of_members),
		UNIT_TEST(roles_that_are_strings),
		UNIT_TEST(one_address_and_names_of_two_parts),
		UNIT_TEST(a_password_is_new_each_time_and_for_new_accounts),
	};

	return cmocka_run_group_tests_name("provisioning/scim_shape", tests, NULL, NULL);
}
