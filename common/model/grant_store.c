#include "common/model/grant_store.h"

#include "common/base/random.h"

#define GRANT_SELECT                                                                                    \
	"SELECT g.id, g.account_id, a.login, p.code, r.code, r.name, u.code, u.name, g.basis, sen.iso(g.valid_from)," \
	" sen.iso(g.valid_to), b.login, sen.iso(g.granted_at), w.login, sen.iso(g.revoked_at), g.revoke_reason," \
	" CASE WHEN g.revoked_at IS NOT NULL THEN 'revoked' WHEN sen.grant_is_over(g) THEN 'expired'"            \
	"  WHEN g.valid_from > now() THEN 'future' WHEN g.suspended_at <= now() THEN 'suspended'"                \
	"  WHEN NOT EXISTS (SELECT FROM sen.live_grant l WHERE l.account_id = g.account_id AND l.id = g.id) THEN 'stopped'" \
	"  ELSE 'live' END, g.origin, g.granted_at::text"                                                         \
	" FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.role r ON r.id = g.role_id" \
	" JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = g.unit_id"                      \
	" LEFT JOIN sen.account b ON b.id = g.granted_by LEFT JOIN sen.account w ON w.id = g.revoked_by"

DB_QUERY(grant_close_expired_q, DB_WRITE,
         "UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = $4::uuid, revoke_reason = 'expired'"
         " WHERE account_id = $1::uuid AND role_id = $2::integer AND unit_id = $3::integer AND revoked_at IS NULL"
         " AND origin = 'direct' AND sen.grant_is_over(g) AND account_id <> $4::uuid"
         " AND EXISTS (SELECT FROM sen.role r, sen.unit u WHERE r.id = role_id AND u.id = unit_id"
         "  AND sen.scope_covers($4::uuid, 'grant', u.path, r.platform_id, r.id))");
DB_QUERY(grant_add_q, DB_WRITE,
         "INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, granted_by, post_id)"
         " SELECT a.id, $2::uuid, r.id, u.id, $5, coalesce($6::timestamptz, now()), $7::timestamptz, $8::uuid,"
         " sen.post_for(a.id, u.id)"
         " FROM sen.account a, sen.role r JOIN sen.platform p ON p.id = r.platform_id, sen.unit u"
         " WHERE a.id = $1::uuid AND NOT sen.same_person(a.id, $8::uuid) AND a.status NOT IN ('disabled', 'archived') AND r.id = $3::integer AND u.id = $4::integer"
         " AND sen.platform_is_open(p.state) AND sen.scope_covers($8::uuid, 'grant', u.path, p.id, r.id)"
         " AND EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = a.person_id AND starts_with(o.path, u.path))"
         " AND NOT EXISTS (SELECT FROM sen.duty_conflicts(a.person_id, r.id, u.id) d WHERE d.severity = 'block')"
         " AND sen.granted_directly($8::uuid, r.id) AND (a.kind IN ('operational', 'administrator') OR $7::timestamptz IS NOT NULL) ON CONFLICT (account_id, role_id, unit_id, origin) WHERE revoked_at IS NULL AND origin <> 'rule' DO NOTHING RETURNING id");
DB_QUERY(grant_live_q, DB_READ,
         GRANT_SELECT " WHERE g.account_id = $1::uuid AND g.role_id = $2::integer AND g.unit_id = $3::integer"
                      " AND g.revoked_at IS NULL AND g.origin = 'direct'");
DB_QUERY(grant_same_dates_q, DB_READ,
         "SELECT ($3::timestamptz IS NULL OR valid_from = $3::timestamptz) AND ($4::timestamptz IS NULL OR valid_to IS NOT DISTINCT FROM $4::timestamptz)"
         " FROM sen.access_grant WHERE account_id = $1::uuid AND id = $2::uuid");
DB_QUERY(grant_revoke_q, DB_WRITE,
         "UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = $5::uuid, revoke_reason = $6"
         " FROM sen.role r, sen.platform p, sen.unit u"
         " WHERE g.account_id = $1::uuid AND NOT sen.same_person(g.account_id, $5::uuid) AND g.revoked_at IS NULL"
         " AND ($2::uuid IS NULL OR g.id = $2::uuid) AND ($3::text IS NULL OR p.code = $3) AND ($4::text IS NULL OR r.code = $4)"
         " AND r.id = g.role_id AND p.id = r.platform_id AND u.id = g.unit_id"
         " AND g.origin <> 'rule' AND sen.scope_covers($5::uuid, 'revoke', u.path, p.id, r.id) RETURNING g.id, p.code, r.code, u.code");
