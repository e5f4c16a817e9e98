/* federation.h: the endpoints of OpenID Federation 1.0; 404 where the province is in no federation. */
#pragma once

#include "server/federation/federation.h"
#include "server/handlers/handlers.h"

/* ERR_NOT_FOUND. */
static inline int federation_is_there(struct request *rq)
{
	return rq->app->federation ? 0 : op_fail(&rq->op, ERR_NOT_FOUND, "this provider is in no federation");
}

/* h_federation_configuration.c */
int h_federation_configuration(struct request *rq);
/* h_federation_fetch.c */
PARAM_LIST(federation_fetch_params);
int h_federation_fetch(struct request *rq);
/* h_federation_list.c */
PARAM_LIST(federation_list_params);
int h_federation_list(struct request *rq);
/* h_federation_resolve.c */
PARAM_LIST(federation_resolve_params);
int h_federation_resolve(struct request *rq);
