/*
 * client_secret.h: a client goes over from one secret to another without a moment in which it cannot sign in: both are good until the
 * operator says that it has gone over, or will not.
 */
#pragma once

#include "common/db/db.h"

/* ERR_NOT_FOUND; ERR_CONFLICT: there is another second one already, or the client has no secret.  *ret_changed false: it is this one. */
int client_secret_rotate(struct op *op, struct str id, struct str secret, struct str operator, bool *ret_changed) _must_check_;
/* From now on the second alone, or the first alone.  ERR_NOT_FOUND: there is no second one. */
int client_secret_finish(struct op *op, struct str id, struct str operator) _must_check_;
int client_secret_cancel(struct op *op, struct str id, struct str operator) _must_check_;
