-- Device authorization (RFC 8628): a device shows a short code, the official enters it at a page of ours.
--
-- Two ways lead to a row: the device's by the hash of its device code, the official's by the hash of the user
-- code.  Whose account it is stands in it only once somebody has decided.
CREATE TABLE sen.device_code (
	issued_on       date NOT NULL,
	code_hash       bytea NOT NULL,
	user_code_hash  bytea NOT NULL,
	client_id       text NOT NULL,
	scope           text NOT NULL,
	extra           jsonb,                           -- resource, details: server/oidc/authorization.h
	bound_key       text,                            -- of a DPoP proof that came with the request
	offline         boolean NOT NULL,
	expires_at      timestamptz NOT NULL,
	interval_s      integer NOT NULL DEFAULT 5,      -- between polls; each that comes too early adds 5
	polled_at       timestamptz,
	hasty           boolean NOT NULL DEFAULT false,  -- the last poll came too early
	-- the decision, and the session in which it was made
	decided_at      timestamptz,
	allowed         boolean,
	account_id      uuid,
	session_id      uuid,
	session_on      date,
	auth_time       timestamptz,
	epoch           bigint,
	level           smallint,
	amr             text,
	used_at         timestamptz,
	PRIMARY KEY (issued_on, code_hash),
	UNIQUE (issued_on, user_code_hash),
	CHECK ((decided_at IS NULL) = (allowed IS NULL)),
	CHECK (decided_at IS NULL OR account_id IS NOT NULL)
) PARTITION BY RANGE (issued_on);
CREATE INDEX device_code_client ON sen.device_code (client_id, expires_at) WHERE used_at IS NULL;

-- Wrong user codes within a while, by account; the nil UUID counts those of all.
CREATE TABLE sen.user_code_throttle (
	account_id  uuid PRIMARY KEY,
	begun_at    timestamptz NOT NULL DEFAULT now(),
	wrong       integer NOT NULL
) WITH (fillfactor = 70);

INSERT INTO sen.partition_plan VALUES ('device_code', false, 1, 7);
GRANT SELECT, INSERT, UPDATE ON sen.device_code, sen.user_code_throttle TO sen_server;
SELECT sen.partitions_maintain();
