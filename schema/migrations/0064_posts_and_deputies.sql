-- Scopes of administration rest on posts, as grants do, and end with them; a deputy decides while its principal is on leave.

-- Over for good: a post that has not begun yet is not.
CREATE FUNCTION sen.post_is_over(account uuid, post uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT post IS NOT NULL AND NOT EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.person_id = a.person_id AND o.id = post
		WHERE a.id = account AND (upper_inf(o.valid) OR upper(o.valid) > sen.today()))
$$;
-- On which post a scope rests: one within the unit; else the main one, of whoever administers from above or beside.
CREATE FUNCTION sen.scope_post(account uuid, unit integer) RETURNS uuid LANGUAGE sql STABLE AS $$
	SELECT coalesce(sen.post_for(account, unit), (SELECT o.id FROM sen.account a JOIN sen.standing_post o ON o.person_id = a.person_id
		WHERE a.id = account AND a.kind IN ('operational', 'administrator')
		ORDER BY o.valid @> sen.today() DESC, o.kind = 'main' DESC, lower(o.valid), o.id LIMIT 1))
$$;
-- NULL: on none: those of the operator, of service accounts, and of before.
ALTER TABLE sen.admin_scope ADD COLUMN post_id uuid;
UPDATE sen.admin_scope s SET post_id = sen.scope_post(s.account_id, s.unit_id) WHERE s.granted_by IS NOT NULL AND s.revoked_at IS NULL;
CREATE FUNCTION sen.scope_rests() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	NEW.post_id := sen.scope_post(NEW.account_id, NEW.unit_id);
	RETURN NEW;
END
$$;
CREATE TRIGGER rests BEFORE INSERT ON sen.admin_scope FOR EACH ROW WHEN (NEW.post_id IS NULL AND NEW.granted_by IS NOT NULL)
	EXECUTE FUNCTION sen.scope_rests();
CREATE INDEX admin_scope_post ON sen.admin_scope (account_id, post_id) WHERE revoked_at IS NULL AND post_id IS NOT NULL;

-- Held, also by whoever is on leave: then a deputy uses it.
CREATE VIEW sen.held_scope AS
	SELECT s.account_id, s.id, s.unit_id, u.path, s.platform_id, s.rights, s.role_ids, s.max_rank
	FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id
	WHERE s.revoked_at IS NULL AND s.valid_from <= now() AND (s.valid_to IS NULL OR s.valid_to > now())
	AND (s.post_id IS NULL OR EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.person_id = a.person_id AND o.id = s.post_id
		WHERE a.id = s.account_id AND o.valid @> sen.today()))
	AND NOT EXISTS (SELECT FROM sen.account_stop t WHERE t.account_id = s.account_id AND t.kind <> 'leave' AND t.valid_from <= now()
		AND (t.valid_to IS NULL OR t.valid_to > now()) AND (t.platform_id IS NULL OR t.platform_id = s.platform_id));
CREATE OR REPLACE VIEW sen.live_scope AS
	SELECT s.account_id, s.id, s.unit_id, u.path, s.platform_id, s.rights, s.role_ids, s.max_rank
	FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id
	WHERE s.revoked_at IS NULL AND s.valid_from <= now() AND (s.valid_to IS NULL OR s.valid_to > now())
	AND (s.post_id IS NULL OR EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.person_id = a.person_id AND o.id = s.post_id
		WHERE a.id = s.account_id AND o.valid @> sen.today()))
	AND NOT EXISTS (SELECT FROM sen.account_stop t WHERE t.account_id = s.account_id AND t.valid_from <= now()
		AND (t.valid_to IS NULL OR t.valid_to > now()) AND (t.platform_id IS NULL OR t.platform_id = s.platform_id));
GRANT SELECT ON sen.held_scope TO sen_server, sen_provisioner;

-- A reorganisation gives posts new ids: a scope goes on with the post that goes on.
CREATE FUNCTION sen.scopes_follow_posts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	persons uuid[];
	accounts uuid[];
BEGIN
	IF NOT EXISTS (SELECT FROM sen.reorganisation r WHERE r.state = 'running') THEN
		RETURN NULL;
	END IF;
	persons := ARRAY(SELECT person_id FROM changed);   -- not joined: the planner takes it for empty
	accounts := ARRAY(SELECT s.account_id FROM sen.account a JOIN sen.admin_scope s ON s.account_id = a.id
		WHERE a.person_id = ANY (persons) AND s.revoked_at IS NULL AND s.post_id IS NOT NULL);
	UPDATE sen.admin_scope s SET post_id = n.id FROM sen.account a JOIN sen.post o ON o.person_id = a.person_id
		JOIN sen.reorganisation r ON r.state = 'running'
		JOIN sen.reorganisation_op m ON m.reorganisation_id = r.id AND m.kind = 'post_move' AND m.person_id = o.person_id AND m.subject = o.id
		JOIN sen.post n ON n.person_id = o.person_id AND n.id <> o.id AND lower(n.valid) = upper(o.valid) AND lower(n.valid) = r.effective_on
			AND n.kind = o.kind AND n.title = o.title
	WHERE a.id = ANY (accounts) AND s.account_id = a.id AND s.post_id = o.id AND s.revoked_at IS NULL;
	RETURN NULL;
