/* list_diff.h: what differs between two promulgated lists.  Pure. */
#pragma once

#include "common/base/json.h"

/*
 * before, after: arrays of entries, objects with "code", ordered by it bytewise.  A new object: "added" and "removed" (entries), "changed"
 * (code, name, fields: name, before, after).
 */
json_t *list_diff(const json_t *before, const json_t *after);
