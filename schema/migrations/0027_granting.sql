-- Granting: scopes with roles, separation of duties, birthright rules, requests, deputies, emergencies, reviews.

-- Sensitivities in order.
CREATE FUNCTION sen.rank(sensitivity text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT (CASE sensitivity WHEN 'low' THEN 0 WHEN 'normal' THEN 1 WHEN 'high' THEN 2 ELSE 3 END)::smallint
$$;

-- A day's first moment in Việt Nam.
CREATE FUNCTION sen.midnight(day date) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN isfinite(day) THEN day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' END
$$;

-- Grants: what they rest on.  granted_by NULL: the system, by a rule; revoked_by NULL: the system.
ALTER TABLE sen.access_grant
	ADD COLUMN origin text NOT NULL DEFAULT 'direct' CHECK (origin IN ('direct', 'request', 'rule', 'emergency')),
	ADD COLUMN rule_id uuid,
	ADD COLUMN rule_version integer,
	ADD COLUMN request_id uuid,
	ADD COLUMN emergency_id uuid,
	-- From then on it does not count, until a review says "keep".
	ADD COLUMN suspended_at timestamptz,
	ADD COLUMN IF NOT EXISTS post_id uuid,
	ALTER COLUMN granted_by DROP NOT NULL,
	DROP CONSTRAINT access_grant_check1,
	ADD CONSTRAINT access_grant_revoked CHECK (revoked_at IS NOT NULL OR revoked_by IS NULL),
	ADD CONSTRAINT access_grant_basis CHECK (CASE origin
		WHEN 'rule' THEN rule_id IS NOT NULL AND rule_version IS NOT NULL AND post_id IS NOT NULL AND granted_by IS NULL
		WHEN 'request' THEN request_id IS NOT NULL AND granted_by IS NOT NULL
		WHEN 'emergency' THEN emergency_id IS NOT NULL AND granted_by IS NOT NULL
			AND valid_to IS NOT NULL AND valid_to <= valid_from + interval '72 hours'
		ELSE granted_by IS NOT NULL END);
-- The same from two sources are two grants: one survives the loss of the other.
DROP INDEX sen.access_grant_live;
CREATE UNIQUE INDEX access_grant_live ON sen.access_grant (account_id, role_id, unit_id, origin)
	WHERE revoked_at IS NULL AND origin <> 'rule';
CREATE UNIQUE INDEX access_grant_by_rule ON sen.access_grant
	(rule_id, account_id, post_id, role_id, unit_id, valid_from, coalesce(valid_to, 'infinity')) WHERE revoked_at IS NULL AND origin = 'rule';
CREATE UNIQUE INDEX access_grant_by_request ON sen.access_grant (request_id) WHERE request_id IS NOT NULL;
CREATE UNIQUE INDEX access_grant_by_emergency ON sen.access_grant (emergency_id) WHERE emergency_id IS NOT NULL;
DROP INDEX sen.access_grant_unit;
CREATE INDEX access_grant_unit ON sen.access_grant (unit_id, id);
DROP INDEX sen.access_grant_role;
CREATE INDEX access_grant_role ON sen.access_grant (role_id, unit_id);

-- role_ids NULL: every role of the platforms it reaches; max_rank: nothing more sensitive (sen.rank), NULL: no cap.
ALTER TABLE sen.admin_scope
	ADD COLUMN role_ids integer[] CHECK (cardinality(role_ids) > 0),
	ADD COLUMN max_rank smallint CHECK (max_rank BETWEEN 0 AND 3);

CREATE OR REPLACE VIEW sen.live_grant AS
	SELECT g.account_id, g.id, r.platform_id, g.role_id, r.code AS role_code, r.name AS role_name, g.unit_id
	FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform p ON p.id = r.platform_id
	WHERE g.revoked_at IS NULL AND g.valid_from <= now() AND (g.valid_to IS NULL OR g.valid_to > now())
	AND (g.suspended_at IS NULL OR g.suspended_at > now()) AND sen.platform_is_open(p.state);

-- A suspension ahead is one more moment at which a grant ends by itself: cards (0022) hold until then.
CREATE OR REPLACE FUNCTION sen.account_next_change(account uuid) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT coalesce(min(t), 'infinity') FROM (
		SELECT unnest(ARRAY[valid_from, valid_to, suspended_at]) AS t FROM sen.access_grant WHERE account_id = account AND revoked_at IS NULL
		UNION ALL
		SELECT unnest(ARRAY[valid_from, valid_to]) FROM sen.admin_scope WHERE account_id = account AND revoked_at IS NULL
	) x WHERE t > now());
END
$$;

CREATE OR REPLACE VIEW sen.live_scope AS
	SELECT s.account_id, s.id, s.unit_id, u.path, s.platform_id, s.rights, s.role_ids, s.max_rank
	FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id
	WHERE s.revoked_at IS NULL AND s.valid_from <= now() AND (s.valid_to IS NULL OR s.valid_to > now());

-- About the platform as a whole: scopes for some of its roles do not reach.
CREATE OR REPLACE FUNCTION sen.scope_covers(actor uuid, needed text, unit_path text, platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = actor AND needed = ANY (s.rights)
		AND starts_with(unit_path, s.path) AND (s.platform_id IS NULL OR s.platform_id = platform) AND s.role_ids IS NULL)
