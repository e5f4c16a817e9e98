#include "server/governance/catalogue.h"

#include "common/base/text.h"
#include "common/model/platform_store.h"
#include "server/governance/catalogue_common.h"
#include "server/governance/overlap_finding.h"

/* The unit that a code names, as it is today. */
#define UNIT_OF(param) \
	"(SELECT u.id FROM sen.unit u WHERE u.code = " param " AND u.valid_from <= sen.today() AND (u.valid_to IS NULL OR u.valid_to > sen.today()))"

DB_QUERY(catalogue_unit_q, DB_READ,
         "SELECT u.id IS NOT NULL, sen.catalogue_covers($2::uuid, 'catalogue', u.id, $3::smallint), sen.platform_fits_owner($4, u.id),"
         " sen.platform_lacks_owner($4, $1, $5)"
         " FROM (SELECT " UNIT_OF("$1") " AS id) u");
/* $1 NULL: there is no entry yet. */
DB_QUERY(catalogue_kept_q, DB_READ,
         "SELECT (SELECT sen.platform_kept(p, $2, $3, $4, $5, $6::text[], $7::text[]) FROM sen.platform p WHERE p.id = $1::smallint),"
         " (SELECT p.state FROM sen.platform p WHERE p.id = $1::smallint), coalesce($8::date > sen.today(), false)");
DB_QUERY(catalogue_add_q, DB_WRITE,
         "INSERT INTO sen.platform (code, name, name_en, name_fold, kind, state, managing_unit, contact_name, contact, sector, description,"
         " legal_basis, note, home_url, functions, scopes, security_level, expected_on, completed_on, target_scope, verified, created_by, changed_by, owner)"
         " SELECT $1, $2, $3, $4, $5, 'proposed', $6, coalesce($7, ''), coalesce($8, ''), coalesce($9, ''), coalesce($10, ''), coalesce($11, ''),"
         " coalesce($12, ''), $13, $14::text[], $15::text[], $16::smallint, date_trunc('month', $17::date)::date, $18::date, $19, false,"
         " $20::uuid, $20::uuid, coalesce($21, '') WHERE sen.catalogue_covers($20::uuid, 'catalogue', " UNIT_OF("$6") ", NULL) RETURNING id");
DB_QUERY(catalogue_edit_q, DB_WRITE,
         "UPDATE sen.platform p SET name = $2, name_en = $3, name_fold = $4, kind = $5, managing_unit = $6, contact_name = coalesce($7, ''),"
         " contact = coalesce($8, ''), sector = coalesce($9, ''), description = coalesce($10, ''), legal_basis = coalesce($11, ''),"
         " note = coalesce($12, ''), home_url = $13, functions = $14::text[], scopes = $15::text[], security_level = $16::smallint,"
         " expected_on = date_trunc('month', $17::date)::date, completed_on = $18::date, target_scope = $19, changed_by = $20::uuid,"
         " owner = coalesce($21, '') WHERE p.code = $1 AND p.id <> 0 AND p.version = $22::bigint"
         " AND sen.catalogue_covers($20::uuid, 'catalogue', p.managing_unit_id, p.id)"
         " AND sen.catalogue_covers($20::uuid, 'catalogue', " UNIT_OF("$6") ", p.id) RETURNING p.version");
DB_QUERY(catalogue_touch_q, DB_WRITE, "UPDATE sen.platform SET changed_by = $2::uuid WHERE id = $1::smallint");
DB_QUERY(catalogue_plan_clear_q, DB_WRITE, "DELETE FROM sen.platform_milestone WHERE platform_id = $1::smallint");
DB_QUERY(catalogue_plan_add_q, DB_WRITE,
         "WITH u AS (SELECT u.id, u.code FROM sen.unit u WHERE u.code = ANY ($8::text[]) AND u.valid_from <= sen.today()"
         "  AND (u.valid_to IS NULL OR u.valid_to > sen.today()))"
         " INSERT INTO sen.platform_milestone (platform_id, position, name, units, due_on, done_on, responsible, unit_ids)"
         " SELECT $1::smallint, $2::smallint, $3, coalesce($4, ''), $5::date, $6::date, $7, ARRAY(SELECT u.id FROM u ORDER BY u.code)"
         " WHERE (SELECT count(*) FROM u) = (SELECT count(DISTINCT c) FROM unnest($8::text[]) c) RETURNING 1");

#define N_ENTRY_PARAMS 21

static void entry_params(struct op *op, const struct principal *p, const struct catalogue_entry *e, struct db_param *params)
{
	const struct str values[N_ENTRY_PARAMS] = {
		e->code, e->name, e->name_en, text_fold(op->arena, e->name), e->kind, e->managing_unit, e->contact_name, e->contact, e->sector,
		e->description, e->legal_basis, e->note, e->home_url, db_array(op->arena, e->functions.p, e->functions.n),
		db_array(op->arena, e->scopes.p, e->scopes.n), e->security_level, e->expected_on, e->completed_on, e->target_scope, p->account_id, e->owner,
	};

	for (size_t i = 0; i < N_ENTRY_PARAMS; i++)
		params[i] = P_STR(values[i]);
}

static int invalid(struct op *op, struct str field, const char *text)
{
	(void)op_fail(op, ERR_INVALID_VALUE, text);
	return op_fail_arg(op, "field", field);
}

