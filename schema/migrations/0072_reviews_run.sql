-- Reviews of accounts and permissions (0027) begin by themselves, are built and concluded by a chore; what would suspend many waits for somebody.

-- 1. How often: the accounts as the authority's policy says, the grants of a role as the role's.  NULL: as the next more general policy.
ALTER TABLE sen.grant_policy ADD COLUMN review_months smallint CHECK (review_months BETWEEN 1 AND 12);
UPDATE sen.grant_policy y SET review_months = CASE WHEN y.sensitivity IS NULL THEN 6 ELSE 3 END
	WHERE num_nonnulls(y.role_id, y.platform_id, y.sensitivity) = 0 OR y.sensitivity = 'privileged';
CREATE FUNCTION sen.review_months(role integer) RETURNS smallint LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT y.review_months FROM sen.role r JOIN sen.grant_policy y ON y.role_id = r.id OR y.platform_id = r.platform_id
		OR y.sensitivity = r.sensitivity OR num_nonnulls(y.role_id, y.platform_id, y.sensitivity) = 0
		WHERE r.id = role AND y.review_months IS NOT NULL
		ORDER BY y.role_id IS NULL, y.platform_id IS NULL, y.sensitivity IS NULL LIMIT 1), 6)::smallint
$$;
ALTER TABLE sen.personnel_policy
	ADD COLUMN review_automatic boolean NOT NULL DEFAULT true,       -- false: begun by people, who are told when none was
	ADD COLUMN review_accounts_months integer NOT NULL DEFAULT 6 CHECK (review_accounts_months BETWEEN 1 AND 12),
	ADD COLUMN review_answer_days integer NOT NULL DEFAULT 30 CHECK (review_answer_days BETWEEN 7 AND 90),
	ADD COLUMN review_suspends boolean NOT NULL DEFAULT true,        -- what silence does
	ADD COLUMN review_since timestamptz NOT NULL DEFAULT now();      -- counted from, where none ever ran

ALTER TABLE sen.review_campaign
	ALTER COLUMN made_by DROP NOT NULL,                              -- NULL: it began by itself
	ADD COLUMN period_months smallint,                               -- of its series: grants of roles that are reviewed so often.  NULL: begun by somebody
	ADD COLUMN guarded_at timestamptz,                               -- what silence would do was counted
	ADD COLUMN lifted_until uuid,                                    -- held: accounts up to this one are not suspended by it for now
	ADD COLUMN released_by uuid REFERENCES sen.account,
	ADD COLUMN released_at timestamptz,
	DROP CONSTRAINT review_campaign_state_check,
	ADD CONSTRAINT review_campaign_state_check CHECK (state IN ('building', 'open', 'held', 'closing', 'closed')),
	ADD CONSTRAINT review_campaign_begun CHECK (made_by IS NOT NULL OR period_months IS NOT NULL),
	ADD CONSTRAINT review_campaign_released CHECK ((released_by IS NULL) = (released_at IS NULL));
CREATE INDEX review_campaign_due ON sen.review_campaign (deadline) WHERE state <> 'closed';
CREATE INDEX review_campaign_series ON sen.review_campaign (unit_id, kind, made_at);

