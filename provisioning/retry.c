#include "provisioning/retry.h"

#include <string.h>

#define RATE_STEPS 60
#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)

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

struct rate rate_cut(int64_t in_force_milli, int64_t sent_milli)
{
	int64_t base = in_force_milli > 0 ? in_force_milli : sent_milli;
	struct rate cut = { .milli = base / 2, .base_milli = base };

	if (cut.milli < RATE_MIN_MILLI)
		cut.milli = RATE_MIN_MILLI;
	if (cut.base_milli < RATE_MIN_MILLI)
		cut.base_milli = RATE_MIN_MILLI;
	return cut;
}

int64_t rate_in_force(const struct rate *r, int64_t passed_ms, int64_t cap_milli)
{
	int64_t now;

	if (r->milli == 0)
		return cap_milli;
	/* Longer makes no difference, and cannot overflow. */
	if (passed_ms > 24 * HOUR_MS)
		passed_ms = 24 * HOUR_MS;
	now = r->milli + r->base_milli * (passed_ms > 0 ? passed_ms : 0) / (RATE_STEPS * 1000);
	if (cap_milli == 0)
		return now >= 2 * r->base_milli ? 0 : now;
	return now < cap_milli ? now : cap_milli;
}

int64_t breaker_probe_delay_ms(enum breaker_state state, int64_t openings, bool is_urgent)
{
	static const int64_t urgent_ms[] = { 5000, 10000, 30000, MINUTE_MS };
	static const int64_t patient_ms[] = { 30000, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS };
	const int64_t *steps = is_urgent ? urgent_ms : patient_ms;
	int64_t last = (int64_t)(is_urgent ? ARRAY_LEN(urgent_ms) : ARRAY_LEN(patient_ms)) - 1;

	if (state == BREAKER_QUARANTINE && !is_urgent)
		return HOUR_MS;
	return steps[openings < last ? openings : last];
}

int64_t breaker_admit(struct breaker *b, int64_t wanted, int64_t now_ms, bool is_urgent)
{
	if (wanted <= 0 || now_ms < b->pause_ms)
		return 0;
	if (b->state == BREAKER_CLOSED)
		return wanted;
	if (b->is_probing || now_ms < b->failed_ms + breaker_probe_delay_ms(b->state, b->openings, is_urgent))
		return 0;
	b->is_probing = true;
	return 1;
}

static void forget(struct breaker *b)
{
	b->failures = b->refusals = b->n_window = b->n_bad = b->at = 0;
	memset(b->window, 0, sizeof(b->window));
}

/* The last BREAKER_WINDOW outcomes, a bit each. */
static void count(struct breaker *b, bool is_bad)
{
	uint64_t bit = (uint64_t)1 << (b->at % 64), *word = &b->window[b->at / 64];

	if (b->n_window < BREAKER_WINDOW)
		b->n_window++;
	else
		b->n_bad -= (*word & bit) != 0;
	*word = is_bad ? *word | bit : *word & ~bit;
	b->n_bad += is_bad;
	b->at = (b->at + 1) % BREAKER_WINDOW;
}

static bool is_failing(const struct breaker *b)
{
	return b->failures >= BREAKER_THRESHOLD ||
	       (b->n_window >= BREAKER_WINDOW_MIN && b->n_bad * 100 > BREAKER_WINDOW_PERCENT * b->n_window);
}

static void breaker_open(struct breaker *b, enum breaker_state state, int64_t now_ms)
{
	b->state = state;
	b->is_probing = false;
	b->openings = 0;
	b->opened_ms = b->failed_ms = now_ms;
}

static void probe_failed(struct breaker *b, enum breaker_event event, int64_t now_ms)
{
	b->is_probing = false;
	b->openings++;
	b->failed_ms = now_ms;
	if (event == BREAKER_UNAUTHORIZED || event == BREAKER_FORBIDDEN)
		b->state = BREAKER_AUTH_FAILED;
	else if (now_ms - b->opened_ms >= BREAKER_QUARANTINE_MS)
		b->state = BREAKER_QUARANTINE;
	else
		b->state = BREAKER_OPEN;
}

/* While closed. */
static void judge(struct breaker *b, enum breaker_event event, int64_t now_ms)
{
	count(b, event == BREAKER_FAILED || event == BREAKER_UNREACHABLE);
	b->failures = event == BREAKER_UNREACHABLE ? b->failures + 1 : 0;
	b->refusals = event == BREAKER_FORBIDDEN ? b->refusals + 1 : 0;
	if (event == BREAKER_UNAUTHORIZED || b->refusals >= BREAKER_FORBIDDEN_THRESHOLD)
		breaker_open(b, BREAKER_AUTH_FAILED, now_ms);
	else if (is_failing(b))
		breaker_open(b, BREAKER_OPEN, now_ms);
}

bool breaker_note(struct breaker *b, enum breaker_event event, int64_t now_ms)
{
	/* An account that we may not touch: the platform is there, and knows us. */
	bool is_there = event == BREAKER_ANSWERED || (event == BREAKER_FORBIDDEN && b->state != BREAKER_AUTH_FAILED);

	if (b->state == BREAKER_CLOSED) {
		judge(b, event, now_ms);
		return false;
	}
	if (is_there) {
		/* An answer to a call that was under way when it opened is as good as a probe's. */
		b->state = BREAKER_CLOSED;
		b->is_probing = false;
		b->openings = 0;
		forget(b);
		return true;
	}
	if (b->is_probing)
		probe_failed(b, event, now_ms);
	return false;
}

void breaker_adopt(struct breaker *b, const struct breaker *from)
{
	if (b->state != BREAKER_CLOSED && from->state == BREAKER_CLOSED)
		forget(b);
	b->state = from->state;
	b->is_probing = from->is_probing;
	b->openings = from->openings;
	b->opened_ms = from->opened_ms;
	b->failed_ms = from->failed_ms;
}

void breaker_unused(struct breaker *b)
{
	b->is_probing = false;
}

void breaker_pause(struct breaker *b, int64_t until_ms)
{
	if (until_ms > b->pause_ms)
		b->pause_ms = until_ms;
}

const char *breaker_state_name(enum breaker_state state)
{
	static const char *const names[] = {
		[BREAKER_CLOSED] = "closed", [BREAKER_OPEN] = "open", [BREAKER_QUARANTINE] = "quarantine", [BREAKER_AUTH_FAILED] = "auth_failed",
	};

	return names[state];
}
