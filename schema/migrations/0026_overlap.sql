-- Overlap of platforms, local software and needs of communes, reviews of platforms, and replacements.
--
-- SQLSTATE SN001: something must be settled first (ERR_BLOCKED).

-- Where a platform belongs: its managing unit, or the province as long as none is named.
CREATE FUNCTION sen.platform_home(platform smallint) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT u.path FROM sen.platform p JOIN sen.unit u ON u.id = p.managing_unit_id WHERE p.id = platform),
		(SELECT u.path FROM sen.unit u WHERE u.kind = 'province' ORDER BY u.path LIMIT 1))
$$;
CREATE FUNCTION sen.platform_in_reach(actor uuid, needed text, platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT sen.catalogue_covers(actor, needed, p.managing_unit_id, p.id) FROM sen.platform p WHERE p.id = platform
$$;

-- ---- Overlap ----------------------------------------------------------------------------------------------------

-- What has to be compared (again): stale rows.  Any change of what is compared makes them, whoever makes it.
CREATE TABLE sen.overlap_check (
	platform_id  smallint PRIMARY KEY REFERENCES sen.platform ON DELETE CASCADE,
	stale        boolean NOT NULL DEFAULT true,
	edition      bigint NOT NULL DEFAULT 1,    -- raised by each change: a comparison of an older edition settles nothing
	compared_at  timestamptz
);
-- Who entered or edited: they never close a finding about it.
CREATE TABLE sen.overlap_author (
	platform_id  smallint NOT NULL REFERENCES sen.platform ON DELETE CASCADE,
	account_id   uuid NOT NULL REFERENCES sen.account,
	PRIMARY KEY (platform_id, account_id)
);
CREATE TABLE sen.overlap_finding (
	id           uuid PRIMARY KEY,
	platform_id  smallint NOT NULL REFERENCES sen.platform ON DELETE CASCADE,   -- the entry
	other_id     smallint NOT NULL REFERENCES sen.platform ON DELETE CASCADE,   -- what there is already
	-- central: function and scope of a central platform; provincial: function of a live provincial one; similar: blocks nothing
	kind         text NOT NULL CHECK (kind IN ('central', 'provincial', 'similar')),
	state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'gone')),
	score        smallint NOT NULL CHECK (score BETWEEN 0 AND 1000),
	reasons      jsonb NOT NULL,
	digest       text NOT NULL,               -- of what was compared: closed for this, open again for another
	found_at     timestamptz NOT NULL DEFAULT now(),
	closed_at    timestamptz,
	closed_by    uuid REFERENCES sen.account,
	because      text CHECK (length(because) BETWEEN 20 AND 4000),
	evidence     text CHECK (length(evidence) BETWEEN 5 AND 1000),
	version      bigint NOT NULL DEFAULT 1,
	UNIQUE (platform_id, other_id),
	CHECK (platform_id <> other_id),
	CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL AND because IS NOT NULL AND evidence IS NOT NULL))
);
CREATE INDEX overlap_finding_order ON sen.overlap_finding (found_at, id);
CREATE INDEX overlap_finding_open ON sen.overlap_finding (platform_id) WHERE state = 'open' AND kind <> 'similar';
CREATE INDEX overlap_finding_other ON sen.overlap_finding (other_id);

CREATE FUNCTION sen.overlap_stale() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF NEW.kind IN ('provincial', 'sector', 'proposed') THEN
		INSERT INTO sen.overlap_check AS c (platform_id) VALUES (NEW.id)
		ON CONFLICT (platform_id) DO UPDATE SET stale = true, edition = c.edition + 1;
	END IF;
	-- What others are compared with has changed.
	IF NEW.kind <> 'proposed' OR (TG_OP = 'UPDATE' AND OLD.kind <> 'proposed') THEN
		UPDATE sen.overlap_check SET stale = true, edition = edition + 1 WHERE platform_id <> NEW.id;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER overlap_add AFTER INSERT ON sen.platform FOR EACH ROW WHEN (NEW.kind <> 'directory') EXECUTE FUNCTION sen.overlap_stale();
CREATE TRIGGER overlap_change AFTER UPDATE ON sen.platform FOR EACH ROW
	WHEN ((OLD.name, OLD.description, OLD.kind, OLD.functions, OLD.scopes, OLD.state IN ('stopped', 'refused'))
		IS DISTINCT FROM (NEW.name, NEW.description, NEW.kind, NEW.functions, NEW.scopes, NEW.state IN ('stopped', 'refused')))
	EXECUTE FUNCTION sen.overlap_stale();
INSERT INTO sen.overlap_check (platform_id) SELECT id FROM sen.platform WHERE kind IN ('provincial', 'sector', 'proposed');

