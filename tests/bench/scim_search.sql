-- Searches of one source with 60,000 users: psql -Xq -f tests/bench/scim_search.sql DATABASE, as the owner of a database that has the
-- migrations and nothing else, and is dropped afterwards.  Prints each search, what it found, and how long it took.
\set ON_ERROR_STOP on
SET search_path = sen, public;
SET session_replication_role = replica;
INSERT INTO unit (code, name, name_fold, kind, path, valid_from, verified) VALUES ('U', 'U', 'u', 'province', '1.', '2020-01-01', true);
CREATE TEMP TABLE n AS SELECT i, gen_random_uuid() AS id, (CASE WHEN i % 100 < 38 THEN 'Nguyễn' WHEN i % 100 < 50 THEN 'Trần' WHEN i % 100 < 60 THEN 'Lê'
	WHEN i % 100 < 67 THEN 'Phạm' WHEN i % 100 < 95 THEN (ARRAY['Hoàng', 'Phan', 'Vũ', 'Đặng', 'Bùi', 'Đỗ', 'Hồ'])[1 + i % 7] ELSE 'Họ' || i END) AS ho,
	(ARRAY['Văn', 'Thị', 'Đức', 'Hữu'])[1 + i % 4] AS dem, (ARRAY['Ánh', 'Bình', 'Chi', 'Dũng', 'Hạnh', 'Hải', 'Khánh', 'Lan', 'Minh', 'Nga'])[1 + i / 7 % 10] AS ten
	FROM generate_series(1, 60000) i;
INSERT INTO person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)
	SELECT id, 'B.' || i, 'cong_chuc', ho, dem, ten, concat_ws(' ', ho, dem, ten), lower(concat_ws(' ', ho, dem, ten)) FROM n;
INSERT INTO feed (id, code, name, account_id, unit_id, authority, basis, token_hash, token_until, created_by)
	SELECT '00000000-0000-4000-8000-000000000001', 'bench', 'Bench', gen_random_uuid(), id, '{names}', '1', '\x01', now() + '1 year', gen_random_uuid() FROM unit;
INSERT INTO feed_user (feed_id, person_id, user_name, user_fold, external_id, active, attrs, search)
	SELECT '00000000-0000-4000-8000-000000000001', id, 'User' || i, 'user' || i || '@nghean.example', 'x' || i, true, a, a FROM n, LATERAL (SELECT jsonb_build_object(
	'displayName', lower(concat_ws(' ', ho, dem, ten)), 'nickName', 'n' || i, 'title', 'chuyên viên', 'preferredLanguage', 'vi', 'locale', 'vi-vn',
	'emails', jsonb_build_array(jsonb_build_object('value', 'user' || i || '@nghean.example', 'type', 'work', 'primary', true),
		jsonb_build_object('value', 'u' || i || '@home.example', 'type', 'home')),
	'phoneNumbers', jsonb_build_array(jsonb_build_object('value', '09' || (10000000 + i), 'type', 'mobile')),
	'addresses', jsonb_build_array(jsonb_build_object('type', 'work', 'locality', 'vinh', 'country', 'vn', 'streetAddress', 'số ' || i || ' đường lê lợi')),
	'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', jsonb_build_object('costCenter', 'cc' || i % 50, 'division', 'phòng ' || i % 300)) AS a) x;
VACUUM FULL feed_user;
VACUUM ANALYZE;

CREATE TEMP TABLE search AS SELECT * FROM (VALUES
	(1, 'userName co, one', '{"o":"co","n":"userName","p":["userName"],"t":"text","v":0}'::jsonb, '59123@'),
	(2, 'userName co, all', '{"o":"co","n":"userName","p":["userName"],"t":"text","v":0}', 'nghean'),
	(3, 'displayName co, none', '{"o":"co","n":"displayName","p":["displayName"],"t":"text","v":0}', 'zzz'),
	(4, 'displayName co, 38 %', '{"o":"co","n":"displayName","p":["displayName"],"t":"text","v":0}', 'nguyễn'),
	(5, 'displayName eq', '{"o":"eq","n":"displayName","p":["displayName"],"t":"text","v":0}', 'nguyễn văn ánh'),
	(6, 'name.familyName eq, 38 %', '{"o":"eq","n":"name.familyName","p":["name","familyName"],"t":"text","v":0}', 'nguyễn'),
	(7, 'name.familyName eq, one', '{"o":"eq","n":"name.familyName","p":["name","familyName"],"t":"text","v":0}', 'họ59999'),
	(8, 'name.familyName co, few', '{"o":"co","n":"name.familyName","p":["name","familyName"],"t":"text","v":0}', 'họ599'),
	(9, 'name.familyName sw', '{"o":"sw","n":"name.familyName","p":["name","familyName"],"t":"text","v":0}', 'ph'),
	(10, 'emails.value co, one', '{"o":"any","n":"emails","a":[{"o":"co","n":"emails.value","p":["emails","value"],"t":"text","v":0}]}', '59123@home'),
	(11, 'emails.value co, all', '{"o":"any","n":"emails","a":[{"o":"co","n":"emails.value","p":["emails","value"],"t":"text","v":0}]}', 'home.example'),
	(12, 'costCenter eq', '{"o":"eq","n":"costCenter","p":["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","costCenter"],"t":"text","v":0}', 'cc7'),
	(13, 'title pr', '{"o":"pr","n":"title","p":["title"],"t":"text"}', '')) v (n, name, tree, value);
-- Five times each; the middle counts.
DO $$
DECLARE
	s record;
	found bigint;
	began timestamptz;
	took double precision[];
BEGIN
	FOR s IN SELECT * FROM search ORDER BY n LOOP
		took := '{}';
		FOR i IN 1..5 LOOP
			began := clock_timestamp();
			SELECT max(total) INTO found FROM sen.scim_search('User', '00000000-0000-4000-8000-000000000001', s.tree, ARRAY[s.value], NULL, false, NULL, NULL, 0, 100);
			took := took || extract(epoch FROM clock_timestamp() - began) * 1000;
		END LOOP;
		RAISE NOTICE '% finds % in % ms', rpad(s.name, 26), found, round((SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t) FROM unnest(took) t)::numeric, 1);
	END LOOP;
END
$$;
