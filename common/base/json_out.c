#include "common/base/json_out.h"

#include "common/base/utf8.h"

#include <stdlib.h>

/* Most objects fit, and do not move. */
#define FIRST_BYTES ((size_t)1024)
/* The arena's own limit comes long before. */
#define MAX_BYTES ((size_t)1 << 30)

/* RFC 8259 §7 */
static struct str escape_of(unsigned char c, char text[static 8])
{
	static const char hex[] = "0123456789ABCDEF";

	switch (c) {
	case '"':
		return STR("\\\"");
	case '\\':
		return STR("\\\\");
	case '\b':
		return STR("\\b");
	case '\f':
		return STR("\\f");
	case '\n':
		return STR("\\n");
	case '\r':
		return STR("\\r");
	case '\t':
		return STR("\\t");
	default:
		memcpy(text, "\\u00", 4);
		text[4] = hex[c >> 4];
		text[5] = hex[c & 0x0f];
		return str_n(text, 6);
	}
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static size_t plain_bytes(struct str s)
{
	size_t n = 0;

	while (n < s.len && is_plain((unsigned char)s.p[n]))
		n++;
	return n;
}

void json_quote(struct buf *b, struct str s)
{
	buf_add_char(b, '"');
	while (s.len > 0) {
		size_t n = plain_bytes(s);
		uint32_t code;
		char text[8];

		if (n > 0) {
			buf_add(b, str_n(s.p, n));
		} else if ((unsigned char)s.p[0] < 0x80) {
			buf_add(b, escape_of((unsigned char)s.p[0], text));
			n = 1;
		} else {
			n = utf8_decode(s, &code);
			assert(n > 0);
			buf_add(b, str_n(s.p, n));
		}
		s = str_skip(s, n);
	}
	buf_add_char(b, '"');
}

static void add_name(struct json_out *o, const char *name)
{
	buf_add(&o->b, o->b.len > 1 ? STR(",\"") : STR("\""));
	buf_add_c(&o->b, name);
	buf_add(&o->b, STR("\":"));
}

struct json_out json_out_begin(struct arena *a)
{
	struct json_out o = { buf_new_sized(a, FIRST_BYTES, MAX_BYTES) };

	buf_add_char(&o.b, '{');
	return o;
}

void json_out_str(struct json_out *o, const char *name, struct str value)
{
	if (str_is_null(value))
		return;
	add_name(o, name);
	json_quote(&o->b, value);
}

void json_out_int(struct json_out *o, const char *name, int64_t value)
{
	char digits[STR_I64_MAX];

	add_name(o, name);
	buf_add(&o->b, str_of_i64(value, digits));
}

void json_out_bool(struct json_out *o, const char *name, bool value)
{
	add_name(o, name);
	buf_add(&o->b, value ? STR("true") : STR("false"));
}

void json_out_raw(struct json_out *o, const char *name, struct str json)
{
	if (str_is_null(json))
		return;
	assert(json.len > 0);
	add_name(o, name);
	buf_add(&o->b, json);
}

void json_out_words(struct json_out *o, const char *name, struct str words)
{
	bool is_first = true;
	struct str word;

	add_name(o, name);
	buf_add_char(&o->b, '[');
	while (str_split(&words, ' ', &word)) {
		if (!is_first)
			buf_add_char(&o->b, ',');
		json_quote(&o->b, word);
		is_first = false;
	}
	buf_add_char(&o->b, ']');
}

struct str json_out_end(struct json_out *o)
{
	buf_add_char(&o->b, '}');
	if (!buf_ok(&o->b))
		abort();
	return buf_str(&o->b);
}
