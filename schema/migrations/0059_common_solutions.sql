-- What is told of the catalogue stays true: reports of local software, the promulgated total, what was signed, whose list it is.

-- 1. Local software against the common solutions of today, not of the day when it was declared.  The edition rises with each change of what
-- can be offered; a row of an older one is compared again (server/governance/local_software_fresh.c).
CREATE TABLE sen.common_solutions (
	is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
	edition  bigint NOT NULL DEFAULT 1
);
INSERT INTO sen.common_solutions DEFAULT VALUES;
ALTER TABLE sen.local_software
	ADD COLUMN solutions_edition bigint NOT NULL DEFAULT 0,
	ADD COLUMN compared_at timestamptz;
UPDATE sen.local_software SET compared_at = declared_at;
ALTER TABLE sen.local_software ALTER COLUMN compared_at SET NOT NULL, ALTER COLUMN compared_at SET DEFAULT now();
CREATE INDEX local_software_stale ON sen.local_software (solutions_edition, id);

CREATE FUNCTION sen.platform_is_offered(state text, kind text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT sen.platform_is_open(state) AND state <> 'replacing' AND kind NOT IN ('proposed', 'directory')
$$;
CREATE FUNCTION sen.common_solutions_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sen.common_solutions SET edition = edition + 1;
	RETURN NULL;
END
$$;
CREATE TRIGGER solutions_add AFTER INSERT ON sen.platform FOR EACH ROW WHEN (sen.platform_is_offered(NEW.state, NEW.kind))
	EXECUTE FUNCTION sen.common_solutions_changed();
CREATE TRIGGER solutions_change AFTER UPDATE ON sen.platform FOR EACH ROW
	WHEN ((sen.platform_is_offered(OLD.state, OLD.kind) OR sen.platform_is_offered(NEW.state, NEW.kind))
		AND (OLD.code, OLD.name, OLD.description, OLD.functions, OLD.scopes, OLD.kind, sen.platform_is_offered(OLD.state, OLD.kind))
		IS DISTINCT FROM (NEW.code, NEW.name, NEW.description, NEW.functions, NEW.scopes, NEW.kind, sen.platform_is_offered(NEW.state, NEW.kind)))
	EXECUTE FUNCTION sen.common_solutions_changed();
GRANT SELECT ON sen.common_solutions TO sen_server;

-- 2. The total that an authority has announced, while not all are known; a list in force that names one takes its place.
CREATE TABLE sen.platform_announcement (
	unit_code     text PRIMARY KEY,
	total         integer NOT NULL CHECK (total >= 0),
	source        text NOT NULL CHECK (source IS NFC NORMALIZED AND source <> ''),
	announced_on  date NOT NULL
);
INSERT INTO sen.platform_announcement VALUES ('40', 42, 'doanhnghiepvn.vn, 08/08/2025: 42 nền tảng số đang vận hành, 5 nền tảng đề xuất', '2025-08-08');
GRANT SELECT ON sen.platform_announcement TO sen_server;

-- 3. A signed list says which file was signed: an address alone can lead elsewhere tomorrow.
ALTER TABLE sen.platform_list ADD COLUMN file_sha256 text CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
	ADD CONSTRAINT platform_list_file CHECK (file_sha256 IS NULL OR file_url IS NOT NULL AND decision_no IS NOT NULL);
-- (A view's l.* is of the day on which it was made.)
CREATE OR REPLACE VIEW sen.platform_list_now AS
	SELECT l.id, l.unit_id, l.title, l.announced_total, l.decision_no, l.signed_on, l.signer, l.effective_on, l.file_url, l.version, l.created_by,
		l.created_at, l.changed_by, l.recorded_by, CASE WHEN l.effective_on IS NULL THEN 'draft' WHEN l.effective_on > sen.today() THEN 'signed'
		WHEN EXISTS (SELECT FROM sen.platform_list o WHERE o.unit_id = l.unit_id AND o.effective_on > l.effective_on
			AND o.effective_on <= sen.today()) THEN 'superseded'
		ELSE 'in_force' END AS state, l.file_sha256
	FROM sen.platform_list l;

-- 4. Milestones name units by their codes; beside them words may say more.
ALTER TABLE sen.platform_milestone ADD COLUMN unit_ids integer[] NOT NULL DEFAULT '{}';

-- 5. Who may own what: a sector's platform belongs to a department (or a part of one).  A central one is a ministry's; ours only keep it.
CREATE FUNCTION sen.platform_fits_owner(kind text, unit integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT kind <> 'sector' OR EXISTS (SELECT FROM sen.unit m JOIN sen.unit d ON d.id = ANY (string_to_array(rtrim(m.path, '.'), '.')::integer[])
		WHERE m.id = unit AND d.kind = 'department')
$$;
