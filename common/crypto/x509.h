/*
 * x509.h: a client's certificate as a TLS proxy hands it on, for RFC 8705: its thumbprint, its names,
 * and whether it is one that the client has registered.
 *
 * Nothing is verified here but the form: whether the certificate was used in the handshake, and whether
 * a trusted authority issued it, is the proxy's word.
 */
#pragma once

#include "common/base/op.h"

#define X509_TEXT_MAX_LEN 24576 /* PEM with every third character as %XX */

struct x509_cert {
	struct str der;
	struct str thumbprint; /* base64url of SHA-256: x5t#S256 (RFC 8705 §3.1) */
	struct str subject;    /* RFC 4514, non-ASCII as UTF-8 */
	struct str_list dns, uris, ips, emails; /* subjectAltName; an address in its usual text form */
	int64_t not_before_s, not_after_s;
};

/*
 * One certificate: DER; PEM; PEM with percent-encoding (nginx's $ssl_client_escaped_cert); base64 of
 * DER between colons (RFC 9440).  ERR_INVALID_VALUE.
 */
int x509_read(struct op *op, struct str text, struct x509_cert *ret_cert) _must_check_;

/* RFC 8705 §2.1.2: the one name that a client registered. */
enum x509_name { X509_SUBJECT, X509_DNS, X509_URI, X509_IP, X509_EMAIL };
bool x509_has_name(struct arena *a, const struct x509_cert *cert, enum x509_name kind, struct str expected);

/*
 * RFC 8705 §2.2: is it in the JWK Set (its text) that the client registered, as the first of an x5c, or
 * by its public key in a JWK without x5c?
 */
bool x509_is_registered(struct op *op, const struct x509_cert *cert, struct str jwks);
