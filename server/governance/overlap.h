/*
 * overlap.h: how far two platforms do the same.  Pure: text and tags in, score and reasons out.
 *
 * Text is compared by syllables and pairs of syllables (Vietnamese words are mostly pairs), folded; where both texts
 * carry diacritics, syllables that differ in them count half.  Abbreviations are written out, words that stand in every
 * second name ("hệ thống", "quản lý", "tỉnh Nghệ An") weigh little, and phrases of the field that name the same
 * function in other words meet in one concept (overlap_words.c).  Scores are 0..1000.
 */
#pragma once

#include "common/base/arena.h"

/*
 * Thresholds, found on the half of tests/data/overlap_pairs.csv that is for tuning; the test prints the curve.
 * A missed overlap costs an investment, a false one costs a person one reasoned line: SAME is the highest step at which
 * recall is above 0.9 there.  What lies between SIMILAR and SAME informs and blocks nothing.
 */
#define OVERLAP_SAME 350
#define OVERLAP_SIMILAR 250
/* Both sides say their functions by tags and share none: the text must speak more clearly. */
#define OVERLAP_SAME_AGAINST_TAGS 550

#define OVERLAP_TEXT_MAX 6000   /* bytes of name and description that are looked at */
#define OVERLAP_REASONS_MAX 12

struct overlap_words; /* the lexicon, folded: one per unit of work */
const struct overlap_words *overlap_words_new(struct arena *a);

/* What is compared; texts in valid UTF-8, any normalisation. */
struct overlap_subject {
	struct str name, description;
	struct str_list functions, scopes; /* tags; none: not said */
};
struct overlap_text; /* a subject, prepared for many comparisons */
const struct overlap_text *overlap_prepare(struct arena *a, const struct overlap_words *words, const struct overlap_subject *subject);

enum overlap_class {
	OVERLAP_NONE,
	OVERLAP_INFORM, /* alike, or the same function for another scope */
	OVERLAP_BOTH,   /* the same function for the same scope */
};
enum overlap_reason_kind { OVERLAP_BY_FUNCTION_TAG, OVERLAP_BY_SCOPE_TAG, OVERLAP_BY_SCOPE_UNSAID, OVERLAP_BY_CONCEPT, OVERLAP_BY_NAME, OVERLAP_BY_TEXT };
struct overlap_reason {
	enum overlap_reason_kind kind;
	struct str what; /* the tag, the concept, the words that are shared */
	int score;       /* 0..1000 */
};
struct overlap_verdict {
	enum overlap_class class;
	int score;       /* of the functions: by text, raised to 1000 by tags that agree */
	int text_score;  /* by name and description alone */
	bool same_function, same_scope;
	struct overlap_reason reasons[OVERLAP_REASONS_MAX];
	size_t n_reasons;
};
void overlap_compare(struct arena *a, const struct overlap_text *x, const struct overlap_text *y, struct overlap_verdict *ret);

/* "function_tag", … for answers. */
const char *overlap_reason_name(enum overlap_reason_kind kind);
