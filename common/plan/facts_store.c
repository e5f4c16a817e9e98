#include "common/plan/facts_store.h"

#include "common/db/columns.h"
#include "common/plan/facts_words.h"
#include "common/plan/mapping_store.h"

/*
 * Days begin at midnight in Vietnam, whatever the time zone of a connection.  The next boundary
 * is the earliest moment at which a grant, a scope, a post, a hand-over, a stop or a grace begins or ends.
 *
 * The view sen.live_grant says what counts, and sen.account_moments() when that changes; for a plan of all they cost more than
 * all the rest.  So where nothing is odd (a stop, a grace, a hand-over, a post that is over) the dates of the grants are asked here,
 * in an index; tests/db/test_plan_memory.c compares.  Whether a platform is open is seen with its name (facts_words.h).
 * A grant is one number: role and unit.
 */
#define BEGINS_AFTER_NOW(from) "CASE WHEN " from " > now() THEN " from " END"
#define MIDNIGHT(day) "(" day ")::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'"
#define IS_PLAIN                                                                                                            \
	"x.valid_from <= now() AND (x.valid_to IS NULL OR x.valid_to > now()) AND (x.suspended_at IS NULL OR x.suspended_at > now())" \
	" AND (x.post_id IS NULL OR x.post_id = ANY (h.held))"
#define IS_ODD                                                                                                              \
	"x.post_id IS NOT NULL AND (h.held IS NULL OR x.post_id <> ALL (h.held)) OR x.handover_days > 0"                          \
	" OR x.origin = 'rule' AND x.valid_to <= now()"
#define FACTS(OF_ROLES, OF_PLATFORM, BOUND, MOMENT, DIGEST)                                                                 \
	"SELECT a.id, a.login, a.status, p.employee_code, p.ho, p.dem, p.ten, p.full_name, m.code, m.name, m.title,"             \
	" EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = a.id),"                                                     \
	" CASE WHEN w.is_odd THEN (SELECT array_agg(lg.role_id::bigint << 32 | lg.unit_id) FROM sen.live_grant lg WHERE lg.account_id = a.id" OF_PLATFORM \
	"  ) ELSE g.grants END, " BOUND ", " MOMENT ", p.kind, m.kind, m.rank, m.since,"                                         \
	/* Only where somebody asks for it. */                                                                                   \
	" CASE WHEN $2::boolean AND m.path IS NOT NULL THEN (SELECT array_agg(x.code ORDER BY w.n) FROM"                          \
	"  unnest(string_to_array(rtrim(m.path, '.'), '.')::integer[]) WITH ORDINALITY w (id, n) JOIN sen.unit x ON x.id = w.id) END,"  \
	" a.next_eval_at, " DIGEST                                                                                              \
	" FROM sen.account a JOIN sen.person p ON p.id = a.person_id"                                                           \
	" CROSS JOIN (SELECT (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day) today"                                       \
	" LEFT JOIN LATERAL (SELECT u.code, u.name, po.title, u.kind, u.path, po.rank, lower(po.valid) AS since FROM sen.post po JOIN sen.unit u ON u.id = po.unit_id" \
	"  WHERE po.person_id = a.person_id AND po.kind = 'main' AND po.valid @> today.day) m ON true"                          \
	" CROSS JOIN LATERAL (SELECT array_agg(o.id) FILTER (WHERE lower(o.valid) <= today.day AND (upper_inf(o.valid) OR upper(o.valid) > today.day)) AS held," \
	"  min(least(" BEGINS_AFTER_NOW(MIDNIGHT("lower(o.valid)")) ", " BEGINS_AFTER_NOW(MIDNIGHT("upper(o.valid)")) ")) AS at"        \
	"  FROM sen.post o WHERE o.person_id = a.person_id) h"                                                                  \
	" CROSS JOIN LATERAL (SELECT array_agg(x.role_id::bigint << 32 | x.unit_id) FILTER (WHERE " IS_PLAIN ") AS grants,"          \
	"  min(least(" BEGINS_AFTER_NOW("x.valid_from") ", " BEGINS_AFTER_NOW("x.valid_to") ", " BEGINS_AFTER_NOW("x.suspended_at") ")) AS at," \
	"  coalesce(bool_or(" IS_ODD "), false) AS is_odd"                                                                       \
	"  FROM sen.access_grant x WHERE x.account_id = a.id AND x.revoked_at IS NULL" OF_ROLES ") g"                              \
	" CROSS JOIN LATERAL (SELECT g.is_odd OR EXISTS (SELECT FROM sen.account_stop s WHERE s.account_id = a.id)"                \
	"  OR EXISTS (SELECT FROM sen.account_grace c WHERE c.account_id = a.id) AS is_odd) w"                                    \
	" WHERE a.id = ANY ($1::uuid[])"

