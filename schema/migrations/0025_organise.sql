-- Units that can be changed one by one, and reorganisations: batches of steps that are drawn up, planned, approved by a second
-- person as one exact plan, and carried out in batches that a crash only interrupts.

ALTER TABLE sen.unit ADD COLUMN version bigint NOT NULL DEFAULT 1,
	-- Identifiers of agencies (Decision 20/2020/QĐ-TTg): H41.17.05 since, 000.05.17.H41 before.
	ADD COLUMN ident_new text CHECK (ident_new ~ '^[0-9A-Z]+(\.[0-9A-Z]+)*$' AND length(ident_new) <= 35),
	ADD COLUMN ident_old text CHECK (ident_old ~ '^[0-9A-Z]+(\.[0-9A-Z]+)*$' AND length(ident_old) <= 35);
CREATE INDEX unit_ident_new ON sen.unit (ident_new) WHERE ident_new IS NOT NULL;
CREATE INDEX unit_ident_old ON sen.unit (ident_old) WHERE ident_old IS NOT NULL;
-- Lists go forward by code, or by path: a unit stands before what is below it.
CREATE INDEX unit_code_order ON sen.unit (code COLLATE "C");
CREATE INDEX unit_path_order ON sen.unit (path COLLATE "C");
CREATE INDEX access_grant_unit ON sen.access_grant (unit_id) WHERE revoked_at IS NULL;
CREATE INDEX admin_scope_unit ON sen.admin_scope (unit_id) WHERE revoked_at IS NULL;

-- Whoever changes a unit raises its version; where it stands in the tree may change with what is above it.
CREATE FUNCTION sen.unit_version() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	NEW.version := OLD.version;
	IF to_jsonb(NEW) - 'path' IS DISTINCT FROM to_jsonb(OLD) - 'path' THEN
		NEW.version := OLD.version + 1;
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER unit_version BEFORE UPDATE ON sen.unit FOR EACH ROW EXECUTE FUNCTION sen.unit_version();

