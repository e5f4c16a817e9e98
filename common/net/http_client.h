/*
 * http_client.h: outgoing HTTP on libcurl, blocking, for worker threads; the SSRF guard.
 *
 * Only https, and http to loopback; names are resolved once, every address is checked
 * against the egress list, and the connection goes to the checked address (no rebinding);
 * no redirects; no proxy from the environment; certificates verified.
 * Errors: ERR_UNAVAILABLE (certainly not sent), ERR_OUTCOME_UNKNOWN (sent, answer lost or timed out),
 * ERR_LIMIT (answer too large), ERR_CONFIG (URL or address not allowed).
 */
#pragma once

#include "common/base/op.h"

struct http_client_config {
	/* Comma-separated CIDRs that may be reached besides public addresses, e.g. "127.0.0.0/8,10.1.0.0/16". */
	struct str egress_allow;
	struct str ca_file; /* empty: the system's */
	struct str cert_file, key_file; /* PEM, of ours as a client (mutual TLS); empty: none */
	int connect_timeout_ms, total_timeout_ms;
	size_t max_answer_bytes;
	unsigned pool_size; /* curl handles kept */
};

struct http_client;

int http_client_new(struct op *op, const struct http_client_config *config, struct http_client **ret_client) _must_check_;
void http_client_free(struct http_client *c);

struct http_header {
	struct str name, value; /* value without CR, LF, NUL: else ERR_BAD_REQUEST */
};
struct http_call {
	const char *method;
	struct str url;
	const struct http_header *headers;
	size_t n_headers;
	struct str body; /* STR_NULL: none */
};
struct http_answer {
	int status;
	struct str content_type; /* lower case, without parameters */
	struct str location;
	struct str etag;
	struct str txn;          /* Set-Txn (RFC 9967 §3): the transaction that goes on behind a 202 */
	struct str body;
	int64_t retry_after_s;   /* seconds or date form turned into seconds, by the answer's own Date if it has one; -1: none */
	int64_t rate_left;       /* RateLimit-Remaining, X-RateLimit-Remaining: requests that may still be sent; -1: not said */
	int64_t rate_reset_s;    /* …-Reset: until there are more again; seconds since 1970 turned into a distance; -1: not said */
};
int http_client_call(struct op *op, struct http_client *c, const struct http_call *call, struct http_answer *ret_answer) _must_check_;
