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
