#include "server/governance/post_admin.h"

#include "common/base/random.h"
#include "common/model/unit_store.h"
#include "server/governance/governance_audit.h"
#include "server/governance/person_admin.h"

#define POST_COLUMNS                                                                                                         \
	"o.id, o.unit_id, u.code, u.name, u.path, o.title, o.kind, lower(o.valid), upper(o.valid), o.decision_no, o.rank,"       \
	" o.decision_on, o.signer, o.version"

/* Of one person: a handful, found by the person. */
DB_QUERY(post_list_q, DB_READ,
         "SELECT * FROM (SELECT " POST_COLUMNS ", NULL, false FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id WHERE o.person_id = $1::uuid"
         " UNION ALL SELECT o.post_id, o.unit_id, u.code, u.name, u.path, o.title, o.kind, lower(o.valid), upper(o.valid), o.decision_no, o.rank,"
         " o.decision_on, o.signer, o.version, sen.iso(o.replaced_at), o.gone FROM sen.post_version o JOIN sen.unit u ON u.id = o.unit_id"
         " WHERE $2::boolean AND o.person_id = $1::uuid) x (id, unit_id, unit_code, unit_name, unit_path, title, kind, valid_from, valid_to, decision_no,"
         " rank, decision_on, signer, version, replaced_at, gone) WHERE $3::date IS NULL OR (x.valid_from, x.id, x.version) > ($3::date, $4::uuid, $5::bigint)"
         " ORDER BY x.valid_from, x.id, x.version LIMIT $6::bigint");
DB_QUERY(post_get_q, DB_READ,
         "SELECT " POST_COLUMNS ", NULL, false FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id WHERE o.person_id = $1::uuid AND o.id = $2::uuid");
DB_QUERY(post_insert_q, DB_WRITE,
         "INSERT INTO sen.post (person_id, id, unit_id, title, kind, rank, valid, decision_no, decision_on, signer)"
         " SELECT $1::uuid, $2::uuid, u.id, $5, $6, coalesce($7, 'staff'), daterange($8::date, $9::date), $10, $11::date, $12 FROM sen.unit u"
         " WHERE u.code = $4 AND (u.valid_to IS NULL OR u.valid_to > $8::date) AND sen.scope_covers($3::uuid, 'personnel', u.path, NULL) RETURNING id");
DB_QUERY(post_may_add_q, DB_READ, "SELECT sen.may_manage_person($1::uuid, 'personnel', $2::uuid), sen.person_state($2::uuid)");
DB_QUERY(post_correct_q, DB_WRITE,
         "UPDATE sen.post o SET unit_id = n.id, title = coalesce($6, o.title), rank = coalesce($7, o.rank),"
         " valid = daterange(coalesce($8::date, lower(o.valid)), coalesce($9::date, upper(o.valid))), decision_no = coalesce($10, o.decision_no),"
         " decision_on = coalesce($11::date, o.decision_on), signer = coalesce($12, o.signer)"
         " FROM sen.unit w, sen.unit n WHERE o.person_id = $1::uuid AND o.id = $2::uuid AND o.version = $4::bigint AND w.id = o.unit_id"
         " AND n.code = coalesce($5, w.code) AND sen.scope_covers($3::uuid, 'personnel', w.path, NULL)"
         " AND sen.scope_covers($3::uuid, 'personnel', n.path, NULL) AND sen.may_manage_person($3::uuid, 'personnel', o.person_id) RETURNING 1");
DB_QUERY(post_end_q, DB_WRITE,
         "UPDATE sen.post o SET valid = daterange(lower(o.valid), $5::date) FROM sen.unit u"
         " WHERE o.person_id = $1::uuid AND o.id = $2::uuid AND o.version = $4::bigint AND o.kind <> 'main' AND u.id = o.unit_id"
         " AND lower(o.valid) < $5::date AND (upper_inf(o.valid) OR upper(o.valid) > $5::date)"
         " AND sen.scope_covers($3::uuid, 'personnel', u.path, NULL) RETURNING 1");
DB_QUERY(post_gone_q, DB_WRITE,
         "DELETE FROM sen.post o USING sen.unit u WHERE o.person_id = $1::uuid AND o.id = $2::uuid AND o.version = $4::bigint"
         " AND o.kind <> 'main' AND u.id = o.unit_id AND lower(o.valid) >= $5::date AND lower(o.valid) > sen.today()"
         " AND sen.scope_covers($3::uuid, 'personnel', u.path, NULL) RETURNING 1");

