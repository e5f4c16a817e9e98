-- Whose a platform is: a central one is a ministry's, whichever of our units keeps its entry.

ALTER TABLE sen.platform ADD COLUMN owner text NOT NULL DEFAULT '' CHECK (owner IS NFC NORMALIZED AND length(owner) <= 300);
UPDATE sen.platform p SET owner = p.managing_unit WHERE p.kind = 'central' AND p.managing_unit <> ''
	AND NOT EXISTS (SELECT FROM sen.unit u WHERE u.code = p.managing_unit);

-- Nobody is named: neither as the owner, nor, in words or as a unit of the centre, as who manages it.
CREATE FUNCTION sen.platform_lacks_owner(kind text, managing_unit text, owner text) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT $1 = 'central' AND coalesce($3, '') = ''
		AND (coalesce($2, '') = '' OR EXISTS (SELECT FROM sen.unit u WHERE u.code = $2 AND u.kind <> 'central'))
$$;
