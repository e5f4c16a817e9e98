-- Platforms without any interface: what shall be done there becomes lines of numbered forms, which an officer carries out
-- and confirms (docs/decisions/0012-request-forms.md).

CREATE TABLE sen.form_setting (
	platform_id  smallint PRIMARY KEY REFERENCES sen.platform,
	officer      uuid REFERENCES sen.account,                                 -- whose task its forms are
	lines        smallint NOT NULL DEFAULT 40 CHECK (lines BETWEEN 1 AND 500), -- of one form: two A4 pages
	close_min    integer NOT NULL DEFAULT 1440 CHECK (close_min BETWEEN 0 AND 10080),
	urgent_min   integer NOT NULL DEFAULT 15 CHECK (urgent_min BETWEEN 0 AND 1440),  -- when access is to be taken away
	due_days     smallint NOT NULL DEFAULT 3 CHECK (due_days BETWEEN 0 AND 60),
	urgent_days  smallint NOT NULL DEFAULT 1 CHECK (urgent_days BETWEEN 0 AND 60),
	version      bigint NOT NULL DEFAULT 1
);
CREATE TRIGGER version_up BEFORE UPDATE ON sen.form_setting FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION sen.version_up();

CREATE TABLE sen.form (
	platform_id   smallint NOT NULL REFERENCES sen.platform,
	number        integer NOT NULL CHECK (number > 0),      -- without gaps, of each platform
	opened_at     timestamptz NOT NULL DEFAULT now(),
	n_lines       integer NOT NULL DEFAULT 0,
	closed_at     timestamptz,                              -- from then on paper may be out
	close_reason  text CHECK (close_reason IN ('size', 'time', 'urgent', 'officer')),
	officer       uuid REFERENCES sen.account,              -- to whom it was addressed
	due_at        timestamptz,
	reminders     integer NOT NULL DEFAULT 0,
	reminded_at   timestamptz,
	settled_at    timestamptz,                              -- no line waits any more
	PRIMARY KEY (platform_id, number),
	CHECK ((closed_at IS NULL) = (close_reason IS NULL)),
	CHECK ((closed_at IS NULL) = (due_at IS NULL)),
	CHECK (settled_at IS NULL OR closed_at IS NOT NULL)
);
CREATE UNIQUE INDEX form_open ON sen.form (platform_id) WHERE closed_at IS NULL;
CREATE INDEX form_unsettled ON sen.form (platform_id, due_at) WHERE settled_at IS NULL;

CREATE TABLE sen.form_line (
	platform_id   smallint NOT NULL,
	number        integer NOT NULL,
	line          integer NOT NULL CHECK (line > 0),        -- without gaps, of each form
	account_id    uuid NOT NULL REFERENCES sen.account,
	gen           bigint NOT NULL,                          -- binding.want_gen: confirming this settles no other
	want_hash     uuid NOT NULL,
	active        boolean NOT NULL,
	operation     text NOT NULL CHECK (operation IN ('create', 'update', 'enable', 'disable')),
	document      jsonb NOT NULL,                           -- what the officer needs to know
	urgent_since  timestamptz,                              -- access is to be taken away
	asked_at      timestamptz NOT NULL DEFAULT now(),
	-- replaced: a later line asks for something else, and this one is on paper; void: never to be carried out
	state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'replaced', 'done', 'refused', 'void')),
	replaces      integer[],                                -- {number, line} of the one on paper
	decided_by    uuid REFERENCES sen.account,
	decided_at    timestamptz,
	decided_how   text CHECK (decided_how IN ('officer', 'list')),
	note          text,
	PRIMARY KEY (platform_id, number, line),
	FOREIGN KEY (platform_id, number) REFERENCES sen.form
);
CREATE UNIQUE INDEX form_line_waiting ON sen.form_line (platform_id, account_id) WHERE state = 'waiting';
CREATE INDEX form_line_account ON sen.form_line (account_id, platform_id, number, line);

