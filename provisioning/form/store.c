#include "provisioning/form/store.h"

DB_QUERY(prov_form_ask, DB_WRITE,
	"SELECT outcome, number, line, ext_id, note FROM sen.form_ask($1::smallint, $2::uuid, $3::bigint, $4::uuid, $5::boolean, $6::jsonb)");

DB_QUERY(prov_form_known, DB_READ,
	"SELECT k.account_id IS NOT NULL, EXISTS (SELECT FROM sen.form_line l WHERE l.platform_id = i.platform AND l.account_id = i.account"
	"  AND l.state IN ('waiting', 'replaced')), coalesce(k.active, false),"
	" coalesce(k.active = i.active AND (NOT i.active OR k.document = i.document), false), coalesce(k.ext_id, k.login)"
	" FROM (VALUES ($1::smallint, $2::uuid, $3::boolean, $4::jsonb)) i (platform, account, active, document)"
	" LEFT JOIN sen.form_account k ON k.platform_id = i.platform AND k.account_id = i.account");

DB_QUERY(prov_form_open, DB_READ,
	"SELECT f.platform_id, f.number, p.code, s.lines, s.close_min, s.urgent_min, f.n_lines, l.n, l.oldest_s, l.urgent_s"
	" FROM sen.form f JOIN sen.form_setting s ON s.platform_id = f.platform_id JOIN sen.platform p ON p.id = f.platform_id"
	" CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(extract(epoch FROM now() - min(asked_at))::bigint, 0) AS oldest_s,"
	"  coalesce(extract(epoch FROM now() - min(urgent_since))::bigint, -1) AS urgent_s FROM sen.form_line w"
	"  WHERE w.platform_id = f.platform_id AND w.number = f.number AND w.state = 'waiting') l"
	" WHERE f.closed_at IS NULL ORDER BY f.platform_id");

/* Whoever writes lines holds the row of the setting first. */
DB_QUERY(prov_form_close, DB_WRITE,
	"WITH s AS MATERIALIZED (SELECT platform_id FROM sen.form_setting WHERE platform_id = $1::smallint FOR UPDATE)"
	" SELECT sen.form_close(s.platform_id, $2::integer, $3) FROM s");

DB_QUERY(prov_form_overdue, DB_READ,
	"SELECT f.platform_id, f.number, p.code, extract(epoch FROM now() - f.due_at)::bigint, f.reminders,"
	" coalesce(extract(epoch FROM now() - f.reminded_at)::bigint, 0) FROM sen.form f JOIN sen.platform p ON p.id = f.platform_id"
	" WHERE f.settled_at IS NULL AND f.due_at <= now() ORDER BY f.platform_id, f.number LIMIT 1000");

DB_QUERY(prov_form_remind, DB_WRITE,
	"UPDATE sen.form SET reminders = reminders + 1, reminded_at = now()"
	" WHERE platform_id = $1::smallint AND number = $2::integer AND reminders = $3::integer AND settled_at IS NULL");

/* A platform whose forms are all settled counts none, and does not vanish from the counts. */
DB_QUERY(prov_form_counts, DB_READ,
	"SELECT p.code, count(f.number) FILTER (WHERE f.closed_at IS NULL), count(*) FILTER (WHERE f.closed_at IS NOT NULL),"
	" count(*) FILTER (WHERE f.due_at <= now()), count(*) FILTER (WHERE f.reminders > 2),"
	" coalesce(extract(epoch FROM now() - min(f.closed_at))::bigint, 0)"
	" FROM sen.platform p LEFT JOIN sen.form f ON f.platform_id = p.id AND f.settled_at IS NULL"
	" WHERE EXISTS (SELECT FROM sen.form x WHERE x.platform_id = p.id) GROUP BY 1 ORDER BY 1");

static enum form_answer answer_of(struct str outcome)
{
	if (str_equal(outcome, STR("done")))
		return FORM_IS_SO;
	if (str_equal(outcome, STR("absent")))
		return FORM_ABSENT;
	return str_equal(outcome, STR("refused")) ? FORM_REFUSED : FORM_WAITING;
}

