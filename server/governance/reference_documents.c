/* reference_documents.c: the province's architecture, strategies and plans, levels: each in versions of which one is in force. */

#include "common/model/unit_store.h"
#include "server/governance/catalogue_common.h"
#include "server/governance/gates.h"

DB_QUERY(document_supersede_q, DB_WRITE,
         "UPDATE sen.reference_document d SET superseded_at = now() WHERE d.code = $1 AND d.version = $2::integer AND d.kind = $4 AND d.superseded_at IS NULL"
         " AND sen.catalogue_covers($3::uuid, 'appraise', d.unit_id, NULL) RETURNING d.id,"
         " (SELECT count(*) FROM sen.gate_now n JOIN sen.platform_gate g ON g.platform_id = n.platform_id AND g.id = n.id"
         "  WHERE g.document_id = d.id AND n.state = 'passed')");
DB_QUERY(document_add_q, DB_WRITE,
         "INSERT INTO sen.reference_document (unit_id, code, version, kind, number, title, issued_on, url, created_by)"
         " SELECT $1::integer, $2, coalesce((SELECT max(d.version) FROM sen.reference_document d WHERE d.code = $2), 0) + 1, $3, $4, $5,"
         " $6::date, $7, $8::uuid WHERE $6::date <= sen.today() AND sen.catalogue_covers($8::uuid, 'appraise', $1::integer, NULL) RETURNING version");
DB_QUERY(document_issued_q, DB_READ, "SELECT $1::date <= sen.today()");
DB_QUERY(document_list_q, DB_READ,
         "SELECT json_build_object('code', d.code, 'version', d.version, 'kind', d.kind, 'number', d.number, 'title', d.title,"
         " 'issued_on', d.issued_on, 'url', d.url, 'unit', u.code, 'state', CASE WHEN d.superseded_at IS NULL THEN 'in_force' ELSE 'superseded' END,"
         " 'superseded_at', sen.iso(d.superseded_at), 'created_by', a.login, 'created_at', sen.iso(d.created_at))::text"
         " FROM sen.reference_document d JOIN sen.unit u ON u.id = d.unit_id JOIN sen.account a ON a.id = d.created_by"
         " WHERE ($1::text IS NULL OR d.kind = $1) AND (NOT $2::boolean OR d.superseded_at IS NULL)"
         " AND ($3::text IS NULL OR (d.code, d.version) > ($3, $4::integer)) ORDER BY d.code, d.version LIMIT $5::bigint");

static int why_not_added(struct op *op, const struct reference_document *d)
{
	struct db_rows rows;
	int r = db_run(op, &document_issued_q, &rows, P_STR(d->issued_on));

	if (r < 0)
		return r;
	if (db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope");
	(void)op_fail(op, ERR_INVALID_VALUE, "the day is still to come");
	return op_fail_arg(op, "field", STR("issued_on"));
}

static int add(struct op *op, const struct principal *p, const struct reference_document *d, int64_t *ret_version, int64_t *ret_expired)
{
	struct db_rows rows;
	struct unit unit;
	int64_t expired = 0;
	int r = unit_find(op, d->unit, &unit);

	if (r == 0 && !str_is_null(d->replaces)) {
		r = db_run(op, &document_supersede_q, &rows, P_STR(str_is_null(d->replaces_code) ? d->code : d->replaces_code), P_STR(d->replaces), P_STR(p->account_id), P_STR(d->kind));
		if (r == 0 && rows.n == 0)
			r = op_fail(op, ERR_PRECONDITION_FAILED, "that version is not in force, or not yours to replace");
		expired = r < 0 ? 0 : db_i64(&rows, 0, 1);
	}
	if (r < 0)
		return r;
	r = db_run(op, &document_add_q, &rows, P_I64(unit.id), P_STR(d->code), P_STR(d->kind), P_STR(d->number), P_STR(d->title),
	           P_STR(d->issued_on), P_STR(d->url), P_STR(p->account_id));
	if (r == 0 && rows.n == 0)
		r = why_not_added(op, d);
	if (r < 0)
		return r;
	*ret_version = db_i64(&rows, 0, 0);
	*ret_expired = expired;
	return 0;
}

int document_add(struct op *op, const struct principal *p, const struct reference_document *d, int64_t *ret_version, int64_t *ret_expired)
{
	json_t *data;
	int64_t version = 0, expired = 0;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = add(op, p, d, &version, &expired);
	data = catalogue_data("number", d->number);
	json_set_int(data, "version", version);
	json_set_int(data, "gates_expired", expired);
	r = catalogue_commit(op, p, r, "reference_document.add", d->code, data);
	if (r == 0) {
		*ret_version = version;
		*ret_expired = expired;
	}
	return r;
}

int document_list(struct op *op, const struct document_filter *f, json_t **ret_array)
{
	struct db_rows rows;
	int r = db_run(op, &document_list_q, &rows, P_STR(f->kind), P_BOOL(f->in_force), P_STR(f->after_code), P_STR(f->after_version),
	               P_I64((int64_t)f->limit + 1));

	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}
