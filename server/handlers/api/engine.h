/* engine.h: endpoints about the provisioning engine: health and limits of platforms, the log of operations. */
#pragma once

#include "server/handlers/api/api.h"

int h_api_platform_health_list(struct request *rq);
int h_api_platform_health_get(struct request *rq);
int h_api_platform_limits_get(struct request *rq);
int h_api_platform_limits_set(struct request *rq);

enum {
	P_OPERATIONS_PLATFORM, P_OPERATIONS_LOGIN, P_OPERATIONS_OUTCOME, P_OPERATIONS_SINCE, P_OPERATIONS_UNTIL, P_OPERATIONS_AFTER, P_OPERATIONS_LIMIT,
	N_OPERATIONS_PARAMS
};
extern const struct param_spec api_operations_params[N_OPERATIONS_PARAMS];
int h_api_operation_list(struct request *rq);
