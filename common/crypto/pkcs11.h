/*
 * pkcs11.h: a token (HSM, smart card, SoftHSM) in which signing keys live and never leave it
 * (PKCS#11 v2.40; EdDSA of v3.0).
 *
 * Thread-safe.  A session is with one thread at a time; there are at most PKCS11_SESSIONS_MAX, and who
 * finds none free for a second is refused.  Whatever goes wrong in the token is ERR_UNAVAILABLE: no signature
 * is ever replaced by something else, and each is verified before it leaves.  A wrong PIN is not tried
 * twice, because tokens lock themselves.
 */
#pragma once

#include "common/base/op.h"

#define PKCS11_SESSIONS_MAX 16

struct pkcs11_config {
	struct str module; /* path of the vendor's library; empty: there is no token */
	struct str token;  /* its label */
	struct str pin;
};

struct pkcs11_token;

/* *ret_token is NULL without a module.  ERR_CONFIG: library, token or PIN; ERR_UNAVAILABLE: it does not answer. */
int pkcs11_open(struct op *op, const struct pkcs11_config *config, struct pkcs11_token **ret_token) _must_check_;
/* After every key in it has been freed.  Accepts NULL. */
void pkcs11_close(struct pkcs11_token *token);
