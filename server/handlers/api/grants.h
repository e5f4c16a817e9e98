/* grants.h: a grant in JSON, for one and for many. */
#pragma once

#include "server/governance/granting.h"
#include "server/handlers/api/api.h"

json_t *api_grant_json(const struct grant *g);
int api_grant_read(struct request *rq, const json_t *object, struct granting_request *ret_request) _must_check_;

int h_api_grants_bulk(struct request *rq);
