/*
 * jwt_time.h: the times of JWTs that others made (RFC 7519 §4.1.4 to §4.1.6), in seconds, with the clock skew that
 * is tolerated: up to 10 s ahead is accepted, more than 60 s ahead is refused (FAPI 2.0 §5.3.2.1); in
 * between it is accepted too.  Pure.
 */
#pragma once

#include "common/base/json.h"

#define JWT_AHEAD_MAX_S 60

/* A whole number from 0 to 2^53 (what JSON carries exactly); false when absent or anything else. */
bool jwt_time_get(const json_t *claims, const char *name, int64_t *ret_time_s) _must_check_;
/* iat and nbf, where they are, are not too far ahead; false also when they are no times. */
bool jwt_has_begun(const json_t *claims, int64_t now_s) _must_check_;
