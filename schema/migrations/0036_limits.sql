-- Limits of platforms, their health as the engine sees it, and a log of operations that can be searched.

-- What an administrator allows.  No row: what the configuration file says.
CREATE TABLE sen.platform_limit (
	platform_id    smallint PRIMARY KEY REFERENCES sen.platform,
	rate_count     integer CHECK (rate_count BETWEEN 1 AND 1000000),      -- operations …
	rate_seconds   integer CHECK (rate_seconds BETWEEN 1 AND 3600),       -- … in so many seconds; NULL: no limit
	burst          integer CHECK (burst BETWEEN 1 AND 100000),            -- NULL: one second's worth
	concurrency    integer CHECK (concurrency BETWEEN 1 AND 64),          -- calls at a time, of all provisioners together
	limited_words  text[] NOT NULL DEFAULT '{}',                          -- an error that says one of these means "too fast"
	windows        jsonb NOT NULL DEFAULT '[]',                           -- maintenance: common/model/window.h
	version        bigint NOT NULL DEFAULT 1,
	changed_by     uuid NOT NULL REFERENCES sen.account,
	changed_at     timestamptz NOT NULL DEFAULT now(),
	CHECK ((rate_count IS NULL) = (rate_seconds IS NULL)),
	CHECK (cardinality(limited_words) <= 16 AND jsonb_typeof(windows) = 'array' AND jsonb_array_length(windows) <= 32)
);
CREATE TRIGGER version_up BEFORE UPDATE ON sen.platform_limit FOR EACH ROW EXECUTE FUNCTION sen.catalogue_version_up();

-- One row for all provisioners: the breaker (changed by comparing epoch, which is its fencing token), the learned
-- rate, the budget, and what waits.
CREATE TABLE sen.platform_health (
	platform_id   smallint PRIMARY KEY,
	epoch         bigint NOT NULL DEFAULT 0,
	state         smallint NOT NULL DEFAULT 0,     -- 0 closed 1 open 2 quarantine 3 auth_failed
	openings      integer NOT NULL DEFAULT 0,      -- probes that failed in a row
	opened_at     timestamptz,
	failed_at     timestamptz,                     -- when it opened, or the last probe failed
	probe_at      timestamptz,                     -- the next probe, unless a revocation comes
	probe_until   timestamptz,                     -- one provisioner probes; it has died when this is past
	since         timestamptz NOT NULL DEFAULT now(),
	err_class     text,
	err_status    integer,
	err_at        timestamptz,
	alarm_at      timestamptz,
	pause_until   timestamptz,                     -- the platform asked for it
	rate_milli    bigint NOT NULL DEFAULT 0,       -- thousandths of an operation a second, right after the last cut; 0: none
	rate_base     bigint NOT NULL DEFAULT 0,       -- in force before it
	rate_at       timestamptz,
	limited_n     bigint NOT NULL DEFAULT 0,       -- refusals for being too fast
	limited_at    timestamptz,
	credit_milli  bigint NOT NULL DEFAULT 0,
	filled_at     timestamptz,
	counts        jsonb NOT NULL DEFAULT '{}',     -- bindings by state
	oldest_due    timestamptz,
	counted_at    timestamptz
) WITH (fillfactor = 50);

-- Who serves which platform now, for sharing what a platform allows.
CREATE TABLE sen.platform_worker (
	platform_id  smallint NOT NULL,
	worker_id    uuid NOT NULL,
	seen_at      timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (platform_id, worker_id)
) WITH (fillfactor = 50);

-- Takes up to wanted operations out of the platform's budget (thousandths); what was overdrawn is paid first.
CREATE FUNCTION sen.platform_budget_take(platform smallint, wanted bigint, overdrawn bigint, rate bigint, burst bigint) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	h sen.platform_health;
	moment timestamptz;
	credit bigint;
	taken bigint;
BEGIN
	SELECT * INTO STRICT h FROM sen.platform_health WHERE platform_id = platform FOR UPDATE;
	moment := clock_timestamp();
	credit := CASE WHEN h.filled_at IS NULL THEN burst
		ELSE least(burst, h.credit_milli + greatest(0, (extract(epoch FROM moment - h.filled_at) * rate)::bigint)) END - overdrawn * 1000;
	taken := greatest(0, least(wanted, credit / 1000));
	UPDATE sen.platform_health SET credit_milli = credit - taken * 1000, filled_at = greatest(h.filled_at, moment) WHERE platform_id = platform;
	RETURN taken;
END
$$;

-- In thousandths of an operation a second, as rate_in_force() of provisioning/retry.c has it; NULL: no limit.
CREATE FUNCTION sen.platform_rate(h sen.platform_health, cap bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN h.rate_milli = 0 THEN cap WHEN cap IS NULL AND n.milli >= 2 * h.rate_base THEN NULL ELSE least(n.milli, cap) END
	FROM (SELECT h.rate_milli + floor(h.rate_base * extract(epoch FROM now() - h.rate_at) / 60)::bigint AS milli) n
$$;

-- What was done.
CREATE SEQUENCE sen.op_log_id CACHE 50;
ALTER TABLE sen.op_log
	ADD COLUMN id bigint NOT NULL DEFAULT nextval('sen.op_log_id'),
	ADD COLUMN status integer,                          -- of HTTP, or the result code of LDAP
	ADD COLUMN changes jsonb NOT NULL DEFAULT '{}';     -- attribute: [before, after]
CREATE INDEX op_log_platform ON sen.op_log (platform_id, at);
CREATE INDEX op_log_odd ON sen.op_log (platform_id, at) WHERE outcome <> 'ok';

GRANT SELECT ON sen.platform_limit TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE ON sen.platform_limit TO sen_server;
GRANT SELECT, INSERT, UPDATE ON sen.platform_health TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.platform_worker TO sen_provisioner;
GRANT USAGE ON SEQUENCE sen.op_log_id TO sen_provisioner;
GRANT SELECT ON sen.platform_health, sen.platform_worker TO sen_server;
