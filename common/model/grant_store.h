/*
 * grant_store.h: roles granted to accounts, for the work of a unit, on a basis, for a time.
 *
 * The statements that write ask the granter's scope again (sen.scope_covers), so that a scope
 * withdrawn a moment ago grants nothing.  They belong into a transaction with their audit record.
 */
#pragma once

#include "common/db/db.h"

struct grant {
	struct str id, account_id, login;
	struct str platform_code, role_code, role_name;
	struct str unit_code, unit_name;
	struct str basis;
	struct str valid_from, valid_to;     /* ISO 8601; valid_to is exclusive, STR_NULL: open */
	struct str origin;                   /* direct, request, rule, emergency */
	struct str granted_by, granted_at;   /* user name (STR_NULL: the system, by a rule), ISO 8601 */
	struct str revoked_by, revoked_at, revoke_reason; /* STR_NULL: not revoked */
	struct str order_at;                 /* granted_at as the list's key has it */
	struct str state;                    /* live, future, suspended (by a review), stopped (on leave, platform closed), expired, revoked */
};

struct grant_new {
	struct str account_id;
	int64_t role_id, unit_id;
	struct str basis;
	struct str valid_from, valid_to; /* timestamps; STR_NULL: now, open */
	struct str granted_by;           /* account */
};

/*
 * The grant, new or (*ret_added false) the live one that says the same already.  Expired ones
 * are closed first.  ERR_OUT_OF_SCOPE: the statement's own check refused.  ERR_CONFLICT: the
 * live one has other dates.
 */
int grant_add(struct op *op, const struct grant_new *new, struct grant *ret_grant, bool *ret_added) _must_check_;

/* Until commit, nobody else decides about this person's access. */
int grant_lock_person(struct op *op, struct str person_id) _must_check_;
/* Codes of the duty rules that forbid the role there; STR_NULL: none. */
int grant_blocking_duties(struct op *op, struct str person_id, int64_t role_id, int64_t unit_id, struct str *ret_codes) _must_check_;
/*
 * Whether the role may be given to the person there without a request: by its policy, and not by who loosened that.  What is given
 * already is no question any more.
 */
int grant_may_be_direct(struct op *op, struct str actor, struct str person_id, int64_t role_id, int64_t unit_id, bool *ret_may) _must_check_;
/* The end by the role's policy: the one asked for when it fits, the policy's own when none was asked for. */
struct grant_end {
	struct str valid_to; /* STR_NULL: open */
	bool is_fit;
};
int grant_end_by_policy(struct op *op, int64_t role_id, struct str valid_from, struct str valid_to, struct grant_end *ret_end) _must_check_;

struct grant_choice {
	struct str account_id;
	struct str id;            /* one grant, or STR_NULL: all that the next two leave */
	struct str platform_code; /* STR_NULL: any */
	struct str role_code;     /* STR_NULL: any */
};
struct grant_revoked {
	struct str id, platform_code, role_code, unit_code;
};
struct grant_revoked_list {
	const struct grant_revoked *grants;
	size_t n;
};

/* Revokes what is live and within actor's scope. */
int grant_revoke(struct op *op, const struct grant_choice *choice, struct str actor, struct str reason,
                 struct grant_revoked_list *ret_revoked) _must_check_;
/* How many grants of the choice are not revoked. */
int grant_count(struct op *op, const struct grant_choice *choice, size_t *ret_n) _must_check_;
/* ERR_NOT_FOUND */
int grant_get(struct op *op, struct str account_id, struct str id, struct grant *ret_grant) _must_check_;
/* Of an account, within the reach of viewer's right "read": the newest first, behind the one with these keys (order_at, id; STR_NULL: from the newest). */
struct grant_filter {
	struct str account_id, viewer;
	struct str after[2];
	size_t limit;
};
struct grant_page {
	const struct grant *grants;
	size_t n;
	bool has_more;
};
int grant_list(struct op *op, const struct grant_filter *filter, struct grant_page *ret) _must_check_;
