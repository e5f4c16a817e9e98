/* What came of a message, and when it is tried again. */
#include "provisioning/mail/answer.h"
#include "tests/unit/unit.h"

static struct outbox_answer read_answer(struct arena *a, int err, enum smtp_stage stage, int code, const char *words, int64_t attempts)
{
	const struct smtp_answer answer = { stage, code, str_c(words) };
	struct op op;

	op_init(&op, a, NULL, NULL);
	if (err < 0)
		(void)op_fail_detail(&op, (enum err)err, "what happened", "%d", code);
	return mail_answer_read(&op, err, &answer, attempts);
}

static void test_answers(void **state)
{
	static const struct {
		const char *name;
		int err;
		enum smtp_stage stage;
		int code;
		enum outbox_outcome outcome;
		enum breaker_event event;
		bool tells_nothing;
		const char *words;
	} cases[] = {
		{ "taken", 0, SMTP_SENT, 250, OUTBOX_DELIVERED, BREAKER_ANSWERED, false, NULL },
		{ "no such mailbox", ERR_TARGET, SMTP_RECIPIENT, 550, OUTBOX_REFUSED, BREAKER_ANSWERED, false, NULL },
		{ "no such mailbox, in more words", ERR_TARGET, SMTP_RECIPIENT, 550, OUTBOX_REFUSED, BREAKER_ANSWERED, false, "550 5.1.1 no such user 5.7.1" },
		{ "we may not send to anybody", ERR_TARGET, SMTP_RECIPIENT, 554, OUTBOX_RETRY, BREAKER_FORBIDDEN, false, "554 5.7.1 <a@b>: Relay access denied" },
		{ "not signed in", ERR_TARGET, SMTP_RECIPIENT, 530, OUTBOX_RETRY, BREAKER_FORBIDDEN, false, "530 Authentication required" },
		{ "not this text, by policy", ERR_TARGET, SMTP_SENT, 554, OUTBOX_REFUSED, BREAKER_ANSWERED, false, "554 5.7.1 rejected" },
		{ "words that end early", ERR_TARGET, SMTP_RECIPIENT, 550, OUTBOX_REFUSED, BREAKER_ANSWERED, false, "550 5.7" },
		{ "grey list", ERR_TARGET, SMTP_RECIPIENT, 451, OUTBOX_RETRY, BREAKER_ANSWERED, false, NULL },
		{ "mailbox full", ERR_TARGET, SMTP_RECIPIENT, 452, OUTBOX_RETRY, BREAKER_ANSWERED, false, NULL },
		{ "not this text", ERR_TARGET, SMTP_TEXT, 554, OUTBOX_REFUSED, BREAKER_ANSWERED, false, NULL },
		{ "not this text, after it", ERR_TARGET, SMTP_SENT, 552, OUTBOX_REFUSED, BREAKER_ANSWERED, false, NULL },
		{ "not now, after it", ERR_TARGET, SMTP_SENT, 451, OUTBOX_RETRY, BREAKER_ANSWERED, false, NULL },
		{ "we may not send: nobody loses a message by that", ERR_TARGET, SMTP_SENDER, 530, OUTBOX_RETRY, BREAKER_UNAUTHORIZED, false, NULL },
		{ "the sender is refused", ERR_TARGET, SMTP_SENDER, 553, OUTBOX_RETRY, BREAKER_UNAUTHORIZED, false, NULL },
		{ "too many connections", ERR_TARGET, SMTP_CONNECTING, 421, OUTBOX_RETRY, BREAKER_FAILED, false, NULL },
		{ "no service", ERR_TARGET, SMTP_CONNECTING, 554, OUTBOX_RETRY, BREAKER_UNAUTHORIZED, false, NULL },
		{ "a certificate, or our password", ERR_CONFIG, SMTP_CONNECTING, 0, OUTBOX_RETRY, BREAKER_UNAUTHORIZED, false, NULL },
		{ "not there", ERR_UNAVAILABLE, SMTP_CONNECTING, 0, OUTBOX_RETRY, BREAKER_UNREACHABLE, false, NULL },
		{ "perhaps taken", ERR_OUTCOME_UNKNOWN, SMTP_SENT, 354, OUTBOX_RETRY, BREAKER_UNREACHABLE, false, NULL },
		{ "an address that is none", ERR_BAD_REQUEST, SMTP_CONNECTING, 0, OUTBOX_REFUSED, BREAKER_ANSWERED, true, NULL },
		{ "a fault of ours", ERR_INTERNAL, SMTP_CONNECTING, 0, OUTBOX_RETRY, BREAKER_ANSWERED, true, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct outbox_answer a = read_answer(*state, cases[i].err, cases[i].stage, cases[i].code, cases[i].words, 1);

		if (a.outcome != cases[i].outcome || a.event != cases[i].event || a.tells_nothing != cases[i].tells_nothing)
			fail_msg("%s: outcome %d, event %d", cases[i].name, (int)a.outcome, (int)a.event);
		assert_int_equal(str_is_null(a.detail), cases[i].err == 0);
		if (cases[i].err != ERR_OUTCOME_UNKNOWN)
			assert_int_equal(a.pause_s, -1);
	}
}

/* It may have arrived: the second one is not sent soon, and not often. */
static void test_doubt(void **state)
{
	static const int64_t hours[] = { 1, 2, 4, 8, 16, 24, 24 };
	int64_t sum = 0, n = 0;

	for (size_t i = 0; i < ARRAY_LEN(hours); i++)
		assert_int_equal(read_answer(*state, ERR_OUTCOME_UNKNOWN, SMTP_SENT, 354, NULL, (int64_t)i + 1).pause_s, hours[i] * 3600);
	assert_int_equal(read_answer(*state, ERR_OUTCOME_UNKNOWN, SMTP_SENT, 354, NULL, 1000000).pause_s, 24 * 3600);
	for (; sum < 72; n++)
		sum += hours[n];
	assert_in_range(n, 6, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_answers), UNIT_TEST(test_doubt) };

	return cmocka_run_group_tests_name("provisioning/mail/answer", tests, NULL, NULL);
}
