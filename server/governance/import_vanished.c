/*
 * import_vanished.c: who has an account below the unit of a complete file, and does not stand in it.
 *
 * A person who vanishes from the feed is suspended for somebody to look (sen.vanished), never deleted: as vanished.h does
 * for a few, here for as many as the guard of the run let through, in one statement.
 */
#include "server/governance/import_internal.h"

#include "server/governance/import_posts.h"

#define VANISHED                                                                                                       \
	"WITH below AS MATERIALIZED (SELECT DISTINCT p.id, p.employee_code, p.full_name FROM sen.unit u JOIN sen.post o ON o.unit_id = u.id" \
	"  JOIN sen.person p ON p.id = o.person_id WHERE starts_with(u.path, current_setting('sen.import_within', true))),"          \
	" held AS MATERIALIZED (SELECT a.id, a.login, a.status, b.id AS person_id, b.employee_code, b.full_name FROM below b JOIN sen.account a ON a.person_id = b.id" \
	"  AND a.status IN ('pending', 'active', 'suspended') AND a.kind IN ('operational', 'administrator') JOIN sen.unit h ON h.id = sen.home_unit(b.id)"                                \
	"  AND starts_with(h.path, current_setting('sen.import_within', true))),"                                                    \
	" missing AS MATERIALIZED (SELECT h.* FROM held h WHERE NOT EXISTS (SELECT FROM unnest($1::text[]) AS f (code) WHERE f.code = h.employee_code)" \
	/* On leave there is nothing to stop, but a return to come; who is suspended otherwise stays so. */                        \
	"  AND (h.status <> 'suspended' OR sen.person_state(h.person_id) = 'on_leave'"                                              \
	"   AND NOT EXISTS (SELECT FROM sen.vanished v WHERE v.person_id = h.person_id AND v.decision IS NULL)))," \
	" beyond AS MATERIALIZED (SELECT " IMPORT_BEYOND("SELECT m.person_id FROM missing m") " AS id),"                              \
	" gone AS (SELECT m.* FROM missing m WHERE m.person_id NOT IN (SELECT b.id FROM beyond b))"

DB_QUERY(import_vanished_q, DB_READ,
         VANISHED " SELECT g.employee_code, jsonb_build_object('full_name', g.full_name, 'login', g.login), (SELECT count(*) FROM held WHERE status <> 'suspended'), g.person_id IN (SELECT b.id FROM beyond b)"
                  " FROM (SELECT 1) one LEFT JOIN missing g ON true ORDER BY 1");
/* Of a file that is not complete: of how many some would lose what they have. */
DB_QUERY(import_base_q, DB_READ, VANISHED " SELECT count(*) FROM held WHERE status <> 'suspended'");
/* Nobody plans anything for them meanwhile. */
DB_QUERY(import_vanish_lock_q, DB_WRITE, VANISHED " SELECT p.id FROM sen.person p WHERE p.id IN (SELECT g.person_id FROM gone g) ORDER BY p.id FOR NO KEY UPDATE");

/* As lc_suspend() decides: what is planned and would open access again is void, with what it had in store. */
#define PLANNED                                                                                                        \
	" planned AS (SELECT m.person_id, m.id, m.kind, m.effective_at, bool_or(m.kind = 'rehire') OVER (PARTITION BY m.person_id ORDER BY m.effective_at, m.seq) AS begins" \
	"  FROM who w JOIN sen.movement m ON m.person_id = w.id WHERE m.void_by IS NULL AND m.effective_at > now()),"              \
	" lapsed AS MATERIALIZED (SELECT * FROM planned WHERE begins OR kind IN ('return', 'leave')),"                            \
	" never AS MATERIALIZED (SELECT o.person_id, o.id, o.title || ', ' || u.code AS label FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id" \
	"  WHERE o.person_id IN (SELECT l.person_id FROM lapsed l WHERE l.begins) AND lower(o.valid) > sen.today()),"
#define VOID_PLANNED                                                                                                   \
	" voided AS (UPDATE sen.movement m SET void_by = w.movement FROM lapsed l JOIN who w ON w.id = l.person_id WHERE m.person_id = l.person_id AND m.id = l.id)," \
	" undone AS (DELETE FROM sen.account_due d WHERE d.movement_id IN (SELECT l.id FROM lapsed l) AND d.done_at IS NULL),"    \
	" as_before AS (UPDATE sen.account_stop s SET lifted_by = NULL,"                                                        \
	"   valid_to = CASE WHEN s.lifted_by IN (SELECT l.id FROM lapsed l) THEN NULL ELSE s.valid_from END"                      \
	"  WHERE s.account_id IN (SELECT a.id FROM sen.account a JOIN lapsed l ON l.person_id = a.person_id)"                      \
	"  AND (s.lifted_by IN (SELECT l.id FROM lapsed l) OR s.movement_id IN (SELECT l.id FROM lapsed l))),"                     \
	" cancelled AS (DELETE FROM sen.post o USING never n WHERE o.person_id = n.person_id AND o.id = n.id),"
#define CONSEQUENCE(act, what, id) \
	"jsonb_build_object('act', '" act "', 'what', " what ", 'id', " id ", 'status', NULL, 'at_once', true, 'on', sen.today())"
#define CONSEQUENCES                                                                                                    \
	"coalesce((SELECT jsonb_agg(" CONSEQUENCE("movement_void", "l.kind", "l.id") " ORDER BY l.effective_at) FROM lapsed l WHERE l.person_id = w.id), '[]')"   \
	" || coalesce((SELECT jsonb_agg(" CONSEQUENCE("post_cancel", "n.label", "n.id") " ORDER BY n.id) FROM never n WHERE n.person_id = w.id), '[]')" \
	" || coalesce((SELECT jsonb_agg(" CONSEQUENCE("stop_add", "o.login", "NULL") " ORDER BY o.login) FROM own o WHERE o.person_id = w.id), '[]')"

