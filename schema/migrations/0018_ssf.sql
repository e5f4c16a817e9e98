-- Shared Signals Framework 1.0: streams of security events to receivers; the events go through the outbox.

CREATE TABLE sen.ssf_stream (
	id                    uuid PRIMARY KEY,
	client_id             text NOT NULL REFERENCES sen.oauth_client ON DELETE CASCADE,
	slot                  smallint NOT NULL CHECK (slot BETWEEN 1 AND 8),  -- so many streams a receiver may have
	method                text NOT NULL CHECK (method IN ('push', 'poll')),
	endpoint_url          text,                  -- of push
	authorization_sealed  text,                  -- of push: what to send as Authorization, sealed with the at-rest key
	events_requested      text[] NOT NULL,
	description           text,
	status                text NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'paused', 'disabled')),
	status_reason         text,
	verification_at       timestamptz,           -- last asked for
	created_at            timestamptz NOT NULL DEFAULT now(),
	UNIQUE (client_id, slot),
	CHECK ((method = 'push') = (endpoint_url IS NOT NULL)),
	CHECK (method = 'push' OR authorization_sealed IS NULL)
);

-- Subjects that a receiver does not want to hear of, by the name it knows: for a pairwise subject no
-- statement can tell whose it is, so they are compared when a message is made.
CREATE TABLE sen.ssf_excluded (
	stream_id  uuid NOT NULL REFERENCES sen.ssf_stream ON DELETE CASCADE,
	sub        text NOT NULL,
	PRIMARY KEY (stream_id, sub)
);

ALTER TABLE sen.outbox DROP CONSTRAINT outbox_kind_check,
	ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('logout', 'ciba', 'ssf'));
ALTER TABLE sen.outbox DROP CONSTRAINT outbox_outcome_check,
	ADD CONSTRAINT outbox_outcome_check CHECK (outcome IN ('delivered', 'refused', 'dead', 'void')); -- void: not wanted any more

INSERT INTO sen.cache_version VALUES ('ssf_stream', 1);
CREATE TRIGGER ssf_stream_cache AFTER INSERT OR UPDATE OF method, endpoint_url, authorization_sealed, status OR DELETE ON sen.ssf_stream
	FOR EACH STATEMENT EXECUTE FUNCTION sen.cache_bump('ssf_stream');
CREATE TRIGGER ssf_excluded_cache AFTER INSERT OR DELETE ON sen.ssf_excluded
	FOR EACH STATEMENT EXECUTE FUNCTION sen.cache_bump('ssf_stream');

-- One row per stream of these clients that asked for the event; everyone: also of receivers that hear of
-- all accounts.  A paused stream keeps what it will get.
CREATE FUNCTION sen.ssf_signal(account uuid, session uuid, clients text[], everyone boolean, event text, data jsonb) RETURNS void
	LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	INSERT INTO sen.outbox (account_id, kind, destination, session_id, payload, give_up_at)
	SELECT account, 'ssf', s.id::text, session,
		jsonb_build_object('event', event, 'data', data, 'txn', pg_current_xact_id()::text), now() + interval '7 days'
	FROM sen.ssf_stream s JOIN sen.oauth_client k ON k.id = s.client_id
	WHERE s.status <> 'disabled' AND event = ANY (s.events_requested) AND k.enabled
	AND (k.id = ANY (clients) OR everyone AND k.metadata->>'sen_ssf_subjects' = 'all')
$$;
REVOKE ALL ON FUNCTION sen.ssf_signal(uuid, uuid, text[], boolean, text, jsonb) FROM PUBLIC;

-- Receivers to whom the account is known: it has or had a role on their platform, or signed in there.
CREATE FUNCTION sen.ssf_clients_of(account uuid) RETURNS text[] LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT ARRAY(SELECT k.id FROM sen.oauth_client k WHERE k.id IN (SELECT client_id FROM sen.ssf_stream)
		AND (EXISTS (SELECT FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id
				WHERE g.account_id = account AND r.platform_id = k.platform_id)
			OR EXISTS (SELECT FROM sen.token_family f WHERE f.account_id = account AND f.client_id = k.id)))
$$;

CREATE FUNCTION sen.ssf_session_data(reason text) RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT jsonb_build_object('event_timestamp', floor(extract(epoch FROM now()))::bigint,
		'initiating_entity', CASE WHEN reason = 'logout' THEN 'user' WHEN reason IN ('expired', 'access ended') THEN 'policy' ELSE 'admin' END,
		'reason_admin', jsonb_build_object('en', reason))
$$;

