/*
 * The recorder against PostgreSQL: ends of all platforms in few transactions; one that cannot be written keeps no other from it;
 * what waits when it stops is written.
 */
#include "provisioning/binding_store.h"
#include "provisioning/recorder.h"
#include "tests/db/migrated.h"
#include "tests/unit/at_once.h"

#include <stdatomic.h>

#define N_PLATFORMS 4
#define N_ACCOUNTS 100
#define N_ENDS (N_PLATFORMS * N_ACCOUNTS)

static const char facts_sql[] =
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified)"
	" SELECT i, 'P0' || i, 'Nền tảng', 'nen tang', 'central', 'operating', true FROM generate_series(1, 4) i;";

static int setup(_unused_ void **state)
{
	return migrated_open("recorder", facts_sql, 4);
}

struct end {
	struct ending ending;
	struct work work;
	atomic_int n_written;
};

static const struct result ok = { .outcome = OUTCOME_OK, .op = "update", .ext_id = { "e1", 2 } };

static void written(void *context, struct ending *e)
{
	struct end *end = context;

	assert_ptr_equal(e, &end->ending);
	atomic_fetch_add(&end->n_written, 1);
}

/* Leased bindings of all platforms, as ends. */
static struct end *claim_all(struct arena *a)
{
	struct end *ends = ARENA_ARRAY(a, struct end, N_ENDS);
	size_t at = 0;

	side("DELETE FROM sen.binding; DELETE FROM sen.op_log;"
	     "INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen, state, due_at)"
	     " SELECT x.id, p, gen_random_uuid(), true, 1, 1, now() FROM generate_series(1, 4) p, (SELECT gen_random_uuid() AS id FROM generate_series(1, 100)) x");
	for (int64_t platform = 1; platform <= N_PLATFORMS; platform++) {
		const struct work *work;
		struct op op;
		size_t n;

		op_init(&op, a, migrated_db, NULL);
		assert_int_equal(binding_claim(&op, &(struct claim){ platform, N_ACCOUNTS, 60, INT16_MAX, false }, &work, &n), 0);
		db_op_done(&op);
		assert_int_equal(n, N_ACCOUNTS);
		for (size_t i = 0; i < n; i++, at++) {
			struct end *e = &ends[at];

			e->work = work[i];
			e->ending = (struct ending){
				.completion = { .work = &e->work, .result = &ok, .sent_hash = e->work.want_hash, .sent_active = true, .task_id = STR("t") },
				.written = written, .context = e,
			};
		}
	}
	return ends;
}

struct adder {
	struct recorder *recorder;
	struct end *first;
};

static void *add_some(void *arg)
{
	struct adder *a = arg;

	for (size_t i = 0; i < N_ACCOUNTS; i++)
		recorder_add(a->recorder, &a->first[i].ending);
	return NULL;
}

static void add_all(struct recorder *r, struct end *ends)
{
	struct adder adders[N_PLATFORMS];

	for (size_t i = 0; i < N_PLATFORMS; i++)
		adders[i] = (struct adder){ r, ends + i * N_ACCOUNTS };
	AT_ONCE(add_some, adders);
}

static void all_ends_are_written_in_few_transactions(void **state)
{
	struct end *ends = claim_all(*state);
	struct recorder r;

	recorder_start(&r, migrated_db);
	add_all(&r, ends);
	recorder_stop(&r);
	for (size_t i = 0; i < N_ENDS; i++) {
		assert_int_equal(atomic_load(&ends[i].n_written), 1);
		assert_false(ends[i].ending.completion.was_fenced);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 0 AND seen_hash = want_hash AND seen_gen = 1"), N_ENDS);
	assert_int_equal(side_i64("SELECT count(DISTINCT (account_id, platform_id)) FROM sen.op_log WHERE outcome = 'ok'"), N_ENDS);
	assert_in_range(side_i64("SELECT count(DISTINCT xmin::text) FROM sen.binding"), 1, N_ENDS / 8);
}

static void who_lost_the_lease_is_told_so(void **state)
{
	struct end *ends = claim_all(*state);
	struct recorder r;
	size_t n_fenced = 0;

	side("UPDATE sen.binding SET lease_token = lease_token + 1 WHERE platform_id = 2");
	recorder_start(&r, migrated_db);
	add_all(&r, ends);
	recorder_stop(&r);
	for (size_t i = 0; i < N_ENDS; i++) {
		assert_int_equal(ends[i].ending.completion.was_fenced, ends[i].work.platform_id == 2);
		n_fenced += ends[i].ending.completion.was_fenced;
	}
	assert_int_equal(n_fenced, N_ACCOUNTS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE outcome = 'lease_lost' AND platform_id = 2"), N_ACCOUNTS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 2 AND platform_id = 2"), N_ACCOUNTS);
}

/* Text that no uuid is: the whole statement fails. */
static void one_that_cannot_be_written_keeps_no_other_from_it(void **state)
{
	struct end *ends = claim_all(*state);
	struct recorder r;

	ends[123].ending.completion.sent_hash = STR("no uuid");
	recorder_start(&r, migrated_db);
	add_all(&r, ends);
	recorder_stop(&r);
	for (size_t i = 0; i < N_ENDS; i++) {
		assert_int_equal(atomic_load(&ends[i].n_written), 1);
		assert_int_equal(ends[i].ending.completion.was_fenced, i == 123);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 0"), N_ENDS - 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log"), N_ENDS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(all_ends_are_written_in_few_transactions),
		UNIT_TEST(who_lost_the_lease_is_told_so),
		UNIT_TEST(one_that_cannot_be_written_keeps_no_other_from_it),
	};

	return cmocka_run_group_tests(tests, setup, migrated_drop);
}
