#include "provisioning/retry.h"

#define CREDIT_PER_OP 1000

/* Short first steps: a revocation waits for the probe. */
static const int64_t probe_steps_ms[] = { 5000, 10000, 30000, 60000 };

int64_t retry_delay_ms(int64_t tries, int64_t cap_ms, uint32_t randomness)
{
	int64_t ceiling = RETRY_BASE_MS;

	for (int64_t i = 1; i < tries && ceiling < cap_ms; i++)
		ceiling *= 2;
	if (ceiling > cap_ms)
		ceiling = cap_ms;

	int64_t floor = ceiling / 10;

	return floor + (int64_t)((uint64_t)(ceiling - floor) * randomness >> 32);
}

void bucket_init(struct bucket *b, int64_t rate_per_s, int64_t now_ms)
{
	*b = (struct bucket){ rate_per_s, rate_per_s * CREDIT_PER_OP, now_ms };
}

int64_t bucket_take(struct bucket *b, int64_t wanted, int64_t now_ms)
{
	int64_t passed_ms = now_ms - b->filled_ms;
	int64_t full = b->rate_per_s * CREDIT_PER_OP;
	int64_t n;

	if (b->rate_per_s == 0)
		return wanted;
	/* rate per second = thousandths per millisecond */
	if (passed_ms > 0) {
		b->credit = passed_ms >= 1000 || b->credit + passed_ms * b->rate_per_s > full
		                    ? full
		                    : b->credit + passed_ms * b->rate_per_s;
		b->filled_ms = now_ms;
	}
	n = b->credit / CREDIT_PER_OP < wanted ? b->credit / CREDIT_PER_OP : wanted;
	b->credit -= n * CREDIT_PER_OP;
	return n;
}

void bucket_return(struct bucket *b, int64_t n)
{
	if (b->rate_per_s > 0)
		b->credit += n * CREDIT_PER_OP;
}

static void breaker_open(struct breaker *b, int64_t now_ms)
{
	int64_t last = (int64_t)ARRAY_LEN(probe_steps_ms) - 1;

	b->probe_ms = now_ms + probe_steps_ms[b->openings < last ? b->openings : last];
	b->openings++;
	b->state = BREAKER_OPEN;
}

int64_t breaker_admit(struct breaker *b, int64_t wanted, int64_t now_ms)
{
	if (wanted <= 0 || now_ms < b->pause_ms)
		return 0;
	switch (b->state) {
	case BREAKER_CLOSED:
		return wanted;
	case BREAKER_PROBING:
		return 0;
	case BREAKER_OPEN:
		break;
	}
	if (now_ms < b->probe_ms)
		return 0;
	b->state = BREAKER_PROBING;
	return 1;
}

bool breaker_note(struct breaker *b, enum breaker_event event, int64_t now_ms)
{
	bool was_closed = b->state == BREAKER_CLOSED;

	if (event == BREAKER_ANSWERED) {
		b->failures = 0;
		/* An answer to a call that was under way when it opened is as good as a probe's. */
		b->openings = 0;
		b->state = BREAKER_CLOSED;
		return !was_closed;
	}
	b->failures++;
	if (b->state == BREAKER_PROBING)
		breaker_open(b, now_ms);
	else if (was_closed && (event == BREAKER_UNAUTHORIZED || b->failures >= BREAKER_THRESHOLD))
		breaker_open(b, now_ms);
	return false;
}

void breaker_unused(struct breaker *b)
{
	if (b->state == BREAKER_PROBING)
		b->state = BREAKER_OPEN;
}

void breaker_pause(struct breaker *b, int64_t until_ms)
{
	if (until_ms > b->pause_ms)
		b->pause_ms = until_ms;
}