DB_QUERY(prov_facts_read, DB_READ,
	FACTS("", "", "(SELECT array_agg(bi.platform_id ORDER BY bi.platform_id) FROM sen.binding bi WHERE bi.account_id = a.id)",
	      "CASE WHEN w.is_odd THEN (SELECT min(t.at) FROM sen.account_moments(a.id, a.person_id) AS t (at) WHERE t.at > now())"
	      " ELSE least(g.at, h.at, (SELECT min(least(" BEGINS_AFTER_NOW("s.valid_from") ", " BEGINS_AFTER_NOW("s.valid_to") ")) FROM sen.admin_scope s"
	      "  WHERE s.account_id = a.id AND s.revoked_at IS NULL)) END",
	      "(SELECT x.digest FROM sen.account_plan x WHERE x.account_id = a.id)"));

/* For who sends: of one platform.  The directory has the roles of all. */
DB_QUERY(prov_facts_read_on, DB_READ,
	FACTS(" AND ($3::smallint = 0 OR x.role_id = ANY (ARRAY(SELECT r.id FROM sen.role r WHERE r.platform_id = $3::smallint)))",
	      " AND ($3::smallint = 0 OR lg.platform_id = $3::smallint)", "NULL", "NULL", "NULL"));

DB_QUERY(prov_facts_next_eval, DB_WRITE,
	"WITH r AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::text[]) r (id, at)),"
	" free AS MATERIALIZED (SELECT a.id, nullif(r.at, '')::timestamptz AS at FROM sen.account a JOIN r ON r.id = a.id"
	"  WHERE a.next_eval_at IS DISTINCT FROM nullif(r.at, '')::timestamptz ORDER BY a.id"
	"  FOR NO KEY UPDATE OF a SKIP LOCKED),"
	" done AS (UPDATE sen.account a SET next_eval_at = free.at FROM free WHERE a.id = free.id RETURNING a.id)"
	" SELECT r.id FROM r JOIN sen.account a ON a.id = r.id WHERE a.next_eval_at IS DISTINCT FROM nullif(r.at, '')::timestamptz"
	" AND r.id NOT IN (SELECT id FROM done)");

DB_QUERY(prov_facts_wake, DB_WRITE, "SELECT sen.wake_again($1::uuid[], 4::smallint)");

/* The directory's number is 0, which facts_numbers() does not know. */
static int read_bound(struct op *op, struct str cell, struct account_facts *f)
{
	bool has_directory = str_starts(cell, STR("{0"));
	const uint64_t *numbers;
	int64_t *bound;
	size_t n;

	if (has_directory)
		cell = str_skip(cell, cell.len > 3 ? 2 : 1);
	if (facts_numbers(op, cell, &numbers, &n) < 0)
		return op->error.code;
	bound = ARENA_ARRAY(op->arena, int64_t, n + 1);
	for (size_t i = 0; i < n; i++)
		bound[has_directory + i] = (int64_t)numbers[i];
	f->bound = bound;
	f->n_bound = has_directory + n;
	return 0;
}

static int read_path(struct op *op, struct str cell, struct account_facts *f)
{
	return str_is_null(cell) ? 0 : db_array_read(op, cell, &f->unit_path.p, &f->unit_path.n);
}

