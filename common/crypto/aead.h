/*
 * aead.h: sealed values: AES-256-GCM with a random 96-bit nonce, text form base64url.
 *
 * The purpose (and what else binds it) is additional data, so that a value sealed for one
 * role opens in no other.
 */
#pragma once

#include "common/base/op.h"

#define AEAD_KEY_LEN 32

struct str aead_seal(struct arena *a, const uint8_t key[AEAD_KEY_LEN], const char *purpose, struct str bound, struct str plain);
/* false: not sealed by us for this purpose and binding. */
bool aead_open(struct arena *a, const uint8_t key[AEAD_KEY_LEN], const char *purpose, struct str bound, struct str sealed,
               struct str *ret_plain) _must_check_;

/*
 * The same with a nonce derived from key, purpose, binding and plain text, so that equal input gives
 * the equal text: for a value that must be repeatable and is kept nowhere (the successor of
 * a refresh token).  Distinct inputs get distinct nonces but with probability 2^-96.
 */
struct str aead_seal_derived(struct arena *a, const uint8_t key[AEAD_KEY_LEN], const char *purpose, struct str bound, struct str plain);
