-- Statistics in the middle of an import.
--
-- What a large import has written is invisible to autovacuum, and after one that failed the
-- tables count as empty; a join planned on that reads all of a table per row.  Therefore the
-- import itself asks for statistics, at the beginning and each time its rows have doubled.
CREATE FUNCTION sen.import_analyze() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	ANALYZE sen.unit;
	ANALYZE sen.person;
	ANALYZE sen.post;
END
$$;
REVOKE ALL ON FUNCTION sen.import_analyze() FROM PUBLIC;
