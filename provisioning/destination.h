/*
 * destination.h: where messages of the outbox go, as registered: relying parties that want logout
 * tokens (OpenID Connect Back-Channel Logout 1.0 §2.2).
 */
#pragma once

#include "common/crypto/jwk.h"
#include "common/db/db.h"
#include "provisioning/retry.h"

struct destination {
	struct str name;        /* client id */
	struct str url;
	enum jws_alg alg;       /* that of its ID tokens; JWS_ALG_NONE_: the default */
	struct str sector;      /* of pairwise subjects; STR_NULL: the subject is public */
	/* of the sender */
	struct breaker breaker;
	int64_t in_flight;
};

/* Enabled ones, by name; strings in op->arena. */
int destinations_load(struct op *op, struct destination **ret_destinations, size_t *ret_n) _must_check_;
/* NULL: there is none of that name. */
struct destination *destination_find(struct destination *all, size_t n, struct str name) _pure_;
