#include "server/scim/feed_admin.h"

#include "common/base/random.h"
#include "common/model/account_store.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/governance_audit.h"
#include "server/scim/feed.h"

#define TOKEN_LEN 32
#define WITHIN " AND EXISTS (SELECT FROM sen.unit w WHERE w.id = f.unit_id AND sen.scope_covers($1::uuid, 'import', w.path, NULL))"

DB_QUERY(feed_add_q, DB_WRITE,
         "INSERT INTO sen.feed (id, code, name, account_id, unit_id, authority, default_unit, default_title, default_kind, basis, rate_per_s,"
         " token_hash, token_until, created_by)"
         " SELECT $2::uuid, $3, $4, a.id, u.id, $5::text[], d.id, $6, $7, $8, $9::integer, $10::bytea, now() + $11::bigint * interval '1 day', $1::uuid"
         " FROM sen.account a JOIN sen.unit u ON u.code = $13 LEFT JOIN sen.unit d ON d.code = $14"
         " WHERE a.login = $12 AND a.kind = 'service' AND a.status = 'active' AND sen.may_manage_account($1::uuid, 'personnel', a.id)"
         " AND sen.scope_covers($1::uuid, 'import', u.path, NULL) AND sen.scope_covers($1::uuid, 'personnel', u.path, NULL)"
         " AND ($14::text IS NULL OR starts_with(d.path, u.path)) RETURNING id");
DB_QUERY(feed_edit_q, DB_WRITE,
         "UPDATE sen.feed f SET name = $4, authority = $5::text[], default_unit = (SELECT d.id FROM sen.unit d WHERE d.code = $10), default_title = $6,"
         " default_kind = $7, basis = $8, rate_per_s = $9::integer, enabled = $11::boolean WHERE f.code = $2 AND f.version = $3::bigint" WITHIN
         " AND ($10::text IS NULL OR EXISTS (SELECT FROM sen.unit d JOIN sen.unit u ON starts_with(d.path, u.path) WHERE d.code = $10 AND u.id = f.unit_id))"
         " RETURNING 1");
DB_QUERY(feed_rotate_q, DB_WRITE,
         "UPDATE sen.feed f SET old_token_hash = CASE WHEN $4::bigint > 0 THEN f.token_hash END, old_until = least(f.token_until, now() + $4::bigint * interval '1 hour'),"
         " token_hash = $3::bytea, token_until = now() + $5::bigint * interval '1 day' WHERE f.code = $2" WITHIN " RETURNING 1");
/* Counted and released at once; whoever is held meanwhile waits for the next time. */
DB_QUERY(feed_release_q, DB_WRITE,
         "WITH f AS MATERIALIZED (SELECT f.id FROM sen.feed f WHERE f.code = $2 AND NOT sen.same_person(f.created_by, $1::uuid)"
         "  AND NOT sen.same_person(f.account_id, $1::uuid)" WITHIN " FOR NO KEY UPDATE),"
         " h AS (DELETE FROM sen.feed_held h USING f WHERE h.feed_id = f.id RETURNING 1),"
         " u AS (UPDATE sen.feed x SET allowance = (SELECT count(*) FROM h) FROM f WHERE x.id = f.id RETURNING 1)"
         " SELECT (SELECT count(*) FROM h) FROM u");
DB_QUERY(feed_find_q, DB_READ, "SELECT f.id, f.version FROM sen.feed f WHERE f.code = $2" WITHIN);
DB_QUERY(feed_group_role_q, DB_WRITE,
         "UPDATE sen.feed_group g SET role_id = $4::integer, version = g.version + 1 FROM sen.feed f JOIN sen.unit u ON u.id = f.unit_id"
         " WHERE g.feed_id = f.id AND f.code = $2 AND g.id = $3::uuid AND g.gone_at IS NULL AND sen.scope_covers($1::uuid, 'import', u.path, NULL)"
         " AND ($4::integer IS NULL OR sen.scope_covers($1::uuid, 'grant', u.path, (SELECT r.platform_id FROM sen.role r WHERE r.id = $4::integer)))"
         " AND g.version = $5::bigint AND NOT EXISTS (SELECT FROM sen.feed_member m WHERE m.feed_id = g.feed_id AND m.group_id = g.id) RETURNING g.display_name");
