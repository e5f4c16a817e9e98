-- A role's name stands in accounts on its platform; and blocked bindings are counted often.

CREATE FUNCTION sen.wake_by_role() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.wake(ARRAY(SELECT g.account_id FROM sen.access_grant g JOIN changed n ON n.id = g.role_id JOIN before o ON o.id = n.id
		WHERE g.revoked_at IS NULL AND (n.code, n.name, n.platform_id) IS DISTINCT FROM (o.code, o.name, o.platform_id)), 3::smallint);
	RETURN NULL;
END
$$;
CREATE TRIGGER wake_change AFTER UPDATE ON sen.role REFERENCING NEW TABLE AS changed OLD TABLE AS before
	FOR EACH STATEMENT EXECUTE FUNCTION sen.wake_by_role();

CREATE INDEX binding_blocked ON sen.binding (platform_id) WHERE state = 5;
