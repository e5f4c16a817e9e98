-- A rule that gives or takes a role for everybody (0027, 0029, 0030): what it cost besides its rows.

-- The rule against the grants that rest on it.  Somebody's grants are looked up by account: where very many have just been given by the rule, which
-- statistics do not know yet, they were looked for by the rule.
CREATE OR REPLACE FUNCTION sen.rule_difference(rule uuid, persons uuid[])
	RETURNS TABLE (person_id uuid, account_id uuid, grant_id uuid, post_id uuid, unit_id integer, role_id integer, number integer,
		valid_from timestamptz, valid_to timestamptz)
	LANGUAGE sql STABLE ROWS 10000 AS $$
	WITH want AS (SELECT w.*, a.id AS account_id FROM sen.rule_wants(rule, persons) w
		LEFT JOIN sen.account a ON a.person_id = w.person_id AND a.kind = 'operational'),
	have AS (SELECT g.* FROM sen.access_grant g WHERE persons IS NULL AND g.rule_id = rule AND g.origin = 'rule' AND g.revoked_at IS NULL
		UNION ALL SELECT g.* FROM unnest(persons) x (id) JOIN sen.account a ON a.person_id = x.id CROSS JOIN LATERAL (SELECT * FROM sen.access_grant g
			WHERE g.account_id = a.id AND g.rule_id = rule AND g.origin = 'rule' AND g.revoked_at IS NULL OFFSET 0) g),
	guarded AS MATERIALIZED (SELECT r.id FROM sen.role r WHERE EXISTS (SELECT FROM sen.duty_rule d WHERE d.retired_at IS NULL
		AND d.severity = 'block' AND r.code IN (d.role_a, d.role_b)))
	SELECT w.person_id, coalesce(w.account_id, h.account_id), h.id, coalesce(w.post_id, h.post_id), coalesce(w.unit_id, h.unit_id),
		coalesce(w.role_id, h.role_id), w.number, w.valid_from, w.valid_to
	FROM want w FULL JOIN have h ON h.account_id = w.account_id AND h.post_id = w.post_id AND h.role_id = w.role_id AND h.unit_id = w.unit_id
		AND h.valid_from = w.valid_from AND coalesce(h.valid_to, 'infinity') = coalesce(w.valid_to, 'infinity')
	WHERE (h.id IS NULL OR w.person_id IS NULL) AND NOT (w.person_id IS NULL AND h.valid_to <= now() AND EXISTS (SELECT FROM sen.account_grace c
		WHERE c.account_id = h.account_id AND c.role_id = h.role_id AND c.until_at > now()))
	AND (w.person_id IS NULL OR w.role_id NOT IN (SELECT id FROM guarded)
		OR NOT EXISTS (SELECT FROM sen.duty_conflicts(w.person_id, w.role_id, w.unit_id) c WHERE c.severity = 'block'))
$$;

-- Makes the grants what the rule says.  Posts are looked at only for a grant that ends and for one in grace: PostgreSQL does it by the index of an
-- exclusion, 6 us each.  Written in the order of their keys; transition tables and sets stay in memory.
CREATE OR REPLACE FUNCTION sen.rule_apply(rule uuid, persons uuid[]) RETURNS TABLE (added bigint, removed bigint)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET work_mem = '64MB' AS $$
DECLARE
	lost uuid[];
	newcomers uuid[];
	more bigint;
