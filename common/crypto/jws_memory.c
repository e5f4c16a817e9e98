#include "common/crypto/jws_memory.h"

#include "common/crypto/digest.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Of 32 bytes: 1 MiB.  A province's platforms show some thousand live tokens. */
#define SLOTS ((size_t)32768)

/*
 * Words are written and read one by one, so a reader may see some of one entry and some of another.
 * To be taken for good, a forged token would have to have just that mixture for its digest: as hard as
 * a second preimage of SHA-256.
 */
struct slot {
	atomic_uint_least64_t words[4];
};

struct jws_memory {
	struct slot slots[SLOTS];
};

struct jws_memory *jws_memory_new(void)
{
	struct jws_memory *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	return m;
}

void jws_memory_free(struct jws_memory *m)
{
	free(m);
}

/* The kind goes in, with its end: an ID token that was found good is no access token. */
struct jws_digest jws_digest_of(const char *typ, struct str compact)
{
	struct jws_digest d;
	uint8_t digest[SHA256_LEN];

	sha256_two(str_n(typ, strlen(typ) + 1), compact, digest);
	memcpy(d.words, digest, sizeof(d.words));
	return d;
}

static struct slot *slot_of(struct jws_memory *m, const struct jws_digest *d)
{
	return &m->slots[d->words[0] % SLOTS];
}

bool jws_memory_has(struct jws_memory *m, const struct jws_digest *d)
{
	struct slot *slot = slot_of(m, d);
	bool same = true;

	for (size_t i = 0; i < ARRAY_LEN(d->words); i++)
		same &= atomic_load_explicit(&slot->words[i], memory_order_relaxed) == d->words[i];
	return same;
}

void jws_memory_add(struct jws_memory *m, const struct jws_digest *d)
{
	struct slot *slot = slot_of(m, d);

	for (size_t i = 0; i < ARRAY_LEN(d->words); i++)
		atomic_store_explicit(&slot->words[i], d->words[i], memory_order_relaxed);
}
