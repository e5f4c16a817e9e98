-- Roll-out and guidance follow the units: what has ended is no target any more, and what succeeds it begins where it stood.

-- As before (0024), of units that are there.
CREATE OR REPLACE VIEW sen.rollout_cell AS
	SELECT p.id AS platform_id, u.id AS unit_id, r.state, r.planned_on, r.started_on, r.done_on, r.note, coalesce(r.version, 0) AS version
	FROM sen.platform p LEFT JOIN sen.unit m ON m.id = p.managing_unit_id JOIN sen.unit u ON true
	LEFT JOIN sen.platform_rollout r ON r.platform_id = p.id AND r.unit_id = u.id
	WHERE p.id <> 0 AND u.valid_from <= sen.today() AND (u.valid_to IS NULL OR u.valid_to > sen.today())
		AND (r.platform_id IS NOT NULL OR p.target_scope = 'all' AND u.kind IN ('department', 'commune', 'ward')
		AND (m.id IS NULL OR split_part(m.path, '.', 1) = split_part(u.path, '.', 1)));

-- A successor is as far as the least of what it is made of: done only where each part was done, or is not concerned.  A part that has
-- no row is a target all the same where the platform is for everybody.  A unit that took others in is a part of itself.
CREATE FUNCTION sen.rollout_of_parts(units integer[]) RETURNS TABLE (platform_id smallint, state text, planned_on date, started_on date, done_on date)
	LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	WITH part AS (SELECT p.id AS platform_id, r.planned_on, r.started_on, r.done_on, coalesce(r.state,
			CASE WHEN p.target_scope = 'all' AND u.kind IN ('department', 'commune', 'ward') THEN 'none' END) AS state
		FROM (SELECT DISTINCT o.platform_id FROM sen.platform_rollout o WHERE o.unit_id = ANY (units)) c JOIN sen.platform p ON p.id = c.platform_id
		CROSS JOIN sen.unit u LEFT JOIN sen.platform_rollout r ON r.platform_id = p.id AND r.unit_id = u.id WHERE u.id = ANY (units)),
	counted AS (SELECT t.platform_id, count(*) FILTER (WHERE t.state <> 'not_applicable') AS n, count(*) FILTER (WHERE t.state = 'done') AS n_done,
		count(*) FILTER (WHERE t.state = 'in_progress') AS n_begun, count(*) FILTER (WHERE t.state = 'planned') AS n_planned,
		max(t.planned_on) AS planned_on, min(t.started_on) AS started_on, max(t.done_on) AS done_on FROM part t WHERE t.state IS NOT NULL GROUP BY 1)
	SELECT c.platform_id, s.state, c.planned_on, c.started_on, CASE WHEN s.state = 'done' THEN c.done_on END FROM counted c CROSS JOIN LATERAL (
		SELECT CASE WHEN c.n = 0 THEN 'not_applicable' WHEN c.n_done = c.n THEN 'done' WHEN c.n_done + c.n_begun > 0 THEN 'in_progress'
		WHEN c.n_planned > 0 THEN 'planned' END AS state) s WHERE s.state IS NOT NULL
$$;

CREATE FUNCTION sen.rollout_follows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	heir record;
BEGIN
	FOR heir IN SELECT n.id, r.approved_by, array_agg(o.id) || CASE WHEN n.valid_from < r.effective_on THEN n.id END AS parts,
			string_agg(o.code, ', ' ORDER BY o.code) AS codes
			FROM added s JOIN sen.unit n ON n.id = s.new_unit JOIN sen.unit o ON o.id = s.old_unit JOIN sen.reorganisation r ON r.id = s.reorganisation_id
			WHERE o.kind IN ('department', 'commune', 'ward') OR o.kind = n.kind GROUP BY n.id, n.valid_from, r.approved_by, r.effective_on LOOP
		INSERT INTO sen.platform_rollout AS t (platform_id, unit_id, state, planned_on, started_on, done_on, note, changed_by)
		SELECT p.platform_id, heir.id, p.state, p.planned_on, p.started_on, p.done_on, left('Tiếp nhận từ ' || heir.codes, 1000), heir.approved_by
		FROM sen.rollout_of_parts(array_remove(heir.parts, NULL)) p
		ON CONFLICT (platform_id, unit_id) DO UPDATE SET state = excluded.state, planned_on = excluded.planned_on, started_on = excluded.started_on,
			done_on = excluded.done_on, note = excluded.note, changed_by = excluded.changed_by, changed_at = now()
		WHERE (t.state, t.planned_on, t.started_on, t.done_on) IS DISTINCT FROM (excluded.state, excluded.planned_on, excluded.started_on, excluded.done_on);
		-- Read by all of them is read by it.
		INSERT INTO sen.guidance_acknowledgement (platform_id, guidance_id, unit_id, acknowledged_by, acknowledged_at)
		SELECT DISTINCT ON (k.platform_id, k.guidance_id) k.platform_id, k.guidance_id, heir.id, k.acknowledged_by, k.acknowledged_at
		FROM sen.guidance_acknowledgement k JOIN sen.platform_guidance g ON g.platform_id = k.platform_id AND g.id = k.guidance_id
		WHERE k.unit_id = ANY (heir.parts) AND g.superseded_at IS NULL AND NOT EXISTS (SELECT FROM unnest(array_remove(heir.parts, NULL)) x (id)
			WHERE NOT EXISTS (SELECT FROM sen.guidance_acknowledgement a WHERE a.platform_id = k.platform_id AND a.guidance_id = k.guidance_id AND a.unit_id = x.id))
		ORDER BY k.platform_id, k.guidance_id, k.acknowledged_at DESC ON CONFLICT DO NOTHING;
	END LOOP;
	RETURN NULL;
END
$$;
CREATE TRIGGER rollout_follows AFTER INSERT ON sen.unit_successor REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION sen.rollout_follows();

-- Who may say that a unit has read something: somebody of that unit (a post there or below, or a scope that does not reach beyond it),
-- not whoever sees it from above.
CREATE FUNCTION sen.speaks_for(actor uuid, unit_path text, platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT sen.scope_covers(actor, 'read', unit_path, platform) AND (
		EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = actor AND 'read' = ANY (s.rights) AND starts_with(s.path, unit_path)
			AND (s.platform_id IS NULL OR s.platform_id = platform))
		OR EXISTS (SELECT FROM sen.account a JOIN sen.standing_post o ON o.person_id = a.person_id
			WHERE a.id = actor AND o.valid @> sen.today() AND starts_with(o.path, unit_path)))
$$;
