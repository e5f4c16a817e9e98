-- What an authorization may carry beside its scope, and requests that were pushed beforehand.

-- How strongly the official signed in: level as in server/oidc/acr.c, methods as RFC 8176 names.
ALTER TABLE sen.session
	ADD COLUMN level smallint NOT NULL DEFAULT 1,
	ADD COLUMN amr   text NOT NULL DEFAULT 'pwd';

ALTER TABLE sen.auth_code
	ADD COLUMN level     smallint NOT NULL DEFAULT 1,
	ADD COLUMN amr       text NOT NULL DEFAULT 'pwd',
	ADD COLUMN bound_key text,                          -- dpop_jkt: only the holder of this key redeems (RFC 9449 §10)
	ADD COLUMN offline   boolean NOT NULL DEFAULT false, -- scope offline_access: outlives the session
	ADD COLUMN extra     jsonb;                         -- claims, resource, details: server/oidc/authorization.h

ALTER TABLE sen.token_family
	ADD COLUMN level     smallint NOT NULL DEFAULT 1,
	ADD COLUMN amr       text NOT NULL DEFAULT 'pwd',
	ADD COLUMN bound_key text,                          -- of a public client's refresh tokens (RFC 9449 §5)
	ADD COLUMN offline   boolean NOT NULL DEFAULT false,
	ADD COLUMN idle_s    integer,                       -- offline: ends when it is not used this long
	ADD COLUMN extra     jsonb;

-- RFC 9126.  The request waits here; what the client holds is a handle whose hash is the key.
CREATE TABLE sen.pushed_request (
	issued_on   date NOT NULL,
	id_hash     bytea NOT NULL,
	client_id   text NOT NULL,
	request     text NOT NULL,             -- form-encoded, as resolved and checked
	expires_at  timestamptz NOT NULL,      -- until when its request_uri may be visited
	used_at     timestamptz,               -- when a code or an error came of it
	PRIMARY KEY (issued_on, id_hash)
) PARTITION BY RANGE (issued_on);

-- Identifiers that may be used once: client assertions, DPoP proofs.  The hash is of everything that
-- names one; the day is that of a time which the signer fixed in it, so that the same one always
-- meets itself in the same partition, also around midnight and on servers whose clocks differ.
CREATE TABLE sen.used_jti (
	on_day  date NOT NULL,
	hash    bytea NOT NULL,
	PRIMARY KEY (on_day, hash)
) PARTITION BY RANGE (on_day);

-- Access tokens without an account behind them (client_credentials), revoked before they expired.
CREATE TABLE sen.revoked_token (
	revoked_on  date NOT NULL,
	hash        bytea NOT NULL,
	PRIMARY KEY (revoked_on, hash)
) PARTITION BY RANGE (revoked_on);

INSERT INTO sen.partition_plan VALUES ('pushed_request', false, 1, 7), ('used_jti', false, 1, 7), ('revoked_token', false, 1, 7);

GRANT SELECT, INSERT, UPDATE ON sen.pushed_request TO sen_server;
GRANT SELECT, INSERT ON sen.used_jti, sen.revoked_token TO sen_server;
SELECT sen.partitions_maintain();
