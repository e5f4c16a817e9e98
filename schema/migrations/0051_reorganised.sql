-- What a reorganisation takes along: a scope for some roles stays one for these roles; a rule goes on in what its unit becomes.

-- Units that ended by it and became one unit.
CREATE FUNCTION sen.reorganisation_heirs(r uuid) RETURNS TABLE (old_unit integer, heir integer) LANGUAGE sql STABLE SET search_path = sen, pg_temp AS $$
	SELECT s.old_unit, min(s.new_unit) FROM sen.unit_successor s JOIN sen.unit u ON u.id = s.old_unit AND u.valid_to IS NOT NULL
	WHERE s.reorganisation_id = r GROUP BY 1 HAVING count(*) = 1
$$;

-- What names a unit that ended names what it became, where that is one unit: who manages a platform, who is asked, what was declared.  What says how
-- far somebody reaches (a feed of an HR system, a plan of replacement) is not widened: people say so.
CREATE FUNCTION sen.reorganisation_names(r sen.reorganisation) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
BEGIN
	UPDATE sen.platform p SET managing_unit = u.code FROM sen.reorganisation_heirs(r.id) h JOIN sen.unit u ON u.id = h.heir WHERE p.managing_unit_id = h.old_unit;
	-- Two that ask for the same come together: the first one goes on, the other is left.
	UPDATE sen.access_request q SET unit_id = f.heir FROM (SELECT DISTINCT ON (x.person_id, x.role_id, h.heir) x.id, h.heir FROM sen.reorganisation_heirs(r.id) h
		JOIN sen.access_request x ON x.unit_id = h.old_unit AND x.state = 'open' WHERE NOT EXISTS (SELECT FROM sen.access_request y
			WHERE y.person_id = x.person_id AND y.role_id = x.role_id AND y.unit_id = h.heir AND y.state = 'open')
		ORDER BY x.person_id, x.role_id, h.heir, x.id) f
	WHERE q.id = f.id;
	UPDATE sen.review_item i SET unit_id = h.heir FROM sen.reorganisation_heirs(r.id) h WHERE i.unit_id = h.old_unit AND i.decision IS NULL;
	UPDATE sen.software_need n SET unit_id = h.heir, version = version + 1 FROM sen.reorganisation_heirs(r.id) h WHERE n.unit_id = h.old_unit AND n.answer IS NULL;
	UPDATE sen.local_software l SET unit_id = h.heir, version = version + 1 FROM sen.reorganisation_heirs(r.id) h WHERE l.unit_id = h.old_unit;
	UPDATE sen.feed f SET default_unit = h.heir FROM sen.reorganisation_heirs(r.id) h WHERE f.default_unit = h.old_unit;
END
$$;

-- What still names a unit that ended by it: for people to settle.
CREATE FUNCTION sen.reorganisation_left(r uuid) RETURNS jsonb LANGUAGE sql STABLE SET search_path = sen, pg_temp AS $$
	WITH ended AS MATERIALIZED (SELECT DISTINCT s.old_unit AS id FROM sen.unit_successor s JOIN sen.unit u ON u.id = s.old_unit AND u.valid_to IS NOT NULL
		WHERE s.reorganisation_id = r)
	SELECT coalesce(jsonb_object_agg(k.what, k.n) FILTER (WHERE k.n > 0), '{}') FROM (
		SELECT 'platforms' AS what, count(*) AS n FROM sen.platform WHERE managing_unit_id IN (SELECT id FROM ended)
		UNION ALL SELECT 'requests', count(*) FROM sen.access_request WHERE state = 'open' AND unit_id IN (SELECT id FROM ended)
		UNION ALL SELECT 'review_items', count(*) FROM sen.review_item WHERE decision IS NULL AND unit_id IN (SELECT id FROM ended)
		UNION ALL SELECT 'needs', count(*) FROM sen.software_need WHERE answer IS NULL AND unit_id IN (SELECT id FROM ended)
		UNION ALL SELECT 'software', count(*) FROM sen.local_software WHERE unit_id IN (SELECT id FROM ended)
		UNION ALL SELECT 'replacements', count(*) FROM sen.replacement WHERE state IN ('draft', 'submitted', 'approved') AND unit_id IN (SELECT id FROM ended)
		UNION ALL SELECT 'feeds', count(*) FROM sen.feed WHERE unit_id IN (SELECT id FROM ended) OR default_unit IN (SELECT id FROM ended)) k
