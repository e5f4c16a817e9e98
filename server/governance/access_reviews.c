#include "server/governance/access_reviews.h"

#include "common/model/audit.h"
#include "server/governance/bulk_rows.h"

#define CAMPAIGN_JSON                                                                                                      \
	"jsonb_build_object('id', c.id, 'code', c.code, 'name', c.name, 'kind', c.kind, 'unit', u.code, 'platform', p.code, 'min_rank', c.min_rank,"     \
	" 'deadline', sen.iso(c.deadline), 'no_answer', c.no_answer, 'state', c.state, 'overdue', c.state <> 'closed' AND c.deadline <= now(),"            \
	" 'next_due', sen.iso(c.made_at + coalesce(make_interval(months => c.period_months), CASE WHEN c.min_rank = 3 THEN interval '3 months'"               \
	"  ELSE interval '6 months' END)), 'period_months', c.period_months, 'made_by', b.login, 'made_at', sen.iso(c.made_at),"                               \
	" 'released_by', (SELECT r.login FROM sen.account r WHERE r.id = c.released_by), 'closed_at', sen.iso(c.closed_at), 'version', c.version)"
#define CAMPAIGN_JOINS                                                                                                     \
	" JOIN sen.unit u ON u.id = c.unit_id LEFT JOIN sen.account b ON b.id = c.made_by LEFT JOIN sen.platform p ON p.id = c.platform_id"
#define PROGRESS                                                                                                           \
	" || jsonb_build_object('items', t.items, 'done', t.done, 'kept', t.kept, 'revoked', t.revoked, 'unanswered', t.items - t.done)"
#define PROGRESS_JOIN                                                                                                      \
	" CROSS JOIN LATERAL (SELECT count(*) AS items, count(*) FILTER (WHERE i.decided_by IS NOT NULL) AS done,"                            \
	" count(*) FILTER (WHERE i.decision = 'keep') AS kept, count(*) FILTER (WHERE i.decision IN ('revoke', 'change')) AS revoked"          \
	" FROM sen.review_item i WHERE i.campaign_id = c.id) t"

/* Seen by who reaches its unit, and by whose units lie within it. */
#define CAMPAIGN_VISIBLE                                                                                                   \
	" EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = $1::uuid AND s.rights && ARRAY['read', 'review']"                        \
	"  AND (starts_with(u.path, s.path) OR starts_with(s.path, u.path)))"
DB_QUERY(review_list_q, DB_READ,
         "SELECT " CAMPAIGN_JSON ", c.code FROM sen.review_campaign c" CAMPAIGN_JOINS " WHERE ($2::text IS NULL OR c.code > $2) AND" CAMPAIGN_VISIBLE
         " ORDER BY c.code LIMIT $3::integer");
const struct query *const review_list = &review_list_q;
DB_QUERY(review_one_q, DB_READ,
         "SELECT " CAMPAIGN_JSON PROGRESS " FROM sen.review_campaign c" CAMPAIGN_JOINS PROGRESS_JOIN " WHERE c.id = $2::uuid AND" CAMPAIGN_VISIBLE);
const struct query *const review_one = &review_one_q;

#define ITEM_JSON                                                                                                          \
	"jsonb_build_object('id', i.id, 'login', a.login, 'full_name', n.full_name, 'grant', i.grant_id, 'platform', p.code, 'role', r.code, 'unit', u.code,"  \
	" 'decision', i.decision, 'decided_by', (SELECT d.login FROM sen.account d WHERE d.id = i.decided_by), 'decided_at', sen.iso(i.decided_at), 'note', i.note,"  \
	" 'request', i.request_id)"
#define ITEM_JOINS                                                                                                         \
	" JOIN sen.account a ON a.id = i.account_id JOIN sen.person n ON n.id = a.person_id JOIN sen.unit u ON u.id = i.unit_id"                \
	" LEFT JOIN sen.role r ON r.id = i.role_id LEFT JOIN sen.platform p ON p.id = r.platform_id"
