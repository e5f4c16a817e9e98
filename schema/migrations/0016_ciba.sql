-- Client-initiated back-channel authentication (OpenID Connect CIBA Core 1.0): a platform asks, the official
-- decides at a page of ours, the platform polls or is pinged.

CREATE TABLE sen.ciba_request (
	account_id       uuid NOT NULL,                  -- who is asked
	issued_on        date NOT NULL,
	id_hash          bytea NOT NULL,                 -- of auth_req_id
	id               uuid NOT NULL,                  -- for the page
	client_id        text NOT NULL,
	scope            text NOT NULL,
	extra            jsonb,
	binding_message  text,
	ping             text,                           -- auth_req_id and the client's token, sealed; NULL: poll
	bound_key        text,                           -- of a DPoP proof that came with the request
	offline          boolean NOT NULL,
	created_at       timestamptz NOT NULL DEFAULT now(),
	expires_at       timestamptz NOT NULL,
	interval_s       integer NOT NULL DEFAULT 5,
	polled_at        timestamptz,
	hasty            boolean NOT NULL DEFAULT false,
	decided_at       timestamptz,
	allowed          boolean,
	session_id       uuid,
	session_on       date,
	auth_time        timestamptz,
	epoch            bigint,
	level            smallint,
	amr              text,
	used_at          timestamptz,
	PRIMARY KEY (account_id, issued_on, id_hash),
	CHECK ((decided_at IS NULL) = (allowed IS NULL))
) PARTITION BY RANGE (issued_on);
CREATE INDEX ciba_request_client ON sen.ciba_request (client_id, expires_at) WHERE used_at IS NULL;
INSERT INTO sen.partition_plan VALUES ('ciba_request', false, 1, 7);

-- A decision is told to clients that want a ping.
ALTER TABLE sen.outbox DROP CONSTRAINT outbox_kind_check, ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('logout', 'ciba'));
CREATE FUNCTION sen.ciba_decided() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.outbox (account_id, kind, destination, payload, give_up_at)
	VALUES (NEW.account_id, 'ciba', NEW.client_id, jsonb_build_object('sealed', NEW.ping), NEW.expires_at);
	RETURN NULL;
END
$$;
CREATE TRIGGER ciba_decided AFTER UPDATE OF decided_at ON sen.ciba_request FOR EACH ROW
	WHEN (OLD.decided_at IS NULL AND NEW.decided_at IS NOT NULL AND NEW.ping IS NOT NULL) EXECUTE FUNCTION sen.ciba_decided();

GRANT SELECT, INSERT, UPDATE ON sen.ciba_request TO sen_server;
SELECT sen.partitions_maintain();
