/* The outbox: what is claimed is claimed once, nothing is forgotten, nothing waits for a stranger. */
#include "common/model/outbox_store.h"
#include "tests/db/migrated.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define N_THREADS 8

static const char put_sql[] =
	"CREATE FUNCTION put(what text, n integer) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.outbox (account_id, kind, destination, session_id, payload)"
	" SELECT gen_random_uuid(), 'logout', what, gen_random_uuid(), '{\"reason\": \"logout\"}' FROM generate_series(1, n) $$";

static int setup(_unused_ void **state)
{
	return migrated_open("outbox", put_sql, N_THREADS + 1);
}

static int begin(void **state)
{
	unit_arena_setup(state);
	side("DELETE FROM sen.outbox");
	return 0;
}

static size_t claim(struct arena *a, const char *destination, int64_t limit, const struct outbox_item **ret_items)
{
	const struct outbox_quota quota = { str_c(destination), limit };
	const struct outbox_request rq = { &quota, 1, 1000, 30 };
	struct op op;
	size_t n = 0;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(outbox_claim(&op, OUTBOX_LOGOUT, &rq, ret_items, &n), 0);
	db_op_done(&op);
	return n;
}

static size_t complete(struct arena *a, const struct outbox_item *item, enum outbox_outcome outcome, int64_t delay_ms)
{
	const struct outbox_end end = { item, outcome, delay_ms, STR("answered 500") };
	struct op op;
	size_t n = 0;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(outbox_complete(&op, &end, 1, &n), 0);
	db_op_done(&op);
	return n;
}

