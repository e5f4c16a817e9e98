#include "server/oidc/official.h"

#include "common/db/db.h"

/* Dates of posts are local dates. */
#define TODAY "(now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"

DB_QUERY(official_select, DB_READ,
	"SELECT a.login, p.full_name, p.ho, p.dem, p.ten, m.code, m.name,"
	" (SELECT jsonb_agg(jsonb_build_object('unit_code', u.code, 'unit_name', u.name, 'title', po.title, 'kind', po.kind)"
	"    ORDER BY po.kind DESC, u.code, po.title)"
	"  FROM sen.post po JOIN sen.unit u ON u.id = po.unit_id WHERE po.person_id = p.id AND po.valid @> " TODAY "),"
	" (SELECT jsonb_agg(DISTINCT g.role_code) FROM sen.live_grant g WHERE g.account_id = a.id AND g.platform_id = $2::smallint)"
	" FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
	" LEFT JOIN LATERAL (SELECT u.code, u.name FROM sen.post po JOIN sen.unit u ON u.id = po.unit_id"
	"   WHERE po.person_id = p.id AND po.kind = 'main' AND po.valid @> " TODAY " LIMIT 1) m ON true"
	" WHERE a.id = $1::uuid");

DB_QUERY(official_platforms_select, DB_READ,
	"SELECT DISTINCT p.name, p.code, p.home_url, p.verified FROM sen.live_grant g JOIN sen.platform p ON p.id = g.platform_id"
	" WHERE g.account_id = $1::uuid ORDER BY 1");

DB_QUERY(official_unit_select, DB_READ,
	"SELECT u.name FROM sen.account a JOIN sen.post po ON po.person_id = a.person_id JOIN sen.unit u ON u.id = po.unit_id"
	" WHERE a.id = $1::uuid AND po.kind = 'main' AND po.valid @> " TODAY);

DB_QUERY(official_has_platform_select, DB_READ,
	"SELECT EXISTS (SELECT FROM sen.live_grant WHERE account_id = $1::uuid AND platform_id = $2::smallint)");

static void set_profile(json_t *object, const struct db_rows *rows)
{
	json_set_str(object, "preferred_username", db_str(rows, 0, 0));
	json_set_str(object, "name", db_str(rows, 0, 1));
	if (!str_is_empty(db_str(rows, 0, 2)))
		json_set_str(object, "family_name", db_str(rows, 0, 2));
	if (!str_is_empty(db_str(rows, 0, 3)))
		json_set_str(object, "middle_name", db_str(rows, 0, 3));
	json_set_str(object, "given_name", db_str(rows, 0, 4));
}

/* A JSON array made by the database; an empty one for NULL. */
static int set_array(struct op *op, json_t *object, const char *name, struct str text)
{
	json_t *value = str_is_null(text) ? json_new_array() : json_read(text, 4, NULL);

	if (!value)
		return op_fail_detail(op, ERR_INTERNAL, "claims cannot be read", "%s", name);
	json_set_take(object, name, value);
	return 0;
}

int official_claims(struct op *op, const struct client *client, struct str account_id, struct str scope, json_t *object)
{
	struct db_rows rows;
	int r = db_run(op, &official_select, &rows, P_STR(account_id), P_I64(client->platform_id));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return op_fail(op, ERR_INVALID_TOKEN, "the account does not exist");
	if (scope_has(scope, STR("profile")))
		set_profile(object, &rows);
	if (scope_has(scope, STR("unit"))) {
		json_set_str(object, "unit_code", db_str(&rows, 0, 5));
		json_set_str(object, "unit_name", db_str(&rows, 0, 6));
		r = set_array(op, object, "posts", db_str(&rows, 0, 7));
	}
	if (r >= 0 && scope_has(scope, STR("roles")))
		r = set_array(op, object, "roles", db_str(&rows, 0, 8));
	return r;
}

int official_platforms(struct op *op, struct str account_id, const struct official_platform **ret_platforms, size_t *ret_n)
{
	struct db_rows rows;
	struct official_platform *p;
	int r = db_run(op, &official_platforms_select, &rows, P_STR(account_id));

	if (r < 0)
		return r;
	p = ARENA_ARRAY(op->arena, struct official_platform, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		p[i] = (struct official_platform){ .name = db_str(&rows, i, 0), .code = db_str(&rows, i, 1), .home_url = db_str(&rows, i, 2),
		                                 .verified = db_bool(&rows, i, 3) };
	*ret_platforms = p;
	*ret_n = rows.n;
	return 0;
}

int official_unit(struct op *op, struct str account_id, struct str *ret_unit_name)
{
	struct db_rows rows;
	int r = db_run(op, &official_unit_select, &rows, P_STR(account_id));

	if (r < 0)
		return r;
	*ret_unit_name = rows.n > 0 ? db_str(&rows, 0, 0) : STR_NULL;
	return 0;
}

int official_has_platform(struct op *op, struct str account_id, int64_t platform_id, bool *ret_has)
{
	struct db_rows rows;
	int r = db_run(op, &official_has_platform_select, &rows, P_STR(account_id), P_I64(platform_id));

	if (r < 0)
		return r;
	*ret_has = rows.n == 1 && db_bool(&rows, 0, 0);
	return 0;
}
