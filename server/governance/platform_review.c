#include "server/governance/platform_review.h"

#include "common/base/random.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/governance_audit.h"


DB_QUERY(platform_review_add_q, DB_WRITE,
         "INSERT INTO sen.platform_review (id, title, unit_id, due_on, created_by, period_months, anchor_on) SELECT $1::uuid, $2, u.id, $4::date, $5::uuid,"
         " $6::smallint, CASE WHEN $6::smallint IS NOT NULL THEN $4::date END FROM sen.unit u"
         " WHERE u.id = $3::integer AND $4::date >= sen.today() AND sen.scope_covers($5::uuid, 'review', u.path, NULL) RETURNING id");
DB_QUERY(platform_review_fill_q, DB_WRITE, "SELECT sen.platform_review_fill($1::uuid)");
/* The last of its series alone: what another follows has recurred already. */
DB_QUERY(platform_review_period_q, DB_WRITE,
         "UPDATE sen.platform_review v SET period_months = nullif($3::smallint, 0), anchor_on = CASE WHEN $3::smallint > 0 THEN coalesce(v.anchor_on, v.due_on) END,"
         " version = v.version + 1 FROM sen.unit u WHERE v.id = $1::uuid AND v.version = $2::bigint AND u.id = v.unit_id"
         " AND sen.scope_covers($4::uuid, 'review', u.path, NULL) AND NOT EXISTS (SELECT FROM sen.platform_review f WHERE f.follows = v.id) RETURNING u.code");
DB_QUERY(platform_review_look_q, DB_READ,
         "SELECT sen.scope_covers($2::uuid, 'review', u.path, NULL), v.version, EXISTS (SELECT FROM sen.platform_review f WHERE f.follows = v.id)"
         " FROM sen.platform_review v JOIN sen.unit u ON u.id = v.unit_id WHERE v.id = $1::uuid"
         " AND (sen.scope_covers($2::uuid, 'read', u.path, NULL) OR sen.scope_covers($2::uuid, 'review', u.path, NULL))");
DB_QUERY(platform_review_answer_q, DB_WRITE,
         "UPDATE sen.platform_review_task t SET state = 'answered', features = $4, functions = $5, operation = $6, scope = $7, answered_by = $8::uuid,"
         " answered_at = now(), version = t.version + 1 FROM sen.platform p WHERE t.review_id = $1::uuid AND p.code = $2 AND t.platform_id = p.id"
         " AND t.version = $3::bigint AND t.state <> 'concluded' AND sen.platform_in_reach($8::uuid, 'catalogue', p.id) RETURNING t.version");
DB_QUERY(platform_review_conclude_q, DB_WRITE,
         "UPDATE sen.platform_review_task t SET state = 'concluded', conclusion = $4, target_id = $5::smallint, because = $6, concluded_by = $7::uuid,"
         " concluded_at = now(), version = t.version + 1 FROM sen.platform p WHERE t.review_id = $1::uuid AND p.code = $2 AND t.platform_id = p.id"
         " AND t.version = $3::bigint AND t.state = 'answered' AND NOT sen.same_person(t.answered_by, $7::uuid) AND sen.platform_in_reach($7::uuid, 'appraise', p.id)"
         " RETURNING t.version");
DB_QUERY(platform_review_why_not_q, DB_READ,
         "SELECT sen.platform_in_reach($3::uuid, $4, p.id), t.state, sen.same_person(t.answered_by, $3::uuid) IS TRUE"
         " FROM sen.platform_review_task t JOIN sen.platform p ON p.id = t.platform_id WHERE t.review_id = $1::uuid AND p.code = $2"
         " AND (sen.platform_in_reach($3::uuid, 'read', p.id) OR sen.platform_in_reach($3::uuid, $4, p.id))");
#define REVIEW_JSON                                                                                                   \
	"jsonb_build_object('id', v.id, 'title', v.title, 'unit', u.code, 'due_on', v.due_on, 'created_by', a.login, 'created_at', sen.iso(v.created_at)," \
	" 'tasks', c.n, 'open', c.open, 'answered', c.answered, 'concluded', c.concluded, 'overdue', CASE WHEN v.due_on < sen.today() THEN c.open + c.answered ELSE 0 END," \
	" 'period_months', v.period_months, 'follows', v.follows, 'next_due_on', CASE WHEN NOT EXISTS (SELECT FROM sen.platform_review f WHERE f.follows = v.id)" \
	" THEN sen.platform_review_next(v) END, 'version', v.version)::text"
