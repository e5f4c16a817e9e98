#include "common/net/egress.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

static struct egress *egress(struct arena *a, const char *allow)
{
	struct op op;
	struct egress *e = NULL;

	op_init(&op, a, NULL, NULL);
	assert_int_equal(egress_new(&op, str_c(allow), &e), 0);
	return e;
}

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		return storage;
	}
	assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
	v6->sin6_family = AF_INET6;
	return storage;
}

static bool allows(const struct egress *e, const char *text)
{
	struct sockaddr_storage storage = address(text);

	return egress_allows(e, (const struct sockaddr *)&storage);
}

static void assert_each(const struct egress *e, const char *const *texts, size_t n, bool is_allowed)
{
	for (size_t i = 0; i < n; i++)
		if (allows(e, texts[i]) != is_allowed)
			fail_msg("%s is %s", texts[i], is_allowed ? "refused" : "allowed");
}

static const char *const public_addresses[] = {
	"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
	"128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
	"192.169.0.0", "223.255.255.255", "203.162.0.1", "2606:4700::1111", "2001:4860::8888", "2400:cb00::1",
	"::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
};

static const char *const special_addresses[] = {
	"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
	"127.0.0.1", "127.255.255.255", "100.64.0.0", "100.127.255.255", "100.100.100.200", "192.0.2.1",
	"198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "192.0.0.8", "192.88.99.1",
	"::1", "::2", "::7f00:1", "fc00::1", "fdff:ffff::1", "fd00:ec2::254", "fec0::1", "2001:db8::1",
	"::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:192.168.1.1", "64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1",
	"64:ff9b:1::1",
};

static const char *const never_addresses[] = {
	"0.0.0.0", "0.1.2.3", "169.254.0.0", "169.254.169.254", "169.254.255.255", "224.0.0.1", "239.255.255.255",
	"240.0.0.1", "255.255.255.255", "::", "fe80::1", "febf::1", "ff02::1", "ff0e::1", "100::1",
	"2001:0:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
	"::ffff:0.0.0.0", "::ffff:169.254.169.254", "::ffff:224.0.0.1", "::ffff:255.255.255.255",
	"64:ff9b::169.254.169.254", "64:ff9b::0.0.0.0",
};

static void test_without_a_list(void **state)
{
	struct egress *e = egress(*state, "");

	assert_each(e, public_addresses, ARRAY_LEN(public_addresses), true);
	assert_each(e, special_addresses, ARRAY_LEN(special_addresses), false);
	assert_each(e, never_addresses, ARRAY_LEN(never_addresses), false);
	egress_free(e);
	e = egress(*state, NULL);
	assert_each(e, special_addresses, ARRAY_LEN(special_addresses), false);
	egress_free(e);
	egress_free(NULL);
}

/* Not even a list of everything opens what is never allowed. */
static void test_with_a_list_of_everything(void **state)
{
	struct egress *e = egress(*state, "0.0.0.0/0, ::/0");

	assert_each(e, public_addresses, ARRAY_LEN(public_addresses), true);
	assert_each(e, special_addresses, ARRAY_LEN(special_addresses), true);
	assert_each(e, never_addresses, ARRAY_LEN(never_addresses), false);
	egress_free(e);
}

static void test_edges_of_ranges(void **state)
{
	static const char *const inside[] = {
		"10.1.0.0", "10.1.127.255", "192.168.7.7", "127.0.0.1", "::ffff:10.1.5.5", "64:ff9b::10.1.5.5",
		"fd12:3456::1", "fd12:3457:ffff::", "::1",
	};
	static const char *const outside[] = {
		"10.0.255.255", "10.1.128.0", "192.168.7.6", "192.168.7.8", "127.0.0.2", "::ffff:10.1.128.0",
		"fd12:3455:ffff::", "fd12:3458::", "::2",
	};
	struct egress *e = egress(*state, "10.1.0.0/17,192.168.7.7 ,\t127.0.0.1/32,fd12:3456::/31,::1");

	assert_each(e, inside, ARRAY_LEN(inside), true);
	assert_each(e, outside, ARRAY_LEN(outside), false);
	egress_free(e);
}

/* A list for IPv6 is none for IPv4, though every IPv4 address has an IPv6 form. */
static void test_families_are_apart(void **state)
{
	struct egress *e = egress(*state, "::/0");

	assert_false(allows(e, "10.0.0.1"));
	assert_false(allows(e, "::ffff:10.0.0.1"));
	assert_true(allows(e, "fd00::1"));
	egress_free(e);
	e = egress(*state, "::ffff:10.0.0.0/104");
	assert_true(allows(e, "10.0.0.1"));
	assert_false(allows(e, "fd00::1"));
	egress_free(e);
}

static void test_bad_lists(void **state)
{
	static const char *const lists[] = {
		"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0/8", "10", "/8", "10.0.0.0/08",
		"10.0.0.0/+8", "10.0.0.1/8", "fd00::1/8", "::/129", "example.com", "10.0.0.0/8,", ",10.0.0.0/8",
		"10.0.0.0/8,,127.0.0.1", "010.0.0.0/8", "0x0a.0.0.0/8", "fe80::1%eth0", "10.0.0.0/8 127.0.0.1", ",",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff",
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct op op;
		struct egress *e = NULL;

		op_init(&op, *state, NULL, NULL);
		if (egress_new(&op, str_c(lists[i]), &e) != ERR_CONFIG)
			fail_msg("accepted: %s", lists[i]);
		assert_null(e);
	}
}

static void test_other_families(void **state)
{
	struct egress *e = egress(*state, "0.0.0.0/0,::/0");
	const struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "/run/postgresql" };
	const struct sockaddr unspecified = { .sa_family = AF_UNSPEC };

	assert_false(egress_allows(e, (const struct sockaddr *)&path));
	assert_false(egress_allows(e, &unspecified));
	assert_false(sockaddr_is_loopback((const struct sockaddr *)&path));
	egress_free(e);
}

static void test_loopback(void **state)
{
	static const char *const loopback[] = { "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1" };
	static const char *const others[] = { "128.0.0.1", "126.0.0.1", "::2", "0.0.0.0", "::", "10.0.0.1", "::127.0.0.1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(loopback); i++) {
		struct sockaddr_storage storage = address(loopback[i]);

		assert_true(sockaddr_is_loopback((const struct sockaddr *)&storage));
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct sockaddr_storage storage = address(others[i]);

		assert_false(sockaddr_is_loopback((const struct sockaddr *)&storage));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_without_a_list),
		UNIT_TEST(test_with_a_list_of_everything),
		UNIT_TEST(test_edges_of_ranges),
		UNIT_TEST(test_families_are_apart),
		UNIT_TEST(test_bad_lists),
		UNIT_TEST(test_other_families),
		UNIT_TEST(test_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
