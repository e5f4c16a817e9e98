-- What a sign-in costs the database (docs/performance.md): the same rules, by smaller plans.

-- Nothing ever looked for attempts by their age, and with an index on what each attempt changes each was a new row in all of them.
DROP INDEX sen.sign_in_throttle_age;

-- For who meets a stale card (0022).  Its plan is kept, unlike that of an SQL function that cannot be put into its caller.
CREATE OR REPLACE FUNCTION sen.account_has_access(a uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN EXISTS (SELECT FROM sen.live_grant g WHERE g.account_id = a) OR EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = a);
END
$$;

-- The same text as ever, but an expression: no statement to be planned and run for each record.  Stable, as what it calls: what is not
-- is not put into the caller.
CREATE OR REPLACE FUNCTION sen.audit_text(r sen.audit) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT concat(octet_length(r.chain::text), ':', r.chain, ',', octet_length(r.seq::text), ':', r.seq, ',',
		octet_length((extract(epoch FROM r.at) * 1000000)::bigint::text), ':', (extract(epoch FROM r.at) * 1000000)::bigint, ',',
		octet_length(r.actor), ':', r.actor, ',', octet_length(r.action), ':', r.action, ',',
		octet_length(coalesce(r.account_id::text, '')), ':', r.account_id, ',', octet_length(r.object), ':', r.object, ',',
		octet_length(r.request_id), ':', r.request_id, ',', octet_length(r.data::text), ':', r.data)
$$;

-- The head is locked, read and moved by one statement instead of two.
CREATE OR REPLACE FUNCTION sen.audit_link() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	NEW.chain := coalesce(nullif(current_setting('sen.audit_chain', true), ''), '0')::smallint;
	LOOP
		UPDATE sen.audit_head h SET seq = h.seq + 1, hash = sha256(h.hash || convert_to(sen.audit_text((
			NEW.at, NEW.chain, h.seq + 1, NEW.actor, NEW.action, NEW.account_id, NEW.object, NEW.request_id, NEW.data, NULL)::sen.audit), 'UTF8'))
		WHERE h.chain = NEW.chain RETURNING h.seq, h.hash INTO NEW.seq, NEW.hash;
		EXIT WHEN FOUND;
		INSERT INTO sen.audit_head (chain, seq, hash) VALUES (NEW.chain, 0, '\x') ON CONFLICT DO NOTHING;
	END LOOP;
	RETURN NEW;
END
$$;
