-- Reviews of platforms come again by themselves; and who has to answer, to conclude, to publish or to read is told.

-- 1. Every so many months, counted from the first deadline, so that the end of a month stays one.
ALTER TABLE sen.platform_review
	ADD COLUMN period_months smallint CHECK (period_months BETWEEN 1 AND 60),   -- NULL: not again
	ADD COLUMN anchor_on date,
	ADD COLUMN follows uuid UNIQUE REFERENCES sen.platform_review,               -- each has one next: whoever makes it first
	ADD COLUMN version bigint NOT NULL DEFAULT 1,
	ADD CONSTRAINT platform_review_anchored CHECK ((period_months IS NULL) = (anchor_on IS NULL));
CREATE INDEX platform_review_recurs ON sen.platform_review (due_on) WHERE period_months IS NOT NULL;

-- A task for each platform in use that is managed in the subtree, with its reminders; how many tasks.
CREATE FUNCTION sen.platform_review_fill(review uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	n integer;
BEGIN
	INSERT INTO sen.platform_review_task (review_id, platform_id) SELECT v.id, p.id FROM sen.platform_review v JOIN sen.unit u ON u.id = v.unit_id
	CROSS JOIN sen.platform p WHERE v.id = review AND p.id <> 0 AND sen.platform_is_open(p.state) AND starts_with(sen.platform_home(p.id), u.path);
	GET DIAGNOSTICS n = ROW_COUNT;
	INSERT INTO sen.platform_review_reminder (review_id, platform_id, remind_on, kind)
	SELECT t.review_id, t.platform_id, v.due_on + d.days, d.kind FROM sen.platform_review_task t JOIN sen.platform_review v ON v.id = t.review_id
	CROSS JOIN (VALUES (-14, 'before'), (-7, 'before'), (-1, 'before'), (0, 'due'), (1, 'overdue'), (8, 'overdue')) d (days, kind)
	WHERE t.review_id = review AND v.due_on + d.days >= sen.today();
	RETURN n;
END
$$;

-- The deadline after this one that has not passed yet: what was missed while nothing ran is not made up for.
CREATE FUNCTION sen.platform_review_next(v sen.platform_review) RETURNS date LANGUAGE sql STABLE AS $$
	SELECT min(d.due_on) FROM (SELECT age(greatest(v.due_on, sen.today() - 1), v.anchor_on) AS since) a
	CROSS JOIN LATERAL (SELECT (extract(year FROM a.since) * 12 + extract(month FROM a.since))::integer / v.period_months AS n) m
	CROSS JOIN LATERAL (SELECT (v.anchor_on + make_interval(months => v.period_months * k))::date AS due_on FROM generate_series(m.n, m.n + 2) k) d
	WHERE d.due_on > v.due_on AND d.due_on >= sen.today()
$$;

-- Begins what is due to begin: as long before its deadline as the one before it.  In the name of whoever began that.
CREATE FUNCTION sen.platform_reviews_run(request text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	v sen.platform_review;
	made uuid;
	next_on date;
	n_tasks integer;
	n integer := 0;
BEGIN
	FOR v IN SELECT * FROM sen.platform_review o WHERE o.period_months IS NOT NULL AND o.due_on + make_interval(months => o.period_months)
			<= sen.today() + (o.due_on - (o.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
			AND NOT EXISTS (SELECT FROM sen.platform_review f WHERE f.follows = o.id) ORDER BY o.due_on, o.id LIMIT 50 FOR UPDATE SKIP LOCKED LOOP
		-- Nothing to look at, then nothing begins.
		CONTINUE WHEN NOT EXISTS (SELECT FROM sen.platform p JOIN sen.unit u ON u.id = v.unit_id
			WHERE p.id <> 0 AND sen.platform_is_open(p.state) AND starts_with(sen.platform_home(p.id), u.path));
		next_on := sen.platform_review_next(v);
		INSERT INTO sen.platform_review (id, title, unit_id, due_on, created_by, period_months, anchor_on, follows)
		VALUES (gen_random_uuid(), left(regexp_replace(v.title, ' – kỳ \d\d/\d{4}$', ''), 180) || ' – kỳ ' || to_char(next_on, 'MM/YYYY'), v.unit_id,
			next_on, v.created_by, v.period_months, v.anchor_on, v.id) ON CONFLICT (follows) DO NOTHING RETURNING id INTO made;
		CONTINUE WHEN made IS NULL;
		n_tasks := sen.platform_review_fill(made);
		INSERT INTO sen.audit (actor, action, object, request_id, data)
		VALUES ('system', 'platform_review.begin', (SELECT u.code FROM sen.unit u WHERE u.id = v.unit_id), request,
			jsonb_build_object('review', made, 'follows', v.id, 'due_on', next_on, 'tasks', n_tasks));
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
REVOKE ALL ON FUNCTION sen.platform_reviews_run(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.platform_reviews_run(text) TO sen_provisioner, sen_server;

-- 2. Notices.
DO $$
DECLARE
	there text := (SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = 'sen.notice'::regclass AND c.conname = 'notice_kind_check');
BEGIN
	-- Beside the kinds that there are.
	ALTER TABLE sen.notice DROP CONSTRAINT notice_kind_check;
	EXECUTE 'ALTER TABLE sen.notice ADD CONSTRAINT notice_kind_check ' || regexp_replace(there, '\]', ', ''platform_review_due''::text,'
		' ''platform_review_overdue''::text, ''platform_review_unconcluded''::text, ''platform_completed''::text, ''guidance_published''::text]');
END
$$;
ALTER TABLE sen.platform_review_reminder ADD COLUMN told_at timestamptz;
UPDATE sen.platform_review_reminder SET told_at = now() WHERE remind_on < sen.today();
CREATE INDEX platform_review_reminder_untold ON sen.platform_review_reminder (remind_on) WHERE told_at IS NULL;
CREATE INDEX platform_review_task_answered ON sen.platform_review_task (review_id) WHERE state = 'answered';
-- What was published before nobody is told of now.
INSERT INTO sen.notice_round (kind, subject) SELECT 'guidance_published', g.platform_id || '/' || g.id FROM sen.platform_guidance g ON CONFLICT DO NOTHING;

CREATE FUNCTION sen.platform_notices_run() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
	total integer := 0;
	n integer;
BEGIN
	PERFORM pg_advisory_xact_lock(7301992);
	-- Those nearest to the managing unit who may fill the form; of several reminders that are due the latest.
	WITH told AS (UPDATE sen.platform_review_reminder m SET told_at = now() WHERE m.told_at IS NULL AND m.remind_on <= sen.today() RETURNING m.*)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT a, CASE WHEN d.kind = 'overdue' THEN 'platform_review_overdue' ELSE 'platform_review_due' END, d.review_id || '/' || d.platform_id || '/' || d.remind_on,
		jsonb_build_object('review', d.review_id, 'name', v.title, 'platform', p.code, 'unit', nullif(p.managing_unit, ''), 'deadline', sen.iso(sen.midnight(v.due_on)))
	FROM (SELECT DISTINCT ON (review_id, platform_id) * FROM told ORDER BY review_id, platform_id, remind_on DESC) d
	JOIN sen.platform_review_task t ON t.review_id = d.review_id AND t.platform_id = d.platform_id AND t.state = 'open'
	JOIN sen.platform_review v ON v.id = d.review_id JOIN sen.platform p ON p.id = d.platform_id
	CROSS JOIN LATERAL sen.nearest('catalogue', sen.platform_home(p.id), p.id, NULL) a ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;

	-- Answered, and nobody has concluded: those who may, without who answered.
	WITH due AS (SELECT t.*, t.review_id || '/' || t.platform_id AS subject FROM sen.platform_review_task t JOIN sen.platform_review v ON v.id = t.review_id
			WHERE t.state = 'answered' AND v.due_on < sen.today()),
		fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT 'platform_review_unconcluded', due.subject FROM due ON CONFLICT DO NOTHING RETURNING subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT DISTINCT s.account_id, 'platform_review_unconcluded', due.subject,
		jsonb_build_object('review', v.id, 'name', v.title, 'platform', p.code, 'unit', nullif(p.managing_unit, ''), 'deadline', sen.iso(sen.midnight(v.due_on)))
	FROM fresh JOIN due ON due.subject = fresh.subject JOIN sen.platform_review v ON v.id = due.review_id JOIN sen.platform p ON p.id = due.platform_id
	JOIN sen.live_scope s ON 'appraise' = ANY (s.rights) AND starts_with(sen.platform_home(p.id), s.path) AND (s.platform_id IS NULL OR s.platform_id = p.id)
	JOIN sen.account a ON a.id = s.account_id AND a.status = 'active' WHERE NOT sen.same_person(s.account_id, due.answered_by) ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;

	-- Guidance about what is completed: in each unit for which the platform is, those nearest to it who can see to it; once each.
	WITH due AS (SELECT g.*, g.platform_id || '/' || g.id AS subject FROM sen.platform_guidance g JOIN sen.platform p ON p.id = g.platform_id
			WHERE g.superseded_at IS NULL AND sen.platform_is_open(p.state)),
		fresh AS (INSERT INTO sen.notice_round (kind, subject) SELECT 'guidance_published', due.subject FROM due ON CONFLICT DO NOTHING RETURNING subject)
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT DISTINCT ON (a, due.subject) a, 'guidance_published', due.subject,
		jsonb_build_object('guidance', due.id, 'title', due.title, 'platform', p.code, 'role', r.code)
	FROM fresh JOIN due ON due.subject = fresh.subject JOIN sen.platform p ON p.id = due.platform_id LEFT JOIN sen.role r ON r.id = due.role_id
	JOIN sen.rollout_cell c ON c.platform_id = p.id AND c.state IS DISTINCT FROM 'not_applicable' JOIN sen.unit u ON u.id = c.unit_id
	CROSS JOIN LATERAL sen.nearest('read', u.path, p.id, NULL) a
	WHERE NOT EXISTS (SELECT FROM sen.guidance_acknowledgement k WHERE k.platform_id = due.platform_id AND k.guidance_id = due.id AND k.unit_id = c.unit_id)
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN total + n;
END
$$;
REVOKE ALL ON FUNCTION sen.platform_notices_run() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sen.platform_notices_run() TO sen_provisioner, sen_server;

-- Completed: at once, whichever way it came to be, to those who keep the entry.  Guidance and roll-out are theirs now.
CREATE FUNCTION sen.notice_completed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
	INSERT INTO sen.notice (account_id, kind, subject, data)
	SELECT a, 'platform_completed', NEW.id || '/' || NEW.version, jsonb_build_object('platform', NEW.code, 'unit', nullif(NEW.managing_unit, ''),
		'completed_on', NEW.completed_on, 'guidance', (SELECT count(*) FROM sen.platform_guidance g WHERE g.platform_id = NEW.id AND g.superseded_at IS NULL),
		'planned', (SELECT count(*) FROM sen.platform_rollout r WHERE r.platform_id = NEW.id))
	FROM sen.nearest('catalogue', sen.platform_home(NEW.id), NEW.id, NULL) a ON CONFLICT DO NOTHING;
	RETURN NULL;
END
$$;
CREATE TRIGGER notice_completed AFTER UPDATE ON sen.platform FOR EACH ROW
	WHEN (NEW.state = 'completed' AND OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sen.notice_completed();
