-- Caps of scopes wherever roles are concerned; notices; what made changes of many slow.

-- About the platform as a whole, or about everything of an account: scopes for some of its roles do not reach, be they named or those
-- under a cap.  What hands out, takes away and decides on no role (persons, units, entries, reading) is no matter of a cap.
CREATE OR REPLACE FUNCTION sen.scope_covers(actor uuid, needed text, unit_path text, platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = actor AND needed = ANY (s.rights)
		AND starts_with(unit_path, s.path) AND (s.platform_id IS NULL OR s.platform_id = platform) AND s.role_ids IS NULL
		AND (s.max_rank IS NULL OR s.max_rank = 3
			OR needed IN ('read', 'organise', 'personnel', 'catalogue', 'appraise', 'unmask', 'audit', 'import')))
$$;
CREATE OR REPLACE FUNCTION sen.rules_everywhere(actor uuid, platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s JOIN sen.unit u ON u.id = s.unit_id WHERE s.account_id = actor AND 'rules' = ANY (s.rights)
		AND u.parent_id IS NULL AND (s.platform_id IS NULL OR s.platform_id = platform) AND s.role_ids IS NULL
		AND (s.max_rank IS NULL OR s.max_rank = 3))
$$;
-- Who sets an account's password can be that account: under a cap only where it holds nothing beyond it.
CREATE OR REPLACE FUNCTION sen.may_manage_account(actor uuid, needed text, target uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT actor <> target
	AND EXISTS (SELECT FROM sen.account a JOIN sen.unit u ON u.id = sen.home_unit(a.person_id) JOIN sen.live_scope s ON starts_with(u.path, s.path)
		WHERE a.id = target AND s.account_id = actor AND needed = ANY (s.rights) AND s.platform_id IS NULL AND s.role_ids IS NULL
		AND (s.max_rank IS NULL OR NOT EXISTS (SELECT FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id
			WHERE g.account_id = target AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now()) AND sen.rank(r.sensitivity) > s.max_rank)))
	AND NOT EXISTS (SELECT FROM sen.live_scope t WHERE t.account_id = target AND NOT EXISTS (
		SELECT FROM sen.live_scope s WHERE s.account_id = actor AND starts_with(t.path, s.path)
		AND (s.platform_id IS NULL OR s.platform_id = t.platform_id) AND t.rights <@ s.rights
		AND (s.role_ids IS NULL OR t.role_ids <@ s.role_ids) AND (s.max_rank IS NULL OR t.max_rank <= s.max_rank)))
$$;
-- A cap is a list of roles: those that it leaves.  (Joined as text: arrays of several lengths do not aggregate.)
CREATE OR REPLACE FUNCTION sen.scoped_units(actor uuid, needed text) RETURNS TABLE (unit_id integer, every boolean, platforms smallint[], roles integer[])
	LANGUAGE sql STABLE ROWS 200 AS $$
	WITH s AS MATERIALIZED (SELECT l.path, l.platform_id, CASE WHEN l.max_rank < 3 THEN ARRAY(SELECT r.id FROM sen.role r
			WHERE sen.rank(r.sensitivity) <= l.max_rank AND (l.platform_id IS NULL OR r.platform_id = l.platform_id)
			AND (l.role_ids IS NULL OR r.id = ANY (l.role_ids))) ELSE l.role_ids END AS roles
		FROM sen.live_scope l WHERE l.account_id = actor AND needed = ANY (l.rights) AND l.path <> '')
	SELECT u.id, bool_or(s.platform_id IS NULL AND s.roles IS NULL),
		coalesce(array_agg(DISTINCT s.platform_id) FILTER (WHERE s.platform_id IS NOT NULL AND s.roles IS NULL), '{}'),
		coalesce(string_to_array(string_agg(nullif(array_to_string(s.roles, ','), ''), ','), ',')::integer[], '{}')
	FROM s JOIN sen.unit u ON u.path ~>=~ s.path AND u.path ~<~ (left(s.path, -1) || '/') GROUP BY u.id
$$;

-- Who works in a unit, by the index alone: else the planner takes an exclusion's GiST index for it, of which it then reads a third for each unit.
DROP INDEX sen.post_unit;
CREATE INDEX post_unit ON sen.post (unit_id) INCLUDE (person_id, valid);
-- Asked of each insertion into posts and grants while a reorganisation runs.
CREATE INDEX reorganisation_op_end ON sen.reorganisation_op (reorganisation_id, unit_from) WHERE kind = 'unit_end';

