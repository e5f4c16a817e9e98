/* routes_federation.h: the endpoints of OpenID Federation 1.0. */
#pragma once

#include "server/http/request.h"

extern const struct route federation_routes[];
extern const size_t n_federation_routes;
