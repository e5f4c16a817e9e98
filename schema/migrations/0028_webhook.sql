-- What platforms were told by signed requests, and under which number.

-- The last number of each platform.  Its row is changed in the transaction of the message, so that there are no gaps.
CREATE TABLE sen.webhook_sequence (
	platform_id  smallint PRIMARY KEY REFERENCES sen.platform,
	last         bigint NOT NULL CHECK (last > 0)
);

-- Kept for replays; how many days, partition_plan says.
CREATE TABLE sen.webhook_log (
	platform_id  smallint NOT NULL,
	created_on   date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
	sequence     bigint NOT NULL,
	account_id   uuid NOT NULL,
	gen          bigint NOT NULL,                     -- binding.want_gen
	document     text NOT NULL,                       -- JSON, the bytes that are signed but for the number
	created_at   timestamptz NOT NULL DEFAULT now(),
	answered_at  timestamptz,                         -- the platform has decided on it
	status       smallint,
	PRIMARY KEY (platform_id, sequence, created_on)
) PARTITION BY RANGE (created_on);
CREATE INDEX webhook_log_account ON sen.webhook_log (platform_id, account_id, sequence);
INSERT INTO sen.partition_plan VALUES ('webhook_log', false, 30, 7);

-- The newest message of an account on which the platform has not decided yet.
CREATE TABLE sen.webhook_open (
	platform_id  smallint NOT NULL,
	account_id   uuid NOT NULL,
	sequence     bigint NOT NULL,
	created_on   date NOT NULL,
	PRIMARY KEY (platform_id, account_id)
);

GRANT SELECT, INSERT, UPDATE ON sen.webhook_sequence, sen.webhook_log TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.webhook_open TO sen_provisioner;
SELECT sen.partitions_maintain();
