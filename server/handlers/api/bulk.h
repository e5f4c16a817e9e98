/* bulk.h (private to the API): endpoints that do many things at once, with a result for each. */
#pragma once

#include "server/handlers/api/api.h"

#define BULK_MAX 500

/* As problem+json says it, for the row that was refused; the caller's. */
json_t *api_row_problem(struct arena *a, const struct error *error);

int h_api_grants_bulk_revoke(struct request *rq);
int h_api_reviews_bulk(struct request *rq);
