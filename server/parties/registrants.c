#include "server/parties/parties.h"

#define TOKEN_JSON                                                                                                        \
	"jsonb_build_object('id', t.id, 'label', t.label, 'platform', (SELECT p.code FROM sen.platform p WHERE p.id = t.platform_id),"           \
	" 'expires_at', sen.iso(t.expires_at), 'uses_left', t.uses_left, 'clients', (SELECT count(*) FROM sen.oauth_client c WHERE c.registered_with = t.id)," \
	" 'live', t.uses_left > 0 AND t.revoked_at IS NULL AND t.expires_at > now(), 'policy', t.policy)"
DB_QUERY(client_token_list_q, DB_READ,
         "SELECT " TOKEN_JSON ", t.created_at::text, t.id::text FROM sen.initial_access_token t WHERE sen.scope_everywhere($1::uuid, 'catalogue')"
         " AND ($2::timestamptz IS NULL OR (t.created_at, t.id) > ($2::timestamptz, $3::uuid)) ORDER BY t.created_at, t.id LIMIT $4::bigint");
const struct query *const client_token_list = &client_token_list_q;

#define TOKEN_INPUT                                                                                                       \
	"WITH i (id, actor, hash, label, platform, policy, uses, days) AS (VALUES ($1::uuid, $2::uuid, $3::bytea, $4::text, $5::text, $6::jsonb,"  \
	" $7::integer, $8::integer))"
DB_QUERY(client_token_add_check_q, DB_WRITE,
         TOKEN_INPUT " SELECT CASE WHEN NOT sen.scope_everywhere(i.actor, 'catalogue') OR sen.client_administers(i.policy) THEN 'out_of_scope'"
                     " WHEN i.platform IS NOT NULL AND p.id IS NULL THEN 'unknown_platform' END, NULL, NULL, NULL, i.id"
                     " FROM i LEFT JOIN sen.platform p ON p.code = i.platform AND p.id > 0");
DB_QUERY(client_token_add_q, DB_WRITE,
         TOKEN_INPUT ", t AS (INSERT INTO sen.initial_access_token (id, token_hash, label, policy, platform_id, uses_left, created_by, expires_at)"
                     "  SELECT i.id, i.hash, i.label, i.policy, p.id, i.uses, 'account:' || i.actor, now() + i.days * interval '1 day'"
                     "  FROM i LEFT JOIN sen.platform p ON p.code = i.platform AND p.id > 0 WHERE sen.scope_everywhere(i.actor, 'catalogue') RETURNING *)"
                     " SELECT " TOKEN_JSON " FROM t");
const struct governed_kind client_token_add = { .action = "client.token.add", .check = &client_token_add_check_q, .write = &client_token_add_q };

#define ACT_INPUT "WITH i (id, actor) AS (VALUES ($1::uuid, $2::uuid))"
DB_QUERY(client_token_revoke_check_q, DB_WRITE,
         ACT_INPUT " SELECT f.fault, CASE f.fault WHEN 'wrong_state' THEN 'state' END, CASE f.fault WHEN 'wrong_state' THEN 'revoked' END, NULL, f.id"
                   " FROM (SELECT i.id, CASE WHEN NOT sen.scope_everywhere(i.actor, 'catalogue') THEN 'out_of_scope' WHEN t.id IS NULL THEN 'not_found'"
                   "  WHEN t.revoked_at IS NOT NULL THEN 'wrong_state' END AS fault FROM i LEFT JOIN sen.initial_access_token t ON t.id = i.id) f");
DB_QUERY(client_token_revoke_q, DB_WRITE,
         ACT_INPUT ", t AS (UPDATE sen.initial_access_token x SET revoked_at = now() FROM i WHERE x.id = i.id AND x.revoked_at IS NULL"
                   "  AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING x.*) SELECT " TOKEN_JSON " FROM t");
const struct governed_kind client_token_revoke = { .action = "client.token.revoke", .check = &client_token_revoke_check_q, .write = &client_token_revoke_q };

