-- Searches of sources, faster and wider: nobody is looked for twice, names are found by index, "eq" of what a source
-- keeps for itself is a containment that the index answers; "schemas" is an attribute (RFC 7644 §3.4.2.2), and of several values the primary
-- one is sorted by (§3.4.2.3).

ALTER TABLE sen.person
	ADD ho_fold   text COLLATE "C" GENERATED ALWAYS AS (sen.scim_lower(nullif(ho, ''))) STORED,
	ADD dem_fold  text COLLATE "C" GENERATED ALWAYS AS (sen.scim_lower(nullif(dem, ''))) STORED,
	ADD ten_fold  text COLLATE "C" GENERATED ALWAYS AS (sen.scim_lower(ten)) STORED,
	ADD full_fold text COLLATE "C" GENERATED ALWAYS AS (sen.scim_lower(full_name)) STORED;
CREATE INDEX person_ho_fold ON sen.person (ho_fold);
CREATE INDEX person_ten_fold ON sen.person (ten_fold);
CREATE INDEX person_full_fold ON sen.person (full_fold);
-- The users of a source, without their rows.
CREATE INDEX feed_user_persons ON sen.feed_user (feed_id, person_id) INCLUDE (seq) WHERE gone_at IS NULL;

CREATE OR REPLACE FUNCTION sen.scim_expression(kind text, name text, elem boolean) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE kind || CASE WHEN elem THEN '[]' ELSE '' END || ':' || name
		WHEN 'User:id' THEN 'f.person_id::text' WHEN 'User:externalId' THEN 'f.external_id' WHEN 'User:userName' THEN 'f.user_fold'
		WHEN 'User:active' THEN 'f.active' WHEN 'User:meta.created' THEN 'f.created_at' WHEN 'User:meta.lastModified' THEN 'f.changed_at'
		WHEN 'User:meta' THEN 'f.created_at' WHEN 'User:meta.resourceType' THEN '''User''::text' WHEN 'User:name.familyName' THEN 'p.ho_fold'
		WHEN 'User:name.middleName' THEN 'p.dem_fold' WHEN 'User:name.givenName' THEN 'p.ten_fold'
		WHEN 'User:name.formatted' THEN 'p.full_fold' WHEN 'User:name' THEN 'p.ten' WHEN 'User:userType' THEN 'p.kind'
		WHEN 'User:employeeNumber' THEN 'p.employee_code' WHEN 'User:birthDate' THEN 'p.birth_date::text' WHEN 'User:sex' THEN 'p.sex'
		WHEN 'User:state' THEN 'sen.person_state(f.person_id)'
		WHEN 'User[]:posts.unit' THEN 'e.unit_code' WHEN 'User[]:posts.title' THEN 'e.title' WHEN 'User[]:posts.kind' THEN 'e.kind'
		WHEN 'User[]:posts.rank' THEN 'e.rank' WHEN 'User[]:posts.validFrom' THEN 'lower(e.valid)::text'
		WHEN 'User[]:posts.validTo' THEN 'upper(e.valid)::text' WHEN 'User[]:posts.decisionNumber' THEN 'e.decision_no'
		WHEN 'User[]:posts.decisionDate' THEN 'e.decision_on::text' WHEN 'User[]:posts.signer' THEN 'e.signer'
		WHEN 'User[]:groups.value' THEN 'e.id::text' WHEN 'User[]:groups.display' THEN 'e.display_fold' WHEN 'User[]:groups.type' THEN '''direct''::text'
		WHEN 'User[]:schemas' THEN 'e.urn' WHEN 'Group[]:schemas' THEN 'e.urn'
		WHEN 'Group:id' THEN 'f.id::text' WHEN 'Group:externalId' THEN 'f.external_id' WHEN 'Group:displayName' THEN 'f.display_fold'
		WHEN 'Group:meta.created' THEN 'f.created_at' WHEN 'Group:meta.lastModified' THEN 'f.changed_at' WHEN 'Group:meta' THEN 'f.created_at' WHEN 'Group:meta.resourceType' THEN '''Group''::text'
		WHEN 'Group[]:members.value' THEN 'e.person_id::text' WHEN 'Group[]:members.type' THEN '''user''::text' END
