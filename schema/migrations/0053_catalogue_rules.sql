-- The catalogue (0024): what an entry keeps once others have decided on it, and whose documents a gate refers to.

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

-- Whose architecture is a platform's: the province that its managing unit belongs to.
CREATE FUNCTION sen.platform_province(platform smallint) RETURNS integer LANGUAGE sql STABLE AS $$
	SELECT u.id FROM sen.unit u WHERE u.id = ANY (string_to_array(rtrim(sen.platform_home(platform), '.'), '.')::integer[])
	ORDER BY u.kind = 'province' DESC, length(u.path) LIMIT 1
$$;

-- A unit has one architecture in force, whatever its code: a gate that refers to the one before says nothing about it.
UPDATE sen.reference_document d SET superseded_at = now() WHERE d.kind = 'architecture' AND d.superseded_at IS NULL
	AND EXISTS (SELECT FROM sen.reference_document n WHERE n.unit_id = d.unit_id AND n.kind = d.kind AND n.superseded_at IS NULL AND n.id > d.id);
CREATE UNIQUE INDEX reference_document_architecture ON sen.reference_document (unit_id) WHERE kind = 'architecture' AND superseded_at IS NULL;
