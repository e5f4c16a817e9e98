-- Who had what on a day stays as it was, whatever is changed later: grants, accounts and platforms before each change of what their rows
-- do not tell themselves.

-- Of no new grant, and of none that is only revoked, or suspended from now on: those rows say when.  Grants are never deleted.
CREATE TABLE sen.grant_was (
	account_id     uuid NOT NULL,
	grant_id       uuid NOT NULL,
	until          timestamptz NOT NULL,   -- from then on it was said otherwise
	unit_id        integer NOT NULL,
	post_id        uuid,
	handover_days  smallint NOT NULL,
	valid_from     timestamptz NOT NULL,
	valid_to       timestamptz,
	suspended_at   timestamptz,
	PRIMARY KEY (account_id, grant_id, until)
);
CREATE INDEX grant_was_unit ON sen.grant_was (unit_id, until);
CREATE TABLE sen.account_was (
	account_id  uuid NOT NULL,
	until       timestamptz NOT NULL,
	status      text NOT NULL,
	PRIMARY KEY (account_id, until)
);
CREATE TABLE sen.platform_was (
	platform_id  smallint NOT NULL REFERENCES sen.platform ON DELETE CASCADE,
	until        timestamptz NOT NULL,
	state        text NOT NULL,
	PRIMARY KEY (platform_id, until)
);
GRANT SELECT ON sen.grant_was, sen.account_was, sen.platform_was TO sen_server, sen_provisioner;

-- As far as it is known of before.
INSERT INTO sen.account_was (account_id, until, status)
	SELECT a.id, a.status_since, CASE WHEN a.activated_at < a.status_since THEN 'active' ELSE 'pending' END FROM sen.account a
	WHERE a.status <> 'pending' AND a.status_since > a.created_at;
INSERT INTO sen.platform_was (platform_id, until, state)
	SELECT DISTINCT ON (t.platform_id, t.moved_at) t.platform_id, t.moved_at, t.from_state FROM sen.platform_transition t
	ORDER BY t.platform_id, t.moved_at, t.id;

-- By statement: a rule takes a role from 75,000, a reorganisation moves what 12,700 have.  EXCEPT and no join (0027).  Of several changes in
-- one transaction the first one counts: what was before all of them.
CREATE FUNCTION sen.grant_remember() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM changed WHERE revoked_at IS DISTINCT FROM now()) THEN
		RETURN NULL;   -- all are revoked by this, which says so itself
	END IF;
	INSERT INTO sen.grant_was (account_id, grant_id, until, unit_id, post_id, handover_days, valid_from, valid_to, suspended_at)
	SELECT d.account_id, d.id, now(), d.unit_id, d.post_id, d.handover_days, d.valid_from, d.valid_to, d.suspended_at FROM (
		SELECT account_id, id, unit_id, post_id, handover_days, valid_from, valid_to, CASE WHEN suspended_at < now() THEN suspended_at END AS suspended_at
		FROM before WHERE granted_at < now()
		EXCEPT SELECT account_id, id, unit_id, post_id, handover_days, valid_from, valid_to, CASE WHEN suspended_at < now() THEN suspended_at END
		FROM changed) d
	ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER remember AFTER UPDATE ON sen.access_grant REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.grant_remember();

CREATE FUNCTION sen.account_remember() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.account_was (account_id, until, status) VALUES (OLD.id, now(), OLD.status) ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER remember AFTER UPDATE OF status ON sen.account FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
	EXECUTE FUNCTION sen.account_remember();

CREATE FUNCTION sen.platform_remember() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.platform_was (platform_id, until, state) VALUES (OLD.id, now(), OLD.state) ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER remember AFTER UPDATE ON sen.platform FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
	EXECUTE FUNCTION sen.platform_remember();
