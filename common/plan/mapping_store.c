#include "common/plan/mapping_store.h"

#include "common/base/log.h"
#include "common/db/db.h"

#include <inttypes.h>
#include <pthread.h>

#define JSON_DEPTH 8
#define KEPT_BYTES ((size_t)256 * 1024 * 1024)

DB_QUERY(plan_mappings_active, DB_READ,
	"SELECT platform_id, number, version, (extract(epoch FROM activated_at) * 1000000)::bigint FROM sen.mapping WHERE state = 'active' ORDER BY platform_id");

DB_QUERY(plan_mapping_document, DB_READ,
	"SELECT document FROM sen.mapping WHERE platform_id = $1::smallint AND number = $2::integer AND version = $3::bigint");

/*
 * One round: whose turn it is, his next accounts, where to go on.  LATERAL: where nobody has a turn, no binding is read, and where
 * somebody has, as far as the batch goes.
 */
DB_QUERY(plan_mapping_wake, DB_WRITE,
	"WITH room AS MATERIALIZED (SELECT count(*) < $2::bigint AS there FROM (SELECT FROM sen.dirty_account LIMIT $2::bigint) d),"
	" m AS MATERIALIZED (SELECT platform_id, number, wake_after FROM sen.mapping WHERE waking AND (SELECT there FROM room)"
	"  ORDER BY platform_id LIMIT 1 FOR UPDATE SKIP LOCKED),"
	" b AS MATERIALIZED (SELECT l.account_id FROM m CROSS JOIN LATERAL (SELECT b.account_id FROM sen.binding b WHERE b.platform_id = m.platform_id"
	"  AND b.account_id > coalesce(m.wake_after, '00000000-0000-0000-0000-000000000000') AND b.want_active ORDER BY b.account_id LIMIT $1::bigint) l),"
	" n AS MATERIALIZED (SELECT count(*) AS n, (array_agg(account_id ORDER BY account_id DESC))[1] AS last, array_agg(account_id) AS ids FROM b),"
	" u AS (UPDATE sen.mapping x SET waking = n.n = $1::bigint, wake_after = CASE WHEN n.n = $1::bigint THEN n.last END"
	"  FROM m, n WHERE x.platform_id = m.platform_id AND x.number = m.number)"
	" SELECT n.n, CASE WHEN n.n > 0 THEN sen.wake(n.ids, 4::smallint) END FROM n");

/* An active row as it is while it is active; the stamp tells it from one of a database that was restored. */
struct mapping_key {
	int64_t platform_id, number, version, stamp;
};

struct kept {
	struct kept *next;
	struct mapping_key key;
	const struct mapping *mapping; /* NULL: it cannot be read */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct arena *kept_arena;
static struct kept *kept_first;

static bool find_kept(struct mapping_key key, const struct mapping **ret)
{
	const struct kept *k;

	pthread_mutex_lock(&lock);
	for (k = kept_first; k; k = k->next)
		if (k->key.platform_id == key.platform_id && k->key.number == key.number && k->key.version == key.version &&
		    k->key.stamp == key.stamp)
			break;
	pthread_mutex_unlock(&lock);
	*ret = k ? k->mapping : NULL;
	return k != NULL;
}

static const struct mapping *read_document(struct arena *a, struct mapping_key key, struct str document)
{
	_json_ json_t *json = json_read(document, JSON_DEPTH, NULL);
	struct mapping_document_fault fault = { .text = "not JSON", .field = STR("") };
	const struct mapping *mapping = json ? mapping_document_read(a, json, &fault) : NULL;

	if (!mapping)
		log_event(LOG_LEVEL_ERROR, "mapping.unreadable", L_INT("platform", key.platform_id), L_INT("number", key.number),
		          L_STR("field", fault.field), L_C("detail", fault.text));
	return mapping;
}

static void keep(struct mapping_key key, struct str document, const struct mapping **ret)
{
	struct kept *k;

	pthread_mutex_lock(&lock);
	if (!kept_arena)
		kept_arena = arena_new(KEPT_BYTES);
	k = ARENA_NEW(kept_arena, struct kept);
	*k = (struct kept){ .next = kept_first, .key = key, .mapping = read_document(kept_arena, key, document) };
	kept_first = k;
	pthread_mutex_unlock(&lock);
	*ret = k->mapping;
}

/* *ret_mapping NULL: it cannot be read by this program. */
static int read_version(struct op *op, struct mapping_key key, const struct mapping **ret_mapping)
{
	struct db_rows rows;
	int err;

	if (find_kept(key, ret_mapping))
		return 0;
	err = db_run(op, &plan_mapping_document, &rows, P_I64(key.platform_id), P_I64(key.number), P_I64(key.version));
	if (err < 0)
		return err;
	/* Retired at this very moment: the accounts are woken, and planned again. */
	if (rows.n == 0)
		return op_fail(op, ERR_UNAVAILABLE, "the mapping was replaced meanwhile");
	/* One that a dry run activates is never seen again: kept, each would stay for good. */
	if (op->dry)
		*ret_mapping = read_document(op->arena, key, db_str(&rows, 0, 0));
	else
		keep(key, db_str(&rows, 0, 0), ret_mapping);
	return 0;
}

int mapping_set_read(struct op *op, const struct mapping_set **ret_set, bool *ret_needs_path)
{
	const struct mapping **by_platform;
	struct mapping_set *set;
	struct str *stamps;
	struct db_rows rows;
	bool *is_broken;
	int err = db_run(op, &plan_mappings_active, &rows);

	*ret_set = NULL;
	*ret_needs_path = false;
	if (err < 0 || rows.n == 0)
		return err;
	set = ARENA_NEW(op->arena, struct mapping_set);
	set->n = (size_t)db_i64(&rows, rows.n - 1, 0) + 1;
	by_platform = ARENA_ARRAY(op->arena, const struct mapping *, set->n);
	is_broken = ARENA_ARRAY(op->arena, bool, set->n);
	stamps = ARENA_ARRAY(op->arena, struct str, set->n);
	for (size_t i = 0; i < rows.n; i++) {
		struct mapping_key key = { db_i64(&rows, i, 0), db_i64(&rows, i, 1), db_i64(&rows, i, 2), db_i64(&rows, i, 3) };
		size_t platform = (size_t)key.platform_id;

		err = read_version(op, key, &by_platform[platform]);
		if (err < 0)
			return err;
		is_broken[platform] = !by_platform[platform];
		stamps[platform] = arena_printf(op->arena, "%" PRId64 ".%" PRId64 ".%" PRId64, key.number, key.version, key.stamp);
		if (by_platform[platform] && (by_platform[platform]->facts >> FACT_UNIT_PATH & 1))
			*ret_needs_path = true;
	}
	set->by_platform = by_platform;
	set->is_broken = is_broken;
	set->stamps = stamps;
	*ret_set = set;
	return 0;
}

int mapping_wake_step(struct op *op, int64_t batch, int64_t ceiling, size_t *ret_n)
{
	struct db_rows rows;
	int err = db_run(op, &plan_mapping_wake, &rows, P_I64(batch), P_I64(ceiling));

	if (err < 0)
		return err;
	*ret_n = rows.n > 0 ? (size_t)db_i64(&rows, 0, 0) : 0;
	return 0;
}
