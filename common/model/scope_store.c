#include "common/model/scope_store.h"

#include "common/base/random.h"

#define SCOPE_SELECT                                                                                  \
	"SELECT s.id, s.account_id, a.login, u.code, u.name, u.path, coalesce(s.platform_id, -1), p.code, s.rights," \
	" sen.iso(s.valid_from), sen.iso(s.valid_to), b.login, s.revoked_at IS NOT NULL," \
	" ARRAY(SELECT k.code || '/' || r.code FROM sen.role r JOIN sen.platform k ON k.id = r.platform_id WHERE r.id = ANY (s.role_ids) ORDER BY 1)," \
	" (ARRAY['low', 'normal', 'high', 'privileged'])[s.max_rank + 1]"                      \
	" FROM sen.admin_scope s JOIN sen.account a ON a.id = s.account_id JOIN sen.unit u ON u.id = s.unit_id" \
	" LEFT JOIN sen.platform p ON p.id = s.platform_id LEFT JOIN sen.account b ON b.id = s.granted_by"

/*
 * An administrator account always; a person's first one unless the authority keeps administration apart.  A service account, as which a
 * feed acts, only what a feed does: it states who is there and what they hold, and decides, hands on and looks into nothing.
 */
#define MAY_HOLD(rights)                                                                                                     \
	"(a.kind = 'administrator' OR a.kind = 'operational' AND NOT (SELECT admin_accounts_only FROM sen.personnel_policy)"  \
	" OR a.kind = 'service' AND " rights " <@ ARRAY['read', 'import', 'personnel', 'grant', 'revoke'])"
DB_QUERY(scope_may_be_held_q, DB_READ, "SELECT " MAY_HOLD("$2::text[]") ", a.kind = 'service' FROM sen.account a WHERE a.id = $1::uuid");

#define RANK(sensitivity) "CASE WHEN " sensitivity "::text IS NOT NULL THEN sen.rank(" sensitivity "::text) END"
/* What is given: to $1, at $2, on $3, rights $4, until $5, by $6, roles $7, cap $8. */
#define GIFT "$2::integer, nullif($3::integer, -1)::smallint, $4::text[], $5::timestamptz, $7::integer[], " RANK("$8")
#define SAME_GIFT                                                                                                           \
	"w.account_id = $1::uuid AND w.unit_id = $2::integer AND coalesce(w.platform_id, -1) = $3::integer AND w.closed_at IS NULL AND w.expires_at > now()"  \
	" AND w.rights @> $4::text[] AND w.rights <@ $4::text[] AND w.valid_to IS NOT DISTINCT FROM $5::timestamptz"                             \
	" AND coalesce(w.role_ids, '{}') @> coalesce($7::integer[], '{}') AND coalesce(w.role_ids, '{}') <@ coalesce($7::integer[], '{}')"        \
	" AND w.max_rank IS NOT DISTINCT FROM " RANK("$8")
/* For the same roles under the same cap: over one place an account holds one of them. */
#define SAME_ROLES(s, roles, cap) "sen.sorted(" s ".role_ids) = sen.sorted(" roles "::integer[]) AND " s ".max_rank IS NOT DISTINCT FROM " RANK(cap)
/* Both givers must be able to give all of it. */
DB_QUERY(scope_add_q, DB_WRITE,
         "INSERT INTO sen.admin_scope (account_id, unit_id, platform_id, rights, valid_to, role_ids, max_rank, granted_by, id, confirmed_by)"
         " SELECT a.id, " GIFT ", $6::uuid, $9::uuid, $10::uuid FROM sen.account a WHERE a.id = $1::uuid AND a.status NOT IN ('disabled', 'archived')"
         " AND NOT sen.same_person(a.id, $6::uuid) AND " MAY_HOLD("$4::text[]") " AND sen.scope_may_give($6::uuid, " GIFT ")"
         " AND CASE WHEN $10::uuid IS NULL THEN NOT sen.scope_needs_two(a.id, nullif($3::integer, -1)::smallint, $4::text[], $7::integer[], " RANK("$8") ")"
         "  ELSE NOT sen.same_person($6::uuid, $10::uuid) AND NOT sen.same_person(a.id, $10::uuid) AND sen.scope_may_give($10::uuid, " GIFT ") END"
         " AND NOT EXISTS (SELECT FROM sen.right_conflicts(a.id, $2::integer, nullif($3::integer, -1)::smallint, $4::text[]) d WHERE d.severity = 'block')"
         " ON CONFLICT DO NOTHING RETURNING id");