DB_QUERY(review_items_q, DB_READ,
         "SELECT x.json, x.unit_id, x.id FROM sen.scoped_units($1::uuid, 'review') s CROSS JOIN LATERAL (SELECT " ITEM_JSON " AS json, i.unit_id, i.id"
         " FROM sen.review_item i JOIN sen.review_campaign c ON c.id = i.campaign_id" ITEM_JOINS
         " WHERE i.campaign_id = $2::uuid AND i.unit_id = s.unit_id AND (s.every OR p.id = ANY (s.platforms) OR r.id = ANY (s.roles))"
         " AND ($3::text IS NULL OR $3 = CASE WHEN i.decided_by IS NOT NULL THEN 'done' WHEN c.deadline <= now() THEN 'overdue' ELSE 'open' END)"
         " AND ($4::integer IS NULL OR (i.unit_id, i.id) > ($4::integer, $5::uuid)) ORDER BY i.id LIMIT $6::integer) x"
         " WHERE $4::integer IS NULL OR s.unit_id >= $4::integer ORDER BY x.unit_id, x.id LIMIT $6::integer");
const struct query *const review_items = &review_items_q;
DB_QUERY(review_overdue_q, DB_READ,
         "SELECT x.json, x.key FROM (SELECT jsonb_build_object('campaign', c.code, 'unit', u.code, 'unit_name', u.name, 'unanswered', count(*), 'deadline', sen.iso(c.deadline))"
         " AS json, c.code || '/' || u.code AS key FROM sen.review_campaign c JOIN sen.review_item i ON i.campaign_id = c.id AND i.decided_by IS NULL"
         " JOIN sen.scoped_units($1::uuid, 'read') s ON s.unit_id = i.unit_id JOIN sen.unit u ON u.id = i.unit_id LEFT JOIN sen.role r ON r.id = i.role_id"
         " WHERE c.deadline <= now() AND c.state <> 'closed' AND (s.every OR r.platform_id = ANY (s.platforms) OR r.id = ANY (s.roles)) GROUP BY c.id, u.id) x WHERE ($2::text IS NULL OR x.key > $2) ORDER BY x.key LIMIT $3::integer");
const struct query *const review_overdue = &review_overdue_q;

#define BEGIN_INPUT                                                                                                        \
	"WITH i (id, actor, code, name, kind, unit, platform, min_sensitivity, deadline, no_answer) AS (VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::text,"  \
	" $6::text, $7::text, $8::text, $9::timestamptz, $10::text)), f AS (SELECT i.*, u.id AS uid, u.path, p.id AS plid FROM i LEFT JOIN sen.unit u ON u.code = i.unit"  \
	"  LEFT JOIN sen.platform p ON p.code = i.platform AND p.id > 0) "
DB_QUERY(review_begin_check_q, DB_WRITE,
         BEGIN_INPUT
         "SELECT CASE WHEN f.uid IS NULL THEN 'unknown_unit' WHEN f.platform IS NOT NULL AND f.plid IS NULL THEN 'unknown_platform'"
         " WHEN f.kind NOT IN ('grants', 'accounts') OR f.no_answer NOT IN ('suspend', 'keep') OR f.deadline <= now() OR (f.kind = 'accounts' AND f.platform IS NOT NULL)"
         "  OR f.min_sensitivity NOT IN ('low', 'normal', 'high', 'privileged') THEN 'invalid_value'"
         " WHEN NOT sen.scope_covers(f.actor, 'review', f.path, f.plid) THEN 'out_of_scope'"
         " WHEN EXISTS (SELECT FROM sen.review_campaign c WHERE c.code = f.code) THEN 'conflict' END, NULL, NULL, NULL, f.code FROM f");
DB_QUERY(review_begin_q, DB_WRITE,
         BEGIN_INPUT
         ", c AS (INSERT INTO sen.review_campaign (id, code, name, kind, unit_id, platform_id, min_rank, deadline, no_answer, made_by)"
         "  SELECT f.id, f.code, f.name, f.kind, f.uid, f.plid, coalesce(sen.rank(nullif(f.min_sensitivity, '')), 0), f.deadline, f.no_answer, f.actor FROM f RETURNING *)"
         " SELECT " CAMPAIGN_JSON " FROM c" CAMPAIGN_JOINS);
const struct governed_kind review_begin = { .action = "review.begin", .check = &review_begin_check_q, .write = &review_begin_q };