CREATE OR REPLACE FUNCTION sen.session_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	told_clients text[];
BEGIN
	WITH told AS (
		UPDATE sen.token_family f SET logout_at = now(),
			revoked_at = CASE WHEN f.offline THEN f.revoked_at ELSE coalesce(f.revoked_at, now()) END,
			revoke_reason = CASE WHEN f.offline THEN f.revoke_reason ELSE coalesce(f.revoke_reason, 'session ended') END
		WHERE f.account_id = NEW.account_id AND f.session_id = NEW.id AND f.logout_at IS NULL
		RETURNING f.client_id
	)
	SELECT array_agg(DISTINCT client_id) INTO told_clients FROM told;
	INSERT INTO sen.outbox (account_id, kind, destination, session_id, payload)
	SELECT NEW.account_id, 'logout', k.id, NEW.id, jsonb_build_object('reason', NEW.end_reason)
	FROM sen.oauth_client k
	WHERE k.id = ANY (told_clients) AND k.enabled AND k.metadata ? 'backchannel_logout_uri';
	PERFORM sen.ssf_signal(NEW.account_id, NEW.id, told_clients, true,
		'https://schemas.openid.net/secevent/caep/event-type/session-revoked', sen.ssf_session_data(NEW.end_reason));
	RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION sen.lost_access_end(accounts uuid[]) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	lost record;
	n integer := 0;
BEGIN
	FOR lost IN
		WITH told AS (
			UPDATE sen.token_family f SET logout_at = now(), revoked_at = coalesce(f.revoked_at, now()),
				revoke_reason = coalesce(f.revoke_reason, 'access ended')
			FROM sen.session s, sen.oauth_client k
			WHERE s.account_id = ANY (accounts) AND s.ended_at IS NULL
			AND f.account_id = s.account_id AND f.session_id = s.id AND f.session_on = s.issued_on AND f.logout_at IS NULL
			AND k.id = f.client_id AND k.platform_id IS NOT NULL
			AND NOT EXISTS (SELECT FROM sen.live_grant g WHERE g.account_id = f.account_id AND g.platform_id = k.platform_id)
			RETURNING f.account_id, f.session_id, f.client_id
		)
		SELECT account_id, session_id, array_agg(DISTINCT client_id) AS clients FROM told GROUP BY 1, 2
	LOOP
		INSERT INTO sen.outbox (account_id, kind, destination, session_id, payload)
		SELECT lost.account_id, 'logout', k.id, lost.session_id, '{"reason": "access ended"}'
		FROM sen.oauth_client k WHERE k.id = ANY (lost.clients) AND k.enabled AND k.metadata ? 'backchannel_logout_uri';
		PERFORM sen.ssf_signal(lost.account_id, lost.session_id, lost.clients, false,
			'https://schemas.openid.net/secevent/caep/event-type/session-revoked', sen.ssf_session_data('access ended'));
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;

CREATE FUNCTION sen.ssf_account_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.ssf_signal(NEW.id, NULL, sen.ssf_clients_of(NEW.id), true,
		'https://schemas.openid.net/secevent/risc/event-type/account-'
			|| CASE WHEN NEW.status IN ('disabled', 'suspended') THEN 'disabled' ELSE 'enabled' END, '{}');
	RETURN NULL;
END
$$;
CREATE TRIGGER ssf_account_status AFTER UPDATE OF status ON sen.account FOR EACH ROW
	WHEN ((NEW.status IN ('disabled', 'suspended')) <> (OLD.status IN ('disabled', 'suspended')))
	EXECUTE FUNCTION sen.ssf_account_status();

-- An activation code that has been used is a password that has been set.
CREATE FUNCTION sen.ssf_password_set() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.ssf_signal(NEW.account_id, NULL, sen.ssf_clients_of(NEW.account_id), true,
		'https://schemas.openid.net/secevent/caep/event-type/credential-change',
		jsonb_build_object('credential_type', 'password', 'initiating_entity', 'user',
			'change_type', CASE WHEN a.activated_at IS NULL OR a.activated_at = now() THEN 'create' ELSE 'update' END,
			'event_timestamp', floor(extract(epoch FROM now()))::bigint))
	FROM sen.account a WHERE a.id = NEW.account_id;
	RETURN NULL;
END
$$;
CREATE TRIGGER ssf_password_set AFTER UPDATE OF used_at ON sen.activation FOR EACH ROW
	WHEN (OLD.used_at IS NULL AND NEW.used_at IS NOT NULL) EXECUTE FUNCTION sen.ssf_password_set();

-- A stream that is gone or disabled keeps nothing.
CREATE FUNCTION sen.ssf_stream_stops() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sen.outbox SET outcome = 'void', done_at = now(), lease_until = NULL
	WHERE kind = 'ssf' AND destination = OLD.id::text AND done_at IS NULL;
	RETURN NULL;
END
$$;
CREATE TRIGGER ssf_stream_disabled AFTER UPDATE OF status ON sen.ssf_stream FOR EACH ROW
	WHEN (NEW.status = 'disabled') EXECUTE FUNCTION sen.ssf_stream_stops();
CREATE TRIGGER ssf_stream_deleted AFTER DELETE ON sen.ssf_stream FOR EACH ROW EXECUTE FUNCTION sen.ssf_stream_stops();

GRANT SELECT, INSERT, UPDATE, DELETE ON sen.ssf_stream, sen.ssf_excluded TO sen_server;
GRANT SELECT ON sen.ssf_stream, sen.ssf_excluded TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE ON sen.outbox TO sen_server; -- verification events; polling and acknowledgement
