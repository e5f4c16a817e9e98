-- Rows that change soon after they came find room on their own page, and their indexes have nothing to learn: a code is redeemed seconds after
-- it was issued, a session is touched each minute, a family turns with each refresh.
ALTER TABLE sen.partition_plan ADD COLUMN fillfactor smallint NOT NULL DEFAULT 100 CHECK (fillfactor BETWEEN 10 AND 100);
UPDATE sen.partition_plan SET fillfactor = 50 WHERE parent = 'auth_code';
UPDATE sen.partition_plan SET fillfactor = 80 WHERE parent IN ('session', 'token_family');

DO $$
DECLARE
	child record;
BEGIN
	FOR child IN SELECT p.name, l.fillfactor FROM sen.partition p JOIN sen.partition_plan l ON l.parent = p.parent WHERE l.fillfactor < 100 LOOP
		EXECUTE format('ALTER TABLE sen.%I SET (fillfactor = %s)', child.name, child.fillfactor);
	END LOOP;
END
$$;
-- A card is marked and renewed in its place.
ALTER TABLE sen.account_card SET (fillfactor = 80);
ALTER TABLE sen.person_card SET (fillfactor = 80);

CREATE OR REPLACE FUNCTION sen.partitions_maintain() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	plan sen.partition_plan;
	unit text;
	step interval;
	from_day date;
	to_day date;
	child text;
	changed integer := 0;
BEGIN
	PERFORM pg_advisory_xact_lock(7301985);
	FOR plan IN SELECT * FROM sen.partition_plan LOOP
		unit := CASE WHEN plan.by_month THEN 'month' WHEN plan.by_week THEN 'week' ELSE 'day' END;
		step := ('1 ' || unit)::interval;
		-- At first one step back too, for rows of a transaction that began before midnight.
		SELECT coalesce(max(p.ends_on), (date_trunc(unit, now() AT TIME ZONE 'UTC') - step)::date) INTO from_day
		FROM sen.partition p WHERE p.parent = plan.parent;
		WHILE from_day <= (now() AT TIME ZONE 'UTC')::date + plan.ahead_days LOOP
			to_day := (date_trunc(unit, from_day::timestamp) + step)::date;
			child := plan.parent || to_char(from_day, CASE WHEN plan.by_month THEN '_YYYYMM' ELSE '_YYYYMMDD' END);
			EXECUTE format('CREATE TABLE sen.%I PARTITION OF sen.%I FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = %s)',
				child, plan.parent, from_day, to_day, plan.fillfactor);
			changed := changed + 1;
			from_day := to_day;
		END LOOP;
		FOR child IN
			SELECT p.name FROM sen.partition p WHERE p.parent = plan.parent
			AND p.ends_on < (now() AT TIME ZONE 'UTC') - plan.keep_days * interval '1 day'
			ORDER BY 1
		LOOP
			-- What goes with a partition of the audit is written down first (0023).
			IF plan.parent = 'audit' THEN
				EXECUTE format('INSERT INTO sen.audit_dropped (chain, seq, hash, partition)'
					' SELECT DISTINCT ON (chain) chain, seq, hash, %L FROM sen.%I ORDER BY chain, seq DESC', child, child);
			END IF;
			EXECUTE format('DROP TABLE sen.%I', child);
			changed := changed + 1;
		END LOOP;
	END LOOP;
	RETURN changed;
END
$$;
