#include "provisioning/outbox_answer.h"

#include "common/base/json.h"

#define JSON_DEPTH_MAX 8
#define WORD_MAX_BYTES 64
#define PAUSE_MAX_S 3600
/* A platform that answers, but not well, is not asked more often than this. */
#define ODD_CAP_MS ((int64_t)300 * 1000)

/* The member that says what is wrong, where there is one (RFC 6749 §5.2, RFC 8935 §2.3); STR_NULL otherwise. */
static struct str error_word(struct op *op, const struct http_answer *answer, const char *member)
{
	_json_ json_t *json = json_read(answer->body, JSON_DEPTH_MAX, NULL);
	struct str word = json_get_str(json, member);

	if (str_is_empty(word) || word.len > WORD_MAX_BYTES || !str_is_printable_ascii(word))
		return STR_NULL;
	return arena_dup(op->arena, word);
}

static struct outbox_answer not_answered(struct op *op, int err)
{
	struct outbox_answer a = {
		.outcome = OUTBOX_RETRY,
		.event = BREAKER_UNREACHABLE,
		.delay_cap_ms = RETRY_DOWN_CAP_MS,
		.pause_s = -1,
	};

	if (err != ERR_UNAVAILABLE && err != ERR_OUTCOME_UNKNOWN) {
		a.event = BREAKER_ANSWERED;
		a.tells_nothing = err != ERR_LIMIT;
		a.delay_cap_ms = ODD_CAP_MS;
	}
	a.detail = arena_printf(op->arena, "%s: %.*s", op->error.text, STR_ARG(op->error.detail));
	return a;
}

static int64_t pause_of(const struct http_answer *answer)
{
	if (answer->status != 429 && answer->status != 503)
		return -1;
	return answer->retry_after_s < PAUSE_MAX_S ? answer->retry_after_s : PAUSE_MAX_S;
}

static bool is_refused_ping(const char *kind, int status)
{
	return str_equal(str_c(kind), STR(OUTBOX_CIBA)) && status >= 300 && status < 500 && status != 429;
}

static bool is_done(int status, bool is_event)
{
	return status == 200 || status == 204 || (is_event && status == 202);
}

struct outbox_answer outbox_answer_read(struct op *op, int err, const struct http_answer *answer, const char *kind)
{
	bool is_event = str_equal(str_c(kind), STR(OUTBOX_SSF));
	struct outbox_answer a = { .outcome = OUTBOX_RETRY, .event = BREAKER_ANSWERED, .delay_cap_ms = ODD_CAP_MS, .pause_s = -1 };
	struct str word;

	if (err < 0)
		return not_answered(op, err);
	if (is_done(answer->status, is_event)) {
		a.outcome = OUTBOX_DELIVERED;
		return a;
	}
	word = answer->status == 400 ? error_word(op, answer, is_event ? "err" : "error") : STR_NULL;
	if (!str_is_null(word)) {
		a.outcome = OUTBOX_REFUSED;
		a.detail = arena_printf(op->arena, "answered 400 %.*s", STR_ARG(word));
		return a;
	}
	/* The Authorization that the receiver gave for its stream. */
	if (is_event && (answer->status == 401 || answer->status == 403))
		a.event = BREAKER_UNAUTHORIZED;
	a.pause_s = pause_of(answer);
	if (is_refused_ping(kind, answer->status))
		a.outcome = OUTBOX_REFUSED;
	a.detail = arena_printf(op->arena, "answered %d%s", answer->status,
	                        answer->status >= 300 && answer->status < 400 ? " (redirects are not followed)" : "");
	return a;
}
