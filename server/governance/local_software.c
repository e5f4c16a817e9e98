#include "server/governance/local_software.h"

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/governance_audit.h"
#include "server/governance/overlap_finding.h"

/* Read before platforms are: what changes meanwhile makes the result an older one, never a newer. */
DB_QUERY(local_software_edition_q, DB_READ, "SELECT edition FROM sen.common_solutions");
DB_QUERY(local_software_add_q, DB_WRITE,
         "INSERT INTO sen.local_software (id, unit_id, name, name_fold, description, functions, vendor, users, cost_per_year, contract_end,"
         " solutions, best_id, best_score, declared_by, solutions_edition)"
         " SELECT $1::uuid, u.id, $3, $4, $5, $6::text[], coalesce($7, ''), $8::integer, $9::bigint, $10::date, $11::jsonb, nullif($12::smallint, 0),"
         " $13::smallint, $14::uuid, $15::bigint FROM sen.unit u WHERE u.id = $2::integer AND sen.scope_covers($14::uuid, 'catalogue', u.path, NULL) RETURNING id");
DB_QUERY(local_software_edit_q, DB_WRITE,
         "UPDATE sen.local_software l SET name = $3, name_fold = $4, description = $5, functions = $6::text[], vendor = coalesce($7, ''),"
         " users = $8::integer, cost_per_year = $9::bigint, contract_end = $10::date, solutions = $11::jsonb, best_id = nullif($12::smallint, 0),"
         " best_score = $13::smallint, solutions_edition = $15::bigint, compared_at = now(), declared_by = CASE WHEN l.decision IS NULL THEN $14::uuid ELSE l.declared_by END, version = l.version + 1"
         " FROM sen.unit u WHERE l.id = $1::uuid AND l.version = $2::bigint AND u.id = l.unit_id AND sen.same_person(l.decided_by, $14::uuid) IS NOT TRUE"
         " AND sen.scope_covers($14::uuid, 'catalogue', u.path, NULL) RETURNING u.code");
DB_QUERY(local_software_decide_q, DB_WRITE,
         "UPDATE sen.local_software l SET decision = $3, replace_by = $4::smallint, decided_until = $5::date, decision_no = $6, decision_note = $7,"
         " decided_by = $8::uuid, decided_at = now(), version = l.version + 1"
         " FROM sen.unit u WHERE l.id = $1::uuid AND l.version = $2::bigint AND u.id = l.unit_id AND NOT sen.same_person(l.declared_by, $8::uuid)"
         " AND sen.scope_covers($8::uuid, 'appraise', u.path, NULL) RETURNING u.code, l.name");
DB_QUERY(local_software_why_not_q, DB_READ,
         "SELECT sen.scope_covers($2::uuid, $3, u.path, NULL), sen.same_person(CASE WHEN $3 = 'appraise' THEN l.declared_by ELSE l.decided_by END, $2::uuid) IS TRUE"
         " FROM sen.local_software l JOIN sen.unit u ON u.id = l.unit_id WHERE l.id = $1::uuid"
         " AND (sen.scope_covers($2::uuid, 'read', u.path, NULL) OR sen.scope_covers($2::uuid, $3, u.path, NULL))");
#define LOCAL_JSON                                                                                                       \
	"jsonb_build_object('id', l.id, 'unit', u.code, 'unit_name', u.name, 'name', l.name, 'functions', l.functions, 'vendor', l.vendor," \
	" 'users', l.users, 'cost_per_year', l.cost_per_year, 'contract_end', l.contract_end, 'solution', b.code, 'solution_name', b.name," \
	" 'solution_score', l.best_score, 'state', sen.local_software_state(l.decision, l.decided_until), 'decision', l.decision,"           \
	" 'replace_by', (SELECT p.code FROM sen.platform p WHERE p.id = l.replace_by), 'until', l.decided_until, 'decision_no', l.decision_no," \
	" 'decided_by', (SELECT a.login FROM sen.account a WHERE a.id = l.decided_by), 'decided_at', sen.iso(l.decided_at),"                  \
	" 'declared_by', (SELECT a.login FROM sen.account a WHERE a.id = l.declared_by), 'declared_at', sen.iso(l.declared_at)," \
	" 'compared_at', sen.iso(l.compared_at), 'version', l.version"
#define LOCAL_FROM " FROM sen.local_software l JOIN sen.unit u ON u.id = l.unit_id LEFT JOIN sen.platform b ON b.id = l.best_id"
DB_QUERY(local_software_list_q, DB_READ,
         "SELECT " LOCAL_JSON ")::text, l.name_fold, l.id::text" LOCAL_FROM
         " WHERE (l.unit_id IN (SELECT n.id FROM sen.unit n JOIN sen.live_scope s ON starts_with(n.path, s.path)"
         "  WHERE s.account_id = $1::uuid AND 'read' = ANY (s.rights) AND s.platform_id IS NULL)) IS TRUE"
         " AND ($2::text IS NULL OR starts_with(u.path, (SELECT t.path FROM sen.unit t WHERE t.code = $2)))"
         " AND ($3::text IS NULL OR sen.local_software_state(l.decision, l.decided_until) = $3)"
         " AND ($4::text IS NULL OR b.code = $4) AND ($5::text IS NULL OR (l.name_fold, l.id) > ($5, $6::uuid))"
         " ORDER BY l.name_fold, l.id LIMIT $7::bigint");
DB_QUERY(local_software_get_q, DB_READ,
         "SELECT (" LOCAL_JSON ", 'description', l.description, 'solutions', l.solutions, 'decision_note', l.decision_note))::text, l.version" LOCAL_FROM
         " WHERE l.id = $2::uuid AND sen.scope_covers($1::uuid, 'read', u.path, NULL)");

