/* account_lookup.h: the account behind a typed name, for sign-in and activation. */
#pragma once

#include "common/db/db.h"

struct sign_in_account {
	struct str id;     /* STR_NULL: no such account */
	struct str login;
	struct str status;
	struct str full_name;
	struct str unit_name;
	bool has_access;   /* something granted, or something to administer; never of what signs in as a client */
	bool is_shared;    /* its password is the code of whoever has it checked out */
};

/*
 * A typed user name as accounts know it: without outer space, ASCII letters in lower case.  Not
 * folded like text for search: folding takes y for i, and user names have a y.
 */
struct str sign_in_name(struct arena *a, struct str typed);

/* Never ERR_NOT_FOUND: an unknown name gives an account without id. */
int sign_in_account_find(struct op *op, struct str typed_name, struct sign_in_account *ret_account) _must_check_;
