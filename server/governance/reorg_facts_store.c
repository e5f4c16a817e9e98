#include "server/governance/reorg_store.h"

#define ROWS_MAX 1000000

DB_QUERY(reorg_units_q, DB_READ,
         "SELECT id, coalesce(parent_id, 0), code, name, name_en, name_fold, kind, ident_new, ident_old, verified,"
         " valid_from <= $1::date AND (valid_to IS NULL OR valid_to > $1::date), valid_from < $1::date FROM sen.unit ORDER BY id");
DB_QUERY(reorg_posts_q, DB_READ,
         "WITH reach AS MATERIALIZED (SELECT id FROM sen.reorganisation_reach($1::uuid))"
         " SELECT o.person_id, p.employee_code, o.id, o.unit_id, o.title, o.kind = 'main', lower(o.valid) - DATE '1970-01-01',"
         " CASE WHEN upper_inf(o.valid) THEN NULL ELSE upper(o.valid) - DATE '1970-01-01' END"
         " FROM sen.post o JOIN sen.person p ON p.id = o.person_id"
         " WHERE o.person_id IN (SELECT q.person_id FROM sen.post q WHERE q.unit_id IN (SELECT id FROM reach)"
         "  AND (upper_inf(q.valid) OR upper(q.valid) > $2::date))"
         " AND (upper_inf(o.valid) OR upper(o.valid) > $2::date) ORDER BY o.person_id, o.id LIMIT 1000001");
DB_QUERY(reorg_grants_q, DB_READ,
         "WITH reach AS MATERIALIZED (SELECT id FROM sen.reorganisation_reach($1::uuid))"
         " SELECT a.person_id, p.employee_code, g.account_id, g.id, g.role_id, r.platform_id, g.unit_id,"
         " floor(extract(epoch FROM g.valid_from))::bigint, floor(extract(epoch FROM g.valid_to))::bigint"
         " FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.person p ON p.id = a.person_id"
         " JOIN sen.role r ON r.id = g.role_id WHERE g.revoked_at IS NULL AND (g.unit_id IN (SELECT id FROM reach)"
         "  OR a.person_id IN (SELECT q.person_id FROM sen.post q WHERE q.unit_id IN (SELECT id FROM reach)"
         "   AND (upper_inf(q.valid) OR upper(q.valid) > $2::date)))"
         " ORDER BY a.person_id, g.account_id, g.id LIMIT 1000001");
DB_QUERY(reorg_scopes_q, DB_READ,
         "SELECT account_id, id, unit_id, coalesce(platform_id, -1), concat_ws('|', (SELECT array_agg(x ORDER BY x)::text FROM unnest(rights) x), shape),"
         " floor(extract(epoch FROM valid_to))::bigint, shape FROM (SELECT *, sen.sorted(role_ids)::text || coalesce(' up to ' || max_rank, '') AS shape"
         "  FROM sen.admin_scope) s"
         " WHERE revoked_at IS NULL AND (valid_to IS NULL OR valid_to > now()) ORDER BY account_id, id LIMIT 1000001");
DB_QUERY(reorg_rules_q, DB_READ, "SELECT rule_id, unit_id FROM sen.rule_in_force ORDER BY rule_id LIMIT 1000001");

/* What brings two of them together in one unit is against the separation of duties; elsewhere, nothing that a reorganisation does. */
DB_QUERY(reorg_pairs_q, DB_READ,
         "SELECT d.id, x.id, y.id FROM sen.duty_rule d JOIN sen.role x ON x.code = d.role_a AND x.platform_id = coalesce(d.platform_a, x.platform_id)"
         " JOIN sen.role y ON y.code = d.role_b AND y.platform_id = coalesce(d.platform_b, y.platform_id)"
         " WHERE d.retired_at IS NULL AND d.severity = 'block' AND d.within = 'unit' AND x.id <> y.id ORDER BY d.id, x.id, y.id LIMIT 1000001");
DB_QUERY(reorg_excepted_q, DB_READ,
         "SELECT e.person_id, e.duty_id FROM sen.duty_exception e WHERE e.approved_at IS NOT NULL AND e.valid_to > now() ORDER BY 1, 2 LIMIT 1000001");

static int64_t end_of(const struct db_rows *rows, size_t i, size_t col)
{
	return db_is_null(rows, i, col) ? REORG_OPEN : db_i64(rows, i, col);
}

static int too_many(struct op *op, const struct db_rows *rows)
{
	return rows->n > ROWS_MAX ? op_fail(op, ERR_LIMIT, "the reorganisation is too large for one batch") : 0;
}

static int load_units(struct op *op, const struct reorg *reorg, struct reorg_facts *f)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_units_q, &rows, P_STR(reorg->effective_on));

	if (r < 0)
		return r;
	struct reorg_unit *units = ARENA_ARRAY(op->arena, struct reorg_unit, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		units[i] = (struct reorg_unit){
			.id = db_i64(&rows, i, 0),
			.parent_id = db_i64(&rows, i, 1),
			.code = db_str(&rows, i, 2),
			.name = db_str(&rows, i, 3),
			.name_en = db_str(&rows, i, 4),
			.name_fold = db_str(&rows, i, 5),
			.kind = db_str(&rows, i, 6),
			.ident_new = db_str(&rows, i, 7),
			.ident_old = db_str(&rows, i, 8),
			.verified = db_bool(&rows, i, 9),
			.is_valid = db_bool(&rows, i, 10),
			.is_older = db_bool(&rows, i, 11),
		};
	f->units = units;
	f->n_units = rows.n;
	return 0;
}

