#include "provisioning/scim/map.h"
#include "provisioning/scim/mapped.h"
#include "tests/unit/unit.h"

#define LIT(text) { text, sizeof(text) - 1 }
#define ID "11111111-1111-4111-8111-111111111111"

static const struct fact_grant grants[] = { { 2, LIT("P02"), LIT("A"), LIT("Vai trò"), LIT("40.1") } };

static json_t *parse(const char *text)
{
	json_t *json = json_read(str_c(text), 16, NULL);

	if (!json)
		fail_msg("%s", text);
	return json;
}

static struct desired want_by(struct arena *a, const char *mapping, const struct account_facts *change)
{
	const struct mapping **by = ARENA_ARRAY(a, const struct mapping *, 3);
	bool *broken = ARENA_ARRAY(a, bool, 3);
	struct mapping_set *set = ARENA_NEW(a, struct mapping_set);
	struct mapping_document_fault fault = { 0 };
	_json_ json_t *json = parse(mapping);
	struct account_facts f = {
		.account_id = STR(ID), .login = STR("annv"), .status = STR("active"), .employee_code = STR("NV1"), .ho = STR("Nguyễn"), .ten = STR("An"),
		.full_name = STR("Nguyễn An"), .unit_code = STR("40.1"), .unit_name = STR("Xã Một"), .grants = grants, .n_grants = 1,
	};
	struct desired d;

	by[2] = mapping_document_read(a, json, &fault);
	if (!by[2])
		fail_msg("%s", fault.text);
	*set = (struct mapping_set){ by, broken, 3, NULL };
	if (change)
		f = *change;
	f.mappings = set;
	plan_platform(a, &f, 2, STR("x.example"), &d);
	return d;
}

#define DEPARTMENT SCIM_ENTERPRISE ":department"
static const char mapping[] =
        "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"displayName\",\"value\":\"full_name\"},{\"path\":\"name.givenName\",\"value\":\"ten\"},"
        "{\"path\":\"" DEPARTMENT "\",\"value\":\"unit.name\"},{\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"mail\"},"
        "{\"path\":\"title\",\"value\":\"post.title\"},{\"path\":\"nickName\",\"value\":\"ten\",\"owner\":\"initial\"},"
        "{\"path\":\"timezone\",\"owner\":\"theirs\"},{\"path\":\"entitlements\",\"value\":\"list(\\\"e1\\\", login)\"}]}";

#define SAME "\"externalId\":\"" ID "\",\"userName\":\"annv\",\"active\":true,\"displayName\":\"Nguyễn An\",\"name\":{\"givenName\":\"An\"}," \
             "\"" SCIM_ENTERPRISE "\":{\"department\":\"Xã Một\"},\"emails\":[{\"type\":\"home\",\"value\":\"h@x\"},{\"type\":\"work\",\"value\":\"annv@x.example\"}]," \
             "\"entitlements\":[\"annv\",{\"value\":\"e1\"}],\"roles\":[{\"value\":\"A\"}]"

static void a_new_user_is_what_the_rows_say(void **state)
{
	struct desired want = want_by(*state, mapping, NULL);
	_json_ json_t *user = scim_user(&want);

	assert_str_equal(json_write(*state, user, true),
	                 "{\"active\":true,\"displayName\":\"Nguyễn An\",\"emails\":[{\"type\":\"work\",\"value\":\"annv@x.example\"}],"
	                 "\"entitlements\":[{\"value\":\"e1\"},{\"value\":\"annv\"}],\"externalId\":\"" ID "\",\"name\":{\"givenName\":\"An\"},"
	                 "\"nickName\":\"An\",\"roles\":[{\"display\":\"Vai trò\",\"value\":\"A\"}],\"schemas\":[\"" SCIM_USER "\",\"" SCIM_ENTERPRISE "\"],"
	                 "\"" SCIM_ENTERPRISE "\":{\"department\":\"Xã Một\"},\"userName\":\"annv\"}");
	assert_true(scim_user_matches(user, &want));
	assert_null(scim_patch(user, &want));
}