/* Of one person one after the other: what excludes each other is not given at once.  A lock is a statement of its own. */
DB_QUERY(scope_lock_person_q, DB_WRITE, "SELECT sen.person_lock(a.person_id) FROM sen.account a WHERE a.id = $1::uuid");
DB_QUERY(scope_blocking_duties_q, DB_READ,
         "SELECT string_agg(DISTINCT d.duty_code, ' ') FROM sen.right_conflicts($1::uuid, $2::integer, nullif($3::integer, -1)::smallint, $4::text[]) d"
         " WHERE d.severity = 'block'");
DB_QUERY(scope_needs_two_q, DB_READ,
         "SELECT sen.scope_needs_two($1::uuid, nullif($2::integer, -1)::smallint, $3::text[], $4::integer[], " RANK("$5") ")");
/* Claimed by the first who confirms it; what the one who asked may not give any more waits for nobody. */
DB_QUERY(scope_confirm_q, DB_WRITE,
         "UPDATE sen.scope_waiting w SET closed_at = now() WHERE w.id = (SELECT w.id FROM sen.scope_waiting w WHERE " SAME_GIFT
         " AND NOT sen.same_person(w.asked_by, $6::uuid) AND sen.scope_may_give(w.asked_by, " GIFT ")"
         " AND (SELECT a.status FROM sen.account a WHERE a.id = w.asked_by) = 'active' ORDER BY w.asked_at LIMIT 1 FOR UPDATE) RETURNING w.asked_by");
DB_QUERY(scope_wait_q, DB_WRITE,
         "WITH old AS (UPDATE sen.scope_waiting w SET closed_at = now() WHERE w.account_id = $1::uuid AND w.unit_id = $2::integer"
         "  AND coalesce(w.platform_id, -1) = $3::integer AND w.asked_by = $6::uuid AND w.closed_at IS NULL AND " SAME_ROLES("w", "$7", "$8")
         "  AND NOT (" SAME_GIFT ") RETURNING 1)"
         " INSERT INTO sen.scope_waiting AS w (account_id, unit_id, platform_id, rights, valid_to, role_ids, max_rank, asked_by, id)"
         " SELECT $1::uuid, " GIFT ", $6::uuid, $9::uuid WHERE (SELECT count(*) FROM old) < 2"
         " ON CONFLICT (account_id, unit_id, coalesce(platform_id, -1), asked_by, sen.sorted(role_ids), coalesce(max_rank, -1)) WHERE closed_at IS NULL DO UPDATE SET asked_at = w.asked_at"
         " RETURNING w.id, sen.iso(w.expires_at)");
/* By who asked for it, or who could confirm it. */
DB_QUERY(scope_drop_waiting_q, DB_WRITE,
         "UPDATE sen.scope_waiting w SET closed_at = now() WHERE w.id = $1::uuid AND w.closed_at IS NULL AND (w.asked_by = $2::uuid"
         " OR sen.scope_may_give($2::uuid, w.unit_id, w.platform_id, w.rights, w.valid_to, w.role_ids, w.max_rank)) RETURNING w.id");
DB_QUERY(scope_add_by_operator_q, DB_WRITE,
         "INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights, valid_to)"
         " SELECT a.id, $2::uuid, u.id, nullif($4::integer, -1)::smallint, $5::text[], $6::timestamptz"
         " FROM sen.account a, sen.unit u WHERE a.id = $1::uuid AND a.status NOT IN ('disabled', 'archived') AND u.id = $3::integer"
         " AND a.kind NOT IN ('technical', 'service', 'shared') ON CONFLICT DO NOTHING RETURNING id");
