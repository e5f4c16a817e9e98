-- Accounts, grants and the scopes of administrators.

CREATE TABLE sen.account (
	id            uuid PRIMARY KEY,
	person_id     uuid NOT NULL REFERENCES sen.person,
	kind          text NOT NULL DEFAULT 'operational' CHECK (kind IN ('operational')),
	-- ASCII, stable, never given to another person: rows are never deleted.
	login         text NOT NULL UNIQUE CHECK (login ~ '^[a-z][a-z0-9.-]{1,31}$'),
	status        text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'active', 'suspended', 'disabled')),
	-- Security generation.  Sessions and tokens carry the epoch under which they were made; raising it
	-- ends all of them at once.
	epoch         bigint NOT NULL DEFAULT 1,
	created_at    timestamptz NOT NULL DEFAULT now(),
	activated_at  timestamptz,
	-- When validity of a post or grant next begins or ends, as the planner saw it.
	next_eval_at  timestamptz,
	UNIQUE (person_id, kind)
);
CREATE INDEX account_next_eval ON sen.account (next_eval_at) WHERE next_eval_at IS NOT NULL;

CREATE TABLE sen.access_grant (
	account_id   uuid NOT NULL REFERENCES sen.account,
	id           uuid NOT NULL,
	role_id      integer NOT NULL REFERENCES sen.role,
	unit_id      integer NOT NULL REFERENCES sen.unit,   -- for which unit's work
	basis        text NOT NULL CHECK (length(basis) BETWEEN 1 AND 300),
	valid_from   timestamptz NOT NULL,
	valid_to     timestamptz,                            -- exclusive
	granted_by   uuid NOT NULL REFERENCES sen.account,
	granted_at   timestamptz NOT NULL DEFAULT now(),
	revoked_by   uuid REFERENCES sen.account,
	revoked_at   timestamptz,
	revoke_reason text,
	PRIMARY KEY (account_id, id),
	CHECK (valid_to IS NULL OR valid_to > valid_from),
	CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
	CHECK (granted_by <> account_id)
);
-- Granting twice is one grant.
CREATE UNIQUE INDEX access_grant_live ON sen.access_grant (account_id, role_id, unit_id) WHERE revoked_at IS NULL;
CREATE INDEX access_grant_role ON sen.access_grant (role_id) WHERE revoked_at IS NULL;

-- What an administrator may do, where, on which platform (NULL: on all).
CREATE TABLE sen.admin_scope (
	account_id   uuid NOT NULL REFERENCES sen.account,
	id           uuid NOT NULL,
	unit_id      integer NOT NULL REFERENCES sen.unit,   -- with everything below it
	platform_id  smallint REFERENCES sen.platform,
	rights       text[] NOT NULL CHECK (rights <@ ARRAY['grant', 'revoke', 'activate', 'delegate', 'read'] AND rights <> '{}'),
	valid_from   timestamptz NOT NULL DEFAULT now(),
	valid_to     timestamptz,
	granted_by   uuid REFERENCES sen.account,            -- NULL: the operator, at the bootstrap
	granted_at   timestamptz NOT NULL DEFAULT now(),
	revoked_at   timestamptz,
	PRIMARY KEY (account_id, id),
	CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE UNIQUE INDEX admin_scope_live ON sen.admin_scope (account_id, unit_id, coalesce(platform_id, -1)) WHERE revoked_at IS NULL;

-- One activation code at a time; a new one replaces the old.
CREATE TABLE sen.activation (
	account_id     uuid PRIMARY KEY REFERENCES sen.account,
	code_hash      bytea NOT NULL,
	issued_by      text NOT NULL,
	issued_at      timestamptz NOT NULL DEFAULT now(),
	expires_at     timestamptz NOT NULL,
	claimed_until  timestamptz,          -- being used: the directory is written between claim and completion
	used_at        timestamptz
);

CREATE VIEW sen.live_grant AS
	SELECT g.account_id, g.id, r.platform_id, g.role_id, r.code AS role_code, r.name AS role_name, g.unit_id
	FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform p ON p.id = r.platform_id
	WHERE g.revoked_at IS NULL AND g.valid_from <= now() AND (g.valid_to IS NULL OR g.valid_to > now())
	AND sen.platform_is_open(p.state);

CREATE VIEW sen.live_scope AS
	SELECT s.account_id, s.id, s.unit_id, u.path, s.platform_id, s.rights
	FROM sen.admin_scope s JOIN sen.unit u ON u.id = s.unit_id
	WHERE s.revoked_at IS NULL AND s.valid_from <= now() AND (s.valid_to IS NULL OR s.valid_to > now());

-- An account has a reason to exist: something granted, or something to administer.
CREATE FUNCTION sen.account_has_access(a uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM sen.live_grant g WHERE g.account_id = a)
	    OR EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = a)
$$;

GRANT SELECT ON sen.live_grant, sen.live_scope TO sen_server, sen_provisioner;
GRANT SELECT, INSERT, UPDATE ON sen.account, sen.access_grant, sen.admin_scope, sen.activation TO sen_server;
GRANT SELECT ON sen.account, sen.access_grant, sen.admin_scope TO sen_provisioner;
GRANT UPDATE (next_eval_at) ON sen.account TO sen_provisioner;
