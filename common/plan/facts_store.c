#include "common/plan/facts_store.h"

#include "common/base/json.h"
#include "common/db/columns.h"
#include "common/plan/mapping_store.h"

/*
 * Days begin at midnight in Vietnam, whatever the time zone of a connection.  The next boundary
 * is the earliest moment at which a grant, a scope, a post, a hand-over, a stop or a grace begins or ends.
 */
DB_QUERY(prov_facts_read, DB_READ,
	"SELECT a.id, a.login, a.status, p.employee_code, p.ho, p.dem, p.ten, p.full_name,"
	" m.code, m.name, m.title,"
	" EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = a.id),"
	" g.grants, b.platforms, n.at, p.kind, m.kind, m.rank, m.since,"
	/* Only where somebody asks for it. */
	" CASE WHEN $2::boolean AND m.path IS NOT NULL THEN (SELECT array_agg(x.code ORDER BY w.n) FROM"
	"  unnest(string_to_array(rtrim(m.path, '.'), '.')::integer[]) WITH ORDINALITY w (id, n) JOIN sen.unit x ON x.id = w.id) END"
	" FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
	" CROSS JOIN (SELECT (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day) today"
	" LEFT JOIN LATERAL (SELECT u.code, u.name, po.title, u.kind, u.path, po.rank, lower(po.valid) AS since FROM sen.post po JOIN sen.unit u ON u.id = po.unit_id"
	"  WHERE po.person_id = a.person_id AND po.kind = 'main' AND po.valid @> today.day) m ON true"
	" CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_array(d.platform_id, d.code, d.role_code, d.role_name,"
	"  d.unit_code) ORDER BY d.platform_id, d.role_code COLLATE \"C\", d.unit_code COLLATE \"C\"), '[]') AS grants"
	"  FROM (SELECT DISTINCT lg.platform_id, pl.code, lg.role_code, lg.role_name, u.code AS unit_code FROM sen.live_grant lg JOIN sen.platform pl ON pl.id = lg.platform_id JOIN sen.unit u ON u.id = lg.unit_id"
	"  WHERE lg.account_id = a.id) d) g"
	" CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(bi.platform_id ORDER BY bi.platform_id), '[]') AS platforms"
	"  FROM sen.binding bi WHERE bi.account_id = a.id) b"
	" CROSS JOIN LATERAL (SELECT min(t.at) AS at FROM sen.account_moments(a.id, a.person_id) AS t (at) WHERE t.at > now()) n"
	" WHERE a.id = ANY ($1::uuid[])");

DB_QUERY(prov_facts_next_eval, DB_WRITE,
	"WITH r AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::text[]) r (id, at)),"
	" free AS MATERIALIZED (SELECT a.id, nullif(r.at, '')::timestamptz AS at FROM sen.account a JOIN r ON r.id = a.id"
	"  WHERE a.next_eval_at IS DISTINCT FROM nullif(r.at, '')::timestamptz ORDER BY a.id"
	"  FOR NO KEY UPDATE OF a SKIP LOCKED),"
	" done AS (UPDATE sen.account a SET next_eval_at = free.at FROM free WHERE a.id = free.id RETURNING a.id)"
	" SELECT r.id FROM r JOIN sen.account a ON a.id = r.id WHERE a.next_eval_at IS DISTINCT FROM nullif(r.at, '')::timestamptz"
	" AND r.id NOT IN (SELECT id FROM done)");

DB_QUERY(prov_facts_wake, DB_WRITE, "SELECT sen.wake_again($1::uuid[], 4::smallint)");

static struct str item(struct arena *a, const json_t *array, size_t i)
{
	const json_t *value = json_array_get(array, i);

	return json_is_string(value) ? arena_dup(a, str_n(json_string_value(value), json_string_length(value)))
	                             : STR("");
}

