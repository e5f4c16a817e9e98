-- The planner's memory: what a plan rested on, so that an account about which nothing has changed costs one look; and its order.

-- Of facts, mappings and bindings as they were when all bindings of the account were last written (plan_digest.c).
CREATE TABLE sen.account_plan (
	account_id  uuid PRIMARY KEY,
	digest      uuid NOT NULL
) WITH (fillfactor = 80);
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.account_plan TO sen_provisioner;
GRANT SELECT ON sen.account_plan TO sen_server;

-- Whose turn it is, without reading the whole set for every batch of it.
CREATE INDEX dirty_account_order ON sen.dirty_account (prio, since);

-- Somebody found that the plan is not what it should be: it is made anew, whatever is remembered.  The row of the dirty set
-- first: who has it plans, and may be writing what is forgotten here.
CREATE OR REPLACE FUNCTION sen.wake_again(accounts uuid[], priority smallint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	INSERT INTO sen.dirty_account AS d (account_id, prio)
	SELECT a, priority FROM (SELECT DISTINCT unnest(accounts) AS a ORDER BY 1) s WHERE a IS NOT NULL
	ON CONFLICT (account_id) DO UPDATE SET n = d.n + 1, prio = least(d.prio, excluded.prio);
	DELETE FROM sen.account_plan p WHERE p.account_id = ANY (accounts);
$$;

-- What an account is granted, for a plan of all: without the rows themselves, which lie where they were granted.
CREATE INDEX access_grant_plan ON sen.access_grant (account_id, valid_from)
	INCLUDE (role_id, unit_id, valid_to, suspended_at, post_id, handover_days, origin) WHERE revoked_at IS NULL;
