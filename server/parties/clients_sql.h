/* clients_sql.h: what statements about clients share. */
#pragma once

#define CLIENT_JSON                                                                                                       \
	"jsonb_build_object('client_id', c.id, 'name', c.name, 'platform', (SELECT p.code FROM sen.platform p WHERE p.id = c.platform_id),"    \
	" 'auth_method', c.metadata->>'token_endpoint_auth_method', 'enabled', c.enabled, 'administers', sen.client_administers(c.metadata),"    \
	" 'registered', c.registered_with IS NOT NULL, 'two_secrets', c.secret_hash_next IS NOT NULL, 'created_at', sen.iso(c.created_at),"       \
	" 'metadata', c.metadata, 'version', c.version)"
#define CLIENT_INPUT "WITH i (id, actor, version) AS (VALUES ($1::text, $2::uuid, $3::bigint))"
/* Of i and c, the client it names. */
#define CLIENT_FAULTS                                                                                                     \
	"CASE WHEN NOT sen.scope_everywhere(i.actor, 'catalogue') THEN 'out_of_scope' WHEN c.id IS NULL THEN 'not_found'"                          \
	" WHEN sen.client_administers(c.metadata) THEN 'out_of_scope'"
