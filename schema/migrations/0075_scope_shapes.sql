-- One account may hold several scopes over one unit and platform: for these roles more than for those, up to a cap more than beyond it.

CREATE FUNCTION sen.sorted(list integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce((SELECT array_agg(DISTINCT x ORDER BY x) FROM unnest(list) x), '{}')
$$;
DROP INDEX sen.admin_scope_live;
CREATE UNIQUE INDEX admin_scope_live ON sen.admin_scope (account_id, unit_id, coalesce(platform_id, -1), sen.sorted(role_ids), coalesce(max_rank, -1))
	WHERE revoked_at IS NULL;
DROP INDEX sen.scope_waiting_open;
CREATE UNIQUE INDEX scope_waiting_open ON sen.scope_waiting (account_id, unit_id, coalesce(platform_id, -1), asked_by, sen.sorted(role_ids),
	coalesce(max_rank, -1)) WHERE closed_at IS NULL;
