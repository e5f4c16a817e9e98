/* text_case.c: letters by letters: upper case, without marks, composed. */
#include "common/base/text.h"

#include <utf8proc.h>

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static struct str recode(struct arena *a, struct str s, unsigned options, int32_t (*step)(int32_t code))
{
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)s.p;
	utf8proc_ssize_t n = utf8proc_decompose(bytes, (utf8proc_ssize_t)s.len, NULL, 0, (utf8proc_option_t)options);
	int32_t *codes;

	if (n <= 0)
		return n == 0 ? s : STR_NULL;
	codes = ARENA_ARRAY(a, int32_t, (size_t)n + 1);
	if (utf8proc_decompose(bytes, (utf8proc_ssize_t)s.len, codes, n, (utf8proc_option_t)options) != n)
		return STR_NULL;
	for (utf8proc_ssize_t i = 0; step && i < n; i++)
		codes[i] = step(codes[i]);
	n = utf8proc_reencode(codes, n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	return n < 0 ? STR_NULL : str_n(codes, (size_t)n);
}

struct str text_compose(struct arena *a, struct str s)
{
	return is_ascii(s) ? s : recode(a, s, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, NULL);
}

static int32_t upper(int32_t code)
{
	return utf8proc_toupper(code);
}

struct str text_upper(struct arena *a, struct str s)
{
	return s.len == 0 ? s : recode(a, s, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, upper);
}

/* đ has no decomposition: the bar is part of the letter. */
static int32_t without_bar(int32_t code)
{
	if (code == 0x111)
		return 'd';
	return code == 0x110 ? 'D' : code;
}

struct str text_without_marks(struct arena *a, struct str s)
{
	return is_ascii(s) ? s : recode(a, s, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK, without_bar);
}

bool text_equal_nfc(struct str a, struct str b)
{
	_cleanup_(arena_freep) struct arena *scratch = NULL;
	struct str x, y;

	if (str_equal(a, b))
		return !str_is_null(a) && !str_is_null(b);
	if (str_is_null(a) || str_is_null(b) || (is_ascii(a) && is_ascii(b)))
		return false;
	scratch = arena_new(64 * (a.len + b.len) + 1);
	x = text_compose(scratch, a);
	y = text_compose(scratch, b);
	return !str_is_null(x) && !str_is_null(y) && str_equal(x, y);
}
