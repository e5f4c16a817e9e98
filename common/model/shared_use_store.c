#include "common/model/shared_use_store.h"

#include "common/base/random.h"
#include "common/crypto/keyring.h"
#include "common/model/account_store.h"
#include "common/model/activation_store.h"
#include "common/model/audit.h"

#define USE_COLUMNS                                                                                                     \
	"u.id, u.account_id, m.login, p.full_name, u.purpose, sen.iso(u.out_at), sen.iso(u.until_at), sen.iso(u.in_at)"     \
	" FROM sen.shared_use u JOIN sen.account m ON m.id = u.member_id JOIN sen.person p ON p.id = m.person_id"

/* One that has run out makes room in the same statement: the loop that ends it may be late. */
DB_QUERY(shared_use_room_q, DB_WRITE,
         "UPDATE sen.shared_use u SET in_at = u.until_at FROM sen.account a WHERE a.login = $1 AND u.account_id = a.id AND u.in_at IS NULL"
         " AND u.until_at <= now() RETURNING u.account_id");
DB_QUERY(shared_use_begin_q, DB_WRITE,
         "INSERT INTO sen.shared_use (account_id, id, member_id, purpose, code_hash, until_at)"
         " SELECT a.id, $2::uuid, m.id, $4, $5::bytea, now() + least($6::integer, r.checkout_max_minutes) * interval '1 minute'"
         " FROM sen.account a JOIN sen.shared_account s ON s.account_id = a.id JOIN sen.shared_member b ON b.account_id = a.id"
         " JOIN sen.account m ON m.id = b.member_id CROSS JOIN sen.personnel_policy r"
         " WHERE a.login = $1 AND a.kind = 'shared' AND a.status = 'active' AND s.approved_at IS NOT NULL AND b.member_id = $3::uuid"
         " AND b.removed_at IS NULL AND m.status = 'active' AND m.kind = 'operational'"
         " ON CONFLICT (account_id) WHERE in_at IS NULL DO NOTHING RETURNING account_id");
DB_QUERY(shared_use_may_q, DB_READ,
         "SELECT EXISTS (SELECT FROM sen.account a JOIN sen.shared_member b ON b.account_id = a.id WHERE a.login = $1 AND a.status = 'active'"
         " AND b.member_id = $2::uuid AND b.removed_at IS NULL), EXISTS (SELECT FROM sen.account a JOIN sen.shared_use u ON u.account_id = a.id"
         " WHERE a.login = $1 AND u.in_at IS NULL)");
DB_QUERY(shared_use_end_q, DB_WRITE,
         "UPDATE sen.shared_use u SET in_at = now() FROM sen.account a WHERE a.login = $1 AND u.account_id = a.id AND u.member_id = $2::uuid"
         " AND u.in_at IS NULL RETURNING u.account_id, u.id");
DB_QUERY(shared_use_cut_q, DB_WRITE,
         "WITH u AS (UPDATE sen.shared_use SET in_at = now() WHERE account_id = $1::uuid AND member_id = $2::uuid AND in_at IS NULL RETURNING account_id)"
         " UPDATE sen.account a SET epoch = a.epoch + 1 FROM u WHERE a.id = u.account_id RETURNING a.id");
DB_QUERY(shared_use_check_q, DB_READ,
         "SELECT EXISTS (SELECT FROM sen.shared_use u WHERE u.account_id = $1::uuid AND u.code_hash = $2::bytea AND u.in_at IS NULL AND u.until_at > now())");
DB_QUERY(shared_use_get_q, DB_READ, "SELECT " USE_COLUMNS " WHERE u.account_id = $1::uuid AND u.id = $2::uuid");

static struct str code_hash(struct op *op, struct str plain)
{
	return keyring_hash(op->arena, op->keys, KEY_HANDLE, "shared_use", plain);
}

static struct shared_use from_row(const struct db_rows *rows, size_t i)
{
	return (struct shared_use){ db_str(rows, i, 0), db_str(rows, i, 1), db_str(rows, i, 2), db_str(rows, i, 3),
		                    db_str(rows, i, 4), db_str(rows, i, 5), db_str(rows, i, 6), db_str(rows, i, 7) };
}

