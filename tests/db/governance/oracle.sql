-- The oracle of test_invariants: who holds what as they were told, kept beside the record and in a time of its own, which never shifts.
-- Units lie in one another by their parents, not by paths; ends are those that were asked for; a right is what a scope was given with.
CREATE SCHEMA oracle;
CREATE TABLE oracle.clock AS SELECT 0 AS days;
CREATE TABLE oracle.seen (what text PRIMARY KEY);
CREATE TABLE oracle.scope (id uuid PRIMARY KEY, account_id uuid NOT NULL, unit_id integer NOT NULL, platform_id smallint, role_ids integer[],
	max_rank integer, rights text[] NOT NULL, ends timestamptz, post_id uuid, gone boolean NOT NULL DEFAULT false);
CREATE TABLE oracle.promise (what text, id uuid, ends timestamptz, PRIMARY KEY (what, id));
CREATE TABLE oracle.deputy (id uuid PRIMARY KEY, principal uuid, deputy uuid, from_on date, to_on date, gone boolean NOT NULL DEFAULT false);
CREATE TABLE oracle.home (person_id uuid PRIMARY KEY, unit_id integer);

CREATE FUNCTION oracle.at(t timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT t + days * interval ''24 hours'' FROM oracle.clock';
CREATE FUNCTION oracle.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT oracle.at(now())';
CREATE FUNCTION oracle.day() RETURNS date LANGUAGE sql STABLE AS 'SELECT (now() AT TIME ZONE ''Asia/Ho_Chi_Minh'')::date';
CREATE FUNCTION oracle.today() RETURNS date LANGUAGE sql STABLE AS 'SELECT oracle.day() + days FROM oracle.clock';
CREATE FUNCTION oracle.must(held boolean, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF held IS NOT TRUE THEN
		RAISE EXCEPTION 'does not hold: %', what;
	END IF;
END
$$;
-- Once for each thing.
CREATE FUNCTION oracle.is_new(thing text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO oracle.seen VALUES (thing) ON CONFLICT DO NOTHING;
	RETURN FOUND;
END
$$;
-- Everything that has a date is so many days older.  Posts in their order: two main ones never overlap on the way.
CREATE FUNCTION oracle.pass(n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	PERFORM set_config('session_replication_role', 'replica', true);
	FOR t IN SELECT person_id, id FROM sen.post ORDER BY lower(valid) NULLS FIRST LOOP
		UPDATE sen.post o SET valid = daterange(lower(o.valid) - n, upper(o.valid) - n) WHERE o.person_id = t.person_id AND o.id = t.id;
	END LOOP;
	FOR t IN SELECT c.relname, string_agg(format(CASE format_type(a.atttypid, NULL) WHEN 'daterange' THEN '%1$I = daterange(lower(%1$I) - $1, upper(%1$I) - $1)'
				WHEN 'date' THEN '%1$I = %1$I - $1' ELSE '%1$I = %1$I - $1 * interval ''24 hours''' END, a.attname), ', ') AS columns
			FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			WHERE s.nspname = 'sen' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attgenerated = ''
			AND NOT EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = c.oid AND p.partstrat = 'r')
			AND c.relname NOT IN ('post', 'person', 'audit_head', 'audit_checkpoint', 'schema_migration')
			AND format_type(a.atttypid, NULL) IN ('daterange', 'date', 'timestamp with time zone') GROUP BY 1 LOOP
		EXECUTE format('UPDATE sen.%I SET %s', t.relname, t.columns) USING n;
	END LOOP;
	UPDATE oracle.clock SET days = days + n;
END
$$;

CREATE FUNCTION oracle.within(unit integer, top integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	WITH RECURSIVE up AS (SELECT u.id, u.parent_id FROM sen.unit u WHERE u.id = unit
		UNION SELECT u.id, u.parent_id FROM up JOIN sen.unit u ON u.id = up.parent_id)
	SELECT EXISTS (SELECT FROM up WHERE id = top)
$$;
CREATE FUNCTION oracle.same(x uuid, y uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT (SELECT person_id FROM sen.account WHERE id = x) = (SELECT person_id FROM sen.account WHERE id = y)
$$;
CREATE FUNCTION oracle.seated(post uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.post o WHERE o.id = post AND (lower(o.valid) IS NULL OR lower(o.valid) <= oracle.day())
		AND (upper(o.valid) IS NULL OR upper(o.valid) > oracle.day()))
$$;
CREATE FUNCTION oracle.stopped(account uuid, platform smallint, by_leave boolean) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.account_stop t WHERE t.account_id = account AND (by_leave OR t.kind <> 'leave') AND t.valid_from <= now()
		AND (t.valid_to IS NULL OR t.valid_to > now()) AND (t.platform_id IS NULL OR t.platform_id = platform))
$$;
CREATE FUNCTION oracle.counts(s oracle.scope, on_leave boolean) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT NOT s.gone AND (s.ends IS NULL OR s.ends > oracle.now()) AND (s.post_id IS NULL OR oracle.seated(s.post_id))
		AND NOT oracle.stopped(s.account_id, s.platform_id, NOT on_leave)
$$;
-- role NULL: about the platform as a whole; platform NULL: about all.
CREATE FUNCTION oracle.reaches(s oracle.scope, unit integer, platform smallint, role integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT oracle.within(unit, s.unit_id) AND (s.platform_id IS NULL OR coalesce(s.platform_id = platform, false))
		AND CASE WHEN role IS NULL THEN s.role_ids IS NULL ELSE (s.role_ids IS NULL OR role = ANY (s.role_ids)) AND (s.max_rank IS NULL
			OR s.max_rank >= (SELECT array_position(ARRAY['low', 'normal', 'high', 'privileged'], r.sensitivity) - 1 FROM sen.role r WHERE r.id = role)) END
$$;
CREATE FUNCTION oracle.holds(account uuid, needed text, unit integer, platform smallint, role integer, on_leave boolean DEFAULT false)
	RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM oracle.scope s WHERE s.account_id = account AND needed = ANY (s.rights) AND oracle.counts(s, on_leave)
		AND oracle.reaches(s, unit, platform, role))
$$;
-- Of a role, where it is given.
CREATE FUNCTION oracle.holds_role(account uuid, needed text, unit integer, role integer, on_leave boolean DEFAULT false) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT oracle.holds(account, needed, unit, (SELECT r.platform_id FROM sen.role r WHERE r.id = role), role, on_leave)
$$;
-- One scope covers all of another.
CREATE FUNCTION oracle.covers(giver uuid, g oracle.scope, needed text[], in_time boolean) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM oracle.scope s WHERE s.account_id = giver AND oracle.counts(s, false) AND s.rights @> needed AND s.rights @> g.rights
		AND oracle.within(g.unit_id, s.unit_id) AND (s.platform_id IS NULL OR coalesce(s.platform_id = g.platform_id, false))
		AND (s.role_ids IS NULL OR coalesce(g.role_ids <@ s.role_ids, false)) AND (s.max_rank IS NULL OR coalesce(g.max_rank <= s.max_rank, false))
		AND (NOT in_time OR s.ends IS NULL OR coalesce(g.ends <= s.ends, false)))
$$;

CREATE FUNCTION oracle.judge_grants(who uuid, asked timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	g record;
BEGIN
	FOR g IN SELECT x.*, a.person_id, oracle.at(x.valid_to) AS ends, q.ends AS promised FROM sen.access_grant x JOIN sen.account a ON a.id = x.account_id
			LEFT JOIN oracle.promise q ON q.what = 'request' AND q.id = x.request_id WHERE NOT EXISTS (SELECT FROM oracle.promise p WHERE p.what = 'grant' AND p.id = x.id) LOOP
		INSERT INTO oracle.promise VALUES ('grant', g.id, g.ends);
		PERFORM oracle.must(g.basis <> '', 'a grant has a basis');
		PERFORM oracle.must(g.origin = 'rule' OR NOT oracle.same(g.granted_by, g.account_id), 'nobody grants to oneself');
		PERFORM oracle.must(g.origin = 'rule' OR g.granted_by = who, 'who grants is who acts');
		PERFORM oracle.must(CASE g.origin WHEN 'direct' THEN oracle.holds_role(who, 'grant', g.unit_id, g.role_id)
				AND EXISTS (SELECT FROM sen.post o WHERE o.person_id = g.person_id AND oracle.within(o.unit_id, g.unit_id) AND coalesce(upper(o.valid) > oracle.day(), true))
			WHEN 'request' THEN EXISTS (SELECT FROM sen.access_request q WHERE q.id = g.request_id AND q.grant_id = g.id AND q.state = 'granted')
			WHEN 'emergency' THEN EXISTS (SELECT FROM sen.emergency m WHERE m.id = g.emergency_id AND m.released_by = who
				AND g.valid_to <= now() + m.hours * interval '1 hour')
			ELSE EXISTS (SELECT FROM sen.birthright_version v JOIN sen.post o ON o.id = g.post_id WHERE v.rule_id = g.rule_id AND v.number = g.rule_version
				AND v.released_by <> v.drawn_by AND o.person_id = g.person_id AND oracle.within(o.unit_id, v.unit_id) AND g.role_id = ANY (v.role_ids)
				AND (v.titles IS NULL OR o.title = ANY (v.titles))) END, 'a grant rests on what it says: ' || g.origin);
		PERFORM oracle.must(g.origin <> 'direct' OR asked IS NULL OR g.ends <= asked, 'a grant ends when it was asked to');
		PERFORM oracle.must(g.promised IS NULL OR g.ends <= g.promised, 'a request is granted until the day that it named');
	END LOOP;
	FOR g IN SELECT x.* FROM sen.access_grant x WHERE x.revoked_by IS NOT NULL AND oracle.is_new('revoked ' || x.id) LOOP
		PERFORM oracle.must(g.revoked_by = who AND NOT oracle.same(who, g.account_id), 'who revokes is who acts, and for others');
		PERFORM oracle.must(oracle.holds_role(who, CASE g.revoke_reason WHEN 'expired' THEN 'grant' WHEN 'review' THEN 'review'
			WHEN 'emergency unjustified' THEN 'review' ELSE 'revoke' END, g.unit_id, g.role_id), 'revoked within the scope: ' || g.revoke_reason);
	END LOOP;
END
$$;

CREATE FUNCTION oracle.judge_requests(who uuid, asked timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	e record;
	decider uuid;
BEGIN
	FOR e IN SELECT v.*, q.person_id, q.role_id, q.unit_id, q.requested_by, oracle.at(q.valid_to) AS ends, q.requested_at FROM sen.request_event v
			JOIN sen.access_request q ON q.id = v.request_id WHERE oracle.is_new('event ' || v.request_id || v.n) LOOP
		decider := coalesce(e.instead_of, e.actor);
		PERFORM oracle.must(e.actor = who, 'who decides is who acts');
		IF e.kind = 'filed' THEN
			INSERT INTO oracle.promise VALUES ('request', e.request_id, e.ends);
			PERFORM oracle.must(oracle.holds_role(who, 'grant', e.unit_id, e.role_id), 'filed within the scope');
			PERFORM oracle.must(e.text = 'review' OR asked IS NULL OR e.ends <= asked, 'a request ends when it was asked to');
		ELSIF e.kind = 'withdrawn' THEN
			PERFORM oracle.must(e.requested_by = who, 'withdrawn by who asked');
		ELSIF e.kind IN ('approved', 'refused') THEN
			PERFORM oracle.must(oracle.holds_role(decider, 'approve', e.unit_id, e.role_id, e.instead_of IS NOT NULL), 'decided within the scope');
			PERFORM oracle.must(e.instead_of IS NULL OR EXISTS (SELECT FROM oracle.deputy d WHERE d.principal = e.instead_of AND d.deputy = who
				AND NOT d.gone AND d.from_on <= oracle.today() AND d.to_on > oracle.today()), 'a deputy on its days');
			PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.account a WHERE a.id IN (who, decider) AND (a.person_id = e.person_id
				OR oracle.same(a.id, e.requested_by) OR EXISTS (SELECT FROM sen.request_event o WHERE o.request_id = e.request_id AND o.kind = 'approved'
				AND o.n < e.n AND (oracle.same(a.id, o.actor) OR oracle.same(a.id, o.instead_of))))), 'decided by a person apart');
			PERFORM oracle.must(e.requested_at > now() - interval '60 days', 'decided while it was open');
		END IF;
	END LOOP;
	FOR e IN SELECT m.* FROM sen.emergency m WHERE oracle.is_new('emergency ' || m.id) LOOP
		PERFORM oracle.must(e.asked_by = who AND oracle.holds_role(who, 'grant', e.unit_id, e.role_id), 'an emergency within the scope');
	END LOOP;
	FOR e IN SELECT m.* FROM sen.emergency m WHERE m.released_by IS NOT NULL AND oracle.is_new('released ' || m.id) LOOP
		PERFORM oracle.must(e.released_by = who AND NOT oracle.same(who, e.asked_by) AND oracle.holds_role(who, 'approve', e.unit_id, e.role_id)
			AND e.asked_at > now() - interval '24 hours', 'released within the scope, by another, within a day');
		PERFORM oracle.must(oracle.holds_role(e.asked_by, 'grant', e.unit_id, e.role_id), 'who asked for an emergency may still grant');
	END LOOP;
	FOR e IN SELECT m.* FROM sen.emergency m WHERE m.reviewed_by IS NOT NULL AND oracle.is_new('reviewed ' || m.id) LOOP
		PERFORM oracle.must(e.reviewed_by = who AND NOT oracle.same(who, e.asked_by) AND NOT oracle.same(who, e.released_by)
			AND oracle.holds_role(who, 'review', e.unit_id, e.role_id), 'reviewed within the scope, by a third');
	END LOOP;
END
$$;

CREATE FUNCTION oracle.judge_scopes(who uuid, asked timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	s record;
	g oracle.scope;
BEGIN
	FOR s IN SELECT x.* FROM sen.admin_scope x WHERE NOT EXISTS (SELECT FROM oracle.scope o WHERE o.id = x.id) LOOP
		g := (s.id, s.account_id, s.unit_id, s.platform_id, s.role_ids, s.max_rank, s.rights, oracle.at(s.valid_to), s.post_id, false);
		PERFORM oracle.must(who = coalesce(s.confirmed_by, s.granted_by) AND NOT oracle.same(who, s.account_id) AND NOT oracle.same(s.granted_by, s.account_id)
			AND NOT coalesce(oracle.same(s.granted_by, s.confirmed_by), false), 'a scope is given by others');
		PERFORM oracle.must(oracle.covers(who, g, ARRAY['delegate'], true) AND oracle.covers(s.granted_by, g, ARRAY['delegate'], true), 'nobody gives more than they have');
		PERFORM oracle.must(g.ends IS NOT DISTINCT FROM asked, 'a scope ends when it was asked to');
		PERFORM oracle.must(EXISTS (SELECT FROM sen.post o JOIN sen.account a ON a.person_id = o.person_id WHERE a.id = s.account_id AND o.id = s.post_id),
			'a scope rests on a post of its holder');
		INSERT INTO oracle.scope SELECT (g).*;
	END LOOP;
	FOR g IN SELECT o.* FROM oracle.scope o JOIN sen.admin_scope x ON x.account_id = o.account_id AND x.id = o.id WHERE x.revoked_at IS NOT NULL AND NOT o.gone LOOP
		PERFORM oracle.must(coalesce(g.ends <= oracle.now(), false) OR g.post_id IS NOT NULL AND NOT oracle.seated(g.post_id) OR NOT oracle.same(who, g.account_id)
			AND oracle.covers(who, g, ARRAY['delegate'], false), 'a scope is taken by who could give it, or is over');
		UPDATE oracle.scope SET gone = true WHERE id = g.id;
	END LOOP;
	FOR s IN SELECT d.* FROM sen.deputy d WHERE NOT EXISTS (SELECT FROM oracle.deputy o WHERE o.id = d.id) LOOP
		PERFORM oracle.must(s.made_by = who AND (s.principal = who OR NOT EXISTS (SELECT FROM oracle.scope t WHERE t.account_id = s.principal
			AND 'approve' = ANY (t.rights) AND oracle.counts(t, true) AND NOT EXISTS (SELECT FROM oracle.scope h WHERE h.account_id = who AND oracle.counts(h, false)
			AND h.rights @> ARRAY['delegate', 'approve'] AND oracle.covers(who, (t.id, t.account_id, t.unit_id, t.platform_id, t.role_ids, t.max_rank, ARRAY['approve'], NULL,
			NULL, false)::oracle.scope, ARRAY['delegate', 'approve'], false)))), 'a deputy by the principal, or who is above');
		INSERT INTO oracle.deputy VALUES (s.id, s.principal, s.deputy, lower(s.valid) + (SELECT days FROM oracle.clock), upper(s.valid) + (SELECT days FROM oracle.clock));
	END LOOP;
	FOR s IN SELECT d.* FROM sen.deputy d JOIN oracle.deputy o ON o.id = d.id WHERE d.ended_at IS NOT NULL AND NOT o.gone LOOP
		PERFORM oracle.must(who IN (s.principal, s.deputy, s.made_by) OR oracle.holds(who, 'delegate', (SELECT h.unit_id FROM oracle.home h
			JOIN sen.account a ON a.person_id = h.person_id WHERE a.id = s.principal), NULL, NULL), 'a deputy is ended by whom it concerns');
		UPDATE oracle.deputy SET gone = true WHERE id = s.id;
	END LOOP;
END
$$;

CREATE FUNCTION oracle.judge_rest(who uuid, asked timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	x record;
BEGIN
	FOR x IN SELECT v.*, r.role FROM sen.birthright_version v CROSS JOIN unnest(v.role_ids) r (role) WHERE oracle.is_new('drawn ' || v.rule_id || v.number || r.role) LOOP
		PERFORM oracle.must(x.drawn_by = who AND oracle.holds_role(who, 'rules', x.unit_id, x.role), 'a rule is drawn within the scope');
	END LOOP;
	FOR x IN SELECT v.*, r.role FROM sen.birthright_version v CROSS JOIN unnest(v.role_ids) r (role) WHERE v.released_by IS NOT NULL
			AND oracle.is_new('released ' || v.rule_id || v.number || r.role) LOOP
		PERFORM oracle.must(x.released_by = who AND NOT oracle.same(who, x.drawn_by) AND oracle.holds_role(who, 'rules', x.unit_id, x.role), 'a rule is released within the scope');
	END LOOP;
	FOR x IN SELECT m.*, h.unit_id FROM sen.movement m JOIN oracle.home h USING (person_id) WHERE oracle.is_new('movement ' || m.id) LOOP
		PERFORM oracle.must(x.drawn_by = who AND NOT EXISTS (SELECT FROM sen.account a WHERE a.id = who AND a.person_id = x.person_id)
			AND oracle.holds(who, 'personnel', x.unit_id, NULL, NULL), 'somebody is moved by who has the right at home');
	END LOOP;
	FOR x IN SELECT o.* FROM sen.post o WHERE oracle.is_new('post ' || o.id) LOOP
		PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.account a WHERE a.id = who AND a.person_id = x.person_id) AND (oracle.holds(who, 'personnel', x.unit_id, NULL, NULL)
			OR oracle.holds(who, 'import', x.unit_id, NULL, NULL)), 'a post is given within the scope, to others');
	END LOOP;
	FOR x IN SELECT i.*, g.role_id AS role FROM sen.review_item i LEFT JOIN sen.access_grant g ON g.account_id = i.account_id AND g.id = i.grant_id
			WHERE i.decided_by IS NOT NULL AND oracle.is_new('item ' || i.campaign_id || i.id) LOOP
		PERFORM oracle.must(x.decided_by = who AND NOT oracle.same(who, x.account_id) AND CASE WHEN x.role IS NULL THEN oracle.holds(who, 'review', x.unit_id, NULL, NULL)
			ELSE oracle.holds_role(who, 'review', x.unit_id, x.role) END, 'reviewed within the scope');
	END LOOP;
	FOR x IN SELECT e.*, h.unit_id FROM sen.duty_exception e JOIN oracle.home h USING (person_id) WHERE oracle.is_new('exception ' || e.id) LOOP
		INSERT INTO oracle.promise VALUES ('exception', x.id, oracle.at(x.valid_to));
		PERFORM oracle.must(x.asked_by = who AND oracle.holds(who, 'rules', x.unit_id, NULL, NULL) AND oracle.at(x.valid_to) = asked, 'an exception within the scope');
	END LOOP;
	FOR x IN SELECT e.*, h.unit_id FROM sen.duty_exception e JOIN oracle.home h USING (person_id) WHERE e.approved_by IS NOT NULL AND oracle.is_new('excepted ' || e.id) LOOP
		PERFORM oracle.must(x.approved_by = who AND NOT oracle.same(who, x.asked_by) AND oracle.holds(who, 'rules', x.unit_id, NULL, NULL), 'an exception by two');
	END LOOP;
	FOR x IN SELECT d.* FROM sen.duty_rule d WHERE oracle.is_new('duty ' || d.id) LOOP
		PERFORM oracle.must(x.made_by = who AND oracle.holds(who, 'rules', (SELECT u.id FROM sen.unit u WHERE u.parent_id IS NULL), coalesce(x.platform_a, x.platform_b), NULL),
			'a duty for all by who may for all');
	END LOOP;
	PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.account a WHERE oracle.is_new('account ' || a.id) AND NOT EXISTS (SELECT FROM sen.access_grant g WHERE g.account_id = a.id)
		AND NOT EXISTS (SELECT FROM oracle.scope s WHERE s.account_id = a.id)), 'no account without a basis');
	PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.post o JOIN sen.post p ON p.person_id = o.person_id AND p.id > o.id AND p.kind = 'main' AND o.kind = 'main'
		AND coalesce(lower(o.valid), '-infinity') < coalesce(upper(p.valid), 'infinity') AND coalesce(lower(p.valid), '-infinity') < coalesce(upper(o.valid), 'infinity')),
		'one main post at a time');
