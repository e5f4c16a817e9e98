/* Findings of listings, and what persons decide about them (observations.h). */
#include "server/governance/observations.h"

#include "server/governance/governance_audit.h"

#define FINDING_JSON                                                                                                                    \
	"jsonb_build_object('id', s.id::text, 'platform', p.code, 'ext_id', s.ext_id, 'login_there', s.natural_key, 'active', s.active,"  \
	" 'situation', CASE WHEN s.situation = 'linked' THEN 'differing' ELSE s.situation END, 'carries_our_id', s.account_id IS NOT NULL AND s.account_id = s.owner_account," \
	" 'account', a.login, 'employee_code', n.employee_code, 'diff', s.diff, 'missing_runs', s.missing_runs, 'first_seen', sen.iso(s.first_seen)," \
	" 'changed_at', sen.iso(s.changed_at), 'decision', s.decision, 'decision_state', s.decision_state, 'reason', s.reason, 'version', s.version,"  \
	" 'decided_by', (SELECT d.login FROM sen.account d WHERE d.id = s.decided_by),"                                                    \
	" 'confirmed_by', (SELECT d.login FROM sen.account d WHERE d.id = s.confirmed_by))::text"
#define FINDING_FROM                                                                                                                    \
	" FROM sen.shadow s JOIN sen.platform p ON p.id = s.platform_id LEFT JOIN sen.account a ON a.id = s.owner_account"                \
	" LEFT JOIN sen.person n ON n.id = a.person_id LEFT JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)"
/* Of an account of ours: who reaches its unit; of nobody's: who reaches the platform. */
#define REACHES(right)                                                                                                                  \
	"CASE WHEN u.id IS NULL THEN sen.platform_in_reach($1::uuid, '" right "', s.platform_id)"                                         \
	" ELSE sen.scope_covers($1::uuid, '" right "', u.path, s.platform_id) END"

DB_QUERY(finding_list_q, DB_READ,
         "SELECT " FINDING_JSON ", s.id::text" FINDING_FROM " WHERE p.code = $2 AND (s.situation <> 'linked' OR s.diff IS NOT NULL)"
         " AND ($3::text IS NULL OR CASE WHEN s.situation = 'linked' THEN 'differing' ELSE s.situation END = $3)"
         " AND ($6::text IS NULL OR coalesce(s.decision, 'none') = $6)"
         " AND ($4::text IS NULL OR s.id > $4::bigint) AND " REACHES("read") " ORDER BY s.id LIMIT $5::bigint");
DB_QUERY(finding_get_q, DB_READ, "SELECT " FINDING_JSON FINDING_FROM " WHERE p.code = $2 AND s.id = $3::bigint AND " REACHES("read"));
DB_QUERY(finding_ignore_q, DB_WRITE,
         "UPDATE sen.shadow t SET decision = $5, decision_state = 'decided', reason = $4, decided_by = $1::uuid, decided_at = now(), confirmed_by = NULL"
         " WHERE t.id = (SELECT s.id" FINDING_FROM " WHERE p.code = $2 AND s.id = $3::bigint AND (s.situation <> 'linked' OR s.diff IS NOT NULL) AND " REACHES("catalogue")
         "  AND ($5 = 'ignore' OR s.situation IN ('unlinked', 'unmatched', 'disputed', 'collision')))"
         " AND t.version = $6::bigint AND t.decision_state IS DISTINCT FROM 'doing' RETURNING t.owner_account");
/* Whose it shall be has access there and no account; else the adopted one would be switched off, or doubled. */
DB_QUERY(finding_adopt_q, DB_WRITE,
         "WITH f AS (SELECT s.id, s.account_id, coalesce(x.id, CASE WHEN $5::text IS NULL THEN s.owner_account END) AS owner, s.platform_id" FINDING_FROM
         "  LEFT JOIN sen.account x ON x.login = $5 WHERE p.code = $2 AND s.id = $3::bigint AND s.situation IN ('unlinked', 'unmatched', 'disputed') AND " REACHES("catalogue") "),"
         " o AS (SELECT f.* FROM f JOIN sen.account a ON a.id = f.owner JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)"
         "  JOIN sen.binding b ON b.account_id = f.owner AND b.platform_id = f.platform_id AND b.want_active"
         "  WHERE sen.scope_covers($1::uuid, 'grant', u.path, f.platform_id) AND f.owner <> $1::uuid"
         "  AND NOT EXISTS (SELECT FROM sen.shadow l WHERE l.platform_id = f.platform_id AND l.owner_account = f.owner AND l.situation = 'linked'))"
         " UPDATE sen.shadow t SET decision = 'adopt', decision_state = CASE WHEN t.account_id = o.owner THEN 'decided' ELSE 'proposed' END, owner_account = o.owner,"
         " reason = $4, decided_by = $1::uuid, decided_at = now(), confirmed_by = NULL FROM o WHERE t.id = o.id"
         " AND t.version = $6::bigint AND t.decision_state IS DISTINCT FROM 'doing' RETURNING o.owner");
DB_QUERY(finding_confirm_q, DB_WRITE,
         "UPDATE sen.shadow t SET decision_state = 'decided', confirmed_by = $1::uuid WHERE t.id = (SELECT s.id" FINDING_FROM
         "  WHERE p.code = $2 AND s.id = $3::bigint AND " REACHES("approve") ") AND t.decision = 'adopt' AND t.decision_state = 'proposed' AND t.version = $4::bigint"
         " AND NOT sen.same_person(t.decided_by, $1::uuid) AND NOT sen.same_person(t.owner_account, $1::uuid) RETURNING t.owner_account");
