/*
 * text.h: Vietnamese text: Unicode normalisation, folding for search, user names.
 *
 * All input text is brought to NFC when it enters.  Search compares folded forms: no
 * diacritics, đ as d, i for y after a consonant and both tone styles (oà/òa) alike, lower
 * case, single spaces; the database keeps a folded column written by this code.
 */
#pragma once

#include "common/base/arena.h"

/* Well-formed UTF-8 without NUL, surrogates and overlong forms. */
bool utf8_is_valid(struct str s) _pure_;
size_t utf8_length(struct str s) _pure_; /* code points; s is valid */
/* NFC, outer white space trimmed, inner runs of white space as one space, control characters refused. */
bool text_normalise(struct arena *a, struct str s, struct str *ret) _must_check_;
/* The same for text of several lines, each by itself; CR LF is one line break, lines at the end that are empty are dropped. */
bool text_normalise_prose(struct arena *a, struct str s, struct str *ret) _must_check_;
/* Well-formed, of characters that are seen, or are spaces: nothing invisible, no line break, nothing that turns text around. */
bool text_is_printable(struct str s) _pure_;
/* "Đặng Thị Phượng" and its NFD spelling give "dang thi phuong". s is valid UTF-8. */
struct str text_fold(struct arena *a, struct str s);
/* NFC in lower case, diacritics kept.  s is valid UTF-8. */
struct str text_lower(struct arena *a, struct str s);
/* text_case.c; NFC, letter by letter: capitals; without diacritics and đ as d, the case kept; just NFC.  s is valid UTF-8. */
struct str text_upper(struct arena *a, struct str s);
struct str text_without_marks(struct arena *a, struct str s);
struct str text_compose(struct arena *a, struct str s);
/* The same text, whatever the forms of Unicode: of others' values, which need not be in NFC, or UTF-8 at all. */
bool text_equal_nfc(struct str a, struct str b);
/*
 * Looks as if it were TCVN3 (ABC) or VNI text read as Latin-1/UTF-8: Vietnamese syllables with
 * characters such as µ ¸ ¶ · ¹ © ® where vowels should be.  For the message on import.
 */
bool text_looks_like_tcvn3(struct str bytes) _pure_;
/*
 * User name from a name: given name + initials, "Nguyễn Văn An" -> "annv".  ASCII lower case,
 * letters and digits only.  n > 1 appends the number: "annv2".
 */
struct str text_user_name(struct arena *a, struct str full_name, unsigned n);
/* 2..32 of a-z 0-9 . -, beginning with a letter. */
bool text_is_user_name(struct str s) _pure_;
/* "1958-03-24" as a calendar date that exists, year 1900..2199. */
bool text_is_iso_date(struct str s) _pure_;
