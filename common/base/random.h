/*
 * random.h: randomness from getrandom(2).  A failure aborts: no secret is ever made from
 * anything else.
 */
#pragma once

#include "common/base/arena.h"

#define UUID_TEXT_LEN 36

void random_bytes(void *p, size_t len);
/* 0 <= value < bound, unbiased.  bound > 0. */
uint32_t random_below(uint32_t bound);
/* prefix followed by the base64url of len random bytes; 32 bytes = 256 bits = 43 characters. */
struct str random_token(struct arena *a, struct str prefix, size_t len);
/* Version 4 (RFC 9562 §5.4), lower case, NUL-terminated. */
void random_uuid(char ret_uuid[UUID_TEXT_LEN + 1]);
/* 8-4-4-4-12 lower-case hexadecimal digits. */
bool uuid_is_valid(struct str s);
