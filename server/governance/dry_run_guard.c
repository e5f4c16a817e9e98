#include "server/governance/dry_run_guard.h"

#include "common/db/columns.h"

DB_QUERY(dry_run_mass_q, DB_WRITE, "SELECT EXISTS (SELECT FROM sen.mass_cause m WHERE m.xid = pg_current_xact_id())");

DB_QUERY(dry_run_rules_q, DB_READ,
         "SELECT r.platform_id, r.ops, r.grace_days, r.is_open, r.on_removal, EXISTS (SELECT FROM sen.hold h WHERE h.platform_id = r.platform_id AND h.state = 'open' AND h.reason <> 'units'),"
         " coalesce((SELECT s.n_live FROM sen.guard_size s WHERE s.platform_id = r.platform_id),"
         "  (SELECT count(*) FROM sen.binding b WHERE b.platform_id = r.platform_id AND b.want_active)),"
         " coalesce((SELECT sum(h.n_passed) FROM sen.hold h WHERE h.platform_id = r.platform_id AND h.opened_at > now() - interval '1 hour'), 0)::bigint,"
         " r.max_n, r.max_percent, r.unit_min, r.unit_percent, r.role_min, r.role_percent, r.membership_percent,"
         " coalesce((SELECT sum(h.n_passed_roles) FROM sen.hold h WHERE h.platform_id = r.platform_id AND h.opened_at > now() - interval '1 hour'), 0)::bigint"
         " FROM sen.provisioning_rule r ORDER BY 1");

DB_QUERY(dry_run_memberships_q, DB_READ,
         "SELECT count(*) FROM (SELECT DISTINCT g.account_id, g.role_id FROM sen.live_grant g WHERE g.platform_id = $1::smallint) x");

DB_QUERY(dry_run_census_q, DB_READ,
         "WITH t AS (SELECT DISTINCT * FROM unnest($1::smallint[], $2::boolean[], $3::text[]) t (platform_id, is_role, code)),"
         " passed AS (SELECT h.platform_id, x.key::integer AS unit_id, sum(x.value::integer) AS n FROM sen.hold h CROSS JOIN LATERAL jsonb_each_text(h.passed_units) x"
         "  WHERE h.opened_at > now() - interval '1 hour' GROUP BY 1, 2)"
         " SELECT t.platform_id, t.is_role, t.code, n.live, coalesce((SELECT p.n FROM passed p JOIN sen.unit u ON u.id = p.unit_id"
         "  WHERE NOT t.is_role AND u.code = t.code AND p.platform_id = t.platform_id LIMIT 1), 0)::bigint FROM t CROSS JOIN LATERAL ("
         "  SELECT CASE WHEN t.is_role THEN (SELECT count(DISTINCT g.account_id) FROM sen.role r JOIN sen.live_grant g ON g.role_id = r.id"
         "   WHERE r.platform_id = t.platform_id AND r.code = t.code)"
         "  ELSE (SELECT count(*) FROM sen.unit u JOIN sen.post o ON o.unit_id = u.id AND o.kind = 'main' AND o.valid @> sen.today()"
         "   JOIN sen.account a ON a.person_id = o.person_id JOIN sen.binding b ON b.account_id = a.id AND b.platform_id = t.platform_id AND b.want_active"
         "   WHERE u.code = t.code) END AS live) n ORDER BY 1, 2, 3");

static bool has_role(const struct account_facts *f, int64_t platform_id, struct str code)
{
	for (size_t i = 0; f && i < f->n_grants; i++)
		if (f->grants[i].platform_id == platform_id && str_equal(f->grants[i].role_code, code))
			return true;
	return false;
}

/* The next role from *at on that a has on the platform and b has not, each once; NULL: there is none. */
static const struct fact_grant *next_lost(const struct account_facts *a, const struct account_facts *b, int64_t platform_id, size_t *at)
{
	for (; a && *at < a->n_grants; (*at)++) {
		const struct fact_grant *g = &a->grants[*at];
		bool is_again = *at > 0 && a->grants[*at - 1].platform_id == platform_id && str_equal(a->grants[*at - 1].role_code, g->role_code);

		if (g->platform_id == platform_id && !is_again && !has_role(b, platform_id, g->role_code)) {
			(*at)++;
			return g;
		}
	}
	return NULL;
}

static bool takes_away(const struct dry_item *item)
{
	size_t at = 0;

	return item->is_counted && (item->operation == DRY_DISABLE || next_lost(item->facts_before, item->facts_after, item->platform_id, &at));
}

static bool gains(const struct dry_item *item)
{
	size_t at = 0;

	return item->operation != DRY_DISABLE && next_lost(item->facts_after, item->facts_before, item->platform_id, &at);
}

