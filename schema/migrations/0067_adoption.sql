-- An existing directory as platform zero: rules by which its entries are known again, and nothing else.  What it holds of an account is ours
-- as a whole (common/plan/mapping_document.h, kind directory).

ALTER TABLE sen.mapping
	DROP CONSTRAINT mapping_platform_id_check,
	ADD CHECK (platform_id >= 0),
	ADD CONSTRAINT mapping_directory CHECK ((platform_id = 0) = (document ->> 'kind' = 'directory'));
