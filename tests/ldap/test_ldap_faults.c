/*
 * What the client says when the directory is slow, gone or cut off.  A proxy in front of the real slapd plays these parts;
 * PROXY_STALL is what a stopped slapd looks like.
 */
#include "common/base/clock.h"
#include "tests/ldap/ldap_test.h"
#include "tests/support/proxy.h"

#include <stdlib.h>

#define PASSWORD STR("mật khẩu")

struct fixture {
	struct arena *arena;
	struct proxy *proxy;
	struct ldap_pool *pool;
	struct str dn; /* of a person with PASSWORD */
};

static struct fixture *setup(void **state)
{
	struct fixture *f = ARENA_NEW(*state, struct fixture);
	struct op op = ldap_test_op(*state);

	f->arena = *state;
	f->proxy = proxy_start(ldap_test.port, NULL);
	f->pool = ldap_test_pool(*state, proxy_port(f->proxy), 2);
	f->dn = ldap_test_person(*state, STR("person"));
	assert_int_equal(ldap_set_password(&op, ldap_test.pool, f->dn, PASSWORD), 0);
	return f;
}

static void done(struct fixture *f)
{
	ldap_test_remove(f->arena, f->dn);
	ldap_pool_free(f->pool);
	proxy_stop(f->proxy);
}

static int search(struct fixture *f)
{
	struct op op = ldap_test_op(f->arena);
	const struct ldap_entry *entries = NULL;
	size_t n = 0;
	int result = ldap_search(&op, f->pool, f->dn, LDAP_BASE, STR("(uid=*)"), NULL, 1, &entries, &n);

	assert_int_equal(n, result == 0 ? 1 : 0);
	return result;
}

static int modify(struct fixture *f, const char *title)
{
	const struct str value = str_c(title);
	const struct ldap_change change = { LDAP_CHANGE_REPLACE, { STR("title"), &value, 1 } };
	struct op op = ldap_test_op(f->arena);

	return ldap_modify(&op, f->pool, f->dn, &change, 1);
}

/* true, false, or the error, with which the answer must be left alone. */
static int check(struct fixture *f, struct str password)
{
	struct op op = ldap_test_op(f->arena);
	bool answers[2] = { false, true };
	int result = 0;

	for (size_t i = 0; i < 2; i++) {
		bool before = answers[i];

		result = ldap_check_password(&op, f->pool, f->dn, password, &answers[i]);
		if (result < 0) {
			assert_true(answers[i] == before);
			return result;
		}
	}
	assert_true(answers[0] == answers[1]);
	return answers[0];
}

static int list(struct fixture *f, int (*each)(void *context, struct op *op, const struct ldap_entry *entry))
{
	struct op op = ldap_test_op(f->arena);

	return ldap_list(&op, f->pool, f->dn, STR("(uid=*)"), NULL, each, f);
}

static int nothing(void *context, struct op *op, const struct ldap_entry *entry)
{
	(void)context, (void)op, (void)entry;
	return 0;
}

static struct str title(struct fixture *f)
{
	struct op op = ldap_test_op(f->arena);
	const struct ldap_entry *entries = NULL;
	size_t n = 0;

	assert_int_equal(ldap_search(&op, ldap_test.pool, f->dn, LDAP_BASE, STR("(uid=*)"), NULL, 1, &entries, &n), 0);
	return ldap_entry_value(entries, "title");
}

static void assert_works(struct fixture *f)
{
	assert_int_equal(search(f), 0);
	assert_int_equal(modify(f, "works"), 0);
	assert_str_equal(title(f), "works");
	assert_int_equal(check(f, PASSWORD), true);
	assert_int_equal(check(f, STR("wrong")), false);
	assert_int_equal(list(f, nothing), 0);
	assert_true(ldap_pool_is_ready(f->pool, 500));
}

static void test_not_there(void **state)
{
	struct fixture *f = setup(state);
	int port = proxy_port(f->proxy);

	proxy_stop(f->proxy);
	ldap_pool_free(f->pool);
	f->pool = ldap_test_pool(*state, port, 2);
	assert_int_equal(search(f), ERR_UNAVAILABLE);
	assert_int_equal(modify(f, "x"), ERR_UNAVAILABLE);
	assert_int_equal(check(f, PASSWORD), ERR_UNAVAILABLE);
	assert_int_equal(check(f, STR("wrong")), ERR_UNAVAILABLE);
	assert_int_equal(list(f, nothing), ERR_UNAVAILABLE);
	assert_false(ldap_pool_is_ready(f->pool, 500));
	f->proxy = proxy_start(ldap_test.port, NULL);
	done(f);
}

/* A directory that does not answer is no wrong password, and holds nobody for long. */
static void test_stopped_while_connected(void **state)
{
	struct fixture *f = setup(state);
	int64_t start_ms;

	assert_works(f);
	proxy_set(f->proxy, PROXY_STALL);
	start_ms = clock_mono_ms();
	assert_int_equal(check(f, PASSWORD), ERR_UNAVAILABLE);
	assert_in_range(clock_mono_ms() - start_ms, LDAP_TEST_TIMEOUT_MS - 50, 2 * LDAP_TEST_TIMEOUT_MS);
	assert_int_equal(search(f), ERR_UNAVAILABLE);
	start_ms = clock_mono_ms();
	assert_false(ldap_pool_is_ready(f->pool, 200));
	assert_in_range(clock_mono_ms() - start_ms, 150, 1000);
	proxy_set(f->proxy, PROXY_FORWARD);
	assert_works(f);

	/* A write that went out may have been done. */
	proxy_set(f->proxy, PROXY_STALL);
	assert_int_equal(modify(f, "unknown"), ERR_OUTCOME_UNKNOWN);
	/* The next one does not get as far: not even the bind is answered. */
	assert_int_equal(modify(f, "unknown"), ERR_UNAVAILABLE);
	proxy_set(f->proxy, PROXY_FORWARD);
	assert_works(f);
	done(f);
}

