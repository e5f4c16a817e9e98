/* alarms.h: chores that call for somebody, in the log and in the metrics. */
#pragma once

#include "common/base/buf.h"
#include "provisioning/loops.h"

/* Once a day for each platform that nobody can serve. */
int alarm_quarantine(struct app *app, struct op *op) _must_check_;
/* What takes access away and is late: each once when it is overdue and once when somebody has to be called; and all of it as lines of metrics. */
int alarm_revocations(struct app *app, struct op *op, struct buf *metrics) _must_check_;