DB_QUERY(import_vanish_q, DB_WRITE,
         VANISHED ", who AS MATERIALIZED (SELECT p.id, gen_random_uuid() AS movement FROM sen.person p"
                  "  WHERE p.employee_code IN (SELECT employee_code FROM gone) AND sen.person_state(p.id) IN ('working', 'on_leave')"
                  "  AND NOT EXISTS (SELECT FROM sen.vanished v WHERE v.person_id = p.id AND v.decision IS NULL)),"
                  " own AS MATERIALIZED (SELECT w.id AS person_id, w.movement, a.id, a.login, a.status FROM who w JOIN sen.account a ON a.person_id = w.id"
                  "  AND a.kind IN ('operational', 'administrator') AND a.status <> 'archived'),"
                  PLANNED VOID_PLANNED
                  " moved AS (INSERT INTO sen.movement (person_id, id, kind, effective_at, reason, consequences, drawn_by)"
                  "  SELECT w.id, w.movement, 'vanish', now(), left('Không còn trong dữ liệu nhân sự: ' || $3, 300),"
                  "   " CONSEQUENCES ", $2::uuid FROM who w),"
                  " stopped AS (INSERT INTO sen.account_stop (account_id, id, kind, valid_from, movement_id)"
                  "  SELECT o.id, gen_random_uuid(), 'vanish', now(), o.movement FROM own o),"
                  " listed AS (INSERT INTO sen.vanished (person_id, movement_id, feed) SELECT w.id, w.movement, left($3, 80) FROM who w)"
                  " UPDATE sen.account a SET status = 'suspended', epoch = a.epoch + 1"
                  " WHERE a.id IN (SELECT id FROM gone UNION SELECT id FROM own) AND a.status IN ('pending', 'active') RETURNING a.id, a.login");
DB_QUERY(import_vanish_audit_q, DB_WRITE,
         "INSERT INTO sen.audit (actor, action, account_id, object, request_id, data) SELECT $1, 'account.suspend', t.id::uuid, t.login, $2,"
         " '{\"reason\": \"vanished from the feed\"}' FROM unnest($3::text[], $4::text[]) AS t (id, login)");

static struct str codes_of(const struct import_job *job)
{
	struct str *codes = ARENA_ARRAY(job->scratch, struct str, job->table.n_rows);

	for (size_t i = 0; i < job->table.n_rows; i++)
		codes[i] = import_cell_of(job, i, EMPLOYEE_CODE);
	return db_array(job->scratch, codes, job->table.n_rows);
}

static int suspend(struct import_job *job, struct str codes)
{
	const struct import_request *request = job->request;
	struct op *op = job->op;
	struct arena *kept = op->arena;
	struct db_rows rows, ignored;
	int r;

	assert(request->principal);
	op->arena = job->scratch;
	r = db_run(op, &import_vanish_lock_q, &ignored, P_STR(codes));
	if (r == 0)
		r = db_run(op, &import_vanish_q, &rows, P_STR(codes), P_STR(request->principal->account_id), P_STR(request->source));
	op->arena = kept;
	if (r < 0)
		op->error.detail = arena_dup(kept, op->error.detail);
	if (r < 0 || rows.n == 0)
		return r;
	struct str *ids = ARENA_ARRAY(job->scratch, struct str, rows.n), *logins = ARENA_ARRAY(job->scratch, struct str, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		ids[i] = db_str(&rows, i, 0);
		logins[i] = db_str(&rows, i, 1);
	}
	return db_run(op, &import_vanish_audit_q, &ignored, P_STR(job->request->actor), P_C(op->id), P_STR(db_array(job->scratch, ids, rows.n)),
	              P_STR(db_array(job->scratch, logins, rows.n)));
}

static void note_missing(struct import_job *job, const struct db_rows *rows, size_t i)
{
	struct import_watch *watch = job->request->watch;

	if (db_bool(rows, i, 3)) {
		import_warn(job->report, &(struct import_note){
			.column = "employee_code", .fault = IMPORT_VANISHED_NOT_YOURS, .value = arena_dup(job->op->arena, db_str(rows, i, 0)) });
		return;
	}
	if (!watch)
		return;
	watch->n_vanished++;
	if (watch->wants_changes)
		import_add_change(watch, &(struct import_change){
			.what = "account", .action = "vanish", .key = db_str(rows, i, 0), .before = db_str(rows, i, 1) });
}

int import_base(struct import_job *job)
{
	struct import_watch *watch = job->request->watch;
	struct db_rows rows;
	int r;

	if (!watch || watch->n_vanished == 0)
		return 0;
	r = db_run(job->op, &import_base_q, &rows, P_STR(STR("{}")));
	if (r == 0)
		watch->n_base = (size_t)db_i64(&rows, 0, 0);
	return r;
}

int import_vanished(struct import_job *job)
{
	struct import_watch *watch = job->request->watch;
	struct db_rows rows;
	struct str codes;
	int r = import_next_batch(job);

	if (r < 0)
		return r;
	codes = codes_of(job);
	r = import_query(job, &import_vanished_q, codes, &rows);
	if (r < 0)
		return r;
	for (size_t i = 0; i < rows.n; i++) {
		if (watch)
			watch->n_base = (size_t)db_i64(&rows, i, 2);
		if (!db_is_null(&rows, i, 0))
			note_missing(job, &rows, i);
	}
	return job->request->dry_run ? 0 : suspend(job, codes);
}
