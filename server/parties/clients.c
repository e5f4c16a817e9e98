#include "server/parties/clients_sql.h"

#include "server/parties/parties.h"

DB_QUERY(parties_reach_q, DB_READ, "SELECT sen.scope_everywhere($1::uuid, 'catalogue')");

DB_QUERY(client_list_q, DB_READ,
         "SELECT " CLIENT_JSON ", c.id FROM sen.oauth_client c WHERE sen.scope_everywhere($1::uuid, 'catalogue')"
         " AND ($2::text IS NULL OR c.platform_id = (SELECT p.id FROM sen.platform p WHERE p.code = $2)) AND c.id = coalesce($3::text, c.id)"
         " AND c.id > coalesce($4::text, '') ORDER BY c.id LIMIT $5::bigint");
const struct query *const client_list = &client_list_q;
DB_QUERY(client_one_q, DB_READ, "SELECT " CLIENT_JSON " FROM sen.oauth_client c WHERE c.id = $2::text AND sen.scope_everywhere($1::uuid, 'catalogue')");
const struct query *const client_one = &client_one_q;

DB_QUERY(client_lock_q, DB_WRITE, "SELECT id FROM sen.oauth_client WHERE id = $1::text FOR UPDATE");
/* The platform's address stands with the platform. */
#define PLATFORM " LEFT JOIN sen.platform p ON p.code = i.platform AND p.id > 0"
#define HOME                                                                                                              \
	", h AS (UPDATE sen.platform p SET home_url = i.home_url FROM i, n WHERE p.id = n.platform_id AND i.home_url IS NOT NULL" \
	"  AND p.home_url IS DISTINCT FROM i.home_url)"

#define ADD_INPUT                                                                                                         \
	"WITH i (id, actor, platform, home_url, hash, sealed, metadata) AS (VALUES ($1::text, $2::uuid, $3::text, $4::text, $5::bytea, $6::text, $7::jsonb))"
DB_QUERY(client_add_check_q, DB_WRITE,
         ADD_INPUT " SELECT f.fault, CASE f.fault WHEN 'invalid_value' THEN 'field' END, CASE f.fault WHEN 'invalid_value' THEN 'home_url' END, NULL, f.id"
                   " FROM (SELECT i.id, CASE WHEN NOT sen.scope_everywhere(i.actor, 'catalogue') OR sen.client_administers(i.metadata) THEN 'out_of_scope'"
                   "  WHEN i.platform IS NOT NULL AND p.id IS NULL THEN 'unknown_platform' WHEN i.home_url IS NOT NULL AND p.id IS NULL THEN 'invalid_value'"
                   "  WHEN EXISTS (SELECT FROM sen.oauth_client c WHERE c.id = i.id) THEN 'conflict' END AS fault FROM i" PLATFORM ") f");
DB_QUERY(client_add_q, DB_WRITE,
         ADD_INPUT ", n AS (INSERT INTO sen.oauth_client AS c (id, platform_id, secret_hash, secret_sealed, metadata)"
                   "  SELECT i.id, p.id, i.hash, i.sealed, i.metadata FROM i" PLATFORM " WHERE sen.scope_everywhere(i.actor, 'catalogue')"
                   "  ON CONFLICT (id) DO NOTHING RETURNING c.*)" HOME " SELECT " CLIENT_JSON " FROM n c");
const struct governed_kind client_add = { .action = "client.add", .check = &client_add_check_q, .write = &client_add_q };

#define CHANGE_INPUT                                                                                                      \
	"WITH i (id, actor, version, platform, home_url, hash, sealed, metadata, keeps, seals) AS (VALUES ($1::text, $2::uuid, $3::bigint, $4::text," \
	" $5::text, $6::bytea, $7::text, $8::jsonb, $9::boolean, $10::boolean))"
