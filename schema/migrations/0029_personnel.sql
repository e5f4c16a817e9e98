-- People over time: posts of five kinds with versions, movements (joining, moving, leaving) and what
-- follows from them, kinds of accounts, shared accounts, accounts that nobody uses.
--
-- Access ends by views at the moment itself: a grant is live while its post is held (and for the
-- hand-over after a transfer) and no stop is in force.  The status of an account follows by account_due, which
-- the provisioner works off.

-- The beginning of a day, counted since 1970, in Việt Nam.
CREATE FUNCTION sen.day_start(day bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
	SELECT (DATE '1970-01-01' + day::integer)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
$$;

-- Persons and posts with versions.

ALTER TABLE sen.person ADD COLUMN version bigint NOT NULL DEFAULT 1,
	ADD COLUMN sex text CHECK (sex IN ('male', 'female'));
-- Set by a suspension: nothing of this person is archived until somebody else lifts it.
ALTER TABLE sen.person ADD COLUMN legal_hold boolean NOT NULL DEFAULT false;

ALTER TABLE sen.post DROP CONSTRAINT post_kind_check;
ALTER TABLE sen.post
	ADD CONSTRAINT post_kind_check CHECK (kind IN ('main', 'concurrent', 'acting', 'seconded', 'delegated')),
	ADD COLUMN rank text NOT NULL DEFAULT 'staff' CHECK (rank IN ('staff', 'division_deputy', 'division_head', 'department_deputy', 'department_head')),
	ADD COLUMN decision_on date,
	ADD COLUMN signer text CHECK (signer IS NFC NORMALIZED AND length(signer) BETWEEN 1 AND 120),
	ADD COLUMN version bigint NOT NULL DEFAULT 1,
	-- Ended by a transfer: days for which access goes on, by platform, as the rules said then.
	ADD COLUMN handover jsonb NOT NULL DEFAULT '{}',
	ADD CONSTRAINT post_needs_end CHECK (kind IN ('main', 'concurrent') OR NOT upper_inf(valid));

-- What a post was before each change; a correction never hides what it corrects.
CREATE TABLE sen.post_version (
	person_id    uuid NOT NULL REFERENCES sen.person,
	post_id      uuid NOT NULL,
	version      bigint NOT NULL,
	unit_id      integer NOT NULL REFERENCES sen.unit,
	title        text NOT NULL,
	kind         text NOT NULL,
	valid        daterange NOT NULL,
	decision_no  text NOT NULL,
	rank         text NOT NULL,
	decision_on  date,
	signer       text,
	replaced_at  timestamptz NOT NULL DEFAULT now(),
	gone         boolean NOT NULL,   -- the post was never taken up
	PRIMARY KEY (person_id, post_id, version)
);

CREATE FUNCTION sen.version_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	NEW.version := OLD.version + 1;
	RETURN NEW;
END
$$;
CREATE TRIGGER version_up BEFORE UPDATE ON sen.person FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION sen.version_up();
CREATE TRIGGER version_up BEFORE UPDATE ON sen.post FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION sen.version_up();

CREATE FUNCTION sen.post_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.post_version (person_id, post_id, version, unit_id, title, kind, valid, decision_no, rank, decision_on, signer, gone)
	VALUES (OLD.person_id, OLD.id, OLD.version, OLD.unit_id, OLD.title, OLD.kind, OLD.valid, OLD.decision_no, OLD.rank,
		OLD.decision_on, OLD.signer, TG_OP = 'DELETE');
	RETURN NULL;
END
$$;
CREATE TRIGGER post_keep_change AFTER UPDATE ON sen.post FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION sen.post_keep();
CREATE TRIGGER post_keep_gone AFTER DELETE ON sen.post FOR EACH ROW EXECUTE FUNCTION sen.post_keep();

-- Kinds of accounts.  person_id of a technical, service or shared account is who answers for it.

ALTER TABLE sen.account DROP CONSTRAINT account_kind_check, DROP CONSTRAINT account_person_id_kind_key, DROP CONSTRAINT account_status_check;
ALTER TABLE sen.account
	ADD CONSTRAINT account_kind_check CHECK (kind IN ('operational', 'administrator', 'technical', 'service', 'shared')),
	ADD CONSTRAINT account_status_check CHECK (status IN ('pending', 'active', 'suspended', 'disabled', 'archived')),
	ADD COLUMN status_since timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN reason text CHECK (reason IS NFC NORMALIZED AND length(reason) BETWEEN 1 AND 300),
	ADD COLUMN client_id text REFERENCES sen.oauth_client,   -- of technical and service accounts: what it signs in as
	ADD CONSTRAINT account_says_why CHECK (kind IN ('operational', 'administrator') OR reason IS NOT NULL),
	ADD CONSTRAINT account_client CHECK (client_id IS NULL OR kind IN ('technical', 'service'));
CREATE UNIQUE INDEX account_of_person ON sen.account (person_id, kind) WHERE kind IN ('operational', 'administrator');
CREATE INDEX account_person ON sen.account (person_id);
CREATE INDEX account_list ON sen.account (kind, login);
CREATE INDEX account_by_status ON sen.account (status, login);

CREATE FUNCTION sen.account_status_moved() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF OLD.status = 'archived' THEN
		RAISE EXCEPTION 'an archived account stays archived' USING ERRCODE = 'check_violation';
	END IF;
	NEW.status_since := now();
	RETURN NEW;
END
$$;
CREATE TRIGGER account_status_moved BEFORE UPDATE OF status ON sen.account FOR EACH ROW
	WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION sen.account_status_moved();

-- "archived" is as far from signing in as "disabled".
CREATE OR REPLACE FUNCTION sen.ssf_account_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.ssf_signal(NEW.id, NULL, sen.ssf_clients_of(NEW.id), true,
		'https://schemas.openid.net/secevent/risc/event-type/account-'
			|| CASE WHEN NEW.status IN ('pending', 'active') THEN 'enabled' ELSE 'disabled' END, '{}');
	RETURN NULL;
END
$$;
DROP TRIGGER ssf_account_status ON sen.account;
CREATE TRIGGER ssf_account_status AFTER UPDATE OF status ON sen.account FOR EACH ROW
	WHEN ((NEW.status IN ('pending', 'active')) <> (OLD.status IN ('pending', 'active')))
	EXECUTE FUNCTION sen.ssf_account_status();

-- Rules that an authority sets; one row.
CREATE TABLE sen.personnel_policy (
	id                   boolean PRIMARY KEY DEFAULT true CHECK (id),   -- one row
	admin_accounts_only  boolean NOT NULL DEFAULT false,  -- new scopes go to administrator accounts alone
	unused_report_days   integer NOT NULL DEFAULT 30 CHECK (unused_report_days BETWEEN 1 AND 3650),
	unused_disable_days  integer NOT NULL DEFAULT 45,
	reapprove_after_days integer NOT NULL DEFAULT 90 CHECK (reapprove_after_days BETWEEN 0 AND 3650),
	vanished_max_n       integer NOT NULL DEFAULT 20 CHECK (vanished_max_n BETWEEN 0 AND 1000000),
	vanished_max_percent integer NOT NULL DEFAULT 2 CHECK (vanished_max_percent BETWEEN 0 AND 100),
	checkout_max_minutes integer NOT NULL DEFAULT 480 CHECK (checkout_max_minutes BETWEEN 5 AND 1440),
	version              bigint NOT NULL DEFAULT 1,
	CHECK (unused_disable_days BETWEEN unused_report_days AND 3650)
);
INSERT INTO sen.personnel_policy DEFAULT VALUES;
CREATE TRIGGER version_up BEFORE UPDATE ON sen.personnel_policy FOR EACH ROW EXECUTE FUNCTION sen.version_up();

-- Days for which the old access goes on after a transfer; a platform without a row: none.
CREATE TABLE sen.handover_rule (
	platform_id  smallint PRIMARY KEY REFERENCES sen.platform,
	days         smallint NOT NULL CHECK (days BETWEEN 0 AND 30)
);
-- After retirement a role lives on for so many months, by the highest rank held at the end.
CREATE TABLE sen.grace_rule (
	role_id  integer NOT NULL REFERENCES sen.role,
	rank     text NOT NULL CHECK (rank IN ('staff', 'division_deputy', 'division_head', 'department_deputy', 'department_head')),
	months   smallint NOT NULL CHECK (months BETWEEN 0 AND 36),
	PRIMARY KEY (role_id, rank)
);

-- Movements and what follows.

CREATE TABLE sen.movement (
	person_id     uuid NOT NULL REFERENCES sen.person,
	id            uuid NOT NULL,
	seq           bigint GENERATED ALWAYS AS IDENTITY,
	kind          text NOT NULL CHECK (kind IN ('join', 'transfer', 'resign', 'dismiss', 'retire', 'suspend', 'leave', 'return', 'death',
	                  'rehire', 'vanish')),
	effective_at  timestamptz NOT NULL,
	until_at      timestamptz,                  -- leave: when it ends by itself
	decision_no   text CHECK (length(decision_no) BETWEEN 1 AND 80),
	decision_on   date,
	signer        text,
	reason        text NOT NULL CHECK (length(reason) BETWEEN 1 AND 300),
	consequences  jsonb NOT NULL,
	drawn_by      uuid NOT NULL REFERENCES sen.account,
	drawn_at      timestamptz NOT NULL DEFAULT now(),
	void_by       uuid,                          -- the movement that made it void
	PRIMARY KEY (person_id, id)
);
CREATE INDEX movement_order ON sen.movement (person_id, effective_at, seq) WHERE void_by IS NULL;

-- Where a person stands, at this moment: by the last movement in effect; without any, by the posts.
-- The base is what was before a suspension or leave, and is again after it.
CREATE FUNCTION sen.person_base(person uuid) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT coalesce((SELECT CASE m.kind WHEN 'retire' THEN 'retired' WHEN 'resign' THEN 'left' WHEN 'dismiss' THEN 'left'
			WHEN 'death' THEN 'dead' ELSE 'working' END
		FROM sen.movement m WHERE m.person_id = person AND m.void_by IS NULL AND m.effective_at <= now()
		AND m.kind NOT IN ('suspend', 'vanish', 'leave', 'return') ORDER BY m.effective_at DESC, m.seq DESC LIMIT 1),
		CASE WHEN EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = person) THEN 'working'
			WHEN EXISTS (SELECT FROM sen.post o WHERE o.person_id = person) THEN 'left' ELSE 'new' END)
