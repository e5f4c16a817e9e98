/* Changes as they happen (RFC 4533), by slapd with its syncprov overlay. */
#include "common/net/ldap_follow.h"

#include "common/base/clock.h"
#include "tests/ldap/ldap_test.h"
#include "tests/support/proxy.h"

#define WAIT_MS 5000

static const char *const attrs[] = { "*", NULL };

static struct ldap_follow *follow(struct arena *a, struct ldap_pool *pool, struct str cookie)
{
	const struct ldap_follow_of of = { ldap_test.folder, STR("(objectClass=inetOrgPerson)"), attrs, cookie };
	struct op op = ldap_test_op(a);
	struct ldap_follow *f = NULL;

	if (ldap_follow_open(&op, pool, &of, 1, &f) < 0)
		fail_msg("%s: %.*s", op.error.text, STR_ARG(op.error.detail));
	return f;
}

/* The next one that is no mere cookie; what = NOTHING after WAIT_MS. */
static struct ldap_follow_event next(struct arena *a, struct ldap_follow *f, bool *unsure)
{
	struct ldap_follow_event event = { .what = LDAP_FOLLOW_COOKIE };
	int64_t until_ms = clock_mono_ms() + WAIT_MS;

	while (event.what == LDAP_FOLLOW_COOKIE && clock_mono_ms() < until_ms) {
		struct op op = ldap_test_op(a);

		if (ldap_follow_next(&op, f, WAIT_MS, &event) < 0)
			fail_msg("%s: %.*s", op.error.text, STR_ARG(op.error.detail));
		if (unsure && event.is_unsure)
			*unsure = true;
	}
	return event;
}

static void expect_entry(struct arena *a, struct ldap_follow *f, struct str dn, const char *attr, const char *value)
{
	struct ldap_follow_event event = next(a, f, NULL);

	assert_int_equal(event.what, LDAP_FOLLOW_ENTRY);
	assert_true(ldap_dn_equal(event.entry.dn, dn));
	if (value)
		assert_str_equal(ldap_entry_value(&event.entry, attr), value);
}

static struct str kept_cookie(struct arena *a, const struct ldap_follow *f)
{
	struct str cookie = ldap_follow_cookie(f, 0);

	assert_true(cookie.len > 0);
	return arena_dup(a, cookie);
}

static void retitle(struct arena *a, struct str dn, const char *title)
{
	const struct str value = str_c(title);
	const struct ldap_change change = { LDAP_CHANGE_REPLACE, { STR("title"), &value, 1 } };
	struct op op = ldap_test_op(a);

	assert_int_equal(ldap_modify(&op, ldap_test.pool, dn, &change, 1), 0);
}

static void test_everything_then_what_changes(void **state)
{
	struct arena *a = *state;
	struct str an = ldap_test_person(a, STR("follow-an")), binh;
	struct ldap_follow *f = follow(a, ldap_test.pool, STR(""));
	struct op op = ldap_test_op(a);
	struct ldap_follow_event event;

	expect_entry(a, f, an, "sn", "Nguyễn");
	assert_int_equal(next(a, f, NULL).what, LDAP_FOLLOW_CURRENT);
	assert_true(ldap_follow_cookie(f, 0).len > 0);
	retitle(a, an, "Trưởng phòng");
	expect_entry(a, f, an, "title", "Trưởng phòng");
	binh = ldap_test_person(a, STR("follow-binh"));
	expect_entry(a, f, binh, "uid", "follow-binh");
	ldap_test_remove(a, an);
	event = next(a, f, NULL);
	assert_int_equal(event.what, LDAP_FOLLOW_GONE);
	assert_true(ldap_dn_equal(event.entry.dn, an));
	assert_int_equal(ldap_follow_next(&op, f, 200, &event), 0);
	assert_int_equal(event.what, LDAP_FOLLOW_NOTHING);
	ldap_follow_close(f);
	ldap_test_remove(a, binh);
}

/* What happened while nobody followed is told, and nothing else; who was deleted is not named. */
static void test_goes_on_where_it_stood(void **state)
{
	struct arena *a = *state;
	struct str an = ldap_test_person(a, STR("resume-an")), binh = ldap_test_person(a, STR("resume-binh"));
	struct ldap_follow *f = follow(a, ldap_test.pool, STR(""));
	struct str cookie;
	bool unsure = false;

	while (next(a, f, &unsure).what != LDAP_FOLLOW_CURRENT)
		;
	assert_false(unsure);
	cookie = kept_cookie(a, f);
	ldap_follow_close(f);
	f = follow(a, ldap_test.pool, cookie);
	assert_int_equal(next(a, f, &unsure).what, LDAP_FOLLOW_CURRENT);
	assert_false(unsure);
	ldap_follow_close(f);
	retitle(a, binh, "Phó phòng");
	f = follow(a, ldap_test.pool, cookie);
	expect_entry(a, f, binh, "title", "Phó phòng");
	assert_int_equal(next(a, f, &unsure).what, LDAP_FOLLOW_CURRENT);
	assert_false(unsure);
	cookie = kept_cookie(a, f);
	ldap_follow_close(f);
	ldap_test_remove(a, an);
	f = follow(a, ldap_test.pool, cookie);
	assert_int_equal(next(a, f, &unsure).what, LDAP_FOLLOW_CURRENT);
	assert_true(unsure);
	ldap_follow_close(f);
	ldap_test_remove(a, binh);
}