-- What a rule gives: as before (0029), with its roles found once and not per post, and nobody looked up who need not be.
CREATE OR REPLACE FUNCTION sen.rule_wants(rule uuid, persons uuid[])
	RETURNS TABLE (person_id uuid, post_id uuid, unit_id integer, role_id integer, number integer, valid_from timestamptz, valid_to timestamptz)
	LANGUAGE sql STABLE ROWS 10000 AS $$
	WITH v AS MATERIALIZED (SELECT f.*, u.path FROM sen.rule_in_force f JOIN sen.unit u ON u.id = f.unit_id WHERE f.rule_id = rule),
	places AS MATERIALIZED (SELECT u.id FROM v JOIN sen.unit u ON starts_with(u.path, v.path)
		WHERE v.unit_kinds IS NULL OR EXISTS (SELECT FROM unnest(string_to_array(rtrim(u.path, '.'), '.')) a (id)
			JOIN sen.unit k ON k.id = a.id::integer WHERE k.kind = ANY (v.unit_kinds))),
	gives AS MATERIALIZED (SELECT r.id, p.id::text AS platform FROM v CROSS JOIN LATERAL unnest(v.role_ids) x (id)
		JOIN sen.role r ON r.id = x.id JOIN sen.platform p ON p.id = r.platform_id WHERE sen.platform_is_open(p.state)),
	posts AS (SELECT o.* FROM sen.post o WHERE persons IS NULL
		UNION ALL SELECT o.* FROM unnest(persons) x (id) JOIN sen.post o ON o.person_id = x.id),
	held AS (SELECT o.person_id, o.id, o.unit_id, v.number, o.valid * v.valid AS valid,
		CASE WHEN upper(o.valid) = upper(o.valid * v.valid) THEN o.handover ELSE '{}' END AS handover
		FROM v CROSS JOIN posts o JOIN places ON places.id = o.unit_id
		WHERE (upper_inf(o.valid) OR upper(o.valid) + CASE WHEN o.handover = '{}' THEN 0 ELSE 30 END > sen.today()) AND o.valid && v.valid
		AND (v.titles IS NULL OR o.title = ANY (v.titles))
		AND (v.classes IS NULL OR (SELECT c.class FROM sen.position_class c WHERE c.title = o.title) = ANY (v.classes))
		AND (v.post_kinds IS NULL OR o.kind = ANY (v.post_kinds))
		AND (v.person_kinds IS NULL OR EXISTS (SELECT FROM sen.person p WHERE p.id = o.person_id AND p.kind = ANY (v.person_kinds))))
	SELECT h.person_id, h.id, h.unit_id, g.id, h.number, sen.midnight(lower(h.valid)),
		sen.midnight(upper(h.valid) + coalesce((h.handover ->> g.platform)::integer, 0))
	FROM held h CROSS JOIN gives g
	WHERE upper_inf(h.valid) OR upper(h.valid) + coalesce((h.handover ->> g.platform)::integer, 0) > sen.today()
$$;

-- Cards (0022, decision 0011): made by statement, not by row; and one that is stale is locked, not written again.  The lock is taken after the
-- fact was written and held until its commit: whoever renews a card either had it before (then it is waited for, and its
-- freshness is seen and taken), or does not get it.
CREATE OR REPLACE FUNCTION sen.card_new() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF TG_TABLE_NAME = 'person' THEN
		INSERT INTO sen.person_card (person_id) SELECT id FROM added;
	ELSE
		INSERT INTO sen.account_card (account_id, person_id, login, status, epoch) SELECT id, person_id, login, status, epoch FROM added;
	END IF;
	RETURN NULL;
END
$$;
DROP TRIGGER card_new ON sen.person;
DROP TRIGGER card_new ON sen.account;
-- By their names before the others of a statement: they fire in that order, and mark what is there.
CREATE TRIGGER "_card_new" AFTER INSERT ON sen.person REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION sen.card_new();
CREATE TRIGGER "_card_new" AFTER INSERT ON sen.account REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION sen.card_new();
CREATE OR REPLACE FUNCTION sen.card_stale_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM FROM sen.account_card WHERE account_id IN (SELECT account_id FROM changed) ORDER BY account_id FOR UPDATE;
	UPDATE sen.account_card SET fresh_until = '-infinity' WHERE account_id IN (SELECT account_id FROM changed) AND fresh_until <> '-infinity';
	RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION sen.card_stale_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	persons uuid[];
