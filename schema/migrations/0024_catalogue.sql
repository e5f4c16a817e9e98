-- The catalogue of shared platforms as the authority keeps it: entries with managing unit and tags, promulgated lists,
-- the life cycle with its gates, roll-out to units, guidance.

-- "Another person": one may hold several accounts.
CREATE FUNCTION sen.same_person(a uuid, b uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT a = b OR EXISTS (SELECT FROM sen.account x JOIN sen.account y ON y.person_id = x.person_id WHERE x.id = a AND y.id = b)
$$;

-- A commune, a ward, or a part of one: they use platforms and own none.
CREATE FUNCTION sen.unit_is_grassroots(unit integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.unit m JOIN sen.unit c ON c.id = ANY (string_to_array(rtrim(m.path, '.'), '.')::integer[])
		WHERE m.id = unit AND c.kind IN ('commune', 'ward'))
$$;

-- Rights on an entry are those over its managing unit.  NULL: a ministry, none of our units; then it needs a scope over a whole province.
CREATE FUNCTION sen.catalogue_covers(actor uuid, needed text, unit integer, platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT NOT sen.unit_is_grassroots(unit) AND EXISTS (
		SELECT FROM sen.live_scope s JOIN sen.unit o ON o.id = s.unit_id LEFT JOIN sen.unit m ON m.id = unit
		WHERE s.account_id = actor AND needed = ANY (s.rights) AND (s.platform_id IS NULL OR s.platform_id = platform)
		AND CASE WHEN m.id IS NULL THEN o.kind IN ('central', 'province') ELSE starts_with(m.path, s.path) END)
$$;

CREATE FUNCTION sen.catalogue_version_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	NEW.version := OLD.version + 1;
	RETURN NEW;
END
$$;

-- 1. Entries.
ALTER TABLE sen.platform
	ADD COLUMN managing_unit_id integer REFERENCES sen.unit,
	ADD COLUMN contact_name text NOT NULL DEFAULT '',
	ADD COLUMN contact text NOT NULL DEFAULT '',           -- telephone, mail, office
	ADD COLUMN sector text NOT NULL DEFAULT '',
	ADD COLUMN description text NOT NULL DEFAULT '',
	ADD COLUMN functions text[] NOT NULL DEFAULT '{}',
	ADD COLUMN scopes text[] NOT NULL DEFAULT '{}',
	ADD COLUMN legal_basis text NOT NULL DEFAULT '',
	ADD COLUMN security_level smallint CHECK (security_level BETWEEN 1 AND 5),
	ADD COLUMN completed_on date,                          -- the real one; expected_on is the promise
	ADD COLUMN target_scope text NOT NULL DEFAULT 'all' CHECK (target_scope IN ('all', 'many', 'sector')),
	ADD COLUMN replaced_by smallint REFERENCES sen.platform,
	ADD COLUMN version bigint NOT NULL DEFAULT 1,
	ADD COLUMN created_by uuid REFERENCES sen.account,     -- NULL: the operator's import
	ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN changed_by uuid REFERENCES sen.account,     -- who last wrote the entry itself
	ADD COLUMN moved_by uuid REFERENCES sen.account,       -- who made the last transition
	ADD CONSTRAINT platform_replaced_by_another CHECK (replaced_by <> id);
CREATE INDEX platform_functions ON sen.platform USING gin (functions);
CREATE INDEX platform_scopes ON sen.platform USING gin (scopes);
CREATE INDEX platform_managing_unit ON sen.platform (managing_unit_id);

-- managing_unit is the code of a unit where it is one of ours, else words.
CREATE FUNCTION sen.platform_find_unit() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	NEW.managing_unit_id := (SELECT u.id FROM sen.unit u WHERE u.code = NEW.managing_unit);
	RETURN NEW;
END
$$;
CREATE TRIGGER find_unit BEFORE INSERT OR UPDATE OF managing_unit ON sen.platform FOR EACH ROW EXECUTE FUNCTION sen.platform_find_unit();
UPDATE sen.platform SET managing_unit = managing_unit WHERE managing_unit <> '';
CREATE TRIGGER version_up BEFORE UPDATE ON sen.platform FOR EACH ROW EXECUTE FUNCTION sen.catalogue_version_up();

-- What an entry says about itself wakes nobody; what accounts are made of does.  Closing is a revocation.
DROP TRIGGER wake_change ON sen.platform;
CREATE OR REPLACE FUNCTION sen.wake_by_platform() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.wake(ARRAY(SELECT g.account_id FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id
		JOIN changed n ON n.id = r.platform_id JOIN before o ON o.id = n.id
		WHERE g.revoked_at IS NULL
		AND (n.code, n.name, sen.platform_is_open(n.state)) IS DISTINCT FROM (o.code, o.name, sen.platform_is_open(o.state))),
		(CASE WHEN EXISTS (SELECT FROM changed n WHERE NOT sen.platform_is_open(n.state)) THEN 0 ELSE 1 END)::smallint);
	RETURN NULL;
END
$$;
CREATE TRIGGER wake_change AFTER UPDATE ON sen.platform REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_platform();

-- The month that was promised is over, and nobody has said when it was completed.
CREATE FUNCTION sen.platform_is_overdue(expected_on date, completed_on date, state text) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT expected_on IS NOT NULL AND completed_on IS NULL AND state NOT IN ('refused', 'stopped')
	AND sen.today() >= (date_trunc('month', expected_on) + interval '1 month')::date
$$;

CREATE TABLE sen.platform_milestone (
	platform_id  smallint NOT NULL REFERENCES sen.platform,
	position     smallint NOT NULL,
	name         text NOT NULL CHECK (name IS NFC NORMALIZED AND length(name) BETWEEN 1 AND 300),
	units        text NOT NULL DEFAULT '',   -- which units, in words
	due_on       date NOT NULL,
	done_on      date,
	responsible  text NOT NULL,
	PRIMARY KEY (platform_id, position)
);

-- Roles.  A retired one is granted to nobody any more.
ALTER TABLE sen.role
	ADD COLUMN version bigint NOT NULL DEFAULT 1,
	ADD COLUMN retired_at timestamptz,
	ADD COLUMN retired_by uuid REFERENCES sen.account,
	ADD CONSTRAINT role_retired CHECK ((retired_at IS NULL) = (retired_by IS NULL));
CREATE TRIGGER version_up BEFORE UPDATE ON sen.role FOR EACH ROW EXECUTE FUNCTION sen.catalogue_version_up();

-- After the check of the foreign key, which waits for whoever is retiring the role (FOR UPDATE): none of the two misses the other.
CREATE FUNCTION sen.grant_needs_role() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF EXISTS (SELECT FROM changed c JOIN sen.role r ON r.id = c.role_id WHERE r.retired_at IS NOT NULL AND c.revoked_at IS NULL) THEN
		RAISE EXCEPTION 'the role is retired' USING ERRCODE = 'check_violation';
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER needs_role AFTER INSERT ON sen.access_grant REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.grant_needs_role();

-- 2. Transitions of the life cycle; which there are: server/governance/lifecycle.c.
CREATE TABLE sen.platform_transition (
	platform_id  smallint NOT NULL REFERENCES sen.platform,
	id           bigint GENERATED ALWAYS AS IDENTITY,
	from_state   text NOT NULL,
	to_state     text NOT NULL,
	moved_by     uuid NOT NULL REFERENCES sen.account,
	moved_at     timestamptz NOT NULL DEFAULT now(),
	decision_no  text,
	decision_on  date,
	reason       text,
	PRIMARY KEY (platform_id, id)
);

-- Findings that block: an overlap with a central platform that nobody has closed (replaced by what compares entries).
CREATE FUNCTION sen.platform_open_findings(platform smallint) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT 0::bigint
$$;

-- 3. Reference documents and gates.
CREATE TABLE sen.reference_document (
	id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	unit_id        integer NOT NULL REFERENCES sen.unit,    -- whose
	code           text NOT NULL CHECK (code ~ '^[A-Z][A-Z0-9_-]{0,31}$'),
	version        integer NOT NULL,
	kind           text NOT NULL CHECK (kind IN ('architecture', 'strategy', 'security')),
	number         text NOT NULL CHECK (length(number) BETWEEN 1 AND 80),
	title          text NOT NULL CHECK (title IS NFC NORMALIZED AND length(title) BETWEEN 1 AND 300),
	issued_on      date NOT NULL,
	url            text,
	created_by     uuid NOT NULL REFERENCES sen.account,
	created_at     timestamptz NOT NULL DEFAULT now(),
	superseded_at  timestamptz,
	UNIQUE (code, version)
);
CREATE UNIQUE INDEX reference_document_in_force ON sen.reference_document (code) WHERE superseded_at IS NULL;

CREATE TABLE sen.platform_gate (
	platform_id     smallint NOT NULL REFERENCES sen.platform,
	id              uuid NOT NULL,
	kind            text NOT NULL CHECK (kind IN ('architecture', 'strategy', 'security')),
	document_id     integer REFERENCES sen.reference_document,
	item            text NOT NULL DEFAULT '',   -- component of the architecture, item of the plan
	security_level  smallint,
	approval_no     text,
	approval_on     date,
	checked_on      date,
	valid_to        date,
	evidence        text NOT NULL DEFAULT '',
	submitted_by    uuid NOT NULL REFERENCES sen.account,
	submitted_at    timestamptz NOT NULL DEFAULT now(),
	decided_by      uuid REFERENCES sen.account,
	decided_at      timestamptz,
	passed          boolean,
	note            text,
	PRIMARY KEY (platform_id, id),
	CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (passed IS NULL)),
	CHECK (kind = 'security' OR document_id IS NOT NULL),
	CHECK (kind <> 'security' OR (security_level, approval_no, approval_on, checked_on) IS NOT NULL)
);
CREATE UNIQUE INDEX platform_gate_open ON sen.platform_gate (platform_id, kind) WHERE decided_at IS NULL;
CREATE INDEX platform_gate_document ON sen.platform_gate (document_id);

-- Where each gate stands, by the last decision: nothing has to be done for one to expire.
CREATE VIEW sen.gate_now AS
	SELECT DISTINCT ON (g.platform_id, g.kind) g.platform_id, g.kind, g.id,
		CASE WHEN NOT g.passed THEN 'refused'
		WHEN d.superseded_at IS NOT NULL OR g.valid_to <= sen.today()
			OR g.kind = 'security' AND g.security_level IS DISTINCT FROM p.security_level THEN 'expired'
		ELSE 'passed' END AS state
	FROM sen.platform_gate g JOIN sen.platform p ON p.id = g.platform_id LEFT JOIN sen.reference_document d ON d.id = g.document_id
	WHERE g.decided_at IS NOT NULL ORDER BY g.platform_id, g.kind, g.decided_at DESC, g.id;

-- Promulgated lists: versions of one authority.  Which is in force follows from the dates alone, so there is never more than one.
CREATE TABLE sen.platform_list (
	id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	unit_id         integer NOT NULL REFERENCES sen.unit,
	title           text NOT NULL CHECK (title IS NFC NORMALIZED AND length(title) BETWEEN 1 AND 300),
	announced_total integer CHECK (announced_total >= 0),   -- what the decision says, where not all are known
	decision_no     text,
	signed_on       date,
	signer          text,
	effective_on    date,
	file_url        text,
	version         bigint NOT NULL DEFAULT 1,
	created_by      uuid NOT NULL REFERENCES sen.account,
	created_at      timestamptz NOT NULL DEFAULT now(),
	changed_by      uuid NOT NULL REFERENCES sen.account,
	recorded_by     uuid REFERENCES sen.account,            -- who entered the signature
	CHECK (num_nulls(decision_no, signed_on, signer, effective_on, recorded_by) IN (0, 5)),
	CHECK (effective_on >= signed_on)
);
CREATE UNIQUE INDEX platform_list_effective ON sen.platform_list (unit_id, effective_on);
CREATE TRIGGER version_up BEFORE UPDATE ON sen.platform_list FOR EACH ROW EXECUTE FUNCTION sen.catalogue_version_up();

-- Copies: what was signed stays what it was.
CREATE TABLE sen.platform_list_entry (
	list_id        integer NOT NULL REFERENCES sen.platform_list,
	platform_code  text NOT NULL,
	entry          jsonb NOT NULL,
	PRIMARY KEY (list_id, platform_code)
);

CREATE VIEW sen.platform_list_now AS
	SELECT l.*, CASE WHEN l.effective_on IS NULL THEN 'draft' WHEN l.effective_on > sen.today() THEN 'signed'
		WHEN EXISTS (SELECT FROM sen.platform_list o WHERE o.unit_id = l.unit_id AND o.effective_on > l.effective_on
			AND o.effective_on <= sen.today()) THEN 'superseded'
		ELSE 'in_force' END AS state
	FROM sen.platform_list l;

CREATE FUNCTION sen.platform_frozen(p sen.platform) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('code', p.code, 'name', p.name, 'kind', p.kind, 'state', p.state, 'managing_unit', p.managing_unit,
		'sector', p.sector, 'functions', to_jsonb(p.functions), 'scopes', to_jsonb(p.scopes), 'legal_basis', p.legal_basis,
		'security_level', p.security_level, 'expected_on', p.expected_on, 'completed_on', p.completed_on,
		'target_scope', p.target_scope, 'verified', p.verified)
$$;

-- 4. Roll-out: platform × unit.
CREATE TABLE sen.platform_rollout (
	platform_id  smallint NOT NULL REFERENCES sen.platform,
	unit_id      integer NOT NULL REFERENCES sen.unit,
	state        text NOT NULL CHECK (state IN ('planned', 'in_progress', 'done', 'not_applicable')),
	planned_on   date,
	started_on   date,
	done_on      date,
	note         text NOT NULL DEFAULT '',
	version      bigint NOT NULL DEFAULT 1,
	changed_by   uuid NOT NULL REFERENCES sen.account,
	changed_at   timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (platform_id, unit_id),
	CHECK ((state = 'done') = (done_on IS NOT NULL)),
	CHECK (done_on >= started_on)
);
CREATE INDEX platform_rollout_unit ON sen.platform_rollout (unit_id);
CREATE TRIGGER version_up BEFORE UPDATE ON sen.platform_rollout FOR EACH ROW EXECUTE FUNCTION sen.catalogue_version_up();

-- For whom a platform is: with scope "all" each department and commune of the province; besides, whoever has a row.
CREATE VIEW sen.rollout_cell AS
	SELECT p.id AS platform_id, u.id AS unit_id, r.state, r.planned_on, r.started_on, r.done_on, r.note, coalesce(r.version, 0) AS version
	FROM sen.platform p LEFT JOIN sen.unit m ON m.id = p.managing_unit_id JOIN sen.unit u ON true
	LEFT JOIN sen.platform_rollout r ON r.platform_id = p.id AND r.unit_id = u.id
	WHERE p.id <> 0 AND (r.platform_id IS NOT NULL OR p.target_scope = 'all' AND u.kind IN ('department', 'commune', 'ward')
		AND u.valid_from <= sen.today() AND (u.valid_to IS NULL OR u.valid_to > sen.today())
		AND (m.id IS NULL OR split_part(m.path, '.', 1) = split_part(u.path, '.', 1)));

-- 5. Guidance, by versions; units say that they have read it.
CREATE TABLE sen.platform_guidance (
	platform_id    smallint NOT NULL REFERENCES sen.platform,
	id             uuid NOT NULL,
	code           text NOT NULL CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{0,31}$'),
	version        integer NOT NULL,
	role_id        integer REFERENCES sen.role,   -- NULL: for everybody on the platform
	kind           text NOT NULL CHECK (kind IN ('document', 'video', 'contact')),
	title          text NOT NULL CHECK (title IS NFC NORMALIZED AND length(title) BETWEEN 1 AND 300),
	url            text,
	body           text,
	published_by   uuid NOT NULL REFERENCES sen.account,
	published_at   timestamptz NOT NULL DEFAULT now(),
	superseded_at  timestamptz,
	PRIMARY KEY (platform_id, id),
	UNIQUE (platform_id, code, version),
	CHECK (num_nonnulls(url, body) >= 1)
);
CREATE UNIQUE INDEX platform_guidance_current ON sen.platform_guidance (platform_id, code) WHERE superseded_at IS NULL;

CREATE TABLE sen.guidance_acknowledgement (
	platform_id      smallint NOT NULL,
	guidance_id      uuid NOT NULL,
	unit_id          integer NOT NULL REFERENCES sen.unit,
	acknowledged_by  uuid NOT NULL REFERENCES sen.account,
	acknowledged_at  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (platform_id, guidance_id, unit_id),
	FOREIGN KEY (platform_id, guidance_id) REFERENCES sen.platform_guidance
);

GRANT INSERT, UPDATE ON sen.platform, sen.role, sen.reference_document, sen.platform_gate, sen.platform_list, sen.platform_rollout,
	sen.platform_guidance TO sen_server;
GRANT INSERT ON sen.platform_transition, sen.guidance_acknowledgement TO sen_server;
GRANT INSERT, DELETE ON sen.platform_milestone, sen.platform_list_entry TO sen_server;
GRANT SELECT ON sen.platform_milestone, sen.platform_transition, sen.reference_document, sen.platform_gate, sen.gate_now, sen.platform_list,
	sen.platform_list_entry, sen.platform_list_now, sen.platform_rollout, sen.rollout_cell, sen.platform_guidance,
	sen.guidance_acknowledgement TO sen_server;