$$;
-- A transfer, a retirement and a new beginning end no suspension.  As lc_state_step() decides.
CREATE FUNCTION sen.person_state(person uuid) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE
		WHEN (SELECT m.kind FROM sen.movement m WHERE m.person_id = person AND m.void_by IS NULL AND m.effective_at <= now()
			AND m.kind IN ('suspend', 'vanish', 'return', 'resign', 'dismiss', 'death')
			ORDER BY m.effective_at DESC, m.seq DESC LIMIT 1) IN ('suspend', 'vanish') THEN 'suspended'
		WHEN (SELECT m.kind = 'leave' AND (m.until_at IS NULL OR m.until_at > now()) FROM sen.movement m
			WHERE m.person_id = person AND m.void_by IS NULL AND m.effective_at <= now()
			AND m.kind IN ('leave', 'return', 'rehire', 'resign', 'dismiss', 'death', 'retire')
			ORDER BY m.effective_at DESC, m.seq DESC LIMIT 1) THEN 'on_leave'
		ELSE sen.person_base(person) END
$$;

-- While a stop is in force, nothing on the platform (NULL: on any, nor any scope) is live, but for roles in grace.
CREATE TABLE sen.account_stop (
	account_id   uuid NOT NULL REFERENCES sen.account,
	id           uuid NOT NULL,
	platform_id  smallint REFERENCES sen.platform,
	kind         text NOT NULL CHECK (kind IN ('suspend', 'leave', 'vanish', 'end')),
	valid_from   timestamptz NOT NULL,
	valid_to     timestamptz,
	movement_id  uuid NOT NULL,
	lifted_by    uuid,                           -- the movement that set valid_to
	PRIMARY KEY (account_id, id),
	CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE TABLE sen.account_grace (
	account_id  uuid NOT NULL REFERENCES sen.account,
	stop_id     uuid NOT NULL,
	role_id     integer NOT NULL REFERENCES sen.role,
	until_at    timestamptz NOT NULL,
	PRIMARY KEY (account_id, stop_id, role_id)
);
-- A status that an account takes at a time.
CREATE TABLE sen.account_due (
	account_id   uuid NOT NULL REFERENCES sen.account,
	id           uuid NOT NULL DEFAULT gen_random_uuid(),
	due_at       timestamptz NOT NULL,
	status       text NOT NULL CHECK (status IN ('active', 'pending', 'suspended', 'disabled', 'archived')),
	revoke       boolean NOT NULL,               -- what is granted ends for good
	movement_id  uuid NOT NULL,
	actor        uuid NOT NULL REFERENCES sen.account,
	done_at      timestamptz,
	PRIMARY KEY (account_id, id)
);
CREATE INDEX account_due_next ON sen.account_due (due_at) WHERE done_at IS NULL;
CREATE INDEX account_due_movement ON sen.account_due (movement_id) WHERE done_at IS NULL;

-- Every platform is stopped and nothing lives on in grace: such an account is opened by nobody.
CREATE FUNCTION sen.account_is_shut(account uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT EXISTS (SELECT FROM sen.account_stop s WHERE s.account_id = account AND s.platform_id IS NULL AND s.valid_from <= now()
		AND (s.valid_to IS NULL OR s.valid_to > now())
		AND NOT EXISTS (SELECT FROM sen.account_grace c WHERE c.account_id = s.account_id AND c.stop_id = s.id AND c.until_at > now()))
$$;

-- Grants hang on posts.  handover_days: how long a grant outlives its post, as a transfer said.
ALTER TABLE sen.access_grant
	ADD COLUMN handover_days smallint NOT NULL DEFAULT 0 CHECK (handover_days BETWEEN 0 AND 30);

CREATE FUNCTION sen.grant_end(post daterange, handover_days smallint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog AS $$
	SELECT (upper(post) + handover_days)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
$$;
-- Nothing brings it back: its time is over, or that of its post.  A rule's grant ends by date with its post, but for its grace.
CREATE FUNCTION sen.grant_is_over(g sen.access_grant) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT (g.valid_to IS NOT NULL AND g.valid_to <= now() AND g.origin <> 'rule'
		OR g.post_id IS NOT NULL AND NOT EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.person_id = a.person_id AND o.id = g.post_id
			WHERE a.id = g.account_id AND (upper_inf(o.valid) OR upper(o.valid) + g.handover_days > sen.today()))
			AND NOT EXISTS (SELECT FROM sen.account_grace c WHERE c.account_id = g.account_id AND c.role_id = g.role_id AND c.until_at > now())
		OR g.valid_to IS NOT NULL AND g.valid_to <= now() AND g.origin = 'rule'
			AND NOT EXISTS (SELECT FROM sen.account_grace c WHERE c.account_id = g.account_id AND c.role_id = g.role_id AND c.until_at > now()))
$$;

CREATE FUNCTION sen.grant_in_grace(account uuid, role integer, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.account_grace c JOIN sen.account_stop s ON s.account_id = c.account_id AND s.id = c.stop_id
		WHERE c.account_id = account AND c.role_id = role AND c.until_at > at AND s.valid_from <= at AND (s.valid_to IS NULL OR s.valid_to > at))
$$;
-- What keeps a grant from counting at a moment, beside its own dates; NULL: nothing.  The conditions of the view, for one grant.
CREATE FUNCTION sen.grant_hindrance(account uuid, role integer, post uuid, handover_days smallint, at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE
		WHEN EXISTS (SELECT FROM sen.account_stop s WHERE s.account_id = account AND s.valid_from <= at AND (s.valid_to IS NULL OR s.valid_to > at)
			AND (s.platform_id IS NULL OR s.platform_id = (SELECT r.platform_id FROM sen.role r WHERE r.id = role))
			AND NOT EXISTS (SELECT FROM sen.account_grace c WHERE c.account_id = s.account_id AND c.stop_id = s.id AND c.role_id = role
				AND c.until_at > at)) THEN 'stopped'
		WHEN post IS NOT NULL AND NOT sen.grant_in_grace(account, role, at)
			AND NOT EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.person_id = a.person_id AND o.id = post
				WHERE a.id = account AND lower(o.valid) <= (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
				AND (upper_inf(o.valid) OR upper(o.valid) + handover_days > (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)) THEN 'post_over' END
$$;

-- The conditions stand in the views themselves, so that a plan for many accounts can join them.
CREATE OR REPLACE VIEW sen.live_grant AS
	SELECT g.account_id, g.id, r.platform_id, g.role_id, r.code AS role_code, r.name AS role_name, g.unit_id, g.post_id
	FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform p ON p.id = r.platform_id
	WHERE g.revoked_at IS NULL AND g.valid_from <= now() AND (g.suspended_at IS NULL OR g.suspended_at > now())
	AND (g.valid_to IS NULL OR g.valid_to > now() OR g.origin = 'rule'
		AND EXISTS (SELECT FROM sen.account_grace c WHERE c.account_id = g.account_id AND c.role_id = g.role_id AND c.until_at > now()))
	AND sen.platform_is_open(p.state)
	-- The post is held, or in its hand-over; one that is gone carries nothing.
	AND (g.post_id IS NULL OR EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.person_id = a.person_id AND o.id = g.post_id
		WHERE a.id = g.account_id AND lower(o.valid) <= sen.today() AND (upper_inf(o.valid) OR upper(o.valid) + g.handover_days > sen.today()))
		OR EXISTS (SELECT FROM sen.account_grace c WHERE c.account_id = g.account_id AND c.role_id = g.role_id AND c.until_at > now()))
	AND NOT EXISTS (SELECT FROM sen.account_stop s WHERE s.account_id = g.account_id AND s.valid_from <= now()
		AND (s.valid_to IS NULL OR s.valid_to > now()) AND (s.platform_id IS NULL OR s.platform_id = r.platform_id)
		AND NOT EXISTS (SELECT FROM sen.account_grace c WHERE c.account_id = s.account_id AND c.stop_id = s.id AND c.role_id = g.role_id
			AND c.until_at > now()));

CREATE OR REPLACE VIEW sen.live_scope AS
	SELECT s.account_id, s.id, s.unit_id, u.path, s.platform_id, s.rights, s.role_ids, s.max_rank
	FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id
	WHERE s.revoked_at IS NULL AND s.valid_from <= now() AND (s.valid_to IS NULL OR s.valid_to > now())
	AND NOT EXISTS (SELECT FROM sen.account_stop t WHERE t.account_id = s.account_id AND t.valid_from <= now()
		AND (t.valid_to IS NULL OR t.valid_to > now()) AND (t.platform_id IS NULL OR t.platform_id = s.platform_id));

-- When what an account has may change by time alone: the provisioner looks again at the next of these.
CREATE FUNCTION sen.account_moments(account uuid, person uuid) RETURNS SETOF timestamptz LANGUAGE sql STABLE AS $$
	SELECT unnest(ARRAY[x.valid_from, x.valid_to, x.suspended_at]) FROM sen.access_grant x WHERE x.account_id = account AND x.revoked_at IS NULL
	UNION ALL SELECT sen.grant_end(o.valid, x.handover_days) FROM sen.access_grant x JOIN sen.post o ON o.person_id = person AND o.id = x.post_id
		WHERE x.account_id = account AND x.revoked_at IS NULL AND x.handover_days > 0
	UNION ALL SELECT unnest(ARRAY[x.valid_from, x.valid_to]) FROM sen.admin_scope x WHERE x.account_id = account AND x.revoked_at IS NULL
	UNION ALL SELECT unnest(ARRAY[lower(x.valid), upper(x.valid)])::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
		FROM sen.post x WHERE x.person_id = person
	UNION ALL SELECT unnest(ARRAY[x.valid_from, x.valid_to]) FROM sen.account_stop x WHERE x.account_id = account
	UNION ALL SELECT x.until_at FROM sen.account_grace x WHERE x.account_id = account
$$;

-- Cards (0022): until the next of these moments, and not past a change of what the views read beside grants and scopes.
CREATE OR REPLACE FUNCTION sen.account_next_change(account uuid) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT coalesce(min(m.at), 'infinity') FROM sen.account a CROSS JOIN LATERAL sen.account_moments(a.id, a.person_id) m (at)
		WHERE a.id = account AND m.at > now());
END
$$;
CREATE FUNCTION sen.card_stale_by_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	persons uuid[] := ARRAY(SELECT DISTINCT person_id FROM changed);   -- not joined: the planner takes it for empty
	accounts uuid[] := ARRAY(SELECT a.id FROM sen.account a WHERE a.person_id = ANY (persons));
BEGIN
	PERFORM FROM sen.account_card WHERE account_id = ANY (accounts) ORDER BY account_id FOR UPDATE;
	UPDATE sen.account_card SET fresh_until = '-infinity' WHERE account_id = ANY (accounts);
	RETURN NULL;
END
$$;
-- A post that begins carries nothing by itself: grants name it afterwards.
CREATE TRIGGER card_access_change AFTER UPDATE ON sen.post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_by_post();
CREATE TRIGGER card_access_end AFTER DELETE ON sen.post REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_by_post();
CREATE TRIGGER card_add AFTER INSERT ON sen.account_stop REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_change AFTER UPDATE ON sen.account_stop REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_end AFTER DELETE ON sen.account_stop REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_add AFTER INSERT ON sen.account_grace REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_change AFTER UPDATE ON sen.account_grace REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_end AFTER DELETE ON sen.account_grace REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();

-- A post or a stop may end access at once.  Sessions first, as everywhere; then the planner.
CREATE FUNCTION sen.post_access_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	persons uuid[] := ARRAY(SELECT DISTINCT person_id FROM changed);
	accounts uuid[] := ARRAY(SELECT a.id FROM sen.account a WHERE a.person_id = ANY (persons)
		AND EXISTS (SELECT FROM sen.session s WHERE s.account_id = a.id AND s.ended_at IS NULL));
BEGIN
	IF accounts <> '{}' THEN
		PERFORM sen.lost_access_end(accounts);
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER post_access_end AFTER UPDATE ON sen.post REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.post_access_end();
CREATE TRIGGER post_access_gone AFTER DELETE ON sen.post REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.post_access_end();
CREATE TRIGGER wake_gone AFTER DELETE ON sen.post REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_person('3', 'person_id');

CREATE FUNCTION sen.stop_access_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.lost_access_end(ARRAY(SELECT DISTINCT c.account_id FROM changed c));
	PERFORM sen.wake(ARRAY(SELECT c.account_id FROM changed c), 0::smallint);
	RETURN NULL;
END
$$;
CREATE TRIGGER stop_add AFTER INSERT ON sen.account_stop REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.stop_access_end();
CREATE TRIGGER stop_change AFTER UPDATE ON sen.account_stop REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.stop_access_end();

-- The post for whose work in a unit an account of a person holds a role, the main one first: access ends with it.
CREATE FUNCTION sen.post_for(account uuid, unit integer) RETURNS uuid LANGUAGE sql STABLE AS $$
	SELECT o.id FROM sen.account a JOIN sen.standing_post o ON o.person_id = a.person_id JOIN sen.unit u ON u.id = unit
	WHERE a.id = account AND a.kind IN ('operational', 'administrator') AND starts_with(o.path, u.path)
	ORDER BY o.valid @> sen.today() DESC, o.kind = 'main' DESC, lower(o.valid), o.id LIMIT 1
$$;

-- Rules (0027): a grant by rule ends with its post, or after the hand-over of it; what a retirement leaves in grace stays.
CREATE OR REPLACE FUNCTION sen.rule_wants(rule uuid, persons uuid[])
	RETURNS TABLE (person_id uuid, post_id uuid, unit_id integer, role_id integer, number integer, valid_from timestamptz, valid_to timestamptz)
	LANGUAGE sql STABLE ROWS 10000 AS $$
	WITH v AS MATERIALIZED (SELECT f.*, u.path FROM sen.rule_in_force f JOIN sen.unit u ON u.id = f.unit_id WHERE f.rule_id = rule),
	places AS MATERIALIZED (SELECT u.id FROM v JOIN sen.unit u ON starts_with(u.path, v.path)
		WHERE v.unit_kinds IS NULL OR EXISTS (SELECT FROM unnest(string_to_array(rtrim(u.path, '.'), '.')) a (id)
			JOIN sen.unit k ON k.id = a.id::integer WHERE k.kind = ANY (v.unit_kinds))),
	posts AS (SELECT o.* FROM sen.post o WHERE persons IS NULL
		UNION ALL SELECT o.* FROM unnest(persons) x (id) JOIN sen.post o ON o.person_id = x.id),
	held AS (SELECT o.person_id, o.id, o.unit_id, v.number, v.role_ids, o.valid * v.valid AS valid,
		CASE WHEN upper(o.valid) = upper(o.valid * v.valid) THEN o.handover ELSE '{}' END AS handover
		FROM v CROSS JOIN posts o JOIN places ON places.id = o.unit_id JOIN sen.person p ON p.id = o.person_id
		WHERE (upper_inf(o.valid) OR upper(o.valid) + CASE WHEN o.handover = '{}' THEN 0 ELSE 30 END > sen.today()) AND o.valid && v.valid
		AND (v.titles IS NULL OR o.title = ANY (v.titles))
		AND (v.classes IS NULL OR (SELECT c.class FROM sen.position_class c WHERE c.title = o.title) = ANY (v.classes))
		AND (v.post_kinds IS NULL OR o.kind = ANY (v.post_kinds)) AND (v.person_kinds IS NULL OR p.kind = ANY (v.person_kinds)))
	SELECT h.person_id, h.id, h.unit_id, r.id, h.number, sen.midnight(lower(h.valid)),
		sen.midnight(upper(h.valid) + coalesce((h.handover ->> p.id::text)::integer, 0))
	FROM held h CROSS JOIN LATERAL unnest(h.role_ids) x (id) JOIN sen.role r ON r.id = x.id JOIN sen.platform p ON p.id = r.platform_id
	WHERE (upper_inf(h.valid) OR upper(h.valid) + coalesce((h.handover ->> p.id::text)::integer, 0) > sen.today()) AND sen.platform_is_open(p.state)
$$;
CREATE OR REPLACE FUNCTION sen.rule_difference(rule uuid, persons uuid[])
	RETURNS TABLE (person_id uuid, account_id uuid, grant_id uuid, post_id uuid, unit_id integer, role_id integer, number integer,
		valid_from timestamptz, valid_to timestamptz)
	LANGUAGE sql STABLE ROWS 10000 AS $$
	WITH want AS (SELECT w.*, a.id AS account_id FROM sen.rule_wants(rule, persons) w
		LEFT JOIN sen.account a ON a.person_id = w.person_id AND a.kind = 'operational'),
	have AS (SELECT g.* FROM sen.access_grant g WHERE persons IS NULL AND g.rule_id = rule AND g.origin = 'rule' AND g.revoked_at IS NULL
		UNION ALL SELECT g.* FROM unnest(persons) x (id) JOIN sen.account a ON a.person_id = x.id JOIN sen.access_grant g ON g.account_id = a.id
		WHERE g.rule_id = rule AND g.origin = 'rule' AND g.revoked_at IS NULL),
	guarded AS MATERIALIZED (SELECT r.id FROM sen.role r WHERE EXISTS (SELECT FROM sen.duty_rule d WHERE d.retired_at IS NULL
		AND d.severity = 'block' AND r.code IN (d.role_a, d.role_b)))
	SELECT w.person_id, coalesce(w.account_id, h.account_id), h.id, coalesce(w.post_id, h.post_id), coalesce(w.unit_id, h.unit_id),
		coalesce(w.role_id, h.role_id), w.number, w.valid_from, w.valid_to
	FROM want w FULL JOIN have h ON h.account_id = w.account_id AND h.post_id = w.post_id AND h.role_id = w.role_id AND h.unit_id = w.unit_id
		AND h.valid_from = w.valid_from AND coalesce(h.valid_to, 'infinity') = coalesce(w.valid_to, 'infinity')
	WHERE (h.id IS NULL OR w.person_id IS NULL) AND NOT (w.person_id IS NULL AND h.valid_to <= now() AND EXISTS (SELECT FROM sen.account_grace c
		WHERE c.account_id = h.account_id AND c.role_id = h.role_id AND c.until_at > now()))
	AND (w.person_id IS NULL OR w.role_id NOT IN (SELECT id FROM guarded)
		OR NOT EXISTS (SELECT FROM sen.duty_conflicts(w.person_id, w.role_id, w.unit_id) c WHERE c.severity = 'block'))
$$;
CREATE OR REPLACE FUNCTION sen.rule_apply(rule uuid, persons uuid[]) RETURNS TABLE (added bigint, removed bigint)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	lost uuid[];
	newcomers uuid[];
	more bigint;
BEGIN
	WITH d AS MATERIALIZED (SELECT * FROM sen.rule_difference(rule, persons)),
	kept AS MATERIALIZED (SELECT d.grant_id FROM d JOIN sen.account_grace c ON c.account_id = d.account_id AND c.role_id = d.role_id AND c.until_at > now()
		WHERE d.grant_id IS NOT NULL AND NOT EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.person_id = a.person_id AND o.id = d.post_id
			WHERE a.id = d.account_id AND (upper_inf(o.valid) OR upper(o.valid) > sen.today()))),
	grace AS (UPDATE sen.access_grant g SET valid_to = greatest(now(), g.valid_from + interval '1 microsecond') FROM d
		WHERE d.grant_id IN (SELECT k.grant_id FROM kept k) AND g.account_id = d.account_id AND g.id = d.grant_id AND g.revoked_at IS NULL),
	gone AS (UPDATE sen.access_grant g SET revoked_at = now(), revoke_reason = 'rule' FROM d
		WHERE d.grant_id IS NOT NULL AND d.grant_id NOT IN (SELECT k.grant_id FROM kept k)
		AND g.account_id = d.account_id AND g.id = d.grant_id AND g.revoked_at IS NULL
		RETURNING g.account_id),
	given AS (INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, origin, rule_id, rule_version, post_id,
			handover_days)
		SELECT d.account_id, gen_random_uuid(), d.role_id, d.unit_id, b.code || ' v' || d.number || ': ' || left(v.basis, 240), d.valid_from,
			d.valid_to, 'rule', rule, d.number, d.post_id, coalesce((SELECT (d.valid_to AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - upper(o.valid) FROM sen.post o
				WHERE o.person_id = d.person_id AND o.id = d.post_id AND upper(o.valid) < (d.valid_to AT TIME ZONE 'Asia/Ho_Chi_Minh')::date), 0)
		FROM d JOIN sen.birthright_rule b ON b.id = rule JOIN sen.birthright_version v ON v.rule_id = rule AND v.number = d.number
		WHERE d.grant_id IS NULL AND d.account_id IS NOT NULL
		ON CONFLICT DO NOTHING RETURNING 1)
	SELECT (SELECT count(*) FROM given), (SELECT count(*) FROM gone), ARRAY(SELECT account_id FROM gone),
		ARRAY(SELECT DISTINCT d.person_id FROM d WHERE d.account_id IS NULL)
	INTO added, removed, lost, newcomers;
	-- Who lost a role that nothing else gives: sessions and tokens end.  Who has none has nothing that would end.
	UPDATE sen.account a SET epoch = a.epoch + 1 WHERE a.id = ANY (lost)
		AND (EXISTS (SELECT FROM sen.session s WHERE s.account_id = a.id AND s.ended_at IS NULL)
			OR EXISTS (SELECT FROM sen.token_family f WHERE f.account_id = a.id AND f.revoked_at IS NULL))
		AND EXISTS (SELECT FROM sen.access_grant g WHERE g.account_id = a.id AND g.rule_id = rule AND g.revoked_at = now()
			AND NOT EXISTS (SELECT FROM sen.live_grant y WHERE y.account_id = a.id AND y.role_id = g.role_id AND y.unit_id = g.unit_id));
	IF cardinality(newcomers) > 0 THEN
		PERFORM sen.accounts_ensure(newcomers);
		SELECT t.added INTO more FROM sen.rule_apply(rule, newcomers) t;
		added := added + more;
	END IF;
	RETURN NEXT;
END
$$;

-- Requests (0027) name the post too; who is archived is granted nothing, and stays what it is in a review.
CREATE OR REPLACE FUNCTION sen.account_for_grant(person uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	account uuid;
BEGIN
	PERFORM sen.accounts_ensure(ARRAY[person]);
	SELECT a.id INTO account FROM sen.account a WHERE a.person_id = person AND a.kind = 'operational' AND a.status NOT IN ('disabled', 'archived') FOR NO KEY UPDATE;
	RETURN account;
END
$$;
CREATE OR REPLACE FUNCTION sen.request_fulfil(request uuid, person uuid, role integer, unit integer, basis_ text, from_ timestamptz, to_ timestamptz,
	grant_ uuid, actor uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	account uuid := sen.account_for_grant(person);
BEGIN
	UPDATE sen.access_grant g SET revoked_at = now(), revoke_reason = 'expired' WHERE g.account_id = account AND g.role_id = role
		AND g.unit_id = unit AND g.origin = 'request' AND g.revoked_at IS NULL AND g.valid_to <= now();
	INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, granted_by, origin, request_id, post_id)
	VALUES (account, grant_, role, unit, basis_, greatest(coalesce(from_, now()), now()), to_, actor, 'request', request, sen.post_for(account, unit));
	RETURN grant_;
END
$$;
CREATE OR REPLACE FUNCTION sen.review_carry_out(campaign uuid, item uuid, account uuid, grant_ uuid, decision text, actor uuid, request uuid, other_role text, was text)
	RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF grant_ IS NULL THEN
		UPDATE sen.account a SET status = CASE WHEN decision = 'revoke' THEN 'disabled' WHEN a.activated_at IS NULL THEN 'pending' ELSE 'active' END,
			epoch = a.epoch + 1 WHERE a.id = account AND (decision = 'revoke' AND a.status NOT IN ('disabled', 'archived')
			OR decision = 'keep' AND a.status = 'suspended' AND was = 'none' AND NOT sen.account_is_shut(a.id));
		RETURN true;
	END IF;
	IF decision = 'keep' THEN
		UPDATE sen.access_grant g SET suspended_at = (SELECT min(c.deadline) FROM sen.review_item i JOIN sen.review_campaign c ON c.id = i.campaign_id
			WHERE i.account_id = account AND i.grant_id = grant_ AND i.id <> item AND c.no_answer = 'suspend' AND (i.decided_at IS NULL OR i.decision = 'none'))
		WHERE g.account_id = account AND g.id = grant_ AND g.suspended_at IS NOT NULL;
		RETURN true;
	END IF;
	IF decision = 'change' THEN
		INSERT INTO sen.access_request (id, person_id, role_id, unit_id, basis, reason, valid_to, stages, stage_days, expires_at, requested_by)
		SELECT request, a.person_id, o.id, g.unit_id, g.basis, 'review', g.valid_to, y.stages, y.stage_days, now() + interval '60 days', actor
		FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.role r ON r.id = g.role_id
		JOIN sen.role o ON o.platform_id = r.platform_id AND o.code = other_role CROSS JOIN LATERAL sen.policy_of(o.id) y
		WHERE g.account_id = account AND g.id = grant_;
		INSERT INTO sen.request_event (request_id, kind, stage, actor, text) VALUES (request, 'filed', 1, actor, 'review');
	END IF;
	UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = actor, revoke_reason = 'review' WHERE g.account_id = account AND g.id = grant_ AND g.revoked_at IS NULL;
	UPDATE sen.account a SET epoch = a.epoch + 1 WHERE a.id = account;
	RETURN true;
END
$$;

-- Reorganisations (0025): a post that goes on elsewhere is a new one, and what hangs on it goes with it, in one commit.
ALTER TABLE sen.reorganisation_now ADD COLUMN new_post uuid;
CREATE OR REPLACE FUNCTION sen.reorganisation_posts(r sen.reorganisation) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
BEGIN
	UPDATE sen.reorganisation_now o SET new_post = gen_random_uuid() FROM sen.post q
	WHERE o.kind = 'post_move' AND q.person_id = o.person_id AND q.id = o.subject AND q.unit_id = o.unit_from AND lower(q.valid) < r.effective_on
	AND (upper_inf(q.valid) OR upper(q.valid) > r.effective_on);
	-- Before the post ends: who goes with it is not signed out.  A rule gives anew.
	UPDATE sen.access_grant g SET post_id = o.new_post FROM sen.reorganisation_now o JOIN sen.account a ON a.person_id = o.person_id
	WHERE o.new_post IS NOT NULL AND g.account_id = a.id AND g.post_id = o.subject AND g.revoked_at IS NULL AND g.origin <> 'rule';
	DELETE FROM sen.post p USING sen.reorganisation_now o
	WHERE o.kind = 'post_end' AND p.person_id = o.person_id AND p.id = o.subject AND lower(p.valid) >= r.effective_on;
	UPDATE sen.post p SET valid = daterange(lower(p.valid), r.effective_on) FROM sen.reorganisation_now o
	WHERE o.kind = 'post_end' AND p.person_id = o.person_id AND p.id = o.subject AND lower(p.valid) < r.effective_on
	AND (upper_inf(p.valid) OR upper(p.valid) > r.effective_on);
	UPDATE sen.post p SET unit_id = o.unit_to FROM sen.reorganisation_now o
	WHERE o.kind = 'post_move' AND p.person_id = o.person_id AND p.id = o.subject AND p.unit_id = o.unit_from AND lower(p.valid) >= r.effective_on;
	WITH ended AS (
		UPDATE sen.post p SET valid = daterange(lower(p.valid), r.effective_on)
		FROM (SELECT q.person_id, q.id, upper(q.valid) AS until, o.unit_to, o.new_post FROM sen.reorganisation_now o
			JOIN sen.post q ON q.person_id = o.person_id AND q.id = o.subject
			WHERE o.new_post IS NOT NULL) o
		WHERE p.person_id = o.person_id AND p.id = o.id RETURNING p AS was, o.until, o.unit_to, o.new_post
	)
	INSERT INTO sen.post SELECT n.* FROM ended e CROSS JOIN LATERAL jsonb_populate_record(e.was, jsonb_build_object('id', e.new_post, 'version', 1,
		'unit_id', e.unit_to, 'decision_no', r.decision_no, 'valid', daterange(r.effective_on, e.until))) n;
END
$$;

CREATE OR REPLACE FUNCTION sen.reorganisation_grants(r sen.reorganisation) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
BEGIN
	WITH gone AS (
		UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = r.approved_by, revoke_reason = 'merged'
		FROM sen.reorganisation_now o JOIN sen.access_grant k ON k.account_id = o.account_id AND k.id = o.other AND k.revoked_at IS NULL
		WHERE o.kind = 'grant_merge' AND g.account_id = o.account_id AND g.id = o.subject AND g.revoked_at IS NULL
		RETURNING g.account_id, o.other, g.valid_from, g.valid_to, g.post_id
	), span AS (
		SELECT account_id, other, min(valid_from) AS begins, bool_or(valid_to IS NULL) AS is_open, max(valid_to) AS ends,
			bool_or(post_id IS NULL) AS is_free, array_agg(post_id) AS posts FROM gone GROUP BY 1, 2
	)
	UPDATE sen.access_grant k SET valid_from = least(k.valid_from, s.begins),
		valid_to = CASE WHEN k.valid_to IS NULL OR s.is_open THEN NULL ELSE greatest(k.valid_to, s.ends) END,
		-- The post of both that goes on longer.
		post_id = CASE WHEN k.origin = 'rule' THEN k.post_id WHEN NOT s.is_free THEN coalesce((SELECT p.id FROM sen.account a
			JOIN sen.post p ON p.person_id = a.person_id WHERE a.id = k.account_id AND p.id = ANY (s.posts || k.post_id) AND k.post_id IS NOT NULL
			ORDER BY upper_inf(p.valid) DESC, upper(p.valid) DESC, p.id LIMIT 1), k.post_id) END
	FROM span s WHERE k.account_id = s.account_id AND k.id = s.other;

	UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = r.approved_by, revoke_reason = 'reorganisation' FROM sen.reorganisation_now o
	WHERE o.kind = 'grant_end' AND g.account_id = o.account_id AND g.id = o.subject AND g.revoked_at IS NULL;
	-- A role that was granted in the new unit meanwhile is that role already.
	UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = r.approved_by, revoke_reason = 'merged' FROM sen.reorganisation_now o
	WHERE o.kind = 'grant_move' AND g.account_id = o.account_id AND g.id = o.subject AND g.revoked_at IS NULL
	AND EXISTS (SELECT FROM sen.access_grant k WHERE k.account_id = g.account_id AND k.role_id = g.role_id AND k.unit_id = o.unit_to
		AND k.revoked_at IS NULL AND k.id <> g.id);
	-- grant_merge: when the one that was to stay is gone, this one stays.
	UPDATE sen.access_grant g SET unit_id = o.unit_to FROM sen.reorganisation_now o
	WHERE o.kind IN ('grant_move', 'grant_merge') AND g.account_id = o.account_id AND g.id = o.subject AND g.unit_id = o.unit_from
	AND g.revoked_at IS NULL;
	-- What hung on a post that ended or became one with another: the post for whose work it is now.
	UPDATE sen.access_grant g SET post_id = x.post FROM (
		SELECT t.account_id, t.id, sen.post_for(t.account_id, t.unit_id) AS post FROM (
			SELECT account_id, subject AS id FROM sen.reorganisation_now WHERE kind IN ('grant_move', 'grant_merge')
			UNION SELECT account_id, other FROM sen.reorganisation_now WHERE kind = 'grant_merge') o
		JOIN sen.access_grant t ON t.account_id = o.account_id AND t.id = o.id AND t.revoked_at IS NULL AND t.origin <> 'rule' AND t.post_id IS NOT NULL
		WHERE NOT EXISTS (SELECT FROM sen.account a JOIN sen.standing_post p ON p.person_id = a.person_id AND p.id = t.post_id WHERE a.id = t.account_id)) x
	WHERE g.account_id = x.account_id AND g.id = x.id AND x.post IS NOT NULL;
	UPDATE sen.account a SET epoch = epoch + 1 FROM (SELECT DISTINCT account_id FROM sen.reorganisation_now WHERE kind = 'grant_end') o
	WHERE a.id = o.account_id;
END
$$;

-- Gives accounts the status that is due, of one movement or of all; ends sessions with it (triggers).
-- "active" means back to where it was, and never past a stop that is in force.
CREATE FUNCTION sen.account_due_run(movement uuid, max integer, request text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog AS $$
DECLARE
	d sen.account_due;
	was text;
	now_is text;
	n integer := 0;
BEGIN
	FOR d IN SELECT * FROM sen.account_due x WHERE x.done_at IS NULL AND x.due_at <= now() AND (movement IS NULL OR x.movement_id = movement)
		ORDER BY x.due_at, x.account_id LIMIT max FOR UPDATE SKIP LOCKED
	LOOP
		was := NULL;
		SELECT status INTO was FROM sen.account WHERE id = d.account_id FOR NO KEY UPDATE;
		now_is := NULL;
		UPDATE sen.account a SET epoch = a.epoch + 1,
			status = CASE WHEN d.status = 'active' AND a.activated_at IS NULL THEN 'pending' ELSE d.status END
		WHERE a.id = d.account_id AND a.status <> 'archived'
		AND a.status <> CASE WHEN d.status = 'active' AND a.activated_at IS NULL THEN 'pending' ELSE d.status END
		AND NOT (d.status IN ('active', 'pending') AND sen.account_is_shut(a.id))
		AND NOT (d.status = 'active' AND a.status = 'disabled')
		AND NOT (d.status = 'archived' AND EXISTS (SELECT FROM sen.person p WHERE p.id = a.person_id AND p.legal_hold))
		RETURNING a.status INTO now_is;
		IF d.revoke THEN
			UPDATE sen.access_grant SET revoked_at = now(), revoked_by = d.actor, revoke_reason = 'movement ' || d.movement_id
			WHERE account_id = d.account_id AND revoked_at IS NULL AND valid_from <= d.due_at;
		END IF;
		UPDATE sen.account_due SET done_at = now() WHERE account_id = d.account_id AND id = d.id;
		IF now_is IS NOT NULL THEN
			INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)
			SELECT 'account:' || d.actor, 'account.' || now_is, d.account_id, a.login, request,
				jsonb_build_object('movement', d.movement_id, 'was', was) FROM sen.account a WHERE a.id = d.account_id;
		END IF;
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
REVOKE ALL ON FUNCTION sen.account_due_run(uuid, integer, text) FROM PUBLIC;

-- Whether an actor may act on a person in the organisation's name: the home unit, on every platform.
CREATE FUNCTION sen.may_manage_person(actor uuid, needed text, person uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT NOT EXISTS (SELECT FROM sen.account a WHERE a.id = actor AND a.person_id = person)
	AND EXISTS (SELECT FROM sen.unit u WHERE u.id = sen.home_unit(person) AND sen.scope_covers(actor, needed, u.path, NULL))
	AND NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = person AND NOT sen.may_manage_account(actor, needed, a.id))
$$;
CREATE FUNCTION sen.may_see_person(actor uuid, needed text, person uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = actor AND needed = ANY (s.rights) AND (
		EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = person AND starts_with(o.path, s.path))
		OR EXISTS (SELECT FROM sen.unit u WHERE u.id = sen.home_unit(person) AND starts_with(u.path, s.path))))
$$;

-- Those whom a feed does not know any more: suspended until somebody decides.
CREATE TABLE sen.vanished (
	person_id    uuid NOT NULL REFERENCES sen.person,
	movement_id  uuid NOT NULL,
	feed         text NOT NULL CHECK (length(feed) BETWEEN 1 AND 80),
	marked_at    timestamptz NOT NULL DEFAULT now(),
	decision     text CHECK (decision IN ('keep', 'left')),
	reason       text,
	decided_by   uuid REFERENCES sen.account,
	decided_at   timestamptz,
	PRIMARY KEY (person_id, movement_id),
	CHECK ((decision IS NULL) = (decided_by IS NULL))
);
CREATE UNIQUE INDEX vanished_open ON sen.vanished (person_id) WHERE decision IS NULL;
CREATE INDEX vanished_list ON sen.vanished (marked_at, person_id) WHERE decision IS NULL;

-- Accounts that nobody uses.

CREATE TABLE sen.account_use (
	account_id  uuid PRIMARY KEY REFERENCES sen.account,
	used_on     date NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE sen.account_notice (
	account_id  uuid NOT NULL REFERENCES sen.account,
	kind        text NOT NULL CHECK (kind IN ('unused_report', 'unused_disable')),
	since       date NOT NULL,      -- unused since
	at          timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (account_id, kind, since)
);
CREATE INDEX account_notice_at ON sen.account_notice (at);

-- The last day on which an account was used, or could first be: set up, activated, enabled, in a post.
CREATE FUNCTION sen.account_used_on(a sen.account) RETURNS date LANGUAGE sql STABLE AS $$
	SELECT greatest((SELECT u.used_on FROM sen.account_use u WHERE u.account_id = a.id),
		(SELECT max(f.rotated_at) AT TIME ZONE 'Asia/Ho_Chi_Minh' FROM sen.token_family f WHERE f.account_id = a.id)::date,
		(a.status_since AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
		(a.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
		(SELECT lower(o.valid) FROM sen.post o WHERE o.person_id = a.person_id AND o.kind = 'main' AND o.valid @> sen.today()))
$$;
-- Reports after the first limit, disables after the second.  A day is the unit, so the day's first run does it all.
CREATE FUNCTION sen.unused_run(request text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	rule sen.personnel_policy;
	r record;
	n integer := 0;
BEGIN
	SELECT * INTO STRICT rule FROM sen.personnel_policy;
	-- The cheap condition first: most accounts were used since.
	FOR r IN
		SELECT x.id, x.login, x.used_on FROM (
			SELECT a.id, a.login, sen.account_used_on(a) AS used_on FROM sen.account a
			LEFT JOIN sen.account_use u ON u.account_id = a.id
			WHERE a.status IN ('pending', 'active') AND a.kind IN ('operational', 'administrator')
			AND a.status_since < now() - rule.unused_report_days * interval '1 day'
			AND (u.used_on IS NULL OR u.used_on <= sen.today() - rule.unused_report_days)) x
		WHERE x.used_on <= sen.today() - rule.unused_report_days
		AND NOT EXISTS (SELECT FROM sen.account_notice t WHERE t.account_id = x.id AND t.since = x.used_on
			AND t.kind = CASE WHEN x.used_on <= sen.today() - rule.unused_disable_days THEN 'unused_disable' ELSE 'unused_report' END)
		ORDER BY x.id LIMIT 1000
	LOOP
		INSERT INTO sen.account_notice (account_id, kind, since) VALUES (r.id, 'unused_report', r.used_on) ON CONFLICT DO NOTHING;
		IF r.used_on <= sen.today() - rule.unused_disable_days THEN
			UPDATE sen.account SET status = 'disabled', epoch = epoch + 1 WHERE id = r.id AND status IN ('pending', 'active');
			CONTINUE WHEN NOT FOUND;
			INSERT INTO sen.account_notice (account_id, kind, since) VALUES (r.id, 'unused_disable', r.used_on) ON CONFLICT DO NOTHING;
			INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)
			VALUES ('system', 'account.disabled', r.id, r.login, request, jsonb_build_object('reason', 'unused', 'since', r.used_on));
		END IF;
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
REVOKE ALL ON FUNCTION sen.unused_run(text) FROM PUBLIC;

-- Shared accounts: approved by a second person, used by one member at a time, who has it checked out.

CREATE TABLE sen.shared_account (
	account_id   uuid PRIMARY KEY REFERENCES sen.account,
	asked_by     uuid NOT NULL REFERENCES sen.account,
	asked_at     timestamptz NOT NULL DEFAULT now(),
	approved_by  uuid REFERENCES sen.account,
	approved_at  timestamptz,
	CHECK (approved_by IS DISTINCT FROM asked_by OR approved_by IS NULL)
);
CREATE TABLE sen.shared_member (
	account_id  uuid NOT NULL REFERENCES sen.account,
	member_id   uuid NOT NULL REFERENCES sen.account,
	added_by    uuid NOT NULL REFERENCES sen.account,
	added_at    timestamptz NOT NULL DEFAULT now(),
	removed_at  timestamptz,
	PRIMARY KEY (account_id, member_id, added_at)
);
CREATE UNIQUE INDEX shared_member_now ON sen.shared_member (account_id, member_id) WHERE removed_at IS NULL;
CREATE TABLE sen.shared_use (
	account_id   uuid NOT NULL REFERENCES sen.account,
	id           uuid NOT NULL,
	member_id    uuid NOT NULL REFERENCES sen.account,
	purpose      text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 300),
	code_hash    bytea NOT NULL,               -- keyed; what is typed as the password of this check-out
	out_at       timestamptz NOT NULL DEFAULT now(),
	until_at     timestamptz NOT NULL,
	in_at        timestamptz,
	PRIMARY KEY (account_id, id)
);
-- One at a time.
CREATE UNIQUE INDEX shared_use_now ON sen.shared_use (account_id) WHERE in_at IS NULL;
CREATE INDEX shared_use_until ON sen.shared_use (until_at) WHERE in_at IS NULL;

-- Whoever may not act any more does not go on behind a shared account.
CREATE FUNCTION sen.shared_use_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	WITH e AS (UPDATE sen.shared_use SET in_at = now() WHERE member_id = NEW.id AND in_at IS NULL RETURNING account_id)
	UPDATE sen.account a SET epoch = a.epoch + 1 FROM e WHERE a.id = e.account_id;
	RETURN NULL;
END
$$;
CREATE TRIGGER shared_use_end AFTER UPDATE OF status ON sen.account FOR EACH ROW
	WHEN (OLD.status = 'active' AND NEW.status <> 'active') EXECUTE FUNCTION sen.shared_use_end();

-- Ends what has run out, with its sessions.
CREATE FUNCTION sen.shared_use_expire(request text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	r record;
	n integer := 0;
BEGIN
	FOR r IN UPDATE sen.shared_use u SET in_at = u.until_at WHERE u.in_at IS NULL AND u.until_at <= now() RETURNING u.account_id, u.id, u.member_id
	LOOP
		UPDATE sen.account SET epoch = epoch + 1 WHERE id = r.account_id;
		INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)
		VALUES ('system', 'shared.check_in', r.account_id, 'use:' || r.id, request, jsonb_build_object('member', r.member_id, 'reason', 'expired'));
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
REVOKE ALL ON FUNCTION sen.shared_use_expire(text) FROM PUBLIC;

GRANT INSERT, UPDATE ON sen.person TO sen_server;
GRANT INSERT, UPDATE, DELETE ON sen.post TO sen_server;
GRANT SELECT ON sen.post_version, sen.personnel_policy, sen.handover_rule, sen.grace_rule, sen.movement, sen.account_stop, sen.account_grace,
	sen.account_due, sen.vanished, sen.account_use, sen.account_notice, sen.shared_account, sen.shared_member, sen.shared_use TO sen_server;
GRANT UPDATE ON sen.personnel_policy, sen.movement, sen.account_stop, sen.vanished, sen.account_use, sen.shared_account, sen.shared_member,
	sen.shared_use TO sen_server;
GRANT INSERT ON sen.movement, sen.account_stop, sen.account_grace, sen.account_due, sen.vanished, sen.account_use, sen.shared_account,
	sen.shared_member, sen.shared_use TO sen_server;
GRANT DELETE ON sen.account_due TO sen_server;
GRANT INSERT, UPDATE, DELETE ON sen.handover_rule, sen.grace_rule TO sen_server;
GRANT SELECT ON sen.account_stop, sen.account_grace TO sen_provisioner;
GRANT EXECUTE ON FUNCTION sen.account_due_run(uuid, integer, text) TO sen_server, sen_provisioner;
GRANT EXECUTE ON FUNCTION sen.unused_run(text), sen.shared_use_expire(text) TO sen_provisioner, sen_server;
