/*
 * What networks and servers do.  The invariant of every one: afterwards the platform holds exactly what is
 * wanted, once; and no outcome was OK while it did not.
 */
#include "tests/connectors/kit.h"

#include <string.h>

/* More than any operation has answers. */
#define ANSWERS_MAX 60

static struct desired *changed(struct desired *d)
{
	d->full_name = STR("Nguyễn Thị Hồng Ân");
	kit_roles(d, "ADMIN,TK");
	return d;
}

/* What one operation shall do to an account that is there already (or, for a creation, is not). */
enum what { CREATE, UPDATE, DISABLE };

static void check_end(const struct desired *d)
{
	if (d->active)
		assert_there(d);
	else
		assert_off(d);
	assert_int_equal(kit_stand->count(), 1);
}

/* OK may only be said of what is so. */
static void check_honest(const struct desired *d, const struct result *r)
{
	if (r->outcome == OUTCOME_OK)
		check_end(d);
	assert_true(r->outcome != OUTCOME_BLOCKED);
}

/* The n-th answer of the operation is lost (or half of it is): for every n. */
static void lose_each_answer(enum what what, enum proxy_mode mode, int step)
{
	for (int n = 0; n < ANSWERS_MAX; n += step) {
		struct desired *d = kit_official("annth");
		struct result r = { .outcome = OUTCOME_RETRY };

		kit_stand->wipe();
		kit_reopen();
		if (what != CREATE)
			r = kit_go(d, NULL);
		if (what == UPDATE)
			changed(d);
		if (what == DISABLE)
			kit_off(d);
		proxy_set_once(kit.proxy, mode, n);
		r = kit_go(d, what == CREATE ? NULL : &r);
		check_honest(d, &r);

		bool is_over = !proxy_has_struck(kit.proxy);

		proxy_cut(kit.proxy);
		kit_go_until_ok(d, r, 4);
		check_end(d);
		if (is_over)
			return;
	}
	fail_msg("%s", "an operation without end");
}

static void test_create_and_each_answer_lost(void **state)
{
	(void)state;
	lose_each_answer(CREATE, PROXY_LOSE_ANSWER, 1);
}

static void test_update_and_each_answer_lost(void **state)
{
	(void)state;
	lose_each_answer(UPDATE, PROXY_LOSE_ANSWER, 1);
}

static void test_disable_and_each_answer_lost(void **state)
{
	(void)state;
	lose_each_answer(DISABLE, PROXY_LOSE_ANSWER, 1);
}

/* Each of these waits for a time-out: not every answer. */
static void test_create_and_half_answers(void **state)
{
	(void)state;
	lose_each_answer(CREATE, PROXY_HALF_ANSWER, 5);
}

static void test_disable_and_half_answers(void **state)
{
	(void)state;
	lose_each_answer(DISABLE, PROXY_HALF_ANSWER, 5);
}

static void fails_then_works(enum proxy_mode mode)
{
	struct desired *d = kit_official("annth");
	struct result r;

	proxy_set(kit.proxy, mode);
	/* Of who was connected before, too. */
	proxy_cut(kit.proxy);
	r = kit_go(d, NULL);
	assert_true(r.outcome == OUTCOME_RETRY || r.outcome == OUTCOME_IN_DOUBT);
	assert_int_equal(kit_stand->count(), 0);
	proxy_cut(kit.proxy);
	proxy_set(kit.proxy, PROXY_FORWARD);
	kit_go_until_ok(d, r, 3);
	check_end(d);
}

static void test_a_platform_that_keeps_silent(void **state)
{
	(void)state;
	fails_then_works(PROXY_STALL);
}

static void test_a_platform_that_hangs_up(void **state)
{
	(void)state;
	fails_then_works(PROXY_REFUSE);
}

static void test_silence_costs_no_more_than_time_outs(void **state)
{
	struct desired *d = kit_official("annth");
	int64_t begin_ms = clock_mono_ms();
	struct result r;

	(void)state;
	proxy_set(kit.proxy, PROXY_STALL);
	r = kit_go(d, NULL);
	assert_true(r.outcome == OUTCOME_RETRY || r.outcome == OUTCOME_IN_DOUBT);
	/* Within the lease, so that nobody else has it meanwhile. */
	assert_true(clock_mono_ms() - begin_ms < kit.lease_ms);
	proxy_set(kit.proxy, PROXY_FORWARD);
}

static void test_connections_that_died_while_idle(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	for (int i = 0; i < 3; i++) {
		proxy_cut(kit.proxy);
		d->post = arena_printf(kit.arena, "Chuyên viên %d", i);
		r = kit_go_until_ok(d, kit_go(d, &r), 2);
	}
	check_end(d);
}

