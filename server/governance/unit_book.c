#include "server/governance/unit_book.h"

#include "common/base/buf.h"
#include "common/base/text.h"
#include "server/governance/governance_audit.h"
#include "server/governance/unit_rules.h"

#define UNIT_SELECT                                                                                                      \
	"SELECT u.id, u.code, w.name, w.name_en, w.kind, p.code, u.path, u.valid_from, u.valid_to, w.ident_new, w.ident_old,"  \
	" CASE WHEN u.valid_from > d.day THEN 'future' WHEN u.valid_to <= d.day THEN 'ended' ELSE 'valid' END, u.verified, u.version"

/*
 * The units of the viewer's scopes are found once and hashed; a unit is within reach when one of those that its path names is among
 * them: three look-ups, however many scopes there are ("IS TRUE": as a join the hash would be made anew for each unit).
 */
#define WITHIN_REACH "EXISTS (SELECT FROM unnest(string_to_array(rtrim(u.path, '.'), '.')::integer[]) AS a (id) WHERE (a.id IN (SELECT s.unit_id FROM reach s)) IS TRUE)"
#define REACH                                                                                        \
	"WITH reach AS MATERIALIZED (SELECT s.unit_id FROM sen.live_scope s WHERE s.account_id = $1::uuid" \
	"  AND s.rights && ARRAY['read', 'organise']),"                                               \
	" d AS MATERIALIZED (SELECT coalesce($2::date, sen.today()) AS day) "
/* What was said of it on the day: what the first change after it replaced, or what is said now. */
#define ON_THE_DAY                                                                                                              \
	" FROM d CROSS JOIN sen.unit u CROSS JOIN LATERAL (SELECT * FROM (SELECT x.name, x.name_en, x.kind, x.parent_id, x.ident_new, x.ident_old" \
	"  FROM sen.unit_was x WHERE x.unit_id = u.id AND x.until > d.day ORDER BY x.until, x.version LIMIT 1) x"                          \
	" UNION ALL SELECT u.name, u.name_en, u.kind, u.parent_id, u.ident_new, u.ident_old LIMIT 1) w LEFT JOIN sen.unit p ON p.id = w.parent_id"
#define LISTED                                                                                            \
	ON_THE_DAY                                                                                        \
	" WHERE " WITHIN_REACH                                                                            \
	" AND ($3::text IS NULL OR starts_with(u.path, (SELECT a.path FROM sen.unit a WHERE a.code = $3)))"      \
	" AND ($4::text IS NULL OR u.kind = $4)"                                                           \
	" AND ($5::text IS NULL OR $5 = CASE WHEN u.valid_from > d.day THEN 'future' WHEN u.valid_to <= d.day THEN 'ended' ELSE 'valid' END)" \
	" AND ($6::text IS NULL OR u.name_fold LIKE $6 OR starts_with(u.code, $7) OR starts_with(u.ident_new, $7) OR starts_with(u.ident_old, $7))"

DB_QUERY(unit_book_by_code_q, DB_READ,
         REACH UNIT_SELECT LISTED " AND ($8::text IS NULL OR u.code COLLATE \"C\" > $8) ORDER BY u.code COLLATE \"C\" LIMIT $9::bigint");
DB_QUERY(unit_book_by_tree_q, DB_READ,
         REACH UNIT_SELECT LISTED " AND ($8::text IS NULL OR u.path COLLATE \"C\" > $8) ORDER BY u.path COLLATE \"C\" LIMIT $9::bigint");
DB_QUERY(unit_book_get_q, DB_READ,
         REACH UNIT_SELECT ON_THE_DAY " WHERE u.code = $3 AND " WITHIN_REACH);
DB_QUERY(unit_book_heirs_q, DB_READ,
         "SELECT u.code, u.name, h.reorganisation_id, h.share, false FROM sen.unit_successor h JOIN sen.unit u ON u.id = h.new_unit WHERE h.old_unit = $1::integer"
         " UNION ALL SELECT u.code, u.name, h.reorganisation_id, h.share, true FROM sen.unit_successor h JOIN sen.unit u ON u.id = h.old_unit"
         " WHERE h.new_unit = $1::integer ORDER BY 1 LIMIT 500");
