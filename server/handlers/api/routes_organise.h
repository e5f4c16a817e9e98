/* routes_organise.h: units and reorganisations. */
#pragma once

#include "server/http/request.h"

extern const struct route organise_routes[];
extern const size_t n_organise_routes;
