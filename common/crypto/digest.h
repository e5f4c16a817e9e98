/* digest.h: SHA-256 and HMAC-SHA-256 on OpenSSL, with pre-fetched algorithms.  Thread-safe. */
#pragma once

#include "common/base/arena.h"

#define SHA256_LEN 32
#define SHA512_LEN 64

void sha256(struct str data, uint8_t ret_digest[SHA256_LEN]);
void sha256_two(struct str first, struct str second, uint8_t ret_digest[SHA256_LEN]); /* of both, one after the other */
struct str sha256_str(struct arena *a, struct str data); /* 32 bytes */
struct str sha512_str(struct arena *a, struct str data); /* 64 bytes */
void hmac_sha256(struct str key, struct str data, uint8_t ret_mac[SHA256_LEN]);
/*
 * HMAC over a purpose and parts, unambiguous: each part is preceded by its length.  The
 * purpose keeps a value made for one use from being accepted in another.
 */
struct str hmac_parts(struct arena *a, struct str key, const char *purpose, const struct str *parts, size_t n_parts);
/* HKDF-SHA-256 (RFC 5869) with info = purpose: one key per use from one master secret. */
void hkdf_sha256(struct str secret, const char *purpose, uint8_t *ret_key, size_t len);
