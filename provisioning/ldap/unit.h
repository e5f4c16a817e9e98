/*
 * unit.h: a unit as an entry of the directory: a groupOfNames cn=<code>,<units_base> with the class senUnit (schema/ldap), whose
 * members are accounts of who has the main post there.  Named by its code, so that another name, another place in the tree or its
 * end never makes another entry of it.  Pure.
 */
#pragma once

#include "provisioning/ldap/groups.h"

#define UNIT_CLASS "senUnit"

struct unit_facts {
	struct str code, name, kind, parent; /* parent: its code; empty: none */
	struct str status;                   /* "planned", "active" or "abolished" */
};

/* Attributes to ask for, without the members, of whom there may be many. */
extern const char *const unit_attrs[];

#define UNIT_ATTRS_MAX 5
/* Those that have a value. */
size_t unit_entry_attrs(struct arena *a, const struct unit_facts *u, struct ldap_attr ret[UNIT_ATTRS_MAX]);
/* False: none of ours.  *ret_code: by which it is named below base.  Copies. */
bool unit_entry_read(struct arena *a, const struct ldap_entry *entry, struct str base, struct str *ret_code, struct unit_facts *ret);
/*
 * What brings the entry from one to the other; 0: nothing.  The values that were read are taken away by name, so that this fails
 * where somebody else has been meanwhile.
 */
size_t unit_entry_changes(struct arena *a, const struct unit_facts *is, const struct unit_facts *want, struct ldap_change ret[2 * UNIT_ATTRS_MAX]);
