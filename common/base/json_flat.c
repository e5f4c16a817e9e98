#include "common/base/json_flat.h"

static bool take_char(struct str *rest, char c)
{
	if (rest->len == 0 || rest->p[0] != c)
		return false;
	*rest = str_skip(*rest, 1);
	return true;
}

/* '"' *unescaped '"' */
static bool take_text(struct str *rest, struct str *ret_text)
{
	size_t n = 0;

	if (!take_char(rest, '"'))
		return false;
	while (n < rest->len && rest->p[n] != '"' && rest->p[n] != '\\')
		n++;
	*ret_text = str_n(rest->p, n);
	*rest = str_skip(*rest, n);
	return take_char(rest, '"');
}

/* Up to the comma or bracket that ends it; inside, brackets close what they open and texts are passed over. */
static bool take_other(struct str *rest, struct str *ret_value)
{
	struct str at = *rest, text;
	size_t depth = 0;

	while (at.len > 0) {
		char c = at.p[0];

		if (c == '"') {
			if (!take_text(&at, &text))
				return false;
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}'))
			break;
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		at = str_skip(at, 1);
	}
	*ret_value = str_n(rest->p, rest->len - at.len);
	*rest = at;
	return depth == 0 && ret_value->len > 0;
}

static bool take_member(struct str *rest, struct json_flat_member *ret)
{
	if (!take_text(rest, &ret->name) || !take_char(rest, ':') || rest->len == 0)
		return false;
	ret->type = rest->p[0] == '"' ? JSON_FLAT_TEXT : JSON_FLAT_OTHER;
	return ret->type == JSON_FLAT_TEXT ? take_text(rest, &ret->value) : take_other(rest, &ret->value);
}

bool json_flat_next(struct json_flat *f, struct json_flat_member *ret_member)
{
	if (f->is_odd || f->is_done)
		return false;
	if (f->has_begun && take_char(&f->rest, '}')) {
		f->is_done = true;
		f->is_odd = f->rest.len > 0;
		return false;
	}
	f->is_odd = !take_char(&f->rest, f->has_begun ? ',' : '{') || !take_member(&f->rest, ret_member);
	f->has_begun = true;
	return !f->is_odd;
}
