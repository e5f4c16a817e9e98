/*
 * http_signature.h: signatures over HTTP requests (RFC 9421) and digests of their content (RFC 9530 §2), for what we
 * send.  By a key of the ring (ecdsa-p256-sha256, §3.3.4) or with a secret that both sides know (hmac-sha256, §3.3.3).
 *
 * Component names and values are our own: printable ASCII, names without '"'; values are not folded.
 */
#pragma once

#include "common/crypto/jwk.h"

#define HTTP_SIGNATURE_SECRET_MIN_LEN 32

/* A covered component: "@method", "@target-uri", or a field's name in lower case. */
struct http_component {
	const char *name;
	struct str value;
};

struct http_signer {
	const struct jwk *key; /* ES256; NULL: secret */
	struct str secret;
	struct str key_id;     /* of the secret; of a key it is its kid */
	const char *tag;       /* what the signature is for (§2.3); NULL: none */
	bool leaves_out_alg;   /* the receiver knows the algorithm by the key id */
};

/* Values of Signature-Input and Signature under the label "sen".  ERR_UNAVAILABLE: there is no key. */
struct http_signature {
	struct str input, signature;
};
int http_signature_make(struct op *op, const struct http_signer *signer, const struct http_component *components, size_t n,
                        int64_t created_s, struct http_signature *ret) _must_check_;

/* sha-256=:…: */
struct str http_content_digest(struct arena *a, struct str content);
