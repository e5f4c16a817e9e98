-- The country: 34 provinces, 3,321 communes, and persons in them; psql variable persons.  What a province has stays.
SET client_min_messages = warning;
SET search_path = sen, public;
SET synchronous_commit = off;

INSERT INTO unit (code, name, name_fold, kind, parent_id, valid_from, verified)
SELECT 'T' || n, 'Tỉnh ' || n, 'tinh ' || n, 'province', NULL, '2025-07-01', false FROM generate_series(1, 33) n ON CONFLICT DO NOTHING;
INSERT INTO unit (code, name, name_fold, kind, parent_id, valid_from, verified)
SELECT 'X' || n, 'Xã ' || n, 'xa ' || n, 'commune', p.id, '2025-07-01', false
FROM generate_series(1, (SELECT 3321 - count(*)::integer FROM unit WHERE kind IN ('commune', 'ward') AND valid_to IS NULL)) n
JOIN unit p ON p.code = 'T' || 1 + n % 33 ON CONFLICT DO NOTHING;
SELECT unit_repath() \g /dev/null

ALTER TABLE post DROP CONSTRAINT post_person_id_valid_excl, DROP CONSTRAINT post_person_id_unit_id_title_valid_excl;
DROP INDEX person_name_fold;

-- The names of those who are there, each as often.
CREATE TEMPORARY TABLE sample AS SELECT ho, dem, ten, full_name, name_fold, row_number() OVER () - 1 AS n FROM person WHERE employee_code ~ '^BP';
CREATE UNIQUE INDEX ON sample (n);
ANALYZE sample;
INSERT INTO person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)
SELECT gen_random_uuid(), 'BC' || i, 'cong_chuc', s.ho, s.dem, s.ten, s.full_name, s.name_fold
FROM generate_series(1, :persons - (SELECT count(*)::integer FROM person)) i JOIN sample s ON s.n = i % (SELECT count(*) FROM sample);

CREATE TEMPORARY TABLE place AS SELECT id, row_number() OVER (ORDER BY code) - 1 AS n FROM unit WHERE kind IN ('commune', 'ward') AND valid_to IS NULL;
INSERT INTO post (person_id, id, unit_id, title, kind, valid, decision_no)
SELECT p.id, gen_random_uuid(), u.id, 'Chuyên viên', 'main', daterange('2025-07-01', NULL), '1/QĐ-UBND'
FROM (SELECT id, substring(employee_code FROM 3)::integer AS i FROM person WHERE employee_code ~ '^BC') p
JOIN place u ON u.n = i % (SELECT count(*) FROM place);
INSERT INTO account (id, person_id, login, status, activated_at)
SELECT gen_random_uuid(), id, 'c' || substring(employee_code FROM 3), 'active', now() FROM person WHERE employee_code ~ '^BC';

ALTER TABLE post ADD EXCLUDE USING gist (person_id WITH =, valid WITH &&) WHERE (kind = 'main'),
	ADD EXCLUDE USING gist (person_id WITH =, unit_id WITH =, title WITH =, valid WITH &&);
CREATE INDEX person_name_fold ON person USING gin (name_fold gin_trgm_ops);
TRUNCATE dirty_account;
VACUUM ANALYZE;