$$;

-- Scopes of administrators change at the end, in one commit with the end of the units: until then nobody gains by what is on its way.
CREATE OR REPLACE FUNCTION sen.reorganisation_finish(r sen.reorganisation) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
BEGIN
	UPDATE sen.admin_scope s SET revoked_at = now() FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'scope_end' AND s.account_id = o.account_id AND s.id = o.subject
	AND s.revoked_at IS NULL;
	INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights, role_ids, max_rank, valid_from, valid_to, granted_by)
	SELECT s.account_id, gen_random_uuid(), sen.reorganisation_unit_id(r.id, o.unit_to), s.platform_id, s.rights, s.role_ids, s.max_rank,
		s.valid_from, s.valid_to, s.granted_by
	FROM sen.reorganisation_op o JOIN sen.admin_scope s ON s.account_id = o.account_id AND s.id = o.subject AND s.revoked_at IS NULL
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'scope_add' ON CONFLICT DO NOTHING;
	UPDATE sen.admin_scope s SET unit_id = sen.reorganisation_unit_id(r.id, o.unit_to) FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'scope_move' AND s.account_id = o.account_id AND s.id = o.subject
	AND s.revoked_at IS NULL AND s.unit_id = o.unit_from;

	-- A unit in which something is left stays: that is for people to settle.
	INSERT INTO sen.reorganisation_exception SELECT r.id, o.n, 'unit_in_use' FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'unit_end' AND (
		EXISTS (SELECT FROM sen.post p WHERE p.unit_id = o.unit_from AND (upper_inf(p.valid) OR upper(p.valid) > r.effective_on))
		OR EXISTS (SELECT FROM sen.access_grant g WHERE g.unit_id = o.unit_from AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now()))
		OR EXISTS (SELECT FROM sen.admin_scope s WHERE s.unit_id = o.unit_from AND s.revoked_at IS NULL AND (s.valid_to IS NULL OR s.valid_to > now())));
	UPDATE sen.unit u SET valid_to = r.effective_on FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'unit_end' AND u.id = o.unit_from
	AND NOT EXISTS (SELECT FROM sen.reorganisation_exception e WHERE e.reorganisation_id = r.id AND e.n = o.n);
	PERFORM sen.reorganisation_names(r);
	UPDATE sen.reorganisation SET state = 'done', ended_at = now(), done_n = n_ops, version = version + 1, report = jsonb_build_object(
		'operations', (SELECT jsonb_object_agg(k.kind, k.n) FROM (SELECT o.kind, count(*) AS n FROM sen.reorganisation_op o
			WHERE o.reorganisation_id = r.id GROUP BY 1) k),
		'persons', (SELECT count(DISTINCT o.person_id) FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id),
		'accounts', (SELECT count(DISTINCT o.account_id) FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id),
		'exceptions', (SELECT count(*) FROM sen.reorganisation_exception e WHERE e.reorganisation_id = r.id),
		'left', sen.reorganisation_left(r.id))
	WHERE id = r.id;
END
$$;

-- Of what becomes of a unit it is known from the beginning: rules go by it while persons are on their way.
CREATE OR REPLACE FUNCTION sen.reorganisation_begin(r sen.reorganisation) RETURNS text LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
DECLARE
	new sen.reorganisation_unit;
	made integer;
