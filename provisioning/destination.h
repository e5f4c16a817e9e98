/*
 * destination.h: where messages of the outbox go, as registered: relying parties that want logout
 * tokens (OpenID Connect Back-Channel Logout 1.0 §2.2) or pings (CIBA Core 1.0 §4), and streams to which
 * security events are pushed (RFC 8935).  What one does with
 * one kind of message says nothing of the other: they are different addresses.
 */
#pragma once

#include "common/crypto/jwk.h"
#include "common/db/db.h"
#include "provisioning/retry.h"

struct destination {
	const char *kind;       /* of outbox_store.h */
	struct str name;        /* a client's id, a stream's id */
	struct str client_id;
	struct str url;
	/* of signed messages */
	enum jws_alg alg;       /* that of its ID tokens; JWS_ALG_NONE_: the default */
	struct str sector;      /* of pairwise subjects; STR_NULL: the subject is public */
	/* of streams */
	struct str authorization; /* to send with each; STR_NULL: nothing */
	bool has_exclusions;      /* there are subjects of whom the receiver does not want to hear */
	/* of the sender */
	struct breaker breaker;
	int64_t in_flight;
};

/* Enabled ones, by kind and name; strings in op->arena.  What is sealed is opened with op->keys. */
int destinations_load(struct op *op, struct destination **ret_destinations, size_t *ret_n) _must_check_;
/* NULL: there is none of that kind and name. */
struct destination *destination_find(struct destination *all, size_t n, const char *kind, struct str name) _pure_;