#define REVIEW_FROM                                                                                                   \
	" FROM sen.platform_review v JOIN sen.unit u ON u.id = v.unit_id JOIN sen.account a ON a.id = v.created_by"       \
	" CROSS JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE t.state = 'open') AS open, count(*) FILTER (WHERE t.state = 'answered') AS answered," \
	"  count(*) FILTER (WHERE t.state = 'concluded') AS concluded FROM sen.platform_review_task t WHERE t.review_id = v.id) c" \
	" WHERE sen.scope_covers($1::uuid, 'read', u.path, NULL)"
DB_QUERY(platform_review_list_q, DB_READ,
         "SELECT " REVIEW_JSON ", v.due_on::text, v.id::text" REVIEW_FROM " AND ($2::text IS NULL OR (v.due_on, v.id) > ($2::date, $3::uuid))"
         " ORDER BY v.due_on, v.id LIMIT $4::bigint");
DB_QUERY(platform_review_get_q, DB_READ, "SELECT " REVIEW_JSON ", v.version" REVIEW_FROM " AND v.id = $2::uuid");
#define TASK_JSON                                                                                                   \
	"jsonb_build_object('review', t.review_id, 'title', v.title, 'platform', p.code, 'platform_name', p.name, 'managing_unit', nullif(p.managing_unit, '')," \
	" 'due_on', v.due_on, 'overdue', t.state <> 'concluded' AND v.due_on < sen.today(), 'state', t.state, 'conclusion', t.conclusion,"             \
	" 'target', (SELECT o.code FROM sen.platform o WHERE o.id = t.target_id), 'answered_by', (SELECT a.login FROM sen.account a WHERE a.id = t.answered_by)," \
	" 'answered_at', sen.iso(t.answered_at), 'concluded_by', (SELECT a.login FROM sen.account a WHERE a.id = t.concluded_by),"               \
	" 'concluded_at', sen.iso(t.concluded_at), 'version', t.version"
#define TASK_FROM \
	" FROM sen.platform_review_task t JOIN sen.platform_review v ON v.id = t.review_id JOIN sen.platform p ON p.id = t.platform_id"
DB_QUERY(platform_review_tasks_q, DB_READ,
         "SELECT " TASK_JSON ")::text, v.due_on::text, t.review_id::text, p.code" TASK_FROM " WHERE sen.platform_in_reach($1::uuid, 'read', p.id)"
         " AND ($2::uuid IS NULL OR t.review_id = $2::uuid)"
         " AND ($3::text IS NULL OR starts_with(sen.platform_home(p.id), (SELECT u.path FROM sen.unit u WHERE u.code = $3)))"
         " AND ($4::text IS NULL OR t.state = $4 OR ($4 = 'overdue' AND t.state <> 'concluded' AND v.due_on < sen.today()))"
         " AND ($5::text IS NULL OR (v.due_on, t.review_id, p.code) > ($5::date, $6::uuid, $7)) ORDER BY v.due_on, t.review_id, p.code LIMIT $8::bigint");
DB_QUERY(platform_review_task_q, DB_READ,
         "SELECT (" TASK_JSON ", 'features', t.features, 'functions', t.functions, 'operation', t.operation, 'scope', t.scope, 'because', t.because))::text,"
         " t.version" TASK_FROM " WHERE t.review_id = $2::uuid AND p.code = $3 AND sen.platform_in_reach($1::uuid, 'read', p.id)");
DB_QUERY(platform_review_reminders_q, DB_READ,
         "SELECT jsonb_build_object('review', t.review_id, 'title', v.title, 'platform', p.code, 'platform_name', p.name, 'managing_unit', nullif(p.managing_unit, ''),"
         " 'due_on', v.due_on, 'remind_on', m.remind_on, 'kind', m.kind)::text, m.remind_on::text, p.code, t.review_id::text" TASK_FROM
         " JOIN sen.platform_review_reminder m ON m.review_id = t.review_id AND m.platform_id = t.platform_id WHERE t.state = 'open'"
         " AND m.remind_on <= sen.today() AND sen.platform_in_reach($1::uuid, 'read', p.id)"
         " AND ($2::date IS NULL OR m.remind_on < $2::date OR m.remind_on = $2::date AND (p.code, t.review_id) > ($3::text, $4::uuid))"
         " ORDER BY m.remind_on DESC, p.code, t.review_id LIMIT $5::bigint");