static struct str unit_of(const struct dry_item *item)
{
	return item->facts_before ? item->facts_before->unit_code : STR_NULL;
}

static int64_t off_in(const struct dry_item *items, size_t n, struct str unit)
{
	int64_t off = 0;

	for (size_t i = 0; i < n; i++)
		off += items[i].is_counted && items[i].operation == DRY_DISABLE && (str_is_null(unit) || str_equal(unit_of(&items[i]), unit));
	return off;
}

static bool loses(const struct dry_item *item, struct str role)
{
	const struct fact_grant *g;
	size_t at = 0;

	while (item->is_counted && (g = next_lost(item->facts_before, item->facts_after, item->platform_id, &at)))
		if (str_equal(g->role_code, role))
			return true;
	return false;
}

static int64_t losing(const struct dry_item *items, size_t n, struct str role)
{
	int64_t lost = 0;

	for (size_t i = 0; i < n; i++)
		lost += loses(&items[i], role);
	return lost;
}

/* Roles of accounts that stay, and gain nothing. */
static int64_t memberships_lost(const struct dry_item *items, size_t n, int64_t platform_id)
{
	int64_t lost = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		if (items[i].platform_id != platform_id || !items[i].is_counted || items[i].operation == DRY_DISABLE || gains(&items[i]))
			continue;
		while (next_lost(items[i].facts_before, items[i].facts_after, platform_id, &at))
			lost++;
	}
	return lost;
}

/* Whoever loses a role of which too many would lose it, and gains nothing. */
static bool loses_too_much(const struct dry_rule *rule, const struct guard_count *counts, size_t n, const struct dry_item *item)
{
	for (size_t i = 0; i < n; i++)
		if (counts[i].scope == GUARD_ROLE && guard_exceeds(&rule->limits, &counts[i]) && loses(item, counts[i].code))
			return !gains(item);
	return false;
}

static struct dry_held hold_all(struct dry_item *items, size_t n, const char *reason)
{
	struct dry_held held = { NULL, STR_NULL };

	for (size_t i = 0; i < n; i++)
		if (takes_away(&items[i]) && !gains(&items[i])) {
			items[i].fate = DRY_HELD;
			held.reason = reason;
		}
	return held;
}

static struct dry_held hold(struct arena *a, const struct dry_rule *rule, const struct dry_census *census, size_t n_census, struct dry_item *items, size_t n)
{
	struct guard_count *counts = ARENA_ARRAY(a, struct guard_count, n_census + 2);
	struct guard_verdict verdict;
	size_t n_counts = 0;

	counts[n_counts++] = (struct guard_count){ .scope = GUARD_PLATFORM, .n_live = rule->n_live, .n_off = off_in(items, n, STR_NULL) + rule->n_passed };
	for (size_t i = 0; i < n_census; i++) {
		const struct dry_census *c = &census[i];

		if (c->platform_id != rule->platform_id)
			continue;
		counts[n_counts++] = (struct guard_count){
			.scope = c->is_role ? GUARD_ROLE : GUARD_UNIT, .code = c->code, .n_live = c->n_live + c->n_passed,
			.n_off = (c->is_role ? losing(items, n, c->code) : off_in(items, n, c->code)) + c->n_passed,
		};
	}
	if (rule->n_memberships > 0)
		counts[n_counts++] = (struct guard_count){ .scope = GUARD_MEMBERSHIPS, .n_live = rule->n_memberships + rule->n_passed_roles,
			                                   .n_off = memberships_lost(items, n, rule->platform_id) + rule->n_passed_roles };
	verdict = guard_judge(&rule->limits, counts, n_counts);
	for (size_t i = 0; i < n; i++)
		if (items[i].is_counted && ((items[i].operation == DRY_DISABLE && verdict.holds_off) || loses_too_much(rule, counts, n_counts, &items[i]) ||
		                            (verdict.holds_memberships && takes_away(&items[i]) && !gains(&items[i]))))
			items[i].fate = DRY_HELD;
	if (!verdict.why)
		return (struct dry_held){ NULL, STR_NULL };
	return (struct dry_held){ guard_scope_name(verdict.why->scope), verdict.why->code };
}

static bool may(const struct dry_rule *rule, enum dry_operation operation)
{
	static const unsigned bits[DRY_OPERATIONS_] = { [DRY_CREATE] = 1, [DRY_UPDATE] = 2, [DRY_DISABLE] = 4, [DRY_DELETE] = 8 };

	return (rule->ops & bits[operation]) == bits[operation];
}

struct dry_held dry_run_judge(struct arena *a, const struct dry_rule *rule, const struct dry_census *census, size_t n_census, struct dry_item *items, size_t n)
{
	struct dry_held held;

