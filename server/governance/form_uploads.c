/* form_uploads.c: a platform's own lists, taken in and compared (forms.h). */
#include "server/governance/forms.h"

#include "common/db/columns.h"
#include "server/governance/catalogue_common.h"

#define UPLOAD_JSON                                                                                                            \
	"'platform', p.code, 'id', u.id, 'state', u.state, 'taken_at', sen.iso(u.taken_at), 'uploaded_by', b.login, 'uploaded_at', sen.iso(u.uploaded_at),"  \
	" 'rows', CASE WHEN u.state = 'uploading' THEN (SELECT count(*) FROM sen.form_upload_row x WHERE x.platform_id = u.platform_id AND x.upload_id = u.id) ELSE u.n_rows END, 'known', u.n_known, 'listed', u.n_listed,"  \
	" 'decided_by', d.login, 'decided_at', sen.iso(u.decided_at)"
#define UPLOAD_FROM                                                                                                            \
	" FROM sen.form_upload u JOIN sen.platform p ON p.id = u.platform_id JOIN sen.account b ON b.id = u.uploaded_by LEFT JOIN sen.account d ON d.id = u.decided_by"
/* Its report names accounts. */
#define UPLOAD_VISIBLE                                                                                                         \
	"(sen.form_officer_is(u.platform_id, $1::uuid) OR sen.catalogue_covers($1::uuid, 'approve', p.managing_unit_id, p.id))"

DB_QUERY(form_upload_begin_q, DB_WRITE,
         "INSERT INTO sen.form_upload (platform_id, taken_at, has_roles, has_names, uploaded_by)"
         " SELECT p.id, least(coalesce($3::timestamptz, now()), now()), $4::boolean, $5::boolean, $1::uuid FROM sen.platform p"
         " WHERE p.code = $2 AND sen.form_officer_is(p.id, $1::uuid) RETURNING id");
DB_QUERY(form_upload_go_on_q, DB_WRITE,
         "UPDATE sen.form_upload u SET has_roles = u.has_roles OR $4::boolean, has_names = u.has_names OR $5::boolean FROM sen.platform p"
         " WHERE p.id = u.platform_id AND p.code = $2 AND u.id = $3::uuid AND u.uploaded_by = $1::uuid AND u.state = 'uploading' RETURNING u.id");
DB_QUERY(form_upload_rows_q, DB_WRITE,
         "WITH added AS (INSERT INTO sen.form_upload_row (platform_id, upload_id, login, ext_id, full_name, active, roles)"
         " SELECT p.id, $2::uuid, r.login, nullif(r.ext_id, ''), nullif(r.full_name, ''), r.active, sen.form_roles_of(p.id, r.roles)"
         " FROM sen.platform p, unnest($3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[]) r (login, ext_id, full_name, active, roles)"
         " WHERE p.code = $1 ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*) FROM added");
DB_QUERY(form_upload_end_q, DB_WRITE,
         "SELECT sen.form_list_end(p.id, $3::uuid, $1::uuid, $4) FROM sen.platform p WHERE p.code = $2");
DB_QUERY(form_upload_get_q, DB_READ,
         "SELECT jsonb_build_object(" UPLOAD_JSON ", 'report', u.report, 'foreign', (SELECT coalesce(jsonb_agg(x.login ORDER BY x.login), '[]') FROM"
         " (SELECT x.login FROM sen.form_upload_row x WHERE x.platform_id = u.platform_id AND x.upload_id = u.id AND u.state = 'applied' AND NOT EXISTS"
         "  (SELECT FROM sen.form_account k WHERE k.platform_id = x.platform_id AND (k.login = x.login OR k.ext_id = x.ext_id)) ORDER BY 1 LIMIT 200) x))::text" UPLOAD_FROM
         " WHERE p.code = $2 AND u.id = $3::uuid AND " UPLOAD_VISIBLE);
DB_QUERY(form_upload_list_q, DB_READ,
         "SELECT jsonb_build_object(" UPLOAD_JSON ")::text, u.uploaded_at::text, u.id::text" UPLOAD_FROM
         " WHERE u.platform_id = (SELECT x.id FROM sen.platform x WHERE x.code = $2) AND " UPLOAD_VISIBLE
         " AND ($3::timestamptz IS NULL OR (u.uploaded_at, u.id) < ($3::timestamptz, $4::uuid)) ORDER BY u.uploaded_at DESC, u.id DESC LIMIT $5::bigint");
DB_QUERY(form_upload_release_q, DB_WRITE,
         "SELECT sen.form_list_release(p.id, $3::uuid, $4::boolean, $1::uuid, $5) FROM sen.platform p WHERE p.code = $2");

static int not_officer(struct op *op)
{
	return op_fail(op, ERR_OUT_OF_SCOPE, "only the platform's officer, while they may read there");
}

