#include "server/oidc/remote_keys.h"

#include "common/base/clock.h"
#include "common/base/json.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 256
#define URI_MAX 512
#define DOCUMENT_DEPTH 8
#define SET_BYTES ((size_t)128 * 1024)
#define FRESH_MS 600000     /* as long as our own JWKS may be cached */
#define AGAIN_AFTER_MS 5000 /* least time between two fetches of one address */

struct remote_set {
	atomic_long refs;
	struct jwk_set *keys;
	struct arena *arena; /* of the text */
	struct str text;
};

struct entry {
	char uri[URI_MAX + 1];
	struct remote_set *set; /* NULL: the last fetch failed */
	int64_t asked_ms;       /* of the last fetch, good or not */
};

struct remote_keys {
	struct remote_documents *documents;
	pthread_mutex_t lock; /* over the entries */
	struct entry entries[ENTRIES_MAX];
	size_t n;
};

struct remote_keys *remote_keys_new(struct remote_documents *documents)
{
	struct remote_keys *rk = calloc(1, sizeof(*rk));

	assert(rk);
	rk->documents = documents;
	pthread_mutex_init(&rk->lock, NULL);
	return rk;
}

void remote_keys_free(struct remote_keys *rk)
{
	if (!rk)
		return;
	for (size_t i = 0; i < rk->n; i++)
		remote_set_release(rk->entries[i].set);
	pthread_mutex_destroy(&rk->lock);
	free(rk);
}

const struct jwk_set *remote_set_keys(const struct remote_set *set)
{
	return set->keys;
}

struct str remote_set_text(const struct remote_set *set)
{
	return set->text;
}

void remote_set_release(struct remote_set *set)
{
	if (!set || atomic_fetch_sub(&set->refs, 1) != 1)
		return;
	jwk_set_free(set->keys);
	arena_free(set->arena);
	free(set);
}

/* Under the lock: the entry of that address, NULL when there is none. */
static struct entry *find(struct remote_keys *rk, struct str uri)
{
	for (size_t i = 0; i < rk->n; i++)
		if (str_equal(str_c(rk->entries[i].uri), uri))
			return &rk->entries[i];
	return NULL;
}

/* Under the lock: a new entry, in the place of the oldest when all are taken. */
static struct entry *add(struct remote_keys *rk, struct str uri)
{
	struct entry *e = &rk->entries[0];

	if (rk->n < ENTRIES_MAX)
		e = &rk->entries[rk->n++];
	else
		for (size_t i = 1; i < rk->n; i++)
			if (rk->entries[i].asked_ms < e->asked_ms)
				e = &rk->entries[i];
	remote_set_release(e->set);
	*e = (struct entry){ 0 };
	memcpy(e->uri, uri.p, uri.len);
	return e;
}

enum cached { CACHED_GOOD, CACHED_FAILED, CACHED_NOT };

static enum cached look(struct remote_keys *rk, struct str uri, bool is_stale, struct remote_set **ret_set)
{
	int64_t now_ms = clock_mono_ms(), age_ms;
	enum cached result = CACHED_NOT;
	struct entry *e;

	pthread_mutex_lock(&rk->lock);
	e = find(rk, uri);
	age_ms = e ? now_ms - e->asked_ms : 0;
	if (e && e->set && age_ms < (is_stale ? AGAIN_AFTER_MS : FRESH_MS)) {
		atomic_fetch_add(&e->set->refs, 1);
		*ret_set = e->set;
		result = CACHED_GOOD;
	} else if (e && !e->set && age_ms < AGAIN_AFTER_MS) {
		result = CACHED_FAILED;
	}
	pthread_mutex_unlock(&rk->lock);
	return result;
}

/* set NULL: the fetch failed; keys that we still have go on until they are too old. */
static void keep(struct remote_keys *rk, struct str uri, struct remote_set *set)
{
	struct entry *e;

	pthread_mutex_lock(&rk->lock);
	e = find(rk, uri);
	if (!e)
		e = add(rk, uri);
	if (set) {
		atomic_fetch_add(&set->refs, 1);
		remote_set_release(e->set);
		e->set = set;
	}
	e->asked_ms = clock_mono_ms();
	pthread_mutex_unlock(&rk->lock);
}

/* A set may hold keys for encryption only; what is no JWK Set at all is an error. */
static int make_set(struct op *op, struct str text, struct remote_set **ret_set)
{
	_json_ json_t *document = json_read(text, DOCUMENT_DEPTH, NULL);
	struct remote_set *set;

	if (!json_is_array(json_object_get(document, "keys")))
		return op_fail_detail(op, ERR_UNAVAILABLE, "the client's keys cannot be fetched", "not a JWK Set");
	set = calloc(1, sizeof(*set));
	assert(set);
	atomic_init(&set->refs, 1);
	set->arena = arena_new(SET_BYTES);
	set->text = arena_dup(set->arena, text);
	if (jwk_set_read(op, text, &set->keys) < 0)
		op_forgive(op);
	*ret_set = set;
	return 0;
}

int remote_keys_take(struct op *op, struct remote_keys *rk, struct str uri, bool is_stale, struct remote_set **ret_set)
{
	struct remote_set *set = NULL;
	struct str text;
	int r;

	if (str_is_empty(uri) || uri.len > URI_MAX)
		return op_fail(op, ERR_UNAVAILABLE, "the client has no keys");
	switch (look(rk, uri, is_stale, ret_set)) {
	case CACHED_GOOD:
		return 0;
	case CACHED_FAILED:
		return op_fail_detail(op, ERR_UNAVAILABLE, "the keys at the client's jwks_uri cannot be fetched at this moment", "failed a moment ago");
	case CACHED_NOT:
	default:
		break;
	}
	r = remote_document_get(op, rk->documents, uri, "application/jwk-set+json, application/json", &text);
	/* Nobody asked the address: that is no failure of it. */
	if (r == ERR_OVERLOADED)
		return r;
	if (r >= 0)
		r = make_set(op, text, &set);
	keep(rk, uri, set);
	if (r >= 0)
		*ret_set = set;
	return r;
}