-- 2. One batch.  Items for the next 2,000 accounts.
CREATE FUNCTION sen.review_build(c sen.review_campaign, root text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	roles integer[] := ARRAY(SELECT r.id FROM sen.role r WHERE (c.platform_id IS NULL OR r.platform_id = c.platform_id)
		AND sen.rank(r.sensitivity) >= c.min_rank AND (c.period_months IS NULL OR sen.review_months(r.id) = c.period_months));
	batch uuid[] := ARRAY(SELECT a.id FROM sen.account a WHERE (c.built_until IS NULL OR a.id > c.built_until) ORDER BY a.id LIMIT 2000);
	n bigint;
BEGIN
	IF c.kind = 'grants' THEN
		INSERT INTO sen.review_item (campaign_id, id, account_id, grant_id, role_id, unit_id)
		SELECT c.id, gen_random_uuid(), g.account_id, g.id, g.role_id, g.unit_id FROM sen.access_grant g
		JOIN sen.unit u ON u.id = g.unit_id WHERE g.account_id = ANY (batch) AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now())
		AND starts_with(u.path, root) AND g.role_id = ANY (roles) ON CONFLICT DO NOTHING;
		GET DIAGNOSTICS n = ROW_COUNT;
		IF c.no_answer = 'suspend' THEN
			UPDATE sen.access_grant g SET suspended_at = least(g.suspended_at, c.deadline) FROM sen.review_item i
			WHERE i.campaign_id = c.id AND i.account_id = ANY (batch) AND i.decided_at IS NULL AND g.account_id = i.account_id AND g.id = i.grant_id;
		END IF;
	ELSE
		INSERT INTO sen.review_item (campaign_id, id, account_id, unit_id)
		SELECT c.id, gen_random_uuid(), a.id, u.id FROM sen.account a JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)
		WHERE a.id = ANY (batch) AND a.status IN ('pending', 'active') AND starts_with(u.path, root) ON CONFLICT DO NOTHING;
		GET DIAGNOSTICS n = ROW_COUNT;
	END IF;
	UPDATE sen.review_campaign x SET version = version + 1, built_until = coalesce(batch[cardinality(batch)], x.built_until),
		state = CASE WHEN cardinality(batch) < 2000 THEN 'open' ELSE 'building' END WHERE x.id = c.id;
	RETURN n;
END
$$;
-- Grants carry the deadline; what is held must not fall under it.
CREATE FUNCTION sen.review_counts_from(c sen.review_campaign) RETURNS timestamptz LANGUAGE sql STABLE AS $$
	SELECT c.deadline - CASE c.kind WHEN 'grants' THEN interval '10 minutes' ELSE interval '0' END
$$;
-- More than the authority lets a feed suspend: held, until somebody else than who began it says so.
CREATE FUNCTION sen.review_guard(c sen.review_campaign) RETURNS void LANGUAGE sql AS $$
	UPDATE sen.review_campaign x SET guarded_at = now(), version = x.version + 1, state = CASE WHEN t.n > y.vanished_max_n
		AND t.n * 100 > t.total * y.vanished_max_percent THEN 'held' ELSE x.state END
	FROM sen.personnel_policy y CROSS JOIN LATERAL (SELECT count(*) AS total, count(*) FILTER (WHERE i.decided_at IS NULL) AS n
		FROM sen.review_item i WHERE i.campaign_id = c.id) t WHERE x.id = c.id
$$;
-- The next 2,000 accounts keep, for now, what this campaign alone would suspend.
CREATE FUNCTION sen.review_lift(c sen.review_campaign) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	batch uuid[] := ARRAY(SELECT DISTINCT i.account_id FROM sen.review_item i WHERE i.campaign_id = c.id AND i.decided_at IS NULL
		AND (c.lifted_until IS NULL OR i.account_id > c.lifted_until) ORDER BY 1 LIMIT 2000);
	n bigint;
BEGIN
	UPDATE sen.access_grant g SET suspended_at = (SELECT min(o.deadline) FROM sen.review_item k JOIN sen.review_campaign o ON o.id = k.campaign_id
		WHERE k.account_id = g.account_id AND k.grant_id = g.id AND o.id <> c.id AND o.state <> 'held' AND o.no_answer = 'suspend'
		AND (k.decided_at IS NULL OR k.decision = 'none'))
	FROM sen.review_item i WHERE i.campaign_id = c.id AND i.account_id = ANY (batch) AND i.decided_at IS NULL
	AND g.account_id = i.account_id AND g.id = i.grant_id AND g.suspended_at IS NOT NULL;
	GET DIAGNOSTICS n = ROW_COUNT;
	UPDATE sen.review_campaign x SET lifted_until = coalesce(batch[cardinality(batch)], 'ffffffff-ffff-ffff-ffff-ffffffffffff') WHERE x.id = c.id;
	RETURN n;
