#include "server/governance/rollout.h"

#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/catalogue_common.h"

/* $1 actor; p, u */
#define MAY_WRITE \
	"(sen.catalogue_covers($1::uuid, 'catalogue', p.managing_unit_id, p.id) OR sen.scope_covers($1::uuid, 'catalogue', u.path, p.id))"
/* $4 state, $6 and $7 when it began and was done: a unit is served by what may be deployed, and not before it happens. */
#define DEPLOYABLE "($4 NOT IN ('in_progress', 'done') OR p.state IN ('deploying', 'operating', 'reviewing'))"
#define HAPPENED "coalesce(greatest($6::date, $7::date) <= sen.today(), true)"
/* From the scopes to the units, by ranges of the index on paths: a path ends in a dot, and '/' comes after it. */
#define SEES_UNIT                                                                                                    \
	"u.id IN (SELECT v.id FROM sen.live_scope s CROSS JOIN LATERAL (SELECT w.id FROM sen.unit w WHERE w.path ~>=~ s.path" \
	" AND w.path ~<~ (rtrim(s.path, '.') || '/') OFFSET 0) v WHERE s.account_id = $1::uuid AND 'read' = ANY (s.rights))"
/* Of one unit: by those on its way to the root. */
#define SEES_THIS_UNIT                                                                                               \
	"EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = $1::uuid AND 'read' = ANY (s.rights)"                 \
	" AND s.unit_id = ANY (string_to_array(rtrim(u.path, '.'), '.')::integer[]))"
#define COUNTS                                                                                                       \
	"'targets', count(*) FILTER (WHERE c.state IS DISTINCT FROM 'not_applicable'), 'done', count(*) FILTER (WHERE c.state = 'done')," \
	" 'in_progress', count(*) FILTER (WHERE c.state = 'in_progress'), 'planned', count(*) FILTER (WHERE c.state = 'planned')," \
	" 'none', count(*) FILTER (WHERE c.state IS NULL), 'not_applicable', count(*) FILTER (WHERE c.state = 'not_applicable')," \
	" 'late', count(*) FILTER (WHERE c.planned_on < sen.today() AND c.state IN ('planned', 'in_progress')),"        \
	" 'percent', round(100.0 * count(*) FILTER (WHERE c.state = 'done')"                                            \
	" / nullif(count(*) FILTER (WHERE c.state IS DISTINCT FROM 'not_applicable'), 0), 1)"
#define CELL_JSON                                                                                                    \
	"'state', coalesce(c.state, 'none'), 'planned_on', c.planned_on, 'started_on', c.started_on, 'done_on', c.done_on," \
	" 'late', coalesce(c.planned_on < sen.today() AND c.state IN ('planned', 'in_progress'), false), 'note', coalesce(c.note, ''), 'version', c.version"

DB_QUERY(rollout_may_q, DB_READ,
         "SELECT " MAY_WRITE ", p.state, " DEPLOYABLE ", " HAPPENED ", coalesce((SELECT r.version FROM sen.platform_rollout r"
         "  WHERE r.platform_id = p.id AND r.unit_id = u.id), 0) = $5::bigint"
         " FROM sen.platform p, sen.unit u WHERE p.id = $2::smallint AND u.id = $3::integer");
DB_QUERY(rollout_add_q, DB_WRITE,
         "INSERT INTO sen.platform_rollout (platform_id, unit_id, state, planned_on, started_on, done_on, note, changed_by)"
         " SELECT p.id, u.id, $4, $5::date, $6::date, $7::date, coalesce($8, ''), $1::uuid FROM sen.platform p, sen.unit u"
         " WHERE p.id = $2::smallint AND u.id = $3::integer AND " MAY_WRITE " AND " DEPLOYABLE " AND " HAPPENED
         " ON CONFLICT DO NOTHING RETURNING version");
DB_QUERY(rollout_set_q, DB_WRITE,
         "UPDATE sen.platform_rollout r SET state = $4, planned_on = $5::date, started_on = $6::date, done_on = $7::date, note = coalesce($8, ''),"
         " changed_by = $1::uuid, changed_at = now() FROM sen.platform p, sen.unit u WHERE r.platform_id = $2::smallint AND r.unit_id = $3::integer"
         " AND r.version = $9::bigint AND p.id = r.platform_id AND u.id = r.unit_id AND " MAY_WRITE " AND " DEPLOYABLE " AND " HAPPENED " RETURNING r.version");
