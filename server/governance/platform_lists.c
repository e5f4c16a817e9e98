#include "server/governance/platform_lists.h"

#include "common/model/unit_store.h"
#include "server/governance/catalogue_common.h"

DB_QUERY(list_add_q, DB_WRITE,
         "INSERT INTO sen.platform_list (unit_id, title, announced_total, created_by, changed_by)"
         " SELECT $1::integer, $2, $3::integer, $4::uuid, $4::uuid WHERE sen.catalogue_covers($4::uuid, 'catalogue', $1::integer, NULL) RETURNING id");
DB_QUERY(list_edit_q, DB_WRITE,
         "UPDATE sen.platform_list l SET title = $3, announced_total = $4::integer, changed_by = $5::uuid WHERE l.id = $1::integer"
         " AND l.version = $2::bigint AND l.decision_no IS NULL AND sen.catalogue_covers($5::uuid, 'catalogue', l.unit_id, NULL) RETURNING l.version");
DB_QUERY(list_entries_clear_q, DB_WRITE, "DELETE FROM sen.platform_list_entry WHERE list_id = $1::integer");
DB_QUERY(list_entries_add_q, DB_WRITE,
         "WITH added AS (INSERT INTO sen.platform_list_entry (list_id, platform_code, entry)"
         " SELECT $1::integer, p.code, sen.platform_frozen(p) FROM sen.platform p WHERE p.id <> 0 AND p.code = ANY ($2::text[]) RETURNING 1)"
         " SELECT (SELECT count(*) FROM added), (SELECT count(DISTINCT c.code) FROM unnest($2::text[]) c (code))");
DB_QUERY(list_sign_q, DB_WRITE,
         "UPDATE sen.platform_list l SET decision_no = $3, signed_on = $4::date, signer = $5, effective_on = $6::date, file_url = $7, file_sha256 = $9,"
         " recorded_by = $8::uuid WHERE l.id = $1::integer AND l.version = $2::bigint AND l.decision_no IS NULL"
         " AND NOT sen.same_person(l.created_by, $8::uuid) AND NOT sen.same_person(l.changed_by, $8::uuid)"
         " AND EXISTS (SELECT FROM sen.platform_list_entry e WHERE e.list_id = l.id)"
         " AND sen.catalogue_covers($8::uuid, 'appraise', l.unit_id, NULL) RETURNING l.version");
DB_QUERY(list_look_q, DB_READ,
         "SELECT l.version, l.state, sen.catalogue_covers($2::uuid, $3, l.unit_id, NULL),"
         " sen.same_person(l.created_by, $2::uuid) OR sen.same_person(l.changed_by, $2::uuid) FROM sen.platform_list_now l WHERE l.id = $1::integer");

#define LIST_JSON                                                                                                    \
	"'id', l.id, 'unit', u.code, 'unit_name', u.name, 'title', l.title, 'state', l.state, 'announced_total', l.announced_total," \
	" 'decision_no', l.decision_no, 'signed_on', l.signed_on, 'signer', l.signer, 'effective_on', l.effective_on,"   \
	" 'file_url', l.file_url, 'file_sha256', l.file_sha256, 'n_entries', (SELECT count(*) FROM sen.platform_list_entry e WHERE e.list_id = l.id)," \
	" 'created_by', c.login, 'created_at', sen.iso(l.created_at), 'recorded_by', b.login, 'version', l.version"
#define LIST_FROM                                                                                                    \
	" FROM sen.platform_list_now l JOIN sen.unit u ON u.id = l.unit_id JOIN sen.account c ON c.id = l.created_by"    \
	" LEFT JOIN sen.account b ON b.id = l.recorded_by"

DB_QUERY(list_get_q, DB_READ,
         "SELECT json_build_object(" LIST_JSON ", 'entries', (SELECT coalesce(json_agg(e.entry ORDER BY e.platform_code COLLATE \"C\"), '[]')"
         " FROM sen.platform_list_entry e WHERE e.list_id = l.id))::text, l.version" LIST_FROM " WHERE l.id = $1::integer");
DB_QUERY(list_list_q, DB_READ,
         "SELECT json_build_object(" LIST_JSON ")::text" LIST_FROM " WHERE $1::integer IS NULL OR l.id < $1::integer ORDER BY l.id DESC LIMIT $2::bigint");
DB_QUERY(list_in_force_q, DB_READ,
         "SELECT o.id FROM sen.platform_list l JOIN sen.platform_list_now o ON o.unit_id = l.unit_id AND o.state = 'in_force' AND o.id <> l.id"
         " WHERE l.id = $1::integer");

static struct str list_name(struct op *op, int64_t id)
{
	return arena_printf(op->arena, "platform-list:%lld", (long long)id);
}

static int fill(struct op *op, int64_t id, const struct list_draft *draft)
{
	struct db_rows rows;
	int r = db_run(op, &list_entries_add_q, &rows, P_I64(id), P_STR(db_array(op->arena, draft->platforms.p, draft->platforms.n)));

	if (r == 0 && db_i64(&rows, 0, 0) != db_i64(&rows, 0, 1))
		r = op_fail(op, ERR_UNKNOWN_PLATFORM, "a code of the list is no platform");
	return r;
}

