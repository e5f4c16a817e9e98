/*
 * map.h: what the connectors for LDAP servers share: attributes from a desired document,
 * the difference to an entry, errors as verdicts.  Only the difference is ever written, so what
 * others keep in an entry stays.
 */
#pragma once

#include "common/net/ldap_client.h"
#include "provisioning/connector.h"

#define LDAP_WANTED_MAX 64
/* insufficientAccessRights (RFC 4511 §4.1.9) */
#define LDAP_NO_ACCESS 50

/* What groups are there: RFC 4519 §3.5 and §3.6, RFC 2307, Active Directory. */
struct ldap_group_kind {
	const char *class, *member;
	bool by_uid;       /* members are user names, else DNs */
	bool wants_member; /* never without one, so a placeholder stays in it */
	bool wants_gid;    /* has a number of its own */
};
/* By its object class; NULL: none of these. */
const struct ldap_group_kind *ldap_group_kind(struct str class);

/* Attributes as they shall be; one without values shall be absent. */
struct ldap_wanted {
	struct arena *arena;
	const struct desired *leaves; /* what that leaves as it is does not become one of these; NULL: everything does */
	struct ldap_attr attrs[LDAP_WANTED_MAX];
	size_t n;
};

/* An empty value: shall be absent. */
void ldap_want(struct ldap_wanted *w, const char *name, struct str value);
void ldap_want_list(struct ldap_wanted *w, const char *name, const struct str *values, size_t n);
/* cn, sn, givenName, displayName, mail, title: the same in every inetOrgPerson (RFC 2798). */
void ldap_want_person(struct ldap_wanted *w, const struct desired *want);

/* What the rows of a mapping want; with what is sent at creation only, or without. */
void ldap_want_mapped(struct ldap_wanted *w, const struct desired *want, bool is_new);

bool ldap_entry_has_class(const struct ldap_entry *entry, struct str class);
bool ldap_attr_has(const struct ldap_attr *attr, struct str value);
/* Changes that bring the entry there; 0: none are needed. */
size_t ldap_changes(const struct ldap_wanted *w, const struct ldap_entry *entry, struct ldap_change *ret_changes);
/* Into the call's changes. */
void ldap_note_changes(struct call *c, const struct ldap_entry *entry, const struct ldap_change *changes, size_t n);
/* An entry of w's attributes that have values, behind the object classes given. */
size_t ldap_new_entry(const struct ldap_wanted *w, const struct str *classes, size_t n_classes,
                      struct ldap_attr ret_attrs[LDAP_WANTED_MAX + 1]);

/* The error in c->op as a verdict; sets the fault. */
enum verdict ldap_verdict(struct call *c, bool is_write);
/* The pool of a connector. */
int ldap_map_open(struct op *op, const struct connector_config *config, struct ldap_pool **ret_pool) _must_check_;

/* One entry by its DN: VERDICT_ABSENT when it is not there. */
enum verdict ldap_read(struct call *c, struct ldap_pool *pool, struct str dn, const char *const *attrs,
                       const struct ldap_entry **ret_entry);
/* The one entry below base whose attribute id_attr is our account id; > 1 = disputed. */
enum verdict ldap_find(struct call *c, struct ldap_pool *pool, struct str base, const char *id_attr,
                       const char *const *attrs, const struct ldap_entry **ret_entry);
/*
 * When no entry carries our id: VERDICT_CONFLICT when one without it is where ours was (c->ext_id) or has our user name, VERDICT_ABSENT
 * when none is.  VERDICT_DONE: ours is at c->ext_id, outside of base.
 */
enum verdict ldap_find_unmarked(struct call *c, struct ldap_pool *pool, struct str base, const char *login_attr, const char *id_attr,
                                const char *const *attrs, const struct ldap_entry **ret_entry);
