#include "provisioning/scim/profile.h"
#include "tests/unit/unit.h"

static struct scim_switches good(struct arena *a, const char *profile, const char *overrides)
{
	struct scim_switches s;
	const char *fault = scim_profile_read(a, str_c(profile), str_c(overrides), &s);

	if (fault)
		fail_msg("%s", fault);
	return s;
}

static void profiles_differ_where_makers_do(void **state)
{
	struct scim_switches generic = good(*state, "", ""), aws = good(*state, "aws", ""), keycloak = good(*state, "keycloak", ""), entra = good(*state, "entra", "");

	assert_int_equal(generic.of[SCIM_SW_BULK], SCIM_AUTO);
	assert_int_equal(generic.of[SCIM_SW_PAGE], 200);
	assert_int_equal(generic.of[SCIM_SW_CHUNK], 100);
	assert_int_equal(aws.of[SCIM_SW_ROLES], SCIM_ROLES_GROUPS);
	assert_int_equal(aws.of[SCIM_SW_MEMBERSHIP], SCIM_MEMBERSHIP_EACH);
	assert_int_equal(aws.of[SCIM_SW_SEARCH], SCIM_NO);
	assert_int_equal(aws.of[SCIM_SW_PAGE], 50);
	assert_int_equal(aws.of[SCIM_SW_EMAILS], SCIM_EMAILS_ONE);
	assert_int_equal(aws.of[SCIM_SW_ASYNC], SCIM_NO);
	assert_int_equal(keycloak.of[SCIM_SW_PAGE], 100);
	assert_int_equal(keycloak.of[SCIM_SW_ETAG], SCIM_NO);
	assert_int_equal(entra.of[SCIM_SW_OPS], SCIM_OPS_CAPITAL);
	assert_int_equal(entra.of[SCIM_SW_REMOVAL], SCIM_REMOVAL_VALUE);
	/* What a profile does not name is as in generic. */
	assert_int_equal(entra.of[SCIM_SW_DISCOVERY_S], 3600);
}

static void the_configuration_has_the_last_word(void **state)
{
	struct scim_switches s = good(*state, "aws", " chunk = 7 ,roles=attribute, page=1000,bulk=yes,style=pathless ");

	assert_int_equal(s.of[SCIM_SW_CHUNK], 7);
	assert_int_equal(s.of[SCIM_SW_ROLES], SCIM_ROLES_ATTRIBUTE);
	assert_int_equal(s.of[SCIM_SW_PAGE], 1000);
	assert_int_equal(s.of[SCIM_SW_BULK], SCIM_YES);
	assert_int_equal(s.of[SCIM_SW_STYLE], SCIM_STYLE_PATHLESS);
	assert_int_equal(s.of[SCIM_SW_EMAILS], SCIM_EMAILS_ONE);
}

static void what_is_no_switch_is_told(void **state)
{
	static const struct {
		const char *profile, *overrides, *fault;
	} cases[] = {
		{ "okta", "", "profile is none of: generic, entra, aws, keycloak" },
		{ "", "chunks=3", "switches: there is no \"chunks\"" },
		{ "", "chunk=0", "switches: chunk cannot be \"0\"" },
		{ "", "chunk=1001", "switches: chunk cannot be \"1001\"" },
		{ "", "chunk=many", "switches: chunk cannot be \"many\"" },
		{ "", "chunk", "switches: chunk cannot be \"\"" },
		{ "", "bulk=auto,,etag=no", "switches: there is no \"\"" },
		{ "", "bulk=maybe", "switches: bulk cannot be \"maybe\"" },
	};
	struct scim_switches s;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *fault = scim_profile_read(*state, str_c(cases[i].profile), str_c(cases[i].overrides), &s);

		assert_non_null(fault);
		assert_string_equal(fault, cases[i].fault);
	}
}

static void each_switch_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < SCIM_SWITCHES; i++) {
		assert_non_null(scim_switch_name((enum scim_switch)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(scim_switch_name((enum scim_switch)i), scim_switch_name((enum scim_switch)k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(profiles_differ_where_makers_do),
		UNIT_TEST(the_configuration_has_the_last_word),
		UNIT_TEST(what_is_no_switch_is_told),
		UNIT_TEST(each_switch_has_a_name),
	};

	return cmocka_run_group_tests_name("provisioning/scim_profile", tests, NULL, NULL);
}
