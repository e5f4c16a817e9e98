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
	" held AS MATERIALIZED (SELECT a.id, a.login, b.employee_code, b.full_name FROM below b JOIN sen.account a ON a.person_id = b.id" \
	"  AND a.status IN ('pending', 'active') AND a.kind IN ('operational', 'administrator') JOIN sen.unit h ON h.id = sen.home_unit(b.id)"                                \
	"  AND starts_with(h.path, current_setting('sen.import_within', true))),"                                                    \
	" gone AS (SELECT h.* FROM held h WHERE NOT EXISTS (SELECT FROM unnest($1::text[]) AS f (code) WHERE f.code = h.employee_code))"

DB_QUERY(import_vanished_q, DB_READ,
         VANISHED " SELECT g.employee_code, jsonb_build_object('full_name', g.full_name, 'login', g.login), (SELECT count(*) FROM held)"
                  " FROM (SELECT 1) one LEFT JOIN gone g ON true ORDER BY 1");
DB_QUERY(import_vanish_q, DB_WRITE,
         VANISHED ", who AS MATERIALIZED (SELECT p.id, gen_random_uuid() AS movement FROM sen.person p"
                  "  WHERE p.employee_code IN (SELECT employee_code FROM gone) AND sen.person_state(p.id) IN ('working', 'on_leave')"
                  "  AND NOT EXISTS (SELECT FROM sen.vanished v WHERE v.person_id = p.id AND v.decision IS NULL)),"
                  " own AS MATERIALIZED (SELECT w.id AS person_id, w.movement, a.id, a.login, a.status FROM who w JOIN sen.account a ON a.person_id = w.id"
                  "  AND a.kind IN ('operational', 'administrator') AND a.status <> 'archived'),"
                  " moved AS (INSERT INTO sen.movement (person_id, id, kind, effective_at, reason, consequences, drawn_by)"
                  "  SELECT w.id, w.movement, 'vanish', now(), left('Không còn trong dữ liệu nhân sự: ' || $3, 300),"
                  "   coalesce((SELECT jsonb_agg(jsonb_build_object('act', 'stop_add', 'what', o.login, 'id', NULL, 'status', NULL, 'at_once', true,"
                  "    'on', sen.today()) ORDER BY o.login) FROM own o WHERE o.person_id = w.id), '[]'), $2::uuid FROM who w),"
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
	for (size_t i = 0; i < rows.n && watch; i++) {
		watch->n_base = (size_t)db_i64(&rows, i, 2);
		if (db_is_null(&rows, i, 0))
			continue;
		watch->n_vanished++;
		if (watch->wants_changes)
			import_add_change(watch, &(struct import_change){
				.what = "account", .action = "vanish", .key = db_str(&rows, i, 0), .before = db_str(&rows, i, 1) });
	}
	return job->request->dry_run ? 0 : suspend(job, codes);
}
