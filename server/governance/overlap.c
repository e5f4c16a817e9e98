#include "server/governance/overlap.h"

#include "common/base/buf.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "server/governance/overlap_words.h"

#include <stdlib.h>
#include <string.h>

#define SYLLABLES_MAX 1200
#define WEIGHT_FULL 100
#define WEIGHT_COMMON 12
#define CONCEPTS_MAX 96

/* One syllable or pair, once per text. */
struct term {
	struct str folded, own;
	int weight;
};
struct terms {
	struct term *p;
	size_t n;
	int total;
};

/* Terms of the name, and of name and description together. */
struct overlap_text {
	const struct overlap_words *words;
	bool has_marks;
	struct terms name_one, name_two, all_one, all_two;
	uint8_t concepts[CONCEPTS_MAX]; /* 0 none, 1 in the description, 2 in the name */
	struct str_list functions, scopes; /* folded */
	struct str_list function_names, scope_names;
};

struct syllables {
	struct term *p;
	size_t n, max;
};

static bool is_word_part(uint32_t code)
{
	if (code < 0x80)
		return (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9') || code == '&';
	return code >= 0xc0 && !(code >= 0x2000 && code <= 0x2bff) && code != 0xd7 && code != 0xf7;
}

static void add_syllable(struct arena *a, struct syllables *s, struct str own)
{
	if (s->n < s->max && own.len > 0)
		s->p[s->n++] = (struct term){ .own = own, .folded = text_fold(a, own), .weight = WEIGHT_FULL };
}

static void add_word(struct arena *a, const struct overlap_words *words, struct syllables *s, struct str own)
{
	struct str folded = text_fold(a, own), part;

	for (size_t i = 0; i < words->n_abbreviations; i++) {
		struct str rest = words->abbreviations[i].full;

		if (!str_equal(words->abbreviations[i].folded, folded))
			continue;
		while (str_split(&rest, ' ', &part))
			add_syllable(a, s, part);
		return;
	}
	add_syllable(a, s, own);
}

static struct syllables split(struct arena *a, const struct overlap_words *words, struct str text)
{
	struct str lower = text_lower(a, text);
	/* An abbreviation has no more than four syllables to each of its letters. */
	size_t max = 4 * lower.len + 1 < SYLLABLES_MAX ? 4 * lower.len + 1 : SYLLABLES_MAX;
	struct syllables s = { .p = ARENA_ARRAY(a, struct term, max), .max = max };
	size_t from = 0, at = 0;
	uint32_t code;

	while (at < lower.len) {
		size_t n = utf8_decode(str_skip(lower, at), &code);

		if (n == 0)
			break;
		if (!is_word_part(code)) {
			add_word(a, words, &s, str_n(lower.p + from, at - from));
			from = at + n;
		}
		at += n;
	}
	add_word(a, words, &s, str_n(lower.p + from, at - from));
	return s;
}

/* Does the phrase stand at syllable i?  Its number of syllables, or 0. */
static size_t phrase_at(const struct syllables *s, size_t i, struct str phrase)
{
	struct str rest = str_n(phrase.p + 1, phrase.len - 2), part;
	size_t n = 0;

	while (str_split(&rest, ' ', &part)) {
		if (i + n >= s->n || !str_equal(s->p[i + n].folded, part))
			return 0;
		n++;
	}
	return n;
}

/* Phrases of concepts keep their weight; common phrases and stop words elsewhere lose theirs. */
static void weigh(struct arena *a, const struct overlap_words *words, struct syllables *s, uint8_t *concepts, uint8_t mark)
{
	bool *meant = ARENA_ARRAY(a, bool, s->n + 1);

	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < words->n_phrases; k++) {
			size_t n = phrase_at(s, i, words->phrases[k].text);

			for (size_t m = 0; m < n; m++)
				meant[i + m] = true;
			if (n > 0 && words->phrases[k].concept < CONCEPTS_MAX && concepts[words->phrases[k].concept] < mark)
				concepts[words->phrases[k].concept] = mark;
		}
	}
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < words->n_common; k++) {
			size_t n = phrase_at(s, i, words->common[k].text);

			for (size_t m = 0; m < n; m++)
				if (!meant[i + m])
					s->p[i + m].weight = WEIGHT_COMMON;
		}
		for (size_t k = 0; k < words->n_stop; k++)
			if (!meant[i] && str_equal(s->p[i].folded, words->stop[k]))
				s->p[i].weight = 0;
	}
}

static int compare_terms(const void *x, const void *y)
{
	const struct term *a = x, *b = y;
	int order = str_compare(a->folded, b->folded);

	/* The heavier first: it is the one that stays. */
	return order != 0 ? order : b->weight - a->weight;
}

/* Sorted, each once, none without weight. */
static struct terms set_of(struct term *p, size_t n)
{
	struct terms set = { .p = p };

	qsort(p, n, sizeof(*p), compare_terms);
	for (size_t i = 0; i < n; i++) {
		if (p[i].weight == 0 || (set.n > 0 && str_equal(p[set.n - 1].folded, p[i].folded)))
			continue;
		p[set.n++] = p[i];
		set.total += p[i].weight;
	}
	return set;
}

