/*
 * account_store.h: accounts: one per person for life, with a user name that is never given to
 * anyone else; beside it those of administrators, techniques and services (server/governance/account_kind.h).
 */
#pragma once

#include "common/db/db.h"
#include "common/model/person_store.h"

struct account {
	struct str id, person_id;
	struct str login;
	struct str kind;   /* operational, administrator, technical, service, shared */
	struct str status; /* pending, active, suspended, disabled, archived */
	int64_t epoch;     /* raising it ends all sessions and tokens; who changes the account says which one they saw */
	struct str created_at, activated_at; /* ISO 8601; activated_at STR_NULL: never */
};

/* ERR_UNKNOWN_ACCOUNT when there is none. */
int account_find(struct op *op, struct str login, struct account *ret_account) _must_check_;

/*
 * The person's account; made when there is none.  The user name is text_user_name() with the
 * first number that nobody has or had.  Two at once make one account: the unique indexes
 * decide, the loser reads the winner's.
 */
int account_ensure(struct op *op, const struct person *person, struct account *ret_account, bool *ret_created) _must_check_;

/* All sessions and tokens of the account end with the commit. */
int account_raise_epoch(struct op *op, struct str id) _must_check_;

/*
 * To "disabled" or back ("active", or "pending" when it was never activated), if actor may (right "revoke" or "activate"
 * over the whole account; checked in the statement).  *ret_changed is false when nothing was
 * to be done or actor may not: ask again with account_may_manage().  Raises the epoch.
 * seen: the epoch of what actor saw, and nothing is done when it is another by now; EPOCH_ANY: whatever it is.
 */
#define EPOCH_ANY (-1)
int account_disable(struct op *op, struct str id, struct str actor, int64_t seen, bool *ret_changed) _must_check_;
int account_enable(struct op *op, struct str id, struct str actor, int64_t seen, bool *ret_changed) _must_check_;
/* right: "grant", "revoke", "activate", "read", "delegate"; see sen.may_manage_account. */
int account_may_manage(struct op *op, struct str actor, const char *right, struct str id, bool *ret_may) _must_check_;
/* Whether the person has a post, now or later, within the reach of actor's right. */
int account_is_visible(struct op *op, struct str actor, struct str person_id, bool *ret_visible) _must_check_;

/* What stands on each platform for the account, as far as viewer's scopes with right "read" reach. */
struct account_binding {
	struct str platform_code, platform_name;
	bool want_active;
	struct str seen;   /* "active", "inactive", "unknown" */
	struct str state;  /* "in_sync", "pending", "in_doubt", "retry", "blocked", "waiting" */
	struct str error;  /* class of the last failure; STR_NULL: none */
	struct str seen_at;
	int64_t form, form_line; /* the line of a request form for which it waits; 0: none */
	struct str confirmed_how, confirmed_by, confirmed_at; /* "officer", "list"; STR_NULL: it rests on nobody's word */
};
int account_bindings(struct op *op, struct str id, struct str viewer, const struct account_binding **ret_bindings,
                     size_t *ret_n) _must_check_;
