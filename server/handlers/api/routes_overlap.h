/* routes_overlap.h: routes about overlap, local software, needs, reviews and replacements of platforms. */
#pragma once

#include "server/http/request.h"

extern const struct route overlap_routes[];
extern const size_t n_overlap_routes;
