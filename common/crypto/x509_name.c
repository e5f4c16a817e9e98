#include "common/crypto/x509_name.h"

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/base/utf8.h"

#define NAME_MAX_LEN 4096

static bool is_type_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static void skip_spaces(struct str *rest)
{
	while (rest->len > 0 && rest->p[0] == ' ')
		*rest = str_skip(*rest, 1);
}

/* attributeType SP* "=" SP* (RFC 4514 §3; spaces as RFC 2253 §4 allowed them) */
static bool take_type(struct str *rest, struct buf *out)
{
	size_t start = out->len;

	skip_spaces(rest);
	while (rest->len > 0 && is_type_char(rest->p[0])) {
		buf_add_char(out, upper(rest->p[0]));
		*rest = str_skip(*rest, 1);
	}
	skip_spaces(rest);
	if (out->len == start || rest->len == 0 || rest->p[0] != '=')
		return false;
	buf_add_char(out, '=');
	*rest = str_skip(*rest, 1);
	skip_spaces(rest);
	return true;
}

/* pair = "\" ( ESC / special / hexpair ): any character but letters and digits, or two hexadecimal digits */
static bool take_escape(struct arena *a, struct str *rest, struct buf *value)
{
	struct str byte;

	*rest = str_skip(*rest, 1);
	if (rest->len >= 2 && hex_decode(a, str_n(rest->p, 2), &byte)) {
		buf_add(value, byte);
		*rest = str_skip(*rest, 2);
		return byte.p[0] != '\0';
	}
	if (rest->len == 0 || rest->p[0] == '\0' || (unsigned char)rest->p[0] >= 0x80 || (is_type_char(rest->p[0]) && rest->p[0] != '-' && rest->p[0] != '.'))
		return false;
	buf_add_char(value, rest->p[0]);
	*rest = str_skip(*rest, 1);
	return true;
}

static bool is_utf8(struct str s)
{
	uint32_t code_point;

	while (s.len > 0) {
		size_t n = utf8_decode(s, &code_point);

		if (n == 0)
			return false;
		s = str_skip(s, n);
	}
	return true;
}

/* The characters of the value up to an unescaped separator; spaces at its end do not count unless escaped. */
static bool take_value(struct arena *a, struct str *rest, struct buf *value)
{
	size_t end = 0;

	while (rest->len > 0 && rest->p[0] != ',' && rest->p[0] != '+') {
		char c = rest->p[0];

		if (c == '\\') {
			if (!take_escape(a, rest, value))
				return false;
			end = value->len;
			continue;
		}
		if (c == '"' || c == ';' || c == '<' || c == '>' || c == '\0')
			return false;
		buf_add_char(value, c);
		*rest = str_skip(*rest, 1);
		if (c != ' ')
			end = value->len;
	}
	value->len = end;
	return buf_ok(value) && is_utf8(buf_str(value));
}

static bool is_special(char c)
{
	return (unsigned char)c < 0x20 || c == '\x7f' || str_index(STR(",+\"\\<>;="), c) >= 0;
}

/*
 * Everything that could be written in two ways as a pair, so that equal values give equal texts.  "#"
 * at the beginning says that the value is the hexadecimal form of its BER encoding (RFC 4514 §2.4).
 */
static void add_value(struct buf *out, struct str value, bool is_hex)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];
		bool is_edge_space = c == ' ' && (i == 0 || i + 1 == value.len);

		if (is_special(c) || is_edge_space || (c == '#' && i == 0 && !is_hex))
			buf_printf(out, "\\%02X", (unsigned char)c);
		else
			buf_add_char(out, c);
	}
}

struct str x509_name_normal(struct arena *a, struct str text)
{
	struct buf out = buf_new(a, NAME_MAX_LEN * 3);
	struct str rest = text;

	if (text.len == 0 || text.len > NAME_MAX_LEN)
		return STR_NULL;
	for (;;) {
		struct buf value = buf_new(a, NAME_MAX_LEN);
		bool is_hex;

		if (!take_type(&rest, &out))
			return STR_NULL;
		is_hex = str_starts(rest, STR("#"));
		if (!take_value(a, &rest, &value))
			return STR_NULL;
		add_value(&out, buf_str(&value), is_hex);
		if (rest.len == 0)
			break;
		buf_add_char(&out, rest.p[0]);
		rest = str_skip(rest, 1);
	}
	return buf_ok(&out) ? buf_str(&out) : STR_NULL;
}
