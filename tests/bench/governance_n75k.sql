-- A province: persons in all units of the seed, an account each, and grants on every open platform; psql variables persons, grants.
SET client_min_messages = warning;
SET search_path = sen, public;
SET synchronous_commit = off;

-- Names as people have them: 30 x 24 x 60, a few much more often than others.
CREATE TEMPORARY TABLE family AS SELECT * FROM unnest(ARRAY['Nguyễn','Nguyễn','Nguyễn','Nguyễn','Nguyễn','Nguyễn','Trần','Trần','Trần','Lê','Lê','Lê','Phan','Hồ','Hoàng','Phạm','Võ','Đặng','Bùi','Cao','Ngô','Đậu','Trương','Thái','Vũ','Lô','Lương','Vi','Kha','Moong'],
	ARRAY['nguyen','nguyen','nguyen','nguyen','nguyen','nguyen','tran','tran','tran','le','le','le','phan','ho','hoang','pham','vo','dang','bui','cao','ngo','dau','truong','thai','vu','lo','luong','vi','kha','moong']) WITH ORDINALITY AS t (name, fold, n);
CREATE TEMPORARY TABLE middle AS SELECT * FROM unnest(ARRAY['Văn','Văn','Văn','Văn','Thị','Thị','Thị','Thị','Đức','Hữu','Xuân','Quang','Minh','Ngọc','Thanh','Hồng','Thuỳ','Bá','Đình','Trọng','Công','Quốc','Anh','Khánh'],
	ARRAY['van','van','van','van','thi','thi','thi','thi','duc','huu','xuan','quang','minh','ngoc','thanh','hong','thuy','ba','dinh','trong','cong','quoc','anh','khanh']) WITH ORDINALITY AS t (name, fold, n);
CREATE TEMPORARY TABLE given AS SELECT * FROM unnest(ARRAY['An','Anh','Bình','Chi','Cường','Dũng','Dung','Đạt','Đức','Giang','Hà','Hải','Hạnh','Hằng','Hiền','Hiếu','Hoa','Hoà','Hoàn','Hùng','Huy','Huyền','Hương','Khánh','Lan','Lâm','Linh','Loan','Long','Lộc','Mai','Mạnh','Minh','Nam','Nga','Ngân','Nghĩa','Ngọc','Nhung','Oanh','Phong','Phúc','Phượng','Quân','Quỳnh','Sơn','Tâm','Thảo','Thắng','Thành','Thuỷ','Tiến','Toàn','Trang','Trung','Tú','Tuấn','Vân','Vinh','Yến'],
	ARRAY['an','anh','binh','chi','cuong','dung','dung','dat','duc','giang','ha','hai','hanh','hang','hien','hieu','hoa','hoa','hoan','hung','huy','huyen','huong','khanh','lan','lam','linh','loan','long','loc','mai','manh','minh','nam','nga','ngan','nghia','ngoc','nhung','oanh','phong','phuc','phuong','quan','quynh','son','tam','thao','thang','thanh','thuy','tien','toan','trang','trung','tu','tuan','van','vinh','yen']) WITH ORDINALITY AS t (name, fold, n);

INSERT INTO person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)
SELECT gen_random_uuid(), 'BP' || i, 'cong_chuc', f.name, m.name, g.name, f.name || ' ' || m.name || ' ' || g.name, f.fold || ' ' || m.fold || ' ' || g.fold
FROM (SELECT i, abs(hashint4(i)) AS h FROM generate_series(1, :persons) i) p
JOIN family f ON f.n = 1 + h % 30 JOIN middle m ON m.n = 1 + h / 30 % 24 JOIN given g ON g.n = 1 + h / 720 % 60;

-- Nine in ten work in a commune or one of its divisions.
CREATE TEMPORARY TABLE place AS SELECT id, row_number() OVER (ORDER BY kind IN ('commune', 'ward', 'division') DESC, code) - 1 AS n,
	kind IN ('commune', 'ward', 'division') AS below FROM unit WHERE kind IN ('commune', 'ward', 'division', 'department') AND valid_to IS NULL;
INSERT INTO post (person_id, id, unit_id, title, kind, valid, decision_no)
SELECT p.id, gen_random_uuid(), u.id, 'Chuyên viên', 'main', daterange('2025-07-01', NULL), '1/QĐ-UBND'
FROM (SELECT id, substring(employee_code FROM 3)::integer AS i FROM person WHERE employee_code ~ '^BP') p
CROSS JOIN (SELECT count(*) FILTER (WHERE below) AS low, count(*) AS n FROM place) c
JOIN place u ON u.n = CASE WHEN i % 10 > 0 THEN i % c.low ELSE c.low + i / 10 % (c.n - c.low) END;

INSERT INTO account (id, person_id, login, status, activated_at)
SELECT gen_random_uuid(), id, 'b' || substring(employee_code FROM 3), 'active', now() FROM person WHERE employee_code ~ '^BP';

-- Several to each account, on different platforms, as many as there should be in all.
CREATE TEMPORARY TABLE open_role AS SELECT r.id, row_number() OVER (ORDER BY r.id) - 1 AS n FROM role r JOIN platform p ON p.id = r.platform_id
	WHERE platform_is_open(p.state) AND p.id > 0;
INSERT INTO access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)
SELECT a.id, gen_random_uuid(), r.id, o.unit_id, 'Quyết định số 15/QĐ-UBND', now(), g.id
FROM (SELECT a.id, a.person_id, row_number() OVER () AS i FROM account a JOIN person p ON p.id = a.person_id WHERE p.employee_code ~ '^BP') a
JOIN post o ON o.person_id = a.person_id CROSS JOIN (SELECT count(*) AS n FROM open_role) c CROSS JOIN generate_series(0, 3) k
JOIN open_role r ON r.n = (a.i + k) % c.n CROSS JOIN (SELECT id FROM account WHERE login !~ '^b[0-9]' ORDER BY created_at LIMIT 1) g
WHERE k < c.n ORDER BY k, a.i LIMIT :grants;

-- An administrator for each commune.
INSERT INTO admin_scope (account_id, id, unit_id, rights, granted_by)
SELECT DISTINCT ON (u.id) a.id, gen_random_uuid(), u.id, ARRAY['read', 'grant', 'revoke'], g.id FROM unit u JOIN post o ON o.unit_id = u.id
JOIN account a ON a.person_id = o.person_id AND a.login ~ '^b[0-9]' CROSS JOIN (SELECT id FROM account WHERE login !~ '^b[0-9]' ORDER BY created_at LIMIT 1) g
WHERE u.kind IN ('commune', 'ward') ORDER BY u.id, a.login;
-- Nothing is provisioned here.
TRUNCATE dirty_account;
VACUUM ANALYZE;
