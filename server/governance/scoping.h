/* scoping.h: handing on a part of one's own scope, and taking it back. */
#pragma once

#include "common/model/scope_store.h"
#include "server/governance/principal.h"

struct scoping_request {
	struct str login;
	struct str unit;             /* code */
	struct str platform;         /* code; STR_NULL: all */
	const struct str *rights;    /* names */
	size_t n_rights;
	const struct str *roles;     /* codes of roles on platform; n_roles 0: every role */
	size_t n_roles;
	struct str max_sensitivity;  /* nothing more sensitive; STR_NULL: no cap */
	struct str valid_to;         /* timestamp; STR_NULL: open */
	int64_t valid_to_s;          /* the same; 0: open */
};

/*
 * *ret_added false: the same scope was there; or, with waits_until, it hands out what needs approval and waits for a second person
 * who asks for the same.  ERR_UNKNOWN_ACCOUNT, _UNIT, _PLATFORM;
 * ERR_INVALID_VALUE (a right that is none); ERR_SELF_GRANT; ERR_OUT_OF_SCOPE; ERR_CONFLICT; ERR_SEPARATION_OF_DUTIES with the argument rule.
 */
int scoping_add(struct op *op, const struct principal *p, const struct scoping_request *request, struct scope *ret_scope,
                bool *ret_added) _must_check_;
/* What waits (JSON, then the keys): actor, after unit and id, limit. */
extern const struct query *const scoping_waiting;
/* Revoked already: no change; what only waits is dropped.  ERR_NOT_FOUND, ERR_SELF_GRANT, ERR_OUT_OF_SCOPE. */
int scoping_revoke(struct op *op, const struct principal *p, struct str id, bool *ret_changed) _must_check_;