/* An identifier belongs to one unit at a time. */
#define IDENT_IS_FREE(new_, old_, self)                                                                                        \
	"NOT EXISTS (SELECT FROM sen.unit x WHERE x.id <> " self " AND (x.valid_to IS NULL OR x.valid_to > sen.today())"           \
	" AND (x.ident_new = " new_ " OR x.ident_old = " old_ "))"
DB_QUERY(unit_book_add_q, DB_WRITE,
         "WITH i AS (SELECT nextval('sen.unit_id_seq')::integer AS id)"
         " INSERT INTO sen.unit (id, code, name, name_en, name_fold, kind, parent_id, path, valid_from, valid_to, ident_new, ident_old, verified)"
         " OVERRIDING SYSTEM VALUE SELECT i.id, $2, $3, $4, $5, $6, p.id, p.path || i.id || '.', $8::date, $9::date, $10::text, $11::text, $12::boolean"
         " FROM i, sen.unit p WHERE p.code = $7 AND p.path <> '' AND (p.valid_to IS NULL OR p.valid_to > $8::date)"
         " AND array_length(string_to_array(p.path, '.'), 1) <= 12 AND sen.scope_covers($1::uuid, 'organise', p.path, NULL)"
         " AND " IDENT_IS_FREE("$10::text", "$11::text", "-1") " ON CONFLICT (code) DO NOTHING RETURNING id");
DB_QUERY(unit_book_change_q, DB_WRITE,
         "UPDATE sen.unit u SET name = coalesce($4, name), name_fold = coalesce($5, name_fold), name_en = coalesce($6, name_en),"
         " ident_new = coalesce($7::text, ident_new), ident_old = coalesce($8::text, ident_old), valid_to = coalesce($9::date, valid_to),"
         " verified = coalesce($10::boolean, verified)"
         " WHERE u.code = $2 AND u.version = $3::bigint AND sen.scope_covers($1::uuid, 'organise', u.path, NULL)"
         " AND " IDENT_IS_FREE("$7::text", "$8::text", "u.id")
         " AND ($9::date IS NULL OR NOT sen.unit_goes_on(u.id, $9::date)) RETURNING u.id");
DB_QUERY(unit_book_goes_on_q, DB_READ, "SELECT sen.unit_goes_on($1::integer, $2::date)");
DB_QUERY(unit_book_may_q, DB_READ, "SELECT sen.scope_covers($1::uuid, 'organise', u.path, NULL) FROM sen.unit u WHERE u.id = $2::integer");

static struct unit_entry from_row(const struct db_rows *rows, size_t i)
{
	return (struct unit_entry){
		.id = db_i64(rows, i, 0),
		.code = db_str(rows, i, 1),
		.name = db_str(rows, i, 2),
		.name_en = db_str(rows, i, 3),
		.kind = db_str(rows, i, 4),
		.parent_code = db_str(rows, i, 5),
		.path = db_str(rows, i, 6),
		.valid_from = db_str(rows, i, 7),
		.valid_to = db_str(rows, i, 8),
		.ident_new = db_str(rows, i, 9),
		.ident_old = db_str(rows, i, 10),
		.state = db_str(rows, i, 11),
		.verified = db_bool(rows, i, 12),
		.version = db_i64(rows, i, 13),
	};
}

/* "%…%" with what LIKE would take as a pattern made plain. */
static struct str pattern_of(struct arena *a, struct str words)
{
	struct str folded = text_fold(a, words);
	struct buf b = buf_new(a, 2 * folded.len + 2);

	buf_add_char(&b, '%');
	for (size_t i = 0; i < folded.len; i++) {
		if (folded.p[i] == '%' || folded.p[i] == '_' || folded.p[i] == '\\')
			buf_add_char(&b, '\\');
		buf_add_char(&b, folded.p[i]);
	}
	buf_add_char(&b, '%');
	return buf_str(&b);
}

