/* Numbers, replays and signatures of messages to a webhook platform. */
#include "tests/connectors/stand_webhook.h"
#include "tests/db/migrated.h"

#include <poll.h>
#include <stdio.h>

/* Longer than the receiver waits for a number that is missing (SEN_TEST: MISSING_MS). */
#define OVERDUE_MS 700

static int64_t last_number(void)
{
	return side_i64("SELECT last FROM sen.webhook_sequence WHERE platform_id = 9");
}

/* The receiver never saw the message of that number. */
static void forget(int64_t number, const char *login)
{
	_json_ json_t *all = webhook_file(kit.arena);

	if (login)
		kit_stand->act(STAND_DELETE, login);
	json_decref(all);
	all = webhook_file(kit.arena);
	json_set_int(json_object_get(all, "missing"), arena_printf(kit.arena, "%ld", (long)number).p, 1);
	json_object_clear(json_object_get(all, "keys"));
	webhook_file_write(kit.arena, all);
}

static size_t n_missing(void)
{
	_json_ json_t *all = webhook_file(kit.arena);

	return json_object_size(json_object_get(all, "missing"));
}

static void test_a_message_that_was_missed_comes_again(void **state)
{
	struct desired *a = kit_official("annth"), *b = kit_official("binhnv");

	(void)state;
	assert_outcome(kit_go(a, NULL), OUTCOME_OK);
	forget(last_number(), "annth");
	assert_outcome(kit_go(b, NULL), OUTCOME_OK);
	assert_there(a);
	assert_there(b);
	assert_int_equal(n_missing(), 0);
}

static void test_what_was_overtaken_does_not_come_again(void **state)
{
	struct desired *a = kit_official("annth"), *b = kit_official("binhnv");
	struct result r = kit_go(a, NULL), of_b = { .outcome = OUTCOME_RETRY };
	int64_t old = last_number();

	(void)state;
	/* So many that what overtook it is not repeated together with it. */
	for (int i = 0; i < 20; i++) {
		b->post = arena_printf(kit.arena, "Chuyên viên %d", i);
		of_b = kit_go(b, i > 0 ? &of_b : NULL);
	}
	kit_off(a);
	assert_outcome(kit_go(a, &r), OUTCOME_OK);
	forget(old, NULL);
	assert_outcome(kit_go(b, &of_b), OUTCOME_OK);
	assert_int_equal(n_missing(), 0);
	assert_off(a);
}

static void test_a_gap_is_noticed(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	side("UPDATE sen.webhook_sequence SET last = last + 1");
	d->post = STR("Văn thư");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_int_equal(n_missing(), 1);
	(void)poll(NULL, 0, OVERDUE_MS);
	/* There is no such message: asking for it does no harm. */
	d->post = STR("Chuyên viên");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
}

static void test_an_outage_costs_no_numbers(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);
	int64_t before = last_number();

	(void)state;
	proxy_cut(kit.proxy);
	proxy_set(kit.proxy, PROXY_REFUSE);
	d->post = STR("Văn thư");
	for (int i = 0; i < 5; i++)
		r = kit_go(d, &r);
	proxy_set(kit.proxy, PROXY_FORWARD);
	r = kit_go_until_ok(d, r, 3);
	assert_int_equal(last_number(), before + 1);
	/* The same again, after the platform has decided, is a repair and another message. */
	kit_stand->act(STAND_RENAME, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(last_number(), before + 2);
	assert_there(d);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.webhook_log WHERE answered_at IS NULL AND sequence > (SELECT last - 2 FROM sen.webhook_sequence)"), 0);
}

static void test_the_receiver_wants_signatures(void **state)
{
	static const char *const with[] = {
		"-H", "Content-Type: application/json", "-H", "Content-Digest: sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:", "-d", "{}",
		"-H", "Idempotency-Key: \"x\"", "-H", "Signature: sen=:AAAA:", "-H",
		"Signature-Input: sen=(\"@method\" \"@target-uri\" \"content-type\" \"content-digest\" \"idempotency-key\");created=1;keyid=\"P09\";alg=\"none\";tag=\"sen-webhook\"",
	};

	(void)state;
	for (size_t n = 6; n <= ARRAY_LEN(with); n += 2)
		assert_str_equal(webhook_status(kit.arena, with, n), "401");
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_a_message_that_was_missed_comes_again),
	SCENARIO(test_what_was_overtaken_does_not_come_again),
	SCENARIO(test_a_gap_is_noticed),
	SCENARIO(test_an_outage_costs_no_numbers),
	SCENARIO(test_the_receiver_wants_signatures),
};
const struct scenarios scenarios_webhook = { "webhook", tests, ARRAY_LEN(tests) };
