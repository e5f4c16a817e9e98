/*
 * snapshot.h: clients and keys of one moment, immutable, replaced whole.
 *
 * A request takes a reference when it begins and gives it back at its end; a thread polls the
 * versions in the database and swaps in a new snapshot when one has been raised.
 */
#pragma once

#include "common/crypto/keyring.h"
#include "common/db/db.h"
#include "server/oidc/client.h"
#include "server/oidc/details_type.h"

struct snapshot;
struct snapshot_holder; /* thread-safe */

/* Loads the first snapshot; the signing keys exist (signing_keys_maintain). */
int snapshot_holder_new(struct op *op, const struct key_source *source, struct snapshot_holder **ret_holder) _must_check_;
void snapshot_holder_free(struct snapshot_holder *h);
/*
 * Loads anew when a version has been raised; keeps the present one on any failure.  Also for a request that
 * has changed a client: when this returns, later requests at this node see the change.
 */
int snapshot_refresh(struct op *op, struct snapshot_holder *h) _must_check_;

struct snapshot *snapshot_take(struct snapshot_holder *h);
void snapshot_release(struct snapshot *s); /* accepts NULL */

const struct keyring *snapshot_keys(const struct snapshot *s);
/* The JWKS document, made once per snapshot. */
struct str snapshot_jwks(const struct snapshot *s);
/* The described types of authorization details, of all clients. */
const struct details_types *snapshot_details_types(const struct snapshot *s);
/* NULL: no such client, or it is disabled. */
const struct client *snapshot_client(const struct snapshot *s, struct str id);
/* The client of a platform at which a sign-in can begin, the first by its id; NULL: none. */
const struct client *snapshot_starter(const struct snapshot *s, struct str platform_code);
