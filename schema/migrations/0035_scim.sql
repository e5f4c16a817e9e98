-- Sources that state by SCIM 2.0 who should exist: feeds of HR systems, the users and groups that each has stated, and the
-- statements that search them.
--
-- What a feed states is carried out by the functions of personnel, in the name of the feed's service account; here is kept
-- only what the feed itself said and may read back.

CREATE TABLE sen.feed (
	id              uuid PRIMARY KEY,
	code            text NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9-]{1,31}$'),
	name            text NOT NULL CHECK (name IS NFC NORMALIZED AND length(name) BETWEEN 1 AND 80),
	account_id      uuid NOT NULL UNIQUE REFERENCES sen.account,   -- acts in its name; its scopes bound what the feed may do
	unit_id         integer NOT NULL REFERENCES sen.unit,          -- with all below it
	authority       text[] NOT NULL CHECK (authority <@ ARRAY['names', 'personal', 'posts', 'active', 'groups']),
	-- For what a source leaves out; NULL: it must not.
	default_unit    integer REFERENCES sen.unit,
	default_title   text CHECK (default_title IS NFC NORMALIZED AND length(default_title) BETWEEN 1 AND 200),
	default_kind    text CHECK (default_kind IN ('can_bo', 'cong_chuc', 'vien_chuc', 'khong_chuyen_trach')),
	basis           text NOT NULL CHECK (length(basis) BETWEEN 1 AND 80),   -- decision number of posts that come without
	token_hash      bytea NOT NULL UNIQUE,
	token_until     timestamptz NOT NULL,
	old_token_hash  bytea UNIQUE,                                   -- good for a while after a rotation
	old_until       timestamptz,
	rate_per_s      integer NOT NULL DEFAULT 100 CHECK (rate_per_s BETWEEN 1 AND 10000),
	enabled         boolean NOT NULL DEFAULT true,
	-- How many suspensions more than the guard lets through a second person has released.
	allowance       integer NOT NULL DEFAULT 0 CHECK (allowance >= 0),
	created_by      uuid NOT NULL REFERENCES sen.account,
	created_at      timestamptz NOT NULL DEFAULT now(),
	seen_at         timestamptz,
	version         bigint NOT NULL DEFAULT 1
);
CREATE TRIGGER version_up BEFORE UPDATE OF name, unit_id, authority, default_unit, default_title, default_kind, basis, rate_per_s, enabled ON sen.feed
	FOR EACH ROW EXECUTE FUNCTION sen.version_up();