CREATE FUNCTION sen.overlap_blocks(platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.overlap_finding f WHERE f.platform_id = platform AND f.state = 'open' AND f.kind <> 'similar')
$$;
CREATE OR REPLACE FUNCTION sen.platform_open_findings(platform smallint) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT count(*) FROM sen.overlap_finding f WHERE f.platform_id = platform AND f.state = 'open' AND f.kind <> 'similar'
$$;
-- The last line: whoever writes the state.
CREATE FUNCTION sen.overlap_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF sen.overlap_blocks(NEW.id) THEN
		RAISE EXCEPTION 'an overlap is open' USING ERRCODE = 'SN001';
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER overlap_guard BEFORE UPDATE ON sen.platform FOR EACH ROW
	WHEN (NEW.state IN ('approved', 'building', 'completed', 'deploying') AND OLD.state IS DISTINCT FROM NEW.state)
	EXECUTE FUNCTION sen.overlap_guard();

-- ---- Local software and needs -----------------------------------------------------------------------------------

CREATE TABLE sen.local_software (
	id            uuid PRIMARY KEY,
	unit_id       integer NOT NULL REFERENCES sen.unit,
	name          text NOT NULL CHECK (name IS NFC NORMALIZED AND length(name) BETWEEN 1 AND 300),
	name_fold     text NOT NULL,
	description   text NOT NULL DEFAULT '',
	functions     text[] NOT NULL DEFAULT '{}',
	vendor        text NOT NULL DEFAULT '',
	users         integer NOT NULL CHECK (users >= 0),
	cost_per_year bigint NOT NULL CHECK (cost_per_year >= 0),   -- VND
	contract_end  date,
	solutions     jsonb NOT NULL DEFAULT '[]',                   -- common solutions as compared at the last declaration, best first
	best_id       smallint REFERENCES sen.platform,
	best_score    smallint,
	declared_by   uuid NOT NULL REFERENCES sen.account,
	declared_at   timestamptz NOT NULL DEFAULT now(),
	decision      text CHECK (decision IN ('stop', 'replace', 'keep')),
	replace_by    smallint REFERENCES sen.platform,
	decided_until date,                                          -- keep: until then; stop and replace: done by then
	decision_no   text,
	decision_note text,
	decided_by    uuid REFERENCES sen.account,
	decided_at    timestamptz,
	version       bigint NOT NULL DEFAULT 1,
	CHECK ((decision IS NULL) = (decided_by IS NULL)),
	CHECK (decided_by <> declared_by),
	CHECK ((decision = 'replace') = (replace_by IS NOT NULL) OR decision IS NULL),
	CHECK (decision IS NULL OR decided_until IS NOT NULL)
);
CREATE INDEX local_software_order ON sen.local_software (name_fold, id);
CREATE INDEX local_software_unit ON sen.local_software (unit_id, name_fold, id);
CREATE INDEX local_software_best ON sen.local_software (best_id, name_fold, id);

-- "keep" is over by itself when its date has passed.
CREATE FUNCTION sen.local_software_state(decision text, until date) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN decision IS NULL THEN 'undecided' WHEN until < sen.today() THEN CASE decision WHEN 'keep' THEN 'keep_over' ELSE 'overdue' END ELSE decision END
$$;

CREATE TABLE sen.software_need (
	id            uuid PRIMARY KEY,
	unit_id       integer NOT NULL REFERENCES sen.unit,
	name          text NOT NULL CHECK (name IS NFC NORMALIZED AND length(name) BETWEEN 1 AND 300),
	description   text NOT NULL,
	functions     text[] NOT NULL DEFAULT '{}',
	solutions     jsonb NOT NULL DEFAULT '[]',
	proposed_by   uuid NOT NULL REFERENCES sen.account,
	proposed_at   timestamptz NOT NULL DEFAULT now(),
	answer        text CHECK (answer IN ('use_common', 'forwarded', 'declined')),
	platform_id   smallint REFERENCES sen.platform,
	answer_text   text,
	answered_by   uuid REFERENCES sen.account,
	answered_at   timestamptz,
	version       bigint NOT NULL DEFAULT 1,
	CHECK ((answer IS NULL) = (answered_by IS NULL)),
	CHECK (answered_by <> proposed_by),
	CHECK ((answer = 'use_common') = (platform_id IS NOT NULL) OR answer IS NULL)
);
CREATE INDEX software_need_order ON sen.software_need (proposed_at, id);
CREATE INDEX software_need_unit ON sen.software_need (unit_id);

-- ---- Reviews of platforms ---------------------------------------------------------------------------------------

