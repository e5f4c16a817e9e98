#include "common/net/ldap_filter.h"
#include "tests/unit/unit.h"

#include <ldap.h>

static struct str eq(struct arena *a, const char *attr, struct str value)
{
	struct op op;
	struct str filter = STR_NULL;

	op_init(&op, a, NULL, NULL);
	assert_int_equal(ldap_filter_eq(&op, attr, value, &filter), 0);
	return filter;
}

static struct str child(struct arena *a, struct str value, struct str parent)
{
	struct op op;
	struct str dn = STR_NULL;

	op_init(&op, a, NULL, NULL);
	assert_int_equal(ldap_dn_child(&op, "uid", value, parent, &dn), 0);
	return dn;
}

static void test_eq(void **state)
{
	assert_str_equal(eq(*state, "uid", STR("annv")), "(uid=annv)");
	assert_str_equal(eq(*state, "cn;lang-vi", STR("Nguyễn Văn An")), "(cn;lang-vi=Nguyễn Văn An)");
	/* RFC 4515 §4: the examples with escapes. */
	assert_str_equal(eq(*state, "o", STR("Parens R Us (for all your parenthetical needs)")),
	                 "(o=Parens R Us \\28for all your parenthetical needs\\29)");
	assert_str_equal(eq(*state, "cn", STR("*")), "(cn=\\2a)");
	assert_str_equal(eq(*state, "filename", STR("C:\\MyFile")), "(filename=C:\\5cMyFile)");
	assert_str_equal(eq(*state, "cn", STR("a\nb\x7f")), "(cn=a\\0ab\\7f)");
}

/* CVE-2026-46619 (OpenAM) and every year another: input that ends the assertion. */
static void test_cve_2026_46619_injection(void **state)
{
	assert_str_equal(eq(*state, "uid", STR("*)(uid=*))(|(uid=*")),
	                 "(uid=\\2a\\29\\28uid=\\2a\\29\\29\\28|\\28uid=\\2a)");
	assert_str_equal(eq(*state, "uid", STR("admin)(&")), "(uid=admin\\29\\28&)");
	assert_str_equal(eq(*state, "uid", STR("\\2a")), "(uid=\\5c2a)");
}

/* As an oracle, libldap's own writer of filter values, which escapes differently but must mean the same. */
static void test_against_libldap(void **state)
{
	char bytes[2] = "";

	for (int c = 1; c < 128; c++) {
		struct berval in = { .bv_val = bytes, .bv_len = 1 }, out = { 0 };
		struct str filter;

		bytes[0] = (char)c;
		filter = eq(*state, "cn", str_n(bytes, 1));
		assert_int_equal(ldap_bv2escaped_filter_value(&in, &out), 0);
		/* Whatever it escapes we escape too. */
		if (out.bv_len > 1)
			assert_int_equal(filter.len, STR("(cn=\\xx)").len);
		ldap_memfree(out.bv_val);
	}
}

static void test_values_that_are_refused(void **state)
{
	const struct str values[] = {
		STR("a\0b"), STR("\0"), STR(""), STR_NULL, STR("\xff"), STR("a\xc3"), STR("\xc0\xaa"), STR("\xed\xa0\x80"),
	};

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct op op;
		struct str ret = STR_NULL;

		op_init(&op, *state, NULL, NULL);
		assert_int_equal(ldap_filter_eq(&op, "uid", values[i], &ret), ERR_BAD_REQUEST);
		op_forgive(&op);
		assert_int_equal(ldap_dn_child(&op, "uid", values[i], STR("dc=vn"), &ret), ERR_BAD_REQUEST);
		assert_true(str_is_null(ret));
	}
}

static void test_too_long(void **state)
{
	struct op op;
	struct str ret = STR_NULL, value = arena_printf(*state, "%*s", 9000, "x");

	op_init(&op, *state, NULL, NULL);
	assert_int_equal(ldap_filter_eq(&op, "uid", value, &ret), ERR_LIMIT);
	op_forgive(&op);
	assert_int_equal(ldap_dn_child(&op, "uid", value, STR("dc=vn"), &ret), ERR_LIMIT);
	assert_true(str_is_null(ret));
}

static void test_combinations(void **state)
{
	struct arena *a = *state;
	const struct str parts[] = { eq(a, "uid", STR("a")), ldap_filter_present(a, "mail") };
	const struct str nested[] = { ldap_filter_and(a, parts, 2), parts[0] };

	assert_str_equal(parts[1], "(mail=*)");
	assert_str_equal(nested[0], "(&(uid=a)(mail=*))");
	assert_str_equal(ldap_filter_or(a, nested, 2), "(|(&(uid=a)(mail=*))(uid=a))");
	assert_str_equal(ldap_filter_and(a, parts, 1), "(&(uid=a))");
}

static void and_of_none(void *argument)
{
	(void)ldap_filter_and(argument, NULL, 0);
}

static void attribute_with_parenthesis(void *argument)
{
	(void)ldap_filter_present(argument, "uid=*)(x");
}

static void test_slips_of_the_caller_abort(void **state)
{
	assert_aborts(and_of_none, *state); /* "(&)" is true of everything */
	assert_aborts(attribute_with_parenthesis, *state);
}