	for (size_t i = 0; i < n; i++)
		items[i].fate = DRY_SENT;
	if (rule->has_hold)
		held = hold_all(items, n, "platform");
	else if (!rule->is_open && (str_equal(rule->on_removal, STR("ask")) || str_equal(rule->on_removal, STR("leave"))))
		held = hold_all(items, n, "removal");
	else if (!rule->is_open)
		held = (struct dry_held){ NULL, STR_NULL };
	else
		held = hold(a, rule, census, n_census, items, n);
	/* Also when it is released: it would not be done. */
	for (size_t i = 0; i < n; i++)
		if (!may(rule, items[i].operation))
			items[i].fate = DRY_NOT_ALLOWED;
	return held;
}

int dry_run_rules(struct op *op, struct dry_rule **ret_rules, size_t *ret_n)
{
	struct db_rows rows;
	struct dry_rule *rules;
	int r = db_run(op, &dry_run_rules_q, &rows);

	if (r < 0)
		return r;
	rules = ARENA_ARRAY(op->arena, struct dry_rule, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		rules[i] = (struct dry_rule){
			.platform_id = db_i64(&rows, i, 0), .ops = (unsigned)db_i64(&rows, i, 1), .grace_days = db_i64(&rows, i, 2), .is_open = db_bool(&rows, i, 3),
			.on_removal = db_str(&rows, i, 4), .has_hold = db_bool(&rows, i, 5), .n_live = db_i64(&rows, i, 6), .n_passed = db_i64(&rows, i, 7),
			.limits = { .max_n = db_i64(&rows, i, 8), .max_percent = db_i64(&rows, i, 9), .unit_min = db_i64(&rows, i, 10),
			            .unit_percent = db_i64(&rows, i, 11), .role_min = db_i64(&rows, i, 12), .role_percent = db_i64(&rows, i, 13),
			            .membership_percent = db_i64(&rows, i, 14) },
			.n_passed_roles = db_i64(&rows, i, 15),
		};
	*ret_rules = rules;
	*ret_n = rows.n;
	return 0;
}

int dry_run_memberships(struct op *op, struct dry_rule *rules, size_t n_rules, const struct dry_item *items, size_t n)
{
	struct db_rows rows;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_rules; i++) {
		int64_t lost = memberships_lost(items, n, rules[i].platform_id);

		if (lost == 0 || lost + rules[i].n_passed_roles <= rules[i].limits.max_n)
			continue;
		r = db_run(op, &dry_run_memberships_q, &rows, P_I64(rules[i].platform_id));
		if (r == 0)
			rules[i].n_memberships = db_i64(&rows, 0, 0);
	}
	return r;
}

static void add(struct columns *c, size_t *n, int64_t platform_id, bool is_role, struct str code)
{
	columns_int(c, 0, *n, platform_id);
	columns_bool(c, 1, *n, is_role);
	columns_text(c, 2, (*n)++, code);
}

int dry_run_census(struct op *op, const struct dry_item *items, size_t n, const struct dry_census **ret_census, size_t *ret_n)
{
	struct columns c;
	struct db_rows rows;
	struct dry_census *census;
	size_t n_max = 1, n_asked = 0;
	int r;

	for (size_t i = 0; i < n; i++)
		n_max += 1 + (items[i].facts_before ? items[i].facts_before->n_grants : 0);
	c = columns_new(op->arena, n_max, 3);
	for (size_t i = 0; i < n; i++) {
		const struct fact_grant *g;
		size_t at = 0;

		if (!items[i].is_counted)
			continue;
		if (items[i].operation == DRY_DISABLE && !str_is_empty(unit_of(&items[i])))
			add(&c, &n_asked, items[i].platform_id, false, unit_of(&items[i]));
		while ((g = next_lost(items[i].facts_before, items[i].facts_after, items[i].platform_id, &at)))
			add(&c, &n_asked, items[i].platform_id, true, g->role_code);
	}
	c.n_rows = n_asked;
	*ret_n = 0;
	*ret_census = NULL;
	if (n_asked == 0)
		return 0;
	r = db_run(op, &dry_run_census_q, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2));
	if (r < 0)
		return r;
	census = ARENA_ARRAY(op->arena, struct dry_census, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		census[i] = (struct dry_census){ db_i64(&rows, i, 0), db_bool(&rows, i, 1), db_str(&rows, i, 2), db_i64(&rows, i, 3), db_i64(&rows, i, 4) };
	*ret_census = census;
	*ret_n = rows.n;
	return 0;
}

int dry_run_is_mass(struct op *op, bool *ret)
{
	struct db_rows rows;
	int r = db_run(op, &dry_run_mass_q, &rows);

	*ret = r == 0 && db_bool(&rows, 0, 0);
	return r;
}