int unit_book_list(struct op *op, const struct unit_query *q, const struct unit_entry **ret, size_t *ret_n)
{
	struct str pattern = str_is_null(q->words) ? STR_NULL : pattern_of(op->arena, q->words);
	struct unit_entry *all;
	struct db_rows rows;
	int r = db_run(op, q->by_tree ? &unit_book_by_tree_q : &unit_book_by_code_q, &rows, P_STR(q->viewer), P_STR(q->on), P_STR(q->under),
	               P_STR(q->kind), P_STR(q->state), P_STR(pattern), P_STR(q->words), P_STR(q->after), P_I64((int64_t)q->limit + 1));

	if (r < 0)
		return r;
	all = ARENA_ARRAY(op->arena, struct unit_entry, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		all[i] = from_row(&rows, i);
	*ret = all;
	*ret_n = rows.n;
	return 0;
}

int unit_book_get(struct op *op, struct str code, struct str viewer, struct str on, struct unit_entry *ret)
{
	struct db_rows rows;
	int r = db_run(op, &unit_book_get_q, &rows, P_STR(viewer), P_STR(on), P_STR(code));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_UNIT, "no such unit");
	*ret = from_row(&rows, 0);
	return 0;
}

int unit_book_heirs(struct op *op, int64_t unit_id, const struct unit_heir **ret, size_t *ret_n)
{
	struct unit_heir *all;
	struct db_rows rows;
	int r = db_run(op, &unit_book_heirs_q, &rows, P_I64(unit_id));

	if (r < 0)
		return r;
	all = ARENA_ARRAY(op->arena, struct unit_heir, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		all[i] = (struct unit_heir){ .code = db_str(&rows, i, 0), .name = db_str(&rows, i, 1), .reorganisation_id = db_str(&rows, i, 2),
			.share = db_str(&rows, i, 3), .is_old = db_bool(&rows, i, 4) };
	*ret = all;
	*ret_n = rows.n;
	return 0;
}

/* ---- changes ---- */

static int invalid(struct op *op, enum err code, const char *field, const char *text)
{
	(void)op_fail(op, code, text);
	return op_fail_arg(op, "field", str_c(field));
}

static int check_idents(struct op *op, struct str ident_new, struct str ident_old)
{
	if (!str_is_null(ident_new) && !unit_ident_new_is_valid(ident_new))
		return invalid(op, ERR_INVALID_VALUE, "ident_new", "an identifier has the form H41.17.05, at most 35 characters");
	if (!str_is_null(ident_old) && !unit_ident_old_is_valid(ident_old))
		return invalid(op, ERR_INVALID_VALUE, "ident_old", "an old identifier has the form 000.05.17.H41");
	if (!unit_idents_agree(ident_new, ident_old))
		return invalid(op, ERR_INVALID_VALUE, "ident_old", "both identifiers name the same agency");
	return 0;
}

static int check_new(struct op *op, const struct unit_new *new)
{
	if (!unit_kind_is_valid(new->kind))
		return invalid(op, ERR_INVALID_VALUE, "kind", "no such kind of unit");
	if (!unit_code_fits(new->code, new->kind))
		return invalid(op, ERR_INVALID_VALUE, "code", "communes and wards have a code of 5 digits");
	if (!str_is_null(new->valid_to) && str_compare(new->valid_to, new->valid_from) <= 0)
		return invalid(op, ERR_INVALID_VALUE, "valid_to", "valid_to must be after valid_from");
	return check_idents(op, new->ident_new, new->ident_old);
}

/* Nothing was added: no such parent, not the caller's, or the code or an identifier is another unit's. */
static int why_not_added(struct op *op, const struct principal *p, const struct unit_new *new)
{
	struct unit_entry parent;
	struct db_rows rows;
	int r = unit_book_get(op, new->parent, p->account_id, new->valid_from, &parent);

	if (r < 0)
		return r;
	r = db_run(op, &unit_book_may_q, &rows, P_STR(p->account_id), P_I64(parent.id));
	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the parent is not within your scope");
	if (str_equal(parent.state, STR("ended")))
		return invalid(op, ERR_INVALID_VALUE, "parent", "the parent does not exist any more on that day");
	return invalid(op, ERR_CONFLICT, "code", "the code or an identifier is another unit's");
}

static int audit_end(struct op *op, const struct principal *p, int r, const char *action, struct str code, json_t *data)
{
	const struct governance_act act = { .action = action, .object = arena_printf(op->arena, "unit:%.*s", STR_ARG(code)) };

	if (r == 0)
		r = governance_audit(op, p, &act, data);
	else
		json_decref(data);
	if (r == 0)
		return db_commit(op);
	db_rollback(op);
	return r;
}

int unit_book_add(struct op *op, const struct principal *p, const struct unit_new *new, struct unit_entry *ret)
{
	struct db_rows rows;
	json_t *data;
	int r = check_new(op, new);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = db_run(op, &unit_book_add_q, &rows, P_STR(p->account_id), P_STR(new->code), P_STR(new->name), P_STR(new->name_en),
	           P_STR(text_fold(op->arena, new->name)), P_STR(new->kind), P_STR(new->parent), P_STR(new->valid_from), P_STR(new->valid_to),
	           P_STR(new->ident_new), P_STR(new->ident_old), P_BOOL(new->verified));
	if (r == 0 && rows.n == 0)
		r = why_not_added(op, p, new);
	data = json_new_object();
	json_set_str(data, "name", new->name);
	json_set_str(data, "kind", new->kind);
	json_set_str(data, "parent", new->parent);
	json_set_str(data, "valid_from", new->valid_from);
	r = audit_end(op, p, r, "unit.add", new->code, data);
	return r < 0 ? r : unit_book_get(op, new->code, p->account_id, STR_NULL, ret);
}

static int why_not_changed(struct op *op, const struct principal *p, struct str code, int64_t version, const struct unit_change *change)
{
	struct unit_entry now;
	struct db_rows rows;
	int r = unit_book_get(op, code, p->account_id, STR_NULL, &now);

	if (r < 0)
		return r;
	if (now.version != version)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	r = db_run(op, &unit_book_may_q, &rows, P_STR(p->account_id), P_I64(now.id));
	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope");
	if (!str_is_null(change->valid_to)) {
		r = db_run(op, &unit_book_goes_on_q, &rows, P_I64(now.id), P_STR(change->valid_to));
		if (r < 0)
			return r;
		if (db_bool(&rows, 0, 0)) {
			(void)op_fail(op, ERR_BLOCKED, "posts, grants, scopes or units below go on; a reorganisation says where they go");
			return op_fail_arg(op, "by", code);
		}
	}
	return invalid(op, ERR_CONFLICT, "ident_new", "an identifier is another unit's");
}

int unit_book_change(struct op *op, const struct principal *p, struct str code, int64_t version, const struct unit_change *change,
                     struct unit_entry *ret)
{
	struct str fold = str_is_null(change->name) ? STR_NULL : text_fold(op->arena, change->name);
	struct db_rows rows;
	json_t *data;
	int r = check_idents(op, change->ident_new, change->ident_old);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = db_run(op, &unit_book_change_q, &rows, P_STR(p->account_id), P_STR(code), P_I64(version), P_STR(change->name), P_STR(fold),
	           P_STR(change->name_en), P_STR(change->ident_new), P_STR(change->ident_old), P_STR(change->valid_to), P_STR(change->verified));
	if (r == 0 && rows.n == 0)
		r = why_not_changed(op, p, code, version, change);
	data = json_new_object();
	json_set_int(data, "version", version);
	json_set_str(data, "name", change->name);
	json_set_str(data, "ident_new", change->ident_new);
	json_set_str(data, "ident_old", change->ident_old);
	json_set_str(data, "valid_to", change->valid_to);
	r = audit_end(op, p, r, "unit.edit", code, data);
	return r < 0 ? r : unit_book_get(op, code, p->account_id, STR_NULL, ret);
}
