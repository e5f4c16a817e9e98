#include "server/governance/forms.h"

#include "common/model/account_store.h"
#include "server/governance/catalogue_common.h"
#include "server/governance/governance_audit.h"

#define FORM_STATE "CASE WHEN f.closed_at IS NULL THEN 'open' WHEN f.settled_at IS NOT NULL THEN 'settled' WHEN f.due_at <= now() THEN 'overdue' ELSE 'out' END"
#define FORM_JSON                                                                                                              \
	"'platform', p.code, 'platform_name', p.name, 'managing_unit', coalesce((SELECT m.name FROM sen.unit m WHERE m.id = p.managing_unit_id), p.managing_unit), 'number', f.number, 'state', " FORM_STATE ", 'opened_at', sen.iso(f.opened_at),"  \
	" 'closed_at', sen.iso(f.closed_at), 'close_reason', f.close_reason, 'due_at', sen.iso(f.due_at), 'officer', o.login, 'officer_name', n.full_name,"  \
	" 'reminders', f.reminders, 'escalated', f.reminders > 2, 'settled_at', sen.iso(f.settled_at), 'lines_total', f.n_lines,"        \
	" 'waiting', (SELECT count(*) FROM sen.form_line w WHERE w.platform_id = f.platform_id AND w.number = f.number AND w.state = 'waiting')"
#define FORM_FROM                                                                                                              \
	" FROM sen.form f JOIN sen.platform p ON p.id = f.platform_id LEFT JOIN sen.form_setting s ON s.platform_id = f.platform_id"       \
	" LEFT JOIN sen.account o ON o.id = coalesce(f.officer, s.officer) LEFT JOIN sen.person n ON n.id = o.person_id"

DB_QUERY(forms_list_q, DB_READ,
         "SELECT jsonb_build_object(" FORM_JSON ")::text, p.code, f.number" FORM_FROM
         " WHERE ($2::text IS NULL OR p.code = $2) AND ($3::text IS NULL OR " FORM_STATE " = $3 OR $3 = 'out' AND " FORM_STATE " = 'overdue')"
         " AND sen.form_platform_visible(f.platform_id, $1::uuid) AND ($4::text IS NULL OR (p.code COLLATE \"C\", -f.number) > ($4 COLLATE \"C\", -$5::integer))"
         " ORDER BY p.code COLLATE \"C\", f.number DESC LIMIT $6::bigint");

DB_QUERY(form_get_q, DB_READ,
         "SELECT jsonb_build_object(" FORM_JSON ", 'lines', (SELECT coalesce(jsonb_agg(l.document - 'unit' || jsonb_build_object('line', l.line, 'operation', l.operation,"
         "  'unit', l.document ->> 'unit', 'state', l.state, 'urgent', l.urgent_since IS NOT NULL,"
         "  'replaces', CASE WHEN l.replaces IS NOT NULL THEN jsonb_build_object('form', l.replaces[1], 'line', l.replaces[2]) END, 'asked_at', sen.iso(l.asked_at),"
         "  'decided_by', d.login, 'decided_at', sen.iso(l.decided_at), 'decided_how', l.decided_how, 'note', l.note) ORDER BY l.line), '[]')"
         "  FROM sen.form_line l LEFT JOIN sen.account d ON d.id = l.decided_by WHERE l.platform_id = f.platform_id AND l.number = f.number"
         "  AND sen.form_line_visible(l.platform_id, l.account_id, $1::uuid)))::text" FORM_FROM
         " WHERE p.code = $2 AND f.number = $3::integer AND sen.form_platform_visible(f.platform_id, $1::uuid)");

