/* Whom the client believes and tells a password: no impostor, no old protocol, nobody in clear over the network. */
#include "common/base/clock.h"
#include "tests/ldap/ldap_test.h"
#include "tests/support/proxy.h"

#include <stdlib.h>

#define UNBIND_LEN ((size_t)7)
#define PASSWORD STR("mật khẩu")

static void test_wrong_service_password(void **state)
{
	struct ldap_config config = ldap_test.config;
	struct ldap_pool *pool = NULL;
	struct op op = ldap_test_op(*state);
	const struct ldap_entry *entries;
	size_t n;

	config.password = STR("wrong");
	assert_int_equal(ldap_pool_new(&op, &config, &pool), 0);
	assert_int_equal(ldap_search(&op, pool, ldap_test.folder, LDAP_BASE, STR("(ou=*)"), NULL, 1, &entries, &n),
	                 ERR_UNAVAILABLE);
	assert_int_equal(ldap_result_code(&op), 49);
	assert_false(ldap_pool_is_ready(pool, 500));
	ldap_pool_free(pool);
}

static void assert_no_bind(struct arena *a, struct proxy *proxy, const char *ca_file)
{
	struct ldap_pool *pool = ldap_test_tls_pool(a, proxy_port(proxy), ca_file);
	struct op op = ldap_test_op(a);
	bool is_ok;

	assert_false(ldap_pool_is_ready(pool, 1000));
	assert_int_equal(ldap_check_password(&op, pool, STR("uid=a,dc=vn"), PASSWORD, &is_ok), ERR_UNAVAILABLE);
	assert_true(proxy_n_bytes(proxy) <= 2 * UNBIND_LEN); /* a farewell at most */
	ldap_pool_free(pool);
}

/* CVE-2020-16093, CVE-2026-35563 (LemonLDAP::NG): certificate, and then the name in it, were not checked. */
static void test_cve_2020_16093_certificates(void **state)
{
	struct proxy_cert *cert = proxy_cert_new("IP:127.0.0.1"), *other = proxy_cert_new("DNS:elsewhere.example");
	struct proxy *tls = proxy_start(ldap_test.port, cert), *wrong_name = proxy_start(ldap_test.port, other);
	struct ldap_pool *pool;

	/* Neither ldap.conf nor the environment has a say. */
	setenv("LDAPTLS_REQCERT", "never", 1);
	assert_no_bind(*state, tls, "");
	assert_no_bind(*state, tls, proxy_cert_path(other));
	assert_no_bind(*state, wrong_name, proxy_cert_path(other));
	pool = ldap_test_tls_pool(*state, proxy_port(tls), proxy_cert_path(cert));
	assert_true(ldap_pool_is_ready(pool, 1000));
	assert_true(proxy_n_bytes(tls) > 0);
	ldap_pool_free(pool);
	proxy_stop(tls);
	proxy_stop(wrong_name);
	proxy_cert_free(cert);
	proxy_cert_free(other);
}

/* Good certificate, good name, but a protocol that RFC 8996 forbids. */
static void test_old_tls(void **state)
{
	struct proxy_cert *cert = proxy_cert_new("IP:127.0.0.1");
	struct proxy *proxy;

	proxy_cert_set_old_tls(cert, true);
	proxy = proxy_start(ldap_test.port, cert);
	assert_no_bind(*state, proxy, proxy_cert_path(cert));
	proxy_stop(proxy);
	proxy_cert_free(cert);
}

