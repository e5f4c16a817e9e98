/* filter_value.c: the values of comparisons, and moments. */

#include "server/scim/filter_impl.h"

#include "common/base/buf.h"
#include "common/base/text.h"

#include <time.h>

#define US_PER_S 1000000

/* The JSON value at the beginning of text, as it stands. */
static struct str token_of(struct str text)
{
	size_t i = 1;

	if (text.len == 0)
		return text;
	if (text.p[0] != '"') {
		for (i = 0; i < text.len && text.p[i] != ' ' && text.p[i] != ')' && text.p[i] != ']'; i++)
			;
		return str_n(text.p, i);
	}
	for (; i < text.len && text.p[i] != '"'; i++)
		if (text.p[i] == '\\')
			i++;
	return str_n(text.p, i < text.len ? i + 1 : text.len);
}

struct str scim_filter_shape(struct arena *a, struct str text)
{
	struct buf b = buf_new(a, text.len + 1);
	bool begins = true;

	while (text.len > 0) {
		char c = text.p[0];
		bool is_value = c == '"' || (begins && (c == '-' || (c >= '0' && c <= '9')));
		struct str token = is_value ? token_of(text) : str_n(text.p, 1);

		buf_add(&b, is_value ? STR("?") : token);
		begins = c == ' ' || c == '(' || c == '[';
		text = str_skip(text, token.len);
	}
	return buf_str(&b);
}

/* Digits of a fixed width. */
static bool digits(struct str *rest, size_t n, int *ret_value)
{
	if (rest->len < n)
		return false;
	*ret_value = 0;
	for (size_t i = 0; i < n; i++) {
		if (rest->p[i] < '0' || rest->p[i] > '9')
			return false;
		*ret_value = *ret_value * 10 + (rest->p[i] - '0');
	}
	*rest = str_skip(*rest, n);
	return true;
}

static bool mark(struct str *rest, char c)
{
	if (rest->len == 0 || rest->p[0] != c)
		return false;
	*rest = str_skip(*rest, 1);
	return true;
}

static bool read_fraction(struct str *rest, int64_t *us)
{
	int64_t unit = US_PER_S / 10;
	size_t n = 0;

	if (!mark(rest, '.'))
		return true;
	for (; rest->len > 0 && rest->p[0] >= '0' && rest->p[0] <= '9'; n++) {
		*us += unit * (rest->p[0] - '0');
		unit /= 10;
		*rest = str_skip(*rest, 1);
	}
	return n > 0 && n <= 12;
}

static bool read_offset(struct str rest, int64_t *us)
{
	int sign = 0, hours = 0, minutes = 0;

	if (rest.len == 0 || str_equal(rest, STR("Z")) || str_equal(rest, STR("z")))
		return true;
	if (mark(&rest, '+'))
		sign = 1;
	else if (mark(&rest, '-'))
		sign = -1;
	if (sign == 0 || !digits(&rest, 2, &hours) || !mark(&rest, ':') || !digits(&rest, 2, &minutes) || rest.len > 0 || hours > 14 || minutes > 59)
		return false;
	*us -= sign * ((int64_t)hours * 3600 + minutes * 60) * US_PER_S;
	return true;
}

static bool read_date(struct str text, struct tm *tm)
{
	struct str rest = str_n(text.p, text.len < 10 ? text.len : 10);

	if (!text_is_iso_date(rest) || !digits(&rest, 4, &tm->tm_year) || !mark(&rest, '-') || !digits(&rest, 2, &tm->tm_mon) || !mark(&rest, '-') ||
	    !digits(&rest, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	return true;
}

static bool read_time(struct str *rest, struct tm *tm)
{
	if (!mark(rest, 'T') || !digits(rest, 2, &tm->tm_hour) || !mark(rest, ':') || !digits(rest, 2, &tm->tm_min) || !mark(rest, ':') ||
	    !digits(rest, 2, &tm->tm_sec))
		return false;
	return tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 60;
}

bool scim_moment_read(struct str text, int64_t *ret_us)
{
	struct tm tm = { 0 };
	struct str rest = str_skip(text, 10);
	int64_t us = 0;

	if (!read_date(text, &tm) || !read_time(&rest, &tm) || !read_fraction(&rest, &us) || !read_offset(rest, &us))
		return false;
	*ret_us = (int64_t)timegm(&tm) * US_PER_S + us;
	return true;
}

static int mismatch(struct scim_reader *r)
{
	return scim_fail(r->op, SCIM_INVALID_FILTER, "the value is not of the attribute's type");
}

static int take_text(struct scim_reader *r, const struct scim_attr *attr, struct str text, struct scim_filter *node)
{
	struct arena *a = r->op->arena;

	if (attr->kind == SCIM_DATETIME)
		return scim_moment_read(text, &node->number) ? (void)(node->text = arena_dup(a, text)), 0 : mismatch(r);
	/* Some clients write booleans as text. */
	if (attr->kind == SCIM_BOOLEAN) {
		node->text = text_lower(a, text);
		return str_equal(node->text, STR("true")) || str_equal(node->text, STR("false")) ? 0 : mismatch(r);
	}
	if (attr->kind == SCIM_INTEGER)
		return mismatch(r);
	node->text = attr->exact ? arena_dup(a, text) : text_lower(a, text);
	return 0;
}

static int take_json(struct scim_reader *r, const struct scim_attr *attr, const json_t *json, struct scim_filter *node)
{
	if (json_is_string(json))
		return take_text(r, attr, str_n(json_string_value(json), json_string_length(json)), node);
	if (json_is_boolean(json) && attr->kind == SCIM_BOOLEAN) {
		node->text = json_is_true(json) ? STR("true") : STR("false");
		return 0;
	}
	if (json_is_integer(json) && attr->kind == SCIM_INTEGER) {
		node->number = json_integer_value(json);
		return 0;
	}
	return mismatch(r);
}

int scim_read_value(struct scim_reader *r, struct scim_filter *node)
{
	struct str token = token_of(r->rest);
	_json_ json_t *json = token.len > 0 ? json_read(token, 1, NULL) : NULL;

	if (!json)
		return scim_fail(r->op, SCIM_INVALID_FILTER, "the filter lacks a value where one has to be");
	r->rest = str_skip(r->rest, token.len);
	return take_json(r, scim_target(&node->ref), json, node);
}
