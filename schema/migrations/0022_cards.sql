-- What tokens say and depend on, ready to be read: a card per person and one per account.  See
-- docs/decisions/0011-cards.md.
--
-- A card is a copy that knows when it is none any more.  It holds while fresh_until is ahead (a grant or a post
-- begins or ends by itself) and catalogue is the number in sen.cache_version; whatever changes what it was made
-- of takes its freshness away in the same transaction.  Who reads one that is not fresh reads the facts instead,
-- and then asks for a new one.  Status and epoch are never stale: they are written with the account.

INSERT INTO sen.cache_version VALUES ('catalogue', 1);

CREATE TABLE sen.person_card (
	person_id    uuid PRIMARY KEY REFERENCES sen.person ON DELETE CASCADE,
	fresh_until  timestamptz NOT NULL DEFAULT '-infinity',
	catalogue    bigint NOT NULL DEFAULT 0,
	full_name    text NOT NULL DEFAULT '',
	ho           text NOT NULL DEFAULT '',
	dem          text NOT NULL DEFAULT '',
	ten          text NOT NULL DEFAULT '',
	unit         jsonb                           -- unit_code, unit_name, posts
) WITH (fillfactor = 70);

CREATE TABLE sen.account_card (
	account_id   uuid PRIMARY KEY REFERENCES sen.account ON DELETE CASCADE,
	person_id    uuid NOT NULL,
	login        text NOT NULL,
	status       text NOT NULL,
	epoch        bigint NOT NULL,
	fresh_until  timestamptz NOT NULL DEFAULT '-infinity',
	catalogue    bigint NOT NULL DEFAULT 0,
	access       jsonb NOT NULL DEFAULT '{}',    -- codes of the roles held now, by platform
	administers  boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);

-- A card is there as soon as what it is about is: nothing can be missed by who has no row to mark yet.
CREATE FUNCTION sen.card_new() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF TG_TABLE_NAME = 'person' THEN
		INSERT INTO sen.person_card (person_id) VALUES (NEW.id);
	ELSE
		INSERT INTO sen.account_card (account_id, person_id, login, status, epoch)
		VALUES (NEW.id, NEW.person_id, NEW.login, NEW.status, NEW.epoch);
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER card_new AFTER INSERT ON sen.person FOR EACH ROW EXECUTE FUNCTION sen.card_new();
CREATE TRIGGER card_new AFTER INSERT ON sen.account FOR EACH ROW EXECUTE FUNCTION sen.card_new();
INSERT INTO sen.person_card (person_id) SELECT id FROM sen.person;
INSERT INTO sen.account_card (account_id, person_id, login, status, epoch) SELECT id, person_id, login, status, epoch FROM sen.account;

CREATE FUNCTION sen.card_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sen.account_card SET person_id = NEW.person_id, login = NEW.login, status = NEW.status, epoch = NEW.epoch
	WHERE account_id = NEW.id;
	RETURN NULL;
END
$$;
CREATE TRIGGER card_follow AFTER UPDATE OF person_id, login, status, epoch ON sen.account FOR EACH ROW EXECUTE FUNCTION sen.card_follow();

-- Also a card that is stale already is written to: somebody may be renewing it from what was before.  In one
-- order, so that two who mark the same ones do not wait for each other.
CREATE FUNCTION sen.card_stale_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM FROM sen.account_card WHERE account_id IN (SELECT account_id FROM changed) ORDER BY account_id FOR UPDATE;
	UPDATE sen.account_card SET fresh_until = '-infinity' WHERE account_id IN (SELECT account_id FROM changed);
	RETURN NULL;
END
$$;
CREATE FUNCTION sen.card_stale_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	PERFORM FROM sen.person_card WHERE person_id IN (SELECT (to_jsonb(c) ->> TG_ARGV[0])::uuid FROM changed c) ORDER BY person_id FOR UPDATE;
	UPDATE sen.person_card SET fresh_until = '-infinity'
	WHERE person_id IN (SELECT (to_jsonb(c) ->> TG_ARGV[0])::uuid FROM changed c);
	RETURN NULL;