BEGIN
	IF TG_ARGV[0] = 'id' THEN
		persons := ARRAY(SELECT id FROM changed);
	ELSE
		persons := ARRAY(SELECT DISTINCT person_id FROM changed);
	END IF;
	PERFORM FROM sen.person_card WHERE person_id = ANY (persons) ORDER BY person_id FOR UPDATE;
	UPDATE sen.person_card SET fresh_until = '-infinity' WHERE person_id = ANY (persons) AND fresh_until <> '-infinity';
	RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION sen.card_stale_by_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	persons uuid[] := ARRAY(SELECT DISTINCT person_id FROM changed);   -- not joined: the planner takes it for empty
	accounts uuid[] := ARRAY(SELECT a.id FROM sen.account a WHERE a.person_id = ANY (persons));
BEGIN
	PERFORM FROM sen.account_card WHERE account_id = ANY (accounts) ORDER BY account_id FOR UPDATE;
	UPDATE sen.account_card SET fresh_until = '-infinity' WHERE account_id = ANY (accounts) AND fresh_until <> '-infinity';
	RETURN NULL;
END
$$;
-- Whose accounts: by columns, not by taking rows apart.
CREATE OR REPLACE FUNCTION sen.wake_by_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	persons uuid[];
BEGIN
	IF TG_ARGV[1] = 'id' THEN
		persons := ARRAY(SELECT id FROM changed);
	ELSE
		persons := ARRAY(SELECT DISTINCT person_id FROM changed);
	END IF;
	PERFORM sen.wake(ARRAY(SELECT a.id FROM sen.account a WHERE a.person_id = ANY (persons)), TG_ARGV[0]::smallint);
	RETURN NULL;
END
$$;

-- Without a setting of its own, so that it is put into the statement that calls it: asked of each of 75,000 posts it was half a second.
CREATE OR REPLACE FUNCTION sen.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS $$
	SELECT pg_catalog.timezone('Asia/Ho_Chi_Minh'::pg_catalog.text, pg_catalog.now())::pg_catalog.date
$$;

-- Persons by name, code or user name within reach: first whose code or user name it is, then those whose name begins so, then those whose name
-- has it elsewhere; in the order of names.  Who reaches few is served from the posts there; who reaches many from the names, each
-- looked up: neither ever reads all posts or all names.  Planned anew for each pattern: what many have is met soon in the order of
-- names, what few have is found by its trigrams.
-- In the collation whose order the beginning of a name is a range of.
DROP INDEX sen.person_name_order;
CREATE INDEX person_name_order ON sen.person (name_fold COLLATE "C", id);
CREATE FUNCTION sen.persons_found(viewer uuid, pattern text, code text, login_ text, after uuid, n integer, few integer DEFAULT 15000)
	RETURNS TABLE (rank smallint, id uuid, employee_code text, full_name text, kind text, name_fold text, reach integer[])
	LANGUAGE plpgsql STABLE ROWS 51 SET plan_cache_mode = force_custom_plan AS $$
DECLARE
	units integer[] := ARRAY(SELECT DISTINCT u.id FROM sen.live_scope s JOIN sen.unit u ON u.path ~>=~ s.path AND u.path ~<~ (left(s.path, -1) || '/')
		WHERE s.account_id = viewer AND 'read' = ANY (s.rights) AND s.path <> '');
	exact uuid[] := ARRAY(SELECT a.person_id FROM sen.account a WHERE a.login = login_ UNION SELECT p.id FROM sen.person p WHERE p.employee_code = code);
	begins text := substr(pattern, 2);
	last_rank smallint := 0;
	last_name text := '';
	last_id uuid := '00000000-0000-0000-0000-000000000000';
	today date := sen.today();
	got integer;
