#include "common/db/db.h"

#include "common/base/clock.h"
#include "common/db/db_impl.h"

#include <stdlib.h>

#define ARENA_BUDGET_BYTES ((size_t)64 * 1024)
#define BATCH_MAX_DEFAULT 64
#define STATEMENT_TIMEOUT_DEFAULT_MS 5000
#define LOCK_TIMEOUT_DEFAULT_MS 500
/* Who waits for longer for a transaction is better told to come again. */
#define POOL_WAIT_MS 1000
#define IDLE_TRANSACTION_TIMEOUT_MS 10000
/* Above twice the server's own limit the server is not slow but gone. */
#define PATIENCE_EXTRA_MS 1000

static struct conn_settings settings_of(struct arena *a, const struct db_config *config)
{
	return (struct conn_settings){
		.conninfo = arena_cstr(a, config->conninfo),
		.password = str_is_empty(config->password) ? NULL : arena_cstr(a, config->password),
		.program = arena_dup_c(a, config->program).p,
		/* No "public", and pg_temp last: nobody can put a table before ours. */
		.search_path = "sen,pg_temp",
		.statement_timeout_ms = config->statement_timeout_ms ? config->statement_timeout_ms
		                                                     : STATEMENT_TIMEOUT_DEFAULT_MS,
		.audit_chain = config->audit_chain,
	};
}

static bool open_lane(struct db *db, const struct db_config *config, const struct conn_settings *settings,
                      enum db_lane lane, char ret_reason[CONN_REASON_MAX])
{
	struct lane_config c = {
		.thread_name = lane == DB_READ ? "db-read" : "db-write",
		.conn = *settings,
		.is_write = lane == DB_WRITE,
		.batch_max = config->batch_max ? config->batch_max : BATCH_MAX_DEFAULT,
		.patience_ms = db->patience_ms,
	};

	c.conn.prepare = lane == DB_READ ? CONN_PREPARE_READ : CONN_PREPARE_WRITE;
	c.conn.read_only = lane == DB_READ;
	/*
	 * Look-ups by key, always alike.  With a hundred partitions the server would think a plan per
	 * execution the cheaper way, and spend ten times longer on the plan than on running it.
	 */
	c.conn.generic_plans = true;
	/* A plan made while a table is small or a partition empty lives on: whatever it costs then, by the index. */
	c.conn.one_by_one = c.conn.by_key = true;
	c.conn.lock_timeout_ms = config->lock_timeout_ms ? config->lock_timeout_ms : LOCK_TIMEOUT_DEFAULT_MS;
	db->lanes[lane] = lane_open(&c, ret_reason);
	return db->lanes[lane] != NULL;
}

/* Whoever waits here holds nothing, and waits as long as in a lane. */
static void open_readers(struct db *db, const struct db_config *config, const struct conn_settings *settings)
{
	struct conn_settings s = *settings;

	s.prepare = CONN_PREPARE_READ;
	s.read_only = true;
	db->readers = pool_new(&s, config->readers, db->patience_ms);
}

/* Its first connection prepares every query: a program that does not fit the schema stops here. */
static bool open_pool(struct db *db, const struct db_config *config, const struct conn_settings *settings,
                      char ret_reason[CONN_REASON_MAX])
{
	struct conn_settings s = *settings;
	enum err code;

	s.prepare = CONN_PREPARE_ALL;
	s.generic_plans = s.by_key = config->by_key;
	s.idle_transaction_timeout_ms = IDLE_TRANSACTION_TIMEOUT_MS;
	/* A transaction holds the head of its chain until it commits: never the lane's. */
	s.audit_chain++;
	db->pool = pool_new(&s, config->pool_size, POOL_WAIT_MS);

	struct db_conn *first = pool_take(db->pool, &code, ret_reason);

	if (first)
		pool_give(db->pool, first);
	return first != NULL;
}

int db_open(const struct db_config *config, struct db **ret_db, struct str *ret_message, struct arena *message_arena)
{
	struct db *db = calloc(1, sizeof(*db));
	char reason[CONN_REASON_MAX] = "";

	if (!db)
		abort();
	db->arena = arena_new(ARENA_BUDGET_BYTES);

	struct conn_settings settings = settings_of(db->arena, config);

	db->patience_ms = (int64_t)settings.statement_timeout_ms * 2 + PATIENCE_EXTRA_MS;
	if (!open_pool(db, config, &settings, reason) ||
	    (config->with_lanes && (!open_lane(db, config, &settings, DB_READ, reason) ||
	                            !open_lane(db, config, &settings, DB_WRITE, reason)))) {
		*ret_message = arena_printf(message_arena, "database: %s", reason);
		db_close(db);
		return ERR_UNAVAILABLE;
	}
	if (config->readers > 0)
		open_readers(db, config, &settings);
	*ret_db = db;
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < N_LANES; i++)
		lane_close(db->lanes[i]);
	pool_free(db->readers);
	pool_free(db->pool);
	arena_free(db->arena);
	free(db);
}

static bool pool_is_ready(struct db *db, int64_t deadline_ms)
{
	char reason[CONN_REASON_MAX];
	enum err code;
	struct db_conn *c = pool_take(db->pool, &code, reason);

	if (!c)
		return false;

	_pgresult_ PGresult *res = conn_exec(c, "SELECT 1", deadline_ms);
	bool is_ready = PQresultStatus(res) == PGRES_TUPLES_OK;

	pool_give(db->pool, c);
	return is_ready;
}

bool db_is_ready(struct db *db, int timeout_ms)
{
	int64_t deadline_ms = clock_mono_ms() + timeout_ms;

	if (!db->lanes[DB_READ])
		return pool_is_ready(db, deadline_ms);
	for (size_t i = 0; i < N_LANES; i++)
		if (!lane_probe(db->lanes[i], deadline_ms - clock_mono_ms()))
			return false;
	return true;
}

int db_run_params(struct op *op, const struct query *q, const struct db_param *params, size_t n_params,
                  struct db_rows *ret_rows)
{
	struct db *db = op->db;
	struct bound b;
	int r = bind_params(op, q, params, n_params, &b);

	if (r < 0)
		return r;
	bool is_apart = op->off_read_lane && q->lane == DB_READ && db->readers;

	if (!op->dry && !op->tx && !is_apart && db->lanes[q->lane])
		return lane_run(db->lanes[q->lane], op, &b, ret_rows);
	if (q->is_gathered)
		bind_gather(op->arena, (const struct bound *const[]){ &b }, 1, &b);
	if (op->dry && !op->tx)
		return dry_run_one(op, &b, ret_rows);
	atomic_fetch_add_explicit(&db->pool_statements, 1, memory_order_relaxed);
	return op->tx ? tx_run(op, &b, ret_rows) : pool_run(is_apart ? db->readers : db->pool, op, &b, ret_rows);
}

void db_stats_get(struct db *db, struct db_stats *ret)
{
	uint64_t of_pool = atomic_load_explicit(&db->pool_statements, memory_order_relaxed);
	struct db_stats sum = { .statements = of_pool, .sent = of_pool };

	for (size_t i = 0; i < N_LANES; i++)
		if (db->lanes[i])
			lane_stats_add(db->lanes[i], &sum);
	pool_stats_add(db->pool, &sum);
	if (db->readers)
		pool_stats_add(db->readers, &sum);
	*ret = sum;
}