-- A bucket of requests per feed; lost with a crash, and no harm done.
CREATE UNLOGGED TABLE sen.feed_rate (
	feed_id  uuid PRIMARY KEY,
	tokens   double precision NOT NULL,
	at       timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE sen.feed_user (
	feed_id      uuid NOT NULL REFERENCES sen.feed,
	person_id    uuid NOT NULL REFERENCES sen.person,
	seq          bigint GENERATED ALWAYS AS IDENTITY,
	user_name    text NOT NULL CHECK (length(user_name) BETWEEN 1 AND 1000),
	user_fold    text COLLATE "C" NOT NULL,
	external_id  text COLLATE "C",
	active       boolean NOT NULL,
	attrs        jsonb NOT NULL,      -- what was stated and is nobody else's to say, in canonical form
	search       jsonb NOT NULL,      -- the same in lower case where case does not count
	stopped_by   uuid,                -- movement by which this feed stopped the person
	created_at   timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
	changed_at   timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
	gone_at      timestamptz,         -- the feed has deleted it
	PRIMARY KEY (feed_id, person_id)
);
CREATE UNIQUE INDEX feed_user_name ON sen.feed_user (feed_id, user_fold) WHERE gone_at IS NULL;
CREATE UNIQUE INDEX feed_user_external ON sen.feed_user (feed_id, external_id) WHERE gone_at IS NULL;
-- One source answers for a person.
CREATE UNIQUE INDEX feed_user_person ON sen.feed_user (person_id) WHERE gone_at IS NULL;
CREATE UNIQUE INDEX feed_user_order ON sen.feed_user (feed_id, seq) WHERE gone_at IS NULL;
-- What sources ask for again and again: what has changed, who is out.
CREATE INDEX feed_user_changed ON sen.feed_user (feed_id, changed_at) WHERE gone_at IS NULL;
CREATE INDEX feed_user_inactive ON sen.feed_user (feed_id, seq) WHERE gone_at IS NULL AND NOT active;
CREATE INDEX feed_user_search ON sen.feed_user USING gin (search jsonb_path_ops) WHERE gone_at IS NULL;

-- Whom a feed has stopped: what its guard counts.
CREATE TABLE sen.feed_stop (
	feed_id    uuid NOT NULL REFERENCES sen.feed,
	at         timestamptz NOT NULL DEFAULT now(),
	person_id  uuid NOT NULL REFERENCES sen.person,
	dated      boolean NOT NULL,     -- with a kind of departure, not merely vanished
	PRIMARY KEY (feed_id, at, person_id)
);
-- Whom it would have stopped beyond that.
CREATE TABLE sen.feed_held (
	feed_id    uuid NOT NULL REFERENCES sen.feed,
	person_id  uuid NOT NULL REFERENCES sen.person,
	first_at   timestamptz NOT NULL DEFAULT now(),
	last_at    timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (feed_id, person_id)
);

-- Groups are a source's own lists; one that an administrator has tied to a role gives that role to its members.
CREATE TABLE sen.feed_group (
	feed_id       uuid NOT NULL REFERENCES sen.feed,
	id            uuid NOT NULL,
	seq           bigint GENERATED ALWAYS AS IDENTITY,
	display_name  text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 1000),
	display_fold  text COLLATE "C" NOT NULL,
	external_id   text COLLATE "C",
	role_id       integer REFERENCES sen.role,
	created_at    timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
	changed_at    timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
	version       bigint NOT NULL DEFAULT 1,
	gone_at       timestamptz,
	PRIMARY KEY (feed_id, id)
);
CREATE INDEX feed_group_name ON sen.feed_group (feed_id, display_fold) WHERE gone_at IS NULL;
CREATE UNIQUE INDEX feed_group_external ON sen.feed_group (feed_id, external_id) WHERE gone_at IS NULL;
CREATE UNIQUE INDEX feed_group_order ON sen.feed_group (feed_id, seq) WHERE gone_at IS NULL;
CREATE TABLE sen.feed_member (
	feed_id    uuid NOT NULL,
	group_id   uuid NOT NULL,
	person_id  uuid NOT NULL REFERENCES sen.person,
	PRIMARY KEY (feed_id, group_id, person_id),
	FOREIGN KEY (feed_id, group_id) REFERENCES sen.feed_group
);
CREATE INDEX feed_member_person ON sen.feed_member (feed_id, person_id);

