/* One-dimensional arrays in their text form (PostgreSQL documentation 8.15.6). */

#include "common/db/db.h"

#include <string.h>

static bool is_escaped(char c)
{
	return c == '"' || c == '\\';
}

static bool has_escapes(struct str s)
{
	return s.len > 0 && (memchr(s.p, '"', s.len) || memchr(s.p, '\\', s.len));
}

/* Everything is quoted: "NULL", an empty text and a comma then mean themselves. */
static char *write_element(char *out, struct str s)
{
	*out++ = '"';
	if (!has_escapes(s)) {
		if (s.len > 0)
			memcpy(out, s.p, s.len);
		out += s.len;
	} else {
		for (size_t i = 0; i < s.len; i++) {
			if (is_escaped(s.p[i]))
				*out++ = '\\';
			*out++ = s.p[i];
		}
	}
	*out++ = '"';
	return out;
}

struct str db_array(struct arena *a, const struct str *parts, size_t n)
{
	size_t max = sizeof("{}");
	char *text, *out;

	for (size_t i = 0; i < n; i++)
		max += (has_escapes(parts[i]) ? 2 : 1) * parts[i].len + sizeof("NULL,");
	out = text = arena_alloc(a, max);
	*out++ = '{';
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*out++ = ',';
		if (str_is_null(parts[i])) {
			memcpy(out, "NULL", 4);
			out += 4;
		} else {
			out = write_element(out, parts[i]);
		}
	}
	*out++ = '}';
	assert((size_t)(out - text) < max);
	return str_n(text, (size_t)(out - text));
}

/* The rest of a literal; elements are written without their escapes to out. */
struct reader {
	struct str rest;
	char *out;
};

static bool take_char(struct reader *r, char *ret)
{
	if (r->rest.len == 0)
		return false;
	*ret = r->rest.p[0];
	r->rest = str_skip(r->rest, 1);
	return true;
}

/* Behind the opening quote. */
static bool read_quoted(struct reader *r, struct str *ret)
{
	char *begin = r->out;
	char c;

	while (take_char(r, &c)) {
		if (c == '"') {
			*ret = str_n(begin, (size_t)(r->out - begin));
			*r->out++ = '\0';
			return true;
		}
		if (c == '\\' && !take_char(r, &c))
			return false;
		*r->out++ = c;
	}
	return false;
}

/* The server quotes whatever has a brace, a quote, a backslash or white space in it. */
static bool read_plain(struct reader *r, struct str *ret)
{
	size_t len = 0;

	while (len < r->rest.len && !memchr(",}{\"\\", r->rest.p[len], 5))
		len++;
	if (len == 0)
		return false;
	memcpy(r->out, r->rest.p, len);
	*ret = str_equal_nocase(str_n(r->out, len), STR("NULL")) ? STR_NULL : str_n(r->out, len);
	r->out += len;
	*r->out++ = '\0';
	r->rest = str_skip(r->rest, len);
	return true;
}

static bool read_element(struct reader *r, struct str *ret)
{
	if (!str_starts(r->rest, STR("\"")))
		return read_plain(r, ret);
	r->rest = str_skip(r->rest, 1);
	return read_quoted(r, ret);
}

/* Elements up to and with the closing brace; parts has room for them. */
static bool read_elements(struct reader *r, struct str *parts, size_t *ret_n)
{
	size_t n = 0;
	char c;

	if (str_equal(r->rest, STR("}"))) {
		*ret_n = 0;
		return true;
	}
	do {
		if (!read_element(r, &parts[n++]) || !take_char(r, &c))
			return false;
	} while (c == ',');
	*ret_n = n;
	return c == '}' && r->rest.len == 0;
}

int db_array_read(struct op *op, struct str cell, const struct str **ret_parts, size_t *ret_n)
{
	size_t commas = 0, n = 0;

	if (str_is_null(cell)) {
		*ret_parts = NULL;
		*ret_n = 0;
		return 0;
	}
	if (!str_starts(cell, STR("{")))
		return op_fail(op, ERR_INTERNAL, "a cell is no array");
	for (size_t i = 0; i < cell.len; i++)
		commas += cell.p[i] == ',';

	/* One more byte than the text for the NUL behind the last element. */
	struct str *parts = ARENA_ARRAY(op->arena, struct str, commas + 1);
	struct reader r = { .rest = str_skip(cell, 1), .out = arena_alloc(op->arena, cell.len + 1) };

	if (!read_elements(&r, parts, &n))
		return op_fail(op, ERR_INTERNAL, "a cell is no one-dimensional array");
	*ret_parts = parts;
	*ret_n = n;
	return 0;
}
