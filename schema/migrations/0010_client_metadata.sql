-- What a client registered is one document of standard metadata (RFC 7591), read by one parser
-- (server/oidc/client_metadata.c); columns remain for what statements join and for secrets.
--
-- Columns are dropped here at once: no version with them has been released.

ALTER TABLE sen.oauth_client
	ADD COLUMN metadata            jsonb NOT NULL DEFAULT '{}',
	ADD COLUMN secret_sealed       text,          -- client_secret_jwt needs the secret itself: sealed with the at-rest key
	ADD COLUMN registration_hash   bytea,         -- of the registration access token (RFC 7592); NULL: the operator's
	ADD COLUMN registered_with     uuid,          -- the initial access token that it came with
	ADD COLUMN created_at          timestamptz NOT NULL DEFAULT now();

UPDATE sen.oauth_client SET metadata = jsonb_strip_nulls(jsonb_build_object(
	'client_name', name,
	'redirect_uris', to_jsonb(redirect_uris),
	'post_logout_redirect_uris', to_jsonb(post_logout_uris),
	'token_endpoint_auth_method', auth_method,
	'grant_types', '["authorization_code","refresh_token"]'::jsonb,
	'response_types', '["code"]'::jsonb,
	'scope', array_to_string(scopes, ' '),
	'subject_type', subject_type,
	'sen_sector', nullif(sector, ''),
	'sen_pkce', CASE WHEN pkce_required THEN 'required' ELSE 'optional' END,
	'sen_may_introspect', may_introspect,
	'sen_access_token_s', access_token_s,
	'sen_access_token_format', 'jwt',
	'sen_rotate_refresh', true,
	'id_token_signed_response_alg', 'ES256'));

ALTER TABLE sen.oauth_client
	DROP COLUMN name, DROP COLUMN auth_method, DROP COLUMN redirect_uris, DROP COLUMN post_logout_uris, DROP COLUMN scopes,
	DROP COLUMN pkce_required, DROP COLUMN subject_type, DROP COLUMN sector, DROP COLUMN may_introspect, DROP COLUMN access_token_s,
	ALTER COLUMN metadata DROP DEFAULT,
	ADD COLUMN name text GENERATED ALWAYS AS (coalesce(metadata->>'client_name', id)) STORED,
	ADD CHECK (jsonb_typeof(metadata) = 'object');
