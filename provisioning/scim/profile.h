/*
 * profile.h: what a SCIM server can do and how it wants to be spoken to, as data.  Pure.
 *
 * A switch is a number; a profile is a row of numbers; "switches = name=word, …" of [connector] overrides single ones.
 * What is then still at auto is what the server says of itself (discover.c), else a default.
 */
#pragma once

#include "common/base/arena.h"

enum scim_switch {
	SCIM_SW_DISCOVERY,   /* is it asked what it can do */
	SCIM_SW_DISCOVERY_S, /* for how long that is believed, seconds */
	SCIM_SW_PATCH,
	SCIM_SW_STYLE,       /* enum scim_style */
	SCIM_SW_OPS,         /* "replace" or "Replace" */
	SCIM_SW_SEARCH,      /* POST /.search, so that no name stands in a URL */
	SCIM_SW_ETAG,        /* If-Match */
	SCIM_SW_BULK,
	SCIM_SW_BULK_OPS,    /* operations in one; what it says of itself may be less */
	SCIM_SW_ASYNC,       /* Prefer: respond-async (RFC 9967) */
	SCIM_SW_PAGING,      /* enum scim_paging */
	SCIM_SW_PAGE,        /* users asked for at a time */
	SCIM_SW_ROLES,       /* enum scim_roles */
	SCIM_SW_MEMBERSHIP,  /* enum scim_membership */
	SCIM_SW_REMOVAL,     /* enum scim_removal */
	SCIM_SW_CHUNK,       /* changes of members in one PATCH */
	SCIM_SW_EMAILS,      /* many, or one only */
	SCIM_SW_NAMES,       /* as they are, or never without family and given name */
	SCIM_SW_ENTERPRISE,  /* the enterprise extension */
	SCIM_SW_PASSWORD,    /* a random one at creation */
	SCIM_SWITCHES,
};

enum { SCIM_AUTO, SCIM_YES, SCIM_NO };
enum scim_style {
	SCIM_STYLE_AUTO,     /* as SCIM_STYLE_PATH, until it is refused */
	SCIM_STYLE_PATH,     /* an operation for each path, a list as a whole */
	SCIM_STYLE_VALUE,    /* elements of lists by value paths: emails[type eq "work"].value */
	SCIM_STYLE_PATHLESS, /* one operation without a path */
};
enum { SCIM_OPS_LOWER, SCIM_OPS_CAPITAL };
enum scim_paging { SCIM_PAGING_AUTO, SCIM_PAGING_INDEX, SCIM_PAGING_CURSOR };
enum scim_roles { SCIM_ROLES_AUTO, SCIM_ROLES_ATTRIBUTE, SCIM_ROLES_GROUPS, SCIM_ROLES_NONE };
enum scim_membership {
	SCIM_MEMBERSHIP_USER,   /* the user's own "groups" shows it */
	SCIM_MEMBERSHIP_FILTER, /* groups by members.value eq */
	SCIM_MEMBERSHIP_EACH,   /* each of our groups is asked: id eq … and members eq … */
};
enum scim_removal { SCIM_REMOVAL_PATH, SCIM_REMOVAL_VALUE };
enum { SCIM_EMAILS_MANY, SCIM_EMAILS_ONE };
enum { SCIM_NAMES_AS_THEY_ARE, SCIM_NAMES_BOTH };
enum { SCIM_PASSWORD_NO, SCIM_PASSWORD_RANDOM };

struct scim_switches {
	int64_t of[SCIM_SWITCHES];
};

/* "" is generic.  NULL, or what is wrong with the words, in a. */
const char *scim_profile_read(struct arena *a, struct str profile, struct str overrides, struct scim_switches *ret) _must_check_;
const char *scim_switch_name(enum scim_switch which) _pure_;