BEGIN
	WITH d AS MATERIALIZED (SELECT * FROM sen.rule_difference(rule, persons)),
	-- Graces first: there are few, and each post is looked at for them only.
	graced AS MATERIALIZED (SELECT d.* FROM d JOIN sen.account_grace c ON c.account_id = d.account_id AND c.role_id = d.role_id AND c.until_at > now()
		WHERE d.grant_id IS NOT NULL),
	kept AS MATERIALIZED (SELECT d.account_id, d.grant_id FROM graced d
		WHERE NOT EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.person_id = a.person_id AND o.id = d.post_id
			WHERE a.id = d.account_id AND (upper_inf(o.valid) OR upper(o.valid) > sen.today()))),
	grace AS (UPDATE sen.access_grant g SET valid_to = greatest(now(), g.valid_from + interval '1 microsecond') FROM kept k
		WHERE g.account_id = k.account_id AND g.id = k.grant_id AND g.revoked_at IS NULL),
	gone AS (UPDATE sen.access_grant g SET revoked_at = now(), revoke_reason = 'rule' FROM d
		WHERE d.grant_id IS NOT NULL AND d.grant_id NOT IN (SELECT k.grant_id FROM kept k)
		AND g.account_id = d.account_id AND g.id = d.grant_id AND g.revoked_at IS NULL
		RETURNING g.account_id),
	says AS MATERIALIZED (SELECT v.number, b.code || ' v' || v.number || ': ' || left(v.basis, 240) AS basis
		FROM sen.birthright_rule b JOIN sen.birthright_version v ON v.rule_id = b.id WHERE b.id = rule),
	given AS (INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, origin, rule_id, rule_version, post_id,
			handover_days)
		SELECT d.account_id, gen_random_uuid(), d.role_id, d.unit_id, s.basis, d.valid_from, d.valid_to, 'rule', rule, d.number, d.post_id,
			CASE WHEN d.valid_to IS NULL THEN 0 ELSE coalesce((SELECT (d.valid_to AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - upper(o.valid) FROM sen.post o
				WHERE o.person_id = d.person_id AND o.id = d.post_id AND upper(o.valid) < (d.valid_to AT TIME ZONE 'Asia/Ho_Chi_Minh')::date), 0) END
		FROM d JOIN says s ON s.number = d.number WHERE d.grant_id IS NULL AND d.account_id IS NOT NULL
		ORDER BY d.account_id
		ON CONFLICT DO NOTHING RETURNING 1)
	SELECT (SELECT count(*) FROM given), (SELECT count(*) FROM gone), ARRAY(SELECT account_id FROM gone),
		ARRAY(SELECT DISTINCT d.person_id FROM d WHERE d.account_id IS NULL)
	INTO added, removed, lost, newcomers;
	-- Who lost a role that nothing else gives: sessions and tokens end.  Who has none has nothing that would end.
	UPDATE sen.account a SET epoch = a.epoch + 1 WHERE a.id = ANY (lost)
		AND (EXISTS (SELECT FROM sen.session s WHERE s.account_id = a.id AND s.ended_at IS NULL)
			OR EXISTS (SELECT FROM sen.token_family f WHERE f.account_id = a.id AND f.revoked_at IS NULL))
		AND EXISTS (SELECT FROM sen.access_grant g WHERE g.account_id = a.id AND g.rule_id = rule AND g.revoked_at = now()
			AND NOT EXISTS (SELECT FROM sen.live_grant y WHERE y.account_id = a.id AND y.role_id = g.role_id AND y.unit_id = g.unit_id));
	IF cardinality(newcomers) > 0 THEN
		PERFORM sen.accounts_ensure(newcomers);
		SELECT t.added INTO more FROM sen.rule_apply(rule, newcomers) t;
		added := added + more;
	END IF;
	RETURN NEXT;
END
$$;

-- The second difference is empty where each row that was changed is one account's that lost something.
CREATE OR REPLACE FUNCTION sen.wake_by_grant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	revoked uuid[] := ARRAY(SELECT DISTINCT d.account_id FROM (SELECT account_id, id, revoked_at FROM changed
		EXCEPT SELECT account_id, id, revoked_at FROM before) d);
BEGIN
	PERFORM sen.wake(revoked, 0::smallint);
	IF cardinality(revoked) < (SELECT count(*) FROM changed) THEN
		PERFORM sen.wake(ARRAY(SELECT account_id FROM changed EXCEPT SELECT unnest(revoked)), 3::smallint);
	END IF;
	PERFORM sen.lost_access_end(revoked);
	RETURN NULL;
END
$$;
