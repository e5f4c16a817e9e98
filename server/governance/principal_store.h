/* principal_store.h: loads a principal's scopes as they are now. */
#pragma once

#include "common/db/db.h"
#include "server/governance/principal.h"

/* 0 for a name that is no right. */
unsigned admin_right_from_name(struct str name);
struct str admin_right_name(unsigned right); /* STR_NULL: not one right */
const struct str *admin_right_names(struct arena *a, size_t *ret_n); /* all there are */

/* Scopes that are in force, of an account known to be active.  None is no error: nothing is then permitted. */
int principal_load_scopes(struct op *op, struct str account_id, const struct admin_scope **ret_scopes, size_t *ret_n) _must_check_;
/* The scopes of whoever calls the administration API; ERR_OUT_OF_SCOPE for an account of a program: a feed acts by its own way alone. */
int principal_load_official(struct op *op, struct principal *p) _must_check_;
