/*
 * schema.h: what accounts are at an LDAP server: inetOrgPerson (RFC 2798) under uid=<login>, or users of Active Directory
 * ([MS-ADTS]) under CN=<login>, known by objectGUID wherever they are moved to.
 *
 * There, off is bit 2 of userAccountControl; a new account gets a password that nobody knows, since one without any could be
 * signed in to.
 */
#pragma once

#include "provisioning/ldap/groups.h"

struct ldap_schema {
	const char *name; /* in the configuration */
	struct str people_filter;
	const char *login_attr, *rdn_attr;
	const struct str *classes;
	size_t n_classes, login_max;
	bool is_ad;
};
/* NULL: there is none of that name. */
const struct ldap_schema *ldap_schema(struct str name);

/* A platform of kind ldap. */
struct ldap_platform {
	const struct connector_config *config;
	struct ldap_pool *pool;
	const struct ldap_schema *schema;
	struct ldap_folder roles;
	char *id_attr, *disable_attr;
	char *member_of; /* or NULL */
	const char *read_attrs[5];
};

/* As bindings know it, and as it can be read by: the DN, or <GUID=…>.  STR_NULL: the entry does not say. */
struct str ldap_schema_ext_id(struct arena *a, const struct ldap_schema *s, const struct ldap_entry *entry);
/* objectGUID as <GUID=…>; STR_NULL: there is none. */
struct str ldap_guid(struct arena *a, const struct ldap_entry *entry);
/* Attributes of a person, where no mapping says which. */
void ldap_schema_want(const struct ldap_schema *s, struct ldap_wanted *w, const struct desired *want);
/* Attributes by the mapping. */
void ldap_schema_want_mapped(const struct ldap_schema *s, struct ldap_wanted *w, const struct desired *want, bool is_new);
/* What else a new account has to have. */
void ldap_schema_want_new(const struct ldap_platform *p, struct ldap_wanted *w, const struct desired *want);

bool ldap_schema_is_off(const struct ldap_platform *p, const struct ldap_entry *entry);
void ldap_schema_want_state(const struct ldap_platform *p, struct ldap_wanted *w, const struct ldap_entry *entry, bool off);
struct ldap_identity;
/* Every entry below people_base that has what the rule of the mapping looks for, as candidates; linked: another id stands in id_attr. */
enum verdict ldap_match(struct call *c, const struct ldap_identity *who, const struct ldap_schema *s, size_t rule_index, struct candidates *all);
