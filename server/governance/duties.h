/* duties.h: separation of duties: exclusion pairs, dated exceptions by a second person, standing violations; how roles are granted. */
#pragma once

#include "server/governance/governed.h"

/* id, actor, code, name, platform_a, role_a, platform_b, role_b, within, severity, basis */
extern const struct governed_kind duty_add;
/* Over scopes: id, actor, code, name, right_a, right_b, within, severity, basis */
extern const struct governed_kind duty_add_rights;
/* id, actor, version */
extern const struct governed_kind duty_retire;
/* id, actor, duty (id), employee_code, reason, valid_to */
extern const struct governed_kind duty_except;
/* id (of the exception), actor */
extern const struct governed_kind duty_except_approve;
/*
 * policy: actor, platform, role, sensitivity, stages, stage_days, max_days, end_required; codes, or NULL; direct (NULL: as it was),
 * version that was seen (0: none)
 */
extern const struct governed_kind policy_set;

/* Lists: JSON, then the keys.  duty_list: after code, limit.  duty_violations: actor, after key, limit.  policy_list: after id, limit.
   duty_exceptions: actor, after id, limit. */
extern const struct query *const duty_list, *const duty_violations, *const policy_list, *const duty_exceptions;

/*
 * The decision itself, for planners.  Units are paths: they meet when one lies in the other.
 * held and given: role code, platform, unit path.
 */
struct duty_pair {
	int64_t platform_a, platform_b; /* -1: on each */
	struct str role_a, role_b;
	enum duty_within { DUTY_UNIT, DUTY_PLATFORM, DUTY_EVERYWHERE } within;
};
struct duty_holding {
	int64_t platform;
	struct str role, unit_path;
};
bool duty_excludes(const struct duty_pair *pair, const struct duty_holding *held, const struct duty_holding *given) _pure_;
