/* emergencies.h: break-glass: asked by one, released by another, over by itself within 72 h, reviewed by a third. */
#pragma once

#include "server/governance/governed.h"

/* id, actor, employee_code, platform, role, unit (NULL: home), reason, hours */
extern const struct governed_kind emergency_ask;
/* id, actor, version */
extern const struct governed_kind emergency_release;
/* id, actor, version, conclusion, note: "unjustified" ends what is left of it */
extern const struct governed_kind emergency_review;
/* actor, state (NULL, asked, released, to_review, reviewed), after unit, after id, limit */
extern const struct query *const emergency_list;