-- What an officer confirmed, or the platform's own list showed: here it is the platform.
CREATE TABLE sen.form_account (
	platform_id   smallint NOT NULL REFERENCES sen.platform,
	account_id    uuid NOT NULL REFERENCES sen.account,
	login         text NOT NULL,                            -- the name that it has there
	ext_id        text,                                     -- the platform's own identifier, when a list tells it
	active        boolean NOT NULL,
	roles         text NOT NULL DEFAULT '',                 -- codes, sorted, joined by commas
	document      jsonb,                                    -- NULL: a list showed something else than was confirmed
	seen_at       timestamptz NOT NULL DEFAULT now(),
	source        text NOT NULL CHECK (source IN ('officer', 'list')),
	seen_by       uuid NOT NULL REFERENCES sen.account,
	PRIMARY KEY (platform_id, account_id)
);
CREATE INDEX form_account_login ON sen.form_account (platform_id, login);

CREATE TABLE sen.form_upload (
	platform_id   smallint NOT NULL REFERENCES sen.platform,
	id            uuid NOT NULL DEFAULT gen_random_uuid(),
	taken_at      timestamptz NOT NULL DEFAULT now(),       -- when the platform wrote it; what is newer here, it says nothing about
	has_roles     boolean NOT NULL DEFAULT false,
	has_names     boolean NOT NULL DEFAULT false,
	state         text NOT NULL DEFAULT 'uploading' CHECK (state IN ('uploading', 'held', 'applied', 'dropped')),
	uploaded_by   uuid NOT NULL REFERENCES sen.account,
	uploaded_at   timestamptz NOT NULL DEFAULT now(),
	n_rows        integer NOT NULL DEFAULT 0,
	n_known       integer NOT NULL DEFAULT 0,               -- active accounts that should be on it
	n_listed      integer NOT NULL DEFAULT 0,               -- of these
	decided_by    uuid REFERENCES sen.account,
	decided_at    timestamptz,
	report        jsonb NOT NULL DEFAULT '{}',
	PRIMARY KEY (platform_id, id)
);
CREATE TABLE sen.form_upload_row (
	platform_id   smallint NOT NULL,
	upload_id     uuid NOT NULL,
	login         text NOT NULL,
	ext_id        text,
	full_name     text,
	active        boolean NOT NULL,
	roles         text NOT NULL DEFAULT '',
	PRIMARY KEY (platform_id, upload_id, login),
	FOREIGN KEY (platform_id, upload_id) REFERENCES sen.form_upload
);

CREATE INDEX binding_waiting ON sen.binding (platform_id) WHERE state = 9;

