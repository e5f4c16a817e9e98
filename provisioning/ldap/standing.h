/* standing.h: an entry of an account with the groups it is in, in one folder or several. */
#pragma once

#include "provisioning/ldap/groups.h"

#define LDAP_FOLDERS_MAX 2

struct ldap_standing {
	const struct ldap_entry *entry;
	struct ldap_membership in[LDAP_FOLDERS_MAX];
	size_t n;
};

/* As an account shall be: roles by their codes, the unit of the main post; entry: its own, or NULL. */
struct ldap_membership ldap_membership_of(struct arena *a, const struct ldap_folder *f, const struct desired *want, const struct ldap_entry *entry);

/* As groups.h, of all folders in their order. */
enum verdict ldap_standing_read(struct call *c, struct ldap_standing *s);
bool ldap_standing_matches(const struct call *c, const struct ldap_standing *s);
enum verdict ldap_standing_bring(struct call *c, const struct ldap_standing *s);
bool ldap_standing_is_in_any(const struct ldap_standing *s);