DB_QUERY(scope_close_expired_q, DB_WRITE,
         "UPDATE sen.admin_scope SET revoked_at = now() WHERE account_id = $1::uuid AND unit_id = $2::integer"
         " AND coalesce(platform_id, -1) = $3::integer AND revoked_at IS NULL AND (valid_to <= now() OR sen.post_is_over(account_id, post_id))");
DB_QUERY(scope_live_q, DB_READ,
         SCOPE_SELECT " WHERE s.account_id = $1::uuid AND s.unit_id = $2::integer AND coalesce(s.platform_id, -1) = $3::integer"
                      " AND s.revoked_at IS NULL AND " SAME_ROLES("s", "$4", "$5"));
DB_QUERY(scope_same_q, DB_READ,
         "SELECT rights @> $3::text[] AND rights <@ $3::text[] AND valid_to IS NOT DISTINCT FROM $4::timestamptz"
         " FROM sen.admin_scope WHERE account_id = $1::uuid AND id = $2::uuid");
DB_QUERY(scope_revoke_q, DB_WRITE,
         "UPDATE sen.admin_scope t SET revoked_at = now() FROM sen.unit u"
         " WHERE t.account_id = $1::uuid AND t.id = $2::uuid AND t.revoked_at IS NULL AND t.account_id <> $3::uuid AND u.id = t.unit_id"
         " AND EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = $3::uuid AND 'delegate' = ANY (s.rights)"
         "  AND s.rights @> t.rights AND starts_with(u.path, s.path) AND (s.platform_id IS NULL OR s.platform_id = t.platform_id)"
         "  AND (s.role_ids IS NULL OR t.role_ids <@ s.role_ids) AND (s.max_rank IS NULL OR t.max_rank <= s.max_rank)) RETURNING t.id");
DB_QUERY(scope_get_q, DB_READ, SCOPE_SELECT " WHERE s.id = $1::uuid");
DB_QUERY(scope_list_q, DB_READ,
         SCOPE_SELECT " WHERE s.account_id = $1::uuid AND s.revoked_at IS NULL AND s.valid_from <= now()"
                      " AND (s.valid_to IS NULL OR s.valid_to > now()) AND NOT sen.post_is_over(s.account_id, s.post_id)"
                      " AND sen.scope_covers($2::uuid, 'read', u.path, s.platform_id)"
                      " ORDER BY u.path, s.id");
DB_QUERY(scope_bootstrap_lock_q, DB_WRITE, "SELECT pg_advisory_xact_lock(7301986)");
DB_QUERY(scope_none_yet_q, DB_READ, "SELECT NOT EXISTS (SELECT FROM sen.admin_scope)");
/* Persons who may hand on everything that there is. */
DB_QUERY(scope_none_second_q, DB_READ,
         "SELECT count(DISTINCT a.person_id) = 1 FROM sen.live_scope s JOIN sen.unit u ON u.id = s.unit_id JOIN sen.account a ON a.id = s.account_id"
         " WHERE u.parent_id IS NULL AND 'delegate' = ANY (s.rights) AND s.platform_id IS NULL AND s.role_ids IS NULL AND s.max_rank IS NULL");

static int scope_from_row(struct op *op, const struct db_rows *rows, size_t i, struct scope *ret_scope)
{
	struct scope s = {
		.id = db_str(rows, i, 0),
		.account_id = db_str(rows, i, 1),
		.login = db_str(rows, i, 2),
		.unit_code = db_str(rows, i, 3),
		.unit_name = db_str(rows, i, 4),
		.unit_path = db_str(rows, i, 5),
		.platform_id = db_i64(rows, i, 6),
		.platform_code = db_str(rows, i, 7),
		.valid_from = db_str(rows, i, 9),
		.valid_to = db_str(rows, i, 10),
		.granted_by = db_str(rows, i, 11),
		.is_revoked = db_bool(rows, i, 12),
		.max_sensitivity = db_str(rows, i, 14),
	};
	int r = db_array_read(op, db_str(rows, i, 8), &s.rights, &s.n_rights);

	if (r == 0)
		r = db_array_read(op, db_str(rows, i, 13), &s.roles, &s.n_roles);
	if (r == 0)
		*ret_scope = s;
	return r;
}