DB_QUERY(review_lock_q, DB_WRITE, "SELECT FROM sen.review_campaign WHERE id = $1::uuid FOR UPDATE");
#define ADVANCE_INPUT "WITH i (id, actor) AS (VALUES ($1::uuid, $2::uuid)) "
DB_QUERY(review_advance_check_q, DB_WRITE,
         ADVANCE_INPUT
         "SELECT CASE WHEN NOT sen.scope_covers(i.actor, 'review', u.path, c.platform_id) THEN 'out_of_scope'"
         " WHEN c.state = 'closed' OR (c.state IN ('open', 'held') AND c.deadline > now()) THEN 'wrong_state'"
         " WHEN c.state = 'held' AND sen.same_person(c.made_by, i.actor) THEN 'four_eyes' END, 'state', c.state, NULL, c.code"
         " FROM i JOIN sen.review_campaign c ON c.id = i.id JOIN sen.unit u ON u.id = c.unit_id");
DB_QUERY(review_advance_q, DB_WRITE, "SELECT sen.review_step($1::uuid, $2::uuid)");
const struct governed_kind review_advance = {
	.action = "review.advance", .lock = &review_lock_q, .check = &review_advance_check_q, .write = &review_advance_q };

#define ITEM_INPUT                                                                                                         \
	"WITH f (id, actor, item, decision, note, role) AS (VALUES ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::text)) "
/* What the grant in whose place it comes holds against it goes with that grant. */
#define CHANGE_DUTIES                                                                                                      \
	"sen.duty_conflicts(a.person_id, o.id, i.unit_id) d WHERE d.severity = 'block' AND d.grant_id <> i.grant_id"
/* The other role is asked for as any is: what the request would meet is said before the old one is gone. */
#define CHANGE_FAULT                                                                                                       \
	"CASE WHEN o.id IS NULL THEN 'unknown_role' WHEN NOT sen.scope_covers(f.actor, 'grant', u.path, p.id, o.id) THEN 'out_of_scope'"         \
	" WHEN NOT sen.platform_is_open(p.state) THEN 'platform_closed' WHEN a.status IN ('disabled', 'archived') THEN 'account_state'"          \
	" WHEN NOT EXISTS (SELECT FROM sen.standing_post t WHERE t.person_id = a.person_id AND starts_with(t.path, u.path)) THEN 'unknown_post'"  \
	" WHEN (SELECT y.end_required FROM sen.policy_of(o.id) y) AND sen.review_change_ends(g.valid_to, o.id) IS NULL OR g.valid_to <= now() THEN 'invalid_value'"  \
	" WHEN EXISTS (SELECT FROM " CHANGE_DUTIES ") THEN 'separation_of_duties' END"
DB_QUERY(review_decide_check_q, DB_WRITE,
         ITEM_INPUT
         "SELECT CASE WHEN NOT coalesce(CASE WHEN i.role_id IS NULL THEN sen.scope_covers(f.actor, 'review', u.path, NULL) ELSE"
         "  sen.scope_covers(f.actor, 'review', u.path, p.id, r.id) END, false) THEN 'not_found'"
         " WHEN me.person_id = a.person_id THEN 'self_grant' WHEN c.state = 'closed' OR i.decided_by IS NOT NULL THEN 'wrong_state'"
         " WHEN f.decision NOT IN ('keep', 'revoke', 'change') OR (f.decision = 'change' AND (i.grant_id IS NULL OR f.role IS NULL OR a.kind <> 'operational'))"
         "  THEN 'invalid_value' ELSE CASE WHEN f.decision = 'change' THEN " CHANGE_FAULT " END END,"
         " CASE WHEN c.state = 'closed' OR i.decided_by IS NOT NULL THEN 'state' ELSE 'rule' END, CASE WHEN c.state = 'closed' THEN 'closed'"
         "  WHEN i.decided_by IS NOT NULL THEN 'decided' ELSE (SELECT string_agg(DISTINCT d.duty_code, ' ') FROM " CHANGE_DUTIES
         "   AND sen.scope_covers(f.actor, 'grant', u.path, p.id, o.id)) END,"
         " a.id, c.code || coalesce(' ' || p.code || ':' || r.code, '')"
         " FROM f JOIN sen.review_item i ON i.campaign_id = f.id AND i.id = f.item JOIN sen.review_campaign c ON c.id = i.campaign_id" ITEM_JOINS
         " JOIN sen.account me ON me.id = f.actor LEFT JOIN sen.access_grant g ON g.account_id = i.account_id AND g.id = i.grant_id"
         " LEFT JOIN sen.role o ON f.decision = 'change' AND o.platform_id = p.id AND o.code = f.role AND o.id <> r.id");
