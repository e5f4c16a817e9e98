-- Accounts of a province beside the bench officials, each with a role on the platform of :client: psql variables accounts,
-- client.  They have no entry in the directory.
SET client_min_messages = warning;

INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)
SELECT gen_random_uuid(), 'BULK.' || n, 'cong_chuc', 'Nguyễn', 'Văn', 'An', 'Nguyễn Văn An', 'nguyen van an'
FROM generate_series(1, :accounts) n;

INSERT INTO sen.account (id, person_id, login, status, activated_at)
SELECT gen_random_uuid(), id, 'bulk.' || substring(employee_code FROM 6), 'active', now() FROM sen.person WHERE employee_code LIKE 'BULK.%';

INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)
SELECT a.id, gen_random_uuid(), r.id, u.id, 'bench', now(), g.id FROM sen.account a
CROSS JOIN (SELECT min(o.id) AS id FROM sen.role o JOIN sen.oauth_client k ON k.platform_id = o.platform_id WHERE k.id = :'client') r
CROSS JOIN (SELECT min(id) AS id FROM sen.unit) u
CROSS JOIN (SELECT id FROM sen.account WHERE login NOT LIKE 'b%' LIMIT 1) g WHERE a.login LIKE 'bulk.%';
ANALYZE sen.person, sen.account, sen.access_grant;
