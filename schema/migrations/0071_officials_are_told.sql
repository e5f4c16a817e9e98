-- Who is concerned is told: what became of a request, what a person gave or took, and that a post with an end comes to it.

DO $$
DECLARE
	there text := (SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = 'sen.notice'::regclass AND c.conname = 'notice_kind_check');
BEGIN
	ALTER TABLE sen.notice DROP CONSTRAINT notice_kind_check;
	EXECUTE 'ALTER TABLE sen.notice ADD CONSTRAINT notice_kind_check ' || regexp_replace(there, '\]', ', ''request_granted''::text, ''request_refused''::text,'
		' ''access_given''::text, ''access_taken''::text, ''post_ends''::text]');
END
$$;

-- The end of a request: the person, and who asked.
CREATE FUNCTION sen.notice_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT w.id, 'request_' || NEW.state, NEW.id::text, jsonb_build_object('request', NEW.id, 'platform', p.code, 'role', r.code, 'unit', u.code,
		'employee_code', m.employee_code, 'full_name', m.full_name, 'valid_to', CASE WHEN NEW.state = 'granted' THEN sen.iso(NEW.valid_to) END,
		'reason', CASE WHEN NEW.state = 'refused' THEN (SELECT nullif(e.text, '') FROM sen.request_event e
			WHERE e.request_id = NEW.id AND e.kind = 'refused' ORDER BY e.n DESC LIMIT 1) END)
	FROM sen.person m JOIN sen.role r ON r.id = NEW.role_id JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = NEW.unit_id
	CROSS JOIN LATERAL (SELECT a.id FROM sen.account a WHERE a.person_id = m.id AND a.kind = 'operational'
		UNION SELECT a.id FROM sen.account a WHERE a.id = NEW.requested_by AND a.kind IN ('operational', 'administrator')) w
	WHERE m.id = NEW.person_id ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER notice_decided AFTER UPDATE OF state ON sen.access_request FOR EACH ROW
	WHEN (OLD.state = 'open' AND NEW.state IN ('granted', 'refused')) EXECUTE FUNCTION sen.notice_request();

-- Whether grants were changed by name (sen.cause, 0032), and not more than somebody sends at once: not by a rule, a file, a plan.
CREATE FUNCTION sen.is_by_name(n bigint) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT n BETWEEN 1 AND 500 AND coalesce(current_setting('sen.cause', true), '') IN ('', 'named')
$$;
-- What a person gave, or took, of a role: the official.  Requests and emergencies are told of by themselves.
CREATE FUNCTION sen.notice_given() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF sen.is_by_name((SELECT count(*) FROM (SELECT FROM changed WHERE origin = 'direct' LIMIT 501) x)) THEN
		INSERT INTO sen.notice (account_id, kind, subject, data)
		SELECT a.id, 'access_given', g.id::text, jsonb_build_object('grant', g.id, 'login', a.login, 'platform', p.code, 'role', r.code, 'unit', u.code,
			'basis', g.basis, 'by', b.login, 'valid_to', sen.iso(g.valid_to))
		FROM changed g JOIN sen.account a ON a.id = g.account_id AND a.kind IN ('operational', 'administrator') JOIN sen.role r ON r.id = g.role_id
		JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = g.unit_id JOIN sen.account b ON b.id = g.granted_by
		WHERE g.origin = 'direct' ON CONFLICT DO NOTHING;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER notice_given AFTER INSERT ON sen.access_grant REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.notice_given();

-- Not what only closes what is over, or goes with a movement.
CREATE FUNCTION sen.notice_taken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF sen.is_by_name((SELECT count(*) FROM (SELECT FROM changed WHERE revoked_at = now() AND revoked_by IS NOT NULL LIMIT 501) x)) THEN
		INSERT INTO sen.notice (account_id, kind, subject, data)
		SELECT a.id, 'access_taken', g.id::text, jsonb_build_object('grant', g.id, 'login', a.login, 'platform', p.code, 'role', r.code, 'unit', u.code,
			'reason', g.revoke_reason, 'by', b.login)
		FROM changed g JOIN sen.account a ON a.id = g.account_id AND a.kind IN ('operational', 'administrator') JOIN sen.role r ON r.id = g.role_id
		JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = g.unit_id JOIN sen.account b ON b.id = g.revoked_by
		WHERE g.revoked_at = now() AND g.revoke_reason IS DISTINCT FROM 'expired' AND g.revoke_reason IS DISTINCT FROM 'merged'
		AND g.revoke_reason IS DISTINCT FROM 'reorganisation' AND NOT coalesce(starts_with(g.revoke_reason, 'movement '), false) ON CONFLICT DO NOTHING;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER notice_taken AFTER UPDATE ON sen.access_grant REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.notice_taken();

-- Posts that end by themselves: 30, 7 and 1 days before, the holder and the nearest who may move people.  Of several steps that have come the last.
CREATE INDEX post_ends ON sen.post (upper(valid)) WHERE kind IN ('acting', 'seconded', 'delegated');
CREATE FUNCTION sen.personnel_notices_run() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	n integer;
BEGIN
	PERFORM pg_advisory_xact_lock(7301992);
	WITH due AS MATERIALIZED (SELECT o.*, s.subject FROM sen.post o
			CROSS JOIN LATERAL (SELECT o.id || '/' || upper(o.valid) || '/' || CASE WHEN upper(o.valid) - sen.today() <= 1 THEN 1
				WHEN upper(o.valid) - sen.today() <= 7 THEN 7 ELSE 30 END AS subject) s
			WHERE o.kind IN ('acting', 'seconded', 'delegated') AND upper(o.valid) > sen.today() AND upper(o.valid) <= sen.today() + 30
			AND NOT EXISTS (SELECT FROM sen.notice_round t WHERE t.kind = 'post_ends' AND t.subject = s.subject) ORDER BY upper(o.valid) LIMIT 2000),
		fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT 'post_ends', due.subject FROM due ON CONFLICT DO NOTHING RETURNING subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT w.id, 'post_ends', due.subject, jsonb_build_object('post', due.id, 'post_kind', due.kind, 'title', due.title, 'unit', u.code,
		'employee_code', m.employee_code, 'full_name', m.full_name, 'decision_no', due.decision_no, 'valid_to', sen.iso(sen.midnight(upper(due.valid))),
		'days', upper(due.valid) - sen.today())
	FROM fresh JOIN due ON due.subject = fresh.subject JOIN sen.person m ON m.id = due.person_id JOIN sen.unit u ON u.id = due.unit_id
	CROSS JOIN LATERAL (SELECT a.id FROM sen.account a WHERE a.person_id = m.id AND a.kind = 'operational'
		UNION SELECT * FROM sen.nearest('personnel', u.path, NULL, NULL)) w ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END
$$;
REVOKE ALL ON FUNCTION sen.personnel_notices_run() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.personnel_notices_run() TO sen_provisioner, sen_server;
