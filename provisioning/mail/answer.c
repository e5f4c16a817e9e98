#include "provisioning/mail/answer.h"

#define MINUTE_S ((int64_t)60)
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)
/* RFC 5321 §4.5.4.1 has half an hour between tries; a notice is worth more than that. */
#define LATER_CAP_MS (15 * MINUTE_S * 1000)

static int64_t doubled(int64_t first_s, int64_t attempts, int64_t cap_s)
{
	int64_t s = first_s;

	for (int64_t i = 1; i < attempts && s < cap_s; i++)
		s *= 2;
	return s < cap_s ? s : cap_s;
}

/*
 * Servers keep to themselves what they hold against the client until a recipient is named (Postfix' smtpd_delay_reject): "554 5.7.1 Relay
 * access denied" says nothing of the recipient.  RFC 3463 §3.8: X.7 is security and policy.  530: sign in first.
 */
static bool is_about_us(const struct smtp_answer *answer)
{
	return answer->stage == SMTP_RECIPIENT && (answer->code == 530 || (answer->words.len > 8 && str_starts(str_skip(answer->words, 4), STR("5.7."))));
}

static void refused(struct outbox_answer *a, const struct smtp_answer *answer)
{
	a->delay_cap_ms = LATER_CAP_MS;
	/* A server that has no room, or too many connections, is one that cannot answer now. */
	if (answer->stage < SMTP_RECIPIENT)
		a->event = answer->code >= 500 ? BREAKER_UNAUTHORIZED : BREAKER_FAILED;
	else if (answer->code >= 500 && is_about_us(answer))
		a->event = BREAKER_FORBIDDEN;
	else if (answer->code >= 500)
		a->outcome = OUTBOX_REFUSED;
}

struct outbox_answer mail_answer_read(struct op *op, int err, const struct smtp_answer *answer, int64_t attempts)
{
	struct outbox_answer a = { .outcome = OUTBOX_RETRY, .event = BREAKER_ANSWERED, .delay_cap_ms = RETRY_DOWN_CAP_MS, .pause_s = -1 };

	if (err == 0) {
		a.outcome = OUTBOX_DELIVERED;
		return a;
	}
	a.detail = arena_printf(op->arena, "%s: %.*s", op->error.text, STR_ARG(op->error.detail));
	switch (err) {
	case ERR_TARGET:
		refused(&a, answer);
		break;
	case ERR_OUTCOME_UNKNOWN:
		a.event = BREAKER_UNREACHABLE;
		a.pause_s = doubled(HOUR_S, attempts, DAY_S);
		break;
	case ERR_UNAVAILABLE:
		a.event = BREAKER_UNREACHABLE;
		break;
	case ERR_CONFIG:
		a.event = BREAKER_UNAUTHORIZED;
		break;
	case ERR_BAD_REQUEST:
	case ERR_INVALID_VALUE:
		/* No mail server will ever take it. */
		a.outcome = OUTBOX_REFUSED;
		a.tells_nothing = true;
		break;
	default:
		a.tells_nothing = true;
		a.delay_cap_ms = LATER_CAP_MS;
		break;
	}
	return a;
}