BEGIN
	IF after IS NOT NULL THEN
		SELECT CASE WHEN p.id = ANY (exact) THEN 0 WHEN p.name_fold LIKE begins THEN 1 ELSE 2 END, p.name_fold, p.id
		INTO last_rank, last_name, last_id FROM sen.person p WHERE p.id = after;
	END IF;
	IF (SELECT count(*) FROM (SELECT FROM sen.post o WHERE o.unit_id = ANY (units) LIMIT few + 1) x) <= few THEN
		RETURN QUERY WITH there AS MATERIALIZED (SELECT DISTINCT o.person_id FROM sen.post o WHERE o.unit_id = ANY (units)
				AND (upper_inf(o.valid) OR upper(o.valid) > today)),
			f AS (SELECT (CASE WHEN p.id = ANY (exact) THEN 0 WHEN p.name_fold LIKE begins THEN 1 ELSE 2 END)::smallint AS rank, p.*
				FROM there t JOIN sen.person p ON p.id = t.person_id WHERE p.name_fold LIKE pattern OR p.id = ANY (exact))
			SELECT f.rank, f.id, f.employee_code, f.full_name, f.kind, f.name_fold, units FROM f
			WHERE (f.rank, f.name_fold COLLATE "C", f.id) > (last_rank, last_name, last_id) ORDER BY f.rank, f.name_fold COLLATE "C", f.id LIMIT n;
		RETURN;
	END IF;
	FOR r IN last_rank .. 2 LOOP
		IF r > last_rank THEN
			last_name := '';
			last_id := '00000000-0000-0000-0000-000000000000';
		END IF;
		IF r = 0 THEN
			RETURN QUERY SELECT 0::smallint, p.id, p.employee_code, p.full_name, p.kind, p.name_fold, units FROM sen.person p
				WHERE p.id = ANY (exact) AND (p.name_fold COLLATE "C", p.id) > (last_name, last_id)
				AND (SELECT true FROM sen.post o WHERE o.person_id = p.id AND o.unit_id = ANY (units) AND (upper_inf(o.valid) OR upper(o.valid) > today) LIMIT 1)
				ORDER BY p.name_fold COLLATE "C", p.id LIMIT n;
		ELSIF r = 1 THEN
			RETURN QUERY SELECT 1::smallint, p.id, p.employee_code, p.full_name, p.kind, p.name_fold, units FROM sen.person p
				WHERE p.name_fold COLLATE "C" LIKE begins AND (p.name_fold COLLATE "C", p.id) > (last_name, last_id) AND p.id <> ALL (exact)
				AND (SELECT true FROM sen.post o WHERE o.person_id = p.id AND o.unit_id = ANY (units) AND (upper_inf(o.valid) OR upper(o.valid) > today) LIMIT 1)
				ORDER BY p.name_fold COLLATE "C", p.id LIMIT n;
		ELSE
			RETURN QUERY SELECT 2::smallint, p.id, p.employee_code, p.full_name, p.kind, p.name_fold, units FROM sen.person p
				WHERE p.name_fold LIKE pattern AND p.name_fold NOT LIKE begins AND (p.name_fold COLLATE "C", p.id) > (last_name, last_id) AND p.id <> ALL (exact)
				AND (SELECT true FROM sen.post o WHERE o.person_id = p.id AND o.unit_id = ANY (units) AND (upper_inf(o.valid) OR upper(o.valid) > today) LIMIT 1)
				ORDER BY p.name_fold COLLATE "C", p.id LIMIT n;
		END IF;
		GET DIAGNOSTICS got = ROW_COUNT;
		n := n - got;
		EXIT WHEN n <= 0;
	END LOOP;
END
$$;

-- What waits, in the order of lists.
CREATE INDEX access_request_waiting_id ON sen.access_request (id) WHERE state = 'open';

