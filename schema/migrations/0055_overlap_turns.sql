-- Overlap (0024, 0026).  An approval makes a platform one that others are compared with: of two proposals with one function, whoever approved
-- the second was shown the comparison from before the first.  And two that are approved at once would each be compared with what the other was.

-- What counts as there already: from the approval on, until it is stopped.
CREATE FUNCTION sen.platform_is_live(state text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT state NOT IN ('proposed', 'appraised', 'stopped', 'refused')
$$;

-- Until the transaction ends.  After the rows of platforms, before those of sen.overlap_check: nobody waits for who waits for them.
CREATE FUNCTION sen.overlap_turn() RETURNS void LANGUAGE sql AS $$
	SELECT pg_advisory_xact_lock(7301994)
$$;

CREATE OR REPLACE FUNCTION sen.overlap_stale() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM sen.overlap_turn();
	IF NEW.kind IN ('provincial', 'sector', 'proposed') THEN
		INSERT INTO sen.overlap_check AS c (platform_id) VALUES (NEW.id)
		ON CONFLICT (platform_id) DO UPDATE SET stale = true, edition = c.edition + 1;
	END IF;
	-- What others are compared with has changed.
	IF NEW.kind <> 'proposed' OR (TG_OP = 'UPDATE' AND OLD.kind <> 'proposed') THEN
		UPDATE sen.overlap_check SET stale = true, edition = edition + 1 WHERE platform_id <> NEW.id AND NOT stale;
	END IF;
	RETURN NULL;
END
$$;
-- As before; whoever is refused is told by what.
CREATE OR REPLACE FUNCTION sen.overlap_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF sen.overlap_blocks(NEW.id) THEN
		RAISE EXCEPTION 'an overlap is open' USING ERRCODE = 'SN001', DETAIL = 'overlap';
	END IF;
	RETURN NEW;
END
$$;
DROP TRIGGER overlap_change ON sen.platform;
CREATE TRIGGER overlap_change AFTER UPDATE ON sen.platform FOR EACH ROW
	WHEN ((OLD.name, OLD.description, OLD.kind, OLD.functions, OLD.scopes, sen.platform_is_live(OLD.state), OLD.state IN ('stopped', 'refused'))
		IS DISTINCT FROM (NEW.name, NEW.description, NEW.kind, NEW.functions, NEW.scopes, sen.platform_is_live(NEW.state), NEW.state IN ('stopped', 'refused')))
	EXECUTE FUNCTION sen.overlap_stale();
-- What was approved since the last comparison counts in the next.
UPDATE sen.overlap_check SET stale = true, edition = edition + 1;