DB_QUERY(finding_why_not_q, DB_READ,
         "SELECT sen.same_person(s.decided_by, $1::uuid) OR sen.same_person(s.owner_account, $1::uuid), coalesce(s.decision_state, ''), s.version = $4::bigint" FINDING_FROM
         " WHERE p.code = $2 AND s.id = $3::bigint AND " REACHES("approve"));

int finding_list(struct op *op, const struct principal *p, const struct finding_filter *f, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &finding_list_q, &rows, P_STR(p->account_id), P_STR(f->platform), P_STR(f->situation), P_STR(f->after), P_I64((int64_t)f->limit + 1),
	               P_STR(f->decision));

	if (r == 0)
		*ret = json_page_of(op, &rows, f->limit, 1);
	return r;
}

static int get(struct op *op, const struct principal *p, struct str platform, struct str id, json_t **ret)
{
	struct db_rows rows;
	int r = db_run(op, &finding_get_q, &rows, P_STR(p->account_id), P_STR(platform), P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such finding");
	*ret = json_cell(op, &rows, 0, 0);
	return 0;
}

static int wrong_state(struct op *op, const char *text, struct str state, const char *wanted)
{
	(void)op_fail(op, ERR_WRONG_STATE, text);
	(void)op_fail_arg(op, "state", state);
	return op_fail_arg(op, "wanted", str_c(wanted));
}

static json_t *told(struct str platform, struct str id, struct str reason)
{
	json_t *data = json_new_object();

	json_set_str(data, "platform", platform);
	json_set_str(data, "finding", id);
	if (!str_is_null(reason))
		json_set_str(data, "reason", reason);
	return data;
}

static int run_decision(struct op *op, const struct principal *p, const struct finding_decision *d, struct db_rows *ret_rows)
{
	bool is_adoption = str_equal(d->decision, STR("adopt"));

	return db_run(op, is_adoption ? &finding_adopt_q : &finding_ignore_q, ret_rows, P_STR(p->account_id), P_STR(d->platform), P_STR(d->id), P_STR(d->reason),
	              P_STR(is_adoption ? d->login : d->decision), P_I64(d->version));
}

/* Why no decision was written. */
static int not_decided(struct op *op, const struct principal *p, const struct finding_decision *d)
{
	_json_ json_t *now = NULL;
	int r = get(op, p, d->platform, d->id, &now);

	if (r < 0)
		return r;
	if (json_get_int(now, "version", 0) != d->version)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	if (str_equal(d->decision, STR("adopt")))
		return wrong_state(op, "whose it shall be needs access to the platform and no account there, and be within your scope", STR("other"), "adoptable");
	if (str_equal(d->decision, STR("remove")))
		return wrong_state(op, "only an account that is there and is none of ours can be asked to be removed, within your scope", STR("other"), "unlinked, unmatched, disputed, collision");
	return op_fail(op, ERR_OUT_OF_SCOPE, "not within your scope");
}

int finding_decide(struct op *op, const struct principal *p, const struct finding_decision *d, json_t **ret)
{
	struct governance_act act = { .action = arena_printf(op->arena, "finding.%.*s", STR_ARG(d->decision)).p, .object = d->platform };
	struct db_rows rows = { 0 };
	int r = get(op, p, d->platform, d->id, ret);

	if (r < 0)
		return r;
	json_decref(*ret);
	r = db_begin(op);
	if (r == 0)
		r = run_decision(op, p, d, &rows);
	if (r == 0 && rows.n == 0)
		r = not_decided(op, p, d);
	if (r == 0)
		act.account_id = db_str(&rows, 0, 0);
	r = governance_commit(op, p, r, &act, told(d->platform, d->id, d->reason));
	return r < 0 ? r : get(op, p, d->platform, d->id, ret);
}

static int why_not(struct op *op, const struct principal *p, const struct finding_confirmation *c)
{
	struct db_rows rows;
	int r = db_run(op, &finding_why_not_q, &rows, P_STR(p->account_id), P_STR(c->platform), P_STR(c->id), P_I64(c->version));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such finding");
	if (!db_bool(&rows, 0, 2))
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	if (str_equal(db_str(&rows, 0, 1), STR("proposed")) && db_bool(&rows, 0, 0))
		return op_fail(op, ERR_FOUR_EYES, "another person than who proposed it and whose it is confirms");
	return wrong_state(op, "only a proposed adoption can be confirmed", db_str(&rows, 0, 1), "proposed");
}

int finding_confirm(struct op *op, const struct principal *p, const struct finding_confirmation *c, json_t **ret)
{
	struct governance_act act = { .action = "finding.confirm", .object = c->platform };
	struct db_rows rows = { 0 };
	int r = db_begin(op);

	if (r == 0)
		r = db_run(op, &finding_confirm_q, &rows, P_STR(p->account_id), P_STR(c->platform), P_STR(c->id), P_I64(c->version));
	if (r == 0 && rows.n == 0) {
		db_rollback(op);
		return why_not(op, p, c);
	}
	if (r == 0)
		act.account_id = db_str(&rows, 0, 0);
	r = governance_commit(op, p, r, &act, told(c->platform, c->id, STR_NULL));
	return r < 0 ? r : get(op, p, c->platform, c->id, ret);
}
