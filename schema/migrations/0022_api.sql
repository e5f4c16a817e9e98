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