static int unknown(struct op *op)
{
	return op_fail(op, ERR_NOT_FOUND, "no such list");
}

static struct str text(struct str s)
{
	return str_is_null(s) ? STR("") : s;
}

static int add_rows(struct op *op, struct str platform, struct str id, const struct form_list *list)
{
	struct columns c = columns_new(op->arena, list->n, 5);
	struct db_rows rows;
	int r;

	for (size_t i = 0; i < list->n; i++) {
		columns_text(&c, 0, i, list->rows[i].login);
		columns_text(&c, 1, i, text(list->rows[i].ext_id));
		columns_text(&c, 2, i, text(list->rows[i].full_name));
		columns_bool(&c, 3, i, list->rows[i].active);
		columns_text(&c, 4, i, text(list->rows[i].roles));
	}
	r = db_run(op, &form_upload_rows_q, &rows, P_STR(platform), P_STR(id), columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2),
	           columns_param(&c, 3), columns_param(&c, 4));
	if (r < 0 || db_i64(&rows, 0, 0) == (int64_t)list->n)
		return r;
	(void)op_fail(op, ERR_INVALID_VALUE, "a user name stands in the list twice");
	return op_fail_arg(op, "field", STR("csv"));
}

static int end(struct op *op, const struct principal *p, struct str platform, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &form_upload_end_q, &rows, P_STR(p->account_id), P_STR(platform), P_STR(id), P_C(op->id));

	if (r < 0)
		return r;
	if (rows.n == 0 || str_equal(db_str(&rows, 0, 0), STR("officer")))
		return not_officer(op);
	return str_equal(db_str(&rows, 0, 0), STR("unknown")) ? unknown(op) : 0;
}

static int add(struct op *op, const struct principal *p, const struct form_upload *u, struct str *ret_id)
{
	bool is_first = str_is_null(u->id);
	struct db_rows rows;
	int r = db_run(op, is_first ? &form_upload_begin_q : &form_upload_go_on_q, &rows, P_STR(p->account_id), P_STR(u->platform),
	               P_STR(is_first ? u->taken_at : u->id), P_BOOL(u->list->has_roles), P_BOOL(u->list->has_names));

	if (r == 0 && rows.n == 0)
		return is_first ? not_officer(op) : unknown(op);
	if (r < 0)
		return r;
	*ret_id = db_str(&rows, 0, 0);
	r = add_rows(op, u->platform, *ret_id, u->list);
	return r == 0 && u->is_last ? end(op, p, u->platform, *ret_id) : r;
}

int form_upload_add(struct op *op, const struct principal *p, const struct form_upload *upload, struct str *ret_id)
{
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = add(op, p, upload, ret_id);
	data = catalogue_data("taken_at", upload->taken_at);
	json_set_int(data, "rows", (int64_t)upload->list->n);
	json_set_bool(data, "last", upload->is_last);
	return catalogue_commit(op, p, r, "form.upload", arena_printf(op->arena, "platform:%.*s", STR_ARG(upload->platform)), data);
}

int form_upload_get(struct op *op, const struct principal *p, struct str platform, struct str id, json_t **ret)
{
	struct db_rows rows;
	int r = db_run(op, &form_upload_get_q, &rows, P_STR(p->account_id), P_STR(platform), P_STR(id));

	if (r == 0 && rows.n == 0)
		return unknown(op);
	if (r == 0)
		*ret = json_cell(op, &rows, 0, 0);
	return r;
}

int form_upload_list(struct op *op, const struct principal *p, struct str platform, const struct page_ask *ask, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &form_upload_list_q, &rows, P_STR(p->account_id), P_STR(platform), P_STR(ask->after[0]), P_STR(ask->after[1]),
	               P_I64((int64_t)ask->limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, ask->limit, 2);
	return r;
}

int form_upload_release(struct op *op, const struct principal *p, struct str platform, struct str id, bool is_good)
{
	struct db_rows rows;
	struct str outcome;
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, &form_upload_release_q, &rows, P_STR(p->account_id), P_STR(platform), P_STR(id), P_BOOL(is_good), P_C(op->id));
	outcome = r < 0 || rows.n == 0 ? STR("unknown") : db_str(&rows, 0, 0);
	if (r == 0 && str_equal(outcome, STR("unknown")))
		r = unknown(op);
	else if (r == 0 && str_equal(outcome, STR("scope")))
		r = op_fail(op, ERR_OUT_OF_SCOPE, "the right approve on this platform is needed");
	else if (r == 0 && str_equal(outcome, STR("four_eyes")))
		r = op_fail(op, ERR_FOUR_EYES, "another person than who uploaded the list");
	data = catalogue_data("upload", id);
	json_set_bool(data, "compared", is_good);
	return catalogue_commit(op, p, r, "form.release", arena_printf(op->arena, "platform:%.*s", STR_ARG(platform)), data);
}
