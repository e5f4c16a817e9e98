-- Separation of duties over administration itself: a rule's sides are roles, or rights of scopes: who gives does not approve, who manages
-- accounts does not look into the audit.  made_by NULL: it came with the program.
ALTER TABLE sen.duty_rule ALTER COLUMN role_a DROP NOT NULL, ALTER COLUMN role_b DROP NOT NULL, ALTER COLUMN made_by DROP NOT NULL,
	ADD COLUMN right_a text, ADD COLUMN right_b text,
	ADD CONSTRAINT duty_rule_sides CHECK (CASE WHEN right_a IS NULL THEN num_nonnulls(role_a, role_b) = 2 AND right_b IS NULL
		ELSE right_b IS NOT NULL AND right_a <> right_b AND num_nonnulls(role_a, role_b, platform_a, platform_b) = 0 END);

-- Held by whoever answers for the account: not revoked, not at its end, its post not over.  A stop passes, and with it the scope is there again.
CREATE VIEW sen.standing_scope AS
	SELECT a.person_id, s.account_id, s.id, s.unit_id, u.path, s.platform_id, s.rights FROM sen.admin_scope s JOIN sen.account a ON a.id = s.account_id
	JOIN sen.unit u ON u.id = s.unit_id
	WHERE s.revoked_at IS NULL AND (s.valid_to IS NULL OR s.valid_to > now()) AND NOT sen.post_is_over(s.account_id, s.post_id);
GRANT SELECT ON sen.standing_scope TO sen_server;

-- Whether two scopes meet, as far as a rule asks.
CREATE FUNCTION sen.scopes_meet(within text, path_x text, platform_x smallint, path_y text, platform_y smallint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE within WHEN 'unit' THEN starts_with(path_x, path_y) OR starts_with(path_y, path_x)
		WHEN 'platform' THEN platform_x IS NULL OR platform_y IS NULL OR platform_x = platform_y ELSE true END
$$;
-- What stands against giving these rights there: by themselves, or beside what the same person holds, with whichever account.
CREATE FUNCTION sen.right_conflicts(holder uuid, unit integer, platform smallint, rights text[]) RETURNS TABLE (duty_code text, severity text)
	LANGUAGE sql STABLE ROWS 1 AS $$
	WITH d AS (SELECT d.*, a.person_id FROM sen.account a JOIN sen.duty_rule d ON d.retired_at IS NULL AND ARRAY[d.right_a, d.right_b] && right_conflicts.rights
		WHERE a.id = holder AND NOT sen.duty_excepted(d.id, a.person_id))
	SELECT d.code, d.severity FROM d WHERE right_conflicts.rights @> ARRAY[d.right_a, d.right_b]
	UNION SELECT d.code, d.severity FROM d JOIN sen.standing_scope s ON s.person_id = d.person_id JOIN sen.unit u ON u.id = right_conflicts.unit
	WHERE (d.right_a = ANY (right_conflicts.rights) AND d.right_b = ANY (s.rights) OR d.right_b = ANY (right_conflicts.rights) AND d.right_a = ANY (s.rights))
		AND sen.scopes_meet(d.within, u.path, right_conflicts.platform, s.path, s.platform_id)
$$;

-- To begin with both are told, and stop nobody: whoever is set up with every right holds both sides.  Made anew with "block", they do.
INSERT INTO sen.duty_rule (id, code, name, right_a, right_b, within, severity, basis) VALUES
	(gen_random_uuid(), 'QUYEN-CAP-DUYET', 'Người cấp quyền không đồng thời là người duyệt', 'grant', 'approve', 'unit', 'warn', 'Nguyên tắc bất kiêm nhiệm'),
	(gen_random_uuid(), 'QUYEN-QUANTRI-KIEMTOAN', 'Người quản trị tài khoản không đồng thời xem nhật ký kiểm toán', 'activate', 'audit', 'unit', 'warn',
	 'Nguyên tắc bất kiêm nhiệm')
	ON CONFLICT (code) DO NOTHING;