static void patches_name_what_is_ours_and_differs(void **state)
{
	static const struct {
		const char *user, *operations;
	} cases[] = {
		{ "{" SAME "}", NULL },
		/* Theirs, and what was sent once. */
		{ "{" SAME ",\"timezone\":\"Asia/Tokyo\",\"nickName\":\"Bé\",\"locale\":\"vi\"}", NULL },
		/* null clears. */
		{ "{" SAME ",\"title\":\"Trưởng phòng\"}", "[{\"op\":\"remove\",\"path\":\"title\"}]" },
		{ "{" SAME ",\"title\":\"\"}", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desired want = want_by(*state, mapping, NULL);
		_json_ json_t *user = parse(cases[i].user);
		_json_ json_t *patch = scim_patch(user, &want);

		if (!cases[i].operations) {
			assert_null(patch);
			assert_true(scim_user_matches(user, &want));
			continue;
		}
		assert_non_null(patch);
		assert_str_equal(json_write(*state, json_object_get(patch, "Operations"), true), cases[i].operations);
		assert_false(scim_user_matches(user, &want));
	}
}

static void every_kind_of_place_is_patched(void **state)
{
	static const struct {
		const char *change, *operation;
	} cases[] = {
		{ "{\"displayName\":\"X\"}", "{\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"Nguyễn An\"}" },
		{ "{\"displayName\":\"Nguye\xCC\x82\xCC\x83n An\"}", NULL },
		{ "{\"name\":{\"givenName\":\"X\"}}", "{\"op\":\"replace\",\"path\":\"name.givenName\",\"value\":\"An\"}" },
		{ "{\"name\":\"An\"}", "{\"op\":\"replace\",\"path\":\"name.givenName\",\"value\":\"An\"}" },
		{ "{\"" SCIM_ENTERPRISE "\":{\"department\":\"X\"}}", "{\"op\":\"replace\",\"path\":\"" DEPARTMENT "\",\"value\":\"Xã Một\"}" },
		{ "{\"emails\":[{\"type\":\"work\",\"value\":\"x\"}]}",
		  "{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"annv@x.example\"}" },
		{ "{\"emails\":[{\"type\":\"home\",\"value\":\"x\"}]}",
		  "{\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"type\":\"work\",\"value\":\"annv@x.example\"}]}" },
		{ "{\"entitlements\":[\"e1\"]}", "{\"op\":\"replace\",\"path\":\"entitlements\",\"value\":[{\"value\":\"e1\"},{\"value\":\"annv\"}]}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desired want = want_by(*state, mapping, NULL);
		_json_ json_t *user = parse("{" SAME "}"), *change = parse(cases[i].change);
		_json_ json_t *patch = NULL, *over = NULL;

		json_object_update(user, change);
		patch = scim_patch(user, &want);
		if (!cases[i].operation) {
			assert_null(patch);
			continue;
		}
		assert_int_equal(json_array_size(json_object_get(patch, "Operations")), 1);
		assert_str_equal(json_write(*state, json_array_get(json_object_get(patch, "Operations"), 0), true), cases[i].operation);
		/* A PUT brings it there as well. */
		over = scim_user_over(user, &want);
		assert_true(scim_user_matches(over, &want));
		assert_null(scim_patch(over, &want));
	}
}

static void a_put_keeps_theirs_and_clears_ours(void **state)
{
	struct desired want = want_by(*state, mapping, NULL);
	_json_ json_t *user = parse("{" SAME ",\"title\":\"X\",\"timezone\":\"Asia/Tokyo\",\"nickName\":\"Bé\"}");
	_json_ json_t *over = scim_user_over(user, &want);

	assert_null(json_object_get(over, "title"));
	assert_str_equal(json_get_str(over, "timezone"), "Asia/Tokyo");
	assert_str_equal(json_get_str(over, "nickName"), "Bé");
	assert_int_equal(json_array_size(json_object_get(over, "emails")), 2);
}

/* The mapping that is shown to begin with gives the same user as none. */
static void the_default_is_what_is_done_without_one(void **state)
{
	struct desired mapped = want_by(*state, mapping_default(MAPPING_SCIM).p, NULL), plain = mapped;
	_json_ json_t *by_rows = scim_user(&mapped), *user = NULL, *patch = NULL;

	plain.mapping = NULL;
	user = scim_user(&plain);
	/* "primary" is a word for servers; no row says it. */
	json_object_del(json_array_get(json_object_get(user, "emails"), 0), "primary");
	assert_str_equal(json_write(*state, by_rows, true), json_write(*state, user, true).p);
	patch = scim_patch(user, &mapped);
	assert_null(patch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(a_new_user_is_what_the_rows_say),
		UNIT_TEST(patches_name_what_is_ours_and_differs),
		UNIT_TEST(every_kind_of_place_is_patched),
		UNIT_TEST(a_put_keeps_theirs_and_clears_ours),
		UNIT_TEST(the_default_is_what_is_done_without_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
