-- As before (0051), with who confirmed a scope.
-- Scopes of administrators change at the end, in one commit with the end of the units: until then nobody gains by what is on its way.
CREATE OR REPLACE FUNCTION sen.reorganisation_finish(r sen.reorganisation) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
BEGIN
	UPDATE sen.admin_scope s SET revoked_at = now() FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'scope_end' AND s.account_id = o.account_id AND s.id = o.subject
	AND s.revoked_at IS NULL;
	INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights, role_ids, max_rank, valid_from, valid_to, granted_by,
		confirmed_by)
	SELECT s.account_id, gen_random_uuid(), sen.reorganisation_unit_id(r.id, o.unit_to), s.platform_id, s.rights, s.role_ids, s.max_rank,
		s.valid_from, s.valid_to, s.granted_by, s.confirmed_by
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
