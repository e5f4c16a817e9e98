-- Whose name begins so, from the first of them on: the condition on the last one shown was taken for the place to start at, and of 2,000,000 names those
-- before "nguyễn" were read to get there.
CREATE OR REPLACE FUNCTION sen.persons_found(viewer uuid, pattern text, code text, login_ text, after uuid, n integer, few integer DEFAULT 15000)
	RETURNS TABLE (rank smallint, id uuid, employee_code text, full_name text, kind text, name_fold text, reach integer[])
	LANGUAGE plpgsql STABLE ROWS 51 SET plan_cache_mode = force_custom_plan AS $$
DECLARE
	units integer[] := ARRAY(SELECT DISTINCT u.id FROM sen.live_scope s JOIN sen.unit u ON u.path ~>=~ s.path AND u.path ~<~ (left(s.path, -1) || '/')
		WHERE s.account_id = viewer AND 'read' = ANY (s.rights) AND s.path <> '');
	exact uuid[] := ARRAY(SELECT a.person_id FROM sen.account a WHERE a.login = login_ UNION SELECT p.id FROM sen.person p WHERE p.employee_code = code);
	begins text := substr(pattern, 2);
	last_rank smallint := 0;
	last_name text := '';
	last_id uuid := '00000000-0000-0000-0000-000000000000';
	today date := sen.today();
	got integer;
BEGIN
	IF after IS NOT NULL THEN
		SELECT CASE WHEN p.id = ANY (exact) THEN 0 WHEN p.name_fold LIKE begins THEN 1 ELSE 2 END, p.name_fold, p.id
		INTO last_rank, last_name, last_id FROM sen.person p WHERE p.id = after;
	END IF;
	IF (SELECT count(*) FROM (SELECT FROM sen.post o WHERE o.unit_id = ANY (units) LIMIT few + 1) x) <= few THEN
		RETURN QUERY WITH there AS MATERIALIZED (SELECT DISTINCT o.person_id FROM sen.post o WHERE o.unit_id = ANY (units)
				AND (upper_inf(o.valid) OR upper(o.valid) > today)),
			f AS (SELECT (CASE WHEN p.id = ANY (exact) THEN 0 WHEN p.name_fold LIKE begins THEN 1 ELSE 2 END)::smallint AS rank, p.*
				FROM there t JOIN sen.person p ON p.id = t.person_id WHERE p.name_fold LIKE pattern OR p.id = ANY (exact))
			SELECT f.rank, f.id, f.employee_code, f.full_name, f.kind, f.name_fold, units FROM f
			WHERE (f.rank, f.name_fold COLLATE "C", f.id) > (last_rank, last_name, last_id) ORDER BY f.rank, f.name_fold COLLATE "C", f.id LIMIT n;
		RETURN;
	END IF;
	FOR r IN last_rank .. 2 LOOP
		IF r > last_rank THEN
			last_name := CASE r WHEN 1 THEN login_ ELSE '' END;
			last_id := '00000000-0000-0000-0000-000000000000';
		END IF;
		IF r = 0 THEN
			RETURN QUERY SELECT 0::smallint, p.id, p.employee_code, p.full_name, p.kind, p.name_fold, units FROM sen.person p
				WHERE p.id = ANY (exact) AND (p.name_fold COLLATE "C", p.id) > (last_name, last_id)
				AND (SELECT true FROM sen.post o WHERE o.person_id = p.id AND o.unit_id = ANY (units) AND (upper_inf(o.valid) OR upper(o.valid) > today) LIMIT 1)
				ORDER BY p.name_fold COLLATE "C", p.id LIMIT n;
		ELSIF r = 1 THEN
			RETURN QUERY SELECT 1::smallint, p.id, p.employee_code, p.full_name, p.kind, p.name_fold, units FROM sen.person p
				WHERE p.name_fold COLLATE "C" LIKE begins AND (p.name_fold COLLATE "C", p.id) > (last_name, last_id) AND p.id <> ALL (exact)
				AND (SELECT true FROM sen.post o WHERE o.person_id = p.id AND o.unit_id = ANY (units) AND (upper_inf(o.valid) OR upper(o.valid) > today) LIMIT 1)
				ORDER BY p.name_fold COLLATE "C", p.id LIMIT n;
		ELSE
			RETURN QUERY SELECT 2::smallint, p.id, p.employee_code, p.full_name, p.kind, p.name_fold, units FROM sen.person p
				WHERE p.name_fold LIKE pattern AND p.name_fold NOT LIKE begins AND (p.name_fold COLLATE "C", p.id) > (last_name, last_id) AND p.id <> ALL (exact)
				AND (SELECT true FROM sen.post o WHERE o.person_id = p.id AND o.unit_id = ANY (units) AND (upper_inf(o.valid) OR upper(o.valid) > today) LIMIT 1)
				ORDER BY p.name_fold COLLATE "C", p.id LIMIT n;
		END IF;
		GET DIAGNOSTICS got = ROW_COUNT;
		n := n - got;
		EXIT WHEN n <= 0;
	END LOOP;
END
$$;
