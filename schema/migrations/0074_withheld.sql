-- A role that separation of duties (0027) withheld from whom a birthright rule speaks to comes when what stood against it is gone.

-- As before (0027), without what hangs on a post that is over: nothing is written to such a grant, and it counts no more.
CREATE OR REPLACE FUNCTION sen.duty_conflicts(person uuid, role integer, unit integer)
	RETURNS TABLE (duty_id uuid, duty_code text, severity text, grant_id uuid, other_role integer, other_unit integer) LANGUAGE sql STABLE ROWS 1 AS $$
	SELECT d.id, d.code, d.severity, g.id, g.role_id, g.unit_id
	FROM sen.account a JOIN sen.access_grant g ON g.account_id = a.id AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now())
	JOIN sen.unit w ON w.id = g.unit_id JOIN sen.unit u ON u.id = unit CROSS JOIN LATERAL sen.duty_pairs(role, g.role_id) d
	WHERE a.person_id = person AND (d.within <> 'unit' OR starts_with(u.path, w.path) OR starts_with(w.path, u.path))
	AND NOT sen.duty_excepted(d.id, person)
	AND NOT EXISTS (SELECT FROM sen.post o WHERE o.person_id = a.person_id AND o.id = g.post_id AND upper(o.valid) + g.handover_days <= sen.today()
		AND NOT sen.grant_in_grace(a.id, g.role_id, now()))
$$;

-- Whom to look at again.  Only appended to by what ends something, and read by the provisioner: whoever revokes waits for no rule, nor a rule for them.
CREATE TABLE sen.rules_again (
	id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	person_id  uuid NOT NULL
);
-- Until when ends by time alone were looked at.
CREATE TABLE sen.rules_again_until (
	one  boolean PRIMARY KEY DEFAULT true CHECK (one),
	at   timestamptz NOT NULL DEFAULT now()
);
INSERT INTO sen.rules_again_until DEFAULT VALUES;
CREATE INDEX access_grant_over ON sen.access_grant (valid_to) WHERE revoked_at IS NULL AND origin IN ('rule', 'emergency') AND valid_to IS NOT NULL;

-- The roles that rules give, followed (0066).
CREATE FUNCTION sen.roles_by_rule() RETURNS SETOF integer LANGUAGE sql STABLE ROWS 50 AS $$
	SELECT DISTINCT n.role_id FROM sen.rule_in_force f CROSS JOIN LATERAL sen.role_follow(f.role_ids) n
$$;
-- Those that exclude one of these.
CREATE FUNCTION sen.roles_withholding() RETURNS integer[] LANGUAGE sql STABLE AS $$
	WITH given AS MATERIALIZED (SELECT r.id FROM sen.roles_by_rule() r (id)),
	pair AS MATERIALIZED (SELECT x.id AS one, y.id AS other FROM sen.duty_rule d
		JOIN sen.role x ON x.code = d.role_a AND x.platform_id = coalesce(d.platform_a, x.platform_id)
		JOIN sen.role y ON y.code = d.role_b AND y.platform_id = coalesce(d.platform_b, y.platform_id)
		WHERE d.retired_at IS NULL AND d.severity = 'block' AND (d.within <> 'platform' OR x.platform_id = y.platform_id))
	SELECT ARRAY(SELECT p.one FROM pair p JOIN given g ON g.id = p.other UNION SELECT p.other FROM pair p JOIN given g ON g.id = p.one)
$$;

CREATE FUNCTION sen.rules_freed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	roles integer[];
BEGIN
	IF NOT EXISTS (SELECT FROM sen.duty_rule d WHERE d.retired_at IS NULL AND d.severity = 'block')
			OR NOT EXISTS (SELECT FROM changed n WHERE n.revoked_at IS NOT NULL) THEN
		RETURN NULL;
	END IF;
	roles := sen.roles_withholding();
	INSERT INTO sen.rules_again (person_id) SELECT DISTINCT a.person_id FROM (SELECT n.account_id FROM changed n
		WHERE n.revoked_at IS NOT NULL AND n.role_id = ANY (roles)) n JOIN sen.account a ON a.id = n.account_id;
	RETURN NULL;
