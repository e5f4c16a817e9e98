/*
 * operation_list.h: what the provisioning engine did on platforms, within the reader's scope.
 *
 * A scope with right "read" shows operations on accounts whose home unit is in it, on its platform or on all; one at the
 * root of the tree shows all accounts.  Keyset: (at, id), newest first.
 */
#pragma once

#include "server/governance/json_rows.h"
#include "server/governance/principal.h"

struct operation_filter {
	struct str platform, login, outcome; /* STR_NULL: any */
	struct str since, until;             /* timestamps; since STR_NULL: a week ago */
	const struct str *after;             /* at, id of the last one seen; STR_NULL */
	size_t limit;
};

int operation_list(struct op *op, const struct principal *p, const struct operation_filter *f, struct json_page *ret) _must_check_;
