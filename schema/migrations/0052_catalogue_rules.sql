-- The catalogue (0024): what an entry keeps once others have decided on it.

-- The member of an entry that an edit must leave, or NULL.  A central platform is appraised otherwise than one of the province, and one that is
-- being built is compared with others, which a mere proposal is not; and what the appraisal asked for is not taken away after it.
CREATE FUNCTION sen.platform_kept(was sen.platform, kind text, managing_unit text, contact_name text, description text, functions text[], scopes text[])
	RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN was.state = 'proposed' THEN NULL
		WHEN (was.kind = 'central') <> ($2 = 'central') THEN 'kind'
		WHEN $2 = 'proposed' AND was.kind <> 'proposed' AND was.state <> 'appraised' THEN 'kind'
		WHEN was.managing_unit <> '' AND coalesce($3, '') = '' THEN 'managing_unit'
		WHEN was.contact_name <> '' AND coalesce($4, '') = '' THEN 'contact_name'
		WHEN was.description <> '' AND coalesce($5, '') = '' THEN 'description'
		WHEN cardinality(was.functions) > 0 AND cardinality($6) = 0 THEN 'functions'
		WHEN cardinality(was.scopes) > 0 AND cardinality($7) = 0 THEN 'scopes' END
$$;
