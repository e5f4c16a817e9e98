#include "common/base/text.h"

#include "common/base/buf.h"
#include "common/base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#define USER_NAME_MIN 2
#define USER_NAME_MAX 32

/* Code points of s, decomposed; there is room for one more behind them. False when s is not UTF-8. */
static bool decompose(struct arena *a, struct str s, unsigned options, int32_t **ret_codes, size_t *ret_n)
{
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)s.p;
	utf8proc_option_t flags = (utf8proc_option_t)options;
	utf8proc_ssize_t n = utf8proc_decompose(bytes, (utf8proc_ssize_t)s.len, NULL, 0, flags);

	if (n < 0 || s.len == 0)
		return s.len == 0;

	int32_t *codes = ARENA_ARRAY(a, int32_t, (size_t)n + 1);

	if (utf8proc_decompose(bytes, (utf8proc_ssize_t)s.len, codes, n, flags) != n)
		return false;
	*ret_codes = codes;
	*ret_n = (size_t)n;
	return true;
}

static bool is_white_space(int32_t code)
{
	utf8proc_category_t category = utf8proc_category(code);

	return (code >= '\t' && code <= '\r') || category == UTF8PROC_CATEGORY_ZS ||
	       category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/* Also the invisible format characters: with them two names look alike and differ. */
static bool is_control(int32_t code)
{
	utf8proc_category_t category = utf8proc_category(code);

	return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF;
}

/* Runs of white space become one space, outer ones go. Returns the new number. */
static size_t collapse_white_space(int32_t *codes, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_white_space(codes[i]))
			codes[kept++] = codes[i];
		else if (kept > 0 && codes[kept - 1] != ' ')
			codes[kept++] = ' ';
	}
	return kept > 0 && codes[kept - 1] == ' ' ? kept - 1 : kept;
}

/* Encodes in place: the array of code points becomes the text. */
static struct str encode(int32_t *codes, size_t n, unsigned options)
{
	utf8proc_ssize_t len = utf8proc_reencode(codes, (utf8proc_ssize_t)n, (utf8proc_option_t)options);

	return len < 0 ? STR_NULL : str_n(codes, (size_t)len);
}

bool text_normalise(struct arena *a, struct str s, struct str *ret)
{
	int32_t *codes = NULL;
	size_t n = 0;

	if (s.len == 0) {
		*ret = s;
		return true;
	}
	if (!utf8_is_valid(s) || !decompose(a, s, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &codes, &n))
		return false;
	n = collapse_white_space(codes, n);
	for (size_t i = 0; i < n; i++)
		if (is_control(codes[i]))
			return false;

	struct str text = encode(codes, n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);

	if (str_is_null(text))
		return false;
	*ret = text;
	return true;
}

bool text_normalise_prose(struct arena *a, struct str s, struct str *ret)
{
	/* Composition never needs more bytes than twice the input and a line break. */
	struct buf b = buf_new(a, 3 * s.len + 1);
	struct str rest = s, line;
	size_t len = 0;

	while (str_split(&rest, '\n', &line)) {
		if (!text_normalise(a, line, &line))
			return false;
		buf_add(&b, line);
		if (line.len > 0)
			len = buf_str(&b).len;
		buf_add_char(&b, '\n');
	}
	if (!buf_ok(&b))
		return false;
	*ret = str_n(buf_str(&b).p, len);
	return true;
}

bool text_is_printable(struct str s)
{
	utf8proc_int32_t code;

	if (!utf8_is_valid(s))
		return false;
	for (size_t i = 0; i < s.len;) {
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p + i, (utf8proc_ssize_t)(s.len - i), &code);
		utf8proc_category_t category = utf8proc_category(code);

		if (n <= 0 || is_control(code) || category == UTF8PROC_CATEGORY_CN || category == UTF8PROC_CATEGORY_CO ||
		    category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP)
			return false;
		i += (size_t)n;
	}
	return true;
}

/* Without marks and case, đ as d, single spaces. NULL when s is not UTF-8. */
static int32_t *strip(struct arena *a, struct str s, size_t *ret_n)
{
	unsigned options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK |
	                   UTF8PROC_CASEFOLD;
	int32_t *codes = ARENA_ARRAY(a, int32_t, 1);
	size_t n = 0;

	if (!decompose(a, s, options, &codes, &n))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (codes[i] == 0x111) /* đ has no decomposition: the bar is part of the letter */
			codes[i] = 'd';
	*ret_n = collapse_white_space(codes, n);
	return codes;
}

/*
 * "Lý" and "Lí", "Quý" and "Quí", "Mỹ" and "Mĩ" are the same sound and both in use: y directly
 * after a consonant, the u of qu counted as one, is written i.  After a vowel (Thúy, Thúi) and
 * at the beginning (Yến) the letter tells words apart and stays.
 */
static bool y_sounds_as_i(const int32_t *codes, size_t i)
{
	if (i == 0)
		return false;
	if (codes[i - 1] == 'u')
		return i > 1 && codes[i - 2] == 'q';
	return codes[i - 1] >= 'a' && codes[i - 1] <= 'z' && !strchr("aeioy", codes[i - 1]);
}

struct str text_fold(struct arena *a, struct str s)
{
	size_t n = 0;

	if (str_is_null(s))
		return STR_NULL;

	int32_t *codes = strip(a, s, &n);

	if (!codes)
		return STR_NULL;
	for (size_t i = 0; i < n; i++)
		if (codes[i] == 'y' && y_sounds_as_i(codes, i))
			codes[i] = 'i';
	return encode(codes, n, UTF8PROC_STABLE);
}

