/* metrics.h: the state of the program in Prometheus' text format (exposition format 0.0.4). */
#pragma once

#include "common/base/buf.h"
#include "provisioning/loops.h"

void metrics_write_findings(struct buf *b, const struct observe_counts *c);
void metrics_write(struct app *app, struct buf *b);
