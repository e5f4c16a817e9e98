/* stand_ldap.h: the server of the LDAP stands, from its own side. */
#pragma once

#include "tests/connectors/stand_command.h"

struct str stand_ldap_folder(struct arena *a); /* with ou=users and ou=groups below */
const char *stand_ldap_member_attr(void);
/* As groups name that user. */
struct str stand_ldap_member(struct arena *a, const char *login);
struct str stand_ldap_search(struct arena *a, struct str base, struct str filter, const char *attr);
void stand_ldap_modify(struct str ldif);
/* Lines of an LDIF that begin with name. */
size_t stand_ldap_count(struct str ldif, const char *name);

extern const struct scenarios scenarios_ldap;
