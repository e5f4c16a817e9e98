#include "server/http/reply.h"

#include <microhttpd.h>
#include <string.h>

static const struct {
	const char *name, *value;
} always[] = {
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "X-Frame-Options", "DENY" },
};

static bool add(struct MHD_Response *r, const char *name, const char *value)
{
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

static bool handler_set(const struct response *response, const char *name)
{
	for (size_t i = 0; i < response->n_headers; i++)
		if (str_equal_nocase(str_c(response->headers[i].name), str_c(name)))
			return true;
	return false;
}

/* Who may embed or read it: anyone on CORS routes, without credentials, else our own pages only. */
static bool add_origin_headers(struct MHD_Response *r, const struct request *rq)
{
	if (rq->route && rq->route->cors)
		/* What a script must read to go on: RFC 6750 §3, RFC 9449 §8. */
		return add(r, "Access-Control-Allow-Origin", "*") && add(r, "Cross-Origin-Resource-Policy", "cross-origin") &&
		       add(r, "Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce, Retry-After");
	return add(r, "Cross-Origin-Opener-Policy", "same-origin") &&
	       add(r, "Cross-Origin-Resource-Policy", "same-origin");
}

static bool add_cache_headers(struct MHD_Response *r, const struct request *rq)
{
	if (rq->response.cacheable)
		return true;
	if (rq->route && rq->route->errors == ERRORS_OAUTH && !add(r, "Pragma", "no-cache")) /* RFC 6749 §5.1 */
		return false;
	return add(r, "Cache-Control", "no-store");
}

static bool add_common(struct MHD_Response *r, const struct exchange *ex)
{
	const struct request *rq = &ex->rq;

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (!add(r, always[i].name, always[i].value))
			return false;
	/* RFC 6797 §6.1; two years */
	if (rq->https && !add(r, "Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
		return false;
	if (!handler_set(&rq->response, "Content-Security-Policy") &&
	    !add(r, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
		return false;
	if (ex->must_close && !add(r, "Connection", "close"))
		return false;
	return add_origin_headers(r, rq) && add_cache_headers(r, rq);
}

static bool add_handlers_own(struct MHD_Response *r, const struct request *rq)
{
	const struct response *response = &rq->response;

	if (!str_is_empty(response->content_type) &&
	    !add(r, "Content-Type", arena_cstr(rq->op.arena, response->content_type)))
		return false;
	for (size_t i = 0; i < response->n_headers; i++) {
		if (!response->cacheable && str_equal_nocase(str_c(response->headers[i].name), STR("Cache-Control")))
			continue;
		if (!add(r, response->headers[i].name, response->headers[i].value.p))
			return false;
	}
	return true;
}

static struct MHD_Response *make(const struct exchange *ex, enum MHD_ResponseMemoryMode mode)
{
	const struct request *rq = &ex->rq;
	struct str body = rq->response.body;
	struct MHD_Response *r = MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.p, mode);

	if (r && add_common(r, ex) && add_handlers_own(r, rq))
		return r;
	if (r)
		MHD_destroy_response(r);
	return NULL;
}

static void forget(struct shared_reply *shared)
{
	if (shared->response)
		MHD_destroy_response(shared->response);
	arena_free(shared->arena);
	*shared = (struct shared_reply){ 0 };
}

void shared_replies_free(struct http_io *io)
{
	for (size_t i = 0; i < SHARED_REPLIES; i++)
		forget(&io->shared[i]);
}

/* The one of this route, or a free place; NULL: there are more routes with shared answers than places. */
static struct shared_reply *find_shared(struct http_io *io, const struct route *route)
{
	for (size_t i = 0; i < SHARED_REPLIES; i++)
		if (!io->shared[i].route || io->shared[i].route == route)
			return &io->shared[i];
	return NULL;
}

/*
 * The response of an earlier request with the same body.  The body is compared, not its address: where a JWKS stood may
 * stand the next one.
 */
static struct MHD_Response *take_shared(const struct exchange *ex)
{
	struct shared_reply *shared = find_shared(ex->io, ex->rq.route);
	struct str body = ex->rq.response.body;

	if (!shared)
		return NULL;
	if (shared->response && str_equal(shared->body, body))
		return shared->response;
	forget(shared);
	shared->response = make(ex, MHD_RESPMEM_MUST_COPY);
	if (!shared->response)
		return NULL;
	shared->route = ex->rq.route;
	shared->arena = arena_new(body.len + 1);
	shared->body = arena_dup(shared->arena, body);
	return shared->response;
}

static bool queue(const struct exchange *ex, struct MHD_Response *r)
{
	return r && MHD_queue_response(ex->connection, (unsigned)ex->rq.response.status, r) == MHD_YES;
}

bool reply(struct exchange *ex)
{
	struct response *response = &ex->rq.response;
	struct MHD_Response *shared = NULL, *own = NULL;
	bool is_queued;

	if (server_phase(ex->io->server) >= PHASE_DRAIN)
		ex->must_close = true;
	if (response->is_shared && !ex->must_close)
		shared = take_shared(ex);
	/* PERSISTENT: the arena outlives the sending, it is given back when MHD reports the end. */
	if (!shared)
		own = make(ex, MHD_RESPMEM_PERSISTENT);
	if (!shared && !own)
		return false;
	access_log(ex, response->status);
	ex->state = EXCHANGE_REPLIED;
	link_set_state(ex->link, LINK_SENDING);
	is_queued = queue(ex, shared ? shared : own);
	if (own)
		MHD_destroy_response(own);
	return is_queued;
}