int form_ask(struct op *op, const struct desired *want, int64_t gen, struct str document, struct form_asked *ret)
{
	struct db_rows rows;
	int r = db_run(op, &prov_form_ask, &rows, P_I64(want->platform_id), P_STR(want->account_id), P_I64(gen), P_STR(str_c(want->hash)),
	               P_BOOL(want->active), P_STR(document));

	if (r < 0)
		return r;
	*ret = (struct form_asked){ answer_of(db_str(&rows, 0, 0)), .ext_id = db_str(&rows, 0, 3), .note = db_str(&rows, 0, 4) };
	if (!db_is_null(&rows, 0, 1)) {
		ret->number = db_i64(&rows, 0, 1);
		ret->line = db_i64(&rows, 0, 2);
	}
	return 0;
}

int form_known(struct op *op, const struct desired *want, struct str document, struct form_known *ret)
{
	struct db_rows rows;
	int r = db_run(op, &prov_form_known, &rows, P_I64(want->platform_id), P_STR(want->account_id), P_BOOL(want->active), P_STR(document));

	if (r == 0)
		*ret = (struct form_known){ db_bool(&rows, 0, 0), db_bool(&rows, 0, 1), db_bool(&rows, 0, 2), db_bool(&rows, 0, 3),
			                    db_str(&rows, 0, 4) };
	return r;
}

int form_list_open(struct op *op, const struct form_to_close **ret_forms, size_t *ret_n)
{
	struct form_to_close *forms;
	struct db_rows rows;
	int r = db_run(op, &prov_form_open, &rows);

	if (r < 0)
		return r;
	forms = ARENA_ARRAY(op->arena, struct form_to_close, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		forms[i] = (struct form_to_close){
			.platform_id = db_i64(&rows, i, 0),
			.number = db_i64(&rows, i, 1),
			.platform_code = db_str(&rows, i, 2),
			.limits = { db_i64(&rows, i, 3), db_i64(&rows, i, 4), db_i64(&rows, i, 5) },
			.age = { db_i64(&rows, i, 6), db_i64(&rows, i, 7), db_i64(&rows, i, 8), db_i64(&rows, i, 9) },
		};
	*ret_forms = forms;
	*ret_n = rows.n;
	return 0;
}

int form_close(struct op *op, int64_t platform_id, int64_t number, const char *reason, bool *ret_closed)
{
	struct db_rows rows;
	int r = db_run(op, &prov_form_close, &rows, P_I64(platform_id), P_I64(number), P_C(reason));

	if (r == 0)
		*ret_closed = rows.n > 0 && db_bool(&rows, 0, 0);
	return r;
}

int form_list_overdue(struct op *op, const struct form_overdue **ret_forms, size_t *ret_n)
{
	struct form_overdue *forms;
	struct db_rows rows;
	int r = db_run(op, &prov_form_overdue, &rows);

	if (r < 0)
		return r;
	forms = ARENA_ARRAY(op->arena, struct form_overdue, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		forms[i] = (struct form_overdue){ db_i64(&rows, i, 0), db_i64(&rows, i, 1), db_str(&rows, i, 2),
			                          db_i64(&rows, i, 3), db_i64(&rows, i, 4), db_i64(&rows, i, 5) };
	*ret_forms = forms;
	*ret_n = rows.n;
	return 0;
}

int form_remind(struct op *op, const struct form_overdue *form, bool *ret_done)
{
	struct db_rows rows;
	int r = db_run(op, &prov_form_remind, &rows, P_I64(form->platform_id), P_I64(form->number), P_I64(form->n_reminders));

	if (r == 0)
		*ret_done = rows.affected == 1;
	return r;
}

int form_counts(struct op *op, const struct form_count **ret_counts, size_t *ret_n)
{
	struct form_count *counts;
	struct db_rows rows;
	int r = db_run(op, &prov_form_counts, &rows);

	if (r < 0)
		return r;
	counts = ARENA_ARRAY(op->arena, struct form_count, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		counts[i] = (struct form_count){ db_str(&rows, i, 0), db_i64(&rows, i, 1), db_i64(&rows, i, 2),
			                         db_i64(&rows, i, 3), db_i64(&rows, i, 4), db_i64(&rows, i, 5) };
	*ret_counts = counts;
	*ret_n = rows.n;
	return 0;
}