static struct post_record from_row(const struct db_rows *rows, size_t i)
{
	return (struct post_record){
		.post = { .id = db_str(rows, i, 0), .unit_id = db_i64(rows, i, 1), .unit_code = db_str(rows, i, 2), .unit_name = db_str(rows, i, 3),
		          .unit_path = db_str(rows, i, 4), .title = db_str(rows, i, 5), .kind = db_str(rows, i, 6), .valid_from = db_str(rows, i, 7),
		          .valid_to = db_str(rows, i, 8), .decision_no = db_str(rows, i, 9) },
		.rank = db_str(rows, i, 10),
		.decision_on = db_str(rows, i, 11),
		.signer = db_str(rows, i, 12),
		.version = db_i64(rows, i, 13),
		.replaced_at = db_str(rows, i, 14),
		.gone = db_bool(rows, i, 15),
	};
}

int post_admin_list(struct op *op, const struct principal *p, const struct post_filter *f, struct post_page *ret)
{
	struct person_record person;
	struct post_record *posts;
	struct db_rows rows;
	int r = person_admin_get(op, p, f->employee_code, &person);

	if (r == 0)
		r = db_run(op, &post_list_q, &rows, P_STR(person.person.id), P_BOOL(f->former), P_STR(f->after[0]), P_STR(f->after[1]), P_STR(f->after[2]),
		           P_I64((int64_t)f->limit + 1));
	if (r < 0)
		return r;
	*ret = (struct post_page){ .n = rows.n > f->limit ? f->limit : rows.n, .has_more = rows.n > f->limit };
	posts = ARENA_ARRAY(op->arena, struct post_record, ret->n);
	for (size_t i = 0; i < ret->n; i++)
		posts[i] = from_row(&rows, i);
	ret->posts = posts;
	return 0;
}

static int get(struct op *op, struct str person_id, struct str id, struct post_record *ret_post)
{
	struct db_rows rows;
	int r = db_run(op, &post_get_q, &rows, P_STR(person_id), P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_POST, "no such post");
	*ret_post = from_row(&rows, 0);
	return 0;
}

