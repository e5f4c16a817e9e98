#include "common/model/account_store.h"

#include "common/base/random.h"
#include "common/base/text.h"

#define ACCOUNT_COLUMNS "a.id, a.person_id, a.login, a.status, a.epoch, sen.iso(a.created_at), sen.iso(a.activated_at), a.kind"

DB_QUERY(account_find_q, DB_READ, "SELECT " ACCOUNT_COLUMNS " FROM sen.account a WHERE a.login = $1");
DB_QUERY(account_by_person_q, DB_READ,
         "SELECT " ACCOUNT_COLUMNS " FROM sen.account a WHERE a.person_id = $1::uuid AND a.kind = 'operational'");
/* Rows are never deleted, so a free number has always been free. */
DB_QUERY(account_add_q, DB_WRITE,
         "INSERT INTO sen.account AS a (id, person_id, login)"
         " SELECT $1::uuid, $2::uuid, c.login FROM (SELECT n, $3 || CASE WHEN n = 1 THEN '' ELSE n::text END AS login"
         "  FROM generate_series(1, 9999) n) c"
         " WHERE NOT EXISTS (SELECT FROM sen.account t WHERE t.login = c.login)"
         " AND NOT EXISTS (SELECT FROM sen.account t WHERE t.person_id = $2::uuid AND t.kind = 'operational')"
         " ORDER BY c.n LIMIT 1 ON CONFLICT DO NOTHING RETURNING " ACCOUNT_COLUMNS);
DB_QUERY(account_raise_epoch_q, DB_WRITE, "UPDATE sen.account SET epoch = epoch + 1 WHERE id = $1::uuid RETURNING epoch");
DB_QUERY(account_disable_q, DB_WRITE,
         "UPDATE sen.account SET status = 'disabled', epoch = epoch + 1 WHERE id = $1::uuid AND status NOT IN ('disabled', 'archived')"
         " AND $3::bigint IN (epoch, -1) AND sen.may_manage_account($2::uuid, 'revoke', id) RETURNING epoch");
DB_QUERY(account_enable_q, DB_WRITE,
         "UPDATE sen.account SET status = CASE WHEN activated_at IS NULL THEN 'pending' ELSE 'active' END, epoch = epoch + 1"
         " WHERE id = $1::uuid AND status IN ('disabled', 'suspended') AND NOT sen.account_is_shut(id)"
         " AND $3::bigint IN (epoch, -1) AND sen.may_manage_account($2::uuid, 'activate', id)"
         " RETURNING epoch");
DB_QUERY(account_may_manage_q, DB_READ, "SELECT sen.may_manage_account($1::uuid, $2, $3::uuid)");
/* One who has left is still seen by the unit that was the last one. */
DB_QUERY(account_is_visible_q, DB_READ,
         "SELECT EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = $1::uuid AND 'read' = ANY (s.rights) AND ("
         "  EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = $2::uuid AND starts_with(o.path, s.path))"
         "  OR EXISTS (SELECT FROM sen.unit u WHERE u.id = sen.home_unit($2::uuid) AND starts_with(u.path, s.path))))");
DB_QUERY(account_bindings_q, DB_READ,
         "SELECT p.code, p.name, b.want_active,"
         " CASE WHEN b.seen_active IS NULL THEN 'unknown' WHEN b.seen_active THEN 'active' ELSE 'inactive' END,"
         " CASE WHEN b.state = 9 THEN 'waiting' WHEN b.state = 5 THEN 'blocked' WHEN b.state = 4 THEN 'retry' WHEN b.state = 3 THEN 'in_doubt'"
         "  WHEN b.state = 6 THEN 'held' WHEN b.state = 7 THEN 'grace' WHEN b.state = 8 THEN 'gone' WHEN b.state = 0 AND b.want_gen = b.seen_gen THEN 'in_sync' ELSE 'pending' END,"
         " b.err_class, sen.iso(b.seen_at), f.number, f.line, f.confirmed_how, f.confirmed_by, sen.iso(f.confirmed_at)"
         " FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id"
         " LEFT JOIN sen.form_standing f ON f.account_id = b.account_id AND f.platform_id = b.platform_id"
         " JOIN sen.account a ON a.id = b.account_id JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)"
         " WHERE b.account_id = $1::uuid AND (p.id = 0 OR sen.scope_covers($2::uuid, 'read', u.path, p.id)) ORDER BY p.id");

static struct account account_from_row(const struct db_rows *rows)
{
	return (struct account){
		.id = db_str(rows, 0, 0),
		.person_id = db_str(rows, 0, 1),
		.login = db_str(rows, 0, 2),
		.status = db_str(rows, 0, 3),
		.epoch = db_i64(rows, 0, 4),
		.created_at = db_str(rows, 0, 5),
		.activated_at = db_str(rows, 0, 6),
		.kind = db_str(rows, 0, 7),
	};
}

