/* list.h: all accounts in the tables of a platform, by the operator's statements list and list_count (script.h). */
#pragma once

#include "provisioning/sql/standing.h"

enum verdict sql_list(struct call *c, struct list_page *page);
json_t *sql_expect(struct arena *a, void *instance, const struct desired *want);
