/* idempotency_store.h: a request with a key is carried out once, whatever dies in between. */
#include "server/governance/idempotency_store.h"

#include "common/base/random.h"
#include "tests/db/governance/govdb.h"
#include "tests/unit/at_once.h"

#define N_PARALLEL 50

DB_QUERY(test_note_q, DB_WRITE, "UPDATE sen.account SET epoch = epoch + 1 WHERE id = $1::uuid");

static struct str hash_a = STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), hash_b = STR("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");

static int create(_unused_ void **state)
{
	return gov_create("idempotency");
}

static int set_up(void **state)
{
	struct op *op = test_malloc(sizeof(*op));

	side("DELETE FROM sen.idempotency; UPDATE sen.account SET epoch = 1");
	gov_begin(op, gov_server);
	*state = op;
	return 0;
}

static int tear_down(void **state)
{
	gov_end(*state);
	test_free(*state);
	return 0;
}

static struct idempotency_claim claim_of(struct op *op, struct str hash)
{
	return (struct idempotency_claim){ .account_id = gov_principal(op, "annv").account_id, .key = STR("k1"), .request_hash = hash };
}

static enum idempotency_state try_claim(struct op *op, struct idempotency_claim *claim, struct str *ret_answer)
{
	enum idempotency_state state;
	struct str answer;

	assert_int_equal(idempotency_claim(op, claim, &state, &answer), 0);
	if (ret_answer)
		*ret_answer = answer;
	return state;
}

static enum idempotency_state state_for(struct op *op, struct str hash)
{
	struct idempotency_claim claim = claim_of(op, hash);

	return try_claim(op, &claim, NULL);
}

static void test_answered(void **state)
{
	struct op *op = *state;
	struct idempotency_claim claim = claim_of(op, hash_a), again = claim;
	struct str answer;

	assert_int_equal(try_claim(op, &claim, NULL), IDEMPOTENCY_CLAIMED);
	assert_int_equal(state_for(op, hash_a), IDEMPOTENCY_AT_WORK);
	assert_int_equal(state_for(op, hash_b), IDEMPOTENCY_OTHER);
	assert_int_equal(idempotency_answer(op, &claim, STR("sealed")), 0);
	assert_int_equal(try_claim(op, &again, &answer), IDEMPOTENCY_ANSWERED);
	assert_str_equal(answer, "sealed");
	assert_int_equal(state_for(op, hash_b), IDEMPOTENCY_OTHER);
	/* A secret answer is a fact without words. */
	assert_int_equal(idempotency_answer(op, &claim, STR_NULL), 0);
	assert_int_equal(state_for(op, hash_a), IDEMPOTENCY_LOST);
}

static void test_refused_requests_free_their_key(void **state)
{
	struct op *op = *state;
	struct idempotency_claim claim = claim_of(op, hash_a);
	bool released;

	assert_int_equal(try_claim(op, &claim, NULL), IDEMPOTENCY_CLAIMED);
	assert_int_equal(idempotency_release(op, &claim, &released), 0);
	assert_true(released);
	assert_int_equal(state_for(op, hash_b), IDEMPOTENCY_CLAIMED);
}

static int mark(struct op *op, void *context)
{
	return idempotency_mark(op, context);
}

static int change(struct op *op, struct idempotency_claim *claim)
{
	struct db_rows rows;

	op->before_commit = mark;
	op->before_commit_context = claim;
	assert_int_equal(db_begin(op), 0);
	assert_int_equal(db_run(op, &test_note_q, &rows, P_STR(claim->account_id)), 0);
	int r = db_commit(op);
	op->before_commit = NULL;
	return r;
}

/* The server dies after the commit and before the answer is stored. */
static void test_what_was_done_is_not_done_again(void **state)
{
	struct op *op = *state;
	struct idempotency_claim claim = claim_of(op, hash_a);
	bool released;

	assert_int_equal(try_claim(op, &claim, NULL), IDEMPOTENCY_CLAIMED);
	assert_int_equal(change(op, &claim), 0);
	assert_int_equal(idempotency_release(op, &claim, &released), 0);
	assert_false(released);
	assert_int_equal(state_for(op, hash_a), IDEMPOTENCY_AT_WORK);
	side("UPDATE sen.idempotency SET claimed_until = now() - interval '1 second'");
	assert_int_equal(state_for(op, hash_a), IDEMPOTENCY_LOST);
	assert_int_equal(state_for(op, hash_b), IDEMPOTENCY_OTHER);
}

/* It dies before the commit: the next one takes over, and the first, should it live after all, changes nothing. */
static void test_a_lapsed_claim_passes_on(void **state)
{
	struct op *op = *state;
	struct idempotency_claim claim = claim_of(op, hash_a);

	assert_int_equal(try_claim(op, &claim, NULL), IDEMPOTENCY_CLAIMED);
	side("UPDATE sen.idempotency SET claimed_until = now() - interval '1 second'");
	assert_int_equal(state_for(op, hash_b), IDEMPOTENCY_OTHER);
	assert_int_equal(state_for(op, hash_a), IDEMPOTENCY_CLAIMED);
	assert_int_equal(change(op, &claim), ERR_CONFLICT);
	op_forgive(op);
	assert_int_equal(side_i64("SELECT epoch FROM sen.account WHERE login = 'annv'"), 1);
}

static void test_kept_for_a_day(void **state)
{
	struct op *op = *state;
	struct idempotency_claim claim = claim_of(op, hash_a);

	assert_int_equal(try_claim(op, &claim, NULL), IDEMPOTENCY_CLAIMED);
	assert_int_equal(idempotency_answer(op, &claim, STR("sealed")), 0);
	side("UPDATE sen.idempotency SET created_at = now() - interval '23 hours 59 minutes'");
	assert_int_equal(idempotency_sweep(op), 0);
	assert_int_equal(state_for(op, hash_a), IDEMPOTENCY_ANSWERED);
	side("UPDATE sen.idempotency SET created_at = now() - interval '25 hours'");
	assert_int_equal(state_for(op, hash_b), IDEMPOTENCY_CLAIMED);
	side("UPDATE sen.idempotency SET created_at = now() - interval '25 hours'");
	assert_int_equal(idempotency_sweep(op), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.idempotency"), 0);
}

static void *claim_once(void *context)
{
	int *won = context;
	struct op op;

	gov_begin(&op, gov_server);
	*won = state_for(&op, hash_a) == IDEMPOTENCY_CLAIMED;
	gov_end(&op);
	return NULL;
}

static void test_one_of_many(_unused_ void **state)
{
	int won[N_PARALLEL], n = 0;

	AT_ONCE(claim_once, won);
	for (size_t i = 0; i < N_PARALLEL; i++)
		n += won[i];
	assert_int_equal(n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused_requests_free_their_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_was_done_is_not_done_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_lapsed_claim_passes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept_for_a_day, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_of_many, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