static int load_posts(struct op *op, const struct reorg *reorg, struct reorg_facts *f)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_posts_q, &rows, P_STR(reorg->id), P_STR(reorg->effective_on));

	if (r == 0)
		r = too_many(op, &rows);
	if (r < 0)
		return r;
	struct reorg_post *posts = ARENA_ARRAY(op->arena, struct reorg_post, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		posts[i] = (struct reorg_post){
			.person_id = db_str(&rows, i, 0),
			.employee_code = db_str(&rows, i, 1),
			.id = db_str(&rows, i, 2),
			.unit_id = db_i64(&rows, i, 3),
			.title = db_str(&rows, i, 4),
			.is_main = db_bool(&rows, i, 5),
			.from_day = db_i64(&rows, i, 6),
			.to_day = end_of(&rows, i, 7),
		};
	f->posts = posts;
	f->n_posts = rows.n;
	return 0;
}

static int load_grants(struct op *op, const struct reorg *reorg, struct reorg_facts *f)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_grants_q, &rows, P_STR(reorg->id), P_STR(reorg->effective_on));

	if (r == 0)
		r = too_many(op, &rows);
	if (r < 0)
		return r;
	struct reorg_grant *grants = ARENA_ARRAY(op->arena, struct reorg_grant, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		grants[i] = (struct reorg_grant){
			.person_id = db_str(&rows, i, 0),
			.employee_code = db_str(&rows, i, 1),
			.account_id = db_str(&rows, i, 2),
			.id = db_str(&rows, i, 3),
			.role_id = db_i64(&rows, i, 4),
			.platform_id = db_i64(&rows, i, 5),
			.unit_id = db_i64(&rows, i, 6),
			.from_s = db_i64(&rows, i, 7),
			.to_s = end_of(&rows, i, 8),
		};
	f->grants = grants;
	f->n_grants = rows.n;
	return 0;
}

static int load_scopes(struct op *op, struct reorg_facts *f)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_scopes_q, &rows);

	if (r == 0)
		r = too_many(op, &rows);
	if (r < 0)
		return r;
	struct reorg_scope *scopes = ARENA_ARRAY(op->arena, struct reorg_scope, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		scopes[i] = (struct reorg_scope){
			.account_id = db_str(&rows, i, 0),
			.id = db_str(&rows, i, 1),
			.unit_id = db_i64(&rows, i, 2),
			.platform_id = db_i64(&rows, i, 3),
			.rights = db_str(&rows, i, 4),
			.to_s = end_of(&rows, i, 5),
			.shape = db_str(&rows, i, 6),
		};
	f->scopes = scopes;
	f->n_scopes = rows.n;
	return 0;
}

static int load_rules(struct op *op, struct reorg_facts *f)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_rules_q, &rows);

	if (r == 0)
		r = too_many(op, &rows);
	if (r < 0)
		return r;
	struct reorg_rule *rules = ARENA_ARRAY(op->arena, struct reorg_rule, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		rules[i] = (struct reorg_rule){ .id = db_str(&rows, i, 0), .unit_id = db_i64(&rows, i, 1) };
	f->rules = rules;
	f->n_rules = rows.n;
	return 0;
}

static int load_pairs(struct op *op, struct reorg_facts *f)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_pairs_q, &rows);

	if (r == 0)
		r = too_many(op, &rows);
	if (r < 0)
		return r;
	struct reorg_pair *pairs = ARENA_ARRAY(op->arena, struct reorg_pair, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		pairs[i] = (struct reorg_pair){ .duty = db_str(&rows, i, 0), .role_a = db_i64(&rows, i, 1), .role_b = db_i64(&rows, i, 2), .within_unit = true };
	f->pairs = pairs;
	f->n_pairs = rows.n;
	r = db_run(op, &reorg_excepted_q, &rows);
	if (r == 0)
		r = too_many(op, &rows);
	if (r < 0)
		return r;
	struct reorg_excepted *excepted = ARENA_ARRAY(op->arena, struct reorg_excepted, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		excepted[i] = (struct reorg_excepted){ .person_id = db_str(&rows, i, 0), .duty = db_str(&rows, i, 1) };
	f->excepted = excepted;
	f->n_excepted = rows.n;
	return 0;
}

/* On the op's transaction, in scratch's memory; a fault is told to op. */
static int on_scratch(struct op *op, struct op *inner, int r)
{
	op->tx = inner->tx;
	if (r == 0)
		return 0;
	return op_fail_detail(op, (enum err)r, inner->error.text, "%.*s", STR_ARG(inner->error.detail));
}

int reorg_facts_load(struct op *op, struct arena *scratch, const struct reorg *reorg, struct reorg_facts *ret)
{
	struct reorg_facts f = { .effective_day = reorg->effective_day, .execute_at_s = reorg->execute_at_s };
	struct op inner = *op;
	int r;

	inner.arena = scratch;
	r = load_units(&inner, reorg, &f);
	if (r == 0)
		r = load_posts(&inner, reorg, &f);
	if (r == 0)
		r = load_grants(&inner, reorg, &f);
	if (r == 0)
		r = load_scopes(&inner, &f);
	if (r == 0)
		r = load_rules(&inner, &f);
	if (r == 0)
		r = load_pairs(&inner, &f);
	*ret = f;
	return on_scratch(op, &inner, r);
}
