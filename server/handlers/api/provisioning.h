/* provisioning.h: endpoints of the rules of provisioning, and of what the guard holds. */
#pragma once

#include "server/handlers/api/granting.h"

extern const struct route provisioning_routes[];
extern const size_t n_provisioning_routes;

int h_api_provisioning_get(struct request *rq);
int h_api_provisioning_set(struct request *rq);

enum { P_HOLDS_AFTER, P_HOLDS_LIMIT, P_HOLDS_PLATFORM, P_HOLDS_STATE, N_HOLDS_PARAMS };
extern const struct param_spec api_holds_params[N_HOLDS_PARAMS];
int h_api_holds_list(struct request *rq);
int h_api_holds_get(struct request *rq);
int h_api_holds_accounts(struct request *rq);
int h_api_holds_units(struct request *rq);
int h_api_holds_release(struct request *rq);
int h_api_holds_discard(struct request *rq);
