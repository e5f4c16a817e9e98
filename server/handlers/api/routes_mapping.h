/* routes_mapping.h: the part of the route table for mappings of platforms. */
#pragma once

#include "server/http/request.h"

extern const struct route mapping_routes[];
extern const size_t n_mapping_routes;
