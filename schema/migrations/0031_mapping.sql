-- What each platform holds of an account, and how accounts that are there already are known again: versions of a
-- document (common/plan/mapping_document.h), of which one is active.  A platform without one gets what its kind of connector does.

CREATE TABLE sen.mapping (
	platform_id    smallint NOT NULL REFERENCES sen.platform CHECK (platform_id > 0),
	number         integer NOT NULL CHECK (number > 0),
	state          text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'tested', 'active', 'retired')),
	version        bigint NOT NULL DEFAULT 1,      -- raised by each change
	document       jsonb NOT NULL,
	samples        jsonb NOT NULL DEFAULT '[]',    -- [{"name": …, "facts": {…}, "expect": {…}}]
	note           text NOT NULL DEFAULT '' CHECK (note IS NFC NORMALIZED AND length(note) <= 500),
	authors        uuid[] NOT NULL CHECK (cardinality(authors) > 0), -- who drew it up, then who edited it
	drawn_at       timestamptz NOT NULL DEFAULT now(),
	tested_by      uuid REFERENCES sen.account,
	tested_at      timestamptz,
	activated_by   uuid REFERENCES sen.account,
	activated_at   timestamptz,
	retired_at     timestamptz,
	-- How many accounts would be written, counted in steps up to an account.
	count_after    uuid,
	counted        bigint NOT NULL DEFAULT 0,
	count_accounts bigint NOT NULL DEFAULT 0,
	count_changes  bigint NOT NULL DEFAULT 0,
	count_due      bigint NOT NULL DEFAULT 0,
	count_done_at  timestamptz,
	-- After activation: accounts up to this one have been woken.  NULL with waking: from the beginning.
	waking         boolean NOT NULL DEFAULT false,
	wake_after     uuid,
	PRIMARY KEY (platform_id, number),
	CHECK ((state IN ('active', 'retired')) = (activated_at IS NOT NULL)),
	CHECK (pg_column_size(document) < 65536 AND pg_column_size(samples) < 262144)
);
CREATE UNIQUE INDEX mapping_active ON sen.mapping (platform_id) WHERE state = 'active';
CREATE INDEX mapping_waking ON sen.mapping (platform_id) WHERE waking;

-- More than this is for two persons: as the guard of disables has it, unless an administrator says otherwise there.
CREATE FUNCTION sen.mapping_is_large(accounts bigint, of_accounts bigint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT accounts > greatest(20, 0.02 * of_accounts)
$$;

-- Accounts at platforms that may be ours, for a person to decide: seen when a creation met them.
CREATE TABLE sen.match_candidate (
	platform_id  smallint NOT NULL,
	account_id   uuid NOT NULL,
	ext_id       text NOT NULL CHECK (length(ext_id) BETWEEN 1 AND 1024),
	rule         text NOT NULL,                   -- the first rule that hit it
	strong       boolean NOT NULL,
	label        text NOT NULL DEFAULT '',        -- its user name there
	linked       boolean NOT NULL DEFAULT false,  -- carries the id of somebody else: is never adopted
	seen_at      timestamptz NOT NULL DEFAULT now(),
	chosen_by    uuid REFERENCES sen.account,
	chosen_at    timestamptz,
	PRIMARY KEY (platform_id, account_id, ext_id)
);
CREATE UNIQUE INDEX match_candidate_chosen ON sen.match_candidate (platform_id, account_id) WHERE chosen_at IS NOT NULL;

-- Mappings may also say the kind of a unit, and the units above it.
CREATE OR REPLACE FUNCTION sen.wake_by_unit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.wake(ARRAY(SELECT a.id FROM sen.account a JOIN sen.post p ON p.person_id = a.person_id
		JOIN changed n ON n.id = p.unit_id JOIN before o ON o.id = n.id
		WHERE (n.code, n.name, n.kind) IS DISTINCT FROM (o.code, o.name, o.kind)), 3::smallint);
	IF EXISTS (SELECT FROM sen.mapping m WHERE m.state = 'active' AND m.document::text LIKE '%unit.path%') THEN
		PERFORM sen.wake(ARRAY(SELECT a.id FROM changed n JOIN before o ON o.id = n.id
			JOIN sen.unit u ON u.path LIKE n.path || '%' JOIN sen.post p ON p.unit_id = u.id JOIN sen.account a ON a.person_id = p.person_id
			WHERE (n.code, n.path) IS DISTINCT FROM (o.code, o.path)), 3::smallint);
	END IF;
	RETURN NULL;
END
$$;

GRANT SELECT, INSERT, UPDATE ON sen.mapping TO sen_server;
GRANT SELECT, UPDATE (waking, wake_after) ON sen.mapping TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.match_candidate TO sen_provisioner;
GRANT SELECT, UPDATE (chosen_by, chosen_at) ON sen.match_candidate TO sen_server;
-- A person chose a candidate: the platform is asked again.
CREATE FUNCTION sen.binding_ask_again(account uuid, platform smallint) RETURNS boolean LANGUAGE sql SECURITY DEFINER
	SET search_path = pg_catalog AS $$
	UPDATE sen.binding SET state = 3, due_at = now(), tries = 0 WHERE account_id = account AND platform_id = platform AND state = 5
		AND ext_id IS NULL RETURNING true
$$;
REVOKE ALL ON FUNCTION sen.binding_ask_again(uuid, smallint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.binding_ask_again(uuid, smallint) TO sen_server;
