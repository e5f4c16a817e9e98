-- Replacement of platforms (0026): runs by itself at its time, waits for the data, and what was approved can be changed by two.

ALTER TABLE sen.replacement
	ADD COLUMN is_automatic boolean NOT NULL DEFAULT false,   -- the server takes each step when it is due; plans of before are run by hand
	ADD COLUMN read_only_on date,                             -- NULL: the day of the cut-over
	ADD COLUMN rules_at timestamptz,                          -- since then birthright rules follow the role map
	-- Hand-over of the data: when, or why there is none; then done, on which day and by whom.
	ADD COLUMN handover_on date,
	ADD COLUMN no_handover text CHECK (length(no_handover) BETWEEN 1 AND 1000),
	ADD COLUMN handed_over_on date,
	ADD COLUMN handed_over_by uuid REFERENCES sen.account,
	ADD COLUMN handover_evidence text CHECK (length(handover_evidence) BETWEEN 1 AND 1000),
	-- Of the decision that puts the old platform into the state replacing.
	ADD COLUMN decision_no text,
	ADD COLUMN decision_on date,
	ADD CONSTRAINT replacement_handover CHECK (handover_on IS NULL OR no_handover IS NULL),
	ADD CONSTRAINT replacement_handed_over CHECK (num_nulls(handed_over_on, handed_over_by, handover_evidence) IN (0, 3)
		AND (handed_over_on IS NULL OR handover_on IS NOT NULL)),
	ADD CONSTRAINT replacement_decision CHECK ((decision_no IS NULL) = (decision_on IS NULL)),
	ADD CONSTRAINT replacement_read_only CHECK (read_only_on <= cutover_on);
CREATE INDEX replacement_due ON sen.replacement (approved_at, id) WHERE state = 'approved' AND is_automatic;

-- What somebody asks to change about an approved plan; another person makes it so.  One at a time.
CREATE TABLE sen.replacement_change (
	replacement_id  uuid PRIMARY KEY REFERENCES sen.replacement,
	kind            text NOT NULL CHECK (kind IN ('amend', 'cancel')),
	cutover_on      date,
	reason          text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
	asked_by        uuid NOT NULL REFERENCES sen.account,
	asked_at        timestamptz NOT NULL DEFAULT now(),
	CHECK (kind = 'amend' OR cutover_on IS NULL)
);
CREATE TABLE sen.replacement_change_role (
	replacement_id  uuid NOT NULL REFERENCES sen.replacement_change ON DELETE CASCADE,
	old_role_id     integer NOT NULL REFERENCES sen.role,
	new_role_id     integer REFERENCES sen.role,
	PRIMARY KEY (replacement_id, old_role_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sen.replacement_change, sen.replacement_change_role TO sen_server;

-- A grant of a birthright rule is carried over by the rule (rule), not granted in its place.
ALTER TABLE sen.replacement_item DROP CONSTRAINT replacement_item_carry_check,
	ADD CONSTRAINT replacement_item_carry_check CHECK (carry IN ('mapped', 'dropped', 'no_post', 'rule'));
CREATE INDEX replacement_item_grant ON sen.replacement_item (account_id, old_grant_id);

CREATE OR REPLACE VIEW sen.replacement_to_revoke AS
	SELECT i.*, i.carry IN ('mapped', 'rule') AND (EXISTS (SELECT FROM sen.dirty_account d WHERE d.account_id = i.account_id)
		OR EXISTS (SELECT FROM sen.binding b WHERE b.account_id = i.account_id AND b.platform_id = x.new_id AND b.want_active
			AND (b.seen_active IS NOT TRUE OR b.state <> 0))) AS is_waiting
	FROM sen.replacement_item i JOIN sen.replacement x ON x.id = i.replacement_id
	WHERE i.revoked_batch IS NULL;

-- Whether anybody still holds anything on it.
CREATE FUNCTION sen.platform_is_empty(platform smallint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT NOT EXISTS (SELECT FROM sen.role r JOIN sen.access_grant g ON g.role_id = r.id AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now())
		WHERE r.platform_id = platform)
$$;

-- As before (0029); a review that keeps a grant keeps what was carried over from it.
CREATE OR REPLACE FUNCTION sen.review_carry_out(campaign uuid, item uuid, account uuid, grant_ uuid, decision text, actor uuid, request uuid, other_role text, was text)
	RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	until timestamptz;
BEGIN
	IF grant_ IS NULL THEN
		UPDATE sen.account a SET status = CASE WHEN decision = 'revoke' THEN 'disabled' WHEN a.activated_at IS NULL THEN 'pending' ELSE 'active' END,
			epoch = a.epoch + 1 WHERE a.id = account AND (decision = 'revoke' AND a.status NOT IN ('disabled', 'archived')
			OR decision = 'keep' AND a.status = 'suspended' AND was = 'none' AND NOT sen.account_is_shut(a.id));
		RETURN true;
	END IF;
	IF decision = 'keep' THEN
		until := (SELECT min(c.deadline) FROM sen.review_item i JOIN sen.review_campaign c ON c.id = i.campaign_id
			WHERE i.account_id = account AND i.grant_id = grant_ AND i.id <> item AND c.no_answer = 'suspend' AND (i.decided_at IS NULL OR i.decision = 'none'));
		UPDATE sen.access_grant n SET suspended_at = until FROM sen.access_grant g JOIN sen.replacement_item i ON i.account_id = g.account_id AND i.old_grant_id = g.id
		WHERE g.account_id = account AND g.id = grant_ AND n.account_id = account AND n.id IN (i.new_grant_id, i.read_only_grant_id)
			AND n.suspended_at = g.suspended_at AND n.revoked_at IS NULL;
		UPDATE sen.access_grant g SET suspended_at = until WHERE g.account_id = account AND g.id = grant_ AND g.suspended_at IS NOT NULL;
		RETURN true;
	END IF;
	IF decision = 'change' THEN
		INSERT INTO sen.access_request (id, person_id, role_id, unit_id, basis, reason, valid_to, stages, stage_days, expires_at, requested_by)
		SELECT request, a.person_id, o.id, g.unit_id, g.basis, 'review', g.valid_to, y.stages, y.stage_days, now() + interval '60 days', actor
		FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.role r ON r.id = g.role_id
		JOIN sen.role o ON o.platform_id = r.platform_id AND o.code = other_role CROSS JOIN LATERAL sen.policy_of(o.id) y
		WHERE g.account_id = account AND g.id = grant_;
		INSERT INTO sen.request_event (request_id, kind, stage, actor, text) VALUES (request, 'filed', 1, actor, 'review');
	END IF;
	UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = actor, revoke_reason = 'review' WHERE g.account_id = account AND g.id = grant_ AND g.revoked_at IS NULL;
	UPDATE sen.account a SET epoch = a.epoch + 1 WHERE a.id = account;
	RETURN true;
END
$$;
