-- Who has to act is told: revocations that are late, what the guard holds, what is blocked, and forms for officers.

-- Revocations that were not carried out at once, since when; gone with them.  Empty as long as all goes well.
CREATE TABLE sen.revocation_late (
	platform_id  smallint NOT NULL,
	account_id   uuid NOT NULL,
	since        timestamptz NOT NULL,
	told         smallint NOT NULL DEFAULT 0,   -- 1: said to be overdue, 2: somebody was called
	PRIMARY KEY (platform_id, account_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.revocation_late TO sen_provisioner;
GRANT SELECT ON sen.revocation_late TO sen_server;

-- Kinds of notices beside those that there are.
DO $$
DECLARE
	there text := (SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = 'sen.notice'::regclass AND c.conname = 'notice_kind_check');
BEGIN
	ALTER TABLE sen.notice DROP CONSTRAINT notice_kind_check;
	EXECUTE 'ALTER TABLE sen.notice ADD CONSTRAINT notice_kind_check ' || regexp_replace(there, '\]', ', ''hold_open''::text, ''provisioning_blocked''::text,'
		' ''form_out''::text, ''form_overdue''::text]');
END
$$;

-- What waits for somebody at platforms.
CREATE FUNCTION sen.provisioning_notices_run() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	total integer := 0;
	n integer;
BEGIN
	-- Held: who may release it, and not whose acts are held.
	WITH fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT 'hold_open', h.id::text FROM sen.hold h WHERE h.state = 'open'
		ON CONFLICT DO NOTHING RETURNING subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT a.id, 'hold_open', f.subject, jsonb_build_object('hold', h.id, 'platform', p.code, 'reason', h.reason, 'about', h.about,
		'count', h.n_disable + h.n_delete + h.n_change)
	FROM fresh f JOIN sen.hold h ON h.id = f.subject::bigint JOIN sen.platform p ON p.id = h.platform_id
	CROSS JOIN LATERAL (SELECT DISTINCT s.account_id AS id FROM sen.live_scope s WHERE 'approve' = ANY (s.rights)) a
	WHERE sen.platform_in_reach(a.id, 'approve', h.platform_id)
	AND NOT EXISTS (SELECT FROM sen.hold_author w WHERE w.hold_id = h.id AND sen.same_person(w.account_id, a.id)) ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;

	-- Blocked, once a day and platform: nothing goes on there without somebody.
	WITH blocked AS MATERIALIZED (SELECT p.id, p.code, b.n FROM sen.platform p
			CROSS JOIN LATERAL (SELECT count(*) AS n FROM sen.binding b WHERE b.platform_id = p.id AND b.state = 5) b
			WHERE b.n > 0 AND NOT EXISTS (SELECT FROM sen.notice_round r WHERE r.kind = 'provisioning_blocked' AND r.subject = p.code || '/' || sen.today())),
		fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT 'provisioning_blocked', code || '/' || sen.today() FROM blocked
			ON CONFLICT DO NOTHING RETURNING subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT a.id, 'provisioning_blocked', f.subject, jsonb_build_object('platform', b.code, 'count', b.n, 'why',
		(SELECT jsonb_object_agg(c.err, c.n) FROM (SELECT coalesce(x.err_class, '?') AS err, count(*) AS n FROM sen.binding x
			WHERE x.platform_id = b.id AND x.state = 5 GROUP BY 1) c))
	FROM fresh f JOIN blocked b ON f.subject = b.code || '/' || sen.today()
	CROSS JOIN LATERAL (SELECT DISTINCT s.account_id AS id FROM sen.live_scope s WHERE 'catalogue' = ANY (s.rights)) a
	WHERE sen.platform_in_reach(a.id, 'catalogue', b.id) ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;

	-- Forms: the officer; who may approve where there is none, or after the second reminder.
	WITH due AS MATERIALIZED (SELECT f.*, k.kind, f.platform_id || '/' || f.number || CASE k.kind WHEN 'form_out' THEN '' ELSE '/' || f.reminders END AS subject
			FROM sen.form f CROSS JOIN (VALUES ('form_out'), ('form_overdue')) k (kind)
			WHERE f.settled_at IS NULL AND f.closed_at IS NOT NULL AND (k.kind = 'form_out' OR f.due_at <= now() AND f.reminders > 0)),
		fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT due.kind, due.subject FROM due ON CONFLICT DO NOTHING RETURNING kind, subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT a.id, f.kind, f.subject, jsonb_build_object('platform', p.code, 'form', f.number, 'count', f.n_lines, 'deadline', sen.iso(f.due_at))
	FROM fresh JOIN due f ON f.kind = fresh.kind AND f.subject = fresh.subject JOIN sen.platform p ON p.id = f.platform_id
	CROSS JOIN LATERAL (SELECT f.officer AS id WHERE f.officer IS NOT NULL
		UNION SELECT s.account_id FROM sen.live_scope s WHERE 'approve' = ANY (s.rights) AND (f.officer IS NULL OR f.kind = 'form_overdue' AND f.reminders > 2)
			AND sen.platform_in_reach(s.account_id, 'approve', f.platform_id)) a ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN total + n;
END
$$;
REVOKE ALL ON FUNCTION sen.provisioning_notices_run() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.provisioning_notices_run() TO sen_provisioner, sen_server;
