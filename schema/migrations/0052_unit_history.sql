-- A unit as it was: what was said of it before each change, up to the day of the change.

CREATE TABLE sen.unit_was (
	unit_id    integer NOT NULL REFERENCES sen.unit ON DELETE CASCADE,
	until      date NOT NULL,              -- from that day on it was said otherwise
	version    bigint NOT NULL,            -- the last one of which this was said
	name       text NOT NULL,
	name_en    text,
	kind       text NOT NULL,
	parent_id  integer REFERENCES sen.unit ON DELETE SET NULL,
	ident_new  text,
	ident_old  text,
	PRIMARY KEY (unit_id, until, version)
);
GRANT SELECT ON sen.unit_was TO sen_server, sen_provisioner;

CREATE FUNCTION sen.unit_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.unit_was (unit_id, until, version, name, name_en, kind, parent_id, ident_new, ident_old)
	VALUES (OLD.id, sen.today(), OLD.version, OLD.name, OLD.name_en, OLD.kind, OLD.parent_id, OLD.ident_new, OLD.ident_old);
	RETURN NULL;
END
$$;
CREATE TRIGGER unit_keep AFTER UPDATE ON sen.unit FOR EACH ROW
	WHEN ((OLD.name, OLD.name_en, OLD.kind, OLD.parent_id, OLD.ident_new, OLD.ident_old)
		IS DISTINCT FROM (NEW.name, NEW.name_en, NEW.kind, NEW.parent_id, NEW.ident_new, NEW.ident_old))
	EXECUTE FUNCTION sen.unit_keep();
