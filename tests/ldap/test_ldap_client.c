#include "tests/ldap/ldap_test.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define MANY 1200

static const struct ldap_entry *find(struct arena *a, struct str base, enum ldap_scope scope, struct str filter,
                                     size_t *ret_n)
{
	struct op op = ldap_test_op(a);
	const struct ldap_entry *entries = NULL;

	*ret_n = 0;
	if (ldap_search(&op, ldap_test.pool, base, scope, filter, NULL, 5000, &entries, ret_n) < 0)
		fail_msg("%.*s: %.*s", STR_ARG(filter), STR_ARG(op.error.detail));
	return entries;
}

static const struct ldap_entry *read_entry(struct arena *a, struct str dn)
{
	size_t n;
	const struct ldap_entry *entries = find(a, dn, LDAP_BASE, STR("(objectClass=*)"), &n);

	assert_int_equal(n, 1);
	return entries;
}

static void test_add_search_modify_delete(void **state)
{
	struct arena *a = *state;
	struct op op = ldap_test_op(a);
	struct str dn = ldap_test_person(a, STR("annv"));
	const struct str mails[] = { STR("an@example.vn"), STR("an@nghean.example") };
	const struct ldap_change changes[] = {
		{ LDAP_CHANGE_ADD, { STR("mail"), mails, 2 } },
		{ LDAP_CHANGE_REPLACE, { STR("sn"), &STR("Đặng"), 1 } },
		{ LDAP_CHANGE_ADD, { STR("jpegPhoto"), &STR("\xff\xd8\0\0bytes\0"), 1 } },
	};
	const struct ldap_change removals[] = {
		{ LDAP_CHANGE_DELETE, { STR("mail"), mails, 1 } },
		{ LDAP_CHANGE_REPLACE, { .name = STR("jpegPhoto") } },
		{ LDAP_CHANGE_REPLACE, { .name = STR("title") } }, /* not there: no fault */
	};
	const struct ldap_entry *e = read_entry(a, dn);

	assert_true(ldap_dn_equal(e->dn, dn));
	assert_str_equal(ldap_entry_value(e, "CN"), "Nguyễn Văn An");
	assert_int_equal(ldap_entry_attr(e, "mail")->n_values, 0);
	assert_str_null(ldap_entry_value(e, "mail"));
	assert_str_null(ldap_entry_value(e, "entryUUID")); /* operational: only by name */

	assert_int_equal(ldap_modify(&op, ldap_test.pool, dn, changes, ARRAY_LEN(changes)), 0);
	e = read_entry(a, dn);
	assert_int_equal(ldap_entry_attr(e, "mail")->n_values, 2);
	assert_str_equal(ldap_entry_value(e, "sn"), "Đặng");
	assert_true(str_equal(ldap_entry_value(e, "jpegPhoto"), STR("\xff\xd8\0\0bytes\0")));

	assert_int_equal(ldap_modify(&op, ldap_test.pool, dn, removals, ARRAY_LEN(removals)), 0);
	e = read_entry(a, dn);
	assert_int_equal(ldap_entry_attr(e, "mail")->n_values, 1);
	assert_str_equal(ldap_entry_value(e, "mail"), "an@nghean.example");
	assert_str_null(ldap_entry_value(e, "jpegPhoto"));
	assert_int_equal(ldap_delete(&op, ldap_test.pool, dn), 0);
}

