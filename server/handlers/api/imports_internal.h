/* imports_internal.h (private): what the endpoints of imports share. */
#pragma once

#include "server/governance/import_run_store.h"
#include "server/handlers/api/imports.h"

/* The import in the path, if it is within scope: ERR_NOT_FOUND. */
int api_import_find(struct request *rq, struct import_row *ret_row) _must_check_;
/* With its ETag. */
int api_import_respond(struct request *rq, int status, struct str id);
