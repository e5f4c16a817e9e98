/*
 * ldap_groups.h: roles as groups of an LDAP server: groupOfNames cn=<role code>,<groups_base> (RFC 4519 §3.5), which knows
 * nothing of us and wants a member, so each group keeps a placeholder.  Only our own member is added or removed: never a whole list.
 */
#pragma once

#include "provisioning/ldap_map.h"

struct ldap_platform {
	const struct connector_config *config;
	struct ldap_pool *pool;
	char *id_attr, *disable_attr;
	const char *read_attrs[4];
};

/* An account as it stands there. */
struct ldap_standing {
	const struct ldap_entry *entry;
	const struct ldap_entry *groups; /* it is a member of */
	size_t n_groups;
};

enum verdict ldap_groups_read(struct call *c, struct ldap_standing *s);
/* Are its groups the wanted roles, and no other? */
bool ldap_groups_match(const struct call *c, const struct ldap_standing *s);
/* Out of what is not wanted first: access that ends must not wait for access that begins. */
enum verdict ldap_groups_bring(struct call *c, const struct ldap_standing *s);
