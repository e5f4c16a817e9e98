/*
 * groups.h: roles as groups of an LDAP server: cn=<role code>,<groups_base>, of the kind that the configuration names, which
 * know nothing of us.  Only our own member is added or removed, a value at a time: never a whole list, however large the group.
 *
 * Who is where is asked of the groups, or, with config.member_of, of the entry itself, where the server keeps such an attribute.
 */
#pragma once

#include "provisioning/ldap/map.h"

struct ldap_schema;
struct ldap_platform {
	const struct connector_config *config;
	struct ldap_pool *pool;
	const struct ldap_schema *schema;
	const struct ldap_group_kind *groups;
	char *id_attr, *disable_attr;
	char *member_of; /* or NULL */
	const char *read_attrs[5];
};

/* An account as it stands there. */
struct ldap_standing {
	const struct ldap_entry *entry;
	const struct ldap_entry *groups; /* it is a member of */
	size_t n_groups;
};

/* s->entry has been read. */
enum verdict ldap_groups_read(struct call *c, struct ldap_standing *s);
/* Are its groups the wanted roles, and no other? */
bool ldap_groups_match(const struct call *c, const struct ldap_standing *s);
/* Out of what is not wanted first: access that ends must not wait for access that begins. */
enum verdict ldap_groups_bring(struct call *c, const struct ldap_standing *s);
