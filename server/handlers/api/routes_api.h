/* routes_api.h: the administration API's part of the route table. */
#pragma once

#include "server/http/request.h"

extern const struct route api_routes[];
extern const size_t n_api_routes;