CREATE FUNCTION sen.form_role_codes(document jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
	SELECT coalesce(string_agg(r ->> 'code', ',' ORDER BY r ->> 'code' COLLATE "C"), '') FROM jsonb_array_elements(document -> 'roles') r
$$;

-- The form is closed: its lines stay as they are.  The caller holds the setting's row.
CREATE FUNCTION sen.form_close(platform smallint, form integer, reason text) RETURNS boolean LANGUAGE sql SECURITY DEFINER
	SET search_path = pg_catalog AS $$
	WITH closed AS (
		UPDATE sen.form f SET closed_at = now(), close_reason = reason, officer = s.officer,
			due_at = now() + make_interval(days => CASE WHEN EXISTS (SELECT FROM sen.form_line l WHERE l.platform_id = f.platform_id
				AND l.number = f.number AND l.state = 'waiting' AND l.urgent_since IS NOT NULL) THEN s.urgent_days ELSE s.due_days END)
		FROM sen.form_setting s
		WHERE f.platform_id = platform AND f.number = form AND f.closed_at IS NULL AND s.platform_id = f.platform_id RETURNING 1)
	SELECT EXISTS (SELECT FROM closed)
$$;

-- One account shall be so.  Gives the line that asks for it, or says that it is so already.  The row of the setting is
-- the lock of the platform's forms: numbers are given out one after the other, and no line joins a form that closes.
CREATE FUNCTION sen.form_ask(platform smallint, account uuid, wanted_gen bigint, wanted_hash uuid, wanted_active boolean, wanted jsonb)
	RETURNS TABLE (outcome text, number integer, line integer, ext_id text, note text) LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
	s sen.form_setting;
	k sen.form_account;
	w sen.form_line;
	r sen.form_line;
	operation_now text;
	is_urgent boolean;
	is_open boolean;
	paper_is_out boolean;
	form_number integer;
	line_number integer;
BEGIN
	INSERT INTO sen.form_setting (platform_id) VALUES (platform) ON CONFLICT DO NOTHING;
	SELECT t.* INTO s FROM sen.form_setting t WHERE t.platform_id = platform FOR UPDATE;
	SELECT t.* INTO k FROM sen.form_account t WHERE t.platform_id = platform AND t.account_id = account;
	SELECT t.* INTO w FROM sen.form_line t WHERE t.platform_id = platform AND t.account_id = account AND t.state = 'waiting';
	IF w.line IS NOT NULL AND w.document = wanted AND w.active = wanted_active THEN
		UPDATE sen.form_line t SET gen = wanted_gen, want_hash = wanted_hash
			WHERE t.platform_id = platform AND t.number = w.number AND t.line = w.line;
		RETURN QUERY SELECT 'waiting'::text, w.number, w.line, coalesce(k.ext_id, k.login), NULL::text;
		RETURN;
	END IF;
	is_open := w.line IS NOT NULL AND EXISTS (SELECT FROM sen.form f WHERE f.platform_id = platform AND f.number = w.number AND f.closed_at IS NULL);
	paper_is_out := EXISTS (SELECT FROM sen.form_line t JOIN sen.form f ON f.platform_id = t.platform_id AND f.number = t.number
		WHERE t.platform_id = platform AND t.account_id = account AND t.state IN ('waiting', 'replaced') AND f.closed_at IS NOT NULL);
	IF NOT paper_is_out AND (wanted_active AND k.active AND k.document = wanted OR NOT wanted_active AND NOT coalesce(k.active, false)) THEN
		-- It was never asked: nothing is on paper.
		UPDATE sen.form_line t SET state = 'void' WHERE t.platform_id = platform AND t.account_id = account AND t.state = 'waiting';
		RETURN QUERY SELECT CASE WHEN k.account_id IS NULL THEN 'absent' ELSE 'done' END, NULL::integer, NULL::integer, coalesce(k.ext_id, k.login), NULL::text;
		RETURN;
	END IF;
	SELECT t.* INTO r FROM sen.form_line t WHERE t.platform_id = platform AND t.account_id = account AND t.state <> 'void'
		ORDER BY t.number DESC, t.line DESC LIMIT 1;
	IF r.state = 'refused' AND r.document = wanted AND r.active = wanted_active THEN
		RETURN QUERY SELECT 'refused'::text, r.number, r.line, coalesce(k.ext_id, k.login), r.note;
		RETURN;
	END IF;
	operation_now := CASE WHEN NOT wanted_active THEN 'disable' WHEN k.account_id IS NULL THEN 'create' WHEN k.active THEN 'update' ELSE 'enable' END;
	is_urgent := NOT wanted_active OR k.active AND NOT string_to_array(k.roles, ',') <@ string_to_array(sen.form_role_codes(wanted), ',');
	IF is_open THEN
		UPDATE sen.form_line t SET gen = wanted_gen, want_hash = wanted_hash, active = wanted_active, operation = operation_now, document = wanted,
			urgent_since = CASE WHEN is_urgent THEN coalesce(t.urgent_since, now()) END
			WHERE t.platform_id = platform AND t.number = w.number AND t.line = w.line;
		RETURN QUERY SELECT 'waiting'::text, w.number, w.line, coalesce(k.ext_id, k.login), NULL::text;
		RETURN;
	END IF;
	SELECT f.number INTO form_number FROM sen.form f WHERE f.platform_id = platform AND f.closed_at IS NULL;
	IF form_number IS NULL THEN
		INSERT INTO sen.form AS f (platform_id, number)
			SELECT platform, coalesce(max(o.number), 0) + 1 FROM sen.form o WHERE o.platform_id = platform RETURNING f.number INTO form_number;
	END IF;
	IF w.line IS NOT NULL THEN
		UPDATE sen.form_line t SET state = 'replaced' WHERE t.platform_id = platform AND t.number = w.number AND t.line = w.line;
		PERFORM sen.form_settle(platform, w.number);
	END IF;
	UPDATE sen.form f SET n_lines = f.n_lines + 1 WHERE f.platform_id = platform AND f.number = form_number RETURNING f.n_lines INTO line_number;
	INSERT INTO sen.form_line (platform_id, number, line, account_id, gen, want_hash, active, operation, document, urgent_since, replaces)
		VALUES (platform, form_number, line_number, account, wanted_gen, wanted_hash, wanted_active, operation_now, wanted,
			CASE WHEN is_urgent THEN now() END, CASE WHEN w.line IS NOT NULL THEN ARRAY[w.number, w.line] END);
	IF line_number >= s.lines THEN
		PERFORM sen.form_close(platform, form_number, 'size');
	END IF;
	RETURN QUERY SELECT 'waiting'::text, form_number, line_number, coalesce(k.ext_id, k.login), NULL::text;
END
$$;

-- Settled: closed, and no line waits.
CREATE FUNCTION sen.form_settle(platform smallint, form integer) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	UPDATE sen.form f SET settled_at = CASE WHEN EXISTS (SELECT FROM sen.form_line l WHERE l.platform_id = f.platform_id
		AND l.number = f.number AND l.state = 'waiting') THEN NULL ELSE coalesce(f.settled_at, now()) END
	WHERE f.platform_id = platform AND f.number = form AND f.closed_at IS NOT NULL
$$;

-- Lines that are known to be done: what the platform holds, and the bindings.  Only what a line asked for counts as seen.
CREATE FUNCTION sen.form_lines_done(platform smallint, form integer, which integer[], actor uuid, how text, request text) RETURNS void
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.form_account AS k (platform_id, account_id, login, active, roles, document, source, seen_by)
	SELECT l.platform_id, l.account_id, l.document ->> 'login', l.active, CASE WHEN l.active THEN sen.form_role_codes(l.document) ELSE '' END,
		CASE WHEN l.active THEN l.document END, how, actor
	FROM sen.form_line l WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which) ORDER BY l.account_id
	ON CONFLICT (platform_id, account_id) DO UPDATE SET login = excluded.login, active = excluded.active, roles = excluded.roles,
		document = excluded.document, source = excluded.source, seen_by = excluded.seen_by, seen_at = now();

	UPDATE sen.binding b SET seen_hash = l.want_hash, seen_active = l.active, seen_gen = l.gen, seen_at = now(),
		ext_id = coalesce(b.ext_id, l.document ->> 'login'), err_class = NULL, err_detail = NULL, tries = 0,
		state = CASE WHEN b.want_gen = l.gen THEN 0 ELSE b.state END,
		due_at = CASE WHEN b.want_gen = l.gen THEN NULL ELSE b.due_at END,
		lease_until = CASE WHEN b.want_gen = l.gen THEN NULL ELSE b.lease_until END
	FROM sen.form_line l WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which)
	AND b.account_id = l.account_id AND b.platform_id = platform AND b.seen_gen <= l.gen;

	-- What is on older paper is overtaken.
	UPDATE sen.form_line o SET state = 'void' FROM sen.form_line l
	WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which)
	AND o.platform_id = platform AND o.account_id = l.account_id AND o.state = 'replaced' AND o.number < form;

	UPDATE sen.form_line l SET state = 'done', decided_by = actor, decided_at = now(), decided_how = how
	WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which);
	PERFORM sen.form_settle(platform, form);

	INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)
	SELECT 'account:' || actor, 'platform_account.' || l.operation, l.account_id, p.code, request,
		jsonb_build_object('form', l.number, 'line', l.line, 'confirmed', how)
	FROM sen.form_line l JOIN sen.platform p ON p.id = l.platform_id
	WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which) ORDER BY l.line;