END
$$;
CREATE TRIGGER card_add AFTER INSERT ON sen.access_grant REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_change AFTER UPDATE ON sen.access_grant REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_end AFTER DELETE ON sen.access_grant REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_add AFTER INSERT ON sen.admin_scope REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_change AFTER UPDATE ON sen.admin_scope REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_end AFTER DELETE ON sen.admin_scope REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_account();
CREATE TRIGGER card_add AFTER INSERT ON sen.post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_person('person_id');
CREATE TRIGGER card_change AFTER UPDATE ON sen.post REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_person('person_id');
CREATE TRIGGER card_end AFTER DELETE ON sen.post REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_person('person_id');
CREATE TRIGGER card_change AFTER UPDATE ON sen.person REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sen.card_stale_person('id');

-- Names of units, roles and states of platforms stand in many cards: all of them become stale at once, also those
-- that are being made at this moment by somebody who does not see the change.
CREATE FUNCTION sen.card_stale_all() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	UPDATE sen.cache_version SET version = version + 1 WHERE name = 'catalogue';
	RETURN NULL;
END
$$;
CREATE TRIGGER card_change AFTER UPDATE OF code, name ON sen.unit FOR EACH ROW
	WHEN ((OLD.code, OLD.name) IS DISTINCT FROM (NEW.code, NEW.name)) EXECUTE FUNCTION sen.card_stale_all();
CREATE TRIGGER card_change AFTER UPDATE OF code, platform_id ON sen.role FOR EACH ROW
	WHEN ((OLD.code, OLD.platform_id) IS DISTINCT FROM (NEW.code, NEW.platform_id)) EXECUTE FUNCTION sen.card_stale_all();
CREATE TRIGGER card_change AFTER UPDATE OF state ON sen.platform FOR EACH ROW
	WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sen.card_stale_all();

