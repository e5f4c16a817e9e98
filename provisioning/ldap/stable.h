/*
 * stable.h: an account's entry, found whatever has become of its name, its place and our id on it: by entryUUID (RFC 4530), which the
 * server gives and nobody can change, or objectGUID of Active Directory.
 *
 * It is known from the first time that the entry was read.  It also tells an entry of ours from one that somebody has put in its
 * place, with our id on it.
 */
#pragma once

#include "provisioning/ldap/schema.h"

/* Where accounts are, and what tells whose they are. */
struct ldap_identity {
	struct ldap_pool *pool;
	struct str people_base;
	const char *login_attr, *id_attr;
	const char *const *attrs; /* to read; with entryUUID */
};

/* STR_NULL: the server does not say. */
struct str ldap_stable_id(struct arena *a, const struct ldap_entry *entry);
/*
 * Is the entry c->want's?  It carries our id and is not known to be another one; or is the one that we know, and carries nobody else's.
 */
bool ldap_is_ours(const struct call *c, const struct ldap_entry *entry, const char *id_attr);
/* As look_up of connector.h: VERDICT_DONE when it is ours. */
enum verdict ldap_look_for(struct call *c, const struct ldap_identity *who, const struct ldap_entry **ret_entry);
/*
 * Access ends: the entry that we know has been taken down.  Where it carries our id no more, another one may, put there by somebody: that
 * one is brought down as well.
 */
enum verdict ldap_take_down_twin(struct call *c, const struct ldap_identity *who, const struct ldap_entry *known,
                                 size_t (*changes_of)(struct call *c, const struct ldap_entry *entry, struct ldap_change *ret_changes));
/* The error in c->op, of a write to the entry dn: one that was moved to where we may not write is no fault of all others. */
enum verdict ldap_write_verdict(struct call *c, struct str dn, struct str people_base);
