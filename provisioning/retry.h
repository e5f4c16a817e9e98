/*
 * retry.h: when to try again.  Pure: time and randomness are parameters.
 *
 * Four things keep a platform and us from hurting each other: a delay per binding that grows
 * with its failures, a rate per platform, what it says about its limits, and a breaker that stops calling
 * a platform which does not answer.  Times in milliseconds of clock_mono_ms().
 */
#pragma once

#include "common/base/cleanup.h"

#include <stdbool.h>
#include <stdint.h>

#define RETRY_BASE_MS 1000
#define RETRY_CAP_MS ((int64_t)3600 * 1000)
/* A platform that is down delays no binding for long: the breaker does the waiting. */
#define RETRY_DOWN_CAP_MS 30000

/*
 * Delay before attempt tries+1 (tries >= 1 failures so far): full jitter in
 * [0, min(base * 2^(tries-1), cap)), but at least a tenth of it, so that no burst repeats at once.
 */
int64_t retry_delay_ms(int64_t tries, int64_t cap_ms, uint32_t randomness);

/*
 * The rate in force, learned from refusals ("too fast"): additive increase, multiplicative decrease (Chiu and Jain,
 * 1989, converge to a fair share that way; one cut per event of overload, not per refusal, as RFC 5681 §3.1 has it).
 *
 *   cut       half of what was in force; without a limit, half of what was really sent; at least RATE_MIN
 *   recovery  a sixtieth of what was in force before the cut, each second: back there after 30 s
 *   no cap    twice of what was in force at the cut without another refusal: no limit any more
 *
 * In thousandths of an operation a second; 0: no limit.
 */
#define RATE_MIN_MILLI 100
#define RATE_CUT_EVERY_MS 1000

struct rate {
	int64_t milli;      /* right after the last cut; 0: none was made */
	int64_t base_milli; /* in force before it */
};

struct rate rate_cut(int64_t in_force_milli, int64_t sent_milli);
/* passed_ms after the cut.  cap_milli: what an administrator allows; 0: anything. */
int64_t rate_in_force(const struct rate *r, int64_t passed_ms, int64_t cap_milli);

/*
 * Closed, until 10 operations in a row found no answer, or more than 40 % of the last 200 (50 at least) failed; or until
 * the platform says that it does not know us (at once), or three times in a row that we may not.
 * Then one operation at a time tries whether it is back, at growing distances; while somebody's access waits to be
 * taken away, at short ones.  After 15 minutes without success it is in quarantine: tried each hour, never given up.
 */
enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_QUARANTINE, BREAKER_AUTH_FAILED };
enum breaker_event {
	BREAKER_ANSWERED,     /* the platform answered, whatever it said */
	BREAKER_FAILED,       /* something answered that it cannot answer now (5xx) */
	BREAKER_UNREACHABLE,  /* no connection, or no answer in time */
	BREAKER_UNAUTHORIZED, /* it answers, but does not know us */
	BREAKER_FORBIDDEN     /* it knows us, and says that we may not */
};

#define BREAKER_THRESHOLD 10
#define BREAKER_FORBIDDEN_THRESHOLD 3
#define BREAKER_WINDOW 200
#define BREAKER_WINDOW_MIN 50
#define BREAKER_WINDOW_PERCENT 40
#define BREAKER_QUARANTINE_MS ((int64_t)15 * 60 * 1000)

struct breaker {
	enum breaker_state state;
	bool is_probing;      /* one operation is under way to see whether it is back */
	int64_t openings;     /* probes that failed in a row */
	int64_t opened_ms;
	int64_t failed_ms;    /* when it opened, or the last probe failed */
	int64_t pause_ms;     /* nothing goes before: the platform asked for a pause */
	/* What this process has seen. */
	int64_t failures, refusals; /* in a row */
	uint64_t window[(BREAKER_WINDOW + 63) / 64];
	int64_t n_window, n_bad, at;
};

int64_t breaker_probe_delay_ms(enum breaker_state state, int64_t openings, bool is_urgent);
/* How many of `wanted` operations may start now; 1 of an open breaker whose time has come, which then probes. */
int64_t breaker_admit(struct breaker *b, int64_t wanted, int64_t now_ms, bool is_urgent);
/* true when this event closed it: what waits for the platform may go at once. */
bool breaker_note(struct breaker *b, enum breaker_event event, int64_t now_ms);
/* Takes over how another process found it; what this one has counted begins anew when it has been closed. */
void breaker_adopt(struct breaker *b, const struct breaker *from);
/* A probe was admitted but there was nothing to send. */
void breaker_unused(struct breaker *b);
/* The platform asked for a pause (429, 503). */
void breaker_pause(struct breaker *b, int64_t until_ms);
const char *breaker_state_name(enum breaker_state state) _pure_;