static void test_dn_child(void **state)
{
	struct arena *a = *state;

	assert_str_equal(child(a, STR("annv"), STR("ou=people,dc=vn")), "uid=annv,ou=people,dc=vn");
	assert_str_equal(child(a, STR("annv"), STR("")), "uid=annv");
	assert_str_equal(child(a, STR("Nguyễn"), STR("dc=vn")), "uid=Nguyễn,dc=vn");
	/* RFC 4514 §2.4 */
	assert_str_equal(child(a, STR("a,b+c\"d\\e<f>g;h=i"), STR("dc=vn")),
	                 "uid=a\\2cb\\2bc\\22d\\5ce\\3cf\\3eg\\3bh\\3di,dc=vn");
	assert_str_equal(child(a, STR(" a b "), STR("dc=vn")), "uid=\\20a b\\20,dc=vn");
	assert_str_equal(child(a, STR("#a#"), STR("dc=vn")), "uid=\\23a#,dc=vn");
	assert_str_equal(child(a, STR("x,dc=other"), STR("dc=vn")), "uid=x\\2cdc\\3dother,dc=vn");
	assert_str_equal(child(a, STR("a\rb"), STR("dc=vn")), "uid=a\\0db,dc=vn");
}

/* libldap reads back exactly the value, one RDN below the parent. */
static void test_dn_child_is_read_back(void **state)
{
	static const char *const values[] = { " ", "#", "  ", ",", "a,b=c", "\\", "\\2c", "\"q\"", "a+b", " x ", "<>", "é;", "\n" };

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct str dn_text = child(*state, str_c(values[i]), STR("ou=people,dc=vn"));
		LDAPDN dn = NULL;

		assert_int_equal(ldap_str2dn(dn_text.p, &dn, LDAP_DN_FORMAT_LDAPV3), LDAP_SUCCESS);
		assert_non_null(dn[0][0]);
		assert_null(dn[0][1]);
		assert_null(dn[3]);
		assert_true(str_equal(str_n(dn[0][0]->la_value.bv_val, dn[0][0]->la_value.bv_len), str_c(values[i])));
		ldap_dnfree(dn);
	}
}

static void test_dn_equal(void **state)
{
	(void)state;
	assert_true(ldap_dn_equal(STR("uid=a,dc=vn"), STR("uid=a,dc=vn")));
	assert_true(ldap_dn_equal(STR("uid=a,dc=vn"), STR("UID = a , DC=vn")));
	assert_true(ldap_dn_equal(STR("uid=a\\2cb,dc=vn"), STR("uid=a\\,b,dc=vn")));
	assert_true(ldap_dn_equal(STR("cn=a+uid=b,dc=vn"), STR("uid=b+cn=a,dc=vn")));
	assert_true(ldap_dn_equal(STR(""), STR("")));
	assert_false(ldap_dn_equal(STR(""), STR("dc=vn")));
	assert_false(ldap_dn_equal(STR("dc=vn"), STR("uid=a,dc=vn")));
	assert_false(ldap_dn_equal(STR("uid=a,dc=vn"), STR("uid=b,dc=vn")));
	assert_false(ldap_dn_equal(STR("uid=a,dc=vn"), STR("cn=a,dc=vn")));
	assert_false(ldap_dn_equal(STR("cn=a+uid=b,dc=vn"), STR("cn=a,uid=b,dc=vn")));
	assert_false(ldap_dn_equal(STR("cn=a+uid=b,dc=vn"), STR("cn=a,dc=vn")));
	assert_false(ldap_dn_equal(STR("uid=a\\,dc=vn"), STR("uid=a,dc=vn")));
	/* What is no DN is equal to nothing, not even to itself. */
	assert_false(ldap_dn_equal(STR("no dn"), STR("no dn")));
	assert_false(ldap_dn_equal(STR("uid=a\0,dc=vn"), STR("uid=a\0,dc=vn")));
	assert_false(ldap_dn_equal(STR_NULL, STR_NULL));
}

static void test_dn_is_child(void **state)
{
	struct str value = STR_NULL;

	assert_true(ldap_dn_is_child(*state, STR("CN=Can Bo\\, Xa,OU=Groups,DC=vn"), STR("ou=groups, dc=VN"), &value));
	assert_str_equal(value, "Can Bo, Xa");
	assert_false(ldap_dn_is_child(*state, STR("cn=a,cn=b,ou=groups,dc=vn"), STR("ou=groups,dc=vn"), &value));
	assert_false(ldap_dn_is_child(*state, STR("cn=a,ou=others,dc=vn"), STR("ou=groups,dc=vn"), &value));
	assert_false(ldap_dn_is_child(*state, STR("ou=groups,dc=vn"), STR("ou=groups,dc=vn"), &value));
	assert_false(ldap_dn_is_child(*state, STR("cn=a+uid=b,ou=groups,dc=vn"), STR("ou=groups,dc=vn"), &value));
	assert_false(ldap_dn_is_child(*state, STR("cn=a\\,ou=groups,dc=vn"), STR("ou=groups,dc=vn"), &value));
	assert_false(ldap_dn_is_child(*state, STR("no dn"), STR("ou=groups,dc=vn"), &value));
	assert_false(ldap_dn_is_child(*state, STR("cn=a,dc=vn"), STR(""), &value));
}

/* A view into a longer text, as all our strings are. */
static void test_dn_equal_stays_inside(void **state)
{
	(void)state;
	assert_true(ldap_dn_equal(str_n("uid=a,dc=vn,dc=x", 11), STR("uid=a,dc=vn")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_eq),
		UNIT_TEST(test_cve_2026_46619_injection),
		UNIT_TEST(test_against_libldap),
		UNIT_TEST(test_values_that_are_refused),
		UNIT_TEST(test_too_long),
		UNIT_TEST(test_combinations),
		UNIT_TEST(test_slips_of_the_caller_abort),
		UNIT_TEST(test_dn_child),
		UNIT_TEST(test_dn_child_is_read_back),
		UNIT_TEST(test_dn_equal),
		UNIT_TEST(test_dn_equal_stays_inside),
		UNIT_TEST(test_dn_is_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