END
$$;
CREATE TRIGGER rules_freed AFTER UPDATE ON sen.access_grant REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.rules_freed();
-- The rule is no more, or for this person: who holds one side may get the other.
CREATE FUNCTION sen.rules_freed_by_duty() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	sides integer[];
BEGIN
	IF TG_TABLE_NAME = 'duty_exception' THEN
		INSERT INTO sen.rules_again (person_id) VALUES (NEW.person_id);
		RETURN NULL;
	END IF;
	sides := ARRAY(SELECT r.id FROM sen.role r WHERE r.code = NEW.role_a AND r.platform_id = coalesce(NEW.platform_a, r.platform_id)
		OR r.code = NEW.role_b AND r.platform_id = coalesce(NEW.platform_b, r.platform_id));
	IF EXISTS (SELECT FROM sen.roles_by_rule() g (id) WHERE g.id = ANY (sides)) THEN
		INSERT INTO sen.rules_again (person_id) SELECT DISTINCT a.person_id FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id
		WHERE g.role_id = ANY (sides) AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now());
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER rules_freed AFTER UPDATE ON sen.duty_rule FOR EACH ROW
	WHEN (OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL AND OLD.severity = 'block') EXECUTE FUNCTION sen.rules_freed_by_duty();
CREATE TRIGGER rules_freed AFTER UPDATE ON sen.duty_exception FOR EACH ROW
	WHEN (OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL) EXECUTE FUNCTION sen.rules_freed_by_duty();

-- What ended by its date since, once a minute; with a post, once a day.
CREATE FUNCTION sen.rules_freed_by_time() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	was timestamptz;
	roles integer[];
BEGIN
	SELECT u.at INTO was FROM sen.rules_again_until u WHERE u.at < now() - interval '1 minute' FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	UPDATE sen.rules_again_until SET at = now();
	roles := sen.roles_withholding();
	IF roles = '{}' THEN
		RETURN;
	END IF;
	-- From a little before: a transaction that set the date may have ended after the last look.
	INSERT INTO sen.rules_again (person_id) SELECT DISTINCT a.person_id FROM (
		SELECT g.account_id FROM sen.access_grant g WHERE g.revoked_at IS NULL AND g.origin IN ('direct', 'request') AND g.valid_to IS NOT NULL
			AND g.valid_to > was - interval '2 minutes' AND g.valid_to <= now() AND g.role_id = ANY (roles)
		UNION ALL
		SELECT g.account_id FROM sen.access_grant g WHERE g.revoked_at IS NULL AND g.origin IN ('rule', 'emergency') AND g.valid_to IS NOT NULL
			AND g.valid_to > was - interval '2 minutes' AND g.valid_to <= now() AND g.role_id = ANY (roles)) g
	JOIN sen.account a ON a.id = g.account_id;
	IF (was AT TIME ZONE 'Asia/Ho_Chi_Minh')::date < sen.today() THEN
		INSERT INTO sen.rules_again (person_id) SELECT DISTINCT a.person_id FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id
		JOIN sen.post o ON o.person_id = a.person_id AND o.id = g.post_id
		WHERE g.role_id = ANY (roles) AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now())
		AND upper(o.valid) + g.handover_days BETWEEN (was AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AND sen.today();
	END IF;
END
$$;
-- The next 500; how many.  Decisions about one person are taken one after the other.
CREATE FUNCTION sen.rules_again_run() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	persons uuid[];
BEGIN
	PERFORM sen.rules_freed_by_time();
	WITH gone AS (DELETE FROM sen.rules_again r WHERE r.id IN (SELECT x.id FROM sen.rules_again x ORDER BY x.id LIMIT 500 FOR UPDATE SKIP LOCKED)
		RETURNING r.person_id)
	SELECT array_agg(DISTINCT g.person_id) INTO persons FROM gone g;
	IF persons IS NULL THEN
		RETURN 0;
	END IF;
	PERFORM sen.person_lock(p.id) FROM (SELECT unnest(persons) AS id ORDER BY 1) p;
	PERFORM sen.rules_follow(persons);
	RETURN cardinality(persons);
END
$$;
REVOKE ALL ON FUNCTION sen.rules_freed_by_time(), sen.rules_again_run() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.rules_again_run() TO sen_provisioner, sen_server;