CREATE TABLE sen.platform_review (
	id          uuid PRIMARY KEY,
	title       text NOT NULL CHECK (title IS NFC NORMALIZED AND length(title) BETWEEN 1 AND 200),
	unit_id     integer NOT NULL REFERENCES sen.unit,      -- of managing units in this subtree
	due_on      date NOT NULL,
	created_by  uuid NOT NULL REFERENCES sen.account,
	created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX platform_review_order ON sen.platform_review (due_on, id);
CREATE TABLE sen.platform_review_task (
	review_id    uuid NOT NULL REFERENCES sen.platform_review,
	platform_id  smallint NOT NULL REFERENCES sen.platform,
	state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'concluded')),
	-- The form: what is there today under each heading.
	features     text,
	functions    text,
	operation    text,
	scope        text,
	answered_by  uuid REFERENCES sen.account,
	answered_at  timestamptz,
	conclusion   text CHECK (conclusion IN ('keep', 'integrate', 'replace', 'stop')),
	target_id    smallint REFERENCES sen.platform,        -- integrated into, replaced by
	because      text,
	concluded_by uuid REFERENCES sen.account,
	concluded_at timestamptz,
	version      bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (review_id, platform_id),
	CHECK (state = 'open' OR (features IS NOT NULL AND functions IS NOT NULL AND operation IS NOT NULL AND scope IS NOT NULL AND answered_by IS NOT NULL)),
	CHECK ((state = 'concluded') = (conclusion IS NOT NULL AND concluded_by IS NOT NULL)),
	CHECK (concluded_by <> answered_by),
	CHECK (conclusion IS NULL OR (conclusion IN ('integrate', 'replace')) = (target_id IS NOT NULL)),
	CHECK (target_id <> platform_id)
);
CREATE INDEX platform_review_task_open ON sen.platform_review_task (platform_id) WHERE state <> 'concluded';
-- Laid with the task, due by their date as long as it is open: nothing has to run for them.
CREATE TABLE sen.platform_review_reminder (
	review_id    uuid NOT NULL,
	platform_id  smallint NOT NULL,
	remind_on    date NOT NULL,
	kind         text NOT NULL CHECK (kind IN ('before', 'due', 'overdue')),
	PRIMARY KEY (review_id, platform_id, remind_on),
	FOREIGN KEY (review_id, platform_id) REFERENCES sen.platform_review_task
);
CREATE INDEX platform_review_reminder_day ON sen.platform_review_reminder (remind_on);

-- ---- Replacement of one platform by another ---------------------------------------------------------------------

CREATE TABLE sen.replacement (
	id            uuid PRIMARY KEY,
	old_id        smallint NOT NULL REFERENCES sen.platform,
	new_id        smallint NOT NULL REFERENCES sen.platform,
	unit_id       integer NOT NULL REFERENCES sen.unit,    -- grants for the work of this subtree
	is_whole      boolean NOT NULL,                        -- everywhere: the old platform ends with it
	cutover_on    date NOT NULL,
	read_only_role_id integer REFERENCES sen.role,         -- of the old platform; NULL: no such step
	basis         text NOT NULL CHECK (length(basis) BETWEEN 1 AND 200),
	state         text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'submitted', 'approved', 'finished', 'cancelled')),
	drawn_by      uuid NOT NULL REFERENCES sen.account,
	drawn_at      timestamptz NOT NULL DEFAULT now(),
	submitted_by  uuid REFERENCES sen.account,
	approved_by   uuid REFERENCES sen.account,
	approved_at   timestamptz,
	finished_at   timestamptz,
	version       bigint NOT NULL DEFAULT 1,
	CHECK (old_id <> new_id),
	CHECK (approved_by <> drawn_by AND approved_by <> submitted_by),
	CHECK ((state IN ('approved', 'finished')) <= (approved_by IS NOT NULL))
);
CREATE INDEX replacement_order ON sen.replacement (drawn_at, id);
-- Two plans at a time for one place would carry accounts twice.
CREATE UNIQUE INDEX replacement_live ON sen.replacement (old_id, unit_id) WHERE state IN ('submitted', 'approved');
-- new_role_id NULL: dropped, said expressly.
CREATE TABLE sen.replacement_role (
	replacement_id  uuid NOT NULL REFERENCES sen.replacement,
	old_role_id     integer NOT NULL REFERENCES sen.role,
	new_role_id     integer REFERENCES sen.role,
	PRIMARY KEY (replacement_id, old_role_id)
);
-- One grant on the old platform that was dealt with; step by step, each set in the transaction that did it.
CREATE TABLE sen.replacement_item (
	replacement_id  uuid NOT NULL REFERENCES sen.replacement,
	account_id      uuid NOT NULL,
	old_grant_id    uuid NOT NULL,
	old_role_id     integer NOT NULL REFERENCES sen.role,
	unit_id         integer NOT NULL REFERENCES sen.unit,
	carry           text NOT NULL CHECK (carry IN ('mapped', 'dropped', 'no_post')),
	new_role_id     integer REFERENCES sen.role,
	new_grant_id    uuid,
	read_only_grant_id uuid,
	granted_batch   uuid NOT NULL,
	read_only_batch uuid,
	revoked_batch   uuid,
	PRIMARY KEY (replacement_id, account_id, old_grant_id),
	FOREIGN KEY (account_id, old_grant_id) REFERENCES sen.access_grant
);
CREATE INDEX replacement_item_batch ON sen.replacement_item (granted_batch);
CREATE INDEX replacement_item_read_only ON sen.replacement_item (read_only_batch) WHERE read_only_batch IS NOT NULL;
CREATE INDEX replacement_item_revoked ON sen.replacement_item (revoked_batch) WHERE revoked_batch IS NOT NULL;
CREATE INDEX replacement_item_read_only_grant ON sen.replacement_item (account_id, read_only_grant_id) WHERE read_only_grant_id IS NOT NULL;

