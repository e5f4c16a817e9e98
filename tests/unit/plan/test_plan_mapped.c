#include "common/plan/plan.h"
#include "tests/unit/unit.h"

#define DOMAIN STR("nghean.example")
#define LIT(text) { text, sizeof(text) - 1 }

static const struct fact_grant grants[] = {
	{ 2, LIT("P02"), LIT("LANHDAO"), LIT("Lãnh đạo"), LIT("40.1") },
	{ 2, LIT("P02"), LIT("TIEPNHAN"), LIT("Tiếp nhận"), LIT("40.1") },
	{ 3, LIT("P03"), LIT("NGUOIDUNG"), LIT("Người dùng"), LIT("40.2") },
};

static const struct mapping *read_mapping(struct arena *a, const char *text, struct mapping_document_fault *fault)
{
	const char *reason = "";
	_json_ json_t *json = json_read(str_c(text), 8, &reason);

	if (!json)
		fail_msg("%s: %s", text, reason);
	return mapping_document_read(a, json, fault);
}

static struct mapping_set *set_of(struct arena *a, const struct mapping *m, bool is_broken)
{
	const struct mapping **by = ARENA_ARRAY(a, const struct mapping *, 3);
	bool *broken = ARENA_ARRAY(a, bool, 3);
	struct mapping_set *set = ARENA_NEW(a, struct mapping_set);

	by[2] = m;
	broken[2] = is_broken;
	*set = (struct mapping_set){ by, broken, 3, NULL };
	return set;
}

static struct account_facts facts(const struct mapping_set *set)
{
	return (struct account_facts){
		.account_id = STR("11111111-1111-4111-8111-111111111111"), .login = STR("annv"), .status = STR("active"), .employee_code = STR("NV1"),
		.ho = STR("Nguyễn"), .dem = STR(""), .ten = STR("An"), .full_name = STR("Nguyễn An"), .unit_code = STR("40.1"), .unit_name = STR("Xã Một"),
		.grants = grants, .n_grants = ARRAY_LEN(grants), .mappings = set,
	};
}

static struct desired on(struct arena *a, const struct account_facts *f, int64_t platform)
{
	struct desired d;

	plan_platform(a, f, platform, DOMAIN, &d);
	return d;
}

#define SHORT "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"userName\",\"value\":\"employee_code\"}," \
              "{\"path\":\"displayName\",\"value\":\"full_name + \\\" (\\\" + unit.name + \\\")\\\"\"}," \
              "{\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"mail\"}," \
              "{\"path\":\"title\",\"owner\":\"theirs\"},{\"path\":\"nickName\",\"value\":\"ten\",\"owner\":\"initial\"}," \
              "{\"path\":\"locale\",\"value\":\"post.title\"}," \
              "{\"path\":\"roles\",\"value\":\"map(roles, {\\\"TIEPNHAN\\\": \\\"clerk\\\", else: same})\"}]}"

static void a_mapping_says_what_documents_hold(void **state)
{
	struct mapping_document_fault fault;
	const struct mapping *m = read_mapping(*state, SHORT, &fault);
	struct account_facts f = facts(set_of(*state, m, false));
	struct desired d = on(*state, &f, 2);

	assert_str_equal(d.document,
	                 "{\"account\":\"11111111-1111-4111-8111-111111111111\",\"active\":true,\"login\":\"NV1\","
	                 "\"roles\":[{\"code\":\"LANHDAO\",\"name\":\"Lãnh đạo\"},{\"code\":\"clerk\",\"name\":\"\"}],\"v\":2,"
	                 "\"=displayName\":\"Nguyễn An (Xã Một)\",\"=emails[type eq \\\"work\\\"].value\":\"annv@nghean.example\",\"=locale\":null}");
	assert_str_equal(d.login, "NV1");
	assert_int_equal(d.n_values, 4);
	assert_str_null(d.fault);
	/* Elsewhere nothing changes. */
	assert_ptr_equal(on(*state, &f, 3).mapping, NULL);
	assert_ptr_equal(on(*state, &f, PLATFORM_DIRECTORY).mapping, NULL);
}

