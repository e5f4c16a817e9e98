/* observe.h: endpoints about what platforms really hold. */
#pragma once

#include "server/handlers/api/api.h"

extern const struct route observe_routes[];
extern const size_t n_observe_routes;

int h_api_observation_list(struct request *rq);
int h_api_observation_request(struct request *rq);
int h_api_observation_release(struct request *rq);
int h_api_observation_reject(struct request *rq);
int h_api_observe_plan_get(struct request *rq);
int h_api_observe_plan_set(struct request *rq);

enum { P_FINDINGS_SITUATION, P_FINDINGS_DECISION, P_FINDINGS_AFTER, P_FINDINGS_LIMIT, N_FINDINGS_PARAMS };
extern const struct param_spec api_findings_params[N_FINDINGS_PARAMS];
int h_api_finding_list(struct request *rq);
int h_api_finding_decide(struct request *rq);
int h_api_finding_confirm(struct request *rq);
