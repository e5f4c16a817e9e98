/*
 * import_moves.c: what posts of a file mean for persons who are there already.
 *
 * A new main post behind one that goes on is a transfer, as movement.h draws one up: a movement under the file's decision, the old
 * post's grants end with it and the platforms' hand-over, and are to be asked for anew.  Here for as many as the file moves, in one
 * statement.  The operator's import is no act of an official: it records posts alone.
 */
#include "server/governance/import_posts.h"

/* Adds time ahead to what is on record. */
#define GOES_FURTHER "coalesce(upper(i.valid), 'infinity') > greatest(sen.today(), CASE WHEN o.id IS NOT NULL THEN coalesce(upper(o.valid), 'infinity') END)"

DB_QUERY(import_posts_place_q, DB_READ,
         POSTS_INPUT " SELECT i.line, i.unit_code FROM i JOIN sen.unit u ON u.id = i.unit_id AND u.valid_to <= greatest(lower(i.valid), sen.today())"
                     " LEFT JOIN sen.post o ON " SAME_POST " WHERE coalesce(upper(i.valid), 'infinity') > greatest(u.valid_to, upper(o.valid))"
                     " AND NOT (o.id IS NOT NULL AND upper_inf(o.valid)) ORDER BY i.line LIMIT 50");
/* By a movement; who has merely no post any more gets one. */
DB_QUERY(import_posts_left_q, DB_READ,
         POSTS_INPUT " SELECT i.line, i.employee_code FROM i LEFT JOIN sen.post o ON " SAME_POST " WHERE " GOES_FURTHER
                     " AND EXISTS (SELECT FROM sen.movement m WHERE m.person_id = i.person_id AND m.void_by IS NULL AND m.effective_at <= now()"
                     "  AND m.kind IN ('resign', 'dismiss', 'retire', 'death')) AND sen.person_base(i.person_id) IN ('left', 'retired', 'dead') ORDER BY i.line LIMIT 50");
DB_QUERY(import_posts_planned_q, DB_READ,
         POSTS_INPUT " SELECT i.line, min(m.kind || ' ' || (m.effective_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) FROM i LEFT JOIN sen.post o ON " SAME_POST
                     " JOIN sen.movement m ON m.person_id = i.person_id AND m.void_by IS NULL AND m.effective_at > now() AND m.kind IN ('resign', 'dismiss', 'retire')"
                     " WHERE " GOES_FURTHER " AND coalesce(upper(i.valid), 'infinity') > (m.effective_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
                     " GROUP BY 1 ORDER BY 1 LIMIT 50");

/* The operational and administrator accounts' grants that hang on the old post; those of before grants hung on posts by their unit. */
#define IN_MAIN(is_main)                                                                                               \
	"EXISTS (SELECT FROM sen.standing_post s JOIN sen.unit gu ON gu.id = g.unit_id WHERE s.person_id = w.person_id AND (s.kind = 'main') = " is_main \
	" AND starts_with(s.path, gu.path))"
#define TRANSFERS                                                                                                      \
	POSTS_INPUT IMPORT_MOVERS ", w AS MATERIALIZED (SELECT mv.*, gen_random_uuid() AS movement FROM mv),"                      \
	" ends AS MATERIALIZED (SELECT w.person_id, w.old_id, w.ends, g.account_id, g.id, g.origin = 'rule' AS by_rule, coalesce(h.days, 0) AS days," \
	"   pl.code || ':' || r.code AS label FROM w JOIN sen.account a ON a.person_id = w.person_id AND a.kind IN ('operational', 'administrator')" \
	"  JOIN sen.access_grant g ON g.account_id = a.id AND g.revoked_at IS NULL JOIN sen.role r ON r.id = g.role_id JOIN sen.platform pl ON pl.id = r.platform_id" \
	"  LEFT JOIN sen.handover_rule h ON h.platform_id = r.platform_id"                                                        \
	"  WHERE (g.post_id = w.old_id OR g.post_id IS NULL AND " IN_MAIN("true") " AND NOT " IN_MAIN("false") ") AND NOT sen.grant_is_over(g)),"   \
	" said AS MATERIALIZED (SELECT w.person_id, jsonb_agg(c.item ORDER BY c.n, c.label, c.id) AS list FROM w CROSS JOIN LATERAL ("   \
	"   SELECT 1 AS n, '' AS label, NULL::uuid AS id, " SAID("post_end", "w.label", "w.old_id", "w.ends") " AS item"           \
	"   UNION ALL SELECT 2, e.label, e.id, " SAID("grant_end", "e.label", "e.id", "e.ends")                                   \
	"     || jsonb_build_object('until', e.ends + e.days, 'handover_days', e.days) FROM ends e WHERE e.person_id = w.person_id"   \
	"   UNION ALL SELECT 3, e.label, e.id, " SAID("grant_reapprove", "e.label", "e.id", "e.ends")                             \
	"     FROM ends e WHERE e.person_id = w.person_id AND NOT e.by_rule"                                                       \
	"   UNION ALL SELECT 4, '', NULL, " SAID("post_add", "w.title", "NULL", "w.day") ") c GROUP BY 1)"