static int audit_use(struct op *op, const char *action, struct str account_id, struct str member_id, struct str use_id, struct str purpose)
{
	_json_ json_t *data = json_new_object();

	json_set_str(data, "purpose", purpose);
	return audit_add(op, &(struct audit_record){ .actor = arena_printf(op->arena, "account:%.*s", STR_ARG(member_id)), .action = action,
	                                            .account_id = account_id, .object = arena_printf(op->arena, "use:%.*s", STR_ARG(use_id)),
	                                            .data = data });
}

static int refuse(struct op *op, const struct shared_checkout *out)
{
	struct db_rows rows;
	int r = db_run(op, &shared_use_may_q, &rows, P_STR(out->login), P_STR(out->member_id));

	if (r < 0)
		return r;
	if (db_bool(&rows, 0, 0) && db_bool(&rows, 0, 1))
		return op_fail(op, ERR_CONFLICT, "another has it checked out");
	return op_fail(op, ERR_OUT_OF_SCOPE, "not a member of a shared account in use");
}

static int begin(struct op *op, const struct shared_checkout *out, struct str hash, struct shared_use *ret_use)
{
	char uuid[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r = db_run(op, &shared_use_room_q, &rows, P_STR(out->login));

	if (r == 0 && rows.n > 0)
		r = account_raise_epoch(op, db_str(&rows, 0, 0));
	if (r < 0)
		return r;
	random_uuid(uuid);
	r = db_run(op, &shared_use_begin_q, &rows, P_STR(out->login), P_C(uuid), P_STR(out->member_id), P_STR(out->purpose), P_BYTES(hash),
	           P_I64(out->minutes));
	if (r == 0 && rows.n == 0)
		return refuse(op, out);
	if (r == 0)
		r = db_run(op, &shared_use_get_q, &rows, P_STR(db_str(&rows, 0, 0)), P_C(uuid));
	if (r < 0)
		return r;
	*ret_use = from_row(&rows, 0);
	return audit_use(op, "shared.check_out", ret_use->account_id, out->member_id, ret_use->id, out->purpose);
}

int shared_use_begin(struct op *op, const struct shared_checkout *out, struct shared_use *ret_use, struct str *ret_code)
{
	struct str shown, plain;
	int r;

	shown = activation_code_make(op->arena);
	if (!activation_code_read(op->arena, shown, &plain))
		return op_fail(op, ERR_INTERNAL, "a code that cannot be read");
	r = db_begin(op);
	if (r < 0)
		return r;
	r = audit_commit(op, begin(op, out, code_hash(op, plain), ret_use), NULL);
	if (r == 0)
		*ret_code = shown;
	return r;
}

int shared_use_end(struct op *op, struct str login, struct str member_id, bool *ret_changed)
{
	struct db_rows rows = { 0 };
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, &shared_use_end_q, &rows, P_STR(login), P_STR(member_id));
	*ret_changed = r == 0 && rows.n > 0;
	if (*ret_changed)
		r = account_raise_epoch(op, db_str(&rows, 0, 0));
	if (r == 0 && *ret_changed)
		r = audit_use(op, "shared.check_in", db_str(&rows, 0, 0), member_id, db_str(&rows, 0, 1), STR_NULL);
	return audit_commit(op, r, NULL);
}

int shared_use_cut(struct op *op, struct str account_id, struct str member_id, bool *ret_changed)
{
	struct db_rows rows;
	int r = db_run(op, &shared_use_cut_q, &rows, P_STR(account_id), P_STR(member_id));

	*ret_changed = r == 0 && rows.n > 0;
	return r;
}

int shared_use_check(struct op *op, struct str account_id, struct str typed, bool *ret_ok)
{
	struct db_rows rows;
	struct str plain;
	int r;

	*ret_ok = false;
	if (!activation_code_read(op->arena, typed, &plain))
		return 0;
	r = db_run(op, &shared_use_check_q, &rows, P_STR(account_id), P_BYTES(code_hash(op, plain)));
	*ret_ok = r == 0 && db_bool(&rows, 0, 0);
	return r;
}
