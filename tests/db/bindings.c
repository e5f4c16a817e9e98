#include "tests/db/bindings.h"

const struct result done_ok = { .outcome = OUTCOME_OK, .op = "create", .ext_id = { "e1", 2 }, .was_created = true };

int bindings_create(_unused_ void **state)
{
	return migrated_open("binding", PLANNED_FACTS "SELECT people(400)", N_THREADS + 1);
}

int bindings_begin(void **state)
{
	unit_arena_setup(state);
	side("DELETE FROM sen.access_grant; DELETE FROM sen.dirty_account; DELETE FROM sen.binding;"
	     " UPDATE sen.account SET status = 'pending', next_eval_at = NULL WHERE status <> 'pending' OR next_eval_at IS NOT NULL;"
	     " DELETE FROM sen.dirty_account");
	return 0;
}