/* The same secret said again is the secret kept. */
#define KEPT "(i.keeps OR i.hash = c.secret_hash AND (NOT i.seals OR c.secret_sealed IS NOT NULL))"
DB_QUERY(client_change_check_q, DB_WRITE,
         CHANGE_INPUT " SELECT f.fault, CASE f.fault WHEN 'invalid_value' THEN 'field' END, CASE f.fault WHEN 'invalid_value' THEN f.field END, NULL, f.id"
                      " FROM (SELECT i.id, " CLIENT_FAULTS " WHEN sen.client_administers(i.metadata) THEN 'out_of_scope'"
                      "  WHEN c.version <> i.version THEN 'precondition_failed' WHEN i.platform IS NOT NULL AND p.id IS NULL THEN 'unknown_platform'"
                      "  WHEN i.home_url IS NOT NULL AND p.id IS NULL OR i.keeps AND (c.secret_hash IS NULL OR i.seals AND c.secret_sealed IS NULL)"
                      "  THEN 'invalid_value' END AS fault, CASE WHEN i.home_url IS NOT NULL AND p.id IS NULL THEN 'home_url' ELSE 'client_secret' END AS field"
                      " FROM i LEFT JOIN sen.oauth_client c ON c.id = i.id" PLATFORM ") f");
DB_QUERY(client_change_q, DB_WRITE,
         CHANGE_INPUT ", n AS (UPDATE sen.oauth_client c SET platform_id = p.id, metadata = i.metadata, registration_hash = NULL, registered_with = NULL,"
                      "  version = c.version + 1, secret_hash = CASE WHEN " KEPT " THEN c.secret_hash ELSE i.hash END,"
                      "  secret_sealed = CASE WHEN NOT i.seals THEN NULL WHEN " KEPT " THEN c.secret_sealed ELSE i.sealed END,"
                      "  secret_hash_next = CASE WHEN " KEPT " AND (NOT i.seals OR c.secret_sealed_next IS NOT NULL) THEN c.secret_hash_next END,"
                      "  secret_sealed_next = CASE WHEN " KEPT " AND i.seals THEN c.secret_sealed_next END"
                      "  FROM i" PLATFORM " WHERE c.id = i.id AND c.version = i.version AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING c.*)" HOME
                      " SELECT " CLIENT_JSON " FROM n c");
const struct governed_kind client_change = {
	.action = "client.change", .lock = &client_lock_q, .check = &client_change_check_q, .write = &client_change_q };

/* Accounts of programs sign in as it: those come first. */
DB_QUERY(client_remove_check_q, DB_WRITE,
         CLIENT_INPUT " SELECT " CLIENT_FAULTS " WHEN c.version <> i.version THEN 'precondition_failed'"
                      " WHEN EXISTS (SELECT FROM sen.account a WHERE a.client_id = c.id) THEN 'conflict' END, NULL, NULL, NULL, i.id"
                      " FROM i LEFT JOIN sen.oauth_client c ON c.id = i.id");
DB_QUERY(client_remove_q, DB_WRITE,
         CLIENT_INPUT ", n AS (DELETE FROM sen.oauth_client c USING i WHERE c.id = i.id AND c.version = i.version"
                      "  AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING c.*) SELECT " CLIENT_JSON " FROM n c");
const struct governed_kind client_remove = {
	.action = "client.remove", .lock = &client_lock_q, .check = &client_remove_check_q, .write = &client_remove_q };

#define SWITCH(name, action_, value)                                                                                      \
	DB_QUERY(name##_check_q, DB_WRITE,                                                                                    \
	         CLIENT_INPUT " SELECT " CLIENT_FAULTS " WHEN c.version <> i.version THEN 'precondition_failed' END, NULL, NULL, NULL, i.id" \
	                      " FROM i LEFT JOIN sen.oauth_client c ON c.id = i.id");                                            \
	DB_QUERY(name##_q, DB_WRITE,                                                                                          \
	         CLIENT_INPUT ", n AS (UPDATE sen.oauth_client c SET enabled = " value ", version = c.version + 1 FROM i WHERE c.id = i.id" \
	                      "  AND c.version = i.version AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING c.*) SELECT " CLIENT_JSON " FROM n c"); \
	const struct governed_kind name = { .action = action_, .lock = &client_lock_q, .check = &name##_check_q, .write = &name##_q }
SWITCH(client_disable, "client.disable", "false");
SWITCH(client_enable, "client.enable", "true");

int parties_reach(struct op *op, const struct principal *p)
{
	struct db_rows rows;
	int r = db_run(op, &parties_reach_q, &rows, P_STR(p->account_id));

	if (r == 0 && !db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "this is for whoever has the right over the whole province");
	return r;
}
