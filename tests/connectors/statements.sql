-- The statements of the stands: memberships in user_roles, but a table of its own for one role.

-- name: find
SELECT id AS ext_id, sen_id AS account_id, login, name AS full_name, unit AS unit_code, post, enabled AS active
FROM users WHERE sen_id = :account_id

-- name: find_login
SELECT id AS ext_id FROM users WHERE login = :login

-- name: find_ext
SELECT id AS ext_id FROM users WHERE id = :ext_id

-- name: match login
SELECT id AS ext_id, sen_id AS account_id, login FROM users WHERE login = :value

-- name: match name
SELECT id AS ext_id, sen_id AS account_id, login FROM users WHERE name = :value

-- name: adopt
UPDATE users SET sen_id = :account_id WHERE id = :ext_id AND sen_id IS NULL

-- name: create
INSERT INTO users (login, name, unit, post, sen_id, enabled)
VALUES (:login, :full_name, :unit_code, :post, :account_id, CASE WHEN :active = 'true' THEN 1 ELSE 0 END)

-- name: update
UPDATE users SET login = :login, name = :full_name, unit = :unit_code, post = :post, enabled = 1 WHERE sen_id = :account_id

-- name: disable
UPDATE users SET enabled = 0 WHERE sen_id = :account_id

-- name: delete
DELETE FROM users WHERE sen_id = :account_id

-- name: roles
SELECT r.role FROM user_roles r JOIN users u ON u.id = r.user_id WHERE u.sen_id = :account_id
UNION ALL SELECT 'ADMIN' FROM admins a JOIN users u ON u.id = a.user_id WHERE u.sen_id = :account_id

-- name: role_add
INSERT INTO user_roles (user_id, role) SELECT id, :role FROM users WHERE sen_id = :account_id

-- name: role_remove
DELETE FROM user_roles WHERE role = :role AND user_id = (SELECT id FROM users WHERE sen_id = :account_id)

-- name: role_add ADMIN
INSERT INTO admins (user_id) SELECT id FROM users WHERE sen_id = :account_id

-- name: role_remove ADMIN
DELETE FROM admins WHERE user_id = (SELECT id FROM users WHERE sen_id = :account_id)
