/*
 * ldap_follow.h: follows the changes of a directory: content synchronisation (RFC 4533), refreshAndPersist, one to three searches on
 * a connection of their own.
 *
 * The refresh brings what has changed since the cookie, or everything without one; then changes come as they happen.  An entry is
 * told as it is, not what was changed of it.  Deletions during the refresh are told without names (by identifiers, or by who is
 * still present): then is_unsure says that only a listing can tell.
 * Errors as in ldap_client.h; ldap_result_code() = LDAP_FOLLOW_REFRESH_REQUIRED: the cookie is worth nothing any more.
 */
#pragma once

#include "common/net/ldap_client.h"

#define LDAP_FOLLOW_MAX 3
#define LDAP_FOLLOW_COOKIE_MAX 1024
#define LDAP_FOLLOW_REFRESH_REQUIRED 4096 /* e-syncRefreshRequired, RFC 4533 §2.6 */
#define LDAP_FOLLOW_UNWILLING 53          /* unwillingToPerform: OpenLDAP's word for a cookie newer than its data */

struct ldap_follow_of {
	struct str base, filter;
	const char *const *attrs; /* as for ldap_search() */
	struct str cookie;        /* of an earlier connection; empty: from the beginning */
};

enum ldap_follow_what {
	LDAP_FOLLOW_NOTHING, /* within the time */
	LDAP_FOLLOW_ENTRY,   /* it is there, and is new or has changed */
	LDAP_FOLLOW_GONE,    /* entry.dn is not there any more */
	LDAP_FOLLOW_CURRENT, /* the refresh of this search is over */
	LDAP_FOLLOW_COOKIE,  /* only the cookie has moved on */
};
struct ldap_follow_event {
	enum ldap_follow_what what;
	size_t search;           /* index of the search */
	bool is_unsure;          /* some may be gone, and nobody knows which */
	struct ldap_entry entry; /* in op->arena */
};

struct ldap_follow;
int ldap_follow_open(struct op *op, struct ldap_pool *p, const struct ldap_follow_of *of, size_t n, struct ldap_follow **ret_follow) _must_check_;
/* Waits for the next event.  After an error it is over. */
int ldap_follow_next(struct op *op, struct ldap_follow *f, int timeout_ms, struct ldap_follow_event *ret_event) _must_check_;
/* That of everything told so far; empty: none yet.  Lives until the next ldap_follow_next(). */
struct str ldap_follow_cookie(const struct ldap_follow *f, size_t search);
void ldap_follow_close(struct ldap_follow *f); /* accepts NULL */
