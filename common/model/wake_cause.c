#include "common/model/wake_cause.h"

DB_QUERY(wake_cause_set_q, DB_WRITE, "SELECT set_config('sen.cause', $1, true)");

int wake_cause_set(struct op *op, enum wake_cause cause)
{
	static const char *const names[] = { [WAKE_NAMED] = "named", [WAKE_APPROVED] = "approved", [WAKE_FEED] = "feed" };
	struct db_rows rows;

	return db_run(op, &wake_cause_set_q, &rows, P_C(names[cause]));
}
