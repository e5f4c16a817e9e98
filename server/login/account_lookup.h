/* account_lookup.h: the account behind a typed name, for sign-in and activation. */
#pragma once

#include "server/oidc/card.h"

struct sign_in_account {
	struct str id;     /* STR_NULL: no such account */
	struct str login;
	struct str status;
	bool has_access;   /* something granted, or something to administer; never of what signs in as a client */
	bool is_shared;    /* its password is the code of whoever has it checked out */
};

/* At most one row.  Access comes of the facts where the card is not fresh: never older than the statement. */
#define SIGN_IN_ACCOUNT(login)                                                                                          \
	"SELECT c.id, c.login, c.status, c.kind NOT IN ('technical', 'service') AND " CARD_HAS_ACCESS ", c.kind = 'shared'"   \
	" FROM sen.account c, " CARD_TABLES " WHERE c.login = " login " AND a.account_id = c.id AND " CARD_JOIN
/* From column first on; NULL in all of them: no account. */
struct sign_in_account sign_in_account_from_row(const struct db_rows *rows, size_t row, size_t first);

/*
 * A typed user name as accounts know it: without outer space, ASCII letters in lower case.  Not
 * folded like text for search: folding takes y for i, and user names have a y.
 */
struct str sign_in_name(struct arena *a, struct str typed);
/* The same to look for: what cannot be one is sought as "-", which nobody has. */
struct str sign_in_login(struct arena *a, struct str typed);
