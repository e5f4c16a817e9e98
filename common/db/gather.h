/*
 * gather.h (private): what waits in a lane, as what is sent: executions of one gathered query (query.h) become one
 * statement, others stay as they are.
 */
#pragma once

#include "common/db/batch.h"

/* What executions that are sent as one may hold together; whoever has more is sent alone. */
#define GATHER_MAX_BYTES ((size_t)1024 * 1024)

/*
 * The parts of n jobs, in the order of their first jobs, into ret_parts (room for n), which point into ret_order (room for n).  Without
 * together each job is a part.  What is made lives in the arena.
 */
size_t gather(struct arena *a, struct job *const *jobs, size_t n, bool together, struct part *ret_parts, struct job **ret_order);