static void an_item_says_all_that_a_message_needs(void **state)
{
	const struct outbox_item *items;

	side("SELECT put('p02', 1)");
	assert_int_equal(claim(*state, "p03", 10, &items), 0);
	assert_int_equal(claim(*state, "p02", 10, &items), 1);
	assert_str_equal(items[0].destination, "p02");
	assert_int_equal(items[0].account_id.len, 36);
	assert_int_equal(items[0].session_id.len, 36);
	assert_str_equal(items[0].payload, "{\"reason\": \"logout\"}");
	assert_int_equal(items[0].attempts, 1);
	assert_int_equal(complete(*state, items, OUTBOX_DELIVERED, 0), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE outcome = 'delivered' AND done_at IS NOT NULL AND lease_until IS NULL"), 1);
	assert_int_equal(claim(*state, "p02", 10, &items), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit"), 0);
}

static void each_destination_has_its_quota(void **state)
{
	const struct outbox_quota quotas[] = { { STR("p02"), 2 }, { STR("p03"), 3 }, { STR("none"), 5 } };
	const struct outbox_request rq = { quotas, ARRAY_LEN(quotas), 10, 30 }, tight = { quotas, ARRAY_LEN(quotas), 4, 30 };
	const struct outbox_item *items;
	struct op op;
	size_t n, n_p02 = 0;

	side("SELECT put('p02', 5), put('p03', 5), put('p04', 5)");
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(outbox_claim(&op, OUTBOX_LOGOUT, &rq, &items, &n), 0);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++)
		n_p02 += str_equal(items[i].destination, STR("p02"));
	assert_int_equal(n_p02, 2);
	assert_int_equal(outbox_claim(&op, OUTBOX_LOGOUT, &tight, &items, &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE lease_until IS NOT NULL"), 9);
	db_op_done(&op);
}

static void a_lease_that_ends_makes_it_due_and_fences_the_sleeper(void **state)
{
	const struct outbox_item *first, *second;

	side("SELECT put('p02', 1)");
	assert_int_equal(claim(*state, "p02", 1, &first), 1);
	assert_int_equal(claim(*state, "p02", 1, &second), 0);
	side("UPDATE sen.outbox SET next_at = now(), lease_until = now()");
	assert_int_equal(claim(*state, "p02", 1, &second), 1);
	assert_int_equal(second[0].attempts, 2);
	assert_int_equal(complete(*state, first, OUTBOX_DELIVERED, 0), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE done_at IS NULL"), 1);
	assert_int_equal(complete(*state, second, OUTBOX_DELIVERED, 0), 1);
	/* Done is done. */
	assert_int_equal(complete(*state, second, OUTBOX_RETRY, 0), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE outcome = 'delivered'"), 1);
}

static void a_retry_waits_and_a_platform_that_is_back_hurries_it(void **state)
{
	const struct outbox_item *items, *leased;
	struct op op;

	side("SELECT put('p02', 2), put('p03', 1)");
	assert_int_equal(claim(*state, "p02", 1, &items), 1);
	assert_int_equal(claim(*state, "p02", 1, &leased), 1);
	assert_int_equal(complete(*state, items, OUTBOX_RETRY, 3600000), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE detail = 'answered 500' AND next_at > now() + interval '59 min'"), 1);
	assert_int_equal(claim(*state, "p02", 10, &items), 0);
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(outbox_hurry(&op, OUTBOX_LOGOUT, STR("p02")), 0);
	db_op_done(&op);
	/* Not the one that is being sent. */
	assert_int_equal(claim(*state, "p02", 10, &items), 1);
	assert_int_equal(items[0].attempts, 2);
}

static void what_is_lost_is_audited(void **state)
{
	const struct outbox_item *items;
	struct op op;
	size_t n;

	side("SELECT put('p02', 3); UPDATE sen.outbox SET give_up_at = now() WHERE id = (SELECT min(id::text)::uuid FROM sen.outbox)");
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(outbox_give_up(&op, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE outcome = 'dead'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit a JOIN sen.outbox o ON o.id::text = a.request_id WHERE o.outcome = 'dead'"
	                          " AND a.action = 'logout.undelivered' AND a.account_id = o.account_id AND a.object = 'p02' AND a.actor = 'system'"), 1);
	assert_int_equal(claim(*state, "p02", 1, &items), 1);
	assert_int_equal(complete(*state, items, OUTBOX_REFUSED, 0), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'logout.refused' AND data->>'detail' = 'answered 500'"), 1);
	/* What is being sent is not given up under the sender's hands. */
	assert_int_equal(claim(*state, "p02", 1, &items), 1);
	side("UPDATE sen.outbox SET give_up_at = now()");
	assert_int_equal(outbox_give_up(&op, &n), 0);
	assert_int_equal(n, 0);
	db_op_done(&op);
}

static void counts_say_what_waits(void **state)
{
	const struct outbox_count *counts;
	const struct outbox_item *items;
	struct op op;
	size_t n;

	side("SELECT put('p02', 3), put('p03', 1); UPDATE sen.outbox SET created_at = now() - interval '90 s' WHERE destination = 'p02'");
	assert_int_equal(claim(*state, "p02", 1, &items), 1);
	assert_int_equal(complete(*state, items, OUTBOX_DELIVERED, 0), 1);
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(outbox_counts(&op, &counts, &n), 0);
	db_op_done(&op);
	assert_int_equal(n, 2);
	assert_str_equal(counts[0].destination, "p02");
	assert_int_equal(counts[0].n, 2);
	assert_in_range(counts[0].oldest_s, 90, 100);
	assert_int_equal(counts[1].n, 1);
}

static void *claim_all(void *arg)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES * 4);
	size_t *total = arg, n;

	do {
		const struct outbox_item *items;

		n = claim(a, "p02", 7, &items);
		*total += n;
		for (size_t i = 0; i < n; i++)
			assert_int_equal(complete(a, &items[i], OUTBOX_DELIVERED, 0), 1);
	} while (n > 0);
	return NULL;
}

static void nothing_is_claimed_twice(void **state)
{
	size_t totals[N_THREADS] = { 0 }, sum = 0;

	(void)state;
	side("SELECT put('p02', 400)");
	AT_ONCE(claim_all, totals);
	for (size_t i = 0; i < N_THREADS; i++)
		sum += totals[i];
	assert_int_equal(sum, 400);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE outcome = 'delivered' AND attempts = 1"), 400);
}

#define OUTBOX_TEST(f) cmocka_unit_test_setup_teardown(f, begin, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTBOX_TEST(an_item_says_all_that_a_message_needs),
		OUTBOX_TEST(each_destination_has_its_quota),
		OUTBOX_TEST(a_lease_that_ends_makes_it_due_and_fences_the_sleeper),
		OUTBOX_TEST(a_retry_waits_and_a_platform_that_is_back_hurries_it),
		OUTBOX_TEST(what_is_lost_is_audited),
		OUTBOX_TEST(counts_say_what_waits),
		OUTBOX_TEST(nothing_is_claimed_twice),
	};

	return cmocka_run_group_tests_name("common/model/outbox_store", tests, setup, migrated_drop);
}
