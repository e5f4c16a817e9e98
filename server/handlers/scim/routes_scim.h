/* routes_scim.h: inbound SCIM 2.0. */
#pragma once

#include "server/http/request.h"

extern const struct route scim_routes[];
extern const size_t n_scim_routes;
