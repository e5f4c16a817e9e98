/* members.h: who is in one group, all of it; for what somebody else has changed there. */
#pragma once

#include "provisioning/ldap/map.h"

struct ldap_group_of {
	struct ldap_pool *pool;
	struct str groups_base, role;
	const struct ldap_group_kind *kind;
	struct str placeholder; /* is nobody */
	struct str people_base; /* of who is named by user name */
};

/* 64 bits of a hash of a DN, whatever its case and the spaces behind its commas. */
uint64_t ldap_dn_hash(struct arena *a, struct str dn);
/* As members of connector.h; a group that is not there has nobody. */
enum verdict ldap_members(struct call *c, const struct ldap_group_of *of, struct role_member *expected, size_t n, const struct str **ret_others, size_t *ret_n);
