-- Rights for all that governance does.  The operator's first administrator holds every right there is.
ALTER TABLE sen.admin_scope DROP CONSTRAINT admin_scope_rights_check;
ALTER TABLE sen.admin_scope ADD CONSTRAINT admin_scope_rights_check CHECK (rights <> '{}' AND rights <@ ARRAY['read', 'grant',
	'revoke', 'activate', 'delegate', 'approve', 'catalogue', 'appraise', 'organise', 'personnel', 'rules', 'review', 'import',
	'unmask', 'audit']);
UPDATE sen.admin_scope SET rights = ARRAY['read', 'grant', 'revoke', 'activate', 'delegate', 'approve', 'catalogue', 'appraise',
	'organise', 'personnel', 'rules', 'review', 'import', 'unmask', 'audit']
	WHERE granted_by IS NULL AND revoked_at IS NULL AND rights @> ARRAY['read', 'grant', 'revoke', 'activate', 'delegate'];
