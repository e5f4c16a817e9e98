-- What a reorganisation takes along: a scope for some roles stays one for these roles.

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
	INSERT INTO sen.unit_successor (old_unit, new_unit, reorganisation_id, share)
	SELECT o.unit_from, sen.reorganisation_unit_id(r.id, o.unit_to), r.id, o.share / 1000.0 FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'successor' ON CONFLICT DO NOTHING;
	UPDATE sen.reorganisation SET state = 'done', ended_at = now(), done_n = n_ops, version = version + 1, report = jsonb_build_object(
		'operations', (SELECT jsonb_object_agg(k.kind, k.n) FROM (SELECT o.kind, count(*) AS n FROM sen.reorganisation_op o
			WHERE o.reorganisation_id = r.id GROUP BY 1) k),
		'persons', (SELECT count(DISTINCT o.person_id) FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id),
		'accounts', (SELECT count(DISTINCT o.account_id) FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id),
		'exceptions', (SELECT count(*) FROM sen.reorganisation_exception e WHERE e.reorganisation_id = r.id))
	WHERE id = r.id;
END
$$;

-- As before, and for which roles, and up to where: who was given less meanwhile, or more, is not who was looked at.
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
		SELECT hashtextextended(concat_ws('|', 'd', id, platform_a, role_a, platform_b, role_b), 0) FROM sen.duty_rule
		WHERE retired_at IS NULL AND severity = 'block' AND within = 'unit'
	)
	SELECT md5(count(*) || ':' || coalesce(sum(h::numeric), 0)) FROM facts
$$;
