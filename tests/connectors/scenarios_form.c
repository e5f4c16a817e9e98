/* What is asked, while the officer has not answered yet. */
#include "tests/connectors/stand_form.h"

/* As kit_go(), but nobody carries out anything. */
static struct result ask(const struct desired *d, int64_t gen, const struct result *before)
{
	struct work work = { .account_id = d->account_id, .platform_id = d->platform_id, .gen = gen, .want_active = d->active,
		             .in_doubt = before && before->outcome == OUTCOME_IN_DOUBT, .ext_id = before ? before->ext_id : STR_NULL };
	struct call call = { .instance = kit.instance, .want = d, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	struct result result;
	struct op op;

	op_init(&op, kit.arena, NULL, NULL);
	call.op = &op;
	operate(kit.connector, kit.ops_allowed, &call, &work, &result);
	return result;
}

static int64_t n_waiting(void)
{
	return form_side("SELECT count(*) FROM sen.form_line WHERE state = 'waiting'");
}

static void test_what_waits_names_form_and_line(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = ask(d, 1, NULL);

	(void)state;
	assert_outcome(r, OUTCOME_WAITING);
	assert_true(str_starts(r.fault.detail, STR("chờ phiếu ")));
	assert_false(r.was_created);
	assert_int_equal(kit_stand->count(), 0);
}

static void test_asked_twice_is_one_line(void **state)
{
	struct desired *d = kit_official("annth");
	const struct result doubt = { .outcome = OUTCOME_IN_DOUBT };

	(void)state;
	assert_outcome(ask(d, 1, NULL), OUTCOME_WAITING);
	assert_outcome(ask(d, 1, NULL), OUTCOME_WAITING);
	assert_outcome(ask(d, 1, &doubt), OUTCOME_WAITING);
	assert_int_equal(n_waiting(), 1);
	form_goes_out();
	assert_outcome(ask(d, 2, &doubt), OUTCOME_WAITING);
	assert_int_equal(n_waiting(), 1);
}

static void test_off_before_paper_is_out_asks_nobody(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	assert_outcome(ask(d, 1, NULL), OUTCOME_WAITING);
	kit_off(d);
	assert_outcome(ask(d, 2, NULL), OUTCOME_OK);
	assert_int_equal(n_waiting(), 0);
}

static void test_off_once_paper_is_out_asks_again(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	assert_outcome(ask(d, 1, NULL), OUTCOME_WAITING);
	form_goes_out();
	kit_off(d);
	assert_outcome(ask(d, 2, NULL), OUTCOME_WAITING);
	assert_int_equal(form_side("SELECT count(*) FROM sen.form_line WHERE state = 'waiting' AND operation = 'disable' AND replaces IS NOT NULL"), 1);
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
}

static void test_on_again_once_off_is_on_paper(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit_off(d);
	assert_outcome(ask(d, 2, &r), OUTCOME_WAITING);
	form_goes_out();
	d->active = true;
	kit_roles(d, "MC");
	/* As it was, but paper says otherwise. */
	assert_outcome(ask(d, 3, &r), OUTCOME_WAITING);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
}

static void test_a_refusal_is_told_with_its_note(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "refused");
	assert_true(str_contains(r.fault.detail, STR("tên đăng nhập đã có người dùng")));
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_what_waits_names_form_and_line),
	SCENARIO(test_asked_twice_is_one_line),
	SCENARIO(test_off_before_paper_is_out_asks_nobody),
	SCENARIO(test_off_once_paper_is_out_asks_again),
	SCENARIO(test_on_again_once_off_is_on_paper),
	SCENARIO(test_a_refusal_is_told_with_its_note),
};
const struct scenarios scenarios_form = { "form", tests, ARRAY_LEN(tests) };