$$;
-- About one role.
CREATE FUNCTION sen.scope_covers(actor uuid, needed text, unit_path text, platform smallint, role integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = actor AND needed = ANY (s.rights)
		AND starts_with(unit_path, s.path) AND (s.platform_id IS NULL OR s.platform_id = platform)
		AND (s.role_ids IS NULL OR role = ANY (s.role_ids))
		AND (s.max_rank IS NULL OR s.max_rank >= (SELECT sen.rank(r.sensitivity) FROM sen.role r WHERE r.id = role)))
$$;
CREATE OR REPLACE FUNCTION sen.may_manage_account(actor uuid, needed text, target uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT actor <> target
	AND EXISTS (SELECT FROM sen.account a JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)
		WHERE a.id = target AND sen.scope_covers(actor, needed, u.path, NULL))
	AND NOT EXISTS (SELECT FROM sen.live_scope t WHERE t.account_id = target AND NOT EXISTS (
		SELECT FROM sen.live_scope s WHERE s.account_id = actor AND starts_with(t.path, s.path)
		AND (s.platform_id IS NULL OR s.platform_id = t.platform_id) AND t.rights <@ s.rights
		AND (s.role_ids IS NULL OR t.role_ids <@ s.role_ids) AND (s.max_rank IS NULL OR t.max_rank <= s.max_rank)))
$$;
-- The units that a right reaches, and on what there: everything, or these platforms and these roles.
-- From the scopes down by the index on paths: "1.17." reaches from itself to before "1.17/".
CREATE FUNCTION sen.scoped_units(actor uuid, needed text) RETURNS TABLE (unit_id integer, every boolean, platforms smallint[], roles integer[])
	LANGUAGE sql STABLE ROWS 200 AS $$
	SELECT u.id, bool_or(s.platform_id IS NULL AND s.role_ids IS NULL),
		coalesce(array_agg(DISTINCT s.platform_id) FILTER (WHERE s.platform_id IS NOT NULL AND s.role_ids IS NULL), '{}'),
		coalesce(array_agg(DISTINCT x.role) FILTER (WHERE x.role IS NOT NULL), '{}')
	FROM sen.live_scope s JOIN sen.unit u ON u.path ~>=~ s.path AND u.path ~<~ (left(s.path, -1) || '/')
	LEFT JOIN LATERAL unnest(s.role_ids) x (role) ON true
	WHERE s.account_id = actor AND needed = ANY (s.rights) AND s.path <> '' GROUP BY u.id
$$;

-- Revocations wake first; other changes (suspension by a review) in their turn.  Sessions end by statement, not by row.
-- EXCEPT and no join: transition tables count as empty to the planner, and a join of two becomes a loop in a loop.
CREATE FUNCTION sen.wake_by_grant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	revoked uuid[] := ARRAY(SELECT DISTINCT d.account_id FROM (SELECT account_id, id, revoked_at FROM changed
		EXCEPT SELECT account_id, id, revoked_at FROM before) d);
BEGIN
	PERFORM sen.wake(revoked, 0::smallint);
	PERFORM sen.wake(ARRAY(SELECT account_id FROM changed EXCEPT SELECT unnest(revoked)), 3::smallint);
	PERFORM sen.lost_access_end(revoked);
	RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION sen.wake_by_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.wake(ARRAY(SELECT d.id FROM (SELECT id, status, login FROM changed EXCEPT SELECT id, status, login FROM before) d), 0::smallint);
	RETURN NULL;
END
$$;
DROP TRIGGER wake_change ON sen.access_grant;
DROP TRIGGER grant_revoked ON sen.access_grant;
DROP FUNCTION sen.grant_revoked();
CREATE TRIGGER wake_change AFTER UPDATE ON sen.access_grant REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_grant();

-- How a role is granted; of the rows that fit, the most particular one counts: role, platform, sensitivity, the rest.
CREATE TABLE sen.grant_policy (
	id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	role_id       integer REFERENCES sen.role,
	platform_id   smallint REFERENCES sen.platform,
	sensitivity   text CHECK (sensitivity IN ('low', 'normal', 'high', 'privileged')),
	stages        smallint NOT NULL CHECK (stages IN (1, 2)),
	stage_days    smallint NOT NULL CHECK (stage_days BETWEEN 1 AND 60), -- until the next higher is asked
	max_days      integer CHECK (max_days BETWEEN 1 AND 3660),           -- a grant without end gets this one
	end_required  boolean NOT NULL DEFAULT false,
	changed_by    uuid REFERENCES sen.account,
	changed_at    timestamptz NOT NULL DEFAULT now(),
	version       bigint NOT NULL DEFAULT 1,
	CHECK (num_nonnulls(role_id, platform_id, sensitivity) <= 1)
);
CREATE UNIQUE INDEX grant_policy_for ON sen.grant_policy (coalesce(role_id, -1), coalesce(platform_id, -1), coalesce(sensitivity, ''));
INSERT INTO sen.grant_policy (sensitivity, stages, stage_days) VALUES (NULL, 1, 5), ('high', 2, 5), ('privileged', 2, 3);

CREATE FUNCTION sen.policy_of(role integer) RETURNS SETOF sen.grant_policy LANGUAGE sql STABLE ROWS 1 AS $$
	SELECT y.* FROM sen.role r JOIN sen.grant_policy y ON y.role_id = r.id OR y.platform_id = r.platform_id OR y.sensitivity = r.sensitivity
		OR num_nonnulls(y.role_id, y.platform_id, y.sensitivity) = 0
	WHERE r.id = role ORDER BY y.role_id IS NULL, y.platform_id IS NULL, y.sensitivity IS NULL LIMIT 1