static int audit(struct op *op, const struct principal *p, const char *action, struct str object, json_t *data)
{
	const struct governance_act act = { .action = action, .object = object };

	return governance_audit(op, p, &act, data);
}

static int not_begun(struct op *op, const struct principal *p, const struct unit *unit)
{
	for (size_t i = 0; i < p->n_scopes; i++)
		if ((p->scopes[i].rights & RIGHT_REVIEW) && p->scopes[i].platform_id < 0 && str_starts(unit->path, p->scopes[i].unit_path)) {
			(void)op_fail(op, ERR_INVALID_VALUE, "the deadline has passed");
			return op_fail_arg(op, "field", STR("due_on"));
		}
	return op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope");
}

static int begin_in_transaction(struct op *op, const struct principal *p, const struct platform_review *review, const struct unit *unit,
                                struct str id, int64_t *ret_tasks)
{
	struct db_rows rows;
	json_t *data;
	int r = db_run(op, &platform_review_add_q, &rows, P_STR(id), P_STR(review->title), P_I64(unit->id), P_STR(review->due_on), P_STR(p->account_id),
	               P_STR(review->period_months));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return not_begun(op, p, unit);
	r = db_run(op, &platform_review_fill_q, &rows, P_STR(id));
	if (r < 0)
		return r;
	*ret_tasks = db_i64(&rows, 0, 0);
	if (*ret_tasks == 0)
		return op_fail(op, ERR_NOT_FOUND, "no platform in use is managed there");
	data = json_new_object();
	json_set_str(data, "review", id);
	json_set_str(data, "due_on", review->due_on);
	json_set_str(data, "period_months", review->period_months);
	json_set_int(data, "tasks", *ret_tasks);
	return audit(op, p, "platform_review.begin", unit->code, data);
}

int platform_review_begin(struct op *op, const struct principal *p, const struct platform_review *review, struct str *ret_id, int64_t *ret_tasks)
{
	char uuid[UUID_TEXT_LEN + 1];
	struct unit unit;
	int r = unit_find(op, review->unit, &unit);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	random_uuid(uuid);
	*ret_id = arena_dup_c(op->arena, uuid);
	return audit_commit(op, begin_in_transaction(op, p, review, &unit, *ret_id, ret_tasks), NULL);
}

