-- Platforms B01 … and accounts with a role on each of them: psql variables accounts, platforms.  Persons stand in all units of the seed.
SET client_min_messages = warning;
SET search_path = sen, public;
SET synchronous_commit = off;
-- No triggers: what they would do for each row is done once at the end.  Grants in the order of accounts, so that indexes grow at
-- their ends: with 18 million of them in any order, each row writes pages of its own.
SET session_replication_role = replica;

INSERT INTO platform (code, name, name_fold, kind, state, verified)
SELECT 'B' || lpad(n::text, 2, '0'), 'Nền tảng đo ' || n, 'nen tang do ' || n, 'provincial', 'operating', false FROM generate_series(1, :platforms) n;
INSERT INTO role (platform_id, code, name, sensitivity, verified)
SELECT id, 'CHUYENVIEN', 'Chuyên viên', 'normal', false FROM platform WHERE code ~ '^B[0-9]{2}$';

INSERT INTO person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)
SELECT gen_random_uuid(), 'BP' || i, 'cong_chuc', 'Nguyễn', 'Thị Hồng', 'Hạnh', 'Nguyễn Thị Hồng Hạnh', 'nguyen thi hong hanh' FROM generate_series(1, :accounts) i;
CREATE TEMPORARY TABLE place AS SELECT id, row_number() OVER (ORDER BY code) - 1 AS n FROM unit WHERE kind IN ('commune', 'ward', 'department') AND valid_to IS NULL;
INSERT INTO post (person_id, id, unit_id, title, kind, valid, decision_no)
SELECT p.id, gen_random_uuid(), u.id, 'Chuyên viên', 'main', daterange('2025-07-01', NULL), '1/QĐ-UBND'
FROM (SELECT id, substring(employee_code FROM 3)::integer AS i FROM person WHERE employee_code ~ '^BP') p
JOIN place u ON u.n = p.i % (SELECT count(*) FROM place);
INSERT INTO account (id, person_id, login, status, activated_at)
SELECT gen_random_uuid(), id, 'b' || substring(employee_code FROM 3), 'active', now() FROM person WHERE employee_code ~ '^BP';
INSERT INTO access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)
SELECT a.id, gen_random_uuid(), r.id, o.unit_id, 'Quyết định số 15/QĐ-UBND', now(), g.id
FROM account a JOIN person p ON p.id = a.person_id AND p.employee_code ~ '^BP' JOIN post o ON o.person_id = p.id
CROSS JOIN (SELECT r.id FROM role r JOIN platform l ON l.id = r.platform_id AND l.code ~ '^B[0-9]{2}$') r
CROSS JOIN (SELECT id FROM account WHERE login !~ '^b[0-9]' ORDER BY created_at LIMIT 1) g
ORDER BY 1;
SET session_replication_role = origin;
SELECT sen.wake(ARRAY(SELECT id FROM account), 3::smallint);
VACUUM ANALYZE;
