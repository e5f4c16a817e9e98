#include "provisioning/ldap/ranged.h"
#include "provisioning/ldap/schema.h"
#include "tests/unit/unit.h"

static void assert_range(const char *name, bool is_good, int64_t first, int64_t last)
{
	int64_t got_first = -7, got_last = -7;

	if (ldap_range_read(str_c(name), "member", &got_first, &got_last) != is_good)
		fail_msg("%s", name);
	if (is_good) {
		assert_int_equal(got_first, first);
		assert_int_equal(got_last, last);
	}
}

static void test_ranges(void **state)
{
	(void)state;
	assert_range("member;range=0-1499", true, 0, 1499);
	assert_range("Member;Range=1500-*", true, 1500, -1);
	assert_range("member", false, 0, 0);
	assert_range("member;range=", false, 0, 0);
	assert_range("member;range=5", false, 0, 0);
	assert_range("member;range=9-5", false, 0, 0);
	assert_range("member;range=-5", false, 0, 0);
	assert_range("member;range=0-x", false, 0, 0);
	assert_range("memberOf;range=0-5", false, 0, 0);
	assert_range("member;range=0-99999999999999999999", false, 0, 0);
}

static const struct ldap_schema *ad(void)
{
	return ldap_schema(STR("ad"));
}

/* The vector of [MS-DTYP]: the first three parts are turned around. */
static void test_identifiers(void **state)
{
	static const struct str guid = { "\x05\x7e\x85\x90\x25\x88\x5b\x4c\x95\x05\xed\x43\x21\xdf\xce\x03", 16 }, bad = { "abc", 3 };
	struct ldap_attr attr = { STR("objectGUID"), &guid, 1 };
	const struct ldap_entry entry = { STR("CN=An,DC=vn"), &attr, 1 };

	assert_str_equal(ldap_schema_ext_id(*state, ad(), &entry), "<GUID=90857e05-8825-4c5b-9505-ed4321dfce03>");
	assert_str_equal(ldap_schema_ext_id(*state, ldap_schema(STR("rfc2798")), &entry), "CN=An,DC=vn");
	attr.values = &bad;
	assert_str_null(ldap_schema_ext_id(*state, ad(), &entry));
	assert_null(ldap_schema(STR("nis")));
}

/* Only bit 2 is ours; what else is set stays. */
static void test_account_control(void **state)
{
	static const struct str on = { "66048", 5 }, off = { "66050", 5 };
	struct ldap_platform p = { .schema = ad() };
	struct ldap_attr attr = { STR("userAccountControl"), &on, 1 };
	const struct ldap_entry entry = { STR("CN=An,DC=vn"), &attr, 1 };
	struct ldap_wanted w = { .arena = *state };

	assert_false(ldap_schema_is_off(&p, &entry));
	ldap_schema_want_state(&p, &w, &entry, true);
	assert_str_equal(w.attrs[0].values[0], "66050");
	attr.values = &off;
	assert_true(ldap_schema_is_off(&p, &entry));
	ldap_schema_want_state(&p, &w, &entry, false);
	assert_str_equal(w.attrs[1].values[0], "66048");
}

/* Nobody knows it: another one for each account, in the form that unicodePwd wants. */
static void test_a_new_account_has_a_password_of_nobody(void **state)
{
	static const struct connector_config config = { .upn_domain = { "thu.example", 11 } };
	struct ldap_platform p = { .schema = ad(), .config = &config };
	const struct desired want = { .login = STR("annth") };
	struct ldap_wanted a = { .arena = *state }, b = { .arena = *state };
	struct str first, second;

	ldap_schema_want_new(&p, &a, &want);
	ldap_schema_want_new(&p, &b, &want);
	assert_int_equal(a.n, 4);
	assert_str_equal(a.attrs[1].values[0], "annth@thu.example");
	first = a.attrs[2].values[0];
	second = b.attrs[2].values[0];
	assert_str_equal(a.attrs[2].name, "unicodePwd");
	assert_true(first.len > 100 && first.len % 2 == 0);
	assert_true(first.p[0] == '"' && first.p[1] == '\0' && first.p[first.len - 2] == '"');
	assert_false(str_equal(first, second));
	assert_str_equal(a.attrs[3].values[0], "512");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_ranges),
		UNIT_TEST(test_identifiers),
		UNIT_TEST(test_account_control),
		UNIT_TEST(test_a_new_account_has_a_password_of_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
