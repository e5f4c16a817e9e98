/* client_details.h: types of authorization details (RFC 9396) as the operator describes them. */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"

struct client_details {
	struct str type;
	struct str description; /* JSON, without the type */
};

/* {"type", "fields", …} of a file (details_type.h); strings in op->arena.  ERR_INVALID_VALUE. */
int client_details_read(struct op *op, struct str text, struct client_details *ret_details) _must_check_;
/* Describes it, or describes it anew.  *ret_changed false: it is all there already. */
int client_details_put(struct op *op, const struct client_details *details, struct str operator, bool *ret_changed) _must_check_;
/* ERR_NOT_FOUND.  Clients that may ask for the type still may: nothing is said of its fields any more. */
int client_details_remove(struct op *op, struct str type, struct str operator) _must_check_;
int client_details_list(struct op *op, const struct client_details **ret_details, size_t *ret_n) _must_check_;