END
$$;

-- Whose task the platform's forms are, as long as that account may still look at the platform.
CREATE FUNCTION sen.form_officer_is(platform smallint, actor uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.form_setting s JOIN sen.live_scope v ON v.account_id = s.officer
		WHERE s.platform_id = platform AND s.officer = actor AND 'read' = ANY (v.rights) AND (v.platform_id IS NULL OR v.platform_id = platform))
$$;

-- Whoever granted or took away what a line asks for, and whom it is about.
CREATE FUNCTION sen.form_line_involves(platform smallint, account uuid, actor uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT sen.same_person(account, actor) OR EXISTS (SELECT FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id
		WHERE g.account_id = account AND r.platform_id = platform
		AND (g.revoked_at IS NULL AND sen.same_person(g.granted_by, actor) OR sen.same_person(g.revoked_by, actor)))
$$;

-- decision: done, refused, or again (what was refused shall be asked once more).  All of these lines, or none: outcome says why.
CREATE FUNCTION sen.form_decide(platform smallint, form integer, which integer[], decision text, why text, actor uuid, request text)
	RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	n integer;
BEGIN
	PERFORM FROM sen.form_setting s WHERE s.platform_id = platform FOR UPDATE;
	IF NOT sen.form_officer_is(platform, actor) THEN
		RETURN 'officer';
	END IF;
	IF NOT EXISTS (SELECT FROM sen.form f WHERE f.platform_id = platform AND f.number = form) THEN
		RETURN 'unknown';
	END IF;
	IF EXISTS (SELECT FROM sen.form f WHERE f.platform_id = platform AND f.number = form AND f.closed_at IS NULL) THEN
		RETURN 'open';
	END IF;
	SELECT count(*) INTO n FROM sen.form_line l WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which)
		AND CASE WHEN decision = 'again' THEN l.state = 'refused' ELSE l.state IN ('waiting', 'replaced') END;
	IF n = 0 OR n <> (SELECT count(DISTINCT x) FROM unnest(which) x) THEN
		RETURN 'lines';
	END IF;
	IF EXISTS (SELECT FROM sen.form_line l WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which)
		AND sen.form_line_involves(platform, l.account_id, actor)) THEN
		RETURN 'four_eyes';
	END IF;
	IF decision = 'done' THEN
		PERFORM sen.form_lines_done(platform, form, which, actor, 'officer', request);
		RETURN 'ok';
	END IF;
	UPDATE sen.binding b SET state = CASE decision WHEN 'again' THEN 1 ELSE 5 END, due_at = CASE decision WHEN 'again' THEN now() END,
		err_class = CASE decision WHEN 'again' THEN NULL ELSE 'refused' END, err_detail = why, lease_until = NULL
	FROM sen.form_line l WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which)
	AND b.account_id = l.account_id AND b.platform_id = platform AND b.want_gen = l.gen AND b.state <> 0;
	UPDATE sen.form_line l SET state = CASE decision WHEN 'again' THEN 'void' ELSE 'refused' END, decided_by = actor, decided_at = now(),
		decided_how = 'officer', note = coalesce(why, l.note)
	WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which);
	PERFORM sen.form_settle(platform, form);
	RETURN 'ok';
