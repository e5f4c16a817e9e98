#include "server/governance/import_run_store.h"

#include "common/base/random.h"
#include "common/db/columns.h"

#define RUN_SELECT                                                                                                      \
	"SELECT r.id, r.kind, r.name, u.code, r.state, r.sha256, r.report, r.error, c.login, sen.iso(r.created_at), p.login, e.login," \
	" sen.iso(r.finished_at), r.complete, r.n_vanished, r.n_base, r.done_rows, r.total_rows, r.version"                 \
	" FROM sen.import_run r JOIN sen.unit u ON u.id = r.unit_id JOIN sen.account c ON c.id = r.created_by"              \
	" LEFT JOIN sen.account p ON p.id = r.applied_by LEFT JOIN sen.account e ON e.id = r.released_by"                   \
	" WHERE sen.scope_covers($1::uuid, 'import', u.path, NULL)"
/* Which run a step is about: $1 actor, $2 id, $3 version. */
#define RUN_STEP                                                                                                        \
	" FROM sen.unit u WHERE r.id = $2::uuid AND r.version = $3::bigint AND u.id = r.unit_id"                            \
	" AND sen.scope_covers($1::uuid, 'import', u.path, NULL)"

DB_QUERY(imports_add_q, DB_WRITE,
         "INSERT INTO sen.import_run (id, kind, name, unit_id, complete, created_by)"
         " SELECT $2::uuid, $3, $4, u.id, $6::boolean, $1::uuid FROM sen.unit u WHERE u.code = $5"
         " AND sen.scope_covers($1::uuid, 'import', u.path, NULL)"
         " AND (u.parent_id IS NULL OR $3 IN ('persons', 'posts', 'grants')) RETURNING id");
DB_QUERY(imports_get_q, DB_READ, RUN_SELECT " AND r.id = $2::uuid");
DB_QUERY(imports_list_q, DB_READ,
         RUN_SELECT " AND ($2::timestamptz IS NULL OR (r.created_at, r.id) < ($2::timestamptz, $3::uuid))"
                    " ORDER BY r.created_at DESC, r.id DESC LIMIT $4::bigint");
DB_QUERY(imports_part_put_q, DB_WRITE,
         "INSERT INTO sen.import_part (import_id, n, sealed) SELECT r.id, $3::smallint, $4 FROM sen.import_run r"
         " WHERE r.id = $2::uuid AND r.created_by = $1::uuid AND r.state = 'uploading' FOR SHARE"
         " ON CONFLICT (import_id, n) DO UPDATE SET sealed = excluded.sealed RETURNING n");
DB_QUERY(imports_parts_q, DB_READ, "SELECT sealed FROM sen.import_part WHERE import_id = $1::uuid ORDER BY n");
DB_QUERY(imports_check_q, DB_WRITE,
         "UPDATE sen.import_run r SET state = 'checking', sha256 = $4, claimed_until = NULL, version = r.version + 1" RUN_STEP
         " AND r.state = 'uploading' AND r.created_by = $1::uuid RETURNING r.state");
DB_QUERY(imports_apply_q, DB_WRITE,
         "UPDATE sen.import_run r SET state = CASE WHEN r.n_vanished > (SELECT g.vanished_max_n FROM sen.personnel_policy g)"
         "   OR r.n_vanished::bigint * 100 > r.n_base::bigint * (SELECT g.vanished_max_percent FROM sen.personnel_policy g)"
         "  THEN 'held' ELSE 'applying' END, applied_by = $1::uuid, claimed_until = NULL, done_rows = 0, error = NULL, version = r.version + 1" RUN_STEP
         " AND r.state = 'ready' RETURNING r.state");
DB_QUERY(imports_release_q, DB_WRITE,
         "UPDATE sen.import_run r SET state = 'applying', released_by = $1::uuid, claimed_until = NULL, done_rows = 0, version = r.version + 1" RUN_STEP
         " AND r.state = 'held' AND NOT sen.same_person(r.created_by, $1::uuid) AND NOT sen.same_person(r.applied_by, $1::uuid) RETURNING r.state");
DB_QUERY(imports_cancel_q, DB_WRITE,
         "WITH done AS (UPDATE sen.import_run r SET state = 'cancelled', finished_at = now(), claim = NULL, version = r.version + 1" RUN_STEP
         " AND r.state IN ('uploading', 'checking', 'refused', 'ready', 'held') RETURNING r.id, r.state),"
         " gone AS (DELETE FROM sen.import_part WHERE import_id IN (SELECT id FROM done)) SELECT state FROM done");
