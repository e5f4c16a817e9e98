/* routes_catalogue.h: the catalogue's part of the route table. */
#pragma once

#include "server/http/request.h"

extern const struct route catalogue_routes[];
extern const size_t n_catalogue_routes;
