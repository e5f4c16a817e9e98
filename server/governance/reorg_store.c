#include "server/governance/reorg_store.h"

#include "common/base/random.h"

#define REORG_SELECT                                                                                                    \
	"SELECT r.id, r.title, r.decision_no, r.decision_on, r.effective_on, sen.iso(r.execute_at), r.steps, r.state, r.version," \
	" a.login, sen.iso(r.drawn_up_at), e.login, p.login, sen.iso(r.planned_at), b.login, sen.iso(r.approved_at), r.plan_hash," \
	" r.base, r.n_blocking, r.n_ops, r.done_n, sen.iso(r.started_at), sen.iso(r.ended_at), r.report, r.drawn_up_by, r.edited_by," \
	" r.planned_by, r.effective_on - DATE '1970-01-01', floor(extract(epoch FROM r.execute_at))::bigint"                 \
	" FROM sen.reorganisation r JOIN sen.account a ON a.id = r.drawn_up_by JOIN sen.account e ON e.id = r.edited_by"     \
	" LEFT JOIN sen.account p ON p.id = r.planned_by LEFT JOIN sen.account b ON b.id = r.approved_by"

DB_QUERY(reorg_add_q, DB_WRITE,
         "INSERT INTO sen.reorganisation (id, title, decision_no, decision_on, effective_on, execute_at, steps, drawn_up_by, edited_by)"
         " VALUES ($1::uuid, $2, $3, $4::date, coalesce($5::date, ($6::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh')::date), $6::timestamptz,"
         " $7::jsonb, $8::uuid, $8::uuid)");
DB_QUERY(reorg_edit_q, DB_WRITE,
         "UPDATE sen.reorganisation SET title = $3, decision_no = $4, decision_on = $5::date, execute_at = $7::timestamptz,"
         " effective_on = coalesce($6::date, ($7::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh')::date), steps = $8::jsonb, edited_by = $9::uuid,"
         " state = 'draft', version = version + 1, planned_by = NULL, planned_at = NULL, plan_hash = NULL, base = NULL, n_blocking = 0,"
         " people_from = 0, people_to = 0, n_ops = 0, done_n = 0, approved_by = NULL, approved_at = NULL"
         " WHERE id = $1::uuid AND version = $2::bigint AND state IN ('draft', 'planned', 'stale')"
         " AND sen.reorganisation_within($9::uuid, 'organise', id) RETURNING id");
DB_QUERY(reorg_roots_delete_q, DB_WRITE, "DELETE FROM sen.reorganisation_root WHERE reorganisation_id = $1::uuid");
/* $2: with what is below, $3: alone, $4: whose parents give or get something. */
DB_QUERY(reorg_roots_add_q, DB_WRITE,
         "INSERT INTO sen.reorganisation_root (reorganisation_id, unit_id, whole)"
         " SELECT $1::uuid, id, bool_or(whole) FROM ("
         "  SELECT u.id, true AS whole FROM sen.unit u WHERE u.code = ANY ($2::text[])"
         "  UNION ALL SELECT u.id, false FROM sen.unit u WHERE u.code = ANY ($3::text[])"
         "  UNION ALL SELECT u.parent_id, false FROM sen.unit u WHERE u.code = ANY ($4::text[]) AND u.parent_id IS NOT NULL"
         " ) t GROUP BY id RETURNING unit_id");
DB_QUERY(reorg_within_q, DB_READ, "SELECT sen.reorganisation_within($1::uuid, $2, $3::uuid)");
DB_QUERY(reorg_get_q, DB_READ, REORG_SELECT " WHERE r.id = $1::uuid AND sen.reorganisation_is_visible($2::uuid, r.id)");
DB_QUERY(reorg_list_q, DB_READ,
         REORG_SELECT " WHERE ($2::text IS NULL OR r.state = $2) AND ($3::text IS NULL OR (r.drawn_up_at, r.id) <"
                      " ((SELECT c.drawn_up_at FROM sen.reorganisation c WHERE c.id = $4::uuid), $4::uuid))"
                      " AND sen.reorganisation_is_visible($1::uuid, r.id) ORDER BY r.drawn_up_at DESC, r.id DESC LIMIT $5::bigint");
DB_QUERY(reorg_base_q, DB_READ, "SELECT sen.reorganisation_base($1::uuid, $2::date)");
DB_QUERY(reorg_set_plan_q, DB_WRITE,
         "UPDATE sen.reorganisation SET state = 'planned', version = version + 1, planned_by = $3::uuid, planned_at = now(), plan_hash = $4,"
         " base = $5, n_blocking = $6::integer, people_from = $7::integer, people_to = $8::integer, n_ops = $9::integer, done_n = 0,"
         " approved_by = NULL, approved_at = NULL"
         " WHERE id = $1::uuid AND version = $2::bigint AND state IN ('draft', 'planned', 'stale')"
         " AND sen.reorganisation_within($3::uuid, 'organise', id) RETURNING id");