static int account_from_rows(struct op *op, const struct db_rows *rows, struct account *ret_account)
{
	if (rows->n == 0)
		return op_fail(op, ERR_UNKNOWN_ACCOUNT, "no such account");
	*ret_account = account_from_row(rows);
	return 0;
}

int account_find(struct op *op, struct str login, struct account *ret_account)
{
	struct db_rows rows;
	int r = db_run(op, &account_find_q, &rows, P_STR(login));

	return r < 0 ? r : account_from_rows(op, &rows, ret_account);
}

/* What numbers are appended to.  A name that gives no user name (foreign script, one letter) gets a neutral one. */
static struct str login_stem(struct arena *a, struct str full_name)
{
	struct str stem = text_user_name(a, full_name, 1);

	if (stem.len > 28)
		stem.len = 28;
	return text_is_user_name(stem) ? stem : arena_printf(a, "nv%.*s", STR_ARG(stem));
}

int account_ensure(struct op *op, const struct person *person, struct account *ret_account, bool *ret_created)
{
	struct str stem = login_stem(op->arena, person->full_name);

	/* No row is added when the person has an account, or when another took the number just now: look, then try again. */
	for (int tries = 0; tries < 50; tries++) {
		struct db_rows rows;
		int r = db_run(op, &account_by_person_q, &rows, P_STR(person->id));

		if (r < 0)
			return r;
		if (rows.n > 0) {
			*ret_account = account_from_row(&rows);
			*ret_created = false;
			return 0;
		}
		char uuid[UUID_TEXT_LEN + 1];
		random_uuid(uuid);
		r = db_run(op, &account_add_q, &rows, P_C(uuid), P_STR(person->id), P_STR(stem));
		if (r < 0)
			return r;
		if (rows.n > 0) {
			*ret_account = account_from_row(&rows);
			*ret_created = true;
			return 0;
		}
	}
	return op_fail(op, ERR_CONFLICT, "no free user name was found");
}

int account_raise_epoch(struct op *op, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &account_raise_epoch_q, &rows, P_STR(id));

	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : op_fail(op, ERR_UNKNOWN_ACCOUNT, "no such account");
}

static int change_state(struct op *op, const struct query *q, const struct db_param params[3], bool *ret_changed)
{
	struct db_rows rows;
	int r = db_run_params(op, q, params, 3, &rows);

	if (r < 0)
		return r;
	*ret_changed = rows.n == 1;
	return 0;
}

int account_disable(struct op *op, struct str id, struct str actor, int64_t seen, bool *ret_changed)
{
	return change_state(op, &account_disable_q, (const struct db_param[]){ P_STR(id), P_STR(actor), P_I64(seen) }, ret_changed);
}

int account_enable(struct op *op, struct str id, struct str actor, int64_t seen, bool *ret_changed)
{
	return change_state(op, &account_enable_q, (const struct db_param[]){ P_STR(id), P_STR(actor), P_I64(seen) }, ret_changed);
}

int account_may_manage(struct op *op, struct str actor, const char *right, struct str id, bool *ret_may)
{
	struct db_rows rows;
	int r = db_run(op, &account_may_manage_q, &rows, P_STR(actor), P_C(right), P_STR(id));

	if (r < 0)
		return r;
	*ret_may = rows.n == 1 && db_bool(&rows, 0, 0);
	return 0;
}

int account_is_visible(struct op *op, struct str actor, struct str person_id, bool *ret_visible)
{
	struct db_rows rows;
	int r = db_run(op, &account_is_visible_q, &rows, P_STR(actor), P_STR(person_id));

	if (r < 0)
		return r;
	*ret_visible = rows.n == 1 && db_bool(&rows, 0, 0);
	return 0;
}

int account_bindings(struct op *op, struct str id, struct str viewer, const struct account_binding **ret_bindings, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &account_bindings_q, &rows, P_STR(id), P_STR(viewer));

	if (r < 0)
		return r;
	struct account_binding *bindings = ARENA_ARRAY(op->arena, struct account_binding, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		bindings[i] = (struct account_binding){
			.platform_code = db_str(&rows, i, 0),
			.platform_name = db_str(&rows, i, 1),
			.want_active = db_bool(&rows, i, 2),
			.seen = db_str(&rows, i, 3),
			.state = db_str(&rows, i, 4),
			.error = db_str(&rows, i, 5),
			.seen_at = db_str(&rows, i, 6),
			.form = db_is_null(&rows, i, 7) ? 0 : db_i64(&rows, i, 7),
			.form_line = db_is_null(&rows, i, 8) ? 0 : db_i64(&rows, i, 8),
			.confirmed_how = db_str(&rows, i, 9),
			.confirmed_by = db_str(&rows, i, 10),
			.confirmed_at = db_str(&rows, i, 11),
		};
	*ret_bindings = bindings;
	*ret_n = rows.n;
	return 0;
}
