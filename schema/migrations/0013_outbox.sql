-- Messages that others must get, whatever becomes of this process: written in the transaction of
-- what they tell, by the database itself, so that no way of ending a session can forget them.
--
-- A family says in logout_at that its relying party has been told; therefore each relying party of a
-- session is told once, however many ends meet.  Whoever begins a family must hold its session
-- FOR SHARE: then a session that ends sees every family, or the family sees the end.

CREATE TABLE sen.outbox (
	account_id   uuid NOT NULL,
	created_on   date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
	id           uuid NOT NULL DEFAULT gen_random_uuid(),
	kind         text NOT NULL CHECK (kind IN ('logout')),
	destination  text NOT NULL,                 -- logout: client id
	session_id   uuid,
	payload      jsonb NOT NULL DEFAULT '{}',   -- never a secret
	created_at   timestamptz NOT NULL DEFAULT now(),
	give_up_at   timestamptz NOT NULL DEFAULT now() + interval '1 day',
	attempts     integer NOT NULL DEFAULT 0,
	next_at      timestamptz NOT NULL DEFAULT now(),
	lease_token  bigint NOT NULL DEFAULT 0,     -- fencing: a completion with an older token changes nothing
	lease_until  timestamptz,                   -- being sent; next_at is the same moment
	done_at      timestamptz,
	outcome      text CHECK (outcome IN ('delivered', 'refused', 'dead')),
	detail       text,                          -- what the last attempt met
	PRIMARY KEY (account_id, created_on, id),
	CHECK ((done_at IS NULL) = (outcome IS NULL))
) PARTITION BY RANGE (created_on);
CREATE INDEX outbox_due ON sen.outbox (kind, destination, next_at) WHERE done_at IS NULL;
CREATE INDEX outbox_give_up ON sen.outbox (give_up_at) WHERE done_at IS NULL;
INSERT INTO sen.partition_plan VALUES ('outbox', false, 14, 7);

ALTER TABLE sen.token_family ADD COLUMN logout_at timestamptz;

-- When to look whether the session has run out: not moved by activity, so that a touch stays a cheap
-- update; the sweep moves it to the true moment.  The default is the shortest idle time there is.
ALTER TABLE sen.session ADD COLUMN sweep_at timestamptz NOT NULL DEFAULT now() + interval '1 minute';
CREATE INDEX session_sweep ON sen.session (sweep_at) WHERE ended_at IS NULL;

-- What came of a session ends with it, but for families that are to outlive it (offline_access).
CREATE FUNCTION sen.session_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	WITH told AS (
		UPDATE sen.token_family f SET logout_at = now(),
			revoked_at = CASE WHEN f.offline THEN f.revoked_at ELSE coalesce(f.revoked_at, now()) END,
			revoke_reason = CASE WHEN f.offline THEN f.revoke_reason ELSE coalesce(f.revoke_reason, 'session ended') END
		WHERE f.account_id = NEW.account_id AND f.session_id = NEW.id AND f.logout_at IS NULL
		RETURNING f.client_id
	)
	INSERT INTO sen.outbox (account_id, kind, destination, session_id, payload)
	SELECT NEW.account_id, 'logout', k.id, NEW.id, jsonb_build_object('reason', NEW.end_reason)
	FROM sen.oauth_client k
	WHERE k.id IN (SELECT client_id FROM told) AND k.enabled AND k.metadata ? 'backchannel_logout_uri';
	RETURN NULL;
END
$$;
CREATE TRIGGER session_ended AFTER UPDATE OF ended_at ON sen.session FOR EACH ROW
	WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION sen.session_ended();

-- A raised epoch, or a status that lets nobody in, ends every session of the account.
CREATE FUNCTION sen.account_sessions_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sen.session SET ended_at = now(),
		end_reason = CASE WHEN NEW.status = 'active' THEN 'access changed' ELSE 'account ' || NEW.status END
	WHERE account_id = NEW.id AND ended_at IS NULL;
	RETURN NULL;
END
$$;
CREATE TRIGGER account_sessions_end AFTER UPDATE OF epoch, status ON sen.account FOR EACH ROW
	WHEN (NEW.epoch > OLD.epoch OR NEW.status <> 'active' AND OLD.status = 'active')
	EXECUTE FUNCTION sen.account_sessions_end();

-- Access to a platform is gone (revoked, run out, platform closed): its part of each live session ends.
CREATE FUNCTION sen.lost_access_end(accounts uuid[]) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	n integer;
BEGIN
	WITH told AS (
		UPDATE sen.token_family f SET logout_at = now(), revoked_at = coalesce(f.revoked_at, now()),
			revoke_reason = coalesce(f.revoke_reason, 'access ended')
		FROM sen.session s, sen.oauth_client k
		WHERE s.account_id = ANY (accounts) AND s.ended_at IS NULL
		AND f.account_id = s.account_id AND f.session_id = s.id AND f.session_on = s.issued_on AND f.logout_at IS NULL
		AND k.id = f.client_id AND k.platform_id IS NOT NULL
		AND NOT EXISTS (SELECT FROM sen.live_grant g WHERE g.account_id = f.account_id AND g.platform_id = k.platform_id)
		RETURNING f.account_id, f.session_id, f.client_id, k.enabled AND k.metadata ? 'backchannel_logout_uri' AS wants_logout
	)
	INSERT INTO sen.outbox (account_id, kind, destination, session_id, payload)
	SELECT DISTINCT account_id, 'logout', client_id, session_id, '{"reason": "access ended"}'::jsonb FROM told WHERE wants_logout;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END
$$;
REVOKE ALL ON FUNCTION sen.lost_access_end(uuid[]) FROM PUBLIC;

CREATE FUNCTION sen.grant_revoked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.lost_access_end(ARRAY[NEW.account_id]);
	RETURN NULL;
END
$$;
CREATE TRIGGER grant_revoked AFTER UPDATE OF revoked_at ON sen.access_grant FOR EACH ROW
	WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION sen.grant_revoked();

CREATE FUNCTION sen.platform_closed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.lost_access_end(ARRAY(SELECT DISTINCT f.account_id FROM sen.session s
		JOIN sen.token_family f ON f.account_id = s.account_id AND f.session_id = s.id AND f.session_on = s.issued_on
		JOIN sen.oauth_client k ON k.id = f.client_id
		WHERE s.ended_at IS NULL AND f.logout_at IS NULL AND k.platform_id = NEW.id));
	RETURN NULL;
END
$$;
CREATE TRIGGER platform_closed AFTER UPDATE OF state ON sen.platform FOR EACH ROW
	WHEN (sen.platform_is_open(OLD.state) AND NOT sen.platform_is_open(NEW.state)) EXECUTE FUNCTION sen.platform_closed();

GRANT SELECT, UPDATE ON sen.outbox TO sen_provisioner;
GRANT SELECT, UPDATE ON sen.session TO sen_provisioner;
GRANT SELECT ON sen.oauth_client, sen.signing_key, sen.cache_version TO sen_provisioner;
GRANT EXECUTE ON FUNCTION sen.lost_access_end(uuid[]) TO sen_provisioner;
SELECT sen.partitions_maintain();
