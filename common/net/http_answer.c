#include "common/net/http_answer.h"

#include <curl/curl.h>

#define HEADER_BYTES_MAX ((size_t)64 * 1024) /* of all headers, interim answers and trailers together */
#define RETRY_AFTER_MAX_S ((uint64_t)366 * 86400)

static struct str media_type(struct arena *a, struct str value)
{
	struct str rest = value, type = STR_NULL;
	char *lower;

	if (!str_split(&rest, ';', &type))
		return STR_NULL;
	type = str_trim(type);
	lower = arena_alloc(a, type.len + 1);
	for (size_t i = 0; i < type.len; i++)
		lower[i] = type.p[i] >= 'A' && type.p[i] <= 'Z' ? (char)(type.p[i] - 'A' + 'a') : type.p[i];
	return str_n(lower, type.len);
}

static int64_t date_of(struct op *op, struct str value)
{
	time_t date;

	if (value.len == 0 || value.len > 64 || !str_is_printable_ascii(value))
		return 0;
	date = curl_getdate(arena_cstr(op->arena, value), NULL);
	return date > 0 ? date : 0;
}

/* Between a date and the answer's own: whose clock is wrong does not matter then. */
static int64_t distance_s(const struct http_intake *in, int64_t date_s)
{
	int64_t now_s = in->date_s > 0 ? in->date_s : in->op->now_s;

	if (date_s <= 0 || date_s > now_s + (int64_t)RETRY_AFTER_MAX_S)
		return -1;
	return date_s > now_s ? date_s - now_s : 0;
}

/* Retry-After = HTTP-date / delay-seconds (RFC 9110 §10.2.3) */
static void take_retry_after(struct http_intake *in, struct str value)
{
	uint64_t seconds;

	in->retry_date_s = 0;
	if (str_to_u64(value, RETRY_AFTER_MAX_S, &seconds)) {
		in->answer.retry_after_s = (int64_t)seconds;
		return;
	}
	in->retry_date_s = date_of(in->op, value);
	in->answer.retry_after_s = distance_s(in, in->retry_date_s);
}

/* Headers come in any order. */
static void take_date(struct http_intake *in, struct str value)
{
	in->date_s = date_of(in->op, value);
	if (in->retry_date_s > 0)
		in->answer.retry_after_s = distance_s(in, in->retry_date_s);
}

/* Vendors write a distance or an instant. */
static void take_rate_reset(struct http_intake *in, struct str value)
{
	uint64_t number;

	if (!str_to_u64(value, (uint64_t)4 << 30, &number))
		return;
	in->answer.rate_reset_s = number > RETRY_AFTER_MAX_S ? distance_s(in, (int64_t)number) : (int64_t)number;
}

static bool take_rate(struct http_intake *in, struct str name, struct str value)
{
	uint64_t number;

	if (str_starts(name, STR("X-")) || str_starts(name, STR("x-")))
		name = str_skip(name, 2);
	if (str_equal_nocase(name, STR("ratelimit-reset")))
		take_rate_reset(in, value);
	else if (!str_equal_nocase(name, STR("ratelimit-remaining")))
		return false;
	else if (str_to_u64(value, INT32_MAX, &number))
		in->answer.rate_left = (int64_t)number;
	return true;
}

static void take_field(struct http_intake *in, struct str name, struct str value)
{
	struct arena *a = in->op->arena;

	if (str_equal_nocase(name, STR("content-type")))
		in->answer.content_type = media_type(a, value);
	else if (str_equal_nocase(name, STR("location")))
		in->answer.location = arena_dup(a, value);
	else if (str_equal_nocase(name, STR("etag")))
		in->answer.etag = arena_dup(a, value);
	else if (str_equal_nocase(name, STR("set-txn")))
		in->answer.txn = arena_dup(a, value);
	else if (str_equal_nocase(name, STR("retry-after")))
		take_retry_after(in, value);
	else if (str_equal_nocase(name, STR("date")))
		take_date(in, value);
	else
		(void)take_rate(in, name, value);
}

/* "HTTP/1.1 103 Early Hints": 1xx are interim, the section after them starts anew. */
static bool is_interim(struct str status_line)
{
	ptrdiff_t space = str_index(status_line, ' ');

	return space > 0 && str_starts(str_skip(status_line, (size_t)space + 1), STR("1"));
}

size_t http_intake_header(char *data, size_t size, size_t count, void *userdata)
{
	struct http_intake *in = userdata;
	struct str line = str_n(data, size * count), name = STR_NULL;
	size_t taken = line.len;

	in->header_bytes += line.len;
	if (in->header_bytes > HEADER_BYTES_MAX || arena_overflowed(in->op->arena)) {
		in->is_too_large = true;
		return taken + 1; /* anything but taken ends the transfer */
	}
	while (line.len > 0 && (line.p[line.len - 1] == '\n' || line.p[line.len - 1] == '\r'))
		line.len--;
	if (in->is_final)
		return taken;
	if (str_starts(line, STR("HTTP/"))) {
		in->answer = HTTP_ANSWER_NONE;
		in->answer.status = is_interim(line) ? 100 : 200;
		in->date_s = in->retry_date_s = 0;
	} else if (line.len == 0) {
		in->is_final = in->answer.status >= 200;
	} else if (str_split(&line, ':', &name) && !str_is_null(line)) {
		take_field(in, name, str_trim(line));
	}
	return taken;
}

size_t http_intake_body(char *data, size_t size, size_t count, void *userdata)
{
	struct http_intake *in = userdata;
	size_t len = size * count;

	/* The arena's budget counts too: its owner gets an error, not an abort. */
	if (!arena_overflowed(in->op->arena))
		buf_add(&in->body, str_n(data, len));
	else
		in->body.failed = true;
	if (!buf_ok(&in->body)) {
		in->is_too_large = true;
		return len + 1;
	}
	return len;
}
