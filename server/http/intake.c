#include "server/http/intake.h"

#include "common/base/clock.h"
#include "server/http/gate.h"
#include "server/http/reply.h"
#include "server/http/router.h"

#include <string.h>

/*
 * Of a body that nobody wants so much is taken and dropped before the answer: a client that is
 * still sending when the connection closes often never reads the answer (RFC 9112 §9.6).
 */
#define DROPPED_BYTES_MAX ((size_t)2 * 1024 * 1024)

/* Called by MHD with the raw request target, before it decodes it in place. */
void *intake_request_line(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct http_io *io = cls;
	const struct http_config *c = &io->server->config;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct exchange *ex;
	struct request *rq;

	intake_abandon(info->socket_context);
	ex = exchange_take(io);
	rq = &ex->rq;
	op_init(&rq->op, rq->op.arena, NULL, NULL);
	rq->app = c->app;
	rq->https = c->https;
	rq->lang = STR("vi");
	rq->transport = ex;
	rq->raw_query = STR_NULL;
	ex->io = io;
	ex->link = info->socket_context;
	ex->link->exchange = ex;
	ex->connection = connection;
	ex->start_us = clock_mono_us();
	ex->deadline_ms = ex->start_us / 1000 + (int64_t)c->deadline_s * 1000;
	/* GATE_URI_MAX is checked later, with the rest; MHD's memory limit bounds what comes here. */
	ex->uri = arena_dup_c(rq->op.arena, uri ? uri : "");
	rq->client_ip = str_c(ex->link->peer);
	link_set_state(ex->link, LINK_READING);
	return ex;
}

struct collector {
	struct arena *arena;
	struct field *list;
	size_t n;
};

/* One more than the gate admits is enough for it to refuse. */
static enum MHD_Result collect_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                     const char *value, size_t value_len)
{
	struct collector *c = cls;

	(void)kind;
	c->list[c->n].name = arena_dup(c->arena, str_n(name, name_len));
	c->list[c->n].value = value ? arena_dup(c->arena, str_n(value, value_len)) : STR("");
	c->n++;
	return c->n > GATE_FIELDS_MAX ? MHD_NO : MHD_YES;
}

static struct fields collect_fields(struct exchange *ex)
{
	struct arena *a = ex->rq.op.arena;
	int n = MHD_get_connection_values_n(ex->connection, MHD_HEADER_KIND, NULL, NULL);
	size_t room = n > GATE_FIELDS_MAX ? GATE_FIELDS_MAX + 1 : (size_t)(n > 0 ? n : 0);
	struct collector c = { .arena = a, .list = ARENA_ARRAY(a, struct field, room + 1) };

	MHD_get_connection_values_n(ex->connection, MHD_HEADER_KIND, collect_field, &c);
	return (struct fields){ .list = c.list, .n = c.n };
}

static size_t header_bytes(struct exchange *ex)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(ex->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	return info ? info->header_size : 0;
}

/* After something odd the bytes that follow are not trusted to be where we think they are. */
static void refuse(struct exchange *ex, int code, const char *reason)
{
	op_fail_detail(&ex->rq.op, (enum err)code, reason, "%s", reason);
	ex->must_close = true;
}

static bool pass_gate(struct exchange *ex, const char *method, const char *version, struct gate_pass *pass)
{
	struct http_server *s = ex->io->server;
	struct request *rq = &ex->rq;
	struct gate_request in = {
		.method = str_c(method),
		.uri = ex->uri,
		.version = str_c(version),
		.fields = ex->fields = collect_fields(ex),
		.block_bytes = header_bytes(ex),
		.hosts = s->config.hosts,
		.n_hosts = s->config.n_hosts,
	};
	const char *reason = "";
	int r = gate_check(rq->op.arena, &in, pass, &reason);

	if (r == 0)
		r = forwarded_client(rq->op.arena, &ex->fields, ex->link->peer_is_trusted, rq->client_ip, &rq->client_ip,
		                     &reason);
	if (r == 0 && s->config.certificate_header)
		rq->client_certificate = rq_header(rq, s->config.certificate_header);
	if (r == 0)
		return true;
	atomic_fetch_add(&s->n_refused_by_gate, 1);
	refuse(ex, r, reason);
	return false;
}

static void find_route(struct exchange *ex, const struct gate_pass *pass)
{
	struct request *rq = &ex->rq;
	struct route_match match = route_match(&ex->io->server->router, pass->method, pass->path);

	ex->is_head = pass->method == HTTP_HEAD;
	ex->is_preflight = match.is_preflight;
	ex->allowed = match.allowed;
	rq->method = ex->is_head ? HTTP_GET : pass->method;
	rq->path = pass->path;
	rq->raw_query = pass->raw_query;
	rq->route = match.route ? match.route : match.same_path;
	memcpy(rq->path_args, match.path_args, sizeof(rq->path_args));
	if (!match.route && match.same_path)
		op_fail(&rq->op, ERR_METHOD_NOT_ALLOWED, "method is not allowed here");
	else if (!match.route)
		op_fail(&rq->op, ERR_NOT_FOUND, "there is nothing under this path");
}

static void prepare_body(struct exchange *ex, const struct gate_pass *pass)
{
	const struct route *route = ex->rq.route;
	size_t max = 0;

	if (pass->has_body && ex->rq.op.error.code == 0) {
		if (route->body == BODY_NONE || ex->rq.method == HTTP_GET || ex->is_preflight)
			refuse(ex, ERR_BAD_REQUEST, "a body is not expected here");
		else if (pass->content_length > route->max_body)
			refuse(ex, ERR_LIMIT, "the body is too large");
		else
			max = pass->is_chunked ? route->max_body : (size_t)pass->content_length;
	}
	ex->body = buf_new(ex->rq.op.arena, max);
}