-- Drawing up and approving need the rights over both platforms, at the unit: nobody grants beyond their own right to grant.
CREATE FUNCTION sen.replacement_in_reach(actor uuid, needed text, old smallint, new smallint, unit integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.unit u WHERE u.id = unit AND sen.scope_covers(actor, needed, u.path, old)
		AND sen.scope_covers(actor, needed, u.path, new)
		AND sen.scope_covers(actor, 'revoke', u.path, old) AND sen.scope_covers(actor, 'grant', u.path, new))
$$;

-- The grants that a plan is about: what stands on the old platform, without the read-only ones that it gave itself.
CREATE VIEW sen.replacement_grant AS
	SELECT x.id AS replacement_id, g.account_id, g.id AS old_grant_id, g.role_id AS old_role_id, g.unit_id, g.valid_from, g.valid_to,
		m.old_role_id IS NOT NULL AS is_mapped, m.new_role_id,
		EXISTS (SELECT FROM sen.account a JOIN sen.standing_post o ON o.person_id = a.person_id
			WHERE a.id = g.account_id AND starts_with(o.path, u.path)) AS has_post
	FROM sen.replacement x JOIN sen.unit w ON w.id = x.unit_id
	JOIN sen.role r ON r.platform_id = x.old_id
	JOIN sen.access_grant g ON g.role_id = r.id AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now())
	JOIN sen.unit u ON u.id = g.unit_id AND starts_with(u.path, w.path)
	LEFT JOIN sen.replacement_role m ON m.replacement_id = x.id AND m.old_role_id = g.role_id
	WHERE NOT EXISTS (SELECT FROM sen.replacement_item i WHERE i.replacement_id = x.id AND i.account_id = g.account_id AND i.read_only_grant_id = g.id);
-- What each step still has to do.
CREATE VIEW sen.replacement_to_grant AS
	SELECT t.* FROM sen.replacement_grant t WHERE t.is_mapped AND NOT EXISTS (SELECT FROM sen.replacement_item i
		WHERE i.replacement_id = t.replacement_id AND i.account_id = t.account_id AND i.old_grant_id = t.old_grant_id);
-- Of what step 1 has dealt with, and the server takes neither of the next while step 1 has anything left.
CREATE VIEW sen.replacement_to_read_only AS
	SELECT i.*, x.read_only_role_id FROM sen.replacement_item i JOIN sen.replacement x ON x.id = i.replacement_id
	JOIN sen.access_grant g ON g.account_id = i.account_id AND g.id = i.old_grant_id AND g.revoked_at IS NULL
	WHERE x.read_only_role_id IS NOT NULL AND i.read_only_batch IS NULL AND i.revoked_batch IS NULL AND i.old_role_id <> x.read_only_role_id
	AND i.carry <> 'no_post';
-- At the cut-over: is_waiting while the account is wanted on the new platform and not seen there yet.
CREATE VIEW sen.replacement_to_revoke AS
	SELECT i.*, i.carry = 'mapped' AND (EXISTS (SELECT FROM sen.dirty_account d WHERE d.account_id = i.account_id)
		OR EXISTS (SELECT FROM sen.binding b WHERE b.account_id = i.account_id AND b.platform_id = x.new_id AND b.want_active
			AND (b.seen_active IS NOT TRUE OR b.state <> 0))) AS is_waiting
	FROM sen.replacement_item i JOIN sen.replacement x ON x.id = i.replacement_id
	WHERE i.revoked_batch IS NULL;

GRANT SELECT, INSERT, UPDATE ON sen.overlap_check, sen.overlap_author, sen.overlap_finding, sen.local_software, sen.software_need, sen.platform_review,
	sen.platform_review_task, sen.platform_review_reminder, sen.replacement, sen.replacement_role, sen.replacement_item TO sen_server;
GRANT DELETE ON sen.replacement_role TO sen_server;
GRANT SELECT ON sen.replacement_grant, sen.replacement_to_grant, sen.replacement_to_read_only, sen.replacement_to_revoke TO sen_server;
