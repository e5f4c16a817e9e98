-- A role that a rule gives and separation of duties withheld comes when nothing stands against it any more: the other grant is revoked, the duty
-- is retired, an exception is approved.  Only rules that give such a role are looked at: what a review took stays taken.
CREATE FUNCTION sen.rules_of_roles(roles integer[], persons uuid[]) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	rule uuid;
	n bigint := 0;
BEGIN
	FOR rule IN SELECT f.rule_id FROM sen.rule_in_force f WHERE EXISTS (SELECT FROM sen.role_follow(f.role_ids) y WHERE y.role_id = ANY (roles)) ORDER BY 1 LOOP
		PERFORM pg_advisory_xact_lock_shared(7301990);
		n := n + (SELECT t.added FROM sen.rule_apply(rule, persons) t);
	END LOOP;
	RETURN n;
END
$$;
REVOKE ALL ON FUNCTION sen.rules_of_roles(integer[], uuid[]) FROM PUBLIC;

CREATE FUNCTION sen.withheld_by_grant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	freed integer[];
	accounts uuid[];
BEGIN
	IF NOT EXISTS (SELECT FROM sen.duty_rule d WHERE d.retired_at IS NULL AND d.severity = 'block' AND d.role_a IS NOT NULL) THEN
		RETURN NULL;
	END IF;
	-- EXCEPT and no join: transition tables count as empty to the planner (0027).
	SELECT array_agg(DISTINCT x.role_id), array_agg(DISTINCT x.account_id) INTO freed, accounts FROM (SELECT account_id, id, role_id FROM changed WHERE revoked_at IS NOT NULL
		EXCEPT SELECT account_id, id, role_id FROM before WHERE revoked_at IS NOT NULL) x;
	freed := ARRAY(SELECT DISTINCT o.id FROM unnest(freed) f (id) CROSS JOIN sen.role o CROSS JOIN LATERAL sen.duty_pairs(f.id, o.id) d WHERE d.severity = 'block');
	IF cardinality(freed) > 0 THEN
		PERFORM sen.rules_of_roles(freed, ARRAY(SELECT DISTINCT a.person_id FROM sen.account a WHERE a.id = ANY (accounts)));
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER withheld_return AFTER UPDATE ON sen.access_grant REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.withheld_by_grant();

-- Of a duty: of everybody, or of one person; how many got something.
CREATE FUNCTION sen.withheld_by_duty(duty uuid, person uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT sen.rules_of_roles(ARRAY(SELECT r.id FROM sen.duty_rule d JOIN sen.role r ON r.code IN (d.role_a, d.role_b) WHERE d.id = duty AND d.severity = 'block'),
		CASE WHEN person IS NOT NULL THEN ARRAY[person] END)
$$;
REVOKE ALL ON FUNCTION sen.withheld_by_duty(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.withheld_by_duty(uuid, uuid) TO sen_server;
