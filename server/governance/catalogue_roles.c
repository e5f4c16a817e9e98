/* catalogue_roles.c: the roles on a platform. */

#include "server/governance/catalogue.h"
#include "server/governance/catalogue_common.h"

#define MAY_ON_ROLE(actor) \
	"(SELECT sen.catalogue_covers(" actor ", 'catalogue', p.managing_unit_id, p.id) FROM sen.platform p WHERE p.id = r.platform_id)"

DB_QUERY(catalogue_role_add_q, DB_WRITE,
         "INSERT INTO sen.role (platform_id, code, name, level, sensitivity, verified)"
         " SELECT p.id, $2, $3, coalesce($4, ''), $5, false FROM sen.platform p WHERE p.id = $1::smallint"
         " AND sen.catalogue_covers($6::uuid, 'catalogue', p.managing_unit_id, p.id) RETURNING id");
DB_QUERY(catalogue_role_edit_q, DB_WRITE,
         "UPDATE sen.role r SET name = $3, level = coalesce($4, ''), sensitivity = $5 WHERE r.platform_id = $1::smallint AND r.code = $2"
         " AND r.version = $7::bigint AND r.retired_at IS NULL AND " MAY_ON_ROLE("$6::uuid") " RETURNING r.id");
DB_QUERY(catalogue_role_get_q, DB_READ,
         "SELECT json_build_object('platform', p.code, 'code', r.code, 'name', r.name, 'level', r.level, 'sensitivity', r.sensitivity,"
         " 'verified', r.verified, 'retired_at', sen.iso(r.retired_at), 'version', r.version)::text, r.version"
         " FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id WHERE p.code = $1 AND p.id <> 0 AND r.code = $2");
/* FOR UPDATE: a grant that is being written waits, and then finds the role retired (trigger needs_role). */
DB_QUERY(catalogue_role_lock_q, DB_WRITE,
         "SELECT r.id, r.version, r.retired_at IS NOT NULL FROM sen.role r WHERE r.platform_id = $1::smallint AND r.code = $2 FOR UPDATE");
DB_QUERY(catalogue_role_grants_q, DB_READ,
         "SELECT count(*) FROM sen.access_grant g WHERE g.role_id = $1::integer AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now())");
DB_QUERY(catalogue_role_end_q, DB_WRITE,
         "WITH ended AS (UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = $2::uuid, revoke_reason = $3"
         "  WHERE g.role_id = $1::integer AND g.revoked_at IS NULL RETURNING g.account_id),"
         " raised AS (UPDATE sen.account a SET epoch = epoch + 1 WHERE a.id IN (SELECT account_id FROM ended) RETURNING 1)"
         " SELECT (SELECT count(*) FROM ended), (SELECT count(*) FROM raised)");
DB_QUERY(catalogue_role_retire_q, DB_WRITE,
         "UPDATE sen.role r SET retired_at = now(), retired_by = $2::uuid WHERE r.id = $1::integer AND r.retired_at IS NULL AND " MAY_ON_ROLE("$2::uuid")
         " RETURNING r.id");

static struct str label(struct op *op, const struct catalogue_role *role)
{
	return arena_printf(op->arena, "%.*s:%.*s", STR_ARG(role->platform), STR_ARG(role->code));
}

static json_t *role_data(const struct catalogue_role *role)
{
	json_t *data = catalogue_data("name", role->name);

	json_set_str(data, "sensitivity", role->sensitivity);
	return data;
}

/* The platform, locked, with the right to write its roles. */
static int begin(struct op *op, const struct principal *p, const struct catalogue_role *role, struct catalogue_place *ret_place)
{
	int r = catalogue_lock(op, p, "catalogue", role->platform, ret_place);

	return r < 0 ? r : catalogue_check(op, ret_place, -1);
}

static int add(struct op *op, const struct principal *p, const struct catalogue_role *role)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = begin(op, p, role, &place);

	if (r < 0)
		return r;
	r = db_run(op, &catalogue_role_add_q, &rows, P_I64(place.id), P_STR(role->code), P_STR(role->name), P_STR(role->level),
	           P_STR(role->sensitivity), P_STR(p->account_id));
	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_OUT_OF_SCOPE, "the managing unit is not within your scope");
	return r;
}

