/*
 * explain.h: why somebody has a role, or has not; who had what at a moment.  Rows end, they do not vanish; what is changed in them is kept as
 * it was (sen.grant_was, account_was, platform_was): the answer about a day is the same ever after.
 */
#pragma once

#include "common/db/db.h"

/* actor, account (id), platform, role, at (NULL: now) -> one object */
extern const struct query *const explain_role;
/* actor, at (NULL: now), platform, role, unit, origin, after unit, after id, limit */
extern const struct query *const grants_on;
