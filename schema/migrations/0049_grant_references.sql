-- What a grant refers to: looked for and locked once for all grants of a statement, as three foreign keys did for each (decision 0017).
-- EXISTS with a lock is asked one by one, by the primary key, whatever the planner thought when it was first asked.
ALTER TABLE sen.access_grant DROP CONSTRAINT access_grant_account_id_fkey, DROP CONSTRAINT access_grant_role_id_fkey,
	DROP CONSTRAINT access_grant_unit_id_fkey;
CREATE FUNCTION sen.grant_refers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF EXISTS (SELECT FROM changed c WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.id = c.account_id FOR KEY SHARE))
	OR EXISTS (SELECT FROM (SELECT DISTINCT role_id FROM changed) c WHERE NOT EXISTS (SELECT FROM sen.role r WHERE r.id = c.role_id FOR KEY SHARE))
	OR EXISTS (SELECT FROM (SELECT DISTINCT unit_id FROM changed) c WHERE NOT EXISTS (SELECT FROM sen.unit u WHERE u.id = c.unit_id FOR KEY SHARE)) THEN
		RAISE EXCEPTION 'a grant refers to an account, a role or a unit that is not there'
			USING ERRCODE = 'foreign_key_violation', SCHEMA = 'sen', TABLE = 'access_grant';
	END IF;
	RETURN NULL;
END
$$;
CREATE FUNCTION sen.grant_refers_anew() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	is_there boolean := true;
BEGIN
	IF NEW.account_id <> OLD.account_id THEN
		PERFORM FROM sen.account a WHERE a.id = NEW.account_id FOR KEY SHARE;
		is_there := FOUND;
	END IF;
	IF is_there AND NEW.role_id <> OLD.role_id THEN
		PERFORM FROM sen.role r WHERE r.id = NEW.role_id FOR KEY SHARE;
		is_there := FOUND;
	END IF;
	IF is_there AND NEW.unit_id <> OLD.unit_id THEN
		PERFORM FROM sen.unit u WHERE u.id = NEW.unit_id FOR KEY SHARE;
		is_there := FOUND;
	END IF;
	IF NOT is_there THEN
		RAISE EXCEPTION 'a grant refers to an account, a role or a unit that is not there'
			USING ERRCODE = 'foreign_key_violation', SCHEMA = 'sen', TABLE = 'access_grant';
	END IF;
	RETURN NULL;
END
$$;
-- By its name the first of the statement's: needs_role (0024) looks at what was waited for here.
CREATE TRIGGER "_refers" AFTER INSERT ON sen.access_grant REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.grant_refers();
CREATE TRIGGER "_refers_anew" AFTER UPDATE ON sen.access_grant FOR EACH ROW
	WHEN (OLD.account_id <> NEW.account_id OR OLD.role_id <> NEW.role_id OR OLD.unit_id <> NEW.unit_id) EXECUTE FUNCTION sen.grant_refers_anew();

-- The other side: what is referred to stays.  After the row was locked and in a snapshot of its own, which only this isolation has.
CREATE FUNCTION sen.grants_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	is_referred_to boolean;
BEGIN
	IF current_setting('transaction_isolation') <> 'read committed' THEN
		RAISE EXCEPTION 'what grants refer to is changed in READ COMMITTED only' USING ERRCODE = 'feature_not_supported';
	END IF;
	IF TG_OP = 'TRUNCATE' THEN
		is_referred_to := EXISTS (SELECT FROM sen.access_grant);
	ELSIF TG_TABLE_NAME = 'account' THEN
		is_referred_to := EXISTS (SELECT FROM sen.access_grant g WHERE g.account_id = OLD.id);
	ELSIF TG_TABLE_NAME = 'role' THEN
		is_referred_to := EXISTS (SELECT FROM sen.access_grant g WHERE g.role_id = OLD.id);
	ELSE
		is_referred_to := EXISTS (SELECT FROM sen.access_grant g WHERE g.unit_id = OLD.id);
	END IF;
	IF is_referred_to THEN
		RAISE EXCEPTION 'a grant refers to it' USING ERRCODE = 'foreign_key_violation', SCHEMA = 'sen', TABLE = 'access_grant';
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER grants_keep AFTER DELETE ON sen.account FOR EACH ROW EXECUTE FUNCTION sen.grants_keep();
CREATE TRIGGER grants_keep AFTER DELETE ON sen.role FOR EACH ROW EXECUTE FUNCTION sen.grants_keep();
CREATE TRIGGER grants_keep AFTER DELETE ON sen.unit FOR EACH ROW EXECUTE FUNCTION sen.grants_keep();
CREATE TRIGGER grants_keep_key AFTER UPDATE ON sen.account FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION sen.grants_keep();
CREATE TRIGGER grants_keep_key AFTER UPDATE ON sen.role FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION sen.grants_keep();
CREATE TRIGGER grants_keep_key AFTER UPDATE ON sen.unit FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION sen.grants_keep();
CREATE TRIGGER grants_keep_all AFTER TRUNCATE ON sen.account FOR EACH STATEMENT EXECUTE FUNCTION sen.grants_keep();
CREATE TRIGGER grants_keep_all AFTER TRUNCATE ON sen.role FOR EACH STATEMENT EXECUTE FUNCTION sen.grants_keep();
CREATE TRIGGER grants_keep_all AFTER TRUNCATE ON sen.unit FOR EACH STATEMENT EXECUTE FUNCTION sen.grants_keep();
COMMENT ON TABLE sen.access_grant IS 'account_id, role_id and unit_id refer to sen.account, sen.role and sen.unit by triggers (0049, decision 0017)';
