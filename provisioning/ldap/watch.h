/*
 * watch.h: changes of an LDAP server as they happen (common/net/ldap_follow.h), for both of its connectors: of accounts, and
 * of who is in which group.  Read by an account of its own (config.follow_dn), which needs no right to write.
 *
 * A group is told without its members, since each of our own changes would send them all; they are read once somebody else has
 * changed it.  The cursor is the cookies of all searches, in base64url, with dots between.
 */
#pragma once

#include "provisioning/ldap/list.h"

/* What both point to outlives the session. */
struct ldap_watching {
	const struct connector_config *config;
	struct ldap_listing listing;
};

enum verdict ldap_watch(struct call *c, const struct ldap_watching *what, struct str cursor, void **ret_session);
enum verdict ldap_watch_next(struct call *c, void *session, int timeout_ms, struct news *ret);
struct str ldap_watch_cursor(struct arena *a, const void *session);
void ldap_watch_end(void *session);
/* As members of connector.h. */
enum verdict ldap_watch_members(struct call *c, void *session, struct group_members *m);
