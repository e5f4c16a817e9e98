#include "server/parties/parties.h"

#define SUBORDINATE_JSON                                                                                                  \
	"jsonb_build_object('id', s.id, 'entity_id', s.entity_id, 'jwks', s.jwks, 'metadata_policy', s.metadata_policy, 'enabled', s.enabled,"    \
	" 'created_at', sen.iso(s.created_at), 'updated_at', sen.iso(s.updated_at), 'version', s.version)"
DB_QUERY(subordinates_list_q, DB_READ,
         "SELECT " SUBORDINATE_JSON ", s.entity_id FROM sen.federation_subordinate s WHERE sen.scope_everywhere($1::uuid, 'catalogue')"
         " AND s.entity_id = coalesce($2::text, s.entity_id) AND s.entity_id > coalesce($3::text, '') ORDER BY s.entity_id LIMIT $4::bigint");
const struct query *const subordinates_list = &subordinates_list_q;

#define ADD_INPUT                                                                                                         \
	"WITH i (id, actor, entity_id, jwks, policy, enabled) AS (VALUES ($1::uuid, $2::uuid, $3::text, $4::jsonb, $5::jsonb, $6::boolean))"
DB_QUERY(subordinate_add_check_q, DB_WRITE,
         ADD_INPUT " SELECT CASE WHEN NOT sen.scope_everywhere(i.actor, 'catalogue') THEN 'out_of_scope'"
                   " WHEN EXISTS (SELECT FROM sen.federation_subordinate s WHERE s.entity_id = i.entity_id) THEN 'conflict' END, NULL, NULL, NULL, i.entity_id FROM i");
DB_QUERY(subordinate_add_q, DB_WRITE,
         ADD_INPUT ", s AS (INSERT INTO sen.federation_subordinate (id, entity_id, jwks, metadata_policy, enabled) SELECT i.id, i.entity_id, i.jwks,"
                   "  i.policy, i.enabled FROM i WHERE sen.scope_everywhere(i.actor, 'catalogue') ON CONFLICT (entity_id) DO NOTHING RETURNING *)"
                   " SELECT " SUBORDINATE_JSON " FROM s");
const struct governed_kind subordinate_add = { .action = "federation.put", .check = &subordinate_add_check_q, .write = &subordinate_add_q };

#define FAULTS                                                                                                            \
	"CASE WHEN NOT sen.scope_everywhere(i.actor, 'catalogue') THEN 'out_of_scope' WHEN s.id IS NULL THEN 'not_found'"                          \
	" WHEN s.version <> i.version THEN 'precondition_failed'"
#define CHANGE_INPUT                                                                                                      \
	"WITH i (id, actor, version, entity_id, jwks, policy, enabled) AS (VALUES ($1::uuid, $2::uuid, $3::bigint, $4::text, $5::jsonb, $6::jsonb,"   \
	" $7::boolean))"
/* Under another identifier it is another entity. */
DB_QUERY(subordinate_change_check_q, DB_WRITE,
         CHANGE_INPUT " SELECT f.fault, CASE f.fault WHEN 'invalid_value' THEN 'field' END, CASE f.fault WHEN 'invalid_value' THEN 'entity_id' END, NULL, f.entity_id"
                      " FROM (SELECT s.entity_id, " FAULTS " WHEN s.entity_id <> i.entity_id THEN 'invalid_value' END AS fault"
                      "  FROM i LEFT JOIN sen.federation_subordinate s ON s.id = i.id) f");
DB_QUERY(subordinate_change_q, DB_WRITE,
         CHANGE_INPUT ", s AS (UPDATE sen.federation_subordinate x SET jwks = i.jwks, metadata_policy = i.policy, enabled = i.enabled, updated_at = now(),"
                      "  version = x.version + 1 FROM i WHERE x.id = i.id AND x.version = i.version AND sen.scope_everywhere(i.actor, 'catalogue')"
                      "  RETURNING x.*) SELECT " SUBORDINATE_JSON " FROM s");
const struct governed_kind subordinate_change = { .action = "federation.put", .check = &subordinate_change_check_q, .write = &subordinate_change_q };

#define REMOVE_INPUT "WITH i (id, actor, version) AS (VALUES ($1::uuid, $2::uuid, $3::bigint))"
DB_QUERY(subordinate_remove_check_q, DB_WRITE,
         REMOVE_INPUT " SELECT " FAULTS " END, NULL, NULL, NULL, s.entity_id FROM i LEFT JOIN sen.federation_subordinate s ON s.id = i.id");
DB_QUERY(subordinate_remove_q, DB_WRITE,
         REMOVE_INPUT ", s AS (DELETE FROM sen.federation_subordinate x USING i WHERE x.id = i.id AND x.version = i.version"
                      "  AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING x.*) SELECT " SUBORDINATE_JSON " FROM s");
const struct governed_kind subordinate_remove = { .action = "federation.remove", .check = &subordinate_remove_check_q, .write = &subordinate_remove_q };
