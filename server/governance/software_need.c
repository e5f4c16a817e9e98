#include "server/governance/software_need.h"

#include "common/base/random.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/governance_audit.h"
#include "server/governance/overlap_finding.h"

DB_QUERY(software_need_add_q, DB_WRITE,
         "INSERT INTO sen.software_need (id, unit_id, name, description, functions, solutions, proposed_by)"
         " SELECT $1::uuid, u.id, $3, $4, $5::text[], $6::jsonb, $7::uuid FROM sen.unit u WHERE u.id = $2::integer"
         " AND sen.scope_covers($7::uuid, 'catalogue', u.path, NULL) RETURNING id");
DB_QUERY(software_need_answer_q, DB_WRITE,
         "UPDATE sen.software_need n SET answer = $3, platform_id = $4::smallint, answer_text = $5, answered_by = $6::uuid, answered_at = now(),"
         " version = n.version + 1 FROM sen.unit u WHERE n.id = $1::uuid AND n.version = $2::bigint AND n.answer IS NULL AND u.id = n.unit_id"
         " AND NOT sen.same_person(n.proposed_by, $6::uuid) AND sen.scope_covers($6::uuid, 'appraise', u.path, NULL) RETURNING u.code");
DB_QUERY(software_need_why_not_q, DB_READ,
         "SELECT sen.scope_covers($2::uuid, 'appraise', u.path, NULL), sen.same_person(n.proposed_by, $2::uuid), n.answer IS NULL"
         " FROM sen.software_need n JOIN sen.unit u ON u.id = n.unit_id WHERE n.id = $1::uuid"
         " AND (sen.scope_covers($2::uuid, 'read', u.path, NULL) OR sen.scope_covers($2::uuid, 'appraise', u.path, NULL))");
#define NEED_JSON                                                                                                        \
	"jsonb_build_object('id', n.id, 'unit', u.code, 'unit_name', u.name, 'name', n.name, 'description', left(n.description, 400), 'functions', n.functions," \
	" 'proposed_by', (SELECT a.login FROM sen.account a WHERE a.id = n.proposed_by), 'proposed_at', sen.iso(n.proposed_at)," \
	" 'state', CASE WHEN n.answer IS NULL THEN 'open' ELSE 'answered' END, 'answer', n.answer, 'platform', p.code,"           \
	" 'answered_by', (SELECT a.login FROM sen.account a WHERE a.id = n.answered_by), 'answered_at', sen.iso(n.answered_at), 'version', n.version"
#define NEED_FROM " FROM sen.software_need n JOIN sen.unit u ON u.id = n.unit_id LEFT JOIN sen.platform p ON p.id = n.platform_id"
DB_QUERY(software_need_list_q, DB_READ,
         "SELECT " NEED_JSON ")::text, n.proposed_at::text, n.id::text" NEED_FROM
         " WHERE (n.unit_id IN (SELECT t.id FROM sen.unit t JOIN sen.live_scope s ON starts_with(t.path, s.path)"
         "  WHERE s.account_id = $1::uuid AND 'read' = ANY (s.rights) AND s.platform_id IS NULL)) IS TRUE"
         " AND ($2::text IS NULL OR starts_with(u.path, (SELECT t.path FROM sen.unit t WHERE t.code = $2)))"
         " AND ($3::text IS NULL OR (n.answer IS NULL) = ($3 = 'open'))"
         " AND ($4::text IS NULL OR (n.proposed_at, n.id) > ($4::timestamptz, $5::uuid)) ORDER BY n.proposed_at, n.id LIMIT $6::bigint");
DB_QUERY(software_need_get_q, DB_READ,
         "SELECT (" NEED_JSON ") || jsonb_build_object('description', n.description, 'solutions', n.solutions, 'answer_text', n.answer_text))::text,"
         " n.version" NEED_FROM " WHERE n.id = $2::uuid AND sen.scope_covers($1::uuid, 'read', u.path, NULL)");

static int add_in_transaction(struct op *op, const struct principal *p, const struct unit *unit, const struct software_need *need,
                              const json_t *solutions, struct str id)
{
	const struct governance_act act = { .action = "need.propose", .object = unit->code };
	struct db_rows rows;
	json_t *data;
	int r = db_run(op, &software_need_add_q, &rows, P_STR(id), P_I64(unit->id), P_STR(need->name), P_STR(need->description),
	               P_STR(db_array(op->arena, need->functions.p, need->functions.n)), P_STR(json_write(op->arena, solutions, false)),
	               P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope");
	data = json_new_object();
	json_set_str(data, "need", id);
	return governance_audit(op, p, &act, data);
}

int software_need_propose(struct op *op, const struct principal *p, const struct software_need *need, struct str *ret_id)
{
	const struct overlap_subject subject = { .name = need->name, .description = need->description, .functions = need->functions };
	char uuid[UUID_TEXT_LEN + 1];
	struct overlap_ranking ranking = { 0 };
	struct unit unit;
	int r = unit_find(op, need->unit, &unit);

	if (r == 0)
		r = overlap_rank(op, &subject, &ranking);
	if (r < 0)
		return r;

	_json_ json_t *solutions = ranking.solutions;

	r = db_begin(op);
	if (r < 0)
		return r;
	random_uuid(uuid);
	*ret_id = arena_dup_c(op->arena, uuid);
	return audit_commit(op, add_in_transaction(op, p, &unit, need, solutions, *ret_id), NULL);
}

static int why_not(struct op *op, const struct principal *p, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &software_need_why_not_q, &rows, P_STR(id), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such need");
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the need is not within your scope");
	if (db_bool(&rows, 0, 1))
		return op_fail(op, ERR_FOUR_EYES, "who proposed a need does not answer it");
	if (!db_bool(&rows, 0, 2)) {
		(void)op_fail(op, ERR_WRONG_STATE, "it is answered");
		(void)op_fail_arg(op, "state", STR("answered"));
		return op_fail_arg(op, "wanted", STR("open"));
	}
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

static int answer_in_transaction(struct op *op, const struct principal *p, const struct software_need_answer *answer)
{
	struct governance_act act = { .action = "need.answer" };
	struct platform platform = { 0 };
	struct db_rows rows;
	json_t *data;
	int r = 0;

	if (!str_is_null(answer->platform))
		r = platform_find(op, answer->platform, &platform);
	if (r == 0 && !str_is_null(answer->platform) && !platform.is_open)
		r = platform_refuse_closed(op, &platform);
	if (r == 0)
		r = db_run(op, &software_need_answer_q, &rows, P_STR(answer->id), P_I64(answer->version), P_STR(answer->answer),
		           str_is_null(answer->platform) ? P_NULL : P_I64(platform.id), P_STR(answer->text), P_STR(p->account_id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return why_not(op, p, answer->id);
	act.object = db_str(&rows, 0, 0);
	data = json_new_object();
	json_set_str(data, "need", answer->id);
	json_set_str(data, "answer", answer->answer);
	json_set_str(data, "platform", answer->platform);
	return governance_audit(op, p, &act, data);
}

int software_need_answer(struct op *op, const struct principal *p, const struct software_need_answer *answer)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, answer_in_transaction(op, p, answer), NULL);
}

int software_need_list(struct op *op, const struct principal *p, const struct software_need_filter *filter, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &software_need_list_q, &rows, P_STR(p->account_id), P_STR(filter->unit), P_STR(filter->state), P_STR(filter->after[0]),
	               P_STR(filter->after[1]), P_I64((int64_t)filter->limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, filter->limit, 2);
	return r;
}

int software_need_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &software_need_get_q, &rows, P_STR(p->account_id), P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such need");
	*ret_json = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}
