-- OpenID Federation 1.0: the entities that the province vouches for as their intermediate authority.

CREATE TABLE sen.federation_subordinate (
	entity_id        text PRIMARY KEY CHECK (length(entity_id) <= 512),
	jwks             jsonb NOT NULL CHECK (jsonb_typeof(jwks) = 'object'),   -- its federation keys, public
	metadata_policy  jsonb CHECK (jsonb_typeof(metadata_policy) = 'object'),
	enabled          boolean NOT NULL DEFAULT true,
	created_at       timestamptz NOT NULL DEFAULT now(),
	updated_at       timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON sen.federation_subordinate TO sen_server;
