/*
 * window.h: when a platform is under maintenance.  Pure: the time is a parameter.
 *
 * A window is weekly (days and times of day, Vietnam time; one that ends at or before its beginning ends on the
 * next day) or dated (two instants).  While one is open nothing is sent; unless it says otherwise, what takes access
 * away goes all the same.
 */
#pragma once

#include "common/base/arena.h"

#include <stdbool.h>

#define WINDOWS_MAX 32

struct window {
	bool is_weekly;
	unsigned days;            /* of weekly ones: bit 0 Monday … bit 6 Sunday, the day on which it begins */
	int64_t from_s, to_s;     /* weekly: seconds of the day; dated: since 1970 */
	bool holds_revocations;
};

struct window_state {
	bool is_open;             /* the platform is under maintenance */
	bool holds_revocations;
	int64_t until_s;          /* when the last of the windows that are open now ends */
};

struct window_state window_at(const struct window *windows, size_t n, int64_t now_s) _pure_;

/*
 * From JSON as platform_limit.windows has it: [{"days": ["sat", "sun"], "from": "22:00", "to": "04:00", "revocations": true},
 * {"from_s": 1796137200, "to_s": 1796158800}]; false: it is something else.
 */
bool windows_read(struct arena *a, struct str json, const struct window **ret_windows, size_t *ret_n) _must_check_;