DB_QUERY(rollout_plan_q, DB_WRITE,
         "INSERT INTO sen.platform_rollout (platform_id, unit_id, state, planned_on, changed_by)"
         " SELECT p.id, u.id, 'planned', $4::date, $1::uuid FROM sen.platform p LEFT JOIN sen.unit m ON m.id = p.managing_unit_id, sen.unit u"
         " WHERE p.id = $2::smallint AND u.kind = $3 AND u.valid_from <= sen.today() AND (u.valid_to IS NULL OR u.valid_to > sen.today())"
         " AND (m.id IS NULL OR split_part(m.path, '.', 1) = split_part(u.path, '.', 1))"
         " AND sen.catalogue_covers($1::uuid, 'catalogue', p.managing_unit_id, p.id) ON CONFLICT DO NOTHING RETURNING 1");
DB_QUERY(rollout_of_platform_q, DB_READ,
         "SELECT json_build_object('unit', u.code, 'unit_name', u.name, " CELL_JSON ")::text"
         " FROM sen.rollout_cell c JOIN sen.unit u ON u.id = c.unit_id WHERE c.platform_id = $2::smallint AND ($3::boolean OR " SEES_UNIT ")"
         " AND ($4::text IS NULL OR coalesce(c.state, 'none') = $4) AND ($5::text IS NULL OR u.code > $5) ORDER BY u.code LIMIT $6::bigint");
DB_QUERY(rollout_summary_q, DB_READ, "SELECT json_build_object(" COUNTS ")::text FROM sen.rollout_cell c WHERE c.platform_id = $1::smallint");
/* The pages of platforms and of units first, then their cells. */
DB_QUERY(rollout_by_platform_q, DB_READ,
         "WITH page AS MATERIALIZED (SELECT p.id, p.code, p.name, p.state, p.target_scope FROM sen.platform p WHERE p.id <> 0"
         "  AND (sen.platform_is_open(p.state) OR EXISTS (SELECT FROM sen.platform_rollout r WHERE r.platform_id = p.id))"
         "  AND ($1::text IS NULL OR p.code > $1) ORDER BY p.code LIMIT $2::bigint)"
         " SELECT json_build_object('platform', g.code, 'platform_name', g.name, 'platform_state', g.state, 'target_scope', g.target_scope,"
         " 'rollout', (SELECT json_build_object(" COUNTS ") FROM sen.rollout_cell c WHERE c.platform_id = g.id))::text FROM page g ORDER BY g.code");
DB_QUERY(rollout_by_unit_q, DB_READ,
         "WITH page AS MATERIALIZED (SELECT u.id, u.code, u.name, u.kind FROM sen.unit u WHERE u.kind IN ('department', 'commune', 'ward')"
         "  AND u.valid_from <= sen.today() AND (u.valid_to IS NULL OR u.valid_to > sen.today()) AND ($2::text IS NULL OR u.code > $2)"
         "  AND " SEES_UNIT " ORDER BY u.code LIMIT $3::bigint)"
         " SELECT json_build_object('unit', g.code, 'unit_name', g.name, 'kind', g.kind, 'rollout', (SELECT json_build_object(" COUNTS ")"
         " FROM sen.rollout_cell c JOIN sen.platform p ON p.id = c.platform_id AND sen.platform_is_open(p.state) WHERE c.unit_id = g.id))::text"
         " FROM page g ORDER BY g.code");
DB_QUERY(rollout_of_unit_q, DB_READ,
         "SELECT json_build_object('platform', p.code, 'platform_name', p.name, 'platform_state', p.state, " CELL_JSON ")::text"
         " FROM sen.rollout_cell c JOIN sen.platform p ON p.id = c.platform_id JOIN sen.unit u ON u.id = c.unit_id"
         " WHERE c.unit_id = $2::integer AND " SEES_THIS_UNIT " ORDER BY p.code");
DB_QUERY(rollout_sees_q, DB_READ, "SELECT " SEES_THIS_UNIT " FROM sen.unit u WHERE u.id = $2::integer");

/* Which of the conditions of the row did not hold. */
static int why_not_set(struct op *op, const struct principal *p, const struct rollout_cell *cell, const struct db_param *params)
{
	struct db_rows rows;
	int r = db_run(op, &rollout_may_q, &rows, P_STR(p->account_id), params[1], params[2], P_STR(cell->state), params[8], P_STR(cell->started_on),
	               P_STR(cell->done_on));

	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "neither the platform nor the unit is within your scope");
	if (!db_bool(&rows, 0, 4))
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	if (!db_bool(&rows, 0, 2)) {
		(void)op_fail(op, ERR_WRONG_STATE, "a platform reaches units from its deployment on");
		(void)op_fail_arg(op, "state", platform_state_word(db_str(&rows, 0, 1)));
		return op_fail_arg(op, "wanted", platform_state_word(STR("deploying")));
	}
	if (!db_bool(&rows, 0, 3)) {
		(void)op_fail(op, ERR_INVALID_VALUE, "the day is still to come");
		return op_fail_arg(op, "field", str_is_null(cell->done_on) ? STR("started_on") : STR("done_on"));
	}
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

