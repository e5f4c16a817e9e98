-- Birthright rules follow a replacement (0026, 0053): where a role of the old platform stands in a rule, the role map says what the rule gives.
-- From the first step of the plan both, from its end on the new one alone, also to who comes then; whoever was cut down or revoked by the
-- plan is not given the old role again.  A rule itself is not written anew: it may reach further than the plan's unit.

-- The roles and what they become, step by step and in the order of time, each with the part of the province where it holds ('': everywhere).
-- Nobody gets a privileged role by birthright.
CREATE FUNCTION sen.role_follow(roles integer[]) RETURNS TABLE (role_id integer, path text, since timestamptz) LANGUAGE sql STABLE ROWS 5 AS $$
	WITH RECURSIVE plan AS MATERIALIZED (SELECT m.old_role_id, m.new_role_id, w.path, x.rules_at FROM sen.replacement x
		JOIN sen.unit w ON w.id = x.unit_id JOIN sen.replacement_role m ON m.replacement_id = x.id
		JOIN sen.role r ON r.id = m.new_role_id AND r.sensitivity <> 'privileged'
		WHERE x.state IN ('approved', 'finished') AND x.rules_at IS NOT NULL),
	node AS (SELECT r.id AS role_id, ''::text AS path, '-infinity'::timestamptz AS since FROM unnest(roles) r (id)
		UNION SELECT p.new_role_id, CASE WHEN starts_with(p.path, n.path) THEN p.path ELSE n.path END, p.rules_at FROM node n
		JOIN plan p ON p.old_role_id = n.role_id AND p.rules_at > n.since AND (starts_with(p.path, n.path) OR starts_with(n.path, p.path)))
	SELECT * FROM node
$$;
-- Where a role is given no more: its plan is finished.
CREATE VIEW sen.role_over AS
	SELECT m.old_role_id AS role_id, w.path, x.rules_at AS since FROM sen.replacement x JOIN sen.unit w ON w.id = x.unit_id
	JOIN sen.replacement_role m ON m.replacement_id = x.id WHERE x.state = 'finished' AND x.rules_at IS NOT NULL;
GRANT SELECT ON sen.role_over TO sen_server;

