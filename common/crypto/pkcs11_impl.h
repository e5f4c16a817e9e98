/* pkcs11_impl.h (private to common/crypto): sessions of a token, and what is done with its keys. */
#pragma once

#include "common/base/json.h"
#include "common/crypto/jwk.h"
#include "common/crypto/pkcs11.h"

#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdatomic.h>

#define PKCS11_LABEL_LEN 26 /* "sen-" and 22 characters of base64url */

/* In the queue for a session, on its thread's stack. */
struct pkcs11_waiting {
	struct pkcs11_waiting *next;
};

struct pkcs11_token {
	void *library;
	CK_FUNCTION_LIST *f;
	struct arena *arena; /* of label and PIN; wiped when it goes */
	struct str label, pin;
	pthread_mutex_t lock;
	pthread_cond_t given;
	struct pkcs11_waiting *waiting; /* the first in the queue for a session */
	CK_SESSION_HANDLE idle[PKCS11_SESSIONS_MAX];
	size_t n_idle, n_open;
	bool pin_was_refused;
	bool is_suspect; /* a session has failed: the library may hold on to a token that is no more */
	atomic_uint generation; /* raised when all that is known of sessions and objects may be wrong */
};

/* ERR_UNAVAILABLE with the token's code in the detail. */
int pkcs11_fail(struct op *op, const char *what, CK_RV code);
int pkcs11_take(struct op *op, struct pkcs11_token *t, CK_SESSION_HANDLE *ret_session) _must_check_;
void pkcs11_give(struct pkcs11_token *t, CK_SESSION_HANDLE session);
/* Instead of giving one back that failed: it is closed, and so are the idle ones, which cannot be better. */
void pkcs11_drop(struct pkcs11_token *t, CK_SESSION_HANDLE session);

/* A key in a token, by its label; what a struct jwk holds instead of a private key. */
struct pkcs11_key {
	struct pkcs11_token *token;
	char label[PKCS11_LABEL_LEN + 1];
	_Atomic(CK_OBJECT_HANDLE) object;
	atomic_uint generation; /* of the token when object was found; 0: never */
};

/* Makes a pair that cannot be read out.  The public half as members of a JWK, a new reference. */
int pkcs11_generate(struct op *op, struct pkcs11_token *t, enum jws_alg alg, struct str *ret_label, json_t **ret_public) _must_check_;
/* len: exactly the length of a signature; of the form of RFC 7518 §3. */
int pkcs11_sign(struct op *op, struct pkcs11_key *key, enum jws_alg alg, struct str message, uint8_t *ret_signature, size_t len) _must_check_;
/* Both halves; that they are gone already is no error. */
int pkcs11_destroy(struct op *op, struct pkcs11_token *t, struct str label) _must_check_;