static void test_attributes_by_name(void **state)
{
	static const char *const attrs[] = { "uid", "entryUUID", NULL };
	struct op op = ldap_test_op(*state);
	struct str dn = ldap_test_person(*state, STR("binhtt"));
	const struct ldap_entry *entries = NULL;
	size_t n = 0;

	assert_int_equal(ldap_search(&op, ldap_test.pool, ldap_test.folder, LDAP_ONE, STR("(uid=binhtt)"), attrs, 1, &entries,
	                             &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(entries->n_attrs, 2);
	assert_int_equal(ldap_entry_value(entries, "entryuuid").len, 36);
	ldap_test_remove(*state, dn);
}

static void test_errors_of_the_server(void **state)
{
	struct arena *a = *state;
	struct str dn = ldap_test_person(a, STR("twice")), missing = STR_NULL;
	const struct ldap_attr attrs[] = {
		{ STR("objectClass"), &STR("inetOrgPerson"), 1 }, { STR("cn"), &STR("a"), 1 }, { STR("sn"), &STR("a"), 1 },
	};
	const struct ldap_change unknown = { LDAP_CHANGE_ADD, { STR("noSuchAttribute"), &STR("a"), 1 } };
	const struct ldap_entry *entries = NULL;
	struct op op = ldap_test_op(a);
	size_t n = 7;

	assert_int_equal(ldap_dn_child(&op, "uid", STR("missing"), ldap_test.folder, &missing), 0);
	assert_int_equal(ldap_add(&op, ldap_test.pool, dn, attrs, 3), ERR_CONFLICT);
	assert_int_equal(ldap_result_code(&op), 68);
	op = ldap_test_op(a);
	assert_int_equal(ldap_modify(&op, ldap_test.pool, missing, &unknown, 1), ERR_TARGET);
	assert_int_equal(ldap_result_code(&op), 17); /* undefinedAttributeType */
	assert_true(op.error.detail.len > 0);
	op = ldap_test_op(a);
	assert_int_equal(ldap_delete(&op, ldap_test.pool, missing), ERR_NOT_FOUND);
	op = ldap_test_op(a);
	assert_int_equal(ldap_search(&op, ldap_test.pool, missing, LDAP_BASE, STR("(uid=a)"), NULL, 1, &entries, &n),
	                 ERR_NOT_FOUND);
	assert_int_equal(n, 7);
	assert_null(entries);
	op = ldap_test_op(a);
	assert_int_equal(ldap_delete(&op, ldap_test.pool, STR("no dn at all")), ERR_TARGET);
	/* The connections are as good as before. */
	ldap_test_remove(a, dn);
}

static void test_errors_before_sending(void **state)
{
	struct arena *a = *state;
	const struct ldap_entry *entries;
	const struct ldap_attr empty = { .name = STR("cn") }, bad_name = { STR("cn=x"), &STR("a"), 1 };
	size_t n;
	struct op op = ldap_test_op(a);

	assert_int_equal(ldap_search(&op, ldap_test.pool, ldap_test.folder, LDAP_SUB, STR("(uid=a"), NULL, 1, &entries, &n),
	                 ERR_BAD_REQUEST);
	op = ldap_test_op(a);
	assert_int_equal(ldap_search(&op, ldap_test.pool, ldap_test.folder, LDAP_SUB, STR("(uid=a)\0)"), NULL, 1, &entries,
	                             &n), ERR_BAD_REQUEST);
	op = ldap_test_op(a);
	assert_int_equal(ldap_delete(&op, ldap_test.pool, STR("uid=a\0,dc=vn")), ERR_BAD_REQUEST);
	op = ldap_test_op(a);
	assert_int_equal(ldap_delete(&op, ldap_test.pool, STR("")), ERR_BAD_REQUEST);
	op = ldap_test_op(a);
	assert_int_equal(ldap_add(&op, ldap_test.pool, STR("uid=a,dc=vn"), &empty, 1), ERR_BAD_REQUEST);
	op = ldap_test_op(a);
	assert_int_equal(ldap_add(&op, ldap_test.pool, STR("uid=a,dc=vn"), &bad_name, 1), ERR_BAD_REQUEST);
}

static void test_limit(void **state)
{
	struct arena *a = *state;
	const struct str dns[] = {
		ldap_test_person(a, STR("one")), ldap_test_person(a, STR("two")), ldap_test_person(a, STR("three")),
	};

	for (size_t limit = 0; limit < 5; limit++) {
		struct op op = ldap_test_op(a);
		const struct ldap_entry *entries;
		size_t n = 0;

		assert_int_equal(ldap_search(&op, ldap_test.pool, ldap_test.folder, LDAP_ONE, STR("(sn=Nguyễn)"), NULL, limit,
		                             &entries, &n), limit < 3 ? ERR_LIMIT : 0);
		assert_int_equal(n, limit < 3 ? 0 : 3);
	}
	for (size_t i = 0; i < ARRAY_LEN(dns); i++)
		ldap_test_remove(a, dns[i]);
}

/* An entry larger than the unit of work may use: an error, not an abort and not a part of it. */
static void test_large_entry(void **state)
{
	_cleanup_(arena_freep) struct arena *small = arena_new((size_t)64 * 1024);
	struct str dn = ldap_test_person(*state, STR("large")), photo = { arena_alloc(*state, 200000), 200000 };
	const struct ldap_change change = { LDAP_CHANGE_ADD, { STR("jpegPhoto"), &photo, 1 } };
	struct op op = ldap_test_op(*state);
	const struct ldap_entry *entries = NULL;
	size_t n;

	assert_int_equal(ldap_modify(&op, ldap_test.pool, dn, &change, 1), 0);
	assert_int_equal(ldap_entry_value(read_entry(*state, dn), "jpegPhoto").len, 200000);
	op_init(&op, small, NULL, NULL);
	assert_int_equal(ldap_search(&op, ldap_test.pool, dn, LDAP_BASE, STR("(objectClass=*)"), NULL, 1, &entries, &n),
	                 ERR_LIMIT);
	assert_null(entries);
	ldap_test_remove(*state, dn);
}

struct seen {
	bool uids[MANY];
	size_t n;
	struct ldap_pool *pool;
};

static int see(void *context, struct op *op, const struct ldap_entry *entry)
{
	struct seen *seen = context;
	uint64_t i;

	(void)op;
	assert_true(str_to_u64(str_skip(ldap_entry_value(entry, "uid"), 1), MANY - 1, &i));
	assert_false(seen->uids[i]);
	assert_str_equal(ldap_entry_value(entry, "sn"), "Nguyễn");
	seen->uids[i] = true;
	seen->n++;
	return 0;
}

/* Uses the pool while the list is under way; and stops it. */
static int stop_at_ten(void *context, struct op *op, const struct ldap_entry *entry)
{
	const struct ldap_change change = { LDAP_CHANGE_REPLACE, { STR("title"), &STR("seen"), 1 } };
	struct seen *seen = context;

	if (++seen->n == 10)
		return op_fail(op, ERR_CONFLICT, "stop");
	return ldap_modify(op, seen->pool, entry->dn, &change, 1);
}

static void test_list_of_many(void **state)
{
	static const char *const attrs[] = { "uid", "sn", NULL };
	struct seen *seen = ARENA_NEW(*state, struct seen);
	struct ldap_pool *single = ldap_test_pool(*state, ldap_test.port, 1);
	struct op op = ldap_test_op(*state);
	size_t n;

	for (int i = 0; i < MANY; i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);

		ldap_test_person(a, arena_printf(a, "p%d", i));
	}
	assert_int_equal(ldap_list(&op, ldap_test.pool, ldap_test.folder, STR("(uid=p*)"), attrs, see, seen), 0);
	assert_int_equal(seen->n, MANY);
	find(*state, ldap_test.folder, LDAP_SUB, STR("(uid=p*)"), &n);
	assert_int_equal(n, MANY);

	*seen = (struct seen){ .pool = single };
	op = ldap_test_op(*state);
	assert_int_equal(ldap_list(&op, single, ldap_test.folder, STR("(uid=p*)"), attrs, stop_at_ten, seen), ERR_CONFLICT);
	assert_int_equal(seen->n, 10);
	find(*state, ldap_test.folder, LDAP_SUB, STR("(title=seen)"), &n);
	assert_int_equal(n, 9);
	op = ldap_test_op(*state);
	assert_int_equal(ldap_list(&op, single, STR("ou=missing,dc=example"), STR("(uid=*)"), attrs, see, seen), ERR_NOT_FOUND);
	ldap_pool_free(single);
}

/* Names made to end the filter or the DN: each finds its own entry and nothing else. */
static void test_injection(void **state)
{
	static const char *const names[] = {
		"*", "a*", "q)(uid=*", "q))(|(uid=*", "\\2a", "x,ou=y", "\"quoted\"", "#1", "a+uid=b", "<é>;", "back\\slash", "=",
	};
	struct str dns[ARRAY_LEN(names)];

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		dns[i] = ldap_test_person(*state, str_c(names[i]));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct op op = ldap_test_op(*state);
		struct str filter = STR_NULL;
		const struct ldap_entry *entries;
		size_t n;

		assert_int_equal(ldap_filter_eq(&op, "uid", str_c(names[i]), &filter), 0);
		entries = find(*state, ldap_test.folder, LDAP_SUB, filter, &n);
		assert_int_equal(n, 1);
		assert_str_equal(ldap_entry_value(entries, "uid"), names[i]);
		assert_true(ldap_dn_equal(entries->dn, dns[i]));
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		ldap_test_remove(*state, dns[i]);
}

/* true, false, or the error. */
static int check(struct arena *a, struct str dn, struct str password)
{
	struct op op = ldap_test_op(a);
	bool is_ok = true;
	int result = ldap_check_password(&op, ldap_test.pool, dn, password, &is_ok);

	return result < 0 ? result : is_ok;
}

static void test_passwords(void **state)
{
	struct arena *a = *state;
	struct str dn = ldap_test_person(a, STR("mat-khau")), longest = arena_printf(a, "%*s", 128, "x");
	const struct ldap_change lock = { LDAP_CHANGE_REPLACE, { STR("pwdAccountLockedTime"), &STR("000001010000Z"), 1 } };
	struct op op = ldap_test_op(a);

	assert_int_equal(check(a, dn, STR("none is set")), false);
	assert_int_equal(ldap_set_password(&op, ldap_test.pool, dn, STR("mật khẩu dài")), 0);
	assert_int_equal(check(a, dn, STR("mật khẩu dài")), true);
	assert_int_equal(check(a, dn, STR("mật khẩu dà")), false);
	assert_int_equal(check(a, dn, STR("*")), false);
	assert_int_equal(check(a, STR("uid=nobody,dc=example"), STR("mật khẩu dài")), false);
	assert_int_equal(ldap_set_password(&op, ldap_test.pool, dn, longest), 0);
	assert_int_equal(check(a, dn, longest), true);
	assert_int_equal(check(a, dn, STR("mật khẩu dài")), false);
	/* Locked by the policy: no other answer than to a wrong password. */
	assert_int_equal(ldap_modify(&op, ldap_test.pool, dn, &lock, 1), 0);
	assert_int_equal(check(a, dn, longest), false);
	/* The service's connections are not bound as somebody else now. */
	ldap_test_remove(a, dn);
	assert_int_equal(check(a, dn, longest), false);
}

/* RFC 4513 §5.1.2, CVE-2026-113682: an empty password makes a bind that succeeds and proves nothing. */
static void test_cve_2026_113682_empty_password(void **state)
{
	struct arena *a = *state;
	struct str dn = ldap_test_person(a, STR("empty"));
	struct op op = ldap_test_op(a);

	assert_int_equal(ldap_set_password(&op, ldap_test.pool, dn, STR("some password")), 0);
	assert_int_equal(check(a, dn, STR("")), ERR_INVALID_VALUE);
	assert_int_equal(check(a, dn, STR_NULL), ERR_INVALID_VALUE);
	assert_int_equal(check(a, dn, STR("some password\0x")), ERR_INVALID_VALUE);
	assert_int_equal(check(a, dn, STR("\0")), ERR_INVALID_VALUE);
	assert_int_equal(check(a, dn, arena_printf(a, "%*s", 129, "x")), ERR_INVALID_VALUE);
	/* An empty name is anonymous. */
	assert_int_equal(check(a, STR(""), STR("some password")), ERR_BAD_REQUEST);
	assert_int_equal(ldap_set_password(&op, ldap_test.pool, dn, STR("")), ERR_INVALID_VALUE);
	op = ldap_test_op(a);
	assert_int_equal(ldap_set_password(&op, ldap_test.pool, STR(""), STR("x")), ERR_BAD_REQUEST);
	assert_int_equal(check(a, dn, STR("some password")), true);
	ldap_test_remove(a, dn);
}

static void *work(void *argument)
{
	struct str dn = *(const struct str *)argument;
	size_t n_bad = 0;

	for (int i = 0; i < 20; i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
		const struct ldap_change change = { LDAP_CHANGE_REPLACE, { STR("title"), &STR("busy"), 1 } };
		const struct ldap_entry *entries;
		struct op op = ldap_test_op(a);
		size_t n;

		if (ldap_search(&op, ldap_test.pool, dn, LDAP_BASE, STR("(uid=*)"), NULL, 1, &entries, &n) < 0 || n != 1 ||
		    ldap_modify(&op, ldap_test.pool, dn, &change, 1) < 0)
			n_bad++;
	}
	return (void *)n_bad;
}

/* More threads than connections: they wait for each other. */
static void test_threads(void **state)
{
	struct str dn = ldap_test_person(*state, STR("busy"));
	pthread_t threads[8];

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &dn), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *n_bad = NULL;

		pthread_join(threads[i], &n_bad);
		assert_null(n_bad);
	}
	ldap_test_remove(*state, dn);
}

