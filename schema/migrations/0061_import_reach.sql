-- Imports act on persons as whoever brings them may act on each.

-- Those of these persons on whom the actor may not act: as may_manage_person(), for many at once.  Who has no post yet has no home unit:
-- the unit of the post to come decides, and here only what their accounts administer.
CREATE FUNCTION sen.persons_beyond(actor uuid, needed text, persons uuid[]) RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 10 AS $$
	WITH who AS MATERIALIZED (SELECT x.id, u.path FROM (SELECT DISTINCT unnest(persons)) x (id) LEFT JOIN sen.unit u ON u.id = sen.home_unit(x.id)),
	-- Many people, few units.
	places AS MATERIALIZED (SELECT p.path, sen.scope_covers(actor, needed, p.path, NULL) AS reached,
		EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = actor AND needed = ANY (s.rights) AND starts_with(p.path, s.path)
			AND s.platform_id IS NULL AND s.role_ids IS NULL AND s.max_rank IS NULL) AS uncapped
		FROM (SELECT DISTINCT w.path FROM who w WHERE w.path IS NOT NULL) p)
	SELECT a.person_id FROM sen.account a WHERE a.id = actor AND a.person_id = ANY (persons)
	UNION SELECT w.id FROM who w JOIN places p ON p.path = w.path WHERE NOT p.reached
	-- Asked one by one where it can be "no": of accounts that administer, and under a cap.
	UNION SELECT w.id FROM who w LEFT JOIN places p ON p.path = w.path JOIN sen.account a ON a.person_id = w.id
		WHERE (NOT p.uncapped OR EXISTS (SELECT FROM sen.live_scope t WHERE t.account_id = a.id)) AND NOT sen.may_manage_account(actor, needed, a.id)
$$;

-- On that day and later: does anybody work in it, or does anything stand in its name?
CREATE FUNCTION sen.unit_is_used(unit integer, day date) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.post p WHERE p.unit_id = unit AND (upper_inf(p.valid) OR upper(p.valid) > day))
	OR EXISTS (SELECT FROM sen.access_grant g WHERE g.unit_id = unit AND g.revoked_at IS NULL
		AND (g.valid_to IS NULL OR g.valid_to > (day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')))
	OR EXISTS (SELECT FROM sen.admin_scope s WHERE s.unit_id = unit AND s.revoked_at IS NULL
		AND (s.valid_to IS NULL OR s.valid_to > (day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')))
$$;
CREATE OR REPLACE FUNCTION sen.unit_goes_on(unit integer, day date) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.unit c WHERE c.parent_id = unit AND (c.valid_to IS NULL OR c.valid_to > day)) OR sen.unit_is_used(unit, day)
$$;