-- The facts themselves, for statements that met a stale card.  Their plans are kept, unlike those of SQL functions.
CREATE FUNCTION sen.account_holds(account uuid, platform smallint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN EXISTS (SELECT FROM sen.live_grant g WHERE g.account_id = account AND g.platform_id = platform);
END
$$;
CREATE FUNCTION sen.account_administers(account uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = account);
END
$$;

-- Posts of today with their units, as the claims unit_code, unit_name (of the main post) and posts.
CREATE FUNCTION sen.person_unit(person uuid) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
	today date := (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
BEGIN
	RETURN (SELECT jsonb_build_object(
		'unit_code', max(u.code) FILTER (WHERE po.kind = 'main'), 'unit_name', max(u.name) FILTER (WHERE po.kind = 'main'),
		'posts', coalesce(jsonb_agg(jsonb_build_object('unit_code', u.code, 'unit_name', u.name, 'title', po.title, 'kind', po.kind)
			ORDER BY po.kind DESC, u.code, po.title), '[]'))
		FROM sen.post po JOIN sen.unit u ON u.id = po.unit_id WHERE po.person_id = person AND po.valid @> today);
END
$$;

-- When what an account holds next changes by itself.
CREATE FUNCTION sen.account_next_change(account uuid) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT coalesce(min(t), 'infinity') FROM (
		SELECT unnest(ARRAY[valid_from, valid_to]) AS t FROM sen.access_grant WHERE account_id = account AND revoked_at IS NULL
		UNION ALL
		SELECT unnest(ARRAY[valid_from, valid_to]) FROM sen.admin_scope WHERE account_id = account AND revoked_at IS NULL
	) x WHERE t > now());
END
$$;
-- Posts begin and end at midnight in Việt Nam.
CREATE FUNCTION sen.person_next_change(person uuid, today date) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT coalesce(min(d)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh', 'infinity')
		FROM (SELECT unnest(ARRAY[lower(valid), upper(valid)]) AS d FROM sen.post WHERE person_id = person) x WHERE d > today);
END
$$;

-- Each statement after a lock has a snapshot of its own: what was committed before the lock was had is seen, and
-- what is committed later marks the card after us.  Who finds a card locked leaves it: it will be asked for again.
CREATE FUNCTION sen.cards_renew(account uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
	SET plan_cache_mode = force_generic_plan AS $$
DECLARE
	person uuid;
	today date := sen.today();
BEGIN
	SELECT c.person_id INTO person FROM sen.account_card c WHERE c.account_id = account;
	PERFORM FROM sen.account_card c WHERE c.account_id = account
	AND (c.fresh_until <= now() OR c.catalogue <> (SELECT version FROM sen.cache_version WHERE name = 'catalogue')) FOR UPDATE SKIP LOCKED;
	IF FOUND THEN
		UPDATE sen.account_card c SET
			fresh_until = sen.account_next_change(account),
			catalogue = (SELECT version FROM sen.cache_version WHERE name = 'catalogue'),
			administers = EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = account),
			access = coalesce((SELECT jsonb_object_agg(x.platform_id, x.codes) FROM (
				SELECT g.platform_id, jsonb_agg(DISTINCT g.role_code) AS codes FROM sen.live_grant g WHERE g.account_id = account GROUP BY 1) x), '{}')
		WHERE c.account_id = account;
	END IF;
	PERFORM FROM sen.person_card c WHERE c.person_id = person
	AND (c.fresh_until <= now() OR c.catalogue <> (SELECT version FROM sen.cache_version WHERE name = 'catalogue')) FOR UPDATE SKIP LOCKED;
	IF FOUND THEN
		UPDATE sen.person_card c SET
			fresh_until = sen.person_next_change(person, today),
			catalogue = (SELECT version FROM sen.cache_version WHERE name = 'catalogue'),
			(full_name, ho, dem, ten) = (SELECT p.full_name, p.ho, p.dem, p.ten FROM sen.person p WHERE p.id = person),
			unit = sen.person_unit(person)
		WHERE c.person_id = person;
	END IF;
END
$$;
REVOKE ALL ON FUNCTION sen.cards_renew(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.cards_renew(uuid) TO sen_server;
GRANT SELECT ON sen.person_card, sen.account_card TO sen_server;

-- Partitions also by week: a statement pays for each partition that its plan names, and codes and sessions had a dozen.
-- The next one begins where the last ends, so that a plan may change its step.
ALTER TABLE sen.partition_plan ADD COLUMN by_week boolean NOT NULL DEFAULT false, ADD CHECK (NOT (by_week AND by_month));
UPDATE sen.partition_plan SET by_week = true WHERE parent IN ('session', 'auth_code');

-- Where it ends, in UTC: as its bound says where that is a date; where it is a moment, shown in the reader's time zone, by the name.
CREATE VIEW sen.partition AS
	SELECT p.parent, c.relname AS name, coalesce(
		(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d{4}-\d\d-\d\d)''\)'))::date,
		(to_date(substring(c.relname FROM '_(\d{6,8})$'), CASE WHEN p.by_month THEN 'YYYYMM' ELSE 'YYYYMMDD' END)
			+ CASE WHEN p.by_month THEN interval '1 month' ELSE interval '1 day' END)::date) AS ends_on
	FROM sen.partition_plan p JOIN pg_inherits i ON i.inhparent = to_regclass('sen.' || p.parent) JOIN pg_class c ON c.oid = i.inhrelid;

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
			EXECUTE format('CREATE TABLE sen.%I PARTITION OF sen.%I FOR VALUES FROM (%L) TO (%L)', child, plan.parent, from_day, to_day);
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

-- Empty days that come after the last one with rows make room for weeks.
DO $$
DECLARE
	child record;
	has_rows boolean;
	parent_done text[] := '{}';
BEGIN
	FOR child IN SELECT p.parent, p.name FROM sen.partition p WHERE p.parent IN ('session', 'auth_code') ORDER BY p.ends_on DESC LOOP
		CONTINUE WHEN child.parent = ANY (parent_done);
		EXECUTE format('SELECT EXISTS (SELECT FROM sen.%I)', child.name) INTO has_rows;
		IF has_rows THEN
			parent_done := parent_done || child.parent;
		ELSE
			EXECUTE format('DROP TABLE sen.%I', child.name);
		END IF;
	END LOOP;
END
$$;
SELECT sen.partitions_maintain();