static int add(struct op *op, const struct principal *p, const struct list_draft *draft, int64_t *ret_id)
{
	struct db_rows rows;
	struct unit unit;
	int r = unit_find(op, draft->unit, &unit);

	if (r == 0)
		r = db_run(op, &list_add_q, &rows, P_I64(unit.id), P_STR(draft->title), P_STR(draft->announced_total), P_STR(p->account_id));
	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope");
	if (r < 0)
		return r;
	*ret_id = db_i64(&rows, 0, 0);
	return fill(op, *ret_id, draft);
}

int list_add(struct op *op, const struct principal *p, const struct list_draft *draft, int64_t *ret_id)
{
	int64_t id = 0;
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = add(op, p, draft, &id);
	data = catalogue_data("title", draft->title);
	json_set_int(data, "entries", (int64_t)draft->platforms.n);
	r = catalogue_commit(op, p, r, "platform_list.add", list_name(op, id), data);
	if (r == 0)
		*ret_id = id;
	return r;
}

static struct str state_word(struct str state)
{
	if (str_equal(state, STR("in_force")))
		return STR("đang có hiệu lực");
	return str_equal(state, STR("signed")) ? STR("đã ký, chưa đến ngày hiệu lực") : STR("đã được thay thế");
}

/* Why a conditional statement did nothing. */
static int why_not(struct op *op, const struct principal *p, const char *right, int64_t id, int64_t version)
{
	struct db_rows rows;
	int r = db_run(op, &list_look_q, &rows, P_I64(id), P_STR(p->account_id), P_C(right));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such list");
	if (!db_bool(&rows, 0, 2))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope");
	if (db_i64(&rows, 0, 0) != version)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	if (!str_equal(db_str(&rows, 0, 1), STR("draft"))) {
		(void)op_fail(op, ERR_WRONG_STATE, "only a draft can be changed or signed");
		return op_fail_arg(op, "state", state_word(db_str(&rows, 0, 1)));
	}
	if (db_bool(&rows, 0, 3) && str_equal(str_c(right), STR("appraise")))
		return op_fail(op, ERR_FOUR_EYES, "another person than who drew it up has to enter the signature");
	(void)op_fail(op, ERR_BLOCKED, "the list has no entries");
	return op_fail_arg(op, "by", STR("entries"));
}

static int edit(struct op *op, const struct principal *p, int64_t id, int64_t version, const struct list_draft *draft)
{
	struct db_rows rows;
	int r = db_run(op, &list_edit_q, &rows, P_I64(id), P_I64(version), P_STR(draft->title), P_STR(draft->announced_total), P_STR(p->account_id));

	if (r == 0 && rows.n == 0)
		r = why_not(op, p, "catalogue", id, version);
	if (r == 0)
		r = db_run(op, &list_entries_clear_q, &rows, P_I64(id));
	return r < 0 ? r : fill(op, id, draft);
}

int list_edit(struct op *op, const struct principal *p, int64_t id, int64_t version, const struct list_draft *draft)
{
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = edit(op, p, id, version, draft);
	data = catalogue_data("title", draft->title);
	json_set_int(data, "entries", (int64_t)draft->platforms.n);
	return catalogue_commit(op, p, r, "platform_list.edit", list_name(op, id), data);
}

static int sign(struct op *op, const struct principal *p, int64_t id, int64_t version, const struct list_signature *s)
{
	struct db_rows rows;
	int r = db_run(op, &list_sign_q, &rows, P_I64(id), P_I64(version), P_STR(s->decision_no), P_STR(s->signed_on), P_STR(s->signer),
	               P_STR(s->effective_on), P_STR(s->file_url), P_STR(p->account_id), P_STR(s->file_sha256));

	if (r == 0 && rows.n == 0)
		r = why_not(op, p, "appraise", id, version);
	return r;
}

int list_sign(struct op *op, const struct principal *p, int64_t id, int64_t version, const struct list_signature *s)
{
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = sign(op, p, id, version, s);
	data = catalogue_data("decision_no", s->decision_no);
	json_set_str(data, "signed_on", s->signed_on);
	json_set_str(data, "signer", s->signer);
	json_set_str(data, "effective_on", s->effective_on);
	json_set_str(data, "file_sha256", s->file_sha256);
	return catalogue_commit(op, p, r, "platform_list.sign", list_name(op, id), data);
}

int list_get(struct op *op, int64_t id, json_t **ret_list, int64_t *ret_version)
{
	_json_ json_t *array = NULL;
	struct db_rows rows;
	int r = db_run(op, &list_get_q, &rows, P_I64(id));

	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_NOT_FOUND, "no such list");
	if (r == 0)
		r = catalogue_rows(op, &rows, &array);
	if (r < 0)
		return r;
	*ret_list = json_incref(json_array_get(array, 0));
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}

int list_list(struct op *op, struct str before, size_t limit, json_t **ret_array)
{
	struct db_rows rows;
	int r = db_run(op, &list_list_q, &rows, P_STR(before), P_I64((int64_t)limit + 1));

	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}

int list_in_force_beside(struct op *op, int64_t id, int64_t *ret_id)
{
	struct db_rows rows;
	int r = db_run(op, &list_in_force_q, &rows, P_I64(id));

	if (r == 0)
		*ret_id = rows.n > 0 ? db_i64(&rows, 0, 0) : -1;
	return r;
}
