#include "server/oidc/card.h"

DB_QUERY(cards_renew, DB_WRITE, "SELECT sen.cards_renew($1::uuid)");

/* Nobody waits for more than the attempt: whoever comes next finds a stale card again and asks again. */
static void renew(struct op *op, struct str account_id)
{
	struct db_rows rows;

	if (db_run(op, &cards_renew, &rows, P_STR(account_id)) < 0)
		op_forgive(op);
}

bool card_read(struct op *op, const struct db_rows *rows, size_t first, struct str account_id, struct official_facts *ret_facts)
{
	if (!db_bool(rows, 0, first)) {
		renew(op, account_id);
		return false;
	}
	*ret_facts = official_facts_from_row(rows, 0, first + 1);
	return true;
}
