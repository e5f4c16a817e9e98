/*
 * A change of very many grants makes all cards stale by their number instead of marking each: in no order of events does a card say
 * what is not so.
 *
 *   m1 … m10400   officials besides those of carded.h
 */
#include "tests/db/carded.h"

#define MANY 10400
#define SOME "^(a1|a2|m1|m5300|m" STRING(MANY) ")$"
#define STRING(x) STRING_(x)
#define STRING_(x) #x
#define FEW_RENEWED "SELECT sen.cards_renew(id) FROM sen.account WHERE login IN ('a1', 'm1', 'm" STRING(MANY) "')"

DB_QUERY(test_many_taken, DB_WRITE, "SELECT public.take_many(" STRING(MANY) ")");
DB_QUERY(test_few_renewed, DB_WRITE, "SELECT count(*) FROM (" FEW_RENEWED ") x");

static const char many_sql[] =
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), 'M' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(1, " STRING(MANY) ") i;"
	"INSERT INTO sen.account (id, person_id, login, status) SELECT gen_random_uuid(), id, lower(employee_code), 'active' FROM sen.person"
	" WHERE employee_code ~ '^M';"
	"CREATE FUNCTION many(n integer) RETURNS TABLE (account_id uuid) LANGUAGE sql STABLE AS"
	" $$ SELECT id FROM sen.account WHERE login ~ '^m' AND substr(login, 2)::integer <= n $$;"
	"CREATE FUNCTION give_many(n integer) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT m.account_id, gen_random_uuid(), r.id, 1, 'QĐ', now(), public.account('adm') FROM public.many(n) m, sen.role r WHERE r.code = 'MC' $$;"
	"CREATE FUNCTION take_many(n integer) RETURNS bigint LANGUAGE sql AS $$ WITH x AS (UPDATE sen.access_grant g SET revoked_at = now(),"
	" revoked_by = public.account('adm') FROM public.many(n) m WHERE g.account_id = m.account_id AND g.revoked_at IS NULL RETURNING 1) SELECT count(*) FROM x $$;"
	"CREATE FUNCTION stop_many(n integer) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.account_stop (account_id, id, kind, valid_from, movement_id)"
	" SELECT m.account_id, gen_random_uuid(), 'leave', now(), gen_random_uuid() FROM public.many(n) m $$;";

static int setup(_unused_ void **state)
{
	return carded_open("cards_of_many", many_sql);
}

static int64_t number(void)
{
	return side_i64("SELECT version FROM sen.cache_version WHERE name = 'catalogue'");
}

/* Whose freshness was taken away by a mark, and not by the number. */
static int64_t marked(void)
{
	return side_i64("SELECT count(*) FROM sen.account_card WHERE fresh_until = '-infinity' AND login IN ('a1', 'm1', 'm" STRING(MANY) "')");
}

static void expect_fresh(int64_t a1, int64_t m1, int64_t last)
{
	assert_int_equal(freshness("a1"), a1);
	assert_int_equal(freshness("m1"), m1);
	assert_int_equal(freshness("m" STRING(MANY)), last);
}

/* Three cards that are fresh: of who has nothing to do with it, of the first and of the last. */
static void prepare(void)
{
	side("DELETE FROM sen.account_stop; DELETE FROM sen.access_grant; SELECT give('a1', 'MC'); SELECT give_many(" STRING(MANY) ")");
	side(FEW_RENEWED);
	expect_fresh(3, 3, 3);
}

static int begin(void **state)
{
	prepare();
	return unit_arena_setup(state);
}

static void a_change_of_most_is_one_number(void **state)
{
	static const char *const changes[] = {
		"SELECT take_many(" STRING(MANY) ")", "SELECT give_many(" STRING(MANY) ")", "DELETE FROM sen.access_grant",
		"SELECT give_many(5300)", "SELECT stop_many(" STRING(MANY) ")",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		int64_t before = number();

		side(changes[i]);
		if (number() != before + 1 || marked() != 0 || lies_of(SOME) != 0)
			fail_msg("%s: number %d, marked %d, lies %d", changes[i], (int)(number() - before), (int)marked(), (int)lies_of(SOME));
		expect_fresh(0, 0, 0);
		side(FEW_RENEWED);
		expect_fresh(3, 3, 3);
		assert_int_equal(lies_of(SOME), 0);
	}
}

