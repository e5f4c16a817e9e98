-- Units, persons and posts: what the authority knows of its organisation.

CREATE SCHEMA IF NOT EXISTS sen;
SET search_path = sen, public;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
GRANT USAGE ON SCHEMA sen TO sen_server, sen_provisioner;

CREATE TABLE unit (
	id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code        text NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9.-]{1,35}$'),
	name        text NOT NULL CHECK (name IS NFC NORMALIZED AND length(name) BETWEEN 1 AND 200),
	name_en     text,
	name_fold   text NOT NULL,
	kind        text NOT NULL CHECK (kind IN ('central', 'province', 'department', 'commune', 'ward', 'division')),
	parent_id   integer REFERENCES unit,
	-- Ids from the root, each followed by a dot: "1.17.230."; a subtree is a prefix.
	path        text NOT NULL DEFAULT '',
	valid_from  date NOT NULL,
	valid_to    date,
	verified    boolean NOT NULL,
	CHECK (valid_to IS NULL OR valid_to > valid_from),
	CHECK (parent_id IS DISTINCT FROM id)
);
CREATE INDEX unit_path ON unit (path text_pattern_ops);
CREATE INDEX unit_parent ON unit (parent_id);

-- Recomputes every path that is not what the tree says; returns how many changed.
CREATE FUNCTION unit_repath() RETURNS bigint LANGUAGE sql AS $$
	WITH RECURSIVE tree AS (
		SELECT id, id || '.' AS path, 1 AS depth FROM unit WHERE parent_id IS NULL
		UNION ALL
		SELECT u.id, t.path || u.id || '.', t.depth + 1 FROM unit u JOIN tree t ON u.parent_id = t.id WHERE t.depth < 12
	), changed AS (
		UPDATE unit u SET path = t.path FROM tree t WHERE u.id = t.id AND u.path <> t.path RETURNING 1
	)
	SELECT count(*) FROM changed
$$;

CREATE TABLE person (
	id             uuid PRIMARY KEY,
	employee_code  text NOT NULL UNIQUE CHECK (employee_code ~ '^[A-Za-z0-9.-]{1,32}$'),
	kind           text NOT NULL CHECK (kind IN ('can_bo', 'cong_chuc', 'vien_chuc', 'khong_chuyen_trach')),
	-- Family name, middle name, given name; family or middle may be empty: names need not have three parts.
	ho             text NOT NULL,
	dem            text NOT NULL,
	ten            text NOT NULL CHECK (ten <> ''),
	full_name      text NOT NULL CHECK (full_name IS NFC NORMALIZED AND length(full_name) BETWEEN 1 AND 120),
	name_fold      text NOT NULL,
	birth_date     date,
	-- The personal number is kept only as keyed hash (to find duplicates) and ciphertext.
	national_id_hash   bytea UNIQUE,
	national_id_sealed text,
	created_at     timestamptz NOT NULL DEFAULT now(),
	changed_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX person_name_fold ON person USING gin (name_fold public.gin_trgm_ops);

CREATE TABLE post (
	person_id    uuid NOT NULL REFERENCES person,
	id           uuid NOT NULL,
	unit_id      integer NOT NULL REFERENCES unit,
	title        text NOT NULL CHECK (title IS NFC NORMALIZED AND length(title) BETWEEN 1 AND 200),
	kind         text NOT NULL CHECK (kind IN ('main', 'concurrent')),
	valid        daterange NOT NULL CHECK (NOT isempty(valid) AND NOT lower_inf(valid)),
	decision_no  text NOT NULL CHECK (length(decision_no) BETWEEN 1 AND 80),
	PRIMARY KEY (person_id, id),
	-- Exactly one main post at a time.
	EXCLUDE USING gist (person_id WITH =, valid WITH &&) WHERE (kind = 'main'),
	-- The same post is not held twice at a time.
	EXCLUDE USING gist (person_id WITH =, unit_id WITH =, title WITH =, valid WITH &&)
);
CREATE INDEX post_unit ON post (unit_id);

GRANT SELECT ON unit, person, post TO sen_server, sen_provisioner;
