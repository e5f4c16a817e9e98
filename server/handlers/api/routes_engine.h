/* routes_engine.h: routes about the provisioning engine. */
#pragma once

#include "server/http/request.h"

extern const struct route engine_routes[];
extern const size_t n_engine_routes;
