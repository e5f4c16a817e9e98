/* routes_personnel.h: the part of the route table for persons, posts, movements and accounts. */
#pragma once

#include "server/http/request.h"

extern const struct route personnel_routes[];
extern const size_t n_personnel_routes;