static struct terms pairs_of(struct arena *a, const struct syllables *s)
{
	struct term *p = ARENA_ARRAY(a, struct term, s->n + 1);
	const struct term *before = NULL;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct term *t = &s->p[i];

		if (t->weight == 0)
			continue;
		if (before)
			p[n++] = (struct term){
				.folded = arena_printf(a, "%.*s %.*s", STR_ARG(before->folded), STR_ARG(t->folded)),
				.own = arena_printf(a, "%.*s %.*s", STR_ARG(before->own), STR_ARG(t->own)),
				.weight = (before->weight + t->weight) / 2,
			};
		before = t;
	}
	return set_of(p, n);
}

static struct terms ones_of(struct arena *a, const struct syllables *s)
{
	struct term *p = ARENA_ARRAY(a, struct term, s->n + 1);

	memcpy(p, s->p, s->n * sizeof(*p));
	return set_of(p, s->n);
}

static struct str cut(struct str text)
{
	size_t n = text.len > OVERLAP_TEXT_MAX ? OVERLAP_TEXT_MAX : text.len;

	while (n > 0 && n < text.len && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	return str_n(text.p, n);
}

static bool has_marks(struct arena *a, struct str text)
{
	return !str_equal(text_fold(a, text), text_lower(a, text)) && !str_is_printable_ascii(text);
}

static struct str_list folded_list(struct arena *a, struct str_list tags)
{
	struct str *p = ARENA_ARRAY(a, struct str, tags.n + 1);

	for (size_t i = 0; i < tags.n; i++) {
		char *bytes;

		p[i] = arena_dup(a, text_fold(a, tags.p[i]));
		bytes = (char *)(uintptr_t)p[i].p;
		for (size_t k = 0; k < p[i].len; k++)
			if (bytes[k] == '-' || bytes[k] == '_' || bytes[k] == '.')
				bytes[k] = ' ';
	}
	return (struct str_list){ p, tags.n };
}

const struct overlap_text *overlap_prepare(struct arena *a, const struct overlap_words *words, const struct overlap_subject *subject)
{
	struct overlap_text *t = ARENA_NEW(a, struct overlap_text);
	struct str name = cut(subject->name);
	struct str both = arena_printf(a, "%.*s ; %.*s", STR_ARG(name), STR_ARG(cut(subject->description)));
	struct syllables of_name = split(a, words, name), of_all = split(a, words, both);

	t->words = words;
	t->has_marks = has_marks(a, both);
	weigh(a, words, &of_all, t->concepts, 1);
	weigh(a, words, &of_name, t->concepts, 2);
	t->name_one = ones_of(a, &of_name);
	t->name_two = pairs_of(a, &of_name);
	t->all_one = ones_of(a, &of_all);
	t->all_two = pairs_of(a, &of_all);
	t->function_names = subject->functions;
	t->scope_names = subject->scopes;
	t->functions = folded_list(a, subject->functions);
	t->scopes = folded_list(a, subject->scopes);
	return t;
}

/* What both have, 0..1000: half of all that there is (Dice), half of the smaller (a long text may contain a short one). */
static int shared(const struct terms *x, const struct terms *y, bool both_marked, struct buf *words)
{
	size_t i = 0, k = 0;
	int common = 0, least = x->total < y->total ? x->total : y->total;

	while (i < x->n && k < y->n) {
		int order = str_compare(x->p[i].folded, y->p[k].folded);

		if (order == 0) {
			int weight = x->p[i].weight < y->p[k].weight ? x->p[i].weight : y->p[k].weight;
			bool differ = both_marked && !str_equal(x->p[i].own, y->p[k].own);

			common += differ ? weight / 2 : weight;
			if (words && weight > WEIGHT_COMMON && !differ && words->len + x->p[i].own.len + 2 < 160)
				buf_printf(words, "%s%.*s", words->len > 0 ? ", " : "", STR_ARG(x->p[i].own));
		}
		i += order <= 0;
		k += order >= 0;
	}
	if (least == 0)
		return 0;
	return (1000 * common / (x->total + y->total)) + (500 * common / least);
}

static void add_reason(struct overlap_verdict *v, enum overlap_reason_kind kind, struct str what, int score)
{
	if (v->n_reasons < OVERLAP_REASONS_MAX)
		v->reasons[v->n_reasons++] = (struct overlap_reason){ kind, what, score };
}

/* -1: one of the two has no concept.  A concept in the name counts twice one in the description. */
static int compare_concepts(const struct overlap_text *x, const struct overlap_text *y, struct overlap_verdict *v)
{
	int of_x = 0, of_y = 0, both = 0;

	for (size_t i = 0; i < x->words->n_concepts && i < CONCEPTS_MAX; i++) {
		int least = x->concepts[i] < y->concepts[i] ? x->concepts[i] : y->concepts[i];

		of_x += x->concepts[i];
		of_y += y->concepts[i];
		both += least;
		if (least > 0 && v->n_reasons < OVERLAP_REASONS_MAX - 4)
			add_reason(v, OVERLAP_BY_CONCEPT, x->words->concepts[i], 500 * least);
	}
	if (of_x == 0 || of_y == 0)
		return -1;
	return 1000 * both / (of_x < of_y ? of_x : of_y) / 2 + 1000 * both / (of_x + of_y);
}

static int compare_texts(struct arena *a, const struct overlap_text *x, const struct overlap_text *y, struct overlap_verdict *v)
{
	bool both_marked = x->has_marks && y->has_marks;
	struct buf in_name = buf_new(a, 200), in_all = buf_new(a, 200);
	int name = (2 * shared(&x->name_one, &y->name_one, both_marked, NULL) + 3 * shared(&x->name_two, &y->name_two, both_marked, &in_name)) / 5;
	int all = (2 * shared(&x->all_one, &y->all_one, both_marked, NULL) + 3 * shared(&x->all_two, &y->all_two, both_marked, &in_all)) / 5;
	int concepts = compare_concepts(x, y, v);

	if (in_name.len > 0)
		add_reason(v, OVERLAP_BY_NAME, buf_str(&in_name), name);
	if (in_all.len > 0)
		add_reason(v, OVERLAP_BY_TEXT, buf_str(&in_all), all);
	if (concepts < 0)
		return (60 * name + 40 * all) / 100;
	/* Each names a function of the field, and not the same one: likeness of the rest is that of the trade's language. */
	if (concepts == 0)
		return (35 * name + 25 * all) / 100;
	return (30 * name + 20 * all + 50 * concepts) / 100;
}

static bool is_everywhere(struct str scope)
{
	static const struct str words[] = { STR("toan quoc"), STR("toan tinh"), STR("tat ca"), STR("dung chung"), STR("all"), STR("quoc gia") };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_equal(words[i], scope))
			return true;
	return false;
}

