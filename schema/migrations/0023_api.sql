-- The administration API's own: keys of repeated requests.

-- Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): what a request with this key was, and what was answered.
CREATE TABLE sen.idempotency (
	account_id     uuid NOT NULL REFERENCES sen.account,
	key            text NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
	request_hash   bytea NOT NULL,                      -- keyed
	claim          uuid NOT NULL,                       -- of the one request that carries it out
	claimed_until  timestamptz NOT NULL,
	-- Set in the transaction of what the request does: whoever finds a claim that lapsed knows whether anything was done.
	made           boolean NOT NULL DEFAULT false,
	answered       boolean NOT NULL DEFAULT false,
	answer         text,                                -- sealed; NULL when answered: not kept, for it held a secret
	created_at     timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_age ON sen.idempotency (created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.idempotency TO sen_server;

-- Where a chain of the audit begins once its oldest partition was dropped: the last record that went with it.
CREATE TABLE sen.audit_dropped (
	chain       smallint NOT NULL,
	seq         bigint NOT NULL,
	hash        bytea NOT NULL,
	dropped_at  timestamptz NOT NULL DEFAULT now(),
	partition   text NOT NULL,
	PRIMARY KEY (chain, seq)
);
-- The heads of all chains at one moment, signed and numbered, each holding the hash of the one before: whoever cuts off the
-- end of a chain, or takes away a chain, would have to forge one; and copies of them leave the machine with the log.
CREATE TABLE sen.audit_checkpoint (
	n        bigint PRIMARY KEY,
	at       timestamptz NOT NULL DEFAULT now(),
	records  bigint NOT NULL,   -- of all chains together
	jws      text NOT NULL,     -- payload: common/model/audit_checkpoint.h
	jwk      text NOT NULL,     -- of the key that signed it: it outlives the key's time in the JWKS
	mac      bytea NOT NULL     -- over both, with the master secret: the key was ours
);
CREATE INDEX audit_checkpoint_at ON sen.audit_checkpoint (at);
CREATE TRIGGER audit_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON sen.audit_checkpoint
	FOR EACH STATEMENT EXECUTE FUNCTION sen.audit_refuse();
CREATE TRIGGER audit_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON sen.audit_dropped
	FOR EACH STATEMENT EXECUTE FUNCTION sen.audit_refuse();
GRANT SELECT, INSERT ON sen.audit_checkpoint TO sen_server;
GRANT SELECT ON sen.audit_head, sen.audit_dropped, sen.partition_plan TO sen_server;
-- What an auditor of a part reads, and what an export reads in its order.
CREATE INDEX audit_action ON sen.audit (action, at);

-- Twelve months; "senctl audit retention" changes it.
UPDATE sen.partition_plan SET keep_days = 366 WHERE parent = 'audit';

-- Imports through the API: uploaded in parts, checked, previewed row by row, guarded, applied in one transaction.
CREATE TABLE sen.import_run (
	id             uuid PRIMARY KEY,
	kind           text NOT NULL CHECK (kind IN ('units', 'platforms', 'roles', 'persons', 'posts', 'grants')),
	name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
	-- Below this unit lies everything that the file may touch.
	unit_id        integer NOT NULL REFERENCES sen.unit,
	-- A file of all persons below the unit: whoever is not in it has vanished from the feed.
	complete       boolean NOT NULL,
	state          text NOT NULL DEFAULT 'uploading' CHECK (state IN ('uploading', 'checking', 'refused', 'ready', 'held', 'applying', 'applied', 'cancelled')),
	sha256         text,
	report         jsonb NOT NULL DEFAULT '{}',
	error          text,
	n_vanished     integer NOT NULL DEFAULT 0,
	n_base         integer NOT NULL DEFAULT 0,     -- accounts below the unit that could vanish
	done_rows      integer NOT NULL DEFAULT 0,
	total_rows     integer NOT NULL DEFAULT 0,
	created_by     uuid NOT NULL REFERENCES sen.account,
	created_at     timestamptz NOT NULL DEFAULT date_trunc('second', now()),
	applied_by     uuid REFERENCES sen.account,
	released_by    uuid REFERENCES sen.account CHECK (released_by <> created_by AND released_by <> applied_by),
	finished_at    timestamptz,
	-- Of the program that works on it now.
	claim          uuid,
	claimed_until  timestamptz,
	version        bigint NOT NULL DEFAULT 1
);
CREATE INDEX import_run_list ON sen.import_run (created_at DESC, id DESC);
CREATE INDEX import_run_work ON sen.import_run (created_at) WHERE state IN ('checking', 'applying');
CREATE TABLE sen.import_part (
	import_id  uuid NOT NULL REFERENCES sen.import_run ON DELETE CASCADE,
	n          smallint NOT NULL CHECK (n BETWEEN 0 AND 399),
	sealed     text NOT NULL,   -- files hold personal numbers
	PRIMARY KEY (import_id, n)
);
CREATE TABLE sen.import_row (
	import_id  uuid NOT NULL REFERENCES sen.import_run ON DELETE CASCADE,
	n          integer NOT NULL,
	line       integer NOT NULL,  -- 0: not of the file
	what       text NOT NULL,
	key        text NOT NULL,
	action     text NOT NULL CHECK (action IN ('add', 'change', 'vanish')),
	before     jsonb,
	after      jsonb,
	PRIMARY KEY (import_id, n)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.import_run, sen.import_part, sen.import_row TO sen_server;
GRANT INSERT, UPDATE ON sen.unit, sen.person, sen.post, sen.platform, sen.role TO sen_server;

-- Members of a that b has not, or has otherwise.
CREATE FUNCTION sen.jsonb_minus(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
	SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(a) WHERE b IS NULL OR b -> key IS DISTINCT FROM value
$$;
-- Statistics are the owner's to renew; an import by the API asks too.
ALTER FUNCTION sen.import_analyze() SECURITY DEFINER;
GRANT EXECUTE ON FUNCTION sen.import_analyze() TO sen_server;