static void test_stops_in_the_middle_of_an_answer(void **state)
{
	struct fixture *f = setup(state);
	int64_t start_ms;

	assert_works(f);
	proxy_set(f->proxy, PROXY_HALF_ANSWER);
	start_ms = clock_mono_ms();
	assert_int_equal(search(f), ERR_UNAVAILABLE);
	assert_in_range(clock_mono_ms() - start_ms, LDAP_TEST_TIMEOUT_MS - 50, 3 * LDAP_TEST_TIMEOUT_MS);
	assert_int_equal(check(f, PASSWORD), ERR_UNAVAILABLE);
	proxy_set(f->proxy, PROXY_FORWARD);
	assert_works(f);
	done(f);
}

/* The end of slapd and its new start, between two requests and in all connections. */
static void test_restart_between_requests(void **state)
{
	struct fixture *f = setup(state);

	for (int i = 0; i < 3; i++) {
		assert_works(f);
		proxy_cut(f->proxy);
	}
	proxy_cut(f->proxy);
	assert_int_equal(modify(f, "first after the restart"), 0);
	proxy_cut(f->proxy);
	assert_int_equal(check(f, PASSWORD), true);
	done(f);
}

static void test_restarting(void **state)
{
	struct fixture *f = setup(state);

	assert_works(f);
	proxy_set(f->proxy, PROXY_REFUSE);
	proxy_cut(f->proxy);
	assert_int_equal(search(f), ERR_UNAVAILABLE);
	assert_int_equal(modify(f, "x"), ERR_UNAVAILABLE);
	assert_int_equal(check(f, PASSWORD), ERR_UNAVAILABLE);
	proxy_set(f->proxy, PROXY_FORWARD);
	assert_works(f);
	done(f);
}

static void test_lost_answer(void **state)
{
	struct fixture *f = setup(state);

	assert_works(f);
	proxy_set(f->proxy, PROXY_LOSE_ANSWER);
	assert_int_equal(modify(f, "done all the same"), ERR_OUTCOME_UNKNOWN);
	assert_str_equal(title(f), "done all the same");
	assert_int_equal(check(f, PASSWORD), ERR_UNAVAILABLE);
	proxy_set(f->proxy, PROXY_FORWARD);
	assert_works(f);
	done(f);
}

static int cut_and_search(void *context, struct op *op, const struct ldap_entry *entry)
{
	struct fixture *f = context;

	(void)op, (void)entry;
	proxy_cut(f->proxy);
	assert_int_equal(search(f), 0);
	return 0;
}

/* A read is repeated once, also when the loss shows only after sending. */
static void test_read_is_repeated(void **state)
{
	struct fixture *f = setup(state);
	int n_before;

	assert_works(f);
	n_before = proxy_n_accepted(f->proxy);
	assert_int_equal(list(f, cut_and_search), 0);
	assert_int_equal(proxy_n_accepted(f->proxy), n_before + 2);
	done(f);
}

static void test_pool_size_is_kept(void **state)
{
	struct fixture *f = setup(state);

	for (int i = 0; i < 20; i++) {
		assert_int_equal(search(f), 0);
		assert_int_equal(check(f, STR("wrong")), false);
	}
	assert_int_equal(proxy_n_accepted(f->proxy), 2); /* one of each kind */
	done(f);
}

/* GnuTLS under libldap has its own ways of waiting: no busy loop, no endless one. */
static void test_faults_over_tls(void **state)
{
	static const enum proxy_mode modes[] = { PROXY_STALL, PROXY_HALF_ANSWER, PROXY_LOSE_ANSWER, PROXY_REFUSE };
	struct proxy_cert *cert = proxy_cert_new("IP:127.0.0.1");
	struct fixture *f = setup(state);
	clock_t cpu_start = clock();

	ldap_pool_free(f->pool);
	proxy_stop(f->proxy);
	f->proxy = proxy_start(ldap_test.port, cert);
	f->pool = ldap_test_tls_pool(*state, proxy_port(f->proxy), proxy_cert_path(cert));
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		int64_t start_ms;

		assert_works(f);
		proxy_set(f->proxy, modes[i]);
		if (modes[i] == PROXY_REFUSE)
			proxy_cut(f->proxy);
		start_ms = clock_mono_ms();
		assert_int_equal(check(f, PASSWORD), ERR_UNAVAILABLE);
		assert_int_equal(search(f), ERR_UNAVAILABLE);
		assert_in_range(clock_mono_ms() - start_ms, 0, 5 * LDAP_TEST_TIMEOUT_MS);
		proxy_set(f->proxy, PROXY_FORWARD);
	}
	assert_works(f);
	assert_in_range((clock() - cpu_start) / CLOCKS_PER_SEC, 0, 3);
	proxy_cert_free(cert);
	done(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_not_there),
		UNIT_TEST(test_stopped_while_connected),
		UNIT_TEST(test_stops_in_the_middle_of_an_answer),
		UNIT_TEST(test_restart_between_requests),
		UNIT_TEST(test_restarting),
		UNIT_TEST(test_lost_answer),
		UNIT_TEST(test_read_is_repeated),
		UNIT_TEST(test_pool_size_is_kept),
		UNIT_TEST(test_faults_over_tls),
	};

	return cmocka_run_group_tests(tests, ldap_test_begin, ldap_test_end);
}
