/*
 * account_kind.h: accounts that are not a person's first: of administrators, of techniques and services, shared ones;
 * and the list of all accounts that security level 3 asks for.
 *
 * A technical, service or shared account is answered for by a person (its manager) and says why it is there.
 *
 * ERR_UNKNOWN_PERSON, ERR_UNKNOWN_ACCOUNT; ERR_OUT_OF_SCOPE, ERR_SELF_GRANT; ERR_FOUR_EYES; ERR_CONFLICT; ERR_WRONG_STATE;
 * ERR_HELD: a legal hold.
 */
#pragma once

#include "common/model/account_store.h"
#include "common/model/shared_use_store.h"
#include "server/governance/json_rows.h"
#include "server/governance/principal.h"

struct account_entry {
	struct str login, kind, status, employee_code, full_name; /* the person's, or the manager's */
	struct str unit_code, unit_name, reason;
	struct str created_at, activated_at, closed_at;           /* closed_at: disabled, suspended or archived since */
	struct str used_on;
	struct str platforms;                                     /* codes, separated by SP */
};
struct account_filter {
	struct str kind, status, platform, manager, unit; /* STR_NULL: any; unit with all below it */
	struct str unused_since;                          /* date: not used since */
	struct str after;                                 /* login */
	size_t limit;
};
int account_list(struct op *op, const struct principal *p, const struct account_filter *filter, const struct account_entry **ret_entries,
                 size_t *ret_n, bool *ret_more) _must_check_;

struct account_new {
	struct str kind;          /* administrator, technical, service, shared */
	struct str employee_code; /* the person, or the manager */
	struct str login;         /* administrator: STR_NULL, made of the first account's */
	struct str reason;
	struct str client_id;     /* technical, service; or STR_NULL */
};
/* A shared account waits for approval; the others begin in pending (administrator) or active. */
int account_kind_add(struct op *op, const struct principal *p, const struct account_new *new, struct str *ret_login) _must_check_;
struct account_handing_over {
	struct str login, employee_code, reason;
	int64_t seen; /* the account's epoch as it was looked at */
};
/* Another manager; lifts what the last one's leaving stopped.  ERR_PRECONDITION_FAILED: it has another one already, or another state. */
int account_kind_hand_over(struct op *op, const struct principal *p, const struct account_handing_over *h) _must_check_;
/* Disabled for good: of one who holds no legal hold.  *ret_changed false: it was so already. */
int account_kind_archive(struct op *op, const struct principal *p, struct str login, struct str reason, bool *ret_changed) _must_check_;

struct shared_entry {
	struct str login, reason, manager, asked_by, asked_at, approved_by, approved_at, status;
	struct str members;   /* logins, separated by SP */
	struct str user;      /* login of who has it checked out; STR_NULL: nobody */
	struct str until_at;
};
int shared_list(struct op *op, const struct principal *p, struct str after, size_t limit, const struct shared_entry **ret_entries,
                size_t *ret_n, bool *ret_more) _must_check_;
/* By somebody else than who asked, and than the manager. */
int shared_approve(struct op *op, const struct principal *p, struct str login) _must_check_;
/* remove: takes the member out, and ends the use. */
int shared_member(struct op *op, const struct principal *p, struct str login, struct str member_login, bool remove, bool *ret_changed) _must_check_;
/* The latest first; keys: when it was checked out, id. */
int shared_uses(struct op *op, const struct principal *p, struct str login, const struct page_ask *ask, struct json_page *ret) _must_check_;