/* Less than half of all, however many: nobody else's card becomes stale. */
static void a_change_of_less_than_half_marks_each(void **state)
{
	int64_t before = number();

	(void)state;
	side("SELECT take_many(5100)");
	assert_int_equal(number(), before);
	expect_fresh(3, 2, 3);
	assert_int_equal(lies_of(SOME), 0);
	side("SELECT give('a1', 'TP')");
	assert_int_equal(number(), before);
	expect_fresh(2, 2, 3);
}

static void a_change_that_is_rolled_back_was_none(void **state)
{
	int64_t before = number();

	(void)state;
	side("BEGIN");
	side("SELECT take_many(" STRING(MANY) ")");
	expect_fresh(0, 0, 0);
	side("ROLLBACK");
	assert_int_equal(number(), before);
	expect_fresh(3, 3, 3);
	assert_int_equal(lies_of(SOME), 0);
}

/* The renewal read what was before, and is committed after: the change has not waited for it, and has not marked its cards. */
static void a_renewal_that_began_before_is_not_believed_after(void **state)
{
	struct task change = { .db = migrated_db, .query = &test_many_taken };

	(void)state;
	side("UPDATE sen.account_card SET fresh_until = '-infinity' WHERE fresh_until > now()");
	side("BEGIN");
	side(FEW_RENEWED);
	expect_fresh(3, 3, 3);
	task_run(&change);
	assert_int_equal(change.code, 0);
	assert_int_equal(change.value, MANY);
	side("COMMIT");
	assert_int_equal(marked(), 0);
	expect_fresh(0, 0, 0);
	assert_int_equal(lies_of(SOME), 0);
	side(FEW_RENEWED);
	expect_fresh(3, 3, 3);
	assert_int_equal(lies_of(SOME), 0);
}

/* The renewal does not see the change, and is committed before it. */
static void a_renewal_during_the_change_is_not_believed_after(void **state)
{
	struct task renewal = { .db = migrated_db, .query = &test_few_renewed };

	(void)state;
	side("UPDATE sen.account_card SET fresh_until = '-infinity' WHERE fresh_until > now()");
	side("BEGIN");
	side("SELECT take_many(" STRING(MANY) ")");
	task_run(&renewal);
	assert_int_equal(renewal.code, 0);
	assert_int_equal(marked(), 0);
	side("COMMIT");
	expect_fresh(0, 0, 0);
	assert_int_equal(lies_of(SOME), 0);
}

/* Somebody else holds the number: he is not waited for, each card is marked; whatever becomes of him. */
static void who_finds_the_number_taken_marks_each(_unused_ void **state)
{
	static const char *const ends[] = { "ROLLBACK", "COMMIT" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct task change = { .db = migrated_db, .query = &test_many_taken };
		int64_t before = number();

		side("BEGIN");
		side("UPDATE sen.unit SET name = name || '.'");
		task_run(&change);
		assert_int_equal(change.code, 0);
		assert_int_equal(change.value, MANY);
		side(ends[i]);
		assert_int_equal(number(), before + (int64_t)i);
		assert_int_equal(marked(), 2);
		expect_fresh(i == 0 ? 3 : 0, i == 0 ? 2 : 0, i == 0 ? 2 : 0);
		assert_int_equal(lies_of(SOME), 0);
		prepare();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_change_of_most_is_one_number, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(a_change_of_less_than_half_marks_each, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(a_change_that_is_rolled_back_was_none, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(a_renewal_that_began_before_is_not_believed_after, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(a_renewal_during_the_change_is_not_believed_after, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(who_finds_the_number_taken_marks_each, begin, unit_arena_teardown),
	};

	return cmocka_run_group_tests(tests, setup, migrated_drop);
}