#define SAID(act, what, id, day) \
	"jsonb_build_object('act', '" act "', 'what', " what ", 'id', " id ", 'status', NULL, 'at_once', " day " <= sen.today(), 'on', " day ")"

DB_QUERY(import_transfers_preview_q, DB_READ,
         TRANSFERS " SELECT w.line, w.employee_code, NULL::text, jsonb_build_object('kind', 'transfer', 'effective_on', w.day, 'decision_no', w.decision_no,"
                   " 'consequences', s.list) FROM w JOIN said s ON s.person_id = w.person_id ORDER BY w.line");
/* The old post's hand-over is set with its end (import_posts.c), or here when the end is on record. */
DB_QUERY(import_transfers_q, DB_WRITE,
         TRANSFERS ", moved AS (INSERT INTO sen.movement (person_id, id, kind, effective_at, decision_no, decision_on, signer, reason, consequences, drawn_by)"
                   "  SELECT w.person_id, w.movement, 'transfer', greatest(now(), w.day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'), w.decision_no, w.decision_on, w.signer,"
                   "  left('Theo dữ liệu nhân sự: ' || $3, 300), s.list, $2::uuid FROM w JOIN said s ON s.person_id = w.person_id),"
                   " ended AS (UPDATE sen.access_grant g SET post_id = e.old_id, handover_days = e.days FROM ends e"
                   "  WHERE g.account_id = e.account_id AND g.id = e.id AND NOT e.by_rule),"
                   " handed AS (UPDATE sen.post o SET handover = " IMPORT_HANDOVER " FROM w WHERE o.person_id = w.person_id AND o.id = w.old_id AND upper(o.valid) = w.ends)"
                   " INSERT INTO sen.audit (actor, action, account_id, object, request_id, data) SELECT $4, 'movement.transfer',"
                   " (SELECT a.id FROM sen.account a WHERE a.person_id = w.person_id AND a.kind = 'operational'), w.employee_code, $5,"
                   " jsonb_build_object('movement', w.movement, 'decision_no', w.decision_no, 'effective_on', w.day, 'reason', left('Theo dữ liệu nhân sự: ' || $3, 300),"
                   "  'consequences', s.list) FROM w JOIN said s ON s.person_id = w.person_id ORDER BY w.line");

int import_moves_check(struct import_job *job, struct str json)
{
	static const struct import_check checks[] = {
		{ &import_posts_place_q, IMPORT_UNIT_ENDED, UNIT_CODE, false },
		{ &import_posts_left_q, IMPORT_HAS_LEFT, EMPLOYEE_CODE, false },
		{ &import_posts_planned_q, IMPORT_MOVEMENT_PLANNED, VALID_TO, false },
	};
	size_t n = job->only_new ? 1 : ARRAY_LEN(checks);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = import_run_check(job, &checks[i], json);
	return r;
}

int import_moves(struct import_job *job, struct str json)
{
	const struct import_request *request = job->request;
	size_t before = request->watch ? request->watch->n_changes : 0;
	struct op *op = job->op;
	struct arena *kept = op->arena;
	struct db_rows rows;
	int r;

	if (!request->principal)
		return 0;
	r = import_preview(job, "movement", &import_transfers_preview_q, json);
	/* Mostly nobody is moved, and to plan the statement for nobody would take as long. */
	if (r < 0 || (request->watch && request->watch->wants_changes && request->watch->n_changes == before))
		return r;
	op->arena = job->scratch;
	r = db_run(op, &import_transfers_q, &rows, P_STR(json), P_STR(request->principal->account_id), P_STR(request->source), P_STR(request->actor), P_C(op->id));
	op->arena = kept;
	if (r < 0)
		op->error.detail = arena_dup(kept, op->error.detail);
	return r;
}
