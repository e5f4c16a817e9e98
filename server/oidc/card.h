/*
 * card.h: the cards of an account and its person: what tokens say and depend on, kept by the database beside
 * the facts (schema/migrations/0022_cards.sql, docs/decisions/0011-cards.md), so that a statement finds it
 * by three keys instead of eight joins.
 *
 * A card that is not fresh says nothing but login, status and epoch: access is then looked up, and the claims
 * are read anew by whoever wants them.  It is never what a revocation has changed: that is one transaction.
 */
#pragma once

#include "server/oidc/official.h"

/* For FROM; the statement says "a.account_id = …" itself.  v: the number that a fresh card carries. */
#define CARD_TABLES "sen.account_card a, sen.cache_version v"
#define CARD_JOIN "v.name = 'catalogue'"
#define CARD_PERSON_TABLES CARD_TABLES ", sen.person_card p"
#define CARD_PERSON_JOIN CARD_JOIN " AND p.person_id = a.person_id"

#define CARD_IS_FRESH "(a.fresh_until > now() AND a.catalogue = v.version)"
#define CARD_PERSON_IS_FRESH "(p.fresh_until > now() AND p.catalogue = v.version)"
/* A role on a platform: SQL expression of type smallint, as text it is a key of what the card has. */
#define CARD_HOLDS(platform)                                                                                       \
	"CASE WHEN " CARD_IS_FRESH " THEN a.access ? (" platform ")::text ELSE sen.account_holds(a.account_id, " platform ") END"
/* The same on that of client k, or a client that is no platform's. */
#define CARD_ADMITS "(k.platform_id IS NULL OR " CARD_HOLDS("k.platform_id") ")"
#define CARD_ADMINISTERS "CASE WHEN " CARD_IS_FRESH " THEN a.administers ELSE sen.account_administers(a.account_id) END"
/* Something granted, or something to administer. */
#define CARD_HAS_ACCESS "CASE WHEN " CARD_IS_FRESH " THEN a.administers OR a.access <> '{}' ELSE sen.account_has_access(a.account_id) END"

/* platform: SQL expression of type text. */
#define CARD_COLUMNS(platform)                                                                                     \
	CARD_IS_FRESH " AND " CARD_PERSON_IS_FRESH " AS fresh, a.login, p.full_name, p.ho, p.dem, p.ten, p.unit -> 'unit_code' AS unit_code," \
	" p.unit -> 'unit_name' AS unit_name, p.unit -> 'posts' AS posts, a.access -> " platform " AS roles"
/* The same out of a CTE x that selected them. */
#define CARD_COLUMNS_OF_X "x.fresh, x.login, x.full_name, x.ho, x.dem, x.ten, x.unit_code, x.unit_name, x.posts, x.roles"

/* What CARD_COLUMNS gave, from first on.  False: the cards were stale, *ret_facts untouched; they are being renewed. */
bool card_read(struct op *op, const struct db_rows *rows, size_t first, struct str account_id, struct official_facts *ret_facts);