DB_QUERY(imports_rows_q, DB_READ,
         "SELECT n, line, what, key, action, before, after FROM sen.import_row WHERE import_id = $1::uuid AND ($2::text IS NULL OR action = $2)"
         " AND n > coalesce($3::integer, -1) ORDER BY n LIMIT $4::bigint");
#define TASK \
	"r.id, r.kind, r.state, u.path, r.sha256, a.id, a.person_id, a.login, r.complete, sen.scope_covers(a.id, 'import', u.path, NULL), r.released_by IS NOT NULL," \
	" r.changes_sha256"
DB_QUERY(imports_next_q, DB_WRITE,
         "UPDATE sen.import_run r SET claim = $1::uuid, claimed_until = now() + interval '60 s' FROM sen.unit u, sen.account a"
         " WHERE r.id = (SELECT id FROM sen.import_run WHERE state IN ('checking', 'applying') AND (claimed_until IS NULL OR claimed_until < now())"
         "  ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
         " AND u.id = r.unit_id AND a.id = CASE r.state WHEN 'checking' THEN r.created_by ELSE r.applied_by END"
         " RETURNING " TASK);
DB_QUERY(imports_task_q, DB_WRITE,
         "SELECT " TASK " FROM sen.import_run r JOIN sen.unit u ON u.id = r.unit_id JOIN sen.account a ON a.id = r.applied_by WHERE r.id = $1::uuid AND r.state = 'applying'");
DB_QUERY(imports_progress_q, DB_WRITE,
         "UPDATE sen.import_run SET done_rows = $3::integer, total_rows = $4::integer, claimed_until = now() + interval '60 s'"
         " WHERE id = $1::uuid AND claim = $2::uuid");
DB_QUERY(imports_end_q, DB_WRITE,
         "WITH done AS (UPDATE sen.import_run SET state = $3, changes_sha256 = $8, report = $4::jsonb, n_vanished = $5::integer, n_base = $6::integer,"
         "  total_rows = $7::integer, done_rows = CASE WHEN $3 = 'applied' THEN $7::integer ELSE 0 END, claim = NULL, error = NULL,"
         "  finished_at = CASE WHEN $3 IN ('applied', 'refused') THEN now() END, version = version + 1"
         "  WHERE id = $1::uuid AND claim = $2::uuid AND state IN ('checking', 'applying') RETURNING id, state),"
         " gone AS (DELETE FROM sen.import_part WHERE import_id IN (SELECT id FROM done WHERE state IN ('applied', 'refused')))"
         " SELECT state FROM done");
/* Looked at again, it is applied again, and guarded. */
DB_QUERY(imports_recheck_q, DB_WRITE,
         "UPDATE sen.import_run SET state = 'checking', applied_by = NULL, released_by = NULL, claim = NULL, claimed_until = NULL, done_rows = 0,"
         " version = version + 1 WHERE id = $1::uuid AND claim = $2::uuid AND state = 'applying'");
DB_QUERY(imports_again_q, DB_WRITE,
         "UPDATE sen.import_run SET claim = NULL, claimed_until = now() + interval '5 s', error = $3 WHERE id = $1::uuid AND claim = $2::uuid");
DB_QUERY(imports_rows_forget_q, DB_WRITE, "DELETE FROM sen.import_row WHERE import_id = $1::uuid");
DB_QUERY(imports_rows_add_q, DB_WRITE,
         "INSERT INTO sen.import_row (import_id, n, line, what, key, action, before, after)"
         " SELECT $1::uuid, t.n, t.line, t.what, t.key, t.action, t.before::jsonb, t.after::jsonb"
         " FROM unnest($2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])"
         " AS t (n, line, what, key, action, before, after)");
DB_QUERY(imports_sweep_q, DB_WRITE,
         "WITH old AS (SELECT id FROM sen.import_run WHERE created_at < now() - interval '30 days' AND state NOT IN ('checking', 'applying')"
         "  ORDER BY created_at LIMIT 5),"
         " parts AS (DELETE FROM sen.import_part WHERE import_id IN (SELECT id FROM old))"
         " DELETE FROM sen.import_row WHERE import_id IN (SELECT id FROM old)");

