-- Platforms whose changes are told as they happen (RFC 4533): where each stands, and who follows it.
CREATE TABLE sen.follow (
	platform_id   smallint PRIMARY KEY REFERENCES sen.platform,
	cursor        text,                            -- of the connector; NULL: from the beginning
	lease_token   bigint NOT NULL DEFAULT 0,       -- fencing: who holds an older one changes nothing
	lease_until   timestamptz,
	connected_at  timestamptz,                     -- of the connection in force; NULL: there is none
	current_at    timestamptz,                     -- when all had been told that changed before it
	unsure        boolean NOT NULL DEFAULT false,  -- some may be gone there, nobody knows which: to be listed
	restarts      bigint NOT NULL DEFAULT 0,       -- how often the cursor was worth nothing
	told          bigint NOT NULL DEFAULT 0,       -- changes, ours and others'
	drifted       bigint NOT NULL DEFAULT 0,       -- that left an account not as wanted
	repaired      bigint NOT NULL DEFAULT 0,       -- made due
	fault         text,                            -- the last one
	detail        text,
	fault_at      timestamptz
);
GRANT SELECT, INSERT, UPDATE ON sen.follow TO sen_provisioner;
GRANT SELECT ON sen.follow TO sen_server;