static int audit(struct op *op, const struct principal *p, const char *action, struct str unit, struct str id)
{
	const struct governance_act act = { .action = action, .object = unit };
	json_t *data = json_new_object();

	json_set_str(data, "software", id);
	return governance_audit(op, p, &act, data);
}

struct compared_software {
	struct str solutions, folded, functions;
	int64_t best_id, edition;
	int best_score;
};

static int compare(struct op *op, const struct local_software *software, struct compared_software *ret)
{
	const struct overlap_subject subject = { .name = software->name, .description = software->description, .functions = software->functions };
	struct overlap_ranking ranking;
	struct db_rows rows;
	int r = db_run(op, &local_software_edition_q, &rows);

	if (r == 0)
		r = overlap_rank(op, &subject, &ranking);
	if (r < 0)
		return r;

	_json_ json_t *solutions = ranking.solutions;

	*ret = (struct compared_software){
		.solutions = json_write(op->arena, solutions, false), .folded = text_fold(op->arena, software->name),
		.functions = db_array(op->arena, software->functions.p, software->functions.n),
		.best_id = ranking.best_id, .edition = db_i64(&rows, 0, 0), .best_score = ranking.best_score };
	return 0;
}

static int add_in_transaction(struct op *op, const struct principal *p, const struct unit *unit, const struct local_software *s,
                              const struct compared_software *c, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &local_software_add_q, &rows, P_STR(id), P_I64(unit->id), P_STR(s->name), P_STR(c->folded), P_STR(s->description),
	               P_STR(c->functions), P_STR(s->vendor), P_STR(s->users), P_STR(s->cost_per_year), P_STR(s->contract_end), P_STR(c->solutions),
	               P_I64(c->best_id), P_I64(c->best_score), P_STR(p->account_id), P_I64(c->edition));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope");
	return audit(op, p, "software.declare", unit->code, id);
}

int local_software_declare(struct op *op, const struct principal *p, const struct local_software *software, struct str *ret_id)
{
	char uuid[UUID_TEXT_LEN + 1];
	struct compared_software compared;
	struct unit unit;
	int r = unit_find(op, software->unit, &unit);

	if (r == 0)
		r = compare(op, software, &compared);
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	random_uuid(uuid);
	*ret_id = arena_dup_c(op->arena, uuid);
	return audit_commit(op, add_in_transaction(op, p, &unit, software, &compared, *ret_id), NULL);
}

/* Which of the conditions of a change of id by right did not hold. */
static int why_not(struct op *op, const struct principal *p, struct str id, const char *right)
{
	struct db_rows rows;
	int r = db_run(op, &local_software_why_not_q, &rows, P_STR(id), P_STR(p->account_id), P_C(right));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such software");
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the software is not within your scope");
	if (db_bool(&rows, 0, 1))
		return op_fail(op, ERR_FOUR_EYES, "declaring and deciding are for two persons");
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

static int edit_in_transaction(struct op *op, const struct principal *p, struct str id, int64_t version, const struct local_software *s)
{
	struct compared_software c;
	struct db_rows rows;
	int r = compare(op, s, &c);

	if (r < 0)
		return r;
	r = db_run(op, &local_software_edit_q, &rows, P_STR(id), P_I64(version), P_STR(s->name), P_STR(c.folded), P_STR(s->description),
	           P_STR(c.functions), P_STR(s->vendor), P_STR(s->users), P_STR(s->cost_per_year), P_STR(s->contract_end), P_STR(c.solutions),
	           P_I64(c.best_id), P_I64(c.best_score), P_STR(p->account_id), P_I64(c.edition));
	if (r < 0)
		return r;
	return rows.n == 0 ? why_not(op, p, id, "catalogue") : audit(op, p, "software.edit", db_str(&rows, 0, 0), id);
}

int local_software_edit(struct op *op, const struct principal *p, struct str id, int64_t version, const struct local_software *software)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, edit_in_transaction(op, p, id, version, software), NULL);
}

static int decide_in_transaction(struct op *op, const struct principal *p, const struct local_software_decision *d)
{
	struct platform platform = { 0 };
	struct db_rows rows;
	int r = 0;

	if (!str_is_null(d->replace_by))
		r = platform_find(op, d->replace_by, &platform);
	if (r == 0 && !str_is_null(d->replace_by) && !platform.is_open)
		r = platform_refuse_closed(op, &platform);
	if (r == 0)
		r = db_run(op, &local_software_decide_q, &rows, P_STR(d->id), P_I64(d->version), P_STR(d->decision),
		           str_is_null(d->replace_by) ? P_NULL : P_I64(platform.id), P_STR(d->until), P_STR(d->number), P_STR(d->note), P_STR(p->account_id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return why_not(op, p, d->id, "appraise");
	const struct governance_act act = { .action = "software.decide", .object = db_str(&rows, 0, 0) };
	json_t *data = json_new_object();
	json_set_str(data, "software", d->id);
	json_set_str(data, "decision", d->decision);
	json_set_str(data, "replace_by", d->replace_by);
	json_set_str(data, "until", d->until);
	json_set_str(data, "decision_no", d->number);
	return governance_audit(op, p, &act, data);
}

int local_software_decide(struct op *op, const struct principal *p, const struct local_software_decision *decision)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, decide_in_transaction(op, p, decision), NULL);
}

int local_software_list(struct op *op, const struct principal *p, const struct local_software_filter *filter, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &local_software_list_q, &rows, P_STR(p->account_id), P_STR(filter->unit), P_STR(filter->state), P_STR(filter->platform),
	               P_STR(filter->after[0]), P_STR(filter->after[1]), P_I64((int64_t)filter->limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, filter->limit, 2);
	return r;
}

int local_software_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &local_software_get_q, &rows, P_STR(p->account_id), P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such software");
	*ret_json = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}