DB_QUERY(grant_count_q, DB_READ,
         "SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform p ON p.id = r.platform_id"
         " WHERE g.account_id = $1::uuid AND g.revoked_at IS NULL AND g.origin <> 'rule' AND ($2::uuid IS NULL OR g.id = $2::uuid)"
         " AND ($3::text IS NULL OR p.code = $3) AND ($4::text IS NULL OR r.code = $4)");
DB_QUERY(grant_get_q, DB_READ, GRANT_SELECT " WHERE g.account_id = $1::uuid AND g.id = $2::uuid");
DB_QUERY(grant_list_q, DB_READ,
         GRANT_SELECT " WHERE g.account_id = $1::uuid AND sen.scope_covers($2::uuid, 'read', u.path, p.id, r.id)"
                      " AND ($3::timestamptz IS NULL OR g.granted_at < $3::timestamptz OR g.granted_at = $3::timestamptz AND g.id > $4::uuid)"
                      " ORDER BY g.granted_at DESC, g.id LIMIT $5::bigint");

DB_QUERY(grant_lock_person_q, DB_WRITE, "SELECT sen.person_lock($1::uuid)");
DB_QUERY(grant_blocking_duties_q, DB_READ,
         "SELECT string_agg(DISTINCT d.duty_code, ' ') FROM sen.duty_conflicts($1::uuid, $2::integer, $3::integer) d WHERE d.severity = 'block'");
DB_QUERY(grant_may_be_direct_q, DB_READ,
         "SELECT sen.granted_directly($1::uuid, $3::integer) OR EXISTS (SELECT FROM sen.account a JOIN sen.access_grant g ON g.account_id = a.id"
         " WHERE a.person_id = $2::uuid AND g.role_id = $3::integer AND g.unit_id = $4::integer AND g.origin = 'direct' AND g.revoked_at IS NULL"
         " AND NOT sen.grant_is_over(g))");
DB_QUERY(grant_end_by_policy_q, DB_READ,
         "SELECT CASE WHEN $3::timestamptz IS NULL AND y.max_days IS NOT NULL THEN coalesce($2::timestamptz, now()) + y.max_days * interval '1 day'"
         " ELSE $3::timestamptz END, NOT (y.end_required AND y.max_days IS NULL AND $3::timestamptz IS NULL)"
         " AND coalesce($3::timestamptz <= coalesce($2::timestamptz, now()) + y.max_days * interval '1 day', true) FROM sen.policy_of($1::integer) y");

static struct grant grant_from_row(const struct db_rows *rows, size_t i)
{
	return (struct grant){
		.id = db_str(rows, i, 0),
		.account_id = db_str(rows, i, 1),
		.login = db_str(rows, i, 2),
		.platform_code = db_str(rows, i, 3),
		.role_code = db_str(rows, i, 4),
		.role_name = db_str(rows, i, 5),
		.unit_code = db_str(rows, i, 6),
		.unit_name = db_str(rows, i, 7),
		.basis = db_str(rows, i, 8),
		.valid_from = db_str(rows, i, 9),
		.valid_to = db_str(rows, i, 10),
		.granted_by = db_str(rows, i, 11),
		.granted_at = db_str(rows, i, 12),
		.revoked_by = db_str(rows, i, 13),
		.revoked_at = db_str(rows, i, 14),
		.revoke_reason = db_str(rows, i, 15),
		.state = db_str(rows, i, 16),
		.origin = db_str(rows, i, 17),
		.order_at = db_str(rows, i, 18),
	};
}