/*
 * libldap has functions of these names too, which it and libpq call.  If this program exported
 * its own, the dynamic linker would hand them out instead.
 */
static void test_names_do_not_shadow_libldap(void **state)
{
	(void)state;
	assert_ptr_not_equal(dlsym(RTLD_DEFAULT, "ldap_search"), (void *)ldap_search);
	assert_ptr_not_equal(dlsym(RTLD_DEFAULT, "ldap_add"), (void *)ldap_add);
	assert_ptr_not_equal(dlsym(RTLD_DEFAULT, "ldap_modify"), (void *)ldap_modify);
	assert_ptr_not_equal(dlsym(RTLD_DEFAULT, "ldap_delete"), (void *)ldap_delete);
	assert_non_null(dlsym(RTLD_DEFAULT, "ldap_search"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_add_search_modify_delete),
		UNIT_TEST(test_attributes_by_name),
		UNIT_TEST(test_errors_of_the_server),
		UNIT_TEST(test_errors_before_sending),
		UNIT_TEST(test_limit),
		UNIT_TEST(test_large_entry),
		UNIT_TEST(test_list_of_many),
		UNIT_TEST(test_injection),
		UNIT_TEST(test_passwords),
		UNIT_TEST(test_cve_2026_113682_empty_password),
		UNIT_TEST(test_threads),
		UNIT_TEST(test_names_do_not_shadow_libldap),
	};

	return cmocka_run_group_tests(tests, ldap_test_begin, ldap_test_end);
}