static int why_no_period(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	struct db_rows rows;
	int r = db_run(op, &platform_review_look_q, &rows, P_STR(id), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such review");
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope");
	if (db_bool(&rows, 0, 2) && version == db_i64(&rows, 0, 1)) {
		(void)op_fail(op, ERR_WRONG_STATE, "another review follows it already");
		(void)op_fail_arg(op, "state", STR("đã có đợt tiếp theo"));
		return op_fail_arg(op, "wanted", STR("đợt cuối cùng"));
	}
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

static int period_in_transaction(struct op *op, const struct principal *p, struct str id, int64_t version, int64_t months)
{
	struct db_rows rows;
	json_t *data;
	int r = db_run(op, &platform_review_period_q, &rows, P_STR(id), P_I64(version), P_I64(months), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return why_no_period(op, p, id, version);
	data = json_new_object();
	json_set_str(data, "review", id);
	json_set_int(data, "period_months", months);
	return audit(op, p, "platform_review.period", db_str(&rows, 0, 0), data);
}

int platform_review_period(struct op *op, const struct principal *p, struct str id, int64_t version, int64_t months)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, period_in_transaction(op, p, id, version, months), NULL);
}

/* Which of the conditions of a change did not hold. */
static int why_not(struct op *op, const struct principal *p, struct str review_id, struct str platform, const char *right)
{
	bool concludes = str_equal(str_c(right), STR("appraise"));
	struct db_rows rows;
	int r = db_run(op, &platform_review_why_not_q, &rows, P_STR(review_id), P_STR(platform), P_STR(p->account_id), P_C(right));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such task");
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the platform is not within your scope");
	if (concludes ? !str_equal(db_str(&rows, 0, 1), STR("answered")) : str_equal(db_str(&rows, 0, 1), STR("concluded"))) {
		(void)op_fail(op, ERR_WRONG_STATE, "not possible in this state");
		(void)op_fail_arg(op, "state", db_str(&rows, 0, 1));
		return op_fail_arg(op, "wanted", concludes ? STR("answered") : STR("open"));
	}
	if (concludes && db_bool(&rows, 0, 2))
		return op_fail(op, ERR_FOUR_EYES, "who filled the form does not conclude");
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

static int answer_in_transaction(struct op *op, const struct principal *p, const struct platform_review_form *form)
{
	struct db_rows rows;
	json_t *data;
	int r = db_run(op, &platform_review_answer_q, &rows, P_STR(form->review_id), P_STR(form->platform), P_I64(form->version), P_STR(form->features),
	               P_STR(form->functions), P_STR(form->operation), P_STR(form->scope), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return why_not(op, p, form->review_id, form->platform, "catalogue");
	data = json_new_object();
	json_set_str(data, "review", form->review_id);
	return audit(op, p, "platform_review.answer", form->platform, data);
}

int platform_review_answer(struct op *op, const struct principal *p, const struct platform_review_form *form)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, answer_in_transaction(op, p, form), NULL);
}

static int conclude_in_transaction(struct op *op, const struct principal *p, const struct platform_review_conclusion *c)
{
	struct platform target = { 0 };
	struct db_rows rows;
	json_t *data;
	int r = 0;

	if (!str_is_null(c->target))
		r = platform_find(op, c->target, &target);
	/* Nobody is sent to what takes nobody in; nor is the directory a platform of its own. */
	if (r == 0 && !str_is_null(c->target) && target.id == 0)
		r = op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	if (r == 0 && !str_is_null(c->target) && !target.is_open)
		r = platform_refuse_closed(op, &target);
	if (r == 0)
		r = db_run(op, &platform_review_conclude_q, &rows, P_STR(c->review_id), P_STR(c->platform), P_I64(c->version), P_STR(c->conclusion),
		           str_is_null(c->target) ? P_NULL : P_I64(target.id), P_STR(c->because), P_STR(p->account_id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return why_not(op, p, c->review_id, c->platform, "appraise");
	data = json_new_object();
	json_set_str(data, "review", c->review_id);
	json_set_str(data, "conclusion", c->conclusion);
	json_set_str(data, "target", c->target);
	json_set_str(data, "because", c->because);
	return audit(op, p, "platform_review.conclude", c->platform, data);
}

int platform_review_conclude(struct op *op, const struct principal *p, const struct platform_review_conclusion *conclusion)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, conclude_in_transaction(op, p, conclusion), NULL);
}

int platform_review_list(struct op *op, const struct principal *p, const struct str *after, size_t limit, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &platform_review_list_q, &rows, P_STR(p->account_id), P_STR(after[0]), P_STR(after[1]), P_I64((int64_t)limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, limit, 2);
	return r;
}

int platform_review_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &platform_review_get_q, &rows, P_STR(p->account_id), P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such review");
	*ret_json = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}

int platform_review_tasks(struct op *op, const struct principal *p, const struct platform_review_filter *filter, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &platform_review_tasks_q, &rows, P_STR(p->account_id), P_STR(filter->review_id), P_STR(filter->unit), P_STR(filter->state),
	               P_STR(filter->after[0]), P_STR(filter->after[1]), P_STR(filter->after[2]), P_I64((int64_t)filter->limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, filter->limit, 3);
	return r;
}

int platform_review_reminders(struct op *op, const struct principal *p, const struct page_ask *ask, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &platform_review_reminders_q, &rows, P_STR(p->account_id), P_STR(ask->after[0]), P_STR(ask->after[1]), P_STR(ask->after[2]),
	               P_I64((int64_t)ask->limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, ask->limit, 3);
	return r;
}

int platform_review_task_get(struct op *op, const struct principal *p, struct str review_id, struct str platform, json_t **ret_json, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &platform_review_task_q, &rows, P_STR(p->account_id), P_STR(review_id), P_STR(platform));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such task");
	*ret_json = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}
