/* client_store.h: reads of what a snapshot holds. */
#pragma once

#include "common/db/db.h"
#include "server/oidc/client.h"
#include "server/oidc/details_type.h"

/* Enabled clients sorted by id, in op->arena; their keys are the caller's to free. */
int client_store_all(struct op *op, struct client **ret_clients, size_t *ret_n) _must_check_;
/* Types of authorization details that are described, sorted, in op->arena. */
int details_types_all(struct op *op, struct details_types *ret_types) _must_check_;