DB_QUERY(reorg_approve_q, DB_WRITE,
         "UPDATE sen.reorganisation r SET state = 'approved', version = version + 1, approved_by = $4::uuid, approved_at = now()"
         " WHERE r.id = $1::uuid AND r.version = $2::bigint AND r.state = 'planned' AND r.plan_hash = $3 AND r.n_blocking = 0"
         " AND $4::uuid NOT IN (r.drawn_up_by, r.edited_by, r.planned_by)"
         " AND sen.reorganisation_within($4::uuid, 'organise', r.id) AND sen.reorganisation_within($4::uuid, 'approve', r.id)"
         " AND NOT EXISTS (SELECT FROM sen.reorganisation_op o WHERE o.reorganisation_id = r.id AND o.n > r.people_to"
         "  AND o.account_id = $4::uuid AND o.further) RETURNING r.id");
DB_QUERY(reorg_mark_stale_q, DB_WRITE,
         "UPDATE sen.reorganisation SET state = 'stale', version = version + 1 WHERE id = $1::uuid AND version = $2::bigint AND state = 'planned'");
DB_QUERY(reorg_withdraw_q, DB_WRITE,
         "UPDATE sen.reorganisation SET state = CASE WHEN state = 'approved' THEN 'planned' ELSE 'withdrawn' END, version = version + 1,"
         " approved_by = NULL, approved_at = NULL"
         " WHERE id = $1::uuid AND version = $2::bigint AND state IN ('draft', 'planned', 'stale', 'approved')"
         " AND sen.reorganisation_within($3::uuid, 'organise', id) RETURNING id");
DB_QUERY(reorg_profits_q, DB_READ,
         "SELECT EXISTS (SELECT FROM sen.reorganisation_op o JOIN sen.reorganisation r ON r.id = o.reorganisation_id AND o.n > r.people_to"
         " WHERE o.reorganisation_id = $1::uuid AND o.account_id = $2::uuid AND o.further)");

static struct reorg from_row(const struct db_rows *rows, size_t i)
{
	return (struct reorg){
		.id = db_str(rows, i, 0),
		.title = db_str(rows, i, 1),
		.decision_no = db_str(rows, i, 2),
		.decision_on = db_str(rows, i, 3),
		.effective_on = db_str(rows, i, 4),
		.execute_at = db_str(rows, i, 5),
		.steps = db_str(rows, i, 6),
		.state = db_str(rows, i, 7),
		.version = db_i64(rows, i, 8),
		.drawn_up_by = db_str(rows, i, 9),
		.drawn_up_at = db_str(rows, i, 10),
		.edited_by = db_str(rows, i, 11),
		.planned_by = db_str(rows, i, 12),
		.planned_at = db_str(rows, i, 13),
		.approved_by = db_str(rows, i, 14),
		.approved_at = db_str(rows, i, 15),
		.plan_hash = db_str(rows, i, 16),
		.base = db_str(rows, i, 17),
		.n_blocking = db_i64(rows, i, 18),
		.n_ops = db_i64(rows, i, 19),
		.done_n = db_i64(rows, i, 20),
		.started_at = db_str(rows, i, 21),
		.ended_at = db_str(rows, i, 22),
		.report = db_str(rows, i, 23),
		.drawn_up_id = db_str(rows, i, 24),
		.edited_id = db_str(rows, i, 25),
		.planned_id = db_str(rows, i, 26),
		.effective_day = db_i64(rows, i, 27),
		.execute_at_s = db_i64(rows, i, 28),
	};
}

/* ---- the units that the steps name ---- */

struct codes {
	struct arena *arena;
	struct str *p;
	size_t n, max;
};

static void add_code(struct codes *c, struct str code)
{
	size_t old = c->max;

	if (c->n == old) {
		c->max = old > 0 ? 2 * old : 32;
		c->p = arena_grow(c->arena, c->p, old * sizeof(*c->p), c->max * sizeof(*c->p));
	}
	c->p[c->n++] = code;
}

static int set_roots(struct op *op, struct str id, const struct reorg_steps *steps, struct str actor)
{
	struct codes whole = { .arena = op->arena }, alone = whole, children = whole;
	struct db_rows rows;
	int r;

	for (size_t i = 0; i < steps->n; i++) {
		const struct reorg_step *s = &steps->p[i];

		for (size_t k = 0; k < s->n_from; k++) {
			add_code(&whole, s->from[k]);
			if (s->kind != REORG_RENAME)
				add_code(&children, s->from[k]);
		}
		for (size_t k = 0; k < s->n_into; k++) {
			add_code(&whole, s->into[k].code);
			if (!str_is_null(s->into[k].parent))
				add_code(&alone, s->into[k].parent);
		}
		for (size_t k = 0; k < s->n_divisions; k++)
			add_code(&whole, s->divisions[k].who);
		for (size_t k = 0; k < s->n_persons; k++)
			add_code(&alone, s->persons[k].code);
		if (!str_is_null(s->parent))
			add_code(&alone, s->parent);
	}
	r = db_run(op, &reorg_roots_delete_q, &rows, P_STR(id));
	if (r == 0)
		r = db_run(op, &reorg_roots_add_q, &rows, P_STR(id), P_STR(db_array(op->arena, whole.p, whole.n)),
		           P_STR(db_array(op->arena, alone.p, alone.n)), P_STR(db_array(op->arena, children.p, children.n)));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_UNIT, "none of the units is there");
	r = db_run(op, &reorg_within_q, &rows, P_STR(actor), P_C("organise"), P_STR(id));
	if (r < 0)
		return r;
	return db_bool(&rows, 0, 0) ? 0 : op_fail(op, ERR_OUT_OF_SCOPE, "a unit of the reorganisation is not within your scope");
}