END
$$;
CREATE TRIGGER scopes_follow AFTER INSERT ON sen.post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.scopes_follow_posts();

-- Whose leave has suspended the account, and nothing else.
CREATE FUNCTION sen.is_on_leave(account uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.account a WHERE a.id = account AND a.status = 'suspended')
	AND coalesce((SELECT bool_and(t.kind = 'leave') FROM sen.account_stop t WHERE t.account_id = account AND t.platform_id IS NULL
		AND t.valid_from <= now() AND (t.valid_to IS NULL OR t.valid_to > now())), false)
$$;
CREATE OR REPLACE FUNCTION sen.deciders(actor uuid) RETURNS TABLE (account_id uuid, instead_of uuid) LANGUAGE sql STABLE ROWS 2 AS $$
	SELECT actor, NULL::uuid
	UNION ALL SELECT d.principal, d.principal FROM sen.deputy d JOIN sen.account a ON a.id = d.principal
	WHERE d.deputy = actor AND d.ended_at IS NULL AND d.valid @> sen.today() AND (a.status = 'active' OR sen.is_on_leave(a.id))
$$;
-- What may be approved: by oneself; in somebody's place also while that one is on leave.
CREATE FUNCTION sen.approving_scope(decider uuid, in_place boolean) RETURNS SETOF sen.held_scope LANGUAGE sql STABLE ROWS 5 AS $$
	SELECT s.* FROM sen.live_scope s WHERE NOT in_place AND s.account_id = decider AND 'approve' = ANY (s.rights)
	UNION ALL SELECT s.* FROM sen.held_scope s WHERE in_place AND s.account_id = decider AND 'approve' = ANY (s.rights)
$$;
CREATE FUNCTION sen.competent(decider uuid, in_place boolean, stage smallint, unit_path text, role integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.approving_scope(decider, in_place) s JOIN sen.role r ON r.id = role JOIN sen.platform p ON p.id = r.platform_id
		JOIN sen.unit u ON u.id = s.unit_id
		WHERE starts_with(unit_path, s.path)
		AND (s.platform_id IS NULL OR s.platform_id = p.id) AND (s.role_ids IS NULL OR r.id = ANY (s.role_ids))
		AND (s.max_rank IS NULL OR s.max_rank >= sen.rank(r.sensitivity))
		AND (stage = 1 OR s.platform_id = p.id OR p.managing_unit::text IN (u.code, u.id::text)))
$$;

-- Who is asked to decide: as an inbox finds it.  Whoever is away is asked through the deputy, or not at all.
CREATE OR REPLACE FUNCTION sen.request_asked(request uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
	WITH q AS (SELECT q.*, u.path FROM sen.access_request q JOIN sen.unit u ON u.id = q.unit_id WHERE q.id = request),
	fit AS (SELECT a.id, a.status = 'active' AS here FROM q JOIN sen.account a ON a.person_id <> q.person_id AND NOT sen.same_person(a.id, q.requested_by)
		AND NOT EXISTS (SELECT FROM sen.request_event e WHERE e.request_id = q.id AND e.kind = 'approved' AND sen.same_person(e.actor, a.id))
		WHERE a.id IN (SELECT s.account_id FROM q JOIN sen.held_scope s ON s.unit_id = ANY (string_to_array(rtrim(q.path, '.'), '.')::integer[])
			WHERE 'approve' = ANY (s.rights)
			UNION SELECT d.deputy FROM q JOIN sen.held_scope s ON s.unit_id = ANY (string_to_array(rtrim(q.path, '.'), '.')::integer[])
			JOIN sen.deputy d ON d.principal = s.account_id AND d.ended_at IS NULL AND d.valid @> sen.today() WHERE 'approve' = ANY (s.rights))
		AND (a.status = 'active' OR sen.is_on_leave(a.id))),
	stands_in AS (SELECT d.principal, d.deputy FROM sen.deputy d JOIN fit ON fit.id = d.deputy AND fit.here
		WHERE d.ended_at IS NULL AND d.valid @> sen.today()),
	c AS (SELECT s.account_id, s.unit_id, s.path, l.id IS NOT NULL AND fit.here AS here, q.stage_since, q.stage_days FROM q
		JOIN sen.held_scope s ON s.unit_id = ANY (string_to_array(rtrim(q.path, '.'), '.')::integer[]) AND 'approve' = ANY (s.rights)
		JOIN fit ON fit.id = s.account_id LEFT JOIN sen.live_scope l ON l.account_id = s.account_id AND l.id = s.id
		WHERE sen.competent(s.account_id, true, q.stage, q.path, q.role_id)
		AND (l.id IS NOT NULL AND fit.here OR s.account_id IN (SELECT principal FROM stands_in))),
	asked AS (SELECT c.account_id, bool_or(c.here) AS here FROM c WHERE (SELECT count(DISTINCT n.unit_id) FROM c n WHERE length(n.path) > length(c.path))
		<= sen.escalations(c.stage_since, c.stage_days) GROUP BY 1)
	SELECT account_id FROM asked WHERE here
	UNION SELECT x.deputy FROM asked JOIN stands_in x ON x.principal = asked.account_id
$$;
