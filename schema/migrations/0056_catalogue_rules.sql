-- The catalogue (0024): what an entry keeps once others have decided on it, whose documents a gate refers to, and what no replacement gives.

-- The member of an entry that an edit must leave, or NULL.  A central platform is appraised otherwise than one of the province, and one that is
-- being built is compared with others, which a mere proposal is not; and what the appraisal asked for is not taken away after it.
CREATE FUNCTION sen.platform_kept(was sen.platform, kind text, managing_unit text, contact_name text, description text, functions text[], scopes text[])
	RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN was.state = 'proposed' THEN NULL
		WHEN (was.kind = 'central') <> ($2 = 'central') THEN 'kind'
		WHEN $2 = 'proposed' AND was.kind <> 'proposed' AND was.state <> 'appraised' THEN 'kind'
		WHEN was.managing_unit <> '' AND coalesce($3, '') = '' THEN 'managing_unit'
		WHEN was.contact_name <> '' AND coalesce($4, '') = '' THEN 'contact_name'
		WHEN was.description <> '' AND coalesce($5, '') = '' THEN 'description'
		WHEN cardinality(was.functions) > 0 AND cardinality($6) = 0 THEN 'functions'
		WHEN cardinality(was.scopes) > 0 AND cardinality($7) = 0 THEN 'scopes' END
$$;

-- Whose architecture is a platform's: the province that its managing unit belongs to.
CREATE FUNCTION sen.platform_province(platform smallint) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT u.id FROM sen.unit u WHERE u.id = ANY (string_to_array(rtrim(sen.platform_home(platform), '.'), '.')::integer[])
	ORDER BY u.kind = 'province' DESC, length(u.path) LIMIT 1
$$;

-- A unit has one architecture in force, whatever its code: a gate that refers to the one before says nothing about it.
UPDATE sen.reference_document d SET superseded_at = now() WHERE d.kind = 'architecture' AND d.superseded_at IS NULL
	AND EXISTS (SELECT FROM sen.reference_document n WHERE n.unit_id = d.unit_id AND n.kind = d.kind AND n.superseded_at IS NULL AND n.id > d.id);
CREATE UNIQUE INDEX reference_document_architecture ON sen.reference_document (unit_id) WHERE kind = 'architecture' AND superseded_at IS NULL;

-- Separation of duties (0027) at the approval of a replacement (0026), as at that of any grant: the rules that block what the role map would give,
-- each with how many persons; NULL: none.  Held against it is what the plan leaves them, and what it gives them besides.
CREATE FUNCTION sen.replacement_duties(plan uuid) RETURNS text LANGUAGE sql STABLE AS $$
	WITH guarded AS MATERIALIZED (SELECT r.id FROM sen.role r WHERE EXISTS (SELECT FROM sen.duty_rule d WHERE d.retired_at IS NULL
		AND d.severity = 'block' AND r.code IN (d.role_a, d.role_b))),
	gives AS MATERIALIZED (SELECT DISTINCT a.person_id, t.new_role_id, t.unit_id, u.path FROM sen.replacement_to_grant t
		JOIN sen.account a ON a.id = t.account_id JOIN sen.unit u ON u.id = t.unit_id
		WHERE t.replacement_id = plan AND t.has_post AND t.new_role_id IN (SELECT id FROM guarded)),
	found AS (SELECT d.duty_code, g.person_id FROM gives g CROSS JOIN LATERAL sen.duty_conflicts(g.person_id, g.new_role_id, g.unit_id) d
		WHERE d.severity = 'block' AND NOT EXISTS (SELECT FROM sen.replacement_grant o WHERE o.replacement_id = plan AND o.old_grant_id = d.grant_id)
		UNION ALL
		SELECT d.code, g.person_id FROM gives g JOIN gives h ON h.person_id = g.person_id AND h.new_role_id > g.new_role_id
		CROSS JOIN LATERAL sen.duty_pairs(g.new_role_id, h.new_role_id) d
		WHERE d.severity = 'block' AND (d.within <> 'unit' OR starts_with(g.path, h.path) OR starts_with(h.path, g.path))
		AND NOT sen.duty_excepted(d.id, g.person_id))
	SELECT string_agg(format('%s (%s)', c.duty_code, c.n), ', ' ORDER BY c.duty_code)
	FROM (SELECT duty_code, count(DISTINCT person_id) AS n FROM found GROUP BY duty_code) c
$$;
CREATE FUNCTION sen.replacement_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	duties text := sen.replacement_duties(NEW.id);
BEGIN
	IF duties IS NOT NULL THEN
		RAISE EXCEPTION 'separation of duties' USING ERRCODE = 'SN001', DETAIL = 'separation_of_duties: ' || duties;
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER replacement_guard BEFORE UPDATE ON sen.replacement FOR EACH ROW
	WHEN (NEW.state = 'approved' AND OLD.state <> 'approved') EXECUTE FUNCTION sen.replacement_guard();
