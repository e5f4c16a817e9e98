/* exclusion_store.h: subjects that a receiver of security events has taken out of its stream (SSF 1.0 §8.1.3.3). */
#pragma once

#include "common/db/db.h"

#define STREAM_SECRET_PURPOSE "ssf-authorization" /* of ssf_stream.authorization_sealed, bound to the stream's id */

struct exclusion {
	struct str stream_id, sub;
	bool is_excluded; /* out */
};
int exclusions_find(struct op *op, struct exclusion *all, size_t n) _must_check_;
