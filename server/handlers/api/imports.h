/* imports.h: /api/v1/imports: files of units, platforms, roles, persons, posts and grants in stages. */
#pragma once

#include "server/http/request.h"

enum { P_IMPORTS_AFTER, P_IMPORTS_LIMIT, N_IMPORTS_PARAMS };
extern const struct param_spec api_imports_params[N_IMPORTS_PARAMS];
enum { P_IMPORT_ROWS_ACTION, P_IMPORT_ROWS_AFTER, P_IMPORT_ROWS_LIMIT, N_IMPORT_ROWS_PARAMS };
extern const struct param_spec api_import_rows_params[N_IMPORT_ROWS_PARAMS];

int h_api_imports_list(struct request *rq);
int h_api_imports_add(struct request *rq);
int h_api_imports_get(struct request *rq);
int h_api_imports_part(struct request *rq);
int h_api_imports_rows(struct request *rq);
int h_api_imports_check(struct request *rq);
int h_api_imports_apply(struct request *rq);
int h_api_imports_release(struct request *rq);
int h_api_imports_cancel(struct request *rq);

/* Of base64url. */
#define IMPORT_PART_MAX_CHARS 300000

extern const struct route imports_routes[];
extern const size_t n_imports_routes;
