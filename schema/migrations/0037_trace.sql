-- What proves that access has ended, and certificates about a person who has left.

-- Written with the completion that found an account without access on its platform: what was read there, when, by which operation
-- (op_log.task_id).  Of one wanted state (gen) there are several when it was looked at again, or had to be ended again.
CREATE TABLE sen.access_proof (
	account_id    uuid NOT NULL,
	platform_id   smallint NOT NULL,
	gen           bigint NOT NULL,              -- binding.want_gen of the state "off"
	proved_at     timestamptz NOT NULL DEFAULT now(),
	operation_id  text NOT NULL,
	kind          text NOT NULL CHECK (kind IN ('read_back', 'listed', 'confirmed')),
	what          text NOT NULL CHECK (what IN ('inactive', 'absent')),
	took_down     boolean NOT NULL,             -- the operation had to end it; false: it was so already
	ext_id        text,
	PRIMARY KEY (account_id, platform_id, gen, proved_at, operation_id)
);

-- The proof that stands for a binding: the last one of what is wanted now, and since when it has been so without interruption.
CREATE FUNCTION sen.access_ended(account uuid, platform smallint, generation bigint)
	RETURNS TABLE (kind text, what text, ext_id text, operation_id text, gone_at timestamptz, verified_at timestamptz) LANGUAGE sql STABLE AS $$
	SELECT p.kind, p.what, p.ext_id, p.operation_id,
		(SELECT min(f.proved_at) FROM sen.access_proof f WHERE f.account_id = account AND f.platform_id = platform AND f.gen = generation
			AND f.proved_at >= coalesce((SELECT max(t.proved_at) FROM sen.access_proof t WHERE t.account_id = account
				AND t.platform_id = platform AND t.gen = generation AND t.took_down), '-infinity')),
		p.proved_at
	FROM sen.access_proof p WHERE p.account_id = account AND p.platform_id = platform AND p.gen = generation
	ORDER BY p.proved_at DESC LIMIT 1
$$;

-- Numbers without gaps in each year: given out in the transaction of the certificate.
CREATE TABLE sen.offboarding_number (
	year  integer PRIMARY KEY,
	last  integer NOT NULL
);
-- Never changed: a later grant does not make what stands here untrue.
CREATE TABLE sen.offboarding_certificate (
	year       integer NOT NULL,
	number     integer NOT NULL,
	id         uuid NOT NULL UNIQUE,
	person_id  uuid NOT NULL REFERENCES sen.person,
	issued_at  timestamptz NOT NULL DEFAULT now(),
	issued_by  uuid NOT NULL REFERENCES sen.account,
	complete   boolean NOT NULL,
	kid        text NOT NULL,
	jwk        jsonb NOT NULL,                  -- the public key, for when /jwks has it no more
	jws        text NOT NULL,
	PRIMARY KEY (year, number)
);
CREATE INDEX offboarding_certificate_person ON sen.offboarding_certificate (person_id, issued_at);

GRANT INSERT, SELECT ON sen.access_proof TO sen_provisioner;
GRANT SELECT ON sen.access_proof TO sen_server;
GRANT SELECT, INSERT, UPDATE ON sen.offboarding_number TO sen_server;
GRANT SELECT, INSERT ON sen.offboarding_certificate TO sen_server;

-- One account on demand, step by step.  A run is planned like any other account, and its platforms are served by the same claims of
-- bindings; what was asked, answered and decided on the way is kept for 14 days.
CREATE TABLE sen.provision_run (
	account_id    uuid NOT NULL REFERENCES sen.account,
	id            uuid NOT NULL UNIQUE,
	platform_id   smallint,                     -- NULL: all that matter
	requested_by  uuid NOT NULL REFERENCES sen.account,
	requested_at  timestamptz NOT NULL DEFAULT now(),
	planned_at    timestamptz,
	done_at       timestamptz,
	PRIMARY KEY (account_id, id)
);
CREATE INDEX provision_run_open ON sen.provision_run (requested_at) WHERE done_at IS NULL;
CREATE INDEX provision_run_age ON sen.provision_run (requested_at);
CREATE TABLE sen.provision_target (
	run_id        uuid NOT NULL REFERENCES sen.provision_run (id) ON DELETE CASCADE,
	platform_id   smallint NOT NULL,
	account_id    uuid NOT NULL,
	state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'leased', 'done')),
	attempts      integer NOT NULL DEFAULT 0,
	lease_token   bigint NOT NULL DEFAULT 0,    -- fencing, as of bindings
	lease_until   timestamptz,
	outcome       text,                         -- of the operation: ok, retry, …; skipped: the binding is nobody's to claim
	op            text,
	operation_id  text,                         -- op_log.task_id
	fault         text,
	done_at       timestamptz,
	PRIMARY KEY (run_id, platform_id)
);
CREATE INDEX provision_target_open ON sen.provision_target (platform_id) WHERE state <> 'done';
CREATE TABLE sen.provision_step (
	run_id        uuid NOT NULL REFERENCES sen.provision_run (id) ON DELETE CASCADE,
	platform_id   smallint NOT NULL,            -- -1: of the planner
	attempt       integer NOT NULL,
	n             integer NOT NULL,
	at            timestamptz NOT NULL,
	ms            integer NOT NULL,
	kind          text NOT NULL,
	detail        jsonb NOT NULL,               -- secrets out
	PRIMARY KEY (run_id, platform_id, attempt, n)
);
GRANT SELECT, INSERT ON sen.provision_run TO sen_server;
GRANT SELECT ON sen.provision_target, sen.provision_step TO sen_server;
GRANT SELECT, UPDATE, DELETE ON sen.provision_run TO sen_provisioner;
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.provision_target, sen.provision_step TO sen_provisioner;