$$;

-- The right "rules" at the root: what holds for the whole authority (platform NULL: on each platform).
CREATE FUNCTION sen.rules_everywhere(actor uuid, platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s JOIN sen.unit u ON u.id = s.unit_id WHERE s.account_id = actor AND 'rules' = ANY (s.rights)
		AND u.parent_id IS NULL AND (s.platform_id IS NULL OR s.platform_id = platform) AND s.role_ids IS NULL)
$$;

-- Separation of duties: who does one must not do the other.  A side is a role code, on one platform or on each.
CREATE TABLE sen.duty_rule (
	id           uuid PRIMARY KEY,
	code         text NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9._-]{1,40}$'),
	name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
	platform_a   smallint REFERENCES sen.platform,
	role_a       text NOT NULL,
	platform_b   smallint REFERENCES sen.platform,
	role_b       text NOT NULL,
	within       text NOT NULL CHECK (within IN ('unit', 'platform', 'everywhere')),
	severity     text NOT NULL CHECK (severity IN ('block', 'warn')),
	basis        text NOT NULL CHECK (length(basis) BETWEEN 1 AND 300),
	made_by      uuid NOT NULL REFERENCES sen.account,
	made_at      timestamptz NOT NULL DEFAULT now(),
	retired_by   uuid REFERENCES sen.account,
	retired_at   timestamptz,
	version      bigint NOT NULL DEFAULT 1,
	CHECK ((coalesce(platform_a, -1), role_a) <> (coalesce(platform_b, -1), role_b))
);
CREATE TABLE sen.duty_exception (
	id           uuid PRIMARY KEY,
	duty_id      uuid NOT NULL REFERENCES sen.duty_rule,
	person_id    uuid NOT NULL REFERENCES sen.person,
	reason       text NOT NULL CHECK (length(reason) BETWEEN 1 AND 300),
	valid_to     timestamptz NOT NULL,
	asked_by     uuid NOT NULL REFERENCES sen.account,
	asked_at     timestamptz NOT NULL DEFAULT now(),
	approved_by  uuid REFERENCES sen.account,
	approved_at  timestamptz,
	CHECK (approved_by <> asked_by)
);
CREATE INDEX duty_exception_person ON sen.duty_exception (person_id, duty_id);

-- Whether two roles exclude each other, and by which rule.
CREATE FUNCTION sen.duty_pairs(role_x integer, role_y integer) RETURNS SETOF sen.duty_rule LANGUAGE sql STABLE ROWS 1 AS $$
	SELECT d.* FROM sen.duty_rule d, sen.role x, sen.role y WHERE x.id = role_x AND y.id = role_y AND d.retired_at IS NULL
	AND (d.within <> 'platform' OR x.platform_id = y.platform_id)
	AND ((d.role_a = x.code AND d.role_b = y.code AND coalesce(d.platform_a, x.platform_id) = x.platform_id AND coalesce(d.platform_b, y.platform_id) = y.platform_id)
	  OR (d.role_a = y.code AND d.role_b = x.code AND coalesce(d.platform_a, y.platform_id) = y.platform_id AND coalesce(d.platform_b, x.platform_id) = x.platform_id))
$$;
CREATE FUNCTION sen.duty_excepted(duty uuid, person uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.duty_exception e WHERE e.duty_id = duty AND e.person_id = person AND e.approved_at IS NOT NULL AND e.valid_to > now())
$$;
-- What stands against giving this role for this unit to this person.  Units meet when one lies in the other.
CREATE FUNCTION sen.duty_conflicts(person uuid, role integer, unit integer)
	RETURNS TABLE (duty_id uuid, duty_code text, severity text, grant_id uuid, other_role integer, other_unit integer) LANGUAGE sql STABLE ROWS 1 AS $$
	SELECT d.id, d.code, d.severity, g.id, g.role_id, g.unit_id
	FROM sen.account a JOIN sen.access_grant g ON g.account_id = a.id AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now())
	JOIN sen.unit w ON w.id = g.unit_id JOIN sen.unit u ON u.id = unit CROSS JOIN LATERAL sen.duty_pairs(role, g.role_id) d
	WHERE a.person_id = person AND (d.within <> 'unit' OR starts_with(u.path, w.path) OR starts_with(w.path, u.path))
	AND NOT sen.duty_excepted(d.id, person)
$$;

