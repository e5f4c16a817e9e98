/*
 * base64.h: base64 and base64url (RFC 4648 §4, §5).
 *
 * base64url is unpadded and decoded canonically: a text whose unused last bits are not zero,
 * or with padding, white space or foreign characters, is refused, so that each value has one
 * spelling (RFC 7515 §2).
 */
#pragma once

#include "common/base/arena.h"

struct str base64url_encode(struct arena *a, struct str bytes);
bool base64url_decode(struct arena *a, struct str text, struct str *ret_bytes) _must_check_;
/* With padding; strict as above. */
struct str base64_encode(struct arena *a, struct str bytes);
bool base64_decode(struct arena *a, struct str text, struct str *ret_bytes) _must_check_;
struct str hex_encode(struct arena *a, struct str bytes); /* lower case */
bool hex_decode(struct arena *a, struct str text, struct str *ret_bytes) _must_check_;
