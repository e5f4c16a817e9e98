-- Cards (0022, 0030; decision 0011).  Where more than half of very many become stale, all do by their number, as after a change of the catalogue:
-- one row is written instead of 75,000, and who has nothing to do with it pays for one renewal more.  Somebody who is changing the number is not
-- waited for, who may be waiting for us: then each card is marked.
CREATE FUNCTION sen.cards_stale_at_once(accounts bigint) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	IF (SELECT count(*) FROM (SELECT FROM sen.account_card LIMIT 2 * accounts) c) = 2 * accounts THEN
		RETURN false;
	END IF;
	PERFORM FROM sen.cache_version WHERE name = 'catalogue' FOR NO KEY UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	UPDATE sen.cache_version SET version = version + 1 WHERE name = 'catalogue';
	RETURN true;
END
$$;
REVOKE ALL ON FUNCTION sen.cards_stale_at_once(bigint) FROM PUBLIC;
CREATE OR REPLACE FUNCTION sen.card_stale_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	IF (SELECT count(*) FROM changed) >= 5000 AND sen.cards_stale_at_once((SELECT count(DISTINCT account_id) FROM changed)) THEN
		RETURN NULL;
	END IF;
	PERFORM FROM sen.account_card WHERE account_id IN (SELECT account_id FROM changed) ORDER BY account_id FOR UPDATE;
	UPDATE sen.account_card SET fresh_until = '-infinity' WHERE account_id IN (SELECT account_id FROM changed) AND fresh_until <> '-infinity';
	RETURN NULL;
END
$$;
