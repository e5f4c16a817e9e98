/* client_entry.h: a relying party entered into the database by the operator of an installation that has no administrator yet. */
#pragma once

#include "common/db/db.h"
#include "server/parties/client_form.h"

/*
 * secret: of a client that is not public, else STR_NULL.  *ret_changed false: it is all there already.
 * ERR_UNKNOWN_PLATFORM.
 */
int client_entry_put(struct op *op, const struct client_form *form, struct str secret, struct str operator, bool *ret_changed) _must_check_;