/* ---- changes ---- */

int reorg_add(struct op *op, const struct reorg_draft *draft, struct str actor, struct str *ret_id)
{
	char uuid[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	random_uuid(uuid);
	*ret_id = arena_dup_c(op->arena, uuid);
	r = db_run(op, &reorg_add_q, &rows, P_STR(*ret_id), P_STR(draft->title), P_STR(draft->decision_no), P_STR(draft->decision_on),
	           P_STR(draft->effective_on), P_STR(draft->execute_at), P_STR(draft->steps_json), P_STR(actor));
	return r < 0 ? r : set_roots(op, *ret_id, draft->steps, actor);
}

int reorg_edit(struct op *op, const struct reorg *reorg, const struct reorg_draft *draft, struct str actor, bool *ret_changed)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_edit_q, &rows, P_STR(reorg->id), P_I64(reorg->version), P_STR(draft->title), P_STR(draft->decision_no),
	               P_STR(draft->decision_on), P_STR(draft->effective_on), P_STR(draft->execute_at), P_STR(draft->steps_json), P_STR(actor));

	if (r < 0)
		return r;
	*ret_changed = rows.n == 1;
	if (rows.n == 0)
		return 0;
	r = reorg_ops_delete(op, reorg->id);
	return r < 0 ? r : set_roots(op, reorg->id, draft->steps, actor);
}

int reorg_get(struct op *op, struct str id, struct str viewer, struct reorg *ret)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_get_q, &rows, P_STR(id), P_STR(viewer));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such reorganisation");
	*ret = from_row(&rows, 0);
	return 0;
}

int reorg_list(struct op *op, struct str viewer, struct str state, const struct str after[2], size_t limit, const struct reorg **ret, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_list_q, &rows, P_STR(viewer), P_STR(state), P_STR(after[0]), P_STR(after[1]), P_I64((int64_t)limit));
	struct reorg *all;

	if (r < 0)
		return r;
	all = ARENA_ARRAY(op->arena, struct reorg, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		all[i] = from_row(&rows, i);
	*ret = all;
	*ret_n = rows.n;
	return 0;
}

int reorg_base(struct op *op, const struct reorg *reorg, struct str *ret_base)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_base_q, &rows, P_STR(reorg->id), P_STR(reorg->effective_on));

	if (r == 0)
		*ret_base = db_str(&rows, 0, 0);
	return r;
}

static int run_change(int r, const struct db_rows *rows, bool *ret_changed)
{
	if (r == 0)
		*ret_changed = rows->n == 1;
	return r;
}

int reorg_set_plan(struct op *op, const struct reorg *reorg, const struct reorg_plan *plan, struct str base, struct str actor, bool *ret_changed)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_set_plan_q, &rows, P_STR(reorg->id), P_I64(reorg->version), P_STR(actor), P_STR(reorg_plan_hash(op->arena, plan)),
	               P_STR(base), P_I64((int64_t)plan->n_blocking), P_I64((int64_t)plan->people_from), P_I64((int64_t)plan->people_to),
	               P_I64((int64_t)plan->n_ops));

	r = run_change(r, &rows, ret_changed);
	if (r < 0 || !*ret_changed)
		return r;
	r = reorg_ops_delete(op, reorg->id);
	return r < 0 ? r : reorg_ops_write(op, reorg->id, plan);
}

int reorg_approve(struct op *op, const struct reorg *reorg, struct str plan_hash, struct str actor, bool *ret_changed)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_approve_q, &rows, P_STR(reorg->id), P_I64(reorg->version), P_STR(plan_hash), P_STR(actor));

	return run_change(r, &rows, ret_changed);
}

int reorg_mark_stale(struct op *op, const struct reorg *reorg)
{
	struct db_rows rows;

	return db_run(op, &reorg_mark_stale_q, &rows, P_STR(reorg->id), P_I64(reorg->version));
}

int reorg_withdraw(struct op *op, const struct reorg *reorg, struct str actor, bool *ret_changed)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_withdraw_q, &rows, P_STR(reorg->id), P_I64(reorg->version), P_STR(actor));

	return run_change(r, &rows, ret_changed);
}

int reorg_profits(struct op *op, struct str id, struct str actor, bool *ret_profits)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_profits_q, &rows, P_STR(id), P_STR(actor));

	if (r == 0)
		*ret_profits = db_bool(&rows, 0, 0);
	return r;
}

bool reorg_may_be_edited(struct str state)
{
	return str_equal(state, STR("draft")) || str_equal(state, STR("planned")) || str_equal(state, STR("stale"));
}
