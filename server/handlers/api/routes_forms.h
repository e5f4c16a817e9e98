/* routes_forms.h: routes about request forms. */
#pragma once

#include "server/http/request.h"

extern const struct route forms_routes[];
extern const size_t n_forms_routes;