static int read_grants(struct op *op, struct str cell, struct account_facts *f)
{
	const char *reason = NULL;
	_json_ json_t *list = json_read(cell, 3, &reason);
	struct fact_grant *grants;

	if (!json_is_array(list))
		return op_fail_detail(op, ERR_INTERNAL, "facts", "grants: %s", reason ? reason : "no list");
	grants = ARENA_ARRAY(op->arena, struct fact_grant, json_array_size(list));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *g = json_array_get(list, i);

		grants[i] = (struct fact_grant){
			.platform_id = json_integer_value(json_array_get(g, 0)),
			.platform_code = item(op->arena, g, 1),
			.role_code = item(op->arena, g, 2),
			.role_name = item(op->arena, g, 3),
			.unit_code = item(op->arena, g, 4),
		};
	}
	f->grants = grants;
	f->n_grants = json_array_size(list);
	return 0;
}

static int read_bound(struct op *op, struct str cell, struct account_facts *f)
{
	const char *reason = NULL;
	_json_ json_t *list = json_read(cell, 2, &reason);
	int64_t *bound;

	if (!json_is_array(list))
		return op_fail_detail(op, ERR_INTERNAL, "facts", "platforms: %s", reason ? reason : "no list");
	bound = ARENA_ARRAY(op->arena, int64_t, json_array_size(list));
	for (size_t i = 0; i < json_array_size(list); i++)
		bound[i] = json_integer_value(json_array_get(list, i));
	f->bound = bound;
	f->n_bound = json_array_size(list);
	return 0;
}

static int read_path(struct op *op, struct str cell, struct account_facts *f)
{
	return str_is_null(cell) ? 0 : db_array_read(op, cell, &f->unit_path.p, &f->unit_path.n);
}

int facts_read(struct op *op, const struct str *accounts, size_t n, const struct account_facts **ret_facts,
               size_t *ret_n)
{
	struct db_rows rows;
	struct account_facts *facts;
	const struct mapping_set *mappings;
	bool needs_path;
	int err = mapping_set_read(op, &mappings, &needs_path);

	if (err == 0)
		err = db_run(op, &prov_facts_read, &rows, P_STR(db_array(op->arena, accounts, n)), P_BOOL(needs_path));
	if (err < 0)
		return err;
	facts = ARENA_ARRAY(op->arena, struct account_facts, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		facts[i] = (struct account_facts){
			.account_id = db_str(&rows, i, 0),
			.login = db_str(&rows, i, 1),
			.status = db_str(&rows, i, 2),
			.employee_code = db_str(&rows, i, 3),
			.ho = db_str(&rows, i, 4),
			.dem = db_str(&rows, i, 5),
			.ten = db_str(&rows, i, 6),
			.full_name = db_str(&rows, i, 7),
			.unit_code = db_str(&rows, i, 8),
			.unit_name = db_str(&rows, i, 9),
			.post = db_str(&rows, i, 10),
			.has_scope = db_bool(&rows, i, 11),
			.next_eval = db_str(&rows, i, 14),
			.person_kind = db_str(&rows, i, 15),
			.unit_kind = db_str(&rows, i, 16),
			.post_rank = db_str(&rows, i, 17),
			.post_since = db_str(&rows, i, 18),
			.mappings = mappings,
		};
		if (read_path(op, db_str(&rows, i, 19), &facts[i]) < 0)
			return op->error.code;
		if (read_grants(op, db_str(&rows, i, 12), &facts[i]) < 0 ||
		    read_bound(op, db_str(&rows, i, 13), &facts[i]) < 0)
			return op->error.code;
	}
	*ret_facts = facts;
	*ret_n = rows.n;
	return 0;
}

int facts_set_next_eval(struct op *op, const struct account_facts *facts, size_t n)
{
	struct columns c = columns_new(op->arena, n, 2);
	struct db_rows rows, woken;
	struct str *missed;
	int err;

	for (size_t i = 0; i < n; i++) {
		columns_text(&c, 0, i, facts[i].account_id);
		columns_text(&c, 1, i, str_is_null(facts[i].next_eval) ? STR("") : facts[i].next_eval);
	}
	err = db_run(op, &prov_facts_next_eval, &rows, columns_param(&c, 0), columns_param(&c, 1));
	if (err < 0 || rows.n == 0)
		return err;
	missed = ARENA_ARRAY(op->arena, struct str, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		missed[i] = db_str(&rows, i, 0);
	return db_run(op, &prov_facts_wake, &woken, P_STR(db_array(op->arena, missed, rows.n)));
}