/*
 * For a request that did not pass the gate: plain text, no hooks, for nothing in it is believed.
 */
static enum MHD_Result answer_refused(struct exchange *ex)
{
	static const struct http_hooks no_hooks = { .begin = NULL };

	problem_respond(&ex->rq, &no_hooks);
	return reply(ex) ? MHD_YES : MHD_NO;
}

static enum MHD_Result answer_now(struct exchange *ex)
{
	exchange_run(ex, &ex->io->server->config.hooks);
	return reply(ex) ? MHD_YES : MHD_NO;
}

/* A client that asked first, or that has a long way to go, is answered at once. */
static bool is_worth_reading(struct exchange *ex, const struct gate_pass *pass)
{
	return pass->content_length <= DROPPED_BYTES_MAX && str_is_null(rq_header(&ex->rq, "Expect"));
}

/* First call: the header is complete. A response now also ends the connection. */
static enum MHD_Result on_header(struct exchange *ex, const char *method, const char *version)
{
	struct gate_pass pass;

	ex->state = EXCHANGE_READING;
	if (!pass_gate(ex, method, version, &pass))
		return answer_refused(ex);
	find_route(ex, &pass);
	prepare_body(ex, &pass);
	if (pass.has_body && ex->rq.op.error.code < 0) {
		ex->must_close = true;
		return is_worth_reading(ex, &pass) ? MHD_YES : answer_now(ex);
	}
	return MHD_YES;
}

/*
 * MHD takes no response in the midst of a body: what is too much is dropped and the answer
 * given at its end, or, when there is no end in sight, the connection closed.
 */
static enum MHD_Result on_body(struct exchange *ex, const char *data, size_t *data_len)
{
	buf_add(&ex->body, str_n(data, *data_len));
	if (!buf_ok(&ex->body)) {
		ex->dropped_bytes += *data_len;
		if (ex->rq.op.error.code == 0)
			refuse(ex, ERR_LIMIT, "the body is too large");
	}
	*data_len = 0;
	return ex->dropped_bytes > DROPPED_BYTES_MAX ? MHD_NO : MHD_YES;
}

/* Suspend first, enqueue after: the worker may be done before this function returns. */
static enum MHD_Result hand_over(struct exchange *ex)
{
	struct http_server *s = ex->io->server;

	ex->state = EXCHANGE_WORKING;
	link_set_state(ex->link, LINK_BUSY);
	MHD_suspend_connection(ex->connection);
	if (worker_submit(s, ex))
		return MHD_YES;
	atomic_fetch_add(&s->n_overloaded, 1);
	op_fail_detail(&ex->rq.op, ERR_OVERLOADED, "the server is overloaded", "queue full");
	exchange_run(ex, &s->config.hooks);
	exchange_done(ex);
	return MHD_YES;
}

/* The request is complete. */
static enum MHD_Result on_complete(struct exchange *ex)
{
	struct request *rq = &ex->rq;

	rq->body = buf_str(&ex->body);
	if (server_phase(ex->io->server) >= PHASE_REFUSE)
		op_fail(&rq->op, ERR_OVERLOADED, "the server is stopping");
	if (rq->op.error.code < 0 || ex->is_preflight || rq->route->pool == POOL_INLINE)
		return answer_now(ex);
	return hand_over(ex);
}

enum MHD_Result intake_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload_data, size_t *upload_data_size,
                              void **request_context)
{
	struct exchange *ex = *request_context;

	(void)cls;
	(void)connection;
	(void)url;
	if (!ex)
		return MHD_NO;
	switch (ex->state) {
	case EXCHANGE_NEW:
		return on_header(ex, method, version);
	case EXCHANGE_READING:
		return *upload_data_size > 0 ? on_body(ex, upload_data, upload_data_size) : on_complete(ex);
	case EXCHANGE_DONE:
		return reply(ex) ? MHD_YES : MHD_NO;
	case EXCHANGE_WORKING:
	case EXCHANGE_REPLIED:
	default:
		return MHD_NO;
	}
}

/* Status for the log of a request without an answer of ours: MHD's own refusal, a time-out, or gone. */
static int status_of_end(const struct exchange *ex, enum MHD_RequestTerminationCode how)
{
	if (ex->rq.op.error.code < 0)
		return problem_status(ex->rq.op.error.code);
	if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		return 400;
	return ex->link->is_shut || how == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED ? 408 : 499;
}

void intake_completed(void *cls, struct MHD_Connection *connection, void **request_context,
                      enum MHD_RequestTerminationCode how)
{
	struct http_io *io = cls;
	struct exchange *ex = *request_context;

	(void)connection;
	if (!ex)
		return;
	*request_context = NULL;
	access_log(ex, status_of_end(ex, how));
	link_set_state(ex->link, LINK_IDLE);
	ex->link->exchange = NULL;
	exchange_give(io, ex);
}

void intake_abandon(struct http_link *link)
{
	struct exchange *ex = link->exchange;

	if (!ex)
		return;
	link->exchange = NULL;
	access_log(ex, status_of_end(ex, MHD_REQUEST_TERMINATED_COMPLETED_OK));
	exchange_give(link->io, ex);
}
