/* members.h: who is in one group, all of it; for what somebody else has changed there. */
#pragma once

#include "provisioning/ldap/groups.h"

/* 64 bits of a hash of a DN, whatever its case and the spaces behind its commas. */
uint64_t ldap_dn_hash(struct arena *a, struct str dn);
/* As members of connector.h, read through this pool; a group that is not there has nobody. */
enum verdict ldap_members(struct call *c, struct ldap_pool *pool, const struct ldap_folder *folder, struct group_members *m);
