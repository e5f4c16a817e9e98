/* routes_ssf.h: the endpoints of the Shared Signals Framework. */
#pragma once

#include "server/http/request.h"

extern const struct route ssf_routes[];
extern const size_t n_ssf_routes;
