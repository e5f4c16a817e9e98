-- What platforms really hold: listings, what became of each account in them, and what follows from that.

-- How often a platform is looked at.  Rows are made by the provisioner, by the kind of platform; people change them.
CREATE TABLE sen.observe_plan (
	platform_id    smallint PRIMARY KEY REFERENCES sen.platform,
	can_list       boolean NOT NULL,                -- as the connector says; else a hundredth is read back each hour
	enabled        boolean NOT NULL DEFAULT true,
	every_s        integer NOT NULL CHECK (every_s BETWEEN 60 AND 604800),
	at_minute      smallint CHECK (at_minute BETWEEN 0 AND 1439), -- of the day in Việt Nam: not before it; NULL: at any time
	short_percent  smallint NOT NULL DEFAULT 90 CHECK (short_percent BETWEEN 0 AND 100),
	version        bigint NOT NULL DEFAULT 1
);

-- What an attribute that is not as wanted means there; without a row it is enforced.  "active" only the one way: access that
-- shall not be is always ended.
CREATE TABLE sen.attribute_policy (
	platform_id  smallint NOT NULL REFERENCES sen.platform,
	attribute    text NOT NULL CHECK (length(attribute) BETWEEN 1 AND 200),
	rule         text NOT NULL CHECK (rule IN ('enforce', 'report', 'ignore')),
	PRIMARY KEY (platform_id, attribute)
);

CREATE TABLE sen.observe_run (
	id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	platform_id   smallint NOT NULL REFERENCES sen.platform,
	kind          text NOT NULL CHECK (kind IN ('list', 'sample')),
	reason        text NOT NULL CHECK (reason IN ('schedule', 'request', 'recovery')),
	requested_by  uuid,
	state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'listing', 'judging', 'held', 'concluding', 'complete',
	                  'incomplete', 'failed', 'rejected', 'superseded')),
	created_at    timestamptz NOT NULL DEFAULT now(),
	started_at    timestamptz,                        -- of the listing: who changed since is not judged by what is absent
	ended_at      timestamptz,
	not_before    timestamptz NOT NULL DEFAULT now(),
	lease_token   bigint NOT NULL DEFAULT 0,          -- fencing: who holds an older one changes nothing
	lease_until   timestamptz,
	attempts      integer NOT NULL DEFAULT 0,         -- that failed, in a row
	cursor        text,                               -- of the connector
	pages         integer NOT NULL DEFAULT 0,
	received      bigint NOT NULL DEFAULT 0,
	listed        bigint NOT NULL DEFAULT 0,          -- each once
	total         bigint,                             -- as the platform says
	fault         text,                               -- why nothing follows from absence: count, repeated, changed, unproven, short, …
	detail        text,
	linked        bigint NOT NULL DEFAULT 0,
	unlinked      bigint NOT NULL DEFAULT 0,
	unmatched     bigint NOT NULL DEFAULT 0,
	disputed      bigint NOT NULL DEFAULT 0,
	collisions    bigint NOT NULL DEFAULT 0,
	missing       bigint NOT NULL DEFAULT 0,
	drifted       bigint NOT NULL DEFAULT 0,
	repaired      bigint NOT NULL DEFAULT 0,          -- made due
	known         bigint NOT NULL DEFAULT 0,          -- accounts that should have been listed
	decided_by    uuid,
	decided_at    timestamptz,
	decision      text
);
CREATE UNIQUE INDEX observe_run_open ON sen.observe_run (platform_id) WHERE state IN ('waiting', 'listing', 'judging');
CREATE INDEX observe_run_held ON sen.observe_run (platform_id) WHERE state IN ('held', 'concluding');
CREATE INDEX observe_run_of ON sen.observe_run (platform_id, id);

-- What a listing has brought so far.  It may be lost in a crash of the database: then the count is not right, and one begins again.
CREATE UNLOGGED TABLE sen.observe_item (
	run_id      bigint NOT NULL,
	ext_id      text NOT NULL,
	asked_at    timestamptz NOT NULL,   -- before its page was asked for
	account_id  uuid,                   -- as the account carries it
	login       text,
	active      boolean NOT NULL,
	attrs       text NOT NULL,
	attrs_hash  uuid NOT NULL,
	owner       uuid,
	situation   text,
	PRIMARY KEY (run_id, ext_id)
);

-- One row per account that a platform shows, ours or not; and of ours that are missing.
CREATE TABLE sen.shadow (
	id             bigint GENERATED ALWAYS AS IDENTITY,
	platform_id    smallint NOT NULL,
	ext_id         text NOT NULL,
	natural_key    text,
	account_id     uuid,                -- as the account carries it: the platform's word
	active         boolean,
	attrs_hash     uuid,
	situation      text NOT NULL CHECK (situation IN ('linked', 'unlinked', 'unmatched', 'disputed', 'collision', 'missing')),
	owner_account  uuid,
	equal_to       uuid,                -- binding.want_hash which these attributes were found to be
	diff           json,                -- name -> want, seen, rule
	missing_runs   smallint NOT NULL DEFAULT 0, -- complete listings in a row without it
	first_seen     timestamptz NOT NULL DEFAULT now(),
	changed_at     timestamptz NOT NULL DEFAULT now(),
	last_run       bigint NOT NULL,     -- that wrote this row
	decision       text CHECK (decision IN ('ignore', 'adopt')),
	decision_state text CHECK (decision_state IN ('proposed', 'decided', 'doing', 'done', 'failed')),
	reason         text,
	decided_by     uuid,
	decided_at     timestamptz,
	confirmed_by   uuid,
	PRIMARY KEY (platform_id, ext_id)
);
CREATE UNIQUE INDEX shadow_id ON sen.shadow (id);
CREATE INDEX shadow_owner ON sen.shadow (owner_account);
CREATE INDEX shadow_finding ON sen.shadow (platform_id, id) WHERE situation <> 'linked' OR diff IS NOT NULL;
CREATE INDEX shadow_adopt ON sen.shadow (platform_id) WHERE decision = 'adopt' AND decision_state IN ('decided', 'doing');

-- A listing is judged within a second of its arrival; autovacuum has not looked at its rows by then.
CREATE FUNCTION sen.observe_analyze() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	ANALYZE sen.observe_item (run_id, ext_id, account_id, owner, situation);
	ANALYZE sen.shadow (platform_id, ext_id, situation, equal_to);
END
$$;
REVOKE ALL ON FUNCTION sen.observe_analyze() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.observe_analyze() TO sen_provisioner;

GRANT SELECT, INSERT, UPDATE ON sen.observe_plan TO sen_provisioner, sen_server;
GRANT SELECT ON sen.attribute_policy TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.attribute_policy TO sen_server;
GRANT SELECT, INSERT, UPDATE ON sen.observe_run TO sen_provisioner, sen_server;
GRANT DELETE ON sen.observe_run TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.observe_item, sen.shadow TO sen_provisioner;
GRANT SELECT, UPDATE ON sen.shadow TO sen_server;
GRANT SELECT, DELETE ON sen.observe_item TO sen_server;