DB_QUERY(form_setting_get_q, DB_READ,
         "SELECT jsonb_build_object('platform', p.code, 'officer', o.login, 'officer_may', sen.form_officer_is(p.id, s.officer), 'lines', coalesce(s.lines, 40),"
         " 'close_min', coalesce(s.close_min, 1440), 'urgent_min', coalesce(s.urgent_min, 15), 'due_days', coalesce(s.due_days, 3),"
         " 'urgent_days', coalesce(s.urgent_days, 1), 'version', coalesce(s.version, 0))::text, coalesce(s.version, 0)"
         " FROM sen.platform p LEFT JOIN sen.form_setting s ON s.platform_id = p.id LEFT JOIN sen.account o ON o.id = s.officer"
         " WHERE p.code = $2 AND p.id <> 0 AND sen.form_platform_visible(p.id, $1::uuid)");

DB_QUERY(form_setting_put_q, DB_WRITE,
         "INSERT INTO sen.form_setting AS s (platform_id, officer, lines, close_min, urgent_min, due_days, urgent_days)"
         " SELECT $1::smallint, $2::uuid, $3::smallint, $4::integer, $5::integer, $6::smallint, $7::smallint"
         " WHERE $8::bigint = 0 OR EXISTS (SELECT FROM sen.form_setting x WHERE x.platform_id = $1::smallint)"
         " ON CONFLICT (platform_id) DO UPDATE SET officer = excluded.officer, lines = excluded.lines, close_min = excluded.close_min,"
         " urgent_min = excluded.urgent_min, due_days = excluded.due_days, urgent_days = excluded.urgent_days"
         " WHERE s.version = $8::bigint RETURNING s.version");

DB_QUERY(form_officer_may_q, DB_READ,
         "SELECT EXISTS (SELECT FROM sen.live_scope v WHERE v.account_id = $2::uuid AND 'read' = ANY (v.rights) AND (v.platform_id IS NULL OR v.platform_id = $1::smallint))");

DB_QUERY(form_close_q, DB_WRITE,
         "WITH s AS MATERIALIZED (SELECT s.platform_id, sen.form_officer_is(s.platform_id, $1::uuid) AS may FROM sen.form_setting s JOIN sen.platform p ON p.id = s.platform_id"
         " WHERE p.code = $2 FOR UPDATE OF s) SELECT s.may, CASE WHEN s.may AND EXISTS (SELECT FROM sen.form_line l WHERE l.platform_id = s.platform_id"
         " AND l.number = $3::integer AND l.state = 'waiting') THEN sen.form_close(s.platform_id, $3::integer, 'officer') ELSE false END FROM s");

DB_QUERY(form_decide_q, DB_WRITE,
         "SELECT sen.form_decide(p.id, $3::integer, $4::integer[], $5, $6, $1::uuid, $7) FROM sen.platform p WHERE p.code = $2");

static int unknown(struct op *op)
{
	return op_fail(op, ERR_NOT_FOUND, "no such form");
}

static int not_officer(struct op *op)
{
	return op_fail(op, ERR_OUT_OF_SCOPE, "only the platform's officer, while they may read there");
}

int forms_list(struct op *op, const struct principal *p, const struct form_filter *filter, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &forms_list_q, &rows, P_STR(p->account_id), P_STR(filter->platform), P_STR(filter->state), P_STR(filter->after[0]),
	               P_STR(filter->after[1]), P_I64((int64_t)filter->limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, filter->limit, 2);
	return r;
}

int form_get(struct op *op, const struct principal *p, struct str platform, int64_t number, json_t **ret)
{
	struct db_rows rows;
	int r = db_run(op, &form_get_q, &rows, P_STR(p->account_id), P_STR(platform), P_I64(number));

	if (r == 0 && rows.n == 0)
		return unknown(op);
	if (r == 0)
		*ret = json_cell(op, &rows, 0, 0);
	return r;
}

int form_setting_get(struct op *op, const struct principal *p, struct str platform, json_t **ret, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &form_setting_get_q, &rows, P_STR(p->account_id), P_STR(platform));

	if (r == 0 && rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	if (r < 0)
		return r;
	*ret = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}