static int read_account(struct op *op, const struct db_rows *rows, size_t i, struct account_facts *f, struct granted *granted)
{
	*f = (struct account_facts){
		.account_id = db_str(rows, i, 0),
		.login = db_str(rows, i, 1),
		.status = db_str(rows, i, 2),
		.employee_code = db_str(rows, i, 3),
		.ho = db_str(rows, i, 4),
		.dem = db_str(rows, i, 5),
		.ten = db_str(rows, i, 6),
		.full_name = db_str(rows, i, 7),
		.unit_code = db_str(rows, i, 8),
		.unit_name = db_str(rows, i, 9),
		.post = db_str(rows, i, 10),
		.has_scope = db_bool(rows, i, 11),
		.next_eval = db_str(rows, i, 14),
		.person_kind = db_str(rows, i, 15),
		.unit_kind = db_str(rows, i, 16),
		.post_rank = db_str(rows, i, 17),
		.post_since = db_str(rows, i, 18),
		.digest = db_str(rows, i, 21),
	};
	f->next_eval_is_new = !str_equal(f->next_eval, db_str(rows, i, 20)) || str_is_null(f->next_eval) != db_is_null(rows, i, 20);
	if (facts_numbers(op, db_str(rows, i, 12), &granted->list, &granted->n) < 0 || read_bound(op, db_str(rows, i, 13), f) < 0)
		return op->error.code;
	return read_path(op, db_str(rows, i, 19), f);
}

static int read_all(struct op *op, const struct db_rows *rows, const struct mapping_set *mappings, struct account_facts *facts)
{
	struct granted *granted = ARENA_ARRAY(op->arena, struct granted, rows->n);

	for (size_t i = 0; i < rows->n; i++) {
		if (read_account(op, rows, i, &facts[i], &granted[i]) < 0)
			return op->error.code;
		facts[i].mappings = mappings;
	}
	return facts_name_grants(op, granted, facts, rows->n);
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
	*ret_facts = facts;
	*ret_n = rows.n;
	return read_all(op, &rows, mappings, facts);
}

int facts_read_on(struct op *op, int64_t platform_id, const struct str *accounts, size_t n, const struct account_facts **ret_facts,
                  size_t *ret_n)
{
	struct db_rows rows;
	struct account_facts *facts;
	const struct mapping_set *mappings;
	int64_t *bound = ARENA_ARRAY(op->arena, int64_t, 1);
	bool needs_path;
	int err = mapping_set_read(op, &mappings, &needs_path);

	if (err == 0)
		err = db_run(op, &prov_facts_read_on, &rows, P_STR(db_array(op->arena, accounts, n)), P_BOOL(needs_path), P_I64(platform_id));
	if (err < 0)
		return err;
	facts = ARENA_ARRAY(op->arena, struct account_facts, rows.n);
	err = read_all(op, &rows, mappings, facts);
	if (err < 0)
		return err;
	bound[0] = platform_id;
	for (size_t i = 0; i < rows.n; i++) {
		facts[i].bound = bound;
		facts[i].n_bound = 1;
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
	size_t at = 0;
	int err;

	for (size_t i = 0; i < n; i++) {
		if (!facts[i].next_eval_is_new)
			continue;
		columns_text(&c, 0, at, facts[i].account_id);
		columns_text(&c, 1, at++, str_is_null(facts[i].next_eval) ? STR("") : facts[i].next_eval);
	}
	c.n_rows = at;
	if (at == 0)
		return 0;
	err = db_run(op, &prov_facts_next_eval, &rows, columns_param(&c, 0), columns_param(&c, 1));
	if (err < 0 || rows.n == 0)
		return err;
	missed = ARENA_ARRAY(op->arena, struct str, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		missed[i] = db_str(&rows, i, 0);
	return db_run(op, &prov_facts_wake, &woken, P_STR(db_array(op->arena, missed, rows.n)));
}
