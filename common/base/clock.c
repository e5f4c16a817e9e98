#include "common/base/clock.h"

#include <time.h>

#define US_PER_S 1000000

static int64_t read_us(clockid_t id)
{
	struct timespec ts;

	/* Cannot fail: both clocks exist on every Linux. */
	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t clock_now_s(void)
{
	return clock_now_us() / US_PER_S;
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}