static size_t shared_tags(struct str_list x, struct str_list y, struct str_list names, enum overlap_reason_kind kind, struct overlap_verdict *v)
{
	size_t n = 0;

	for (size_t i = 0; i < x.n; i++) {
		if (!str_list_has(y, x.p[i]))
			continue;
		n++;
		add_reason(v, kind, names.p[i], 1000);
	}
	return n;
}

/* Not said is not elsewhere: who leaves the scope out does not get by. */
static bool scopes_meet(const struct overlap_text *x, const struct overlap_text *y, struct overlap_verdict *v)
{
	if (x->scopes.n == 0 || y->scopes.n == 0) {
		add_reason(v, OVERLAP_BY_SCOPE_UNSAID, STR(""), 0);
		return true;
	}
	for (size_t i = 0; i < x->scopes.n; i++)
		if (is_everywhere(x->scopes.p[i])) {
			add_reason(v, OVERLAP_BY_SCOPE_TAG, x->scope_names.p[i], 1000);
			return true;
		}
	for (size_t i = 0; i < y->scopes.n; i++)
		if (is_everywhere(y->scopes.p[i])) {
			add_reason(v, OVERLAP_BY_SCOPE_TAG, y->scope_names.p[i], 1000);
			return true;
		}
	return shared_tags(x->scopes, y->scopes, x->scope_names, OVERLAP_BY_SCOPE_TAG, v) > 0;
}

void overlap_compare(struct arena *a, const struct overlap_text *x, const struct overlap_text *y, struct overlap_verdict *ret)
{
	struct overlap_verdict v = { .class = OVERLAP_NONE };
	size_t tags = shared_tags(x->functions, y->functions, x->function_names, OVERLAP_BY_FUNCTION_TAG, &v);
	size_t fewer = x->functions.n < y->functions.n ? x->functions.n : y->functions.n;
	bool tags_agree = tags > 0 && 2 * tags >= fewer, tags_differ = fewer > 0 && tags == 0;

	v.text_score = compare_texts(a, x, y, &v);
	v.score = tags_agree ? 1000 : v.text_score;
	v.same_function = v.score >= (tags_differ ? OVERLAP_SAME_AGAINST_TAGS : OVERLAP_SAME);
	v.same_scope = scopes_meet(x, y, &v);
	if (v.same_function && v.same_scope)
		v.class = OVERLAP_BOTH;
	else if (v.same_function || v.score >= OVERLAP_SIMILAR)
		v.class = OVERLAP_INFORM;
	*ret = v;
}

const char *overlap_reason_name(enum overlap_reason_kind kind)
{
	static const char *const names[] = {
		[OVERLAP_BY_FUNCTION_TAG] = "function", [OVERLAP_BY_SCOPE_TAG] = "scope", [OVERLAP_BY_SCOPE_UNSAID] = "scope_not_said",
		[OVERLAP_BY_CONCEPT] = "concept", [OVERLAP_BY_NAME] = "name", [OVERLAP_BY_TEXT] = "description",
	};

	return names[kind];
}
