/* explain.h: why somebody has a role, or has not; who had what at a moment.  Nothing of it is overwritten: rows end, they do not vanish. */
#pragma once

#include "common/db/db.h"

/* actor, account (id), platform, role, at (NULL: now) -> one object */
extern const struct query *const explain_role;
/* actor, at (NULL: now), platform, role, unit, origin, after unit, after id, limit */
extern const struct query *const grants_on;
