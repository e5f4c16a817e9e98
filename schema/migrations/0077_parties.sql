-- What the operator alone entered by command, administrators of the whole province enter through the API: relying parties, who may
-- register some, who is vouched for in the federation; and they look at what is on its way to them.

-- The right over everything: the root of the tree, every platform, every role.
CREATE FUNCTION sen.scope_everywhere(actor uuid, needed text) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s JOIN sen.unit u ON u.id = s.unit_id WHERE s.account_id = actor AND needed = ANY (s.rights)
		AND u.parent_id IS NULL AND s.platform_id IS NULL AND s.role_ids IS NULL AND (s.max_rank IS NULL OR s.max_rank = 3))
$$;

-- A client that may ask for a scope of administrators acts with whatever rights they have: such a one the operator enters, and nobody
-- through the server, whoever asks it to.
CREATE FUNCTION sen.client_administers(metadata jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT ARRAY['admin', 'admin.read'] && string_to_array(coalesce(metadata->>'scope', ''), ' ')
$$;
DROP POLICY server_registers ON sen.oauth_client;
DROP POLICY server_updates ON sen.oauth_client;
DROP POLICY server_deletes ON sen.oauth_client;
CREATE POLICY server_enters ON sen.oauth_client FOR INSERT TO sen_server WITH CHECK (NOT sen.client_administers(metadata));
CREATE POLICY server_changes ON sen.oauth_client FOR UPDATE TO sen_server USING (NOT sen.client_administers(metadata));
CREATE POLICY server_removes ON sen.oauth_client FOR DELETE TO sen_server USING (NOT sen.client_administers(metadata));
GRANT UPDATE (platform_id, enabled, registration_hash, registered_with) ON sen.oauth_client TO sen_server;

GRANT INSERT ON sen.initial_access_token TO sen_server;
GRANT UPDATE (revoked_at) ON sen.initial_access_token TO sen_server;
CREATE INDEX initial_access_token_list ON sen.initial_access_token (created_at, id);

-- Their own names are addresses, which no path can hold.
ALTER TABLE sen.software_issuer ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, ADD COLUMN version bigint NOT NULL DEFAULT 1;
GRANT INSERT, UPDATE (jwks, added_at, added_by, version), DELETE ON sen.software_issuer TO sen_server;
ALTER TABLE sen.federation_subordinate ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, ADD COLUMN version bigint NOT NULL DEFAULT 1;
GRANT INSERT, UPDATE (jwks, metadata_policy, enabled, updated_at, version), DELETE ON sen.federation_subordinate TO sen_server;

-- What waits, was refused or given up, the newest first.
CREATE INDEX outbox_undelivered ON sen.outbox (created_at DESC, id DESC) WHERE outcome IS DISTINCT FROM 'delivered';
GRANT SELECT ON sen.webhook_log TO sen_server;
