/* group.h (private): groups and their members on the database. */
#pragma once

#include "server/scim/call.h"
#include "server/scim/patch.h"

#define SCIM_MEMBERS_SHOWN_MAX 8000   /* in one answer: as many as the memory of one request writes down */
#define SCIM_ROLE_CHANGES_MAX 100     /* members of a group with a role, in one request */
#define SCIM_GROUPS_OF_USER_MAX 250    /* each answer about a user shows them */

struct scim_group_row {
	struct str id, display_name, external_id, created, changed;
	int64_t version;
	struct str platform, role;  /* codes of what its members get; STR_NULL: nothing */
	json_t *members;            /* as they are shown, or NULL; a new reference */
	size_t n_members;
};
int scim_group_load(struct op *op, const struct scim_feed *feed, const struct str *ids, size_t n, struct scim_group_row *ret, size_t *ret_n) _must_check_;
/* *n becomes less where the members of all would be more than SCIM_MEMBERS_SHOWN_MAX; one is left. */
int scim_group_fit(struct op *op, const struct scim_feed *feed, const struct str *ids, size_t *n) _must_check_;
/* SCIM_TOO_MANY beyond SCIM_MEMBERS_SHOWN_MAX in all. */
int scim_group_load_members(struct op *op, const struct scim_feed *feed, struct scim_group_row *groups, size_t n) _must_check_;
/* Locked until the end of the transaction.  ERR_NOT_FOUND. */
int scim_group_lock(struct op *op, const struct scim_feed *feed, struct str id, struct scim_group_row *ret) _must_check_;
int scim_group_insert(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group) _must_check_;
/* In the open transaction: rows, and the role of those who come or go.  SCIM_INVALID_VALUE: a member that is no user of the feed. */
int scim_group_apply(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group, const struct scim_group_step *steps, size_t n) _must_check_;
int scim_group_forget(struct op *op, const struct scim_feed *feed, struct str id) _must_check_;
