/*
 * retry.h: when to try again.  Pure: time and randomness are parameters.
 *
 * Three things keep a platform and us from hurting each other: a delay per binding that grows
 * with its failures, a rate per platform, and a breaker that stops calling a platform which
 * does not answer.  Times in milliseconds of clock_mono_ms().
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

/* Operations a second, in bursts of at most one second's worth.  rate 0: no limit. */
struct bucket {
	int64_t rate_per_s;
	int64_t credit;     /* thousandths of an operation */
	int64_t filled_ms;
};

void bucket_init(struct bucket *b, int64_t rate_per_s, int64_t now_ms);
/* How many of `wanted` may go now; they are taken. */
int64_t bucket_take(struct bucket *b, int64_t wanted, int64_t now_ms);
/* Gives back what was taken and not used. */
void bucket_return(struct bucket *b, int64_t n);

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING };
enum breaker_event {
	BREAKER_ANSWERED,    /* the platform answered, whatever it said */
	BREAKER_UNREACHABLE, /* no connection, or no answer in time */
	BREAKER_UNAUTHORIZED /* it answers, but not to us */
};

#define BREAKER_THRESHOLD 10

struct breaker {
	enum breaker_state state;
	int64_t failures;    /* in a row */
	int64_t openings;    /* probes that failed in a row */
	int64_t probe_ms;    /* when the next probe may go */
	int64_t pause_ms;    /* nothing goes before: the platform asked for a pause */
};

/* How many of `wanted` operations may start now; 1 of an open breaker whose time has come, which then probes. */
int64_t breaker_admit(struct breaker *b, int64_t wanted, int64_t now_ms);
/* true when this event closed it: what waits for the platform may go at once. */
bool breaker_note(struct breaker *b, enum breaker_event event, int64_t now_ms);
/* A probe was admitted but there was nothing to send. */
void breaker_unused(struct breaker *b);
/* The platform asked for a pause (429, 503). */
void breaker_pause(struct breaker *b, int64_t until_ms);
