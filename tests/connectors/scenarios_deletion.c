/* Accounts whose grace is over: gone, and nobody else's with them. */
#include "tests/connectors/kit.h"

#define ANSWERS_MAX 60

/* There, then off; the result of that. */
static struct result off(struct desired *d)
{
	struct result r = kit_go(d, NULL);

	assert_outcome(r, OUTCOME_OK);
	kit_off(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	return r;
}

static void test_delete(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit_roles(d, "ADMIN,MC,TK");
	r = off(d);
	kit.deletes = true;
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_true(r.was_deleted);
	assert_true(str_is_null(r.ext_id));
	assert_int_equal(kit_stand->count(), 0);
	/* As after a crash before the completion was written. */
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
}

static void test_delete_what_still_has_roles(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit_roles(d, "ADMIN,MC");
	r = kit_go(d, NULL);
	kit_off(d);
	kit.deletes = true;
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
}

static void test_delete_without_an_identifier(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	off(d);
	kit.deletes = true;
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
}

static void test_delete_of_what_others_deleted(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = off(d);

	(void)state;
	kit_stand->act(STAND_DELETE, "annth");
	kit.deletes = true;
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_true(r.was_deleted);
}

static void test_delete_of_what_never_was(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	kit_off(d);
	kit.deletes = true;
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
}

static void test_a_foreign_account_is_never_deleted(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	kit_off(d);
	kit.deletes = true;
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 1);
}

/* Ours was deleted there, and somebody has the name, and maybe the identifier, now. */
static void test_a_foreign_account_in_its_place(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = off(d);

	(void)state;
	kit_stand->act(STAND_DELETE, "annth");
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	kit.deletes = true;
	(void)kit_go(d, &r);
	assert_int_equal(kit_stand->look(kit.arena, "annth").n, 1);
}

static void test_others_keep_their_roles(void **state)
{
	struct desired *a = kit_official("annth"), *b = kit_official("binhnv");
	struct result r;

	(void)state;
	kit_roles(b, "ADMIN,MC");
	assert_outcome(kit_go(b, NULL), OUTCOME_OK);
	kit_roles(a, "ADMIN,MC");
	r = off(a);
	kit.deletes = true;
	assert_outcome(kit_go(a, &r), OUTCOME_OK);
	assert_there(b);
	assert_int_equal(kit_stand->count(), 1);
}

static void test_back_after_deletion(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = off(d), doubt = { .outcome = OUTCOME_IN_DOUBT };

	(void)state;
	kit.deletes = true;
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	d->active = true;
	kit_roles(d, "MC");
	/* Looked for before it is created. */
	r = kit_go(d, &doubt);
	assert_outcome(r, OUTCOME_OK);
	assert_true(r.was_created);
	assert_there(d);
	assert_int_equal(kit_stand->count(), 1);
}

static void test_may_not_delete(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = off(d);

	(void)state;
	kit.deletes = true;
	kit.ops_allowed &= ~(unsigned)OP_ALLOWED_DELETE;
	assert_outcome(kit_go(d, &r), OUTCOME_BLOCKED);
	assert_off(d);
}

static void test_delete_and_each_answer_lost(void **state)
{
	(void)state;
	for (int n = 0; n < ANSWERS_MAX; n++) {
		struct desired *d = kit_official("annth");
		struct result r;
		bool is_over;

		kit_stand->wipe();
		kit_reopen();
		kit.deletes = false;
		r = off(d);
		kit.deletes = true;
		proxy_set_once(kit.proxy, PROXY_LOSE_ANSWER, n);
		r = kit_go(d, &r);
		assert_true(r.outcome != OUTCOME_OK || kit_stand->count() == 0);
		assert_true(r.outcome != OUTCOME_BLOCKED);
		is_over = !proxy_has_struck(kit.proxy);
		proxy_cut(kit.proxy);
		kit_go_until_ok(d, r, 4);
		assert_int_equal(kit_stand->count(), 0);
		if (is_over)
			return;
	}
	fail_msg("%s", "an operation without end");
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_delete),
	SCENARIO(test_delete_what_still_has_roles),
	SCENARIO(test_delete_without_an_identifier),
	SCENARIO(test_delete_of_what_others_deleted),
	SCENARIO(test_delete_of_what_never_was),
	SCENARIO(test_a_foreign_account_is_never_deleted),
	SCENARIO(test_a_foreign_account_in_its_place),
	SCENARIO(test_others_keep_their_roles),
	SCENARIO(test_back_after_deletion),
	SCENARIO(test_may_not_delete),
	SCENARIO(test_delete_and_each_answer_lost),
};
const struct scenarios scenarios_deletion = { "deletion", tests, ARRAY_LEN(tests) };