/* Two searches on one connection are told apart. */
static void test_two_searches(void **state)
{
	struct arena *a = *state;
	const struct ldap_follow_of of[] = {
		{ ldap_test.folder, STR("(uid=two-an)"), attrs, STR("") },
		{ ldap_test.folder, STR("(uid=two-binh)"), attrs, STR("") },
	};
	struct str an = ldap_test_person(a, STR("two-an")), binh = ldap_test_person(a, STR("two-binh"));
	struct op op = ldap_test_op(a);
	struct ldap_follow *f = NULL;
	size_t n_current = 0;

	assert_int_equal(ldap_follow_open(&op, ldap_test.pool, of, 2, &f), 0);
	while (n_current < 2) {
		struct ldap_follow_event event = next(a, f, NULL);

		assert_true(event.what == LDAP_FOLLOW_ENTRY || event.what == LDAP_FOLLOW_CURRENT);
		n_current += event.what == LDAP_FOLLOW_CURRENT;
		if (event.what == LDAP_FOLLOW_ENTRY)
			assert_true(ldap_dn_equal(event.entry.dn, event.search == 0 ? an : binh));
	}
	retitle(a, binh, "Hai");
	assert_int_equal(next(a, f, NULL).search, 1);
	retitle(a, an, "Một");
	assert_int_equal(next(a, f, NULL).search, 0);
	ldap_follow_close(f);
	ldap_test_remove(a, an);
	ldap_test_remove(a, binh);
}

static int first_error(struct arena *a, struct ldap_follow *f, int64_t *ret_code)
{
	for (int i = 0; i < 10; i++) {
		struct op op = ldap_test_op(a);
		struct ldap_follow_event event;

		if (ldap_follow_next(&op, f, 1000, &event) < 0) {
			*ret_code = ldap_result_code(&op);
			return op.error.code;
		}
	}
	return 0;
}

static void test_errors(void **state)
{
	struct arena *a = *state;
	struct ldap_follow_of of = { STR("ou=nowhere,dc=example"), STR("(objectClass=*)"), attrs, STR("") };
	struct proxy *proxy = proxy_start(ldap_test.port, NULL);
	struct ldap_pool *pool = ldap_test_pool(a, proxy_port(proxy), 1);
	struct op op = ldap_test_op(a);
	struct ldap_follow *f = NULL;
	int64_t code = 0;

	assert_int_equal(ldap_follow_open(&op, ldap_test.pool, &of, 1, &f), 0);
	assert_int_equal(first_error(a, f, &code), ERR_NOT_FOUND);
	ldap_follow_close(f);
	of.filter = STR("(uid=a");
	assert_int_equal(ldap_follow_open(&op, ldap_test.pool, &of, 1, &f), ERR_BAD_REQUEST);
	/* A cookie of another world: as without one. */
	f = follow(a, ldap_test.pool, STR("rubbish"));
	assert_int_equal(next(a, f, NULL).what, LDAP_FOLLOW_CURRENT);
	ldap_follow_close(f);
	/* The directory has been set back: it is behind what we have seen. */
	f = follow(a, ldap_test.pool, STR("rid=000,csn=20991231000000.000000Z#000000#000#000000"));
	assert_int_equal(first_error(a, f, &code), ERR_TARGET);
	assert_true(code == LDAP_FOLLOW_REFRESH_REQUIRED || code == LDAP_FOLLOW_UNWILLING);
	ldap_follow_close(f);
	/* The connection is lost. */
	f = follow(a, pool, STR(""));
	assert_int_equal(next(a, f, NULL).what, LDAP_FOLLOW_CURRENT);
	proxy_set(proxy, PROXY_REFUSE);
	proxy_cut(proxy);
	assert_int_equal(first_error(a, f, &code), ERR_UNAVAILABLE);
	ldap_follow_close(f);
	op = ldap_test_op(a);
	of = (struct ldap_follow_of){ ldap_test.folder, STR("(objectClass=*)"), attrs, STR("") };
	assert_int_equal(ldap_follow_open(&op, pool, &of, 1, &f), ERR_UNAVAILABLE);
	ldap_pool_free(pool);
	proxy_stop(proxy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_everything_then_what_changes),
		UNIT_TEST(test_goes_on_where_it_stood),
		UNIT_TEST(test_two_searches),
		UNIT_TEST(test_errors),
	};

	return cmocka_run_group_tests(tests, ldap_test_begin, ldap_test_end);
}