/* A new version makes due whose values are others; what is sent once or is not ours is nobody's change. */
static void only_what_is_enforced_is_compared(void **state)
{
	struct mapping_document_fault fault;
	struct account_facts f = facts(set_of(*state, read_mapping(*state, SHORT, &fault), false));
	struct desired before = on(*state, &f, 2);

	f.ten = STR("Bình");
	assert_string_equal(on(*state, &f, 2).hash, before.hash);
	f.post = STR("Chuyên viên");
	assert_string_not_equal(on(*state, &f, 2).hash, before.hash);
}

static void off_is_off_whatever_the_mapping(void **state)
{
	static const int64_t bound[] = { 0, 2 };
	struct mapping_document_fault fault;
	const struct mapping *m = read_mapping(*state, SHORT, &fault);
	struct account_facts f = facts(NULL);
	char hash[UUID_TEXT_LEN + 1];
	const struct desired *all;
	size_t n;

	f.status = STR("suspended");
	f.bound = bound;
	f.n_bound = 2;
	memcpy(hash, on(*state, &f, 2).hash, sizeof(hash));
	f.mappings = set_of(*state, m, false);
	assert_string_equal(on(*state, &f, 2).hash, hash);
	f.mappings = set_of(*state, NULL, true);
	assert_string_equal(on(*state, &f, 2).hash, hash);
	plan_account(*state, &f, DOMAIN, &all, &n);
	assert_int_equal(n, 2);
}

static void what_cannot_be_read_wants_nothing(void **state)
{
	struct account_facts f = facts(set_of(*state, NULL, true));
	const struct desired *all;
	size_t n;

	plan_account(*state, &f, DOMAIN, &all, &n);
	assert_int_equal(n, 2);
	assert_int_equal(all[0].platform_id, 0);
	assert_int_equal(all[1].platform_id, 3);
	assert_false(str_is_null(on(*state, &f, 2).fault));
}

static void required_and_empty_is_a_fault(void **state)
{
	struct mapping_document_fault fault;
	const struct mapping *m = read_mapping(*state, "{\"kind\":\"ldap\",\"attributes\":[{\"path\":\"description\",\"value\":\"join(\\\" \\\", post.title)\","
	                                               "\"required\":true}]}", &fault);
	struct account_facts f = facts(set_of(*state, m, false));

	assert_str_equal(on(*state, &f, 2).fault, "description is required and is empty");
	f.post = STR("Kế toán");
	assert_str_null(on(*state, &f, 2).fault);
	/* Without a row for them: as granted. */
	assert_int_equal(on(*state, &f, 2).n_roles, 2);
	assert_str_equal(on(*state, &f, 2).login, "annv");
}