DB_QUERY(feed_group_why_q, DB_READ,
         "SELECT EXISTS (SELECT FROM sen.feed_member m WHERE m.feed_id = g.feed_id AND m.group_id = g.id), g.version = $4::bigint FROM sen.feed_group g JOIN sen.feed f ON f.id = g.feed_id"
         " WHERE f.code = $2 AND g.id = $3::uuid AND g.gone_at IS NULL" WITHIN);

#define FEED_JSON                                                                                                                    \
	"jsonb_build_object('code', f.code, 'name', f.name, 'login', (SELECT a.login FROM sen.account a WHERE a.id = f.account_id),"      \
	" 'unit', (SELECT u.code FROM sen.unit u WHERE u.id = f.unit_id), 'authority', f.authority,"                                      \
	" 'default_unit', (SELECT u.code FROM sen.unit u WHERE u.id = f.default_unit), 'default_title', f.default_title, 'default_kind', f.default_kind," \
	" 'basis', f.basis, 'rate_per_s', f.rate_per_s, 'enabled', f.enabled, 'token_until', sen.iso(f.token_until), 'seen_at', sen.iso(f.seen_at),"     \
	" 'users', (SELECT count(*) FROM sen.feed_user u WHERE u.feed_id = f.id AND u.gone_at IS NULL),"                                  \
	" 'held', (SELECT count(*) FROM sen.feed_held h WHERE h.feed_id = f.id), 'allowance', f.allowance,"                               \
	" 'created_by', (SELECT a.login FROM sen.account a WHERE a.id = f.created_by), 'created_at', sen.iso(f.created_at), 'version', f.version)::text"
DB_QUERY(feed_get_q, DB_READ, "SELECT " FEED_JSON ", f.version FROM sen.feed f WHERE f.code = $2" WITHIN);
DB_QUERY(feed_list_q, DB_READ,
         "SELECT " FEED_JSON ", f.code FROM sen.feed f WHERE ($2::text IS NULL OR f.code > $2)" WITHIN " ORDER BY f.code LIMIT $3::bigint");
DB_QUERY(feed_held_q, DB_READ,
         "SELECT jsonb_build_object('employee_code', p.employee_code, 'full_name', p.full_name, 'first_at', sen.iso(h.first_at), 'last_at', sen.iso(h.last_at))::text,"
         " p.employee_code FROM sen.feed f JOIN sen.feed_held h ON h.feed_id = f.id JOIN sen.person p ON p.id = h.person_id"
         " WHERE f.code = $2 AND ($3::text IS NULL OR p.employee_code > $3)" WITHIN " ORDER BY p.employee_code LIMIT $4::bigint");
DB_QUERY(feed_groups_q, DB_READ,
         "SELECT jsonb_build_object('id', g.id, 'name', g.display_name, 'external_id', g.external_id, 'version', g.version, 'platform', pl.code, 'role', r.code,"
         " 'members', (SELECT count(*) FROM sen.feed_member m WHERE m.feed_id = g.feed_id AND m.group_id = g.id))::text, g.seq::text"
         " FROM sen.feed f JOIN sen.feed_group g ON g.feed_id = f.id AND g.gone_at IS NULL LEFT JOIN sen.role r ON r.id = g.role_id"
         " LEFT JOIN sen.platform pl ON pl.id = r.platform_id WHERE f.code = $2 AND ($3::bigint IS NULL OR g.seq > $3::bigint)" WITHIN
         " ORDER BY g.seq LIMIT $4::bigint");

static int invalid(struct op *op, const char *field, const char *text)
{
	(void)op_fail(op, ERR_INVALID_VALUE, text);
	return op_fail_arg(op, "field", str_c(field));
}

static int check(struct op *op, const struct feed_fields *f)
{
	for (size_t i = 0; i < f->n_authority; i++)
		if (scim_authority_of(f->authority[i]) == 0)
			return invalid(op, "authority", "names, personal, posts, active or groups");
	return f->n_authority > 0 ? 0 : invalid(op, "authority", "a feed is the authority of something");
}

