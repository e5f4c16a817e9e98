/*
 * delegation.h: what a principal may do, by the scopes it holds.  Pure: no database, no clock.
 *
 * Deny by default.  Nobody acts for themself.  A scope covers a unit when the unit lies in its
 * subtree, a platform when it names it or names none, and a role when it names it or none and its cap
 * (the most sensitive role it may hand out) is not below.  Rights are never put together from
 * several scopes when they are handed on: one scope must cover all that is delegated.
 * The statements that write ask the same again (sen.scope_covers, sen.may_manage_account).
 *
 * Each returns 0, ERR_SELF_GRANT or ERR_OUT_OF_SCOPE.
 */
#pragma once

#include "common/base/err.h"
#include "server/governance/principal.h"

#define EVERY_PLATFORM (-1)

/* Something done for a person, for the work of a unit, on a platform. */
struct delegation_object {
	struct str person_id;
	struct str unit_path;
	int64_t platform_id; /* EVERY_PLATFORM: needs a scope that names none */
	int64_t role_id;     /* 0: about the platform as a whole, which scopes for some of its roles do not reach */
	int rank;            /* of the role, enum role_rank */
};

int delegation_check(const struct principal *p, unsigned right, const struct delegation_object *object);

/* Handing on a part of one's own scope. valid_to_s 0: without end. */
struct delegation_gift {
	struct delegation_object to;
	unsigned rights;
	int64_t valid_to_s;
	const int64_t *roles; /* n_roles 0: every role */
	size_t n_roles;
	int max_rank;
	bool is_capped;
};
int delegation_check_gift(const struct principal *p, const struct delegation_gift *gift);

/*
 * Acts on a whole account: activation, unlocking, disabling.  object names the home unit and
 * EVERY_PLATFORM; held are the scopes of that account, each of which one scope of the principal
 * must cover with all its rights: who sets an account's password can be that account.
 */
int delegation_check_account(const struct principal *p, unsigned right, const struct delegation_object *object,
                             const struct admin_scope *held, size_t n_held);