END
$$;
-- Of what has come about since, all by one who acts.
CREATE FUNCTION oracle.judge(who uuid, until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	asked timestamptz := oracle.at(until);
BEGIN
	PERFORM oracle.judge_requests(who, asked);
	PERFORM oracle.judge_grants(who, asked);
	PERFORM oracle.judge_rest(who, asked);
	PERFORM oracle.judge_scopes(who, asked);
	INSERT INTO oracle.home SELECT o.person_id, o.unit_id FROM sen.post o WHERE o.kind = 'main' AND oracle.seated(o.id)
	ON CONFLICT (person_id) DO UPDATE SET unit_id = excluded.unit_id;
END
$$;

-- What counts at this moment against what was promised.
CREATE FUNCTION oracle.ends() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.live_grant l JOIN sen.access_grant g USING (account_id, id) LEFT JOIN oracle.promise p ON p.what = 'grant' AND p.id = g.id
		WHERE p.id IS NULL OR p.ends <= oracle.now() OR g.revoked_at IS NOT NULL OR g.post_id IS NOT NULL AND g.handover_days = 0 AND NOT oracle.seated(g.post_id)
		OR oracle.stopped(g.account_id, l.platform_id, true)), 'access ends when it was to end');
	PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.access_grant g JOIN oracle.promise p ON p.what = 'grant' AND p.id = g.id
		WHERE p.ends < coalesce(oracle.at(g.valid_to), 'infinity')), 'no end is put off');
	PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.access_grant g JOIN oracle.promise p ON p.what = 'grant' AND p.id = g.id JOIN sen.role r ON r.id = g.role_id
		WHERE g.revoked_at IS NULL AND coalesce(p.ends > oracle.now(), true) AND g.valid_from <= now() AND (g.suspended_at IS NULL OR g.suspended_at > now())
		AND oracle.at(g.valid_to) IS NOT DISTINCT FROM p.ends AND (g.post_id IS NULL OR oracle.seated(g.post_id)) AND NOT oracle.stopped(g.account_id, r.platform_id, true)
		AND NOT EXISTS (SELECT FROM sen.live_grant l WHERE l.account_id = g.account_id AND l.id = g.id)), 'nothing ends before its time');
	PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.live_scope l LEFT JOIN oracle.scope s ON s.id = l.id WHERE s.id IS NULL OR NOT oracle.counts(s, false)),
		'a scope ends when it was to end');
	PERFORM oracle.must(NOT EXISTS (SELECT FROM oracle.scope s WHERE oracle.counts(s, false) AND NOT EXISTS (SELECT FROM sen.live_scope l WHERE l.id = s.id)),
		'a scope holds until its end');
	PERFORM oracle.must(NOT EXISTS (SELECT FROM (SELECT DISTINCT deputy FROM oracle.deputy) d CROSS JOIN LATERAL sen.deciders(d.deputy) k WHERE k.instead_of IS NOT NULL
		AND NOT EXISTS (SELECT FROM oracle.deputy o WHERE o.deputy = d.deputy AND o.principal = k.instead_of AND NOT o.gone AND o.from_on <= oracle.today()
		AND o.to_on > oracle.today())), 'a deputy ends with its days');
	PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.duty_exception e JOIN oracle.promise p ON p.what = 'exception' AND p.id = e.id
		WHERE p.ends <= oracle.now() AND sen.duty_excepted(e.duty_id, e.person_id) AND NOT EXISTS (SELECT FROM sen.duty_exception o JOIN oracle.promise y
		ON y.what = 'exception' AND y.id = o.id WHERE o.duty_id = e.duty_id AND o.person_id = e.person_id AND o.approved_at IS NOT NULL AND y.ends > oracle.now())),
		'an exception ends when it was to end');
	PERFORM oracle.must(NOT EXISTS (SELECT FROM sen.review_item i JOIN sen.review_campaign c ON c.id = i.campaign_id JOIN sen.live_grant l ON l.account_id = i.account_id
		AND l.id = i.grant_id WHERE c.no_answer = 'suspend' AND c.deadline <= now() AND i.decided_by IS NULL), 'silence suspends');
END
$$;

-- What is shown to somebody lies within what they may see.
CREATE FUNCTION oracle.shown(who uuid, needed text, line jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM oracle.must((SELECT oracle.holds(who, needed, u.id, p.id, r.id) FROM sen.unit u JOIN sen.platform p ON p.code = line ->> 'platform'
		JOIN sen.role r ON r.platform_id = p.id AND r.code = line ->> 'role' WHERE u.code = line ->> 'unit'), needed || ' beyond the scope: ' || line);
END
$$;
