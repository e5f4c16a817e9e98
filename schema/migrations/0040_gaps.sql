-- What was found missing in the engine: confirmations that meet a binding which waits for somebody else, proofs of every kind, how
-- long its records are kept, and what may administer at all.

-- Bindings that are off and kept (7) or gone (8) are counted by platform.
CREATE INDEX binding_ended ON sen.binding (platform_id, state) WHERE state IN (7, 8);

-- A confirmation says what an account is.  Held (6), in its grace (7) or deleted (8), the binding stays what it is.
CREATE OR REPLACE FUNCTION sen.form_lines_done(platform smallint, form integer, which integer[], actor uuid, how text, request text) RETURNS void
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.form_account AS k (platform_id, account_id, login, active, roles, document, source, seen_by)
	SELECT l.platform_id, l.account_id, l.document ->> 'login', l.active, CASE WHEN l.active THEN sen.form_role_codes(l.document) ELSE '' END,
		CASE WHEN l.active THEN l.document END, how, actor
	FROM sen.form_line l WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which) ORDER BY l.account_id
	ON CONFLICT (platform_id, account_id) DO UPDATE SET login = excluded.login, active = excluded.active, roles = excluded.roles,
		document = excluded.document, source = excluded.source, seen_by = excluded.seen_by, seen_at = now();

	UPDATE sen.binding b SET seen_hash = l.want_hash, seen_active = l.active, seen_gen = l.gen, seen_at = now(),
		ext_id = CASE WHEN b.state <> 8 THEN coalesce(b.ext_id, l.document ->> 'login') END, err_class = NULL, err_detail = NULL, tries = 0,
		state = CASE WHEN b.want_gen = l.gen AND b.state NOT IN (6, 7, 8) THEN 0 ELSE b.state END,
		due_at = CASE WHEN b.want_gen = l.gen AND b.state <> 6 THEN NULL ELSE b.due_at END,
		lease_until = CASE WHEN b.want_gen = l.gen THEN NULL ELSE b.lease_until END
	FROM sen.form_line l WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which)
	AND b.account_id = l.account_id AND b.platform_id = platform AND b.seen_gen <= l.gen;

	-- Whose access a line ended has the officer's word for it, or the list's.
	INSERT INTO sen.access_proof (account_id, platform_id, gen, operation_id, kind, what, took_down, ext_id)
	SELECT l.account_id, l.platform_id, l.gen, 'form ' || l.number || ' line ' || l.line, CASE how WHEN 'list' THEN 'listed' ELSE 'confirmed' END,
		'inactive', true, coalesce(k.ext_id, k.login)
	FROM sen.form_line l JOIN sen.form_account k ON k.platform_id = l.platform_id AND k.account_id = l.account_id
	WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which) AND NOT l.active
	ON CONFLICT DO NOTHING;

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

CREATE OR REPLACE FUNCTION sen.form_decide(platform smallint, form integer, which integer[], decision text, why text, actor uuid, request text)
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
	AND b.account_id = l.account_id AND b.platform_id = platform AND b.want_gen = l.gen AND b.state NOT IN (0, 6, 7, 8);
	UPDATE sen.form_line l SET state = CASE decision WHEN 'again' THEN 'void' ELSE 'refused' END, decided_by = actor, decided_at = now(),
		decided_how = 'officer', note = coalesce(why, l.note)
	WHERE l.platform_id = platform AND l.number = form AND l.line = ANY (which);
	PERFORM sen.form_settle(platform, form);
	RETURN 'ok';
END
$$;

-- Access that a list shows although it had ended is ended again, also in its grace or after it.
CREATE OR REPLACE FUNCTION sen.form_list_apply(platform smallint, upload uuid, actor uuid, request text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
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
		state = CASE WHEN b.state IN (0, 5) OR b.state IN (7, 8) AND d.active THEN 1 ELSE b.state END,
		due_at = CASE WHEN b.state IN (0, 5) OR b.state IN (7, 8) AND d.active THEN now() ELSE b.due_at END,
		prio = CASE WHEN b.state IN (0, 7, 8) THEN CASE WHEN d.active AND NOT b.want_active THEN 0 ELSE 4 END ELSE b.prio END
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

-- Records by their age (provisioning/keeping_store.h).
CREATE INDEX observe_run_age ON sen.observe_run (created_at);
CREATE INDEX access_proof_age ON sen.access_proof (proved_at);
GRANT DELETE ON sen.access_proof, sen.form_upload, sen.form_upload_row TO sen_provisioner;
GRANT SELECT ON sen.form_upload, sen.form_upload_row TO sen_provisioner;
