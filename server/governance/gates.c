#include "server/governance/gates.h"

#include "common/base/random.h"
#include "server/governance/catalogue_common.h"

/* The architecture is the province's; a strategy or plan, that of a unit above the managing one, or the ministries'. */
#define DOCUMENT_FITS                                                                                                \
	"CASE d.kind WHEN 'architecture' THEN d.unit_id = sen.platform_province(p.id)"                                   \
	" ELSE EXISTS (SELECT FROM sen.unit o WHERE o.id = d.unit_id AND (o.kind = 'central' OR starts_with(sen.platform_home(p.id), o.path))) END"
#define HAPPENED(day) "coalesce(" day "::date <= sen.today(), true)"

DB_QUERY(gate_submit_q, DB_WRITE,
         "INSERT INTO sen.platform_gate (platform_id, id, kind, document_id, item, security_level, approval_no, approval_on, checked_on,"
         " valid_to, evidence, submitted_by)"
         " SELECT p.id, $2::uuid, $3, d.id, coalesce($5, ''), CASE WHEN $3 = 'security' THEN p.security_level END, $6, $7::date, $8::date,"
         " $9::date, coalesce($10, ''), $11::uuid"
         " FROM sen.platform p LEFT JOIN sen.reference_document d ON d.code = $4 AND d.kind = $3 AND d.superseded_at IS NULL AND " DOCUMENT_FITS
         " WHERE p.id = $1::smallint AND " HAPPENED("$7") " AND " HAPPENED("$8") " AND ($4::text IS NULL AND $3 = 'security' OR d.id IS NOT NULL)"
         " AND ($3 <> 'security' OR p.security_level IS NOT NULL)"
         " AND sen.catalogue_covers($11::uuid, 'catalogue', p.managing_unit_id, p.id) RETURNING id");
DB_QUERY(gate_level_q, DB_READ,
         "SELECT security_level IS NOT NULL, " HAPPENED("$2") ", " HAPPENED("$3") " FROM sen.platform WHERE id = $1::smallint");
DB_QUERY(gate_decide_q, DB_WRITE,
         "UPDATE sen.platform_gate g SET decided_by = $3::uuid, decided_at = now(), passed = $4::boolean, note = $5"
         " FROM sen.platform p WHERE p.id = g.platform_id AND g.platform_id = $1::smallint AND g.id = $2::uuid AND g.decided_at IS NULL"
         " AND NOT sen.same_person(g.submitted_by, $3::uuid) AND NOT coalesce(sen.same_person(p.created_by, $3::uuid), false)"
         " AND sen.catalogue_covers($3::uuid, 'appraise', p.managing_unit_id, p.id)"
         " AND (NOT $4::boolean OR g.document_id IS NULL OR EXISTS (SELECT FROM sen.reference_document d WHERE d.id = g.document_id"
         "  AND d.superseded_at IS NULL FOR SHARE)) RETURNING g.kind");
DB_QUERY(gate_look_q, DB_READ,
         "SELECT g.decided_at IS NOT NULL, sen.same_person(g.submitted_by, $3::uuid) OR coalesce(sen.same_person(p.created_by, $3::uuid), false)"
         " FROM sen.platform_gate g JOIN sen.platform p ON p.id = g.platform_id WHERE g.platform_id = $1::smallint AND g.id = $2::uuid");
DB_QUERY(gate_list_q, DB_READ,
         "SELECT json_build_object('id', g.id, 'kind', g.kind, 'state', CASE WHEN g.decided_at IS NULL THEN 'submitted'"
         "  WHEN n.id IS NOT NULL THEN n.state WHEN g.passed THEN 'replaced' ELSE 'refused' END,"
         " 'document', d.code, 'document_version', d.version, 'document_number', d.number, 'document_superseded_at', sen.iso(d.superseded_at),"
         " 'item', g.item, 'security_level', g.security_level, 'approval_no', g.approval_no, 'approval_on', g.approval_on,"
         " 'checked_on', g.checked_on, 'valid_to', g.valid_to, 'evidence', g.evidence, 'submitted_by', s.login,"
         " 'submitted_at', sen.iso(g.submitted_at), 'decided_by', b.login, 'decided_at', sen.iso(g.decided_at), 'note', g.note)::text, g.submitted_at::text, g.id::text"
         " FROM sen.platform_gate g LEFT JOIN sen.reference_document d ON d.id = g.document_id JOIN sen.account s ON s.id = g.submitted_by"
         " LEFT JOIN sen.account b ON b.id = g.decided_by"
         " LEFT JOIN sen.gate_now n ON n.platform_id = g.platform_id AND n.kind = g.kind AND n.id = g.id"
         " WHERE g.platform_id = $1::smallint AND ($2::timestamptz IS NULL OR (g.submitted_at, g.id) < ($2::timestamptz, $3::uuid))"
         " ORDER BY g.submitted_at DESC, g.id DESC LIMIT $4::bigint");

