/*
 * list.h: all accounts of an LDAP server, page by page (RFC 2696), for both of its connectors.
 *
 * Who is in which group is read first and kept as 64 bits of a hash per membership, so that a page costs no search per
 * entry and memory stays small.  The cookie dies with its connection: after a restart one must begin again.
 */
#pragma once

#include "provisioning/ldap/schema.h"
#include "provisioning/ldap/standing.h"

struct ldap_listing {
	struct ldap_pool *pool;
	struct str people_base;
	struct str people_filter;        /* of accounts below it */
	const struct ldap_folder *folders[LDAP_FOLDERS_MAX]; /* of groups that accounts are in */
	size_t n_folders;
	const char *const *attrs;
	const char *id_attr;             /* carries our account id */
	const struct ldap_schema *schema; /* NULL: rfc2798 */
	/* Adds what the entry holds to document; says whether it is on. */
	bool (*show)(struct arena *a, void *instance, const struct ldap_entry *entry, json_t *document);
};

/* c->instance is given to show(). */
enum verdict ldap_list_page(struct call *c, const struct ldap_listing *listing, struct list_page *page);
void ldap_list_end(void *instance, void *session);

/* An entry as listed, without its groups. */
void ldap_list_entry(struct arena *a, const struct ldap_listing *listing, void *instance, const struct ldap_entry *entry, json_t *document, struct listed *ret);

/* What attributes shall hold, and what they hold of the same names. */
void ldap_expected(struct arena *a, const struct ldap_wanted *w, json_t *document);
void ldap_shown(struct arena *a, const struct ldap_wanted *w, const struct ldap_entry *entry, json_t *document);