struct str text_lower(struct arena *a, struct str s)
{
	int32_t *codes = NULL;
	size_t n = 0;

	if (s.len == 0 || !decompose(a, s, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, &codes, &n))
		return s.len == 0 ? s : STR_NULL;
	return encode(codes, n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Its letters and digits, a beginning of digits left out when it stands first. */
static void add_letters(char *out, size_t *len, struct str word, size_t max_letters)
{
	size_t added = 0;

	for (size_t i = 0; i < word.len && added < max_letters && *len < USER_NAME_MAX; i++) {
		char c = word.p[i];

		if (!is_lower(c) && !(is_digit(c) && *len > 0))
			continue;
		out[(*len)++] = c;
		added++;
	}
}

struct str text_user_name(struct arena *a, struct str full_name, unsigned n)
{
	char name[USER_NAME_MAX];
	char number[16] = "";
	size_t len = 0, n_codes = 0;
	int32_t *codes = strip(a, full_name, &n_codes);
	struct str rest = codes ? encode(codes, n_codes, UTF8PROC_STABLE) : STR("");
	struct str word, given = rest;

	while (str_index(given, ' ') >= 0)
		given = str_skip(given, (size_t)str_index(given, ' ') + 1);
	add_letters(name, &len, given, USER_NAME_MAX);
	while (str_split(&rest, ' ', &word) && word.p != given.p)
		add_letters(name, &len, word, 1);
	if (n > 1)
		(void)snprintf(number, sizeof(number), "%u", n);
	/* Nothing of the Latin script in it, or one single letter: a neutral stem. */
	if (len < USER_NAME_MIN) {
		memcpy(name, "user", 4);
		len = 4;
	}
	if (len > USER_NAME_MAX - strlen(number))
		len = USER_NAME_MAX - strlen(number);
	return arena_printf(a, "%.*s%s", (int)len, name, number);
}

bool text_is_user_name(struct str s)
{
	if (s.len < USER_NAME_MIN || s.len > USER_NAME_MAX || !is_lower(s.p[0]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_lower(s.p[i]) && !is_digit(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
			return false;
	return true;
}

static int number(const char *p, size_t n_digits)
{
	int value = 0;

	for (size_t i = 0; i < n_digits; i++)
		value = value * 10 + (p[i] - '0');
	return value;
}

bool text_is_iso_date(struct str s)
{
	static const int days_of[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (s.len != 10)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (i == 4 || i == 7 ? s.p[i] != '-' : !is_digit(s.p[i]))
			return false;

	int year = number(s.p, 4), month = number(s.p + 5, 2), day = number(s.p + 8, 2);
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days_of[month - 1] + (month == 2 && is_leap);
}

static bool is_ascii_letter(uint32_t code)
{
	return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

static bool is_one_of(uint32_t code, const unsigned char *set)
{
	return code < 0x100 && code != 0 && strchr((const char *)set, (int)code) != NULL;
}

#define CERTAIN 4

/* How strongly two neighbours speak for an old 8-bit font encoding; proper text never has them. */
static unsigned suspicion(uint32_t before, uint32_t code)
{
	/* TCVN3: ¡..¬ ® µ ¶ · ¸ ¹ » ¼ ½ ¾ × ÷ Þ þ, touching a letter: "Hoµng", "§inh" */
	static const unsigned char symbols[] = "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xae"
	                                       "\xb5\xb6\xb7\xb8\xb9\xbb\xbc\xbd\xbe\xd7\xf7\xde\xfe";
	/* VNI: the second of the two characters that make one vowel: "Nguyeãn Vaên" */
	static const unsigned char vni_marks[] = "\xd8\xd9\xdb\xd5\xc2\xc0\xc1\xc5\xc3\xc4\xca\xc8\xc9"
	                                         "\xf8\xf9\xfb\xf5\xe2\xe0\xe1\xe5\xe3\xe4\xea\xe8\xe9";
	/* Letters that Vietnamese does not have, but other languages do: not enough alone. */
	static const unsigned char foreign[] = "\xad\xc4\xc5\xc6\xc7\xcb\xce\xcf\xd0\xd1\xd6\xd8\xdb\xdc\xdf"
	                                       "\xe4\xe5\xe6\xe7\xeb\xee\xef\xf0\xf1\xf6\xf8\xfb\xfc\xff";

	if ((is_one_of(code, symbols) && is_ascii_letter(before)) ||
	    (is_one_of(before, symbols) && is_ascii_letter(code)))
		return CERTAIN;
	/* A capital letter with an accent after a small one: "NguyÔn" (TCVN3) */
	if (before >= 'a' && before <= 'z' && code >= 0xc0 && code <= 0xde)
		return CERTAIN;
	if (is_one_of(before, (const unsigned char *)"aeAE") && is_one_of(code, vni_marks))
		return CERTAIN;
	return is_one_of(code, foreign);
}

bool text_looks_like_tcvn3(struct str bytes)
{
	bool is_utf8 = utf8_is_valid(bytes);
	unsigned total = 0;
	uint32_t before = ' ';

	while (bytes.len > 0 && total < CERTAIN) {
		uint32_t code = (unsigned char)bytes.p[0];
		size_t n = is_utf8 ? utf8_decode(bytes, &code) : 1;

		total += suspicion(before, code);
		before = code;
		bytes = str_skip(bytes, n);
	}
	return total >= CERTAIN;
}