static int invalid(struct op *op, const char *field, const char *text)
{
	(void)op_fail(op, ERR_INVALID_VALUE, text);
	return op_fail_arg(op, "field", str_c(field));
}

/* Why nothing was submitted: the level of the entry, a day to come, else the document. */
static int why_not_submitted(struct op *op, int64_t platform_id, const struct gate_submission *s)
{
	struct db_rows rows;
	int r = db_run(op, &gate_level_q, &rows, P_I64(platform_id), P_STR(s->approval_on), P_STR(s->checked_on));

	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 1) || !db_bool(&rows, 0, 2))
		return invalid(op, db_bool(&rows, 0, 1) ? "checked_on" : "approval_on", "the day is still to come");
	if (str_equal(s->kind, STR("security")) && !db_bool(&rows, 0, 0))
		return invalid(op, "security_level", "the entry says no security level");
	return invalid(op, "document", "no such reference document of this kind is in force in the province");
}

static int submit(struct op *op, const struct principal *p, const struct gate_submission *s, const char *id)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_lock(op, p, "catalogue", s->platform, &place);

	if (r == 0)
		r = catalogue_check(op, &place, -1);
	if (r < 0)
		return r;
	r = db_run(op, &gate_submit_q, &rows, P_I64(place.id), P_C(id), P_STR(s->kind), P_STR(s->document), P_STR(s->item), P_STR(s->approval_no),
	           P_STR(s->approval_on), P_STR(s->checked_on), P_STR(s->valid_to), P_STR(s->evidence), P_STR(p->account_id));
	if (r == 0 && rows.n == 0)
		r = why_not_submitted(op, place.id, s);
	return r;
}

int gate_submit(struct op *op, const struct principal *p, const struct gate_submission *s, struct str *ret_id)
{
	char uuid[UUID_TEXT_LEN + 1];
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	random_uuid(uuid);
	r = submit(op, p, s, uuid);
	data = catalogue_data("gate", str_c(uuid));
	json_set_str(data, "kind", s->kind);
	json_set_str(data, "document", s->document);
	json_set_str(data, "approval_no", s->approval_no);
	r = catalogue_commit(op, p, r, "gate.submit", s->platform, data);
	if (r == 0)
		*ret_id = arena_dup_c(op->arena, uuid);
	return r;
}

static int why_not_decided(struct op *op, const struct principal *p, const struct catalogue_place *place, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &gate_look_q, &rows, P_I64(place->id), P_STR(id), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such gate");
	if (!place->may)
		return op_fail(op, ERR_OUT_OF_SCOPE, "the managing unit is not within your scope");
	if (db_bool(&rows, 0, 0)) {
		(void)op_fail(op, ERR_WRONG_STATE, "it was decided before");
		return op_fail_arg(op, "state", STR("đã có kết luận"));
	}
	if (db_bool(&rows, 0, 1))
		return op_fail(op, ERR_FOUR_EYES, "another person than who drew up the entry or submitted the gate has to decide");
	(void)op_fail(op, ERR_BLOCKED, "its reference document was superseded after it was submitted");
	return op_fail_arg(op, "by", STR("document"));
}

static int decide(struct op *op, const struct principal *p, struct str platform, struct str id, const struct db_param *params)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_find(op, p, "appraise", platform, &place);

	if (r < 0)
		return r;
	r = db_run(op, &gate_decide_q, &rows, P_I64(place.id), P_STR(id), P_STR(p->account_id), params[0], params[1]);
	if (r == 0 && rows.n == 0)
		r = why_not_decided(op, p, &place, id);
	return r;
}

int gate_decide(struct op *op, const struct principal *p, struct str platform, struct str id, bool passed, struct str note)
{
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = decide(op, p, platform, id, (struct db_param[]){ P_BOOL(passed), P_STR(note) });
	data = catalogue_data("gate", id);
	json_set_bool(data, "passed", passed);
	json_set_str(data, "note", note);
	return catalogue_commit(op, p, r, "gate.decide", platform, data);
}

int gate_list(struct op *op, struct str platform, const struct page_ask *ask, struct json_page *ret)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_find(op, &(struct principal){ .account_id = STR_NULL }, "read", platform, &place);

	if (r == 0)
		r = db_run(op, &gate_list_q, &rows, P_I64(place.id), P_STR(ask->after[0]), P_STR(ask->after[1]), P_I64((int64_t)ask->limit + 1));
	if (r == 0)
		*ret = json_page_of(op, &rows, ask->limit, 2);
	return r;
}
