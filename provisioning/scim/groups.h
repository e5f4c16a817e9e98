/*
 * groups.h: roles as groups of a SCIM platform (RFC 7643 §4.2), one for each role.
 *
 * A group is ours when its displayName begins with the prefix of the configuration; others are never touched.  Groups are
 * made empty and filled by changes: members are never replaced, and never loaded whole to be changed.  Changes of several
 * accounts in one group go as one PATCH, up to a chunk that a refusal halves.
 */
#pragma once

#include "provisioning/scim/http.h"

#define SCIM_GROUPS_MAX 200

struct scim_groups {
	struct str roles[SCIM_GROUPS_MAX]; /* codes: names without the prefix */
	struct str ids[SCIM_GROUPS_MAX];
	size_t n;
	bool is_cut; /* there were more */
};

/* Are roles groups there? */
bool scim_has_groups(struct scim *s);
/* The groups of ours in which a user is; user: as the platform shows it now. */
enum verdict scim_groups_of(struct call *c, const json_t *user, struct scim_groups *ret);
bool scim_groups_match(const struct scim_groups *groups, const struct desired *want) _pure_;
/* Into those that are wanted, out of the others of ours; is_new: it can be in none yet.  *ret_changed: something was sent. */
enum verdict scim_groups_bring(struct call *c, const json_t *user, bool is_new, bool *ret_changed);

/* The group's id there, found or made; STR_NULL with VERDICT_ABSENT: there is none, and it was not to be made. */
enum verdict scim_group_id(struct call *c, struct str role, bool may_make, struct str *ret_id);
void scim_group_forget(struct scim *s, struct str role);
void scim_group_remember(struct scim *s, struct str name, struct str id);
/* All groups of ours there, or those by a filter; VERDICT_REFUSED: it does not show them all. */
enum verdict scim_groups_all(struct call *c, struct scim_groups *ret);
enum verdict scim_groups_find(struct call *c, struct str filter, struct scim_groups *ret);
void scim_groups_add(struct scim_groups *groups, struct str role, struct str id);
struct str scim_groups_id(const struct scim_groups *groups, struct str role) _pure_;
struct str scim_group_path(struct arena *a, struct str id);
/* "sen-MC" -> "MC"; STR_NULL: not ours. */
struct str scim_group_role(const struct scim *s, struct str name);

/* members.c: one change, sent together with others of that group. */
enum verdict scim_member_change(struct call *c, struct str group_id, struct str user_id, bool is_added);
