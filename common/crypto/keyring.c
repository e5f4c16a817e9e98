#include "common/crypto/keyring.h"

#include "common/crypto/digest.h"
#include "common/crypto/jws_memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MASTER_SECRET_MIN_LEN 32

/* What goes into the derivation; a changed text makes every value of that purpose unreadable. */
static const char *const purposes[KEY_PURPOSE_COUNT] = {
	[KEY_FLOW] = "sen flow 1",         [KEY_HANDLE] = "sen handle 1",   [KEY_REFRESH] = "sen refresh 1",
	[KEY_PAIRWISE] = "sen pairwise 1", [KEY_CSRF] = "sen csrf 1",       [KEY_AT_REST] = "sen at rest 1",
	[KEY_LOOKUP] = "sen lookup 1",     [KEY_CLIENT] = "sen client 1",  [KEY_SEAL] = "sen seal 1",
};

/* In pages of their own, which are neither swapped out nor written into a core file. */
struct symmetric_keys {
	uint8_t of[KEY_PURPOSE_COUNT][AEAD_KEY_LEN];
};

struct keyring {
	struct symmetric_keys *symmetric;
	struct pkcs11_token *token; /* not owned */
	struct jwk **signing; /* all of them, owned */
	size_t n_signing;
	const struct jwk *active[JWS_ALG_COUNT];
	struct jws_memory *memory;
};

static struct symmetric_keys *symmetric_new(void)
{
	void *p = mmap(NULL, sizeof(struct symmetric_keys), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	/* Both are a second line of defence and may be refused, e.g. by RLIMIT_MEMLOCK. */
	(void)mlock(p, sizeof(struct symmetric_keys));
	(void)madvise(p, sizeof(struct symmetric_keys), MADV_DONTDUMP);
	return p;
}

int keyring_new(struct op *op, struct str master_secret, struct keyring **ret_keyring)
{
	struct keyring *k;

	if (master_secret.len < MASTER_SECRET_MIN_LEN)
		return op_fail(op, ERR_CONFIG, "the master secret has less than 32 bytes");
	k = calloc(1, sizeof(*k));
	if (!k)
		abort();
	k->symmetric = symmetric_new();
	k->memory = jws_memory_new();
	for (size_t i = 0; i < KEY_PURPOSE_COUNT; i++) {
		assert(purposes[i]);
		hkdf_sha256(master_secret, purposes[i], k->symmetric->of[i], AEAD_KEY_LEN);
	}
	*ret_keyring = k;
	return 0;
}

int keyring_open(struct op *op, const struct key_source *source, struct keyring **ret_keyring)
{
	int r = keyring_new(op, source->master_secret, ret_keyring);

	if (r == 0)
		(*ret_keyring)->token = source->token;
	return r;
}

struct pkcs11_token *keyring_token(const struct keyring *k)
{
	return k->token;
}

struct keyring *keyring_free(struct keyring *k)
{
	if (!k)
		return NULL;
	for (size_t i = 0; i < k->n_signing; i++)
		jwk_free(k->signing[i]);
	free(k->signing);
	jws_memory_free(k->memory);
	explicit_bzero(k->symmetric, sizeof(*k->symmetric));
	munmap(k->symmetric, sizeof(*k->symmetric));
	free(k);
	return NULL;
}

static struct jwk **find_slot(const struct keyring *k, struct str kid)
{
	for (size_t i = 0; i < k->n_signing; i++)
		if (str_equal(jwk_kid(k->signing[i]), kid))
			return &k->signing[i];
	return NULL;
}

void keyring_add_signing(struct keyring *k, struct jwk *key, bool active)
{
	struct jwk **slot = find_slot(k, jwk_kid(key));

	assert(!active || jwk_has_private(key));
	if (slot) { /* the same key again: FAPI 2.0 §5.4.2 allows no kid twice */
		if (k->active[jwk_alg(*slot)] == *slot)
			k->active[jwk_alg(*slot)] = NULL;
		jwk_free(*slot);
	} else {
		struct jwk **grown = reallocarray(k->signing, k->n_signing + 1, sizeof(*grown));

		if (!grown)
			abort();
		k->signing = grown;
		slot = &k->signing[k->n_signing++];
	}
	*slot = key;
	if (active)
		k->active[jwk_alg(key)] = key;
}

const struct jwk *keyring_signing(const struct keyring *k, enum jws_alg alg)
{
	assert((unsigned)alg < JWS_ALG_COUNT);
	return k->active[alg];
}

const struct jwk *keyring_find(void *keyring, struct str kid, enum jws_alg alg)
{
	struct jwk **slot = str_is_null(kid) ? NULL : find_slot(keyring, kid);

	return slot && jwk_alg(*slot) == alg ? *slot : NULL;
}

bool keyring_verify(struct op *op, struct str compact, const char *typ, struct str *ret_payload)
{
	struct jws_digest digest = jws_digest_of(typ, compact);

	if (jws_memory_has(op->keys->memory, &digest))
		return jws_peek_unverified(op, compact, ret_payload);
	if (!jws_verify(op, compact, typ, keyring_find, (void *)(uintptr_t)op->keys, ret_payload))
		return false;
	jws_memory_add(op->keys->memory, &digest);
	return true;
}

json_t *keyring_jwks(const struct keyring *k)
{
	json_t *set = json_new_object(), *keys = json_new_array();

	for (size_t i = 0; i < k->n_signing; i++)
		if (json_array_append_new(keys, jwk_public_json(k->signing[i])) < 0)
			abort();
	json_set_take(set, "keys", keys);
	return set;
}

const uint8_t *keyring_key(const struct keyring *k, enum keyring_purpose purpose)
{
	assert((unsigned)purpose < KEY_PURPOSE_COUNT);
	return k->symmetric->of[purpose];
}

struct str keyring_mac(struct arena *a, const struct keyring *k, enum keyring_purpose purpose, const char *use,
                       const struct str *parts, size_t n_parts)
{
	return hmac_parts(a, str_n(keyring_key(k, purpose), AEAD_KEY_LEN), use, parts, n_parts);
}

struct str keyring_hash(struct arena *a, const struct keyring *k, enum keyring_purpose purpose, const char *use,
                        struct str value)
{
	return keyring_mac(a, k, purpose, use, &value, 1);
}
