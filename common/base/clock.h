/* clock.h: the only readers of the clock.  Domain code gets the time as a parameter. */
#pragma once

#include <stdint.h>

int64_t clock_now_s(void);   /* UTC, seconds since 1970 */
int64_t clock_now_us(void);
int64_t clock_mono_ms(void); /* monotonic, for time-outs and durations */
int64_t clock_mono_us(void);
