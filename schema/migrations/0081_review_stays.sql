-- What a review has taken of a birthright rule stays taken, on the post that it was for: each recomputation of the person (0074, a movement,
-- a new version of the rule) would have given it back.
CREATE INDEX access_grant_reviewed ON sen.access_grant (rule_id) WHERE revoke_reason = 'review';

-- As before (0066), without what a review has taken.
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
	-- What a review has taken of it.
	taken AS MATERIALIZED (SELECT o.account_id, o.post_id, o.role_id, o.unit_id FROM sen.access_grant o
		WHERE o.rule_id = rule AND o.revoke_reason = 'review'),
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
	AND (w.person_id IS NULL OR NOT EXISTS (SELECT FROM taken t WHERE t.account_id = w.account_id AND t.post_id = w.post_id
		AND t.role_id = w.role_id AND t.unit_id = w.unit_id))
	AND (w.person_id IS NULL OR w.role_id NOT IN (SELECT id FROM guarded)
		OR NOT EXISTS (SELECT FROM sen.duty_conflicts(w.person_id, w.role_id, w.unit_id) c WHERE c.severity = 'block'))
$$;