int catalogue_role_add(struct op *op, const struct principal *p, const struct catalogue_role *role)
{
	int r = db_begin(op);

	return r < 0 ? r : catalogue_commit(op, p, add(op, p, role), "role.add", label(op, role), role_data(role));
}

struct locked {
	int64_t id, version;
	bool is_retired;
};

static int lock_role(struct op *op, const struct principal *p, const struct catalogue_role *role, int64_t version, struct locked *ret)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = begin(op, p, role, &place);

	if (r == 0)
		r = db_run(op, &catalogue_role_lock_q, &rows, P_I64(place.id), P_STR(role->code));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_ROLE, "the platform has no such role");
	*ret = (struct locked){ .id = db_i64(&rows, 0, 0), .version = db_i64(&rows, 0, 1), .is_retired = db_bool(&rows, 0, 2) };
	if (ret->version != version)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	if (!ret->is_retired)
		return 0;
	(void)op_fail(op, ERR_WRONG_STATE, "the role is retired");
	return op_fail_arg(op, "state", STR("đã ngừng dùng"));
}

static int edit(struct op *op, const struct principal *p, const struct catalogue_role *role, int64_t version)
{
	struct catalogue_place place;
	struct locked found;
	struct db_rows rows;
	int r = lock_role(op, p, role, version, &found);

	if (r == 0)
		r = catalogue_find(op, p, "catalogue", role->platform, &place);
	if (r == 0)
		r = db_run(op, &catalogue_role_edit_q, &rows, P_I64(place.id), P_STR(role->code), P_STR(role->name), P_STR(role->level),
		           P_STR(role->sensitivity), P_STR(p->account_id), P_I64(version));
	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	return r;
}

int catalogue_role_edit(struct op *op, const struct principal *p, const struct catalogue_role *role, int64_t version)
{
	int r = db_begin(op);

	return r < 0 ? r : catalogue_commit(op, p, edit(op, p, role, version), "role.edit", label(op, role), role_data(role));
}

/* Each grant by itself would have asked for right "revoke" in its unit: ending a role is a decision about the platform. */
static int end_grants(struct op *op, const struct principal *p, int64_t role_id, bool wanted, struct str reason, int64_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &catalogue_role_grants_q, &rows, P_I64(role_id));

	if (r < 0)
		return r;
	if (!wanted && db_i64(&rows, 0, 0) > 0) {
		(void)op_fail(op, ERR_BLOCKED, "there are grants of the role");
		(void)op_fail_arg(op, "by", STR("grants"));
		return op_fail_arg(op, "n", db_str(&rows, 0, 0));
	}
	r = db_run(op, &catalogue_role_end_q, &rows, P_I64(role_id), P_STR(p->account_id), P_STR(reason));
	if (r == 0)
		*ret_n = db_i64(&rows, 0, 0);
	return r;
}

static int retire(struct op *op, const struct principal *p, int64_t role_id)
{
	struct db_rows rows;
	int r = db_run(op, &catalogue_role_retire_q, &rows, P_I64(role_id), P_STR(p->account_id));

	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_OUT_OF_SCOPE, "the managing unit is not within your scope");
	return r;
}

int catalogue_role_retire(struct op *op, const struct principal *p, const struct catalogue_role *role, int64_t version, bool ends_grants,
                          struct str reason, int64_t *ret_n_ended)
{
	struct locked found = { .id = 0 };
	json_t *data;
	int64_t n = 0;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = lock_role(op, p, role, version, &found);
	if (r == 0)
		r = retire(op, p, found.id);
	if (r == 0)
		r = end_grants(op, p, found.id, ends_grants, reason, &n);
	data = catalogue_data("reason", reason);
	json_set_int(data, "grants", n);
	r = catalogue_commit(op, p, r, "role.retire", label(op, role), data);
	if (r == 0)
		*ret_n_ended = n;
	return r;
}

int catalogue_role_get(struct op *op, struct str platform, struct str code, json_t **ret_role, int64_t *ret_version)
{
	_json_ json_t *array = NULL;
	struct db_rows rows;
	int r = db_run(op, &catalogue_role_get_q, &rows, P_STR(platform), P_STR(code));

	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_UNKNOWN_ROLE, "the platform has no such role");
	if (r == 0)
		r = catalogue_rows(op, &rows, &array);
	if (r < 0)
		return r;
	*ret_role = json_incref(json_array_get(array, 0));
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}