#define ISSUER_JSON "jsonb_build_object('id', s.id, 'iss', s.iss, 'jwks', s.jwks, 'added_at', sen.iso(s.added_at), 'version', s.version)"
DB_QUERY(client_issuer_list_q, DB_READ,
         "SELECT " ISSUER_JSON ", s.iss FROM sen.software_issuer s WHERE sen.scope_everywhere($1::uuid, 'catalogue')"
         " AND s.iss = coalesce($2::text, s.iss) AND s.iss > coalesce($3::text, '') ORDER BY s.iss LIMIT $4::bigint");
const struct query *const client_issuer_list = &client_issuer_list_q;

#define ISSUER_INPUT "WITH i (id, actor, iss, jwks) AS (VALUES ($1::uuid, $2::uuid, $3::text, $4::jsonb))"
DB_QUERY(client_issuer_add_check_q, DB_WRITE,
         ISSUER_INPUT " SELECT CASE WHEN NOT sen.scope_everywhere(i.actor, 'catalogue') THEN 'out_of_scope'"
                      " WHEN EXISTS (SELECT FROM sen.software_issuer s WHERE s.iss = i.iss) THEN 'conflict' END, NULL, NULL, NULL, i.iss FROM i");
DB_QUERY(client_issuer_add_q, DB_WRITE,
         ISSUER_INPUT ", s AS (INSERT INTO sen.software_issuer (id, iss, jwks, added_by) SELECT i.id, i.iss, i.jwks, 'account:' || i.actor FROM i"
                      "  WHERE sen.scope_everywhere(i.actor, 'catalogue') ON CONFLICT (iss) DO NOTHING RETURNING *) SELECT " ISSUER_JSON " FROM s");
const struct governed_kind client_issuer_add = { .action = "client.issuer.put", .check = &client_issuer_add_check_q, .write = &client_issuer_add_q };

#define FAULTS                                                                                                            \
	"SELECT CASE WHEN NOT sen.scope_everywhere(i.actor, 'catalogue') THEN 'out_of_scope' WHEN s.id IS NULL THEN 'not_found'"                   \
	" WHEN s.version <> i.version THEN 'precondition_failed' END, NULL, NULL, NULL, s.iss FROM i LEFT JOIN sen.software_issuer s ON s.id = i.id"
#define ISSUER_CHANGE_INPUT "WITH i (id, actor, version, jwks) AS (VALUES ($1::uuid, $2::uuid, $3::bigint, $4::jsonb)) "
DB_QUERY(client_issuer_change_check_q, DB_WRITE, ISSUER_CHANGE_INPUT FAULTS);
DB_QUERY(client_issuer_change_q, DB_WRITE,
         ISSUER_CHANGE_INPUT ", s AS (UPDATE sen.software_issuer x SET jwks = i.jwks, added_by = 'account:' || i.actor, added_at = now(), version = x.version + 1"
                             "  FROM i WHERE x.id = i.id AND x.version = i.version AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING x.*)"
                             " SELECT " ISSUER_JSON " FROM s");
const struct governed_kind client_issuer_change = {
	.action = "client.issuer.put", .check = &client_issuer_change_check_q, .write = &client_issuer_change_q };

#define ISSUER_REMOVE_INPUT "WITH i (id, actor, version) AS (VALUES ($1::uuid, $2::uuid, $3::bigint)) "
DB_QUERY(client_issuer_remove_check_q, DB_WRITE, ISSUER_REMOVE_INPUT FAULTS);
DB_QUERY(client_issuer_remove_q, DB_WRITE,
         ISSUER_REMOVE_INPUT ", s AS (DELETE FROM sen.software_issuer x USING i WHERE x.id = i.id AND x.version = i.version"
                             "  AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING x.*) SELECT " ISSUER_JSON " FROM s");
const struct governed_kind client_issuer_remove = {
	.action = "client.issuer.remove", .check = &client_issuer_remove_check_q, .write = &client_issuer_remove_q };
