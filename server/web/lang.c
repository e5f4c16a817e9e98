#include "server/web/lang.h"

#include "server/web/embedded.h"
#include "server/web/page.h"

#define TAGS_MAX 16

const struct lang_entry *lang_find(struct str key)
{
	size_t low = 0, high = n_embedded_strings;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(str_c(embedded_strings[middle].key), key);

		if (order == 0)
			return &embedded_strings[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct str lang_text(struct str lang, struct str key)
{
	const struct lang_entry *e = lang_find(key);

	if (!e)
		return STR_NULL;
	return str_equal(lang, STR("en")) ? e->en : e->vi;
}

bool page_text_exists(const char *key)
{
	return lang_find(str_c(key)) != NULL;
}

/* The argument that text begins with the {name} of, or NULL. */
static const struct page_arg *argument_at(struct str text, const struct page_arg *args, size_t n_args)
{
	ptrdiff_t close = text.p[0] == '{' ? str_index(text, '}') : -1;

	for (size_t i = 0; close > 0 && i < n_args; i++)
		if (str_equal(str_c(args[i].name), str_n(text.p + 1, (size_t)close - 1)))
			return &args[i];
	return NULL;
}

struct str lang_fill(struct arena *a, struct str text, const struct page_arg *args, size_t n_args)
{
	/* Each replacement takes a name of one letter or more and two braces. */
	size_t room = text.len;

	for (size_t i = 0; i < n_args; i++)
		room += args[i].value.len * (text.len / 3);

	struct buf b = buf_new(a, room);

	while (text.len > 0) {
		const struct page_arg *arg = argument_at(text, args, n_args);

		if (arg)
			buf_add(&b, arg->value);
		else
			buf_add_char(&b, text.p[0]);
		text = str_skip(text, arg ? (size_t)str_index(text, '}') + 1 : 1);
	}
	return buf_str(&b);
}

struct str page_text(struct arena *a, struct str lang, const char *key, const struct page_arg *args, size_t n_args)
{
	struct str text = lang_text(lang, str_c(key));

	if (str_is_null(text))
		return arena_dup_c(a, key);
	return n_args == 0 ? text : lang_fill(a, text, args, n_args);
}

/* qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ) (RFC 9110 §12.4.2), in thousandths; -1: malformed. */
static int parse_q(struct str s)
{
	int q = 0, unit = 100;

	if (s.len == 0 || s.len > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.len > 1 && s.p[1] != '.'))
		return -1;
	q = (s.p[0] - '0') * 1000;
	for (size_t i = 2; i < s.len; i++, unit /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		q += (s.p[i] - '0') * unit;
	}
	return q > 1000 ? -1 : q;
}

/* The weight of "vi-VN;q=0.8"; *tag becomes "vi-VN". */
static int take_weight(struct str *tag)
{
	struct str rest = *tag, parameter;
	int q = 1000;

	str_split(&rest, ';', tag);
	*tag = str_trim(*tag);
	while (str_split(&rest, ';', &parameter)) {
		parameter = str_trim(parameter);
		if (str_starts(parameter, STR("q=")))
			q = parse_q(str_skip(parameter, 2));
	}
	return q;
}

static struct str known_language(struct str tag)
{
	struct str rest = tag, primary = STR_NULL;

	str_split(&rest, '-', &primary);
	if (str_equal_nocase(primary, STR("vi")))
		return STR("vi");
	return str_equal_nocase(primary, STR("en")) ? STR("en") : STR_NULL;
}

/* Accept-Language has commas and weights, ui_locales has spaces and its order (OIDC Core §3.1.2.1). */
struct str page_lang_choose(struct str accept)
{
	char separator = str_index(accept, ',') < 0 && str_index(accept, ';') < 0 ? ' ' : ',';
	struct str rest = accept, tag, best = STR_NULL;
	int best_q = 0;

	for (size_t n = 0; n < TAGS_MAX && str_split(&rest, separator, &tag); n++) {
		int q = take_weight(&tag);
		struct str lang = known_language(tag);

		if (!str_is_null(lang) && q > best_q) {
			best = lang;
			best_q = q;
		}
	}
	return best;
}
