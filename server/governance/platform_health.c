#include "server/governance/platform_health.h"

#include "server/governance/catalogue_common.h"

#define HEALTH_JSON                                                                                                                    \
	"jsonb_build_object('platform', p.code, 'name', p.name, 'served', h.platform_id IS NOT NULL AND n.workers > 0,"             \
	" 'workers', n.workers, 'state', (ARRAY['closed', 'open', 'quarantine', 'auth_failed'])[coalesce(h.state, 0) + 1],"                \
	" 'since', sen.iso(h.since), 'error', h.err_class, 'error_status', h.err_status, 'error_at', sen.iso(h.err_at),"                   \
	" 'next_probe', sen.iso(h.probe_at), 'pause_until', CASE WHEN h.pause_until > now() THEN sen.iso(h.pause_until) END,"              \
	" 'rate_allowed', l.rate_count::numeric / l.rate_seconds,"                                                                         \
	" 'rate_in_force', sen.platform_rate(h, l.rate_count * 1000::bigint / l.rate_seconds)::numeric / 1000,"                            \
	" 'limited', coalesce(h.limited_n, 0), 'limited_at', sen.iso(h.limited_at), 'concurrency', l.concurrency,"                         \
	" 'due', coalesce((h.counts ->> 'due')::bigint, 0), 'leased', coalesce((h.counts ->> 'leased')::bigint, 0),"                       \
	" 'in_doubt', coalesce((h.counts ->> 'in_doubt')::bigint, 0), 'retry', coalesce((h.counts ->> 'retry')::bigint, 0),"               \
	" 'blocked', coalesce((h.counts ->> 'blocked')::bigint, 0), 'held', coalesce((h.counts ->> 'held')::bigint, 0),"                   \
	" 'grace', coalesce((h.counts ->> 'grace')::bigint, 0), 'gone', coalesce((h.counts ->> 'gone')::bigint, 0),"                       \
	" 'waiting', coalesce((h.counts ->> 'waiting')::bigint, 0), 'revocations_overdue', coalesce((h.counts ->> 'late')::bigint, 0), 'oldest_due', sen.iso(h.oldest_due), 'counted_at', sen.iso(h.counted_at))::text"
#define HEALTH_FROM                                                                                                                    \
	" FROM sen.platform p LEFT JOIN sen.platform_health h ON h.platform_id = p.id LEFT JOIN sen.platform_limit l ON l.platform_id = p.id,"     \
	" LATERAL (SELECT count(*) AS workers FROM sen.platform_worker w WHERE w.platform_id = p.id AND w.seen_at > now() - interval '5 s') n"

DB_QUERY(health_list_q, DB_READ,
         "SELECT " HEALTH_JSON ", p.code" HEALTH_FROM " WHERE (h.platform_id IS NOT NULL OR l.platform_id IS NOT NULL) AND ($1::text IS NULL OR p.code > $1)"
         " ORDER BY p.code LIMIT $2::bigint");
DB_QUERY(health_get_q, DB_READ, "SELECT " HEALTH_JSON HEALTH_FROM " WHERE p.code = $1");
DB_QUERY(limits_get_q, DB_READ,
         "SELECT jsonb_build_object('platform', p.code, 'rate_count', l.rate_count, 'rate_seconds', l.rate_seconds, 'burst', l.burst,"
         " 'concurrency', l.concurrency, 'limited_words', to_jsonb(coalesce(l.limited_words, '{}')),"
         " 'windows', coalesce((SELECT jsonb_agg(w.item - 'from_s' - 'to_s' ORDER BY w.n) FROM jsonb_array_elements(l.windows) WITH ORDINALITY w (item, n)), '[]'),"
         " 'changed_by', a.login, 'changed_at', sen.iso(l.changed_at), 'version', coalesce(l.version, 0))::text, coalesce(l.version, 0)"
         " FROM sen.platform p LEFT JOIN sen.platform_limit l ON l.platform_id = p.id LEFT JOIN sen.account a ON a.id = l.changed_by"
         " WHERE p.code = $1");
DB_QUERY(limits_add_q, DB_WRITE,
         "INSERT INTO sen.platform_limit (platform_id, rate_count, rate_seconds, burst, concurrency, limited_words, windows, changed_by)"
         " VALUES ($1::smallint, $2::integer, $3::integer, $4::integer, $5::integer, $6::text[], $7::jsonb, $8::uuid) ON CONFLICT DO NOTHING RETURNING version");
DB_QUERY(limits_set_q, DB_WRITE,
         "UPDATE sen.platform_limit SET rate_count = $2::integer, rate_seconds = $3::integer, burst = $4::integer, concurrency = $5::integer,"
         " limited_words = $6::text[], windows = $7::jsonb, changed_by = $8::uuid, changed_at = now()"
         " WHERE platform_id = $1::smallint AND version = $9::bigint RETURNING version");

int platform_health_list(struct op *op, const struct page_ask *ask, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &health_list_q, &rows, P_STR(ask->after[0]), P_I64((int64_t)ask->limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, ask->limit, 1);
	return r;
}

int platform_health_get(struct op *op, struct str platform, json_t **ret)
{
	struct db_rows rows;
	int r = db_run(op, &health_get_q, &rows, P_STR(platform));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	*ret = json_cell(op, &rows, 0, 0);
	return 0;
}

int platform_limits_get(struct op *op, struct str platform, json_t **ret, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &limits_get_q, &rows, P_STR(platform));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	*ret = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}

static int set(struct op *op, const struct principal *p, const struct platform_limits *l)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_lock(op, p, "catalogue", l->platform, &place);

	if (r == 0)
		r = catalogue_check(op, &place, -1);
	if (r < 0)
		return r;

	const struct db_param params[] = {
		P_I64(place.id), P_STR(l->rate_count), P_STR(l->rate_seconds), P_STR(l->burst), P_STR(l->concurrency),
		P_STR(db_array(op->arena, l->words, l->n_words)), P_STR(l->windows), P_STR(p->account_id), P_I64(l->version),
	};

	r = l->version == 0 ? db_run_params(op, &limits_add_q, params, 8, &rows) : db_run_params(op, &limits_set_q, params, 9, &rows);
	if (r == 0 && rows.n == 0)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	return r;
}

/* What was in force before is what the audit's earlier records say. */
static json_t *audit_data(const struct platform_limits *l)
{
	json_t *data = catalogue_data("rate_count", l->rate_count);
	json_t *windows = json_read(l->windows, 5, NULL);

	json_set_str(data, "rate_seconds", l->rate_seconds);
	json_set_str(data, "burst", l->burst);
	json_set_str(data, "concurrency", l->concurrency);
	json_set_take(data, "windows", windows ? windows : json_new_array());
	return data;
}

int platform_limits_set(struct op *op, const struct principal *p, const struct platform_limits *l)
{
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = set(op, p, l);
	return catalogue_commit(op, p, r, "platform.limits", l->platform, audit_data(l));
}
