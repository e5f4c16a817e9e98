/*
 * feed_admin.h: feeds as administrators see them: made, changed, given a new token, released, and groups that give a role.
 *
 * All within the unit of the feed, by the right "import".  A feed acts as a service account over which who makes it has every
 * right that it has: nobody gives on more than is theirs.
 *
 * ERR_UNKNOWN_ACCOUNT, ERR_UNKNOWN_UNIT, ERR_UNKNOWN_ROLE; ERR_NOT_FOUND; ERR_OUT_OF_SCOPE; ERR_CONFLICT; ERR_FOUR_EYES; ERR_BLOCKED;
 * ERR_PRECONDITION_FAILED; ERR_INVALID_VALUE.
 */
#pragma once

#include "server/governance/json_rows.h"
#include "server/governance/principal.h"

struct feed_fields {
	struct str code, login;       /* for a new one */
	struct str name, unit, basis;
	struct str default_unit, default_title, default_kind; /* STR_NULL: none */
	const struct str *authority;
	size_t n_authority;
	int64_t rate_per_s, token_days;
	bool enabled;
};
/* *ret_token is shown once. */
int feed_admin_add(struct op *op, const struct principal *p, const struct feed_fields *fields, struct str *ret_token) _must_check_;
int feed_admin_edit(struct op *op, const struct principal *p, int64_t version, const struct feed_fields *fields) _must_check_;
/* The token before is good for grace_hours more. */
int feed_admin_rotate(struct op *op, const struct principal *p, struct str code, int64_t grace_hours, int64_t token_days, struct str *ret_token) _must_check_;
/* Those whom the guard holds may be stopped: by another person than who made the feed.  *ret_n: how many. */
int feed_admin_release(struct op *op, const struct principal *p, struct str code, int64_t *ret_n) _must_check_;
/* What the members of a group get: a role of a platform, or nothing (platform STR_NULL).  While it has no members. */
struct feed_group_role {
	struct str code, group_id, platform, role;
	int64_t version; /* of the group as it was seen */
};
int feed_admin_group_role(struct op *op, const struct principal *p, const struct feed_group_role *gives) _must_check_;

int feed_admin_get(struct op *op, const struct principal *p, struct str code, json_t **ret_json, int64_t *ret_version) _must_check_;
int feed_admin_list(struct op *op, const struct principal *p, struct str after, size_t limit, struct json_page *ret_page) _must_check_;
/* Whom the guard holds: persons by employee code. */
int feed_admin_held(struct op *op, const struct principal *p, struct str code, struct str after, size_t limit, struct json_page *ret_page) _must_check_;
int feed_admin_groups(struct op *op, const struct principal *p, struct str code, struct str after, size_t limit, struct json_page *ret_page) _must_check_;
