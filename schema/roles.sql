-- Database roles: one per program, so that each can do only what it must.
--   sen_owner        owns the schema; used by "senctl migrate" and the operator's imports
--   sen_server       sen-server
--   sen_provisioner  sen-provisioner
-- Run once by a superuser; set passwords (or peer authentication) afterwards.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sen_owner') THEN CREATE ROLE sen_owner LOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sen_server') THEN CREATE ROLE sen_server LOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sen_provisioner') THEN CREATE ROLE sen_provisioner LOGIN; END IF;
END
$$;