$$;

-- Every user has an employee code and stands somewhere: the extensions are there for all.
CREATE OR REPLACE FUNCTION sen.scim_values(kind text, attribute text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE kind || ':' || attribute
		WHEN 'User:posts' THEN '(SELECT o.*, u.code AS unit_code FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id'
			' WHERE starts_with(u.path, (SELECT w.path FROM sen.feed d JOIN sen.unit w ON w.id = d.unit_id WHERE d.id = $1))'
			' AND (upper_inf(o.valid) OR upper(o.valid) > sen.today())) e WHERE e.person_id = f.person_id'
		WHEN 'User:groups' THEN '(SELECT g.*, m.person_id FROM sen.feed_member m JOIN sen.feed_group g ON g.feed_id = m.feed_id AND g.id = m.group_id) e'
			' WHERE e.feed_id = f.feed_id AND e.person_id = f.person_id'
		WHEN 'User:schemas' THEN '(VALUES (''urn:ietf:params:scim:schemas:core:2.0:user''::text), (''urn:ietf:params:scim:schemas:extension:enterprise:2.0:user''),'
			' (''urn:sen:params:scim:schemas:extension:official:1.0:user'')) e (urn) WHERE true'
		WHEN 'Group:schemas' THEN '(VALUES (''urn:ietf:params:scim:schemas:core:2.0:group''::text)) e (urn) WHERE true'
		WHEN 'Group:members' THEN 'sen.feed_member e WHERE e.feed_id = f.feed_id AND e.group_id = f.id' END
$$;

CREATE OR REPLACE FUNCTION sen.scim_leaf(kind text, c jsonb, elem boolean) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE
	own text := sen.scim_expression(kind, c ->> 'n', elem);
	path text[] := ARRAY(SELECT jsonb_array_elements_text(c -> 'p'));
	val text := format('($2)[%s]', (c ->> 'v')::integer + 1);
	x text;
BEGIN
	IF own IS NULL AND (kind <> 'User' OR c ->> 'n' IN ('meta.location', 'meta.version', 'groups.$ref', 'manager.$ref')) THEN
		RAISE EXCEPTION 'not searched by this attribute' USING ERRCODE = '22023';
	END IF;
	-- As the index has it.
	IF c ->> 'o' = 'eq' AND own LIKE '%_id::text' THEN
		RETURN replace(own, '::text', '') || format(' = sen.scim_uuid(%s)', val);
	END IF;
	IF c ->> 'o' = 'eq' AND own IS NULL AND NOT elem AND c ->> 't' = 'text' THEN
		x := val || '::text';
		FOR i IN REVERSE cardinality(path)..1 LOOP
			x := format('jsonb_build_object(%L::text, %s)', path[i], x);
		END LOOP;
		RETURN 'f.search @> ' || x;
	END IF;
	IF c ->> 'o' = 'pr' THEN
		RETURN CASE WHEN own IS NOT NULL THEN own || ' IS NOT NULL' WHEN elem THEN format('e.value ? %L', path[2])
			ELSE format('f.search #> %L IS NOT NULL', path) END;
	END IF;
	x := coalesce(own, CASE WHEN elem THEN format('(e.value ->> %L)', path[2]) ELSE format('(f.search #>> %L)', path) END);
	CASE c ->> 't'
		WHEN 'bool' THEN
			RETURN CASE WHEN own IS NOT NULL THEN own ELSE x || '::boolean' END || ' = ' || val || '::boolean';
		WHEN 'time' THEN
			val := val || '::timestamptz';
		ELSE
			x := CASE WHEN c ->> 'o' = 'eq' THEN x ELSE x || ' COLLATE "C"' END;
	END CASE;
	RETURN CASE c ->> 'o' WHEN 'eq' THEN x || ' = ' || val WHEN 'gt' THEN x || ' > ' || val WHEN 'ge' THEN x || ' >= ' || val
		WHEN 'lt' THEN x || ' < ' || val WHEN 'le' THEN x || ' <= ' || val
		WHEN 'sw' THEN format('(%s >= %s AND %s < %s || chr(1114111) AND starts_with(%s, %s))', x, val, x, val, x, val)
		WHEN 'ew' THEN format('right(%s, length(%s)) = %s', x, val, val) WHEN 'co' THEN format('strpos(%s, %s) > 0', x, val) END;
END
$$;

CREATE OR REPLACE FUNCTION sen.scim_condition(kind text, c jsonb, elem boolean DEFAULT false) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE
	inner_c jsonb;
	source text;
BEGIN
	IF c IS NULL THEN
		RETURN NULL;
	END IF;
	CASE c ->> 'o'
		WHEN 'and', 'or' THEN
			RETURN '(' || sen.scim_condition(kind, c #> '{a,0}', elem) || CASE c ->> 'o' WHEN 'and' THEN ' AND ' ELSE ' OR ' END
				|| sen.scim_condition(kind, c #> '{a,1}', elem) || ')';
		WHEN 'not' THEN
			RETURN '((' || sen.scim_condition(kind, c #> '{a,0}', elem) || ') IS NOT TRUE)';
		WHEN 'any' THEN
			inner_c := c #> '{a,0}';
			source := sen.scim_values(kind, c ->> 'n');
			IF source IS NOT NULL THEN
				RETURN 'EXISTS (SELECT FROM ' || source || coalesce(' AND ' || sen.scim_condition(kind, inner_c, true), '') || ')';
			END IF;
			IF inner_c IS NULL THEN
				RETURN format('f.search ? %L', c ->> 'n');
			END IF;
			IF sen.scim_contained(inner_c) IS NOT NULL THEN
				RETURN format('f.search @> jsonb_build_object(%L::text, jsonb_build_array(jsonb_build_object(%s)))', c ->> 'n', sen.scim_contained(inner_c));
			END IF;
			RETURN format('EXISTS (SELECT FROM jsonb_array_elements(f.search -> %L) e WHERE %s)', c ->> 'n', sen.scim_condition(kind, inner_c, true));
		ELSE
			RETURN sen.scim_leaf(kind, c, elem);
	END CASE;
END
$$;

-- What is sorted by, bounded, so that a cursor can hold it.
CREATE FUNCTION sen.scim_sort_key(kind text, sort jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE
	path text[] := ARRAY(SELECT jsonb_array_elements_text(sort -> 'p'));
	x text := sen.scim_expression(kind, sort ->> 'n', false);
BEGIN
	IF x IS NULL AND (kind <> 'User' OR sort ->> 'n' IN ('meta.location', 'meta.version')) THEN
		RAISE EXCEPTION 'not sorted by this attribute' USING ERRCODE = '22023';
	END IF;
	IF (sort ->> 'm')::boolean THEN
		x := format('(SELECT e.value ->> %L FROM jsonb_array_elements(f.search -> %L) WITH ORDINALITY e (value, n)'
			' ORDER BY e.value @> ''{"primary": true}'' DESC, e.n LIMIT 1)', path[2], path[1]);
	END IF;
	x := coalesce(x, format('(f.search #>> %L)', path));
	RETURN CASE WHEN sort ->> 't' = 'time' THEN 'sen.iso_ms(' || x || ')' WHEN sort ->> 'n' IN ('userName', 'externalId') THEN x
		ELSE 'left(' || x || '::text, 200)' END || ' COLLATE "C"';
END
$$;

-- How many there are, in a first row without id; then those of one page.  sort: a leaf without value, or NULL.  after_seq NULL: from the
-- beginning, past skip rows.  max_rows 0: only how many.
--
-- To count is to look at every row, which is most of what a search costs: nobody is looked for twice.  A page from the beginning that is not
-- full has found all there are; a full one was found soon, and then they are counted.  What is sorted, or joined, is so as a whole, and counted.
CREATE FUNCTION sen.scim_search(kind text, feed uuid, cond jsonb, vals text[], sort jsonb, down boolean, after_seq bigint, after_key text,
	skip bigint, max_rows bigint) RETURNS TABLE (total bigint, id uuid, seq bigint, key text) LANGUAGE plpgsql STABLE AS $$
DECLARE
	x text := CASE WHEN sort IS NOT NULL AND max_rows > 0 THEN sen.scim_sort_key(kind, sort) END;
	behind text := CASE WHEN after_seq IS NULL THEN 'true' WHEN x IS NULL THEN 'm.seq > $3'
		WHEN after_key IS NULL THEN 'm.key IS NULL AND m.seq > $3' || CASE WHEN down THEN ' OR m.key IS NOT NULL' ELSE '' END
		ELSE format('m.key COLLATE "C" %s $4 OR m.key = $4 AND m.seq > $3%s', CASE WHEN down THEN '<' ELSE '>' END,
			CASE WHEN down THEN '' ELSE ' OR m.key IS NULL' END) END;
	rows text := format('SELECT %s AS id, f.seq, (%s)::text AS key', CASE kind WHEN 'User' THEN 'f.person_id' ELSE 'f.id' END, coalesce(x, 'NULL'))
		|| sen.scim_from(kind, cond, x);
	page text := format('SELECT NULL::bigint, m.id, m.seq, m.key FROM m WHERE %s ORDER BY %sm.seq OFFSET $5 LIMIT $6', behind,
		CASE WHEN x IS NULL THEN '' ELSE 'm.key COLLATE "C"' || CASE WHEN down THEN ' DESC, ' ELSE ', ' END END);
	n text := 'SELECT count(*), NULL::uuid, NULL::bigint, NULL::text' || sen.scim_from(kind, cond, NULL);
	ids uuid[];
	seqs bigint[];
BEGIN
	IF max_rows = 0 THEN
		RETURN QUERY EXECUTE n USING feed, vals;
	ELSIF cond IS NOT NULL AND (x IS NOT NULL OR strpos(rows, ' JOIN sen.person p ') > 0) THEN
		RETURN QUERY EXECUTE 'WITH m AS MATERIALIZED (' || rows || ') SELECT count(*), NULL::uuid, NULL::bigint, NULL::text FROM m UNION ALL (' || page || ')'
			USING feed, vals, after_seq, after_key, skip, max_rows;
	ELSIF cond IS NOT NULL AND after_seq IS NULL AND skip <= 10000 THEN
		EXECUTE 'SELECT array_agg(m.id ORDER BY m.seq), array_agg(m.seq ORDER BY m.seq) FROM (' || rows || ' ORDER BY f.seq LIMIT $3) m'
			INTO ids, seqs USING feed, vals, skip + max_rows;
		IF coalesce(cardinality(seqs), 0) < skip + max_rows THEN
			RETURN QUERY SELECT coalesce(cardinality(seqs), 0)::bigint, NULL::uuid, NULL::bigint, NULL::text;
		ELSE
			RETURN QUERY EXECUTE n USING feed, vals;
		END IF;
		RETURN QUERY SELECT NULL::bigint, u.id, u.seq, NULL::text FROM unnest(ids, seqs) WITH ORDINALITY u (id, seq, n) WHERE u.n > skip ORDER BY u.n;
	ELSE
		RETURN QUERY EXECUTE n USING feed, vals;
		RETURN QUERY EXECUTE 'WITH m AS (' || rows || ') ' || page USING feed, vals, after_seq, after_key, skip, max_rows;
	END IF;
END
$$;
DROP FUNCTION sen.scim_page(text, uuid, jsonb, text[], jsonb, boolean, bigint, text, bigint, bigint);
DROP FUNCTION sen.scim_count(text, uuid, jsonb, text[]);

-- A search that took long counts for a second's worth of requests.
CREATE FUNCTION sen.feed_charge(feed uuid) RETURNS void LANGUAGE sql AS $$
	UPDATE sen.feed_rate r SET tokens = r.tokens - f.rate_per_s FROM sen.feed f WHERE f.id = feed AND r.feed_id = f.id
$$;
