/*
 * jws_memory.h: which JWTs of our own were found to be good a moment ago, so that a platform that
 * shows the same token again does not cost another signature check.
 *
 * It holds digests of whole tokens with their kind, nothing of their content, and says only that these
 * very bytes carry a good signature of ours: time and state of a token are looked at each time.  A table
 * of fixed size; a newer entry takes the place of an older one.  Belongs to one set of keys and goes
 * with it.  Thread-safe without locks.
 */
#pragma once

#include "common/base/op.h"

struct jws_memory;
struct jws_memory *jws_memory_new(void);
void jws_memory_free(struct jws_memory *m);

struct jws_digest {
	uint64_t words[4];
};
struct jws_digest jws_digest_of(const char *typ, struct str compact);

bool jws_memory_has(struct jws_memory *m, const struct jws_digest *d);
void jws_memory_add(struct jws_memory *m, const struct jws_digest *d);