/* Only what a ministry runs may be managed by somebody who is none of our units. */
static int check_unit(struct op *op, const struct principal *p, const struct catalogue_entry *e, const struct catalogue_place *place)
{
	struct db_rows rows;
	int r = db_run(op, &catalogue_unit_q, &rows, P_STR(e->managing_unit), P_STR(p->account_id), place ? P_I64(place->id) : P_NULL,
	               P_STR(e->kind), P_STR(e->owner));

	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 0) && !str_equal(e->kind, STR("central")))
		return op_fail(op, ERR_UNKNOWN_UNIT, "no such unit");
	if (!db_bool(&rows, 0, 1))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the managing unit is not within your scope");
	if (!db_bool(&rows, 0, 2))
		return invalid(op, STR("managing_unit"), "a department owns a platform of its sector");
	return db_bool(&rows, 0, 3) ? invalid(op, STR("owner"), "name the ministry that owns the central platform") : 0;
}

/* What others have decided on stays what it was decided on; and nothing was completed on a day to come. */
static int check_kept(struct op *op, const struct catalogue_entry *e, const struct catalogue_place *place)
{
	struct str field;
	struct db_rows rows;
	int r = db_run(op, &catalogue_kept_q, &rows, place ? P_I64(place->id) : P_NULL, P_STR(e->kind), P_STR(e->managing_unit), P_STR(e->contact_name),
	               P_STR(e->description), P_STR(db_array(op->arena, e->functions.p, e->functions.n)),
	               P_STR(db_array(op->arena, e->scopes.p, e->scopes.n)), P_STR(e->completed_on));

	if (r < 0)
		return r;
	if (db_bool(&rows, 0, 2))
		return invalid(op, STR("completed_on"), "the day is still to come");
	field = db_str(&rows, 0, 0);
	if (str_is_null(field))
		return 0;
	if (!str_equal(field, STR("kind")))
		return invalid(op, field, "after the appraisal it is not emptied");
	(void)op_fail(op, ERR_WRONG_STATE, "the kind was decided on");
	(void)op_fail_arg(op, "state", platform_state_word(db_str(&rows, 0, 1)));
	return op_fail_arg(op, "wanted", platform_state_word(STR("proposed")));
}

static json_t *entry_data(const struct catalogue_entry *e)
{
	json_t *data = catalogue_data("name", e->name);

	json_set_str(data, "kind", e->kind);
	json_set_str(data, "managing_unit", e->managing_unit);
	json_set_str(data, "owner", e->owner);
	json_set_str(data, "security_level", e->security_level);
	json_set_str(data, "expected_on", e->expected_on);
	json_set_str(data, "completed_on", e->completed_on);
	return data;
}

int catalogue_add(struct op *op, const struct principal *p, const struct catalogue_entry *entry)
{
	struct db_param params[N_ENTRY_PARAMS];
	struct db_rows rows;
	int r = check_unit(op, p, entry, NULL);

	if (r == 0)
		r = check_kept(op, entry, NULL);
	if (r < 0)
		return r;
	entry_params(op, p, entry, params);
	r = db_begin(op);
	if (r < 0)
		return r;
	r = db_run_params(op, &catalogue_add_q, params, N_ENTRY_PARAMS, &rows);
	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_OUT_OF_SCOPE, "the managing unit is not within your scope");
	if (r == 0)
		r = overlap_entered(op, &(int64_t){ db_i64(&rows, 0, 0) }, 1, p->account_id);
	return catalogue_commit(op, p, r, "platform.add", entry->code, entry_data(entry));
}

static int edit(struct op *op, const struct principal *p, const struct catalogue_entry *entry, int64_t version)
{
	struct db_param params[N_ENTRY_PARAMS + 1];
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_lock(op, p, "catalogue", entry->code, &place);

	if (r == 0)
		r = catalogue_check(op, &place, version);
	if (r == 0)
		r = check_unit(op, p, entry, &place);
	if (r == 0)
		r = check_kept(op, entry, &place);
	if (r < 0)
		return r;
	entry_params(op, p, entry, params);
	params[N_ENTRY_PARAMS] = P_I64(version);
	r = db_run_params(op, &catalogue_edit_q, params, N_ENTRY_PARAMS + 1, &rows);
	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	return r < 0 ? r : overlap_entered(op, &place.id, 1, p->account_id);
}

int catalogue_edit(struct op *op, const struct principal *p, const struct catalogue_entry *entry, int64_t version)
{
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = edit(op, p, entry, version);
	return catalogue_commit(op, p, r, "platform.edit", entry->code, entry_data(entry));
}

static int plan_set(struct op *op, const struct principal *p, struct str code, int64_t version, const struct milestone *milestones, size_t n)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_lock(op, p, "catalogue", code, &place);

	if (r == 0)
		r = catalogue_check(op, &place, version);
	if (r == 0)
		r = db_run(op, &catalogue_plan_clear_q, &rows, P_I64(place.id));
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct milestone *m = &milestones[i];

		r = db_run(op, &catalogue_plan_add_q, &rows, P_I64(place.id), P_I64((int64_t)i + 1), P_STR(m->name), P_STR(m->units),
		           P_STR(m->due_on), P_STR(m->done_on), P_STR(m->responsible), P_STR(db_array(op->arena, m->target_units.p, m->target_units.n)));
		if (r == 0 && rows.n == 0)
			r = op_fail(op, ERR_UNKNOWN_UNIT, "a code among the units of a milestone is no unit");
	}
	return r < 0 ? r : db_run(op, &catalogue_touch_q, &rows, P_I64(place.id), P_STR(p->account_id));
}

int catalogue_plan_set(struct op *op, const struct principal *p, struct str code, int64_t version, const struct milestone *milestones, size_t n)
{
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = plan_set(op, p, code, version, milestones, n);
	data = json_new_object();
	json_set_int(data, "milestones", (int64_t)n);
	return catalogue_commit(op, p, r, "platform.plan", code, data);
}