-- Birthright rules.  A version is drawn up by one and released by another; a released one is never changed.
CREATE TABLE sen.position_class (
	title  text PRIMARY KEY CHECK (title IS NFC NORMALIZED AND length(title) BETWEEN 1 AND 200),
	class  text NOT NULL CHECK (class ~ '^[A-Za-z0-9._-]{1,40}$')
);
CREATE TABLE sen.birthright_rule (
	id          uuid PRIMARY KEY,
	code        text NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9._-]{1,40}$'),
	version     bigint NOT NULL DEFAULT 1, -- of the row: raised by each change
	retired_by  uuid REFERENCES sen.account,
	retired_at  timestamptz
);
CREATE TABLE sen.birthright_version (
	rule_id       uuid NOT NULL REFERENCES sen.birthright_rule,
	number        integer NOT NULL,
	name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
	basis         text NOT NULL CHECK (length(basis) BETWEEN 1 AND 300),
	unit_id       integer NOT NULL REFERENCES sen.unit, -- with everything below it
	-- NULL: whatever it is.  A unit is of a kind also by what it lies in.
	unit_kinds    text[], titles text[], classes text[], post_kinds text[], person_kinds text[],
	role_ids      integer[] NOT NULL CHECK (cardinality(role_ids) > 0),
	valid         daterange NOT NULL CHECK (NOT isempty(valid)),
	drawn_by      uuid NOT NULL REFERENCES sen.account,
	drawn_at      timestamptz NOT NULL DEFAULT now(),
	released_by   uuid REFERENCES sen.account CHECK (released_by <> drawn_by),
	released_at   timestamptz,
	superseded_at timestamptz,
	PRIMARY KEY (rule_id, number)
);
CREATE UNIQUE INDEX birthright_draft ON sen.birthright_version (rule_id) WHERE released_at IS NULL;
CREATE UNIQUE INDEX birthright_in_force ON sen.birthright_version (rule_id) WHERE released_at IS NOT NULL AND superseded_at IS NULL;
CREATE VIEW sen.rule_in_force AS
	SELECT v.* FROM sen.birthright_version v JOIN sen.birthright_rule b ON b.id = v.rule_id
	WHERE v.released_at IS NOT NULL AND v.superseded_at IS NULL AND b.retired_at IS NULL;

-- What a rule gives: one row per post and role.  persons NULL: everybody.
CREATE FUNCTION sen.rule_wants(rule uuid, persons uuid[])
	RETURNS TABLE (person_id uuid, post_id uuid, unit_id integer, role_id integer, number integer, valid_from timestamptz, valid_to timestamptz)
	LANGUAGE sql STABLE ROWS 10000 AS $$
	WITH v AS MATERIALIZED (SELECT f.*, u.path FROM sen.rule_in_force f JOIN sen.unit u ON u.id = f.unit_id WHERE f.rule_id = rule),
	places AS MATERIALIZED (SELECT u.id FROM v JOIN sen.unit u ON starts_with(u.path, v.path)
		WHERE v.unit_kinds IS NULL OR EXISTS (SELECT FROM unnest(string_to_array(rtrim(u.path, '.'), '.')) a (id)
			JOIN sen.unit k ON k.id = a.id::integer WHERE k.kind = ANY (v.unit_kinds))),
	posts AS (SELECT o.* FROM sen.post o WHERE persons IS NULL
		UNION ALL SELECT o.* FROM unnest(persons) x (id) JOIN sen.post o ON o.person_id = x.id),
	held AS (SELECT o.person_id, o.id, o.unit_id, v.number, v.role_ids, o.valid * v.valid AS valid
		FROM v CROSS JOIN posts o JOIN places ON places.id = o.unit_id JOIN sen.person p ON p.id = o.person_id
		WHERE (upper_inf(o.valid) OR upper(o.valid) > sen.today()) AND o.valid && v.valid
		AND (v.titles IS NULL OR o.title = ANY (v.titles))
		AND (v.classes IS NULL OR (SELECT c.class FROM sen.position_class c WHERE c.title = o.title) = ANY (v.classes))
		AND (v.post_kinds IS NULL OR o.kind = ANY (v.post_kinds)) AND (v.person_kinds IS NULL OR p.kind = ANY (v.person_kinds)))
	SELECT h.person_id, h.id, h.unit_id, r.id, h.number, sen.midnight(lower(h.valid)), sen.midnight(upper(h.valid))
	FROM held h CROSS JOIN LATERAL unnest(h.role_ids) x (id) JOIN sen.role r ON r.id = x.id JOIN sen.platform p ON p.id = r.platform_id
	WHERE (upper_inf(h.valid) OR upper(h.valid) > sen.today()) AND sen.platform_is_open(p.state)
$$;

-- The rule against the grants that rest on it.  What separation of duties forbids is not added.
CREATE FUNCTION sen.rule_difference(rule uuid, persons uuid[])
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
	WHERE (h.id IS NULL OR w.person_id IS NULL)
	AND (w.person_id IS NULL OR w.role_id NOT IN (SELECT id FROM guarded)
		OR NOT EXISTS (SELECT FROM sen.duty_conflicts(w.person_id, w.role_id, w.unit_id) c WHERE c.severity = 'block'))
$$;

-- User names as common/base/text.c makes them, for many at once: given name, initials of the rest, the next number.
CREATE INDEX account_stem ON sen.account (rtrim(login, '0123456789'));
CREATE FUNCTION sen.accounts_ensure(persons uuid[]) RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	n integer;
	total integer := 0;
BEGIN
	FOR tries IN 1 .. 20 LOOP
		INSERT INTO sen.account (id, person_id, login)
		SELECT gen_random_uuid(), s.id, s.stem || CASE WHEN t.last + s.n = 1 THEN '' ELSE (t.last + s.n)::text END
		FROM (SELECT w.id, w.stem, row_number() OVER (PARTITION BY w.stem ORDER BY w.id) AS n FROM (
			SELECT p.id, CASE WHEN length(x.stem) < 2 THEN 'user' ELSE left(x.stem, 28) END AS stem
			FROM (SELECT DISTINCT unnest(persons) AS id) q JOIN sen.person p ON p.id = q.id
			CROSS JOIN LATERAL (SELECT regexp_replace(substring(p.name_fold FROM '[^ ]*$'), '[^a-z]', '', 'g')
				|| regexp_replace(regexp_replace(p.name_fold, '[^ ]*$', ''), '([a-z])[^ ]* *|[^a-z]', '\1', 'g') AS stem) x
			WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id AND a.kind = 'operational')) w) s
		CROSS JOIN LATERAL (SELECT coalesce(max(coalesce(nullif(substr(a.login, length(s.stem) + 1), '')::integer, 1)), 0) AS last
			FROM sen.account a WHERE rtrim(a.login, '0123456789') = s.stem) t
		ON CONFLICT DO NOTHING;
		GET DIAGNOSTICS n = ROW_COUNT;
		total := total + n;
		EXIT WHEN n = 0;
	END LOOP;
	RETURN total;
