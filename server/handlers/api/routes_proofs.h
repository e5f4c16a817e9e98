/* routes_proofs.h: what proves things: certificates about the end of access. */
#pragma once

#include "server/http/request.h"

extern const struct route proofs_routes[];
extern const size_t n_proofs_routes;
