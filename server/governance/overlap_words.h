/* overlap_words.h (private): the vocabulary of overlap.c: abbreviations, common words, and concepts with their phrases. */
#pragma once

#include "common/base/arena.h"

struct overlap_phrase {
	struct str text;  /* " thu tuc hanh chinh ": folded, a space on both sides */
	size_t concept;   /* of the concepts; unused for common phrases */
};
struct overlap_abbreviation {
	struct str folded;
	struct str full; /* with diacritics */
};
struct overlap_words {
	const struct overlap_abbreviation *abbreviations;
	size_t n_abbreviations;
	const struct overlap_phrase *common; /* weigh little */
	size_t n_common;
	const struct overlap_phrase *phrases; /* of concepts */
	size_t n_phrases;
	const struct str *concepts; /* their names, as people read them */
	size_t n_concepts;
	const struct str *stop; /* syllables without any weight, folded */
	size_t n_stop;
};
