#include "common/model/window.h"

#include "common/base/json.h"

#define DAY_S ((int64_t)86400)
#define VIETNAM_S ((int64_t)7 * 3600) /* no other time since 1975, none in summer */
/* 1970-01-01 was a Thursday. */
#define EPOCH_WEEKDAY 3
#define JSON_DEPTH_MAX 4

/* The window that begins on the local day number `day`, if it is open at now (local seconds); 0: it is not. */
static int64_t weekly_end(const struct window *w, int64_t day, int64_t local_s)
{
	unsigned weekday = (unsigned)(((day + EPOCH_WEEKDAY) % 7 + 7) % 7);
	int64_t from_s = day * DAY_S + w->from_s;
	int64_t to_s = day * DAY_S + w->to_s + (w->to_s <= w->from_s ? DAY_S : 0);

	return (w->days & 1u << weekday) && from_s <= local_s && local_s < to_s ? to_s : 0;
}

/* When it ends, in seconds since 1970; 0: it is not open. */
static int64_t end_of(const struct window *w, int64_t now_s)
{
	int64_t local_s = now_s + VIETNAM_S, today = local_s / DAY_S, end_s;

	if (!w->is_weekly)
		return w->from_s <= now_s && now_s < w->to_s ? w->to_s : 0;
	end_s = weekly_end(w, today, local_s);
	if (end_s == 0)
		end_s = weekly_end(w, today - 1, local_s);
	return end_s == 0 ? 0 : end_s - VIETNAM_S;
}

struct window_state window_at(const struct window *windows, size_t n, int64_t now_s)
{
	struct window_state state = { .until_s = 0 };

	for (size_t i = 0; i < n; i++) {
		int64_t end_s = end_of(&windows[i], now_s);

		if (end_s == 0)
			continue;
		state.is_open = true;
		state.holds_revocations = state.holds_revocations || windows[i].holds_revocations;
		if (end_s > state.until_s)
			state.until_s = end_s;
	}
	return state;
}

static bool two_digits(const char *p, int64_t max, int64_t *ret)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*ret = (p[0] - '0') * 10 + p[1] - '0';
	return *ret <= max;
}

/* "22:00" */
static bool read_time(struct str text, int64_t *ret_s)
{
	int64_t hours, minutes;

	if (text.len != 5 || text.p[2] != ':' || !two_digits(text.p, 24, &hours) || !two_digits(text.p + 3, 59, &minutes))
		return false;
	*ret_s = hours * 3600 + minutes * 60;
	return *ret_s <= DAY_S;
}

static bool read_days(const json_t *days, unsigned *ret_days)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
	const json_t *day;
	size_t i, k;

	*ret_days = 0;
	json_array_foreach(days, i, day) {
		for (k = 0; k < ARRAY_LEN(names); k++)
			if (json_is_string(day) && str_equal(str_c(json_string_value(day)), str_c(names[k])))
				break;
		if (k == ARRAY_LEN(names))
			return false;
		*ret_days |= 1u << k;
	}
	return *ret_days != 0;
}

static bool read_window(const json_t *json, struct window *ret)
{
	int64_t from_s = json_get_int(json, "from_s", -1), to_s = json_get_int(json, "to_s", -1);

	*ret = (struct window){ .holds_revocations = !json_get_bool(json, "revocations", true), .from_s = from_s, .to_s = to_s };
	if (!json_object_get(json, "days"))
		return from_s >= 0 && to_s > from_s;
	ret->is_weekly = true;
	return read_days(json_object_get(json, "days"), &ret->days) && read_time(json_get_str(json, "from"), &ret->from_s) &&
	       read_time(json_get_str(json, "to"), &ret->to_s) && ret->from_s < DAY_S;
}

bool windows_read(struct arena *a, struct str text, const struct window **ret_windows, size_t *ret_n)
{
	_json_ json_t *list = json_read(text, JSON_DEPTH_MAX, NULL);
	struct window *windows;
	size_t i, n = json_array_size(list);
	json_t *item;

	if (!json_is_array(list) || n > WINDOWS_MAX)
		return false;
	windows = ARENA_ARRAY(a, struct window, n);
	json_array_foreach(list, i, item)
		if (!read_window(item, &windows[i]))
			return false;
	*ret_windows = windows;
	*ret_n = n;
	return true;
}
