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