END
$$;

-- Makes the grants what the rule says; added also has the persons that had no account yet.  Called under rules_lock or rules_follow.
CREATE FUNCTION sen.rule_apply(rule uuid, persons uuid[]) RETURNS TABLE (added bigint, removed bigint)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	lost uuid[];
	newcomers uuid[];
	more bigint;
BEGIN
	WITH d AS MATERIALIZED (SELECT * FROM sen.rule_difference(rule, persons)),
	gone AS (UPDATE sen.access_grant g SET revoked_at = now(), revoke_reason = 'rule' FROM d
		WHERE d.grant_id IS NOT NULL AND g.account_id = d.account_id AND g.id = d.grant_id AND g.revoked_at IS NULL
		RETURNING g.account_id),
	given AS (INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, origin, rule_id, rule_version, post_id)
		SELECT d.account_id, gen_random_uuid(), d.role_id, d.unit_id, b.code || ' v' || d.number || ': ' || left(v.basis, 240), d.valid_from,
			d.valid_to, 'rule', rule, d.number, d.post_id
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
REVOKE ALL ON FUNCTION sen.rule_apply(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.rule_apply(uuid, uuid[]) TO sen_server;

-- A release waits for the facts that are being written, and they for it: neither misses the other.
CREATE FUNCTION sen.rules_lock() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(7301990) $$;
CREATE FUNCTION sen.rules_follow(persons uuid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	rule uuid;
BEGIN
	IF cardinality(persons) = 0 THEN
		RETURN;
	END IF;
	PERFORM pg_advisory_xact_lock_shared(7301990);
	FOR rule IN SELECT f.rule_id FROM sen.rule_in_force f JOIN sen.birthright_rule b ON b.id = f.rule_id ORDER BY b.code LOOP
		PERFORM sen.rule_apply(rule, persons);
	END LOOP;
END
$$;
REVOKE ALL ON FUNCTION sen.rules_follow(uuid[]) FROM PUBLIC;

CREATE FUNCTION sen.rules_by_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.rules_follow(ARRAY(SELECT DISTINCT person_id FROM changed));
	RETURN NULL;
END
$$;
CREATE TRIGGER rules_add AFTER INSERT ON sen.post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.rules_by_post();
CREATE TRIGGER rules_change AFTER UPDATE ON sen.post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.rules_by_post();
CREATE TRIGGER rules_remove AFTER DELETE ON sen.post REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.rules_by_post();
CREATE FUNCTION sen.rules_by_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.rules_follow(ARRAY(SELECT d.id FROM (SELECT id, kind FROM changed EXCEPT SELECT id, kind FROM before) d));
	RETURN NULL;
END
$$;
CREATE TRIGGER rules_change AFTER UPDATE ON sen.person REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.rules_by_person();
CREATE FUNCTION sen.rules_by_unit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.rules_follow(ARRAY(SELECT DISTINCT o.person_id FROM (SELECT id, kind, path FROM changed EXCEPT SELECT id, kind, path FROM before) n
		JOIN sen.unit u ON u.path ~>=~ n.path AND u.path ~<~ (left(n.path, -1) || '/') JOIN sen.post o ON o.unit_id = u.id
		WHERE n.path <> ''));
	RETURN NULL;
END
$$;
CREATE TRIGGER rules_change AFTER UPDATE ON sen.unit REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.rules_by_unit();
-- A platform that opens or closes: everybody to whom a rule with a role on it speaks.
CREATE FUNCTION sen.rules_by_platform() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	rule uuid;
BEGIN
	FOR rule IN SELECT DISTINCT f.rule_id FROM changed n JOIN before o ON o.id = n.id JOIN sen.role r ON r.platform_id = n.id
		JOIN sen.rule_in_force f ON r.id = ANY (f.role_ids)
		WHERE sen.platform_is_open(n.state) IS DISTINCT FROM sen.platform_is_open(o.state) ORDER BY 1 LOOP
		PERFORM pg_advisory_xact_lock_shared(7301990);
		PERFORM sen.rule_apply(rule, NULL);
	END LOOP;
	RETURN NULL;
END
$$;
CREATE TRIGGER rules_change AFTER UPDATE ON sen.platform REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.rules_by_platform();

-- Edits that are made only to see what would follow, and rolled back by the caller.
CREATE FUNCTION sen.suppose_post(person uuid, end_post uuid, ends_on date, unit integer, title_ text, kind_ text, valid_ daterange)
	RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	n integer;
BEGIN
	UPDATE sen.post SET valid = daterange(lower(valid), ends_on) WHERE person_id = person AND id = end_post;
	GET DIAGNOSTICS n = ROW_COUNT;
	IF unit IS NOT NULL THEN
		INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no)
		VALUES (person, gen_random_uuid(), unit, title_, coalesce(kind_, 'main'), valid_, 'supposed');
	END IF;
	RETURN n;
END
$$;
CREATE FUNCTION sen.suppose_unit(unit integer, kind_ text, parent integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = sen, pg_temp AS $$
BEGIN
	UPDATE sen.unit u SET kind = coalesce(kind_, u.kind), parent_id = coalesce(parent, u.parent_id) WHERE u.id = unit;
	RETURN sen.unit_repath();
END
$$;
REVOKE ALL ON FUNCTION sen.suppose_post(uuid, uuid, date, integer, text, text, daterange), sen.suppose_unit(integer, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.suppose_post(uuid, uuid, date, integer, text, text, daterange), sen.suppose_unit(integer, text, integer) TO sen_server;

CREATE FUNCTION sen.rules_by_class() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.rules_follow(ARRAY(SELECT DISTINCT o.person_id FROM sen.post o WHERE o.title = NEW.title));
	RETURN NULL;
END
$$;
CREATE TRIGGER rules_change AFTER INSERT OR UPDATE ON sen.position_class FOR EACH ROW EXECUTE FUNCTION sen.rules_by_class();

-- Requests.  A stage's row is written when it is decided; events are the whole history.
CREATE TABLE sen.access_request (
	id            uuid PRIMARY KEY,
	person_id     uuid NOT NULL REFERENCES sen.person,
	role_id       integer NOT NULL REFERENCES sen.role,
	unit_id       integer NOT NULL REFERENCES sen.unit,
	basis         text NOT NULL CHECK (length(basis) BETWEEN 1 AND 300),
	reason        text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
	valid_from    timestamptz,                           -- NULL: from the approval
	valid_to      timestamptz,
	state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'granted', 'refused', 'withdrawn')),
	stage         smallint NOT NULL DEFAULT 1,
	stages        smallint NOT NULL,
	stage_days    smallint NOT NULL,
	stage_since   timestamptz NOT NULL DEFAULT now(),
	expires_at    timestamptz NOT NULL,                  -- nobody decides on it after that
	requested_by  uuid NOT NULL REFERENCES sen.account,
	requested_at  timestamptz NOT NULL DEFAULT now(),
	closed_at     timestamptz,
	grant_id      uuid,
	version       bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX access_request_open ON sen.access_request (person_id, role_id, unit_id) WHERE state = 'open';
CREATE INDEX access_request_unit ON sen.access_request (unit_id, id);
CREATE INDEX access_request_waiting ON sen.access_request (unit_id, id) WHERE state = 'open';
CREATE INDEX access_request_person ON sen.access_request (person_id);
CREATE INDEX access_request_by ON sen.access_request (requested_by, id);
CREATE TABLE sen.request_event (
	request_id    uuid NOT NULL REFERENCES sen.access_request,
	n             integer GENERATED ALWAYS AS IDENTITY,
	at            timestamptz NOT NULL DEFAULT now(),
	kind          text NOT NULL CHECK (kind IN ('filed', 'comment', 'approved', 'refused', 'withdrawn', 'granted')),
	stage         smallint NOT NULL,
	actor         uuid NOT NULL REFERENCES sen.account,
	instead_of    uuid REFERENCES sen.account,           -- the deputy's principal
	text          text NOT NULL DEFAULT '',
	PRIMARY KEY (request_id, n)
);
CREATE UNIQUE INDEX request_event_decided ON sen.request_event (request_id, stage) WHERE kind IN ('approved', 'refused');

-- Decides in somebody's place during leave, on what that person may decide; not handed on further.
CREATE TABLE sen.deputy (
	id           uuid PRIMARY KEY,
	principal    uuid NOT NULL REFERENCES sen.account,
	deputy       uuid NOT NULL REFERENCES sen.account,
	valid        daterange NOT NULL CHECK (NOT isempty(valid) AND NOT lower_inf(valid) AND NOT upper_inf(valid)),
	basis        text NOT NULL CHECK (length(basis) BETWEEN 1 AND 300),
	made_by      uuid NOT NULL REFERENCES sen.account,
	made_at      timestamptz NOT NULL DEFAULT now(),
	ended_at     timestamptz,
	CHECK (principal <> deputy)
);
CREATE INDEX deputy_deputy ON sen.deputy (deputy) WHERE ended_at IS NULL;
CREATE INDEX deputy_principal ON sen.deputy (principal) WHERE ended_at IS NULL;

-- Under whose authority an account may decide: its own, and that of those it stands in for today.
CREATE FUNCTION sen.deciders(actor uuid) RETURNS TABLE (account_id uuid, instead_of uuid) LANGUAGE sql STABLE ROWS 2 AS $$
	SELECT actor, NULL::uuid
	UNION ALL SELECT d.principal, d.principal FROM sen.deputy d JOIN sen.account a ON a.id = d.principal AND a.status = 'active'
	WHERE d.deputy = actor AND d.ended_at IS NULL AND d.valid @> sen.today()
$$;
-- Stage 1: who approves for the unit.  Stage 2: who approves for the platform: a scope that names it, or the unit that manages it.
CREATE FUNCTION sen.competent(decider uuid, stage smallint, unit_path text, role integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s JOIN sen.role r ON r.id = role JOIN sen.platform p ON p.id = r.platform_id
		JOIN sen.unit u ON u.id = s.unit_id
		WHERE s.account_id = decider AND 'approve' = ANY (s.rights) AND starts_with(unit_path, s.path)
		AND (s.platform_id IS NULL OR s.platform_id = p.id) AND (s.role_ids IS NULL OR r.id = ANY (s.role_ids))
		AND (s.max_rank IS NULL OR s.max_rank >= sen.rank(r.sensitivity))
		AND (stage = 1 OR s.platform_id = p.id OR p.managing_unit::text IN (u.code, u.id::text)))
$$;
-- How many deadlines have passed: the approver that many steps above the nearest one is asked now too.
CREATE FUNCTION sen.escalations(since timestamptz, days smallint) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT greatest(0, floor(extract(epoch FROM now() - since) / (days * 86400)))::integer
$$;

-- Decisions about one person's access are taken one after the other: two that exclude each other do not both pass.
CREATE FUNCTION sen.person_lock(person uuid) RETURNS void LANGUAGE sql AS $$
	SELECT pg_advisory_xact_lock(hashtextextended(person::text, 7301991))
$$;
-- The account, then the grant; one of the same kind that has run out makes room.  Whoever grants to one person does it one after the other.
CREATE FUNCTION sen.account_for_grant(person uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	account uuid;
BEGIN
	PERFORM sen.accounts_ensure(ARRAY[person]);
	SELECT a.id INTO account FROM sen.account a WHERE a.person_id = person AND a.kind = 'operational' AND a.status <> 'disabled' FOR NO KEY UPDATE;
	RETURN account;
END
$$;
CREATE FUNCTION sen.emergency_fulfil(emergency uuid, person uuid, role integer, unit integer, reason_ text, hours integer, grant_ uuid, actor uuid)
	RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	account uuid := sen.account_for_grant(person);
BEGIN
	UPDATE sen.access_grant g SET revoked_at = now(), revoke_reason = 'expired' WHERE g.account_id = account AND g.role_id = role
		AND g.unit_id = unit AND g.origin = 'emergency' AND g.revoked_at IS NULL AND g.valid_to <= now();
	INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, granted_by, origin, emergency_id)
	VALUES (account, grant_, role, unit, left(reason_, 300), now(), now() + hours * interval '1 hour', actor, 'emergency', emergency);
	RETURN grant_;
END
$$;
CREATE FUNCTION sen.request_fulfil(request uuid, person uuid, role integer, unit integer, basis_ text, from_ timestamptz, to_ timestamptz,
	grant_ uuid, actor uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	account uuid := sen.account_for_grant(person);
BEGIN
	UPDATE sen.access_grant g SET revoked_at = now(), revoke_reason = 'expired' WHERE g.account_id = account AND g.role_id = role
		AND g.unit_id = unit AND g.origin = 'request' AND g.revoked_at IS NULL AND g.valid_to <= now();
	INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, granted_by, origin, request_id)
	VALUES (account, grant_, role, unit, basis_, greatest(coalesce(from_, now()), now()), to_, actor, 'request', request);
	RETURN grant_;
END
$$;

-- Emergencies: asked by one, released by another, over by themselves, looked at afterwards.
CREATE TABLE sen.emergency (
	id           uuid PRIMARY KEY,
	person_id    uuid NOT NULL REFERENCES sen.person,
	role_id      integer NOT NULL REFERENCES sen.role,
	unit_id      integer NOT NULL REFERENCES sen.unit,
	reason       text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
	hours        smallint NOT NULL CHECK (hours BETWEEN 1 AND 72),
	asked_by     uuid NOT NULL REFERENCES sen.account,
	asked_at     timestamptz NOT NULL DEFAULT now(),
	released_by  uuid REFERENCES sen.account,
	released_at  timestamptz,
	grant_id     uuid,
	reviewed_by  uuid REFERENCES sen.account,
	reviewed_at  timestamptz,
	conclusion   text CHECK (conclusion IN ('justified', 'unjustified')),
	note         text,
	version      bigint NOT NULL DEFAULT 1,
	CHECK (released_by <> asked_by),
	CHECK (reviewed_by NOT IN (asked_by, released_by))
);
CREATE INDEX emergency_unit ON sen.emergency (unit_id, id);

-- Reviews.
CREATE TABLE sen.review_campaign (
	id           uuid PRIMARY KEY,
	code         text NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9._-]{1,40}$'),
	name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
	kind         text NOT NULL CHECK (kind IN ('grants', 'accounts')),
	unit_id      integer NOT NULL REFERENCES sen.unit,
	platform_id  smallint REFERENCES sen.platform,
	min_rank     smallint NOT NULL DEFAULT 0,           -- 3: privileged roles only
	deadline     timestamptz NOT NULL,
	no_answer    text NOT NULL CHECK (no_answer IN ('suspend', 'keep')),
	state        text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'open', 'closing', 'closed')),
	built_until  uuid,                                  -- accounts up to this one have their items
	made_by      uuid NOT NULL REFERENCES sen.account,
	made_at      timestamptz NOT NULL DEFAULT now(),
	closed_at    timestamptz,
	version      bigint NOT NULL DEFAULT 1
);
CREATE TABLE sen.review_item (
	campaign_id  uuid NOT NULL REFERENCES sen.review_campaign,
	id           uuid NOT NULL,
	account_id   uuid NOT NULL REFERENCES sen.account,
	grant_id     uuid,                                  -- NULL: the account itself
	role_id      integer,
	unit_id      integer NOT NULL REFERENCES sen.unit,  -- whose reviewers are asked
	decision     text CHECK (decision IN ('keep', 'revoke', 'change', 'none')),
	decided_by   uuid REFERENCES sen.account,           -- NULL with 'none': nobody answered
	decided_at   timestamptz,
	note         text NOT NULL DEFAULT '',
	request_id   uuid,                                  -- 'change': the request that came of it
	PRIMARY KEY (campaign_id, id)
);
CREATE UNIQUE INDEX review_item_once ON sen.review_item (campaign_id, account_id, coalesce(grant_id, account_id));
CREATE INDEX review_item_unit ON sen.review_item (campaign_id, unit_id, id);
CREATE INDEX review_item_open ON sen.review_item (campaign_id, account_id) WHERE decided_at IS NULL;
CREATE INDEX review_item_grant ON sen.review_item (account_id, grant_id);

