/* api_platform_health.c: /api/v1/platform-health, /api/v1/platforms/{code}/health and …/limits. */

#include "common/model/window.h"
#include "server/governance/platform_health.h"
#include "server/handlers/api/overlap.h"
#include "server/handlers/api/engine.h"

int h_api_platform_health_list(struct request *rq)
{
	struct page_ask ask;
	struct json_page page;
	int r = api_page_ask(rq, P_PAGE_AFTER, P_PAGE_LIMIT, 1, &ask);

	if (r == 0)
		r = platform_health_list(&rq->op, &ask, &page);
	return r < 0 ? r : api_page(rq, "platforms", &page, 1);
}

int h_api_platform_health_get(struct request *rq)
{
	_json_ json_t *body = NULL;
	int r = platform_health_get(&rq->op, rq->path_args[0], &body);

	return r < 0 ? r : respond_json(rq, 200, body);
}

static int respond_limits(struct request *rq)
{
	json_t *body;
	int64_t version;
	int r = platform_limits_get(&rq->op, rq->path_args[0], &body, &version);

	return r < 0 ? r : api_thing(rq, 200, body, version);
}

int h_api_platform_limits_get(struct request *rq)
{
	return respond_limits(rq);
}

enum { RATE_COUNT, RATE_SECONDS, BURST, CONCURRENCY, WORDS, WINDOWS, N };
enum { DAYS, FROM, TO, FROM_AT, TO_AT, REVOCATIONS, NOTE, N_WINDOW };

/* Within [1, max], or absent. */
static int check_number(struct request *rq, const char *name, struct str text, uint64_t max)
{
	uint64_t number;

	if (str_is_null(text) || (str_to_u64(text, max, &number) && number > 0))
		return 0;
	return api_invalid(&rq->op, name, arena_printf(rq->op.arena, "a number from 1 to %llu", (unsigned long long)max).p);
}

/* As it is kept: what was said, and for dates the seconds that are compared. */
static int read_window(struct request *rq, const json_t *object, json_t *list)
{
	static const struct api_field fields[N_WINDOW] = {
		[DAYS] = { "days", API_LIST, 0, false },
		[FROM] = { "from", API_TEXT, 5, false },
		[TO] = { "to", API_TEXT, 5, false },
		[FROM_AT] = { "from_at", API_STAMP, 30, false },
		[TO_AT] = { "to_at", API_STAMP, 30, false },
		[REVOCATIONS] = { "revocations", API_BOOL, 0, false },
		[NOTE] = { "note", API_TEXT, 300, false },
	};
	struct str v[N_WINDOW];
	int r = api_read_object(rq, object, fields, N_WINDOW, v);
	bool is_dated = r == 0 && !str_is_null(v[FROM_AT]);

	if (r < 0)
		return r;
	if (is_dated == (json_object_get(object, "days") != NULL) || is_dated == !str_is_null(v[FROM]) || is_dated != !str_is_null(v[TO_AT]))
		return api_invalid(&rq->op, "windows", "either days with from and to, or from_at and to_at");

	json_t *window = json_new_object();

	if (is_dated) {
		api_set(window, "from_at", v[FROM_AT]);
		api_set(window, "to_at", v[TO_AT]);
		json_set_int(window, "from_s", api_stamp_seconds(v[FROM_AT]));
		json_set_int(window, "to_s", api_stamp_seconds(v[TO_AT]));
	} else {
		json_set_take(window, "days", json_deep_copy(json_object_get(object, "days")));
		api_set(window, "from", v[FROM]);
		api_set(window, "to", v[TO]);
	}
	json_set_bool(window, "revocations", !str_equal(v[REVOCATIONS], STR("false")));
	if (!str_is_null(v[NOTE]))
		api_set(window, "note", v[NOTE]);
	json_array_append_new(list, window);
	return 0;
}

static int read_windows(struct request *rq, struct str *ret)
{
	_json_ json_t *list = json_new_array();
	const struct window *windows;
	const json_t *array;
	size_t n;
	int r = 0;

	if (json_array_size(json_object_get(rq->json, "windows")) > 0) {
		r = api_objects(rq, "windows", WINDOWS_MAX, &array, &n);
		for (size_t i = 0; r == 0 && i < n; i++)
			r = read_window(rq, json_array_get(array, i), list);
	}
	*ret = json_write(rq->op.arena, list, false);
	/* By whom it will be read. */
	if (r == 0 && !windows_read(rq->op.arena, *ret, &windows, &n))
		r = api_invalid(&rq->op, "windows", "days are mon … sun, times 22:00, and an end is after its beginning");
	return r;
}

int h_api_platform_limits_set(struct request *rq)
{
	static const struct api_field fields[N] = {
		[RATE_COUNT] = { "rate_count", API_INT, 0, false },
		[RATE_SECONDS] = { "rate_seconds", API_INT, 0, false },
		[BURST] = { "burst", API_INT, 0, false },
		[CONCURRENCY] = { "concurrency", API_INT, 0, false },
		[WORDS] = { "limited_words", API_LIST, 0, false },
		[WINDOWS] = { "windows", API_OBJECTS, 0, false },
	};
	struct platform_limits limits = { .platform = rq->path_args[0] };
	struct str_list words;
	struct str v[N];
	int r = api_if_match(rq, &limits.version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = check_number(rq, "rate_count", v[RATE_COUNT], 1000000);
	if (r == 0)
		r = check_number(rq, "rate_seconds", v[RATE_SECONDS], 3600);
	if (r == 0)
		r = check_number(rq, "burst", v[BURST], 100000);
	if (r == 0)
		r = check_number(rq, "concurrency", v[CONCURRENCY], 64);
	if (r == 0 && str_is_null(v[RATE_COUNT]) != str_is_null(v[RATE_SECONDS]))
		r = api_invalid(&rq->op, "rate_seconds", "a rate is a count in so many seconds");
	if (r == 0)
		r = api_tags(rq, "limited_words", &words);
	if (r == 0)
		r = read_windows(rq, &limits.windows);
	if (r < 0)
		return r;
	limits.rate_count = v[RATE_COUNT];
	limits.rate_seconds = v[RATE_SECONDS];
	limits.burst = v[BURST];
	limits.concurrency = v[CONCURRENCY];
	limits.words = words.p;
	limits.n_words = words.n;
	r = platform_limits_set(&rq->op, rq->principal, &limits);
	return r < 0 ? r : respond_limits(rq);
}
