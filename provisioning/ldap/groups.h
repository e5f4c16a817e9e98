/*
 * groups.h: groups of an LDAP server: cn=<name>,<base>, of the kind that the configuration names, which know nothing of us: a
 * platform's roles, the units of the directory.  Only our own member is added or removed, a value at a time: never a whole list,
 * however large the group.
 *
 * Who is where is asked of the groups. What an entry says itself (config.member_of) is good for listings only: slapd's overlay loses a
 * value when many groups change at once, and a role that it does not tell of would outlive its revocation.
 */
#pragma once

#include "provisioning/ldap/map.h"

/* Where groups of one sort stand. */
struct ldap_folder {
	const struct connector_config *config;
	struct ldap_pool *pool;
	struct str base;
	const struct ldap_group_kind *kind;
	const char *one, *many; /* as changes and documents call them: "role", "roles" */
	bool is_units;          /* else of roles */
	const char *member_of;  /* of listings; or NULL */
	bool is_ad;
};

/* What a new group has besides. */
struct ldap_group_more {
	struct str class;
	const struct ldap_attr *attrs;
	size_t n;
};
#define LDAP_GROUP_MORE_MAX 8

/* An account in one folder: as it shall be, and as it is. */
struct ldap_membership {
	const struct ldap_folder *folder;
	const struct ldap_entry *entry; /* of the account */
	const struct str *wanted;       /* names of groups */
	size_t n_wanted;
	const struct ldap_group_more *more; /* or NULL */
	const struct ldap_entry *groups;    /* it is a member of */
	size_t n_groups;
};

/* The entry has been read. */
enum verdict ldap_groups_read(struct call *c, struct ldap_membership *m);
/* Are its groups the wanted ones, and no other? */
bool ldap_groups_match(const struct call *c, const struct ldap_membership *m);
/* Out of what is not wanted first: access that ends must not wait for access that begins.  One that is missing is made. */
enum verdict ldap_groups_bring(struct call *c, const struct ldap_membership *m);