/* A server that is silent during the handshake, and one that refuses StartTLS: no password goes out in clear. */
static void test_no_tls_no_password(void **state)
{
	struct proxy *proxy = proxy_start(ldap_test.port, NULL);
	struct ldap_config config = ldap_test.config;
	struct ldap_pool *pool = ldap_test_tls_pool(*state, proxy_port(proxy), "");
	struct op op = ldap_test_op(*state);
	int64_t start_ms = clock_mono_ms();
	bool is_ok;

	proxy_set(proxy, PROXY_STALL);
	assert_int_equal(ldap_check_password(&op, pool, STR("uid=a,dc=vn"), PASSWORD, &is_ok), ERR_UNAVAILABLE);
	assert_in_range(clock_mono_ms() - start_ms, 0, 3 * LDAP_TEST_TIMEOUT_MS);
	ldap_pool_free(pool);
	proxy_set(proxy, PROXY_REFUSE);

	config.uri = arena_printf(*state, "ldap://127.0.0.1:%d", ldap_test.port);
	config.starttls = true;
	op = ldap_test_op(*state);
	assert_int_equal(ldap_pool_new(&op, &config, &pool), 0);
	assert_int_equal(ldap_check_password(&op, pool, STR("uid=a,dc=vn"), PASSWORD, &is_ok), ERR_UNAVAILABLE);
	assert_true(str_contains(op.error.detail, STR("StartTLS")));
	ldap_pool_free(pool);
	proxy_stop(proxy);
}

static void assert_config(struct arena *a, const char *uri, bool starttls, bool is_good)
{
	struct ldap_config config = ldap_test.config;
	struct ldap_pool *pool = NULL;
	struct op op = ldap_test_op(a);
	int result;

	config.uri = str_c(uri);
	config.starttls = starttls;
	result = ldap_pool_new(&op, &config, &pool);
	if (result != (is_good ? 0 : ERR_CONFIG) && (is_good || result != ERR_BAD_REQUEST))
		fail_msg("%s: %s", uri, err_name(result));
	ldap_pool_free(pool);
}

static void test_config(void **state)
{
	struct ldap_config config = ldap_test.config;
	struct ldap_pool *pool = NULL;
	struct op op = ldap_test_op(*state);

	assert_config(*state, "ldapi://%2Frun%2Fslapd", false, true);
	assert_config(*state, "ldap://127.0.0.1:389", false, true);
	assert_config(*state, "ldap://127.9.9.9", false, true);
	assert_config(*state, "ldap://[::1]:389", false, true);
	assert_config(*state, "ldap://localhost", false, true);
	assert_config(*state, "ldap://directory.example", true, true);
	assert_config(*state, "ldaps://directory.example", false, true);
	/* In clear over the network; also when only a part looks like loopback. */
	assert_config(*state, "ldap://directory.example", false, false);
	assert_config(*state, "ldap://10.0.0.1", false, false);
	assert_config(*state, "ldap://127.0.0.1.example", false, false);
	assert_config(*state, "ldap://localhost.example", false, false);
	assert_config(*state, "ldap://128.0.0.1", false, false);
	assert_config(*state, "ldap://127.0.0.1 ldap://directory.example", false, false);
	assert_config(*state, "ldap://127.0.0.1,ldap://directory.example", false, false);
	assert_config(*state, "ldap:///", false, false);
	assert_config(*state, "ldaps:///", false, false);
	assert_config(*state, "ldaps://directory.example", true, false);
	assert_config(*state, "ldapi://%2Frun%2Fslapd", true, false);
	assert_config(*state, "cldap://127.0.0.1", false, false);
	assert_config(*state, "http://127.0.0.1", false, false);
	assert_config(*state, "ldap://127.0.0.1/dc=vn", false, false);
	assert_config(*state, "", false, false);

	config.password = STR("");
	assert_int_equal(ldap_pool_new(&op, &config, &pool), ERR_CONFIG);
	config = ldap_test.config;
	config.bind_dn = STR("");
	op = ldap_test_op(*state);
	assert_int_equal(ldap_pool_new(&op, &config, &pool), ERR_CONFIG);
	config = ldap_test.config;
	config.uri = STR("ldaps://directory.example");
	config.ca_file = STR("/nonexistent/ca.pem");
	op = ldap_test_op(*state);
	assert_int_equal(ldap_pool_new(&op, &config, &pool), ERR_CONFIG);
	assert_null(pool);
	ldap_pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_wrong_service_password),
		UNIT_TEST(test_cve_2020_16093_certificates),
		UNIT_TEST(test_old_tls),
		UNIT_TEST(test_no_tls_no_password),
		UNIT_TEST(test_config),
	};

	return cmocka_run_group_tests(tests, ldap_test_begin, ldap_test_end);
}
