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

/* Retry-After = HTTP-date / delay-seconds (RFC 9110 §10.2.3) */
static int64_t retry_after(struct op *op, struct str value)
{
	uint64_t seconds;
	time_t date;

	if (str_to_u64(value, RETRY_AFTER_MAX_S, &seconds))
		return (int64_t)seconds;
	if (value.len == 0 || value.len > 64 || !str_is_printable_ascii(value))
		return -1;
	date = curl_getdate(arena_cstr(op->arena, value), NULL);
	if (date < 0 || date > op->now_s + (int64_t)RETRY_AFTER_MAX_S)
		return -1;
	return date > op->now_s ? date - op->now_s : 0;
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
	else if (str_equal_nocase(name, STR("retry-after")))
		in->answer.retry_after_s = retry_after(in->op, value);
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
		in->answer = (struct http_answer){ .retry_after_s = -1, .status = is_interim(line) ? 100 : 200 };
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
