/* mapping_functions.c: what can be called.  Arguments have the types that the checker saw; null only where takes_null says so. */
#include "common/base/buf.h"
#include "common/base/text.h"
#include "common/plan/mapping_impl.h"

#define S MAPPING_STRING
#define B MAPPING_BOOLEAN
#define I MAPPING_INTEGER
#define D MAPPING_DATE
#define L MAPPING_LIST
#define RUN(name) static struct mapping_value name(_unused_ struct arena *a, const struct mapping_value *const *args, _unused_ size_t n)

static struct mapping_value changed(struct arena *a, struct str s)
{
	return mapping_text(mapping_nfc(a, s));
}

static struct mapping_value boolean(bool is_true)
{
	return (struct mapping_value){ .type = B, .number = is_true };
}

static struct mapping_value integer(size_t value)
{
	return (struct mapping_value){ .type = I, .number = (int64_t)value };
}

RUN(run_lower)
{
	return changed(a, text_lower(a, args[0]->text));
}

RUN(run_upper)
{
	return changed(a, text_upper(a, args[0]->text));
}

RUN(run_fold)
{
	return changed(a, text_without_marks(a, args[0]->text));
}

RUN(run_trim)
{
	return mapping_text(str_trim(args[0]->text));
}

/* Bytes of the first n characters. */
static size_t prefix_len(struct str s, int64_t n)
{
	size_t at = 0;

	for (int64_t i = 0; i < n && at < s.len; i++)
		for (at++; at < s.len && ((unsigned char)s.p[at] & 0xC0) == 0x80; at++)
			;
	return at;
}

RUN(run_left)
{
	return mapping_text(str_n(args[0]->text.p, prefix_len(args[0]->text, args[1]->number)));
}

RUN(run_right)
{
	struct str s = args[0]->text;
	int64_t length = (int64_t)utf8_length(s);

	return changed(a, str_skip(s, prefix_len(s, length - (args[1]->number > 0 ? args[1]->number : 0))));
}

/* From the character `from` on, the first being 1. */
RUN(run_substr)
{
	struct str s = str_skip(args[0]->text, prefix_len(args[0]->text, args[1]->number - 1));

	return changed(a, str_n(s.p, prefix_len(s, args[2]->number)));
}

static ptrdiff_t find(struct str s, struct str what)
{
	for (size_t i = 0; what.len > 0 && i + what.len <= s.len; i++)
		if (s.p[i] == what.p[0] && memcmp(s.p + i, what.p, what.len) == 0)
			return (ptrdiff_t)i;
	return -1;
}

RUN(run_replace)
{
	struct buf b = buf_new(a, 2 * MAPPING_TEXT_MAX);
	struct str rest = args[0]->text;
	ptrdiff_t at;

	/* What is cut off in the end need not be written. */
	while ((at = find(rest, args[1]->text)) >= 0 && b.len <= MAPPING_TEXT_MAX) {
		buf_add(&b, mapping_cut(str_n(rest.p, (size_t)at)));
		if (b.len <= MAPPING_TEXT_MAX)
			buf_add(&b, mapping_cut(args[2]->text));
		rest = str_skip(rest, (size_t)at + args[1]->text.len);
	}
	if (b.len <= MAPPING_TEXT_MAX)
		buf_add(&b, rest);
	return changed(a, buf_str(&b));
}

RUN(run_before)
{
	ptrdiff_t at = find(args[0]->text, args[1]->text);

	return mapping_text(at < 0 ? args[0]->text : str_n(args[0]->text.p, (size_t)at));
}

RUN(run_after)
{
	ptrdiff_t at = find(args[0]->text, args[1]->text);

	return at < 0 ? mapping_text(STR("")) : changed(a, str_skip(args[0]->text, (size_t)at + args[1]->text.len));
}

static void add_part(struct buf *b, struct str separator, struct str part)
{
	if (part.len == 0 || b->len > MAPPING_TEXT_MAX)
		return;
	if (b->len > 0)
		buf_add(b, separator);
	if (b->len <= MAPPING_TEXT_MAX)
		buf_add(b, part);
}

RUN(run_join)
{
	struct buf b = buf_new(a, 3 * MAPPING_TEXT_MAX);

	for (size_t i = 1; i < n; i++) {
		add_part(&b, args[0]->text, args[i]->text);
		for (size_t k = 0; k < args[i]->n; k++)
			add_part(&b, args[0]->text, mapping_cut(args[i]->items[k]));
	}
	return changed(a, b.len > 0 ? buf_str(&b) : STR(""));
}

RUN(run_list)
{
	struct mapping_value v = { .type = L };
	size_t room = 0;
	struct str *items;

	for (size_t i = 0; i < n; i++)
		room += 1 + args[i]->n;
	v.items = items = ARENA_ARRAY(a, struct str, room < MAPPING_LIST_MAX ? room : MAPPING_LIST_MAX);
	for (size_t i = 0; i < n; i++) {
		if (args[i]->text.len > 0 && v.n < MAPPING_LIST_MAX)
			items[v.n++] = args[i]->text;
		for (size_t k = 0; k < args[i]->n && v.n < MAPPING_LIST_MAX; k++)
			items[v.n++] = args[i]->items[k];
	}
	return v;
}

RUN(run_has)
{
	return boolean(str_list_has((struct str_list){ args[0]->items, args[0]->n }, args[1]->text));
}

RUN(run_starts)
{
	return boolean(str_starts(args[0]->text, args[1]->text));
}

RUN(run_ends)
{
	return boolean(str_ends(args[0]->text, args[1]->text));
}