static void test_disable_while_it_is_away(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	proxy_cut(kit.proxy);
	proxy_set(kit.proxy, PROXY_REFUSE);
	kit_off(d);
	for (int i = 0; i < 3; i++) {
		r = kit_go(d, &r);
		assert_true(r.outcome == OUTCOME_RETRY || r.outcome == OUTCOME_IN_DOUBT);
	}
	proxy_set(kit.proxy, PROXY_FORWARD);
	kit_go_until_ok(d, r, 3);
	assert_off(d);
}

static void test_a_wrong_password(void **state)
{
	struct desired *d = kit_official("annth");
	struct connector_config right = kit.config;
	struct result r;

	(void)state;
	ONLY_IF(kit_stand->spoil_password);
	kit_stand->spoil_password(kit.arena, &kit.config);
	kit_reopen();
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_RETRY);
	assert_int_equal(r.verdict, VERDICT_AUTH);
	assert_int_equal(kit_stand->count(), 0);
	kit.config = right;
	kit_reopen();
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
}

static void check_untold(struct str told, struct str secret)
{
	assert_false(!str_is_empty(secret) && str_contains(told, secret));
}

static void test_no_secret_in_what_is_told(void **state)
{
	struct desired *d = kit_official("annth");
	struct connector_config right = kit.config;
	struct result r;

	(void)state;
	ONLY_IF(kit_stand->spoil_password);
	kit_stand->spoil_password(kit.arena, &kit.config);
	kit_reopen();
	r = kit_go(d, NULL);
	assert_true(r.fault.detail.len > 0);
	check_untold(r.fault.detail, right.password);
	check_untold(r.fault.detail, right.token);
	check_untold(r.fault.detail, right.secret);
	assert_false(str_contains(r.fault.detail, STR("spoilt")));
}

static void test_nothing_is_sent_when_the_lease_is_over(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit.lease_ms = 50;
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_RETRY);
	assert_int_equal(kit_stand->count(), 0);
	kit.lease_ms = KIT_LEASE_MS;
	r = kit_go(d, NULL);
	kit_off(d);
	kit.lease_ms = 50;
	assert_true(kit_go(d, &r).outcome != OUTCOME_OK);
	assert_true(kit_stand->look(kit.arena, "annth").active);
}

static void test_ten_accounts_through_a_bad_network(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		struct desired *d = kit_official(arena_cstr(kit.arena, arena_printf(kit.arena, "nv%d", i)));
		struct result r;

		proxy_set_once(kit.proxy, PROXY_LOSE_ANSWER, i);
		r = kit_go(d, NULL);
		kit_go_until_ok(d, r, 4);
		(void)proxy_has_struck(kit.proxy);
	}
	assert_int_equal(kit_stand->count(), 10);
}

static void test_a_taken_name_behind_a_lost_answer(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	proxy_set_once(kit.proxy, PROXY_LOSE_ANSWER, 2);
	r = kit_go(d, NULL);
	for (int i = 0; i < 3 && r.outcome != OUTCOME_BLOCKED; i++)
		r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_int_equal(kit_stand->count(), 1);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Người Khác");
}

static void test_newest_state_wins_over_a_lost_one(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	proxy_set_once(kit.proxy, PROXY_LOSE_ANSWER, 4);
	r = kit_go(d, NULL);
	(void)proxy_has_struck(kit.proxy);
	/* Revoked before anybody knows whether it was made. */
	kit_off(d);
	kit_go_until_ok(d, kit_go(d, &r), 4);
	if (kit_stand->count() > 0)
		assert_off(d);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_create_and_each_answer_lost),
	SCENARIO(test_update_and_each_answer_lost),
	SCENARIO(test_disable_and_each_answer_lost),
	SCENARIO(test_create_and_half_answers),
	SCENARIO(test_disable_and_half_answers),
	SCENARIO(test_a_platform_that_keeps_silent),
	SCENARIO(test_a_platform_that_hangs_up),
	SCENARIO(test_silence_costs_no_more_than_time_outs),
	SCENARIO(test_connections_that_died_while_idle),
	SCENARIO(test_disable_while_it_is_away),
	SCENARIO(test_a_wrong_password),
	SCENARIO(test_no_secret_in_what_is_told),
	SCENARIO(test_nothing_is_sent_when_the_lease_is_over),
	SCENARIO(test_ten_accounts_through_a_bad_network),
	SCENARIO(test_a_taken_name_behind_a_lost_answer),
	SCENARIO(test_newest_state_wins_over_a_lost_one),
};
const struct scenarios scenarios_faults = { "faults", tests, ARRAY_LEN(tests) };
