/* dry_run_out.h: the answer to a dry run, as a table. */
#pragma once

#include "server/senctl/ctl.h"

void dry_run_print(struct ctl *c, const json_t *report);