END
$$;

-- The platform's own list against what is known, all at once.  Accounts that are not ours are counted, never touched.
CREATE FUNCTION sen.form_list_apply(platform smallint, upload uuid, actor uuid, request text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog AS $$
DECLARE
	u sen.form_upload;
	f record;
	settled jsonb := '[]';
	missing jsonb;
	drifted jsonb;
	n_foreign integer;
	answer jsonb;
BEGIN
	PERFORM FROM sen.form_setting s WHERE s.platform_id = platform FOR UPDATE;
	SELECT t.* INTO u FROM sen.form_upload t WHERE t.platform_id = platform AND t.id = upload FOR UPDATE;

	-- Each account of ours that the list can say something about, with what it says.
	CREATE TEMPORARY TABLE form_said ON COMMIT DROP AS
	SELECT a.account_id, r.login, r.ext_id, r.full_name, coalesce(r.active, false) AS active, coalesce(r.roles, '') AS roles, r.login IS NOT NULL AS listed
	FROM (SELECT k.account_id, k.login, k.ext_id FROM sen.form_account k WHERE k.platform_id = platform
		UNION SELECT l.account_id, coalesce(k.login, l.document ->> 'login'), k.ext_id FROM sen.form_line l LEFT JOIN sen.form_account k
			ON k.platform_id = l.platform_id AND k.account_id = l.account_id
			WHERE l.platform_id = platform AND l.state IN ('waiting', 'replaced')) a
	LEFT JOIN LATERAL (SELECT x.* FROM sen.form_upload_row x WHERE x.platform_id = platform AND x.upload_id = upload
		AND (x.login = a.login OR x.ext_id = a.ext_id) ORDER BY x.ext_id = a.ext_id DESC NULLS LAST LIMIT 1) r ON true;

	-- Lines on paper that are seen to be done.  A change that the list cannot show stays with the officer.
	FOR f IN SELECT l.number, array_agg(l.line ORDER BY l.line) AS lines FROM sen.form_line l JOIN sen.form o
		ON o.platform_id = l.platform_id AND o.number = l.number AND o.closed_at <= u.taken_at
		JOIN form_said s ON s.account_id = l.account_id LEFT JOIN sen.form_account k ON k.platform_id = platform AND k.account_id = l.account_id
		WHERE l.platform_id = platform AND l.state = 'waiting' AND s.active = l.active
		AND (NOT l.active OR (NOT u.has_roles OR s.roles = sen.form_role_codes(l.document))
			AND (NOT u.has_names OR s.full_name IS NOT DISTINCT FROM l.document ->> 'full_name')
			AND (l.operation <> 'update' OR u.has_roles AND k.roles IS DISTINCT FROM s.roles
				OR u.has_names AND k.document ->> 'full_name' IS DISTINCT FROM s.full_name))
		GROUP BY l.number ORDER BY l.number
	LOOP
		PERFORM sen.form_lines_done(platform, f.number, f.lines, actor, 'list', request);
		settled := settled || jsonb_build_object('form', f.number, 'lines', to_jsonb(f.lines));
	END LOOP;

	SELECT coalesce(jsonb_agg(jsonb_build_object('form', l.number, 'line', l.line, 'login', l.document ->> 'login') ORDER BY l.number, l.line), '[]')
	INTO missing FROM sen.form_line l JOIN sen.form o ON o.platform_id = l.platform_id AND o.number = l.number
	WHERE l.platform_id = platform AND l.state = 'waiting' AND o.closed_at <= u.taken_at;

	-- What was confirmed and is not so.
	CREATE TEMPORARY TABLE form_drift ON COMMIT DROP AS
	SELECT s.*, k.active AS was_active FROM form_said s JOIN sen.form_account k ON k.platform_id = platform AND k.account_id = s.account_id
	WHERE k.seen_at <= u.taken_at AND (s.active <> k.active OR s.active AND u.has_roles AND s.roles <> k.roles
		OR s.active AND u.has_names AND s.full_name IS DISTINCT FROM k.document ->> 'full_name');
	SELECT coalesce(jsonb_agg(jsonb_build_object('login', k.login, 'confirmed', k.active, 'listed', d.listed, 'active', d.active) ORDER BY k.login), '[]')
	INTO drifted FROM form_drift d JOIN sen.form_account k ON k.platform_id = platform AND k.account_id = d.account_id;
	UPDATE sen.binding b SET seen_hash = NULL, seen_active = d.active, seen_at = now(), ext_id = CASE WHEN d.listed THEN b.ext_id END,
		state = CASE WHEN b.state IN (0, 5) THEN 1 ELSE b.state END, due_at = CASE WHEN b.state IN (0, 5) THEN now() ELSE b.due_at END,
		prio = CASE WHEN b.state = 0 THEN CASE WHEN d.active AND NOT b.want_active THEN 0 ELSE 4 END ELSE b.prio END
	FROM form_drift d WHERE b.account_id = d.account_id AND b.platform_id = platform;
	DELETE FROM sen.form_account k USING form_drift d WHERE k.platform_id = platform AND k.account_id = d.account_id AND NOT d.listed;
	UPDATE sen.form_account k SET active = s.active, roles = CASE WHEN u.has_roles THEN s.roles ELSE k.roles END,
		document = CASE WHEN EXISTS (SELECT FROM form_drift d WHERE d.account_id = k.account_id) THEN NULL ELSE k.document END,
		ext_id = coalesce(s.ext_id, k.ext_id), source = 'list', seen_by = actor, seen_at = now()
	FROM form_said s WHERE k.platform_id = platform AND k.account_id = s.account_id AND s.listed AND k.seen_at <= u.taken_at;

	SELECT count(*) INTO n_foreign FROM sen.form_upload_row x WHERE x.platform_id = platform AND x.upload_id = upload
		AND NOT EXISTS (SELECT FROM form_said s WHERE s.login = x.login);
	answer := jsonb_build_object('settled', settled, 'not_shown', missing, 'drift', drifted, 'foreign', n_foreign);
	UPDATE sen.form_upload t SET state = 'applied', report = answer, decided_by = coalesce(decided_by, actor), decided_at = now()
		WHERE t.platform_id = platform AND t.id = upload;
	-- Of lists before this one the reports are enough.
	DELETE FROM sen.form_upload_row x USING sen.form_upload t WHERE t.platform_id = platform AND x.platform_id = platform AND x.upload_id = t.id
		AND t.id <> upload AND (t.state IN ('applied', 'dropped') OR t.state = 'uploading' AND t.uploaded_at < now() - interval '1 day');
	DROP TABLE form_said, form_drift;
	RETURN answer;
END
$$;

-- The end of an upload: compared at once, or held as short.  outcome: applied, held, officer, unknown, empty.
CREATE FUNCTION sen.form_list_end(platform smallint, upload uuid, actor uuid, request text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
	SET search_path = pg_catalog AS $$
DECLARE
	known integer;
	listed integer;
	u sen.form_upload;
BEGIN
	IF NOT sen.form_officer_is(platform, actor) THEN
		RETURN 'officer';
	END IF;
	PERFORM FROM sen.form_setting s WHERE s.platform_id = platform FOR UPDATE;
	SELECT t.* INTO u FROM sen.form_upload t WHERE t.platform_id = platform AND t.id = upload AND t.uploaded_by = actor AND t.state = 'uploading' FOR UPDATE;
	IF u.id IS NULL THEN
		RETURN 'unknown';
	END IF;
	SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM sen.form_upload_row x WHERE x.platform_id = platform AND x.upload_id = upload
		AND (x.login = k.login OR x.ext_id = k.ext_id)))
	INTO known, listed FROM sen.form_account k WHERE k.platform_id = platform AND k.active;
	UPDATE sen.form_upload t SET n_rows = (SELECT count(*) FROM sen.form_upload_row x WHERE x.platform_id = platform AND x.upload_id = upload),
		n_known = known, n_listed = listed, state = CASE WHEN listed * 100 < known * 95 THEN 'held' ELSE 'uploading' END
		WHERE t.platform_id = platform AND t.id = upload;
	IF listed * 100 < known * 95 THEN
		RETURN 'held';
	END IF;
	PERFORM sen.form_list_apply(platform, upload, actor, request);
	RETURN 'applied';
