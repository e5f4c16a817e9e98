#include "server/http/listener.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "server/http/router.h"

static enum log_level level_of(const struct route *route, int status)
{
	if (status == 500)
		return LOG_LEVEL_ERROR;
	if (status > 500)
		return LOG_LEVEL_WARN;
	return route && route->quiet && status < 400 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

static void write_line(const struct request *rq, enum log_level level, enum http_method method, int status, int64_t duration_us)
{
	const struct error *error = rq->op.error.code < 0 ? &rq->op.error : &rq->log_error;
	struct log_field fields[10] = {
		L_C("id", rq->op.id),
		L_C("route", rq->route ? rq->route->name : "none"),
		L_C("method", method_name(method)),
		L_INT("status", status),
		L_INT("ms", duration_us / 1000),
		L_STR("ip", rq->client_ip),
	};
	size_t n = 6;

	if (!str_is_null(rq->log_client_id))
		fields[n++] = L_STR("client_id", rq->log_client_id);
	if (!str_is_null(rq->log_account_id))
		fields[n++] = L_STR("account_id", rq->log_account_id);
	if (error->code < 0)
		fields[n++] = L_C("error", err_name(error->code));
	if (error->code < 0 && !str_is_null(error->detail))
		fields[n++] = L_STR("detail", error->detail);
	log_write(level, "request", fields, n);
}

void access_log(struct exchange *ex, int status)
{
	const struct request *rq = &ex->rq;
	enum http_method method = ex->is_head ? HTTP_HEAD : rq->method;
	enum log_level level = level_of(rq->route, status);
	int64_t duration_us;

	/* Asked again at the end of each request. */
	if (ex->is_answered)
		return;
	ex->is_answered = true;
	duration_us = clock_mono_us() - ex->start_us;
	metrics_count(ex->io->server->metrics, rq->route, method, status, duration_us);
	if (log_wants(level))
		write_line(rq, level, method, status, duration_us);
}
