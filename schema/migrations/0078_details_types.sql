-- Types of rich authorization requests (RFC 9396) whose fields the operator has described: what a request says of such a type is
-- held against it.  Programs that know nothing of it hand on what comes, as before.
CREATE TABLE sen.details_type (
	type         text PRIMARY KEY CHECK (length(type) BETWEEN 1 AND 255),
	description  jsonb NOT NULL CHECK (jsonb_typeof(description) = 'object'),
	changed_at   timestamptz NOT NULL DEFAULT now(),
	changed_by   text NOT NULL
);
GRANT SELECT ON sen.details_type TO sen_server;
-- Clients are kept together with it.
CREATE TRIGGER details_type_cache AFTER INSERT OR UPDATE OR DELETE ON sen.details_type
	FOR EACH STATEMENT EXECUTE FUNCTION sen.cache_bump('oauth_client');