static struct import_row row_of(const struct db_rows *rows, size_t i)
{
	return (struct import_row){
		.id = db_str(rows, i, 0),
		.kind = db_str(rows, i, 1),
		.name = db_str(rows, i, 2),
		.unit = db_str(rows, i, 3),
		.state = db_str(rows, i, 4),
		.sha256 = db_str(rows, i, 5),
		.report = db_str(rows, i, 6),
		.error = db_str(rows, i, 7),
		.created_by = db_str(rows, i, 8),
		.created_at = db_str(rows, i, 9),
		.applied_by = db_str(rows, i, 10),
		.released_by = db_str(rows, i, 11),
		.finished_at = db_str(rows, i, 12),
		.complete = db_bool(rows, i, 13),
		.n_vanished = db_i64(rows, i, 14),
		.n_base = db_i64(rows, i, 15),
		.done_rows = db_i64(rows, i, 16),
		.total_rows = db_i64(rows, i, 17),
		.version = db_i64(rows, i, 18),
	};
}

int import_run_add(struct op *op, struct str actor, const struct import_new *new, struct str *ret_id)
{
	char id[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	random_uuid(id);
	r = db_run(op, &imports_add_q, &rows, P_STR(actor), P_C(id), P_STR(new->kind), P_STR(new->name), P_STR(new->unit), P_BOOL(new->complete));
	if (r < 0)
		return r;
	*ret_id = arena_dup_c(op->arena, id);
	return rows.n == 1 ? 0 : op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope of import; only the root takes this kind");
}

int import_run_get(struct op *op, struct str actor, struct str id, struct import_row *ret_row)
{
	struct db_rows rows;
	int r = db_run(op, &imports_get_q, &rows, P_STR(actor), P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such import");
	*ret_row = row_of(&rows, 0);
	return 0;
}

int import_run_list(struct op *op, struct str actor, const struct str after[2], size_t limit, const struct import_row **ret_rows, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &imports_list_q, &rows, P_STR(actor), P_STR(after[0]), P_STR(after[1]), P_I64((int64_t)limit + 1));

	if (r < 0)
		return r;
	struct import_row *list = ARENA_ARRAY(op->arena, struct import_row, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		list[i] = row_of(&rows, i);
	*ret_rows = list;
	*ret_n = rows.n;
	return 0;
}

int import_part_put(struct op *op, struct str actor, struct str id, int64_t n, struct str sealed, bool *ret_done)
{
	struct db_rows rows;
	int r = db_run(op, &imports_part_put_q, &rows, P_STR(actor), P_STR(id), P_I64(n), P_STR(sealed));

	*ret_done = r == 0 && rows.n == 1;
	return r;
}

int import_parts(struct op *op, struct str id, const struct str **ret_sealed, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &imports_parts_q, &rows, P_STR(id));

	if (r < 0)
		return r;
	struct str *sealed = ARENA_ARRAY(op->arena, struct str, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		sealed[i] = db_str(&rows, i, 0);
	*ret_sealed = sealed;
	*ret_n = rows.n;
	return 0;
}

int import_step_check(struct op *op, const struct import_step *step, struct str sha256, bool *ret_done)
{
	struct db_rows rows;
	int r = db_run(op, &imports_check_q, &rows, P_STR(step->actor), P_STR(step->id), P_I64(step->version), P_STR(sha256));

	*ret_done = r == 0 && rows.n == 1;
	return r;
}

int import_step_apply(struct op *op, const struct import_step *step, bool *ret_done)
{
	struct db_rows rows;
	int r = db_run(op, &imports_apply_q, &rows, P_STR(step->actor), P_STR(step->id), P_I64(step->version));

	*ret_done = r == 0 && rows.n == 1;
	return r;
}

int import_step_release(struct op *op, const struct import_step *step, bool *ret_done)
{
	struct db_rows rows;
	int r = db_run(op, &imports_release_q, &rows, P_STR(step->actor), P_STR(step->id), P_I64(step->version));

	*ret_done = r == 0 && rows.n == 1;
	return r;
}

int import_step_cancel(struct op *op, const struct import_step *step, bool *ret_done)
{
	struct db_rows rows;
	int r = db_run(op, &imports_cancel_q, &rows, P_STR(step->actor), P_STR(step->id), P_I64(step->version));

	*ret_done = r == 0 && rows.n == 1;
	return r;
}

int import_preview_list(struct op *op, struct str id, struct str action, struct str after_n, size_t limit, const struct import_preview_row **ret_rows,
                        size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &imports_rows_q, &rows, P_STR(id), P_STR(action), P_STR(after_n), P_I64((int64_t)limit + 1));

	if (r < 0)
		return r;
	struct import_preview_row *list = ARENA_ARRAY(op->arena, struct import_preview_row, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		list[i] = (struct import_preview_row){
			.n = db_str(&rows, i, 0),
			.line = db_str(&rows, i, 1),
			.what = db_str(&rows, i, 2),
			.key = db_str(&rows, i, 3),
			.action = db_str(&rows, i, 4),
			.before = db_str(&rows, i, 5),
			.after = db_str(&rows, i, 6),
		};
	*ret_rows = list;
	*ret_n = rows.n;
	return 0;
}

static struct import_task task_of(const struct db_rows *rows, struct str claim)
{
	return (struct import_task){
		.claim = claim,
		.id = db_str(rows, 0, 0),
		.kind = db_str(rows, 0, 1),
		.state = db_str(rows, 0, 2),
		.path = db_str(rows, 0, 3),
		.sha256 = db_str(rows, 0, 4),
		.actor = db_str(rows, 0, 5),
		.person_id = db_str(rows, 0, 6),
		.login = db_str(rows, 0, 7),
		.complete = db_bool(rows, 0, 8),
		.in_scope = db_bool(rows, 0, 9),
		.released = db_bool(rows, 0, 10),
		.changes_sha256 = db_str(rows, 0, 11),
	};
}

int import_task_of(struct op *op, struct str id, struct import_task *ret_task, bool *ret_found)
{
	struct db_rows rows;
	int r = db_run(op, &imports_task_q, &rows, P_STR(id));

	*ret_found = r == 0 && rows.n == 1;
	if (*ret_found)
		*ret_task = task_of(&rows, STR_NULL);
	return r;
}

int import_task_next(struct op *op, struct import_task *ret_task, bool *ret_found)
{
	char claim[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	random_uuid(claim);
	r = db_run(op, &imports_next_q, &rows, P_C(claim));
	*ret_found = r == 0 && rows.n == 1;
	if (!*ret_found)
		return r;
	*ret_task = task_of(&rows, arena_dup_c(op->arena, claim));
	return 0;
}

int import_task_progress(struct op *op, const struct import_task *task, size_t done, size_t total)
{
	struct db_rows rows;

	return db_run(op, &imports_progress_q, &rows, P_STR(task->id), P_STR(task->claim), P_I64((int64_t)done), P_I64((int64_t)total));
}

int import_task_end(struct op *op, const struct import_task *task, const struct import_outcome *outcome, bool *ret_done)
{
	struct db_rows rows;
	int r = db_run(op, &imports_end_q, &rows, P_STR(task->id), P_STR(task->claim), P_C(outcome->state), P_STR(outcome->report),
	               P_I64((int64_t)outcome->n_vanished), P_I64((int64_t)outcome->n_base), P_I64((int64_t)outcome->n_rows), P_STR(outcome->changes_sha256));

	*ret_done = r == 0 && rows.n == 1;
	return r;
}

int import_task_recheck(struct op *op, const struct import_task *task)
{
	struct db_rows rows;

	return db_run(op, &imports_recheck_q, &rows, P_STR(task->id), P_STR(task->claim));
}

int import_task_again(struct op *op, const struct import_task *task, struct str error)
{
	struct db_rows rows;

	return db_run(op, &imports_again_q, &rows, P_STR(task->id), P_STR(task->claim), P_STR(error));
}

int import_changes_store(struct op *op, struct str id, const struct import_change *changes, size_t from, size_t n)
{
	struct columns c = columns_new(op->arena, n, 7);
	struct db_rows rows;

	if (from == 0) {
		int r = db_run(op, &imports_rows_forget_q, &rows, P_STR(id));

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n; i++) {
		const struct import_change *change = &changes[from + i];

		columns_int(&c, 0, i, (int64_t)(from + i));
		columns_int(&c, 1, i, change->line);
		columns_text(&c, 2, i, str_c(change->what));
		columns_text(&c, 3, i, change->key);
		columns_text(&c, 4, i, str_c(change->action));
		columns_text(&c, 5, i, change->before);
		columns_text(&c, 6, i, change->after);
	}
	return db_run(op, &imports_rows_add_q, &rows, P_STR(id), columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2),
	              columns_param(&c, 3), columns_param(&c, 4), columns_param(&c, 5), columns_param(&c, 6));
}

int import_sweep(struct op *op)
{
	struct db_rows rows;

	return db_run(op, &imports_sweep_q, &rows);
}