-- On that day and later: is there anything in it, or a unit below?
CREATE FUNCTION sen.unit_goes_on(unit integer, day date) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.unit c WHERE c.parent_id = unit AND (c.valid_to IS NULL OR c.valid_to > day))
	OR EXISTS (SELECT FROM sen.post p WHERE p.unit_id = unit AND (upper_inf(p.valid) OR upper(p.valid) > day))
	OR EXISTS (SELECT FROM sen.access_grant g WHERE g.unit_id = unit AND g.revoked_at IS NULL
		AND (g.valid_to IS NULL OR g.valid_to > (day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')))
	OR EXISTS (SELECT FROM sen.admin_scope s WHERE s.unit_id = unit AND s.revoked_at IS NULL
		AND (s.valid_to IS NULL OR s.valid_to > (day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')))
$$;

CREATE TABLE sen.reorganisation (
	id            uuid PRIMARY KEY,
	title         text NOT NULL CHECK (title IS NFC NORMALIZED AND length(title) BETWEEN 1 AND 300),
	decision_no   text NOT NULL CHECK (length(decision_no) BETWEEN 1 AND 80),
	decision_on   date NOT NULL,
	effective_on  date NOT NULL,          -- new units begin, old ones end
	execute_at    timestamptz NOT NULL,
	steps         jsonb NOT NULL,         -- as reorg_steps.h reads them
	state         text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'planned', 'approved', 'running', 'done', 'stale', 'withdrawn')),
	version       bigint NOT NULL DEFAULT 1,
	drawn_up_by   uuid NOT NULL REFERENCES sen.account,
	drawn_up_at   timestamptz NOT NULL DEFAULT now(),
	edited_by     uuid NOT NULL REFERENCES sen.account,
	planned_by    uuid REFERENCES sen.account,
	planned_at    timestamptz,
	plan_hash     text,                   -- of every operation and finding
	base          text,                   -- of the facts that the plan was made of
	n_blocking    integer NOT NULL DEFAULT 0,
	-- Operations 1..people_from are of units, ..people_to of persons, the rest of scopes and of what ends.
	people_from   integer NOT NULL DEFAULT 0,
	people_to     integer NOT NULL DEFAULT 0,
	n_ops         integer NOT NULL DEFAULT 0,
	done_n        integer NOT NULL DEFAULT 0,
	approved_by   uuid REFERENCES sen.account,
	approved_at   timestamptz,
	started_at    timestamptz,
	ended_at      timestamptz,
	report        jsonb NOT NULL DEFAULT '{}',
	CHECK (effective_on <= (execute_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date),
	CHECK (approved_by IS NULL OR approved_by NOT IN (drawn_up_by, edited_by, planned_by))
);
CREATE INDEX reorganisation_due ON sen.reorganisation (execute_at) WHERE state IN ('approved', 'running');
CREATE INDEX reorganisation_order ON sen.reorganisation (drawn_up_at, id);

-- Units that the steps name; whole: with everything below them.  Who looks and who decides needs scope over each.
CREATE TABLE sen.reorganisation_root (
	reorganisation_id  uuid NOT NULL REFERENCES sen.reorganisation,
	unit_id            integer NOT NULL REFERENCES sen.unit,
	whole              boolean NOT NULL,
	PRIMARY KEY (reorganisation_id, unit_id)
);

-- Units as they will be: new ones have a negative ref, and their id once they are there.
CREATE TABLE sen.reorganisation_unit (
	reorganisation_id  uuid NOT NULL REFERENCES sen.reorganisation,
	ref                integer NOT NULL,
	code               text NOT NULL,
	name               text NOT NULL,
	name_en            text,
	name_fold          text NOT NULL,
	kind               text NOT NULL,
	parent_ref         integer,
	ident_new          text,
	ident_old          text,
	verified           boolean NOT NULL,
	unit_id            integer REFERENCES sen.unit,
	PRIMARY KEY (reorganisation_id, ref)
);

-- Hundreds of thousands of rows, written and deleted with the plan: no key to check for each.
CREATE TABLE sen.reorganisation_op (
	reorganisation_id  uuid NOT NULL,
	n                  integer NOT NULL,
	kind               text NOT NULL CHECK (kind IN ('unit_add', 'unit_rename', 'unit_move', 'post_move', 'post_end', 'grant_move',
	                       'grant_merge', 'grant_end', 'scope_move', 'scope_add', 'scope_end', 'unit_end', 'successor')),
	person_id          uuid,
	account_id         uuid,
	subject            uuid,      -- post, grant or scope
	other              uuid,      -- the grant that it becomes one with
	unit_from          integer,   -- as in reorganisation_unit.ref
	unit_to            integer,
	further            boolean NOT NULL,  -- reaches further than before
	share              smallint,  -- of a successor, per mille
	PRIMARY KEY (reorganisation_id, n)
);
CREATE INDEX reorganisation_op_person ON sen.reorganisation_op (reorganisation_id, person_id, n) WHERE person_id IS NOT NULL;

CREATE TABLE sen.reorganisation_finding (
	reorganisation_id  uuid NOT NULL REFERENCES sen.reorganisation,
	n                  integer NOT NULL,
	code               text NOT NULL,
	blocking           boolean NOT NULL,
	person_id          uuid,
	account_id         uuid,
	subject            uuid,
	unit_code          text,
	step               integer,   -- from 1
	PRIMARY KEY (reorganisation_id, n)
);

-- What could not be carried out as planned, because it had changed after the beginning.
CREATE TABLE sen.reorganisation_exception (
	reorganisation_id  uuid NOT NULL REFERENCES sen.reorganisation,
	n                  integer NOT NULL,   -- the operation
	what               text NOT NULL,
	PRIMARY KEY (reorganisation_id, n)
);

-- The operations in hand: one batch at a time.
CREATE UNLOGGED TABLE sen.reorganisation_now (
	n           integer PRIMARY KEY,
	kind        text,
	person_id   uuid,
	account_id  uuid,
	subject     uuid,
	other       uuid,
	unit_from   integer,
	unit_to     integer
);

CREATE TABLE sen.unit_successor (
	old_unit           integer NOT NULL REFERENCES sen.unit,
	new_unit           integer NOT NULL REFERENCES sen.unit,
	reorganisation_id  uuid NOT NULL REFERENCES sen.reorganisation,
	share              numeric(4, 3) NOT NULL CHECK (share BETWEEN 0 AND 1),
	PRIMARY KEY (old_unit, new_unit, reorganisation_id)
);
CREATE INDEX unit_successor_new ON sen.unit_successor (new_unit);

-- Existing units that a reorganisation touches.
CREATE FUNCTION sen.reorganisation_reach(r uuid) RETURNS SETOF sen.unit LANGUAGE sql STABLE ROWS 1000 SET search_path = pg_catalog AS $$
	SELECT u.* FROM sen.unit u WHERE EXISTS (SELECT FROM sen.reorganisation_root w JOIN sen.unit a ON a.id = w.unit_id
		WHERE w.reorganisation_id = r AND (u.id = a.id OR (w.whole AND a.path <> '' AND starts_with(u.path, a.path))))
$$;

-- Does the actor hold the right over every unit that the steps name?
CREATE FUNCTION sen.reorganisation_within(actor uuid, needed text, r uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.reorganisation_root w WHERE w.reorganisation_id = r)
	AND NOT EXISTS (SELECT FROM sen.reorganisation_root w JOIN sen.unit u ON u.id = w.unit_id
		WHERE w.reorganisation_id = r AND NOT sen.scope_covers(actor, needed, u.path, NULL))
$$;
CREATE FUNCTION sen.reorganisation_is_visible(actor uuid, r uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT sen.reorganisation_within(actor, 'organise', r) OR sen.reorganisation_within(actor, 'approve', r)
$$;

-- The facts a plan is made of, as one value: it differs when any of them does.
CREATE FUNCTION sen.reorganisation_base(r uuid, day date) RETURNS text LANGUAGE sql STABLE
	SET search_path = pg_catalog SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
	WITH units AS MATERIALIZED (SELECT * FROM sen.reorganisation_reach(r)),
	persons AS MATERIALIZED (SELECT DISTINCT o.person_id FROM sen.post o WHERE o.unit_id IN (SELECT id FROM units)
		AND (upper_inf(o.valid) OR upper(o.valid) > day)),
	accounts AS MATERIALIZED (SELECT a.id FROM sen.account a WHERE a.person_id IN (SELECT person_id FROM persons)),
	facts AS (
		SELECT hashtextextended(concat_ws('|', 'u', id, code, name, kind, coalesce(parent_id, 0), path, valid_from, valid_to), 0) AS h FROM units
		UNION ALL
		SELECT hashtextextended(concat_ws('|', 'p', person_id, id, unit_id, title, kind, valid), 0) FROM sen.post
		WHERE person_id IN (SELECT person_id FROM persons) AND (upper_inf(valid) OR upper(valid) > day)
		UNION ALL
		SELECT hashtextextended(concat_ws('|', 'g', account_id, id, role_id, unit_id, extract(epoch FROM valid_from), extract(epoch FROM valid_to)), 0)
		FROM sen.access_grant WHERE revoked_at IS NULL
		AND (account_id IN (SELECT id FROM accounts) OR unit_id IN (SELECT id FROM units))
		UNION ALL
		SELECT hashtextextended(concat_ws('|', 's', account_id, id, unit_id, coalesce(platform_id, -1), rights, extract(epoch FROM valid_to)), 0)
		FROM sen.admin_scope WHERE revoked_at IS NULL AND unit_id IN (SELECT id FROM units)
	)
	SELECT md5(count(*) || ':' || coalesce(sum(h::numeric), 0)) FROM facts
$$;

-- While it is carried out, nothing new is put into a unit that is about to end: a moment later it would have no basis.
CREATE FUNCTION sen.reorganisation_closed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF EXISTS (SELECT FROM sen.reorganisation r JOIN sen.reorganisation_op o ON o.reorganisation_id = r.id AND o.n > r.people_to
		JOIN changed c ON c.unit_id = o.unit_from WHERE r.state = 'running' AND o.kind = 'unit_end') THEN
		RAISE EXCEPTION 'the unit is being reorganised' USING ERRCODE = 'exclusion_violation';
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER reorganisation_closed AFTER INSERT ON sen.access_grant REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.reorganisation_closed();
CREATE TRIGGER reorganisation_closed AFTER INSERT ON sen.admin_scope REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.reorganisation_closed();
CREATE TRIGGER reorganisation_closed AFTER INSERT ON sen.post REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION sen.reorganisation_closed();

-- ref -> id of a unit that is there by now.
CREATE FUNCTION sen.reorganisation_unit_id(r uuid, unit_ref integer) RETURNS integer LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE WHEN unit_ref >= 0 THEN unit_ref
		ELSE (SELECT unit_id FROM sen.reorganisation_unit WHERE reorganisation_id = r AND ref = unit_ref) END
$$;

-- Units begin, get their new names and places; or the plan is stale.
CREATE FUNCTION sen.reorganisation_begin(r sen.reorganisation) RETURNS text LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
DECLARE
	new sen.reorganisation_unit;
	made integer;
BEGIN
	-- Whoever writes such facts now has ended before they are looked at; whoever comes later finds it running.
	LOCK TABLE sen.post, sen.access_grant, sen.admin_scope, sen.unit IN SHARE ROW EXCLUSIVE MODE;
	IF sen.reorganisation_base(r.id, r.effective_on) <> r.base THEN
		UPDATE sen.reorganisation SET state = 'stale', version = version + 1 WHERE id = r.id;
		RETURN 'stale';
	END IF;
	FOR new IN SELECT * FROM sen.reorganisation_unit WHERE reorganisation_id = r.id AND ref < 0 ORDER BY ref DESC LOOP
		INSERT INTO sen.unit (code, name, name_en, name_fold, kind, parent_id, valid_from, verified, ident_new, ident_old)
		VALUES (new.code, new.name, new.name_en, new.name_fold, new.kind, sen.reorganisation_unit_id(r.id, new.parent_ref), r.effective_on,
			new.verified, new.ident_new, new.ident_old) RETURNING id INTO made;
		UPDATE sen.reorganisation_unit SET unit_id = made WHERE reorganisation_id = r.id AND ref = new.ref;
	END LOOP;
	UPDATE sen.unit u SET name = n.name, name_en = n.name_en, name_fold = n.name_fold, ident_new = n.ident_new, ident_old = n.ident_old,
		parent_id = sen.reorganisation_unit_id(r.id, n.parent_ref)
	FROM sen.reorganisation_unit n WHERE n.reorganisation_id = r.id AND n.ref > 0 AND u.id = n.ref;
	PERFORM sen.unit_repath();
	UPDATE sen.reorganisation SET state = 'running', started_at = now(), done_n = people_from, version = version + 1 WHERE id = r.id;
	RETURN 'begin';
END
$$;

-- The operations lo < n <= hi, all of whole persons: what a person held before and holds afterwards change places in one commit.
CREATE FUNCTION sen.reorganisation_persons(r sen.reorganisation, lo integer, hi integer) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
BEGIN
	TRUNCATE sen.reorganisation_now;
	INSERT INTO sen.reorganisation_now SELECT o.n, o.kind, o.person_id, o.account_id, o.subject, o.other, o.unit_from, coalesce(u.unit_id, o.unit_to)
	FROM sen.reorganisation_op o LEFT JOIN sen.reorganisation_unit u ON u.reorganisation_id = o.reorganisation_id AND u.ref = o.unit_to AND o.unit_to < 0
	WHERE o.reorganisation_id = r.id AND o.n > lo AND o.n <= hi;

	-- What has run out of itself would stand in the way of "one live grant".
	UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = r.approved_by, revoke_reason = 'expired'
	FROM (SELECT DISTINCT account_id FROM sen.reorganisation_now WHERE account_id IS NOT NULL) a
	WHERE g.account_id = a.account_id AND g.revoked_at IS NULL AND g.valid_to <= now();
	INSERT INTO sen.reorganisation_exception SELECT r.id, o.n, 'changed' FROM sen.reorganisation_now o
	WHERE (o.kind IN ('post_move', 'post_end') AND NOT EXISTS (SELECT FROM sen.post p WHERE p.person_id = o.person_id AND p.id = o.subject
		AND p.unit_id = o.unit_from AND (upper_inf(p.valid) OR upper(p.valid) > r.effective_on)))
	OR (o.kind IN ('grant_move', 'grant_merge', 'grant_end') AND NOT EXISTS (SELECT FROM sen.access_grant g WHERE g.account_id = o.account_id
		AND g.id = o.subject AND g.unit_id = o.unit_from AND (g.revoked_at IS NULL OR g.revoke_reason = 'expired')));

	PERFORM sen.reorganisation_posts(r);
	PERFORM sen.reorganisation_grants(r);
END
$$;

-- A post in the old unit ends where the same one in the new unit begins; one that has not begun begins in the new unit.
CREATE FUNCTION sen.reorganisation_posts(r sen.reorganisation) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
BEGIN
	DELETE FROM sen.post p USING sen.reorganisation_now o
	WHERE o.kind = 'post_end' AND p.person_id = o.person_id AND p.id = o.subject AND lower(p.valid) >= r.effective_on;
	UPDATE sen.post p SET valid = daterange(lower(p.valid), r.effective_on) FROM sen.reorganisation_now o
	WHERE o.kind = 'post_end' AND p.person_id = o.person_id AND p.id = o.subject AND lower(p.valid) < r.effective_on
	AND (upper_inf(p.valid) OR upper(p.valid) > r.effective_on);
	UPDATE sen.post p SET unit_id = o.unit_to FROM sen.reorganisation_now o
	WHERE o.kind = 'post_move' AND p.person_id = o.person_id AND p.id = o.subject AND p.unit_id = o.unit_from AND lower(p.valid) >= r.effective_on;
	WITH ended AS (
		UPDATE sen.post p SET valid = daterange(lower(p.valid), r.effective_on)
		FROM (SELECT q.person_id, q.id, upper(q.valid) AS until, o.unit_to FROM sen.reorganisation_now o
			JOIN sen.post q ON q.person_id = o.person_id AND q.id = o.subject
			WHERE o.kind = 'post_move' AND q.unit_id = o.unit_from AND lower(q.valid) < r.effective_on
			AND (upper_inf(q.valid) OR upper(q.valid) > r.effective_on)) o
		WHERE p.person_id = o.person_id AND p.id = o.id RETURNING p AS was, o.until, o.unit_to
	)
	INSERT INTO sen.post SELECT n.* FROM ended e CROSS JOIN LATERAL jsonb_populate_record(e.was, jsonb_build_object('id', gen_random_uuid(),
		'unit_id', e.unit_to, 'decision_no', r.decision_no, 'valid', daterange(r.effective_on, e.until))) n;
END
$$;

-- Grants keep their ids.  Where two become one, the one that stays covers the time of both.
CREATE FUNCTION sen.reorganisation_grants(r sen.reorganisation) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
BEGIN
	WITH gone AS (
		UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = r.approved_by, revoke_reason = 'merged'
		FROM sen.reorganisation_now o JOIN sen.access_grant k ON k.account_id = o.account_id AND k.id = o.other AND k.revoked_at IS NULL
		WHERE o.kind = 'grant_merge' AND g.account_id = o.account_id AND g.id = o.subject AND g.revoked_at IS NULL
		RETURNING g.account_id, o.other, g.valid_from, g.valid_to
	), span AS (
		SELECT account_id, other, min(valid_from) AS begins, bool_or(valid_to IS NULL) AS is_open, max(valid_to) AS ends FROM gone GROUP BY 1, 2
	)
	UPDATE sen.access_grant k SET valid_from = least(k.valid_from, s.begins),
		valid_to = CASE WHEN k.valid_to IS NULL OR s.is_open THEN NULL ELSE greatest(k.valid_to, s.ends) END
	FROM span s WHERE k.account_id = s.account_id AND k.id = s.other;

	UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = r.approved_by, revoke_reason = 'reorganisation' FROM sen.reorganisation_now o
	WHERE o.kind = 'grant_end' AND g.account_id = o.account_id AND g.id = o.subject AND g.revoked_at IS NULL;
	-- A role that was granted in the new unit meanwhile is that role already.
	UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = r.approved_by, revoke_reason = 'merged' FROM sen.reorganisation_now o
	WHERE o.kind = 'grant_move' AND g.account_id = o.account_id AND g.id = o.subject AND g.revoked_at IS NULL
	AND EXISTS (SELECT FROM sen.access_grant k WHERE k.account_id = g.account_id AND k.role_id = g.role_id AND k.unit_id = o.unit_to
		AND k.revoked_at IS NULL AND k.id <> g.id);
	-- grant_merge: when the one that was to stay is gone, this one stays.
	UPDATE sen.access_grant g SET unit_id = o.unit_to FROM sen.reorganisation_now o
	WHERE o.kind IN ('grant_move', 'grant_merge') AND g.account_id = o.account_id AND g.id = o.subject AND g.unit_id = o.unit_from
	AND g.revoked_at IS NULL;
	UPDATE sen.account a SET epoch = epoch + 1 FROM (SELECT DISTINCT account_id FROM sen.reorganisation_now WHERE kind = 'grant_end') o
	WHERE a.id = o.account_id;
END
$$;

-- Scopes of administrators change at the end, in one commit with the end of the units: until then nobody gains by what is on its way.
CREATE FUNCTION sen.reorganisation_finish(r sen.reorganisation) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
BEGIN
	UPDATE sen.admin_scope s SET revoked_at = now() FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'scope_end' AND s.account_id = o.account_id AND s.id = o.subject
	AND s.revoked_at IS NULL;
	INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights, valid_from, valid_to, granted_by)
	SELECT s.account_id, gen_random_uuid(), sen.reorganisation_unit_id(r.id, o.unit_to), s.platform_id, s.rights, s.valid_from, s.valid_to,
		s.granted_by
	FROM sen.reorganisation_op o JOIN sen.admin_scope s ON s.account_id = o.account_id AND s.id = o.subject AND s.revoked_at IS NULL
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'scope_add' ON CONFLICT DO NOTHING;
	UPDATE sen.admin_scope s SET unit_id = sen.reorganisation_unit_id(r.id, o.unit_to) FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'scope_move' AND s.account_id = o.account_id AND s.id = o.subject
	AND s.revoked_at IS NULL AND s.unit_id = o.unit_from;

	-- A unit in which something is left stays: that is for people to settle.
	INSERT INTO sen.reorganisation_exception SELECT r.id, o.n, 'unit_in_use' FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'unit_end' AND (
		EXISTS (SELECT FROM sen.post p WHERE p.unit_id = o.unit_from AND (upper_inf(p.valid) OR upper(p.valid) > r.effective_on))
		OR EXISTS (SELECT FROM sen.access_grant g WHERE g.unit_id = o.unit_from AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now()))
		OR EXISTS (SELECT FROM sen.admin_scope s WHERE s.unit_id = o.unit_from AND s.revoked_at IS NULL AND (s.valid_to IS NULL OR s.valid_to > now())));
	UPDATE sen.unit u SET valid_to = r.effective_on FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'unit_end' AND u.id = o.unit_from
	AND NOT EXISTS (SELECT FROM sen.reorganisation_exception e WHERE e.reorganisation_id = r.id AND e.n = o.n);
	INSERT INTO sen.unit_successor (old_unit, new_unit, reorganisation_id, share)
	SELECT o.unit_from, sen.reorganisation_unit_id(r.id, o.unit_to), r.id, o.share / 1000.0 FROM sen.reorganisation_op o
	WHERE o.reorganisation_id = r.id AND o.n > r.people_to AND o.kind = 'successor' ON CONFLICT DO NOTHING;
	UPDATE sen.reorganisation SET state = 'done', ended_at = now(), done_n = n_ops, version = version + 1, report = jsonb_build_object(
		'operations', (SELECT jsonb_object_agg(k.kind, k.n) FROM (SELECT o.kind, count(*) AS n FROM sen.reorganisation_op o
			WHERE o.reorganisation_id = r.id GROUP BY 1) k),
		'persons', (SELECT count(DISTINCT o.person_id) FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id),
		'accounts', (SELECT count(DISTINCT o.account_id) FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id),
		'exceptions', (SELECT count(*) FROM sen.reorganisation_exception e WHERE e.reorganisation_id = r.id))
	WHERE id = r.id;
END
$$;

-- A batch of persons in one go; where one of them is in the way, each alone, and that one is left as an exception.
CREATE FUNCTION sen.reorganisation_batch(r sen.reorganisation, lo integer, hi integer) RETURNS void LANGUAGE plpgsql SET search_path = sen, pg_temp AS $$
DECLARE
	one record;
BEGIN
	PERFORM sen.reorganisation_persons(r, lo, hi);
EXCEPTION WHEN integrity_constraint_violation THEN
	FOR one IN SELECT min(n) - 1 AS a, max(n) AS b FROM sen.reorganisation_op
		WHERE reorganisation_id = r.id AND n > lo AND n <= hi GROUP BY person_id, CASE WHEN person_id IS NULL THEN n END ORDER BY 1 LOOP
		BEGIN
			PERFORM sen.reorganisation_persons(r, one.a, one.b);
		EXCEPTION WHEN integrity_constraint_violation THEN
			INSERT INTO sen.reorganisation_exception SELECT r.id, o.n, 'refused' FROM sen.reorganisation_op o
			WHERE o.reorganisation_id = r.id AND o.n > one.a AND o.n <= one.b;
		END;
	END LOOP;
END
$$;

/*
 * One step of what is due, if anything: its beginning, a batch of about so many operations, or its end.  The caller commits it with its
 * record.  One reorganisation at a time, one step at a time: whoever finds another at it does nothing.
 */
CREATE FUNCTION sen.reorganisation_advance(size integer, OUT id uuid, OUT step text, OUT n_from integer, OUT n_to integer)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = sen, pg_temp AS $$
DECLARE
	r sen.reorganisation;
BEGIN
	IF NOT pg_try_advisory_xact_lock(7301986) THEN
		RETURN;
	END IF;
	SELECT * INTO r FROM sen.reorganisation o WHERE o.state IN ('approved', 'running') AND o.execute_at <= now()
	ORDER BY o.state = 'running' DESC, o.execute_at, o.id LIMIT 1 FOR UPDATE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	id := r.id;
	n_from := r.done_n;
	n_to := r.done_n;
	IF r.state = 'approved' THEN
		step := sen.reorganisation_begin(r);
	ELSIF r.done_n < r.people_to THEN
		step := 'batch';
		SELECT max(o.n) INTO n_to FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id AND o.n > r.done_n AND o.n <= r.people_to
		AND (o.n <= r.done_n + size OR o.person_id = (SELECT p.person_id FROM sen.reorganisation_op p
			WHERE p.reorganisation_id = r.id AND p.n = least(r.done_n + size, r.people_to)));
		PERFORM sen.reorganisation_batch(r, r.done_n, n_to);
		UPDATE sen.reorganisation o SET done_n = n_to WHERE o.id = r.id;
	ELSE
		step := 'finish';
		PERFORM sen.reorganisation_finish(r);
		n_to := r.n_ops;
	END IF;
END
$$;
REVOKE ALL ON FUNCTION sen.reorganisation_advance(integer), sen.reorganisation_begin(sen.reorganisation),
	sen.reorganisation_batch(sen.reorganisation, integer, integer), sen.reorganisation_persons(sen.reorganisation, integer, integer),
	sen.reorganisation_posts(sen.reorganisation), sen.reorganisation_grants(sen.reorganisation),
	sen.reorganisation_finish(sen.reorganisation) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION sen.reorganisation_advance(integer) TO sen_provisioner;
GRANT SELECT ON sen.reorganisation TO sen_provisioner;
GRANT INSERT, UPDATE ON sen.unit TO sen_server;
GRANT USAGE ON SEQUENCE sen.unit_id_seq TO sen_server;
GRANT SELECT ON sen.unit_successor, sen.reorganisation_exception TO sen_server;
GRANT SELECT, INSERT, UPDATE ON sen.reorganisation TO sen_server;
GRANT SELECT, INSERT, DELETE ON sen.reorganisation_root, sen.reorganisation_unit, sen.reorganisation_op, sen.reorganisation_finding TO sen_server;
