-- What the accounts of bulk_accounts.sql have left behind, set-wise: psql variables sessions (live ones, of today), families (of
-- the last :days days), client.
--
-- In the order of the tables' keys, so that indexes grow at their ends.
SET client_min_messages = warning;

CREATE TEMPORARY TABLE bulk AS SELECT id, epoch FROM sen.account WHERE login LIKE 'bulk.%' ORDER BY id;

INSERT INTO sen.session (account_id, issued_on, id, handle_hash, epoch, idle_s, expires_at, ip)
SELECT b.id, (now() AT TIME ZONE 'UTC')::date, gen_random_uuid(), sha256(uuid_send(gen_random_uuid())), b.epoch, 43200,
	now() + interval '12 h', '127.0.0.1'
FROM (SELECT * FROM bulk ORDER BY id) b CROSS JOIN generate_series(1, :sessions / (SELECT count(*)::integer FROM bulk));

-- A partition after the other; their sessions are over: sessions live shorter than families are kept.
SELECT set_config('bench.days', :'days', false), set_config('bench.families', :'families', false), set_config('bench.client', :'client', false) \g /dev/null
DO $$
DECLARE
	days integer := current_setting('bench.days');
	per_day numeric := current_setting('bench.families')::numeric / days / (SELECT count(*) FROM bulk);
	today date := (now() AT TIME ZONE 'UTC')::date;
	month date := date_trunc('month', today - days)::date;
BEGIN
	WHILE month <= today LOOP
		INSERT INTO sen.token_family (account_id, issued_on, id, client_id, session_id, session_on, scope, auth_time, epoch, expires_at)
		SELECT b.id, today - k.n, gen_random_uuid(), current_setting('bench.client'), gen_random_uuid(), today - k.n, 'openid profile unit roles',
			now() - k.n * interval '1 day', b.epoch, now() + interval '12 h' - k.n * interval '1 day'
		FROM (SELECT * FROM bulk ORDER BY id) b
		CROSS JOIN LATERAL (
			SELECT floor(i / per_day)::integer AS n FROM generate_series(0, ceil(per_day * days)::integer - 1) i) k
		WHERE k.n < days AND today - k.n >= month AND today - k.n < month + interval '1 month';
		month := (month + interval '1 month')::date;
	END LOOP;
END
$$;
DROP TABLE bulk;
ANALYZE sen.session, sen.token_family;
