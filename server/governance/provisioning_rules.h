/*
 * provisioning_rules.h: what an administrator decides for provisioning on a platform (sen.provisioning_policy), and what the
 * guard holds (sen.hold): looked at account by account, or unit by unit, then released or discarded by a second person.
 *
 * Never by whose acts are held, nor by whose own account is.  The provisioner carries it out.
 */
#pragma once

#include "server/governance/governed.h"

/* actor, platform */
extern const struct query *const provisioning_rules_get;
/*
 * platform, actor, version (0: no row yet), operations[], max_n, max_percent, unit_min, unit_percent, role_min, role_percent,
 * grace_days, gone_days, on_removal, membership_percent; NULL: as it is
 */
extern const struct governed_kind provisioning_rules_set;

/*
 * hold_list: actor, platform or NULL, state or NULL, before id, limit.  hold_get: actor, id.  hold_accounts: actor, id, after account, limit;
 * hold_units: actor, id, after unit, limit.
 */
extern const struct query *const hold_list, *const hold_get, *const hold_accounts, *const hold_units;
/* id, actor, version, reason */
extern const struct governed_kind hold_release, hold_discard;
