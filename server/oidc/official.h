/*
 * official.h: what relying parties may learn of an official: claims by scope, or one by one by the
 * claims parameter (OIDC Core §5.4, §5.5).
 *
 *   openid    sub
 *   profile   name, family_name (họ), middle_name (đệm), given_name (tên), preferred_username
 *   email     email: the official mailbox, where the province has one domain for them
 *   unit      unit_code, unit_name (of the main post), posts [{unit_code, unit_name, title, kind}]
 *   roles     roles: codes of the roles on that relying party's own platform, never of another
 *
 * Never the personal number.
 */
#pragma once

#include "common/db/db.h"
#include "common/base/json.h"
#include "common/base/json_out.h"
#include "server/oidc/oidc.h"
#include "server/oidc/client.h"

struct official_facts {
	struct str login, full_name, ho, dem, ten;
	struct str unit_code, unit_name, posts; /* JSON; STR_NULL: not asked for */
	struct str roles;                       /* JSON array; STR_NULL: not asked for, or none */
};

/*
 * For statements that have sen.account a and sen.person p at hand: the facts in one go.  platform, scope,
 * extra: SQL expressions of the platform, the scope and the authorization's extra (with a claims parameter
 * everything is read).  Dates of posts are local dates.
 */
#define OFFICIAL_TODAY "(now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
#define OFFICIAL_UNIT(member, scope, extra)                                                                               \
	" CASE WHEN " extra " IS NOT NULL OR ' ' || " scope " || ' ' LIKE '% unit %' THEN sen.person_unit(p.id) END -> '" member "',"
#define OFFICIAL_COLUMNS(platform, scope, extra)                                                                          \
	" a.login, p.full_name, p.ho, p.dem, p.ten,"                                                                    \
	OFFICIAL_UNIT("unit_code", scope, extra) OFFICIAL_UNIT("unit_name", scope, extra) OFFICIAL_UNIT("posts", scope, extra) \
	" CASE WHEN " extra " IS NOT NULL OR ' ' || " scope " || ' ' LIKE '% roles %' THEN (SELECT jsonb_agg(DISTINCT g.role_code)" \
	"   FROM sen.live_grant g WHERE g.account_id = a.id AND g.platform_id = " platform ") END"

struct official_facts official_facts_from_row(const struct db_rows *rows, size_t row, size_t first_column);
/* ERR_INVALID_TOKEN when the account is gone. */
int official_facts_get(struct op *op, int64_t platform_id, struct str account_id, struct official_facts *ret_facts) _must_check_;

/* What of the facts is wished for. */
struct official_wish {
	struct str scope;
	const json_t *claims; /* claims parameter, or NULL */
	const char *part;     /* of it: "id_token" or "userinfo" */
	bool mail_by_scope;   /* the scope email gives its claims here: not into an ID token beside an access token (OIDC Core §5.4) */
};
/* Adds the claims to object. */
void official_claims(struct op *op, const struct oidc_settings *settings, const struct official_facts *facts,
                     const struct official_wish *wish, struct json_out *object);

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
