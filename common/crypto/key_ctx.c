#include "common/crypto/key_ctx.h"

#include "common/base/cleanup.h"

#include <pthread.h>
#include <stdlib.h>

/* More than this many threads inside one key at once make their own and free it again. */
#define IDLE_MAX 64

struct key_ctx_pool {
	EVP_PKEY *pkey; /* the key's; outlives the pool */
	int (*init)(EVP_PKEY_CTX *ctx);
	pthread_mutex_t lock;
	size_t n_idle;
	EVP_PKEY_CTX *idle[IDLE_MAX];
};

struct key_ctx_pool *key_ctx_pool_new(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *ctx))
{
	struct key_ctx_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		abort();
	pool->pkey = pkey;
	pool->init = init;
	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

void key_ctx_pool_free(struct key_ctx_pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->n_idle; i++)
		EVP_PKEY_CTX_free(pool->idle[i]);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

EVP_PKEY_CTX *key_ctx_take(struct key_ctx_pool *pool)
{
	EVP_PKEY_CTX *ctx = NULL;

	pthread_mutex_lock(&pool->lock);
	if (pool->n_idle > 0)
		ctx = pool->idle[--pool->n_idle];
	pthread_mutex_unlock(&pool->lock);
	if (ctx)
		return ctx;

	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pool->pkey, NULL);
	if (ctx && pool->init(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

void key_ctx_give(struct key_ctx_pool *pool, EVP_PKEY_CTX *ctx)
{
	pthread_mutex_lock(&pool->lock);
	if (pool->n_idle < IDLE_MAX) {
		pool->idle[pool->n_idle++] = ctx;
		ctx = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	EVP_PKEY_CTX_free(ctx);
}