static void what_documents_are_refused(void **state)
{
	static const struct {
		const char *text, *field;
	} cases[] = {
		{ "[]", "mapping" },
		{ "{}", "kind" },
		{ "{\"kind\":\"csv\"}", "kind" },
		{ "{\"kind\":\"scim\"}", "attributes" },
		{ "{\"kind\":\"scim\",\"attributes\":[]}", "attributes" },
		{ "{\"kind\":\"scim\",\"attributes\":[1]}", "attributes[0]" },
		{ "{\"kind\":\"scim\",\"atributes\":[]}", "atributes" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"a\",\"value\":\"login\",\"must\":true}]}", "attributes[0].must" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"active\",\"value\":\"true\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"ExternalID\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"a.b.c\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"a[type eq \\\"x\\\"]\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"a[type eq \\\"x\\\" or true].value\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"roles.value\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"http://x:y\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"ldap\",\"attributes\":[{\"path\":\"userPassword\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"ldap\",\"attributes\":[{\"path\":\"userPassword;x-y\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"ldap\",\"attributes\":[{\"path\":\"cn)(x\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"a; DROP\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"webhook\",\"attributes\":[{\"path\":\"sequence\",\"value\":\"login\"}]}", "attributes[0].path" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"a\",\"value\":\"login\"},{\"path\":\"a\",\"value\":\"login\"}]}", "attributes[1].path" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"a\",\"value\":\"logn\"}]}", "attributes[0].value" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"a\"}]}", "attributes[0].value" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"a\",\"value\":\"roles\"}]}", "attributes[0].value" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"a\",\"value\":\"unit.name\",\"required\":true}]}", "attributes[0].value" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"a\",\"value\":\"login\",\"owner\":\"theirs\"}]}", "attributes[0].value" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"a\",\"value\":\"login\",\"owner\":\"mine\"}]}", "attributes[0].owner" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"login\",\"value\":\"login\",\"owner\":\"initial\"}]}", "attributes[0].owner" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"login\",\"value\":\"unit.name\"}]}", "attributes[0].value" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"roles\",\"value\":\"login\"}]}", "attributes[0].value" },
		{ "{\"kind\":\"sql\",\"attributes\":[{\"path\":\"roles\",\"owner\":\"theirs\"}]}", "attributes[0].owner" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"a\",\"value\":\"login\"}],\"matching\":[{\"by\":\"name\",\"confidence\":\"weak\"}]}", "matching[0].by" },
		{ "{\"kind\":\"scim\",\"attributes\":[{\"path\":\"a\",\"value\":\"login\"}],\"matching\":[{\"by\":\"mail\"}]}", "matching[0].confidence" },
		{ "{\"kind\":\"ldap\",\"attributes\":[{\"path\":\"a\",\"value\":\"login\"}],\"matching\":[{\"by\":\"external_id\",\"confidence\":\"strong\"}]}", "matching[0].path" },
		{ "{\"kind\":\"ldap\",\"attributes\":[{\"path\":\"a\",\"value\":\"login\"}],\"matching\":[{\"by\":\"expression\",\"path\":\"a\",\"value\":\"roles\",\"confidence\":\"weak\"}]}",
		  "matching[0].value" },
		{ "{\"kind\":\"ldap\",\"attributes\":[{\"path\":\"a\",\"value\":\"login\"}],\"match_before_create\":1}", "match_before_create" },
		{ "{\"kind\":\"directory\",\"attributes\":[{\"path\":\"cn\",\"value\":\"login\"}],\"matching\":[]}", "attributes" },
		{ "{\"kind\":\"directory\"}", "matching" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mapping_document_fault fault = { .field = STR("none") };

		if (read_mapping(*state, cases[i].text, &fault))
			fail_msg("%s is accepted", cases[i].text);
		assert_non_null(fault.text);
		if (!str_equal(fault.field, str_c(cases[i].field)))
			fail_msg("%s: %s, not %s", cases[i].text, arena_cstr(*state, fault.field), cases[i].field);
	}
}

static void what_connectors_do_alone_can_be_written(void **state)
{
	for (int kind = 0; kind < MAPPING_KINDS_; kind++) {
		struct mapping_document_fault fault = { .field = STR("") };
		const struct mapping *m = read_mapping(*state, mapping_default((enum mapping_kind)kind).p, &fault);

		if (!m)
			fail_msg("%d: %s %s", kind, arena_cstr(*state, fault.field), fault.text);
		assert_int_equal(m->kind, kind);
		/* The directory is ours as a whole. */
		assert_int_equal(m->login != NULL, kind != MAPPING_DIRECTORY);
		assert_int_equal(m->roles != NULL, kind != MAPPING_DIRECTORY);
	}
}

static void samples_are_facts_and_values(void **state)
{
	struct mapping_document_fault fault;
	const struct mapping *m = read_mapping(*state, SHORT, &fault);
	struct mapping_input in;
	struct str member = STR("");
	_json_ json_t *json = json_read(STR("{\"full_name\":\"Lê B\",\"unit.name\":\"Xã\",\"roles\":[\"TIEPNHAN\"],\"post.title\":null}"), 4, NULL);
	_json_ json_t *values = NULL;
	static const char *const bad[] = { "{\"fullname\":\"x\"}", "{\"login\":1}", "{\"login\":null}", "{\"roles\":\"A\"}", "{\"post.since\":\"2026-13-01\"}",
		                           "{\"ten\":\"e\xCC\x82\"}" };

	assert_true(mapping_facts_read(*state, json, &in, &member));
	values = mapping_values_json(*state, m, &in);
	assert_str_equal(json_write(*state, values, true),
	                 "{\"displayName\":\"Lê B (Xã)\",\"emails[type eq \\\"work\\\"].value\":\"x\",\"locale\":null,\"nickName\":\"x\","
	                 "\"roles\":[\"clerk\"],\"userName\":\"x\"}");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_json_ json_t *b = json_read(str_c(bad[i]), 4, NULL);

		assert_false(mapping_facts_read(*state, b, &in, &member));
		assert_true(member.len > 0);
	}
}

/* Rules of the directory say which entries are ours, and nothing of what these hold: nobody becomes due by them. */
static void rules_of_the_directory_change_nothing_that_is_wanted(void **state)
{
	struct mapping_document_fault fault;
	const struct mapping *m = read_mapping(*state, "{\"kind\":\"directory\",\"matching\":[{\"by\":\"employee_code\",\"confidence\":\"strong\"},"
	                                               "{\"by\":\"login\",\"confidence\":\"weak\"}],\"match_before_create\":true}", &fault);
	const struct mapping *by[] = { m };
	const bool sound[] = { false }, broken[] = { true };
	struct mapping_set set = { by, sound, 1, NULL }, unreadable = { &(const struct mapping *){ NULL }, broken, 1, NULL };
	struct account_facts f = facts(NULL);
	struct desired without = on(*state, &f, PLATFORM_DIRECTORY), with;
	char digests[3][UUID_TEXT_LEN + 1];
	_json_ json_t *values = NULL;
	const struct desired *all;
	struct mapping_input in;
	size_t n;

	plan_digest(*state, &f, NULL, 0, DOMAIN, digests[0]);
	f.mappings = &set;
	with = on(*state, &f, PLATFORM_DIRECTORY);
	assert_string_equal(with.hash, without.hash);
	assert_ptr_equal(with.mapping, m);
	assert_str_equal(with.matches[0].text, "NV1");
	assert_str_equal(with.matches[1].text, "annv");
	assert_str_equal(m->rules[0].path, "employeeNumber");
	plan_mapping_input(*state, &f, &with, &in);
	values = mapping_values_json(*state, m, &in);
	assert_str_equal(json_write(*state, values, true), "{\"employeeNumber\":\"NV1\",\"uid\":\"annv\"}");
	plan_digest(*state, &f, NULL, 0, DOMAIN, digests[1]);
	assert_string_equal(digests[0], digests[1]);
	/* Without them an entry that is there would be made a second time. */
	f.mappings = &unreadable;
	plan_account(*state, &f, DOMAIN, &all, &n);
	assert_int_not_equal(all[0].platform_id, PLATFORM_DIRECTORY);
	plan_digest(*state, &f, NULL, 0, DOMAIN, digests[2]);
	assert_string_not_equal(digests[0], digests[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(a_mapping_says_what_documents_hold),
		UNIT_TEST(only_what_is_enforced_is_compared),
		UNIT_TEST(off_is_off_whatever_the_mapping),
		UNIT_TEST(what_cannot_be_read_wants_nothing),
		UNIT_TEST(required_and_empty_is_a_fault),
		UNIT_TEST(what_documents_are_refused),
		UNIT_TEST(what_connectors_do_alone_can_be_written),
		UNIT_TEST(samples_are_facts_and_values),
		UNIT_TEST(rules_of_the_directory_change_nothing_that_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
