-- What a review answers with "change" (0027, 0065) is a request as any other; accounts of others that nobody uses.

-- The request for another role in the place of a grant: the one that waits already, or a new one, ended as the role's policy has it.
CREATE FUNCTION sen.review_change(account uuid, grant_ uuid, other_role text, actor uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	q record;
	made uuid;
BEGIN
	SELECT a.person_id, o.id AS role_id, g.unit_id, g.basis, y.stages, y.stage_days, sen.review_change_ends(g.valid_to, o.id) AS ends INTO STRICT q
	FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.role r ON r.id = g.role_id
	JOIN sen.role o ON o.platform_id = r.platform_id AND o.code = other_role CROSS JOIN LATERAL sen.policy_of(o.id) y
	WHERE g.account_id = account AND g.id = grant_;
	UPDATE sen.access_request x SET state = 'withdrawn', closed_at = x.expires_at, version = x.version + 1
	WHERE x.person_id = q.person_id AND x.role_id = q.role_id AND x.unit_id = q.unit_id AND x.state = 'open' AND x.expires_at <= now();
	INSERT INTO sen.access_request (id, person_id, role_id, unit_id, basis, reason, valid_to, stages, stage_days, expires_at, requested_by)
	VALUES (gen_random_uuid(), q.person_id, q.role_id, q.unit_id, q.basis, 'review', q.ends, q.stages, q.stage_days, now() + interval '60 days', actor)
	ON CONFLICT DO NOTHING RETURNING id INTO made;
	IF made IS NULL THEN
		-- Somebody asked for the same before: the answer is not lost for it.
		SELECT x.id INTO STRICT made FROM sen.access_request x WHERE x.person_id = q.person_id AND x.role_id = q.role_id AND x.unit_id = q.unit_id
			AND x.state = 'open';
		RETURN made;
	END IF;
	INSERT INTO sen.request_event (request_id, kind, stage, actor, text) VALUES (made, 'filed', 1, actor, 'review');
	RETURN made;
END
$$;
-- As long as the grant in whose place it comes, and no longer than the role's policy lets it; NULL: it has no end.
CREATE FUNCTION sen.review_change_ends(until timestamptz, role integer) RETURNS timestamptz LANGUAGE sql STABLE AS $$
	SELECT least(until, now() + (SELECT y.max_days FROM sen.policy_of(role) y) * interval '1 day')
$$;

-- As before (0065); what is held (0072) suspends nothing meanwhile; the request of a change is filed before (review_change).
CREATE OR REPLACE FUNCTION sen.review_carry_out(campaign uuid, item uuid, account uuid, grant_ uuid, decision text, actor uuid, request uuid, other_role text, was text)
	RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	until timestamptz;
BEGIN
	IF grant_ IS NULL THEN
		UPDATE sen.account a SET status = CASE WHEN decision = 'revoke' THEN 'disabled' WHEN a.activated_at IS NULL THEN 'pending' ELSE 'active' END,
			epoch = a.epoch + 1 WHERE a.id = account AND (decision = 'revoke' AND a.status NOT IN ('disabled', 'archived')
			OR decision = 'keep' AND a.status = 'suspended' AND was = 'none' AND NOT sen.account_is_shut(a.id));
		RETURN true;
	END IF;
	IF decision = 'keep' THEN
		until := (SELECT min(c.deadline) FROM sen.review_item i JOIN sen.review_campaign c ON c.id = i.campaign_id
			WHERE i.account_id = account AND i.grant_id = grant_ AND i.id <> item AND c.no_answer = 'suspend' AND c.state <> 'held'
			AND (i.decided_at IS NULL OR i.decision = 'none'));
		UPDATE sen.access_grant n SET suspended_at = until FROM sen.access_grant g JOIN sen.replacement_item i ON i.account_id = g.account_id AND i.old_grant_id = g.id
		WHERE g.account_id = account AND g.id = grant_ AND n.account_id = account AND n.id IN (i.new_grant_id, i.read_only_grant_id)
			AND n.suspended_at = g.suspended_at AND n.revoked_at IS NULL;
		UPDATE sen.access_grant g SET suspended_at = until WHERE g.account_id = account AND g.id = grant_ AND g.suspended_at IS NOT NULL;
		RETURN true;
	END IF;
	UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = actor, revoke_reason = 'review' WHERE g.account_id = account AND g.id = grant_ AND g.revoked_at IS NULL;
	UPDATE sen.account a SET epoch = a.epoch + 1 WHERE a.id = account;
	RETURN true;
END
$$;

-- Accounts that are of no person alone, as far as we see who uses them: a shared one is checked out, a source of personnel data states its facts.
-- Technical ones, and services without a source, are used at platforms only: reviews and the ends of their grants see to those.
CREATE OR REPLACE FUNCTION sen.account_used_on(a sen.account) RETURNS date LANGUAGE sql STABLE AS $$
	SELECT greatest((SELECT u.used_on FROM sen.account_use u WHERE u.account_id = a.id),
		(SELECT max(f.rotated_at) AT TIME ZONE 'Asia/Ho_Chi_Minh' FROM sen.token_family f WHERE f.account_id = a.id)::date,
		(SELECT max(s.out_at) AT TIME ZONE 'Asia/Ho_Chi_Minh' FROM sen.shared_use s WHERE s.account_id = a.id)::date,
		(SELECT max(coalesce(f.seen_at, f.created_at)) AT TIME ZONE 'Asia/Ho_Chi_Minh' FROM sen.feed f WHERE f.account_id = a.id)::date,
		(a.status_since AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
		(a.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
		(SELECT lower(o.valid) FROM sen.post o WHERE o.person_id = a.person_id AND o.kind = 'main' AND o.valid @> sen.today()
			AND a.kind IN ('operational', 'administrator')))
$$;
-- As before (0029), also of these.
CREATE OR REPLACE FUNCTION sen.unused_run(request text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	rule sen.personnel_policy;
	r record;
	n integer := 0;
BEGIN
	SELECT * INTO STRICT rule FROM sen.personnel_policy;
	-- The cheap condition first: most accounts were used since.
	FOR r IN
		SELECT x.id, x.login, x.used_on FROM (
			SELECT a.id, a.login, sen.account_used_on(a) AS used_on FROM sen.account a
			LEFT JOIN sen.account_use u ON u.account_id = a.id
			WHERE a.status IN ('pending', 'active') AND (a.kind IN ('operational', 'administrator', 'shared')
				OR a.kind = 'service' AND EXISTS (SELECT FROM sen.feed f WHERE f.account_id = a.id))
			AND a.status_since < now() - rule.unused_report_days * interval '1 day'
			AND (u.used_on IS NULL OR u.used_on <= sen.today() - rule.unused_report_days)) x
		WHERE x.used_on <= sen.today() - rule.unused_report_days
		AND NOT EXISTS (SELECT FROM sen.account_notice t WHERE t.account_id = x.id AND t.since = x.used_on
			AND t.kind = CASE WHEN x.used_on <= sen.today() - rule.unused_disable_days THEN 'unused_disable' ELSE 'unused_report' END)
		ORDER BY x.id LIMIT 1000
	LOOP
		INSERT INTO sen.account_notice (account_id, kind, since) VALUES (r.id, 'unused_report', r.used_on) ON CONFLICT DO NOTHING;
		IF r.used_on <= sen.today() - rule.unused_disable_days THEN
			UPDATE sen.account SET status = 'disabled', epoch = epoch + 1 WHERE id = r.id AND status IN ('pending', 'active');
			CONTINUE WHEN NOT FOUND;
			INSERT INTO sen.account_notice (account_id, kind, since) VALUES (r.id, 'unused_disable', r.used_on) ON CONFLICT DO NOTHING;
			INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)
			VALUES ('system', 'account.disabled', r.id, r.login, request, jsonb_build_object('reason', 'unused', 'since', r.used_on));
		END IF;
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
-- As before (0030); nobody reads what is told to an account that is no person's own: whoever answers for it is told.
CREATE OR REPLACE FUNCTION sen.notice_unused() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT w.account_id, CASE c.kind WHEN 'unused_report' THEN 'account_unused' ELSE 'account_disabled' END, c.account_id || '/' || c.since,
		jsonb_build_object('login', a.login, 'full_name', m.full_name, 'unit', u.code, 'unused_since', c.since, 'disabled_after_days',
			(SELECT y.unused_disable_days FROM sen.personnel_policy y))
	FROM (SELECT DISTINCT account_id, kind, since FROM changed) c JOIN sen.account a ON a.id = c.account_id JOIN sen.person m ON m.id = a.person_id
	LEFT JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)
	CROSS JOIN LATERAL (SELECT o.id AS account_id FROM sen.account o WHERE o.id = a.id AND a.kind IN ('operational', 'administrator')
			OR a.kind NOT IN ('operational', 'administrator') AND o.person_id = a.person_id AND o.kind = 'operational'
		UNION SELECT * FROM sen.nearest('activate', u.path, NULL, NULL) WHERE c.kind = 'unused_disable') w
	ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
