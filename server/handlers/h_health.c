/* GET /healthz, /readyz, /metrics on the admin port. */

#include "server/handlers/handlers.h"

#define READY_TIMEOUT_MS 1000

/* Alive: this thread answers. */
int h_healthz(struct request *rq)
{
	return respond_bytes(rq, 200, "text/plain; charset=utf-8", STR("ok\n"));
}

/* Ready: everything that a sign-in needs answers, and the program is not stopping. */
int h_readyz(struct request *rq)
{
	const struct app *app = rq->app;
	bool db = db_is_ready(app->db, READY_TIMEOUT_MS);
	bool directory = ldap_pool_is_ready(app->ldap, READY_TIMEOUT_MS);
	bool ready = db && directory && !app->draining;

	return respond_bytes(rq, ready ? 200 : 503, "text/plain; charset=utf-8",
	                     arena_printf(rq->op.arena, "database %s\ndirectory %s\n%s\n", db ? "ok" : "down",
	                                  directory ? "ok" : "down", app->draining ? "stopping" : ready ? "ready" : "not ready"));
}

static void write_db_stats(const struct app *app, struct buf *b)
{
	struct db_stats stats;

	db_stats_get(app->db, &stats);
	buf_printf(b, "# TYPE sen_db_statements_total counter\nsen_db_statements_total %llu\n", (unsigned long long)stats.statements);
	buf_printf(b, "# TYPE sen_db_sent_total counter\nsen_db_sent_total %llu\n", (unsigned long long)stats.sent);
	buf_printf(b, "# TYPE sen_db_batches_total counter\nsen_db_batches_total %llu\n", (unsigned long long)stats.batches);
	buf_printf(b, "# TYPE sen_db_replays_total counter\nsen_db_replays_total %llu\n", (unsigned long long)stats.replays);
	buf_printf(b, "# TYPE sen_db_reconnects_total counter\nsen_db_reconnects_total %llu\n", (unsigned long long)stats.reconnects);
	buf_printf(b, "# TYPE sen_db_queued gauge\nsen_db_queued %llu\n", (unsigned long long)stats.queued);
}

int h_metrics(struct request *rq)
{
	struct buf b = buf_new_sized(rq->op.arena, METRICS_MAX, METRICS_MAX);

	http_metrics_write(rq->app->service, &b);
	write_db_stats(rq->app, &b);
	if (!buf_ok(&b))
		return op_fail(&rq->op, ERR_LIMIT, "metrics are too long");
	return respond_bytes(rq, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&b));
}