END
$$;

-- A second person on a short listing: it is compared, or dropped.  outcome: ok, unknown, scope, four_eyes.
CREATE FUNCTION sen.form_list_release(platform smallint, upload uuid, is_good boolean, actor uuid, request text) RETURNS text LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	u sen.form_upload;
BEGIN
	PERFORM FROM sen.form_setting s WHERE s.platform_id = platform FOR UPDATE;
	SELECT t.* INTO u FROM sen.form_upload t WHERE t.platform_id = platform AND t.id = upload AND t.state = 'held' FOR UPDATE;
	IF u.id IS NULL THEN
		RETURN 'unknown';
	END IF;
	IF NOT EXISTS (SELECT FROM sen.platform p WHERE p.id = platform AND sen.catalogue_covers(actor, 'approve', p.managing_unit_id, p.id)) THEN
		RETURN 'scope';
	END IF;
	IF sen.same_person(u.uploaded_by, actor) THEN
		RETURN 'four_eyes';
	END IF;
	UPDATE sen.form_upload t SET decided_by = actor, decided_at = now(), state = CASE WHEN is_good THEN t.state ELSE 'dropped' END
		WHERE t.platform_id = platform AND t.id = upload;
	IF is_good THEN
		PERFORM sen.form_list_apply(platform, upload, u.uploaded_by, request);
	END IF;
	RETURN 'ok';