BEGIN
	-- Whoever writes such facts now has ended before they are looked at; whoever comes later finds it running.
	LOCK TABLE sen.post, sen.access_grant, sen.admin_scope, sen.unit IN SHARE ROW EXCLUSIVE MODE;
	IF sen.reorganisation_base(r.id, r.effective_on) <> r.base THEN
		UPDATE sen.reorganisation SET state = 'stale', version = version + 1 WHERE id = r.id;
		RETURN 'stale';
	END IF;
	FOR new IN SELECT * FROM sen.reorganisation_unit WHERE reorganisation_id = r.id AND ref < 0 ORDER BY ref DESC LOOP
		INSERT INTO sen.unit (code, name, name_en, name_fold, kind, parent_id, valid_from, verified, ident_new, ident_old)
		VALUES (new.code, new.name, new.name_en, new.name_fold, new.kind, sen.reorganisation_unit_id(r.id, new.parent_ref), r.effective_on,
			new.verified, new.ident_new, new.ident_old) RETURNING id INTO made;
		UPDATE sen.reorganisation_unit SET unit_id = made WHERE reorganisation_id = r.id AND ref = new.ref;
	END LOOP;
	UPDATE sen.unit u SET name = n.name, name_en = n.name_en, name_fold = n.name_fold, ident_new = n.ident_new, ident_old = n.ident_old,
		parent_id = sen.reorganisation_unit_id(r.id, n.parent_ref)
	FROM sen.reorganisation_unit n WHERE n.reorganisation_id = r.id AND n.ref > 0 AND u.id = n.ref;
	INSERT INTO sen.unit_successor (old_unit, new_unit, reorganisation_id, share)
	SELECT o.unit_from, sen.reorganisation_unit_id(r.id, o.unit_to), r.id, o.share / 1000.0 FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'successor' ON CONFLICT DO NOTHING;
	PERFORM sen.unit_repath();
	UPDATE sen.reorganisation SET state = 'running', started_at = now(), done_n = people_from, version = version + 1 WHERE id = r.id;
	RETURN 'begin';
END
$$;

-- A rule of a unit that ended reaches what it became.
CREATE OR REPLACE FUNCTION sen.rule_wants(rule uuid, persons uuid[])
	RETURNS TABLE (person_id uuid, post_id uuid, unit_id integer, role_id integer, number integer, valid_from timestamptz, valid_to timestamptz)
	LANGUAGE sql STABLE ROWS 10000 AS $$
	WITH RECURSIVE v AS MATERIALIZED (SELECT f.* FROM sen.rule_in_force f WHERE f.rule_id = rule),
	became (id) AS (SELECT v.unit_id FROM v UNION SELECT s.new_unit FROM became b JOIN sen.unit_successor s ON s.old_unit = b.id),
	tops AS MATERIALIZED (SELECT u.path FROM became b JOIN sen.unit u ON u.id = b.id),
	places AS MATERIALIZED (SELECT u.id FROM v CROSS JOIN sen.unit u WHERE EXISTS (SELECT FROM tops t WHERE starts_with(u.path, t.path))
		AND (v.unit_kinds IS NULL OR EXISTS (SELECT FROM unnest(string_to_array(rtrim(u.path, '.'), '.')) a (id)
			JOIN sen.unit k ON k.id = a.id::integer WHERE k.kind = ANY (v.unit_kinds)))),
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

-- As before, and for which roles, and up to where: who was given less meanwhile, or more, is not who was looked at.  And rules.
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
		SELECT hashtextextended(concat_ws('|', 's', account_id, id, unit_id, coalesce(platform_id, -1), rights, role_ids, coalesce(max_rank, -1),
			extract(epoch FROM valid_to)), 0)
		FROM sen.admin_scope WHERE revoked_at IS NULL AND unit_id IN (SELECT id FROM units)
		UNION ALL
		SELECT hashtextextended(concat_ws('|', 'r', rule_id, number), 0) FROM sen.rule_in_force WHERE unit_id IN (SELECT id FROM units)
		UNION ALL
		SELECT hashtextextended(concat_ws('|', 'd', id, platform_a, role_a, platform_b, role_b), 0) FROM sen.duty_rule
		WHERE retired_at IS NULL AND severity = 'block' AND within = 'unit'
	)
	SELECT md5(count(*) || ':' || coalesce(sum(h::numeric), 0)) FROM facts
$$;
REVOKE ALL ON FUNCTION sen.reorganisation_heirs(uuid), sen.reorganisation_names(sen.reorganisation), sen.reorganisation_left(uuid) FROM PUBLIC;
