/*
 * bootstrap.h: the first administrator of an installation, made by the operator at the machine.
 * Only while no scope was ever given to anybody; later ones are delegated.  And a second one, while one person alone may hand on
 * everything: what needs approval is handed on by two.
 */
#pragma once

#include "common/model/account_store.h"
#include "common/model/activation_store.h"

struct bootstrap_request {
	struct str employee_code;
	struct str unit;     /* code; with everything below it, on every platform, all rights */
	struct str operator; /* "operator:<login>" */
	bool second;
};
struct bootstrap_result {
	struct account account;
	struct activation_code code;
};
/* ERR_CONFLICT: there is an administrator already. */
int bootstrap_admin(struct op *op, const struct bootstrap_request *request, struct bootstrap_result *ret_result) _must_check_;