static json_t *describe(const struct feed_fields *f)
{
	json_t *data = json_new_object(), *list = json_new_array();

	for (size_t i = 0; i < f->n_authority; i++)
		json_array_append_new(list, json_from_str(f->authority[i]));
	json_set_str(data, "name", f->name);
	json_set_str(data, "unit", f->unit);
	json_set_str(data, "login", f->login);
	json_set_take(data, "authority", list);
	json_set_bool(data, "enabled", f->enabled);
	return data;
}

/* Why nothing was added. */
static int not_added(struct op *op, const struct feed_fields *f)
{
	struct account account;
	struct unit unit;
	int r = account_find(op, f->login, &account);

	if (r == 0 && !str_equal(account.kind, STR("service")))
		return invalid(op, "login", "a feed acts as a service account");
	if (r == 0)
		r = unit_find(op, f->unit, &unit);
	if (r == 0 && !str_is_null(f->default_unit))
		r = unit_find(op, f->default_unit, &unit);
	return r < 0 ? r : op_fail(op, ERR_OUT_OF_SCOPE, "the unit, or what the account may do, is not within your scope");
}

int feed_admin_add(struct op *op, const struct principal *p, const struct feed_fields *f, struct str *ret_token)
{
	const struct governance_act act = { .action = "feed.add", .object = f->code };
	struct str token = random_token(op->arena, STR(SCIM_TOKEN_PREFIX), TOKEN_LEN);
	char uuid[UUID_TEXT_LEN + 1];
	struct db_rows rows = { 0 };
	int r = check(op, f);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	random_uuid(uuid);
	r = db_run(op, &feed_add_q, &rows, P_STR(p->account_id), P_C(uuid), P_STR(f->code), P_STR(f->name),
	           P_STR(db_array(op->arena, f->authority, f->n_authority)), P_STR(f->default_title), P_STR(f->default_kind), P_STR(f->basis),
	           P_I64(f->rate_per_s), P_BYTES(scim_token_hash(op, token)), P_I64(f->token_days), P_STR(f->login), P_STR(f->unit), P_STR(f->default_unit));
	if (r == 0 && rows.n == 0)
		r = not_added(op, f);
	r = governance_commit(op, p, r, &act, describe(f));
	if (r == 0)
		*ret_token = token;
	return r;
}

static int find(struct op *op, const struct principal *p, struct str code, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &feed_find_q, &rows, P_STR(p->account_id), P_STR(code));

	if (r == 0 && rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "there is no such feed");
	if (r == 0)
		*ret_version = db_i64(&rows, 0, 1);
	return r;
}

int feed_admin_edit(struct op *op, const struct principal *p, int64_t version, const struct feed_fields *f)
{
	const struct governance_act act = { .action = "feed.edit", .object = f->code };
	struct db_rows rows = { 0 };
	int64_t now;
	int r = find(op, p, f->code, &now);

	if (r == 0 && now != version)
		r = op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	if (r == 0)
		r = check(op, f);
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = db_run(op, &feed_edit_q, &rows, P_STR(p->account_id), P_STR(f->code), P_I64(version), P_STR(f->name),
	           P_STR(db_array(op->arena, f->authority, f->n_authority)), P_STR(f->default_title), P_STR(f->default_kind), P_STR(f->basis),
	           P_I64(f->rate_per_s), P_STR(f->default_unit), P_BOOL(f->enabled));
	if (r == 0 && rows.n == 0)
		r = str_is_null(f->default_unit) ? op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen") :
		                                   invalid(op, "default_unit", "there is no such unit below that of the feed");
	return governance_commit(op, p, r, &act, describe(f));
}

int feed_admin_rotate(struct op *op, const struct principal *p, struct str code, int64_t grace_hours, int64_t token_days, struct str *ret_token)
{
	const struct governance_act act = { .action = "feed.rotate", .object = code };
	struct str token = random_token(op->arena, STR(SCIM_TOKEN_PREFIX), TOKEN_LEN);
	struct db_rows rows = { 0 };
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, &feed_rotate_q, &rows, P_STR(p->account_id), P_STR(code), P_BYTES(scim_token_hash(op, token)), P_I64(grace_hours), P_I64(token_days));
	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_NOT_FOUND, "there is no such feed");
	data = json_new_object();
	json_set_int(data, "grace_hours", grace_hours);
	r = governance_commit(op, p, r, &act, data);
	if (r == 0)
		*ret_token = token;
	return r;
}

