-- What needs approval is not given without: policies say which roles may be given directly; two persons are two persons, not two accounts.

-- Who holds the right to grant gives such a role without a request.  A privileged one only where a policy of its own says so.
ALTER TABLE sen.grant_policy ADD COLUMN direct boolean NOT NULL DEFAULT false, ADD COLUMN direct_by uuid REFERENCES sen.account;
UPDATE sen.grant_policy y SET direct = y.stages = 1 AND y.sensitivity IS DISTINCT FROM 'privileged'
	AND NOT EXISTS (SELECT FROM sen.role r WHERE r.id = y.role_id AND r.sensitivity = 'privileged');
COMMENT ON COLUMN sen.grant_policy.direct_by IS 'who made it so: that person does not use it';

CREATE FUNCTION sen.needs_approval(role integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT NOT coalesce((SELECT y.direct AND (r.sensitivity <> 'privileged' OR y.role_id = r.id)
		FROM sen.role r CROSS JOIN LATERAL sen.policy_of(r.id) y WHERE r.id = role), false)
$$;
CREATE FUNCTION sen.granted_directly(actor uuid, role integer) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT NOT sen.needs_approval(role) AND NOT coalesce((SELECT sen.same_person(y.direct_by, actor) FROM sen.policy_of(role) y), false)
$$;

-- A scope that hands out what needs approval is given by two: the second one asks for the same, and then it is.
ALTER TABLE sen.admin_scope ADD COLUMN confirmed_by uuid REFERENCES sen.account;
CREATE TABLE sen.scope_waiting (
	id            uuid PRIMARY KEY,
	account_id    uuid NOT NULL REFERENCES sen.account,
	unit_id       integer NOT NULL REFERENCES sen.unit,
	platform_id   smallint REFERENCES sen.platform,
	rights        text[] NOT NULL,
	role_ids      integer[],
	max_rank      smallint,
	valid_to      timestamptz,
	asked_by      uuid NOT NULL REFERENCES sen.account,
	asked_at      timestamptz NOT NULL DEFAULT now(),
	expires_at    timestamptz NOT NULL DEFAULT now() + interval '14 days',
	closed_at     timestamptz
);
CREATE UNIQUE INDEX scope_waiting_open ON sen.scope_waiting (account_id, unit_id, coalesce(platform_id, -1), asked_by) WHERE closed_at IS NULL;
CREATE INDEX scope_waiting_list ON sen.scope_waiting (unit_id, id) WHERE closed_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON sen.scope_waiting TO sen_server;

-- A service account, as which a feed acts, gives only what is given directly, and decides on nothing.
CREATE FUNCTION sen.scope_needs_two(holder uuid, platform smallint, rights text[], roles integer[], cap smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT rights && ARRAY['grant', 'approve', 'delegate', 'rules'] AND NOT EXISTS (SELECT FROM sen.account a WHERE a.id = holder AND a.kind = 'service')
		AND EXISTS (SELECT FROM sen.role r WHERE (platform IS NULL OR r.platform_id = platform)
		AND (roles IS NULL OR r.id = ANY (roles)) AND (cap IS NULL OR sen.rank(r.sensitivity) <= cap) AND r.platform_id > 0 AND sen.needs_approval(r.id))
$$;
-- One scope of the giver covers all of it: the right to delegate, place, platform, each right, and the time.
CREATE FUNCTION sen.scope_may_give(giver uuid, unit integer, platform smallint, rights text[], until timestamptz, roles integer[], cap smallint)
	RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_scope s JOIN sen.admin_scope t ON t.account_id = s.account_id AND t.id = s.id JOIN sen.unit u ON u.id = unit
		WHERE s.account_id = giver AND 'delegate' = ANY (s.rights) AND s.rights @> scope_may_give.rights AND starts_with(u.path, s.path)
		AND (s.platform_id IS NULL OR s.platform_id = platform) AND (t.valid_to IS NULL OR t.valid_to >= until)
		AND (s.role_ids IS NULL OR roles <@ s.role_ids) AND (s.max_rank IS NULL OR cap <= s.max_rank))
$$;

-- Changed by many: whoever changes one says which state was seen.
ALTER TABLE sen.position_class ADD COLUMN version bigint NOT NULL DEFAULT 1;
