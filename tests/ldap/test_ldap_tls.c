/* StartTLS with slapd itself, names in certificates, and references to other servers. */
#include "common/base/clock.h"
#include "tests/ldap/ldap_test.h"
#include "tests/support/proxy.h"

#include <stdlib.h>

static const char *env(const char *name)
{
	if (!getenv(name))
		fail_msg("%s is not set", name);
	return getenv(name);
}

static struct ldap_pool *start_tls(struct arena *a, const char *host, int port, const char *ca_file)
{
	struct ldap_config config = ldap_test.config;
	struct ldap_pool *pool = NULL;
	struct op op = ldap_test_op(a);

	config.uri = arena_printf(a, "ldap://%s:%d", host, port);
	config.starttls = true;
	config.ca_file = str_c(ca_file);
	assert_int_equal(ldap_pool_new(&op, &config, &pool), 0);
	return pool;
}

static int search(struct arena *a, struct ldap_pool *pool, struct str *ret_detail)
{
	struct op op = ldap_test_op(a);
	const struct ldap_entry *entries;
	size_t n;
	int result = ldap_search(&op, pool, ldap_test.folder, LDAP_BASE, STR("(objectClass=*)"), NULL, 1, &entries, &n);

	*ret_detail = op.error.detail;
	return result;
}

/* Nothing of a bind is seen by who stands in between. */
static void test_start_tls(void **state)
{
	struct proxy *proxy = proxy_start(ldap_test.port, NULL);
	struct ldap_pool *pool = start_tls(*state, "127.0.0.1", proxy_port(proxy), env("SEN_TEST_LDAP_CA"));
	struct str detail;

	assert_int_equal(search(*state, pool, &detail), 0);
	assert_true(ldap_pool_is_ready(pool, LDAP_TEST_TIMEOUT_MS));
	ldap_pool_free(pool);
	proxy_stop(proxy);
}

/* The same server with the same certificate, under a name that it does not bear; and by an authority that is not ours. */
static void test_wrong_name(void **state)
{
	struct ldap_pool *pool = start_tls(*state, env("SEN_TEST_LDAP_OTHER_NAME"), ldap_test.port, env("SEN_TEST_LDAP_CA"));
	struct str detail;

	assert_int_equal(search(*state, pool, &detail), ERR_UNAVAILABLE);
	assert_true(str_contains(detail, STR("StartTLS")));
	ldap_pool_free(pool);
	pool = start_tls(*state, "127.0.0.1", ldap_test.port, "");
	assert_int_equal(search(*state, pool, &detail), ERR_UNAVAILABLE);
	assert_true(str_contains(detail, STR("StartTLS")));
	ldap_pool_free(pool);
}

/* With the control without which it cannot be removed again (RFC 3296). */
static void remove_reference(struct arena *a, struct str dn)
{
	const char *const argv[] = { "ldapdelete", "-x", "-M", "-H", ldap_test.config.uri.p, "-D", ldap_test.config.bind_dn.p, "-y",
		                     env("SEN_TEST_LDAP_PASSWORD_FILE"), arena_cstr(a, dn), NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A reference to a server that would take our name and password: it is not followed, in a search neither below nor at it. */
static void test_references_are_not_followed(void **state)
{
	struct arena *a = *state;
	struct proxy *elsewhere = proxy_start(ldap_test.port, NULL);
	const struct str classes[] = { STR("referral"), STR("extensibleObject") }, ou = STR("elsewhere");
	const struct str ref = arena_printf(a, "ldap://127.0.0.1:%d/%.*s", proxy_port(elsewhere), STR_ARG(ldap_test.folder));
	const struct ldap_attr attrs[] = { { STR("objectClass"), classes, 2 }, { STR("ou"), &ou, 1 }, { STR("ref"), &ref, 1 } };
	struct str an = ldap_test_person(a, STR("ref-an")), dn = STR_NULL, below = STR_NULL;
	struct op op = ldap_test_op(a);
	const struct ldap_entry *entries;
	size_t n = 0;

	assert_int_equal(ldap_dn_child(&op, "ou", ou, ldap_test.folder, &dn), 0);
	assert_int_equal(ldap_add(&op, ldap_test.pool, dn, attrs, ARRAY_LEN(attrs)), 0);
	assert_int_equal(ldap_search(&op, ldap_test.pool, ldap_test.folder, LDAP_SUB, STR("(uid=*)"), NULL, 10, &entries, &n), 0);
	assert_int_equal(n, 1);
	assert_true(ldap_dn_equal(entries[0].dn, an));
	assert_int_equal(ldap_dn_child(&op, "uid", STR("x"), dn, &below), 0);
	assert_int_equal(ldap_search(&op, ldap_test.pool, below, LDAP_BASE, STR("(uid=*)"), NULL, 10, &entries, &n), ERR_TARGET);
	assert_int_equal(ldap_result_code(&op), 10);
	assert_int_equal(proxy_n_accepted(elsewhere), 0);
	remove_reference(a, dn);
	ldap_test_remove(a, an);
	proxy_stop(elsewhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_start_tls),
		UNIT_TEST(test_wrong_name),
		UNIT_TEST(test_references_are_not_followed),
	};

	return cmocka_run_group_tests(tests, ldap_test_begin, ldap_test_end);
}