static int insert(struct op *op, struct str person_id, struct str actor, const struct post_fields *f, struct str *ret_id)
{
	char uuid[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	struct unit unit;
	int r;

	random_uuid(uuid);
	r = db_run(op, &post_insert_q, &rows, P_STR(person_id), P_C(uuid), P_STR(actor), P_STR(f->unit), P_STR(f->title), P_STR(f->kind),
	           P_STR(f->rank), P_STR(f->valid_from), P_STR(f->valid_to), P_STR(f->decision_no), P_STR(f->decision_on), P_STR(f->signer));
	if (r < 0)
		return r;
	if (rows.n == 1) {
		*ret_id = arena_dup_c(op->arena, uuid);
		return 0;
	}
	r = unit_find(op, f->unit, &unit);
	return r < 0 ? r : op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope, or ends before the post begins");
}

int post_insert(struct op *op, struct str person_id, struct str actor, const struct post_fields *fields)
{
	struct str id;

	return insert(op, person_id, actor, fields, &id);
}

static json_t *describe(const struct post_record *post, struct str reason)
{
	json_t *data = json_new_object();

	json_set_str(data, "post", post->post.id);
	json_set_str(data, "unit", post->post.unit_code);
	json_set_str(data, "title", post->post.title);
	json_set_str(data, "kind", post->post.kind);
	json_set_str(data, "valid_from", post->post.valid_from);
	json_set_str(data, "valid_to", post->post.valid_to);
	json_set_str(data, "decision_no", post->post.decision_no);
	json_set_str(data, "reason", reason);
	json_set_int(data, "version", post->version);
	return data;
}

static int check_may_add(struct op *op, const struct principal *p, struct str person_id)
{
	struct db_rows rows;
	int r = db_run(op, &post_may_add_q, &rows, P_STR(p->account_id), P_STR(person_id));

	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the person is not within your scope");
	if (str_equal(db_str(&rows, 0, 1), STR("working")) || str_equal(db_str(&rows, 0, 1), STR("on_leave")))
		return 0;
	(void)op_fail(op, ERR_WRONG_STATE, "a post is given to who is at work");
	(void)op_fail_arg(op, "state", db_str(&rows, 0, 1));
	return op_fail_arg(op, "wanted", STR("working"));
}

int post_admin_add(struct op *op, const struct principal *p, struct str employee_code, const struct post_fields *fields,
                   struct post_record *ret_post)
{
	struct person person;
	struct str id;
	int r = person_admin_find(op, p, "personnel", employee_code, &person);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	const struct governance_act act = { .action = "post.add", .person_id = person.id, .object = person.employee_code };
	r = check_may_add(op, p, person.id);
	if (r == 0)
		r = insert(op, person.id, p->account_id, fields, &id);
	if (r == 0)
		r = get(op, person.id, id, ret_post);
	return governance_commit(op, p, r, &act, r == 0 ? describe(ret_post, STR_NULL) : NULL);
}

/* Why a statement with a version in it changed nothing. */
static int unchanged(struct op *op, struct str person_id, const struct post_change *change)
{
	struct post_record post;
	int r = get(op, person_id, change->id, &post);

	if (r < 0)
		return r;
	if (post.version != change->version)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	return op_fail(op, ERR_OUT_OF_SCOPE, "the post is not within your scope");
}

int post_admin_correct(struct op *op, const struct principal *p, struct str employee_code, const struct post_change *change,
                       const struct post_fields *f, struct post_record *ret_post)
{
	struct db_rows rows = { 0 };
	struct person person;
	int r = person_admin_find(op, p, "personnel", employee_code, &person);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	const struct governance_act act = { .action = "post.correct", .person_id = person.id, .object = person.employee_code };
	r = db_run(op, &post_correct_q, &rows, P_STR(person.id), P_STR(change->id), P_STR(p->account_id), P_I64(change->version), P_STR(f->unit),
	           P_STR(f->title), P_STR(f->rank), P_STR(f->valid_from), P_STR(f->valid_to), P_STR(f->decision_no), P_STR(f->decision_on),
	           P_STR(f->signer));
	if (r == 0 && rows.n == 0)
		r = unchanged(op, person.id, change);
	if (r == 0)
		r = get(op, person.id, change->id, ret_post);
	return governance_commit(op, p, r, &act, r == 0 ? describe(ret_post, change->reason) : NULL);
}

/* A post that is over, or a main one: not ended by this. */
static int check_end(struct op *op, const struct post_record *post, struct str on)
{
	if (str_equal(post->post.kind, STR("main"))) {
		(void)op_fail(op, ERR_BLOCKED, "a main post ends by a movement");
		return op_fail_arg(op, "by", STR("movement"));
	}
	if (!str_is_null(post->post.valid_to) && str_compare(post->post.valid_to, on) <= 0) {
		(void)op_fail(op, ERR_INVALID_VALUE, "the post ends before that day already");
		return op_fail_arg(op, "field", STR("on"));
	}
	return 0;
}

static int end_in_transaction(struct op *op, const struct principal *p, struct str person_id, const struct post_change *change,
                              struct str on, bool *ret_gone)
{
	struct db_rows rows;
	int r = db_run(op, &post_end_q, &rows, P_STR(person_id), P_STR(change->id), P_STR(p->account_id), P_I64(change->version), P_STR(on));

	*ret_gone = false;
	if (r < 0 || rows.n == 1)
		return r;
	r = db_run(op, &post_gone_q, &rows, P_STR(person_id), P_STR(change->id), P_STR(p->account_id), P_I64(change->version), P_STR(on));
	*ret_gone = r == 0 && rows.n == 1;
	return r < 0 || rows.n == 1 ? r : unchanged(op, person_id, change);
}

int post_admin_end(struct op *op, const struct principal *p, struct str employee_code, const struct post_change *change, struct str on,
                   bool *ret_gone)
{
	struct post_record post;
	struct person person;
	json_t *data;
	int r = person_admin_find(op, p, "personnel", employee_code, &person);

	if (r == 0)
		r = get(op, person.id, change->id, &post);
	if (r == 0)
		r = check_end(op, &post, on);
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	const struct governance_act act = { .action = "post.end", .person_id = person.id, .object = person.employee_code };
	r = end_in_transaction(op, p, person.id, change, on, ret_gone);
	data = describe(&post, change->reason);
	json_set_str(data, "on", on);
	return governance_commit(op, p, r, &act, data);
}