/* Why the statement added nothing: the same grant is there, another stands in its way, or it was refused. */
static int grant_existing(struct op *op, const struct grant_new *new, struct grant *ret_grant)
{
	struct db_rows rows;
	struct grant live;
	int r = db_run(op, &grant_live_q, &rows, P_STR(new->account_id), P_I64(new->role_id), P_I64(new->unit_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_OUT_OF_SCOPE, "the grant is not within your scope");
	live = grant_from_row(&rows, 0);
	r = db_run(op, &grant_same_dates_q, &rows, P_STR(new->account_id), P_STR(live.id), P_STR(new->valid_from),
	           P_STR(new->valid_to));
	if (r < 0)
		return r;
	if (rows.n == 0 || !db_bool(&rows, 0, 0))
		return op_fail(op, ERR_CONFLICT, "the role is granted already, with other dates; revoke it first");
	*ret_grant = live;
	return 0;
}

int grant_add(struct op *op, const struct grant_new *new, struct grant *ret_grant, bool *ret_added)
{
	char uuid[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	r = db_run(op, &grant_close_expired_q, &rows, P_STR(new->account_id), P_I64(new->role_id), P_I64(new->unit_id),
	           P_STR(new->granted_by));
	if (r < 0)
		return r;
	random_uuid(uuid);
	r = db_run(op, &grant_add_q, &rows, P_STR(new->account_id), P_C(uuid), P_I64(new->role_id), P_I64(new->unit_id),
	           P_STR(new->basis), P_STR(new->valid_from), P_STR(new->valid_to), P_STR(new->granted_by));
	if (r < 0)
		return r;
	if (rows.n == 1) {
		*ret_added = true;
		return grant_get(op, new->account_id, str_c(uuid), ret_grant);
	}
	r = grant_existing(op, new, ret_grant);
	if (r == 0)
		*ret_added = false;
	return r;
}

int grant_revoke(struct op *op, const struct grant_choice *choice, struct str actor, struct str reason,
                 struct grant_revoked_list *ret_revoked)
{
	struct db_rows rows;
	int r = db_run(op, &grant_revoke_q, &rows, P_STR(choice->account_id), P_STR(choice->id), P_STR(choice->platform_code),
	               P_STR(choice->role_code), P_STR(actor), P_STR(reason));

	if (r < 0)
		return r;
	struct grant_revoked *revoked = ARENA_ARRAY(op->arena, struct grant_revoked, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		revoked[i] = (struct grant_revoked){
			.id = db_str(&rows, i, 0),
			.platform_code = db_str(&rows, i, 1),
			.role_code = db_str(&rows, i, 2),
			.unit_code = db_str(&rows, i, 3),
		};
	*ret_revoked = (struct grant_revoked_list){ .grants = revoked, .n = rows.n };
	return 0;
}

int grant_lock_person(struct op *op, struct str person_id)
{
	struct db_rows rows;

	return db_run(op, &grant_lock_person_q, &rows, P_STR(person_id));
}

int grant_blocking_duties(struct op *op, struct str person_id, int64_t role_id, int64_t unit_id, struct str *ret_codes)
{
	struct db_rows rows;
	int r = db_run(op, &grant_blocking_duties_q, &rows, P_STR(person_id), P_I64(role_id), P_I64(unit_id));

	if (r == 0)
		*ret_codes = db_str(&rows, 0, 0);
	return r;
}

int grant_may_be_direct(struct op *op, struct str actor, struct str person_id, int64_t role_id, int64_t unit_id, bool *ret_may)
{
	struct db_rows rows;
	int r = db_run(op, &grant_may_be_direct_q, &rows, P_STR(actor), P_STR(person_id), P_I64(role_id), P_I64(unit_id));

	*ret_may = r == 0 && db_bool(&rows, 0, 0);
	return r;
}

int grant_end_by_policy(struct op *op, int64_t role_id, struct str valid_from, struct str valid_to, struct grant_end *ret_end)
{
	struct db_rows rows;
	int r = db_run(op, &grant_end_by_policy_q, &rows, P_I64(role_id), P_STR(valid_from), P_STR(valid_to));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_ROLE, "no such role");
	*ret_end = (struct grant_end){ .valid_to = db_str(&rows, 0, 0), .is_fit = db_bool(&rows, 0, 1) };
	return 0;
}

int grant_count(struct op *op, const struct grant_choice *choice, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &grant_count_q, &rows, P_STR(choice->account_id), P_STR(choice->id), P_STR(choice->platform_code),
	               P_STR(choice->role_code));

	if (r < 0)
		return r;
	*ret_n = (size_t)db_i64(&rows, 0, 0);
	return 0;
}

int grant_get(struct op *op, struct str account_id, struct str id, struct grant *ret_grant)
{
	struct db_rows rows;
	int r = db_run(op, &grant_get_q, &rows, P_STR(account_id), P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such grant");
	*ret_grant = grant_from_row(&rows, 0);
	return 0;
}

int grant_list(struct op *op, const struct grant_filter *f, struct grant_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &grant_list_q, &rows, P_STR(f->account_id), P_STR(f->viewer), P_STR(f->after[0]), P_STR(f->after[1]), P_I64((int64_t)f->limit + 1));

	if (r < 0)
		return r;
	*ret = (struct grant_page){ .n = rows.n > f->limit ? f->limit : rows.n, .has_more = rows.n > f->limit };
	struct grant *grants = ARENA_ARRAY(op->arena, struct grant, ret->n);
	for (size_t i = 0; i < ret->n; i++)
		grants[i] = grant_from_row(&rows, i);
	ret->grants = grants;
	return 0;
}