RUN(run_contains)
{
	return boolean(args[1]->text.len == 0 || find(args[0]->text, args[1]->text) >= 0);
}

RUN(run_length)
{
	return integer(utf8_length(args[0]->text));
}

RUN(run_count)
{
	return integer(args[0]->n);
}

RUN(run_first)
{
	return args[0]->n > 0 ? mapping_text(mapping_cut(args[0]->items[0])) : mapping_null();
}

RUN(run_number)
{
	return mapping_text(arena_printf(a, "%lld", (long long)args[0]->number));
}

RUN(run_date)
{
	struct str s = args[0]->text;

	return text_is_iso_date(s) ? (struct mapping_value){ .type = D, .text = s } : mapping_null();
}

/* dd, MM, yyyy and signs between them. */
static struct str format_piece(struct str pattern, struct str date)
{
	if (str_starts(pattern, STR("yyyy")))
		return str_n(date.p, 4);
	if (str_starts(pattern, STR("MM")))
		return str_n(date.p + 5, 2);
	if (str_starts(pattern, STR("dd")))
		return str_n(date.p + 8, 2);
	return str_n(pattern.p, 1);
}

RUN(run_format)
{
	struct str rest = args[1]->text;
	struct buf b = buf_new(a, MAPPING_TEXT_MAX);

	while (rest.len > 0) {
		struct str piece = format_piece(rest, args[0]->text);

		buf_add(&b, piece);
		rest = str_skip(rest, piece.len);
	}
	return mapping_text(buf_str(&b));
}

#define FORMAT_MAX 32

bool mapping_format_is_valid(struct str pattern)
{
	static const struct str date = STR("2026-11-26");

	if (pattern.len == 0 || pattern.len > FORMAT_MAX)
		return false;
	while (pattern.len > 0) {
		struct str piece = format_piece(pattern, date);

		if (piece.len == 1 && !strchr("/-. :", pattern.p[0]))
			return false;
		pattern = str_skip(pattern, piece.len);
	}
	return true;
}

static const struct mapping_function functions[] = {
	{ .name = STR("lower"), .n_min = 1, .n_max = 1, .args = { S }, .result = S, .is_linear = true, .run = run_lower },
	{ .name = STR("upper"), .n_min = 1, .n_max = 1, .args = { S }, .result = S, .is_linear = true, .run = run_upper },
	{ .name = STR("fold"), .n_min = 1, .n_max = 1, .args = { S }, .result = S, .is_linear = true, .run = run_fold },
	{ .name = STR("trim"), .n_min = 1, .n_max = 1, .args = { S }, .result = S, .run = run_trim },
	{ .name = STR("left"), .n_min = 2, .n_max = 2, .args = { S, I }, .result = S, .is_linear = true, .run = run_left },
	{ .name = STR("right"), .n_min = 2, .n_max = 2, .args = { S, I }, .result = S, .is_linear = true, .run = run_right },
	{ .name = STR("substr"), .n_min = 3, .n_max = 3, .args = { S, I, I }, .result = S, .is_linear = true, .run = run_substr },
	{ .name = STR("replace"), .n_min = 3, .n_max = 3, .args = { S, S, S }, .result = S, .is_linear = true, .run = run_replace },
	{ .name = STR("before"), .n_min = 2, .n_max = 2, .args = { S, S }, .result = S, .is_linear = true, .run = run_before },
	{ .name = STR("after"), .n_min = 2, .n_max = 2, .args = { S, S }, .result = S, .is_linear = true, .run = run_after },
	{ .name = STR("join"), .n_min = 2, .n_max = 33, .args = { S, MAPPING_NULL, MAPPING_NULL }, .result = S, .mixed = true, .takes_null = true,
	  .is_linear = true, .run = run_join },
	{ .name = STR("list"), .n_min = 1, .n_max = 32, .args = { MAPPING_NULL, MAPPING_NULL, MAPPING_NULL }, .result = L, .mixed = true,
	  .takes_null = true, .is_linear = true, .run = run_list },
	{ .name = STR("has"), .n_min = 2, .n_max = 2, .args = { L, S }, .result = B, .takes_null = true, .is_linear = true, .run = run_has },
	{ .name = STR("starts"), .n_min = 2, .n_max = 2, .args = { S, S }, .result = B, .is_linear = true, .run = run_starts },
	{ .name = STR("ends"), .n_min = 2, .n_max = 2, .args = { S, S }, .result = B, .is_linear = true, .run = run_ends },
	{ .name = STR("contains"), .n_min = 2, .n_max = 2, .args = { S, S }, .result = B, .is_linear = true, .run = run_contains },
	{ .name = STR("length"), .n_min = 1, .n_max = 1, .args = { S }, .result = I, .takes_null = true, .is_linear = true, .run = run_length },
	{ .name = STR("count"), .n_min = 1, .n_max = 1, .args = { L }, .result = I, .takes_null = true, .run = run_count },
	{ .name = STR("first"), .n_min = 1, .n_max = 1, .args = { L }, .result = S, .may_be_null = true, .run = run_first },
	{ .name = STR("text"), .n_min = 1, .n_max = 1, .args = { I }, .result = S, .run = run_number },
	{ .name = STR("date"), .n_min = 1, .n_max = 1, .args = { S }, .result = D, .may_be_null = true, .run = run_date },
	{ .name = STR("format"), .n_min = 2, .n_max = 2, .args = { D, S }, .result = S, .run = run_format },
};

const struct mapping_function *mapping_function_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		if (str_equal(functions[i].name, name))
			return &functions[i];
	return NULL;
}
