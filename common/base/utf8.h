/* utf8.h: one code point at a time, for whoever looks inside a text. */
#pragma once

#include "common/base/str.h"

/*
 * Length in bytes of the code point at the beginning of s (RFC 3629: no overlong form, no
 * surrogate, nothing above U+10FFFF), or 0 when it is broken or s is empty.
 */
size_t utf8_decode(struct str s, uint32_t *ret_code_point);
