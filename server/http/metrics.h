/*
 * metrics.h: counters of one server: requests by route, method and class of status, and a
 * histogram of durations by route.  Labels come from the route table only, so their number is
 * bounded.  Thread-safe.
 */
#pragma once

#include "common/base/buf.h"
#include "server/http/request.h"

struct metrics;

struct metrics *metrics_new(const struct route *routes, size_t n_routes);
struct metrics *metrics_free(struct metrics *m); /* accepts NULL */
/* route: of the table, or NULL. */
void metrics_count(struct metrics *m, const struct route *route, enum http_method method, int status,
                   int64_t duration_us);
void metrics_write(struct metrics *m, struct buf *b);
