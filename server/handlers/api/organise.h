/* organise.h: /api/v1/units and /api/v1/reorganisations. */
#pragma once

#include "server/handlers/api/api.h"

enum { P_UNITS_Q, P_UNITS_ON, P_UNITS_UNDER, P_UNITS_KIND, P_UNITS_STATE, P_UNITS_ORDER, P_UNITS_AFTER, P_UNITS_LIMIT, N_UNITS_PARAMS };
extern const struct param_spec api_units_params[N_UNITS_PARAMS];
enum { P_UNIT_ON, N_UNIT_PARAMS };
extern const struct param_spec api_unit_params[N_UNIT_PARAMS];
int h_api_units_list(struct request *rq);
int h_api_units_get(struct request *rq);
int h_api_units_add(struct request *rq);
int h_api_units_change(struct request *rq);

enum { P_REORGS_STATE, P_REORGS_AFTER, P_REORGS_LIMIT, N_REORGS_PARAMS };
extern const struct param_spec api_reorgs_params[N_REORGS_PARAMS];
#define REORG_BODY_MAX ((size_t)512 * 1024) /* the persons of split units, one by one */
int h_api_reorgs_list(struct request *rq);
int h_api_reorgs_get(struct request *rq);
int h_api_reorgs_add(struct request *rq);
int h_api_reorgs_edit(struct request *rq);
int h_api_reorgs_plan(struct request *rq);
int h_api_reorgs_approve(struct request *rq);
int h_api_reorgs_withdraw(struct request *rq);

enum { P_VIEW_KIND, P_VIEW_EMPLOYEE, P_VIEW_LOGIN, P_VIEW_AFTER, P_VIEW_LIMIT, N_VIEW_PARAMS };
extern const struct param_spec api_reorg_view_params[N_VIEW_PARAMS];
int h_api_reorgs_operations(struct request *rq);
int h_api_reorgs_findings(struct request *rq);
int h_api_reorgs_exceptions(struct request *rq);
