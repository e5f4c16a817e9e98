-- What an administrator decides for provisioning on a platform; the guard against mass harm; grace and deletion.
--
-- A revocation is by name when its transaction woke few accounts.  Anything else that takes access away is held
-- until the guard has counted it (decision 0013).

-- Transactions that woke more accounts than a decision about persons by name does.
CREATE TABLE sen.mass_cause (
	xid  xid8 PRIMARY KEY,
	at   timestamptz NOT NULL DEFAULT now()
);
-- The transaction that woke the account; NULL: nobody in particular.
ALTER TABLE sen.dirty_account ADD COLUMN cause xid8;

-- sen.cause says it where the number would say something else: 'named' (each is a decision about one person),
-- 'approved' (previewed, and approved by a second person), 'feed' (a program, whatever the number).
-- An account that was woken by name as well counts as woken by name.
CREATE OR REPLACE FUNCTION sen.wake(accounts uuid[], priority smallint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog AS $$
DECLARE
	cause text := coalesce(current_setting('sen.cause', true), '');
	known text := coalesce(current_setting('sen.woken', true), '');
	few uuid[];
BEGIN
	IF NOT EXISTS (SELECT FROM unnest(accounts) x (a) WHERE a IS NOT NULL) THEN
		RETURN;
	END IF;
	IF cause NOT IN ('named', 'approved', 'feed') AND known <> 'many' THEN
		few := ARRAY(SELECT DISTINCT a FROM unnest(nullif(known, '')::uuid[] || accounts) x (a) WHERE a IS NOT NULL LIMIT 6);
		known := CASE WHEN cardinality(few) > 5 THEN 'many' ELSE few::text END;
		PERFORM set_config('sen.woken', known, true);
	END IF;
	IF cause = 'feed' OR cause NOT IN ('named', 'approved') AND known = 'many' THEN
		INSERT INTO sen.mass_cause (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
	END IF;
	INSERT INTO sen.dirty_account AS d (account_id, prio, cause)
	SELECT a, priority, pg_current_xact_id() FROM (SELECT DISTINCT unnest(accounts) AS a ORDER BY 1) s WHERE a IS NOT NULL
	ON CONFLICT (account_id) DO UPDATE SET n = d.n + 1, prio = least(d.prio, excluded.prio),
		cause = CASE WHEN d.cause IS NULL OR EXISTS (SELECT FROM sen.mass_cause m WHERE m.xid = d.cause) THEN excluded.cause ELSE d.cause END;
END
$$;
-- By the provisioner itself, to look again: no cause of its own.
CREATE FUNCTION sen.wake_again(accounts uuid[], priority smallint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	INSERT INTO sen.dirty_account AS d (account_id, prio)
	SELECT a, priority FROM (SELECT DISTINCT unnest(accounts) AS a ORDER BY 1) s WHERE a IS NOT NULL
	ON CONFLICT (account_id) DO UPDATE SET n = d.n + 1, prio = least(d.prio, excluded.prio)
$$;
REVOKE ALL ON FUNCTION sen.wake_again(uuid[], smallint) FROM PUBLIC;

-- Says why for what runs between two calls of it; what was said before, by a feed for one, stands.  What stood, to be set again.
CREATE FUNCTION sen.cause_unless(cause text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	was text := coalesce(current_setting('sen.cause', true), '');
BEGIN
	PERFORM set_config('sen.cause', CASE was WHEN '' THEN cause ELSE was END, true);
	RETURN was;
END
$$;
-- Approved by a second person after a preview.
ALTER FUNCTION sen.reorganisation_advance(integer) RENAME TO reorganisation_advance_step;
CREATE FUNCTION sen.reorganisation_advance(size integer, OUT id uuid, OUT step text, OUT n_from integer, OUT n_to integer)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	was text := sen.cause_unless('approved');
BEGIN
	SELECT s.id, s.step, s.n_from, s.n_to INTO id, step, n_from, n_to FROM sen.reorganisation_advance_step(size) s;
	PERFORM set_config('sen.cause', was, true);
END
$$;
REVOKE ALL ON FUNCTION sen.reorganisation_advance(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.reorganisation_advance(integer) TO sen_provisioner;
REVOKE ALL ON FUNCTION sen.reorganisation_advance_step(integer) FROM sen_provisioner;
-- Movements, of which each is a decision about one person.
ALTER FUNCTION sen.account_due_run(uuid, integer, text) RENAME TO account_due_step;
CREATE FUNCTION sen.account_due_run(movement uuid, max integer, request text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog AS $$
DECLARE
	was text := sen.cause_unless('named');
	n integer := sen.account_due_step(movement, max, request);
BEGIN
	PERFORM set_config('sen.cause', was, true);
	RETURN n;
END
$$;
REVOKE ALL ON FUNCTION sen.account_due_run(uuid, integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.account_due_run(uuid, integer, text) TO sen_server, sen_provisioner;
REVOKE ALL ON FUNCTION sen.account_due_step(uuid, integer, text) FROM sen_server, sen_provisioner;
-- A platform that closes is always asked about, however few accounts it has.
CREATE OR REPLACE FUNCTION sen.wake_by_platform() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	was text := coalesce(current_setting('sen.cause', true), '');
BEGIN
	PERFORM set_config('sen.cause', 'feed', true);
	PERFORM sen.wake(ARRAY(SELECT g.account_id FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id
		JOIN changed n ON n.id = r.platform_id JOIN before o ON o.id = n.id
		WHERE g.revoked_at IS NULL
		AND (n.code, n.name, sen.platform_is_open(n.state)) IS DISTINCT FROM (o.code, o.name, sen.platform_is_open(o.state))),
		(CASE WHEN EXISTS (SELECT FROM changed n WHERE NOT sen.platform_is_open(n.state)) THEN 0 ELSE 1 END)::smallint);
	PERFORM set_config('sen.cause', was, true);
	RETURN NULL;
END
$$;

-- One row a platform; without one, the defaults of sen.provisioning_rule.
CREATE TABLE sen.provisioning_policy (
	platform_id   smallint PRIMARY KEY REFERENCES sen.platform,
	may_create    boolean NOT NULL,
	may_update    boolean NOT NULL,
	may_disable   boolean NOT NULL,
	may_delete    boolean NOT NULL,
	max_n         integer NOT NULL CHECK (max_n BETWEEN 0 AND 1000000),
	max_percent   integer NOT NULL CHECK (max_percent BETWEEN 0 AND 100),
	unit_min      integer NOT NULL CHECK (unit_min BETWEEN 1 AND 1000000),
	unit_percent  integer NOT NULL CHECK (unit_percent BETWEEN 0 AND 100),
	role_min      integer NOT NULL CHECK (role_min BETWEEN 1 AND 1000000),
	role_percent  integer NOT NULL CHECK (role_percent BETWEEN 0 AND 100),
	grace_days    integer NOT NULL CHECK (grace_days BETWEEN 0 AND 3650),
	gone_days     integer NOT NULL CHECK (gone_days BETWEEN 1 AND 3650),
	on_removal    text NOT NULL CHECK (on_removal IN ('ask', 'leave', 'disable', 'delete')),
	version       bigint NOT NULL DEFAULT 1,
	CHECK (platform_id <> 0 OR NOT may_delete)   -- accounts of the directory are kept
);
-- In force.  ops: 1 create, 2 update, 4 disable, 8 delete; a closed platform may have been decided on.
CREATE VIEW sen.provisioning_rule AS
	SELECT r.*, r.may_create::integer + 2 * r.may_update::integer + 4 * r.may_disable::integer + 8 * r.deletes::integer AS ops
	FROM (SELECT p.id AS platform_id, p.code, coalesce(x.may_create, true) AS may_create, coalesce(x.may_update, true) AS may_update,
		coalesce(x.may_disable, true) AS may_disable, coalesce(x.may_delete, false) AS may_delete,
		coalesce(x.max_n, 20) AS max_n, coalesce(x.max_percent, 2) AS max_percent,
		coalesce(x.unit_min, 20) AS unit_min, coalesce(x.unit_percent, 10) AS unit_percent,
		coalesce(x.role_min, 200) AS role_min, coalesce(x.role_percent, 30) AS role_percent,
		coalesce(x.grace_days, 30) AS grace_days, coalesce(x.gone_days, 30) AS gone_days,
		coalesce(x.on_removal, 'ask') AS on_removal, coalesce(x.version, 0) AS version,
		p.id = 0 OR sen.platform_is_open(p.state) AS is_open,
		p.id <> 0 AND (coalesce(x.may_delete, false) OR NOT sen.platform_is_open(p.state) AND coalesce(x.on_removal, 'ask') = 'delete') AS deletes
		FROM sen.platform p LEFT JOIN sen.provisioning_policy x ON x.platform_id = p.id) r;

-- What was forbidden may be allowed now: tried again at once.  Nothing was sent; without an identifier it is looked for first.
CREATE FUNCTION sen.provisioning_allowed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sen.binding SET state = CASE WHEN ext_id IS NULL THEN 3 ELSE 1 END, due_at = now()
	WHERE (account_id, platform_id) IN (SELECT account_id, platform_id FROM sen.binding WHERE platform_id = NEW.platform_id AND state = 5
		AND err_class = 'not_allowed' ORDER BY 1 FOR UPDATE);
	RETURN NULL;
END
$$;
CREATE TRIGGER allowed AFTER INSERT OR UPDATE ON sen.provisioning_policy FOR EACH ROW EXECUTE FUNCTION sen.provisioning_allowed();

-- Bindings: state 6 HELD, 7 GRACE (off; deleted at delete_at), 8 GONE (deleted; remembered until delete_at).
-- hold_id: 0: takes access away, and the guard has not counted it yet (state 2: it will be held); else what holds it.
ALTER TABLE sen.binding ADD COLUMN hold_id bigint, ADD COLUMN delete_at timestamptz;
CREATE INDEX binding_held ON sen.binding (hold_id, platform_id, account_id) WHERE state = 6;
CREATE INDEX binding_delete ON sen.binding (state, delete_at) WHERE state IN (7, 8);
CREATE INDEX binding_off ON sen.binding (platform_id) WHERE state = 0 AND NOT want_active AND ext_id IS NOT NULL;

-- One count of the guard, and what came of it.  While one is open on a platform, all that the guard would count joins it.
CREATE TABLE sen.hold (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	platform_id  smallint NOT NULL REFERENCES sen.platform,
	state        text NOT NULL DEFAULT 'passed' CHECK (state IN ('passed', 'open', 'released', 'discarded')),
	reason       text CHECK (reason IN ('platform', 'unit', 'role', 'removal')),
	about        text,                            -- code of the unit or role
	opened_at    timestamptz NOT NULL DEFAULT now(),
	n_disable    integer NOT NULL DEFAULT 0,      -- held
	n_delete     integer NOT NULL DEFAULT 0,
	n_change     integer NOT NULL DEFAULT 0,      -- a role goes, the account stays
	n_live       integer NOT NULL DEFAULT 0,      -- active accounts there, when it was counted
	n_passed     integer NOT NULL DEFAULT 0,      -- disabled or deleted without being held
	passed_units jsonb NOT NULL DEFAULT '{}',     -- the same by unit: number by id
	decided_by   uuid REFERENCES sen.account,
	decided_at   timestamptz,
	decision     text CHECK (length(decision) BETWEEN 1 AND 300),
	applied_at   timestamptz,
	version      bigint NOT NULL DEFAULT 1,
	CHECK ((state = 'passed') = (reason IS NULL))
);
CREATE UNIQUE INDEX hold_open ON sen.hold (platform_id) WHERE state = 'open';
CREATE INDEX hold_recent ON sen.hold (platform_id, opened_at);
CREATE INDEX hold_list ON sen.hold (id) WHERE state <> 'passed';
CREATE INDEX hold_to_apply ON sen.hold (id) WHERE state IN ('released', 'discarded') AND applied_at IS NULL;
-- Whose acts are held, as far as the facts say: they release nothing.
CREATE TABLE sen.hold_author (
	hold_id     bigint NOT NULL REFERENCES sen.hold,
	account_id  uuid NOT NULL REFERENCES sen.account,
	PRIMARY KEY (hold_id, account_id)
);
-- How many are active on a platform: what percentages are of.  Its row is the lock of the platform's guard.
CREATE TABLE sen.guard_size (
	platform_id  smallint PRIMARY KEY REFERENCES sen.platform,
	n_live       bigint NOT NULL,
	counted_at   timestamptz NOT NULL
);

-- Nothing of a person under legal hold is deleted, also if it was due already.
CREATE FUNCTION sen.legal_hold_keeps() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sen.binding b SET state = 7, hold_id = NULL FROM sen.account a WHERE a.person_id = NEW.id AND b.account_id = a.id
	AND b.delete_at IS NOT NULL AND b.state IN (1, 4, 5, 6);
	RETURN NULL;
END
$$;
CREATE TRIGGER legal_hold_keeps AFTER UPDATE OF legal_hold ON sen.person FOR EACH ROW WHEN (NEW.legal_hold) EXECUTE FUNCTION sen.legal_hold_keeps();

GRANT EXECUTE ON FUNCTION sen.wake_again(uuid[], smallint) TO sen_provisioner;
GRANT SELECT ON sen.provisioning_policy, sen.provisioning_rule, sen.hold, sen.hold_author, sen.guard_size, sen.mass_cause TO sen_server, sen_provisioner;
GRANT INSERT, UPDATE ON sen.provisioning_policy TO sen_server;
GRANT UPDATE (state, decided_by, decided_at, decision, applied_at, version) ON sen.hold TO sen_server;
GRANT INSERT, UPDATE, DELETE ON sen.hold TO sen_provisioner;
GRANT INSERT, DELETE ON sen.hold_author TO sen_provisioner;
GRANT INSERT, UPDATE ON sen.guard_size TO sen_provisioner;
GRANT DELETE ON sen.mass_cause TO sen_provisioner;
GRANT SELECT (person_id, id, drawn_by) ON sen.movement TO sen_provisioner;
GRANT SELECT (id, retired_by, retired_at) ON sen.birthright_rule TO sen_provisioner;
