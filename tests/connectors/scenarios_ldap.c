/* Groups: large ones, those that would be empty, those that are not there. */
#include "common/base/buf.h"
#include "tests/connectors/stand_ldap.h"

#include <string.h>

#define AT_ONCE 700
/* A read, a modification of one value, a read back; never ten thousand names. */
#define BYTES_MAX 4000

static struct str group_dn(const char *role)
{
	return arena_printf(kit.arena, "cn=%s,ou=groups,%.*s", role, STR_ARG(stand_ldap_folder(kit.arena)));
}

/* Others of the platform's own, whom we do not know. */
static void fill(const char *role, size_t n)
{
	const char *attr = stand_ldap_member_attr();

	for (size_t i = 0; i < n; i += AT_ONCE) {
		struct arena *a = arena_new((size_t)1024 * 1024);
		struct buf b = buf_new(a, (size_t)128 * 1024);

		buf_printf(&b, "dn: %.*s\nchangetype: modify\nadd: %s\n", STR_ARG(group_dn(role)), attr);
		for (size_t k = i; k < n && k < i + AT_ONCE; k++)
			buf_printf(&b, "%s: %.*s\n", attr, STR_ARG(stand_ldap_member(a, arena_printf(a, "m%zu", k).p)));
		stand_ldap_modify(buf_str(&b));
		arena_free(a);
	}
}

static struct str members_that(const char *filter)
{
	return stand_ldap_search(kit.arena, group_dn("MC"), arena_printf(kit.arena, "(%s=%.*s)", stand_ldap_member_attr(),
	                                                                   STR_ARG(stand_ldap_member(kit.arena, filter))), "cn");
}

/* The page with this account on it. */
static struct str listed_document(const struct desired *d)
{
	struct list_page page = { .cursor = STR_NULL };
	struct call call = { .instance = kit.instance, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	struct str found = STR_NULL;
	struct op op;

	op_init(&op, kit.arena, NULL, NULL);
	call.op = &op;
	if (kit.connector->list(&call, &page) != VERDICT_DONE)
		fail_msg("%s: %.*s", call.fault.class, STR_ARG(call.fault.detail));
	for (size_t i = 0; i < page.n; i++)
		if (str_equal(page.accounts[i].account_id, d->account_id))
			found = page.accounts[i].document;
	kit.connector->list_end(kit.instance, page.session);
	return found;
}

static void test_one_of_ten_thousand(void **state)
{
	struct desired *d = kit_official("annth");
	int64_t began_ms;
	struct result r;
	size_t bytes;

	(void)state;
	fill("MC", LDAP_MANY);
	bytes = proxy_n_bytes(kit.proxy);
	began_ms = clock_mono_ms();
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	print_message("into a group of %d: %d ms, %zu bytes sent\n", LDAP_MANY, (int)(clock_mono_ms() - began_ms), proxy_n_bytes(kit.proxy) - bytes);
	assert_in_range(proxy_n_bytes(kit.proxy) - bytes, 1, BYTES_MAX);
	assert_true(stand_ldap_count(members_that("annth"), "dn:") == 1);
	assert_true(str_contains(listed_document(d), STR("\"roles\":[\"mc\"]")));
	kit_off(d);
	bytes = proxy_n_bytes(kit.proxy);
	began_ms = clock_mono_ms();
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	print_message("out of it: %d ms, %zu bytes sent\n", (int)(clock_mono_ms() - began_ms), proxy_n_bytes(kit.proxy) - bytes);
	assert_in_range(proxy_n_bytes(kit.proxy) - bytes, 1, BYTES_MAX);
	assert_true(stand_ldap_count(members_that("annth"), "dn:") == 0);
	assert_true(stand_ldap_count(members_that("m0"), "dn:") == 1);
	assert_true(stand_ldap_count(members_that(arena_printf(kit.arena, "m%d", LDAP_MANY - 1).p), "dn:") == 1);
}

/* Somebody has taken the placeholder out: the group stays all the same, without us. */
static void test_the_last_one_leaves(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	assert_outcome(r, OUTCOME_OK);
	if (strcmp(LDAP_GROUPS, "groupOfNames") == 0)
		stand_ldap_modify(arena_printf(kit.arena, "dn: %.*s\nchangetype: modify\ndelete: %s\n%s: %.*s\n", STR_ARG(group_dn("MC")), stand_ldap_member_attr(),
		                               stand_ldap_member_attr(), STR_ARG(kit.config.placeholder_member)));
	kit_roles(d, "");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(stand_ldap_count(members_that("annth"), "dn:"), 0);
	assert_int_equal(stand_ldap_count(stand_ldap_search(kit.arena, group_dn("MC"), STR("(objectClass=*)"), "cn"), "dn:"), 1);
}

static void test_a_missing_group_is_made(void **state)
{
	struct desired *d = kit_official("annth");
	struct str group;

	(void)state;
	stand_ldap_modify(arena_printf(kit.arena, "dn: %.*s\nchangetype: delete\n", STR_ARG(group_dn("TK"))));
	kit_roles(d, "TK");
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_there(d);
	group = stand_ldap_search(kit.arena, group_dn("TK"), STR("(objectClass=*)"), NULL);
	/* One above the others'. */
	assert_int_equal(stand_ldap_count(group, "gidNumber: 5004"), strcmp(LDAP_GROUPS, "posixGroup") == 0);
}

static void test_no_number_no_group(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit.config.gid_first = 0;
	stand_ldap_modify(arena_printf(kit.arena, "dn: %.*s\nchangetype: delete\n", STR_ARG(group_dn("TK"))));
	kit_roles(d, "TK");
	r = kit_go(d, NULL);
	if (strcmp(LDAP_GROUPS, "posixGroup") != 0) {
		assert_outcome(r, OUTCOME_OK);
		return;
	}
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "no_group");
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_one_of_ten_thousand),
	SCENARIO(test_the_last_one_leaves),
	SCENARIO(test_a_missing_group_is_made),
	SCENARIO(test_no_number_no_group),
};
const struct scenarios scenarios_ldap = { "ldap", tests, ARRAY_LEN(tests) };