END
$$;

-- Role codes out of what a list calls them, by code or name; what nobody knows stays as it is, and differs.
CREATE FUNCTION sen.form_roles_of(platform smallint, said text) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT coalesce(string_agg(c.code, ',' ORDER BY c.code COLLATE "C"), '') FROM (
		SELECT DISTINCT coalesce((SELECT r.code FROM sen.role r WHERE r.platform_id = platform AND (r.code = upper(trim(t.x)) OR lower(r.name) = lower(trim(t.x)))
			ORDER BY r.code = upper(trim(t.x)) DESC LIMIT 1), trim(t.x)) AS code
		FROM regexp_split_to_table(said, '[;,|]') t (x) WHERE trim(t.x) <> '') c
$$;

-- Whose lines an administrator sees: the officer all, others those of persons within their scope.
CREATE FUNCTION sen.form_line_visible(platform smallint, account uuid, actor uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT sen.form_officer_is(platform, actor) OR EXISTS (SELECT FROM sen.account a JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)
		WHERE a.id = account AND sen.scope_covers(actor, 'read', u.path, platform))
$$;
CREATE FUNCTION sen.form_platform_visible(platform smallint, actor uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope v WHERE v.account_id = actor AND 'read' = ANY (v.rights) AND (v.platform_id IS NULL OR v.platform_id = platform))
$$;

