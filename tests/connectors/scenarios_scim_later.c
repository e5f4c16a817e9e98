/* What SCIM servers do later, and what they say of their own accord. */
#include "tests/connectors/peer_life.h"

#include <string.h>

static void test_what_goes_on_behind_a_202(void **state)
{
	static const char *const how[] = { "event", "claims", "operation", "resource", "silent" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(how); i++) {
		_json_ json_t *calls = NULL;

		kit_stand->wipe();
		peer_tell(arena_printf(kit.arena, "{'settings':{'async':'%s'}}", how[i]).p);
		kit_reopen();
		whole_life("annth");
		calls = peer_requests("PATCH", "/Users");
		assert_true(str_starts(json_get_str(json_array_get(calls, 0), "prefer"), STR("respond-async, wait=")));
		assert_int_equal(kit_stand->count(), 1);
	}
}

static void deletes_behind_a_202(const char *how)
{
	struct desired *d = kit_official("annth");
	struct result r;

	kit_stand->wipe();
	peer_tell(arena_printf(kit.arena, "{'settings':{'async':'%s'}}", how).p);
	kit_reopen();
	r = kit_go(d, NULL);
	kit_off(d);
	kit.deletes = true;
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
	kit.deletes = false;
}

static void test_what_is_deleted_behind_a_202(void **state)
{
	(void)state;
	deletes_behind_a_202("event");
	deletes_behind_a_202("silent");
}

static void test_the_word_that_it_is_done_comes_by_itself(void **state)
{
	_json_ json_t *all = NULL;

	(void)state;
	peer_tell("{'settings':{'async':'notice'}}");
	kit.config.events_url = arena_printf(kit.arena, "%.*s/events", STR_ARG(kit.config.url));
	kit_reopen();
	whole_life("annth");
	assert_true(peer_calls("POST", "/events") >= 3);
	/* The last is acknowledged with whatever is asked for next. */
	whole_life("binhnv");
	all = peer_control(kit.arena, NULL);
	assert_true(json_array_size(json_object_get(all, "events")) <= 1);
}

static void test_a_202_that_nothing_comes_of(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	peer_tell("{'settings':{'async':'lost'}}");
	kit.lease_ms = 4000;
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_IN_DOUBT);
	assert_int_equal(kit_stand->count(), 0);
	peer_tell("{'settings':{'async':null}}");
	kit.lease_ms = KIT_LEASE_MS;
	kit_reopen();
	r = kit_go_until_ok(d, r, 2);
	peer_tell("{'settings':{'async':'lost'}}");
	kit.lease_ms = 4000;
	kit_reopen();
	r = kit_go(changed(d), &r);
	assert_outcome(r, OUTCOME_RETRY);
	peer_tell("{'settings':{'async':null}}");
	kit.lease_ms = KIT_LEASE_MS;
	kit_reopen();
	kit_go_until_ok(d, r, 2);
	assert_there(d);
}

static void test_a_refusal_behind_a_202(void **state)
{
	struct result r;

	(void)state;
	peer_tell("{'settings':{'async':'event'}}");
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	kit_reopen();
	r = kit_go(kit_official("annth"), NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_true(strcmp(r.fault.class, "conflict") == 0);
	assert_int_equal(kit_stand->count(), 1);
}

/* What the platform says of its own accord: whose account it was, until it is acknowledged. */
static void test_notices_of_changes(void **state)
{
	struct desired *d = kit_official("annth");
	struct notices notices = { .n_acks = 0 };
	struct call call = { .instance = kit.instance };
	struct op op;

	(void)state;
	kit.config.events_url = arena_printf(kit.arena, "%.*s/events", STR_ARG(kit.config.url));
	kit_reopen();
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	peer_tell("{'act':'notice','login':'annth'}");
	op_init(&op, kit.arena, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		call = (struct call){ .instance = kit.instance, .op = &op, .deadline_ms = clock_mono_ms() + kit.lease_ms };
		notices.n_acks = 0;
		assert_int_equal(kit.connector->notices(&call, &notices), VERDICT_DONE);
		assert_int_equal(notices.n, 1);
		assert_true(str_equal(notices.items[0].account_id, d->account_id));
		assert_int_equal(notices.n_acks, 1);
	}
	assert_int_equal(kit.connector->notices(&call, &notices), VERDICT_DONE);
	assert_int_equal(notices.n, 0);
}

/* Who is in a group now is not said: all are looked at.  The group's own externalId is nobody's of ours. */
static void test_notices_of_groups(void **state)
{
	struct call call = { .instance = kit.instance };
	struct notices notices = { .n_acks = 0 };
	struct op op;

	(void)state;
	kit.config.events_url = arena_printf(kit.arena, "%.*s/events", STR_ARG(kit.config.url));
	kit_reopen();
	peer_tell("{'act':'group-notice','login':'annth'}");
	op_init(&op, kit.arena, NULL, NULL);
	call = (struct call){ .instance = kit.instance, .op = &op, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	assert_int_equal(kit.connector->notices(&call, &notices), VERDICT_DONE);
	assert_int_equal(notices.n, 0);
	assert_true(notices.is_about_all);
	assert_int_equal(notices.n_acks, 1);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_what_goes_on_behind_a_202),
	SCENARIO(test_what_is_deleted_behind_a_202),
	SCENARIO(test_the_word_that_it_is_done_comes_by_itself),
	SCENARIO(test_a_202_that_nothing_comes_of),
	SCENARIO(test_a_refusal_behind_a_202),
	SCENARIO(test_notices_of_changes),
	SCENARIO(test_notices_of_groups),
};
const struct scenarios scenarios_scim_later = { "scim: later", tests, ARRAY_LEN(tests) };
