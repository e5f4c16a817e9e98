/*
 * user_code.h: the code that an official reads from a device and types elsewhere (RFC 8628 §6.1).
 *
 * Eight of 20 consonants: no vowels, so that no word comes out, and no Y; 34 bits, enough with few guesses
 * (device.h) and a life of minutes.  Shown as BCDF-GHJK; read without case, hyphens and spaces.  Pure.
 */
#pragma once

#include "common/base/arena.h"

#define USER_CODE_LEN 8
#define USER_CODE_TYPED_MAX 32

/* A new one, as it is kept: BCDFGHJK. */
struct str user_code_new(struct arena *a);
/* What was typed, as it is kept; false when it cannot be one. */
bool user_code_read(struct arena *a, struct str typed, struct str *ret_code) _must_check_;
/* As it is shown. */
struct str user_code_show(struct arena *a, struct str code);
