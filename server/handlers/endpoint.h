/* endpoint.h: the address that a request came to, as clients know it from discovery. */
#pragma once

#include "server/app.h"
#include "server/oidc/dpop.h"

static inline struct str endpoint_url(struct request *rq)
{
	return arena_printf(rq->op.arena, "%.*s%.*s", STR_ARG(rq->app->oidc.issuer), STR_ARG(rq->path));
}

/* The same under the name for mutual TLS (RFC 8705 §5), or STR_NULL. */
static inline struct str endpoint_mtls_url(struct request *rq)
{
	if (str_is_empty(rq->app->oidc.mtls_issuer))
		return STR_NULL;
	return arena_printf(rq->op.arena, "%.*s%.*s", STR_ARG(rq->app->oidc.mtls_issuer), STR_ARG(rq->path));
}
