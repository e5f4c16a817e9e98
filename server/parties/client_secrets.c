#include "server/parties/clients_sql.h"

#include "server/parties/parties.h"

DB_QUERY(client_secret_lock_q, DB_WRITE, "SELECT id FROM sen.oauth_client WHERE id = $1::text FOR UPDATE");

#define ROTATE_INPUT "WITH i (id, actor, hash, sealed) AS (VALUES ($1::text, $2::uuid, $3::bytea, $4::text))"
DB_QUERY(client_secret_rotate_check_q, DB_WRITE,
         ROTATE_INPUT " SELECT f.fault, CASE f.fault WHEN 'wrong_state' THEN 'state' END, CASE f.fault WHEN 'wrong_state' THEN 'no_secret' END, NULL, f.id"
                      " FROM (SELECT i.id, " CLIENT_FAULTS " WHEN c.secret_hash IS NULL THEN 'wrong_state'"
                      "  WHEN c.secret_hash = i.hash OR c.secret_hash_next <> i.hash THEN 'conflict' END AS fault"
                      "  FROM i LEFT JOIN sen.oauth_client c ON c.id = i.id) f");
/* Said twice it is done once: the version tells. */
DB_QUERY(client_secret_rotate_q, DB_WRITE,
         ROTATE_INPUT ", n AS (UPDATE sen.oauth_client c SET secret_hash_next = i.hash, secret_sealed_next = CASE WHEN c.secret_sealed IS NOT NULL THEN i.sealed END,"
                      "  version = c.version + CASE WHEN c.secret_hash_next IS NULL THEN 1 ELSE 0 END FROM i WHERE c.id = i.id"
                      "  AND coalesce(c.secret_hash_next, i.hash) = i.hash AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING c.*)"
                      " SELECT " CLIENT_JSON " FROM n c");
const struct governed_kind client_secret_rotate = {
	.action = "client.secret_rotate", .lock = &client_secret_lock_q, .check = &client_secret_rotate_check_q, .write = &client_secret_rotate_q };

#define SETTLE(name, action_, changes)                                                                                    \
	DB_QUERY(name##_check_q, DB_WRITE,                                                                                    \
	         CLIENT_INPUT " SELECT f.fault, CASE f.fault WHEN 'wrong_state' THEN 'state' END, CASE f.fault WHEN 'wrong_state' THEN 'one_secret' END, NULL, f.id" \
	                      " FROM (SELECT i.id, " CLIENT_FAULTS " WHEN c.version <> i.version THEN 'precondition_failed'"     \
	                      "  WHEN c.secret_hash_next IS NULL THEN 'wrong_state' END AS fault FROM i LEFT JOIN sen.oauth_client c ON c.id = i.id) f"); \
	DB_QUERY(name##_q, DB_WRITE,                                                                                          \
	         CLIENT_INPUT ", n AS (UPDATE sen.oauth_client c SET " changes "secret_hash_next = NULL, secret_sealed_next = NULL, version = c.version + 1" \
	                      "  FROM i WHERE c.id = i.id AND c.version = i.version AND c.secret_hash_next IS NOT NULL"          \
	                      "  AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING c.*) SELECT " CLIENT_JSON " FROM n c"); \
	const struct governed_kind name = { .action = action_, .lock = &client_secret_lock_q, .check = &name##_check_q, .write = &name##_q }
SETTLE(client_secret_finish, "client.secret_finish", "secret_hash = c.secret_hash_next, secret_sealed = c.secret_sealed_next, ");
SETTLE(client_secret_cancel, "client.secret_cancel", "");