static int set(struct op *op, const struct principal *p, const struct rollout_cell *cell, int64_t version, int64_t *ret_version)
{
	struct catalogue_place place;
	struct db_rows rows;
	struct unit unit;
	int r = catalogue_find(op, p, "catalogue", cell->platform, &place);

	if (r == 0)
		r = unit_find(op, cell->unit, &unit);
	if (r < 0)
		return r;
	const struct db_param params[] = {
		P_STR(p->account_id), P_I64(place.id), P_I64(unit.id), P_STR(cell->state), P_STR(cell->planned_on), P_STR(cell->started_on),
		P_STR(cell->done_on), P_STR(cell->note), P_I64(version),
	};
	r = version == 0 ? db_run_params(op, &rollout_add_q, params, 8, &rows) : db_run_params(op, &rollout_set_q, params, 9, &rows);
	if (r == 0 && rows.n == 1) {
		*ret_version = db_i64(&rows, 0, 0);
		return 0;
	}
	return r < 0 ? r : why_not_set(op, p, cell, params);
}

int rollout_set(struct op *op, const struct principal *p, const struct rollout_cell *cell, int64_t version, int64_t *ret_version)
{
	struct str object = arena_printf(op->arena, "%.*s@%.*s", STR_ARG(cell->platform), STR_ARG(cell->unit));
	int64_t new_version = 0;
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = set(op, p, cell, version, &new_version);
	data = catalogue_data("state", cell->state);
	json_set_str(data, "planned_on", cell->planned_on);
	json_set_str(data, "started_on", cell->started_on);
	json_set_str(data, "done_on", cell->done_on);
	r = catalogue_commit(op, p, r, "rollout.set", object, data);
	if (r == 0)
		*ret_version = new_version;
	return r;
}

int rollout_plan(struct op *op, const struct principal *p, struct str platform, struct str unit_kind, struct str planned_on, int64_t *ret_n)
{
	struct catalogue_place place;
	struct db_rows rows = { .n = 0 };
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = catalogue_lock(op, p, "catalogue", platform, &place);
	if (r == 0)
		r = catalogue_check(op, &place, -1);
	if (r == 0)
		r = db_run(op, &rollout_plan_q, &rows, P_STR(p->account_id), P_I64(place.id), P_STR(unit_kind), P_STR(planned_on));
	data = catalogue_data("unit_kind", unit_kind);
	json_set_int(data, "units", (int64_t)rows.n);
	r = catalogue_commit(op, p, r, "rollout.plan", platform, data);
	if (r == 0)
		*ret_n = (int64_t)rows.n;
	return r;
}

int rollout_of_platform(struct op *op, const struct principal *p, struct str platform, const struct rollout_filter *f, json_t **ret_array)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_find(op, p, "catalogue", platform, &place);

	if (r == 0)
		r = db_run(op, &rollout_of_platform_q, &rows, P_STR(p->account_id), P_I64(place.id), P_BOOL(place.may), P_STR(f->state), P_STR(f->after),
		           P_I64((int64_t)f->limit + 1));
	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}

int rollout_summary(struct op *op, struct str platform, json_t **ret_summary)
{
	struct catalogue_place place;
	_json_ json_t *array = NULL;
	struct db_rows rows;
	int r = catalogue_find(op, &(struct principal){ .account_id = STR_NULL }, "read", platform, &place);

	if (r == 0)
		r = db_run(op, &rollout_summary_q, &rows, P_I64(place.id));
	if (r == 0)
		r = catalogue_rows(op, &rows, &array);
	if (r == 0)
		*ret_summary = json_incref(json_array_get(array, 0));
	return r;
}

int rollout_by_unit(struct op *op, const struct principal *p, const struct rollout_filter *f, json_t **ret_array)
{
	struct db_rows rows;
	int r = db_run(op, &rollout_by_unit_q, &rows, P_STR(p->account_id), P_STR(f->after), P_I64((int64_t)f->limit + 1));

	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}

int rollout_by_platform(struct op *op, struct str after, size_t limit, json_t **ret_array)
{
	struct db_rows rows;
	int r = db_run(op, &rollout_by_platform_q, &rows, P_STR(after), P_I64((int64_t)limit + 1));

	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}

int rollout_of_unit(struct op *op, const struct principal *p, struct str unit_code, json_t **ret_array)
{
	struct db_rows rows;
	struct unit unit;
	int r = unit_find(op, unit_code, &unit);

	if (r == 0)
		r = db_run(op, &rollout_sees_q, &rows, P_STR(p->account_id), P_I64(unit.id));
	if (r == 0 && !db_bool(&rows, 0, 0))
		r = op_fail(op, ERR_UNKNOWN_UNIT, "no such unit");
	if (r == 0)
		r = db_run(op, &rollout_of_unit_q, &rows, P_STR(p->account_id), P_I64(unit.id));
	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}