static struct str role_ids_of(struct op *op, const struct scope_new *new)
{
	return new->n_role_ids == 0 ? STR_NULL : db_array(op->arena, new->role_ids, new->n_role_ids);
}

static int scope_existing(struct op *op, const struct scope_new *new, struct str rights, struct scope *ret_scope, bool *ret_there)
{
	struct db_rows rows;
	struct scope live;
	int r = db_run(op, &scope_live_q, &rows, P_STR(new->account_id), P_I64(new->unit_id), P_I64(new->platform_id), P_STR(role_ids_of(op, new)),
	               P_STR(new->max_sensitivity));

	*ret_there = r == 0 && rows.n > 0;
	if (r < 0 || rows.n == 0)
		return r;
	r = scope_from_row(op, &rows, 0, &live);
	if (r < 0)
		return r;
	r = db_run(op, &scope_same_q, &rows, P_STR(new->account_id), P_STR(live.id), P_STR(rights), P_STR(new->valid_to));
	if (r < 0)
		return r;
	if (rows.n == 0 || !db_bool(&rows, 0, 0))
		return op_fail(op, ERR_CONFLICT, "the account has a scope there for these roles already, with other rights or another end; revoke it first");
	*ret_scope = live;
	return 0;
}

/* The gift's parameters, $1 to $8. */
#define GIFT_PARAMS(new, rights)                                                                                            \
	P_STR((new)->account_id), P_I64((new)->unit_id), P_I64((new)->platform_id), P_STR(rights), P_STR((new)->valid_to),       \
		P_STR((new)->granted_by), P_STR(role_ids_of(op, (new))), P_STR((new)->max_sensitivity)

