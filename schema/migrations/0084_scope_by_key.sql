-- Scopes as before (0064).  The post is found by its key: the planner took the index of the exclusion, which costs ten times as much for each of a
-- thousand scopes, in every question that somebody with scattered units asks.  (IS NOT DISTINCT FROM: no other index offers itself.)
CREATE INDEX post_by_id ON sen.post (id);
CREATE OR REPLACE VIEW sen.held_scope AS
	SELECT s.account_id, s.id, s.unit_id, u.path, s.platform_id, s.rights, s.role_ids, s.max_rank
	FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id
	WHERE s.revoked_at IS NULL AND s.valid_from <= now() AND (s.valid_to IS NULL OR s.valid_to > now())
	AND (s.post_id IS NULL OR EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.id = s.post_id AND o.person_id IS NOT DISTINCT FROM a.person_id
		WHERE a.id = s.account_id AND o.valid @> sen.today()))
	AND NOT EXISTS (SELECT FROM sen.account_stop t WHERE t.account_id = s.account_id AND t.kind <> 'leave' AND t.valid_from <= now()
		AND (t.valid_to IS NULL OR t.valid_to > now()) AND (t.platform_id IS NULL OR t.platform_id = s.platform_id));
CREATE OR REPLACE VIEW sen.live_scope AS
	SELECT s.account_id, s.id, s.unit_id, u.path, s.platform_id, s.rights, s.role_ids, s.max_rank
	FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id
	WHERE s.revoked_at IS NULL AND s.valid_from <= now() AND (s.valid_to IS NULL OR s.valid_to > now())
	AND (s.post_id IS NULL OR EXISTS (SELECT FROM sen.account a JOIN sen.post o ON o.id = s.post_id AND o.person_id IS NOT DISTINCT FROM a.person_id
		WHERE a.id = s.account_id AND o.valid @> sen.today()))
	AND NOT EXISTS (SELECT FROM sen.account_stop t WHERE t.account_id = s.account_id AND t.valid_from <= now()
		AND (t.valid_to IS NULL OR t.valid_to > now()) AND (t.platform_id IS NULL OR t.platform_id = s.platform_id));