-- For whoever explains an account: the line it waits for, and by whose word it is as it is.
CREATE VIEW sen.form_standing AS
	SELECT b.account_id, b.platform_id, l.number, l.line, f.due_at, k.source AS confirmed_how, a.login AS confirmed_by, k.seen_at AS confirmed_at
	FROM sen.binding b
	LEFT JOIN sen.form_line l ON l.platform_id = b.platform_id AND l.account_id = b.account_id AND l.state = 'waiting'
	LEFT JOIN sen.form f ON f.platform_id = l.platform_id AND f.number = l.number
	LEFT JOIN sen.form_account k ON k.platform_id = b.platform_id AND k.account_id = b.account_id
	LEFT JOIN sen.account a ON a.id = k.seen_by
	WHERE l.line IS NOT NULL OR k.account_id IS NOT NULL;

REVOKE ALL ON FUNCTION sen.form_close(smallint, integer, text), sen.form_ask(smallint, uuid, bigint, uuid, boolean, jsonb),
	sen.form_settle(smallint, integer), sen.form_lines_done(smallint, integer, integer[], uuid, text, text),
	sen.form_decide(smallint, integer, integer[], text, text, uuid, text), sen.form_list_apply(smallint, uuid, uuid, text),
	sen.form_list_end(smallint, uuid, uuid, text), sen.form_list_release(smallint, uuid, boolean, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.form_ask(smallint, uuid, bigint, uuid, boolean, jsonb) TO sen_provisioner;
GRANT EXECUTE ON FUNCTION sen.form_close(smallint, integer, text) TO sen_provisioner, sen_server;
GRANT EXECUTE ON FUNCTION sen.form_decide(smallint, integer, integer[], text, text, uuid, text), sen.form_list_end(smallint, uuid, uuid, text),
	sen.form_list_release(smallint, uuid, boolean, uuid, text) TO sen_server;
GRANT SELECT ON sen.form_setting, sen.form, sen.form_line, sen.form_account, sen.form_upload, sen.form_upload_row, sen.form_standing TO sen_server;
GRANT INSERT, UPDATE ON sen.form_setting, sen.form_upload TO sen_server;
GRANT INSERT ON sen.form_upload_row TO sen_server;
GRANT SELECT ON sen.form_setting, sen.form, sen.form_line, sen.form_account TO sen_provisioner;
GRANT UPDATE ON sen.form_setting TO sen_provisioner;
GRANT UPDATE (reminders, reminded_at) ON sen.form TO sen_provisioner;
