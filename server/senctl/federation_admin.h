/* federation_admin.h: rows of subordinates in a federation, as the operator writes them.  Audited. */
#pragma once

#include "server/federation/subordinate.h"

/* *ret_changed false: it is all there already. */
int federation_admin_put(struct op *op, const struct subordinate *s, struct str operator, bool *ret_changed) _must_check_;
/* ERR_UNKNOWN_ENTITY. */
int federation_admin_remove(struct op *op, struct str entity_id, struct str operator) _must_check_;
int federation_admin_list(struct op *op, const struct subordinate **ret_lines, size_t *ret_n) _must_check_;
