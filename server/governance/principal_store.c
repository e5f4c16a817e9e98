#include "server/governance/principal_store.h"

DB_QUERY(principal_scopes_q, DB_READ,
         "SELECT s.id, s.path, coalesce(s.platform_id, -1), s.rights, coalesce(floor(extract(epoch FROM t.valid_to))::bigint, 0),"
         " coalesce(s.role_ids, '{}')::text[], coalesce(s.max_rank, -1)"
         " FROM sen.live_scope s JOIN sen.admin_scope t ON t.account_id = s.account_id AND t.id = s.id"
         " WHERE s.account_id = $1::uuid ORDER BY s.id");
/* The same, and a row without a scope for an account that has none: its kind is told anyway. */
DB_QUERY(principal_official_q, DB_READ,
         "SELECT s.id, s.path, coalesce(s.platform_id, -1), s.rights, coalesce(floor(extract(epoch FROM t.valid_to))::bigint, 0),"
         " coalesce(s.role_ids, '{}')::text[], coalesce(s.max_rank, -1), a.kind IN ('technical', 'service')"
         " FROM sen.account a LEFT JOIN (sen.live_scope s JOIN sen.admin_scope t ON t.account_id = s.account_id AND t.id = s.id) ON s.account_id = a.id"
         " WHERE a.id = $1::uuid ORDER BY s.id");

static const struct {
	struct str name;
	unsigned right;
} rights[] = {
	{ STR("read"), RIGHT_READ },           { STR("grant"), RIGHT_GRANT },         { STR("revoke"), RIGHT_REVOKE },
	{ STR("activate"), RIGHT_ACTIVATE },   { STR("delegate"), RIGHT_DELEGATE },   { STR("approve"), RIGHT_APPROVE },
	{ STR("catalogue"), RIGHT_CATALOGUE }, { STR("appraise"), RIGHT_APPRAISE },   { STR("organise"), RIGHT_ORGANISE },
	{ STR("personnel"), RIGHT_PERSONNEL }, { STR("rules"), RIGHT_RULES },         { STR("review"), RIGHT_REVIEW },
	{ STR("import"), RIGHT_IMPORT },       { STR("unmask"), RIGHT_UNMASK },       { STR("audit"), RIGHT_AUDIT },
};

struct str admin_right_name(unsigned right)
{
	for (size_t i = 0; i < ARRAY_LEN(rights); i++)
		if (rights[i].right == right)
			return rights[i].name;
	return STR_NULL;
}

const struct str *admin_right_names(struct arena *a, size_t *ret_n)
{
	struct str *names = ARENA_ARRAY(a, struct str, ARRAY_LEN(rights));

	for (size_t i = 0; i < ARRAY_LEN(rights); i++)
		names[i] = rights[i].name;
	*ret_n = ARRAY_LEN(rights);
	return names;
}

unsigned admin_right_from_name(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(rights); i++)
		if (str_equal(rights[i].name, name))
			return rights[i].right;
	return 0;
}

static int read_roles(struct op *op, struct str cell, struct admin_scope *scope)
{
	const struct str *texts;
	int r = db_array_read(op, cell, &texts, &scope->n_roles);

	if (r < 0)
		return r;
	int64_t *roles = ARENA_ARRAY(op->arena, int64_t, scope->n_roles);
	for (size_t i = 0; i < scope->n_roles; i++) {
		uint64_t id = 0;

		if (!str_to_u64(texts[i], INT64_MAX, &id))
			return op_fail_detail(op, ERR_INTERNAL, "internal error", "a role's id is no number");
		roles[i] = (int64_t)id;
	}
	scope->roles = roles;
	return 0;
}

static int scopes_of(struct op *op, const struct db_rows *rows, const struct admin_scope **ret_scopes, size_t *ret_n)
{
	struct admin_scope *scopes = ARENA_ARRAY(op->arena, struct admin_scope, rows->n);
	int r = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const struct str *names;
		size_t n_names;

		scopes[i] = (struct admin_scope){
			.id = db_str(rows, i, 0),
			.unit_path = db_str(rows, i, 1),
			.platform_id = db_i64(rows, i, 2),
			.valid_to_s = db_i64(rows, i, 4),
			.max_rank = (int)db_i64(rows, i, 6),
			.is_capped = db_i64(rows, i, 6) >= 0,
		};
		r = read_roles(op, db_str(rows, i, 5), &scopes[i]);
		if (r < 0)
			return r;
		r = db_array_read(op, db_str(rows, i, 3), &names, &n_names);
		if (r < 0)
			return r;
		for (size_t k = 0; k < n_names; k++)
			scopes[i].rights |= admin_right_from_name(names[k]);
	}
	*ret_scopes = scopes;
	*ret_n = rows->n;
	return 0;
}

int principal_load_scopes(struct op *op, struct str account_id, const struct admin_scope **ret_scopes, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &principal_scopes_q, &rows, P_STR(account_id));

	return r < 0 ? r : scopes_of(op, &rows, ret_scopes, ret_n);
}

int principal_load_official(struct op *op, struct principal *p)
{
	struct db_rows rows;
	int r = db_run(op, &principal_official_q, &rows, P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0 || db_bool(&rows, 0, 7))
		return op_fail(op, ERR_OUT_OF_SCOPE, "accounts of programs do not administer");
	if (db_is_null(&rows, 0, 0))
		rows.n = 0;
	return scopes_of(op, &rows, &p->scopes, &p->n_scopes);
}
