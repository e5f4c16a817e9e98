-- What is nobody's on a platform may be asked to be removed there: by whoever runs the platform, never by us.
ALTER TABLE sen.shadow DROP CONSTRAINT shadow_decision_check;
ALTER TABLE sen.shadow ADD CONSTRAINT shadow_decision_check CHECK (decision IN ('ignore', 'adopt', 'remove')) NOT VALID;
ALTER TABLE sen.shadow VALIDATE CONSTRAINT shadow_decision_check;
