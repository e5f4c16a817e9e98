/* client_store.h: reads of what a snapshot holds. */
#pragma once

#include "common/db/db.h"
#include "server/oidc/client.h"

/* Enabled clients sorted by id, in op->arena; their keys are the caller's to free. */
int client_store_all(struct op *op, struct client **ret_clients, size_t *ret_n) _must_check_;

struct stored_key {
	struct str kid;
	struct str alg;
	struct str state; /* published, active, retiring */
	struct str sealed;
};
int key_store_all(struct op *op, const struct stored_key **ret_keys, size_t *ret_n) _must_check_;
/* Adds an active key unless there is one already; either way an active key exists afterwards. */
int key_store_add_first(struct op *op, const struct stored_key *key) _must_check_;

struct cache_versions {
	int64_t clients, keys;
};
int cache_versions_get(struct op *op, struct cache_versions *ret_versions) _must_check_;
