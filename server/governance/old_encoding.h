/*
 * old_encoding.h: which of the old Vietnamese encodings a text is in, to name it when it is refused.  Pure.
 *
 * Takes bytes as they stand in a file: 8-bit text, or UTF-8 into which 8-bit text was turned letter by letter (as Latin-1).  Says
 * nothing of proper text.  The name is a guess by what is typical; that it is refused is not (text_looks_like_tcvn3, UTF-8).
 */
#pragma once

#include "common/base/str.h"

enum old_encoding {
	OLD_ENCODING_NONE,
	OLD_ENCODING_TCVN3,
	OLD_ENCODING_VNI,
	OLD_ENCODING_VISCII,
	OLD_ENCODING_WINDOWS_1258,
	OLD_ENCODING_UNKNOWN, /* not UTF-8, and none of these for certain */
};

enum old_encoding old_encoding_of(struct str bytes) _pure_;
/* Proper UTF-8 with a tone mark behind a letter that is composed otherwise ("ê" + U+0301): the way of Windows-1258. */
bool old_encoding_has_split_tones(struct str text) _pure_;