int feed_admin_release(struct op *op, const struct principal *p, struct str code, int64_t *ret_n)
{
	const struct governance_act act = { .action = "feed.release", .object = code };
	struct db_rows rows = { 0 };
	int64_t version;
	json_t *data;
	int r = find(op, p, code, &version);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = db_run(op, &feed_release_q, &rows, P_STR(p->account_id), P_STR(code));
	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_FOUR_EYES, "whoever made the feed, or answers for its account, does not release it");
	data = json_new_object();
	*ret_n = r == 0 ? db_i64(&rows, 0, 0) : 0;
	json_set_int(data, "persons", *ret_n);
	return governance_commit(op, p, r, &act, data);
}

static int not_tied(struct op *op, const struct principal *p, const struct feed_group_role *gives)
{
	struct db_rows rows;
	int r = db_run(op, &feed_group_why_q, &rows, P_STR(p->account_id), P_STR(gives->code), P_STR(gives->group_id), P_I64(gives->version));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "there is no such group");
	if (!db_bool(&rows, 0, 1))
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "you may not grant roles of this platform in the unit of the feed");
	(void)op_fail(op, ERR_BLOCKED, "the group has members; what they get is said while it is empty");
	return op_fail_arg(op, "by", STR("members"));
}

int feed_admin_group_role(struct op *op, const struct principal *p, const struct feed_group_role *gives)
{
	const struct governance_act act = { .action = "feed.group_role", .object = gives->code };
	struct platform platform = { 0 };
	struct db_rows rows = { 0 };
	struct role role = { 0 };
	struct str id = STR_NULL;
	json_t *data;
	int r = 0;

	if (!str_is_null(gives->platform)) {
		r = platform_find(op, gives->platform, &platform);
		if (r == 0)
			r = role_find(op, platform.id, gives->role, &role);
		id = arena_printf(op->arena, "%lld", (long long)role.id);
	}
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = db_run(op, &feed_group_role_q, &rows, P_STR(p->account_id), P_STR(gives->code), P_STR(gives->group_id), P_STR(id), P_I64(gives->version));
	if (r == 0 && rows.n == 0)
		r = not_tied(op, p, gives);
	data = json_new_object();
	json_set_str(data, "group", r == 0 ? db_str(&rows, 0, 0) : STR_NULL);
	json_set_str(data, "platform", gives->platform);
	json_set_str(data, "role", gives->role);
	return governance_commit(op, p, r, &act, data);
}

int feed_admin_get(struct op *op, const struct principal *p, struct str code, json_t **ret_json, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &feed_get_q, &rows, P_STR(p->account_id), P_STR(code));

	if (r == 0 && rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "there is no such feed");
	if (r < 0)
		return r;
	*ret_json = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}

int feed_admin_list(struct op *op, const struct principal *p, struct str after, size_t limit, struct json_page *ret_page)
{
	struct db_rows rows;
	int r = db_run(op, &feed_list_q, &rows, P_STR(p->account_id), P_STR(after), P_I64((int64_t)limit + 1));

	if (r == 0)
		*ret_page = json_page_of(op, &rows, limit, 1);
	return r;
}

static int page_of(struct op *op, const struct principal *p, const struct query *q, struct str code, struct str after, size_t limit,
                   struct json_page *ret_page)
{
	struct db_rows rows;
	int64_t version;
	int r = find(op, p, code, &version);

	if (r == 0)
		r = db_run(op, q, &rows, P_STR(p->account_id), P_STR(code), P_STR(after), P_I64((int64_t)limit + 1));
	if (r == 0)
		*ret_page = json_page_of(op, &rows, limit, 1);
	return r;
}

int feed_admin_held(struct op *op, const struct principal *p, struct str code, struct str after, size_t limit, struct json_page *ret_page)
{
	return page_of(op, p, &feed_held_q, code, after, limit, ret_page);
}

int feed_admin_groups(struct op *op, const struct principal *p, struct str code, struct str after, size_t limit, struct json_page *ret_page)
{
	return page_of(op, p, &feed_groups_q, code, after, limit, ret_page);
}