-- What a rule gives: as before (0051); its roles followed.
CREATE OR REPLACE FUNCTION sen.rule_wants(rule uuid, persons uuid[])
	RETURNS TABLE (person_id uuid, post_id uuid, unit_id integer, role_id integer, number integer, valid_from timestamptz, valid_to timestamptz)
	LANGUAGE sql STABLE ROWS 10000 AS $$
	WITH RECURSIVE v AS MATERIALIZED (SELECT f.* FROM sen.rule_in_force f WHERE f.rule_id = rule),
	became (id) AS (SELECT v.unit_id FROM v UNION SELECT s.new_unit FROM became b JOIN sen.unit_successor s ON s.old_unit = b.id),
	tops AS MATERIALIZED (SELECT u.path FROM became b JOIN sen.unit u ON u.id = b.id),
	places AS MATERIALIZED (SELECT u.id, u.path FROM v CROSS JOIN sen.unit u WHERE EXISTS (SELECT FROM tops t WHERE starts_with(u.path, t.path))
		AND (v.unit_kinds IS NULL OR EXISTS (SELECT FROM unnest(string_to_array(rtrim(u.path, '.'), '.')) a (id)
			JOIN sen.unit k ON k.id = a.id::integer WHERE k.kind = ANY (v.unit_kinds)))),
	ends AS MATERIALIZED (SELECT * FROM sen.role_over),
	gives AS MATERIALIZED (SELECT r.id, p.id::text AS platform, n.path, n.since, n.path = '' AND NOT EXISTS (SELECT FROM ends e WHERE e.role_id = r.id) AS everywhere
		FROM v CROSS JOIN LATERAL sen.role_follow(v.role_ids) n
		JOIN sen.role r ON r.id = n.role_id JOIN sen.platform p ON p.id = r.platform_id WHERE sen.platform_is_open(p.state)),
	posts AS (SELECT o.* FROM sen.post o WHERE persons IS NULL
		UNION ALL SELECT o.* FROM unnest(persons) x (id) JOIN sen.post o ON o.person_id = x.id),
	held AS (SELECT o.person_id, o.id, o.unit_id, places.path, v.number, o.valid * v.valid AS valid,
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
	WHERE (upper_inf(h.valid) OR upper(h.valid) + coalesce((h.handover ->> g.platform)::integer, 0) > sen.today())
	-- By whichever way a role is come to, once.
	AND (g.everywhere OR starts_with(h.path, g.path)
		AND NOT EXISTS (SELECT FROM ends e WHERE e.role_id = g.id AND e.since > g.since AND starts_with(h.path, e.path))
		AND NOT EXISTS (SELECT FROM gives y WHERE y.id = g.id AND (y.path, y.since) < (g.path, g.since) AND starts_with(h.path, y.path)
			AND NOT EXISTS (SELECT FROM ends e WHERE e.role_id = y.id AND e.since > y.since AND starts_with(h.path, e.path))))
$$;

-- As before (0047), without what a plan has taken on the old platform.
CREATE OR REPLACE FUNCTION sen.rule_difference(rule uuid, persons uuid[])
	RETURNS TABLE (person_id uuid, account_id uuid, grant_id uuid, post_id uuid, unit_id integer, role_id integer, number integer,
		valid_from timestamptz, valid_to timestamptz)
	LANGUAGE sql STABLE ROWS 10000 AS $$
	WITH moving AS MATERIALIZED (SELECT DISTINCT m.old_role_id AS id FROM sen.replacement x JOIN sen.replacement_role m ON m.replacement_id = x.id
		WHERE x.state = 'approved'),
	want AS (SELECT w.*, a.id AS account_id FROM sen.rule_wants(rule, persons) w
		LEFT JOIN sen.account a ON a.person_id = w.person_id AND a.kind = 'operational'
		WHERE w.role_id NOT IN (SELECT id FROM moving) OR NOT EXISTS (SELECT FROM sen.replacement x JOIN sen.replacement_item i ON i.replacement_id = x.id
			JOIN sen.access_grant o ON o.account_id = i.account_id AND o.id = i.old_grant_id
			WHERE x.state = 'approved' AND i.account_id = a.id AND i.old_role_id = w.role_id AND i.unit_id = w.unit_id AND o.post_id = w.post_id
			AND coalesce(i.read_only_batch, i.revoked_batch) IS NOT NULL)),
	have AS (SELECT g.* FROM sen.access_grant g WHERE persons IS NULL AND g.rule_id = rule AND g.origin = 'rule' AND g.revoked_at IS NULL
		UNION ALL SELECT g.* FROM unnest(persons) x (id) JOIN sen.account a ON a.person_id = x.id CROSS JOIN LATERAL (SELECT * FROM sen.access_grant g
			WHERE g.account_id = a.id AND g.rule_id = rule AND g.origin = 'rule' AND g.revoked_at IS NULL OFFSET 0) g),
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

-- As before (0027), also by what a rule's roles have become.
CREATE OR REPLACE FUNCTION sen.rules_by_platform() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	rule uuid;
BEGIN
	FOR rule IN SELECT DISTINCT f.rule_id FROM changed n JOIN before o ON o.id = n.id JOIN sen.role r ON r.platform_id = n.id
		JOIN sen.rule_in_force f ON EXISTS (SELECT FROM sen.role_follow(f.role_ids) y WHERE y.role_id = r.id)
		WHERE sen.platform_is_open(n.state) IS DISTINCT FROM sen.platform_is_open(o.state) ORDER BY 1 LOOP
		PERFORM pg_advisory_xact_lock_shared(7301990);
		PERFORM sen.rule_apply(rule, NULL);
	END LOOP;
	RETURN NULL;
END
$$;

-- Rules that name, or have come to, a role of the plan's old platform: what they give is made so anew.  A suspension of the old is one of the new.
CREATE FUNCTION sen.replacement_follow(plan uuid, OUT added bigint, OUT removed bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	rule uuid;
	n record;
BEGIN
	added := 0;
	removed := 0;
	FOR rule IN SELECT f.rule_id FROM sen.rule_in_force f WHERE EXISTS (SELECT FROM sen.role_follow(f.role_ids) y
		JOIN sen.replacement_role m ON m.replacement_id = plan AND m.old_role_id = y.role_id) ORDER BY 1 LOOP
		SELECT * INTO n FROM sen.rule_apply(rule, NULL);
		added := added + n.added;
		removed := removed + n.removed;
	END LOOP;
	IF added > 0 THEN
		UPDATE sen.access_grant g SET suspended_at = s.suspended_at FROM (SELECT o.account_id, o.rule_id, o.post_id, o.unit_id, m.new_role_id,
				max(o.suspended_at) AS suspended_at
			FROM sen.replacement_role m JOIN sen.access_grant o ON o.role_id = m.old_role_id AND o.origin = 'rule' AND o.revoked_at IS NULL
			WHERE m.replacement_id = plan AND m.new_role_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5 HAVING NOT bool_or(o.suspended_at IS NULL)) s
		WHERE g.account_id = s.account_id AND g.rule_id = s.rule_id AND g.post_id = s.post_id AND g.unit_id = s.unit_id AND g.role_id = s.new_role_id
			AND g.origin = 'rule' AND g.revoked_at IS NULL AND g.granted_at = now();
	END IF;
END
$$;
REVOKE ALL ON FUNCTION sen.replacement_follow(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.replacement_follow(uuid) TO sen_server;
