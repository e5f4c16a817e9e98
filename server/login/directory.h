/* directory.h: the directory as sign-in sees it: the bind, the decoy, the password change. */
#pragma once

#include "common/net/ldap_client.h"

struct directory {
	struct ldap_pool *pool;
	struct str people_base;
	struct str decoy_dn; /* an entry nobody can sign in as, hashed like the others: equal time for unknown names */
};

/*
 * Is this the password of the entry uid=login?  Asks the decoy, and answers no, when login is
 * STR_NULL or has no entry: the time does not tell.  Errors are not failed attempts.
 */
int directory_check_password(struct op *op, const struct directory *d, struct str login, struct str password, bool *ret_ok) _must_check_;
/* ERR_NOT_FOUND: no entry yet.  Waits up to wait_ms for the provisioner to create it. */
int directory_set_password(struct op *op, const struct directory *d, struct str login, struct str password, int wait_ms) _must_check_;
