/*
 * granting.h: granting and revoking roles: the decision (delegation.h), the rows and the audit
 * record in one transaction.
 */
#pragma once

#include "common/model/grant_store.h"
#include "server/governance/principal.h"

struct granting_request {
	struct str employee_code, login; /* whom: one of the two */
	struct str platform, role;       /* codes */
	struct str unit;                 /* code; STR_NULL: the person's home unit */
	struct str basis;
	struct str valid_from, valid_to; /* timestamps; STR_NULL: now, open */
};

/*
 * Creates the account when the person has none.  *ret_added false: the same grant was there.
 * ERR_UNKNOWN_PERSON, _ACCOUNT, _PLATFORM, _ROLE, _UNIT; ERR_PLATFORM_CLOSED; ERR_SELF_GRANT;
 * ERR_OUT_OF_SCOPE; ERR_INVALID_VALUE (no post in that unit); ERR_ACCOUNT_STATE; ERR_CONFLICT;
 * ERR_APPROVAL_NEEDED (the role's policy asks for a request); ERR_SEPARATION_OF_DUTIES with the argument rule.
 */
int granting_add(struct op *op, const struct principal *p, const struct granting_request *request, struct grant *ret_grant,
                 bool *ret_added) _must_check_;

/* One row of several. */
struct granting_result {
	struct error error; /* code 0: it is granted */
	struct grant grant;
	bool added;         /* false: it was there */
	bool account_created;
};
/*
 * Several in the open transaction; a row that is refused leaves nothing behind and does not hinder the others.
 * Negative only for what concerns all of them (the database is gone): then the transaction is to be rolled back.
 */
int granting_rows(struct op *op, const struct principal *p, const struct granting_request *requests, size_t n,
                  struct granting_result *ret_results, size_t *ret_n_refused) _must_check_;

struct granting_bulk {
	const struct granting_request *requests;
	size_t n;
	bool all_or_nothing;
};
/* In one transaction: whatever happens in its middle, nothing is half done.  *ret_committed false: nothing was done. */
int granting_bulk(struct op *op, const struct principal *p, const struct granting_bulk *bulk, struct granting_result *ret_results,
                  bool *ret_committed) _must_check_;

struct granting_revocation {
	struct str login;
	struct str id;             /* one grant; STR_NULL: what the next two leave */
	struct str platform, role; /* codes; STR_NULL: any */
	struct str reason;
};
struct granting_revoked {
	struct grant_revoked_list done;
	size_t n_beyond; /* of those asked for, still there because they are beyond the principal's scope */
};

/*
 * Ends all sessions and tokens of the account when anything was revoked.  Nothing left to
 * revoke is no error.  ERR_OUT_OF_SCOPE when there is something but nothing within scope.
 */
int granting_revoke(struct op *op, const struct principal *p, const struct granting_revocation *revocation,
                    struct granting_revoked *ret_revoked) _must_check_;

/* Several in one transaction, as granting_bulk(). */
struct granting_revocations {
	const struct granting_revocation *rows;
	size_t n;
	bool all_or_nothing;
};
struct granting_revoke_result {
	struct error error; /* code 0: it is as wanted */
	struct granting_revoked revoked;
};
int granting_revoke_bulk(struct op *op, const struct principal *p, const struct granting_revocations *bulk, struct granting_revoke_result *ret_results,
                         bool *ret_committed) _must_check_;
