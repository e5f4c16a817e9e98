-- What is applied of an import is what was previewed.

-- Of all rows of the preview, in order; NULL: not checked, or by a program that did not keep it.
ALTER TABLE sen.import_run ADD COLUMN changes_sha256 text;
-- "end": the last post of who has an account ends by the file, and with it what hangs on it.
ALTER TABLE sen.import_row DROP CONSTRAINT import_row_action_check,
	ADD CONSTRAINT import_row_action_check CHECK (action IN ('add', 'change', 'vanish', 'end'));
