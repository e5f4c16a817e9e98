#include "server/oidc/snapshot.h"

#include "common/model/signing_keys.h"
#include "server/oidc/client_store.h"

#include <pthread.h>
#include <stdatomic.h>

/* Room for some ten thousand clients. */
#define SNAPSHOT_BYTES (64u << 20)

struct snapshot {
	atomic_long refs;
	struct arena *arena; /* clients live here */
	struct client *clients;
	size_t n_clients;
	struct details_types details;
	struct keyring *keys;
	struct str jwks;
	struct cache_versions versions;
};

struct snapshot_holder {
	pthread_mutex_t refreshing; /* one thread at a time replaces now */
	pthread_mutex_t lock; /* between reading the pointer and taking the reference */
	struct snapshot *now;
	struct arena *arena; /* holds the master secret */
	struct key_source source;
};

const struct keyring *snapshot_keys(const struct snapshot *s)
{
	return s->keys;
}

struct str snapshot_jwks(const struct snapshot *s)
{
	return s->jwks;
}

const struct details_types *snapshot_details_types(const struct snapshot *s)
{
	return &s->details;
}

const struct client *snapshot_client(const struct snapshot *s, struct str id)
{
	size_t lo = 0, hi = s->n_clients;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = str_compare(id, s->clients[mid].id);

		if (c == 0)
			return &s->clients[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

const struct client *snapshot_starter(const struct snapshot *s, struct str platform_code)
{
	for (size_t i = 0; i < s->n_clients; i++)
		if (!str_is_null(s->clients[i].initiate_login_uri) && str_equal(s->clients[i].platform_code, platform_code))
			return &s->clients[i];
	return NULL;
}

void snapshot_release(struct snapshot *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	for (size_t i = 0; i < s->n_clients; i++)
		jwk_set_free(s->clients[i].keys);
	keyring_free(s->keys);
	arena_free(s->arena);
	free(s);
}

struct snapshot *snapshot_take(struct snapshot_holder *h)
{
	struct snapshot *s;

	pthread_mutex_lock(&h->lock);
	s = h->now;
	atomic_fetch_add(&s->refs, 1);
	pthread_mutex_unlock(&h->lock);
	return s;
}

static int load_keys(struct op *op, struct keyring *ring)
{
	int r = signing_keys_load(op, ring);

	if (r >= 0 && !keyring_signing(ring, JWS_ES256))
		return op_fail(op, ERR_CONFIG, "there is no active signing key for ES256");
	return r;
}

static void write_jwks(struct snapshot *s)
{
	_json_ json_t *jwks = keyring_jwks(s->keys);

	s->jwks = json_write(s->arena, jwks, false);
}

static int load_clients(struct op *op, struct snapshot *s)
{
	int r = client_store_all(op, &s->clients, &s->n_clients);

	if (r >= 0)
		r = details_types_all(op, &s->details);
	for (size_t i = 0; r >= 0 && i < s->n_clients; i++)
		s->clients[i].details_described = &s->details;
	return r;
}

/* Everything of the snapshot lives in its own arena; the op's is used for the rest. */
static int snapshot_load(struct op *op, const struct key_source *source, struct snapshot **ret_snapshot)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	struct op inner = *op;
	int r;

	assert(s);
	atomic_init(&s->refs, 1);
	s->arena = arena_new(SNAPSHOT_BYTES);
	inner.arena = s->arena;
	/* Versions first: a change during the load is then seen by the next poll. */
	r = cache_versions_get(&inner, &s->versions);
	if (r >= 0)
		r = load_clients(&inner, s);
	if (r >= 0)
		r = keyring_open(op, source, &s->keys);
	if (r >= 0)
		r = load_keys(op, s->keys);
	if (r < 0) {
		if (inner.error.code)
			r = op_fail_detail(op, (enum err)inner.error.code, inner.error.text, "%.*s", STR_ARG(inner.error.detail));
		snapshot_release(s);
		return r;
	}
	write_jwks(s);
	*ret_snapshot = s;
	return 0;
}

int snapshot_holder_new(struct op *op, const struct key_source *source, struct snapshot_holder **ret_holder)
{
	struct snapshot_holder *h = calloc(1, sizeof(*h));
	int r;

	assert(h);
	pthread_mutex_init(&h->refreshing, NULL);
	pthread_mutex_init(&h->lock, NULL);
	h->arena = arena_new(4096);
	h->source = (struct key_source){ arena_dup(h->arena, source->master_secret), source->token };
	r = snapshot_load(op, &h->source, &h->now);
	if (r < 0) {
		snapshot_holder_free(h);
		return r;
	}
	*ret_holder = h;
	return 0;
}

void snapshot_holder_free(struct snapshot_holder *h)
{
	if (!h)
		return;
	snapshot_release(h->now);
	pthread_mutex_destroy(&h->lock);
	pthread_mutex_destroy(&h->refreshing);
	arena_free(h->arena);
	free(h);
}

static int refresh(struct op *op, struct snapshot_holder *h)
{
	struct cache_versions now;
	struct snapshot *old, *fresh;
	int r = cache_versions_get(op, &now);

	/* Only the thread in here replaces h->now, so reading it here needs no lock. */
	if (r < 0 || (now.clients == h->now->versions.clients && now.keys == h->now->versions.keys))
		return r;
	r = snapshot_load(op, &h->source, &fresh);
	if (r < 0)
		return r;
	pthread_mutex_lock(&h->lock);
	old = h->now;
	h->now = fresh;
	pthread_mutex_unlock(&h->lock);
	snapshot_release(old);
	return 0;
}

int snapshot_refresh(struct op *op, struct snapshot_holder *h)
{
	int r;

	pthread_mutex_lock(&h->refreshing);
	r = refresh(op, h);
	pthread_mutex_unlock(&h->refreshing);
	return r;
}