static int find_officer(struct op *op, int64_t platform_id, struct str login, struct str *ret_id)
{
	struct account account;
	struct db_rows rows;
	int r;

	*ret_id = STR_NULL;
	if (str_is_null(login))
		return 0;
	r = account_find(op, login, &account);
	if (r == 0)
		r = db_run(op, &form_officer_may_q, &rows, P_I64(platform_id), P_STR(account.id));
	if (r < 0)
		return r;
	*ret_id = account.id;
	if (db_bool(&rows, 0, 0))
		return 0;
	(void)op_fail(op, ERR_INVALID_VALUE, "the officer needs the right read on this platform");
	return op_fail_arg(op, "field", STR("officer"));
}

static int put(struct op *op, const struct principal *p, struct str platform, int64_t version, const struct form_setting *s)
{
	struct catalogue_place place;
	struct db_rows rows;
	struct str officer;
	int r = catalogue_lock(op, p, "catalogue", platform, &place);

	if (r == 0)
		r = catalogue_check(op, &place, -1);
	if (r == 0)
		r = find_officer(op, place.id, s->officer, &officer);
	if (r == 0)
		r = db_run(op, &form_setting_put_q, &rows, P_I64(place.id), P_STR(officer), P_STR(s->lines), P_STR(s->close_min), P_STR(s->urgent_min),
		           P_STR(s->due_days), P_STR(s->urgent_days), P_I64(version));
	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	return r;
}

int form_setting_put(struct op *op, const struct principal *p, struct str platform, int64_t version, const struct form_setting *s)
{
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = put(op, p, platform, version, s);
	data = catalogue_data("officer", s->officer);
	json_set_str(data, "lines", s->lines);
	json_set_str(data, "close_min", s->close_min);
	json_set_str(data, "urgent_min", s->urgent_min);
	return catalogue_commit(op, p, r, "form_setting.put", arena_printf(op->arena, "platform:%.*s", STR_ARG(platform)), data);
}

int form_close_now(struct op *op, const struct principal *p, struct str platform, int64_t number)
{
	struct db_rows rows;
	int r = db_run(op, &form_close_q, &rows, P_STR(p->account_id), P_STR(platform), P_I64(number));

	if (r < 0)
		return r;
	if (rows.n == 0 || !db_bool(&rows, 0, 0))
		return not_officer(op);
	if (db_bool(&rows, 0, 1))
		return 0;
	(void)op_fail(op, ERR_WRONG_STATE, "the form is not open, or nothing waits in it");
	return op_fail_arg(op, "wanted", STR("open"));
}

static int wrong_lines(struct op *op, struct str outcome)
{
	if (str_equal(outcome, STR("open"))) {
		(void)op_fail(op, ERR_WRONG_STATE, "the form is still open");
		return op_fail_arg(op, "state", STR("open"));
	}
	(void)op_fail(op, ERR_WRONG_STATE, "one of the lines is not there, or is decided");
	return op_fail_arg(op, "wanted", STR("waiting"));
}

int form_decide(struct op *op, const struct principal *p, const struct form_decision *d)
{
	struct db_rows rows;
	struct str outcome;
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, &form_decide_q, &rows, P_STR(p->account_id), P_STR(d->platform), P_I64(d->number), P_STR(d->lines), P_C(d->decision),
	           P_STR(d->note), P_C(op->id));
	outcome = r < 0 || rows.n == 0 ? STR("officer") : db_str(&rows, 0, 0);
	if (r == 0 && str_equal(outcome, STR("officer")))
		r = not_officer(op);
	else if (r == 0 && str_equal(outcome, STR("unknown")))
		r = unknown(op);
	else if (r == 0 && str_equal(outcome, STR("four_eyes")))
		r = op_fail(op, ERR_FOUR_EYES, "another officer than who granted or took it away, and than whom it is about");
	else if (r == 0 && !str_equal(outcome, STR("ok")))
		r = wrong_lines(op, outcome);
	data = catalogue_data("lines", d->lines);
	json_set_str(data, "decision", str_c(d->decision));
	json_set_str(data, "note", d->note);
	return catalogue_commit(op, p, r, "form.decide", arena_printf(op->arena, "form:%.*s:%lld", STR_ARG(d->platform), (long long)d->number), data);
}