-- Notices: what somebody has to know, once each; read and acknowledged by whom it is for.
CREATE TABLE sen.notice (
	account_id       uuid NOT NULL REFERENCES sen.account,
	id               uuid NOT NULL DEFAULT gen_random_uuid(),
	kind             text NOT NULL CHECK (kind IN ('request_waiting', 'request_escalated', 'review_begun', 'review_due', 'review_overdue',
	                     'grant_expires', 'scope_expires', 'account_unused', 'account_disabled', 'emergency_released')),
	subject          text NOT NULL,                      -- what it is about: told once
	data             jsonb NOT NULL,
	created_at       timestamptz NOT NULL DEFAULT now(),
	read_at          timestamptz,
	acknowledged_at  timestamptz CHECK (read_at IS NOT NULL OR acknowledged_at IS NULL),
	PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX notice_once ON sen.notice (account_id, kind, subject);
CREATE INDEX notice_list ON sen.notice (account_id, created_at DESC, id DESC);
CREATE INDEX notice_age ON sen.notice (created_at);
-- What everybody concerned has been told already.
CREATE TABLE sen.notice_round (
	kind     text NOT NULL,
	subject  text NOT NULL,
	told_at  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (kind, subject)
);
CREATE INDEX access_grant_ends ON sen.access_grant (valid_to) WHERE revoked_at IS NULL AND origin IN ('direct', 'request') AND valid_to IS NOT NULL;

-- Those nearest above a unit who hold a right there (over this role): whom something concerns first.
CREATE FUNCTION sen.nearest(needed text, unit_path text, platform smallint, role integer) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
	WITH s AS (SELECT s.account_id, length(s.path) AS n FROM sen.live_scope s JOIN sen.account a ON a.id = s.account_id AND a.status = 'active'
		WHERE needed = ANY (s.rights) AND s.unit_id = ANY (string_to_array(rtrim(unit_path, '.'), '.')::integer[])
		AND (role IS NULL OR sen.scope_covers(s.account_id, needed, unit_path, platform, role)))
	SELECT DISTINCT s.account_id FROM s WHERE s.n = (SELECT max(n) FROM s)
$$;
-- Who is asked to decide on a request now: as an inbox finds it, and those who stand in for them.
CREATE FUNCTION sen.request_asked(request uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
	WITH c AS (SELECT s.account_id, s.unit_id, s.path, q.stage_since, q.stage_days FROM sen.access_request q JOIN sen.unit u ON u.id = q.unit_id
		JOIN sen.live_scope s ON s.unit_id = ANY (string_to_array(rtrim(u.path, '.'), '.')::integer[]) AND 'approve' = ANY (s.rights)
		JOIN sen.account a ON a.id = s.account_id AND a.status = 'active' AND a.person_id <> q.person_id AND a.id <> q.requested_by
		WHERE q.id = request AND sen.competent(s.account_id, q.stage, u.path, q.role_id)),
	asked AS (SELECT DISTINCT c.account_id FROM c WHERE (SELECT count(DISTINCT n.unit_id) FROM c n WHERE length(n.path) > length(c.path))
		<= sen.escalations(c.stage_since, c.stage_days))
	SELECT account_id FROM asked
	UNION SELECT d.deputy FROM asked JOIN sen.deputy d ON d.principal = asked.account_id AND d.ended_at IS NULL AND d.valid @> sen.today()
		JOIN sen.access_request q ON q.id = request JOIN sen.account a ON a.id = d.deputy
		WHERE a.status = 'active' AND a.person_id <> q.person_id AND a.id <> q.requested_by
$$;
CREATE FUNCTION sen.notices_run() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	total integer := 0;
	n integer;
BEGIN
	PERFORM pg_advisory_xact_lock(7301992);
	WITH due AS (SELECT q.id, q.stage, x.level, q.id || '/' || q.stage || '/' || x.level AS subject,
			CASE WHEN x.level = 0 THEN 'request_waiting' ELSE 'request_escalated' END AS kind
			FROM sen.access_request q CROSS JOIN LATERAL (SELECT sen.escalations(q.stage_since, q.stage_days) AS level) x
			WHERE q.state = 'open' AND q.expires_at > now()),
		fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT due.kind, due.subject FROM due ON CONFLICT DO NOTHING RETURNING subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT a, due.kind, due.subject, jsonb_build_object('request', q.id, 'stage', q.stage, 'platform', p.code, 'role', r.code, 'unit', u.code,
		'employee_code', m.employee_code, 'full_name', m.full_name, 'expires_at', sen.iso(q.expires_at))
	FROM fresh JOIN due ON due.subject = fresh.subject JOIN sen.access_request q ON q.id = due.id JOIN sen.person m ON m.id = q.person_id
	JOIN sen.role r ON r.id = q.role_id JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = q.unit_id
	CROSS JOIN LATERAL sen.request_asked(q.id) a ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;

	-- Who is to answer, where something is still without an answer.
	WITH due AS (SELECT c.id, k.kind, c.id || '/' || k.kind AS subject FROM sen.review_campaign c CROSS JOIN (VALUES ('review_begun', interval '100 years'),
				('review_due', interval '7 days'), ('review_overdue', interval '0')) k (kind, before)
			WHERE c.state IN ('open', 'closing') AND c.deadline <= now() + k.before),
		fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT due.kind, due.subject FROM due ON CONFLICT DO NOTHING RETURNING subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT DISTINCT ON (a, due.kind, due.subject) a, due.kind, due.subject,
		jsonb_build_object('review', c.id, 'code', c.code, 'name', c.name, 'deadline', sen.iso(c.deadline), 'no_answer', c.no_answer)
	FROM fresh JOIN due ON due.subject = fresh.subject JOIN sen.review_campaign c ON c.id = due.id
	CROSS JOIN LATERAL (SELECT DISTINCT i.unit_id FROM sen.review_item i WHERE i.campaign_id = c.id AND i.decided_by IS NULL) i
	JOIN sen.unit u ON u.id = i.unit_id CROSS JOIN LATERAL sen.nearest('review', u.path, NULL, NULL) a ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;

	-- Two weeks before they end by themselves: to whom they are, and to whom they are from.
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT w.id, 'grant_expires', g.id || '/' || sen.iso(g.valid_to), jsonb_build_object('grant', g.id, 'login', h.login, 'full_name', m.full_name,
		'platform', p.code, 'role', r.code, 'unit', u.code, 'valid_to', sen.iso(g.valid_to))
	FROM (SELECT * FROM sen.access_grant g WHERE g.revoked_at IS NULL AND g.origin IN ('direct', 'request') AND g.valid_to > now()
			AND g.valid_to <= now() + interval '14 days' AND NOT EXISTS (SELECT FROM sen.notice x WHERE x.account_id = g.account_id
				AND x.kind = 'grant_expires' AND x.subject = g.id || '/' || sen.iso(g.valid_to)) ORDER BY g.valid_to LIMIT 2000) g
	JOIN sen.account h ON h.id = g.account_id JOIN sen.person m ON m.id = h.person_id JOIN sen.role r ON r.id = g.role_id
	JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = g.unit_id JOIN sen.account w ON w.id IN (g.account_id, g.granted_by)
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT w.id, 'scope_expires', s.id || '/' || sen.iso(s.valid_to), jsonb_build_object('scope', s.id, 'login', h.login, 'unit', u.code,
		'rights', to_jsonb(s.rights), 'valid_to', sen.iso(s.valid_to))
	FROM sen.admin_scope s JOIN sen.account h ON h.id = s.account_id JOIN sen.unit u ON u.id = s.unit_id JOIN sen.account w ON w.id IN (s.account_id, s.granted_by)
	WHERE s.revoked_at IS NULL AND s.valid_to > now() AND s.valid_to <= now() + interval '14 days' ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;

	DELETE FROM sen.notice WHERE created_at < now() - interval '400 days';
	DELETE FROM sen.notice_round WHERE told_at < now() - interval '400 days';
	RETURN total;
END
$$;
REVOKE ALL ON FUNCTION sen.notices_run() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.notices_run() TO sen_provisioner, sen_server;

-- At once: to the one for whom it was released, to who asked, and to those who will have to look at it.
CREATE FUNCTION sen.notice_emergency() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT w.account_id, 'emergency_released', NEW.id::text, jsonb_build_object('emergency', NEW.id, 'employee_code', m.employee_code,
		'full_name', m.full_name, 'platform', p.code, 'role', r.code, 'unit', u.code, 'reason', NEW.reason, 'hours', NEW.hours,
		'asked_by', asker.login, 'released_by', other.login)
	FROM sen.person m JOIN sen.role r ON r.id = NEW.role_id JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = NEW.unit_id
	JOIN sen.account asker ON asker.id = NEW.asked_by JOIN sen.account other ON other.id = NEW.released_by
	CROSS JOIN LATERAL (SELECT a.id AS account_id FROM sen.account a WHERE a.person_id = NEW.person_id AND a.kind = 'operational'
		UNION SELECT NEW.asked_by UNION SELECT * FROM sen.nearest('review', u.path, p.id, r.id)
		UNION SELECT s.account_id FROM sen.live_scope s WHERE 'review' = ANY (s.rights)
			AND s.unit_id = ANY (string_to_array(rtrim(u.path, '.'), '.')::integer[]) AND sen.scope_covers(s.account_id, 'review', u.path, p.id, r.id)) w
	WHERE m.id = NEW.person_id ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER notice_release AFTER UPDATE OF released_at ON sen.emergency FOR EACH ROW
	WHEN (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL) EXECUTE FUNCTION sen.notice_emergency();
-- Unused: to the holder before it is too late; after that, the holder does not come in any more, to those who may let them in.
CREATE FUNCTION sen.notice_unused() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT w.account_id, CASE c.kind WHEN 'unused_report' THEN 'account_unused' ELSE 'account_disabled' END, c.account_id || '/' || c.since,
		jsonb_build_object('login', a.login, 'full_name', m.full_name, 'unit', u.code, 'unused_since', c.since, 'disabled_after_days',
			(SELECT y.unused_disable_days FROM sen.personnel_policy y))
	FROM (SELECT DISTINCT account_id, kind, since FROM changed) c JOIN sen.account a ON a.id = c.account_id JOIN sen.person m ON m.id = a.person_id
	LEFT JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)
	CROSS JOIN LATERAL (SELECT a.id AS account_id UNION SELECT * FROM sen.nearest('activate', u.path, NULL, NULL) WHERE c.kind = 'unused_disable') w
	ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER notice_new AFTER INSERT ON sen.account_notice REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.notice_unused();
GRANT SELECT, UPDATE ON sen.notice TO sen_server;

-- A rule that is made only to see what would follow, and rolled back by the caller.
CREATE FUNCTION sen.suppose_rule(rule uuid, actor uuid, unit integer, unit_kinds text[], titles text[], classes text[], post_kinds text[],
	person_kinds text[], roles integer[], valid daterange) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_variable
DECLARE
	n integer := coalesce((SELECT max(v.number) FROM sen.birthright_version v WHERE v.rule_id = rule), 0) + 1;
BEGIN
	INSERT INTO sen.birthright_rule (id, code) VALUES (rule, left('supposed-' || rule, 40)) ON CONFLICT DO NOTHING;
	DELETE FROM sen.birthright_version v WHERE v.rule_id = rule AND v.released_at IS NULL;
	UPDATE sen.birthright_version v SET superseded_at = now() WHERE v.rule_id = rule AND v.superseded_at IS NULL;
	INSERT INTO sen.birthright_version VALUES (rule, n, 'supposed', 'supposed', unit, unit_kinds, titles, classes, post_kinds, person_kinds, roles, valid,
		actor, now(), NULL, now(), NULL);
	RETURN n;
END
$$;
REVOKE ALL ON FUNCTION sen.suppose_rule(uuid, uuid, integer, text[], text[], text[], text[], text[], integer[], daterange) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.suppose_rule(uuid, uuid, integer, text[], text[], text[], text[], text[], integer[], daterange) TO sen_server;

-- As before, and what must not come together: a plan does not outlive a new rule of separation.
CREATE OR REPLACE FUNCTION sen.reorganisation_base(r uuid, day date) RETURNS text LANGUAGE sql STABLE
	SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
	WITH units AS MATERIALIZED (SELECT * FROM sen.reorganisation_reach(r)),
	persons AS MATERIALIZED (SELECT DISTINCT o.person_id FROM sen.post o WHERE o.unit_id IN (SELECT id FROM units)
		AND (upper_inf(o.valid) OR upper(o.valid) > day)),
	accounts AS MATERIALIZED (SELECT a.id FROM sen.account a WHERE a.person_id IN (SELECT person_id FROM persons)),
	facts AS (
		SELECT hashtextextended(concat_ws('|', 'u', id, code, name, kind, coalesce(parent_id, 0), path, valid_from, valid_to), 0) AS h FROM units
		UNION ALL
		SELECT hashtextextended(concat_ws('|', 'p', person_id, id, unit_id, title, kind, valid), 0) FROM sen.post
		WHERE person_id IN (SELECT person_id FROM persons) AND (upper_inf(valid) OR upper(valid) > day)
		UNION ALL
		SELECT hashtextextended(concat_ws('|', 'g', account_id, id, role_id, unit_id, extract(epoch FROM valid_from), extract(epoch FROM valid_to)), 0)
		FROM sen.access_grant WHERE revoked_at IS NULL
		AND (account_id IN (SELECT id FROM accounts) OR unit_id IN (SELECT id FROM units))
		UNION ALL
		SELECT hashtextextended(concat_ws('|', 's', account_id, id, unit_id, coalesce(platform_id, -1), rights, extract(epoch FROM valid_to)), 0)
		FROM sen.admin_scope WHERE revoked_at IS NULL AND unit_id IN (SELECT id FROM units)
		UNION ALL
		SELECT hashtextextended(concat_ws('|', 'd', id, platform_a, role_a, platform_b, role_b), 0) FROM sen.duty_rule
		WHERE retired_at IS NULL AND severity = 'block' AND within = 'unit'
	)
	SELECT md5(count(*) || ':' || coalesce(sum(h::numeric), 0)) FROM facts
$$;