/* One answer to an item: whoever comes first.  A campaign that closed meanwhile has none. */
DB_QUERY(review_decide_q, DB_WRITE,
         ITEM_INPUT
         ", old AS (SELECT i.decision FROM f JOIN sen.review_item i ON i.campaign_id = f.id AND i.id = f.item)"
         ", filed AS MATERIALIZED (SELECT sen.review_change(i.account_id, i.grant_id, f.role, f.actor) AS id FROM f JOIN sen.review_item i ON i.campaign_id = f.id"
         "  AND i.id = f.item WHERE f.decision = 'change' AND i.grant_id IS NOT NULL AND i.decided_by IS NULL)"
         ", i AS (UPDATE sen.review_item i SET decision = f.decision, decided_by = f.actor, decided_at = now(), note = coalesce(f.note, ''),"
         "  request_id = (SELECT filed.id FROM filed) FROM f, sen.review_campaign c"
         "  WHERE i.campaign_id = f.id AND i.id = f.item AND c.id = i.campaign_id AND c.state <> 'closed' AND i.decided_by IS NULL RETURNING i.*)"
         ", done AS (SELECT sen.review_carry_out(i.campaign_id, i.id, i.account_id, i.grant_id, i.decision, f.actor, i.request_id, f.role, (SELECT decision FROM old)) FROM i, f)"
         " SELECT " ITEM_JSON " || jsonb_build_object('carried_out', (SELECT count(*) FROM done)) FROM i" ITEM_JOINS);
const struct governed_kind review_decide = { .action = "review.decide", .check = &review_decide_check_q, .write = &review_decide_q };

struct answering {
	const struct review_answers *answers;
	struct review_answered *answered;
	struct error *errors;
	struct governed_done *done;
};

static int answer_row(struct op *op, const struct principal *p, void *context, size_t i)
{
	struct answering *a = context;
	const struct review_answer *row = &a->answers->rows[i];
	const struct db_param params[] = { P_STR(a->answers->campaign), P_STR(p->account_id), P_STR(row->item), P_STR(row->decision), P_STR(row->note), P_STR(row->role) };
	int r = governed_row(op, &review_decide, params, ARRAY_LEN(params), &a->done[i]);

	if (r == 0)
		a->answered[i].body = a->done[i].body;
	return r;
}

static int record_answers(struct op *op, const struct principal *p, void *context)
{
	struct answering *a = context;
	struct audit_record *records = ARENA_ARRAY(op->arena, struct audit_record, a->answers->n);
	struct str actor = arena_printf(op->arena, "account:%.*s", STR_ARG(p->account_id));
	size_t n = 0;

	for (size_t i = 0; i < a->answers->n; i++)
		if (a->errors[i].code == 0)
			records[n++] = (struct audit_record){ .actor = actor, .action = review_decide.action, .account_id = a->done[i].account_id,
				                              .object = a->done[i].object, .data = a->done[i].body };
	return audit_add_many(op, records, n);
}

int review_decide_bulk(struct op *op, const struct principal *p, const struct review_answers *answers, struct review_answered *ret_answered,
                       bool *ret_committed)
{
	struct answering a = { answers, ret_answered, ARENA_ARRAY(op->arena, struct error, answers->n), ARENA_ARRAY(op->arena, struct governed_done, answers->n) };
	const struct bulk_rows rows = { answers->n, answers->all_or_nothing, answer_row, record_answers, NULL, &a, a.errors };
	int r = bulk_rows_run(op, p, &rows, ret_committed);

	for (size_t i = 0; i < answers->n; i++) {
		ret_answered[i].error = a.errors[i];
		if (r == 0 && *ret_committed)
			continue;
		json_decref(ret_answered[i].body);
		ret_answered[i].body = NULL;
	}
	return r;
}
