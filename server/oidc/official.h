/*
 * official.h: what relying parties may learn of an official: claims by scope.
 *
 *   openid    sub
 *   profile   name, family_name (họ), middle_name (đệm), given_name (tên), preferred_username
 *   unit      unit_code, unit_name (of the main post), posts [{unit_code, unit_name, title, kind}]
 *   roles     roles: codes of the roles on that relying party's own platform, never of another
 *
 * Never the personal number.
 */
#pragma once

#include "common/base/json.h"
#include "server/oidc/client.h"

/* Adds the claims that scope allows to object.  ERR_INVALID_TOKEN when the account is gone. */
int official_claims(struct op *op, const struct client *client, struct str account_id, struct str scope,
                    json_t *object) _must_check_;

struct official_platform {
	struct str code, name, home_url; /* home_url may be STR_NULL */
	bool verified;                   /* false is always shown */
};
/* Platforms on which the account has a role now, by name. */
int official_platforms(struct op *op, struct str account_id, const struct official_platform **ret_platforms, size_t *ret_n) _must_check_;
/* Name of the main post's unit, or STR_NULL. */
int official_unit(struct op *op, struct str account_id, struct str *ret_unit_name) _must_check_;
/* Does the account have a role on this platform now? */
int official_has_platform(struct op *op, struct str account_id, int64_t platform_id, bool *ret_has) _must_check_;
