-- Desired versus observed state: one row per (account, platform), a set of accounts to look at
-- again, and the log of what was done.

CREATE TABLE sen.dirty_account (
	account_id  uuid PRIMARY KEY,
	prio        smallint NOT NULL,
	n           bigint NOT NULL DEFAULT 1,
	since       timestamptz NOT NULL DEFAULT now()
);

-- prio: 0 revocation, 1 role, 2 creation, 3 profile, 4 repair
CREATE TABLE sen.binding (
	account_id   uuid NOT NULL,
	platform_id  smallint NOT NULL,
	want_hash    uuid,
	want_active  boolean NOT NULL DEFAULT false,
	want_gen     bigint NOT NULL DEFAULT 0,
	seen_hash    uuid,
	seen_active  boolean,
	seen_gen     bigint NOT NULL DEFAULT 0,
	ext_id       text,                          -- the platform's own identifier
	etag         text,
	state        smallint NOT NULL DEFAULT 0,   -- 0 IDLE 1 DUE 2 LEASED 3 IN_DOUBT 4 RETRY 5 BLOCKED
	prio         smallint NOT NULL DEFAULT 3,
	due_at       timestamptz,
	tries        integer NOT NULL DEFAULT 0,
	lease_token  bigint NOT NULL DEFAULT 0,     -- fencing: a completion with an older token changes nothing
	lease_until  timestamptz,
	err_class    text,
	err_detail   text,
	seen_at      timestamptz,
	PRIMARY KEY (account_id, platform_id)
) WITH (fillfactor = 70);
CREATE INDEX binding_due ON sen.binding (platform_id, prio, due_at) WHERE state IN (1, 3, 4);
-- Empty but for what nobody made due: the sweep reads this and nothing else.
CREATE INDEX binding_drift ON sen.binding (account_id, platform_id) WHERE state = 0
	AND (want_hash IS DISTINCT FROM seen_hash OR want_active IS DISTINCT FROM seen_active);
CREATE INDEX binding_lease ON sen.binding (lease_until) WHERE state = 2;

CREATE TABLE sen.op_log (
	at           timestamptz NOT NULL DEFAULT now(),
	account_id   uuid NOT NULL,
	platform_id  smallint NOT NULL,
	op           text NOT NULL,         -- look_up, create, update, disable, adopt, none
	gen          bigint NOT NULL,
	outcome      text NOT NULL,         -- ok, retry, in_doubt, blocked, lease_lost
	ms           integer NOT NULL,
	detail       text NOT NULL DEFAULT '',
	task_id      text NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX op_log_account ON sen.op_log (account_id, at);
INSERT INTO sen.partition_plan VALUES ('op_log', false, 100, 14);

-- Marks accounts, in the transaction of the fact.  ON CONFLICT DO NOTHING would lose a wake-up: a
-- planner may delete the row before the fact commits; DO UPDATE locks it, so the planner skips it.
CREATE FUNCTION sen.wake(accounts uuid[], priority smallint) RETURNS void LANGUAGE sql SECURITY DEFINER
	SET search_path = pg_catalog AS $$
	INSERT INTO sen.dirty_account AS d (account_id, prio)
	SELECT a, priority FROM (SELECT DISTINCT unnest(accounts) AS a ORDER BY 1) s WHERE a IS NOT NULL
	ON CONFLICT (account_id) DO UPDATE SET n = d.n + 1, prio = least(d.prio, excluded.prio)
$$;
REVOKE ALL ON FUNCTION sen.wake(uuid[], smallint) FROM PUBLIC;

-- Facts wake by trigger, whoever writes them.
CREATE FUNCTION sen.wake_by_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.wake(ARRAY(SELECT account_id FROM changed), TG_ARGV[0]::smallint);
	RETURN NULL;
END
$$;
CREATE FUNCTION sen.wake_by_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.wake(ARRAY(SELECT a.id FROM sen.account a WHERE a.person_id IN (SELECT (to_jsonb(c) ->> TG_ARGV[1])::uuid FROM changed c)),
		TG_ARGV[0]::smallint);
	RETURN NULL;
END
$$;
CREATE FUNCTION sen.wake_by_platform() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.wake(ARRAY(SELECT g.account_id FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id
		WHERE g.revoked_at IS NULL AND r.platform_id IN (SELECT id FROM changed)), 1::smallint);
	RETURN NULL;
END
$$;
CREATE FUNCTION sen.wake_by_unit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.wake(ARRAY(SELECT a.id FROM sen.account a JOIN sen.post p ON p.person_id = a.person_id
		JOIN changed n ON n.id = p.unit_id JOIN before o ON o.id = n.id
		WHERE (n.code, n.name) IS DISTINCT FROM (o.code, o.name)), 3::smallint);
	RETURN NULL;
END
$$;
CREATE TRIGGER wake_change AFTER UPDATE ON sen.unit REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_unit();
CREATE TRIGGER wake_add AFTER INSERT ON sen.access_grant REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_account('2');
CREATE TRIGGER wake_change AFTER UPDATE ON sen.access_grant REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_account('0');
CREATE TRIGGER wake_add AFTER INSERT ON sen.admin_scope REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_account('2');
CREATE TRIGGER wake_change AFTER UPDATE ON sen.admin_scope REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_account('0');
-- Not a column trigger: with a transition table the change of next_eval_at alone would wake for ever,
-- therefore only rows whose status changed count.
CREATE FUNCTION sen.wake_by_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.wake(ARRAY(SELECT n.id FROM changed n JOIN before o ON o.id = n.id
		WHERE n.status IS DISTINCT FROM o.status OR n.login IS DISTINCT FROM o.login), 0::smallint);
	RETURN NULL;
END
$$;
CREATE TRIGGER wake_status AFTER UPDATE ON sen.account REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_status();
CREATE TRIGGER wake_change AFTER UPDATE ON sen.person REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_person('3', 'id');
CREATE TRIGGER wake_add AFTER INSERT ON sen.post REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_person('3', 'person_id');
CREATE TRIGGER wake_change AFTER UPDATE ON sen.post REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_person('3', 'person_id');
CREATE TRIGGER wake_change AFTER UPDATE ON sen.platform REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_platform();

GRANT EXECUTE ON FUNCTION sen.wake(uuid[], smallint) TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.dirty_account, sen.binding TO sen_provisioner;
GRANT INSERT, SELECT ON sen.op_log TO sen_provisioner;
GRANT SELECT ON sen.binding, sen.op_log, sen.dirty_account TO sen_server;
SELECT sen.partitions_maintain();
