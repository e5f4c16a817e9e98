-- Audit: append-only and hash-chained.
--
-- Programs may only insert.  The trigger, which runs with the owner's rights, gives each
-- record its number and links it to the one before.  Order within a chain needs a lock on the chain's
-- head until commit; therefore each connection kind of each node writes a chain of its own
-- (setting sen.audit_chain).

CREATE TABLE sen.audit_head (
	chain  smallint PRIMARY KEY,
	seq    bigint NOT NULL,
	hash   bytea NOT NULL
);

CREATE TABLE sen.audit (
	at          timestamptz NOT NULL DEFAULT now(),
	chain       smallint NOT NULL,
	seq         bigint NOT NULL,
	actor       text NOT NULL,     -- "account:<uuid>", "operator:<login>", "system"
	action      text NOT NULL,     -- "grant.add", "sign_in.ok", …
	account_id  uuid,              -- whom it concerns
	object      text NOT NULL,
	request_id  text NOT NULL,
	data        jsonb NOT NULL DEFAULT '{}',
	hash        bytea NOT NULL,
	PRIMARY KEY (at, chain, seq)
) PARTITION BY RANGE (at);
CREATE INDEX audit_account ON sen.audit (account_id, at);
CREATE INDEX audit_chain ON sen.audit (chain, seq);

-- What is hashed: each field preceded by its length in bytes, so that no two records read alike.
CREATE FUNCTION sen.audit_text(r sen.audit) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT string_agg(octet_length(f) || ':' || f, ',' ORDER BY n)
	FROM unnest(ARRAY[
		r.chain::text, r.seq::text, (extract(epoch FROM r.at) * 1000000)::bigint::text, r.actor, r.action,
		coalesce(r.account_id::text, ''), r.object, r.request_id, r.data::text]) WITH ORDINALITY AS t (f, n)
$$;

CREATE FUNCTION sen.audit_link() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	head sen.audit_head;
BEGIN
	NEW.chain := coalesce(nullif(current_setting('sen.audit_chain', true), ''), '0')::smallint;
	SELECT * INTO head FROM sen.audit_head WHERE chain = NEW.chain FOR UPDATE;
	IF NOT FOUND THEN
		INSERT INTO sen.audit_head (chain, seq, hash) VALUES (NEW.chain, 0, '\x') ON CONFLICT DO NOTHING;
		SELECT * INTO STRICT head FROM sen.audit_head WHERE chain = NEW.chain FOR UPDATE;
	END IF;
	NEW.seq := head.seq + 1;
	NEW.hash := sha256(head.hash || convert_to(sen.audit_text(NEW), 'UTF8'));
	UPDATE sen.audit_head SET seq = NEW.seq, hash = NEW.hash WHERE chain = NEW.chain;
	RETURN NEW;
END
$$;
CREATE TRIGGER audit_link BEFORE INSERT ON sen.audit FOR EACH ROW EXECUTE FUNCTION sen.audit_link();

CREATE FUNCTION sen.audit_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	RAISE EXCEPTION 'audit records are append-only';
END
$$;
CREATE TRIGGER audit_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON sen.audit
	FOR EACH STATEMENT EXECUTE FUNCTION sen.audit_refuse();

GRANT INSERT, SELECT ON sen.audit TO sen_server, sen_provisioner;

-- Time partitions are created ahead and dropped whole, never deleted from.
CREATE TABLE sen.partition_plan (
	parent      text PRIMARY KEY,
	by_month    boolean NOT NULL,  -- else by day
	keep_days   integer NOT NULL,
	ahead_days  integer NOT NULL
);
INSERT INTO sen.partition_plan VALUES ('audit', true, 800, 70);

CREATE FUNCTION sen.partitions_maintain() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	plan sen.partition_plan;
	step interval;
	from_day date;
	child text;
	changed integer := 0;
BEGIN
	PERFORM pg_advisory_xact_lock(7301985);
	FOR plan IN SELECT * FROM sen.partition_plan LOOP
		step := CASE WHEN plan.by_month THEN interval '1 month' ELSE interval '1 day' END;
		-- One step back too, for rows of a transaction that began before midnight.
		from_day := (date_trunc(CASE WHEN plan.by_month THEN 'month' ELSE 'day' END, now() AT TIME ZONE 'UTC') - step)::date;
		WHILE from_day <= (now() AT TIME ZONE 'UTC')::date + plan.ahead_days LOOP
			child := plan.parent || to_char(from_day, CASE WHEN plan.by_month THEN '_YYYYMM' ELSE '_YYYYMMDD' END);
			IF to_regclass('sen.' || child) IS NULL THEN
				EXECUTE format('CREATE TABLE sen.%I PARTITION OF sen.%I FOR VALUES FROM (%L) TO (%L)',
					child, plan.parent, from_day, (from_day + step)::date);
				changed := changed + 1;
			END IF;
			from_day := (from_day + step)::date;
		END LOOP;
		FOR child IN
			SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
			WHERE i.inhparent = ('sen.' || plan.parent)::regclass
			-- Asked of every relation before it is asked whose partition it is: others end in digits as well.
			AND CASE WHEN c.relname ~ ('^' || plan.parent || '_\d{6,8}$')
				THEN to_date(substring(c.relname FROM '_(\d{6,8})$'), CASE WHEN plan.by_month THEN 'YYYYMM' ELSE 'YYYYMMDD' END)
					+ step < (now() AT TIME ZONE 'UTC') - plan.keep_days * interval '1 day'
				ELSE false END
		LOOP
			EXECUTE format('DROP TABLE sen.%I', child);
			changed := changed + 1;
		END LOOP;
	END LOOP;
	RETURN changed;
END
$$;
REVOKE ALL ON FUNCTION sen.partitions_maintain() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.partitions_maintain() TO sen_provisioner, sen_server;
SELECT sen.partitions_maintain();
