-- Who decides about a finding decides about what they saw: not about another owner or situation that came meanwhile.
ALTER TABLE sen.shadow ADD COLUMN version bigint NOT NULL DEFAULT 1;
CREATE TRIGGER version_up BEFORE UPDATE ON sen.shadow FOR EACH ROW
	WHEN (OLD.situation IS DISTINCT FROM NEW.situation OR OLD.account_id IS DISTINCT FROM NEW.account_id
	OR OLD.owner_account IS DISTINCT FROM NEW.owner_account OR OLD.decision IS DISTINCT FROM NEW.decision
	OR OLD.decision_state IS DISTINCT FROM NEW.decision_state OR OLD.decided_at IS DISTINCT FROM NEW.decided_at)
	EXECUTE FUNCTION sen.version_up();