-- One batch: items for the next 2,000 accounts; past the deadline, what silence does to the next 500.
CREATE FUNCTION sen.review_step(campaign uuid, actor uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	c sen.review_campaign;
	root text;
	batch uuid[];
	n bigint := 0;
BEGIN
	SELECT * INTO STRICT c FROM sen.review_campaign x WHERE x.id = campaign FOR UPDATE;
	SELECT u.path INTO STRICT root FROM sen.unit u WHERE u.id = c.unit_id;
	IF c.state = 'building' THEN
		batch := ARRAY(SELECT a.id FROM sen.account a WHERE (c.built_until IS NULL OR a.id > c.built_until) ORDER BY a.id LIMIT 2000);
		IF c.kind = 'grants' THEN
			INSERT INTO sen.review_item (campaign_id, id, account_id, grant_id, role_id, unit_id)
			SELECT c.id, gen_random_uuid(), g.account_id, g.id, g.role_id, g.unit_id FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id
			JOIN sen.unit u ON u.id = g.unit_id WHERE g.account_id = ANY (batch) AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now())
			AND starts_with(u.path, root) AND (c.platform_id IS NULL OR r.platform_id = c.platform_id) AND sen.rank(r.sensitivity) >= c.min_rank
			ON CONFLICT DO NOTHING;
			GET DIAGNOSTICS n = ROW_COUNT;
			IF c.no_answer = 'suspend' THEN
				UPDATE sen.access_grant g SET suspended_at = least(g.suspended_at, c.deadline) FROM sen.review_item i
				WHERE i.campaign_id = c.id AND i.account_id = ANY (batch) AND i.decided_at IS NULL AND g.account_id = i.account_id AND g.id = i.grant_id;
			END IF;
		ELSE
			INSERT INTO sen.review_item (campaign_id, id, account_id, unit_id)
			SELECT c.id, gen_random_uuid(), a.id, u.id FROM sen.account a JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)
			WHERE a.id = ANY (batch) AND a.status IN ('pending', 'active') AND starts_with(u.path, root) ON CONFLICT DO NOTHING;
			GET DIAGNOSTICS n = ROW_COUNT;
		END IF;
		UPDATE sen.review_campaign x SET version = version + 1, built_until = coalesce(batch[cardinality(batch)], x.built_until),
			state = CASE WHEN cardinality(batch) < 2000 THEN 'open' ELSE 'building' END WHERE x.id = c.id RETURNING * INTO c;
	ELSIF c.deadline <= now() THEN
		batch := ARRAY(SELECT i.account_id FROM sen.review_item i WHERE i.campaign_id = c.id AND i.decided_at IS NULL ORDER BY i.account_id LIMIT 500);
		UPDATE sen.review_item i SET decision = 'none', decided_at = now() WHERE i.campaign_id = c.id AND i.account_id = ANY (batch) AND i.decided_at IS NULL;
		GET DIAGNOSTICS n = ROW_COUNT;
		IF c.kind = 'accounts' AND c.no_answer = 'suspend' THEN
			UPDATE sen.account a SET status = 'suspended', epoch = a.epoch + 1 WHERE a.id = ANY (batch) AND a.status IN ('pending', 'active') AND a.id <> actor;
		END IF;
		UPDATE sen.review_campaign x SET version = version + 1, state = CASE WHEN cardinality(batch) = 0 THEN 'closed' ELSE 'closing' END,
			closed_at = CASE WHEN cardinality(batch) = 0 THEN now() END WHERE x.id = c.id RETURNING * INTO c;
	END IF;
	RETURN jsonb_build_object('id', c.id, 'state', c.state, 'handled', n, 'version', c.version);
END
$$;
CREATE FUNCTION sen.review_carry_out(campaign uuid, item uuid, account uuid, grant_ uuid, decision text, actor uuid, request uuid, other_role text, was text)
	RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF grant_ IS NULL THEN
		UPDATE sen.account a SET status = CASE WHEN decision = 'revoke' THEN 'disabled' WHEN a.activated_at IS NULL THEN 'pending' ELSE 'active' END,
			epoch = a.epoch + 1 WHERE a.id = account AND (decision = 'revoke' AND a.status <> 'disabled'
			OR decision = 'keep' AND a.status = 'suspended' AND was = 'none');
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

GRANT SELECT, INSERT, UPDATE ON sen.grant_policy, sen.duty_rule, sen.duty_exception, sen.position_class, sen.birthright_rule,
	sen.birthright_version, sen.access_request, sen.request_event, sen.deputy, sen.emergency, sen.review_campaign, sen.review_item TO sen_server;
GRANT SELECT ON sen.rule_in_force TO sen_server;
GRANT USAGE ON SCHEMA sen TO sen_server;
