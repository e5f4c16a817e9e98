/*
 * adopt.h: an entry that is there already, without our id, gets it.  Everything else of it stays, the password before all; what is wanted
 * of it comes with the next change.
 */
#pragma once

#include "provisioning/ldap/stable.h"

struct ldap_adoption {
	const struct ldap_identity *who;
	const struct ldap_schema *schema;
	/*
	 * Of ours, which brings the attribute of our id: the accounts' directory.  There people sign in by uid, so the entry also gets the
	 * user name that we know it by, beside what it had.  NULL: neither.
	 */
	const char *class;
};

/* The one at c->ext_id.  VERDICT_CONFLICT: it is another account's, or the user name is another entry's. */
enum verdict ldap_adopt_entry(struct call *c, const struct ldap_adoption *how, struct observed *ret);
/* Is that one of the entry's user names? */
bool ldap_is_named(const struct ldap_entry *entry, const char *login_attr, struct str login);
