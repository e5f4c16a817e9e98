/* audit.h: /api/v1/audit: reading and exporting the audit. */
#pragma once

#include "server/http/request.h"

enum { P_AUDIT_FROM, P_AUDIT_TO, P_AUDIT_LOGIN, P_AUDIT_ACTION, P_AUDIT_AFTER, P_AUDIT_LIMIT, N_AUDIT_PARAMS };
extern const struct param_spec api_audit_params[N_AUDIT_PARAMS];
int h_api_audit_list(struct request *rq);

enum { P_CHECKPOINTS_AFTER, P_CHECKPOINTS_LIMIT, N_CHECKPOINTS_PARAMS };
extern const struct param_spec api_checkpoints_params[N_CHECKPOINTS_PARAMS];
int h_api_audit_checkpoints(struct request *rq);

extern const struct route audit_routes[];
extern const size_t n_audit_routes;
