-- The guard (0032) counted who loses an account, and who loses one role of many members.  Many who lose each another small role, and keep
-- their accounts, were nobody's count: memberships of a platform, all roles together.

ALTER TABLE sen.provisioning_policy ADD COLUMN membership_percent integer NOT NULL DEFAULT 10 CHECK (membership_percent BETWEEN 0 AND 100);
CREATE OR REPLACE VIEW sen.provisioning_rule AS
	SELECT r.*, r.may_create::integer + 2 * r.may_update::integer + 4 * r.may_disable::integer + 8 * r.deletes::integer AS ops,
		coalesce(y.membership_percent, 10) AS membership_percent
	FROM (SELECT p.id AS platform_id, p.code, coalesce(x.may_create, true) AS may_create, coalesce(x.may_update, true) AS may_update,
		coalesce(x.may_disable, true) AS may_disable, coalesce(x.may_delete, false) AS may_delete,
		coalesce(x.max_n, 20) AS max_n, coalesce(x.max_percent, 2) AS max_percent,
		coalesce(x.unit_min, 20) AS unit_min, coalesce(x.unit_percent, 10) AS unit_percent,
		coalesce(x.role_min, 200) AS role_min, coalesce(x.role_percent, 30) AS role_percent,
		coalesce(x.grace_days, 30) AS grace_days, coalesce(x.gone_days, 30) AS gone_days,
		coalesce(x.on_removal, 'ask') AS on_removal, coalesce(x.version, 0) AS version,
		p.id = 0 OR sen.platform_is_open(p.state) AS is_open,
		p.id <> 0 AND (coalesce(x.may_delete, false) OR NOT sen.platform_is_open(p.state) AND coalesce(x.on_removal, 'ask') = 'delete') AS deletes
		FROM sen.platform p LEFT JOIN sen.provisioning_policy x ON x.platform_id = p.id) r
	LEFT JOIN sen.provisioning_policy y ON y.platform_id = r.platform_id;

ALTER TABLE sen.hold DROP CONSTRAINT hold_reason_check,
	ADD CONSTRAINT hold_reason_check CHECK (reason IN ('platform', 'unit', 'role', 'memberships', 'removal', 'units'));
-- Memberships of accounts that stay, let through without being held: counted again, with what follows within the hour.
ALTER TABLE sen.hold ADD COLUMN n_passed_roles integer NOT NULL DEFAULT 0;