END
$$;
-- Without whom nobody could undo what silence did: the last who review the whole campaign, if none of them answered for another.
CREATE FUNCTION sen.review_spares(campaign uuid, account uuid, root text) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT sen.scope_covers(account, 'review', root, NULL) AND NOT EXISTS (SELECT FROM sen.live_scope s
		JOIN sen.account a ON a.id = s.account_id AND a.status = 'active'
		WHERE 'review' = ANY (s.rights) AND starts_with(root, s.path) AND sen.scope_covers(a.id, 'review', root, NULL) AND NOT sen.same_person(a.id, account)
		AND NOT EXISTS (SELECT FROM sen.review_item i WHERE i.campaign_id = campaign AND i.account_id = a.id AND i.decided_by IS NULL))
$$;
-- What silence does to the next 500; what somebody released is held at no platform again.
CREATE FUNCTION sen.review_close(c sen.review_campaign, root text, actor uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	batch uuid[] := ARRAY(SELECT i.account_id FROM sen.review_item i WHERE i.campaign_id = c.id AND i.decided_at IS NULL ORDER BY i.account_id LIMIT 500);
	was text := CASE WHEN c.released_at IS NOT NULL THEN sen.cause_unless('approved') END;
	n bigint;
BEGIN
	IF c.kind = 'grants' AND c.released_at IS NOT NULL THEN
		UPDATE sen.access_grant g SET suspended_at = least(g.suspended_at, now()) FROM sen.review_item i
		WHERE i.campaign_id = c.id AND i.account_id = ANY (batch) AND i.decided_at IS NULL AND g.account_id = i.account_id AND g.id = i.grant_id;
	ELSIF c.kind = 'accounts' AND c.no_answer = 'suspend' THEN
		WITH s AS (UPDATE sen.account a SET status = 'suspended', epoch = a.epoch + 1 FROM sen.review_item i WHERE i.campaign_id = c.id
			AND i.account_id = ANY (batch) AND i.decided_at IS NULL AND a.id = i.account_id AND a.status IN ('pending', 'active')
			AND a.id IS DISTINCT FROM actor AND NOT sen.review_spares(c.id, a.id, root) RETURNING a.id, a.login)
		INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)
		SELECT coalesce('account:' || actor, 'system'), 'account.suspended', s.id, s.login, 'review:' || c.code,
			jsonb_build_object('reason', 'review', 'review', c.id) FROM s ORDER BY s.id;
	END IF;
	UPDATE sen.review_item i SET decision = 'none', decided_at = now() WHERE i.campaign_id = c.id AND i.account_id = ANY (batch) AND i.decided_at IS NULL;
	GET DIAGNOSTICS n = ROW_COUNT;
	UPDATE sen.review_campaign x SET version = version + 1, state = CASE WHEN cardinality(batch) = 0 THEN 'closed' ELSE 'closing' END,
		closed_at = CASE WHEN cardinality(batch) = 0 THEN now() END WHERE x.id = c.id;
	IF was IS NOT NULL THEN
		PERFORM set_config('sen.cause', was, true);
	END IF;
	RETURN n;
