-- What statements about scopes and posts share, written once.

-- "2026-11-24T03:15:00Z", as answers show moments.
CREATE FUNCTION sen.iso(t timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
	SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;

-- The day of decisions: posts begin and end at midnight in Việt Nam.
CREATE FUNCTION sen.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
	SELECT (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
$$;

-- Posts that are held now or will be.
CREATE VIEW sen.standing_post AS
	SELECT o.person_id, o.id, o.unit_id, u.path, u.code AS unit_code, u.name AS unit_name, o.title, o.kind, o.valid, o.decision_no
	FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id
	WHERE upper_inf(o.valid) OR upper(o.valid) > sen.today();

-- Whose person it is: the unit of the main post of today; without one, of what comes nearest to it.
CREATE FUNCTION sen.home_unit(person uuid) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT o.unit_id FROM sen.post o WHERE o.person_id = person
	ORDER BY o.valid @> sen.today() DESC, o.kind = 'main' DESC, lower(o.valid) DESC, o.id LIMIT 1
$$;

-- platform NULL: on every platform.
CREATE FUNCTION sen.scope_covers(actor uuid, needed text, unit_path text, platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = actor AND needed = ANY (s.rights)
		AND starts_with(unit_path, s.path) AND (s.platform_id IS NULL OR s.platform_id = platform))
$$;

-- Acts on a whole account (activation, unlocking, disabling) need its home unit and every platform,
-- and never reach an account that administers what the actor does not: an activation code is the
-- account itself.
CREATE FUNCTION sen.may_manage_account(actor uuid, needed text, target uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT actor <> target
	AND EXISTS (SELECT FROM sen.account a JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)
		WHERE a.id = target AND sen.scope_covers(actor, needed, u.path, NULL))
	AND NOT EXISTS (SELECT FROM sen.live_scope t WHERE t.account_id = target AND NOT EXISTS (
		SELECT FROM sen.live_scope s WHERE s.account_id = actor AND starts_with(t.path, s.path)
		AND (s.platform_id IS NULL OR s.platform_id = t.platform_id) AND t.rights <@ s.rights))
$$;

-- Search pages go forward by (name_fold, id).
CREATE INDEX person_name_order ON sen.person (name_fold, id);

GRANT SELECT ON sen.standing_post TO sen_server, sen_provisioner;