int scope_add(struct op *op, const struct scope_new *new, struct scope *ret_scope, bool *ret_added)
{
	struct str rights = db_array(op->arena, new->rights, new->n_rights);
	char uuid[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	bool there;
	int r;

	r = db_run(op, &scope_close_expired_q, &rows, P_STR(new->account_id), P_I64(new->unit_id), P_I64(new->platform_id));
	if (r < 0)
		return r;
	random_uuid(uuid);
	if (str_is_null(new->granted_by))
		r = db_run(op, &scope_add_by_operator_q, &rows, P_STR(new->account_id), P_C(uuid), P_I64(new->unit_id),
		           P_I64(new->platform_id), P_STR(rights), P_STR(new->valid_to));
	else
		r = db_run(op, &scope_add_q, &rows, GIFT_PARAMS(new, rights), P_C(uuid), P_STR(new->confirmed_by));
	if (r < 0)
		return r;
	if (rows.n == 1) {
		*ret_added = true;
		return scope_get(op, arena_dup_c(op->arena, uuid), ret_scope);
	}
	r = scope_existing(op, new, rights, ret_scope, &there);
	if (r == 0 && !there)
		r = op_fail(op, ERR_OUT_OF_SCOPE, "what is delegated is not within your scope");
	if (r == 0)
		*ret_added = false;
	return r;
}

int scope_blocking_duties(struct op *op, const struct scope_new *new, struct str *ret_codes)
{
	struct db_rows rows;
	int r = db_run(op, &scope_lock_person_q, &rows, P_STR(new->account_id));

	if (r == 0)
		r = db_run(op, &scope_blocking_duties_q, &rows, P_STR(new->account_id), P_I64(new->unit_id), P_I64(new->platform_id),
		           P_STR(db_array(op->arena, new->rights, new->n_rights)));
	*ret_codes = r == 0 && rows.n == 1 ? db_str(&rows, 0, 0) : STR_NULL;
	return r;
}

int scope_needs_two(struct op *op, const struct scope_new *new, bool *ret_needs)
{
	struct db_rows rows;
	int r = db_run(op, &scope_needs_two_q, &rows, P_STR(new->account_id), P_I64(new->platform_id),
	               P_STR(db_array(op->arena, new->rights, new->n_rights)), P_STR(role_ids_of(op, new)), P_STR(new->max_sensitivity));

	*ret_needs = r == 0 && db_bool(&rows, 0, 0);
	return r;
}

int scope_ask(struct op *op, const struct scope_new *new, struct scope_asked *ret)
{
	struct str rights = db_array(op->arena, new->rights, new->n_rights);
	char uuid[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	random_uuid(uuid);
	*ret = (struct scope_asked){ .by = STR_NULL };
	r = db_run(op, &scope_confirm_q, &rows, GIFT_PARAMS(new, rights));
	if (r < 0)
		return r;
	if (rows.n == 1) {
		ret->by = db_str(&rows, 0, 0);
		return 0;
	}
	r = db_run(op, &scope_close_expired_q, &rows, P_STR(new->account_id), P_I64(new->unit_id), P_I64(new->platform_id));
	if (r == 0)
		r = scope_existing(op, new, rights, &ret->scope, &ret->there);
	if (r < 0 || ret->there)
		return r;
	r = db_run(op, &scope_wait_q, &rows, GIFT_PARAMS(new, rights), P_C(uuid));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_CONFLICT, "somebody else was faster");
	ret->id = db_str(&rows, 0, 0);
	ret->expires_at = db_str(&rows, 0, 1);
	return 0;
}

int scope_drop_waiting(struct op *op, struct str id, struct str actor, bool *ret_dropped)
{
	struct db_rows rows;
	int r = db_run(op, &scope_drop_waiting_q, &rows, P_STR(id), P_STR(actor));

	*ret_dropped = r == 0 && rows.n == 1;
	return r;
}

int scope_revoke(struct op *op, struct str account_id, struct str id, struct str actor, bool *ret_changed)
{
	struct db_rows rows;
	int r = db_run(op, &scope_revoke_q, &rows, P_STR(account_id), P_STR(id), P_STR(actor));

	if (r < 0)
		return r;
	*ret_changed = rows.n == 1;
	return 0;
}

int scope_get(struct op *op, struct str id, struct scope *ret_scope)
{
	struct db_rows rows;
	int r = db_run(op, &scope_get_q, &rows, P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such scope");
	return scope_from_row(op, &rows, 0, ret_scope);
}

int scope_list(struct op *op, struct str account_id, struct str viewer, const struct scope **ret_scopes, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &scope_list_q, &rows, P_STR(account_id), P_STR(viewer));

	if (r < 0)
		return r;
	struct scope *scopes = ARENA_ARRAY(op->arena, struct scope, rows.n);
	for (size_t i = 0; i < rows.n && r == 0; i++)
		r = scope_from_row(op, &rows, i, &scopes[i]);
	if (r < 0)
		return r;
	*ret_scopes = scopes;
	*ret_n = rows.n;
	return 0;
}

int scope_may_be_held(struct op *op, struct str account_id, const struct str *rights, size_t n_rights, bool *ret_may, bool *ret_is_service)
{
	struct db_rows rows;
	int r = db_run(op, &scope_may_be_held_q, &rows, P_STR(account_id), P_STR(db_array(op->arena, rights, n_rights)));

	*ret_may = r == 0 && rows.n == 1 && db_bool(&rows, 0, 0);
	*ret_is_service = r == 0 && rows.n == 1 && db_bool(&rows, 0, 1);
	return r;
}

int scope_none_yet(struct op *op, bool second, bool *ret_none)
{
	struct db_rows rows;
	int r = db_run(op, &scope_bootstrap_lock_q, &rows);

	if (r < 0)
		return r;
	r = db_run(op, second ? &scope_none_second_q : &scope_none_yet_q, &rows);
	if (r < 0)
		return r;
	*ret_none = db_bool(&rows, 0, 0);
	return 0;
}
