/*
 * scope_store.h: what administrators may do: rights over a unit with everything below it, on
 * one platform or all.  The statements ask the delegating account's own scope again.
 */
#pragma once

#include "common/db/db.h"

#define SCOPE_ALL_PLATFORMS (-1)

struct scope {
	struct str id, account_id, login;
	struct str unit_code, unit_name, unit_path;
	int64_t platform_id;       /* SCOPE_ALL_PLATFORMS or one */
	struct str platform_code;  /* STR_NULL: all */
	const struct str *rights;  /* names of enum admin_right */
	size_t n_rights;
	struct str valid_from, valid_to; /* ISO 8601; valid_to STR_NULL: open */
	const struct str *roles;   /* "P02/MC"; n_roles 0: every role */
	size_t n_roles;
	struct str max_sensitivity; /* STR_NULL: no cap */
	struct str granted_by;     /* user name; STR_NULL: the operator */
	struct str waits_until;    /* for a second person who asks for the same; STR_NULL: it is given */
	bool is_revoked;
};

struct scope_new {
	struct str account_id;
	int64_t unit_id;
	int64_t platform_id;       /* SCOPE_ALL_PLATFORMS or one */
	const struct str *rights;
	size_t n_rights;
	struct str valid_to;       /* timestamp; STR_NULL: open */
	const struct str *role_ids; /* numbers; n_role_ids 0: every role */
	size_t n_role_ids;
	struct str max_sensitivity; /* low, normal, high, privileged; STR_NULL: no cap */
	struct str granted_by;     /* account; STR_NULL: the operator, who is asked for no scope */
	struct str confirmed_by;   /* the second of two; STR_NULL: none */
};

/* As grant_add(): new, the same again, ERR_OUT_OF_SCOPE, or ERR_CONFLICT for the same place and roles with other rights or end. */
int scope_add(struct op *op, const struct scope_new *new, struct scope *ret_scope, bool *ret_added) _must_check_;
/* The rules of separation that forbid it, by their codes (STR_NULL: none); in a transaction: the person stays locked. */
int scope_blocking_duties(struct op *op, const struct scope_new *new, struct str *ret_codes) _must_check_;
/* Whether it hands out what needs approval: then two give it. */
int scope_needs_two(struct op *op, const struct scope_new *new, bool *ret_needs) _must_check_;
/* What comes of one of the two asking for it: it is there; the other asked before (by), and it is to be added; or it waits (id) for the other. */
struct scope_asked {
	struct scope scope;
	bool there;
	struct str by;
	struct str id, expires_at;
};
int scope_ask(struct op *op, const struct scope_new *new, struct scope_asked *ret) _must_check_;
/* *ret_dropped false: nothing of that id waits, or actor neither asked for it nor could confirm it. */
int scope_drop_waiting(struct op *op, struct str id, struct str actor, bool *ret_dropped) _must_check_;
/* *ret_changed false: it was revoked already, or actor may not. */
int scope_revoke(struct op *op, struct str account_id, struct str id, struct str actor, bool *ret_changed) _must_check_;
/* Where an id is known alone; ERR_NOT_FOUND. */
int scope_get(struct op *op, struct str id, struct scope *ret_scope) _must_check_;
/* The live ones of an account within the reach of viewer's right "read". */
int scope_list(struct op *op, struct str account_id, struct str viewer, const struct scope **ret_scopes, size_t *ret_n) _must_check_;
/* By the kind of the account and the authority's policy. */
int scope_may_be_held(struct op *op, struct str account_id, const struct str *rights, size_t n_rights, bool *ret_may, bool *ret_is_service) _must_check_;
/*
 * Whether nobody administers anything (second: whether one person alone may hand on everything); takes a lock until commit, so that two
 * bootstraps do not both see nobody.
 */
int scope_none_yet(struct op *op, bool second, bool *ret_none) _must_check_;
