-- Units as entries of the directory: who keeps them, and which are to be looked at (provisioning/units).

CREATE TABLE sen.unit_sync (
	platform_id  smallint PRIMARY KEY REFERENCES sen.platform,
	lease_token  bigint NOT NULL DEFAULT 0,       -- fencing: who holds an older one changes nothing
	lease_until  timestamptz,
	whole_due_at timestamptz NOT NULL DEFAULT now(),
	whole_at     timestamptz,                     -- when all were compared last
	whole_on     date,                            -- the day of that: the next one begins and ends units
	retry_at     timestamptz,                     -- after a fault, not before
	tries        integer NOT NULL DEFAULT 0,      -- since the last turn that went well
	entries      bigint NOT NULL DEFAULT 0,       -- of ours, as last compared
	strangers    bigint NOT NULL DEFAULT 0,       -- entries that are of no unit, or where one of ours should be
	made         bigint NOT NULL DEFAULT 0,
	changed      bigint NOT NULL DEFAULT 0,
	raced        bigint NOT NULL DEFAULT 0,       -- somebody else was there at the same time; looked at again
	refused      bigint NOT NULL DEFAULT 0,       -- by the directory
	fault        text,                            -- the last one
	detail       text,
	fault_at     timestamptz
);

CREATE SEQUENCE sen.unit_dirty_seq;
CREATE TABLE sen.unit_dirty (
	platform_id smallint NOT NULL REFERENCES sen.unit_sync ON DELETE CASCADE,
	unit_id     integer NOT NULL,
	seq         bigint NOT NULL DEFAULT nextval('sen.unit_dirty_seq'), -- another one after each change
	PRIMARY KEY (platform_id, unit_id)
);

-- What an entry shows has changed.
CREATE FUNCTION sen.unit_marks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM sen.unit_sync) THEN
		RETURN NULL;
	END IF;
	IF TG_OP = 'INSERT' THEN
		INSERT INTO sen.unit_dirty (platform_id, unit_id) SELECT s.platform_id, n.id FROM sen.unit_sync s CROSS JOIN new_units n ORDER BY 1, 2
		ON CONFLICT (platform_id, unit_id) DO UPDATE SET seq = nextval('sen.unit_dirty_seq');
	ELSE
		INSERT INTO sen.unit_dirty (platform_id, unit_id) SELECT s.platform_id, n.id FROM sen.unit_sync s CROSS JOIN new_units n JOIN old_units o ON o.id = n.id
		WHERE (o.name, o.kind, o.parent_id, o.valid_from, o.valid_to) IS DISTINCT FROM (n.name, n.kind, n.parent_id, n.valid_from, n.valid_to) ORDER BY 1, 2
		ON CONFLICT (platform_id, unit_id) DO UPDATE SET seq = nextval('sen.unit_dirty_seq');
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER unit_marks_new AFTER INSERT ON sen.unit REFERENCING NEW TABLE AS new_units FOR EACH STATEMENT EXECUTE FUNCTION sen.unit_marks();
CREATE TRIGGER unit_marks_changed AFTER UPDATE ON sen.unit REFERENCING OLD TABLE AS old_units NEW TABLE AS new_units
	FOR EACH STATEMENT EXECUTE FUNCTION sen.unit_marks();
REVOKE ALL ON FUNCTION sen.unit_marks() FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE ON sen.unit_sync TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.unit_dirty TO sen_provisioner;
GRANT USAGE ON SEQUENCE sen.unit_dirty_seq TO sen_provisioner;
GRANT SELECT ON sen.unit_sync, sen.unit_dirty TO sen_server;
