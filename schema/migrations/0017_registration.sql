-- Clients that register themselves (RFC 7591, 7592) with an initial access token of the operator's.

CREATE TABLE sen.initial_access_token (
	id           uuid PRIMARY KEY,
	token_hash   bytea NOT NULL UNIQUE,
	label        text NOT NULL,
	policy       jsonb NOT NULL CHECK (jsonb_typeof(policy) = 'object'), -- server/oidc/registration_policy.h
	platform_id  smallint REFERENCES sen.platform,   -- whose clients they become
	uses_left    integer NOT NULL CHECK (uses_left >= 0),
	created_at   timestamptz NOT NULL DEFAULT now(),
	created_by   text NOT NULL,
	expires_at   timestamptz NOT NULL,
	revoked_at   timestamptz
);

-- The policy that a client was registered under holds for its updates too: the token's row stays.
ALTER TABLE sen.oauth_client
	ADD FOREIGN KEY (registered_with) REFERENCES sen.initial_access_token,
	ADD CHECK ((registration_hash IS NULL) = (registered_with IS NULL));

-- How many there are: locked by a registration, so that parallel ones do not pass the limit.
CREATE TABLE sen.registered_clients (
	one  boolean PRIMARY KEY DEFAULT true CHECK (one),
	n    bigint NOT NULL
);
INSERT INTO sen.registered_clients (n) SELECT count(*) FROM sen.oauth_client WHERE registered_with IS NOT NULL;
CREATE FUNCTION sen.registered_clients_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sen.registered_clients SET n = n
		+ CASE WHEN TG_OP <> 'DELETE' AND NEW.registered_with IS NOT NULL THEN 1 ELSE 0 END
		- CASE WHEN TG_OP <> 'INSERT' AND OLD.registered_with IS NOT NULL THEN 1 ELSE 0 END;
	RETURN NULL;
END
$$;
CREATE TRIGGER registered_clients AFTER INSERT OR DELETE OR UPDATE OF registered_with ON sen.oauth_client
	FOR EACH ROW EXECUTE FUNCTION sen.registered_clients_count();

-- Only clients that registered themselves may be touched by the server: a policy, because rights cannot tell rows.
ALTER TABLE sen.oauth_client ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone_reads ON sen.oauth_client FOR SELECT USING (true);
CREATE POLICY server_registers ON sen.oauth_client FOR INSERT TO sen_server WITH CHECK (registered_with IS NOT NULL);
CREATE POLICY server_updates ON sen.oauth_client FOR UPDATE TO sen_server USING (registered_with IS NOT NULL);
CREATE POLICY server_deletes ON sen.oauth_client FOR DELETE TO sen_server USING (registered_with IS NOT NULL);

GRANT SELECT ON sen.initial_access_token, sen.registered_clients TO sen_server;
GRANT UPDATE (uses_left) ON sen.initial_access_token TO sen_server;
GRANT UPDATE (n) ON sen.registered_clients TO sen_server; -- SELECT … FOR UPDATE asks for it
GRANT INSERT (id, platform_id, secret_hash, secret_sealed, registration_hash, registered_with, metadata) ON sen.oauth_client TO sen_server;
GRANT UPDATE (secret_hash, secret_hash_next, secret_sealed, metadata, version) ON sen.oauth_client TO sen_server;
GRANT DELETE ON sen.oauth_client TO sen_server;
