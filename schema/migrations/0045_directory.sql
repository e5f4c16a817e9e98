-- What the guard has let through of units, for their entries in the directory (provisioning/units): where too many would end or get
-- another name or place at once, the entries stay as they are until a second person has decided (decision 0013).

-- One row an entry: as it shall be.  New units, and what makes one last longer, come here at once; what takes away is counted first.
CREATE TABLE sen.unit_shown (
	platform_id smallint NOT NULL REFERENCES sen.unit_sync ON DELETE CASCADE,
	unit_id     integer NOT NULL REFERENCES sen.unit ON DELETE CASCADE,
	name        text NOT NULL,
	kind        text NOT NULL,
	parent_id   integer,
	valid_from  date NOT NULL,
	valid_to    date,
	is_waiting  boolean NOT NULL DEFAULT false,   -- to be counted; within one transaction
	hold_id     bigint REFERENCES sen.hold,       -- what keeps it as it is, also after it was discarded
	passed_at   timestamptz,                      -- when something that is counted passed last
	PRIMARY KEY (platform_id, unit_id)
);
CREATE INDEX unit_shown_waiting ON sen.unit_shown (platform_id) WHERE is_waiting;
CREATE INDEX unit_shown_held ON sen.unit_shown (hold_id, unit_id) WHERE hold_id IS NOT NULL;
CREATE INDEX unit_shown_passed ON sen.unit_shown (platform_id, passed_at) WHERE passed_at IS NOT NULL;

-- By which transaction, and whether the guard counts it: neither by name nor approved.  Without a cause: only to be looked at again.
ALTER TABLE sen.unit_dirty ADD COLUMN is_counted boolean NOT NULL DEFAULT true, ADD COLUMN cause xid8, ADD COLUMN author uuid;

-- As sen.wake() does for accounts: up to five units in a transaction are a decision about each of them.
CREATE OR REPLACE FUNCTION sen.unit_marks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	why text := coalesce(current_setting('sen.cause', true), '');
	known text := coalesce(current_setting('sen.units_changed', true), '');
	few integer[];
	units integer[];
BEGIN
	IF NOT EXISTS (SELECT FROM sen.unit_sync) THEN
		RETURN NULL;
	END IF;
	IF TG_OP = 'INSERT' THEN
		units := ARRAY(SELECT n.id FROM new_units n);
	ELSE
		units := ARRAY(SELECT n.id FROM new_units n JOIN old_units o ON o.id = n.id
			WHERE (o.name, o.kind, o.parent_id, o.valid_from, o.valid_to) IS DISTINCT FROM (n.name, n.kind, n.parent_id, n.valid_from, n.valid_to));
		IF why NOT IN ('named', 'approved', 'feed') AND known <> 'many' THEN
			few := ARRAY(SELECT DISTINCT x.u FROM unnest(nullif(known, '')::integer[] || units) x (u) LIMIT 6);
			known := CASE WHEN cardinality(few) > 5 THEN 'many' ELSE few::text END;
			PERFORM set_config('sen.units_changed', known, true);
			IF known = 'many' THEN
				UPDATE sen.unit_dirty SET is_counted = true WHERE cause = pg_current_xact_id();
			END IF;
		END IF;
	END IF;
	INSERT INTO sen.unit_dirty AS d (platform_id, unit_id, is_counted, cause, author)
	SELECT s.platform_id, x.u, why = 'feed' OR why NOT IN ('named', 'approved') AND known = 'many', pg_current_xact_id(),
		nullif(current_setting('sen.author', true), '')::uuid
	FROM sen.unit_sync s CROSS JOIN unnest(units) x (u) ORDER BY 1, 2
	ON CONFLICT (platform_id, unit_id) DO UPDATE SET seq = nextval('sen.unit_dirty_seq'), is_counted = d.is_counted AND excluded.is_counted,
		cause = excluded.cause, author = coalesce(excluded.author, d.author);
	RETURN NULL;
END
$$;

-- Holds of units stand beside those of accounts: neither joins the other.
ALTER TABLE sen.hold DROP CONSTRAINT hold_reason_check, ADD CONSTRAINT hold_reason_check CHECK (reason IN ('platform', 'unit', 'role', 'removal', 'units'));
DROP INDEX sen.hold_open;
CREATE UNIQUE INDEX hold_open ON sen.hold (platform_id) WHERE state = 'open' AND reason <> 'units';
CREATE UNIQUE INDEX hold_open_units ON sen.hold (platform_id) WHERE state = 'open' AND reason = 'units';

GRANT SELECT, INSERT, UPDATE ON sen.unit_shown TO sen_provisioner;
GRANT SELECT ON sen.unit_shown TO sen_server;

-- What a directory itself knows an account by, whatever it is named and wherever it stands (entryUUID, objectGUID): learned when the entry is
-- read or listed, so that one that somebody has renamed, moved or taken our id off is found.
ALTER TABLE sen.binding ADD COLUMN stable_id text;
CREATE INDEX binding_stable ON sen.binding (platform_id, stable_id) WHERE stable_id IS NOT NULL;
ALTER TABLE sen.observe_item ADD COLUMN stable_id text;