END
$$;
-- As before (0027), by its parts.  actor NULL: by itself; by somebody, what is held is released.
CREATE OR REPLACE FUNCTION sen.review_step(campaign uuid, actor uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	c sen.review_campaign;
	root text;
	n bigint := 0;
BEGIN
	SELECT * INTO STRICT c FROM sen.review_campaign x WHERE x.id = campaign FOR UPDATE;
	SELECT u.path INTO STRICT root FROM sen.unit u WHERE u.id = c.unit_id;
	IF c.state = 'building' THEN
		n := sen.review_build(c, root);
	ELSE
		IF c.state = 'open' AND c.no_answer = 'suspend' AND c.guarded_at IS NULL AND sen.review_counts_from(c) <= now() THEN
			PERFORM sen.review_guard(c);
			SELECT * INTO STRICT c FROM sen.review_campaign x WHERE x.id = campaign;
		ELSIF c.state = 'held' AND actor IS NOT NULL AND c.deadline <= now() THEN
			UPDATE sen.review_campaign x SET state = 'closing', released_by = actor, released_at = now() WHERE x.id = c.id RETURNING * INTO c;
		END IF;
		IF c.state = 'held' THEN
			n := CASE c.kind WHEN 'grants' THEN sen.review_lift(c) ELSE 0 END;
		ELSIF c.state IN ('open', 'closing') AND c.deadline <= now() THEN
			n := sen.review_close(c, root, actor);
		END IF;
	END IF;
	SELECT * INTO STRICT c FROM sen.review_campaign x WHERE x.id = campaign;
	RETURN jsonb_build_object('id', c.id, 'state', c.state, 'handled', n, 'version', c.version);
END
$$;

-- 3. By itself: what there is to be in each province, and when next.  A campaign that somebody began over all of it counts as well.
CREATE FUNCTION sen.review_series() RETURNS TABLE (unit_id integer, kind text, months integer, due_at timestamptz) LANGUAGE sql STABLE ROWS 10 AS $$
	WITH k AS MATERIALIZED (SELECT 'accounts' AS kind, y.review_accounts_months AS months FROM sen.personnel_policy y
		UNION SELECT 'grants', sen.review_months(r.id) FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id
		WHERE p.id > 0 AND r.retired_at IS NULL AND sen.platform_is_open(p.state))
	SELECT u.id, k.kind, k.months, greatest((SELECT y.review_since FROM sen.personnel_policy y), (SELECT max(c.made_at) FROM sen.review_campaign c
		WHERE c.unit_id = u.id AND c.kind = k.kind AND c.platform_id IS NULL
		AND (k.kind = 'accounts' OR c.period_months = k.months OR c.period_months IS NULL AND c.min_rank = 0))) + make_interval(months => k.months)
	FROM sen.unit u CROSS JOIN k WHERE u.parent_id IS NULL AND u.valid_from <= sen.today() AND (u.valid_to IS NULL OR u.valid_to > sen.today())
	AND EXISTS (SELECT FROM sen.unit w JOIN sen.post o ON o.unit_id = w.id WHERE starts_with(w.path, u.path))
$$;
CREATE FUNCTION sen.reviews_begin(request text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	y sen.personnel_policy;
	s record;
	c sen.review_campaign;
	n integer := 0;
BEGIN
	PERFORM pg_advisory_xact_lock(7301995);
	SELECT * INTO STRICT y FROM sen.personnel_policy;
	IF NOT y.review_automatic THEN
		RETURN 0;
	END IF;
	FOR s IN SELECT r.*, u.code AS unit FROM sen.review_series() r JOIN sen.unit u ON u.id = r.unit_id WHERE r.due_at <= now()
			ORDER BY r.unit_id, r.kind, r.months LOOP
		INSERT INTO sen.review_campaign (id, code, name, kind, unit_id, deadline, no_answer, period_months)
		VALUES (gen_random_uuid(), 'DK-' || CASE s.kind WHEN 'accounts' THEN 'TK' ELSE 'Q' END || s.months || '-' || sen.today() || '-' || s.unit_id,
			CASE s.kind WHEN 'accounts' THEN 'Rà soát tài khoản' ELSE 'Rà soát quyền truy cập' END || ' định kỳ ' || s.months || ' tháng – '
			|| to_char(sen.today(), 'MM/YYYY'), s.kind, s.unit_id, sen.midnight(sen.today() + y.review_answer_days),
			CASE WHEN y.review_suspends THEN 'suspend' ELSE 'keep' END, s.months)
		ON CONFLICT (code) DO NOTHING RETURNING * INTO c;
		CONTINUE WHEN NOT FOUND;
		INSERT INTO sen.audit (actor, action, object, request_id, data) VALUES ('system', 'review.begin', c.code, request,
			jsonb_build_object('review', c.id, 'unit', s.unit, 'months', s.months, 'was_due', sen.iso(s.due_at), 'deadline', sen.iso(c.deadline)));
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
-- One batch of one campaign; 0: nothing waits.  Who begins one by hand may build it at once.
CREATE FUNCTION sen.reviews_advance(request text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	c sen.review_campaign;
	done jsonb;
BEGIN
	SELECT * INTO c FROM sen.review_campaign x WHERE x.state = 'building' AND (x.made_by IS NULL OR x.made_at < now() - interval '2 minutes')
		OR x.state IN ('open', 'closing') AND x.deadline <= now()
		OR x.state = 'open' AND x.no_answer = 'suspend' AND x.guarded_at IS NULL AND sen.review_counts_from(x) <= now()
		OR x.state = 'held' AND x.kind = 'grants' AND x.lifted_until IS DISTINCT FROM 'ffffffff-ffff-ffff-ffff-ffffffffffff'
		ORDER BY x.state = 'building', x.deadline, x.id LIMIT 1 FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	done := sen.review_step(c.id, NULL);
	IF done ->> 'state' <> c.state THEN
		INSERT INTO sen.audit (actor, action, object, request_id, data)
		VALUES ('system', 'review.advance', c.code, request, jsonb_build_object('review', c.id, 'was', c.state, 'state', done ->> 'state'));
	END IF;
	RETURN 1;
END
$$;
REVOKE ALL ON FUNCTION sen.reviews_begin(text), sen.reviews_advance(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.reviews_begin(text), sen.reviews_advance(text) TO sen_provisioner, sen_server;

-- 4. Who is told: that a suspension of many waits; that none ran.
DO $$
DECLARE
	there text := (SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = 'sen.notice'::regclass AND c.conname = 'notice_kind_check');
BEGIN
	ALTER TABLE sen.notice DROP CONSTRAINT notice_kind_check;
	EXECUTE 'ALTER TABLE sen.notice ADD CONSTRAINT notice_kind_check ' || regexp_replace(there, '\]', ', ''review_held''::text, ''review_missing''::text]');
END
$$;
CREATE FUNCTION sen.review_notices_run() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	total integer := 0;
	n integer;
BEGIN
	PERFORM pg_advisory_xact_lock(7301992);
	-- Those who may let it happen, and did not begin it.
	WITH fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT 'review_held', c.id::text FROM sen.review_campaign c WHERE c.state = 'held'
		ON CONFLICT DO NOTHING RETURNING subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT DISTINCT ON (a.id, c.id) a.id, 'review_held', f.subject, jsonb_build_object('review', c.id, 'code', c.code, 'name', c.name, 'unit', u.code,
		'deadline', sen.iso(c.deadline), 'count', (SELECT count(*) FROM sen.review_item i WHERE i.campaign_id = c.id AND i.decided_at IS NULL))
	FROM fresh f JOIN sen.review_campaign c ON c.id = f.subject::uuid JOIN sen.unit u ON u.id = c.unit_id
	JOIN sen.live_scope s ON 'review' = ANY (s.rights) AND starts_with(u.path, s.path) JOIN sen.account a ON a.id = s.account_id AND a.status = 'active'
	WHERE sen.scope_covers(a.id, 'review', u.path, c.platform_id) AND sen.same_person(a.id, c.made_by) IS NOT TRUE ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;

	-- A day late: whatever should have begun it did not.
	WITH due AS MATERIALIZED (SELECT r.*, r.unit_id || '/' || r.kind || '/' || r.months || '/' || (r.due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS subject
			FROM sen.review_series() r WHERE r.due_at < now() - interval '1 day'),
		fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT 'review_missing', due.subject FROM due ON CONFLICT DO NOTHING RETURNING subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT a, 'review_missing', due.subject, jsonb_build_object('about', due.kind, 'months', due.months, 'unit', u.code, 'deadline', sen.iso(due.due_at))
	FROM fresh JOIN due ON due.subject = fresh.subject JOIN sen.unit u ON u.id = due.unit_id
	CROSS JOIN LATERAL sen.nearest('review', u.path, NULL, NULL) a ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN total + n;
END
$$;
REVOKE ALL ON FUNCTION sen.review_notices_run() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.review_notices_run() TO sen_provisioner, sen_server;