CREATE FUNCTION sen.iso_ms(t timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
	SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
CREATE FUNCTION sen.scim_lower(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT lower(t COLLATE "und-x-icu") COLLATE "C"
$$;

-- Who asks, and whether he may ask now: one statement per request.  wait_ms > 0: not yet.
CREATE FUNCTION sen.feed_enter(hash bytea) RETURNS TABLE (feed_id uuid, code text, name text, account_id uuid, login text, person_id uuid,
	unit_id integer, unit_path text, authority text[], default_unit text, default_title text, default_kind text, basis text, wait_ms integer)
	LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
DECLARE
	f feed;
	left_over double precision;
BEGIN
	SELECT x.* INTO f FROM feed x WHERE x.enabled AND (x.token_hash = hash AND x.token_until > now() OR x.old_token_hash = hash AND x.old_until > now());
	IF f.id IS NULL THEN
		RETURN;
	END IF;
	-- Twice a second's worth at once.
	INSERT INTO feed_rate AS r (feed_id, tokens, at) VALUES (f.id, 2 * f.rate_per_s - 1, now())
	ON CONFLICT ON CONSTRAINT feed_rate_pkey DO UPDATE SET at = greatest(r.at, now()), tokens = greatest(-f.rate_per_s, least(2 * f.rate_per_s,
		r.tokens + f.rate_per_s * greatest(0, extract(epoch FROM now() - r.at))) - 1) RETURNING tokens INTO left_over;
	IF f.seen_at IS NULL OR f.seen_at < now() - interval '1 minute' THEN
		UPDATE feed x SET seen_at = now() WHERE x.id = f.id AND (x.seen_at IS NULL OR x.seen_at < now() - interval '1 minute');
	END IF;
	RETURN QUERY SELECT f.id, f.code, f.name, a.id, a.login, a.person_id, f.unit_id, u.path, f.authority,
		(SELECT d.code FROM unit d WHERE d.id = f.default_unit), f.default_title, f.default_kind, f.basis,
		CASE WHEN left_over >= 0 THEN 0 ELSE ceil(-1000 * left_over / f.rate_per_s)::integer END
	FROM account a JOIN unit u ON u.id = f.unit_id WHERE a.id = f.account_id AND a.status = 'active';
END
$$;

-- NULL for what is no id.
CREATE FUNCTION sen.scim_uuid(t text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN t ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN t::uuid END
$$;

-- Searching.  A filter comes as a tree of JSON from the program's parser; what becomes SQL is written here, name by name, and
-- values stay parameters ($2): nothing that a client sends is ever part of a statement.

-- What a name of the schema is in SQL; elem: within the values of the attribute e.  NULL: a path in the JSON of the row.
CREATE FUNCTION sen.scim_expression(kind text, name text, elem boolean) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE kind || CASE WHEN elem THEN '[]' ELSE '' END || ':' || name
		WHEN 'User:id' THEN 'f.person_id::text' WHEN 'User:externalId' THEN 'f.external_id' WHEN 'User:userName' THEN 'f.user_fold'
		WHEN 'User:active' THEN 'f.active' WHEN 'User:meta.created' THEN 'f.created_at' WHEN 'User:meta.lastModified' THEN 'f.changed_at'
		WHEN 'User:meta.resourceType' THEN '''User''::text' WHEN 'User:name.familyName' THEN 'sen.scim_lower(nullif(p.ho, ''''))'
		WHEN 'User:name.middleName' THEN 'sen.scim_lower(nullif(p.dem, ''''))' WHEN 'User:name.givenName' THEN 'sen.scim_lower(p.ten)'
		WHEN 'User:name.formatted' THEN 'sen.scim_lower(p.full_name)' WHEN 'User:name' THEN 'p.ten' WHEN 'User:userType' THEN 'p.kind'
		WHEN 'User:employeeNumber' THEN 'p.employee_code' WHEN 'User:birthDate' THEN 'p.birth_date::text' WHEN 'User:sex' THEN 'p.sex'
		WHEN 'User:state' THEN 'sen.person_state(f.person_id)'
		WHEN 'User[]:posts.unit' THEN 'e.unit_code' WHEN 'User[]:posts.title' THEN 'e.title' WHEN 'User[]:posts.kind' THEN 'e.kind'
		WHEN 'User[]:posts.rank' THEN 'e.rank' WHEN 'User[]:posts.validFrom' THEN 'lower(e.valid)::text'
		WHEN 'User[]:posts.validTo' THEN 'upper(e.valid)::text' WHEN 'User[]:posts.decisionNumber' THEN 'e.decision_no'
		WHEN 'User[]:posts.decisionDate' THEN 'e.decision_on::text' WHEN 'User[]:posts.signer' THEN 'e.signer'
		WHEN 'User[]:groups.value' THEN 'e.id::text' WHEN 'User[]:groups.display' THEN 'e.display_fold' WHEN 'User[]:groups.type' THEN '''direct''::text'
		WHEN 'Group:id' THEN 'f.id::text' WHEN 'Group:externalId' THEN 'f.external_id' WHEN 'Group:displayName' THEN 'f.display_fold'
		WHEN 'Group:meta.created' THEN 'f.created_at' WHEN 'Group:meta.lastModified' THEN 'f.changed_at' WHEN 'Group:meta.resourceType' THEN '''Group''::text'
		WHEN 'Group[]:members.value' THEN 'e.person_id::text' WHEN 'Group[]:members.type' THEN '''user''::text' END
$$;
-- The values of an attribute with several, as e, with what ties them to the row: in front, so that the planner may join.
CREATE FUNCTION sen.scim_values(kind text, attribute text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE kind || ':' || attribute
		WHEN 'User:posts' THEN '(SELECT o.*, u.code AS unit_code FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id'
			' WHERE starts_with(u.path, (SELECT w.path FROM sen.feed d JOIN sen.unit w ON w.id = d.unit_id WHERE d.id = $1))'
			' AND (upper_inf(o.valid) OR upper(o.valid) > sen.today())) e WHERE e.person_id = f.person_id'
		WHEN 'User:groups' THEN '(SELECT g.*, m.person_id FROM sen.feed_member m JOIN sen.feed_group g ON g.feed_id = m.feed_id AND g.id = m.group_id) e'
			' WHERE e.feed_id = f.feed_id AND e.person_id = f.person_id'
		WHEN 'Group:members' THEN 'sen.feed_member e WHERE e.feed_id = f.feed_id AND e.group_id = f.id' END
$$;
-- "a eq x and b eq y" as the arguments of jsonb_build_object: such a value is found by the index.  NULL: it is something else.
CREATE FUNCTION sen.scim_contained(c jsonb) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN c ->> 'o' = 'eq' AND c ->> 't' IN ('text', 'bool') THEN format('%L::text, ($2)[%s]%s', c #>> '{p,1}', (c ->> 'v')::integer + 1,
			CASE c ->> 't' WHEN 'bool' THEN '::boolean' ELSE '::text' END)
		WHEN c ->> 'o' = 'and' AND c #>> '{a,0,n}' <> c #>> '{a,1,n}' AND c #>> '{a,0,o}' = 'eq' AND c #>> '{a,1,o}' = 'eq' THEN
			sen.scim_contained(c #> '{a,0}') || ', ' || sen.scim_contained(c #> '{a,1}') END
$$;

-- A leaf: {"o": "eq", "n": "name.givenName", "p": ["name", "givenName"], "t": "text", "v": 3}.
CREATE FUNCTION sen.scim_leaf(kind text, c jsonb, elem boolean) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
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
CREATE FUNCTION sen.scim_condition(kind text, c jsonb, elem boolean DEFAULT false) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE
	inner_c jsonb;
	source text;
BEGIN
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

-- What every search of one kind has in common; cond NULL: all.
CREATE FUNCTION sen.scim_from(kind text, cond jsonb, sort text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN kind <> 'User' THEN ' FROM sen.feed_group f' WHEN coalesce(x.cond, '') || coalesce(sort, '') ~ '\mp\.' THEN
			' FROM sen.feed_user f JOIN sen.person p ON p.id = f.person_id' ELSE ' FROM sen.feed_user f' END
		|| ' WHERE f.feed_id = $1 AND f.gone_at IS NULL' || coalesce(' AND ' || x.cond, '')
	FROM (SELECT sen.scim_condition(kind, cond) AS cond) x
$$;
CREATE FUNCTION sen.scim_count(kind text, feed uuid, cond jsonb, vals text[]) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE 'SELECT count(*)' || sen.scim_from(kind, cond, NULL) INTO n USING feed, vals;
	RETURN n;
END
$$;
-- sort: a leaf without value, or NULL.  after_seq NULL: from the beginning, past skip rows.
CREATE FUNCTION sen.scim_page(kind text, feed uuid, cond jsonb, vals text[], sort jsonb, down boolean, after_seq bigint, after_key text,
	skip bigint, max_rows bigint) RETURNS TABLE (id uuid, seq bigint, key text) LANGUAGE plpgsql STABLE AS $$
DECLARE
	x text := 'NULL::text';
	way text := CASE WHEN down THEN ' DESC' ELSE ' ASC' END;
	behind text := '';
BEGIN
	IF sort IS NOT NULL THEN
		x := sen.scim_expression(kind, sort ->> 'n', false);
		IF x IS NULL AND kind <> 'User' THEN
			RAISE EXCEPTION 'not sorted by this attribute' USING ERRCODE = '22023';
		END IF;
		x := coalesce(x, format('(f.search #>> %L)', ARRAY(SELECT jsonb_array_elements_text(sort -> 'p'))));
		-- Bounded, so that a cursor can hold it.
		x := CASE WHEN sort ->> 't' = 'time' THEN 'sen.iso_ms(' || x || ')' WHEN sort ->> 'n' IN ('userName', 'externalId') THEN x ELSE 'left(' || x || '::text, 200)' END || ' COLLATE "C"';
	END IF;
	IF after_seq IS NOT NULL THEN
		behind := CASE WHEN sort IS NULL THEN ' AND f.seq > $3'
			WHEN after_key IS NULL THEN format(' AND (%s IS NULL AND f.seq > $3%s)', x, CASE WHEN down THEN format(' OR %s IS NOT NULL', x) ELSE '' END)
			ELSE format(' AND (%s %s $4 OR %s = $4 AND f.seq > $3%s)', x, CASE WHEN down THEN '<' ELSE '>' END, x,
				CASE WHEN down THEN '' ELSE format(' OR %s IS NULL', x) END) END;
	END IF;
	RETURN QUERY EXECUTE 'SELECT ' || CASE kind WHEN 'User' THEN 'f.person_id' ELSE 'f.id' END || ', f.seq, (' || x || ')::text'
		|| sen.scim_from(kind, cond, x) || behind || ' ORDER BY ' || CASE WHEN sort IS NULL THEN '' ELSE x || way || ', ' END
		|| 'f.seq OFFSET $5 LIMIT $6' USING feed, vals, after_seq, after_key, skip, max_rows;
END
$$;

GRANT SELECT, INSERT, UPDATE ON sen.feed, sen.feed_rate, sen.feed_user, sen.feed_group TO sen_server;
GRANT SELECT, INSERT ON sen.feed_stop TO sen_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.feed_held, sen.feed_member TO sen_server;
